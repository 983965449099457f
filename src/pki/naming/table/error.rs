//! What is wrong with a table, where, and what to do about it.

use thiserror::Error;

use crate::pki::text::{Printable, size};

use super::{COLUMN_CHARS_MAX, COLUMNS_MAX, FIELD_OCTETS_MAX, ROWS_MAX, TABLE_OCTETS_MAX};

/// Why a table was not taken. Lines count from 1.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum TableError {
    /// Two columns of one name.
    #[error("line 1: the column `{name}` stands there twice")]
    ColumnDuplicate {
        /// Its name.
        name: Printable,
    },
    /// A column that the profile names is not there.
    #[error("line 1: there is no column `{name}`")]
    ColumnMissing {
        /// Its name.
        name: Printable,
    },
    /// A column's name that no template can have.
    #[error(
        "line 1: column {number} has no name of 1 to {COLUMN_CHARS_MAX} characters without braces and blanks around it"
    )]
    ColumnName {
        /// Which, from 1.
        number: usize,
    },
    /// Too many columns.
    #[error("line {line}: there are more than {COLUMNS_MAX} fields")]
    Columns {
        /// The line.
        line: usize,
    },
    /// A field is too long.
    #[error("line {line}: a field has more than {FIELD_OCTETS_MAX} octets")]
    Field {
        /// The line.
        line: usize,
    },
    /// Not as many fields as columns.
    #[error("line {line}: there are {found} fields, and {expected} columns")]
    Fields {
        /// The line.
        line: usize,
        /// Fields.
        found: usize,
        /// Columns.
        expected: usize,
    },
    /// There is no line at all.
    #[error("there is no header")]
    HeaderMissing,
    /// The key is empty, or not what the column should hold.
    #[error("line {line}: the key column holds nothing that a request can be found by")]
    Key {
        /// The line.
        line: usize,
    },
    /// A key stands there twice.
    #[error("lines {first} and {second} have the same key")]
    KeyDuplicate {
        /// The first line.
        first: usize,
        /// The second.
        second: usize,
    },
    /// A line is not as RFC 4180 writes it.
    #[error("line {line} {what}")]
    Line {
        /// The line.
        line: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// Too many rows.
    #[error("line {line}: there are more than {ROWS_MAX} rows")]
    Rows {
        /// The line.
        line: usize,
    },
    /// The file is too long.
    #[error("it has more than {}", size(TABLE_OCTETS_MAX))]
    Size,
    /// Not UTF-8.
    #[error("line {line} is not UTF-8")]
    Utf8 {
        /// The line.
        line: usize,
    },
}

impl TableError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::ColumnDuplicate { .. } | Self::ColumnName { .. } => "give every column a name of its own",
            Self::ColumnMissing { .. } => {
                "correct the table's first line, or the profile; names are compared letter for letter"
            }
            Self::Columns { .. } | Self::Field { .. } => "take out the columns that no template needs",
            Self::Fields { .. } => {
                "write as many fields as there are columns; quote fields that hold a comma"
            }
            Self::HeaderMissing => "write the names of the columns into the first line",
            Self::Key { .. } => "fill the key column; for `join = \"key\"` with 64 hexadecimal digits",
            Self::KeyDuplicate { .. } => {
                "see which of the two rows belongs to the device, and take out the other"
            }
            Self::Line { .. } => "write the table as RFC 4180 says, one line a device",
            Self::Rows { .. } | Self::Size => "split the table, and the requests with it",
            Self::Utf8 { .. } => "save the table as UTF-8",
        }
    }
}
