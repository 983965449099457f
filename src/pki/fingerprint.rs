//! SHA-256 digests, and how people read them to each other.

use std::fmt;

use sha1::Sha1;
use sha2::{Digest as _, Sha256};

/// A SHA-256 digest (FIPS 180-4), 32 octets.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Digests octets.
    #[must_use]
    pub fn of(octets: &[u8]) -> Self {
        Self(Sha256::digest(octets).into())
    }

    /// Takes a digest that was computed elsewhere.
    #[must_use]
    pub fn from_octets(octets: [u8; 32]) -> Self {
        Self(octets)
    }

    /// Its first 128 bits, where many are kept in memory: to find two things of one value takes 2^64 trials.
    #[must_use]
    pub fn first_128_bits(&self) -> u128 {
        self.0[..16].iter().fold(0, |bits, &octet| bits << 8 | u128::from(octet))
    }

    /// Reads 64 lower-case hexadecimal digits; `None` for anything else.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let text = text.as_bytes();
        if text.len() != 64 {
            return None;
        }
        let mut octets = [0; 32];
        for (octet, pair) in octets.iter_mut().zip(text.chunks_exact(2)) {
            *octet = nibble(pair[0])? << 4 | nibble(pair[1])?;
        }
        Some(Self(octets))
    }

    /// The 32 octets.
    #[must_use]
    pub fn as_octets(&self) -> &[u8; 32] {
        &self.0
    }

    /// Twelve words of the BIP-39 English list: the first 128 bits of the digest and a checksum of four bits.
    /// Whoever would forge a second plan with the same words must find a 128-bit second preimage.
    ///
    /// # Panics
    /// Never: BIP-39 takes 128 bits of entropy.
    #[must_use]
    pub fn words(&self) -> String {
        bip39::Mnemonic::from_entropy(&self.0[..16]).expect("BIP-39 takes 16 octets").to_string()
    }

    /// Whether words that a person typed are those of this digest. Case and the number of blanks between words do
    /// not matter; everything else does.
    #[must_use]
    pub fn matches_words(&self, typed: &str) -> bool {
        let typed: Vec<String> = typed.split_whitespace().map(str::to_lowercase).collect();
        typed.join(" ") == self.words()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

/// Octets as lower-case hexadecimal digits.
#[must_use]
pub fn hex(octets: &[u8]) -> String {
    use fmt::Write as _;
    octets.iter().fold(String::with_capacity(octets.len() * 2), |mut text, octet| {
        let _ = write!(text, "{octet:02x}");
        text
    })
}

/// SHA-1 of octets as lower-case hexadecimal digits: the name that some platforms have for a certificate. Nothing is
/// proved by it.
#[must_use]
pub fn sha1_hex(octets: &[u8]) -> String {
    hex(&Sha1::digest(octets))
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_what_it_shows() {
        let digest = Digest::of(b"abc");
        assert_eq!(digest.to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(Digest::from_hex(&digest.to_string()), Some(digest));
        assert_eq!(Digest::from_hex(&digest.to_string().to_uppercase()), None);
    }

    #[test]
    fn names_by_sha1_what_platforms_name_so() {
        // FIPS 180-4, the example of one block.
        assert_eq!(sha1_hex(b"abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
    }

    #[test]
    fn takes_its_own_words_and_no_others() {
        let digest = Digest::of(b"abc");
        let words = digest.words();
        assert_eq!(words.split(' ').count(), 12);
        assert!(digest.matches_words(&format!("  {} ", words.to_uppercase().replace(' ', "  "))));
        assert!(!digest.matches_words(&words.replacen(' ', "", 1)));
        assert!(!Digest::of(b"abd").matches_words(&words));
    }
}
