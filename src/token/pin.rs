//! PINs: activation data. They are never shown, copied, compared or kept longer than a log-in needs, and wiped when
//! dropped. Only keys that want the PIN for every signature make a session keep it (`Kept`).

use std::sync::{Mutex, PoisonError};

use cryptoki::error::{Error as CryptokiError, RvError};
use cryptoki::session::{Session as Cryptoki, UserType};
use cryptoki::types::{AuthPin, RawAuthPin};
use zeroize::Zeroizing;

use super::error::Error;
use super::slot::{PinEntry, TokenState};

/// Fewest octets of a PIN, whatever the token says.
pub const PIN_OCTETS_MIN: usize = 4;

/// Most octets of a PIN, whatever the token says (`SoftHSM`'s own limit; smart cards take 16 and fewer).
pub const PIN_OCTETS_MAX: usize = 255;

/// The user's PIN.
///
/// ```compile_fail
/// fn shown(pin: coldsign::token::pin::Pin) { println!("{pin:?}"); }
/// ```
/// ```compile_fail
/// fn copied(pin: &coldsign::token::pin::Pin) -> coldsign::token::pin::Pin { pin.clone() }
/// ```
pub struct Pin(Zeroizing<Vec<u8>>);

/// The security officer's PIN.
///
/// ```compile_fail
/// fn shown(pin: coldsign::token::pin::SoPin) { println!("{pin:?}"); }
/// ```
pub struct SoPin(Zeroizing<Vec<u8>>);

/// How the user's PIN reaches the token.
pub enum Activation {
    /// The reader asks on its own pad.
    Pad,
    /// Through the program.
    Pin(Pin),
}

/// How the security officer's PIN reaches the token.
pub enum SoActivation {
    /// The reader asks on its own pad.
    Pad,
    /// Through the program.
    Pin(SoPin),
}

/// Activation data that a session keeps for keys with `CKA_ALWAYS_AUTHENTICATE`, shared by its signers.
pub(super) struct Kept(Mutex<Option<Activation>>);

impl Kept {
    pub(super) fn new(activation: Activation) -> Self {
        Self(Mutex::new(Some(activation)))
    }

    /// Logs in for the operation that was just begun in a session (`CKU_CONTEXT_SPECIFIC`). What the token once did
    /// not take is wiped and tried no more, by none of the signers.
    pub(super) fn log_in(&self, session: &Cryptoki, state: &TokenState) -> Result<(), Error> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = match &*kept {
            None => return Err(Error::PinIncorrect { warning: None, whose: "PIN" }),
            Some(Activation::Pad) => session.login(UserType::ContextSpecific, None),
            Some(Activation::Pin(pin)) => {
                session.login_with_raw(UserType::ContextSpecific, &pin.for_login(state)?)
            }
        };
        answer.map_err(|error| {
            *kept = None;
            match error {
                CryptokiError::Pkcs11(RvError::PinIncorrect | RvError::PinInvalid, _) => {
                    Error::PinIncorrect { warning: None, whose: "PIN" }
                }
                CryptokiError::Pkcs11(RvError::PinLocked, _) => Error::PinLocked { whose: "PIN" },
                other => Error::from_call(other),
            }
        })
    }
}

impl Pin {
    /// Takes a PIN as it was typed, without its line end. Fill the buffer once, with room for [`PIN_OCTETS_MAX`]
    /// octets: a vector that grows leaves unwiped copies behind.
    ///
    /// # Errors
    /// [`Error::PinLength`] outside [`PIN_OCTETS_MIN`] to [`PIN_OCTETS_MAX`].
    pub fn new(octets: Zeroizing<Vec<u8>>) -> Result<Self, Error> {
        within("PIN", octets.len(), PIN_OCTETS_MIN, PIN_OCTETS_MAX)?;
        Ok(Self(octets))
    }

