//! The check of a signature in software.

use rsa::{pkcs1v15, pss};
use sha2::{Sha256, Sha384, Sha512};
use signature::hazmat::PrehashVerifier as _;

use super::{HashAlgorithm, KeyAlgorithm, KeyError, PublicKey, SignatureAlgorithm, Verifier};

impl PublicKey {
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
            SignatureAlgorithm::Ecdsa(hash)
            | SignatureAlgorithm::RsaPkcs1(hash)
            | SignatureAlgorithm::RsaPss(hash) => {
                self.verify_digest(algorithm, &hash.digest(message), signature)
            }
            SignatureAlgorithm::Ed25519 => match &self.verifier {
                Verifier::Ed25519(key) => {
                    let signature =
                        ed25519_dalek::Signature::from_slice(signature).map_err(|_| KeyError::Signature)?;
                    key.verify_strict(message, &signature).map_err(|_| KeyError::Signature)
                }
                _ => Err(self.mismatch("Ed25519")),
            },
            SignatureAlgorithm::MlDsa(set) => match self.verifier {
                Verifier::MlDsa(own) if own == set => {
                    set.verify(self.subject_public_key(), message, signature)
                }
                _ => Err(self.mismatch(&set.to_string())),
            },
        }
    }

    /// Checks a signature in X.509 form over the digest of a message by the algorithm's hash.
    ///
    /// # Errors
    /// As [`PublicKey::verify`]; [`KeyError::Unsupported`] for Ed25519 and ML-DSA, which sign no digest.
    pub(super) fn verify_digest(
        &self,
        algorithm: SignatureAlgorithm,
        digest: &[u8],
        signature: &[u8],
    ) -> Result<(), KeyError> {
        match algorithm {
            SignatureAlgorithm::Ecdsa(_) => self.verify_ecdsa(digest, signature),
            SignatureAlgorithm::Ed25519 | SignatureAlgorithm::MlDsa(_) => Err(self.mismatch("a digest")),
            SignatureAlgorithm::RsaPkcs1(hash) => self.verify_pkcs1(hash, digest, signature),
            SignatureAlgorithm::RsaPss(hash) => {
                self.verify_pss_digest(hash, usize::from(hash.octets()), digest, signature)
            }
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
            Verifier::Ed25519(_) | Verifier::MlDsa(_) | Verifier::Rsa(_) => Err(self.mismatch("ECDSA")),
        }
    }

    fn verify_pkcs1(&self, hash: HashAlgorithm, digest: &[u8], signature: &[u8]) -> Result<(), KeyError> {
        let Verifier::Rsa(key) = &self.verifier else { return Err(self.mismatch("RSA")) };
        let wrong = |_| KeyError::Signature;
        self.check_rsa_length(signature)?;
        let octets = pkcs1v15::Signature::try_from(signature).map_err(wrong)?;
        match hash {
            HashAlgorithm::Sha256 => {
                pkcs1v15::VerifyingKey::<Sha256>::new((**key).clone()).verify_prehash(digest, &octets)
            }
            HashAlgorithm::Sha384 => {
                pkcs1v15::VerifyingKey::<Sha384>::new((**key).clone()).verify_prehash(digest, &octets)
            }
            HashAlgorithm::Sha512 => {
                pkcs1v15::VerifyingKey::<Sha512>::new((**key).clone()).verify_prehash(digest, &octets)
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
        self.verify_pss_digest(hash, salt, &hash.digest(message), signature)
    }

    fn verify_pss_digest(
        &self,
        hash: HashAlgorithm,
        salt: usize,
        digest: &[u8],
        signature: &[u8],
    ) -> Result<(), KeyError> {
        let Verifier::Rsa(key) = &self.verifier else { return Err(self.mismatch("RSA")) };
        let wrong = |_| KeyError::Signature;
        self.check_rsa_length(signature)?;
        let octets = pss::Signature::try_from(signature).map_err(wrong)?;
        let key = (**key).clone();
        match hash {
            HashAlgorithm::Sha256 => {
                pss::VerifyingKey::<Sha256>::new_with_salt_len(key, salt).verify_prehash(digest, &octets)
            }
            HashAlgorithm::Sha384 => {
                pss::VerifyingKey::<Sha384>::new_with_salt_len(key, salt).verify_prehash(digest, &octets)
            }
            HashAlgorithm::Sha512 => {
                pss::VerifyingKey::<Sha512>::new_with_salt_len(key, salt).verify_prehash(digest, &octets)
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

pub(super) fn left_padded(digest: &[u8], octets: usize) -> Vec<u8> {
    let mut padded = vec![0; octets.saturating_sub(digest.len())];
    padded.extend_from_slice(digest);
    padded
}
