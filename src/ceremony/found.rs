//! What was found in the requests of a plan: which requests, control by control.

use std::collections::BTreeMap;

use crate::{
    pki::text::Printable,
    register::{RecordedFinding, StoredPlan, Verdict, Which},
};

use super::{
    error::Error,
    opening::Appliance,
    progress::{Phase, Watch},
};

/// Requests named of one control: more than anybody reads; the others are counted, and refused.csv names them.
pub const FOUND_NAMED_MAX: usize = 200;

/// Rows read at a time.
const ROWS: u32 = 1_000;

/// What a finding came to.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Outcome {
    /// The request is not signed.
    Refused,
    /// It is no request.
    Skipped,
    /// The request is planned, and this is worth knowing.
    Noted,
}

/// What one control found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FoundBy {
    /// The control's id.
    pub control: Printable,
    /// What it came to.
    pub outcome: Outcome,
    /// Requests that it found something in.
    pub count: u64,
    /// What to do about it.
    pub hint: Printable,
    /// The first of them, at most [`FOUND_NAMED_MAX`].
    pub requests: Vec<FoundIn>,
}

/// A request that something was found in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FoundIn {
    /// Where it came from.
    pub source: Printable,
    /// What was found.
    pub message: Printable,
}

/// Controls by what their findings came to, in the order of their ids.
#[derive(Default)]
struct Groups(BTreeMap<(Outcome, String), FoundBy>);

impl Groups {
    fn add(&mut self, outcome: Outcome, source: &str, finding: RecordedFinding) {
        let RecordedFinding { control, hint, message, severity: _ } = finding;
        let new = || FoundBy {
            control: Printable::new(&control),
            outcome,
            count: 0,
            hint: Printable::with_limit(&hint, usize::MAX),
            requests: Vec::new(),
        };
        let group = self.0.entry((outcome, control.clone())).or_insert_with(new);
        group.count += 1;
        if group.requests.len() < FOUND_NAMED_MAX {
            let (source, message) = (Printable::new(source), Printable::new(&message));
            group.requests.push(FoundIn { source, message });
        }
    }
}

impl Appliance {
    /// Which requests of a plan something was found in: what refused or skipped them first, then notes on those that
    /// are planned.
    ///
    /// # Errors
    /// [`Error::Register`], [`Error::Stopped`].
    pub fn plan_findings(&self, plan: &StoredPlan, watch: &mut Watch<'_>) -> Result<Vec<FoundBy>, Error> {
        let (mut groups, mut after, mut done) = (Groups::default(), None, 0);
        let mut read = |rows: usize| {
            done += rows as u64;
            watch.tell(Phase::Searching, done, None);
            watch.check_stop(
                "the findings were not read to their end; nothing was changed",
                "ask for them again",
            )
        };
        loop {
            let page = self.register.refused(plan, after, ROWS)?;
            let Some(last) = page.last() else { break };
            after = Some(last.index);
            read(page.len())?;
            for row in page {
                let outcome = match row.verdict {
                    Verdict::Refused => Outcome::Refused,
                    Verdict::Skipped => Outcome::Skipped,
                };
                for finding in row.findings.into_iter().filter(|finding| finding.severity == "refuse") {
                    groups.add(outcome, &row.source, finding);
                }
            }
        }
        let mut from = 1;
        loop {
            let page = self.register.planned(plan, Which::Noted, from, ROWS)?;
            let Some(last) = page.last() else { break };
            from = last.index + 1;
            read(page.len())?;
            for row in page {
                for note in row.notes {
                    groups.add(Outcome::Noted, &row.source, note);
                }
            }
        }
        Ok(groups.0.into_values().collect())
    }
}
