//! PINs: from a file, from a prompt, or from the reader's own pad, after the token's state was shown.

use std::path::{Path, PathBuf};

use crate::ceremony::{self, Activation, Error, Pin, PinEntry, SoActivation, SoPin, TokenState};

use super::{stop, terminal};

/// The user PIN's option.
pub const PIN_FILE: &str = "--pin-file";
/// The security officer's PIN's option.
pub const SO_PIN_FILE: &str = "--so-pin-file";

/// Supplies the user PIN once: from the file if one was named, else from the reader's pad or the prompt.
pub fn custodian(file: Option<PathBuf>) -> impl FnMut(&TokenState) -> Result<Activation, Error> {
    move |state| {
        if let Some(warning) = state.pin_warning() {
            tell!("token {}: {warning}", state.label);
        }
        let activation = match &file {
            Some(path) => Activation::Pin(Pin::new(terminal::pin_from_file(path, "user PIN")?)?),
            None if state.pin_entry == PinEntry::ReaderPad => {
                tell!("token {}: enter the user PIN on the reader's own pad", state.label);
                Activation::Pad
            }
            None => {
                let prompt = format!("user PIN of token {}", state.label);
                Activation::Pin(Pin::new(terminal::ask_pin(&prompt, PIN_FILE)?)?)
            }
        };
        // A process that ends inside the module can leave a token destroyed: SoftHSM rewrites its token's file while it
        // logs in.
        stop::heed_to_the_end();
        if stop::is_asked() {
            return Err(Error::Stopped {
                what: "the token was not logged in".to_owned(),
                hint: "run the command again".to_owned(),
            });
        }
        Ok(activation)
    }
}

/// Supplies a new user PIN for initialisation; typed twice at a prompt.
///
/// # Errors
/// [`Error::Usage`].
pub fn new_user_pin(file: Option<&Path>) -> Result<Activation, Error> {
    Ok(Activation::Pin(Pin::new(new_pin(file, "user PIN", PIN_FILE)?)?))
}

/// Supplies a new security officer's PIN for initialisation; typed twice at a prompt.
///
/// # Errors
/// [`Error::Usage`].
pub fn new_so_pin(file: Option<&Path>) -> Result<SoActivation, Error> {
    Ok(SoActivation::Pin(SoPin::new(new_pin(file, "security officer's PIN", SO_PIN_FILE)?)?))
}

fn new_pin(file: Option<&Path>, noun: &str, option: &str) -> Result<zeroize::Zeroizing<Vec<u8>>, Error> {
    if let Some(path) = file {
        return terminal::pin_from_file(path, noun);
    }
    let first = terminal::ask_pin(&format!("new {noun}"), option)?;
    let again = terminal::ask_pin(&format!("new {noun}, once more"), option)?;
    ceremony::typed_twice(noun, first, &again)
}
