//! The table of devices that comes with a batch: found, read once, and each request joined to its row.
//!
//! It is read whole before the first request is judged, and never again: what a template takes from it cannot change
//! between two requests. A row belongs to one accepted request; what is left over is told, so that neither a device
//! without a request nor a request without a row goes unseen.

use std::{
    io::Read as _,
    path::{Path, PathBuf},
};

use crate::{
    media::{InFile, Unreadable, Volume},
    pki::{
        naming::{
            Beside, RowFound, TableUse,
            table::{ByteOrderMark, Join, TABLE_OCTETS_MAX, Table},
        },
        policy::{Control, Finding},
        profile::Profile,
        request::VerifiedRequest,
        text::Printable,
    },
    register::StoredPlan,
};

use super::{
    error::Error,
    inspection::{Judgement, Verdict},
    opening::printable_path,
};

/// Most rows without a request that are told one by one; the others are counted.
pub(super) const ROWS_TOLD_MAX: usize = 100;

/// A table, with where it was read from.
#[derive(Debug)]
pub(super) struct Devices {
    table: Table,
    path: PathBuf,
    shown: Printable,
}

impl Devices {
    /// Opens the table that a profile takes: the one that is named, else the one beside the requests. `None` where the
    /// profile takes none.
    ///
    /// # Errors
    /// [`Error::Usage`] where there is none, more than one, or one that the profile does not take;
    /// [`Error::Medium`]; [`Error::Table`].
    pub fn open(profile: &Profile, named: Option<&Path>, paths: &[PathBuf]) -> Result<Option<Self>, Error> {
        let (usage, path) = match (&profile.naming.table, named) {
            (None, None) => return Ok(None),
            (None, Some(_)) => {
                return Err(Error::usage(
                    format!("the profile {} takes no table", profile.name),
                    "leave --csv out, or add a section [profiles.NAME.csv] to authority.toml",
                ));
            }
            (Some(usage), Some(path)) => (usage, path.to_owned()),
            (Some(usage), None) => (usage, beside_requests(profile, usage, paths)?),
        };
        let shown = printable_path(&path);
        let octets = read(&path)?;
        let wrong = |error| Error::Table { path: shown.clone(), error };
        let table = Table::parse(octets, &usage.column, usage.join).map_err(wrong)?;
        if let Some(missing) = profile.naming.columns().into_iter().find(|name| !table.has_column(name)) {
            return Err(Error::usage(
                format!("{shown} has no column `{}`, which the profile takes", Printable::new(missing)),
                "correct the table's first line, or the profile; names are compared letter for letter",
            ));
        }
        Ok(Some(Self { table, path, shown }))
    }

    /// Where it was read from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The row that belongs to a request.
    fn row(&self, request: &VerifiedRequest, file_stem: Option<&str>) -> RowFound {
        let key = match self.table.join() {
            Join::Key => request.public_key().spki_sha256().to_string(),
            Join::File => match file_stem {
                Some(stem) => stem.to_owned(),
                None => return RowFound::NoKey("the name of its file"),
            },
            Join::CommonName => match request.subject().common_names().as_slice() {
                [name] => name.clone(),
                _ => return RowFound::NoKey("its one commonName"),
            },
        };
        self.table.find(&key).map_or(RowFound::Missing(key), RowFound::Found)
    }

    /// For the record of a plan: a comment of authority.toml that names the file by its digest.
    pub fn record(&self) -> String {
        let mark = match self.table.byte_order_mark() {
            ByteOrderMark::Absent => "",
            ByteOrderMark::Present => ", with a byte order mark",
        };
        let (rows, sha256) = (self.table.len(), self.table.sha256());
        let noun = if rows == 1 { "row" } else { "rows" };
        format!("{RECORD}SHA-256 {sha256}, {rows} {noun}{mark}: {}\n", self.shown)
    }

    /// Says that a row belongs to an earlier request already, which is named in words.
    pub fn refuse_second(&self, row: u32, first: &str) -> Finding {
        let line = self.table.place(row).map_or(0, |(line, _)| line);
        Finding::refuse(
            Control::CsvRow,
            &format!("line {line} of the table belongs to {first} already"),
            "see which of the two requests is the device's, and take the other off the medium",
        )
    }

    /// The rows that no accepted request has, each a judgement of its own; past [`ROWS_TOLD_MAX`] one for the rest.
    pub fn left_over(&self, met: &RowsMet) -> Vec<Judgement> {
        let mut told = Vec::new();
        let mut more = 0_usize;
        for row in self.table.in_order() {
            if met.first.get(row as usize).is_some_and(|first| *first != 0) {
                continue;
            }
            if told.len() == ROWS_TOLD_MAX {
                more += 1;
            } else if let Some((line, key)) = self.table.place(row) {
                let message = format!("no accepted request belongs to this row: {key}");
                told.push(self.judgement(&format!("line {line}"), &message));
            }
        }
        if more > 0 {
            told.push(self.judgement("rest", &format!("no accepted request belongs to {more} further rows")));
        }
        told
    }

    fn judgement(&self, place: &str, message: &str) -> Judgement {
        let hint = "see whether the device's request is missing or was refused";
        Judgement {
            source: Printable::new(&format!("{} {place}", self.shown)),
            sha256: None,
            verdict: Verdict::Skipped,
            subject: None,
            key: None,
            findings: vec![Finding::note(Control::CsvRow, message, hint)],
        }
    }

