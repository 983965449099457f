//! RSA moduli that share a prime: found by products, not by comparing each with each (Bernstein, "How to find smooth
//! parts of integers"; Heninger et al., "Mining your Ps and Qs", 2012).
//!
//! Two keys whose generators began with the same poor randomness have a prime in common; then the greatest common
//! divisor of the two moduli is that prime, and both keys are broken. A [`Block`] holds the moduli of a part of a batch
//! as a tree of products; what it is compared with comes in as a [`Product`]. Read [`Block::shared`] first.

use dashu_int::{UBig, ops::Gcd as _};

/// A product of RSA moduli.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Product(UBig);

impl Product {
    /// The product of no moduli.
    #[must_use]
    pub fn one() -> Self {
        Self(UBig::ONE)
    }

    /// The product of moduli, unsigned big-endian.
    #[must_use]
    pub fn of<'a>(moduli: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut level: Vec<UBig> = moduli.into_iter().map(UBig::from_be_bytes).collect();
        while level.len() > 1 {
            level = products_of_pairs(&level);
        }
        Self(level.pop().unwrap_or(UBig::ONE))
    }

    /// This times another, as far as a block with this product can tell the difference.
    #[must_use]
    pub fn times(&self, other: &Self, block: &Self) -> Self {
        Self(&self.0 * (&other.0 % &block.0) % &block.0)
    }

    /// What it has in common with a modulus; `None` where that is nothing.
    #[must_use]
    pub fn common(&self, modulus: &[u8]) -> Option<Factor> {
        common(&self.0, &UBig::from_be_bytes(modulus))
    }
}

/// What a modulus has in common with others: one of its primes, or the whole of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Factor(UBig);

impl Factor {
    /// Whether another modulus has part of it, too.
    #[must_use]
    pub fn divides_part_of(&self, modulus: &[u8]) -> bool {
        common(&self.0, &UBig::from_be_bytes(modulus)).is_some()
    }
}

fn common(product: &UBig, modulus: &UBig) -> Option<Factor> {
    let common = (product % modulus).gcd(modulus);
    (common != UBig::ONE).then_some(Factor(common))
}

/// Moduli as a tree of products: the moduli at its foot, their product on top.
#[derive(Clone, Debug)]
pub struct Block {
    levels: Vec<Vec<UBig>>,
}

/// A modulus of a block, and what it has in common with others.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Shared {
    /// The modulus' place in the block, from 0.
    pub index: usize,
    /// What it has in common.
    pub factor: Factor,
}

impl Block {
    /// The tree over moduli, unsigned big-endian. No modulus may stand in it twice, or it has all of itself in common
    /// with itself.
    #[must_use]
    pub fn new<'a>(moduli: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut levels = vec![moduli.into_iter().map(UBig::from_be_bytes).collect::<Vec<_>>()];
        while let Some(last) = levels.last().filter(|last| last.len() > 1) {
            let next = products_of_pairs(last);
            levels.push(next);
        }
        Self { levels }
    }

    /// The moduli that have a factor in common with another of the block, or with the product of moduli elsewhere.
    ///
    /// What is elsewhere is carried from the top down to each modulus, reduced by every product on the way. With the
    /// product of the other half multiplied in at each step, the product of all other moduli arrives.
    #[must_use]
    pub fn shared(&self, elsewhere: &Product) -> Vec<Shared> {
        let Some((foot, _)) = self.levels.split_first() else { return Vec::new() };
        let mut rests = vec![elsewhere.0.clone()];
        for level in self.levels.iter().rev() {
            // The rests of the level above are taken out as they are used up: no two levels of them are held whole.
            let mut above = rests.into_iter();
            let mut above_rest = UBig::ONE;
            rests = Vec::with_capacity(level.len());
            for (place, product) in level.iter().enumerate() {
                let is_top = level.len() == 1;
                if is_top || place % 2 == 0 {
                    above_rest = above.next().unwrap_or(UBig::ONE);
                }
                let rest = &above_rest % product;
                rests.push(match level.get(place ^ 1).filter(|_| !is_top) {
                    Some(sibling) => rest * sibling % product,
                    None => rest,
                });
            }
        }
        let found = foot.iter().zip(rests).enumerate();
        found
            .filter_map(|(index, (modulus, rest))| Some(Shared { index, factor: common(&rest, modulus)? }))
            .collect()
    }
}

