//! Requests made here, each with one thing changed; the key is fixed, so that a failure can be looked at again.

use super::*;
use crate::pki::der::{element, sequence};
use dashu_int::UBig;
use proptest::prelude::*;
use signature::hazmat::PrehashSigner as _;

const EXTENSION_REQUEST: &[u8] = crate::pki::oid::EXTENSION_REQUEST;

/// The parts of a request, before it is signed.
#[derive(Clone)]
struct Made {
    version: Vec<u8>,
    subject: Vec<u8>,
    spki: Vec<u8>,
    attributes: Vec<u8>,
    algorithm: Vec<u8>,
}

fn signing_key() -> p256::ecdsa::SigningKey {
    p256::ecdsa::SigningKey::from_slice(&[7; 32]).expect("a key")
}

fn point(compressed: bool) -> Vec<u8> {
    signing_key().verifying_key().to_sec1_point(compressed).as_bytes().to_vec()
}

fn ec_spki(point: &[u8]) -> Vec<u8> {
    let curve = element(tag::OID, crate::pki::oid::SECP256R1);
    let algorithm = sequence(&[&element(tag::OID, crate::pki::oid::EC_PUBLIC_KEY), &curve]);
    sequence(&[&algorithm, &element(tag::BIT_STRING, &[&[0], point].concat())])
}

fn rsa_spki(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let algorithm = sequence(&[&element(tag::OID, crate::pki::oid::RSA_ENCRYPTION), &[5, 0]]);
    let key = sequence(&[&element(tag::INTEGER, modulus), &element(tag::INTEGER, exponent)]);
    sequence(&[&algorithm, &element(tag::BIT_STRING, &[&[0], key.as_slice()].concat())])
}

fn common_name(string: u8, value: &[u8]) -> Vec<u8> {
    let pair = sequence(&[&[0x06, 0x03, 0x55, 0x04, 0x03], &element(string, value)]);
    sequence(&[&element(tag::SET, &pair)])
}

fn made() -> Made {
    Made {
        version: vec![2, 1, 0],
        subject: common_name(tag::UTF8_STRING, b"device 1"),
        spki: ec_spki(&point(false)),
        attributes: vec![0xa0, 0],
        algorithm: sequence(&[&element(tag::OID, crate::pki::oid::ECDSA_WITH_SHA256)]),
    }
}

fn signed(parts: &Made) -> Vec<u8> {
    let info = sequence(&[&parts.version, &parts.subject, &parts.spki, &parts.attributes]);
    let digest = crate::pki::key::HashAlgorithm::Sha256.digest(&info);
    let signature: p256::ecdsa::Signature = signing_key().sign_prehash(&digest).expect("signed");
    let bits = element(tag::BIT_STRING, &[&[0], signature.to_der().as_bytes()].concat());
    sequence(&[&info, &parts.algorithm, &bits])
}

fn attribute(oid: &[u8], values: &[u8]) -> Vec<u8> {
    sequence(&[&element(tag::OID, oid), &element(tag::SET, values)])
}

fn attributes(members: &[&[u8]]) -> Vec<u8> {
    element(0xa0, &members.concat())
}

fn extension(oid: &[u8], value: &[u8]) -> Vec<u8> {
    sequence(&[&element(tag::OID, oid), &element(tag::OCTET_STRING, value)])
}

fn asking(extensions: &[&[u8]]) -> Made {
    let attribute = attribute(EXTENSION_REQUEST, &sequence(extensions));
    Made { attributes: attributes(&[&attribute]), ..made() }
}

fn alternative(tag: u8, value: &[u8]) -> Made {
    asking(&[&extension(crate::pki::oid::SUBJECT_ALT_NAME, &sequence(&[&element(tag, value)]))])
}

/// Exactly this control refuses, and no other.
fn refused(der: &[u8], control: Control) {
    let refusal = judge(der).expect_err(control.id());
    let controls: Vec<_> = refusal
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Refuse)
        .map(|finding| finding.control)
        .collect();
    assert_eq!(controls, [control], "{:?}", refusal.findings);
}

/// Accepted, with exactly these notes, by the first word of their message for quirks and by control id for others.
fn accepted(der: &[u8], notes: &[&str]) {
    let request = judge(der).unwrap_or_else(|refusal| panic!("{notes:?}: {:?}", refusal.findings));
    let found: Vec<_> = request
        .notes()
        .iter()
        .map(|note| match note.control {
            Control::Quirk => note.message.as_str().split(':').next().unwrap_or_default().to_owned(),
            other => other.id().to_owned(),
        })
        .collect();
    assert_eq!(found, notes);
}

