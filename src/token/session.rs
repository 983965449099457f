//! A token and the session with it: logging in, making and finding keys, random octets.

use std::collections::BTreeSet;
use std::sync::Arc;

use cryptoki::error::{Error as CryptokiError, RvError};
use cryptoki::object::{Attribute, AttributeType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session as Cryptoki, UserType};

use crate::pki::key::{KeyAlgorithm, SignatureAlgorithm};
use crate::pki::text::Printable;

use super::error::Error;
use super::key::{self, Authentication, TokenKey};
use super::mechanism::{Capability, Mechanisms, Support};
use super::module::{Module, numbered};
use super::pin::{Activation, Kept, demand_pad};
use super::signer::{Opening, Reauthentication, Signer};
use super::slot::{PinWarning, TokenState, UserPin, Writing};
use super::uri::{KEY_ID_OCTETS_MAX, KeyId, TokenUri};
use super::waiver::Waiver;

/// Octets of the `CKA_ID` of a key made here: random, so that it is unique without a list of all tokens.
pub const KEY_ID_OCTETS: usize = 16;

/// Most random octets asked of a token in one call: some take no more than this at a time.
const RANDOM_OCTETS_PER_CALL: usize = 256;

const _: () = assert!(KEY_ID_OCTETS <= KEY_ID_OCTETS_MAX);

/// A token that was found, not logged in to.
#[derive(Debug)]
pub struct Token {
    module: Module,
    state: TokenState,
}

/// A token that the user is logged in to. While it or a [`Signer`] of it lives, the log-in lasts.
pub struct Session {
    module: Module,
    state: TokenState,
    pub(super) anchor: Cryptoki,
    /// For keys that want the PIN for every signature; `None` where the token has none.
    kept: Option<Arc<Kept>>,
}

/// Whether activation data outlive the log-in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Keeping {
    /// While the session lives: a key that will be made may want them.
    Always,
    /// Only where a key of the token wants them for every signature.
    WhereWanted,
}

impl Token {
    pub(super) fn new(module: Module, state: TokenState) -> Self {
        Self { module, state }
    }

    /// What the token said of itself when it was found.
    #[must_use]
    pub fn state(&self) -> &TokenState {
        &self.state
    }

    /// What the token says it can do.
    ///
    /// # Errors
    /// [`Error::SlotEmpty`].
    pub fn mechanisms(&self) -> Result<Mechanisms, Error> {
        self.module.mechanisms(self.state.slot)
    }

    /// 32 random octets of the token, without logging in.
    ///
    /// # Errors
    /// [`Error::Pkcs11`], such as `CKR_RANDOM_NO_RNG`.
    pub fn random(&self) -> Result<[u8; 32], Error> {
        let session =
            self.module.context.open_ro_session(numbered(self.state.slot)?).map_err(Error::from_call)?;
        let mut octets = [0; 32];
        session.generate_random_slice(&mut octets).map_err(Error::from_call)?;
        Ok(octets)
    }

    /// Logs the user in. The PIN is tried exactly once, and not at all where it is locked or its length cannot be
    /// right. The activation data is wiped on the way; only where a key of the token wants it for every signature
    /// ([`Authentication::EachSignature`]), the session keeps it as long as it lives.
    ///
    /// # Errors
    /// [`Error::PinIncorrect`] with what the token then says of the tries left, [`Error::PinLocked`],
    /// [`Error::PinLength`], [`Error::PinNotSet`], [`Error::PadMissing`], [`Error::DeviceRemoved`].
    pub fn login(&self, activation: Activation) -> Result<Session, Error> {
        self.log_in(activation, Keeping::WhereWanted)
    }

    /// Logs the user in for work that makes keys: the session keeps the activation data as long as it lives, because a
    /// token may make keys that want it for every signature. See [`Token::login`].
    ///
    /// # Errors
    /// As [`Token::login`].
    pub fn login_to_make_keys(&self, activation: Activation) -> Result<Session, Error> {
        self.log_in(activation, Keeping::Always)
    }

    /// Whether there is any sense in asking for the PIN.
    ///
    /// # Errors
    /// [`Error::PinLocked`], [`Error::PinNotSet`].
    pub fn check_pin_state(&self) -> Result<(), Error> {
        check_pin_state(&self.state)
    }

    fn log_in(&self, activation: Activation, keeping: Keeping) -> Result<Session, Error> {
        let state = self.module.token_state(self.state.slot)?;
        check_pin_state(&state)?;
        let slot = numbered(state.slot)?;
        let context = &self.module.context;
        let opened = match state.writing {
            Writing::Allowed => context.open_rw_session(slot),
            Writing::Protected => context.open_ro_session(slot),
        };
        let session = opened.map_err(Error::from_call)?;
        let answer = match &activation {
            Activation::Pad => {
                demand_pad(&state)?;
                session.login(UserType::User, None)
            }
            Activation::Pin(pin) => session.login_with_raw(UserType::User, &pin.for_login(&state)?),
        };
        answer.or_else(|error| self.judge_login(error))?;
        let wanted = keeping == Keeping::Always || wants_pin_each_time(&session);
        let kept = wanted.then(|| Arc::new(Kept::new(activation)));
        Ok(Session { module: self.module.clone(), state, anchor: session, kept })
    }

