//! Tests of keys, of the octets that name algorithms, and of signatures.

use super::{verification::left_padded, *};
use signature::hazmat::PrehashSigner as _;

#[test]
fn algorithm_identifiers_are_read_in_one_encoding_only() {
    for algorithm in SignatureAlgorithm::ALL {
        assert_eq!(SignatureAlgorithm::from_der(&algorithm.der()), Some(algorithm));
    }
    let with_null = der::sequence(&[&der::element(tag::OID, oid::ECDSA_WITH_SHA256), &NULL]);
    assert_eq!(SignatureAlgorithm::from_der(&with_null), None);
    // RFC 4055 §3.1 as OpenSSL writes it.
    assert_eq!(
        super::super::fingerprint::hex(&SignatureAlgorithm::RsaPss(HashAlgorithm::Sha256).der()),
        "304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06\
         096086480165030402010500a203020120"
    );
}

#[test]
fn reads_back_the_spki_it_writes_and_verifies_with_it() {
    let key = p256::ecdsa::SigningKey::from_slice(&[7; 32]).expect("a key");
    let point = key.verifying_key().to_sec1_point(false);
    let public = PublicKey::from_ec_point(Curve::P256, point.as_bytes()).expect("on the curve");
    assert_eq!(PublicKey::from_spki(public.spki()), Ok(public.clone()));
    let digest = HashAlgorithm::Sha256.digest(b"message");
    let signature: p256::ecdsa::Signature = key.sign_prehash(&digest).expect("signed");
    let algorithm = public.signing_algorithm(RsaScheme::Pkcs1);
    assert_eq!(public.verify(algorithm, b"message", signature.to_der().as_bytes()), Ok(()));
    assert_eq!(public.verify(algorithm, b"massage", signature.to_der().as_bytes()), Err(KeyError::Signature));
    let compressed = key.verifying_key().to_sec1_point(true);
    assert_eq!(PublicKey::from_any_ec_point(Curve::P256, compressed.as_bytes()), Ok(public));
    assert!(PublicKey::from_ec_point(Curve::P256, compressed.as_bytes()).is_err());
}

#[test]
fn refuses_points_off_the_curve_and_of_small_order() {
    let mut point = [0x55; 65];
    point[0] = 4;
    assert!(matches!(PublicKey::from_ec_point(Curve::P256, &point), Err(KeyError::Malformed(_))));
    assert!(matches!(PublicKey::from_any_ec_point(Curve::P256, &[0]), Err(KeyError::Malformed(_))));
    let mut identity = [0; 32];
    identity[0] = 1;
    assert_eq!(PublicKey::from_ed25519(&identity), Err(KeyError::SmallOrder));
}

#[test]
fn refuses_every_ed25519_point_of_small_order_in_every_encoding() {
    let point = |first: u8, middle: u8, last: u8| {
        let mut octets = [middle; 32];
        (octets[0], octets[31]) = (first, last);
        octets
    };
    // The two coordinates of the four points of order 8, found by taking roots; each with both signs.
    let eighth = [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a,
        0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ];
    let other = [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5,
        0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ];
    let minus = |mut octets: [u8; 32]| {
        octets[31] |= 0x80;
        octets
    };
    // Order 1, 2, 4, 4, 8, 8, 8, 8.
    let (one, zero) = (point(1, 0, 0), point(0, 0, 0));
    let last = point(0xec, 0xff, 0x7f);
    for octets in [one, last, zero, minus(zero), eighth, minus(eighth), other, minus(other)] {
        assert_eq!(PublicKey::from_ed25519(&octets), Err(KeyError::SmallOrder), "{octets:02x?}");
    }
    // The same points with a coordinate of p or more, or with the sign of a zero.
    let (prime, next) = (point(0xed, 0xff, 0x7f), point(0xee, 0xff, 0x7f));
    for octets in [minus(one), minus(last), prime, minus(prime), next, minus(next)] {
        let refused = PublicKey::from_ed25519(&octets);
        assert!(matches!(refused, Err(KeyError::SmallOrder | KeyError::Malformed(_))), "{octets:02x?}");
    }
    // p + 3 is another way to write a point that is no weaker than others.
    let three = point(3, 0, 0);
    assert!(PublicKey::from_ed25519(&three).is_ok());
    let again = point(0xf0, 0xff, 0x7f);
    assert!(matches!(PublicKey::from_ed25519(&again), Err(KeyError::Malformed(_))));
}

