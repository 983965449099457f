//! The summary of a plan: what people look at before they approve it, and each of its certificates as it will be.

use crate::{
    pki::{
        fingerprint::{Digest, hex},
        lint,
        policy::Control,
        text::Printable,
        time::Time,
    },
    register::{PlanKind, PlannedLine, RecordedFinding, StoredPlan, Which},
};

use super::{
    browsing::CertificateState,
    closing::Remaining,
    error::Error,
    form_obstacles::FormsNotHad,
    issuance::before_older,
    opening::{Appliance, now},
    planned_authorities::PlannedAuthorities,
    progress::{Phase, Watch},
    revocation::RevokedCa,
    waived::Waived,
    withdrawal::Withdrawn,
};

/// Rows read before progress is told: some fiftieth of a second's work.
const ROWS: u32 = 10_000;

/// A plan as it stands: what it holds and how far it has come. Digest, words, CA, profile and counts are in `plan`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PlanSummary {
    /// The plan.
    pub plan: StoredPlan,
    /// The first and the last notBefore.
    pub not_before: (Time, Time),
    /// The first and the last notAfter.
    pub not_after: (Time, Time),
    /// How many notes of which control its certificates have, by the control's id.
    pub notes: Vec<(String, u64)>,
    /// The CAs that it makes, where its certificates are those of CAs.
    pub authorities: Option<PlannedAuthorities>,
    /// How the CA's key came from outside; `None` where it was made in the token.
    pub from_outside: Option<Printable>,
    /// Rules of the lint, all of which every certificate of a plan passed before it was stored, but for those that are
    /// waived: a plan cannot hold one that did not.
    pub lint_rules: usize,
    /// Rules that the plan sets aside.
    pub waived: Vec<Waived>,
    /// Whether it is approved.
    pub approved: bool,
    /// The entry by which an older register was accepted since it was stored, where something is left to sign.
    pub accepted_since: Option<u64>,
    /// Certificates issued.
    pub issued: u64,
    /// Its deliveries, oldest first.
    pub deliveries: Vec<DeliveredBefore>,
    /// What is to be done with it first; `None` where nothing is left.
    pub remaining: Option<Remaining>,
    /// When it was put away and why, where it was.
    pub withdrawn: Option<Withdrawn>,
    /// The forms that its bundle cannot have, while devices' certificates are left to sign; a delivery says it after that.
    pub forms_not_had: FormsNotHad,
    /// The CAs that it issues by whose own certificates are revoked or on hold.
    pub revoked_above: Vec<RevokedCa>,
}

/// A delivery of a plan.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DeliveredBefore {
    /// When.
    pub time: Time,
    /// The bundle's folder on the medium.
    pub folder: Printable,
    /// SHA-256 of its manifest.
    pub manifest_sha256: Digest,
    /// Certificates in it.
    pub certificates: u64,
}

/// A line about a planned certificate; harmless on a screen.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PlannedRow {
    /// The place in the plan, from 1.
    pub index: u64,
    /// The serial number, hexadecimal digits.
    pub serial: String,
    /// The subject, RFC 4514.
    pub subject: Printable,
    /// Where the request came from.
    pub source: Printable,
    /// notBefore.
    pub not_before: Time,
    /// notAfter.
    pub not_after: Time,
    /// SHA-256 of the `SubjectPublicKeyInfo`.
    pub spki_sha256: Digest,
    /// Notes of the request and of the plan: control's id and message.
    pub notes: Vec<(String, Printable)>,
    /// How it stands now, where it is issued already.
    pub state: Option<CertificateState>,
}

/// What is said of a plan's certificates before all other notes, by control, most serious first.
const SERIOUS: [(Control, &str); 4] = [
    (Control::DuplicateInRegister, "keys have a certificate already"),
    (Control::DuplicateInBatch, "keys stand in this plan a second time"),
    (Control::SubjectInRegister, "subjects have a certificate already"),
    (Control::SubjectInBatch, "subjects stand in this plan a second time"),
];

impl PlanSummary {
    /// What nobody may overlook who approves it, each a sentence: `20 of 20 subjects have a certificate already`.
    #[must_use]
    pub fn serious(&self) -> Vec<String> {
        let of = self.plan.accepted;
        let found = SERIOUS.iter().filter_map(|(control, what)| {
            let (_, count) = self.notes.iter().find(|(noted, _)| noted == control.id())?;
            Some(format!("{count} of {of} {what}"))
        });
        let older = self.accepted_since.map(|accepted| {
            let issued = self.issued;
            format!("stored before {}; {issued} of {of} are issued here", before_older(accepted))
        });
        self.revoked_above.iter().map(RevokedCa::words).chain(older).chain(found).collect()
    }

