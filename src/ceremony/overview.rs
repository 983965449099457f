//! What stands on every screen: which home, which token, which CAs, and how far the register has come.

use crate::{
    pki::{fingerprint::Digest, text::Printable},
    register::Rehearsal,
    token::uri::TokenUri,
};

use super::{error::Error, opening::Appliance};

/// Words of the head that stand on every screen: enough to see at a glance that the register went on, or that it is not
/// the one it should be. Nothing is approved by them.
const HEAD_WORDS: usize = 3;

/// The appliance in a few words. Made from authority.toml and the register; the token is not touched.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Overview {
    /// Whether what is done counts.
    pub rehearsal: Rehearsal,
    /// The token's label as authority.toml names it; where it names none, its whole URI for the token.
    pub token_label: Printable,
    /// The token's serial number, where authority.toml names one for the token, or the same one for all its keys.
    pub token_serial: Option<Printable>,
    /// The CAs' names, in the order they were made.
    pub authorities: Vec<String>,
    /// The register's newest entry, from 1.
    pub entry: u64,
    /// Its hash, which stands for the whole history.
    pub head: Digest,
    /// The first three words of the hash.
    pub head_words: String,
}

impl Appliance {
    /// The appliance in a few words. Cheap: it can be asked after every step.
    ///
    /// # Errors
    /// [`Error::Register`]; [`Error::Token`] where a URI in authority.toml is not one.
    pub fn overview(&self) -> Result<Overview, Error> {
        let token = TokenUri::parse(self.configuration.token_uri())?;
        let head = self.register.head()?;
        let words = head.hash.words();
        let head_words: Vec<&str> = words.split(' ').take(HEAD_WORDS).collect();
        Ok(Overview {
            rehearsal: self.register.rehearsal(),
            token_label: token.label().unwrap_or_else(|| Printable::new(&token.to_string())),
            token_serial: token.serial().or(self.serial_of_keys()?),
            authorities: self.register.authorities()?.into_iter().map(|record| record.name).collect(),
            entry: head.entry,
            head: head.hash,
            head_words: head_words.join(" "),
        })
    }

    /// The serial number that all keys of authority.toml name; none where one names another, or none.
    fn serial_of_keys(&self) -> Result<Option<Printable>, Error> {
        let authorities = self.configuration.authorities().map(|(_, uri)| uri);
        let mut serials = authorities
            .chain(self.configuration.audit_key_uri())
            .map(|uri| Ok(TokenUri::parse(uri)?.serial()))
            .collect::<Result<Vec<_>, Error>>()?;
        serials.dedup();
        Ok(if serials.len() == 1 { serials.swap_remove(0) } else { None })
    }
}

#[cfg(test)]
mod tests {
    use std::{fmt::Write as _, fs, path::Path};

    use super::*;
    use crate::ceremony::{Home, Setup, setup};

    /// Label and serial number of a home whose authority.toml names its token and keys so.
    fn check(token: &str, keys: &[&str], label: &str, serial: Option<&str>) {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::new(folder.path().join("home"));
        let given = Setup {
            module: Path::new("/proc/self/exe"),
            token: "lab",
            serial: None,
            rehearsal: Rehearsal::Live,
        };
        setup(&home, &given).unwrap();
        let mut text = fs::read_to_string(home.configuration_path()).unwrap();
        text = text.replace("pkcs11:token=lab", token);
        for (number, key) in keys.iter().enumerate() {
            writeln!(text, "\n[authorities.ca{number}]\nkey = \"{key}\"").unwrap();
        }
        fs::write(home.configuration_path(), text).unwrap();
        let overview = Appliance::open(home).unwrap().overview().unwrap();
        assert_eq!(overview.rehearsal, Rehearsal::Live);
        assert_eq!(overview.token_label.as_str(), label);
        assert_eq!(overview.token_serial.as_ref().map(Printable::as_str), serial);
    }

    #[test]
    fn names_the_token_as_authority_toml_does() {
        let (one, other) = ("pkcs11:token=lab;serial=01;id=%01", "pkcs11:token=lab;serial=02;id=%02");
        check("pkcs11:token=lab", &[], "lab", None);
        check("pkcs11:token=lab", &[one, one], "lab", Some("01"));
        check("pkcs11:token=lab", &[one, other], "lab", None);
        check("pkcs11:token=lab", &[one, "pkcs11:token=lab;id=%03"], "lab", None);
        check("pkcs11:token=lab;serial=03", &[one], "lab", Some("03"));
        check("pkcs11:serial=03", &[], "pkcs11:serial=03", Some("03"));
        check("pkcs11:token=%1B[2J%E2%80%AE", &[], "\\u{1b}[2J\\u{202e}", None);
    }
}
