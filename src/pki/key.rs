//! Public keys and signature algorithms, and the check of a signature in software.

use std::hash::{Hash, Hasher};

use rsa::{BoxedUint, RsaPublicKey, pkcs1v15, pss, traits::PublicKeyParts as _};
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use signature::hazmat::PrehashVerifier as _;
use thiserror::Error;

use super::{
    der::{self, Reader, tag},
    fingerprint::Digest,
    oid,
};

/// Smallest RSA modulus read, in bits; what is certified is a matter of policy.
pub const RSA_BITS_MIN: u32 = 1024;
/// Largest RSA modulus, in bits: verification time grows with its square; no device or CA in use has more.
pub const RSA_BITS_MAX: u32 = 8192;

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
    pub const ALL: [Self; 10] = [
        Self::Ecdsa(HashAlgorithm::Sha256),
        Self::Ecdsa(HashAlgorithm::Sha384),
        Self::Ecdsa(HashAlgorithm::Sha512),
        Self::Ed25519,
        Self::RsaPkcs1(HashAlgorithm::Sha256),
        Self::RsaPkcs1(HashAlgorithm::Sha384),
        Self::RsaPkcs1(HashAlgorithm::Sha512),
        Self::RsaPss(HashAlgorithm::Sha256),
        Self::RsaPss(HashAlgorithm::Sha384),
        Self::RsaPss(HashAlgorithm::Sha512),
    ];

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
            other => return Err(KeyError::Unsupported(format!("key algorithm {}", oid::dotted(other)))),
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
            return Err(KeyError::Unsupported(format!("an RSA modulus of {} octets", modulus.len())));
        }
        if exponent.len() > 32 {
            return Err(KeyError::Unsupported(format!("an RSA exponent of {} octets", exponent.len())));
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
        let key = RsaPublicKey::new_with_size_limits(n, e, RSA_BITS_MIN as usize..=RSA_BITS_MAX as usize)
            .map_err(|error| malformed(&error))?;
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
        let identifier = der::sequence(&[
            &der::element(tag::OID, oid::EC_PUBLIC_KEY),
            &der::element(tag::OID, curve.oid()),
        ]);
        Ok(Self::new(KeyAlgorithm::Ec(curve), &identifier, &octets, verifier))
    }

    /// From the 32 octets of an Ed25519 public key (RFC 8032 §5.1.5); points of small order are refused: with them
    /// a "signature" can be made without any private key.
    ///
    /// # Errors
    /// [`KeyError::Malformed`], [`KeyError::SmallOrder`].
    pub fn from_ed25519(octets: &[u8]) -> Result<Self, KeyError> {
        let exact: [u8; 32] = octets
            .try_into()
            .map_err(|_| KeyError::Malformed(format!("an Ed25519 key of {} octets", octets.len())))?;
        let key = ed25519_dalek::VerifyingKey::from_bytes(&exact)
            .map_err(|_| KeyError::Malformed("the point is not on Ed25519".to_owned()))?;
        if key.is_weak() {
            return Err(KeyError::SmallOrder);
        }
        let identifier = der::sequence(&[&der::element(tag::OID, oid::ED25519)]);
        Ok(Self::new(KeyAlgorithm::Ed25519, &identifier, &exact, Verifier::Ed25519(key)))
    }

    fn new(algorithm: KeyAlgorithm, identifier: &[u8], key: &[u8], verifier: Verifier) -> Self {
        let bits = der::element(tag::BIT_STRING, &[&[0], key].concat());
        Self { algorithm, spki: der::sequence(&[identifier, &bits]), key_octets: key.len(), verifier }
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
        let digest = Digest::of(&self.spki[self.spki.len() - self.key_octets..]);
        let mut identifier = [0; 20];
        identifier.copy_from_slice(&digest.as_octets()[..20]);
        identifier
    }

    /// The algorithm that a CA with this key signs with: the hash follows the curve; RSA by `scheme` with SHA-256.
    #[must_use]
    pub fn signing_algorithm(&self, scheme: RsaScheme) -> SignatureAlgorithm {
        match (self.algorithm, scheme) {
            (KeyAlgorithm::Ec(curve), _) => SignatureAlgorithm::Ecdsa(curve.hash()),
            (KeyAlgorithm::Ed25519, _) => SignatureAlgorithm::Ed25519,
            (KeyAlgorithm::Rsa { .. }, RsaScheme::Pkcs1) => {
                SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha256)
            }
            (KeyAlgorithm::Rsa { .. }, RsaScheme::Pss) => SignatureAlgorithm::RsaPss(HashAlgorithm::Sha256),
        }
    }

    /// The RSA public exponent, unsigned big-endian without leading zeros; `None` for other keys.
    #[must_use]
    pub fn rsa_exponent(&self) -> Option<Vec<u8>> {
        match &self.verifier {
            Verifier::Rsa(key) => Some(strip(&key.e_bytes()).to_vec()),
            _ => None,
        }
    }

    /// Checks a signature in X.509 form (ECDSA as DER SEQUENCE of r and s).
    ///
    /// # Errors
    /// [`KeyError::Signature`]; [`KeyError::Unsupported`] where algorithm and key do not go together.
    pub fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), KeyError> {
        match algorithm {
            SignatureAlgorithm::RsaPss(hash) => {
                self.verify_pss(hash, usize::from(hash.octets()), message, signature)
            }
            SignatureAlgorithm::Ecdsa(hash) => self.verify_ecdsa(&hash.digest(message), signature),
            SignatureAlgorithm::RsaPkcs1(hash) => self.verify_pkcs1(hash, message, signature),
            SignatureAlgorithm::Ed25519 => match &self.verifier {
                Verifier::Ed25519(key) => {
                    let signature =
                        ed25519_dalek::Signature::from_slice(signature).map_err(|_| KeyError::Signature)?;
                    key.verify_strict(message, &signature).map_err(|_| KeyError::Signature)
                }
                _ => Err(self.mismatch("Ed25519")),
            },
        }
    }

    /// Checks an ECDSA signature over a digest.
    fn verify_ecdsa(&self, digest: &[u8], signature: &[u8]) -> Result<(), KeyError> {
        let wrong = |_| KeyError::Signature;
        match &self.verifier {
            Verifier::P256(key) => {
                let signature = p256::ecdsa::Signature::from_der(signature).map_err(wrong)?;
                key.verify_prehash(digest, &signature).map_err(wrong)
            }
            Verifier::P384(key) => {
                let signature = p384::ecdsa::Signature::from_der(signature).map_err(wrong)?;
                // A digest shorter than half the group's order is refused by the library; zeros in front do not
                // change the number it stands for (FIPS 186-5 §6.4.2).
                key.verify_prehash(&left_padded(digest, 48), &signature).map_err(wrong)
            }
            Verifier::P521(key) => {
                let signature = p521::ecdsa::Signature::from_der(signature).map_err(wrong)?;
                key.verify_prehash(&left_padded(digest, 66), &signature).map_err(wrong)
            }
            Verifier::Ed25519(_) | Verifier::Rsa(_) => Err(self.mismatch("ECDSA")),
        }
    }

    fn verify_pkcs1(&self, hash: HashAlgorithm, message: &[u8], signature: &[u8]) -> Result<(), KeyError> {
        let Verifier::Rsa(key) = &self.verifier else { return Err(self.mismatch("RSA")) };
        let wrong = |_| KeyError::Signature;
        self.check_rsa_length(signature)?;
        let octets = pkcs1v15::Signature::try_from(signature).map_err(wrong)?;
        let digest = hash.digest(message);
        match hash {
            HashAlgorithm::Sha256 => {
                pkcs1v15::VerifyingKey::<Sha256>::new((**key).clone()).verify_prehash(&digest, &octets)
            }
            HashAlgorithm::Sha384 => {
                pkcs1v15::VerifyingKey::<Sha384>::new((**key).clone()).verify_prehash(&digest, &octets)
            }
            HashAlgorithm::Sha512 => {
                pkcs1v15::VerifyingKey::<Sha512>::new((**key).clone()).verify_prehash(&digest, &octets)
            }
        }
        .map_err(wrong)
    }

    /// Checks an RSASSA-PSS signature with MGF1 over the same hash and a salt of `salt` octets.
    ///
    /// # Errors
    /// As [`PublicKey::verify`].
    pub fn verify_pss(
        &self,
        hash: HashAlgorithm,
        salt: usize,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), KeyError> {
        let Verifier::Rsa(key) = &self.verifier else { return Err(self.mismatch("RSA")) };
        let wrong = |_| KeyError::Signature;
        self.check_rsa_length(signature)?;
        let octets = pss::Signature::try_from(signature).map_err(wrong)?;
        let digest = hash.digest(message);
        let key = (**key).clone();
        match hash {
            HashAlgorithm::Sha256 => {
                pss::VerifyingKey::<Sha256>::new_with_salt_len(key, salt).verify_prehash(&digest, &octets)
            }
            HashAlgorithm::Sha384 => {
                pss::VerifyingKey::<Sha384>::new_with_salt_len(key, salt).verify_prehash(&digest, &octets)
            }
            HashAlgorithm::Sha512 => {
                pss::VerifyingKey::<Sha512>::new_with_salt_len(key, salt).verify_prehash(&digest, &octets)
            }
        }
        .map_err(wrong)
    }

    /// RFC 8017 §8.1.2, §8.2.2: a signature is exactly as long as the modulus.
    fn check_rsa_length(&self, signature: &[u8]) -> Result<(), KeyError> {
        match self.algorithm {
            KeyAlgorithm::Rsa { bits } if signature.len() == bits.div_ceil(8) as usize => Ok(()),
            _ => Err(KeyError::Signature),
        }
    }

    fn mismatch(&self, algorithm: &str) -> KeyError {
        KeyError::Unsupported(format!("{algorithm} with a key of {}", self.algorithm))
    }
}

