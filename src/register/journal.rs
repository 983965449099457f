//! The journal: every act in order, bound to the rows it recorded, chained by hash.
//!
//! An entry's body is never written from what the program believes but from what stands in the tables, by the same
//! queries that the audit runs later. docs/REGISTER-FORMAT.md has the encoding octet for octet.

use rusqlite::{CachedStatement, Connection, Row, types::ValueRef};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

mod kind;

pub(super) use kind::Kind;

use super::error::Error;
use crate::pki::{
    fingerprint::{Digest, hex},
    time::Time,
};

/// `previous` of the first entry.
const BEGINNING: [u8; 32] = [0; 32];

/// Longest text or octets that an entry's facts show whole, in octets; longer ones are shown as their SHA-256.
const FACT_OCTETS_MAX: usize = 256;

/// Longest octets that an entry's facts show as hexadecimal digits, in octets: a digest, a register's id.
const FACT_HEX_OCTETS_MAX: usize = 32;

/// The newest entry: its number and hash stand for the whole history before it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Head {
    /// The entry's number, from 1.
    pub entry: u64,
    /// Its hash.
    pub hash: Digest,
}

/// One entry as it stands in the file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// Its number, from 1.
    pub seq: u64,
    /// When it was recorded.
    pub time: Time,
    /// What it records: `plan`, `approval`, `issued` …
    pub kind: String,
    /// Compact JSON, keys sorted.
    pub body: String,
    /// The hash of the entry before; zeros for the first.
    pub previous: Digest,
    /// Its hash.
    pub hash: Digest,
}

impl Entry {
    /// Recomputes the hash from everything else.
    #[must_use]
    pub fn computed_hash(&self) -> Digest {
        entry_hash(self.seq, self.time, &self.kind, &self.body, self.previous.as_octets())
    }
}

/// SHA-256 over `coldsign journal 1` LF, the number (8 octets), the time (8 octets, seconds since 1970), the kind and
/// the body (each after its length in 8 octets) and the previous hash; numbers big-endian.
fn entry_hash(seq: u64, time: Time, kind: &str, body: &str, previous: &[u8; 32]) -> Digest {
    let mut hash = Sha256::new_with_prefix(b"coldsign journal 1\n");
    hash.update(seq.to_be_bytes());
    hash.update(time.unix().to_be_bytes());
    for text in [kind, body] {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    hash.update(previous);
    Digest::from_octets(hash.finalize().into())
}

/// The number that the next entry will have.
pub(super) fn next(connection: &Connection) -> Result<i64, Error> {
    Ok(connection
        .prepare_cached("SELECT coalesce(max(seq), 0) + 1 FROM journal")?
        .query_row([], |row| row.get(0))?)
}

/// Adds the entry for rows that this transaction recorded under the number of [`next`].
pub(super) fn append(connection: &Connection, kind: Kind, now: Time) -> Result<(), Error> {
    let seq = next(connection)?;
    let previous = match head(connection)? {
        Some(head) => *head.hash.as_octets(),
        None => BEGINNING,
    };
    let body = body(connection, kind, seq)?;
    let hash = entry_hash(number(seq)?, now, kind.name(), &body, &previous);
    connection
        .prepare_cached(
            "INSERT INTO journal (seq, time, kind, body, previous, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute((seq, now.unix(), kind.name(), body, previous, hash.as_octets()))?;
    Ok(())
}

pub(super) fn head(connection: &Connection) -> Result<Option<Head>, Error> {
    use rusqlite::OptionalExtension as _;
    connection
        .prepare_cached("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)))
        .optional()?
        .map(|(seq, hash)| Ok(Head { entry: number(seq)?, hash: Digest::from_octets(hash) }))
        .transpose()
}

/// Entries after a number, oldest first, at most `limit`.
pub(super) fn entries(connection: &Connection, after: u64, limit: u32) -> Result<Vec<Entry>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT seq, time, kind, body, previous, hash FROM journal WHERE seq > ?1 ORDER BY seq LIMIT ?2",
    )?;
    let mut rows = statement.query((i64::try_from(after).unwrap_or(i64::MAX), limit))?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        entries.push(Entry {
            seq: number(row.get(0)?)?,
            time: time(row.get(1)?)?,
            kind: row.get(2)?,
            body: row.get(3)?,
            previous: Digest::from_octets(row.get(4)?),
            hash: Digest::from_octets(row.get(5)?),
        });
    }
    Ok(entries)
}

