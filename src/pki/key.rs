//! Public keys and signature algorithms, and the check of a signature in software.

use std::hash::{Hash, Hasher};

use rsa::{BoxedUint, RsaPublicKey, traits::PublicKeyParts as _};
use thiserror::Error;

use self::algorithm::NULL;
use super::{
    der::{self, Reader, tag},
    fingerprint::Digest,
    oid,
};
use crate::pki::text::counted;

mod algorithm;
mod lattice;
mod message;
#[cfg(test)]
mod tests;
mod verification;

pub use algorithm::{Curve, HashAlgorithm, KeyAlgorithm, RsaScheme, SignatureAlgorithm};
pub use lattice::MlDsa;
pub use message::{SignedMessage, WHOLE_OCTETS_MAX, WholeMessage};

/// Smallest RSA modulus read, in bits; what is certified is a matter of policy.
pub const RSA_BITS_MIN: u32 = 1024;
/// Largest RSA modulus, in bits: verification time grows with its square; no device or CA in use has more.
pub const RSA_BITS_MAX: u32 = 8192;
/// Longest RSA exponent, in octets: below 2^256 (FIPS 186-5 §5.1).
pub const RSA_EXPONENT_OCTETS_MAX: usize = 32;

/// Why a public key or a signature was not taken.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum KeyError {
    /// The key's octets are not what its algorithm demands.
    #[error("the public key is malformed: {0}")]
    Malformed(String),
    /// The signature does not verify.
    #[error("the signature does not verify")]
    Signature,
    /// A point of small order: signatures under it prove nothing.
    #[error("the public key is a point of small order")]
    SmallOrder,
    /// An algorithm, curve or size that is not supported.
    #[error("{0} is not supported")]
    Unsupported(String),
}

/// A public key that was found sound: on its curve, of a supported algorithm. Its `SubjectPublicKeyInfo` is canonical
/// DER: named curve, point uncompressed, RSA parameters NULL.
#[derive(Clone, Debug)]
pub struct PublicKey {
    algorithm: KeyAlgorithm,
    spki: Vec<u8>,
    /// Octets of the subjectPublicKey BIT STRING within `spki`, from its end.
    key_octets: usize,
    verifier: Verifier,
}

#[derive(Clone, Debug)]
enum Verifier {
    Ed25519(ed25519_dalek::VerifyingKey),
    /// The octets of the key suffice.
    MlDsa(MlDsa),
    P256(p256::ecdsa::VerifyingKey),
    P384(p384::ecdsa::VerifyingKey),
    P521(p521::ecdsa::VerifyingKey),
    Rsa(Box<RsaPublicKey>),
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.spki == other.spki
    }
}

impl Eq for PublicKey {}

impl Hash for PublicKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.spki.hash(state);
    }
}

impl PublicKey {
    /// Reads a `SubjectPublicKeyInfo` in canonical DER.
    ///
    /// # Errors
    /// [`KeyError::Malformed`], [`KeyError::Unsupported`].
    pub fn from_spki(octets: &[u8]) -> Result<Self, KeyError> {
        let malformed = |error: der::DerError| KeyError::Malformed(error.to_string());
        let mut outer = Reader::new(octets);
        let mut spki = outer.sequence("SubjectPublicKeyInfo").map_err(malformed)?;
        outer.finish("SubjectPublicKeyInfo").map_err(malformed)?;
        let mut identifier = spki.sequence("AlgorithmIdentifier").map_err(malformed)?;
        let algorithm = identifier.oid("algorithm").map_err(malformed)?;
        let key = match algorithm {
            oid::RSA_ENCRYPTION => {
                let null = identifier.expect(tag::NULL, "NULL parameters").map_err(malformed)?;
                if !null.content.is_empty() {
                    return Err(KeyError::Malformed("NULL with contents".to_owned()));
                }
                identifier.finish("parameters").map_err(malformed)?;
                let octets = spki.bit_string_octets("subjectPublicKey").map_err(malformed)?;
                let mut outer = Reader::new(octets);
                let mut key = outer.sequence("RSAPublicKey").map_err(malformed)?;
                outer.finish("RSAPublicKey").map_err(malformed)?;
                let modulus = positive(key.integer("modulus").map_err(malformed)?)?;
                let exponent = positive(key.integer("publicExponent").map_err(malformed)?)?;
                key.finish("publicExponent").map_err(malformed)?;
                Self::from_rsa(modulus, exponent)?
            }
            oid::EC_PUBLIC_KEY => {
                let parameters = identifier.any().map_err(malformed)?;
                identifier.finish("parameters").map_err(malformed)?;
                if parameters.tag != tag::OID {
                    return Err(KeyError::Unsupported("an elliptic curve that is not named".to_owned()));
                }
                let curve = match parameters.content {
                    oid::SECP256R1 => Curve::P256,
                    oid::SECP384R1 => Curve::P384,
                    oid::SECP521R1 => Curve::P521,
                    other => return Err(KeyError::Unsupported(format!("curve {}", oid::dotted(other)))),
                };
                Self::from_ec_point(curve, spki.bit_string_octets("subjectPublicKey").map_err(malformed)?)?
            }
            oid::ED25519 => {
                identifier.finish("the Ed25519 OID").map_err(malformed)?;
                Self::from_ed25519(spki.bit_string_octets("subjectPublicKey").map_err(malformed)?)?
            }
            other => {
                let set = MlDsa::from_oid(other)
                    .ok_or_else(|| KeyError::Unsupported(format!("key algorithm {}", oid::dotted(other))))?;
                // RFC 9881 §2: the parameters are absent.
                identifier.finish("the ML-DSA OID").map_err(malformed)?;
                Self::from_ml_dsa(set, spki.bit_string_octets("subjectPublicKey").map_err(malformed)?)?
            }
        };
        spki.finish("subjectPublicKey").map_err(malformed)?;
        Ok(key)
    }

