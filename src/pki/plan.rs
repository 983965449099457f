//! The plan: every TBSCertificate byte for byte, before anybody approves anything.

use super::{
    fingerprint::Digest,
    issuer::IssuingCa,
    key::RsaScheme,
    name::Name,
    policy::{Finding, Refusal},
    profile::Profile,
    request::VerifiedRequest,
    serial::SerialNumber,
    time::Time,
};

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
    /// The TBSCertificate, DER.
    #[must_use]
    pub fn tbs(&self) -> &[u8] {
        &self.tbs
    }
    /// SHA-256 of the TBSCertificate.
    #[must_use]
    pub fn tbs_sha256(&self) -> Digest {
        Digest::of(&self.tbs)
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
    /// SHA-256 of the subject's SubjectPublicKeyInfo.
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
    /// All notes: of the request and of the plan (dropped extensions, a shortened validity).
    #[must_use]
    pub fn notes(&self) -> &[Finding] {
        &self.notes
    }
}

/// Decides a certificate for a request under a profile: all findings gathered, TBS octets built and linted.
///
/// # Errors
/// A [`Refusal`] with every finding, notes too.
pub fn plan(
    _request: VerifiedRequest,
    _profile: &Profile,
    _issuer: &IssuingCa,
    _facts: Facts,
) -> Result<PlannedCertificate, Refusal> {
    todo!()
}

/// Decides a verification certificate without a CSR: subject CN = the code, the CA's own public key certified
/// (platforms take that), by a profile of kind `Verification`.
///
/// # Errors
/// A [`Refusal`].
pub fn plan_for_code(
    _code: &Name,
    _profile: &Profile,
    _issuer: &IssuingCa,
    _facts: Facts,
) -> Result<PlannedCertificate, Refusal> {
    todo!()
}

/// What a self-signed root is made of.
#[derive(Clone, Debug)]
pub struct RootFields {
    /// Subject and issuer.
    pub name: Name,
    /// The token's public key.
    pub public_key: super::key::PublicKey,
    /// How an RSA key signs.
    pub rsa_scheme: RsaScheme,
    /// Days from now until notAfter.
    pub days: u32,
    /// pathLenConstraint, if any.
    pub path_length: Option<u32>,
}

/// Decides a self-signed root certificate; the lint for roots has passed.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn plan_root(_fields: &RootFields, _facts: Facts) -> Result<PlannedCertificate, String> {
    todo!()
}

/// The CertificationRequestInfo of a CA that asks a superior CA for its certificate: subject, key, and a request for
/// CA:TRUE, keyCertSign and cRLSign. The token signs these octets; [`assemble_request`] joins them.
#[must_use]
pub fn request_info(_name: &Name, _public_key: &super::key::PublicKey) -> Vec<u8> {
    todo!()
}

/// Joins a CertificationRequestInfo and its signature, after checking it.
///
/// # Errors
/// [`super::key::KeyError`].
pub fn assemble_request(
    _info: &[u8],
    _public_key: &super::key::PublicKey,
    _rsa_scheme: RsaScheme,
    _signature: &[u8],
) -> Result<Vec<u8>, super::key::KeyError> {
    todo!()
}

/// The digest of a whole plan: SHA-256 over `coldsign plan 1` LF, the issuing certificate's SHA-256, the number of
/// certificates (8 octets, big-endian) and each TBS' SHA-256 in order. People read it to each other as words.
#[derive(Clone, Debug)]
pub struct PlanDigest {
    _private: (),
}

impl PlanDigest {
    /// Begins with the certificate of the CA that will sign and the number of certificates.
    #[must_use]
    pub fn new(_issuer_sha256: Digest, _count: u64) -> Self {
        todo!()
    }
    /// Adds the next TBS' digest.
    pub fn add(&mut self, _tbs_sha256: Digest) {
        todo!()
    }
    /// The plan digest.
    #[must_use]
    pub fn finish(self) -> Digest {
        todo!()
    }
}
