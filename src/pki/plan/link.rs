//! Links between two keys of one CA (RFC 4210 §4.4): the old key certified by the new one, the new key by the old one, so
//! that whoever trusts either has a path to what the other issued.

use crate::pki::{
    certificate::Certificate,
    issuer::IssuingCa,
    key::{HashAlgorithm, RsaScheme},
    lint,
    profile::{Criticality, FixedExtensions, KeyIdentifier, Standard},
    time::Time,
};

use super::{
    Facts, PlannedCertificate, linted,
    tbs::{PlannedExtension, Tbs},
};

/// Decides the certificate that one key of a CA gives another key of the same CA: issuer and subject are one name, the
/// usages and the path length are those that the certified root has.
///
/// RFC 4210 §4.4: it begins with the certified key and ends with the old one, whichever of both is certified. `old_ends`
/// is that end.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn plan_link(
    certified: &Certificate,
    by: &IssuingCa,
    signature: (RsaScheme, Option<HashAlgorithm>),
    old_ends: Time,
    facts: Facts,
) -> Result<PlannedCertificate, String> {
    let issuer = by.certificate();
    check_pair(certified, issuer)?;
    let known_as =
        certified.subject_key_identifier().ok_or("the certificate has no subject key identifier")?;
    let key_usage = certified.key_usage().ok_or("the certificate has no key usage")?;
    let (not_before, not_after) = (certified.not_before(), old_ends);
    if not_after <= facts.now {
        return Err(format!("the old key's certificate ended at {not_after}: there is nothing to link to"));
    }
    let extensions = [
        PlannedExtension::Authority { path_length: certified.path_length() },
        PlannedExtension::KeyUsage(key_usage),
        PlannedExtension::SubjectKeyIdentifier(known_as.to_vec()),
        PlannedExtension::AuthorityKeyIdentifier(by.key_identifier().to_vec()),
    ];
    let name = certified.subject();
    let tbs = Tbs {
        serial: facts.serial,
        algorithm: issuer.public_key().signing_algorithm_over(signature.0, signature.1),
        issuer: name.der(),
        not_before,
        not_after,
        subject: name.der(),
        spki: certified.public_key().spki(),
        extensions: &extensions,
    };
    let expected = lint::Expected {
        issuer: name.der(),
        issuer_key_identifier: by.key_identifier(),
        spki: certified.public_key().spki(),
        known_as: Some(known_as),
        kind: lint::Kind::SubordinateCa,
        standard: Standard::Rfc5280,
        granted: Some(lint::Granted {
            serial: facts.serial.as_octets(),
            subject: name.der(),
            not_before,
            not_after,
            key_usage,
            path_length: certified.path_length(),
            extended_key_usage: &[],
            extended_key_usage_criticality: Criticality::NonCritical,
            key_identifier: KeyIdentifier::Present,
            fixed: &FixedExtensions::default(),
            copied: Vec::new(),
        }),
    };
    let (octets, notes) = linted(&tbs, &expected, &[]).map_err(|faults| faults.join("; "))?;
    Ok(PlannedCertificate {
        tbs: octets,
        serial: facts.serial,
        subject: name.clone(),
        spki_sha256: certified.public_key().spki_sha256(),
        not_before,
        not_after,
        notes,
    })
}

/// Whether two certificates are those of two keys of one root.
fn check_pair(certified: &Certificate, issuer: &Certificate) -> Result<(), &'static str> {
    if issuer.subject() != certified.subject() {
        return Err("the two certificates do not have one subject: they are not those of one CA");
    }
    if issuer.public_key() == certified.public_key() {
        return Err("the two certificates have one key: there is nothing to link");
    }
    if !certified.is_self_signed() || !issuer.is_self_signed() {
        return Err("only roots are linked: a subordinate CA has its path from its superior");
    }
    Ok(())
}
