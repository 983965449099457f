//! Browsing: what was issued, numbered, page by page, found by serial number, key, digest or text.
//!
//! Begin with [`Appliance::catalogue`]; everything else is asked of it. Pages of any place, serial numbers and keys are
//! found at once, in ten million certificates too; a certificate's digest and a piece of text are looked for row by row,
//! under a watch, and a search that was stopped can be gone on with.

use std::ops::ControlFlow;

use rayon::prelude::*;

use crate::{
    pki::{
        crl::CrlSerial,
        fingerprint::{Digest, hex},
        name::Name,
        text::Printable,
        time::Time,
    },
    register::{self, Catalogue, IssuedCertificate, Listed, Place, Revoked, SerialPrefix, Stretch, Texts},
};

use super::{
    error::Error,
    opening::{Appliance, now},
    progress::{Phase, Watch},
};

/// Rows whose texts are held together, about a megabyte, and looked through on all cores before progress is told.
const TEXT_ROWS: u32 = 8_192;

/// Rows whose digests are compared before progress is told: they lie close together.
const DIGEST_ROWS: u32 = 65_536;

/// Longest source that is searched, in characters: twice what intake lets into the register.
const SOURCE_CHARS_MAX: usize = 65_536;

/// How a certificate stands now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CertificateState {
    /// Its validity has ended.
    Ended,
    /// It is on hold: it can be released or revoked.
    OnHold,
    /// It is revoked for ever.
    Revoked,
    /// Nothing stands against it.
    Valid,
}

impl CertificateState {
    fn of(revoked: Option<Revoked>, not_after: Time, now: Time) -> Self {
        match revoked {
            Some(Revoked::Revoked(_)) => Self::Revoked,
            _ if not_after < now => Self::Ended,
            Some(Revoked::Held(_)) => Self::OnHold,
            Some(Revoked::Released(_)) | None => Self::Valid,
        }
    }

    /// In a word or two, of at most seven letters.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::OnHold => "on hold",
            Self::Revoked => "revoked",
            Self::Valid => "valid",
        }
    }
}

/// A line about an issued certificate; harmless on a screen.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IssuedRow {
    /// Its number in the catalogue, from 1.
    pub number: u64,
    /// The serial number, hexadecimal digits.
    pub serial: String,
    /// The subject, RFC 4514.
    pub subject: Printable,
    /// Where the request came from.
    pub source: Printable,
    /// The authority that signed it.
    pub authority: String,
    /// The plan's id.
    pub plan: String,
    /// The place in the plan, from 1.
    pub index: u64,
    /// When it was recorded.
    pub issued: Time,
    /// notBefore.
    pub not_before: Time,
    /// notAfter.
    pub not_after: Time,
    /// SHA-256 of the `SubjectPublicKeyInfo`.
    pub spki_sha256: Digest,
    /// SHA-256 of the certificate.
    pub certificate_sha256: Digest,
    /// How it stood when it was looked up.
    pub state: CertificateState,
}

/// What a person looks for by.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum By {
    /// The SHA-256 of the certificate.
    Certificate,
    /// The SHA-256 of the key's `SubjectPublicKeyInfo`.
    Key,
    /// The beginning of the serial number.
    Serial,
    /// A part of the subject or of the source, as they are shown; case does not matter.
    Text,
}

impl By {
    /// How soon it is answered.
    #[must_use]
    pub fn pace(self) -> Pace {
        match self {
            Self::Key | Self::Serial => Pace::AtOnce,
            Self::Certificate | Self::Text => Pace::RowByRow,
        }
    }
}

/// What is looked for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Wanted(Inner);

#[derive(Clone, Debug, Eq, PartialEq)]
enum Inner {
    Certificate(Digest),
    Key(Digest),
    Serial(SerialPrefix),
    /// In lower case.
    Text(String),
}

/// Whether a search is answered by an index or reads row after row.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Pace {
    /// At once, however many rows there are.
    AtOnce,
    /// Seconds for millions of rows.
    RowByRow,
}

