//! The CA that issues: its certificate, its path to the root, what it may issue and how it signs.

use super::{certificate::Certificate, key::SignatureAlgorithm};

/// A CA certificate that was found fit to issue: CA:TRUE, keyCertSign, a path to a self-signed root that verifies.
#[derive(Clone, Debug)]
pub struct IssuingCa {
    certificate: Certificate,
    chain: Vec<Certificate>,
}

impl IssuingCa {
    /// Checks a CA certificate with the certificates above it, in order, root last (empty for a root itself).
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn new(_certificate: Certificate, _chain: Vec<Certificate>) -> Result<Self, String> {
        todo!()
    }

    /// Its certificate.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The certificates above it, root last; empty where it is the root.
    #[must_use]
    pub fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    /// The root of its path: itself where it is self-signed.
    #[must_use]
    pub fn root(&self) -> &Certificate {
        self.chain.last().unwrap_or(&self.certificate)
    }

    /// Whether the TBS octets' signature algorithm is one that this CA's key makes.
    #[must_use]
    pub fn can_sign_with(&self, _algorithm: SignatureAlgorithm) -> bool {
        todo!()
    }
}
