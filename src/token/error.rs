//! What can go wrong with a token: each error says what is wrong, and [`Error::hint`] what to do.

use cryptoki::error::{Error as CryptokiError, RvError};
use thiserror::Error;

use crate::pki::key::{KeyAlgorithm, KeyError};
use crate::pki::text::Printable;

use super::slot::PinWarning;
use super::uri::KeyId;

/// A failure of a module, a token or a key. No variant carries a PIN.
#[derive(Debug, Error)]
pub enum Error {
    /// The slot's token is initialised: to initialise it again would destroy its keys.
    #[error("slot {slot} holds the initialised token `{label}`")]
    AlreadyInitialised {
        /// The token's label.
        label: Printable,
        /// The slot.
        slot: u64,
    },
    /// The key wants its PIN for every signature (`CKA_ALWAYS_AUTHENTICATE`), and the session did not keep it: no key
    /// of the token wanted that at log-in.
    #[error("key {key} wants its PIN for every signature")]
    AlwaysAuthenticate {
        /// The key's `CKA_ID`.
        key: KeyId,
    },
    /// The token is gone.
    #[error("the token was removed or does not answer")]
    DeviceRemoved,
    /// The key in the token is not the key of the certificate.
    #[error("key {key} in the token is not the key of the certificate")]
    KeyMismatch {
        /// The key's `CKA_ID`.
        key: KeyId,
    },
    /// No private key has this `CKA_ID`.
    #[error("token `{token}` has no private key {key}")]
    KeyMissing {
        /// The `CKA_ID` that was sought.
        key: KeyId,
        /// The token's label.
        token: Printable,
    },
    /// A key's attributes are not those of a CA key.
    #[error("key {key} is not a key to sign certificates with: {findings}")]
    KeyNotAsAsked {
        /// What is not as it must be, each after a comma.
        findings: String,
        /// The key's `CKA_ID`.
        key: KeyId,
    },
    /// A key URI names no key.
    #[error("`{uri}` names no key")]
    KeyNotNamed {
        /// The URI, percent-encoded and so harmless.
        uri: String,
    },
    /// Several objects claim to be this key.
    #[error("{count} objects of class {class} have the identifier {key}")]
    KeySeveral {
        /// `private key` or `public key`.
        class: &'static str,
        /// How many.
        count: usize,
        /// The `CKA_ID`.
        key: KeyId,
    },
    /// A token label is empty or longer than the 32 octets of `CK_TOKEN_INFO`.
    #[error("a token label has 1 to 32 octets, this one {octets}")]
    LabelLength {
        /// Octets of the label.
        octets: usize,
    },
    /// A mark was read back and is not what was written.
    #[error("the data object `{label}` is not what was written")]
    MarkAltered {
        /// Its label.
        label: Printable,
    },
    /// The token keeps no mark.
    #[error("token `{token}` keeps no mark of this register ({why})")]
    MarkRefused {
        /// The token's label.
        token: Printable,
        /// What it answered.
        why: Box<Error>,
    },
    /// The token has no mechanism for what was asked.
    #[error("the token cannot {purpose}")]
    MechanismMissing {
        /// What it was asked to do, as a verb: `generate P-521 keys`.
        purpose: String,
    },
    /// A message that the token must have whole, and that is too long for that.
    #[error("{octets} octets are too many to be signed by a key that needs them whole ({algorithm})")]
    MessageTooLong {
        /// The key's algorithm.
        algorithm: KeyAlgorithm,
        /// How many.
        octets: u64,
    },
    /// No such module.
    #[error("{path}: no such PKCS#11 module")]
    ModuleMissing {
        /// The path as given.
        path: Printable,
    },
    /// The module will not be used.
    #[error("{path}: not used as a PKCS#11 module: {why}")]
    ModuleRefused {
        /// The path as given.
        path: Printable,
        /// The reason.
        why: String,
    },
    /// No token answers to the URI.
    #[error("no token matches `{uri}`; seen: {seen}")]
    NoToken {
        /// Labels of the tokens that are there.
        seen: String,
        /// The URI, percent-encoded and so harmless.
        uri: String,
    },
    /// The reader was to ask for the PIN, and it has no pad.
    #[error("token `{token}` has no PIN pad of its own")]
    PadMissing {
        /// The token's label.
        token: Printable,
    },
    /// A token whose PINs are typed on its reader cannot be initialised from here.
    #[error("a reader's own pad cannot be used to initialise a token from here")]
    PadProvisioning,
    /// The PIN is wrong. It was tried once and will not be tried again by the program.
    #[error("the {whose} is wrong{}", PinWarning::after_comma(*.warning))]
    PinIncorrect {
        /// What the token says of the tries that are left.
        warning: Option<PinWarning>,
        /// `PIN` or `SO PIN`.
        whose: &'static str,
    },
    /// The PIN's length is outside what the token takes; it was not tried.
    #[error("the {whose} has fewer than {octets_min} or more than {octets_max} octets; it was not tried")]
    PinLength {
        /// Most octets.
        octets_max: usize,
        /// Fewest octets.
        octets_min: usize,
        /// `PIN` or `SO PIN`.
        whose: &'static str,
    },
    /// The PIN is locked.
    #[error("the {whose} is locked")]
    PinLocked {
        /// `PIN` or `SO PIN`.
        whose: &'static str,
    },
    /// The token has no user PIN yet.
    #[error("token `{token}` has no user PIN yet")]
    PinNotSet {
        /// The token's label.
        token: Printable,
    },
    /// A new PIN must be text in UTF-8 (PKCS#11 v2.40 §4.1: `CK_UTF8CHAR`).
    #[error("the new {whose} is not text in UTF-8")]
    PinNotText {
        /// `PIN` or `SO PIN`.
        whose: &'static str,
    },
    /// Another PKCS#11 call failed. Of a token that was pulled, modules tell this in many ways.
    #[error("the token did not do what was asked of it, or is not there any more ({call}: {code})")]
    Pkcs11 {
        /// The function, such as `C_Sign`.
        call: String,
        /// The return value, such as `CKR_DEVICE_MEMORY`.
        code: String,
    },
    /// The public half of a key is not to be had or not sound.
    #[error("the public half of key {key}: {source}")]
    PublicKey {
        /// The `CKA_ID`.
        key: KeyId,
        /// Why.
        source: KeyError,
    },
    /// The token shows no public half of the key.
    #[error("the token shows no public half of key {key}")]
    PublicKeyMissing {
        /// The `CKA_ID`.
        key: KeyId,
    },
    /// The session or its log-in is over.
    #[error("the session with the token is over")]
    SessionLost,
    /// More than one token answers to the URI.
    #[error("{} tokens match `{uri}`: slots {}", .slots.len(), listed(.slots))]
    SeveralTokens {
        /// Their slots.
        slots: Vec<u64>,
        /// The URI, percent-encoded and so harmless.
        uri: String,
    },
    /// A signature has not the length of its algorithm.
    #[error("the token returned a signature of {found} octets where {algorithm} has {expected}")]
    SignatureLength {
        /// The key's algorithm.
        algorithm: KeyAlgorithm,
        /// Octets that it must have.
        expected: usize,
        /// Octets that it has.
        found: usize,
    },
    /// No such slot, or no token in it.
    #[error("slot {slot} holds no token")]
    SlotEmpty {
        /// The slot.
        slot: u64,
    },
    /// The token was initialised, and then the user's PIN could not be set.
    #[error("token `{token}` is initialised, but its user PIN was not set: {source}")]
    Unfinished {
        /// Why.
        source: Box<Error>,
        /// The token's label.
        token: Printable,
    },
    /// A `pkcs11:` URI is not understood.
    #[error("not a pkcs11 URI that names a token: {why}")]
    Uri {
        /// What is wrong with it.
        why: String,
    },
    /// The token lets nothing be written.
    #[error("token `{token}` is write-protected")]
    WriteProtected {
        /// The token's label.
        token: Printable,
    },
}

