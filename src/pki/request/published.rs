//! Keys whose private half everybody has: those printed in standards, and elliptic-curve keys of a tiny private number.
//!
//! Both come from test code that found its way into products. Longer lists (CVE-2008-0166 and what came after it) do not
//! stand in the program; see [`crate::pki::block_list`].

use std::{collections::HashSet, sync::OnceLock};

use crate::pki::{
    key::{Curve, KeyAlgorithm, PublicKey},
    policy::{Control, Finding},
};

/// Private numbers of elliptic-curve keys that are tried, with their negatives: test code writes 1, 2, 3 or 42.
const SMALL_PRIVATE_NUMBERS: u32 = 256;

/// SHA-256 of the `SubjectPublicKeyInfo` of key pairs that are printed whole in a standard, and where.
const PRINTED: [(&str, &str); 16] = [
    ("5a7a78cca4a0f420d9bc62bb669c3c2759e39f723d3ae10dcbe0f0815a07ecd4", "RFC 6979 A.2.5"),
    ("2f95601fa82060b909bfc6b979dbd303d34d34e0afb27ea496beac362f242a4b", "RFC 6979 A.2.6"),
    ("2fb6d46385242ea4ad431f7175e7014eb74a5fc60f65b50ca54cc23c5b08de38", "RFC 6979 A.2.7"),
    ("06e3fd8fda29bb60ab59557de61edb0aecdb231134be30e75b455f8e1b792fa9", "RFC 8032 §7.1, test 1"),
    ("deb2ded39dc26fce0e6085b6fc34bf6b5941913bbfe2ea614113cff9e004c170", "RFC 8032 §7.1, test 2"),
    ("8d39ba50abe50f77b6bb8ae7b6927aff7ffbeba35ad2837c0e51e82bcbcc60d5", "RFC 8032 §7.1, test 3"),
    ("e4f982b51ad0bdd87be820b259fe80337ef636e72b9fa7a8867a6949eb610fd6", "RFC 8032 §7.1, test 1024"),
    ("e77db4a9572e9f6552c22bc751d5499ad218a73bdf7e15dc6ea0fc69246a44de", "RFC 8032 §7.1, test SHA(abc)"),
    ("a1e9156054e04fac899ae9f275132cdc07a5dbc4ea2c2ad3a1ffc6e0d253681f", "RFC 8410 §10.3"),
    ("8fb6bad671cfe698393c453357da61b56d757ab8c0f3fb9c87f2849e63131878", "RFC 9500 §2.1"),
    ("b2b04340cfaee616ec9c2c62d261b208e54bb197498df52e8cadede23ac0ba5e", "RFC 9500 §2.3"),
    ("c4c10105a0be0ed4dd3354428dc38a9bfee64da141ce16e75c94eda272f9dd3a", "RFC 9500 §2.3"),
    ("acb1b8327fef995e2458fdf5e3c33b2dc0749feabd6a894cb9bda9d70ac06c24", "RFC 9500 §2.3"),
    ("837832708c5236d951581f1fddf2b79991b3424a0486d16da1ddad0fd69701be", "RFC 9881 C.1.1"),
    ("b8b62131bfbe84433efb2273d7f5b87f7a22854a2cfd366fc2aead86d837c52d", "RFC 9881 C.1.2"),
    ("07e57c4f14dbad1267f621ec3777b4e2e6c4fbc4c22fbb87510ff8e0b3c6a642", "RFC 9881 C.1.3"),
];

/// Finds out whether the private half of a sound key is known to everybody.
pub(super) fn judge(key: &PublicKey) -> Option<Finding> {
    let refuse = |message: &str| {
        let hint = "the device uses a key out of a test or an example: have it make a key of its own";
        Finding::refuse(Control::KeyPublished, message, hint)
    };
    let digest = key.spki_sha256().to_string();
    if let Some((_, standard)) = PRINTED.iter().find(|(printed, _)| *printed == digest) {
        return Some(refuse(&format!("the private key is printed in {standard}")));
    }
    let KeyAlgorithm::Ec(curve) = key.algorithm() else { return None };
    let octets = curve.coordinate_octets();
    // A point and its negative have the same first coordinate.
    let first = key.subject_public_key().get(1..=octets)?;
    small_multiples(curve).contains(first).then(|| {
        refuse(&format!("the private key is a number up to {SMALL_PRIVATE_NUMBERS}, or the negative of one"))
    })
}