    /// From RSA modulus and exponent, unsigned big-endian (as `CKA_MODULUS` and `CKA_PUBLIC_EXPONENT` give them).
    ///
    /// # Errors
    /// [`KeyError::Malformed`], [`KeyError::Unsupported`].
    pub fn from_rsa(modulus: &[u8], exponent: &[u8]) -> Result<Self, KeyError> {
        let modulus = strip(modulus);
        let exponent = strip(exponent);
        if modulus.len() * 8 > RSA_BITS_MAX as usize {
            return Err(KeyError::Unsupported(format!(
                "an RSA modulus of {}",
                counted(modulus.len(), "octet")
            )));
        }
        if exponent.len() > RSA_EXPONENT_OCTETS_MAX {
            return Err(KeyError::Unsupported(format!(
                "an RSA exponent of {}",
                counted(exponent.len(), "octet")
            )));
        }
        let malformed = |error: &dyn std::fmt::Display| KeyError::Malformed(error.to_string());
        let bits = u32::try_from(modulus.len() * 8).unwrap_or(u32::MAX)
            - modulus.first().map_or(0, |first| first.leading_zeros());
        if bits < RSA_BITS_MIN {
            return Err(KeyError::Unsupported(format!("RSA-{bits}")));
        }
        if modulus.last().is_some_and(|last| last & 1 == 0) {
            return Err(KeyError::Malformed("the RSA modulus is even".to_owned()));
        }
        let n = BoxedUint::from_be_slice(modulus, u32::try_from(modulus.len() * 8).unwrap_or(u32::MAX))
            .map_err(|error| malformed(&error))?;
        let e =
            BoxedUint::from_be_slice(exponent, u32::try_from(exponent.len().max(1) * 8).unwrap_or(u32::MAX))
                .map_err(|error| malformed(&error))?;
        let key = if e > BoxedUint::from(RsaPublicKey::MAX_PUB_EXPONENT) {
            // Longer than the library takes by itself. What it would have asked for: odd, and below the modulus,
            // which has at least four times as many octets as the longest exponent.
            if exponent.last().is_some_and(|last| last & 1 == 0) {
                return Err(KeyError::Malformed("the RSA exponent is even".to_owned()));
            }
            RsaPublicKey::new_unchecked(n, e)
        } else {
            RsaPublicKey::new_with_size_limits(n, e, RSA_BITS_MIN as usize..=RSA_BITS_MAX as usize)
                .map_err(|error| malformed(&error))?
        };
        debug_assert_eq!(key.n_bytes().as_ref(), modulus);
        let octets = der::sequence(&[&unsigned(modulus), &unsigned(exponent)]);
        let identifier = der::sequence(&[&der::element(tag::OID, oid::RSA_ENCRYPTION), &NULL]);
        Ok(Self::new(KeyAlgorithm::Rsa { bits }, &identifier, &octets, Verifier::Rsa(Box::new(key))))
    }

    /// From an uncompressed point (SEC 1 §2.3.3).
    ///
    /// # Errors
    /// [`KeyError::Malformed`] where it is not on the curve.
    pub fn from_ec_point(curve: Curve, point: &[u8]) -> Result<Self, KeyError> {
        if point.first() != Some(&4) || point.len() != 1 + 2 * curve.coordinate_octets() {
            return Err(KeyError::Malformed("the point is not in uncompressed form".to_owned()));
        }
        Self::from_any_ec_point(curve, point)
    }

