//! The audit key as a certificate, for programs that take keys in no other form.
//!
//! It has no signature (RFC 9925): nobody vouches for the audit key but the people who told its digest. So it follows from
//! the key alone, and whoever judges a bundle makes it once more.

use crate::pki::{
    der::{element, sequence, tag},
    fingerprint::Digest,
    key::PublicKey,
    name::Name,
};

/// id-alg-unsigned, 1.3.6.1.5.5.7.6.36 (RFC 9925 §3.1).
const UNSIGNED: [u8; 8] = [0x2b, 6, 1, 5, 5, 7, 6, 36];
/// id-ce-subjectKeyIdentifier, 2.5.29.14.
const SUBJECT_KEY_IDENTIFIER: [u8; 3] = [0x55, 0x1d, 14];
/// id-ce-keyUsage, 2.5.29.15.
const KEY_USAGE: [u8; 3] = [0x55, 0x1d, 15];

/// The certificate, DER.
pub(super) fn certificate(audit_key: &PublicKey) -> Vec<u8> {
    let algorithm = sequence(&[&element(tag::OID, &UNSIGNED)]);
    // Names have a DER form always.
    let name =
        Name::from_common_name("coldsign audit key").map(|name| name.der().to_vec()).unwrap_or_default();
    // An audit key has no beginning and no end of its own (RFC 5280 §4.1.2.5).
    let validity =
        [element(tag::UTC_TIME, b"700101000000Z"), element(tag::GENERALIZED_TIME, b"99991231235959Z")]
            .concat();
    let digest = Digest::of(audit_key.spki());
    let mut serial = digest.as_octets()[..16].to_vec();
    // Positive, and no octet of it superfluous.
    serial[0] = serial[0] & 0x3f | 0x40;
    let identifier = element(tag::OCTET_STRING, &audit_key.key_identifier());
    let extensions = sequence(&[
        &sequence(&[&element(tag::OID, &SUBJECT_KEY_IDENTIFIER), &element(tag::OCTET_STRING, &identifier)]),
        // digitalSignature alone, critical.
        &sequence(&[
            &element(tag::OID, &KEY_USAGE),
            &element(tag::BOOLEAN, &[0xff]),
            &element(tag::OCTET_STRING, &element(tag::BIT_STRING, &[7, 0x80])),
        ]),
    ]);
    let tbs = sequence(&[
        &element(tag::context_constructed(0), &element(tag::INTEGER, &[2])),
        &element(tag::INTEGER, &serial),
        &algorithm,
        &name,
        &element(tag::SEQUENCE, &validity),
        &name,
        audit_key.spki(),
        &element(tag::context_constructed(3), &extensions),
    ]);
    sequence(&[&tbs, &algorithm, &element(tag::BIT_STRING, &[0])])
}
