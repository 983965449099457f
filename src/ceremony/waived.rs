//! The rules of the lint that a plan sets aside, for whoever approves it: which, why, and for how many certificates.

use crate::{pki::text::Printable, register::StoredPlan};

use super::{error::Error, opening::Appliance};

/// A rule that a plan sets aside.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Waived {
    /// The rule's id.
    pub rule: &'static str,
    /// Why, in the profile's words.
    pub reason: Printable,
    /// Certificates of the plan that break it; none where the waiver was not needed.
    pub certificates: u64,
}

impl Appliance {
    /// The rules that a plan sets aside; reads every row of a plan that has any.
    ///
    /// # Errors
    /// [`Error::Register`].
    pub fn waived(&self, plan: &StoredPlan) -> Result<Vec<Waived>, Error> {
        if plan.waivers.is_empty() {
            return Ok(Vec::new());
        }
        let counts = self.register.waived(plan)?;
        let waived = plan.waivers.iter().zip(counts).map(|(waiver, certificates)| Waived {
            rule: waiver.rule(),
            reason: Printable::new(waiver.reason()),
            certificates,
        });
        Ok(waived.collect())
    }
}

impl Waived {
    /// In words, for a screen: the rule, for how many certificates, the reason.
    #[must_use]
    pub fn words(&self) -> String {
        let needed = match self.certificates {
            0 => "which no certificate needed".to_owned(),
            1 => "for 1 certificate".to_owned(),
            count => format!("for {count} certificates"),
        };
        format!("{}, {needed}: {}", self.rule, self.reason)
    }
}
