//! Planned octets and a signature become a certificate, after the signature was checked in software.

use crate::pki::{
    der::{self, Reader, tag},
    issuer::IssuingCa,
    key::{PublicKey, SignatureAlgorithm},
    lint::{lint_finished, waiver::Waiver},
};

use super::{Certificate, CertificateError, reading::malformed};

/// A certificate whose signature was checked in software and whose TBS octets are those that were planned.
/// It is not issued until the register has recorded it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignedCertificate {
    der: Vec<u8>,
    signature: Vec<u8>,
}

impl SignedCertificate {
    /// Checks, before the token signs them, that planned octets name this issuer and an algorithm that its key makes:
    /// what [`SignedCertificate::assemble`] would find too late, when the signature exists already.
    ///
    /// # Errors
    /// [`CertificateError::Malformed`], [`CertificateError::Unsupported`].
    pub fn check_planned(tbs: &[u8], issuer: &IssuingCa) -> Result<(), CertificateError> {
        Self::head(tbs, issuer).map(|_| ())
    }

    fn head<'a>(tbs: &'a [u8], issuer: &IssuingCa) -> Result<Head<'a>, CertificateError> {
        let head = Head::read(tbs)?;
        if !issuer.can_sign_with(head.algorithm) {
            return Err(malformed("the planned octets name an algorithm that the CA's key does not make"));
        }
        if head.issuer != issuer.certificate().subject().der() {
            return Err(malformed("the planned octets name another issuer"));
        }
        Ok(head)
    }

    /// Joins planned octets and the token's signature (in X.509 form), after checking the signature with the
    /// issuer's public key and that the octets name the issuer and its algorithm.
    ///
    /// # Errors
    /// [`CertificateError::Signature`], [`CertificateError::Malformed`], [`CertificateError::Unsupported`].
    pub fn assemble(tbs: &[u8], signature: &[u8], issuer: &IssuingCa) -> Result<Self, CertificateError> {
        let head = Self::head(tbs, issuer)?;
        Self::checked(tbs, head.algorithm, signature, issuer.certificate().public_key())
    }

    /// Joins the planned octets of a self-signed root and the signature that its own key made, after checking that
    /// the octets are self-issued, carry that key, and that it signed them.
    ///
    /// # Errors
    /// [`CertificateError::Signature`], [`CertificateError::Malformed`], [`CertificateError::Unsupported`].
    pub fn assemble_root(tbs: &[u8], signature: &[u8], key: &PublicKey) -> Result<Self, CertificateError> {
        let head = Head::read(tbs)?;
        let mut rest = head.rest;
        rest.expect(tag::SEQUENCE, "validity")?;
        if rest.expect(tag::SEQUENCE, "subject")?.whole != head.issuer {
            return Err(malformed("the planned octets are not those of a root: issuer and subject differ"));
        }
        if rest.expect(tag::SEQUENCE, "subjectPublicKeyInfo")?.whole != key.spki() {
            return Err(malformed("the planned octets carry another public key"));
        }
        Self::checked(tbs, head.algorithm, signature, key)
    }

    fn checked(
        tbs: &[u8],
        algorithm: SignatureAlgorithm,
        signature: &[u8],
        key: &PublicKey,
    ) -> Result<Self, CertificateError> {
        key.verify(algorithm, tbs, signature)?;
        Ok(Self { der: join(tbs, algorithm, signature), signature: signature.to_vec() })
    }

    /// Reads the finished certificate once more and has the lint judge it, under its issuer; `None`: a root, its own.
    ///
    /// # Errors
    /// [`CertificateError::Malformed`] with every rule that it breaks and that is not waived.
    pub fn check_finished(
        &self,
        issuer: Option<&Certificate>,
        waivers: &[Waiver],
    ) -> Result<(), CertificateError> {
        let certificate = Certificate::parse(&self.der)?;
        let faults = lint_finished(&certificate, issuer.unwrap_or(&certificate), waivers);
        if faults.is_empty() {
            return Ok(());
        }
        let told: Vec<_> = faults.iter().map(|fault| format!("{}: {}", fault.rule, fault.message)).collect();
        Err(malformed(&told.join("; ")))
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

/// The first fields of TBS octets, as far as assembling needs them.
struct Head<'a> {
    algorithm: SignatureAlgorithm,
    issuer: &'a [u8],
    rest: Reader<'a>,
}

impl<'a> Head<'a> {
    fn read(tbs: &'a [u8]) -> Result<Self, CertificateError> {
        let mut outer = Reader::new(tbs);
        let mut rest = outer.sequence("tbsCertificate")?;
        outer.finish("tbsCertificate")?;
        rest.expect(tag::context_constructed(0), "version")?;
        rest.integer("serialNumber")?;
        let algorithm = SignatureAlgorithm::from_der(rest.expect(tag::SEQUENCE, "signature")?.whole)
            .ok_or_else(|| CertificateError::Unsupported("the planned signature algorithm".into()))?;
        let issuer = rest.expect(tag::SEQUENCE, "issuer")?.whole;
        Ok(Self { algorithm, issuer, rest })
    }
}

/// The signature algorithm that TBS octets name, where it is one that is known.
#[must_use]
pub fn signature_algorithm(tbs: &[u8]) -> Option<SignatureAlgorithm> {
    Head::read(tbs).ok().map(|head| head.algorithm)
}

/// Joins TBS octets, the `AlgorithmIdentifier` they name and a signature without checking anything: for the register,
/// which stores the parts, and only after the signature was checked.
#[must_use]
pub fn join(tbs: &[u8], algorithm: SignatureAlgorithm, signature: &[u8]) -> Vec<u8> {
    let mut bits = Vec::with_capacity(signature.len() + 1);
    // No unused bits.
    bits.push(0);
    bits.extend_from_slice(signature);
    der::sequence(&[tbs, &algorithm.der(), &der::element(tag::BIT_STRING, &bits)])
}
