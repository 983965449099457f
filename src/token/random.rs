//! Entropy for serial numbers: the token's random numbers mixed with the system's.
//!
//! Pure: the octets of both come in as arguments. A serial number is unpredictable as long as one of the two is
//! (RFC 5280 §4.1.2.2 asks for uniqueness, CA/Browser Forum BR §7.1 for 64 bits of a CSPRNG; here are 158).

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// Serial numbers drawn on one seed: a token gives 32 octets in milliseconds, so it is asked again often enough to
/// matter and rarely enough not to slow a batch of a million.
pub const DRAWS_PER_SEED: u32 = 4096;

/// A seed of token and system, stretched by SHA-256 in counter mode and combined with fresh octets of the system at
/// every draw.
pub struct SerialEntropy {
    seed: Zeroizing<[u8; 32]>,
    drawn: u32,
}

/// Whether the seed may still be drawn on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Seed {
    /// It may.
    Fresh,
    /// [`DRAWS_PER_SEED`] numbers were drawn: call [`SerialEntropy::reseed`].
    Spent,
}

impl SerialEntropy {
    /// Seeds with 32 octets of the token and 32 of the system.
    #[must_use]
    pub fn new(token: &[u8; 32], system: &[u8; 32]) -> Self {
        Self { seed: mixed(&[0; 32], token, system), drawn: 0 }
    }

    /// Whether to fetch new octets from the token.
    #[must_use]
    pub fn seed(&self) -> Seed {
        if self.drawn < DRAWS_PER_SEED { Seed::Fresh } else { Seed::Spent }
    }

    /// Mixes new octets in; what was there counts on.
    pub fn reseed(&mut self, token: &[u8; 32], system: &[u8; 32]) {
        self.seed = mixed(&self.seed, token, system);
        self.drawn = 0;
    }

    /// Twenty octets: `SHA-256(seed ‖ counter)`, its first 20 octets, exclusive-or 20 fresh octets of the system. The
    /// seed moves on at each draw, so that one seen in memory later tells nothing of earlier numbers.
    #[must_use]
    pub fn next20(&mut self, fresh: &[u8; 20]) -> [u8; 20] {
        self.drawn = self.drawn.saturating_add(1);
        let stream = hashed(&[b"serial", &self.seed[..], &self.drawn.to_be_bytes()]);
        self.seed = hashed(&[b"next", &self.seed[..]]);
        std::array::from_fn(|at| stream[at] ^ fresh[at])
    }
}

fn mixed(before: &[u8; 32], token: &[u8; 32], system: &[u8; 32]) -> Zeroizing<[u8; 32]> {
    hashed(&[b"seed", before, token, system])
}

/// Every use has a word of its own in front, all of different length: no two uses can hash the same octets.
fn hashed(parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    Zeroizing::new(hash.finalize().into())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn differs_at_each_draw_even_where_the_system_repeats_itself() {
        let mut entropy = SerialEntropy::new(&[1; 32], &[2; 32]);
        let drawn: HashSet<_> = (0..10_000).map(|_| entropy.next20(&[0; 20])).collect();
        assert_eq!(drawn.len(), 10_000);
    }

    #[test]
    fn depends_on_the_token_on_the_system_and_on_the_fresh_octets() {
        let draw = |token: u8, system: u8, fresh: u8| {
            SerialEntropy::new(&[token; 32], &[system; 32]).next20(&[fresh; 20])
        };
        let same = draw(1, 2, 3);
        assert_eq!(same, draw(1, 2, 3));
        for other in [draw(9, 2, 3), draw(1, 9, 3), draw(1, 2, 9), draw(2, 1, 3)] {
            assert_ne!(same, other);
        }
    }

    #[test]
    fn asks_for_a_new_seed_after_its_draws() {
        let mut entropy = SerialEntropy::new(&[1; 32], &[2; 32]);
        for _ in 0..DRAWS_PER_SEED {
            assert_eq!(entropy.seed(), Seed::Fresh);
            let _ = entropy.next20(&[0; 20]);
        }
        assert_eq!(entropy.seed(), Seed::Spent);
        let mut other = SerialEntropy::new(&[1; 32], &[2; 32]);
        entropy.reseed(&[1; 32], &[2; 32]);
        assert_eq!(entropy.seed(), Seed::Fresh);
        assert_ne!(entropy.next20(&[0; 20]), other.next20(&[0; 20]));
    }
}
