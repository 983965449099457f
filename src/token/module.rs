//! A PKCS#11 module: the library that a token's vendor supplies, loaded by its path.

use std::path::{Path, PathBuf};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Function, Pkcs11};
use cryptoki::error::{Error as CryptokiError, RvError};
use cryptoki::slot::Slot;

use crate::pki::text::Printable;

use super::error::Error;
use super::mechanism::Mechanisms;
use super::session::Token;
use super::slot::{Initialised, SlotState, TokenState, description};
use super::uri::TokenUri;

/// A loaded and initialised module. Never finalised by the program: sessions may still be open in other threads, and
/// the end of the process closes them all.
#[derive(Clone, Debug)]
pub struct Module {
    pub(super) context: Pkcs11,
    /// The library's path, symbolic links resolved.
    pub(super) path: PathBuf,
}

impl Module {
    /// Loads a module.
    ///
    /// # Errors
    /// [`Error::ModuleMissing`] where nothing is at the path, [`Error::ModuleRefused`] where the path is not absolute,
    /// the library logs PINs (`pkcs11-spy`), cannot be loaded, or does not initialise.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let shown = || Printable::from_octets(path.as_os_str().as_encoded_bytes());
        let refused = |why: String| Error::ModuleRefused { path: shown(), why };
        if !path.is_absolute() {
            return Err(refused("the path is not absolute".to_owned()));
        }
        // The name behind symbolic links counts as well as the name given.
        let real = path.canonicalize().map_err(|_| Error::ModuleMissing { path: shown() })?;
        if !real.is_file() {
            return Err(Error::ModuleMissing { path: shown() });
        }
        if is_spy(path) || is_spy(&real) {
            return Err(refused("a spy module writes the PIN to its log".to_owned()));
        }
        let context = Pkcs11::new(&real).map_err(|error| match error {
            // The loader's text may quote the file: it is text from outside.
            CryptokiError::LibraryLoading(error) => refused(Printable::new(&error.to_string()).to_string()),
            CryptokiError::MissingSymbol(_) => refused("it is a library, but not of PKCS#11".to_owned()),
            other => refused(Error::from_call(other).to_string()),
        })?;
        match context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            // The module was loaded before in this process.
            Ok(()) | Err(CryptokiError::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {
                Ok(Self { context, path: real })
            }
            Err(error) => Err(refused(Error::from_call(error).to_string())),
        }
    }

    /// All slots, with the tokens in them, in the module's order. A slot that cannot be described is listed with its
    /// trouble; it does not end the list.
    ///
    /// # Errors
    /// [`Error::Pkcs11`] where the module gives no list.
    pub fn slots(&self) -> Result<Vec<SlotState>, Error> {
        let slots = self.context.get_all_slots().map_err(Error::from_call)?;
        Ok(slots.into_iter().map(|slot| self.slot(slot)).collect())
    }

    /// The one initialised token that a URI names.
    ///
    /// # Errors
    /// [`Error::NoToken`], [`Error::SeveralTokens`].
    pub fn find(&self, uri: &TokenUri) -> Result<Token, Error> {
        let tokens: Vec<TokenState> = self
            .slots()?
            .into_iter()
            .filter_map(|slot| slot.token)
            .filter(|token| token.initialised == Initialised::Yes)
            .collect();
        let mut matching = tokens.iter().filter(|token| uri.matches(token));
        match (matching.next(), matching.count()) {
            (Some(token), 0) => Ok(Token::new(self.clone(), token.clone())),
            (None, _) => Err(Error::NoToken { seen: labels(&tokens), uri: uri.to_string() }),
            (Some(_), _) => {
                let slots =
                    tokens.iter().filter(|token| uri.matches(token)).map(|token| token.slot).collect();
                Err(Error::SeveralTokens { slots, uri: uri.to_string() })
            }
        }
    }

    /// The state of the token in a slot, read now.
    ///
    /// # Errors
    /// [`Error::SlotEmpty`], [`Error::Pkcs11`].
    pub fn token_state(&self, slot: u64) -> Result<TokenState, Error> {
        match self.context.get_token_info(numbered(slot)?) {
            Ok(info) => Ok(TokenState::from_info(slot, &info)),
            Err(CryptokiError::Pkcs11(
                RvError::SlotIdInvalid | RvError::TokenNotPresent | RvError::TokenNotRecognized,
                _,
            )) => Err(Error::SlotEmpty { slot }),
            Err(error) => Err(Error::from_call(error)),
        }
    }

    /// What the token in a slot can do.
    ///
    /// # Errors
    /// [`Error::SlotEmpty`].
    pub fn mechanisms(&self, slot: u64) -> Result<Mechanisms, Error> {
        Ok(Mechanisms::of(self.context.clone(), numbered(slot)?))
    }

    fn slot(&self, slot: Slot) -> SlotState {
        let mut state =
            SlotState { description: Printable::default(), slot: slot.id(), token: None, trouble: None };
        match self.context.get_slot_info(slot) {
            Ok(info) => state.description = description(&info),
            Err(error) => state.trouble = Some(Error::from_call(error).to_string()),
        }
        match self.context.get_token_info(slot) {
            Ok(info) => state.token = Some(TokenState::from_info(slot.id(), &info)),
            Err(CryptokiError::Pkcs11(RvError::TokenNotPresent, Function::GetTokenInfo)) => {}
            Err(error) => state.trouble = Some(Error::from_call(error).to_string()),
        }
        state
    }
}

pub(super) fn numbered(slot: u64) -> Result<Slot, Error> {
    Slot::try_from(slot).map_err(|_| Error::SlotEmpty { slot })
}

fn is_spy(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().to_ascii_lowercase().contains("spy"))
}

fn labels(tokens: &[TokenState]) -> String {
    if tokens.is_empty() {
        return "no initialised token".to_owned();
    }
    tokens.iter().map(|token| format!("`{}`", token.label)).collect::<Vec<_>>().join(", ")
}
