//! Profiles by name: those of a home, or the built-in ones where there is no home.

use crate::{
    config,
    pki::{
        profile::{Approval, Profile, SubjectKind},
        text::Printable,
    },
};

use super::{
    error::Error,
    opening::{Appliance, Home},
};

/// The profile of this name: of the home's authority.toml, or built in where there is no home.
///
/// # Errors
/// [`Error::Usage`], [`Error::Configuration`].
pub fn profile_by_name(home: Option<&Home>, name: &str) -> Result<Profile, Error> {
    let found = match home {
        Some(home) => home.configuration()?.1.profile(name).cloned(),
        None => config::built_in(name),
    };
    found.ok_or_else(|| {
        Error::usage(format!("there is no profile {}", Printable::new(name)), "see coldsign profile list")
    })
}

/// A profile as people look at it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProfileSection {
    /// Its name.
    pub name: String,
    /// What it makes, in a few words.
    pub summary: String,
    /// Its section of authority.toml.
    pub text: String,
}

/// Every profile, in the order of authority.toml.
///
/// # Errors
/// [`Error::Usage`], [`Error::Configuration`].
pub fn profile_sections(home: Option<&Home>) -> Result<Vec<ProfileSection>, Error> {
    let (text, configuration) = if let Some(home) = home {
        home.configuration()?
    } else {
        let text = config::initial("/module.so", "pkcs11:token=TOKEN", config::Rehearsal::Real);
        let configuration = config::Authority::parse(&text)?;
        (text, configuration)
    };
    Ok(configuration.profiles().map(|profile| section(profile, &text)).collect())
}

fn section(profile: &Profile, text: &str) -> ProfileSection {
    ProfileSection {
        name: profile.name.clone(),
        summary: profile.summary(),
        text: config::profile_text(text, &profile.name),
    }
}

impl Appliance {
    /// The profiles that certificates for requests can be made by, in the order of authority.toml.
    pub fn request_profiles(&self) -> impl Iterator<Item = &Profile> {
        self.configuration().profiles().filter(|profile| profile.kind != SubjectKind::Root)
    }

    /// The profiles that cross-certificates can be made by, in the order of authority.toml.
    #[must_use]
    pub fn cross_profiles(&self) -> Vec<ProfileSection> {
        let of_ca = |profile: &&Profile| matches!(profile.kind, SubjectKind::SubordinateCa { .. });
        self.configuration().profiles().filter(of_ca).map(|profile| section(profile, &self.text)).collect()
    }

    /// Checks that scripts may issue under a profile, before any work is done.
    ///
    /// # Errors
    /// [`Error::NotApproved`].
    pub fn check_unattended(&self, profile: &str) -> Result<(), Error> {
        match self.profile(profile)?.approval {
            Approval::Unattended => Ok(()),
            Approval::Typed => Err(Error::NotApproved {
                what: format!("profile {profile} wants a typed approval"),
                hint: "approve with the plan's words; or set unattended = true in the profile".to_owned(),
            }),
        }
    }
}
