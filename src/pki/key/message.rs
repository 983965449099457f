//! A message of any length that is signed or whose signature is checked: hashed while it comes, piece by piece.

use sha2::{Digest as _, Sha256, Sha384, Sha512};

use super::{HashAlgorithm, KeyError, PublicKey, SignatureAlgorithm};

/// Longest message that is also kept whole, in octets: a CRL of 150,000 entries. Ed25519 (RFC 8032 §5.1.6), ML-DSA
/// (FIPS 204 §5.3) and tokens that hash by themselves need the whole of it; everything else needs the digest alone.
pub const WHOLE_OCTETS_MAX: usize = 8 * 1024 * 1024;

/// A hash that is being computed.
#[derive(Clone, Debug)]
enum Hashing {
    Sha256(Sha256),
    Sha384(Sha384),
    Sha512(Sha512),
}

/// What a signature is made over, while it comes.
#[derive(Clone, Debug)]
pub struct SignedMessage {
    algorithm: SignatureAlgorithm,
    hashing: Option<Hashing>,
    /// The octets, as long as they are not too many.
    whole: Option<Vec<u8>>,
    octets: u64,
}

/// A message that has come to its end.
#[derive(Clone, Debug)]
pub struct WholeMessage {
    algorithm: SignatureAlgorithm,
    digest: Vec<u8>,
    whole: Option<Vec<u8>>,
    octets: u64,
}

impl SignedMessage {
    /// An empty message for this algorithm.
    #[must_use]
    pub fn new(algorithm: SignatureAlgorithm) -> Self {
        let hashing = algorithm.hash().map(|hash| match hash {
            HashAlgorithm::Sha256 => Hashing::Sha256(Sha256::new()),
            HashAlgorithm::Sha384 => Hashing::Sha384(Sha384::new()),
            HashAlgorithm::Sha512 => Hashing::Sha512(Sha512::new()),
        });
        Self { algorithm, hashing, whole: Some(Vec::new()), octets: 0 }
    }

    /// Takes the next octets.
    pub fn add(&mut self, octets: &[u8]) {
        self.octets += octets.len() as u64;
        match &mut self.hashing {
            Some(Hashing::Sha256(hash)) => hash.update(octets),
            Some(Hashing::Sha384(hash)) => hash.update(octets),
            Some(Hashing::Sha512(hash)) => hash.update(octets),
            None => {}
        }
        match &mut self.whole {
            Some(whole) if whole.len() + octets.len() <= WHOLE_OCTETS_MAX => whole.extend_from_slice(octets),
            whole => *whole = None,
        }
    }

    /// The message at its end.
    #[must_use]
    pub fn finish(self) -> WholeMessage {
        let digest = match self.hashing {
            Some(Hashing::Sha256(hash)) => hash.finalize().to_vec(),
            Some(Hashing::Sha384(hash)) => hash.finalize().to_vec(),
            Some(Hashing::Sha512(hash)) => hash.finalize().to_vec(),
            None => Vec::new(),
        };
        WholeMessage { algorithm: self.algorithm, digest, whole: self.whole, octets: self.octets }
    }
}

impl WholeMessage {
    /// A message that is there at once.
    #[must_use]
    pub fn of(algorithm: SignatureAlgorithm, message: &[u8]) -> Self {
        let mut signed = SignedMessage::new(algorithm);
        signed.add(message);
        signed.finish()
    }

    /// The algorithm that it is signed with.
    #[must_use]
    pub fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// Its digest by the algorithm's hash; empty for Ed25519 and ML-DSA, which sign the message.
    #[must_use]
    pub fn digest(&self) -> &[u8] {
        &self.digest
    }

    /// All of it, where it is no longer than [`WHOLE_OCTETS_MAX`].
    #[must_use]
    pub fn whole(&self) -> Option<&[u8]> {
        self.whole.as_deref()
    }

    /// How many octets it has.
    #[must_use]
    pub fn octets(&self) -> u64 {
        self.octets
    }
}

impl PublicKey {
    /// Checks a signature in X.509 form over a message that came in pieces.
    ///
    /// # Errors
    /// As [`PublicKey::verify`]; [`KeyError::Unsupported`] where the algorithm needs the whole of a message that is
    /// longer than [`WHOLE_OCTETS_MAX`].
    pub fn verify_message(&self, message: &WholeMessage, signature: &[u8]) -> Result<(), KeyError> {
        match (message.algorithm, message.whole()) {
            (algorithm @ (SignatureAlgorithm::Ed25519 | SignatureAlgorithm::MlDsa(_)), Some(whole)) => {
                self.verify(algorithm, whole, signature)
            }
            (SignatureAlgorithm::Ed25519 | SignatureAlgorithm::MlDsa(_), None) => {
                Err(KeyError::Unsupported(format!(
                    "a signature by {} over {} octets, more than {WHOLE_OCTETS_MAX},",
                    self.algorithm, message.octets
                )))
            }
            (algorithm, _) => self.verify_digest(algorithm, &message.digest, signature),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_pieces_as_it_hashes_the_whole() {
        for hash in [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512] {
            let mut message = SignedMessage::new(SignatureAlgorithm::Ecdsa(hash));
            for piece in [&b"a"[..], b"", b"bc"] {
                message.add(piece);
            }
            let message = message.finish();
            assert_eq!(message.digest(), hash.digest(b"abc"));
            assert_eq!((message.whole(), message.octets()), (Some(&b"abc"[..]), 3));
        }
    }

    #[test]
    fn keeps_no_more_than_it_may() {
        let mut message = SignedMessage::new(SignatureAlgorithm::Ed25519);
        message.add(&vec![0; WHOLE_OCTETS_MAX]);
        assert!(message.clone().finish().whole().is_some());
        message.add(b"x");
        message.add(b"y");
        assert_eq!(message.finish().whole(), None);
    }
}