impl Error {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::AlreadyInitialised { .. } => {
                "choose a slot whose token is not initialised, or erase this token with its own tool"
            }
            Self::AlwaysAuthenticate { .. } => {
                "begin the work again: the key came into the token after the log-in"
            }
            Self::DeviceRemoved => {
                "put the token back, wait until its reader is ready, and begin the work again; nothing signed is lost"
            }
            Self::KeyMismatch { .. } => {
                "insert the token that holds this CA's key, or correct the key URI of this CA in authority.toml"
            }
            Self::KeyMissing { .. } => "check that this is the right token, and the id in the CA's key URI",
            Self::KeyNotAsAsked { .. } => {
                "let `ca create` or `ca request` make a new key in the token; a key that ever stood outside comes with its CA, by `ca adopt`, or not at all"
            }
            Self::KeyNotNamed { .. } => "add id=… to the URI",
            Self::KeySeveral { .. } => {
                "remove or renumber the extra object with the token's own tool, so that one private and one public key have the id"
            }
            Self::LabelLength { .. } => "choose a label of 1 to 32 octets",
            Self::MarkAltered { .. } => {
                "remove it with the token's own tool; the next head that is signed is marked anew"
            }
            Self::MarkRefused { .. } => {
                "an older copy of this register would not be noticed with this token: compare its head with the one that was noted at closing before you sign"
            }
            Self::MechanismMissing { .. } => {
                "run `token check` to see what the token can do, and choose another algorithm"
            }
            Self::MessageTooLong { .. } => {
                "nothing was signed: a CRL so long needs a CA with an ECDSA or RSA key, in a token that signs digests"
            }
            Self::ModuleMissing { .. } => {
                "give the absolute path of the vendor's PKCS#11 library (SoftHSM: /usr/lib/softhsm/libsofthsm2.so)"
            }
            Self::ModuleRefused { .. } => "give the absolute path of the token vendor's own PKCS#11 library",
            Self::NoToken { .. } => "insert the token, or correct the URI; `token list` shows what is there",
            Self::PadMissing { .. } => "give the PIN here, at the keyboard",
            Self::PadProvisioning => "initialise it with the reader's own tool, or give both PINs here",
            Self::PinIncorrect { warning: Some(PinWarning::FinalTry | PinWarning::Locked), .. } => {
                "do not try again before you know the PIN for certain: after the last try the token locks"
            }
            Self::PinIncorrect { .. } => {
                "find out the right PIN first, then begin the work again: wrong tries are counted by the token"
            }
            Self::PinLength { .. } => "check the PIN: no try was used up",
            Self::PinLocked { whose: "PIN" } => "unlock it with the SO PIN and the token's own tool",
            Self::PinLocked { .. } => "ask the token's vendor: without its SO PIN a token can only be erased",
            Self::PinNotSet { .. } => {
                "run `token init` for its slot, with its label and its SO PIN: that sets the user PIN and erases nothing"
            }
            Self::PinNotText { .. } => "choose a PIN of letters and digits",
            Self::Pkcs11 { .. } => {
                "see that the token is in its reader and begin the work again, nothing signed is lost; if it fails again, run `token check` and look the code up in the token's manual"
            }
            Self::PublicKey { .. } => {
                "use a key of a supported algorithm: P-256, P-384, P-521, RSA of 2048 bits and more, Ed25519, ML-DSA"
            }
            Self::PublicKeyMissing { .. } => {
                "put the public key object back beside the private one, with the same id"
            }
            Self::SessionLost => "begin the work again and log in; nothing signed is lost",
            Self::SeveralTokens { .. } => {
                "remove the other token, or add serial=… to the URI; `token list` shows the serial numbers"
            }
            Self::SignatureLength { .. } => "do not use this token before its vendor explains it",
            Self::SlotEmpty { .. } => "insert a token, and choose a slot that `token list` shows",
            Self::Unfinished { .. } => {
                "run `token init` again for the slot that `token list` now shows it in, with the same label and SO PIN: it sets the user PIN and erases nothing"
            }
            Self::Uri { .. } => {
                "write it as pkcs11:token=LABEL;id=%01%02, with the id of the key in percent-encoded octets"
            }
            Self::WriteProtected { .. } => "lift the write protection with the token's own tool",
        }
    }

    /// From a failed call. Codes that a person can act on become variants of their own.
    pub(super) fn from_call(error: CryptokiError) -> Self {
        match error {
            CryptokiError::Pkcs11(
                RvError::DeviceRemoved | RvError::TokenNotPresent | RvError::DeviceError,
                _,
            ) => Self::DeviceRemoved,
            CryptokiError::Pkcs11(
                RvError::SessionHandleInvalid
                | RvError::SessionClosed
                | RvError::UserNotLoggedIn
                | RvError::CryptokiNotInitialized,
                _,
            ) => Self::SessionLost,
            CryptokiError::Pkcs11(code, call) => {
                Self::Pkcs11 { call: format!("C_{call:?}"), code: return_value(code) }
            }
            // These hold numbers and fixed words of the library, no text of the token.
            other => Self::Pkcs11 { call: "reading the module's answer".to_owned(), code: other.to_string() },
        }
    }
}

