//! Certification paths (RFC 5280 §6.1), as far as this appliance issues them.

use super::{certificate::Certificate, time::Time};

/// Longest path looked at, in certificates without leaf and anchor: ours have one or two; a hostile bundle may list
/// thousands, each a signature to check.
pub const PATH_CERTIFICATES_MAX: usize = 16;

/// keyCertSign's bit in [`Certificate::key_usage`].
const KEY_CERT_SIGN: u16 = 1 << 5;

/// Checks a path: `leaf` first issued by `above[0]`, and so on to `anchor`. Signatures, names, key identifiers,
/// basic constraints, path lengths, key usage and validity at `at` (`None`: not checked) are verified; an unknown
/// critical extension refuses. The anchor may stand at the end of `above` once more; a leaf that is the anchor itself
/// is a path of one certificate.
///
/// # Errors
/// A sentence that says which certificate fails and why.
pub fn verify(
    leaf: &Certificate,
    above: &[Certificate],
    anchor: &Certificate,
    at: Option<Time>,
) -> Result<(), String> {
    let above = match above.split_last() {
        Some((last, rest)) if last == anchor => rest,
        _ => above,
    };
    if above.len() > PATH_CERTIFICATES_MAX {
        return Err(format!("the path has {} certificates, more than {PATH_CERTIFICATES_MAX}", above.len()));
    }
    let mut path: Vec<&Certificate> = Vec::with_capacity(above.len() + 2);
    if !(above.is_empty() && leaf == anchor) {
        path.push(leaf);
    }
    path.extend(above);
    path.push(anchor);
    for certificate in &path {
        alone(certificate, at).map_err(|reason| about(certificate, &reason))?;
    }
    // RFC 5280 §6.1.4 (m): certificates between this one and the leaf, self-issued ones not counted.
    let mut between = 0_u32;
    for (depth, pair) in path.windows(2).enumerate() {
        let (subject, issuer) = (pair[0], pair[1]);
        if depth > 0 && subject.subject() != subject.issuer() {
            between += 1;
        }
        issued(subject, issuer).map_err(|reason| about(subject, &reason))?;
        may_issue(issuer, between).map_err(|reason| about(issuer, &reason))?;
    }
    // §6.1 takes the anchor on trust; one that calls itself self-signed must still be what it says.
    if anchor.issuer() == anchor.subject() {
        issued(anchor, anchor).map_err(|reason| about(anchor, &reason))?;
    }
    Ok(())
}

fn about(certificate: &Certificate, reason: &str) -> String {
    format!("{}: {reason}", certificate.subject().to_printable())
}

fn alone(certificate: &Certificate, at: Option<Time>) -> Result<(), String> {
    if !certificate.unknown_critical_extensions().is_empty() {
        return Err("has a critical extension that nothing here understands".to_owned());
    }
    match at {
        Some(at) if at < certificate.not_before() => {
            Err(format!("is not valid before {}", certificate.not_before()))
        }
        Some(at) if at > certificate.not_after() => Err(format!("expired at {}", certificate.not_after())),
        _ => Ok(()),
    }
}

fn issued(subject: &Certificate, issuer: &Certificate) -> Result<(), String> {
    let by = issuer.subject().to_printable();
    if subject.issuer() != issuer.subject() {
        return Err(format!("names another issuer than {by}"));
    }
    if let (Some(wanted), Some(found)) = (subject.authority_key_identifier(), issuer.subject_key_identifier())
        && wanted != found
    {
        return Err(format!("names another key of its issuer than that of {by}"));
    }
    issuer
        .public_key()
        .verify(subject.signature_algorithm(), subject.tbs(), subject.signature())
        .map_err(|error| format!("was not signed by {by}: {error}"))
}

fn may_issue(issuer: &Certificate, between: u32) -> Result<(), String> {
    if !issuer.is_ca() {
        return Err("is not a CA, but has issued".to_owned());
    }
    if issuer.key_usage().is_some_and(|bits| bits & KEY_CERT_SIGN == 0) {
        return Err("may not sign certificates (no keyCertSign), but has".to_owned());
    }
    match issuer.path_length() {
        Some(allowed) if between > allowed => {
            Err(format!("allows {allowed} CAs below it, but {between} stand there"))
        }
        _ => Ok(()),
    }
}
