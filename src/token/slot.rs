//! Slots and the tokens in them, as the module describes them. All text of a token is [`Printable`] here; what is
//! compared with a URI is kept apart and shown nowhere.

use cryptoki::slot::{SlotInfo, TokenInfo};

use crate::pki::text::Printable;

/// A reader, and the token in it if there is one.
#[derive(Clone, Debug)]
pub struct SlotState {
    /// The reader's description.
    pub description: Printable,
    /// The slot's number, as this module counts.
    pub slot: u64,
    /// The token in it.
    pub token: Option<TokenState>,
    /// Why the slot or its token could not be described, where it could not.
    pub trouble: Option<String>,
}

/// What a token says of itself (`CK_TOKEN_INFO`), read anew by each call.
#[derive(Clone, Debug)]
pub struct TokenState {
    /// Firmware version, `major.minor`.
    pub firmware: String,
    /// Whether the token was given its label and SO PIN.
    pub initialised: Initialised,
    /// The label.
    pub label: Printable,
    /// The manufacturer's name.
    pub manufacturer: Printable,
    /// The model.
    pub model: Printable,
    /// How PINs reach the token.
    pub pin_entry: PinEntry,
    /// Most octets of a PIN that the token takes.
    pub pin_octets_max: usize,
    /// Fewest octets of a PIN that the token takes.
    pub pin_octets_min: usize,
    /// Whether the token has a random number generator of its own.
    pub rng: Rng,
    /// The serial number of the device.
    pub serial: Printable,
    /// The slot that it is in.
    pub slot: u64,
    /// What the token says of the tries left for the security officer's PIN.
    pub so_pin: Option<PinWarning>,
    /// What the token says of the tries left for the user's PIN.
    pub user_pin: Option<PinWarning>,
    /// Whether the user's PIN was set.
    pub user_pin_state: UserPin,
    /// Whether objects can be made in the token.
    pub writing: Writing,
    names: Names,
}

/// Whether a token is initialised.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Initialised {
    /// Not yet: it has neither label nor PINs.
    No,
    /// It is; to initialise it again destroys its keys.
    Yes,
}

/// How a PIN reaches the token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PinEntry {
    /// Through the program.
    Program,
    /// Through the reader's own pad (`CKF_PROTECTED_AUTHENTICATION_PATH`).
    ReaderPad,
}

/// Whether the token has a random number generator.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Rng {
    /// None.
    Absent,
    /// Its own.
    Present,
}

/// Whether the user's PIN was set.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum UserPin {
    /// It was not: nobody can log in yet.
    Missing,
    /// It was.
    Set,
}

/// Whether the token can be written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Writing {
    /// Objects can be made.
    Allowed,
    /// `CKF_WRITE_PROTECTED`.
    Protected,
}

/// What a token says of the tries that are left for a PIN, from least to most urgent.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum PinWarning {
    /// At least one wrong PIN was tried since the last right one.
    CountLow,
    /// One more wrong PIN locks it.
    FinalTry,
    /// It is locked.
    Locked,
}

impl PinWarning {
    /// The warning in words.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::CountLow => "a wrong PIN was tried since the last right one",
            Self::FinalTry => "only one try is left before the PIN locks",
            Self::Locked => "the PIN is locked now",
        }
    }

    pub(super) fn after_comma(warning: Option<Self>) -> String {
        // That a wrong one was tried goes without saying where one was tried just now.
        let warning = warning.filter(|warning| *warning != Self::CountLow);
        warning.map_or_else(String::new, |warning| format!(", {}", warning.text()))
    }
}

