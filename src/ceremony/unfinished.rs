//! Unfinished work: how many plans wait for what, told where a ceremony begins.

use crate::pki::text::counted;

use super::{
    closing::Remaining,
    error::Error,
    opening::Appliance,
    progress::{Phase, Watch},
};

/// How many plans wait for what.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct UnfinishedWork {
    /// Stored, not approved.
    pub approval: u64,
    /// Approved, not signed whole.
    pub signing: u64,
    /// Signed, not delivered.
    pub delivery: u64,
}

impl UnfinishedWork {
    /// It in words, `2 plans wait for approval, 1 for signing`; `None` where nothing waits.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        let waiting = [(self.approval, "approval"), (self.signing, "signing"), (self.delivery, "delivery")];
        let mut waiting = waiting.into_iter().filter(|(plans, _)| *plans > 0);
        let (plans, what) = waiting.next()?;
        let verb = if plans == 1 { "waits" } else { "wait" };
        let first = format!("{} {verb} for {what}", counted(plans, "plan"));
        Some(waiting.fold(first, |words, (plans, what)| format!("{words}, {plans} for {what}")))
    }
}

impl Appliance {
    /// Counts the plans that are not finished. It counts what was issued under each, which takes a while at millions.
    ///
    /// # Errors
    /// [`Error::Register`], [`Error::Stopped`].
    pub fn unfinished_work(&self, watch: &mut Watch<'_>) -> Result<UnfinishedWork, Error> {
        let mut work = UnfinishedWork::default();
        for (plan, looked_at) in self.register.plans()?.iter().zip(0..) {
            watch.tell(Phase::Searching, looked_at, None);
            watch.check_stop("not all plans were looked at", "close to see them all")?;
            match self.remaining(plan, self.register.issued_count(plan)?)? {
                None => {}
                Some(Remaining::Approval) => work.approval += 1,
                Some(Remaining::Signing) => work.signing += 1,
                Some(Remaining::Delivery) => work.delivery += 1,
            }
        }
        Ok(work)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_waits_and_nothing_where_nothing_does() {
        let words = |approval, signing, delivery| UnfinishedWork { approval, signing, delivery }.words();
        assert_eq!(words(0, 0, 0), None);
        assert_eq!(words(1, 0, 0).as_deref(), Some("1 plan waits for approval"));
        assert_eq!(words(0, 2, 0).as_deref(), Some("2 plans wait for signing"));
        assert_eq!(words(3, 0, 1).as_deref(), Some("3 plans wait for approval, 1 for delivery"));
        assert_eq!(
            words(3, 2, 1).as_deref(),
            Some("3 plans wait for approval, 2 for signing, 1 for delivery")
        );
    }
}
