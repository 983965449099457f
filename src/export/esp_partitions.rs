//! The partitions that a module's firmware was built with: ESP-AT's `at_customize.csv`, or a partition table of ESP-IDF.
//!
//! A line a partition: name, type, sub-type, offset, size (ESP-IDF programming guide, "Partition tables"); `#` begins a
//! comment. Offsets are numbers, sizes too or so many `K` or `M`. They differ from module to module and from version to
//! version, and an image that is written to the wrong place destroys another: so nothing is assumed that is not said.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::pki::text::Printable;

/// Longest text, in octets: a table of 95 partitions has under ten thousand.
pub const TEXT_OCTETS_MAX: usize = 32 * 1024;
/// Partitions, at most: a partition table has room for no more (0xC00 octets, 32 each, one for the sum).
pub const PARTITIONS_MAX: usize = 95;
/// Longest name, in characters.
pub const NAME_CHARS_MAX: usize = 16;
/// Flash is erased in pieces of so many octets: a partition begins and ends with one.
const SECTOR: u32 = 4_096;

/// A partition.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Partition {
    /// Its name.
    pub name: String,
    /// Its type and sub-type, as they are written.
    pub kind: [String; 2],
    /// Where it begins in flash, in octets.
    pub offset: u32,
    /// How long it is, in octets.
    pub octets: u32,
}

/// A table, and the text that it was read from.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(into = "String", try_from = "String")]
pub struct Partitions {
    text: String,
    partitions: Vec<Partition>,
}

impl From<Partitions> for String {
    fn from(table: Partitions) -> Self {
        table.text
    }
}

impl TryFrom<String> for Partitions {
    type Error = PartitionError;

    fn try_from(text: String) -> Result<Self, PartitionError> {
        Self::parse(&text)
    }
}

/// Why a text is no table of partitions.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum PartitionError {
    /// Two partitions have one name.
    #[error("line {line}: a second partition {name}")]
    Again {
        /// The line, from 1.
        line: usize,
        /// The name.
        name: Printable,
    },
    /// A line is not of five cells, or one of them is not what it should be.
    #[error("line {line}: {cell} is no {noun} of a partition")]
    Cell {
        /// The line, from 1.
        line: usize,
        /// What stands there.
        cell: Printable,
        /// What should.
        noun: &'static str,
    },
    /// There is no partition of this name.
    #[error("there is no partition {0} in the table of partitions")]
    Missing(Printable),
    /// A partition reaches into another.
    #[error("partition {name} overlaps {other}")]
    Overlap {
        /// The one.
        name: Printable,
        /// The other.
        other: Printable,
    },
    /// The text is longer than any table.
    #[error("a table of partitions of more than {TEXT_OCTETS_MAX} octets or {PARTITIONS_MAX} partitions")]
    TooLong,
}

impl PartitionError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Again { .. } | Self::Cell { .. } | Self::Overlap { .. } | Self::TooLong => {
                "take at_customize.csv as it is in module_config of the firmware's source, of exactly this module and version"
            }
            Self::Missing(_) => {
                "set partitions in the form's [deliver] section to the text of at_customize.csv of the module's firmware; up to \
                 ESP-AT 3.0 it has client_cert and others (esp-at), later mfg_nvs (esp-nvs)"
            }
        }
    }
}

impl Partitions {
    /// Reads a table.
    ///
    /// # Errors
    /// [`PartitionError`].
    pub fn parse(text: &str) -> Result<Self, PartitionError> {
        if text.len() > TEXT_OCTETS_MAX {
            return Err(PartitionError::TooLong);
        }
        let mut partitions: Vec<Partition> = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let partition = partition(line, index + 1)?;
            if partitions.iter().any(|other| other.name == partition.name) {
                return Err(PartitionError::Again { line: index + 1, name: Printable::new(&partition.name) });
            }
            if partitions.len() == PARTITIONS_MAX {
                return Err(PartitionError::TooLong);
            }
            partitions.push(partition);
        }
        partitions.sort_by_key(|partition| partition.offset);
        for pair in partitions.windows(2) {
            if pair[0].offset + pair[0].octets > pair[1].offset {
                let [name, other] = [1, 0].map(|index: usize| Printable::new(&pair[index].name));
                return Err(PartitionError::Overlap { name, other });
            }
        }
        Ok(Self { text: text.to_owned(), partitions })
    }

    /// The partition of this name.
    ///
    /// # Errors
    /// [`PartitionError::Missing`].
    pub fn named(&self, name: &str) -> Result<&Partition, PartitionError> {
        let found = self.partitions.iter().find(|partition| partition.name == name);
        found.ok_or_else(|| PartitionError::Missing(Printable::new(name)))
    }
}

