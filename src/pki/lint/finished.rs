//! A finished certificate, judged by every rule that needs no plan: after it was signed, and by whoever receives it.

use super::{
    EXTENSION_CRITICAL, Expected, Fault, Kind, STRUCTURE, lint,
    waiver::{Waiver, of_rule},
};
use crate::pki::{
    certificate::{Certificate, join},
    profile::Standard,
};

/// Judges a certificate that this appliance made, under its issuer; a root is its own. What a plan alone can tell is left
/// out: the standard that was promised, and critical extensions of a profile's own, which whoever verifies the path
/// refuses.
#[must_use]
pub fn lint_finished(certificate: &Certificate, issuer: &Certificate, waivers: &[Waiver]) -> Vec<Fault> {
    let kind = match certificate.is_ca() {
        false => Kind::EndEntity,
        true if certificate.is_self_signed() => Kind::Root,
        true => Kind::SubordinateCa,
    };
    // A CA that was known elsewhere keeps the identifier it has there; which, the plan alone can tell.
    let known_as = match kind {
        Kind::EndEntity => None,
        Kind::Root | Kind::SubordinateCa => certificate.subject_key_identifier(),
    };
    let computed = issuer.public_key().key_identifier();
    let expected = Expected {
        issuer: issuer.subject().der(),
        issuer_key_identifier: issuer.subject_key_identifier().unwrap_or(&computed),
        spki: certificate.public_key().spki(),
        known_as,
        kind,
        standard: Standard::Rfc5280,
        granted: None,
    };
    let mut faults = lint(certificate.tbs(), &expected);
    faults.retain(|fault| fault.rule != EXTENSION_CRITICAL && of_rule(waivers, fault.rule).is_none());
    let whole = join(certificate.tbs(), certificate.signature_algorithm(), certificate.signature());
    if whole != certificate.der() {
        let message = "the whole is not the signed octets, their algorithm and the signature".to_owned();
        faults.push(Fault { rule: STRUCTURE, message });
    }
    faults
}