#[test]
fn an_rsa_key_that_is_refused_for_its_size_is_named_by_it() {
    for (octets, last, expected) in
        [(64, 1, Some(512)), (128, 1, Some(1024)), (2048, 1, Some(16_384)), (128, 2, None)]
    {
        let modulus = [&[0, 0x81], vec![0; octets - 2].as_slice(), &[last]].concat();
        let spki = rsa_spki(&modulus, &[1, 0, 1]);
        let refusal = judge(&signed(&Made { spki, ..made() })).expect_err("refused");
        assert_eq!(refusal.key, expected.map(|bits| KeyAlgorithm::Rsa { bits }), "{octets} octets");
    }
}

#[test]
fn accepts_a_sound_request_and_keeps_the_octets_of_its_subject_and_key() {
    let der = signed(&made());
    accepted(&der, &[]);
    let request = judge(&der).expect("sound");
    assert_eq!(request.subject().der(), made().subject);
    assert_eq!(request.public_key().spki(), made().spki);
}

#[test]
fn each_quirk_is_tolerated_alone_and_noted() {
    let named = |parts: Made, quirk: Quirk| accepted(&signed(&parts), &[quirk.id()]);
    named(Made { attributes: Vec::new(), ..made() }, Quirk::AttributesAbsent);
    let two = [attribute(&[0x2a, 0x04], &[5, 0]), attribute(&[0x2a, 0x03], &[5, 0])];
    named(Made { attributes: attributes(&[&two[0], &two[1]]), ..made() }, Quirk::AttributesUnsorted);
    named(
        Made { attributes: attributes(&[&attribute(&[0x2a, 0x03], &[])]), ..made() },
        Quirk::AttributeWithoutValue,
    );
    named(Made { spki: ec_spki(&point(true)), ..made() }, Quirk::CompressedPoint);
    named(
        asking(&[&extension(crate::pki::oid::BASIC_CONSTRAINTS, &[0x30, 3, 1, 1, 0])]),
        Quirk::DefaultWritten,
    );
    let null = sequence(&[&element(tag::OID, crate::pki::oid::ECDSA_WITH_SHA256), &[5, 0]]);
    named(Made { algorithm: null, ..made() }, Quirk::EcdsaNullParameters);
    named(asking(&[]), Quirk::ExtensionRequestEmpty);
    named(asking(&[&extension(crate::pki::oid::KEY_USAGE, &[3, 2, 0, 0x80])]), Quirk::KeyUsageZeroBits);
    named(Made { subject: common_name(tag::PRINTABLE_STRING, b"a_b"), ..made() }, Quirk::PrintableAlphabet);
    let unit = |name: &[u8]| sequence(&[&[0x06, 0x03, 0x55, 0x04, 0x0b], &element(tag::UTF8_STRING, name)]);
    let units = [unit(b"a"), unit(b"b")].concat();
    named(Made { subject: sequence(&[&element(tag::SET, &units)]), ..made() }, Quirk::RdnTypeRepeated);
    let place = sequence(&[&[0x06, 0x03, 0x55, 0x04, 0x07], &element(tag::UTF8_STRING, b"x")]);
    let mixed = [unit(b"b"), place].concat();
    named(Made { subject: sequence(&[&element(tag::SET, &mixed)]), ..made() }, Quirk::RdnUnsorted);
    named(Made { subject: common_name(tag::TELETEX_STRING, b"x"), ..made() }, Quirk::StringTypeOld);
    let mut notes = Vec::new();
    let bare = sequence(&[&element(tag::OID, crate::pki::oid::SHA256_WITH_RSA)]);
    assert!(possession::Proof::read(&bare, &mut notes).is_some());
    assert!(notes[0].message.as_str().starts_with(Quirk::RsaWithoutNull.id()));
}

