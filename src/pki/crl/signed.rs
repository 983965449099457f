//! A CRL's signature: checked in software with the CA's key before it is kept.

use crate::pki::{
    fingerprint::Digest,
    issuer::IssuingCa,
    key::{KeyError, SignatureAlgorithm, WholeMessage},
};

/// The signature that a CA's key made over the octets of a CRL, checked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignedCrl {
    tbs_sha256: Digest,
    algorithm: SignatureAlgorithm,
    signature: Vec<u8>,
}

impl SignedCrl {
    /// Checks the signature (in X.509 form) over octets whose SHA-256 is `tbs_sha256`.
    ///
    /// # Errors
    /// [`KeyError::Signature`]; [`KeyError::Unsupported`] where the CA's key does not sign so.
    pub fn assemble(
        message: &WholeMessage,
        tbs_sha256: Digest,
        signature: &[u8],
        issuer: &IssuingCa,
    ) -> Result<Self, KeyError> {
        let algorithm = message.algorithm();
        issuer.certificate().public_key().verify_message(message, signature)?;
        Ok(Self { tbs_sha256, algorithm, signature: signature.to_vec() })
    }

    /// SHA-256 of the octets that are signed.
    #[must_use]
    pub fn tbs_sha256(&self) -> Digest {
        self.tbs_sha256
    }

    /// How they are signed.
    #[must_use]
    pub fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// The signature in X.509 form.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }
}
