//! Reasons, serial numbers and moments as people choose and type them.

use crate::pki::{
    crl::{CrlSerial, Reason},
    text::Printable,
    time::Time,
};

use super::super::error::Error;

/// The reasons there are to choose from, the one that matters most first. That of an attribute authority is not among
/// them: it is nothing that a CA certifies here.
pub const REASONS: [Reason; 8] = [
    Reason::KeyCompromise,
    Reason::CaCompromise,
    Reason::AffiliationChanged,
    Reason::Superseded,
    Reason::CessationOfOperation,
    Reason::PrivilegeWithdrawn,
    Reason::Unspecified,
    Reason::CertificateHold,
];

/// Reads serial numbers with blanks or commas between them.
///
/// # Errors
/// [`Error::Usage`] naming the one that is none.
pub fn typed_serials(text: &str) -> Result<Vec<CrlSerial>, Error> {
    let words = text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty());
    words.map(typed_serial).collect()
}

/// Reads one serial number.
///
/// # Errors
/// [`Error::Usage`].
pub fn typed_serial(text: &str) -> Result<CrlSerial, Error> {
    CrlSerial::from_hex(text).ok_or_else(|| {
        Error::usage(
            format!("{} is no serial number", Printable::new(text)),
            "write it in hexadecimal digits, at most 20 octets; register list shows it",
        )
    })
}

/// Reads a moment in UTC.
///
/// # Errors
/// [`Error::Usage`].
pub fn typed_moment(text: &str) -> Result<Time, Error> {
    Time::from_rfc3339(text).ok_or_else(|| {
        Error::usage(
            format!("{} is no moment", Printable::new(text)),
            "write it as 2026-01-31T23:59:59Z, in UTC",
        )
    })
}
