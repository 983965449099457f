//! An entry of a CRL: which certificate, since when, why (RFC 5280 §5.3).

use std::fmt;

use crate::pki::{fingerprint::hex, time::Time};

/// RFC 5280 §4.1.2.2: at most 20 octets.
const SERIAL_OCTETS_MAX: usize = 20;

/// A certificate's serial number as a list names it: 1 to 20 content octets of a DER INTEGER that is not negative.
/// Its order is that of the octets, one after the other, which is the order of our CRLs.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct CrlSerial {
    // The order of the fields makes the derived order that of the octets: what is shorter and else alike comes first.
    octets: [u8; SERIAL_OCTETS_MAX],
    length: u8,
}

impl CrlSerial {
    /// From content octets; `None` where they are no DER INTEGER, negative or too many.
    #[must_use]
    pub fn from_octets(content: &[u8]) -> Option<Self> {
        let shortest = match content {
            [] => false,
            [0, second, ..] => second & 0x80 != 0,
            [first, ..] => first & 0x80 == 0,
        };
        // A single zero is the number zero: old roots have it.
        if !(shortest || content == [0]) || content.len() > SERIAL_OCTETS_MAX {
            return None;
        }
        let mut octets = [0; SERIAL_OCTETS_MAX];
        octets[..content.len()].copy_from_slice(content);
        Some(Self { octets, length: u8::try_from(content.len()).ok()? })
    }

    /// From hexadecimal digits as people write a number: colons between them and zeros in front do not matter.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits: Vec<u8> = text
            .chars()
            .filter(|&c| c != ':')
            .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
            .collect::<Option<_>>()?;
        if digits.is_empty() {
            return None;
        }
        let odd = digits.len() % 2;
        let mut octets: Vec<u8> = digits[..odd].to_vec();
        octets.extend(digits[odd..].chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]));
        let zeros = octets.iter().take_while(|octet| **octet == 0).count();
        let number = &octets[zeros.min(octets.len() - 1)..];
        let sign: &[u8] = if number[0] & 0x80 != 0 { &[0] } else { &[] };
        Self::from_octets(&[sign, number].concat())
    }

    /// The content octets.
    #[must_use]
    pub fn as_octets(&self) -> &[u8] {
        &self.octets[..usize::from(self.length)]
    }
}

impl fmt::Display for CrlSerial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(self.as_octets()))
    }
}

impl fmt::Debug for CrlSerial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CrlSerial({self})")
    }
}

macro_rules! reasons {
    ($( $(#[doc = $doc:literal])+ $variant:ident = $code:literal, $name:literal; )+) => {
        /// Why a certificate is on the list (RFC 5280 §5.3.1). `removeFromCRL` is none: it stands in delta CRLs only.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum Reason { $( $(#[doc = $doc])+ $variant, )+ }

        impl Reason {
            /// All of them, in the order of their codes.
            pub const ALL: &[Self] = &[ $( Self::$variant, )+ ];

            /// Its code in the extension.
            #[must_use]
            pub fn code(self) -> u8 {
                match self { $( Self::$variant => $code, )+ }
            }

            /// The name that RFC 5280 gives it.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $( Self::$variant => $name, )+ }
            }
        }
    };
}

reasons! {
    /// No reason is given: the extension is left out.
    Unspecified = 0, "unspecified";
    /// The private key is, or may be, in other hands.
    KeyCompromise = 1, "keyCompromise";
    /// The key of a CA is.
    CaCompromise = 2, "cACompromise";
    /// The subject's name or other facts have changed.
    AffiliationChanged = 3, "affiliationChanged";
    /// Another certificate took its place.
    Superseded = 4, "superseded";
    /// It is not needed any more.
    CessationOfOperation = 5, "cessationOfOperation";
    /// Suspended: it may be released again.
    CertificateHold = 6, "certificateHold";
    /// What it allows was taken back.
    PrivilegeWithdrawn = 9, "privilegeWithdrawn";
    /// The key of an attribute authority is in other hands.
    AaCompromise = 10, "aACompromise";
}

impl Reason {
    /// The reason of this code.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.code() == code)
    }

    /// The reason of this name, in RFC 5280's spelling only.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.name() == name)
    }
}

/// One entry of a full CRL.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RevokedEntry {
    /// The certificate.
    pub serial: CrlSerial,
    /// revocationDate: when the CA processed it; of what was first held, when it was held (X.509 §9.5.2.2).
    pub date: Time,
    /// Why.
    pub reason: Reason,
    /// invalidityDate: since when the key is, or may be, in other hands.
    pub invalidity_date: Option<Time>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&[u8]>) {
        assert_eq!(CrlSerial::from_hex(text).as_ref().map(CrlSerial::as_octets), expected, "{text}");
    }

    #[test]
    fn reads_numbers_as_people_write_them() {
        check("01", Some(&[1]));
        check("1", Some(&[1]));
        check("00", Some(&[0]));
        check("0001", Some(&[1]));
        check("80", Some(&[0, 0x80]));
        check("A1:b2", Some(&[0, 0xa1, 0xb2]));
        check("123", Some(&[1, 0x23]));
        check(&"7f".repeat(20), Some(&[0x7f; 20]));
        check(&"ff".repeat(20), None);
        check(&"01".repeat(21), None);
        check("", None);
        check(":", None);
        check("0x1", None);
        check("1g", None);
    }

    #[test]
    fn has_the_order_of_its_octets() {
        let serials = [&[0][..], &[0, 0x80], &[0, 0xff, 0], &[1], &[1, 0], &[1, 0, 5], &[1, 1], &[0x7f]];
        let known: Vec<CrlSerial> =
            serials.iter().map(|octets| CrlSerial::from_octets(octets).unwrap()).collect();
        assert!(known.is_sorted_by(|a, b| a < b));
        assert!(known.iter().map(CrlSerial::as_octets).is_sorted());
    }

    #[test]
    fn knows_every_reason_by_code_and_name() {
        for &reason in Reason::ALL {
            assert_eq!(Reason::from_code(reason.code()), Some(reason));
            assert_eq!(Reason::from_name(reason.name()), Some(reason));
        }
        // RFC 5280 §5.3.1: 7 is not used; 8, removeFromCRL, appears in delta CRLs only.
        for code in [7, 8, 11, 255] {
            assert_eq!(Reason::from_code(code), None);
        }
        assert_eq!(Reason::from_name("keycompromise"), None);
    }
}