    fn judge_login(&self, error: CryptokiError) -> Result<(), Error> {
        let CryptokiError::Pkcs11(code, _) = &error else { return Err(Error::from_call(error)) };
        match code {
            // Log-in belongs to the process and the token: another session of ours logged in before.
            RvError::UserAlreadyLoggedIn => Ok(()),
            RvError::PinLocked => Err(Error::PinLocked { whose: "PIN" }),
            RvError::PinIncorrect | RvError::PinInvalid => {
                let warning = self.module.token_state(self.state.slot).ok().and_then(|state| state.user_pin);
                Err(Error::PinIncorrect { warning, whose: "PIN" })
            }
            RvError::PinLenRange => Err(Error::PinLength {
                octets_max: self.state.pin_octets_max,
                octets_min: self.state.pin_octets_min,
                whose: "PIN",
            }),
            RvError::UserPinNotInitialized => Err(Error::PinNotSet { token: self.state.label.clone() }),
            _ => Err(Error::from_call(error)),
        }
    }
}

fn check_pin_state(state: &TokenState) -> Result<(), Error> {
    if state.user_pin == Some(PinWarning::Locked) {
        return Err(Error::PinLocked { whose: "PIN" });
    }
    match state.user_pin_state {
        UserPin::Missing => Err(Error::PinNotSet { token: state.label.clone() }),
        UserPin::Set => Ok(()),
    }
}

/// Whether a private key of the token wants the PIN for every signature. A token that does not know the attribute has
/// no such key.
fn wants_pin_each_time(session: &Cryptoki) -> bool {
    let template = [Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::AlwaysAuthenticate(true)];
    session.find_objects(&template).is_ok_and(|found| !found.is_empty())
}

impl Session {
    /// What the token said of itself at log-in.
    #[must_use]
    pub fn state(&self) -> &TokenState {
        &self.state
    }

    /// What the token says it can do with each kind of key.
    ///
    /// # Errors
    /// [`Error::SlotEmpty`].
    pub fn capabilities(&self) -> Result<Vec<Capability>, Error> {
        Ok(self.mechanisms()?.capabilities())
    }

    /// Makes a key pair in the token, for signing only, and reads it back. A pair that is not what was asked is
    /// destroyed again. The new key signs nothing here: a CA key signs certificates, CRLs and its own request alone.
    ///
    /// # Errors
    /// [`Error::MechanismMissing`], [`Error::WriteProtected`], [`Error::KeyNotAsAsked`], [`Error::PublicKey`].
    pub fn generate(&self, algorithm: KeyAlgorithm, label: &str) -> Result<TokenKey, Error> {
        if self.state.writing == Writing::Protected {
            return Err(Error::WriteProtected { token: self.state.label.clone() });
        }
        if self.mechanisms()?.capability(algorithm).generation == Support::Absent {
            return Err(Error::MechanismMissing { purpose: format!("generate {algorithm} keys") });
        }
        let id = self.unused_id()?;
        let (public, private) = key::generate(&self.anchor, algorithm, &id, label)?;
        let read = TokenKey::read(&self.anchor, id.clone(), private, Some(public), &Waiver::none()).and_then(
            |key| {
                if key.public_key().algorithm() == algorithm {
                    return Ok(key);
                }
                Err(Error::KeyNotAsAsked { findings: format!("it is no {algorithm} key"), key: id.clone() })
            },
        );
        read.map_err(|error| self.destroyed_after(error, &id, [public, private]))
    }

    /// The one private key with the identifier that a URI names, sound in all its attributes.
    ///
    /// # Errors
    /// [`Error::KeyNotNamed`], and as [`Session::find_id`].
    pub fn find(&self, uri: &TokenUri) -> Result<TokenKey, Error> {
        self.find_waiving(uri, &Waiver::none())
    }

    /// The same of a key that came from outside: what is waived of it is not demanded.
    ///
    /// # Errors
    /// As [`Session::find`].
    pub fn find_waiving(&self, uri: &TokenUri, waiver: &Waiver) -> Result<TokenKey, Error> {
        let key = self
            .find_id_waiving(&uri.id().ok_or_else(|| Error::KeyNotNamed { uri: uri.to_string() })?, waiver)?;
        // RFC 7512 §2.5: what is found has every attribute of a key that the URI names. Those of the token chose the token.
        match uri.object().map(Printable::new) {
            Some(label) if label != *key.label() => {
                Err(Error::KeyMissing { key: key.id().clone(), token: self.state.label.clone() })
            }
            Some(_) | None => Ok(key),
        }
    }