    pub(super) fn for_login(&self, state: &TokenState) -> Result<RawAuthPin, Error> {
        checked_against("PIN", self.0.len(), state)?;
        Ok(RawAuthPin::new(Box::new(self.0.to_vec())))
    }

    pub(super) fn to_set(&self, state: &TokenState) -> Result<AuthPin, Error> {
        checked_against("PIN", self.0.len(), state)?;
        as_text("PIN", &self.0)
    }
}

impl SoPin {
    /// Takes a PIN as it was typed, without its line end; see [`Pin::new`].
    ///
    /// # Errors
    /// [`Error::PinLength`] outside [`PIN_OCTETS_MIN`] to [`PIN_OCTETS_MAX`].
    pub fn new(octets: Zeroizing<Vec<u8>>) -> Result<Self, Error> {
        within("SO PIN", octets.len(), PIN_OCTETS_MIN, PIN_OCTETS_MAX)?;
        Ok(Self(octets))
    }

    pub(super) fn to_set(&self, state: &TokenState) -> Result<AuthPin, Error> {
        checked_against("SO PIN", self.0.len(), state)?;
        as_text("SO PIN", &self.0)
    }
}

/// Whether the reader has a pad to ask on.
pub(super) fn demand_pad(state: &TokenState) -> Result<(), Error> {
    match state.pin_entry {
        PinEntry::ReaderPad => Ok(()),
        PinEntry::Program => Err(Error::PadMissing { token: state.label.clone() }),
    }
}

fn checked_against(whose: &'static str, octets: usize, state: &TokenState) -> Result<(), Error> {
    // Some tokens leave the limits at zero.
    let octets_max = if state.pin_octets_max == 0 { PIN_OCTETS_MAX } else { state.pin_octets_max };
    within(whose, octets, state.pin_octets_min, octets_max)
}

fn within(whose: &'static str, octets: usize, octets_min: usize, octets_max: usize) -> Result<(), Error> {
    if (octets_min..=octets_max).contains(&octets) {
        Ok(())
    } else {
        Err(Error::PinLength { octets_max, octets_min, whose })
    }
}

fn as_text(whose: &'static str, octets: &[u8]) -> Result<AuthPin, Error> {
    let text = std::str::from_utf8(octets).map_err(|_| Error::PinNotText { whose })?;
    // A boxed str of exactly this size: shrinking a String would leave a copy behind.
    Ok(AuthPin::new(Box::<str>::from(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(octets: usize, expected: Result<(), &str>) {
        let made =
            Pin::new(Zeroizing::new(vec![b'1'; octets])).map(|_| ()).map_err(|error| error.to_string());
        assert_eq!(made, expected.map_err(str::to_owned), "{octets}");
    }

    #[test]
    fn takes_4_to_255_octets() {
        let why = "the PIN has fewer than 4 or more than 255 octets; it was not tried";
        check(0, Err(why));
        check(3, Err(why));
        check(4, Ok(()));
        check(255, Ok(()));
        check(256, Err(why));
    }

    #[test]
    fn checks_the_limits_of_the_token_before_any_try() {
        let mut state = TokenState::named(0, "lab", "1");
        state.pin_octets_min = 6;
        state.pin_octets_max = 8;
        for (octets, taken) in [(5, false), (6, true), (8, true), (9, false)] {
            let pin = Pin::new(Zeroizing::new(vec![b'1'; octets])).unwrap();
            assert_eq!(pin.for_login(&state).is_ok(), taken, "{octets}");
        }
        assert!(matches!(demand_pad(&state), Err(Error::PadMissing { .. })));
    }

    #[test]
    fn sets_only_a_pin_that_is_text() {
        let state = TokenState::named(0, "lab", "1");
        let pin = Pin::new(Zeroizing::new(vec![0xff; 6])).unwrap();
        assert!(pin.for_login(&state).is_ok());
        assert!(matches!(pin.to_set(&state), Err(Error::PinNotText { .. })));
    }
}
