//! X.509 v3 certificates (RFC 5280), read strictly and kept octet for octet.
//!
//! What is read here are CA certificates and those this appliance made; nothing is ever encoded again from what was
//! read. Read [`Certificate`] first, then [`SignedCertificate`], the only way a signature and planned octets meet.

pub(super) mod extensions;
pub(super) mod reading;
mod signed;

#[cfg(test)]
mod tests;

use std::ops::Range;

use thiserror::Error;

use super::{
    constraint::NameConstraints,
    der::DerError,
    fingerprint::Digest,
    key::{KeyError, PublicKey, SignatureAlgorithm},
    name::{Name, NameError},
    time::Time,
};
use extensions::Extensions;
pub use signed::{SignedCertificate, join, signature_algorithm};

/// Longest certificate read, in octets: four times the largest key, signature, name and extensions in use.
pub const CERTIFICATE_OCTETS_MAX: usize = 64 * 1024;

/// Why octets are not a certificate we take, or a signature not one we keep.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum CertificateError {
    /// Not a certificate, or not one of RFC 5280.
    #[error("the certificate is malformed: {0}")]
    Malformed(String),
    /// The token's signature does not verify over the planned octets.
    #[error("the signature does not verify over the planned octets")]
    Signature,
    /// An algorithm or key that is not supported.
    #[error("{0} is not supported")]
    Unsupported(String),
}

impl CertificateError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Malformed(_) => {
                "ask whoever made the certificate for one that follows RFC 5280, in DER or PEM"
            }
            Self::Signature => "check the token and that the configured key belongs to the CA certificate",
            Self::Unsupported(_) => {
                "use RSA (2048 bits or more), P-256, P-384 or P-521 with SHA-2, Ed25519 or ML-DSA"
            }
        }
    }
}

impl From<DerError> for CertificateError {
    fn from(error: DerError) -> Self {
        Self::Malformed(error.to_string())
    }
}

impl From<NameError> for CertificateError {
    fn from(error: NameError) -> Self {
        Self::Malformed(error.to_string())
    }
}

impl From<KeyError> for CertificateError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Malformed(what) => Self::Malformed(format!("its public key: {what}")),
            KeyError::Signature => Self::Signature,
            KeyError::SmallOrder => Self::Malformed(format!("its public key: {error}")),
            KeyError::Unsupported(what) => Self::Unsupported(what),
        }
    }
}

/// A certificate read from DER: strict, every field that path validation and display need.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Certificate {
    der: Vec<u8>,
    tbs: Range<usize>,
    serial: Vec<u8>,
    issuer: Name,
    subject: Name,
    not_before: Time,
    not_after: Time,
    public_key: PublicKey,
    signature_algorithm: SignatureAlgorithm,
    signature: Vec<u8>,
    extensions: Extensions,
}

impl Certificate {
    /// Reads one certificate; trailing octets are an error. Version 3 only, both signature algorithms alike, times
    /// in the one form of RFC 5280 §4.1.2.5, no extension twice, no unique identifiers.
    ///
    /// # Errors
    /// [`CertificateError::Malformed`], [`CertificateError::Unsupported`].
    pub fn parse(der: &[u8]) -> Result<Self, CertificateError> {
        reading::certificate(der)
    }

    /// notAfter of a `TBSCertificate` that is not signed, or whose signature is kept apart.
    ///
    /// # Errors
    /// [`CertificateError::Malformed`].
    pub fn tbs_end(tbs: &[u8]) -> Result<Time, CertificateError> {
        reading::tbs_end(tbs)
    }