/// One line; what stands behind the fifth cell (flags) does not move a partition.
fn partition(text: &str, line: usize) -> Result<Partition, PartitionError> {
    let mut cells = text.split(',').map(str::trim);
    let mut cell = || cells.next().unwrap_or_default();
    let wrong = |cell: &str, noun| PartitionError::Cell { line, cell: Printable::with_limit(cell, 64), noun };
    let word = |cell: &str, noun| if is_word(cell) { Ok(cell.to_owned()) } else { Err(wrong(cell, noun)) };
    let name = word(cell(), "name")?;
    let kind = [word(cell(), "type")?, word(cell(), "sub-type")?];
    let (offset, size) = (cell(), cell());
    let start = octets(offset).ok_or_else(|| wrong(offset, "offset"))?;
    let octets = octets(size).filter(|octets| *octets > 0 && start.checked_add(*octets).is_some());
    let octets = octets.ok_or_else(|| wrong(size, "size"))?;
    Ok(Partition { name, kind, offset: start, octets })
}

/// A name, or a number of a type.
fn is_word(cell: &str) -> bool {
    (1..=NAME_CHARS_MAX).contains(&cell.len())
        && cell.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"_-".contains(&octet))
}

/// Octets, whole sectors of them: `0x2a000`, `8192`, `8K`, `1M`.
fn octets(cell: &str) -> Option<u32> {
    let (digits, unit) = match cell.char_indices().next_back()? {
        (at, 'K' | 'k') => (&cell[..at], 1 << 10),
        (at, 'M' | 'm') => (&cell[..at], 1 << 20),
        _ => (cell, 1),
    };
    let (digits, radix) = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None => (digits, 10),
    };
    // `from_str_radix` would take a sign.
    let number = u32::from_str_radix(digits, radix).ok().filter(|_| !digits.starts_with('+'))?;
    number.checked_mul(unit).filter(|octets| octets.is_multiple_of(SECTOR))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\u{20}# Name, Type, SubType, Offset, Size\r\n\
        server_ca,0x40,4,0x28000,8K\r\n\r\nclient_cert, 0x40, 5, 172032, 0x2000\nfatfs,data,fat,0x70000,1M,encrypted\n";

    #[test]
    fn a_table_gives_offsets_and_sizes() {
        let table = Partitions::parse(TABLE).unwrap();
        let found = table.named("client_cert").unwrap();
        assert_eq!((found.offset, found.octets, found.kind.join(":")), (0x2a000, 8_192, "0x40:5".to_owned()));
        assert_eq!(table.named("fatfs").unwrap().octets, 1 << 20);
        let error = table.named("mfg_\u{1b}nvs").unwrap_err();
        assert_eq!(error.to_string(), "there is no partition mfg_\\u{1b}nvs in the table of partitions");
    }

    #[test]
    fn what_is_no_table_is_refused_with_its_line() {
        let check = |text: &str, expected: &str| {
            assert_eq!(Partitions::parse(text).unwrap_err().to_string(), expected, "{text}");
        };
        check("a,0x40,1,0x1000", "line 1:  is no size of a partition");
        check("#\n,0x40,1,0x1000,4K", "line 2:  is no name of a partition");
        check("a b,0x40,1,0x1000,4K", "line 1: a b is no name of a partition");
        check("a,0x40,1,,4K", "line 1:  is no offset of a partition");
        check("a,0x40,1,0x1001,4K", "line 1: 0x1001 is no offset of a partition");
        check("a,0x40,1,+4096,4K", "line 1: +4096 is no offset of a partition");
        check("a,0x40,1,4096,0", "line 1: 0 is no size of a partition");
        check("a,0x40,1,4096,4\u{e9}", "line 1: 4\u{e9} is no size of a partition");
        check("a,0x40,1,0xfffff000,8K", "line 1: 8K is no size of a partition");
        check("a,0x40,1,4096,4194304K", "line 1: 4194304K is no size of a partition");
        check("a,0x40,1,4096,4K\na,0x40,1,8192,4K", "line 2: a second partition a");
        check("b,0x40,1,0x2000,4K\na,0x40,1,0x1000,8K", "partition b overlaps a");
        check(&"\n".repeat(32_769), "a table of partitions of more than 32768 octets or 95 partitions");
        let many: String =
            (0..96).fold(String::new(), |lines, n| lines + &format!("p{n},0x40,1,{},4K\n", n * 4_096));
        check(&many, "a table of partitions of more than 32768 octets or 95 partitions");
    }
}
