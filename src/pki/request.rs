//! Certification requests (RFC 2986): read strictly, possession proved over the original octets.

use super::{
    extension::RequestedExtension,
    fingerprint::Digest,
    key::PublicKey,
    name::Name,
    policy::{Finding, Refusal},
};

/// Longest request, in octets: an RSA-8192 key, a long name and a hundred alternative names fit four times.
pub const REQUEST_OCTETS_MAX: usize = 64 * 1024;

/// A request whose structure is strict DER; nothing in it is believed yet.
#[derive(Clone, Debug)]
pub struct ParsedRequest {
    _private: (),
}

/// A request whose own soundness was judged: strict DER, a sound key, possession proved, nothing refused.
#[derive(Clone, Debug)]
pub struct VerifiedRequest {
    _private: (),
}

impl ParsedRequest {
    /// Reads one request from DER octets.
    ///
    /// # Errors
    /// A [`Refusal`] with all findings that could be made.
    pub fn parse(_der: &[u8]) -> Result<Self, Refusal> {
        todo!()
    }

    /// Judges the request's own soundness and proves possession over the original octets.
    ///
    /// # Errors
    /// A [`Refusal`] with all findings.
    pub fn verify_possession(self) -> Result<VerifiedRequest, Refusal> {
        todo!()
    }
}

impl VerifiedRequest {
    /// tmp
    pub fn with_notes(self, _n: Vec<Finding>) -> Self { self }
    /// The DER, as it came.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        todo!()
    }

    /// SHA-256 of the DER.
    #[must_use]
    pub fn sha256(&self) -> Digest {
        todo!()
    }

    /// The subject, octet for octet.
    #[must_use]
    pub fn subject(&self) -> &Name {
        todo!()
    }

    /// The public key, normalised.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        todo!()
    }

    /// The extension request: wishes, in the order they were asked for.
    #[must_use]
    pub fn requested(&self) -> &[RequestedExtension] {
        todo!()
    }

    /// Notes on the request: quirks, a challenge password.
    #[must_use]
    pub fn notes(&self) -> &[Finding] {
        todo!()
    }
}
