//! RSA moduli that give their factors away: each weakness is a control of its own, and all of them are told.
//!
//! Only the modulus is looked at, never a secret, so nothing here hides how long it takes.

use std::sync::OnceLock;

use dashu_int::{
    UBig,
    monty::MontgomeryRepr,
    ops::{Gcd as _, SquareRootRem as _},
};

use super::roca;
use crate::pki::policy::{Control, Finding};

/// Below this no prime may divide a modulus. A key generator that works never leaves one; a bit that fell over in a
/// file or in memory nearly always brings one in.
pub(super) const SMALL_FACTOR_BOUND: u32 = 1 << 16;

/// Rounds of Fermat's method (FIPS 186-5 §A.1.3 keeps sound primes apart by 2^(bits/2 − 100), where it would take
/// more rounds than there are atoms). Software that takes the second prime right after the first falls in the first
/// few; the keys of CVE-2022-26320 fell within 16.
pub(super) const FERMAT_ROUNDS: u32 = 100;

/// Up to this a modulus is tried as a power. A higher power of a number without small factors is longer than any
/// modulus that is taken, or has a base of less than 64 bits.
const POWER_MAX: u32 = 127;

/// Small primes that a modulus is asked before a root is drawn: most moduli fail at the first.
const SIEVE_MODULI: usize = 4;

const HINT_GENERATOR: &str =
    "have the maker of the device mend how it makes keys; then ask for a request with a new key pair";

/// Finds every weakness of an odd modulus, unsigned big-endian, of a size that is certified.
pub(super) fn judge(octets: &[u8], findings: &mut Vec<Finding>) {
    let before = findings.len();
    let modulus = UBig::from_be_bytes(octets);
    if roca::is_suspect(octets) {
        findings.push(Finding::refuse(
            Control::KeyWeak,
            "the RSA key carries the fingerprint of ROCA (CVE-2017-15361): it can be factored",
            "update the firmware of the chip that made the key, and make a new one",
        ));
    }
    if let Some(factor) = small_factor(&modulus) {
        let message = match u32::try_from(&factor) {
            Ok(factor) => format!("the RSA modulus is divisible by {factor}"),
            Err(_) => format!("the RSA modulus is divisible by several primes below {SMALL_FACTOR_BOUND}"),
        };
        findings.push(Finding::refuse(
            Control::KeySmallFactor,
            &message,
            "see whether the key was damaged on its way; else ask for a request with a new key pair",
        ));
    }
    if let Some(round) = close_primes(&modulus) {
        let message =
            format!("the primes of the RSA key are too close: Fermat's method finds them in round {round}");
        findings.push(Finding::refuse(Control::KeyClosePrimes, &message, HINT_GENERATOR));
    }
    if let Some(exponent) = power(&modulus) {
        let message = format!("the RSA modulus is a number to the power of {exponent}");
        findings.push(Finding::refuse(Control::KeyModulus, &message, HINT_GENERATOR));
    }
    // The dearest of them, and no question where another has the answer.
    if findings.len() == before && is_prime(&modulus) {
        let message = "the RSA modulus is itself a prime: everybody can compute the private key";
        findings.push(Finding::refuse(Control::KeyModulus, message, HINT_GENERATOR));
    }
}

/// What an odd modulus has in common with the primes below [`SMALL_FACTOR_BOUND`].
fn small_factor(modulus: &UBig) -> Option<UBig> {
    static PRIMORIAL: OnceLock<UBig> = OnceLock::new();
    let primorial = PRIMORIAL.get_or_init(|| product(&odd_primes_below(SMALL_FACTOR_BOUND)));
    let common = (primorial % modulus).gcd(modulus);
    (common != UBig::ONE).then_some(common)
}

fn product(numbers: &[u32]) -> UBig {
    match numbers {
        [] => UBig::ONE,
        [one] => UBig::from(*one),
        _ => {
            let (low, high) = numbers.split_at(numbers.len() / 2);
            product(low) * product(high)
        }
    }
}

fn odd_primes_below(bound: u32) -> Vec<u32> {
    let mut primes: Vec<u32> = Vec::new();
    for candidate in (3..bound).step_by(2) {
        let mut tried = primes.iter().take_while(|&&prime| prime * prime <= candidate);
        if tried.all(|prime| candidate % prime != 0) {
            primes.push(candidate);
        }
    }
    primes
}

/// The round in which Fermat's method writes the modulus as a difference of squares, if one of the first
/// [`FERMAT_ROUNDS`] does; round 0 finds a square.
fn close_primes(modulus: &UBig) -> Option<u32> {
    let (root, rest) = modulus.sqrt_rem();
    if rest == UBig::ZERO {
        return Some(0);
    }
    let mut mean = root + UBig::ONE;
    let mut difference = &mean * &mean - modulus;
    for round in 1..=FERMAT_ROUNDS {
        if is_square(&difference) {
            return Some(round);
        }
        // (a + 1)² − n = (a² − n) + 2a + 1.
        difference += &mean * 2_u32 + UBig::ONE;
        mean += UBig::ONE;
    }
    None
}

fn is_square(number: &UBig) -> bool {
    // Most numbers are no square modulo 64, and never see the root.
    let low = number.as_words().first().map_or(0, |word| word % 64);
    SQUARES_MODULO_64 >> low & 1 == 1 && number.sqrt_rem().1 == UBig::ZERO
}

