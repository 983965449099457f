//! A signer: one key, one algorithm, one PKCS#11 session, for one thread.
//!
//! Everything that can be known beforehand is known: signing is one `C_SignInit` and one `C_Sign` with the key's
//! handle, no search and no attribute.

use cryptoki::context::Pkcs11;
use cryptoki::error::{Error as CryptokiError, RvError};
use cryptoki::object::ObjectHandle;
use cryptoki::session::Session as Cryptoki;
use cryptoki::slot::Slot;

use crate::pki::der;
use crate::pki::key::KeyAlgorithm;

use super::error::Error;
use super::key::{Authentication, TokenKey};
use super::mechanism::{Means, signature_octets};

/// Signs messages with a key of the token. `Send`: make as many as the token has sessions, one a thread.
#[derive(Debug)]
pub struct Signer {
    context: Pkcs11,
    slot: Slot,
    session: Cryptoki,
    key: ObjectHandle,
    algorithm: KeyAlgorithm,
    means: Means,
}

impl Signer {
    pub(super) fn open(context: Pkcs11, slot: Slot, key: &TokenKey, means: Means) -> Result<Self, Error> {
        if key.authentication() == Authentication::EachSignature {
            return Err(Error::AlwaysAuthenticate { key: key.id().clone() });
        }
        // Reading suffices to sign, and tokens have fewer sessions that write.
        let session = context.open_ro_session(slot).map_err(Error::from_call)?;
        let algorithm = key.public_key().algorithm();
        Ok(Self { context, slot, session, key: key.handle(), algorithm, means })
    }

    /// Signs a message; returns the signature as X.509 carries it: for ECDSA a DER SEQUENCE of r and s (RFC 3279
    /// §2.2.3), else the octets of the token. Not checked against the public key here: whoever assembles does that.
    ///
    /// # Errors
    /// [`Error::DeviceRemoved`], [`Error::SessionLost`], [`Error::SignatureLength`], [`Error::Pkcs11`].
    pub fn sign(&mut self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let input = self.means.input(message);
        let signature = match self.session.sign(&self.means.mechanism(), self.key, &input) {
            // An operation of this session was left unfinished; a session cannot cancel it, a new one has none. The
            // new one is opened before the old one closes, because the log-in ends with the last session.
            Err(CryptokiError::Pkcs11(RvError::OperationActive, _)) => {
                self.session = self.context.open_ro_session(self.slot).map_err(Error::from_call)?;
                self.session.sign(&self.means.mechanism(), self.key, &input)
            }
            answer => answer,
        }
        .map_err(Error::from_call)?;
        let expected = signature_octets(self.algorithm);
        if signature.len() != expected {
            return Err(Error::SignatureLength {
                algorithm: self.algorithm,
                expected,
                found: signature.len(),
            });
        }
        match self.means {
            Means::EcdsaDigest(_) | Means::EcdsaMessage(_) => Ok(ecdsa_der(&signature)),
            Means::Eddsa
            | Means::Pkcs1Digest(_)
            | Means::Pkcs1Message(_)
            | Means::PssDigest(_)
            | Means::PssMessage(_) => Ok(signature),
        }
    }
}

/// r ‖ s, each half of the octets, as a SEQUENCE of two INTEGERs.
fn ecdsa_der(signature: &[u8]) -> Vec<u8> {
    let (r, s) = signature.split_at(signature.len() / 2);
    der::sequence(&[&integer(r), &integer(s)])
}

/// An unsigned number as a DER INTEGER: no needless zero in front, one where the number would read as negative
/// (X.690 §8.3).
fn integer(octets: &[u8]) -> Vec<u8> {
    let at = octets.iter().position(|&octet| octet != 0).unwrap_or(octets.len().saturating_sub(1));
    let digits = &octets[at..];
    let sign: &[u8] = if digits.first().is_none_or(|&first| first >= 0x80) { &[0] } else { &[] };
    der::element(der::tag::INTEGER, &[sign, digits].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(octets: &[u8], expected: &[u8]) {
        assert_eq!(integer(octets), expected);
    }

    #[test]
    fn writes_numbers_in_their_shortest_form() {
        check(&[0, 0, 1], &[2, 1, 1]);
        check(&[0x7f, 0], &[2, 2, 0x7f, 0]);
        check(&[0x80], &[2, 2, 0, 0x80]);
        check(&[0, 0x80], &[2, 2, 0, 0x80]);
        check(&[0, 0], &[2, 1, 0]);
    }

    #[test]
    fn splits_a_raw_signature_in_two() {
        assert_eq!(ecdsa_der(&[0, 1, 0x80, 0]), [0x30, 8, 2, 1, 1, 2, 3, 0, 0x80, 0]);
    }

    #[test]
    fn may_move_to_another_thread() {
        fn moves<T: Send>() {}
        moves::<Signer>();
        moves::<super::super::session::Session>();
    }
}
