//! A CA that somebody confirmed: keys and certificates of CAs cannot be unmade, so nobody makes one by a single key on
//! a screen.

use crate::pki::{key::KeyAlgorithm, text::Printable};

use super::{error::Error, provisioning::NewCa};

/// What a new CA is to be, confirmed. Only from such a value are keys made.
#[derive(Clone, Debug)]
pub struct ConfirmedCa<'a>(NewCa<'a>);

impl<'a> NewCa<'a> {
    /// Confirms it by its name, typed once more after everything was shown. Blanks around it do not matter.
    ///
    /// # Errors
    /// [`Error::Usage`] where something else was typed.
    pub fn confirmed_by(self, typed: &str) -> Result<ConfirmedCa<'a>, Error> {
        check_typed(typed, self.name, "no key was made for", "make its key")?;
        Ok(ConfirmedCa(self))
    }

    /// Confirms it by the command that names it in full.
    #[must_use]
    pub fn commanded(self) -> ConfirmedCa<'a> {
        ConfirmedCa(self)
    }
}

impl<'a> ConfirmedCa<'a> {
    /// What was confirmed.
    #[must_use]
    pub fn new_ca(&self) -> &NewCa<'a> {
        &self.0
    }
}

/// A CA that is to be certified once more with the key that it has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Renewal<'a> {
    /// Its name here.
    pub name: &'a str,
}

/// A renewal, confirmed. Only by such a value does a CA's key sign for itself again.
#[derive(Clone, Copy, Debug)]
pub struct ConfirmedRenewal<'a>(Renewal<'a>);

impl<'a> Renewal<'a> {
    /// Confirms it by the CA's name, typed once more after everything was shown.
    ///
    /// # Errors
    /// [`Error::Usage`] where something else was typed.
    pub fn confirmed_by(self, typed: &str) -> Result<ConfirmedRenewal<'a>, Error> {
        check_typed(typed, self.name, "nothing was signed for", "renew it")?;
        Ok(ConfirmedRenewal(self))
    }

    /// Confirms it by the command that names it in full.
    #[must_use]
    pub fn commanded(self) -> ConfirmedRenewal<'a> {
        ConfirmedRenewal(self)
    }
}

impl<'a> ConfirmedRenewal<'a> {
    /// The CA's name here.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.0.name
    }
}

/// A new key that is to take the place of a CA's, under the same subject.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rekey<'a> {
    /// The CA whose place is taken.
    pub before: &'a str,
    /// The new one's name here.
    pub name: &'a str,
    /// Its key.
    pub key: KeyAlgorithm,
}

/// A re-key, confirmed. Only from such a value is the new key made.
#[derive(Clone, Copy, Debug)]
pub struct ConfirmedRekey<'a>(Rekey<'a>);

impl<'a> Rekey<'a> {
    /// Confirms it by the new CA's name, typed once more after everything was shown.
    ///
    /// # Errors
    /// [`Error::Usage`] where something else was typed.
    pub fn confirmed_by(self, typed: &str) -> Result<ConfirmedRekey<'a>, Error> {
        check_typed(typed, self.name, "no key was made for", "make its key")?;
        Ok(ConfirmedRekey(self))
    }

    /// Confirms it by the command that names it in full.
    #[must_use]
    pub fn commanded(self) -> ConfirmedRekey<'a> {
        ConfirmedRekey(self)
    }
}

impl<'a> ConfirmedRekey<'a> {
    /// What was confirmed.
    #[must_use]
    pub fn rekey(&self) -> Rekey<'a> {
        self.0
    }
}

/// Compares what was typed with a CA's name; blanks around it do not matter.
pub(super) fn check_typed(typed: &str, name: &str, undone: &str, to: &str) -> Result<(), Error> {
    if typed.trim() == name {
        return Ok(());
    }
    let name = Printable::new(name);
    Err(Error::usage(
        format!("the CA's name was not typed: {undone} {name}"),
        format!("type {name} to {to}, or go back"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::key::{Curve, KeyAlgorithm};

    fn confirmed(typed: &str) -> Result<String, String> {
        let new = NewCa { name: "root", key: KeyAlgorithm::Ec(Curve::P256), subject: "CN=Root" };
        new.confirmed_by(typed).map(|ca| ca.new_ca().name.to_owned()).map_err(|error| error.to_string())
    }

    #[test]
    fn only_its_own_name_confirms_a_ca() {
        assert_eq!(confirmed("root"), Ok("root".to_owned()));
        assert_eq!(confirmed(" root "), Ok("root".to_owned()));
        for wrong in ["", "roo", "Root", "root2", "y"] {
            assert_eq!(
                confirmed(wrong).unwrap_err(),
                "the CA's name was not typed: no key was made for root"
            );
        }
    }
}