    /// The one private key with this identifier, sound in all its attributes.
    ///
    /// # Errors
    /// [`Error::KeyMissing`], [`Error::KeySeveral`], [`Error::KeyNotAsAsked`], [`Error::PublicKeyMissing`],
    /// [`Error::PublicKey`].
    pub fn find_id(&self, id: &KeyId) -> Result<TokenKey, Error> {
        self.find_id_waiving(id, &Waiver::none())
    }

    fn find_id_waiving(&self, id: &KeyId, waiver: &Waiver) -> Result<TokenKey, Error> {
        let private = self.only(ObjectClass::PRIVATE_KEY, "private key", id)?;
        let private =
            private.ok_or_else(|| Error::KeyMissing { key: id.clone(), token: self.state.label.clone() })?;
        let public = self.only(ObjectClass::PUBLIC_KEY, "public key", id)?;
        TokenKey::read(&self.anchor, id.clone(), private, public, waiver)
    }

    /// The identifiers of the private keys, each once. A key without one can be named by nothing.
    ///
    /// # Errors
    /// What the token answers.
    pub fn private_key_ids(&self) -> Result<BTreeSet<KeyId>, Error> {
        let mut ids = BTreeSet::new();
        for key in self
            .anchor
            .find_objects(&[Attribute::Class(ObjectClass::PRIVATE_KEY)])
            .map_err(Error::from_call)?
        {
            let attributes =
                self.anchor.get_attributes(key, &[AttributeType::Id]).map_err(Error::from_call)?;
            ids.extend(attributes.into_iter().filter_map(|attribute| match attribute {
                Attribute::Id(octets) => KeyId::new(octets).ok(),
                _ => None,
            }));
        }
        Ok(ids)
    }

    /// A signer for one thread, with a session of its own. For a key that wants its PIN for every signature
    /// ([`Authentication::EachSignature`]) it gives the token the log-in's activation data each time.
    ///
    /// # Errors
    /// [`Error::AlwaysAuthenticate`], [`Error::MechanismMissing`], and what opening a session answers.
    pub fn signer(&self, key: &TokenKey, algorithm: SignatureAlgorithm) -> Result<Signer, Error> {
        let reauthentication = match (key.authentication(), &self.kept) {
            (Authentication::Login, _) => None,
            (Authentication::EachSignature, None) => {
                return Err(Error::AlwaysAuthenticate { key: key.id().clone() });
            }
            (Authentication::EachSignature, Some(kept)) => {
                Some(Reauthentication::new(&self.module.path, Arc::clone(kept), self.state.clone())?)
            }
        };
        Signer::open(self.opening(key, algorithm)?, reauthentication)
    }

    /// Random octets of the token.
    ///
    /// # Errors
    /// [`Error::Pkcs11`], such as `CKR_RANDOM_NO_RNG`.
    pub fn random(&self, octets: usize) -> Result<Vec<u8>, Error> {
        let mut random = vec![0; octets];
        for part in random.chunks_mut(RANDOM_OCTETS_PER_CALL) {
            self.anchor.generate_random_slice(part).map_err(Error::from_call)?;
        }
        Ok(random)
    }

    fn mechanisms(&self) -> Result<Mechanisms, Error> {
        self.module.mechanisms(self.state.slot)
    }

    fn opening(&self, key: &TokenKey, algorithm: SignatureAlgorithm) -> Result<Opening, Error> {
        Ok(Opening {
            context: self.module.context.clone(),
            slot: numbered(self.state.slot)?,
            key: key.handle(),
            algorithm: key.public_key().algorithm(),
            means: self.mechanisms()?.means(key.public_key().algorithm(), algorithm)?,
        })
    }

    fn unused_id(&self) -> Result<KeyId, Error> {
        let id = KeyId::new(self.random(KEY_ID_OCTETS)?)?;
        let found =
            self.anchor.find_objects(&[Attribute::Id(id.as_octets().to_vec())]).map_err(Error::from_call)?;
        // A random number of 128 bits that stands in the token already is no random number.
        match found.len() {
            0 => Ok(id),
            count => Err(Error::KeySeveral { class: "any kind", count, key: id }),
        }
    }

    fn only(
        &self,
        class: ObjectClass,
        name: &'static str,
        id: &KeyId,
    ) -> Result<Option<ObjectHandle>, Error> {
        let template = [Attribute::Class(class), Attribute::Id(id.as_octets().to_vec())];
        let found = self.anchor.find_objects(&template).map_err(Error::from_call)?;
        match found.as_slice() {
            [] => Ok(None),
            [only] => Ok(Some(*only)),
            several => Err(Error::KeySeveral { class: name, count: several.len(), key: id.clone() }),
        }
    }

    /// Destroys a pair just made; where that fails too, the error says that the pair still stands in the token.
    fn destroyed_after(&self, error: Error, id: &KeyId, pair: [ObjectHandle; 2]) -> Error {
        let kept = pair.into_iter().filter(|&half| self.anchor.destroy_object(half).is_err()).count();
        if kept == 0 {
            return error;
        }
        Error::KeyNotAsAsked {
            findings: format!("{error}, and it could not be destroyed again"),
            key: id.clone(),
        }
    }
}
