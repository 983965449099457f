//! A table of devices: CSV (RFC 4180) with a header, UTF-8, each row joined to a request by one column.
//!
//! Strict: every row has as many fields as the header, quotes stand where RFC 4180 puts them, no field has a control
//! character or a line break, no key stands there twice. A field is text and nothing else: what a spreadsheet would
//! take for a formula is never evaluated. In memory stand the file's own octets and 16 octets a row: with
//! [`ROWS_MAX`] rows, 16 MB beside a file of at most [`TABLE_OCTETS_MAX`]. Read [`Table`] first.

mod error;
mod grammar;

use std::sync::Arc;

use crate::pki::{fingerprint::Digest, text::Printable};

pub use error::TableError;

/// Most octets of a table, 256 MiB: a million rows of 268 octets.
pub const TABLE_OCTETS_MAX: u64 = 256 << 20;

/// Most rows beside the header: four times the largest batch that is planned at once.
pub const ROWS_MAX: usize = 4_000_000;

/// Most columns: exports of inventory systems have thirty.
pub const COLUMNS_MAX: usize = 64;

/// Most octets of one field: the longest attribute of a device's name, four octets a character.
pub const FIELD_OCTETS_MAX: usize = 4_096;

/// Most characters of a column's name.
pub const COLUMN_CHARS_MAX: usize = 64;

/// What the key column holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Join {
    /// The one commonName of the request's subject.
    CommonName,
    /// The name of the request's file without its last extension.
    File,
    /// SHA-256 of the request's `SubjectPublicKeyInfo`, 64 hexadecimal digits of either case.
    Key,
}

/// A table that was read whole and is sound.
pub struct Table {
    octets: Vec<u8>,
    columns: Arc<[String]>,
    key_column: usize,
    join: Join,
    sha256: Digest,
    mark: ByteOrderMark,
    /// By digest of the key, then by place.
    index: Vec<Entry>,
}

/// Where a row stands, and the digest of its key: 16 octets.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
struct Entry {
    digest: u64,
    at: u32,
}

const _: () = assert!(size_of::<Entry>() == 16, "an entry has grown");
const _: () = assert!(TABLE_OCTETS_MAX <= u32::MAX as u64, "a place does not fit");

/// Whether the file begins with U+FEFF, as spreadsheets write it; it is no part of the first column's name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ByteOrderMark {
    /// It does not.
    Absent,
    /// It does.
    Present,
}

/// One row, its fields by column.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Row {
    /// Its number in the table's index, to tell rows apart.
    pub number: u32,
    columns: Arc<[String]>,
    fields: Vec<String>,
}

impl Row {
    /// The field in this column.
    #[must_use]
    pub fn value(&self, column: &str) -> Option<&str> {
        let at = self.columns.iter().position(|name| name == column)?;
        self.fields.get(at).map(String::as_str)
    }
}

impl Table {
    /// Reads a table whose rows are told apart by a column.
    ///
    /// # Errors
    /// [`TableError`], with the line where there is one.
    pub fn parse(octets: Vec<u8>, column: &str, join: Join) -> Result<Self, TableError> {
        if octets.len() as u64 > TABLE_OCTETS_MAX {
            return Err(TableError::Size);
        }
        let sha256 = Digest::of(&octets);
        let (mark, begin) = match octets.strip_prefix(b"\xef\xbb\xbf") {
            Some(_) => (ByteOrderMark::Present, 3),
            None => (ByteOrderMark::Absent, 0),
        };
        let mut lines = grammar::Lines::new(&octets, begin);
        let header = lines.next().ok_or(TableError::HeaderMissing)??;
        let columns = grammar::header(&header)?;
        let key_column = columns
            .iter()
            .position(|name| name == column)
            .ok_or_else(|| TableError::ColumnMissing { name: Printable::new(column) })?;
        let mut index = Vec::new();
        let mut fields = Vec::with_capacity(columns.len());
        for line in lines {
            let line = line?;
            if index.len() == ROWS_MAX {
                return Err(TableError::Rows { line: line.number });
            }
            grammar::fields(&line, &mut fields)?;
            if fields.len() != columns.len() {
                let (found, expected) = (fields.len(), columns.len());
                return Err(TableError::Fields { line: line.number, found, expected });
            }
            let key = normal(&fields[key_column], join).ok_or(TableError::Key { line: line.number })?;
            let at = u32::try_from(line.at).map_err(|_| TableError::Size)?;
            index.push(Entry { digest: digest(&key), at });
        }
        index.sort_unstable();
        index.shrink_to_fit();
        let table = Self { columns: columns.into(), key_column, join, sha256, mark, index, octets };
        table.check_unique()?;
        Ok(table)
    }

