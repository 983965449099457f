//! X.509 v3 certificates (RFC 5280): read strictly; planned TBS octets; assembled with a signature that was checked.

use thiserror::Error;

use super::{
    fingerprint::Digest,
    issuer::IssuingCa,
    key::{PublicKey, SignatureAlgorithm},
    name::Name,
    time::Time,
};

/// Why octets are not a certificate we take, or a signature not one we keep.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum CertificateError {
    /// The token's signature does not verify over the planned octets.
    #[error("the signature does not verify over the planned octets")]
    Signature,
    /// Not a certificate, or not one of RFC 5280.
    #[error("the certificate is malformed: {0}")]
    Malformed(String),
    /// An algorithm or key that is not supported.
    #[error("{0} is not supported")]
    Unsupported(String),
}

/// A certificate read from DER: strict, every field that path validation and display need.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Certificate {
    _private: (),
}

impl Certificate {
    /// Reads one certificate; trailing octets are an error.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn parse(_der: &[u8]) -> Result<Self, CertificateError> {
        todo!()
    }
    /// The DER as it came.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        todo!()
    }
    /// SHA-256 of the DER.
    #[must_use]
    pub fn sha256(&self) -> Digest {
        Digest::of(self.der())
    }
    /// The TBSCertificate's octets as they came.
    #[must_use]
    pub fn tbs(&self) -> &[u8] {
        todo!()
    }
    /// The serial number's content octets as they came.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        todo!()
    }
    /// The issuer.
    #[must_use]
    pub fn issuer(&self) -> &Name {
        todo!()
    }
    /// The subject.
    #[must_use]
    pub fn subject(&self) -> &Name {
        todo!()
    }
    /// notBefore.
    #[must_use]
    pub fn not_before(&self) -> Time {
        todo!()
    }
    /// notAfter.
    #[must_use]
    pub fn not_after(&self) -> Time {
        todo!()
    }
    /// The subject's public key.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        todo!()
    }
    /// The algorithm it is signed with.
    #[must_use]
    pub fn signature_algorithm(&self) -> SignatureAlgorithm {
        todo!()
    }
    /// The signature's octets.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        todo!()
    }
    /// basicConstraints: `None` absent; `Some(None)` CA without path length; end entities have `is_ca` false.
    #[must_use]
    pub fn is_ca(&self) -> bool {
        todo!()
    }
    /// pathLenConstraint, where it is a CA and has one.
    #[must_use]
    pub fn path_length(&self) -> Option<u32> {
        todo!()
    }
    /// keyUsage bits as in [`super::extension::Meaning::KeyUsage`], `None` where absent.
    #[must_use]
    pub fn key_usage(&self) -> Option<u16> {
        todo!()
    }
    /// extKeyUsage OIDs (DER content octets), empty where absent.
    #[must_use]
    pub fn extended_key_usage(&self) -> &[Vec<u8>] {
        todo!()
    }
    /// subjectKeyIdentifier.
    #[must_use]
    pub fn subject_key_identifier(&self) -> Option<&[u8]> {
        todo!()
    }
    /// authorityKeyIdentifier's keyIdentifier.
    #[must_use]
    pub fn authority_key_identifier(&self) -> Option<&[u8]> {
        todo!()
    }
    /// OIDs (DER content octets) of critical extensions that nothing here understands.
    #[must_use]
    pub fn unknown_critical_extensions(&self) -> &[Vec<u8>] {
        todo!()
    }
}

/// A certificate whose signature was checked in software and whose TBS octets are those that were planned.
/// It is not issued until the register has recorded it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignedCertificate {
    der: Vec<u8>,
    signature: Vec<u8>,
}

impl SignedCertificate {
    /// Joins planned octets and the token's signature (in X.509 form), after checking the signature with the
    /// issuer's public key and that the octets name the issuer's algorithm.
    ///
    /// # Errors
    /// [`CertificateError::Signature`], [`CertificateError::Malformed`].
    pub fn assemble(_tbs: &[u8], _signature: &[u8], _issuer: &IssuingCa) -> Result<Self, CertificateError> {
        todo!()
    }

    /// The certificate's DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The signature in X.509 form.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }
}

/// Joins TBS octets, the AlgorithmIdentifier they name and a signature without checking anything: for the register,
/// which stores the parts, and only after the signature was checked.
#[must_use]
pub fn join(_tbs: &[u8], _algorithm: SignatureAlgorithm, _signature: &[u8]) -> Vec<u8> {
    todo!()
}
