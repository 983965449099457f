//! What the worker does with modules and tokens.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::{
    ceremony::{
        self, Activation, Appliance, Custodian, Error, Initialised, Pin, PinEntry, SoActivation, SoPin,
        TokenState,
    },
    pki::text::Printable,
    tui::{
        message::{Message, PinAsk, PinLasts},
        model::Login,
        work::tokens::{TokenJob, TokenNews},
    },
};

use super::{Worker, no_home};

/// A PIN that is set: what it is called when it is typed, when it is typed again, and in what is said of it.
struct NewPin {
    first: &'static str,
    again: &'static str,
    noun: &'static str,
}

const NEW_SO_PIN: NewPin = NewPin {
    first: "new security officer's PIN",
    again: "new security officer's PIN, once more",
    noun: "security officer's PIN",
};

const NEW_USER_PIN: NewPin =
    NewPin { first: "new user PIN", again: "new user PIN, once more", noun: "user PIN" };

impl Worker {
    /// Does something with a module or a token.
    pub(super) fn attend(&mut self, job: TokenJob) -> Result<TokenNews, Error> {
        match job {
            TokenJob::Modules => Ok(TokenNews::Modules(ceremony::known_modules())),
            TokenJob::Slots(module) => {
                let module = match module {
                    Some(module) => module,
                    None => PathBuf::from(self.appliance()?.configuration().token_module()),
                };
                Ok(TokenNews::Slots { slots: ceremony::slots(&module)?, module })
            }
            TokenJob::Initialise { module, slot, label } => {
                // No log-in of ours stands while a token is made anew.
                self.log_out();
                let state = self.initialise(&module, slot, &label)?;
                Ok(TokenNews::Initialised { module, state })
            }
            TokenJob::Check => {
                let check = self
                    .with_own_login("to check what it can do and how fast", |home, custodian| {
                        ceremony::check_token(home, custodian)
                    })?;
                self.audit_signatures_per_second = check.audit_signatures_per_second;
                Ok(TokenNews::Checked(check))
            }
        }
    }

    /// Does work that logs in by itself: a session of ours is closed before, and none stands after it.
    pub(super) fn with_own_login<T>(
        &mut self,
        purpose: &str,
        work: impl FnOnce(&mut Appliance, &mut Custodian<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.log_out();
        // The appliance is lent to the work while this worker answers for the PIN.
        let mut appliance = self.appliance.take().ok_or_else(no_home)?;
        let mut custodian = |state: &TokenState| {
            let activation = self.user_pin(state, purpose, PinLasts::Once)?;
            // What a pad says to the token is not seen here: its dialog stands until the work is done.
            if let Activation::Pin(_) = activation {
                let _ = self.messages.send(Message::Login(Login::In));
            }
            Ok(activation)
        };
        let done = work(&mut appliance, &mut custodian);
        self.appliance = Some(appliance);
        self.log_out();
        // The PIN that was given may have ended what was said of a wrong one, or begun it.
        self.look_at_token();
        done
    }

    fn initialise(&self, module: &Path, slot: u64, label: &str) -> Result<TokenState, Error> {
        let slots = ceremony::slots(module)?;
        let Some(state) = slots.into_iter().find(|found| found.slot == slot).and_then(|found| found.token)
        else {
            return Err(Error::usage(
                format!("there is no token in slot {slot} any more"),
                "put the token back in and look again",
            ));
        };
        let (security_officer, user) = match state.pin_entry {
            PinEntry::ReaderPad => (SoActivation::Pad, Activation::Pad),
            PinEntry::Program => {
                let ask = |noun: &'static str| PinAsk {
                    noun,
                    label: Printable::new(label),
                    serial: state.serial.clone(),
                    purpose: format!("to initialise the token in slot {slot}"),
                    warning: None,
                    entry: PinEntry::Program,
                    lasts: PinLasts::Once,
                };
                let security_officer = match state.initialised {
                    Initialised::No => self.typed_twice(&NEW_SO_PIN, ask)?,
                    // Its making was interrupted: it has this PIN already and counts wrong ones.
                    Initialised::Yes => self.typed_pin(PinAsk {
                        warning: state.so_pin_warning(),
                        ..ask("security officer's PIN")
                    })?,
                };
                let security_officer = SoActivation::Pin(SoPin::new(security_officer)?);
                let user = Activation::Pin(Pin::new(self.typed_twice(&NEW_USER_PIN, ask)?)?);
                (security_officer, user)
            }
        };
        self.door.close();
        ceremony::initialise_token(module, slot, label, &security_officer, &user)
    }

    fn typed_twice(
        &self,
        new: &NewPin,
        ask: impl Fn(&'static str) -> PinAsk,
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        let first = self.typed_pin(ask(new.first))?;
        let again = self.typed_pin(ask(new.again))?;
        ceremony::typed_twice(new.noun, first, &again)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Arc, mpsc::channel},
        thread,
    };

    use super::*;
    use crate::{
        ceremony::{Home, Reins},
        tui::{key::Key, pin_door::PinDoor},
    };

    /// What comes of a new PIN that is typed so, the first time and once more.
    fn typed(first: &str, again: &str) -> Result<Vec<u8>, String> {
        let (messages, asked) = channel();
        let (door, pins) = PinDoor::new(messages.clone());
        let door = Arc::new(door);
        let home = Home::new("/nowhere".into());
        let worker = Worker::new(home, messages, Arc::clone(&door), pins, Arc::new(Reins::new()));
        let typed = [first.to_owned(), again.to_owned()];
        let person = thread::spawn(move || {
            for text in typed {
                while !matches!(asked.recv(), Ok(Message::PinWanted(_))) {}
                for c in text.chars() {
                    door.take(Key::Char(c));
                }
                door.take(Key::Enter);
            }
        });
        let ask = |noun: &'static str| PinAsk {
            noun,
            label: Printable::new("lab"),
            serial: Printable::new("01"),
            purpose: String::new(),
            warning: None,
            entry: PinEntry::Program,
            lasts: PinLasts::Once,
        };
        let pin = worker.typed_twice(&NEW_USER_PIN, ask);
        person.join().unwrap();
        pin.map(|pin| pin.to_vec()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_new_pin_is_taken_when_it_was_typed_the_same_twice() {
        assert_eq!(typed("31415926", "31415926"), Ok(b"31415926".to_vec()));
        assert_eq!(
            typed("31415926", "31415927"),
            Err("the user PIN was not typed the same twice".to_owned())
        );
    }
}
