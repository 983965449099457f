//! Requests out of text and binary: PEM (RFC 7468), many PEM in one file, DER, raw base64; and PEM written.
//!
//! Octets are pushed in pieces of any size, so that a file of a million requests never sits in memory.

use super::policy::Finding;

/// What a piece of a file turned out to be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Piece {
    /// One request's DER octets (not yet parsed), with notes on the armour.
    Request {
        /// The DER octets.
        der: Vec<u8>,
        /// Remarks on how it was written.
        notes: Vec<Finding>,
    },
    /// Something that stands where a request should and is refused.
    Refused(Finding),
    /// Nothing that looks like a request: plain text, an empty file, another kind of file.
    NotARequest(Finding),
}

/// Splits the octets of one file into requests.
#[derive(Debug, Default)]
pub struct Splitter {
    _private: (),
}

impl Splitter {
    /// A splitter at the start of a file.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next octets of the file; finished pieces are added to `out`.
    pub fn push(&mut self, _octets: &[u8], _out: &mut Vec<Piece>) {
        todo!()
    }

    /// The file has ended; what is left is added to `out`. A file always yields at least one piece.
    pub fn finish(self, _out: &mut Vec<Piece>) {
        todo!()
    }
}

/// Writes PEM: 64 columns, LF (RFC 7468 §2).
#[must_use]
pub fn encode(_label: &str, _der: &[u8]) -> String {
    todo!()
}

/// Reads certificates from PEM (labels CERTIFICATE, X509 CERTIFICATE, TRUSTED is refused) or one from DER, in order.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn certificates(_octets: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    todo!()
}
