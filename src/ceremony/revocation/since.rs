//! What became of a plan's certificates since they were issued: whoever delivers them is told.

use crate::register::{self, RevokedCount, RevokedCounts, StoredPlan};

use super::{
    super::{
        error::Error,
        opening::Appliance,
        progress::{Phase, Watch},
    },
    RevokedRow,
};

/// Certificates that are named, at most: a large terminal has as many rows for them.
const NAMED_MAX: usize = 5;

/// Of a plan's certificates, those that are revoked or on hold now.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RevokedSince {
    /// How many.
    pub count: RevokedCount,
    /// The first of them.
    pub first: Vec<RevokedRow>,
}

impl Appliance {
    /// Which certificates of a plan are revoked or on hold now, and how many.
    ///
    /// # Errors
    /// [`Error::Register`].
    pub fn revoked_since(&self, plan: &StoredPlan) -> Result<RevokedSince, Error> {
        let (count, first) = self.register.revoked_of(plan, NAMED_MAX)?;
        let rows = first.into_iter().map(|found| self.revoked_row(&plan.authority, found));
        Ok(RevokedSince { count, first: rows.collect::<Result<_, _>>()? })
    }

    /// How many certificates of each plan are revoked or on hold now; `None` where the operator stopped the count.
    ///
    /// # Errors
    /// [`Error::Register`].
    pub fn revoked_counts(&self, watch: &mut Watch<'_>) -> Result<Option<RevokedCounts>, Error> {
        match self.register.revoked_counts(&mut |done| watch.step(Phase::Searching, done, None)) {
            Err(register::Error::Stopped) => Ok(None),
            counts => Ok(Some(counts?)),
        }
    }
}
