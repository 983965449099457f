//! The plan: every `TBSCertificate` byte for byte, before anybody approves anything.
//!
//! Read [`plan`] first: it gathers every finding, fixes the octets and lets the lint read them again. The subject is
//! copied octet for octet, unless the profile rebuilds it; the key is the normalised one whose possession was proved; everything else is the
//! profile's decision, and what a request asked for beyond that is dropped and noted.

mod authority;
mod decision;
pub mod difference;
mod digest;
mod fixed;
mod link;
mod standard;
mod tbs;

#[cfg(test)]
pub(in crate::pki) mod tests;

use super::{
    fingerprint::Digest,
    issuer::IssuingCa,
    key::PublicKey,
    lint::{
        self,
        waiver::{Waiver, of_rule},
    },
    name::Name,
    naming,
    policy::{Control, Finding, Refusal, Severity},
    profile::{Profile, SubjectKind},
    request::VerifiedRequest,
    serial::SerialNumber,
    time::Time,
};
pub use authority::{
    AuthorityTerms, RootFields, RootTerms, assemble_request, authority_terms, check_root, end_of_days,
    plan_root, plan_root_by, request_info,
};
use decision::Decision;
pub(in crate::pki) use decision::name_of;
pub use digest::{PlanDigest, PlanStatement, SOURCE_CHARS_MAX, without_guard};
pub use link::plan_link;
use tbs::{PlannedExtension, Tbs, TbsError};

/// What a plan needs from outside: the moment and the certificate's serial number.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Now.
    pub now: Time,
    /// The serial number drawn for this certificate.
    pub serial: SerialNumber,
}

/// A certificate that is decided: its TBS octets are fixed and passed the lint.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PlannedCertificate {
    tbs: Vec<u8>,
    serial: SerialNumber,
    subject: Name,
    spki_sha256: Digest,
    not_before: Time,
    not_after: Time,
    notes: Vec<Finding>,
}

impl PlannedCertificate {
    /// The `TBSCertificate`, DER.
    #[must_use]
    pub fn tbs(&self) -> &[u8] {
        &self.tbs
    }
    /// Its serial number.
    #[must_use]
    pub fn serial(&self) -> SerialNumber {
        self.serial
    }
    /// Its subject.
    #[must_use]
    pub fn subject(&self) -> &Name {
        &self.subject
    }
    /// SHA-256 of the subject's `SubjectPublicKeyInfo`.
    #[must_use]
    pub fn spki_sha256(&self) -> Digest {
        self.spki_sha256
    }
    /// notBefore.
    #[must_use]
    pub fn not_before(&self) -> Time {
        self.not_before
    }
    /// notAfter.
    #[must_use]
    pub fn not_after(&self) -> Time {
        self.not_after
    }
    /// The same certificate with further notes, found where it was compared with others.
    #[must_use]
    pub fn with_notes(mut self, notes: impl IntoIterator<Item = Finding>) -> Self {
        self.notes.extend(notes);
        self
    }
    /// All notes: of the request and of the plan (dropped extensions, a shortened validity).
    #[must_use]
    pub fn notes(&self) -> &[Finding] {
        &self.notes
    }
}

/// Decides a certificate for a request under a profile: all findings gathered, TBS octets built and linted.
///
/// A validity of N days ends N days after now, less one second: both ends belong to it (RFC 5280 §4.1.2.5), so it
/// is exactly N times 86,400 seconds from now on, and setting notBefore back does not take from it.
///
/// # Errors
/// A [`Refusal`] with every finding, notes too.
#[expect(clippy::needless_pass_by_value, reason = "a request is planned once: the plan takes its place")]
pub fn plan(
    request: VerifiedRequest,
    profile: &Profile,
    issuer: &IssuingCa,
    facts: Facts,
) -> Result<PlannedCertificate, Refusal> {
    let profile = &*profile.for_serial(facts.serial);
    let named = naming::decide(&profile.naming, &request);
    let mut decision = Decision::new(profile, Some(issuer), request.notes().to_vec());
    decision.judge_request(request.public_key(), &named);
    finish(decision, &named.subject, request.public_key(), issuer, facts)
}

/// The subject that a certificate for a request would have under a profile: the request's, or what the profile's template
/// makes of it; the request's also where the template cannot be filled, which refuses it.
#[must_use]
pub fn subject(request: &VerifiedRequest, profile: &Profile) -> Name {
    naming::decide(&profile.naming, request).subject.into_owned()
}

/// Judges a request by a profile alone, without a CA and a moment: what [`plan`] would find but for the issuer's key,
/// name, path length and validity. Returns the notes.
///
/// # Errors
/// A [`Refusal`] with every finding, notes too.
pub fn check(request: &VerifiedRequest, profile: &Profile) -> Result<Vec<Finding>, Refusal> {
    let named = naming::decide(&profile.naming, request);
    let mut decision = Decision::new(profile, None, request.notes().to_vec());
    decision.judge_request(request.public_key(), &named);
    if refuses(&decision.findings) {
        return Err(refusal(decision.findings, &named.subject, request.public_key()));
    }
    Ok(decision.findings)
}

/// Decides a verification certificate without a CSR: subject CN = the code, the CA's own public key certified
/// (platforms take that), by a profile of kind `Verification`.
///
/// # Errors
/// A [`Refusal`].
pub fn plan_for_code(
    code: &Name,
    profile: &Profile,
    issuer: &IssuingCa,
    facts: Facts,
) -> Result<PlannedCertificate, Refusal> {
    let key = issuer.certificate().public_key();
    let mut decision = Decision::new(profile, Some(issuer), Vec::new());
    if profile.kind == SubjectKind::Verification {
        // Only a verification certificate, which can stand for nobody, may carry the CA's own key.
        decision.judge_algorithm(key.algorithm());
    } else {
        decision.judge_key(key);
    }
    decision.judge_subject(code, &[]);
    decision.judge_extensions(&[], key, code);
    decision.judge_rules(code);
    finish(decision, code, key, issuer, facts)
}