#[test]
fn each_control_of_the_outline_and_the_key_fires_alone() {
    refused(&[0x30, 0x80, 0, 0], Control::CsrDer);
    refused(&[&signed(&made())[..], &[0]].concat(), Control::CsrDer);
    refused(&vec![0x30; REQUEST_OCTETS_MAX + 1], Control::CsrSize);
    refused(&signed(&Made { version: vec![2, 1, 1], ..made() }), Control::CsrVersion);
    let mut off = point(false);
    off[64] ^= 1;
    refused(&signed(&Made { spki: ec_spki(&off), ..made() }), Control::KeyMalformed);
    let mut modulus = vec![0xff; 257];
    modulus[0] = 0;
    refused(&signed(&Made { spki: rsa_spki(&modulus, &[3]), ..made() }), Control::KeyExponent);
    // Two Mersenne primes: sound but for its size of 1,128 bits.
    let mersenne = |bits: usize| (UBig::ONE << bits) - UBig::ONE;
    let short = [&[0][..], &(mersenne(521) * mersenne(607)).to_be_bytes()].concat();
    refused(&signed(&Made { spki: rsa_spki(&short, &[1, 0, 1]), ..made() }), Control::KeyAlgorithm);
    refused(&signed(&Made { spki: rsa_spki(&roca_modulus(), &[1, 0, 1]), ..made() }), Control::KeyWeak);
    let mut identity = [0; 33];
    identity[1] = 1;
    let ed25519 = sequence(&[&element(tag::OID, crate::pki::oid::ED25519)]);
    let spki = sequence(&[&ed25519, &element(tag::BIT_STRING, &identity)]);
    refused(&signed(&Made { spki, ..made() }), Control::KeySmallOrder);
    let sha1 = sequence(&[&element(tag::OID, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01])]);
    refused(&signed(&Made { algorithm: sha1, ..made() }), Control::SignatureAlgorithm);
    let rsa = sequence(&[&element(tag::OID, crate::pki::oid::SHA256_WITH_RSA), &[5, 0]]);
    refused(&signed(&Made { algorithm: rsa, ..made() }), Control::SignatureAlgorithm);
    let mut altered = signed(&made());
    let at = altered.windows(8).position(|part| part == b"device 1").expect("the name");
    altered[at] = b'D';
    refused(&altered, Control::Possession);
}

/// A modulus of 2048 bits, as an INTEGER's content, that leaves 65537 modulo each of the primes that tell ROCA, and no
/// other weakness that is looked for.
fn roca_modulus() -> Vec<u8> {
    let product = roca::PRIMES.iter().fold(UBig::from(2_u32), |product, &prime| product * prime);
    let modulus = (UBig::from(3_u32) << 2046) / &product * &product + 65_537_u32;
    [&[0][..], &modulus.to_be_bytes()].concat()
}

#[test]
fn each_control_of_names_fires_alone() {
    let subject = |string, value: &[u8]| signed(&Made { subject: common_name(string, value), ..made() });
    refused(&subject(tag::UTF8_STRING, b"a\x1b[2J"), Control::NameCharacters);
    refused(&subject(tag::UTF8_STRING, b"a\0b"), Control::NameCharacters);
    refused(&subject(tag::UTF8_STRING, "\u{202e}a".as_bytes()), Control::NameCharacters);
    refused(&subject(tag::UTF8_STRING, &[0xc0, 0x80]), Control::NameCharacters);
    refused(&subject(tag::BIT_STRING, &[0, 1]), Control::NameMalformed);
    refused(&subject(tag::UTF8_STRING, &[b'x'; 65]), Control::NameLength);
    refused(&subject(tag::UTF8_STRING, b""), Control::NameLength);
    refused(&signed(&Made { subject: vec![0x30, 2, 0x31, 0], ..made() }), Control::NameMalformed);
    accepted(&signed(&Made { subject: vec![0x30, 0], ..made() }), &[]);
}

#[test]
fn each_control_of_attributes_and_extensions_fires_alone() {
    let usage = extension(crate::pki::oid::KEY_USAGE, &[3, 2, 7, 0x80]);
    let request = attribute(EXTENSION_REQUEST, &sequence(&[&usage]));
    let microsoft = attribute(crate::pki::oid::EXTENSION_REQUEST_MICROSOFT, &sequence(&[&usage]));
    accepted(&signed(&asking(&[&usage])), &[]);
    refused(&signed(&asking(&[&usage, &usage])), Control::ExtensionDuplicate);
    refused(&signed(&asking(&[&extension(crate::pki::oid::KEY_USAGE, &[])])), Control::ExtensionMalformed);
    let both = Made { attributes: attributes(&[&request, &microsoft]), ..made() };
    refused(&signed(&both), Control::CsrAttributes);
    let two_values = attribute(EXTENSION_REQUEST, &[sequence(&[&usage]), sequence(&[&usage])].concat());
    refused(&signed(&Made { attributes: attributes(&[&two_values]), ..made() }), Control::CsrAttributes);
    let purposes = [[0x06, 0x02, 0x2a, 0x03]; 40].concat();
    let many = extension(crate::pki::oid::EXTENDED_KEY_USAGE, &sequence(&[&purposes]));
    refused(&signed(&asking(&[&many])), Control::ExtensionLimit);
    let secret = attribute(crate::pki::oid::CHALLENGE_PASSWORD, &element(tag::UTF8_STRING, b"s3cret"));
    let parts = Made { attributes: attributes(&[&secret]), ..made() };
    accepted(&signed(&parts), &["challenge-password"]);
    let request = judge(&signed(&parts)).expect("sound");
    assert!(!request.notes()[0].message.as_str().contains("s3cret"));
}

