//! Withdrawal: a stored plan that is not wanted is put away. Nothing is deleted: the plan stays as it was stored, and
//! an entry says that it is never approved nor signed any more, and why.

use rusqlite::OptionalExtension as _;

use super::{
    Register,
    error::Error,
    journal::{self, Kind, time},
    plan::{PlanKind, StoredPlan},
    row_key,
};
use crate::pki::time::Time;

/// Longest reason, in characters: some lines that a person typed.
pub const REASON_CHARS_MAX: usize = 500;

/// When a plan was put away, and why.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Withdrawal {
    /// When.
    pub time: Time,
    /// Why, as it was typed.
    pub reason: String,
}

impl Register {
    /// Puts a plan away of which nothing is signed.
    ///
    /// # Errors
    /// [`Error::PlanNotWithdrawable`] for a CA's own certificate, [`Error::PlanSigned`], [`Error::PlanWithdrawn`],
    /// [`Error::PlanUnknown`], [`Error::WithdrawalReason`].
    pub fn withdraw(&mut self, plan: &StoredPlan, reason: &str, now: Time) -> Result<(), Error> {
        let plan = self.as_stored(plan)?;
        let reason = reason.trim();
        if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX {
            return Err(Error::WithdrawalReason);
        }
        match plan.kind {
            PlanKind::Batch | PlanKind::Cross | PlanKind::Verification => {}
            PlanKind::Link | PlanKind::Root => return Err(Error::PlanNotWithdrawable(plan.id)),
        }
        if self.withdrawn(&plan)?.is_some() {
            return Err(Error::PlanWithdrawn(plan.id));
        }
        let transaction = self.write()?;
        // In the transaction: nothing is recorded between the look and the entry.
        let signed: bool = transaction.query_row(
            "SELECT EXISTS (SELECT 1 FROM issued WHERE key > ?1 AND key <= ?2)",
            (row_key(plan.number, 0), row_key(plan.number, u64::MAX)),
            |row| row.get(0),
        )?;
        if signed {
            return Err(Error::PlanSigned(plan.id));
        }
        transaction.execute(
            "INSERT INTO withdrawal (entry, plan, time, reason) VALUES (?1, ?2, ?3, ?4)",
            (journal::next(&transaction)?, plan.number, now.unix(), reason),
        )?;
        journal::append(&transaction, Kind::Withdrawal, now)?;
        Ok(transaction.commit()?)
    }

    /// The withdrawal of a plan, where it was put away. It counts only where the journal binds it.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn withdrawn(&self, plan: &StoredPlan) -> Result<Option<Withdrawal>, Error> {
        let found: Option<(i64, i64, String)> = self
            .connection
            .prepare_cached("SELECT entry, time, reason FROM withdrawal WHERE plan = ?1")?
            .query_row([plan.number], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let Some((entry, at, reason)) = found else { return Ok(None) };
        journal::check_entry(&self.connection, entry, Kind::Withdrawal)?;
        Ok(Some(Withdrawal { time: time(at)?, reason }))
    }
}