impl Wanted {
    /// Reads what a person typed.
    ///
    /// # Errors
    /// [`Error::Usage`] where it is nothing to look for.
    pub fn new(by: By, typed: &str) -> Result<Self, Error> {
        let typed = typed.trim();
        let digest = || {
            let digits: String = typed.chars().filter(|&c| c != ':').collect();
            Digest::from_hex(&digits.to_ascii_lowercase()).ok_or_else(|| {
                Error::usage("not a SHA-256", "give its 64 hexadecimal digits, with or without colons")
            })
        };
        Ok(Self(match by {
            By::Certificate => Inner::Certificate(digest()?),
            By::Key => Inner::Key(digest()?),
            By::Serial => Inner::Serial(SerialPrefix::from_hex(typed).ok_or_else(|| {
                Error::usage(
                    "not the beginning of a serial number",
                    "give 1 to 40 hexadecimal digits, with or without colons",
                )
            })?),
            By::Text if typed.is_empty() => {
                return Err(Error::usage(
                    "there is nothing to look for",
                    "type a part of a name or of a path",
                ));
            }
            By::Text => Inner::Text(typed.to_lowercase()),
        }))
    }
}

/// Where a search goes on.
#[derive(Clone, Debug)]
pub struct Rest(Onward);

#[derive(Clone, Debug)]
enum Onward {
    After(Place),
    Beginning,
    Line(Box<Listed>),
}

/// What a search found.
#[derive(Clone, Debug)]
pub struct Found {
    /// Certificates, at most as many as asked for.
    pub rows: Vec<IssuedRow>,
    /// Where to go on; `None` where all rows were looked through. With fewer rows than asked for, the operator stopped
    /// the search.
    pub rest: Option<Rest>,
}