/// The name that PKCS#11 gives a return value, so that it can be looked up.
fn return_value(code: RvError) -> String {
    let name = match code {
        RvError::VendorDefined(value) => return format!("CKR_VENDOR_DEFINED {value:#x}"),
        RvError::UnknownErrorCode(value) => return format!("{value:#x}"),
        other => format!("{other:?}"),
    };
    let mut text = "CKR".to_owned();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            text.push('_');
        }
        text.push(letter.to_ascii_uppercase());
    }
    text
}

fn listed(slots: &[u64]) -> String {
    slots.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use cryptoki::context::Function;

    use super::*;

    fn check(code: RvError, expected: &str) {
        assert_eq!(Error::from_call(CryptokiError::Pkcs11(code, Function::Sign)).to_string(), expected);
    }

    #[test]
    fn names_return_values_as_the_standard_does() {
        check(
            RvError::DeviceMemory,
            "the token did not do what was asked of it, or is not there any more (C_Sign: CKR_DEVICE_MEMORY)",
        );
        check(
            RvError::FunctionFailed,
            "the token did not do what was asked of it, or is not there any more (C_Sign: CKR_FUNCTION_FAILED)",
        );
        check(
            RvError::UnknownErrorCode(0x208),
            "the token did not do what was asked of it, or is not there any more (C_Sign: 0x208)",
        );
        check(RvError::DeviceRemoved, "the token was removed or does not answer");
        check(RvError::SessionHandleInvalid, "the session with the token is over");
    }
}