    /// From a point in uncompressed or compressed form (SEC 1 §2.3.3); the key is normalised to uncompressed form.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] where it is not on the curve, or at infinity.
    pub fn from_any_ec_point(curve: Curve, point: &[u8]) -> Result<Self, KeyError> {
        let off = |_| KeyError::Malformed(format!("the point is not on {}", KeyAlgorithm::Ec(curve)));
        // Hybrid form (06, 07) and the point at infinity (00) are not taken.
        if !matches!(point.first(), Some(2..=4)) {
            return Err(KeyError::Malformed("the point is in a form that is not taken".to_owned()));
        }
        let (octets, verifier) = match curve {
            Curve::P256 => {
                let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(point).map_err(off)?;
                (key.to_sec1_point(false).as_bytes().to_vec(), Verifier::P256(key))
            }
            Curve::P384 => {
                let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(point).map_err(off)?;
                (key.to_sec1_point(false).as_bytes().to_vec(), Verifier::P384(key))
            }
            Curve::P521 => {
                let key = p521::ecdsa::VerifyingKey::from_sec1_bytes(point).map_err(off)?;
                (key.to_sec1_point(false).as_bytes().to_vec(), Verifier::P521(key))
            }
        };
        Ok(Self::new(KeyAlgorithm::Ec(curve), &ec_identifier(curve), &octets, verifier))
    }

    /// From the 32 octets of an Ed25519 public key (RFC 8032 §5.1.5); points of small order are refused: with them
    /// a "signature" can be made without any private key.
    ///
    /// # Errors
    /// [`KeyError::Malformed`], [`KeyError::SmallOrder`].
    pub fn from_ed25519(octets: &[u8]) -> Result<Self, KeyError> {
        let exact: [u8; 32] = octets.try_into().map_err(|_| {
            KeyError::Malformed(format!("an Ed25519 key of {}", counted(octets.len(), "octet")))
        })?;
        let key = ed25519_dalek::VerifyingKey::from_bytes(&exact)
            .map_err(|_| KeyError::Malformed("the point is not on Ed25519".to_owned()))?;
        if key.is_weak() {
            return Err(KeyError::SmallOrder);
        }
        // RFC 8032 §5.1.3: a coordinate of p or more is no encoding; the library takes it, and one key would have two.
        if key.to_edwards().compress().as_bytes() != &exact {
            return Err(KeyError::Malformed("the Ed25519 point is not in its one encoding".to_owned()));
        }
        let identifier = der::sequence(&[&der::element(tag::OID, oid::ED25519)]);
        Ok(Self::new(KeyAlgorithm::Ed25519, &identifier, &exact, Verifier::Ed25519(key)))
    }

    /// From the octets of an ML-DSA public key (FIPS 204 §5.1, RFC 9881 §4).
    ///
    /// # Errors
    /// [`KeyError::Malformed`] where their number is another.
    pub fn from_ml_dsa(set: MlDsa, octets: &[u8]) -> Result<Self, KeyError> {
        set.check_key(octets)?;
        let identifier = der::sequence(&[&der::element(tag::OID, set.oid())]);
        Ok(Self::new(KeyAlgorithm::MlDsa(set), &identifier, octets, Verifier::MlDsa(set)))
    }