impl Appliance {
    /// The issued certificates as they stand now, numbered. What is issued later is not in it: make another one then.
    ///
    /// # Errors
    /// [`Error::Register`], [`Error::Stopped`].
    pub fn catalogue(&self, watch: &mut Watch<'_>) -> Result<Catalogue, Error> {
        let made = self.register.catalogue(&mut |done, of| {
            watch.tell(Phase::Searching, done, Some(of));
            if watch.wants_stop() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        match made {
            Err(register::Error::Stopped) => Err(Error::Stopped {
                what: "the register was not read to its end; nothing was changed".to_owned(),
                hint: "open the register again".to_owned(),
            }),
            made => Ok(made?),
        }
    }

    /// Certificates from a number on, at most `limit`. The page before begins at the number less `limit`.
    ///
    /// # Errors
    /// [`Error::Register`].
    pub fn issued_page(&self, catalogue: &Catalogue, from: u64, limit: u32) -> Result<Vec<IssuedRow>, Error> {
        self.rows(self.register.catalogued(catalogue, from, limit)?)
    }

    /// The certificate of a number, whole, joined again from its parts and compared with the digest recorded.
    ///
    /// # Errors
    /// [`Error::Register`].
    pub fn issued_certificate(
        &self,
        catalogue: &Catalogue,
        number: u64,
    ) -> Result<Option<IssuedCertificate>, Error> {
        Ok(self.register.catalogued_certificate(catalogue, number)?)
    }

    /// Looks for certificates, from the beginning or where an earlier search ended, until `limit` are found. Serial
    /// numbers come in their own order, everything else by number. Where the operator stops the search, what was
    /// found until then is returned, with where to go on.
    ///
    /// # Errors
    /// [`Error::Register`].
    pub fn search_issued(
        &self,
        catalogue: &Catalogue,
        wanted: &Wanted,
        from: Option<&Rest>,
        limit: u32,
        watch: &mut Watch<'_>,
    ) -> Result<Found, Error> {
        let limit = limit.max(1);
        let (place, line) = match from.map(|rest| &rest.0) {
            None | Some(Onward::Beginning) => (None, None),
            Some(Onward::After(place)) => (Some(*place), None),
            Some(Onward::Line(line)) => (Some(line.place()), Some(&**line)),
        };
        let page = match &wanted.0 {
            Inner::Serial(prefix) => self.register.find_serial_prefix(catalogue, prefix, line, limit)?,
            Inner::Key(digest) => self.register.find_spki(catalogue, digest, place, limit)?,
            Inner::Certificate(digest) => {
                let found = self.look_through(catalogue, DIGEST_ROWS, place, 1, watch, &|stretch| {
                    Ok(self.register.find_certificate_in(stretch, digest)?.into_iter().collect())
                })?;
                // There is one certificate of a digest at most: once it is found, nothing is left to look for.
                return Ok(if found.rows.is_empty() { found } else { Found { rest: None, ..found } });
            }
            Inner::Text(needle) => {
                return self.look_through(catalogue, TEXT_ROWS, place, limit, watch, &|stretch| {
                    let texts = self.register.texts_in(stretch)?;
                    Ok(texts
                        .par_iter()
                        .filter(|texts| holds(texts, needle))
                        .map(|texts| texts.place)
                        .collect())
                });
            }
        };
        // A page that is not full is the last one.
        let rest = page.last().filter(|_| u32::try_from(page.len()).is_ok_and(|found| found == limit));
        let rest = rest.map(|(_, listed)| Rest(Onward::Line(Box::new(listed.clone()))));
        Ok(Found { rows: self.rows(page)?, rest })
    }

    /// Lines, each with how its certificate stands: an indexed look-up for each.
    fn rows(&self, lines: Vec<(u64, Listed)>) -> Result<Vec<IssuedRow>, Error> {
        let now = now()?;
        let line = |(number, listed): (u64, Listed)| {
            let state = self.state_of(&listed.authority, &listed.serial, listed.not_after, now)?;
            Ok(row((number, listed), state))
        };
        lines.into_iter().map(line).collect()
    }

    /// How a certificate of an authority stands now.
    pub(super) fn state_of(
        &self,
        authority: &str,
        serial: &[u8],
        not_after: Time,
        now: Time,
    ) -> Result<CertificateState, Error> {
        let serial = CrlSerial::from_octets(serial);
        let revoked = serial.map(|serial| self.register.revoked(authority, &serial)).transpose()?;
        Ok(CertificateState::of(revoked.flatten(), not_after, now))
    }

    /// Looks through stretch after stretch for the places that `find` tells.
    fn look_through(
        &self,
        catalogue: &Catalogue,
        rows: u32,
        mut after: Option<Place>,
        limit: u32,
        watch: &mut Watch<'_>,
        find: &dyn Fn(&Stretch) -> Result<Vec<Place>, Error>,
    ) -> Result<Found, Error> {
        let mut found = Vec::new();
        while let Some(stretch) = catalogue.stretch(after, rows) {
            watch.rest();
            if watch.wants_stop() {
                return Ok(Found {
                    rows: found,
                    rest: Some(Rest(after.map_or(Onward::Beginning, Onward::After))),
                });
            }
            for place in find(&stretch)? {
                let Some(line) = self.register.catalogued_at(catalogue, place)? else { continue };
                found.extend(self.rows(vec![line])?);
                if found.len() as u64 == u64::from(limit) {
                    return Ok(Found { rows: found, rest: Some(Rest(Onward::After(place))) });
                }
            }
            after = Some(stretch.end());
            watch.tell(Phase::Searching, stretch.done, Some(catalogue.issued()));
        }
        Ok(Found { rows: found, rest: None })
    }
}

/// Whether a row, as it is shown, holds a piece of text in lower case.
fn holds(texts: &Texts, needle: &str) -> bool {
    let source = Printable::with_limit(&texts.source, SOURCE_CHARS_MAX);
    source.as_str().to_lowercase().contains(needle)
        || Name::parse(&texts.subject)
            .is_ok_and(|subject| subject.to_printable().as_str().to_lowercase().contains(needle))
}

fn row((number, listed): (u64, Listed), state: CertificateState) -> IssuedRow {
    IssuedRow {
        number,
        serial: hex(&listed.serial),
        subject: listed.subject,
        source: Printable::new(&listed.source),
        authority: listed.authority,
        plan: listed.plan,
        index: listed.index,
        issued: listed.issued,
        not_before: listed.not_before,
        not_after: listed.not_after,
        spki_sha256: listed.spki_sha256,
        certificate_sha256: listed.certificate_sha256,
        state,
    }
}
