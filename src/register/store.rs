//! The file: how it is made, opened, locked, and kept append-only.
//!
//! One process writes; the lock is a file of its own beside the register, because closing any other descriptor of the
//! database file would drop `SQLite`'s own locks. Readers need no lock: they see the last commit.

use std::{
    cmp::Ordering,
    fs::{self, File, OpenOptions, TryLockError},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OpenFlags, config::DbConfig};

use super::error::{Error, shown};

/// The format written here, as `user_version` and in the first row.
pub(super) const FORMAT: i64 = 5;

/// "cold", as `application_id`, so that `file(1)` and other tools can tell a register.
const APPLICATION_ID: i64 = 0x636f_6c64;

/// Page cache, in KiB: the indexes of a million rows with room to spare, and half of what the register may use.
const CACHE_KIB: i64 = 32 * 1024;

/// What the write-ahead log keeps on disk after a plan of a million was stored, in octets.
const LOG_OCTETS_MAX: i64 = 64 * 1024 * 1024;

/// How long to wait for a reader that holds up a checkpoint of the write-ahead log.
const BUSY_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(5);

/// Every table with what makes a row of it unique: columns, several together between blanks.
pub(super) const TABLES: &[(&str, &[&str])] = &[
    ("adoption", &["entry", "authority"]),
    ("approval", &["entry"]),
    ("authority", &["entry", "name"]),
    ("authority_certificate", &["entry"]),
    ("authority_request", &["entry"]),
    ("checkpoint", &["entry"]),
    ("crl", &["number", "entry", "authority partition crl_number"]),
    ("crl_delivery", &["entry"]),
    ("crl_issued", &["crl", "entry"]),
    ("crl_left", &["key"]),
    ("crl_part", &["key"]),
    ("crl_partition", &["number", "entry idx", "entry point"]),
    ("delivery", &["entry"]),
    ("head_mark", &["entry"]),
    ("issued", &["key"]),
    ("journal", &["seq"]),
    ("listed", &["number", "authority serial"]),
    ("older_register", &["entry"]),
    ("plan", &["number", "entry", "id"]),
    ("planned", &["key", "serial"]),
    ("refused", &["key"]),
    ("register", &["entry"]),
    ("revocation", &["number"]),
    ("takeover", &["entry", "authority"]),
    ("withdrawal", &["entry", "plan"]),
];

/// The whole schema: the tables of `schema.sql` and three triggers each. `INSERT OR REPLACE` deletes rows without a
/// word unless `recursive_triggers` is on, hence the third.
fn schema() -> String {
    use std::fmt::Write as _;
    let mut sql = include_str!("schema.sql").to_owned();
    for (table, unique) in TABLES {
        let same: Vec<String> = unique
            .iter()
            .map(|columns| {
                let equal: Vec<String> =
                    columns.split(' ').map(|column| format!("{column} = NEW.{column}")).collect();
                format!("EXISTS (SELECT 1 FROM {table} WHERE {})", equal.join(" AND "))
            })
            .collect();
        let same = same.join(" OR ");
        let _ = write!(
            sql,
            "CREATE TRIGGER {table}_update BEFORE UPDATE ON {table} \
             BEGIN SELECT RAISE(ABORT, 'the register is append-only'); END;\n\
             CREATE TRIGGER {table}_delete BEFORE DELETE ON {table} \
             BEGIN SELECT RAISE(ABORT, 'the register is append-only'); END;\n\
             CREATE TRIGGER {table}_replace BEFORE INSERT ON {table} WHEN {same} \
             BEGIN SELECT RAISE(ABORT, 'the register is append-only: {table} has that row'); END;\n"
        );
    }
    sql
}

/// The lock of the one process that writes, held while it lives.
#[derive(Debug)]
pub(super) struct WriteLock {
    _file: File,
}

impl WriteLock {
    pub(super) fn take(register: &Path) -> Result<Self, Error> {
        let path = beside(register, "-lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(Error::io(format!("cannot open {}", shown(&path))))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(Error::InUse),
            Err(TryLockError::Error(error)) => Err(Error::io(format!("cannot lock {}", shown(&path)))(error)),
        }
    }
}

