//! Import: a CA that issued elsewhere moves in with its latest CRL and the list of what it issued.

use std::path::Path;

use crate::{
    pki::{crl::issued_list::IssuedList, crl::issued_list::ListError, text::Printable},
    register::{RevocationError, Takeover, TakeoverWriter},
};

use super::super::{
    confirmed_ca::check_typed,
    error::Error,
    opening::{Appliance, now, printable_path},
};
use super::{
    check_signs_crls,
    file::{crl_pieces, file_pieces},
};

/// What a CA that moves in did before.
#[derive(Clone, Copy, Debug)]
pub enum Past<'a> {
    /// Its latest full CRL, DER or PEM, and the list of what it issued, `index.txt` of `openssl ca`. Without one only what
    /// stands on the CRL is known, until a list is taken.
    Crl {
        /// The CRL.
        crl: &'a Path,
        /// The list.
        list: Option<&'a Path>,
    },
    /// It was imported before; this list adds to it.
    Imported(&'a Path),
    /// It never made a CRL.
    NoCrl {
        /// Its name, typed once more.
        typed: &'a str,
        /// The list of what it issued.
        list: Option<&'a Path>,
    },
}

impl<'a> Past<'a> {
    fn list(self) -> Option<&'a Path> {
        match self {
            Self::Crl { list, .. } | Self::NoCrl { list, .. } => list,
            Self::Imported(list) => Some(list),
        }
    }
}

/// What is imported.
#[derive(Clone, Copy, Debug)]
pub struct CrlImport<'a> {
    /// The CA's name here.
    pub ca: &'a str,
    /// What it did before.
    pub past: Past<'a>,
}

impl Appliance {
    /// Takes a CRL that was made elsewhere and the list of issued certificates that belongs to it: the CRL's signature
    /// verifies with the CA's key, its number goes on, its entries become recorded revocations, and the listed
    /// certificates are known from now on. All of it, or on any error nothing.
    ///
    /// # Errors
    /// [`Error::Register`] with what is wrong; [`Error::Usage`] naming the file, or where another name was typed.
    pub fn import_crl(&mut self, import: &CrlImport<'_>) -> Result<Takeover, Error> {
        let issuer = self.issuer(import.ca)?;
        check_signs_crls(&issuer, import.ca)?;
        let at = now()?;
        let mut taken = match import.past {
            Past::Crl { crl, .. } => {
                self.register.begin_takeover::<_, Error>(import.ca, &issuer, crl_pieces(crl)?, at)?
            }
            Past::Imported(_) => self.register.begin_listing(import.ca, at)?,
            Past::NoCrl { typed, .. } => {
                check_typed(typed, import.ca, "nothing was recorded of", "record that it never made a CRL")?;
                self.register.begin_takeover_without_crl(import.ca, at)?
            }
        };
        if let Some(list) = import.past.list() {
            read_list(list, &mut taken)?;
        }
        Ok(taken.store(&issuer, at)?)
    }
}

fn read_list(path: &Path, taken: &mut TakeoverWriter<'_>) -> Result<(), Error> {
    let mut lines = file_pieces(path)?;
    let listed = |error: ListError| named(path, &error.into());
    let mut list = IssuedList::default();
    while let Some(piece) = lines()? {
        for certificate in list.push(&piece).map_err(listed)? {
            taken.add(&certificate).map_err(|error| in_list(path, error))?;
        }
    }
    if let Some(certificate) = list.finish().map_err(listed)? {
        taken.add(&certificate).map_err(|error| in_list(path, error))?;
    }
    taken.end_list().map_err(|error| in_list(path, error))
}

/// Names the list in an error that a line of it caused.
fn in_list(path: &Path, error: crate::register::Error) -> Error {
    match error {
        crate::register::Error::Revocation(error) => named(path, &error),
        error => error.into(),
    }
}

fn named(path: &Path, error: &RevocationError) -> Error {
    let hint = error.hint();
    Error::usage(format!("{}: {}", printable_path(path), Printable::new(&error.to_string())), hint)
}