    /// The DER as it came.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }
    /// SHA-256 of the DER.
    #[must_use]
    pub fn sha256(&self) -> Digest {
        Digest::of(self.der())
    }
    /// The `TBSCertificate`'s octets as they came.
    #[must_use]
    pub fn tbs(&self) -> &[u8] {
        &self.der[self.tbs.clone()]
    }
    /// The serial number's content octets as they came.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        &self.serial
    }
    /// The issuer.
    #[must_use]
    pub fn issuer(&self) -> &Name {
        &self.issuer
    }
    /// The subject.
    #[must_use]
    pub fn subject(&self) -> &Name {
        &self.subject
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
    /// The subject's public key.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }
    /// The algorithm it is signed with.
    #[must_use]
    pub fn signature_algorithm(&self) -> SignatureAlgorithm {
        self.signature_algorithm
    }
    /// The signature's octets.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }
    /// basicConstraints' cA flag; false where the extension is absent.
    #[must_use]
    pub fn is_ca(&self) -> bool {
        self.extensions.is_ca
    }
    /// pathLenConstraint, where it is a CA and has one.
    #[must_use]
    pub fn path_length(&self) -> Option<u32> {
        self.extensions.path_length
    }
    /// keyUsage bits as in [`super::extension::Meaning::KeyUsage`], `None` where absent.
    #[must_use]
    pub fn key_usage(&self) -> Option<u16> {
        self.extensions.key_usage
    }
    /// extKeyUsage OIDs (DER content octets), empty where absent.
    #[must_use]
    pub fn extended_key_usage(&self) -> &[Vec<u8>] {
        &self.extensions.extended_key_usage
    }
    /// subjectKeyIdentifier.
    #[must_use]
    pub fn subject_key_identifier(&self) -> Option<&[u8]> {
        self.extensions.subject_key_identifier.as_deref()
    }
    /// authorityKeyIdentifier's keyIdentifier.
    #[must_use]
    pub fn authority_key_identifier(&self) -> Option<&[u8]> {
        self.extensions.authority_key_identifier.as_deref()
    }
    /// The value of its subjectAltName, as it came.
    #[must_use]
    pub fn subject_alt_name(&self) -> Option<&[u8]> {
        self.extensions.subject_alt_name.as_deref()
    }
    /// Its nameConstraints; empty where absent.
    #[must_use]
    pub fn name_constraints(&self) -> &NameConstraints {
        &self.extensions.name_constraints
    }
    /// The OIDs of its certificate policies (DER content octets), `None` where absent.
    #[must_use]
    pub fn policies(&self) -> Option<&[Vec<u8>]> {
        self.extensions.policies.as_deref()
    }
    /// requireExplicitPolicy of its policyConstraints.
    #[must_use]
    pub fn require_explicit_policy(&self) -> Option<u32> {
        self.extensions.require_explicit_policy
    }
    /// inhibitAnyPolicy.
    #[must_use]
    pub fn inhibit_any_policy(&self) -> Option<u32> {
        self.extensions.inhibit_any_policy
    }
    /// Policies (OIDs as DER content octets) that it maps to others for what is below it (RFC 5280 §4.2.1.5).
    #[must_use]
    pub fn mapped_policies(&self) -> &[Vec<u8>] {
        &self.extensions.mapped_policies
    }
    /// Whether it limits names or policies of what is below it.
    #[must_use]
    pub fn limits_what_is_below(&self) -> bool {
        !self.name_constraints().is_empty()
            || self.require_explicit_policy().is_some()
            || self.inhibit_any_policy().is_some()
    }
    /// OIDs (DER content octets) of critical extensions that nothing here understands.
    #[must_use]
    pub fn unknown_critical_extensions(&self) -> &[Vec<u8>] {
        &self.extensions.unknown_critical
    }
    /// Whether issuer and subject are the same octets (RFC 5280 §6.1: self-issued).
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        self.issuer == self.subject
    }
    /// Whether its own key signed it under its own name (RFC 5280 §3.2): a root, not a link between two keys of one CA.
    #[must_use]
    pub fn is_self_signed(&self) -> bool {
        self.is_self_issued()
            && self.public_key.verify(self.signature_algorithm, self.tbs(), &self.signature).is_ok()
    }
}
