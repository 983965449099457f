//! Kinds of keys, hashes and signature algorithms, with the octets that name them.

use sha2::{Digest as _, Sha256, Sha384, Sha512};

use super::super::{
    der::{self, tag},
    oid,
};
use super::MlDsa;

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

/// What kind of key, and how large. Shown as `P-256`, `RSA-2048`, `Ed25519`, `ML-DSA-65`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum KeyAlgorithm {
    /// Elliptic curve (RFC 5480).
    Ec(Curve),
    /// Ed25519 (RFC 8410).
    Ed25519,
    /// ML-DSA (FIPS 204, RFC 9881).
    MlDsa(MlDsa),
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
            Self::MlDsa(set) => set.fmt(f),
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

/// An algorithm that this appliance signs with (RFC 5754, RFC 4055, RFC 8410, RFC 9881).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum SignatureAlgorithm {
    /// ECDSA over a hash; parameters absent.
    Ecdsa(HashAlgorithm),
    /// Ed25519, pure; parameters absent.
    Ed25519,
    /// ML-DSA, pure, with an empty context; parameters absent.
    MlDsa(MlDsa),
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

impl Curve {
    /// The named curve's OID, DER content octets.
    #[must_use]
    pub fn oid(self) -> &'static [u8] {
        match self {
            Self::P256 => oid::SECP256R1,
            Self::P384 => oid::SECP384R1,
            Self::P521 => oid::SECP521R1,
        }
    }

    /// Octets of one coordinate.
    #[must_use]
    pub fn coordinate_octets(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    /// The hash that goes with the curve's strength (RFC 5480 §4).
    #[must_use]
    pub fn hash(self) -> HashAlgorithm {
        match self {
            Self::P256 => HashAlgorithm::Sha256,
            Self::P384 => HashAlgorithm::Sha384,
            Self::P521 => HashAlgorithm::Sha512,
        }
    }
}

impl HashAlgorithm {
    /// The hash's OID, DER content octets.
    #[must_use]
    pub fn oid(self) -> &'static [u8] {
        match self {
            Self::Sha256 => oid::SHA256,
            Self::Sha384 => oid::SHA384,
            Self::Sha512 => oid::SHA512,
        }
    }

    /// Length of the digest, in octets.
    #[must_use]
    pub fn octets(self) -> u8 {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// Hashes a message.
    #[must_use]
    pub fn digest(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(message).to_vec(),
            Self::Sha384 => Sha384::digest(message).to_vec(),
            Self::Sha512 => Sha512::digest(message).to_vec(),
        }
    }
}

impl SignatureAlgorithm {
    /// Every algorithm, for recognising encodings.
    pub const ALL: [Self; 13] = [
        Self::Ecdsa(HashAlgorithm::Sha256),
        Self::Ecdsa(HashAlgorithm::Sha384),
        Self::Ecdsa(HashAlgorithm::Sha512),
        Self::Ed25519,
        Self::MlDsa(MlDsa::Set44),
        Self::MlDsa(MlDsa::Set65),
        Self::MlDsa(MlDsa::Set87),
        Self::RsaPkcs1(HashAlgorithm::Sha256),
        Self::RsaPkcs1(HashAlgorithm::Sha384),
        Self::RsaPkcs1(HashAlgorithm::Sha512),
        Self::RsaPss(HashAlgorithm::Sha256),
        Self::RsaPss(HashAlgorithm::Sha384),
        Self::RsaPss(HashAlgorithm::Sha512),
    ];

    /// The hash that is signed; `None` for Ed25519 and ML-DSA, which sign the message.
    #[must_use]
    pub fn hash(self) -> Option<HashAlgorithm> {
        match self {
            Self::Ecdsa(hash) | Self::RsaPkcs1(hash) | Self::RsaPss(hash) => Some(hash),
            Self::Ed25519 | Self::MlDsa(_) => None,
        }
    }

    /// The `AlgorithmIdentifier`, DER.
    #[must_use]
    pub fn der(self) -> Vec<u8> {
        let identifier =
            |oid: &[u8], parameters: &[u8]| der::sequence(&[&der::element(tag::OID, oid), parameters]);
        match self {
            Self::Ecdsa(hash) => identifier(
                match hash {
                    HashAlgorithm::Sha256 => oid::ECDSA_WITH_SHA256,
                    HashAlgorithm::Sha384 => oid::ECDSA_WITH_SHA384,
                    HashAlgorithm::Sha512 => oid::ECDSA_WITH_SHA512,
                },
                &[],
            ),
            Self::Ed25519 => identifier(oid::ED25519, &[]),
            Self::MlDsa(set) => identifier(set.oid(), &[]),
            Self::RsaPkcs1(hash) => identifier(
                match hash {
                    HashAlgorithm::Sha256 => oid::SHA256_WITH_RSA,
                    HashAlgorithm::Sha384 => oid::SHA384_WITH_RSA,
                    HashAlgorithm::Sha512 => oid::SHA512_WITH_RSA,
                },
                &NULL,
            ),
            Self::RsaPss(hash) => {
                // RFC 4055 §3.1; trailerField has its default and is absent.
                let hash_identifier = identifier(hash.oid(), &NULL);
                let mask = identifier(oid::MGF1, &hash_identifier);
                let parameters = der::sequence(&[
                    &der::element(tag::context_constructed(0), &hash_identifier),
                    &der::element(tag::context_constructed(1), &mask),
                    &der::element(tag::context_constructed(2), &der::element(tag::INTEGER, &[hash.octets()])),
                ]);
                identifier(oid::RSASSA_PSS, &parameters)
            }
        }
    }

    /// Reads an `AlgorithmIdentifier` in exactly the encoding of [`SignatureAlgorithm::der`].
    #[must_use]
    pub fn from_der(octets: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.der() == octets)
    }
}

/// The NULL that RSA parameters are.
pub(super) const NULL: [u8; 2] = [tag::NULL, 0];
