//! The fingerprint of keys made by a faulty library of smart-card chips (ROCA, CVE-2017-15361).
//!
//! Its primes are `k·M + 65537^a mod M` with M a product of small primes, so the modulus is a power of 65537 modulo
//! each of them. A sound modulus is, for all of these primes at once, with a chance far below 2⁻⁶⁰.

/// The small primes whose product the faulty library used for the shortest of its keys.
pub(super) const PRIMES: [u32; 38] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103,
    107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

/// Whether a modulus (unsigned, big-endian) carries the fingerprint.
pub(super) fn is_suspect(modulus: &[u8]) -> bool {
    PRIMES.iter().all(|&prime| {
        let rest = modulus.iter().fold(0, |rest, &octet| (rest << 8 | u32::from(octet)) % prime);
        let mut power = 1;
        (1..prime).any(|_| {
            power = power * (65_537 % prime) % prime;
            power == rest
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_powers_of_65537_from_other_numbers() {
        assert!(is_suspect(&[1]));
        assert!(is_suspect(&[1, 0, 1]));
        assert!(is_suspect(&[1, 0, 2, 0, 1]));
        assert!(!is_suspect(&[1, 0, 3]));
        assert!(!is_suspect(&[0xff; 256]));
    }
}
