//! Approval: who let which digest be signed.

use rusqlite::OptionalExtension as _;

use super::{
    Register,
    error::Error,
    journal::{self, Kind},
    mark,
    plan::StoredPlan,
};
use crate::pki::{profile::Approval, time::Time};

/// What a plan is approved by.
#[derive(Clone, Copy, Debug)]
pub enum Approver<'a> {
    /// An officer's command that names one certificate: a CA's own root, a link between two keys of one CA, or a
    /// verification certificate. No batch can
    /// be approved so.
    Command,
    /// The configuration: the plan's profile lets scripts issue.
    Unattended,
    /// An officer who typed these words.
    Words(&'a str),
}

/// A plan whose digest was approved; only such a plan can be signed. Made here only.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ApprovedPlan {
    plan: StoredPlan,
}

impl ApprovedPlan {
    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &StoredPlan {
        &self.plan
    }
}

impl Register {
    /// Records an approval of exactly this plan's digest.
    ///
    /// # Errors
    /// [`Error::Words`], [`Error::UnattendedNotAllowed`], [`Error::PlanUnknown`], [`Error::PlanWithdrawn`];
    /// [`Error::PlanBeforeOlder`] of a plan that only typed words approve, because its certificates may be out.
    pub fn approve(
        &mut self,
        plan: &StoredPlan,
        approver: Approver<'_>,
        now: Time,
    ) -> Result<ApprovedPlan, Error> {
        let plan = self.as_stored(plan)?;
        let method = match approver {
            Approver::Words(words) if plan.digest.matches_words(words) => "typed words",
            Approver::Words(_) => return Err(Error::Words(plan.id)),
            Approver::Command if plan.kind.takes_command() && plan.accepted == 1 => "command",
            Approver::Unattended if plan.approval == Approval::Unattended => "unattended profile",
            Approver::Command | Approver::Unattended => {
                return Err(Error::UnattendedNotAllowed(plan.profile));
            }
        };
        if self.withdrawn(&plan)?.is_some() {
            return Err(Error::PlanWithdrawn(plan.id));
        }
        if let (Some(accepted), Approver::Command | Approver::Unattended) =
            (self.older_behind_plan(&plan)?, approver)
        {
            return Err(Error::PlanBeforeOlder { plan: plan.id, accepted });
        }
        let transaction = self.write()?;
        transaction.execute(
            "INSERT INTO approval (entry, plan, time, method, digest) VALUES (?1, ?2, ?3, ?4, ?5)",
            (journal::next(&transaction)?, plan.number, now.unix(), method, plan.digest.as_octets()),
        )?;
        journal::append(&transaction, Kind::Approval, now)?;
        transaction.commit()?;
        Ok(ApprovedPlan { plan })
    }

    /// The plan as approved, where it was. The approval counts only where the journal binds it: a row that another
    /// program put into the table is no approval. None counts for a plan that was withdrawn, and none that was given before
    /// an older register was accepted, where something is left to sign: it may be signed and out already.
    ///
    /// # Errors
    /// [`Error::PlanUnknown`], [`Error::Damaged`].
    pub fn approved(&self, plan: &StoredPlan) -> Result<Option<ApprovedPlan>, Error> {
        let plan = self.as_stored(plan)?;
        if self.withdrawn(&plan)?.is_some() {
            return Ok(None);
        }
        let entry: Option<i64> = self
            .connection
            .query_row(
                "SELECT entry FROM approval WHERE plan = ?1 AND digest = ?2 ORDER BY entry DESC LIMIT 1",
                (plan.number, plan.digest.as_octets()),
                |row| row.get(0),
            )
            .optional()?;
        let Some(entry) = entry else { return Ok(None) };
        journal::check_entry(&self.connection, entry, Kind::Approval)?;
        if mark::accepted_behind(&self.connection, entry)?.is_some()
            && self.issued_count(&plan)? < plan.accepted
        {
            return Ok(None);
        }
        Ok(Some(ApprovedPlan { plan }))
    }

    /// The entry by which an older register was accepted after a plan was stored: what the plan names may be out already.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn older_behind_plan(&self, plan: &StoredPlan) -> Result<Option<u64>, Error> {
        let entry = self
            .connection
            .prepare_cached("SELECT entry FROM plan WHERE number = ?1")?
            .query_row([plan.number], |row| row.get(0))?;
        mark::accepted_behind(&self.connection, entry)
    }

    /// The plan as it stands in this register; a plan of another register, or one that a caller changed, is unknown.
    pub(super) fn as_stored(&self, plan: &StoredPlan) -> Result<StoredPlan, Error> {
        match self.plan(&plan.id)? {
            stored if stored == *plan => Ok(stored),
            _ => Err(Error::PlanUnknown(plan.id.clone())),
        }
    }
}
