//! Withdrawal: a stored plan that is not wanted is put away, with a reason. It is neither approved nor signed any more.

use crate::{
    pki::{text::Printable, time::Time},
    register::{self, StoredPlan},
};

use super::{
    error::Error,
    opening::{Appliance, now},
};

/// When a plan was put away, and why.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Withdrawn {
    /// When.
    pub time: Time,
    /// Why.
    pub reason: Printable,
}

impl Appliance {
    /// Puts a plan away of which nothing is signed. The register keeps it, and the reason.
    ///
    /// # Errors
    /// [`Error::Register`] where anything of it is signed, for the plan of a CA's own certificate, and without a reason;
    /// [`Error::Usage`] where it was put away already.
    pub fn withdraw(&mut self, plan: &StoredPlan, reason: &str) -> Result<(), Error> {
        // What is signed and in hand is not in the register yet, and is no less signed.
        if self.in_hand(&plan.id) > 0 {
            return Err(register::Error::PlanSigned(plan.id.clone()).into());
        }
        self.register.withdraw(plan, reason, now()?).map_err(|error| match error {
            register::Error::PlanWithdrawn(_) => Error::usage(error.to_string(), error.hint()),
            error => error.into(),
        })
    }

    /// When a plan was put away and why; `None` where it was not.
    ///
    /// # Errors
    /// [`Error::Register`].
    pub fn withdrawn(&self, plan: &StoredPlan) -> Result<Option<Withdrawn>, Error> {
        let told = |withdrawal: register::Withdrawal| Withdrawn {
            time: withdrawal.time,
            reason: Printable::with_limit(&withdrawal.reason, register::REASON_CHARS_MAX),
        };
        Ok(self.register.withdrawn(plan)?.map(told))
    }
}
