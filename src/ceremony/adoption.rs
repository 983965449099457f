//! Adoption: a CA whose key was brought into the token from outside moves in.
//!
//! Of such a key the token cannot promise what it promises of one that it made. What it cannot promise is told in plain
//! words, an officer types the words that stand for exactly that, and the register keeps both; from then on every list,
//! plan and audit says it. That the token gives the key out to nobody from now on is demanded all the same.

use std::path::Path;

use crate::{
    config,
    pki::{
        certificate::Certificate,
        fingerprint::Digest,
        issuer::IssuingCa,
        key::PublicKey,
        text::{PRINTABLE_CHARS_MAX, Printable},
    },
    register::{self, Adoption, NewAdoption, NewAuthority, adoption_digest},
    token::{
        key::TokenKey,
        session::Session,
        uri::TokenUri,
        waiver::{Promise, Waiver},
    },
};

use super::{
    done::HeadAfter,
    error::Error,
    installation::{check_times, own_and_above, read_certificates},
    opening::{Appliance, Custodian, now, printable_path},
};

/// Longest text about where a key comes from, in characters: a few lines.
const ORIGIN_CHARS_MAX: usize = 400;

/// A CA that is to move in.
#[derive(Clone, Copy, Debug)]
pub struct Adoptee<'a> {
    /// Its name here.
    pub name: &'a str,
    /// Its key in this home's token, as an RFC 7512 URI with `id`.
    pub key_uri: &'a str,
    /// Its certificate.
    pub certificate: &'a Path,
    /// The certificates above it.
    pub chain: Option<&'a Path>,
    /// Where the key comes from: which machine or token, who brought it, when.
    pub origin: &'a str,
}

/// A CA that was looked at and can move in once its words are typed. Only [`Appliance::propose_adoption`] makes one.
#[derive(Clone, Debug)]
pub struct ProposedAdoption {
    name: String,
    key_uri: String,
    public_key: PublicKey,
    issuer: IssuingCa,
    origin: String,
    unpromised: Vec<Promise>,
}

impl ProposedAdoption {
    /// Its name here.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The CA as it would issue.
    #[must_use]
    pub fn issuer(&self) -> &IssuingCa {
        &self.issuer
    }

    /// What cannot be promised of its key, in plain words, each with the attribute that does not say it.
    #[must_use]
    pub fn unpromised(&self) -> Vec<(&'static str, &'static str)> {
        self.unpromised.iter().map(|promise| (promise.attribute(), promise.lack())).collect()
    }

    /// Where the key comes from, as it was said.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// What the words stand for: name, key, certificate and those above it, origin, and what cannot be promised.
    #[must_use]
    pub fn digest(&self) -> Digest {
        adoption_digest(&self.as_new(&self.waived()))
    }

    fn check_words(&self, words: &str) -> Result<(), Error> {
        if self.digest().matches_words(words) {
            return Ok(());
        }
        Err(Error::NotApproved {
            what: format!("nothing was recorded: the words for the key of {} were not typed", self.name),
            hint: "read what the token cannot promise, then give the twelve words with --words \"…\""
                .to_owned(),
        })
    }

    fn as_new<'a>(&'a self, waived: &'a [&'a str]) -> NewAdoption<'a> {
        let authority = NewAuthority {
            name: &self.name,
            key_uri: &self.key_uri,
            public_key: &self.public_key,
            request: None,
        };
        NewAdoption {
            authority,
            certificate: self.issuer.certificate(),
            chain: self.issuer.chain(),
            origin: &self.origin,
            waived,
        }
    }

    fn waived(&self) -> Vec<&'static str> {
        self.unpromised.iter().map(|promise| promise.attribute()).collect()
    }
}

/// What is told of a CA that is to move in, read and sound as far as that is seen without its key.
struct Told {
    origin: String,
    uri: TokenUri,
    certificates: Vec<Certificate>,
}

