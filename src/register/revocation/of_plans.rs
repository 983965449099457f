//! Revocations seen from the plans: how many of a plan's certificates are revoked or on hold now, and which first.
//!
//! What is fewer is looked through, a plan's rows or its CA's revocations, and the other is found by an index; for all plans
//! it is the revocations.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::ControlFlow,
};

use rusqlite::Row;

use super::{Revoked, row};
use crate::{
    pki::{crl::CrlSerial, text::noun},
    register::{CrlScope, Register, crl::Pace, error::Error, plan::StoredPlan, row_key},
};

/// How many certificates of a plan are not good any more.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct RevokedCount {
    /// Those that are revoked.
    pub revoked: u64,
    /// Those that are on hold.
    pub held: u64,
}

impl RevokedCount {
    /// One more; the second column of the row says whether it is on hold.
    fn take(&mut self, row: &Row<'_>) -> Result<(), Error> {
        let of = if row.get(1)? { &mut self.held } else { &mut self.revoked };
        *of += 1;
        Ok(())
    }

    /// The same in words, of so many certificates, with numbers as the reader has them: `1 of 20 certificates is revoked
    /// since, and 1 is on hold`; `None` where all are good.
    #[must_use]
    pub fn words(&self, certificates: u64, written: impl Fn(u64) -> String) -> Option<String> {
        let is = |count| if count == 1 { "is" } else { "are" };
        let first = |count| {
            let noun = noun(certificates, "certificate");
            format!("{} of {} {noun} {}", written(count), written(certificates), is(count))
        };
        match (self.revoked, self.held) {
            (0, 0) => None,
            (0, held) => Some(format!("{} on hold", first(held))),
            (revoked, 0) => Some(format!("{} revoked since", first(revoked))),
            (revoked, held) => {
                Some(format!("{} revoked since, and {} {} on hold", first(revoked), written(held), is(held)))
            }
        }
    }
}

/// The same of all plans.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RevokedCounts(BTreeMap<i64, RevokedCount>);

impl RevokedCounts {
    /// Those of one plan.
    #[must_use]
    pub fn of(&self, plan: &StoredPlan) -> RevokedCount {
        self.0.get(&plan.number).copied().unwrap_or_default()
    }
}

/// What holds for a certificate, with its place among all revocations.
type Placed = (u64, CrlSerial, Revoked);

/// What holds now: it takes no certificate back into use, and nothing was recorded of the same one later.
const IN_FORCE: &str = "revocation.act <> 'released' AND NOT EXISTS (SELECT 1 FROM revocation AS later \
     WHERE later.authority = revocation.authority AND later.serial = revocation.serial \
     AND later.number > revocation.number)";

impl Register {
    /// How many certificates of each plan are revoked or on hold. All revocations are looked through, a million in tens of
    /// seconds: `watcher` hears how many were, and whether to go on is asked each time.
    ///
    /// # Errors
    /// [`Error::Damaged`]; [`Error::Stopped`] where the watcher broke off.
    pub fn revoked_counts(
        &self,
        watcher: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<RevokedCounts, Error> {
        let mut pace = Pace::new(watcher);
        // A row for each revocation, whatever it is of, so that none is passed over unheard. The plan's number out of the
        // key: the index of serial numbers has it, and no row of a planned certificate is read.
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT plan.number, revocation.act = 'held', plan.number IS NOT NULL AND {IN_FORCE} FROM revocation \
             LEFT JOIN planned ON planned.serial = revocation.serial \
             LEFT JOIN plan ON plan.number = planned.key >> 32 AND plan.authority = revocation.authority"
        ))?;
        let mut rows = statement.query(())?;
        let mut counts = BTreeMap::<_, RevokedCount>::new();
        while let Some(row) = rows.next()? {
            pace.step()?;
            if row.get(2)? {
                counts.entry(row.get(0)?).or_default().take(row)?;
            }
        }
        Ok(RevokedCounts(counts))
    }

    /// How many certificates of a plan are revoked or on hold; and what holds for those of which it was recorded first, at
    /// most `limit`, each with its place among all revocations.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn revoked_of(&self, plan: &StoredPlan, limit: usize) -> Result<(RevokedCount, Vec<Placed>), Error> {
        let revocations = self.revocations_after(&plan.authority, CrlScope::Full, 0)?;
        let tables = if plan.accepted < revocations {
            "planned CROSS JOIN revocation"
        } else {
            "revocation CROSS JOIN planned"
        };
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT revocation.number, revocation.act = 'held' FROM {tables} \
             WHERE revocation.serial = planned.serial AND revocation.authority = ?1 \
             AND planned.key > ?2 AND planned.key <= ?3 AND {IN_FORCE}"
        ))?;
        let range = (row_key(plan.number, 0), row_key(plan.number, u64::MAX));
        let mut rows = statement.query((&plan.authority, range.0, range.1))?;
        let (mut count, mut first) = (RevokedCount::default(), BTreeSet::new());
        while let Some(row) = rows.next()? {
            count.take(row)?;
            first.insert(row.get::<_, u32>(0)?);
            if first.len() > limit {
                first.pop_last();
            }
        }
        let found = first.into_iter().map(|place| {
            let (serial, revoked) = row(&self.connection, place)?;
            Ok((u64::from(place), serial, revoked))
        });
        Ok((count, found.collect::<Result<_, Error>>()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_revoked_and_what_is_held_is_told_apart() {
        let check = |revoked, held, expected: Option<&str>| {
            let words = RevokedCount { revoked, held }.words(20, |number| number.to_string());
            assert_eq!(words.as_deref(), expected);
        };
        check(0, 0, None);
        check(1, 0, Some("1 of 20 certificates is revoked since"));
        check(2, 0, Some("2 of 20 certificates are revoked since"));
        check(0, 1, Some("1 of 20 certificates is on hold"));
        check(3, 1, Some("3 of 20 certificates are revoked since, and 1 is on hold"));
    }
}