#[test]
fn takes_a_compressed_point_of_every_curve_as_the_same_key_and_no_other_form() {
    let check = |curve: Curve, plain: &[u8], compressed: &[u8]| {
        let key = PublicKey::from_ec_point(curve, plain).expect("on the curve");
        assert_eq!(PublicKey::from_any_ec_point(curve, compressed), Ok(key.clone()));
        assert_eq!(key.subject_public_key(), plain);
        // Infinity, hybrid form, a point cut short, and one off the curve.
        let mut off = plain.to_vec();
        *off.last_mut().expect("an octet") ^= 1;
        let hybrid = [&[6 | plain[plain.len() - 1] & 1], &plain[1..]].concat();
        for wrong in [&[0][..], &hybrid, &plain[..plain.len() - 1], &off] {
            assert!(matches!(PublicKey::from_any_ec_point(curve, wrong), Err(KeyError::Malformed(_))));
        }
    };
    let key = p256::ecdsa::SigningKey::from_slice(&[7; 32]).expect("a key");
    let form = |compressed| key.verifying_key().to_sec1_point(compressed).as_bytes().to_vec();
    check(Curve::P256, &form(false), &form(true));
    let key = p384::ecdsa::SigningKey::from_slice(&[7; 48]).expect("a key");
    let form = |compressed| key.verifying_key().to_sec1_point(compressed).as_bytes().to_vec();
    check(Curve::P384, &form(false), &form(true));
    let mut private = [7; 66];
    private[0] = 0;
    let key = p521::ecdsa::SigningKey::from_slice(&private).expect("a key");
    let form = |compressed| key.verifying_key().to_sec1_point(compressed).as_bytes().to_vec();
    check(Curve::P521, &form(false), &form(true));
}

#[test]
fn verifies_with_an_exponent_of_256_bits_and_takes_none_of_257() {
    use dashu_int::{
        IBig, UBig,
        monty::MontgomeryRepr,
        ops::{ExtendedGcd as _, RemEuclid as _},
    };
    // Two Mersenne primes: what is checked is that so long an exponent is used right.
    let [p, q] = [1279_usize, 2203].map(|bits| (UBig::ONE << bits) - UBig::ONE);
    let order = (&p - UBig::ONE) * (&q - UBig::ONE);
    let mut exponent = (UBig::ONE << 256) - UBig::ONE;
    let private = loop {
        let (common, inverse, _) = exponent.clone().gcd_ext(order.clone());
        if common == UBig::ONE {
            break inverse.rem_euclid(&IBig::from(order));
        }
        exponent -= UBig::from(2_u32);
    };
    let modulus = p * q;
    let octets = modulus.to_be_bytes();
    let key = PublicKey::from_rsa(&octets, &exponent.to_be_bytes()).expect("a key");
    assert_eq!(PublicKey::from_spki(key.spki()), Ok(key.clone()));
    assert_eq!(rsa_modulus(key.spki()), Some(&*octets));
    // RFC 8017 §9.2 with SHA-256.
    let identifier =
        [0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20].as_slice();
    let tail = [&[0], identifier, &HashAlgorithm::Sha256.digest(b"message")].concat();
    let padded = [&[0, 1][..], &vec![0xff; octets.len() - 2 - tail.len()], &tail].concat();
    let ring = MontgomeryRepr::new(modulus.clone());
    let signature = ring.reduce(UBig::from_be_bytes(&padded)).pow(&private).residue().to_be_bytes();
    let signature = [&vec![0; octets.len() - signature.len()][..], &signature].concat();
    let algorithm = SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha256);
    assert_eq!(key.verify(algorithm, b"message", &signature), Ok(()));
    assert_eq!(key.verify(algorithm, b"massage", &signature), Err(KeyError::Signature));
    let longer = (UBig::ONE << 256) + UBig::ONE;
    assert!(matches!(PublicKey::from_rsa(&octets, &longer.to_be_bytes()), Err(KeyError::Unsupported(_))));
    let even = (UBig::ONE << 255) + UBig::from(2_u32);
    assert!(matches!(PublicKey::from_rsa(&octets, &even.to_be_bytes()), Err(KeyError::Malformed(_))));
}

#[test]
fn verifies_sha256_with_the_larger_curves() {
    let key = p384::ecdsa::SigningKey::from_slice(&[7; 48]).expect("a key");
    let point = key.verifying_key().to_sec1_point(false);
    let public = PublicKey::from_ec_point(Curve::P384, point.as_bytes()).expect("on the curve");
    let digest = HashAlgorithm::Sha256.digest(b"message");
    let signature: p384::ecdsa::Signature = key.sign_prehash(&left_padded(&digest, 48)).expect("signed");
    let algorithm = SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256);
    assert_eq!(public.verify(algorithm, b"message", signature.to_der().as_bytes()), Ok(()));
}
