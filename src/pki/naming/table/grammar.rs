//! The grammar of RFC 4180, strict, a line at a time. The `csv` crate takes fields apart; it is more lenient than the
//! RFC (a quote within a bare field, text behind a closed one, a quote never closed, a blank line), so that each line is
//! held against the grammar first.

use crate::pki::text::{Printable, is_harmless};

use super::{COLUMN_CHARS_MAX, COLUMNS_MAX, FIELD_OCTETS_MAX, TableError};

/// Most octets of a line: every field quoted and as long as one may be, with its comma.
const LINE_OCTETS_MAX: usize = COLUMNS_MAX * (FIELD_OCTETS_MAX + 3);

/// One line without its end: UTF-8, harmless, and sound in its quotes.
pub(super) struct Line<'a> {
    /// From 1, counted from where reading began.
    pub number: usize,
    /// Where it begins, in octets of the file.
    pub at: usize,
    text: &'a str,
}

/// Lines of a table, one after the other.
pub(super) struct Lines<'a> {
    octets: &'a [u8],
    at: usize,
    number: usize,
}

impl<'a> Lines<'a> {
    pub fn new(octets: &'a [u8], at: usize) -> Self {
        Self { octets, at, number: 0 }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Result<Line<'a>, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.octets.get(self.at..).filter(|rest| !rest.is_empty())?;
        let at = self.at;
        self.number += 1;
        let line = if let Some(end) = memchr::memchr(b'\n', rest) {
            self.at += end + 1;
            let line = &rest[..end];
            // RFC 4180 §2.1 ends a line with CR LF; LF alone is what Unix tools write, and means the same.
            line.strip_suffix(b"\r").unwrap_or(line)
        } else {
            // RFC 4180 §2.2: the last line may have no end.
            self.at = self.octets.len();
            rest
        };
        Some(checked(line, self.number).map(|text| Line { number: self.number, at, text }))
    }
}

fn checked(line: &[u8], number: usize) -> Result<&str, TableError> {
    if line.len() > LINE_OCTETS_MAX {
        return Err(TableError::Field { line: number });
    }
    let text = std::str::from_utf8(line).map_err(|_| TableError::Utf8 { line: number })?;
    let wrong = |what| TableError::Line { line: number, what };
    // Most lines are plain ASCII, which is seen without taking characters apart.
    let plain = line.iter().all(|octet| (b' '..=b'~').contains(octet));
    if !plain && !text.chars().all(is_harmless) {
        return Err(wrong("carries a control character, or one that hides or reorders text"));
    }
    if text.is_empty() {
        return Err(wrong("is blank"));
    }
    check_quotes(line).map_err(wrong)?;
    Ok(text)
}

/// Where a reader of RFC 4180 stands within a field.
#[derive(Clone, Copy)]
enum State {
    Start,
    Bare,
    Quoted,
    /// Behind a quote that closed the field, unless a second one follows.
    Closed,
}

fn check_quotes(line: &[u8]) -> Result<(), &'static str> {
    let mut state = State::Start;
    for octet in line {
        state = match (state, octet) {
            (State::Start | State::Closed, b'"') => State::Quoted,
            (State::Start | State::Bare | State::Closed, b',') => State::Start,
            (State::Bare, b'"') => return Err("has a quote within a field that does not begin with one"),
            (State::Closed, _) => return Err("has text behind a closed quote"),
            (State::Quoted, b'"') => State::Closed,
            (State::Quoted, _) => State::Quoted,
            (State::Start | State::Bare, _) => State::Bare,
        };
    }
    if matches!(state, State::Quoted) { Err("has a quote that is not closed") } else { Ok(()) }
}

/// The fields of a line, in place of what was there.
pub(super) fn fields(line: &Line<'_>, fields: &mut Vec<String>) -> Result<(), TableError> {
    fields.clear();
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .buffer_capacity(line.text.len() + 1)
        .from_reader(line.text.as_bytes());
    let mut record = csv::StringRecord::new();
    let read = reader.read_record(&mut record);
    let wrong = TableError::Line { line: line.number, what: "cannot be taken apart" };
    if !read.is_ok_and(|found| found) {
        return Err(wrong);
    }
    for field in &record {
        if field.len() > FIELD_OCTETS_MAX {
            return Err(TableError::Field { line: line.number });
        }
        if fields.len() == COLUMNS_MAX {
            return Err(TableError::Columns { line: line.number });
        }
        fields.push(field.to_owned());
    }
    Ok(())
}

/// The names of the columns: each once, none empty.
pub(super) fn header(line: &Line<'_>) -> Result<Vec<String>, TableError> {
    let mut columns = Vec::new();
    fields(line, &mut columns)?;
    for (at, name) in columns.iter().enumerate() {
        let number = at + 1;
        // A template could not name it.
        let sound = (1..=COLUMN_CHARS_MAX).contains(&name.chars().count()) && !name.contains(['{', '}']);
        if !sound || name.trim() != name {
            return Err(TableError::ColumnName { number });
        }
        if columns[..at].contains(name) {
            return Err(TableError::ColumnDuplicate { name: Printable::new(name) });
        }
    }
    Ok(columns)
}