/// Bit n stands where n is a square modulo 64.
const SQUARES_MODULO_64: u64 = {
    let (mut squares, mut root) = (0, 0);
    while root < 64 {
        squares |= 1 << (root * root % 64);
        root += 1;
    }
    squares
};

/// The odd prime exponent of which the modulus is a power. Squares are [`close_primes`]'s.
fn power(modulus: &UBig) -> Option<u32> {
    odd_primes_below(POWER_MAX + 1).into_iter().find(|&exponent| {
        let could_be = moduli_for(exponent).take(SIEVE_MODULI).all(|prime| {
            // Such a power is 0 or, once raised to (prime − 1) / exponent, 1.
            let rest = modulus % prime;
            rest == 0 || power_modulo(rest, (prime - 1) / exponent, prime) == 1
        });
        let exponent = exponent as usize;
        could_be && modulus.nth_root(exponent).pow(exponent) == *modulus
    })
}

/// Small primes that tell other numbers from powers: those that leave 1 when divided by the exponent.
fn moduli_for(exponent: u32) -> impl Iterator<Item = u32> {
    (1..).map(move |times| 2 * times * exponent + 1).filter(|&candidate| is_small_prime(candidate))
}

fn is_small_prime(candidate: u32) -> bool {
    (2..=candidate.isqrt()).all(|divisor| !candidate.is_multiple_of(divisor))
}

fn power_modulo(base: u32, mut exponent: u32, modulus: u32) -> u32 {
    let (mut result, mut base) = (1, u64::from(base));
    let modulus_wide = u64::from(modulus);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result * base % modulus_wide;
        }
        base = base * base % modulus_wide;
        exponent >>= 1;
    }
    u32::try_from(result).unwrap_or(modulus)
}

/// Whether an odd number passes Fermat's test to base 2. A product of two unknown primes passes it so rarely that
/// nobody has seen it; a prime always does.
fn is_prime(modulus: &UBig) -> bool {
    let ring = MontgomeryRepr::new(modulus.clone());
    ring.reduce(2_u32).pow(&(modulus - UBig::ONE)) == ring.reduce(1_u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A prime of 1,024 bits with the two highest bits set, from a counter: 2^1023 + 2^1022 + 2^(500 + step), and on
    /// to the next number that passes the test.
    fn prime(step: usize) -> UBig {
        let mut candidate = (UBig::from(3_u32) << 1022) + (UBig::ONE << (500 + step)) + UBig::ONE;
        while small_factor(&candidate).is_some() || !is_prime(&candidate) {
            candidate += UBig::from(2_u32);
        }
        candidate
    }

    fn next_prime(after: &UBig) -> UBig {
        let mut candidate = after + UBig::from(2_u32);
        while small_factor(&candidate).is_some() || !is_prime(&candidate) {
            candidate += UBig::from(2_u32);
        }
        candidate
    }

    fn check(modulus: &UBig, expected: &[Control]) {
        let mut findings = Vec::new();
        judge(&modulus.to_be_bytes(), &mut findings);
        let controls: Vec<_> = findings.iter().map(|finding| finding.control).collect();
        assert_eq!(controls, expected, "{findings:?}");
    }

    #[test]
    fn finds_nothing_in_a_product_of_two_distant_primes() {
        check(&(prime(1) * prime(400)), &[]);
    }

    #[test]
    fn finds_a_modulus_with_a_small_factor() {
        let last = UBig::from(65_521_u32);
        check(&((prime(1) * (UBig::ONE << 1000) + UBig::ONE) / &last * &last), &[Control::KeySmallFactor]);
        let mut findings = Vec::new();
        judge(&(prime(1) * UBig::from(2003_u32)).to_be_bytes(), &mut findings);
        assert_eq!(findings[0].message.as_str(), "the RSA modulus is divisible by 2003");
        // The first prime above the bound is nobody's business here.
        assert_eq!(small_factor(&(prime(1) * UBig::from(65_537_u32))), None);
    }

    #[test]
    fn finds_primes_that_stand_close_together() {
        let first = prime(1);
        let second = next_prime(&first);
        check(&(&first * &second), &[Control::KeyClosePrimes]);
        // p and q that differ by d are found in about d² / (8 p) rounds: a difference of 2^516 takes more.
        let near = next_prime(&(&first + (UBig::ONE << 515)));
        let far = next_prime(&(&first + (UBig::ONE << 519)));
        check(&(&first * near), &[Control::KeyClosePrimes]);
        check(&(&first * far), &[]);
        check(&(&first * &first), &[Control::KeyClosePrimes]);
    }

    #[test]
    fn finds_moduli_that_are_no_product_of_two_primes() {
        let prime = prime(1);
        check(&prime, &[Control::KeyModulus]);
        check(&prime.pow(3), &[Control::KeyModulus]);
        check(&prime.pow(5), &[Control::KeyModulus]);
        let base = (UBig::ONE << 64) + UBig::from(13_u32);
        assert_eq!(power(&base.pow(31)), Some(31));
        assert_eq!(power(&(base.pow(31) + UBig::from(2_u32))), None);
    }

    #[test]
    fn a_square_is_told_from_its_neighbours() {
        for number in 0..10_000_u32 {
            let root = number.isqrt();
            assert_eq!(is_square(&UBig::from(number)), root * root == number, "{number}");
        }
    }
}
