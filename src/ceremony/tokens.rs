//! Tokens: what is there, initialising one, what it can do and how fast.

use std::{path::Path, time::Instant};

use zeroize::Zeroizing;

use crate::{
    pki::{key::RsaScheme, text::Printable},
    token::{
        key::TokenKey,
        mechanism::Capability,
        module::Module,
        pin::{Activation, SoActivation},
        session::Session,
        slot::{SlotState, TokenState},
    },
};

use super::{
    error::Error,
    loose_keys::LooseKey,
    mark::TokenMark,
    opening::{Appliance, Custodian},
};

/// Signatures made to measure the token: enough to see its rate, few enough for a slow one.
const MEASURED_SIGNATURES: u32 = 50;

/// What a token can do.
#[derive(Clone, Debug)]
pub struct TokenCheck {
    /// Its state.
    pub state: TokenState,
    /// What it can do with each kind of key.
    pub capabilities: Vec<Capability>,
    /// The keys of this home's CAs.
    pub keys: Vec<CheckedKey>,
    /// Private keys that are of no CA here: others', or left behind by work that was killed before it was recorded.
    pub loose_keys: Vec<LooseKey>,
    /// What it keeps of the register.
    pub mark: TokenMark,
    /// Signatures a second with the audit key in one session; `None` where there is no audit key yet.
    pub audit_signatures_per_second: Option<f64>,
}

/// The key of a CA, as the check found it.
#[derive(Clone, Debug)]
pub struct CheckedKey {
    /// The CA's name.
    pub ca: String,
    /// What is wrong where it is not there, does not fit, or lacks what was not waived when its CA moved in.
    pub found: Result<(), String>,
    /// How it came from outside; `None` where it was made in the token.
    pub from_outside: Option<Printable>,
}

/// The module's slots.
///
/// # Errors
/// [`Error::Token`].
pub fn slots(module: &Path) -> Result<Vec<SlotState>, Error> {
    Ok(Module::load(module)?.slots()?)
}

/// A new PIN that was typed twice; `noun` is what it is called, such as "user PIN".
///
/// # Errors
/// [`Error::Usage`] where the two differ.
pub fn typed_twice(
    noun: &str,
    first: Zeroizing<Vec<u8>>,
    again: &Zeroizing<Vec<u8>>,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    if first != *again {
        return Err(Error::usage(
            format!("the {noun} was not typed the same twice"),
            "nothing was done to the token; begin again",
        ));
    }
    Ok(first)
}

/// Initialises the token in a slot whose token is not initialised yet.
///
/// # Errors
/// [`Error::Token`].
pub fn initialise_token(
    module: &Path,
    slot: u64,
    label: &str,
    security_officer: &SoActivation,
    user: &Activation,
) -> Result<TokenState, Error> {
    Ok(Module::load(module)?.initialise(slot, label, security_officer, user)?)
}

impl Appliance {
    /// What the home's token says of itself now, without logging in: no PIN, and no log-in of ours is disturbed.
    ///
    /// # Errors
    /// [`Error::Token`], also where the token is not there.
    pub fn token_state(&self) -> Result<TokenState, Error> {
        Ok(self.token()?.state().clone())
    }
}

/// Checks the home's token: mechanisms, the CAs' keys, the rate of the audit key. A CA's key signs nothing here.
///
/// # Errors
/// [`Error::Token`].
pub fn check_token(appliance: &Appliance, custodian: &mut Custodian<'_>) -> Result<TokenCheck, Error> {
    let session = appliance.login(custodian)?;
    let mark = appliance.token_mark(&session)?;
    let state = session.state().clone();
    let capabilities = session.capabilities()?;
    let mut keys = Vec::new();
    for record in appliance.authorities()? {
        let uri = appliance.authority_key_uri(&record.name)?;
        let fits = |key: TokenKey| Ok(key.matches(&record.public_key)?);
        let found = appliance.ca_key(&record.name, &uri, &session).and_then(fits);
        keys.push(CheckedKey {
            found: found.map_err(|error| error.to_string()),
            from_outside: appliance.adoption_told(&record.name)?,
            ca: record.name,
        });
    }
    let loose_keys = appliance.loose_keys(&session)?;
    let audit_signatures_per_second = if appliance.configuration().audit_key_uri().is_some() {
        Some(measured(appliance, &session)?)
    } else {
        None
    };
    Ok(TokenCheck { state, capabilities, keys, loose_keys, mark, audit_signatures_per_second })
}

/// Signatures a second with the audit key, the first of them checked.
fn measured(appliance: &Appliance, session: &Session) -> Result<f64, Error> {
    let key = appliance.audit_key(session)?;
    let algorithm = key.public_key().signing_algorithm(RsaScheme::Pkcs1);
    let mut signer = session.signer(&key, algorithm)?;
    let began = Instant::now();
    for number in 0..MEASURED_SIGNATURES {
        let message = format!("coldsign measurement 1\n{number}\n");
        let signature = signer.sign(message.as_bytes())?;
        if number == 0 {
            key.public_key().verify(algorithm, message.as_bytes(), &signature).map_err(|error| {
                Error::TokenOutput {
                    what: format!("the audit key's signature was not taken: {error}"),
                    hint: "do not use this token before it was looked at".to_owned(),
                }
            })?;
        }
    }
    Ok(f64::from(MEASURED_SIGNATURES) / began.elapsed().as_secs_f64())
}
