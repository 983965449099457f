//! What stands in a certificate or a request, for people to read: plain words first, then the ASN.1 tree with its
//! offsets, then the octets in hexadecimal.
//!
//! Nothing here judges and nothing is believed: octets of any kind are taken, shown as far as they go, and the first
//! fault is told with its offset. All text is [`Printable`], and where that had to change
//! something a remark says so. A challenge password (RFC 2985 §5.4.1) is nowhere shown, in words, tree or octets.
//! Read [`Description`] first, then [`Tree`].

mod certificate;
mod description;
mod extension;
mod hex;
mod identifier;
mod issued;
mod key;
mod name;
mod request;
#[cfg(test)]
mod tests;
mod tree;
mod value;

pub use certificate::{describe_certificate, describe_planned};
pub use description::{Description, Field, Section};
pub use hex::{LINE_OCTETS, hex_line, hex_lines};
pub use request::describe_request;
pub use tree::{Class, DEPTH_MAX, Form, NODES_MAX, Node, Place, Tree, tree};

use super::{der::DerError, text::Printable};

/// The first thing wrong with octets, and where.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fault {
    /// Offset, in octets from the start of all.
    pub offset: usize,
    /// What is wrong there.
    pub what: Printable,
}

impl Fault {
    fn new(offset: usize, what: &str) -> Self {
        Self { offset, what: Printable::new(what) }
    }

    /// A fault of the strict reader; `end` is where octets too many begin, which that reader does not say.
    fn of(error: DerError, end: usize) -> Self {
        let offset = match error {
            DerError::Boolean { at }
            | DerError::Integer { at }
            | DerError::Length { at }
            | DerError::Oid { at }
            | DerError::Tag { at }
            | DerError::Truncated { at }
            | DerError::Unexpected { at, .. } => at,
            DerError::Trailing { .. } => end,
        };
        Self::new(offset, &error.to_string())
    }
}
