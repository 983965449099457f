//! Certificate serial numbers (RFC 5280 §4.1.2.2).

use std::fmt;

/// A positive serial number of exactly 20 octets: 158 random bits under a fixed `01` in front, so that the number is
/// positive, never zero, and its DER always has 20 content octets.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SerialNumber([u8; 20]);

impl SerialNumber {
    /// Makes a serial number of 20 random octets; the two highest bits are set to `01`.
    #[must_use]
    pub fn from_random(mut octets: [u8; 20]) -> Self {
        octets[0] = octets[0] & 0x3f | 0x40;
        Self(octets)
    }

    /// The content octets of the DER INTEGER, 20 of them.
    #[must_use]
    pub fn as_octets(&self) -> &[u8; 20] {
        &self.0
    }
}

impl fmt::Display for SerialNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_positive_and_of_twenty_octets_whatever_chance_gives() {
        for octets in [[0; 20], [0xff; 20]] {
            let first = SerialNumber::from_random(octets).as_octets()[0];
            assert!((0x40..0x80).contains(&first));
        }
    }
}