    fn new(algorithm: KeyAlgorithm, identifier: &[u8], key: &[u8], verifier: Verifier) -> Self {
        Self { algorithm, spki: spki_of(identifier, key), key_octets: key.len(), verifier }
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

    /// SHA-256 of the `SubjectPublicKeyInfo` of an EC key with its point in compressed form (SEC 1 §2.3.3), as some
    /// requests have it; `None` for other keys.
    #[must_use]
    pub fn compressed_spki_sha256(&self) -> Option<Digest> {
        let KeyAlgorithm::Ec(curve) = self.algorithm else { return None };
        let point = self.subject_public_key();
        let parity = point.last()? & 1;
        let compressed = [&[2 | parity], point.get(1..=curve.coordinate_octets())?].concat();
        Some(Digest::of(&spki_of(&ec_identifier(curve), &compressed)))
    }

    /// The octets of the subjectPublicKey BIT STRING.
    #[must_use]
    pub fn subject_public_key(&self) -> &[u8] {
        &self.spki[self.spki.len() - self.key_octets..]
    }

    /// An RSA key's modulus, unsigned big-endian without leading zeros.
    #[must_use]
    pub fn rsa_modulus(&self) -> Option<Vec<u8>> {
        match &self.verifier {
            Verifier::Rsa(key) => Some(key.n_bytes().into_vec()),
            Verifier::Ed25519(_)
            | Verifier::MlDsa(_)
            | Verifier::P256(_)
            | Verifier::P384(_)
            | Verifier::P521(_) => None,
        }
    }

    /// Key identifier: the leftmost 160 bits of SHA-256 over the subjectPublicKey BIT STRING's octets (RFC 7093 §2,
    /// method 1).
    #[must_use]
    pub fn key_identifier(&self) -> [u8; 20] {
        let digest = Digest::of(self.subject_public_key());
        let mut identifier = [0; 20];
        identifier.copy_from_slice(&digest.as_octets()[..20]);
        identifier
    }

    /// The algorithm that a CA with this key signs with: the hash follows the curve; RSA by `scheme` with SHA-256.
    #[must_use]
    pub fn signing_algorithm(&self, scheme: RsaScheme) -> SignatureAlgorithm {
        self.signing_algorithm_over(scheme, None)
    }

    /// The same over a chosen hash. Ed25519 and ML-DSA have their own (RFC 8032 §5.1, FIPS 204 §5.2): a choice is of no
    /// effect there.
    #[must_use]
    pub fn signing_algorithm_over(
        &self,
        scheme: RsaScheme,
        hash: Option<HashAlgorithm>,
    ) -> SignatureAlgorithm {
        match (self.algorithm, scheme) {
            (KeyAlgorithm::Ec(curve), _) => SignatureAlgorithm::Ecdsa(hash.unwrap_or(curve.hash())),
            (KeyAlgorithm::Ed25519, _) => SignatureAlgorithm::Ed25519,
            (KeyAlgorithm::MlDsa(set), _) => SignatureAlgorithm::MlDsa(set),
            (KeyAlgorithm::Rsa { .. }, RsaScheme::Pkcs1) => {
                SignatureAlgorithm::RsaPkcs1(hash.unwrap_or(HashAlgorithm::Sha256))
            }
            (KeyAlgorithm::Rsa { .. }, RsaScheme::Pss) => {
                SignatureAlgorithm::RsaPss(hash.unwrap_or(HashAlgorithm::Sha256))
            }
        }
    }

    /// Whether a key of this kind makes signatures of this algorithm, over whichever hash.
    #[must_use]
    pub fn makes(&self, algorithm: SignatureAlgorithm) -> bool {
        match self.algorithm {
            KeyAlgorithm::Ec(_) => matches!(algorithm, SignatureAlgorithm::Ecdsa(_)),
            KeyAlgorithm::Ed25519 => algorithm == SignatureAlgorithm::Ed25519,
            KeyAlgorithm::MlDsa(set) => algorithm == SignatureAlgorithm::MlDsa(set),
            KeyAlgorithm::Rsa { .. } => {
                matches!(algorithm, SignatureAlgorithm::RsaPkcs1(_) | SignatureAlgorithm::RsaPss(_))
            }
        }
    }
}

/// The modulus that a `SubjectPublicKeyInfo` holds, unsigned big-endian without leading zeros, where it is an RSA key of
/// a size that is read. Nothing else of the key is judged.
#[must_use]
pub fn rsa_modulus(spki: &[u8]) -> Option<&[u8]> {
    let mut info = Reader::new(spki).sequence("SubjectPublicKeyInfo").ok()?;
    if info.sequence("AlgorithmIdentifier").ok()?.oid("algorithm").ok()? != oid::RSA_ENCRYPTION {
        return None;
    }
    let octets = info.bit_string_octets("subjectPublicKey").ok()?;
    let modulus = Reader::new(octets).sequence("RSAPublicKey").ok()?.integer("modulus").ok()?;
    let modulus = strip(positive(modulus).ok()?);
    let bits = RSA_BITS_MIN as usize - 7..=RSA_BITS_MAX as usize;
    let is_odd = modulus.last().is_some_and(|last| last & 1 == 1);
    (is_odd && bits.contains(&(modulus.len() * 8))).then_some(modulus)
}

/// The `SubjectPublicKeyInfo` of a key's octets.
fn spki_of(identifier: &[u8], key: &[u8]) -> Vec<u8> {
    let bits = der::element(tag::BIT_STRING, &[&[0], key].concat());
    der::sequence(&[identifier, &bits])
}

/// RFC 5480 §2.1.1: id-ecPublicKey and the named curve.
fn ec_identifier(curve: Curve) -> Vec<u8> {
    der::sequence(&[&der::element(tag::OID, oid::EC_PUBLIC_KEY), &der::element(tag::OID, curve.oid())])
}

/// An INTEGER of an unsigned big-endian number.
fn unsigned(octets: &[u8]) -> Vec<u8> {
    let octets = strip(octets);
    match octets.first() {
        None => der::element(tag::INTEGER, &[0]),
        Some(first) if first & 0x80 != 0 => der::element(tag::INTEGER, &[&[0], octets].concat()),
        Some(_) => der::element(tag::INTEGER, octets),
    }
}

fn positive(content: &[u8]) -> Result<&[u8], KeyError> {
    if content.first().is_some_and(|first| first & 0x80 != 0) {
        return Err(KeyError::Malformed("a negative number stands in the RSA key".to_owned()));
    }
    Ok(content)
}

fn strip(octets: &[u8]) -> &[u8] {
    &octets[octets.iter().take_while(|octet| **octet == 0).count()..]
}