#[test]
fn judges_alternative_names_by_their_kind() {
    let bad = |tag, value: &[u8]| refused(&signed(&alternative(tag, value)), Control::AlternativeName);
    let good = |tag, value: &[u8]| accepted(&signed(&alternative(tag, value)), &[]);
    for name in ["a.example", "*.a.example", "xn--mnchen-3ya.de", "localhost"] {
        good(0x82, name.as_bytes());
    }
    let label = format!("{}.example", "x".repeat(64));
    for name in ["", ".", "a..b", "a b", "a:443", "*.com", "xn--a-!.de", "-a.b", "a,DNS:b", &label] {
        bad(0x82, name.as_bytes());
    }
    for name in ["10.0.0.1", "1", "a.example.1", "*.0.0.1", "256.0.0.1"] {
        bad(0x82, name.as_bytes());
    }
    good(0x82, b"1.2.3.4.example");
    good(0x82, b"1.example.4a");
    good(0x81, b"a.b@example.com");
    bad(0x81, b"example.com");
    bad(0x81, b"a@*.example.com");
    bad(0x81, b"a@10.0.0.1");
    good(0x86, b"https://example.com/x");
    good(0x86, b"urn:uuid:1");
    bad(0x86, b"/relative");
    good(0x87, &[192, 0, 2, 1]);
    for octets in [&[][..], &[1, 2, 3], &[0; 4], &[224, 0, 0, 1], &[1; 32]] {
        bad(0x87, octets);
    }
    bad(0x89, b"x");
    refused(&signed(&alternative(0x82, b"a\0b.example")), Control::NameCharacters);
    // A hardware module name (RFC 4108 §5) without a serial number, with a number for it, with more behind it.
    let module = |fields: &[&[u8]]| {
        let value = element(0xa0, &sequence(fields));
        alternative(0xa0, &[element(tag::OID, crate::pki::oid::HARDWARE_MODULE_NAME), value].concat())
    };
    let kind: &[u8] = &[0x06, 0x03, 0x2a, 0x03, 0x04];
    assert!(judge(&signed(&module(&[kind, &[0x04, 0x01, 0x07]]))).is_ok());
    for fields in [&[kind, &[0x04, 0x00]][..], &[kind], &[kind, &[2, 1, 7]], &[kind, &[4, 1, 7], &[5, 0]]] {
        refused(&signed(&module(fields)), Control::AlternativeName);
    }
    refused(&signed(&alternative(0x81, b"a@b\n.example")), Control::NameCharacters);
}

#[test]
fn gathers_the_findings_of_all_parts() {
    let parts = Made {
        version: vec![2, 1, 2],
        subject: common_name(tag::UTF8_STRING, b"\x07"),
        attributes: attributes(&[&attribute(
            EXTENSION_REQUEST,
            &sequence(&[&extension(&[0x55, 0x1d, 0x0f], &[])]),
        )]),
        ..made()
    };
    let refusal = judge(&signed(&parts)).expect_err("three things are wrong");
    let controls: Vec<_> = refusal.findings.iter().map(|finding| finding.control).collect();
    assert_eq!(controls, [Control::CsrVersion, Control::NameCharacters, Control::ExtensionMalformed]);
    assert_eq!(refusal.key, Some(crate::pki::key::KeyAlgorithm::Ec(crate::pki::key::Curve::P256)));
    assert_eq!(refusal.subject.expect("a subject").as_str(), "CN=\\u{7}");
}

proptest! {
    #[test]
    fn no_change_of_an_octet_panics_or_is_accepted(at in 0_usize..4096, to in any::<u8>()) {
        let mut der = signed(&asking(&[&extension(crate::pki::oid::KEY_USAGE, &[3, 2, 7, 0x80])]));
        let at = at % der.len();
        prop_assume!(der[at] != to);
        der[at] = to;
        prop_assert!(judge(&der).is_err());
    }

    #[test]
    fn no_truncation_is_accepted(length in 0_usize..4096) {
        let der = signed(&alternative(0x82, b"a.example"));
        prop_assert!(judge(&der[..length % der.len()]).is_err());
    }

    #[test]
    fn no_octets_at_all_panic(octets in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mut out = Vec::new();
        let mut splitter = crate::pki::pem::Splitter::new();
        splitter.push(&octets, &mut out);
        splitter.finish(&mut out);
        prop_assert!(!out.is_empty());
        prop_assert!(judge(&octets).is_err());
    }
}
