//! Reasons, serial numbers and moments as people choose and type them.

use crate::{
    pki::{
        crl::{CrlSerial, Reason},
        text::Printable,
        time::Time,
    },
    register::SerialPrefix,
};

use super::super::{error::Error, opening::Appliance};

/// Certificates whose serial numbers begin alike that are counted, at most: whoever typed so few digits types more.
const ALIKE_MAX: u32 = 1_000;

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

impl Appliance {
    /// Reads serial numbers of a CA's certificates with blanks or commas between them. The beginning of one is enough where
    /// no other certificate's begins so: for people who are shown the whole before anything is recorded.
    ///
    /// # Errors
    /// [`Error::Usage`] naming the one that is none, or that several begin with; [`Error::Register`].
    pub fn typed_serials(&self, ca: &str, text: &str) -> Result<Vec<CrlSerial>, Error> {
        let words = text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty());
        words.map(|word| self.typed_beginning(ca, word)).collect()
    }

    fn typed_beginning(&self, ca: &str, word: &str) -> Result<CrlSerial, Error> {
        let whole = CrlSerial::from_hex(word);
        let Some(prefix) = SerialPrefix::from_hex(word) else { return typed_serial(word) };
        let alike = self.register.serials_beginning(ca, &prefix, ALIKE_MAX)?;
        match (alike.as_slice(), whole) {
            (alike, Some(whole)) if alike.contains(&whole) => Ok(whole),
            ([one], _) => Ok(*one),
            // It is said of the whole that there is no such certificate.
            ([], _) => typed_serial(word),
            (several, _) => {
                let count = several.len();
                let (ca, word) = (Printable::new(ca), Printable::new(word));
                let at_least = if count == ALIKE_MAX as usize { "at least " } else { "" };
                Err(Error::usage(
                    format!(
                        "the serial numbers of {at_least}{count} certificates of CA {ca} begin with {word}"
                    ),
                    "give more of its digits; it can be found by name, too: Register, /, Enter on it, then v",
                ))
            }
        }
    }
}
