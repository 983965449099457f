//! What the worker looks up in the register.

use crate::{
    ceremony::{Catalogue, Error, Rest, Wanted},
    tui::work::register::{PlanLine, RegisterJob, RegisterNews, SearchEnd, SearchFrom},
};

use super::Worker;

/// Certificates that a search finds before it is shown: a few screens, found quickly where there are many.
const FOUND_MAX: u32 = 200;

/// What is open of the register.
#[derive(Default)]
pub(super) struct Shelf {
    catalogue: Option<Catalogue>,
    rest: Option<Rest>,
}

impl Worker {
    /// Looks something up.
    pub(super) fn look_up(&mut self, job: RegisterJob) -> Result<RegisterNews, Error> {
        match job {
            RegisterJob::Open => {
                // Only what is whole stands on the shelf.
                self.shelf = Shelf::default();
                let (appliance, mut teller) = self.working()?;
                let catalogue = teller.watched(|watch| appliance.catalogue(watch))?;
                let issued = catalogue.issued();
                self.shelf.catalogue = Some(catalogue);
                Ok(RegisterNews::Opened { issued })
            }
            RegisterJob::Page { from, limit } => {
                let rows = self.appliance()?.issued_page(self.catalogue()?, from, limit)?;
                Ok(RegisterNews::Page { from, rows })
            }
            RegisterJob::Read(number) => {
                let found = self.appliance()?.issued_certificate(self.catalogue()?, number)?;
                let certificate = found.ok_or_else(|| {
                    Error::usage(
                        format!("there is no certificate number {number}"),
                        "open the register again and look for it",
                    )
                })?;
                Ok(RegisterNews::Read {
                    number,
                    der: certificate.der().to_vec(),
                    ca: self.appliance()?.issuer_name(&certificate)?,
                    revoked: self.appliance()?.revoked_certificate(&certificate)?,
                })
            }
            RegisterJob::Search { wanted, from } => self.search(&wanted, from),
            RegisterJob::Plans => self.plan_lines().map(RegisterNews::Plans),
            RegisterJob::Audit => {
                let (appliance, mut teller) = self.working()?;
                let report = teller.watched(|watch| appliance.audit(watch))?;
                Ok(RegisterNews::Audited(Box::new(report)))
            }
            RegisterJob::Noted(typed) => {
                let (appliance, mut teller) = self.working()?;
                Ok(RegisterNews::Noted(teller.watched(|watch| appliance.noted(&typed, watch))?))
            }
        }
    }

    fn catalogue(&self) -> Result<&Catalogue, Error> {
        self.shelf
            .catalogue
            .as_ref()
            .ok_or_else(|| Error::usage("the register is not open", "go back, and into the register again"))
    }

    fn search(&mut self, wanted: &Wanted, from: SearchFrom) -> Result<RegisterNews, Error> {
        let before = self.shelf.rest.take().filter(|_| from == SearchFrom::Onward);
        if from == SearchFrom::Onward && before.is_none() {
            return Err(Error::usage(
                "how far the search had come is not known any more",
                "search once more from the beginning",
            ));
        }
        let catalogue = self.catalogue()?.clone();
        let (appliance, mut teller) = self.working()?;
        let found = teller.watched(|watch| {
            appliance.search_issued(&catalogue, wanted, before.as_ref(), FOUND_MAX, watch)
        })?;
        let full = found.rows.len() as u64 == u64::from(FOUND_MAX);
        // A certificate has one digest: once it is found, nothing is left to look for.
        let end = match &found.rest {
            None => SearchEnd::All,
            Some(_) if full || !found.rows.is_empty() && !self.reins.wants_stop() => SearchEnd::Full,
            Some(_) => SearchEnd::Stopped,
        };
        self.shelf.rest = found.rest;
        Ok(RegisterNews::Found { rows: found.rows, end })
    }

    fn plan_lines(&mut self) -> Result<Vec<PlanLine>, Error> {
        let (appliance, mut teller) = self.working()?;
        let unfinished = appliance.closing()?.plans;
        let revoked = teller.watched(|watch| appliance.revoked_counts(watch))?;
        let mut lines = Vec::new();
        for plan in appliance.plans()?.into_iter().rev() {
            let left = unfinished.iter().find(|left| left.id == plan.id);
            let withdrawn = appliance.withdrawn(&plan)?;
            let signed = if withdrawn.is_some() { 0 } else { plan.accepted };
            lines.push(PlanLine {
                issued: left.map_or(signed, |left| left.issued),
                remaining: left.map(|left| left.remaining),
                withdrawn,
                revoked: revoked.as_ref().map(|counts| counts.of(&plan)),
                plan,
            });
        }
        Ok(lines)
    }
}
