//! Plans: what is to be signed, octet for octet, stored whole before the first signature.

use rusqlite::{CachedStatement, Connection, OptionalExtension as _, Row};

use super::{
    Register, Rehearsal, digest_of,
    error::Error,
    journal::{number, time},
};
use crate::pki::{
    block_list::asked::{self, AskedList},
    fingerprint::Digest,
    lint::waiver::{self, Waiver},
    plan::{PlanDigest, PlanStatement},
    profile::{Approval, DuplicateKeys},
    text::Printable,
    time::Time,
};

mod refused;
mod writer;

pub(super) use refused::recorded;
pub use refused::{RecordedFinding, RefusedRow, Verdict};
#[cfg(test)]
pub(super) use writer::NewRow;
pub use writer::{Issuer, NewPlan, PLAN_REQUESTS_MAX, PlanWriter};

/// What a plan is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PlanKind {
    /// Requests from a medium.
    Batch,
    /// A certificate for the key of another CA, made from that CA's own certificate.
    Cross,
    /// A certificate that links two keys of one CA: by the one for the other.
    Link,
    /// A CA's self-signed certificate.
    Root,
    /// A certificate that proves to a platform that the CA's key is held.
    Verification,
}

impl PlanKind {
    /// The word that the register, reports and manifests use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Batch => "batch",
            Self::Cross => "cross",
            Self::Link => "link",
            Self::Root => "root",
            Self::Verification => "verification",
        }
    }

    /// Whether the command that names its one certificate may approve it; all others want typed words, or a profile that
    /// lets scripts issue.
    pub(super) fn takes_command(self) -> bool {
        match self {
            Self::Batch | Self::Cross => false,
            Self::Link | Self::Root | Self::Verification => true,
        }
    }

    fn from_name(name: &str) -> Result<Self, Error> {
        [Self::Batch, Self::Cross, Self::Link, Self::Root, Self::Verification]
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| Error::Damaged("a plan of unknown kind".to_owned()))
    }
}

/// Where a key stood before.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Earlier {
    /// The plan's id; `None` for the plan that is being written.
    pub plan: Option<String>,
    /// The place in that plan, from 1.
    pub index: u64,
    /// Where the request came from, as it was given.
    pub source: String,
}

/// A plan that is durable.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredPlan {
    pub(super) number: i64,
    /// Its name: `p-`, the day it was made, and the first digits of its digest.
    pub id: String,
    /// The digest that people approve.
    pub digest: Digest,
    /// The authority that signs.
    pub authority: String,
    /// What it is for.
    pub kind: PlanKind,
    /// The profile's name.
    pub profile: String,
    /// The profile as it was configured.
    pub profile_text: String,
    /// Rules of the lint that the profile sets aside, in their order.
    pub waivers: Vec<Waiver>,
    /// The block lists that its keys were looked up in; `None` where they were judged against none, as a CA's own is.
    pub block_lists: Option<Vec<AskedList>>,
    /// Whether it may be approved without typed words.
    pub approval: Approval,
    /// Whether a key may be certified twice.
    pub duplicate_keys: DuplicateKeys,
    /// When it was made.
    pub created: Time,
    /// SHA-256 of the issuing certificate; for a root, of its `SubjectPublicKeyInfo`.
    pub issuer_sha256: Digest,
    /// Certificates to sign.
    pub accepted: u64,
    /// Requests refused.
    pub refused: u64,
    /// What was no request at all.
    pub skipped: u64,
    /// Whether the register is an exercise.
    pub rehearsal: Rehearsal,
}

impl StoredPlan {
    /// The digest as people read it to each other.
    #[must_use]
    pub fn words(&self) -> String {
        self.digest.words()
    }

    /// The beginning of its digest, to be derived again.
    pub(super) fn begin_digest(&self) -> PlanDigest {
        PlanDigest::new(&PlanStatement {
            standing: self.rehearsal.standing(),
            profile: &self.profile,
            issuer_sha256: self.issuer_sha256,
            count: self.accepted,
            waivers: &self.waivers,
        })
    }
}