    /// Whether it is for devices, which forms of delivery are for.
    fn makes_devices(&self) -> bool {
        self.plan.kind == PlanKind::Batch && self.authorities.is_none()
    }

    /// How many other notes there are.
    #[must_use]
    pub fn other_notes(&self) -> u64 {
        let serious = |id: &str| SERIOUS.iter().any(|(control, _)| control.id() == id);
        self.notes.iter().filter(|(control, _)| !serious(control)).map(|(_, count)| count).sum()
    }
}

impl Appliance {
    /// Summarises a plan. Reads every row of it.
    ///
    /// # Errors
    /// [`Error::Register`], [`Error::Stopped`].
    pub fn plan_summary(&self, plan: &StoredPlan, watch: &mut Watch<'_>) -> Result<PlanSummary, Error> {
        let issued = self.register.issued_count(plan)?;
        let mut summary = PlanSummary {
            plan: plan.clone(),
            // A plan holds at least one certificate; its first row sets both.
            not_before: (plan.created, plan.created),
            not_after: (plan.created, plan.created),
            notes: Vec::new(),
            authorities: self.planned_authorities(plan)?,
            from_outside: self.adoption_told(&plan.authority)?,
            lint_rules: lint::RULES.len(),
            waived: self.waived(plan)?,
            approved: self.is_approved(plan)?,
            accepted_since: match plan.accepted.saturating_sub(issued) {
                0 => None,
                _ => self.register.older_behind_plan(plan)?,
            },
            issued,
            deliveries: Vec::new(),
            remaining: self.remaining(plan, issued)?,
            withdrawn: self.withdrawn(plan)?,
            forms_not_had: FormsNotHad::default(),
            revoked_above: match plan.kind {
                PlanKind::Root => Vec::new(),
                _ => self.revoked_above(&self.issuer_of(plan)?)?,
            },
        };
        if summary.makes_devices()
            && matches!(summary.remaining, Some(Remaining::Approval | Remaining::Signing))
        {
            summary.forms_not_had = self.forms_not_had_of(plan)?;
        }
        let mut after = 0;
        while let Some(tally) = self.register.tally(plan, after, ROWS)? {
            if after == 0 {
                (summary.not_before, summary.not_after) = (tally.not_before, tally.not_after);
            }
            summary.not_before = around(summary.not_before, tally.not_before);
            summary.not_after = around(summary.not_after, tally.not_after);
            for (control, count) in tally.notes {
                match summary.notes.binary_search_by(|(own, _)| own.cmp(&control)) {
                    Ok(at) => summary.notes[at].1 += count,
                    Err(at) => summary.notes.insert(at, (control, count)),
                }
            }
            after = tally.last;
            watch.tell(Phase::Searching, after, Some(plan.accepted));
            watch.check_stop("the plan was not read to its end; nothing was changed", "open it again")?;
        }
        for delivery in self.register.deliveries(plan)? {
            summary.deliveries.push(DeliveredBefore {
                time: delivery.time,
                folder: Printable::new(&delivery.folder),
                manifest_sha256: delivery.manifest_sha256,
                certificates: delivery.certificates,
            });
        }
        Ok(summary)
    }

    /// Planned certificates from an index on, counted from 1, at most `limit`.
    ///
    /// # Errors
    /// [`Error::Register`].
    pub fn planned_page(&self, plan: &StoredPlan, from: u64, limit: u32) -> Result<Vec<PlannedRow>, Error> {
        let now = now()?;
        let line = |line: PlannedLine| {
            let state = line
                .issued
                .then(|| self.state_of(&plan.authority, &line.serial, line.not_after, now))
                .transpose()?;
            Ok(row(line, state))
        };
        self.register.planned(plan, Which::All, from, limit)?.into_iter().map(line).collect()
    }

    /// The `TBSCertificate` of a planned certificate, DER, exactly as it will be signed or was.
    ///
    /// # Errors
    /// [`Error::Register`].
    pub fn plan_certificate(&self, plan: &StoredPlan, index: u64) -> Result<Vec<u8>, Error> {
        Ok(self.register.planned_tbs(plan, index)?)
    }
}

/// The span around two spans.
fn around(a: (Time, Time), b: (Time, Time)) -> (Time, Time) {
    (a.0.min(b.0), a.1.max(b.1))
}

fn row(line: PlannedLine, state: Option<CertificateState>) -> PlannedRow {
    let note = |note: RecordedFinding| (note.control, Printable::new(&note.message));
    PlannedRow {
        index: line.index,
        serial: hex(&line.serial),
        subject: line.subject,
        source: Printable::new(&line.source),
        not_before: line.not_before,
        not_after: line.not_after,
        spki_sha256: line.spki_sha256,
        notes: line.notes.into_iter().map(note).collect(),
        state,
    }
}