/// Makes a new file: complete under another name first, so that a crash leaves no half register.
pub(super) fn create(
    path: &Path,
    fill: impl FnOnce(&mut Connection) -> Result<(), Error>,
) -> Result<(), Error> {
    if path.exists() {
        return Err(Error::Exists(path.to_owned()));
    }
    let new = beside(path, "-new");
    // What a creation that was cut short left behind; nothing was ever recorded in it.
    for leftover in [&new, &beside(path, "-new-journal")] {
        match fs::remove_file(leftover) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::io(format!("cannot remove {}", shown(leftover)))(error));
            }
            _ => {}
        }
    }
    let cannot = || Error::io(format!("cannot make {}", shown(path)));
    // SQLite gives its other files the mode of this one.
    OpenOptions::new().create_new(true).write(true).mode(0o600).open(&new).map_err(cannot())?;
    let mut connection = Connection::open_with_flags(
        &new,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    configure(&connection)?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.pragma_update(None, "user_version", FORMAT)?;
    connection.execute_batch(&schema())?;
    fill(&mut connection)?;
    connection.close().map_err(|(_, error)| error)?;
    File::open(&new).and_then(|file| file.sync_all()).map_err(cannot())?;
    fs::rename(&new, path).map_err(cannot())?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(cannot())
}

/// Opens the file to write. The caller holds the lock.
pub(super) fn open(path: &Path) -> Result<Connection, Error> {
    if !path.exists() {
        return Err(Error::NotFound(path.to_owned()));
    }
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    check_identity(&connection, path)?;
    configure(&connection)?;
    let mode: String = connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if mode != "wal" {
        return Err(Error::ReadOnly);
    }
    connection.pragma_update(None, "journal_size_limit", LOG_OCTETS_MAX)?;
    if let Some(difference) = schema_difference(&connection)? {
        return Err(Error::Damaged(difference));
    }
    Ok(connection)
}

/// Opens the file to read only; beside a writer, or from a medium that cannot be written.
pub(super) fn open_to_read(path: &Path) -> Result<Connection, Error> {
    if !path.exists() {
        return Err(Error::NotFound(path.to_owned()));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    let readable = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()));
    if let Err(rusqlite::Error::SqliteFailure(failure, _)) = &readable
        && matches!(failure.code, rusqlite::ErrorCode::CannotOpen | rusqlite::ErrorCode::ReadOnly)
        && !beside(path, "-wal").exists()
    {
        // The folder cannot be written, so SQLite cannot make the shared index of a log; there is no log and nobody
        // can be writing, so the file is all there is.
        connection = Connection::open_with_flags(immutable_uri(path), flags | OpenFlags::SQLITE_OPEN_URI)?;
    }
    check_identity(&connection, path)?;
    configure(&connection)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

fn configure(connection: &Connection) -> Result<(), Error> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    // Without it SQLite compiles a statement again for every value that it looks up in the index of keys.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "recursive_triggers", true)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    Ok(())
}

fn check_identity(connection: &Connection, path: &Path) -> Result<(), Error> {
    let foreign = |error: rusqlite::Error| match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase) => Error::Foreign(path.to_owned()),
        _ => error.into(),
    };
    let application: i64 =
        connection.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(foreign)?;
    if application != APPLICATION_ID {
        return Err(Error::Foreign(path.to_owned()));
    }
    let found: i64 =
        connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(foreign)?;
    match found.cmp(&FORMAT) {
        Ordering::Less => Err(Error::Older { found, known: FORMAT }),
        Ordering::Equal => Ok(()),
        Ordering::Greater => Err(Error::Newer { found, known: FORMAT }),
    }
}

/// The first difference between the file's schema and the one it was made with; `None` where there is none.
pub(super) fn schema_difference(connection: &Connection) -> Result<Option<String>, Error> {
    let fresh = Connection::open_in_memory()?;
    fresh.execute_batch(&schema())?;
    let expected = schema_rows(&fresh)?;
    let found = schema_rows(connection)?;
    if let Some((kind, name, _)) = expected.iter().find(|row| !found.contains(row)) {
        return Ok(Some(format!("the {kind} {name} is not as coldsign made it")));
    }
    Ok(found
        .iter()
        .find(|row| !expected.contains(row))
        .map(|(kind, _, _)| format!("the file has a {kind} that coldsign did not make")))
}

fn schema_rows(connection: &Connection) -> Result<Vec<(String, String, Option<String>)>, Error> {
    /// More objects than this make the file foreign; the schema has about a hundred.
    const OBJECTS_MAX: i64 = 256;
    let mut statement =
        connection.prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY type, name LIMIT ?1")?;
    let rows = statement.query_map([OBJECTS_MAX], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn immutable_uri(path: &Path) -> String {
    use std::{fmt::Write as _, os::unix::ffi::OsStrExt as _};
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut uri = String::from("file://");
    for &octet in path.as_os_str().as_bytes() {
        if octet.is_ascii_alphanumeric() || b"/-._~".contains(&octet) {
            uri.push(char::from(octet));
        } else {
            let _ = write!(uri, "%{octet:02x}");
        }
    }
    uri + "?immutable=1"
}
