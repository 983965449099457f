//! Certification requests (RFC 2986): read strictly, possession proved over the original octets.
//!
//! What software in the field writes wrongly is tolerated one named [`Quirk`] at a time, each a note on the request,
//! and nothing beyond. All findings are gathered, as far as the octets can still be read. Read [`ParsedRequest`]
//! first; a [`VerifiedRequest`] comes from [`ParsedRequest::verify_possession`] and from nowhere else.

mod alternative_name;
mod attributes;
mod key;
mod modulus;
mod possession;
mod published;
mod punycode;
mod quirk;
mod roca;
mod subject;

use std::ops::Range;

use super::{
    certificate::Certificate,
    der::{DerError, Element, Reader, tag},
    extension::RequestedExtension,
    key::{KeyAlgorithm, KeyError, PublicKey},
    name::Name,
    naming::Beside,
    policy::{Control, Finding, KeyEvidence, NoEvidence, Refusal, Severity},
};

pub(in crate::pki) use alternative_name::read as judge_alternative_names;
pub use quirk::Quirk;

/// Longest request, in octets: an RSA-8192 key, a long name and a hundred alternative names fit four times.
pub const REQUEST_OCTETS_MAX: usize = 64 * 1024;

const HINT_DER: &str = "ask for a new request, made with a current tool and copied whole";

/// A request whose outline is strict DER; nothing in it is believed yet.
#[derive(Clone, Debug)]
pub struct ParsedRequest {
    der: Vec<u8>,
    info: Range<usize>,
    signature: Range<usize>,
    subject: Option<Name>,
    key: Option<PublicKey>,
    /// What the key is, as far as it can be read: of an RSA key that is refused, too.
    kind: Option<KeyAlgorithm>,
    proof: Option<possession::Proof>,
    requested: Vec<RequestedExtension>,
    findings: Vec<Finding>,
}

/// A request whose own soundness was judged: strict DER, a sound key, possession proved, nothing refused.
#[derive(Clone, Debug)]
pub struct VerifiedRequest {
    subject: Name,
    key: PublicKey,
    requested: Vec<RequestedExtension>,
    notes: Vec<Finding>,
    beside: Beside,
}

/// Reads a request and proves possession: the whole judgement on a request by itself.
///
/// # Errors
/// A [`Refusal`] with all findings.
pub fn judge(der: &[u8]) -> Result<VerifiedRequest, Refusal> {
    judge_against(der, &NoEvidence)
}

/// As [`judge`], with what is known of keys beyond the request.
///
/// # Errors
/// A [`Refusal`] with all findings.
pub fn judge_against(der: &[u8], evidence: &dyn KeyEvidence) -> Result<VerifiedRequest, Refusal> {
    ParsedRequest::parse(der)?.judge(evidence)
}

/// Judges the key and the name of a CA's own certificate as those of a request: its signature by its own key proves
/// possession as a request's does. It wishes for nothing.
///
/// # Errors
/// A [`Refusal`] with all findings.
pub fn judge_self_signed(
    certificate: &Certificate,
    evidence: &dyn KeyEvidence,
) -> Result<VerifiedRequest, Refusal> {
    let mut findings = Vec::new();
    let subject = subject::read(certificate.subject().der(), &mut findings);
    let key = key::read(certificate.public_key().spki(), &mut findings);
    let proof = possession::Proof::read(&certificate.signature_algorithm().der(), &mut findings);
    let tbs = certificate.tbs().len();
    let request = ParsedRequest {
        der: [certificate.tbs(), certificate.signature()].concat(),
        info: 0..tbs,
        signature: tbs..tbs + certificate.signature().len(),
        subject,
        kind: key.as_ref().map(PublicKey::algorithm),
        key,
        proof,
        requested: Vec::new(),
        findings,
    };
    request.judge(evidence)
}

/// The `SubjectPublicKeyInfo` of a request whose outline can be read, as it stands there; nothing is judged.
#[must_use]
pub fn subject_public_key_info(der: &[u8]) -> Option<&[u8]> {
    Outline::read(der).ok().map(|outline| outline.spki.whole)
}

impl ParsedRequest {
    /// Reads one request from DER octets. What is wrong inside its parts is kept with it, so that
    /// [`ParsedRequest::verify_possession`] tells of all of it.
    ///
    /// # Errors
    /// A [`Refusal`] where the outline cannot be read.
    pub fn parse(der: &[u8]) -> Result<Self, Refusal> {
        let refusal = |finding| Refusal { findings: vec![finding], subject: None, key: None };
        if der.len() > REQUEST_OCTETS_MAX {
            let message = format!("the request has more than {REQUEST_OCTETS_MAX} octets");
            return Err(refusal(Finding::refuse(Control::CsrSize, &message, "ask for a smaller request")));
        }
        let outline = Outline::read(der)
            .map_err(|error| refusal(Finding::refuse(Control::CsrDer, &error.to_string(), HINT_DER)))?;
        let mut findings = Vec::new();
        if outline.version != [0] {
            findings.push(Finding::refuse(
                Control::CsrVersion,
                "the version is not v1(0), the only one there is",
                "ask for a request made with a tool that writes version 0",
            ));
        }
        let subject = subject::read(outline.subject.whole, &mut findings);
        let key = key::read(outline.spki.whole, &mut findings);
        let kind =
            key.as_ref().map_or_else(|| key::rsa_kind(outline.spki.whole), |key| Some(key.algorithm()));
        let requested = attributes::read(outline.attributes, &mut findings);
        let proof = possession::Proof::read(outline.algorithm.whole, &mut findings);
        let range = |part: &[u8], at: usize| at..at + part.len();
        Ok(Self {
            info: range(outline.info.whole, outline.info.at),
            signature: outline.signature,
            der: der.to_vec(),
            subject,
            key,
            kind,
            proof,
            requested,
            findings,
        })
    }