fn products_of_pairs(level: &[UBig]) -> Vec<UBig> {
    level
        .chunks(2)
        .map(|pair| match pair {
            [one, other] => one * other,
            alone => alone.first().cloned().unwrap_or(UBig::ONE),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Odd numbers stand for primes here: what is checked is arithmetic, and 61 of them are pairwise coprime.
    fn primes() -> Vec<u64> {
        let mut primes: Vec<u64> = vec![3];
        for candidate in (5..).step_by(2) {
            if primes.len() == 200 {
                break;
            }
            if primes.iter().all(|prime| candidate % prime != 0) {
                primes.push(candidate);
            }
        }
        primes
    }

    fn octets(number: u64) -> Vec<u8> {
        number.to_be_bytes().to_vec()
    }

    fn indexes(shared: &[Shared]) -> Vec<usize> {
        shared.iter().map(|shared| shared.index).collect()
    }

    #[test]
    fn finds_both_of_two_moduli_that_share_a_prime_and_nobody_else() {
        let moduli: Vec<_> = [3 * 5, 7 * 11, 13 * 17, 19 * 11, 23 * 29].map(octets).to_vec();
        let block = Block::new(moduli.iter().map(Vec::as_slice));
        let shared = block.shared(&Product::one());
        assert_eq!(indexes(&shared), [1, 3]);
        assert!(
            shared[0].factor.divides_part_of(&moduli[3]) && !shared[0].factor.divides_part_of(&moduli[2])
        );
    }

    #[test]
    fn a_block_of_one_or_none_shares_only_with_what_is_elsewhere() {
        let none = Block::new([]);
        assert!(none.shared(&Product::one()).is_empty());
        let modulus = octets(7 * 11);
        let block = Block::new([modulus.as_slice()]);
        assert!(block.shared(&Product::one()).is_empty());
        let whole = Product::of([modulus.as_slice()]);
        let elsewhere = Product::one().times(&Product::of([octets(11 * 13).as_slice()]), &whole);
        assert_eq!(indexes(&block.shared(&elsewhere)), [0]);
        assert!(elsewhere.common(&modulus).is_some());
    }

    #[test]
    fn what_is_shared_elsewhere_is_found_beside_what_is_shared_within() {
        let moduli = [3 * 5, 5 * 7, 11 * 13].map(octets);
        let block = Block::new(moduli.iter().map(Vec::as_slice));
        let whole = Product::of(moduli.iter().map(Vec::as_slice));
        let elsewhere = Product::one().times(&Product::of([octets(13 * 17).as_slice()]), &whole);
        assert_eq!(indexes(&block.shared(&elsewhere)), [0, 1, 2]);
        assert_eq!(indexes(&block.shared(&Product::one())), [0, 1]);
    }

    proptest! {
        #[test]
        fn agrees_with_comparing_each_with_each(
            pairs in proptest::collection::vec((0..100_usize, 100..200_usize), 0..40),
            others in proptest::collection::vec((0..200_usize, 0..200_usize), 0..20),
        ) {
            let primes = primes();
            let mut numbers: Vec<u64> = pairs.iter().map(|(p, q)| primes[*p] * primes[*q]).collect();
            numbers.sort_unstable();
            numbers.dedup();
            let others: Vec<u64> = others.iter().map(|(p, q)| primes[*p] * primes[*q]).collect();
            let gcd = |a: u64, b: u64| UBig::from(a).gcd(&UBig::from(b)) != UBig::ONE;
            let expected: Vec<usize> = (0..numbers.len())
                .filter(|&at| {
                    let within = (0..numbers.len()).any(|other| other != at && gcd(numbers[at], numbers[other]));
                    within || others.iter().any(|&other| gcd(numbers[at], other))
                })
                .collect();
            let moduli: Vec<_> = numbers.iter().copied().map(octets).collect();
            let block = Block::new(moduli.iter().map(Vec::as_slice));
            let elsewhere: Vec<_> = others.into_iter().map(octets).collect();
            let elsewhere = Product::of(elsewhere.iter().map(Vec::as_slice));
            let whole = Product::of(moduli.iter().map(Vec::as_slice));
            let elsewhere = Product::one().times(&elsewhere, &whole);
            prop_assert_eq!(indexes(&block.shared(&elsewhere)), expected);
        }
    }
}
