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
fn verifies_sha256_with_the_larger_curves() {
    let key = p384::ecdsa::SigningKey::from_slice(&[7; 48]).expect("a key");
    let point = key.verifying_key().to_sec1_point(false);
    let public = PublicKey::from_ec_point(Curve::P384, point.as_bytes()).expect("on the curve");
    let digest = HashAlgorithm::Sha256.digest(b"message");
    let signature: p384::ecdsa::Signature = key.sign_prehash(&left_padded(&digest, 48)).expect("signed");
    let algorithm = SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256);
    assert_eq!(public.verify(algorithm, b"message", signature.to_der().as_bytes()), Ok(()));
}
