//! Public keys and signature algorithms, and the check of a signature in software.

use thiserror::Error;

use super::fingerprint::Digest;

/// A NIST curve (FIPS 186-5; RFC 5480 §2.1.1.1), named, never explicit.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Curve {
    /// secp256r1.
    P256,
    /// secp384r1.
    P384,
    /// secp521r1.
    P521,
}

/// What kind of key, and how large. Shown as `P-256`, `RSA-2048`, `Ed25519`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum KeyAlgorithm {
    /// Elliptic curve (RFC 5480).
    Ec(Curve),
    /// Ed25519 (RFC 8410).
    Ed25519,
    /// RSA (RFC 3279 §2.3.1) with the modulus' size in bits.
    Rsa {
        /// Bits of the modulus.
        bits: u32,
    },
}

impl std::fmt::Display for KeyAlgorithm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ec(Curve::P256) => f.write_str("P-256"),
            Self::Ec(Curve::P384) => f.write_str("P-384"),
            Self::Ec(Curve::P521) => f.write_str("P-521"),
            Self::Ed25519 => f.write_str("Ed25519"),
            Self::Rsa { bits } => write!(f, "RSA-{bits}"),
        }
    }
}

/// A hash of the SHA-2 family (FIPS 180-4). SHA-1 and MD5 stand nowhere.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum HashAlgorithm {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// An algorithm that this appliance signs with (RFC 5754, RFC 4055, RFC 8410).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum SignatureAlgorithm {
    /// ECDSA over a hash; parameters absent.
    Ecdsa(HashAlgorithm),
    /// Ed25519, pure; parameters absent.
    Ed25519,
    /// RSASSA-PKCS1-v1_5; parameters NULL.
    RsaPkcs1(HashAlgorithm),
    /// RSASSA-PSS with MGF1 over the same hash and a salt as long as the hash.
    RsaPss(HashAlgorithm),
}

/// How an RSA key signs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RsaScheme {
    /// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2), what platforms take.
    Pkcs1,
    /// RSASSA-PSS (RFC 8017 §8.1).
    Pss,
}

/// Why a public key or a signature was not taken.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum KeyError {
    /// The key's octets are not what its algorithm demands.
    #[error("the public key is malformed: {0}")]
    Malformed(String),
    /// The signature does not verify.
    #[error("the signature does not verify")]
    Signature,
    /// An algorithm, curve or size that is not supported.
    #[error("{0} is not supported")]
    Unsupported(String),
}

/// A public key that was found sound: on its curve, of a supported algorithm. Its `SubjectPublicKeyInfo` is canonical
/// DER: named curve, point uncompressed, RSA parameters NULL.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct PublicKey {
    algorithm: KeyAlgorithm,
    spki: Vec<u8>,
}

impl SignatureAlgorithm {
    /// The `AlgorithmIdentifier`, DER.
    #[must_use]
    pub fn der(self) -> Vec<u8> {
        todo!()
    }

    /// Reads an `AlgorithmIdentifier` in exactly the encoding of [`SignatureAlgorithm::der`].
    #[must_use]
    pub fn from_der(_octets: &[u8]) -> Option<Self> {
        todo!()
    }
}

impl PublicKey {
    /// Reads a `SubjectPublicKeyInfo` in canonical DER.
    ///
    /// # Errors
    /// [`KeyError::Malformed`], [`KeyError::Unsupported`].
    pub fn from_spki(_octets: &[u8]) -> Result<Self, KeyError> {
        todo!()
    }

    /// From RSA modulus and exponent, unsigned big-endian (as `CKA_MODULUS` and `CKA_PUBLIC_EXPONENT` give them).
    ///
    /// # Errors
    /// [`KeyError::Malformed`], [`KeyError::Unsupported`].
    pub fn from_rsa(_modulus: &[u8], _exponent: &[u8]) -> Result<Self, KeyError> {
        todo!()
    }

    /// From an uncompressed point (SEC 1 §2.3.3).
    ///
    /// # Errors
    /// [`KeyError::Malformed`] where it is not on the curve.
    pub fn from_ec_point(_curve: Curve, _point: &[u8]) -> Result<Self, KeyError> {
        todo!()
    }

    /// From the 32 octets of an Ed25519 public key (RFC 8032 §5.1.5); points of small order are refused.
    ///
    /// # Errors
    /// [`KeyError::Malformed`].
    pub fn from_ed25519(_octets: &[u8]) -> Result<Self, KeyError> {
        todo!()
    }

    /// Kind and size.
    #[must_use]
    pub fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    /// The `SubjectPublicKeyInfo`, canonical DER.
    #[must_use]
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// SHA-256 of the `SubjectPublicKeyInfo`: the key's name in the register.
    #[must_use]
    pub fn spki_sha256(&self) -> Digest {
        Digest::of(&self.spki)
    }

    /// Key identifier: the leftmost 160 bits of SHA-256 over the subjectPublicKey BIT STRING's octets (RFC 7093 §2,
    /// method 1).
    #[must_use]
    pub fn key_identifier(&self) -> [u8; 20] {
        todo!()
    }

    /// The algorithm that a CA with this key signs with: the hash follows the curve; RSA by `scheme` with SHA-256.
    #[must_use]
    pub fn signing_algorithm(&self, _scheme: RsaScheme) -> SignatureAlgorithm {
        todo!()
    }

    /// Checks a signature in X.509 form (ECDSA as DER SEQUENCE of r and s).
    ///
    /// # Errors
    /// [`KeyError::Signature`]; [`KeyError::Unsupported`] where algorithm and key do not go together.
    pub fn verify(
        &self,
        _algorithm: SignatureAlgorithm,
        _message: &[u8],
        _signature: &[u8],
    ) -> Result<(), KeyError> {
        todo!()
    }
}
