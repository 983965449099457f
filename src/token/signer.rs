//! A signer: one key, one algorithm, one PKCS#11 session, for one thread.
//!
//! Everything that can be known beforehand is known: signing is one `C_SignInit` and one `C_Sign` with the key's
//! handle, no search and no attribute. Only a key that wants its PIN for every signature has a log-in between the two.

use std::path::Path;
use std::sync::Arc;

use cryptoki::context::Pkcs11;
use cryptoki::error::{Error as CryptokiError, RvError};
use cryptoki::object::ObjectHandle;
use cryptoki::session::Session as Cryptoki;
use cryptoki::slot::Slot;

use crate::pki::der;
use crate::pki::key::{KeyAlgorithm, WHOLE_OCTETS_MAX, WholeMessage};

use super::error::Error;
use super::mechanism::{Means, signature_octets};
use super::pin::Kept;
use super::raw::SingleSign;
use super::slot::TokenState;

/// Signs messages with a key of the token. `Send`: make as many as the token has sessions, one a thread.
pub struct Signer {
    opening: Opening,
    session: Cryptoki,
    reauthentication: Option<Reauthentication>,
}

/// What a signer's session is opened with.
pub(super) struct Opening {
    pub(super) context: Pkcs11,
    pub(super) slot: Slot,
    pub(super) key: ObjectHandle,
    pub(super) algorithm: KeyAlgorithm,
    pub(super) means: Means,
}

/// The PIN for each signature, and the raw call that takes it in the middle.
pub(super) struct Reauthentication {
    kept: Arc<Kept>,
    single: SingleSign,
    state: TokenState,
}

impl Reauthentication {
    pub(super) fn new(module: &Path, kept: Arc<Kept>, state: TokenState) -> Result<Self, Error> {
        let single = SingleSign::of(module).map_err(Error::from_call)?;
        Ok(Self { kept, single, state })
    }
}

impl Opening {
    /// Reading suffices to sign, and tokens have fewer sessions that write.
    fn session(&self) -> Result<Cryptoki, Error> {
        self.context.open_ro_session(self.slot).map_err(Error::from_call)
    }
}

impl Signer {
    pub(super) fn open(opening: Opening, reauthentication: Option<Reauthentication>) -> Result<Self, Error> {
        Ok(Self { session: opening.session()?, opening, reauthentication })
    }

    /// Signs a message; returns the signature as X.509 carries it: for ECDSA a DER SEQUENCE of r and s (RFC 3279
    /// §2.2.3), else the octets of the token. Not checked against the public key here: whoever assembles does that.
    ///
    /// # Errors
    /// [`Error::DeviceRemoved`], [`Error::PinIncorrect`] where the key wants its PIN each time, [`Error::SessionLost`],
    /// [`Error::SignatureLength`], [`Error::Pkcs11`].
    pub fn sign(&mut self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let input = self.opening.means.input(self.opening.algorithm, message);
        self.sign_input(&input)
    }

    /// Whether a message of so many octets can be signed, told before it is made.
    ///
    /// # Errors
    /// [`Error::MessageTooLong`], as [`Signer::sign_message`].
    pub fn check_takes(&self, octets: u64) -> Result<(), Error> {
        if self.opening.means.takes(octets, WHOLE_OCTETS_MAX as u64) {
            return Ok(());
        }
        Err(Error::MessageTooLong { octets, algorithm: self.opening.algorithm })
    }

    /// Signs a message of any length that was hashed while it came; the token gets its digest. As [`Signer::sign`].
    ///
    /// # Errors
    /// [`Error::MessageTooLong`] where the token must have the whole of a message that is too long for that; and as
    /// [`Signer::sign`].
    pub fn sign_message(&mut self, message: &WholeMessage) -> Result<Vec<u8>, Error> {
        let input = self
            .opening
            .means
            .input_of(self.opening.algorithm, message)
            .ok_or(Error::MessageTooLong { octets: message.octets(), algorithm: self.opening.algorithm })?;
        self.sign_input(&input)
    }

    fn sign_input(&mut self, input: &[u8]) -> Result<Vec<u8>, Error> {
        let Opening { algorithm, means, .. } = self.opening;
        let signature = self.raw(input)?;
        let expected = signature_octets(algorithm);
        if signature.len() != expected {
            return Err(Error::SignatureLength { algorithm, expected, found: signature.len() });
        }
        match means {
            Means::EcdsaDigest(_) | Means::EcdsaMessage(_) => Ok(ecdsa_der(&signature)),
            Means::Eddsa
            | Means::MlDsa(_)
            | Means::Pkcs1Digest(_)
            | Means::Pkcs1Message(_)
            | Means::PssDigest(_)
            | Means::PssMessage(_) => Ok(signature),
        }
    }

    /// The signature as the token returns it.
    fn raw(&mut self, input: &[u8]) -> Result<Vec<u8>, Error> {
        let Some(reauthentication) = &self.reauthentication else {
            return match self.session.sign(&self.opening.means.mechanism(), self.opening.key, input) {
                // An operation of this session was left unfinished; a session cannot cancel it, a new one has none.
                // The new one is opened before the old one closes: the log-in ends with the last session.
                Err(CryptokiError::Pkcs11(RvError::OperationActive, _)) => {
                    self.session = self.opening.session()?;
                    self.session.sign(&self.opening.means.mechanism(), self.opening.key, input)
                }
                answer => answer,
            }
            .map_err(Error::from_call);
        };
        let begun = match self.session.sign_init(&self.opening.means.mechanism(), self.opening.key) {
            Err(CryptokiError::Pkcs11(RvError::OperationActive, _)) => {
                self.session = self.opening.session()?;
                self.session.sign_init(&self.opening.means.mechanism(), self.opening.key)
            }
            answer => answer,
        };
        begun.map_err(Error::from_call)?;
        reauthentication.kept.log_in(&self.session, &reauthentication.state)?;
        let octets = signature_octets(self.opening.algorithm);
        reauthentication.single.sign(&self.session, input, octets).map_err(Error::from_call)
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
