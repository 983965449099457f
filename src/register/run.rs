//! Runs of signing: how fast certificates were recorded, as the times of the journal's entries tell.

use super::{
    Register,
    error::Error,
    journal::{number, time},
};
use crate::pki::time::Time;

/// Newest entries of the journal that are looked at: twenty million certificates of a fast token, half a day of a slow
/// one, and a few hundredths of a second to read.
const ENTRIES: i64 = 20_000;

/// Longest pause between two entries of one run, in seconds. A group is recorded every few seconds; whoever halts the
/// signing for longer begins a new run.
const PAUSE_MAX: i64 = 10;

/// Shortest run that says how fast it was, in seconds: the journal's times are whole seconds.
const RUN_MIN: i64 = 3;

/// A run of signing without a longer pause.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Run {
    /// The authority that signed.
    pub authority: String,
    /// The plan's id.
    pub plan: String,
    /// Certificates recorded in that time.
    pub certificates: u64,
    /// The time, in seconds.
    pub seconds: u64,
    /// When it ended.
    pub ended: Time,
}

/// A run while the journal is read backwards.
struct Backwards {
    authority: String,
    plan: String,
    ended: i64,
    began: i64,
    certificates: u64,
    /// Certificates of the earliest entry: they were signed before the time that it has.
    earliest: u64,
}

impl Backwards {
    fn run(self) -> Result<Option<Run>, Error> {
        let seconds = self.ended - self.began;
        if seconds < RUN_MIN {
            return Ok(None);
        }
        Ok(Some(Run {
            authority: self.authority,
            plan: self.plan,
            certificates: self.certificates,
            seconds: number(seconds)?,
            ended: time(self.ended)?,
        }))
    }
}

impl Register {
    /// The last run of signing with this authority's key, or with another one of the same algorithm, that was
    /// long enough to tell how fast it was.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn last_run(&self, authority: &str) -> Result<Option<Run>, Error> {
        let mut statement = self.connection.prepare_cached(
            "SELECT journal.time, plan.id, plan.authority, json_extract(journal.body, '$.facts.certificates') \
             FROM journal CROSS JOIN plan ON plan.id = json_extract(journal.body, '$.facts.plan') \
             CROSS JOIN authority ON authority.name = plan.authority \
             WHERE journal.seq > (SELECT max(seq) FROM journal) - ?2 AND journal.kind = 'issued' \
             AND authority.algorithm = (SELECT algorithm FROM authority WHERE name = ?1) \
             ORDER BY journal.seq DESC",
        )?;
        let mut rows = statement.query((authority, ENTRIES))?;
        let mut run: Option<Backwards> = None;
        while let Some(row) = rows.next()? {
            let (at, plan, certificates): (i64, String, u64) =
                (row.get(0)?, row.get(1)?, number(row.get(3)?)?);
            match &mut run {
                Some(run) if run.plan == plan && (0..=PAUSE_MAX).contains(&(run.began - at)) => {
                    run.certificates += run.earliest;
                    run.earliest = certificates;
                    run.began = at;
                }
                _ => {
                    if let Some(found) = run.take().map(Backwards::run).transpose()?.flatten() {
                        return Ok(Some(found));
                    }
                    run = Some(Backwards {
                        authority: row.get(2)?,
                        plan,
                        ended: at,
                        began: at,
                        certificates: 0,
                        earliest: certificates,
                    });
                }
            }
        }
        Ok(run.map(Backwards::run).transpose()?.flatten())
    }
}
