//! Planned certificates to look at: page by page, one as it will be signed, and what all of a plan have in common.

use rusqlite::OptionalExtension as _;

use super::{
    Register, digest_of,
    error::Error,
    issued::checked_tbs,
    journal::{number, time},
    plan::{RecordedFinding, StoredPlan, recorded},
    row_key,
};
use crate::pki::{
    fingerprint::Digest, lint::waiver::Waiver, name::Name, policy::Control, text::Printable, time::Time,
};

/// A line about a planned certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PlannedLine {
    /// The place in the plan, from 1.
    pub index: u64,
    /// Where the request came from, as it was given: text from outside.
    pub source: String,
    /// The serial number's content octets.
    pub serial: Vec<u8>,
    /// The subject, RFC 4514, harmless.
    pub subject: Printable,
    /// notBefore.
    pub not_before: Time,
    /// notAfter.
    pub not_after: Time,
    /// SHA-256 of the `SubjectPublicKeyInfo`.
    pub spki_sha256: Digest,
    /// Notes of the request and of the plan.
    pub notes: Vec<RecordedFinding>,
    /// Whether it is issued already.
    pub issued: bool,
}

/// What rows of a plan have in common.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Tally {
    /// The last index that is counted.
    pub last: u64,
    /// The first and the last notBefore.
    pub not_before: (Time, Time),
    /// The first and the last notAfter.
    pub not_after: (Time, Time),
    /// How many notes of which control; a certificate can have several.
    pub notes: Vec<(String, u64)>,
}

/// Which rows of a plan are looked at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Which {
    /// Every one.
    All,
    /// Those with a note.
    Noted,
}

impl Register {
    /// Planned certificates from an index on, at most `limit`.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn planned(
        &self,
        plan: &StoredPlan,
        which: Which,
        from: u64,
        limit: u32,
    ) -> Result<Vec<PlannedLine>, Error> {
        let noted = match which {
            Which::All => "",
            Which::Noted => "AND notes <> '[]' ",
        };
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT idx, source, serial, subject, not_before, not_after, spki_sha256, notes, \
             EXISTS (SELECT 1 FROM issued WHERE issued.key = planned.key) FROM planned \
             WHERE key >= ?1 AND key <= ?2 {noted}ORDER BY key LIMIT ?3",
        ))?;
        let range = (row_key(plan.number, from.max(1)), row_key(plan.number, u64::MAX), limit);
        let mut rows = statement.query(range)?;
        let mut page = Vec::new();
        while let Some(row) = rows.next()? {
            let subject: Vec<u8> = row.get(3)?;
            page.push(PlannedLine {
                index: number(row.get(0)?)?,
                source: row.get(1)?,
                serial: row.get(2)?,
                subject: Name::parse(&subject)
                    .map_err(|error| Error::Damaged(format!("a planned subject: {error}")))?
                    .to_printable(),
                not_before: time(row.get(4)?)?,
                not_after: time(row.get(5)?)?,
                spki_sha256: digest_of(row.get(6)?),
                notes: recorded(&row.get::<_, String>(7)?)?,
                issued: row.get(8)?,
            });
        }
        Ok(page)
    }

    /// How many planned certificates break each rule that the plan waives, in the plan's order.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn waived(&self, plan: &StoredPlan) -> Result<Vec<u64>, Error> {
        let range = (row_key(plan.number, 0), row_key(plan.number, u64::MAX));
        let mut statement = self.connection.prepare_cached(
            "SELECT count(*) FROM planned, json_each(planned.notes) AS note \
             WHERE planned.key > ?1 AND planned.key <= ?2 AND notes <> '[]' \
             AND json_extract(note.value, '$.control') = ?3 \
             AND substr(json_extract(note.value, '$.message'), 1, length(?4)) = ?4",
        )?;
        let count = |waiver: &Waiver| {
            let begins = format!("{}: ", waiver.rule());
            let given = (range.0, range.1, Control::LintWaived.id(), begins);
            number(statement.query_row(given, |row| row.get(0))?)
        };
        plan.waivers.iter().map(count).collect()
    }

    /// The `TBSCertificate` of a planned certificate, DER, digested again.
    ///
    /// # Errors
    /// [`Error::NotPlanned`], [`Error::Damaged`].
    pub fn planned_tbs(&self, plan: &StoredPlan, index: u64) -> Result<Vec<u8>, Error> {
        let found: Option<([u8; 32], Vec<u8>)> = match index {
            1.. if index <= plan.accepted => self
                .connection
                .prepare_cached("SELECT tbs_sha256, tbs FROM planned WHERE key = ?1")?
                .query_row([row_key(plan.number, index)], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?,
            _ => None,
        };
        let (sha256, tbs) = found.ok_or_else(|| Error::NotPlanned { plan: plan.id.clone(), index })?;
        checked_tbs(&plan.id, index, digest_of(sha256), &tbs)?;
        Ok(tbs)
    }

    /// What the rows after an index have in common, at most `rows` of them; `None` where there are none.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn tally(&self, plan: &StoredPlan, after: u64, rows: u32) -> Result<Option<Tally>, Error> {
        let last = plan.accepted.min(after.saturating_add(u64::from(rows)));
        if after >= last {
            return Ok(None);
        }
        let range = (row_key(plan.number, after), row_key(plan.number, last));
        let (first_begin, last_begin, first_end, last_end) = self
            .connection
            .prepare_cached(
                "SELECT min(not_before), max(not_before), min(not_after), max(not_after) FROM planned \
                 WHERE key > ?1 AND key <= ?2",
            )?
            .query_row(range, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
        let mut statement = self.connection.prepare_cached(
            "SELECT json_extract(note.value, '$.control'), count(*) FROM planned, json_each(planned.notes) AS note \
             WHERE planned.key > ?1 AND planned.key <= ?2 AND notes <> '[]' GROUP BY 1 ORDER BY 1",
        )?;
        let mut found = statement.query(range)?;
        let mut notes = Vec::new();
        while let Some(row) = found.next()? {
            notes.push((row.get(0)?, number(row.get(1)?)?));
        }
        Ok(Some(Tally {
            last,
            not_before: (time(first_begin)?, time(last_begin)?),
            not_after: (time(first_end)?, time(last_end)?),
            notes,
        }))
    }
}