/// Checks one entry where work is about to rest on it: it is of this kind, stands in the chain between its neighbours,
/// and binds the rows as they are now. A row that somebody put beside the journal has no such entry.
pub(super) fn check_entry(connection: &Connection, seq: i64, kind: Kind) -> Result<(), Error> {
    check_entry_of(connection, seq, &[kind])
}

/// As [`check_entry`], of an entry that may be of several kinds.
pub(super) fn check_entry_of(connection: &Connection, seq: i64, kinds: &[Kind]) -> Result<(), Error> {
    let at = number(seq)?;
    let near = entries(connection, at.saturating_sub(2), 3)?;
    let find = |wanted: u64| near.iter().find(|entry| entry.seq == wanted);
    let sound = find(at).filter(|entry| {
        let before = find(at.saturating_sub(1)).map_or(BEGINNING, |before| *before.hash.as_octets());
        entry.hash == entry.computed_hash()
            && *entry.previous.as_octets() == before
            && find(at.saturating_add(1)).is_none_or(|after| after.previous == entry.hash)
    });
    let binds = |entry: &Entry, kind: Kind| {
        entry.kind == kind.name() && body(connection, kind, seq).is_ok_and(|body| body == entry.body)
    };
    if sound.is_some_and(|entry| kinds.iter().any(|kind| binds(entry, *kind))) {
        return Ok(());
    }
    let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
    Err(Error::Damaged(format!(
        "no entry of the journal binds the {} that calls itself entry {seq}",
        names.join(" or ")
    )))
}

/// Gives every entry after a number to the newest, in order; each stands in the chain. After 0 they are all entries.
pub(super) fn each_after(
    connection: &Connection,
    after: i64,
    each: &mut dyn FnMut(&Entry) -> Result<(), Error>,
) -> Result<(), Error> {
    /// Entries in memory at a time: some hundred octets each.
    const ENTRIES: u32 = 256;
    let broken = |seq: u64| Error::Damaged(format!("the journal's chain is broken at entry {seq}"));
    let mut last = Head { entry: number(after)?, hash: Digest::from_octets(BEGINNING) };
    if last.entry > 0 {
        let found = entries(connection, last.entry - 1, 1)?.pop();
        last.hash = found.filter(|found| found.seq == last.entry).ok_or_else(|| broken(last.entry))?.hash;
    }
    loop {
        let page = entries(connection, last.entry, ENTRIES)?;
        if page.is_empty() {
            return Ok(());
        }
        for entry in &page {
            let follows = entry.seq == last.entry + 1 && entry.previous == last.hash;
            if !follows || entry.hash != entry.computed_hash() {
                return Err(broken(entry.seq));
            }
            each(entry)?;
            last = Head { entry: entry.seq, hash: entry.hash };
        }
    }
}

/// An entry's body as the tables say it: its facts, and for each table the number and the digest of the rows bound.
pub(super) fn body(connection: &Connection, kind: Kind, seq: i64) -> Result<String, Error> {
    let mut facts = connection.prepare_cached(kind.facts())?;
    let facts = one_row(&mut facts, seq)?;
    let mut tables = Map::new();
    for (table, query) in kind.rows() {
        let (count, digest) = rows_digest(connection, query, seq)?;
        tables.insert((*table).to_owned(), json!({ "count": count, "sha256": digest.to_string() }));
    }
    // serde_json's maps are sorted by key (its feature preserve_order is off; a test holds that).
    Ok(json!({ "facts": facts, "rows": tables }).to_string())
}

fn one_row(statement: &mut CachedStatement<'_>, seq: i64) -> Result<Value, Error> {
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut rows = statement.query([seq])?;
    let mut facts = Map::new();
    let row = rows.next()?.ok_or_else(|| Error::Damaged(format!("entry {seq} has no row of its own")))?;
    for (column, name) in names.into_iter().enumerate() {
        facts.insert(name, fact(row.get_ref(column)?)?);
    }
    match rows.next()? {
        None => Ok(Value::Object(facts)),
        Some(_) => Err(Error::Damaged(format!("entry {seq} has more than one row of its own"))),
    }
}

