//! What a profile may be, one contradiction at a time.

use const_oid::db::rfc5280;

use super::*;
use crate::pki::key::Curve;

/// A profile for devices: what others differ in stands beside it.
pub(in crate::pki) fn device() -> Profile {
    Profile {
        name: "device".into(),
        kind: SubjectKind::EndEntity,
        approval: Approval::Typed,
        end: End::Days(1),
        backdate_seconds: 0,
        beyond_issuer: BeyondIssuer::Refuse,
        key_usage: DIGITAL_SIGNATURE | KEY_ENCIPHERMENT,
        extended_key_usage: vec![rfc5280::ID_KP_CLIENT_AUTH.as_bytes().to_vec()],
        allowed_extensions: vec![rfc5280::ID_CE_SUBJECT_ALT_NAME.as_bytes().to_vec()],
        empty_subject: EmptySubject::Refuse,
        keys: vec![KeyAlgorithm::Ec(Curve::P256), KeyAlgorithm::Rsa { bits: 3072 }],
        key_identifier: KeyIdentifier::Present,
        rsa_scheme: RsaScheme::Pkcs1,
        signature_hash: None,
        extended_key_usage_criticality: Criticality::NonCritical,
        fixed: FixedExtensions::default(),
        standard: Standard::Rfc5280,
        duplicate_keys: DuplicateKeys::Refuse,
        duplicate_subjects: DuplicateSubjects::Note,
        naming: Naming::default(),
        waivers: Vec::new(),
    }
}

fn check(change: impl FnOnce(&mut Profile), expected: Option<&ProfileError>) {
    let mut profile = device();
    change(&mut profile);
    assert_eq!(profile.validated().err().as_ref(), expected);
}

#[test]
fn refuses_a_profile_that_contradicts_itself() {
    let authority = SubjectKind::SubordinateCa { path_length: 0 };
    check(|_| {}, None);
    check(|p| p.end = End::Days(0), Some(&ProfileError::Days { days: 0 }));
    check(|p| p.end = End::At(Time::NO_EXPIRY), None);
    check(|p| p.backdate_seconds = 604_801, Some(&ProfileError::Backdate { seconds: 604_801 }));
    check(|p| p.key_usage = 0, Some(&ProfileError::KeyUsage));
    check(|p| p.key_usage = 1 << 9, Some(&ProfileError::KeyUsage));
    check(|p| p.key_usage |= KEY_CERT_SIGN, Some(&ProfileError::KeyUsageAuthority));
    check(|p| p.key_usage |= CRL_SIGN, Some(&ProfileError::KeyUsageAuthority));
    check(|p| p.kind = authority, Some(&ProfileError::KeyUsageMissing));
    check(
        |p| {
            p.kind = SubjectKind::SubordinateCa { path_length: 17 };
            p.key_usage = KEY_CERT_SIGN;
        },
        Some(&ProfileError::PathLength(17)),
    );
    check(|p| p.keys.clear(), Some(&ProfileError::Keys));
    check(|p| p.keys = vec![KeyAlgorithm::Rsa { bits: 1024 }], Some(&ProfileError::RsaBits(1024)));
    check(|p| p.kind = SubjectKind::Verification, Some(&ProfileError::ExtendedKeyUsageClient));
    let any = rfc5280::ANY_EXTENDED_KEY_USAGE.as_bytes();
    check(|p| p.extended_key_usage = vec![any.to_vec()], Some(&ProfileError::ExtendedKeyUsageAny));
    check(|p| p.allowed_extensions = vec![vec![0x80]], Some(&ProfileError::Oid("allow-extensions")));
    check(
        |p| p.allowed_extensions = vec![rfc5280::ID_CE_KEY_USAGE.as_bytes().to_vec()],
        Some(&ProfileError::ExtensionManaged("keyUsage")),
    );
}

#[test]
fn takes_rsa_keys_of_a_size_and_above() {
    for (bits, expected) in [(2048, false), (3072, true), (8192, true), (8200, false)] {
        assert_eq!(device().takes(KeyAlgorithm::Rsa { bits }), expected, "{bits}");
    }
    assert!(!device().takes(KeyAlgorithm::Ec(Curve::P384)));
}

#[test]
fn grants_no_usage_that_the_key_cannot_serve() {
    assert_eq!(device().key_usage_for(KeyAlgorithm::Ec(Curve::P256)), DIGITAL_SIGNATURE);
    assert_eq!(
        device().key_usage_for(KeyAlgorithm::Rsa { bits: 2048 }),
        DIGITAL_SIGNATURE | KEY_ENCIPHERMENT
    );
}
