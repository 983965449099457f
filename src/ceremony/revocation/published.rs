//! What was published after a copy of the register was made: CRLs that are brought, or the word that there are none.

use std::{collections::BTreeSet, path::Path};

use crate::register::{Brought, CrlScope, LaterCrls};

use super::super::{
    confirmed_ca::check_typed,
    error::Error,
    opening::{Appliance, now},
};
use super::{check_signs_crls, file::crl_pieces};

/// What is known of the CRLs of a CA that were published. Where an older register was accepted, the next CRL of each scope
/// waits for it.
#[derive(Clone, Debug, Default)]
pub struct PublishedCrls {
    /// Of these none was published that the register lacks: an officer says so, or brought its latest as the newest one.
    none: BTreeSet<CrlScope>,
}

impl PublishedCrls {
    /// An officer says that of these scopes no CRL of a CA was published that the register lacks, by typing the CA's name.
    ///
    /// # Errors
    /// [`Error::Usage`] where another name was typed.
    pub fn say_none(&mut self, ca: &str, typed: &str, scopes: &[CrlScope]) -> Result<(), Error> {
        check_typed(typed, ca, "nothing was said of the CRLs of", "say that none was published since")?;
        self.none.extend(scopes);
        Ok(())
    }

    /// What is said of those that the register does not have. One that was taken in says nothing: it is there now.
    pub(super) fn later(&self, scope: CrlScope) -> LaterCrls {
        if self.none.contains(&scope) { LaterCrls::None } else { LaterCrls::Unsaid }
    }
}

impl Appliance {
    /// The entry by which an older register was accepted, where the next CRL of a scope waits for what was published: one
    /// that is stored and not signed does not.
    ///
    /// # Errors
    /// [`Error::Register`].
    pub fn published_wanted(
        &self,
        ca: &str,
        scope: CrlScope,
        published: &PublishedCrls,
    ) -> Result<Option<u64>, Error> {
        if published.later(scope) == LaterCrls::None || self.register.unsigned_crl(ca, scope)?.is_some() {
            return Ok(None);
        }
        Ok(self.register.accepted_since_crl(ca, scope)?)
    }

    /// Takes in a CRL of the CA that was published and that this register does not have, because an older register was
    /// put back: its number goes on, its entries are recorded, and it is proved that it loses nothing. One that is the
    /// latest that the register has says that it lacks none. One that comes when the register has made a newer one says
    /// nothing of the others; what it lists is recorded.
    ///
    /// # Errors
    /// [`Error::Register`] with what is wrong; [`Error::Usage`] naming the file.
    pub fn recover_crl(
        &mut self,
        ca: &str,
        crl: &Path,
        published: &mut PublishedCrls,
    ) -> Result<Brought, Error> {
        let issuer = self.issuer(ca)?;
        check_signs_crls(&issuer, ca)?;
        let brought = self.register.recover_crl::<_, Error>(ca, &issuer, crl_pieces(crl)?, now()?)?;
        if let Brought::Latest(scope) = &brought {
            published.none.insert(*scope);
        }
        Ok(brought)
    }
}
