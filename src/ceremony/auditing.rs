//! The audit of the register, under a watch.

use crate::register::AuditReport;

use super::{
    error::Error,
    opening::Appliance,
    progress::{Phase, Watch},
};

impl Appliance {
    /// Derives the whole history again from its octets.
    ///
    /// # Errors
    /// [`Error::Register`], [`Error::Stopped`]. What is wrong with the register is in the report.
    pub fn audit(&self, watch: &mut Watch<'_>) -> Result<AuditReport, Error> {
        let report = self
            .register
            .audit(&mut |progress| watch.step(Phase::Auditing, progress.done, Some(progress.of)));
        watch.check_stop(
            "the audit is not finished; nothing was changed",
            "audit the register again (coldsign register audit)",
        )?;
        Ok(report?)
    }
}
