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
        self.plus(1)
    }

    /// The sum; `None` where that has more than 20 octets.
    #[must_use]
    pub fn plus(&self, more: u64) -> Option<Self> {
        let more = more.to_be_bytes();
        // One octet more than either has: nothing is carried out of it.
        let length = self.0.len().max(more.len()) + 1;
        let digit = |octets: &[u8], place: usize| octets.iter().rev().nth(place).copied().unwrap_or(0);
        let mut carries = 0;
        let mut octets: Vec<u8> = (0..length)
            .map(|place| {
                let sum = u16::from(digit(&self.0, place)) + u16::from(digit(&more, place)) + carries;
                let [over, octet] = sum.to_be_bytes();
                carries = u16::from(over);
                octet
            })
            .collect();
        octets.reverse();
        // X.690 §8.3.2: no zero in front but before a first bit that is set.
        let zeros = octets.windows(2).take_while(|pair| pair[0] == 0 && pair[1] & 0x80 == 0).count();
        Self::from_octets(&octets[zeros..])
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
        let sums = [(0, 0), (0, u64::from(u32::MAX)), (255, 1 << 40), (2_026_112_202, 1_795_347_163)];
        for (number, more) in sums {
            assert_eq!(CrlNumber::from(number).plus(more), Some(CrlNumber::from(number + more)));
        }
        let largest = CrlNumber::from(u64::MAX).plus(u64::MAX).unwrap();
        assert_eq!(largest.to_string(), "36893488147419103230");
        for octets in [&[][..], &[0x80], &[0, 1], &[1; 21]] {
            assert_eq!(CrlNumber::from_octets(octets), None);
        }
    }
}
