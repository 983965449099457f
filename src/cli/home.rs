//! `setup` and `profile`, and where the home is.

use std::{env, path::PathBuf};

use serde_json::json;

use crate::ceremony::{self, Error, Home, Rehearsal, Setup};

use super::{
    args::{ProfileCommand, SetupArguments},
    exit::Exit,
    render::{self, Form},
};

/// Says, to standard error, what of a home is open to others.
pub fn warn(home: &Home) {
    if let Some((what, hint)) = home.exposure() {
        tell!("warning: {what}");
        tell!("    {hint}");
    }
}

/// The home that was named, else `$COLDSIGN_HOME`, else the user's state folder.
///
/// # Errors
/// [`Error::Usage`] where no folder can be told.
pub fn find(given: Option<PathBuf>) -> Result<Home, Error> {
    let from = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    given
        .or_else(|| from("COLDSIGN_HOME"))
        .or_else(|| from("XDG_STATE_HOME").map(|state| state.join("coldsign")))
        .or_else(|| from("HOME").map(|home| home.join(".local/state/coldsign")))
        .map(Home::new)
        .ok_or_else(|| Error::usage("there is no home", "name one with --home DIR"))
}

/// `setup`.
pub fn setup(home: &Home, given: &SetupArguments, form: Form) -> Result<Exit, Error> {
    let rehearsal = if given.rehearsal { Rehearsal::Rehearsal } else { Rehearsal::Live };
    ceremony::setup(home, &Setup { module: &given.module, token: &given.token, serial: None, rehearsal })?;
    let configuration = ceremony::printable_path(&home.configuration_path());
    let register = ceremony::printable_path(&home.register_path());
    match form {
        Form::Json => render::value(&json!({
            "configuration": configuration.as_str(),
            "register": register.as_str(),
            "rehearsal": given.rehearsal,
        })),
        Form::Text => {
            render::line(&format!("configuration  {configuration}"));
            render::line(&format!("register       {register}"));
            tell!("next: coldsign token list, then token init or token check, then ca create or ca request");
        }
    }
    Ok(Exit::Done)
}

/// `profile list` and `profile show`: those of the home's authority.toml, or the built-in ones without a home.
pub fn profile(home: Result<Home, Error>, command: &ProfileCommand, form: Form) -> Result<Exit, Error> {
    let sections = ceremony::profile_sections(home.ok().filter(Home::is_set_up).as_ref())?;
    match command {
        ProfileCommand::List => {
            for section in &sections {
                match form {
                    Form::Json => {
                        render::value(&json!({ "profile": section.name, "summary": section.summary }));
                    }
                    Form::Text => render::line(&format!("{:<20} {}", section.name, section.summary)),
                }
            }
        }
        ProfileCommand::Show { name } => {
            let section = sections.iter().find(|section| section.name == *name).ok_or_else(|| {
                Error::usage("there is no profile of this name", "see coldsign profile list")
            })?;
            match form {
                Form::Json => render::value(&json!({ "profile": name, "toml": section.text })),
                Form::Text => render::line(section.text.trim_end()),
            }
        }
    }
    Ok(Exit::Done)
}
