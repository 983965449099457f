//! Certificate revocation lists (RFC 5280 §5): written piece by piece, read back strictly by other code.
//!
//! A CRL of a million certificates has fifty million octets, so nothing here holds one whole: [`writer`] says what
//! stands before the entries, each entry and what stands behind; [`CrlReader`] takes octets as they come and gives one
//! entry after the other; [`succession`] proves of the octets of two CRLs that nothing was lost between them; [`lint`]
//! judges what was read. Read [`RevokedEntry`] first.

mod content;
mod entry;
pub mod issued_list;
pub mod lint;
mod number;
mod pem;
mod point;
mod reader;
mod signed;
pub mod succession;
#[cfg(test)]
mod tests;
mod window;
pub mod writer;

pub use entry::{CrlSerial, Reason, RevokedEntry};
pub use number::CrlNumber;
pub use pem::{ListOctets, PemLines, PemText};
pub use point::CrlPoint;
pub use reader::{CrlEnd, CrlError, CrlHead, CrlReader, Pieces, ReadError, Shape};
pub use signed::SignedCrl;

/// Most entries of one CRL: with them it has about half a GiB, more than any relying party takes, and its length
/// stays below the 4 GiB that FAT32 holds in a file.
pub const ENTRIES_MAX: u64 = 10_000_000;