macro_rules! multiples {
    ($curve:ident) => {{
        let generator = $curve::ProjectivePoint::GENERATOR;
        let mut point = generator;
        let mut found = HashSet::new();
        for _ in 0..SMALL_PRIVATE_NUMBERS {
            // None of them is the point at infinity: the order of the curve is far larger.
            if let Ok(key) = $curve::ecdsa::VerifyingKey::from_affine(point.to_affine()) {
                found.insert(key.to_sec1_point(true).as_bytes()[1..].to_vec());
            }
            point += generator;
        }
        found
    }};
}
/// The first coordinates of the generator's first multiples.
fn small_multiples(curve: Curve) -> &'static HashSet<Vec<u8>> {
    static MULTIPLES: [OnceLock<HashSet<Vec<u8>>>; 3] = [const { OnceLock::new() }; 3];
    match curve {
        Curve::P256 => MULTIPLES[0].get_or_init(|| multiples!(p256)),
        Curve::P384 => MULTIPLES[1].get_or_init(|| multiples!(p384)),
        Curve::P521 => MULTIPLES[2].get_or_init(|| multiples!(p521)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(key: &PublicKey, expected: Option<&str>) {
        let found = judge(key).map(|finding| finding.message.to_string());
        assert_eq!(found.as_deref(), expected);
    }

    fn p256_key(private: &[u8; 32]) -> PublicKey {
        let key = p256::ecdsa::SigningKey::from_slice(private).expect("a key");
        let point = key.verifying_key().to_sec1_point(false);
        PublicKey::from_ec_point(Curve::P256, point.as_bytes()).expect("on the curve")
    }

    #[test]
    fn knows_keys_of_small_private_numbers_and_their_negatives() {
        const SMALL: Option<&str> = Some("the private key is a number up to 256, or the negative of one");
        let number = |number: u32| {
            let mut private = [0; 32];
            private[28..].copy_from_slice(&number.to_be_bytes());
            private
        };
        for small in [1, 2, 42, 256] {
            check(&p256_key(&number(small)), SMALL);
        }
        check(&p256_key(&number(257)), None);
        // The order of P-256 less one.
        let mut last = [0xff; 32];
        last[4..8].fill(0);
        last[16..].copy_from_slice(&[
            0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x50,
        ]);
        check(&p256_key(&last), SMALL);
        let mut three = [0; 66];
        three[65] = 3;
        let key = p521::ecdsa::SigningKey::from_slice(&three).expect("a key");
        let point = key.verifying_key().to_sec1_point(false);
        check(&PublicKey::from_ec_point(Curve::P521, point.as_bytes()).expect("on the curve"), SMALL);
        let key = p384::ecdsa::SigningKey::from_slice(&three[18..]).expect("a key");
        let point = key.verifying_key().to_sec1_point(false);
        check(&PublicKey::from_ec_point(Curve::P384, point.as_bytes()).expect("on the curve"), SMALL);
    }

    #[test]
    fn knows_keys_that_are_printed_in_a_standard() {
        // RFC 8032 §7.1, test 1.
        let secret = [
            0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4,
            0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
        ];
        let key = ed25519_dalek::SigningKey::from_bytes(&secret).verifying_key();
        let key = PublicKey::from_ed25519(key.as_bytes()).expect("sound");
        check(&key, Some("the private key is printed in RFC 8032 §7.1, test 1"));
        let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]).verifying_key();
        check(&PublicKey::from_ed25519(key.as_bytes()).expect("sound"), None);
        // RFC 6979 A.2.5.
        let private = [
            0xc9, 0xaf, 0xa9, 0xd8, 0x45, 0xba, 0x75, 0x16, 0x6b, 0x5c, 0x21, 0x57, 0x67, 0xb1, 0xd6, 0x93,
            0x4e, 0x50, 0xc3, 0xdb, 0x36, 0xe8, 0x9b, 0x12, 0x7b, 0x8a, 0x62, 0x2b, 0x12, 0x0f, 0x67, 0x21,
        ];
        check(&p256_key(&private), Some("the private key is printed in RFC 6979 A.2.5"));
        assert!(PRINTED.iter().all(|(digest, _)| digest.len() == 64));
    }
}
