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

/// Fewest digits that a serial number is looked for by its beginning: of ten million random ones some hundred and fifty
/// begin so, and no more of the other CAs' are looked through.
const DIGITS_MIN: usize = 4;

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
    /// Reads serial numbers of a CA's certificates with blanks or commas between them. The beginning of one, four digits or more, is
    /// enough where no other certificate's begins so: for people who are shown the whole before anything is recorded.
    ///
    /// # Errors
    /// [`Error::Usage`] naming the one that is none, or that several begin with; [`Error::Register`].
    pub fn typed_serials(&self, ca: &str, text: &str) -> Result<Vec<CrlSerial>, Error> {
        let words = text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty());
        words.map(|word| self.typed_beginning(ca, word)).collect()
    }

    fn typed_beginning(&self, ca: &str, word: &str) -> Result<CrlSerial, Error> {
        let whole = typed_serial(word)?;
        // What was typed may be the whole of one and the beginning of another: zeros in front need not be typed.
        let own = SerialPrefix::from_octets(whole.as_octets());
        if self.register.serials_beginning(ca, &own, 1)?.first() == Some(&whole) {
            return Ok(whole);
        }
        let Some(prefix) = beginning(word) else { return Ok(whole) };
        meant(ca, word, whole, &self.register.serials_beginning(ca, &prefix, ALIKE_MAX)?)
    }
}

/// What was typed, where it is long enough to be the beginning of a serial number.
fn beginning(word: &str) -> Option<SerialPrefix> {
    let digits = word.chars().filter(char::is_ascii_hexdigit).count();
    SerialPrefix::from_hex(word).filter(|_| digits >= DIGITS_MIN)
}

/// The serial number that is meant by what is none of the CA's itself, where these begin so.
fn meant(ca: &str, word: &str, whole: CrlSerial, alike: &[CrlSerial]) -> Result<CrlSerial, Error> {
    match alike {
        [one] => Ok(*one),
        // It is said of the whole that there is no such certificate.
        [] => Ok(whole),
        several => {
            let count = several.len();
            let (ca, word) = (Printable::new(ca), Printable::new(word));
            let at_least = if count == ALIKE_MAX as usize { "at least " } else { "" };
            Err(Error::usage(
                format!("the serial numbers of {at_least}{count} certificates of CA {ca} begin with {word}"),
                "give more of its digits; it can be found by name, too: Register, /, Enter on it, then v",
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_is_enough_where_one_alone_begins_so() {
        let serial = |text: &str| typed_serial(text).unwrap();
        let meant = |alike: &[&str]| {
            let alike: Vec<CrlSerial> = alike.iter().map(|text| serial(text)).collect();
            meant("root", "4f5e", serial("4f5e"), &alike)
        };
        assert_eq!(meant(&["4f5e01"]).unwrap(), serial("4f5e01"));
        assert_eq!(meant(&[]).unwrap(), serial("4f5e"));
        let several = meant(&["4f5e01", "4f5e02"]).unwrap_err().to_string();
        assert_eq!(several, "the serial numbers of 2 certificates of CA root begin with 4f5e");
        assert!(beginning("4f:5e").is_some());
        assert!(["4f5", "4f:5", ""].iter().all(|text| beginning(text).is_none()));
    }
}
