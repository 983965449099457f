//! The main job's steps on a plan: made, approved, signed, delivered, judged as its receiver will.

use std::path::{Path, PathBuf};

use crate::{
    ceremony::{ApprovalGiven, DeliveryWanted, Error, Format, PlanWanted, Seen, StoredPlan},
    tui::{
        wording::counted,
        work::{FormsWithKeys, News},
    },
};

use super::{Worker, no_home};

impl Worker {
    pub(super) fn plan(
        &mut self,
        ca: &str,
        profile: &str,
        paths: &[PathBuf],
        seen: &Seen,
    ) -> Result<News, Error> {
        let (appliance, mut teller) = self.working()?;
        let wanted = PlanWanted { ca, profile, paths, csv: None, before: Some(seen) };
        Ok(News::Planned(teller.watched(|watch| appliance.plan(&wanted, watch, &mut |_| {}))?))
    }

    pub(super) fn form_obstacles(&self, plan: &StoredPlan) -> Result<News, Error> {
        let appliance = self.appliance()?;
        let with_keys = FormsWithKeys(appliance.forms_with_private_keys(Format::ALL)?);
        Ok(News::FormObstacles(appliance.form_obstacles(plan)?, with_keys))
    }

    pub(super) fn revoked_since(&self, plan: &StoredPlan) -> Result<News, Error> {
        Ok(News::RevokedSince(self.appliance()?.revoked_since(plan)?))
    }

    pub(super) fn approve(&mut self, plan: StoredPlan, words: &str) -> Result<News, Error> {
        let appliance = self.appliance.as_mut().ok_or_else(no_home)?;
        appliance.approve(&plan, ApprovalGiven::Words(words))?;
        Ok(News::Approved(plan))
    }

    pub(super) fn sign(&mut self, plan: &StoredPlan) -> Result<News, Error> {
        let (appliance, _) = self.working()?;
        appliance.check_approved(plan)?;
        // It needs no PIN, nor what the token will say. Where it fails, the signing says so.
        let _ = appliance.record_signed(plan);
        self.log_in(&format!("to sign {} of plan {}", counted(plan.accepted, "certificate"), plan.id))?;
        let (appliance, session, mut teller) = self.signing()?;
        let issued = teller.watched(|watch| appliance.sign(plan, session, watch))?;
        self.mind_token(&issued.head);
        Ok(News::Signed(issued))
    }

    pub(super) fn deliver(&mut self, plan: &StoredPlan, wanted: &DeliveryWanted<'_>) -> Result<News, Error> {
        let (appliance, mut teller) = self.working()?;
        teller.watched(|watch| appliance.check_deliverable(plan, wanted, watch))?;
        self.log_in("to sign the manifest with the audit key")?;
        let (appliance, session, mut teller) = self.signing()?;
        let delivered = teller.watched(|watch| appliance.deliver(plan, wanted, session, watch))?;
        self.mind_token(&delivered.head);
        Ok(News::Delivered(delivered))
    }

    pub(super) fn judge_delivered(&mut self, plan: &StoredPlan, to: &Path) -> Result<News, Error> {
        let (appliance, mut teller) = self.working()?;
        Ok(News::Judged(teller.watched(|watch| appliance.judge_delivered(plan, to, watch))?))
    }
}