impl Appliance {
    /// Looks at a CA that is to move in: its key in the token, its certificate, the path above it. Nothing is recorded.
    ///
    /// # Errors
    /// [`Error::Authority`] with what does not fit; [`Error::Token`] where there is no such key, or the token would give
    /// it out; [`Error::Usage`].
    pub fn propose_adoption(
        &mut self,
        adoptee: &Adoptee<'_>,
        custodian: &mut Custodian<'_>,
    ) -> Result<(ProposedAdoption, Session), Error> {
        let told = self.told_of(adoptee)?;
        let session = self.login_to_make_keys(custodian)?;
        Ok((self.proposed(adoptee, told, &session)?, session))
    }

    /// The same in a session that stands already.
    ///
    /// # Errors
    /// As [`Appliance::propose_adoption`].
    pub fn propose_adoption_in(
        &self,
        adoptee: &Adoptee<'_>,
        session: &Session,
    ) -> Result<ProposedAdoption, Error> {
        self.proposed(adoptee, self.told_of(adoptee)?, session)
    }

    /// Checks what can be checked without the token.
    fn told_of(&self, adoptee: &Adoptee<'_>) -> Result<Told, Error> {
        self.check_free(adoptee.name)?;
        let origin = checked_origin(adoptee.origin)?;
        let uri = TokenUri::parse(adoptee.key_uri)?;
        let mut certificates = read_certificates(adoptee.certificate)?;
        if let Some(chain) = adoptee.chain {
            certificates.extend(read_certificates(chain)?);
        }
        Ok(Told { origin, uri, certificates })
    }

    fn proposed(
        &self,
        adoptee: &Adoptee<'_>,
        told: Told,
        session: &Session,
    ) -> Result<ProposedAdoption, Error> {
        if !told.uri.matches(session.state()) {
            return Err(Error::usage(
                format!("the key is to be in another token than this home's: {}", told.uri),
                "bring it into the token of this home (token check names it), and give its URI there",
            ));
        }
        let key = session.find_waiving(&told.uri, &Waiver::of(Promise::ALL))?;
        check_from_outside(&key)?;
        if let Some(known) =
            self.register.authorities()?.into_iter().find(|record| record.public_key == *key.public_key())
        {
            return Err(Error::authority(
                format!("CA {} has this key already", Printable::new(&known.name)),
                "go on with that CA: see Authorities, or coldsign ca list",
            ));
        }
        let file = printable_path(adoptee.certificate);
        let (own, chain) = own_and_above(self, told.certificates, key.public_key(), &file, adoptee.name)?;
        check_times(&own, now()?)?;
        let issuer = IssuingCa::new(own, chain).map_err(|what| {
            Error::authority(what, "give the CA's own certificate, and those above it with --chain")
        })?;
        Ok(ProposedAdoption {
            name: adoptee.name.to_owned(),
            key_uri: self.key_uri(&key, session)?,
            public_key: key.public_key().clone(),
            issuer,
            origin: told.origin,
            unpromised: key.unpromised().to_vec(),
        })
    }

    /// Lets the CA move in as [`Appliance::adopt`] does, with a log-in of its own once the words were found to be the right
    /// ones; the key in the token is looked at once more.
    ///
    /// # Errors
    /// As [`Appliance::adopt`]; [`Error::Token`].
    pub fn adopt_with_login(
        &mut self,
        proposed: &ProposedAdoption,
        words: &str,
        custodian: &mut Custodian<'_>,
    ) -> Result<HeadAfter, Error> {
        proposed.check_words(words)?;
        let session = self.login_to_make_keys(custodian)?;
        let waiver = Waiver::of(proposed.unpromised.iter().copied());
        let key = session.find_waiving(&TokenUri::parse(&proposed.key_uri)?, &waiver)?;
        key.matches(&proposed.public_key)?;
        self.adopt(proposed, words, &session)
    }

    /// Lets the CA move in, by the words that stand for what was proposed; then the audit key signs the register's head.
    ///
    /// # Errors
    /// [`Error::NotApproved`] where other words were typed; [`Error::Configuration`], [`Error::Register`].
    pub fn adopt(
        &mut self,
        proposed: &ProposedAdoption,
        words: &str,
        session: &Session,
    ) -> Result<HeadAfter, Error> {
        proposed.check_words(words)?;
        self.provision_audit_key(session)?;
        let text = config::with_authority(&self.text, &proposed.name, &proposed.key_uri)?;
        self.register.adopt_authority(&proposed.as_new(&proposed.waived()), words, now()?)?;
        // The register knows where the key is: without the line in authority.toml nothing is lost.
        let written = self.write_configuration(text);
        let head = self.close_head(session);
        written.map_err(|error| {
            let name = Printable::new(&proposed.name);
            Error::usage(
                format!("CA {name} has moved in and is recorded; only authority.toml does not name its key: {error}"),
                "make the home writable; the CA can be used as it is, the register knows its key",
            )
        })?;
        Ok(head)
    }