fn fact(value: ValueRef<'_>) -> Result<Value, Error> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(integer) => integer.into(),
        ValueRef::Real(_) => return Err(Error::Damaged("a number that is not whole".to_owned())),
        ValueRef::Text(text) if text.len() <= FACT_OCTETS_MAX => {
            std::str::from_utf8(text).map_err(|_| Error::Damaged("text that is not UTF-8".to_owned()))?.into()
        }
        ValueRef::Blob(octets) if octets.len() <= FACT_HEX_OCTETS_MAX => hex(octets).into(),
        ValueRef::Text(octets) | ValueRef::Blob(octets) => {
            json!({ "sha256": Digest::of(octets).to_string() })
        }
    })
}

fn rows_digest(connection: &Connection, query: &str, seq: i64) -> Result<(u64, Digest), Error> {
    let mut statement = connection.prepare_cached(query)?;
    let columns = statement.column_count();
    let mut rows = statement.query([seq])?;
    let mut digest = RowsDigest::new();
    while let Some(row) = rows.next()? {
        digest.add(row, columns)?;
    }
    Ok((digest.count, digest.finish()))
}

/// SHA-256 over `coldsign rows 1` LF and, for each row, `r` and its columns in the order of the table.
struct RowsDigest {
    count: u64,
    hash: Sha256,
}

impl RowsDigest {
    fn new() -> Self {
        Self { count: 0, hash: Sha256::new_with_prefix(b"coldsign rows 1\n") }
    }

    fn add(&mut self, row: &Row<'_>, columns: usize) -> Result<(), Error> {
        self.count += 1;
        self.hash.update(b"r");
        for column in 0..columns {
            match row.get_ref(column)? {
                ValueRef::Null => self.hash.update(b"n"),
                ValueRef::Integer(integer) => {
                    self.hash.update(b"i");
                    self.hash.update(integer.to_be_bytes());
                }
                ValueRef::Real(_) => return Err(Error::Damaged("a number that is not whole".to_owned())),
                ValueRef::Text(octets) => self.octets(b"t", octets),
                ValueRef::Blob(octets) => self.octets(b"b", octets),
            }
        }
        Ok(())
    }

    fn octets(&mut self, tag: &[u8], octets: &[u8]) {
        self.hash.update(tag);
        self.hash.update((octets.len() as u64).to_be_bytes());
        self.hash.update(octets);
    }

    fn finish(self) -> Digest {
        Digest::from_octets(self.hash.finalize().into())
    }
}

/// A number that is never negative in a sound register.
pub(super) fn number(value: i64) -> Result<u64, Error> {
    u64::try_from(value).map_err(|_| Error::Damaged(format!("{value} where a count should stand")))
}

/// A moment as certificates know it.
pub(super) fn time(seconds: i64) -> Result<Time, Error> {
    Time::from_unix(seconds).ok_or_else(|| Error::Damaged(format!("{seconds} where a time should stand")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_bodies_with_sorted_keys() {
        assert_eq!(
            json!({ "b": 1, "a": { "d": "\u{1b}é", "c": null } }).to_string(),
            "{\"a\":{\"c\":null,\"d\":\"\\u001bé\"},\"b\":1}"
        );
    }

    #[test]
    fn hashes_an_entry_as_the_format_says() {
        let time = Time::from_rfc3339("2026-11-21T00:00:00Z").unwrap();
        let mut octets = b"coldsign journal 1\n".to_vec();
        octets.extend([0, 0, 0, 0, 0, 0, 0, 7]);
        octets.extend(time.unix().to_be_bytes());
        octets.extend([0, 0, 0, 0, 0, 0, 0, 4]);
        octets.extend(b"plan");
        octets.extend([0, 0, 0, 0, 0, 0, 0, 2]);
        octets.extend(b"{}");
        octets.extend([9; 32]);
        assert_eq!(entry_hash(7, time, "plan", "{}", &[9; 32]), Digest::of(&octets));
    }
}
