//! Provisioning: initialising a token that is not initialised yet.

use cryptoki::error::{Error as CryptokiError, RvError};
use cryptoki::session::UserType;

use super::error::Error;
use super::module::{Module, numbered};
use super::pin::{Activation, SoActivation};
use super::slot::{Initialised, TokenState};
use super::uri::TokenUri;

/// Most octets of a token label (`CK_TOKEN_INFO.label`).
pub const LABEL_OCTETS_MAX: usize = 32;

impl Module {
    /// Gives a token its label, the security officer's PIN and the user's PIN. Refuses one that is initialised already:
    /// nothing here ever destroys a key. Returns the token's new state; its slot may have changed (`SoftHSM`).
    ///
    /// Both PINs are checked before the first change, so that a wrong length leaves the token as it was. A reader's
    /// own pad cannot be used here: such a reader comes with a tool that does.
    ///
    /// # Errors
    /// [`Error::AlreadyInitialised`], [`Error::LabelLength`], [`Error::PadProvisioning`], [`Error::PinLength`],
    /// [`Error::PinNotText`], [`Error::SlotEmpty`], [`Error::WriteProtected`].
    pub fn initialise(
        &self,
        slot: u64,
        label: &str,
        so: &SoActivation,
        user: &Activation,
    ) -> Result<TokenState, Error> {
        let state = self.token_state(slot)?;
        if state.initialised == Initialised::Yes {
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
        self.context.init_token(numbered(slot)?, &so, label).map_err(|error| judged(error, "SO PIN"))?;
        let slot = self.slot_of_fresh(slot, label)?;
        let session = self.context.open_rw_session(numbered(slot)?).map_err(Error::from_call)?;
        session.login(UserType::So, Some(&so)).map_err(|error| judged(error, "SO PIN"))?;
        session.init_pin(&user).map_err(|error| judged(error, "PIN"))?;
        session.logout().map_err(Error::from_call)?;
        drop(session);
        self.token_state(slot)
    }

    /// Where the token just initialised is now: `SoftHSM` gives it another slot when slots are listed next.
    fn slot_of_fresh(&self, slot: u64, label: &str) -> Result<u64, Error> {
        let uri = TokenUri::token(label);
        let fresh = |state: &TokenState| {
            state.initialised == Initialised::Yes
                && state.user_pin_state == super::slot::UserPin::Missing
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
