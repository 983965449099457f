//! Jobs about plans: what stands in them, which wait, and one put away.

use crate::ceremony::{Error, PlannedRow, StoredPlan};

use super::{
    super::work::{News, PlanShown},
    Worker,
};

/// Rows of a plan read at a time: several pages of the largest terminal.
pub const PLANNED_ROWS: u32 = 200;

impl Worker {
    pub(super) fn show_plan(&mut self, plan: &StoredPlan) -> Result<News, Error> {
        let audit_rate = self.audit_signatures_per_second;
        let (appliance, mut teller) = self.working()?;
        let summary = teller.watched(|watch| appliance.plan_summary(plan, watch))?;
        let rows = appliance.planned_page(plan, 1, PLANNED_ROWS)?;
        let shown = rows.last().map_or(0, |row| row.index);
        let last =
            if shown < plan.accepted { appliance.planned_page(plan, plan.accepted, 1)?.pop() } else { None };
        let estimate = appliance.estimate(plan, audit_rate)?;
        Ok(News::PlanShown(Box::new(PlanShown { summary, rows, last, estimate })))
    }

    pub(super) fn plan_findings(&mut self, plan: &StoredPlan) -> Result<News, Error> {
        let (appliance, mut teller) = self.working()?;
        Ok(News::PlanFindings(teller.watched(|watch| appliance.plan_findings(plan, watch))?))
    }

    pub(super) fn planned_page(&self, plan: &StoredPlan, from: u64) -> Result<News, Error> {
        Ok(News::PlannedPage(self.appliance()?.planned_page(plan, from, PLANNED_ROWS)?))
    }

    pub(super) fn planned_certificate(&self, plan: &StoredPlan, index: u64) -> Result<News, Error> {
        let row = self.planned_row(plan, index)?;
        let tbs = self.appliance()?.plan_certificate(plan, index)?;
        Ok(News::PlannedCertificate { row: Box::new(row), tbs })
    }

    /// A planned certificate's line.
    pub(super) fn planned_row(&self, plan: &StoredPlan, index: u64) -> Result<PlannedRow, Error> {
        self.appliance()?.planned_page(plan, index, 1)?.pop().ok_or_else(|| {
            Error::usage(
                format!("certificate {index} is not in plan {}", plan.id),
                "go back and open the plan again",
            )
        })
    }

    pub(super) fn unfinished(&mut self) -> Result<News, Error> {
        let (appliance, mut teller) = self.working()?;
        Ok(News::Unfinished(teller.watched(|watch| appliance.unfinished_work(watch))?))
    }

    pub(super) fn withdraw(&mut self, plan: &StoredPlan, reason: &str) -> Result<News, Error> {
        let (appliance, _) = self.working()?;
        appliance.withdraw(plan, reason)?;
        Ok(News::Withdrawn)
    }
}
