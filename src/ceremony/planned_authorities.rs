//! The CAs that a plan makes: people who approve it are told so in words, because a certificate of a CA is no device's.

use crate::{
    pki::{plan, text::Printable},
    register::{self, StoredPlan},
};

use super::{error::Error, opening::Appliance};

/// Names told; a screen has a list of all.
const NAMES_MAX: u32 = 3;

/// What a plan says of the CAs that it makes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PlannedAuthorities {
    /// How many.
    pub count: u64,
    /// The subjects of the first ones.
    pub names: Vec<Printable>,
    /// How many CAs in a row may stand below each; `None` for any number.
    pub path_length: Option<u32>,
}

impl Appliance {
    /// The CAs that a plan makes, as the octets to be signed say it; `None` where it makes none. All certificates of a
    /// plan are made by one profile, so the first one speaks for all.
    ///
    /// # Errors
    /// [`Error::Register`].
    pub fn planned_authorities(&self, plan: &StoredPlan) -> Result<Option<PlannedAuthorities>, Error> {
        let tbs = self.register.planned_tbs(plan, 1)?;
        let terms = plan::authority_terms(&tbs).map_err(|error| {
            register::Error::Damaged(format!("the first certificate of plan {}: {error}", plan.id))
        })?;
        let Some(terms) = terms else { return Ok(None) };
        let names = self.planned_page(plan, 1, NAMES_MAX)?.into_iter().map(|row| row.subject).collect();
        Ok(Some(PlannedAuthorities { count: plan.accepted, names, path_length: terms.path_length }))
    }
}