impl TokenState {
    /// What to say to a person before the user's PIN is asked for.
    #[must_use]
    pub fn pin_warning(&self) -> Option<&'static str> {
        self.user_pin.map(PinWarning::text)
    }

    /// What to say to a person before the security officer's PIN is asked for.
    #[must_use]
    pub fn so_pin_warning(&self) -> Option<&'static str> {
        self.so_pin.map(PinWarning::text)
    }

    pub(super) fn names(&self) -> &Names {
        &self.names
    }

    /// A token of which its texts alone are known. None of its flags is set: it is not initialised, has no PIN and no
    /// random numbers of its own, takes PINs from the program and can be written. Such a state opens nothing: only a
    /// session does, and that asks the token itself.
    #[must_use]
    pub fn new(slot: u64, texts: &TokenTexts<'_>) -> Self {
        let names = Names {
            label: trimmed(texts.label),
            manufacturer: trimmed(texts.manufacturer),
            model: trimmed(texts.model),
            serial: trimmed(texts.serial),
        };
        Self {
            firmware: String::new(),
            initialised: Initialised::No,
            label: Printable::new(&names.label),
            manufacturer: Printable::new(&names.manufacturer),
            model: Printable::new(&names.model),
            pin_entry: PinEntry::Program,
            pin_octets_max: 0,
            pin_octets_min: 0,
            rng: Rng::Absent,
            serial: Printable::new(&names.serial),
            slot,
            so_pin: None,
            user_pin: None,
            user_pin_state: UserPin::Missing,
            writing: Writing::Allowed,
            names,
        }
    }

    pub(super) fn from_info(slot: u64, info: &TokenInfo) -> Self {
        let texts = TokenTexts {
            label: info.label(),
            manufacturer: info.manufacturer_id(),
            model: info.model(),
            serial: info.serial_number(),
        };
        let firmware = info.firmware_version();
        Self {
            firmware: format!("{}.{}", firmware.major(), firmware.minor()),
            initialised: if info.token_initialized() { Initialised::Yes } else { Initialised::No },
            pin_entry: if info.protected_authentication_path() {
                PinEntry::ReaderPad
            } else {
                PinEntry::Program
            },
            pin_octets_max: info.max_pin_length(),
            pin_octets_min: info.min_pin_length(),
            rng: if info.rng() { Rng::Present } else { Rng::Absent },
            so_pin: most_urgent([
                (info.so_pin_count_low(), PinWarning::CountLow),
                (info.so_pin_final_try(), PinWarning::FinalTry),
                (info.so_pin_locked(), PinWarning::Locked),
            ]),
            user_pin: most_urgent([
                (info.user_pin_count_low(), PinWarning::CountLow),
                (info.user_pin_final_try(), PinWarning::FinalTry),
                (info.user_pin_locked(), PinWarning::Locked),
            ]),
            user_pin_state: if info.user_pin_initialized() { UserPin::Set } else { UserPin::Missing },
            writing: if info.write_protected() { Writing::Protected } else { Writing::Allowed },
            ..Self::new(slot, &texts)
        }
    }

    /// A token as most tests want it: initialised, its PIN set, with nothing behind it.
    #[cfg(test)]
    pub(crate) fn named(slot: u64, label: &str, serial: &str) -> Self {
        Self {
            initialised: Initialised::Yes,
            pin_octets_max: 255,
            pin_octets_min: 4,
            rng: Rng::Present,
            user_pin_state: UserPin::Set,
            ..Self::new(slot, &TokenTexts { label, manufacturer: "maker", model: "model", serial })
        }
    }
}

/// A token's texts as it gives them, of any characters; padding at their end is dropped.
#[derive(Clone, Copy, Debug)]
pub struct TokenTexts<'a> {
    /// Its label.
    pub label: &'a str,
    /// Its manufacturer's name.
    pub manufacturer: &'a str,
    /// Its model.
    pub model: &'a str,
    /// Its serial number.
    pub serial: &'a str,
}

/// A token's texts as they are, only to be compared.
#[derive(Clone, Debug)]
pub(super) struct Names {
    pub(super) label: String,
    pub(super) manufacturer: String,
    pub(super) model: String,
    pub(super) serial: String,
}

pub(super) fn description(info: &SlotInfo) -> Printable {
    Printable::new(&trimmed(info.slot_description()))
}

/// Fields are padded with blanks; some modules pad with NUL and leave old octets behind the first of them
/// (tpm2-pkcs11: `SW   TPM\0\0…`).
fn trimmed(text: &str) -> String {
    text.split('\0').next().unwrap_or_default().trim_end_matches(' ').to_owned()
}

fn most_urgent(said: [(bool, PinWarning); 3]) -> Option<PinWarning> {
    said.into_iter().filter(|(set, _)| *set).map(|(_, warning)| warning).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_most_urgent_warning() {
        use PinWarning::{CountLow, FinalTry, Locked};
        let said = |low, last, locked| most_urgent([(low, CountLow), (last, FinalTry), (locked, Locked)]);
        assert_eq!(said(false, false, false), None);
        assert_eq!(said(true, false, false), Some(CountLow));
        assert_eq!(said(true, true, false), Some(FinalTry));
        assert_eq!(said(true, true, true), Some(Locked));
    }

    #[test]
    fn drops_the_padding_of_fixed_fields() {
        assert_eq!(trimmed("label   "), "label");
        assert_eq!(trimmed("SW   TPM\0\0old"), "SW   TPM");
        assert_eq!(trimmed(" x"), " x");
    }
}