    /// How the key of a CA came from outside; `None` where it was made in the token.
    ///
    /// # Errors
    /// [`Error::Register`].
    pub fn adoption(&self, ca: &str) -> Result<Option<Adoption>, Error> {
        Ok(self.register.adoption(ca)?)
    }

    /// What every list and plan says of a CA whose key came from outside: since when, from where, what is not promised.
    ///
    /// # Errors
    /// [`Error::Register`].
    pub fn adoption_told(&self, ca: &str) -> Result<Option<Printable>, Error> {
        Ok(self.adoption(ca)?.map(|adoption| told(&adoption)))
    }

    /// The key of a CA in the token: one that was made there has every promise, one from outside all that was not waived.
    pub(super) fn ca_key(&self, ca: &str, uri: &TokenUri, session: &Session) -> Result<TokenKey, Error> {
        let waiver = match self.register.adoption(ca)? {
            None => Waiver::none(),
            Some(adoption) => Waiver::of(
                adoption
                    .waived
                    .iter()
                    .map(|name| Promise::from_attribute(name).ok_or_else(|| unknown(name)))
                    .collect::<Result<Vec<_>, _>>()?,
            ),
        };
        Ok(session.find_waiving(uri, &waiver)?)
    }
}

fn unknown(name: &str) -> Error {
    let what = format!("an adoption that waives {}, which is nothing that can be", Printable::new(name));
    Error::Register(register::Error::Damaged(what))
}

/// Checks that the token does not say of a key that it was made in it.
pub(super) fn check_from_outside(key: &TokenKey) -> Result<(), Error> {
    if key.unpromised().contains(&Promise::Local) {
        return Ok(());
    }
    Err(Error::usage(
        "the token says of this key that it was made in it: it did not come from outside",
        "make a CA's key with ca create or ca request, which record how it was made",
    ))
}

fn checked_origin(origin: &str) -> Result<String, Error> {
    let origin = origin.trim();
    let chars = origin.chars().count();
    if chars == 0 || chars > ORIGIN_CHARS_MAX || Printable::with_limit(origin, chars).as_str() != origin {
        return Err(Error::usage(
            format!("where the key comes from is not told in 1 to {ORIGIN_CHARS_MAX} plain characters"),
            "say from which machine or token it comes, who brought it, and when, in one line",
        ));
    }
    Ok(origin.to_owned())
}

/// An adoption in one line, behind words that say that the key came from outside. However long the origin is, what is not
/// promised stands behind it.
fn told(adoption: &Adoption) -> Printable {
    let text = format!(
        "since {} ({}); not promised: {}",
        adoption.time,
        adoption.origin,
        adoption.waived.join(", ")
    );
    Printable::with_limit(&text, ORIGIN_CHARS_MAX + PRINTABLE_CHARS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::time::Time;

    #[test]
    fn an_origin_of_any_length_that_is_taken_is_told_whole_and_the_waiver_behind_it() {
        for chars in [1, 256, 257, ORIGIN_CHARS_MAX] {
            let origin = "o".repeat(chars);
            assert_eq!(checked_origin(&origin).unwrap(), origin);
            let waived =
                Promise::ALL.iter().map(|promise| promise.attribute().to_owned()).collect::<Vec<_>>();
            let last = format!("({origin}); not promised: {}", waived.join(", "));
            let time = Time::from_unix(1_800_000_000).unwrap();
            let adoption = Adoption { time, origin, waived, digest: Digest::of(b"") };
            let line = told(&adoption);
            assert!(line.as_str().ends_with(&last), "{line}");
        }
        for refused in ["o".repeat(ORIGIN_CHARS_MAX + 1), "two\nlines".to_owned(), " ".to_owned()] {
            assert!(checked_origin(&refused).is_err(), "{refused}");
        }
    }
}