    fn check_unique(&self) -> Result<(), TableError> {
        for same in self.index.chunk_by(|a, b| a.digest == b.digest).filter(|same| same.len() > 1) {
            for (place, entry) in same.iter().enumerate() {
                let key = self.key_at(entry.at);
                if let Some(first) = same[..place].iter().find(|other| self.key_at(other.at) == key) {
                    let (first, second) = (self.line_of(first.at), self.line_of(entry.at));
                    return Err(TableError::KeyDuplicate { first, second });
                }
            }
        }
        Ok(())
    }

    /// Its rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// SHA-256 of the file.
    #[must_use]
    pub fn sha256(&self) -> Digest {
        self.sha256
    }

    /// Whether the file begins with a byte order mark.
    #[must_use]
    pub fn byte_order_mark(&self) -> ByteOrderMark {
        self.mark
    }

    /// What its key column holds.
    #[must_use]
    pub fn join(&self) -> Join {
        self.join
    }

    /// Whether it has a column of this name.
    #[must_use]
    pub fn has_column(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column == name)
    }

    /// The row with this key.
    #[must_use]
    pub fn find(&self, key: &str) -> Option<Row> {
        let key = normal(key, self.join)?;
        let digest = digest(&key);
        let from = self.index.partition_point(|entry| entry.digest < digest);
        let same = self.index[from..].iter().take_while(|entry| entry.digest == digest);
        let (number, fields) = same.zip(from..).find_map(|(entry, number)| {
            let fields = self.fields_at(entry.at);
            let found = fields.get(self.key_column).and_then(|field| normal(field, self.join));
            (found.as_ref() == Some(&key)).then_some((number, fields))
        })?;
        Some(Row { number: u32::try_from(number).ok()?, columns: self.columns.clone(), fields })
    }

    /// The line, from 1, and the key of the row with this number.
    #[must_use]
    pub fn place(&self, number: u32) -> Option<(usize, String)> {
        let entry = self.index.get(number as usize)?;
        Some((self.line_of(entry.at), self.key_at(entry.at)?))
    }

    /// The numbers of all rows, in the order of the file.
    #[must_use]
    pub fn in_order(&self) -> Vec<u32> {
        let mut numbers: Vec<u32> = (0..).take(self.index.len()).collect();
        numbers.sort_unstable_by_key(|number| self.index[*number as usize].at);
        numbers
    }

    fn key_at(&self, at: u32) -> Option<String> {
        normal(self.fields_at(at).get(self.key_column)?, self.join)
    }

    /// The fields of the row that begins here; it was read before, so that no error is dropped.
    fn fields_at(&self, at: u32) -> Vec<String> {
        let mut fields = Vec::with_capacity(self.columns.len());
        if let Some(Ok(line)) = grammar::Lines::new(&self.octets, at as usize).next() {
            let _ = grammar::fields(&line, &mut fields);
        }
        fields
    }

    fn line_of(&self, at: u32) -> usize {
        memchr::memchr_iter(b'\n', &self.octets[..at as usize]).count() + 1
    }
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Table of {} rows, SHA-256 {}", self.len(), self.sha256)
    }
}

/// A key as it is compared; `None` where it cannot be one.
fn normal(key: &str, join: Join) -> Option<String> {
    match join {
        Join::CommonName | Join::File => (!key.is_empty()).then(|| key.to_owned()),
        Join::Key => {
            let sound = key.len() == 64 && key.bytes().all(|digit| digit.is_ascii_hexdigit());
            sound.then(|| key.to_ascii_lowercase())
        }
    }
}

/// The first 64 bits of SHA-256: whoever writes the table cannot make keys meet in the index for nothing.
fn digest(key: &str) -> u64 {
    let digest = Digest::of(key.as_bytes());
    let (first, _) = digest.as_octets().split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
    u64::from_be_bytes(*first)
}

#[cfg(test)]
mod tests;
