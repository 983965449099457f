//! ML-DSA (FIPS 204): its parameter sets, and the check of its signatures.
//!
//! A key is kept as the octets that it is. What the check computes from them takes some fifty times their room (the
//! matrix A, FIPS 204 §5.3), and thousands of keys are held at once; it is computed anew for each check, within the half
//! millisecond at most that the whole check takes.

use ml_dsa::{EncodedVerifyingKey, MlDsa44, MlDsa65, MlDsa87, MlDsaParams, Signature, VerifyingKey};

use super::{super::oid, KeyError};
use crate::pki::text::counted;

/// A parameter set of ML-DSA (FIPS 204 §4). Shown as `ML-DSA-44`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum MlDsa {
    /// ML-DSA-44, security category 2.
    Set44,
    /// ML-DSA-65, security category 3.
    Set65,
    /// ML-DSA-87, security category 5.
    Set87,
}

impl std::fmt::Display for MlDsa {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Set44 => "ML-DSA-44",
            Self::Set65 => "ML-DSA-65",
            Self::Set87 => "ML-DSA-87",
        })
    }
}

impl MlDsa {
    /// Every parameter set, the smallest first.
    pub const ALL: [Self; 3] = [Self::Set44, Self::Set65, Self::Set87];

    /// The OID that names key and signature alike (RFC 9881 §2), DER content octets.
    #[must_use]
    pub fn oid(self) -> &'static [u8] {
        match self {
            Self::Set44 => oid::ML_DSA_44,
            Self::Set65 => oid::ML_DSA_65,
            Self::Set87 => oid::ML_DSA_87,
        }
    }

    /// The parameter set that an OID's content octets name.
    #[must_use]
    pub fn from_oid(name: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|set| set.oid() == name)
    }

    /// Octets of a public key (FIPS 204 §4, table 2).
    #[must_use]
    pub fn key_octets(self) -> usize {
        match self {
            Self::Set44 => 1312,
            Self::Set65 => 1952,
            Self::Set87 => 2592,
        }
    }

    /// Octets of a signature (FIPS 204 §4, table 2).
    #[must_use]
    pub fn signature_octets(self) -> usize {
        match self {
            Self::Set44 => 2420,
            Self::Set65 => 3309,
            Self::Set87 => 4627,
        }
    }

    /// Any octets of the right number are a public key: it has no invalid encoding (FIPS 204 §7.2, algorithm 23).
    pub(super) fn check_key(self, octets: &[u8]) -> Result<(), KeyError> {
        if octets.len() == self.key_octets() {
            return Ok(());
        }
        let found = counted(octets.len(), "octet");
        Err(KeyError::Malformed(format!("an {self} key of {found}, not of {}", self.key_octets())))
    }

    /// Checks a signature over a message in the pure form with an empty context (FIPS 204 §5.3, RFC 9881 §3).
    pub(super) fn verify(self, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), KeyError> {
        match self {
            Self::Set44 => verify::<MlDsa44>(key, message, signature),
            Self::Set65 => verify::<MlDsa65>(key, message, signature),
            Self::Set87 => verify::<MlDsa87>(key, message, signature),
        }
    }
}

fn verify<P: MlDsaParams>(key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), KeyError> {
    // A wrong length, hints out of order, or a response out of range: refused before the key is expanded.
    let signature = Signature::<P>::try_from(signature).map_err(|_| KeyError::Signature)?;
    let key = EncodedVerifyingKey::<P>::try_from(key).map_err(|_| KeyError::Signature)?;
    if VerifyingKey::<P>::decode(&key).verify_with_context(message, &[], &signature) {
        Ok(())
    } else {
        Err(KeyError::Signature)
    }
}
