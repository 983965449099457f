//! Plans and all their rows: digests, approvals, order and counts.

use rayon::prelude::*;

use super::super::{
    authority::public_key,
    error::Error,
    journal,
    plan::{PlanKind, StoredPlan, recorded, select_plans},
    row_key,
};
use super::{Audit, FINDINGS_MAX, rows::AuditRow};
use crate::pki::{
    certificate::Certificate,
    fingerprint::Digest,
    key::PublicKey,
    profile::{Approval, DuplicateKeys},
    text::counted,
};

/// Rows that are read, then judged on all cores, before the next are read.
const CHUNK_ROWS: usize = 1024;

pub(super) struct PlanContext {
    pub(super) key: PublicKey,
    pub(super) issuer: Option<Certificate>,
    /// The entries of its approvals, in order.
    approvals: Vec<i64>,
    /// The entry by which it was put away.
    pub(super) withdrawal: Option<i64>,
}

impl Audit<'_> {
    pub(super) fn plans(&mut self) -> Result<(), Error> {
        for plan in select_plans(self.connection, self.register.rehearsal, "", [])? {
            match self.plan(&plan) {
                Err(Error::Stopped) => return Err(Error::Stopped),
                Err(error) => self.find("damaged", format!("plan {}: {error}", plan.id)),
                Ok(()) => {}
            }
        }
        Ok(())
    }

    fn plan(&mut self, plan: &StoredPlan) -> Result<(), Error> {
        let context = self.plan_context(plan)?;
        let range = (row_key(plan.number, 0), row_key(plan.number, u64::MAX));
        let mut digest = plan.begin_digest();
        let mut statement = self.connection.prepare(
            "SELECT planned.idx, planned.serial, planned.spki_sha256, planned.not_before, planned.not_after, \
             planned.subject, planned.notes, planned.request_sha256, planned.tbs_sha256, planned.tbs, \
             planned.request, issued.certificate_sha256, issued.signature, issued.entry, planned.key, \
             planned.subject_sha256, planned.source \
             FROM planned LEFT JOIN issued USING (key) WHERE planned.key > ?1 AND planned.key <= ?2 \
             ORDER BY planned.key",
        )?;
        let mut rows = statement.query(range)?;
        let mut expected = 1;
        loop {
            let mut chunk = Vec::with_capacity(CHUNK_ROWS);
            while chunk.len() < CHUNK_ROWS
                && let Some(row) = rows.next()?
            {
                let row = AuditRow::read(row)?;
                if row.index != expected {
                    self.find(
                        "plan-index",
                        format!("plan {}: {} where {expected} should stand", plan.id, row.index),
                    );
                }
                expected = row.index + 1;
                digest.add(Digest::of(&row.tbs), &row.source);
                self.order(plan, &context, &row)?;
                chunk.push(row);
            }
            if chunk.is_empty() {
                break;
            }
            let faults: Vec<_> = chunk.par_iter().flat_map_iter(|row| row.faults(&context)).collect();
            for (id, index, message) in faults {
                self.find(id, format!("certificate {index} of plan {}: {message}", plan.id));
            }
            self.advance(chunk.len() as u64)?;
        }
        for waiver in &plan.waivers {
            if self.report.waived.len() < FINDINGS_MAX {
                self.report.waived.push((plan.id.clone(), waiver.clone()));
            }
        }
        if digest.finish() != plan.digest {
            self.find("plan-digest", format!("plan {} does not have its digest", plan.id));
        }
        self.plan_counts(plan, expected - 1)
    }

    /// What a plan's rows are judged with.
    fn plan_context(&mut self, plan: &StoredPlan) -> Result<PlanContext, Error> {
        let spki: Vec<u8> = self.connection.query_row(
            "SELECT spki FROM authority WHERE name = ?1",
            [&plan.authority],
            |row| row.get(0),
        )?;
        let issuer = if plan.kind == PlanKind::Root {
            if Digest::of(&spki) != plan.issuer_sha256 {
                self.find("plan-issuer", format!("plan {} is not for the key of its authority", plan.id));
            }
            None
        } else {
            let issuer = self.installed(plan)?;
            if issuer.is_none() {
                self.find(
                    "plan-issuer",
                    format!("plan {} names a certificate that was not installed before", plan.id),
                );
            }
            issuer
        };
        let mut statement = self.connection.prepare_cached(
            "SELECT approval.entry FROM approval JOIN plan ON plan.number = approval.plan \
             WHERE plan.number = ?1 AND approval.digest = plan.digest AND approval.entry > plan.entry \
             ORDER BY approval.entry",
        )?;
        let approvals = statement.query_map([plan.number], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let wrong: i64 = self.connection.query_row(
            "SELECT count(*) FROM approval WHERE plan = ?1 AND (digest <> ?2 \
             OR (method = 'unattended profile' AND ?3) OR (method = 'command' AND ?4) \
             OR (method <> 'typed words' AND EXISTS (SELECT 1 FROM older_register AS older JOIN plan ON plan.number = ?1 \
             WHERE older.entry > plan.entry AND older.entry < approval.entry)))",
            (
                plan.number,
                plan.digest.as_octets(),
                plan.approval == Approval::Typed,
                !plan.kind.takes_command() || plan.accepted != 1,
            ),
            |row| row.get(0),
        )?;
        if wrong > 0 {
            self.find("approval", format!("plan {} has {wrong} approvals that do not fit it", plan.id));
        }
        let withdrawal = self.withdrawal(plan)?;
        Ok(PlanContext { key: public_key(&spki)?, issuer, approvals, withdrawal })
    }

    /// The entry by which a plan was put away; nobody approves it after that.
    fn withdrawal(&mut self, plan: &StoredPlan) -> Result<Option<i64>, Error> {
        let (entry, later): (Option<i64>, i64) = self.connection.query_row(
            "SELECT max(withdrawal.entry), count(approval.entry) FROM withdrawal \
             LEFT JOIN approval ON approval.plan = withdrawal.plan AND approval.entry > withdrawal.entry \
             WHERE withdrawal.plan = ?1",
            [plan.number],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        if later > 0 {
            self.find("withdrawn", format!("plan {} was approved after it was withdrawn", plan.id));
        }
        Ok(entry)
    }

    /// The certificate that a plan names, installed for its authority before the plan was stored.
    fn installed(&self, plan: &StoredPlan) -> Result<Option<Certificate>, Error> {
        let mut statement = self.connection.prepare(
            "SELECT certificate FROM authority_certificate WHERE authority = ?1 \
             AND entry < (SELECT entry FROM plan WHERE number = ?2)",
        )?;
        let mut rows = statement.query((&plan.authority, plan.number))?;
        while let Some(row) = rows.next()? {
            let der: Vec<u8> = row.get(0)?;
            if Digest::of(&der) == plan.issuer_sha256 {
                return Ok(Certificate::parse(&der).ok());
            }
        }
        Ok(None)
    }

    /// That a certificate was issued after its plan was approved, and no key twice where the profile refuses that.
    fn order(&mut self, plan: &StoredPlan, context: &PlanContext, row: &AuditRow) -> Result<(), Error> {
        let Some(issued) = &row.issued else { return Ok(()) };
        if context.withdrawal.is_some() {
            self.find(
                "withdrawn",
                format!(
                    "certificate {} of plan {} was issued though the plan was withdrawn",
                    row.index, plan.id
                ),
            );
        }
        if !self.is_approved_at(context, issued.entry) {
            self.find(
                "unapproved",
                format!("certificate {} of plan {} was issued without an approval", row.index, plan.id),
            );
        }
        if plan.duplicate_keys == DuplicateKeys::Refuse {
            let twice: bool = self
                .connection
                .prepare_cached(
                    "SELECT EXISTS (SELECT 1 FROM planned INDEXED BY planned_spki CROSS JOIN issued USING (key) \
                     WHERE substr(spki_sha256, 1, 8) = substr(?1, 1, 8) AND spki_sha256 = ?1 \
                     AND key <> ?2 AND (issued.entry < ?3 OR (issued.entry = ?3 AND key < ?2)))",
                )?
                .query_row((row.spki_sha256.as_octets(), row.key, issued.entry), |row| row.get(0))?;
            if twice {
                self.find(
                    "duplicate-key",
                    format!("the key of certificate {} of plan {} was certified before", row.index, plan.id),
                );
            }
        }
        Ok(())
    }

    /// Whether a plan was approved before an entry, and no older register was accepted between.
    fn is_approved_at(&self, context: &PlanContext, entry: i64) -> bool {
        let before = context.approvals.partition_point(|approval| *approval < entry);
        let Some(last) = context.approvals[..before].last() else { return false };
        let between = |older: &u64| i64::try_from(*older).is_ok_and(|older| *last < older && older < entry);
        !self.report.older.iter().any(between)
    }

    fn plan_counts(&mut self, plan: &StoredPlan, planned: u64) -> Result<(), Error> {
        if planned != plan.accepted {
            self.find(
                "plan-counts",
                format!(
                    "plan {} has {} and says {}",
                    plan.id,
                    counted(planned, "certificate"),
                    plan.accepted
                ),
            );
        }
        let (mut refused, mut skipped, mut expected) = (0, 0, 1);
        let mut statement = self.connection.prepare(
            "SELECT idx, verdict, findings FROM refused WHERE key > ?1 AND key <= ?2 ORDER BY key",
        )?;
        let mut rows = statement.query((row_key(plan.number, 0), row_key(plan.number, u64::MAX)))?;
        while let Some(row) = rows.next()? {
            let index = journal::number(row.get(0)?)?;
            let is_refused = row.get::<_, String>(1)? == "refused";
            *if is_refused { &mut refused } else { &mut skipped } += 1;
            let findings = recorded(&row.get::<_, String>(2)?);
            let reasoned = findings.is_ok_and(|findings| {
                !is_refused || findings.iter().any(|finding| finding.severity == "refuse")
            });
            if index != expected || !reasoned {
                self.find(
                    "refused",
                    format!("refused request {index} of plan {} is not in order or has no reason", plan.id),
                );
            }
            expected = index + 1;
        }
        if (refused, skipped) != (plan.refused, plan.skipped) {
            self.find(
                "plan-counts",
                format!(
                    "plan {} has {refused} refused and {skipped} skipped requests and says otherwise",
                    plan.id
                ),
            );
        }
        Ok(())
    }
}
