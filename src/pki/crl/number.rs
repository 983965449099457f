//! The number of a CRL (RFC 5280 §5.2.3).

use std::{cmp::Ordering, fmt};

/// RFC 5280 §5.2.3: at most 20 octets.
const NUMBER_OCTETS_MAX: usize = 20;

/// A CRL number: the content octets of a DER INTEGER that is not negative, 1 to 20 of them. Ordered as numbers.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct CrlNumber(Vec<u8>);

impl CrlNumber {
    /// The number of a CA's first CRL.
    #[must_use]
    pub fn first() -> Self {
        Self(vec![1])
    }

    /// From content octets; `None` where they are no DER INTEGER, negative or too many.
    #[must_use]
    pub fn from_octets(content: &[u8]) -> Option<Self> {
        let shortest = match content {
            [] => false,
            [0] => true,
            [0, second, ..] => second & 0x80 != 0,
            [first, ..] => first & 0x80 == 0,
        };
        (shortest && content.len() <= NUMBER_OCTETS_MAX).then(|| Self(content.to_vec()))
    }

    /// The content octets.
    #[must_use]
    pub fn as_octets(&self) -> &[u8] {
        &self.0
    }

    /// The number after it; `None` where that has more than 20 octets.
    #[must_use]
    pub fn next(&self) -> Option<Self> {
        let mut octets = self.0.clone();
        let mut carries = true;
        for octet in octets.iter_mut().rev() {
            (*octet, carries) = octet.overflowing_add(1);
            if !carries {
                break;
            }
        }
        // A number that is not negative and carries out of its octets is impossible: its first bit was zero. But that
        // bit may be set now.
        debug_assert!(!carries);
        if octets[0] & 0x80 != 0 {
            octets.insert(0, 0);
        }
        // 00 in front of 7f…ff became 00 80…: still shortest; 00 in front of ff became 01 00: still shortest.
        Self::from_octets(&octets)
    }
}

impl From<u64> for CrlNumber {
    fn from(number: u64) -> Self {
        let octets = number.to_be_bytes();
        let zeros = octets.iter().take(7).take_while(|octet| **octet == 0).count();
        // X.690 §8.3.2: no zero in front but before a first bit that is set.
        let sign: &[u8] = if octets[zeros] & 0x80 == 0 { &[] } else { &[0] };
        Self([sign, &octets[zeros..]].concat())
    }
}

impl Ord for CrlNumber {
    fn cmp(&self, other: &Self) -> Ordering {
        // Shortest form without a sign: the longer is the larger.
        (self.0.len(), &self.0).cmp(&(other.0.len(), &other.0))
    }
}

impl PartialOrd for CrlNumber {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for CrlNumber {
    /// In decimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = vec![0_u8];
        for &octet in &self.0 {
            let mut carry = u32::from(octet);
            for digit in &mut digits {
                let value = u32::from(*digit) * 256 + carry;
                *digit = u8::try_from(value % 10).unwrap_or_default();
                carry = value / 10;
            }
            while carry > 0 {
                digits.push(u8::try_from(carry % 10).unwrap_or_default());
                carry /= 10;
            }
        }
        digits.iter().rev().try_for_each(|digit| write!(f, "{digit}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(octets: &[u8], text: &str, next: &[u8]) {
        let number = CrlNumber::from_octets(octets).unwrap();
        assert_eq!(number.to_string(), text);
        let after = number.next().unwrap();
        assert_eq!(after.as_octets(), next, "{text}");
        assert!(after > number);
    }

    #[test]
    fn a_number_has_its_shortest_form() {
        for (number, octets) in
            [(0, &[0][..]), (1, &[1]), (128, &[0, 128]), (256, &[1, 0]), (1 << 31, &[0, 128, 0, 0, 0])]
        {
            assert_eq!(Some(CrlNumber::from(number)), CrlNumber::from_octets(octets));
            assert_eq!(CrlNumber::from(number).to_string(), number.to_string());
        }
        assert_eq!(CrlNumber::from(u64::MAX).to_string(), u64::MAX.to_string());
    }

    #[test]
    fn counts_on_in_shortest_form() {
        check(&[0], "0", &[1]);
        check(&[1], "1", &[2]);
        check(&[0x7f], "127", &[0, 0x80]);
        check(&[0, 0xff], "255", &[1, 0]);
        check(&[1, 0xff], "511", &[2, 0]);
        check(&[0x7f, 0xff], "32767", &[0, 0x80, 0]);
        check(&[0, 0xff, 0xff], "65535", &[1, 0, 0]);
        let mut last = [0xff; 20];
        last[0] = 0x7f;
        let last = CrlNumber::from_octets(&last).unwrap();
        assert_eq!(last.to_string(), "730750818665451459101842416358141509827966271487");
        assert_eq!(last.next(), None);
        for octets in [&[][..], &[0x80], &[0, 1], &[1; 21]] {
            assert_eq!(CrlNumber::from_octets(octets), None);
        }
    }
}