/// Decides a certificate for the key of another CA, taken from that CA's own self-signed certificate: under a profile of
/// subordinate CAs, with the name, the key and the key identifier that the CA has, because what it issued refers to them.
///
/// # Errors
/// A [`Refusal`] with every finding, notes too.
pub fn plan_cross(
    request: &VerifiedRequest,
    known_as: &[u8],
    profile: &Profile,
    issuer: &IssuingCa,
    facts: Facts,
) -> Result<PlannedCertificate, Refusal> {
    let profile = &*profile.for_serial(facts.serial);
    let (subject, key) = (request.subject(), request.public_key());
    let mut decision = Decision::new(profile, Some(issuer), request.notes().to_vec());
    if !matches!(profile.kind, SubjectKind::SubordinateCa { .. }) {
        decision.refuse(
            Control::ProfileKind,
            &format!("the profile `{}` makes no CAs", profile.name),
            "choose a profile of the kind `subordinate-ca`",
        );
    }
    decision.judge_key(key);
    decision.judge_subject(subject, &[]);
    decision.judge_extensions(&[], key, subject);
    for extension in &mut decision.extensions {
        if let PlannedExtension::SubjectKeyIdentifier(identifier) = extension {
            *identifier = known_as.to_vec();
        }
    }
    finish_known(decision, subject, (key, Some(known_as)), issuer, facts)
}

fn refuses(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Refuse)
}

fn refusal(mut findings: Vec<Finding>, subject: &Name, key: &PublicKey) -> Refusal {
    findings.sort_by_key(|finding| finding.severity != Severity::Refuse);
    Refusal { findings, subject: Some(subject.to_printable()), key: Some(key.algorithm()) }
}

/// The validity is the last thing to judge; where nothing refuses, the octets are fixed and other code reads them.
fn finish(
    decision: Decision<'_>,
    subject: &Name,
    key: &PublicKey,
    issuer: &IssuingCa,
    facts: Facts,
) -> Result<PlannedCertificate, Refusal> {
    finish_known(decision, subject, (key, None), issuer, facts)
}

/// The same for a key that certificates made elsewhere know by an identifier.
fn finish_known(
    mut decision: Decision<'_>,
    subject: &Name,
    (key, known_as): (&PublicKey, Option<&[u8]>),
    issuer: &IssuingCa,
    facts: Facts,
) -> Result<PlannedCertificate, Refusal> {
    let (not_before, not_after) = decision.judge_validity(facts.now, issuer);
    if refuses(&decision.findings) {
        return Err(refusal(decision.findings, subject, key));
    }
    let kind = match decision.profile.kind {
        SubjectKind::SubordinateCa { .. } => lint::Kind::SubordinateCa,
        SubjectKind::EndEntity | SubjectKind::Verification => lint::Kind::EndEntity,
        SubjectKind::Root => lint::Kind::Root,
    };
    let expected = lint::Expected {
        issuer: issuer.certificate().subject().der(),
        issuer_key_identifier: issuer.key_identifier(),
        spki: key.spki(),
        known_as,
        kind,
        standard: decision.profile.standard,
        granted: Some(decision.granted(&facts, subject, (not_before, not_after))),
    };
    let serial = facts.serial;
    let tbs = Tbs {
        serial,
        algorithm: issuer
            .certificate()
            .public_key()
            .signing_algorithm_over(decision.profile.rsa_scheme, decision.profile.signature_hash),
        issuer: expected.issuer,
        not_before,
        not_after,
        subject: subject.der(),
        spki: key.spki(),
        extensions: &decision.extensions,
    };
    let mut findings = decision.findings.clone();
    match linted(&tbs, &expected, &decision.profile.waivers) {
        Ok((tbs, waived)) => {
            findings.extend(waived);
            Ok(PlannedCertificate {
                tbs,
                serial,
                subject: subject.clone(),
                spki_sha256: key.spki_sha256(),
                not_before,
                not_after,
                notes: findings,
            })
        }
        Err(faults) => {
            findings.extend(faults.iter().map(|fault| {
                Finding::refuse(
                    Control::Lint,
                    fault,
                    "look at what the request asks for; where that is sound, report the lint's words",
                )
            }));
            Err(refusal(findings, subject, key))
        }
    }
}

/// Writes the octets and reads them again with the lint, which is other code; a note for each rule that is set aside and
/// would have refused.
fn linted(
    tbs: &Tbs<'_>,
    expected: &lint::Expected<'_>,
    waivers: &[Waiver],
) -> Result<(Vec<u8>, Vec<Finding>), Vec<String>> {
    let octets = tbs.to_der().map_err(|error: TbsError| vec![error.to_string()])?;
    let (mut faults, mut notes) = (Vec::new(), Vec::new());
    for fault in lint::lint(&octets, expected) {
        let what = format!("{}: {}", fault.rule, fault.message);
        match of_rule(waivers, fault.rule) {
            Some(waiver) => notes.push(Finding::note(
                Control::LintWaived,
                &format!("{what}; waived: {}", waiver.reason()),
                "see that the reason holds for this certificate; else take the waiver out of the profile",
            )),
            None => faults.push(what),
        }
    }
    if faults.is_empty() { Ok((octets, notes)) } else { Err(faults) }
}