    /// Rows of it that requests were joined to; none yet.
    pub fn none_met(&self) -> RowsMet {
        RowsMet { first: vec![0; self.table.len()] }
    }
}

/// Begins the line that records a table, behind the profile's text.
const RECORD: &str = "# table ";

/// The table that a plan's names came from: its SHA-256, its rows, where it was read.
#[must_use]
pub fn table_of(plan: &StoredPlan) -> Option<Printable> {
    let record = plan.profile_text.lines().last()?.strip_prefix(RECORD)?;
    Some(Printable::with_limit(record, RECORD_CHARS_MAX))
}

/// Longest record that is shown, in characters: a long path behind the digest.
const RECORD_CHARS_MAX: usize = 1_024;

/// What stands beside a request that is judged.
pub(super) fn beside(
    devices: Option<&Devices>,
    file_stem: Option<String>,
    request: &VerifiedRequest,
) -> Beside {
    let row = devices.map_or(RowFound::NoTable, |devices| devices.row(request, file_stem.as_deref()));
    Beside { file_stem, row }
}

/// The number of the row that a request was joined to.
pub(super) fn row_number(request: &VerifiedRequest) -> Option<u32> {
    match &request.beside().row {
        RowFound::Found(row) => Some(row.number),
        RowFound::NoTable | RowFound::Missing(_) | RowFound::NoKey(_) => None,
    }
}

/// The request that each row was met by first: 4 octets a row.
#[derive(Debug, Default)]
pub(super) struct RowsMet {
    /// By number of the row; 0 where it was not met.
    first: Vec<u32>,
}

impl RowsMet {
    /// Joins a row to the request of this number, from 1; the number of an earlier one where there is one.
    pub fn meet(&mut self, row: u32, number: u64) -> Option<u64> {
        let place = self.first.get_mut(row as usize)?;
        if *place != 0 {
            return Some(u64::from(*place));
        }
        *place = u32::try_from(number).unwrap_or(u32::MAX);
        None
    }
}

/// The name of a file without its last extension, where it is text.
pub(super) fn file_stem(name: &[u8]) -> Option<String> {
    let stem = match name.iter().rposition(|&octet| octet == b'.') {
        None | Some(0) => name,
        Some(at) => &name[..at],
    };
    String::from_utf8(stem.to_vec()).ok()
}

/// The one file of the profile's name in the folders that were named, or in those of the files that were.
fn beside_requests(profile: &Profile, usage: &TableUse, paths: &[PathBuf]) -> Result<PathBuf, Error> {
    let Some(name) = &usage.file else {
        return Err(Error::usage(
            format!("the profile {} takes a table, and none is named", profile.name),
            "name it with --csv FILE, or set `file` in [profiles.NAME.csv] to one that lies beside the requests",
        ));
    };
    let mut folders: Vec<PathBuf> = Vec::new();
    for path in paths {
        let folder = if path.is_dir() { path.clone() } else { folder_of(path) };
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    let mut found = Vec::new();
    for folder in folders {
        match Volume::open(&folder)?.open_file(name.as_bytes(), TABLE_OCTETS_MAX) {
            Err(Unreadable::Missing) => {}
            // What is there and cannot be read is told when it is read.
            Ok(_) | Err(_) => found.push(folder.join(name)),
        }
    }
    match found.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(Error::usage(
            format!("there is no {} beside the requests", Printable::new(name)),
            "lay the table there, or name it with --csv FILE",
        )),
        several => Err(Error::usage(
            format!("there are {} files {} beside the requests", several.len(), Printable::new(name)),
            "name the one that counts with --csv FILE",
        )),
    }
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// The whole of a file, beneath the folder that it lies in.
fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let unreadable = |reason: &Unreadable| {
        Error::usage(format!("{}: {reason}", printable_path(path)), reason.hint().to_owned())
    };
    let name = path.file_name().map(std::os::unix::ffi::OsStrExt::as_bytes).unwrap_or_default();
    let folder = Volume::open(&folder_of(path))?;
    let mut file: InFile = folder.open_file(name, TABLE_OCTETS_MAX).map_err(|reason| unreadable(&reason))?;
    let mut octets = Vec::with_capacity(usize::try_from(file.size()).unwrap_or_default());
    match file.read_to_end(&mut octets) {
        Ok(_) => Ok(octets),
        Err(error) => Err(unreadable(&Unreadable::from(error))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_its_name_without_the_last_extension() {
        for (name, expected) in
            [("dev.csr", "dev"), ("dev", "dev"), ("a.b.csr", "a.b"), (".csr", ".csr"), ("dev.", "dev")]
        {
            assert_eq!(file_stem(name.as_bytes()).as_deref(), Some(expected));
        }
        assert_eq!(file_stem(b"\xff.csr"), None);
    }

    #[test]
    fn a_row_is_met_once() {
        let mut met = RowsMet { first: vec![0; 2] };
        assert_eq!(met.meet(1, 7), None);
        assert_eq!(met.meet(1, 9), Some(7));
        assert_eq!(met.meet(0, 9), None);
        assert_eq!(met.first, [9, 7]);
    }
}
