//! Certificates put together field by field, one field wrong at a time. The signatures are no signatures: reading
//! does not look at them.

use proptest::prelude::*;

use super::*;
use crate::pki::der::{element, sequence, tag};

/// The fields of a certificate, each encoded.
struct Fields {
    version: Vec<u8>,
    serial: Vec<u8>,
    algorithm: Vec<u8>,
    issuer: Vec<u8>,
    validity: Vec<u8>,
    subject: Vec<u8>,
    spki: Vec<u8>,
    after: Vec<u8>,
    outer_algorithm: Vec<u8>,
    signature: Vec<u8>,
    trailing: Vec<u8>,
}

/// The public key of RFC 8032 §7.1, test 1.
const KEY: [u8; 32] = [
    0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a, 0x0e,
    0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a,
];

fn name(text: &[u8]) -> Vec<u8> {
    let attribute = sequence(&[&[6, 3, 0x55, 4, 3], &element(tag::UTF8_STRING, text)]);
    sequence(&[&element(tag::SET, &attribute)])
}

fn validity(from: &[u8], to: &[u8]) -> Vec<u8> {
    sequence(&[&element(tag::UTC_TIME, from), &element(tag::UTC_TIME, to)])
}

/// One DNS name, and a list of it that is permitted.
const NAMES: &[u8] = &[0x30, 3, 0x82, 1, b'a'];
const CONSTRAINTS: &[u8] = &[0x30, 7, 0xa0, 5, 0x30, 3, 0x82, 1, b'a'];

/// One extension, alone in the list.
fn extension(number: &[u8], critical: &[u8], value: &[u8]) -> Vec<u8> {
    let oid = element(tag::OID, &[&[0x55, 0x1d], number].concat());
    let extension = sequence(&[&oid, critical, &element(tag::OCTET_STRING, value)]);
    element(0xa3, &sequence(&[&extension]))
}

fn bits(octets: &[u8]) -> Vec<u8> {
    element(tag::BIT_STRING, &[&[0], octets].concat())
}

fn sound() -> Fields {
    let algorithm = sequence(&[&[6, 3, 0x2b, 0x65, 0x70]]);
    let constraints = sequence(&[&[6, 3, 0x55, 0x1d, 19, 1, 1, 0xff], &[4, 5, 0x30, 3, 1, 1, 0xff]]);
    Fields {
        version: vec![0xa0, 3, 2, 1, 2],
        serial: vec![2, 1, 5],
        algorithm: algorithm.clone(),
        issuer: name(b"Root"),
        validity: validity(b"260101000000Z", b"270101000000Z"),
        subject: name(b"CA"),
        spki: sequence(&[&algorithm, &bits(&KEY)]),
        after: element(0xa3, &sequence(&[&constraints])),
        outer_algorithm: algorithm,
        signature: bits(&[7; 64]),
        trailing: Vec::new(),
    }
}

fn encode(fields: &Fields) -> Vec<u8> {
    let tbs = sequence(&[
        &fields.version,
        &fields.serial,
        &fields.algorithm,
        &fields.issuer,
        &fields.validity,
        &fields.subject,
        &fields.spki,
        &fields.after,
    ]);
    let whole = sequence(&[&tbs, &fields.outer_algorithm, &fields.signature]);
    [whole, fields.trailing.clone()].concat()
}

/// A sound certificate with one change: read, or refused with these words.
fn check(change: impl FnOnce(&mut Fields), expected: Result<(), &str>) {
    let mut fields = sound();
    change(&mut fields);
    match (Certificate::parse(&encode(&fields)), expected) {
        (Ok(_), Ok(())) => {}
        (Err(error), Err(words)) => assert!(error.to_string().contains(words), "{error} / {words}"),
        (found, expected) => panic!("{found:?} / {expected:?}"),
    }
}

#[test]
fn reads_every_field_as_it_came() {
    let der = encode(&sound());
    let certificate = Certificate::parse(&der).expect("sound");
    assert_eq!(certificate.der(), der);
    assert_eq!(certificate.serial(), [5]);
    assert_eq!(certificate.subject().der(), name(b"CA"));
    assert_eq!(certificate.issuer().der(), name(b"Root"));
    assert_eq!(certificate.signature(), [7; 64]);
    assert_eq!(certificate.not_after().to_string(), "2027-01-01T00:00:00Z");
    assert_eq!(certificate.public_key().spki(), sound().spki);
    assert!(certificate.is_ca() && certificate.path_length().is_none() && !certificate.is_self_issued());
    assert_eq!(join(certificate.tbs(), certificate.signature_algorithm(), certificate.signature()), der);
}

#[test]
fn refuses_one_wrong_field_at_a_time() {
    check(|_| {}, Ok(()));
    check(|f| f.version = Vec::new(), Err("version 1"));
    check(|f| f.version = vec![0xa0, 3, 2, 1, 1], Err("version 3"));
    check(|f| f.serial = vec![2, 1, 0], Ok(()));
    check(|f| f.serial = vec![2, 1, 0x80], Err("negative"));
    check(|f| f.serial = element(tag::INTEGER, &[1; 21]), Err("20 octets"));
    check(|f| f.outer_algorithm = sequence(&[&[6, 3, 0x2b, 0x65, 0x71]]), Err("differ"));
    check(|f| f.issuer = vec![0x30, 0], Err("issuer is empty"));
    check(|f| f.subject = vec![0x30, 0], Err("CA without a name"));
    check(|f| f.validity = validity(b"270101000000Z", b"260101000000Z"), Err("ends before"));
    check(|f| f.validity = validity(b"2601010000Z", b"270101000000Z"), Err("notBefore"));
    check(|f| f.after = element(0x81, &[0, 1]), Err("too many"));
    check(|f| f.after = Vec::new(), Ok(()));
    check(|f| f.after = extension(&[15], &[], &[3, 2, 2, 4]), Err("keyCertSign"));
    check(|f| f.after = extension(&[30], &[], CONSTRAINTS), Err("constrains names"));
    check(|f| (f.subject, f.after) = (vec![0x30, 0], Vec::new()), Err("neither a subject"));
    check(|f| (f.subject, f.after) = (vec![0x30, 0], extension(&[17], &[], NAMES)), Err("neither a subject"));
    check(|f| (f.subject, f.after) = (vec![0x30, 0], extension(&[17], &[1, 1, 0xff], NAMES)), Ok(()));
    check(|f| f.signature = element(tag::BIT_STRING, &[1, 2]), Err("signatureValue"));
    check(|f| f.trailing = vec![0], Err("too many"));
    check(|f| f.trailing = vec![0; CERTIFICATE_OCTETS_MAX], Err("more than"));
    check(
        |f| {
            f.algorithm = sequence(&[&[6, 3, 0x2b, 0x65, 0x71]]);
            f.outer_algorithm = f.algorithm.clone();
        },
        Err("signature algorithm is not supported"),
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn reads_any_octets_without_panic(octets: Vec<u8>, at: prop::sample::Index, octet: u8, cut: bool) {
        let _ = Certificate::parse(&octets);
        let mut der = encode(&sound());
        let at = at.index(der.len());
        der[at] = octet;
        der.truncate(if cut { at } else { der.len() });
        if let Ok(certificate) = Certificate::parse(&der) {
            prop_assert_eq!(certificate.der(), &der);
        }
    }
}
