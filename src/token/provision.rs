//! Provisioning: initialising a token that is not initialised yet.

use cryptoki::error::{Error as CryptokiError, RvError};
use cryptoki::session::UserType;
use cryptoki::types::AuthPin;

use crate::pki::text::Printable;

use super::error::Error;
use super::module::{Module, numbered};
use super::pin::{Activation, SoActivation};
use super::slot::{Initialised, PinWarning, TokenState, UserPin};
use super::uri::TokenUri;

/// Most octets of a token label (`CK_TOKEN_INFO.label`).
pub const LABEL_OCTETS_MAX: usize = 32;

impl Module {
    /// Gives a token its label, the security officer's PIN and the user's PIN. Refuses one that is initialised already:
    /// nothing here ever destroys a key. Returns the token's new state; its slot may have changed (`SoftHSM`).
    ///
    /// A token of this very label that has no user PIN yet, because an earlier attempt ended halfway, is not
    /// initialised again: it is given the user's PIN alone.
    ///
    /// Both PINs are checked before the first change, so that a wrong length leaves the token as it was. A reader's
    /// own pad cannot be used here: such a reader comes with a tool that does.
    ///
    /// # Errors
    /// [`Error::AlreadyInitialised`], [`Error::LabelLength`], [`Error::PadProvisioning`], [`Error::PinLength`],
    /// [`Error::PinNotText`], [`Error::PinLocked`], [`Error::SlotEmpty`]; [`Error::Unfinished`] where the token was
    /// initialised and the user's PIN could not be set.
    pub fn initialise(
        &self,
        slot: u64,
        label: &str,
        so: &SoActivation,
        user: &Activation,
    ) -> Result<TokenState, Error> {
        let state = self.token_state(slot)?;
        let halfway = state.initialised == Initialised::Yes
            && state.user_pin_state == UserPin::Missing
            && state.names().label == label;
        if state.initialised == Initialised::Yes && !halfway {
            return Err(Error::AlreadyInitialised { label: state.label, slot });
        }
        // Some tokens say that they are write-protected until the security officer is there: not a reason to refuse.
        if label.is_empty() || label.len() > LABEL_OCTETS_MAX {
            return Err(Error::LabelLength { octets: label.len() });
        }
        let (SoActivation::Pin(so), Activation::Pin(user)) = (so, user) else {
            return Err(Error::PadProvisioning);
        };
        let (so, user) = (so.to_set(&state)?, user.to_set(&state)?);
        // A token that has no SO PIN yet may call it locked (`SoftHSM`).
        if halfway && state.so_pin == Some(PinWarning::Locked) {
            return Err(Error::PinLocked { whose: "SO PIN" });
        }
        let slot = if halfway {
            slot
        } else {
            self.context.init_token(numbered(slot)?, &so, label).map_err(|error| judged(error, "SO PIN"))?;
            self.slot_of_fresh(slot, label)?
        };
        self.set_user_pin(slot, &so, &user)
            .map_err(|error| Error::Unfinished { source: Box::new(error), token: Printable::new(label) })?;
        self.token_state(slot)
    }

    fn set_user_pin(&self, slot: u64, so: &AuthPin, user: &AuthPin) -> Result<(), Error> {
        let session = self.context.open_rw_session(numbered(slot)?).map_err(Error::from_call)?;
        session.login(UserType::So, Some(so)).map_err(|error| judged(error, "SO PIN"))?;
        session.init_pin(user).map_err(|error| judged(error, "PIN"))?;
        session.logout().map_err(Error::from_call)
    }

    /// Where the token just initialised is now: `SoftHSM` gives it another slot when slots are listed next.
    fn slot_of_fresh(&self, slot: u64, label: &str) -> Result<u64, Error> {
        let uri = TokenUri::token(label);
        let fresh = |state: &TokenState| {
            state.initialised == Initialised::Yes
                && state.user_pin_state == UserPin::Missing
                && uri.matches(state)
        };
        let tokens: Vec<TokenState> =
            self.slots()?.into_iter().filter_map(|slot| slot.token).filter(fresh).collect();
        if tokens.iter().any(|token| token.slot == slot) {
            return Ok(slot);
        }
        match tokens.as_slice() {
            [only] => Ok(only.slot),
            [] => Err(Error::SlotEmpty { slot }),
            several => {
                let slots = several.iter().map(|token| token.slot).collect();
                Err(Error::SeveralTokens { slots, uri: uri.to_string() })
            }
        }
    }
}

fn judged(error: CryptokiError, whose: &'static str) -> Error {
    match error {
        CryptokiError::Pkcs11(RvError::PinIncorrect | RvError::PinInvalid, _) => {
            Error::PinIncorrect { warning: None, whose }
        }
        CryptokiError::Pkcs11(RvError::PinLocked, _) => Error::PinLocked { whose },
        other => Error::from_call(other),
    }
}