/// The NULL that RSA parameters are.
const NULL: [u8; 2] = [tag::NULL, 0];

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

fn left_padded(digest: &[u8], octets: usize) -> Vec<u8> {
    let mut padded = vec![0; octets.saturating_sub(digest.len())];
    padded.extend_from_slice(digest);
    padded
}

#[cfg(test)]
mod tests {
    use super::*;
    use signature::hazmat::PrehashSigner as _;

    #[test]
    fn algorithm_identifiers_are_read_in_one_encoding_only() {
        for algorithm in SignatureAlgorithm::ALL {
            assert_eq!(SignatureAlgorithm::from_der(&algorithm.der()), Some(algorithm));
        }
        let with_null = der::sequence(&[&der::element(tag::OID, oid::ECDSA_WITH_SHA256), &NULL]);
        assert_eq!(SignatureAlgorithm::from_der(&with_null), None);
        // RFC 4055 §3.1 as OpenSSL writes it.
        assert_eq!(
            super::super::fingerprint::hex(&SignatureAlgorithm::RsaPss(HashAlgorithm::Sha256).der()),
            "304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06\
             096086480165030402010500a203020120"
        );
    }

    #[test]
    fn reads_back_the_spki_it_writes_and_verifies_with_it() {
        let key = p256::ecdsa::SigningKey::from_slice(&[7; 32]).expect("a key");
        let point = key.verifying_key().to_sec1_point(false);
        let public = PublicKey::from_ec_point(Curve::P256, point.as_bytes()).expect("on the curve");
        assert_eq!(PublicKey::from_spki(public.spki()), Ok(public.clone()));
        let digest = HashAlgorithm::Sha256.digest(b"message");
        let signature: p256::ecdsa::Signature = key.sign_prehash(&digest).expect("signed");
        let algorithm = public.signing_algorithm(RsaScheme::Pkcs1);
        assert_eq!(public.verify(algorithm, b"message", signature.to_der().as_bytes()), Ok(()));
        assert_eq!(
            public.verify(algorithm, b"massage", signature.to_der().as_bytes()),
            Err(KeyError::Signature)
        );
        let compressed = key.verifying_key().to_sec1_point(true);
        assert_eq!(PublicKey::from_any_ec_point(Curve::P256, compressed.as_bytes()), Ok(public));
        assert!(PublicKey::from_ec_point(Curve::P256, compressed.as_bytes()).is_err());
    }

    #[test]
    fn refuses_points_off_the_curve_and_of_small_order() {
        let mut point = [0x55; 65];
        point[0] = 4;
        assert!(matches!(PublicKey::from_ec_point(Curve::P256, &point), Err(KeyError::Malformed(_))));
        assert!(matches!(PublicKey::from_any_ec_point(Curve::P256, &[0]), Err(KeyError::Malformed(_))));
        let mut identity = [0; 32];
        identity[0] = 1;
        assert_eq!(PublicKey::from_ed25519(&identity), Err(KeyError::SmallOrder));
    }

    #[test]
    fn verifies_sha256_with_the_larger_curves() {
        let key = p384::ecdsa::SigningKey::from_slice(&[7; 48]).expect("a key");
        let point = key.verifying_key().to_sec1_point(false);
        let public = PublicKey::from_ec_point(Curve::P384, point.as_bytes()).expect("on the curve");
        let digest = HashAlgorithm::Sha256.digest(b"message");
        let signature: p384::ecdsa::Signature = key.sign_prehash(&left_padded(&digest, 48)).expect("signed");
        let algorithm = SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256);
        assert_eq!(public.verify(algorithm, b"message", signature.to_der().as_bytes()), Ok(()));
    }
}