    fn judge(mut self, evidence: &dyn KeyEvidence) -> Result<VerifiedRequest, Refusal> {
        if let Some(key) = &self.key {
            evidence.weigh(key, &mut self.findings);
        }
        let request = self.verify_possession()?;
        match request.key.rsa_modulus().and_then(|modulus| modulus::judge_prime(&modulus)) {
            None => Ok(request),
            Some(finding) => Err(Refusal {
                findings: [vec![finding], request.notes].concat(),
                subject: Some(request.subject.to_printable()),
                key: Some(request.key.algorithm()),
            }),
        }
    }

    /// Judges the request's own soundness and proves possession over the original octets.
    ///
    /// # Errors
    /// A [`Refusal`] with all findings.
    pub fn verify_possession(mut self) -> Result<VerifiedRequest, Refusal> {
        if let (Some(key), Some(proof)) = (&self.key, &self.proof) {
            let verified = proof.verify(key, &self.der[self.info.clone()], &self.der[self.signature.clone()]);
            if let Err(error) = verified {
                self.findings.push(refused_proof(&error));
            }
        }
        // Those that refuse first; the order among equals is that of the request's parts.
        self.findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        let refused = self.findings.first().is_some_and(|finding| finding.severity == Severity::Refuse);
        match (self.subject, self.key, self.proof) {
            (Some(subject), Some(key), Some(_)) if !refused => Ok(VerifiedRequest {
                subject,
                key,
                requested: self.requested,
                notes: self.findings,
                beside: Beside::default(),
            }),
            (subject, _, _) => Err(Refusal {
                findings: self.findings,
                subject: subject.map(|name| name.to_printable()),
                key: self.kind,
            }),
        }
    }
}

fn refused_proof(error: &KeyError) -> Finding {
    match error {
        KeyError::Unsupported(_) => Finding::refuse(
            Control::SignatureAlgorithm,
            &error.to_string(),
            "sign the request with the algorithm of its own key",
        ),
        _ => Finding::refuse(
            Control::Possession,
            "proof of possession failed: the signature does not verify",
            "ask the applicant to sign the request again",
        ),
    }
}

impl VerifiedRequest {
    /// Adds notes that were made before the octets were read, such as those on the armour they came in. A note
    /// refuses nothing: findings that refuse do not pass this way.
    #[must_use]
    pub fn with_notes(mut self, notes: Vec<Finding>) -> Self {
        self.notes.extend(notes.into_iter().filter(|note| note.severity == Severity::Note));
        self
    }

    /// Adds what is known of it from outside: its file's name, its row of a table.
    #[must_use]
    pub fn with_beside(self, beside: Beside) -> Self {
        Self { beside, ..self }
    }

    /// What is known of it from outside.
    #[must_use]
    pub fn beside(&self) -> &Beside {
        &self.beside
    }

    /// The subject, octet for octet.
    #[must_use]
    pub fn subject(&self) -> &Name {
        &self.subject
    }

    /// The public key, normalised.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.key
    }

    /// The extension request: wishes, in the order they were asked for.
    #[must_use]
    pub fn requested(&self) -> &[RequestedExtension] {
        &self.requested
    }

    /// Notes on the request: quirks, a challenge password.
    #[must_use]
    pub fn notes(&self) -> &[Finding] {
        &self.notes
    }
}

/// The parts of a `CertificationRequest` (RFC 2986 §4), each a whole element.
struct Outline<'a> {
    info: Element<'a>,
    version: &'a [u8],
    subject: Element<'a>,
    spki: Element<'a>,
    attributes: Option<Element<'a>>,
    algorithm: Element<'a>,
    signature: Range<usize>,
}

impl<'a> Outline<'a> {
    fn read(der: &'a [u8]) -> Result<Self, DerError> {
        let mut outer = Reader::new(der);
        let mut request = outer.sequence("the certification request")?;
        outer.finish("the certification request")?;
        let info = request.expect(tag::SEQUENCE, "the certificationRequestInfo")?;
        let algorithm = request.expect(tag::SEQUENCE, "the signatureAlgorithm")?;
        let signature = request.bit_string_octets("the signature")?;
        let end = request.offset();
        request.finish("the signature")?;
        let mut parts = info.reader();
        let version = parts.integer("the version")?;
        let subject = parts.expect(tag::SEQUENCE, "the subject")?;
        let spki = parts.expect(tag::SEQUENCE, "the subjectPKInfo")?;
        let attributes = parts.optional(tag::context_constructed(0))?;
        parts.finish("the attributes")?;
        Ok(Self {
            info,
            version,
            subject,
            spki,
            attributes,
            algorithm,
            signature: end - signature.len()..end,
        })
    }
}

#[cfg(test)]
mod tests;
