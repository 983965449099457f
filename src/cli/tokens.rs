//! `token list`, `token init` and `token check`.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::{
    ceremony::{
        self, Appliance, Capability, Error, Home, Initialised, PinEntry, PinWarning, SlotState, Support,
        TokenState, UserPin,
    },
    pki::text::Printable,
};

use super::{
    args::TokenCommand,
    exit::Exit,
    pin,
    render::{self, Form},
};

/// Runs a token command.
pub fn run(home: Result<Home, Error>, command: TokenCommand, form: Form) -> Result<Exit, Error> {
    match command {
        TokenCommand::List { module } => {
            for slot in ceremony::slots(&module_path(home, module)?)? {
                show_slot(&slot, form);
            }
            Ok(Exit::Done)
        }
        TokenCommand::Init { module, slot, label, so_pin_file, pin } => {
            let module = module_path(home, module)?;
            // A token initialised halfway counts wrong SO PINs: said before it is asked for.
            let slots = ceremony::slots(&module)?;
            let token = slots.iter().find(|found| found.slot == slot).and_then(|found| found.token.as_ref());
            if let Some(token) = token.filter(|token| token.initialised == Initialised::Yes)
                && let Some(warning) = token.so_pin_warning()
            {
                tell!("token {}: security officer: {warning}", token.label);
            }
            let security_officer = pin::new_so_pin(so_pin_file.as_deref())?;
            let user = pin::new_user_pin(pin.pin_file.as_deref())?;
            let state = ceremony::initialise_token(&module, slot, &label, &security_officer, &user)?;
            match form {
                Form::Json => render::value(&state_value(&state)),
                Form::Text => {
                    render::line(&format!("token {} initialised, serial {}", state.label, state.serial));
                }
            }
            Ok(Exit::Done)
        }
        TokenCommand::Check { pin } => check(home?, pin.pin_file, form),
    }
}

fn module_path(home: Result<Home, Error>, given: Option<PathBuf>) -> Result<PathBuf, Error> {
    if let Some(path) = given {
        return Ok(path);
    }
    let home = home?;
    if !home.is_set_up() {
        return Err(Error::usage(
            "there is no home that names a module",
            "name the PKCS#11 module with --module PATH, or make a home with coldsign setup",
        ));
    }
    let (_, configuration) = home.configuration()?;
    Ok(Path::new(configuration.token_module()).to_owned())
}

fn show_slot(slot: &SlotState, form: Form) {
    if form == Form::Json {
        render::value(&json!({
            "slot": slot.slot,
            "description": slot.description.as_str(),
            "token": slot.token.as_ref().map(state_value),
            "trouble": slot.trouble,
        }));
        return;
    }
    match &slot.token {
        None if slot.trouble.is_some() => {
            let trouble = slot.trouble.as_deref().unwrap_or_default();
            render::line(&format!("slot {}  {trouble}  {}", slot.slot, slot.description));
        }
        None => render::line(&format!("slot {}  no token  {}", slot.slot, slot.description)),
        Some(token) if token.initialised == Initialised::No => {
            render::line(&format!("slot {}  not initialised  {}", slot.slot, slot.description));
        }
        Some(token) => {
            render::line(&format!(
                "slot {}  token {}  serial {}  {} {}  user PIN {}",
                slot.slot,
                token.label,
                token.serial,
                token.manufacturer,
                token.model,
                pin_words(token),
            ));
        }
    }
}

/// The user PIN's state in words.
fn pin_words(token: &TokenState) -> &'static str {
    match token.user_pin_state {
        UserPin::Missing => "not set: run token init for this slot, with this label and its SO PIN",
        UserPin::Set => token.pin_warning().unwrap_or("ok"),
    }
}

fn state_value(state: &TokenState) -> Value {
    json!({
        "slot": state.slot,
        "label": state.label.as_str(),
        "serial": state.serial.as_str(),
        "manufacturer": state.manufacturer.as_str(),
        "model": state.model.as_str(),
        "initialised": state.initialised == Initialised::Yes,
        "user_pin_initialised": state.user_pin_state == UserPin::Set,
        "protected_path": state.pin_entry == PinEntry::ReaderPad,
        "pin_count_low": state.user_pin == Some(PinWarning::CountLow),
        "pin_final_try": state.user_pin == Some(PinWarning::FinalTry),
        "pin_locked": state.user_pin == Some(PinWarning::Locked),
    })
}

/// The kinds of key that the token makes and signs with.
fn algorithms(capabilities: &[Capability]) -> Vec<String> {
    capabilities
        .iter()
        .filter(|capability| capability.generation == Support::Present && !capability.signatures.is_empty())
        .map(|capability| capability.algorithm.to_string())
        .collect()
}

fn check(home: Home, pin_file: Option<PathBuf>, form: Form) -> Result<Exit, Error> {
    let appliance = Appliance::open_to_read(home)?;
    let check = ceremony::check_token(&appliance, &mut pin::custodian(pin_file))?;
    let sound = check.keys.iter().all(|key| key.found.is_ok());
    match form {
        Form::Json => render::value(&json!({
            "token": state_value(&check.state),
            "algorithms": algorithms(&check.capabilities),
            "keys": check.keys.iter().map(|key| json!({
                "ca": key.ca,
                "found": key.found.is_ok(),
                "problem": key.found.as_ref().err(),
                "key_from_outside": key.from_outside.as_ref().map(Printable::as_str),
            })).collect::<Vec<_>>(),
            "loose_keys": check.loose_keys.iter().map(|key| json!({
                "id": key.id,
                "label": key.label.as_str(),
                "algorithm": key.algorithm.map(|algorithm| algorithm.to_string()),
            })).collect::<Vec<_>>(),
            "register_mark": check.mark.entry(),
            "audit_signatures_per_second": check.audit_signatures_per_second,
        })),
        Form::Text => {
            render::line(&format!("token       {} serial {}", check.state.label, check.state.serial));
            render::line(&format!("algorithms  {}", algorithms(&check.capabilities).join(", ")));
            for key in &check.keys {
                let what = key.found.as_ref().map_or_else(String::as_str, |()| "found, fits its certificate");
                render::line(&format!("CA {}  {what}{}", key.ca, render::outside(key.from_outside.as_ref())));
            }
            for key in &check.loose_keys {
                render::line(&format!("key         {}", key.words()));
            }
            render::line(&format!("register    {}", check.mark.words()));
            if let Some(rate) = check.audit_signatures_per_second {
                render::line(&format!(
                    "rate        {rate:.0} signatures a second with the audit key, one session"
                ));
            }
        }
    }
    Ok(if sound { Exit::Done } else { Exit::SomeRefused })
}