impl Register {
    /// A plan by its id or the beginning of it.
    ///
    /// # Errors
    /// [`Error::PlanUnknown`], [`Error::PlanAmbiguous`].
    pub fn plan(&self, id: &str) -> Result<StoredPlan, Error> {
        let harmless = || Printable::new(id).to_string();
        let mut plans = self.select_plans("WHERE id = ?1 OR substr(id, 1, length(?1)) = ?1", [id])?;
        if id.is_empty() || plans.is_empty() {
            return Err(Error::PlanUnknown(harmless()));
        }
        let at = match plans.iter().position(|plan| plan.id == id) {
            Some(at) => at,
            None if plans.len() == 1 => 0,
            None => return Err(Error::PlanAmbiguous(harmless())),
        };
        Ok(plans.swap_remove(at))
    }

    /// All plans, oldest first.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn plans(&self) -> Result<Vec<StoredPlan>, Error> {
        self.select_plans("", [])
    }

    fn select_plans(&self, filter: &str, of: impl rusqlite::Params) -> Result<Vec<StoredPlan>, Error> {
        select_plans(&self.connection, self.rehearsal, filter, of)
    }
}

/// Plans of a connection, oldest first.
pub(super) fn select_plans(
    connection: &Connection,
    rehearsal: Rehearsal,
    filter: &str,
    of: impl rusqlite::Params,
) -> Result<Vec<StoredPlan>, Error> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT number, id, digest, authority, kind, profile, profile_text, approval, duplicate_keys, \
         created, issuer_sha256, accepted, refused, skipped, waivers, block_lists FROM plan {filter} ORDER BY number"
    ))?;
    let mut rows = statement.query(of)?;
    let mut plans = Vec::new();
    while let Some(row) = rows.next()? {
        plans.push(stored(row, rehearsal)?);
    }
    Ok(plans)
}

fn stored(row: &Row<'_>, rehearsal: Rehearsal) -> Result<StoredPlan, Error> {
    Ok(StoredPlan {
        number: row.get(0)?,
        id: row.get(1)?,
        digest: digest_of(row.get(2)?),
        authority: row.get(3)?,
        kind: PlanKind::from_name(&row.get::<_, String>(4)?)?,
        profile: row.get(5)?,
        profile_text: row.get(6)?,
        // Anything but the permission is the stricter of the two.
        approval: if row.get::<_, String>(7)? == "unattended" {
            Approval::Unattended
        } else {
            Approval::Typed
        },
        duplicate_keys: if row.get::<_, String>(8)? == "note" {
            DuplicateKeys::Note
        } else {
            DuplicateKeys::Refuse
        },
        created: time(row.get(9)?)?,
        issuer_sha256: digest_of(row.get(10)?),
        accepted: number(row.get(11)?)?,
        refused: number(row.get(12)?)?,
        skipped: number(row.get(13)?)?,
        waivers: waiver::read(&row.get::<_, String>(14)?)
            .ok_or_else(|| Error::Damaged("a plan's waivers are none".to_owned()))?,
        block_lists: row
            .get::<_, Option<String>>(15)?
            .map(|text| asked::read(&text))
            .map(|lists| lists.ok_or_else(|| Error::Damaged("a plan's block lists are none".to_owned())))
            .transpose()?,
        rehearsal,
    })
}

fn issued_key(connection: &Connection, spki_sha256: &Digest) -> Result<Option<Earlier>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT planned.idx, planned.source, plan.id FROM planned INDEXED BY planned_spki \
         CROSS JOIN issued USING (key) CROSS JOIN plan ON plan.number = planned.plan \
         WHERE substr(spki_sha256, 1, 8) = substr(?1, 1, 8) AND spki_sha256 = ?1 ORDER BY +key LIMIT 1",
    )?;
    earlier(&mut statement, [spki_sha256.as_octets()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
}

fn earlier(
    statement: &mut CachedStatement<'_>,
    of: impl rusqlite::Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<(i64, String, Option<String>)>,
) -> Result<Option<Earlier>, Error> {
    statement
        .query_row(of, read)
        .optional()?
        .map(|(index, source, plan)| Ok(Earlier { plan, index: number(index)?, source }))
        .transpose()
}
