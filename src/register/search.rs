//! Search: what was issued, page by page.

use super::{
    Register, digest_of,
    error::Error,
    issued::IssuedCertificate,
    journal::{number, time},
    row_key,
};
use crate::pki::{fingerprint::Digest, name::Name, text::Printable, time::Time};

/// Which certificates to list; everything absent fits all.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter<'a> {
    /// Those of one authority, by its name.
    pub authority: Option<&'a str>,
    /// Those of one plan, by its id.
    pub plan: Option<&'a str>,
}

/// A line about an issued certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Listed {
    key: i64,
    /// The authority that signed it.
    pub authority: String,
    /// The plan's id.
    pub plan: String,
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
    /// SHA-256 of the certificate.
    pub certificate_sha256: Digest,
    /// When it was recorded.
    pub issued: Time,
}

impl Register {
    /// Issued certificates in the order of their plans, after the last line of the page before, at most `limit`.
    ///
    /// # Errors
    /// [`Error::PlanUnknown`], [`Error::Damaged`].
    pub fn list(&self, filter: Filter<'_>, after: Option<&Listed>, limit: u32) -> Result<Vec<Listed>, Error> {
        let (first, last) = match filter.plan {
            Some(id) => {
                let plan = self.plan(id)?;
                (row_key(plan.number, 0), row_key(plan.number, u64::MAX))
            }
            None => (0, i64::MAX),
        };
        let first = after.map_or(first, |listed| listed.key.max(first));
        let mut statement = self.connection.prepare_cached(
            "SELECT key, plan.authority, plan.id, planned.idx, planned.source, planned.serial, planned.subject, \
             planned.not_before, planned.not_after, planned.spki_sha256, issued.certificate_sha256, issued.time \
             FROM issued JOIN planned USING (key) JOIN plan ON plan.number = planned.plan \
             WHERE key > ?1 AND key <= ?2 AND (?3 IS NULL OR plan.authority = ?3) ORDER BY key LIMIT ?4",
        )?;
        let mut rows = statement.query((first, last, filter.authority, limit))?;
        let mut listed = Vec::new();
        while let Some(row) = rows.next()? {
            let subject: Vec<u8> = row.get(6)?;
            listed.push(Listed {
                key: row.get(0)?,
                authority: row.get(1)?,
                plan: row.get(2)?,
                index: number(row.get(3)?)?,
                source: row.get(4)?,
                serial: row.get(5)?,
                subject: Name::parse(&subject)
                    .map_err(|error| Error::Damaged(format!("a recorded subject: {error}")))?
                    .to_printable(),
                not_before: time(row.get(7)?)?,
                not_after: time(row.get(8)?)?,
                spki_sha256: digest_of(row.get(9)?),
                certificate_sha256: digest_of(row.get(10)?),
                issued: time(row.get(11)?)?,
            });
        }
        Ok(listed)
    }

    /// The issued certificate with a serial number, given as its content octets.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn find_serial(&self, serial: &[u8]) -> Result<Option<IssuedCertificate>, Error> {
        use rusqlite::OptionalExtension as _;
        let found: Option<(String, i64)> = self
            .connection
            .prepare_cached(
                "SELECT plan.id, planned.idx FROM planned JOIN issued USING (key) \
                 JOIN plan ON plan.number = planned.plan WHERE planned.serial = ?1",
            )?
            .query_row([serial], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((plan, index)) = found else { return Ok(None) };
        self.certificate(&self.plan(&plan)?, number(index)?).map(Some)
    }
}
