//! The register: what was planned, approved, issued and delivered, append-only and hash-chained.
//!
//! One `SQLite` file. Whatever the token signs was written down here first, and only what is recorded here as issued
//! can leave ([`IssuedCertificate`] can be made nowhere else). There is no update and no delete: a correction is a new
//! entry. It never mentions tokens or media. Read [`Register`] first, then [`PlanWriter`]; the file's format is told in
//! docs/REGISTER-FORMAT.md.

use std::path::Path;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::pki::{fingerprint::Digest, time::Time};

mod adoption;
mod approval;
mod audit;

mod authority;
mod catalogue;
mod checkpoint;
mod crl;
mod deeds;
mod delivery;
mod error;
mod issued;
mod journal;
mod keys;
mod mark;
mod plan;
mod planned;
mod revocation;
mod run;
mod search;
mod store;
#[cfg(test)]
mod tests;
mod withdrawal;

pub use adoption::{Adoption, NewAdoption, adoption_digest};
pub use approval::{ApprovedPlan, Approver};

pub use audit::{AuditFinding, AuditProgress, AuditReport};
pub use authority::{AuthorityRecord, InstalledCertificate, NewAuthority, Role};
pub use catalogue::{Catalogue, Place, Stretch};
pub use checkpoint::Checkpoint;
pub use crl::{
    Brought, CrlDelivery, CrlOrigin, CrlPlan, CrlScope, IssuedCrl, LEFT_SHOWN_MAX, LaterCrls, NewCrl,
    Recovery, StoredCrl, Storing, TAKEOVER_ENTRIES_MAX, Takeover, TakeoverWriter,
};
pub use deeds::{Deeds, HandedOver};
pub use delivery::Delivery;
pub use error::Error;
pub use issued::{IssuedCertificate, PlannedRow};
pub use journal::{Entry, Head};
pub use keys::{KeyHolder, RecordedKey};
pub use mark::{MarkState, MarkedToken};
pub use plan::{
    Earlier, Issuer, NewPlan, PLAN_REQUESTS_MAX, PlanKind, PlanWriter, RecordedFinding, RefusedRow,
    StoredPlan, Verdict,
};
pub use planned::{PlannedLine, Tally, Which};
pub use revocation::{RevocationAct, RevocationError, RevocationOrder, Revoked, RevokedCount, RevokedCounts};
pub use run::Run;
pub use search::{Listed, SerialPrefix, Texts};
pub use withdrawal::{REASON_CHARS_MAX, Withdrawal};

/// Whether what is recorded counts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Rehearsal {
    /// It does.
    Live,
    /// It is an exercise; screens, manifests and reports say so.
    Rehearsal,
}

impl Rehearsal {
    /// What manifests and plan digests call it.
    #[must_use]
    pub fn standing(self) -> &'static str {
        match self {
            Self::Live => "production",
            Self::Rehearsal => "rehearsal",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Rehearsal => "rehearsal",
        }
    }
}

/// An open register.
#[derive(Debug)]
pub struct Register {
    // Dropped before the lock is.
    connection: Connection,
    id: [u8; 16],
    rehearsal: Rehearsal,
    /// The plans that CRLs made here rested on.
    plans_bound: crl::PlansBound,
    /// How revocations are divided among partitions.
    divisions: crl::Divisions,
    _lock: Option<store::WriteLock>,
}

impl Register {
    /// Makes a new, empty register and opens it to write. `id` is 16 random octets that name it for ever.
    ///
    /// # Errors
    /// [`Error::Exists`], [`Error::InUse`], [`Error::Io`].
    pub fn create(path: &Path, id: [u8; 16], rehearsal: Rehearsal, now: Time) -> Result<Self, Error> {
        let lock = store::WriteLock::take(path)?;
        store::create(path, |connection| {
            let transaction = connection.transaction()?;
            transaction.execute(
                "INSERT INTO register (entry, format, id, created, rehearsal) VALUES (1, ?1, ?2, ?3, ?4)",
                (store::FORMAT, id, now.unix(), rehearsal.name()),
            )?;
            journal::append(&transaction, journal::Kind::Register, now)?;
            Ok(transaction.commit()?)
        })?;
        Self::with(store::open(path)?, Some(lock))
    }

    /// Opens a register to write. One process at a time.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::InUse`], [`Error::Foreign`], [`Error::Newer`], [`Error::Damaged`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        if !path.exists() {
            return Err(Error::NotFound(path.to_owned()));
        }
        let lock = store::WriteLock::take(path)?;
        Self::with(store::open(path)?, Some(lock))
    }

    /// Opens a register to read only, also beside a process that writes. Its schema is not judged here, so that
    /// [`Register::audit`] can tell what is wrong with it.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Foreign`], [`Error::Newer`].
    pub fn open_to_read(path: &Path) -> Result<Self, Error> {
        Self::with(store::open_to_read(path)?, None)
    }

    fn with(connection: Connection, lock: Option<store::WriteLock>) -> Result<Self, Error> {
        let (id, rehearsal): ([u8; 16], String) =
            connection.query_row("SELECT id, rehearsal FROM register WHERE entry = 1", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        // Anything but "live" is an exercise: the careful reading of a damaged word.
        let rehearsal = if rehearsal == "live" { Rehearsal::Live } else { Rehearsal::Rehearsal };
        let (plans_bound, divisions) = Default::default();
        Ok(Self { connection, id, rehearsal, plans_bound, divisions, _lock: lock })
    }

    /// The 16 octets that name this register.
    #[must_use]
    pub fn id(&self) -> [u8; 16] {
        self.id
    }

    /// Whether it is an exercise.
    #[must_use]
    pub fn rehearsal(&self) -> Rehearsal {
        self.rehearsal
    }

    /// The newest entry of the journal.
    ///
    /// # Errors
    /// [`Error::Damaged`] where there is none.
    pub fn head(&self) -> Result<Head, Error> {
        journal::head(&self.connection)?.ok_or_else(|| Error::Damaged("the journal is empty".to_owned()))
    }

    /// Whether a head that was noted elsewhere (a report, a checkpoint on paper) stands in this history: whoever
    /// rolled the file back or rewrote it cannot make this true.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn holds(&self, head: &Head) -> Result<bool, Error> {
        let after = head.entry.saturating_sub(1);
        Ok(self
            .journal(Some(after), 1)?
            .iter()
            .any(|entry| entry.seq == head.entry && entry.hash == head.hash))
    }

    /// Entries of the journal after a number, oldest first, at most `limit`.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn journal(&self, after: Option<u64>, limit: u32) -> Result<Vec<Entry>, Error> {
        journal::entries(&self.connection, after.unwrap_or(0), limit)
    }

    /// A transaction that will write: begun as such, so that it never fails half-way for want of the right.
    fn write(&mut self) -> Result<Transaction<'_>, Error> {
        Ok(self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?)
    }
}

/// The key of the first possible row of a plan, and of any row by its index.
fn row_key(plan: i64, index: u64) -> i64 {
    plan << 32 | i64::try_from(index).unwrap_or(i64::from(u32::MAX)).min(i64::from(u32::MAX))
}

fn digest_of(octets: [u8; 32]) -> Digest {
    Digest::from_octets(octets)
}
