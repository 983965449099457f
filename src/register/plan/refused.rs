//! What a plan does not sign, with every finding, as it was recorded.

use serde_json::json;

use super::super::{Register, digest_of, error::Error, journal::number, row_key};
use super::StoredPlan;
use crate::pki::{
    fingerprint::Digest,
    policy::{Finding, Severity},
};

/// Whether a request was judged and refused, or was none.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// A request that is not to be signed.
    Refused,
    /// Not a request at all.
    Skipped,
}

impl Verdict {
    /// The word that the register, reports and manifests use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Skipped => "skipped",
        }
    }
}

/// A request that is not to be signed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RefusedRow {
    /// The place among those not to be signed, from 1.
    pub index: u64,
    /// Refused, or no request at all.
    pub verdict: Verdict,
    /// Where it came from, as it was given.
    pub source: String,
    /// SHA-256 of its octets, where they could be read.
    pub sha256: Option<Digest>,
    /// The subject as far as it could be read.
    pub subject: Option<String>,
    /// The key as far as it could be read: `P-256`, `RSA-2048` …
    pub algorithm: Option<String>,
    /// Every finding, those that refuse first.
    pub findings: Vec<RecordedFinding>,
}

/// A finding as it was recorded: words, because later versions may know other controls.
#[derive(Clone, Debug, Eq, PartialEq, serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedFinding {
    /// The control's id.
    pub control: String,
    /// What to do about it.
    pub hint: String,
    /// What is wrong.
    pub message: String,
    /// `refuse` or `note`.
    pub severity: String,
}

impl Register {
    /// What a plan refused and skipped, in order, after an index, at most `limit`.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn refused(
        &self,
        plan: &StoredPlan,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<RefusedRow>, Error> {
        let mut statement = self.connection.prepare_cached(
            "SELECT idx, verdict, source, sha256, subject, algorithm, findings FROM refused \
             WHERE key > ?1 AND key <= ?2 ORDER BY key LIMIT ?3",
        )?;
        let mut rows = statement.query((
            row_key(plan.number, after.unwrap_or(0)),
            row_key(plan.number, u64::MAX),
            limit,
        ))?;
        let mut refused = Vec::new();
        while let Some(row) = rows.next()? {
            let findings: String = row.get(6)?;
            refused.push(RefusedRow {
                index: number(row.get(0)?)?,
                verdict: if row.get::<_, String>(1)? == "skipped" {
                    Verdict::Skipped
                } else {
                    Verdict::Refused
                },
                source: row.get(2)?,
                sha256: row.get::<_, Option<[u8; 32]>>(3)?.map(digest_of),
                subject: row.get(4)?,
                algorithm: row.get(5)?,
                findings: recorded(&findings)?,
            });
        }
        Ok(refused)
    }
}

/// Findings as compact JSON, keys sorted, in the order they were made.
pub(super) fn written(findings: &[Finding]) -> String {
    if findings.is_empty() {
        return "[]".to_owned();
    }
    let findings: Vec<_> = findings
        .iter()
        .map(|finding| {
            json!({
                "control": finding.control.id(),
                "hint": finding.hint,
                "message": finding.message.as_str(),
                "severity": match finding.severity {
                    Severity::Note => "note",
                    Severity::Refuse => "refuse",
                },
            })
        })
        .collect();
    serde_json::Value::from(findings).to_string()
}

/// Findings as they were written.
pub(in crate::register) fn recorded(findings: &str) -> Result<Vec<RecordedFinding>, Error> {
    serde_json::from_str(findings).map_err(|error| Error::Damaged(format!("recorded findings: {error}")))
}
