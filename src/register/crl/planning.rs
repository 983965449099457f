//! Planning a CRL: its octets are written, read back, linted and held against the CRL before, all in one transaction.

use std::{collections::BTreeMap, mem::take, ops::ControlFlow};

use rusqlite::{Connection, Transaction};

use super::super::{
    Register,
    error::Error,
    journal::{self, Kind, number},
    revocation::RevocationError,
    row_key,
};
use super::{
    Coverage, CrlOrigin, CrlScope, Divisions, EntriesOf, LaterCrls, Members, Pace, PlansBound, StoredCrl,
    after_older, bound, check_past, latest,
    parts::{PartWriter, entries_of, stored_parts, unread},
    read_tbs,
    row::{CrlColumns, newest_revocation, next_crl},
    unsigned,
};
use crate::pki::{
    crl::{
        CrlNumber, CrlPoint, CrlReader, CrlSerial, Reason, RevokedEntry, Shape,
        lint::{CrlLint, Expected, Maker},
        succession::{self, Counts, Leaving, LeavingFacts, Released},
        writer::{self, CrlFields, Extent},
    },
    fingerprint::Digest,
    issuer::IssuingCa,
    key::SignatureAlgorithm,
    time::Time,
};

/// Certificates that left, at most, that a plan names one by one; all of them are recorded.
pub const LEFT_SHOWN_MAX: usize = 100;

/// What is known of a CRL before its entries.
#[derive(Clone, Copy, Debug)]
pub struct NewCrl<'a> {
    /// The authority's name.
    pub authority: &'a str,
    /// Which of its certificates it is for.
    pub scope: CrlScope,
    /// The authority, by the certificate in use.
    pub issuer: &'a IssuingCa,
    /// How it will sign.
    pub algorithm: SignatureAlgorithm,
    /// thisUpdate.
    pub this_update: Time,
    /// nextUpdate.
    pub next_update: Time,
    /// What its approval rests on.
    pub origin: CrlOrigin,
    /// What was said of CRLs that were published since an older register was accepted.
    pub later: LaterCrls,
}

/// Whether a plan is to last.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Storing {
    /// It is stored, if it has this digest: the one whose words were shown.
    Durable(Digest),
    /// It is made to be shown; nothing of it stays.
    Trial,
}

/// A CRL as it was planned, and how it differs from the one before.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CrlPlan {
    /// The CRL.
    pub stored: StoredCrl,
    /// Entries that stayed, came and left.
    pub counts: Counts,
    /// What left and why, at most [`LEFT_SHOWN_MAX`].
    pub left: Vec<(CrlSerial, Leaving)>,
    /// How many entries there are of each reason, in the order of the reasons' codes.
    pub reasons: BTreeMap<Reason, u64>,
    /// The entry by which an older register was accepted, where it is recorded with this CRL that none was published since.
    pub none_since: Option<u64>,
}

impl Register {
    /// Plans a CRL of all that is revoked. Proved before it is stored: the finished octets are read again by other code
    /// and linted, and hold every entry of the CRL before, but for those that may leave. `watcher` hears how many rows and
    /// entries were looked at, each as often as that was done.
    ///
    /// # Errors
    /// [`RevocationError`]; [`Error::Stopped`] where `watcher` broke off; [`Error::Damaged`], [`Error::DiskFull`].
    pub fn plan_crl(
        &mut self,
        new: &NewCrl<'_>,
        storing: Storing,
        watcher: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<CrlPlan, Error> {
        // Kept for the CRLs that follow: to digest a plan of a million takes seconds, and there may be 256 partitions.
        let (plans, divisions) = (take(&mut self.plans_bound), take(&mut self.divisions));
        let plan = self.plan_crl_by(&plans, &divisions, (new, storing), &mut Pace::new(watcher));
        (self.plans_bound, self.divisions) = (plans, divisions);
        plan
    }

    fn plan_crl_by(
        &mut self,
        plans: &PlansBound,
        divisions: &Divisions,
        (new, storing): (&NewCrl<'_>, Storing),
        pace: &mut Pace<'_>,
    ) -> Result<CrlPlan, Error> {
        let transaction = self.write()?;
        plans.renew(&transaction)?;
        let plan = Planning::begin(&transaction, new, (divisions, plans), pace)?.plan(pace)?;
        match storing {
            Storing::Trial => {}
            Storing::Durable(digest) if digest == plan.stored.tbs_sha256 => transaction.commit()?,
            Storing::Durable(_) => return Err(RevocationError::CrlOther.into()),
        }
        Ok(plan)
    }
}

/// A CRL that is planned, and what it follows.
struct Planning<'a> {
    transaction: &'a Transaction<'a>,
    new: &'a NewCrl<'a>,
    plans: &'a PlansBound,
    members: Members,
    point: Option<CrlPoint>,
    before: Option<StoredCrl>,
    number: CrlNumber,
    row: i64,
    /// Of what kind its entry is, and the entry by which an older register was accepted that it answers.
    kind: Kind,
    none_since: Option<u64>,
}

/// What was written of it.
struct Written {
    entries: u64,
    reasons: BTreeMap<Reason, u64>,
    tbs_sha256: Digest,
    tbs_octets: u64,
}

impl<'a> Planning<'a> {
    fn begin(
        transaction: &'a Transaction<'a>,
        new: &'a NewCrl<'a>,
        (divisions, plans): (&Divisions, &'a PlansBound),
        pace: &mut Pace<'_>,
    ) -> Result<Self, Error> {
        let &NewCrl { authority, scope, this_update, .. } = new;
        if let Some(waiting) = unsigned(transaction, authority, scope)? {
            return Err(RevocationError::CrlUnsigned(waiting.number.unwrap_or_else(CrlNumber::first)).into());
        }
        check_past(transaction, authority)?;
        let before = latest(transaction, authority, scope)?.map(|before| before.stored);
        if let Some(last) =
            before.as_ref().map(|before| before.this_update).filter(|last| this_update < *last)
        {
            return Err(RevocationError::ClockBehind { last, now: this_update }.into());
        }
        bound::check_recorded(transaction, (authority, scope), before.as_ref())?;
        let (kind, none_since) =
            after_older::kind_of_next(transaction, (authority, scope), before.as_ref(), new.later)?;
        let point = Coverage::of(transaction, authority, scope, plans)?.into_point();
        let members = Members::of(transaction, (authority, scope), (divisions, plans), pace)?;
        let number = next_number(before.as_ref())?;
        let number = after_older::number_of_next(transaction, (authority, scope), number, new.this_update)?;
        let row = next_crl(transaction)?;
        Ok(Self { transaction, new, plans, members, point, before, number, row, kind, none_since })
    }

    fn plan(&self, pace: &mut Pace<'_>) -> Result<CrlPlan, Error> {
        let written = self.write(pace)?;
        let expected = expected_of(self.new.issuer, &self.number, written.entries, self.point.as_ref());
        lint_stored(self.transaction, self.row, expected, pace)?;
        let (counts, left) = self.prove(written.entries, pace)?;
        let stored = self.store(&written)?;
        Ok(CrlPlan { stored, counts, left, reasons: written.reasons, none_since: self.none_since })
    }

    /// Gives what it lists.
    fn each(
        &self,
        pace: &mut Pace<'_>,
        each: &mut dyn FnMut(&RevokedEntry) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let of = EntriesOf { authority: self.new.authority, members: &self.members, plans: self.plans };
        of.each(self.transaction, i64::MAX, self.before.as_ref().map(Previous::of), pace, each)
    }

    /// Writes its octets: twice through all entries, because DER has the lengths first.
    fn write(&self, pace: &mut Pace<'_>) -> Result<Written, Error> {
        let new = self.new;
        let mut extent = Extent::default();
        let mut reasons = BTreeMap::new();
        self.each(pace, &mut |entry| {
            if entry.date > new.this_update {
                let &RevokedEntry { serial, date, .. } = entry;
                return Err(RevocationError::RevokedAhead { serial, date, now: new.this_update }.into());
            }
            extent.add(entry);
            *reasons.entry(entry.reason).or_default() += 1;
            Ok(())
        })?;
        let fields = CrlFields {
            algorithm: new.algorithm,
            issuer: new.issuer.certificate().subject().der(),
            key_identifier: new.issuer.key_identifier(),
            this_update: new.this_update,
            next_update: new.next_update,
            number: &self.number,
            point: self.point.as_ref(),
        };
        let frame = writer::frame(&fields, extent).map_err(RevocationError::from)?;
        let mut parts = PartWriter::new(self.transaction, self.row);
        parts.add(&frame.before)?;
        self.each(pace, &mut |entry| parts.add(&writer::entry(entry)))?;
        parts.add(&frame.behind)?;
        let (tbs_sha256, tbs_octets) = parts.finish()?;
        Ok(Written { entries: extent.entries, reasons, tbs_sha256, tbs_octets })
    }

    /// Proves that it loses nothing, and records what left: how much, and the first of it.
    fn prove(&self, entries: u64, pace: &mut Pace<'_>) -> Result<(Counts, Vec<(CrlSerial, Leaving)>), Error> {
        let mut shown = Vec::new();
        let Some(before) = &self.before else {
            return Ok((Counts { came: entries, ..Counts::default() }, shown));
        };
        let mut index = 0;
        let mut left = |entry: &RevokedEntry, why: Leaving| -> Result<(), Error> {
            index += 1;
            if shown.len() < LEFT_SHOWN_MAX {
                shown.push((entry.serial, why));
            }
            insert_left(self.transaction, self.row, index, &entry.serial, why)
        };
        let of = (self.new.authority, self.plans);
        let counts =
            prove_stored(self.transaction, of, Previous::of(before), (self.row, i64::MAX), pace, &mut left)?;
        Ok((counts, shown))
    }

    fn store(&self, written: &Written) -> Result<StoredCrl, Error> {
        let &NewCrl { authority, scope, origin, issuer, this_update, next_update, .. } = self.new;
        let columns = CrlColumns {
            row: self.row,
            authority,
            scope,
            origin,
            issuer,
            number: Some(&self.number),
            this_update,
            next_update: Some(next_update),
            entries: written.entries,
            previous: self.before.as_ref().map(|before| before.row),
            revocations: newest_revocation(self.transaction)?,
            tbs_octets: written.tbs_octets,
            tbs_sha256: written.tbs_sha256,
        };
        let stored = columns.insert(self.transaction)?;
        journal::append(self.transaction, self.kind, this_update)?;
        Ok(stored)
    }
}

fn next_number(before: Option<&StoredCrl>) -> Result<CrlNumber, Error> {
    match before.and_then(|before| before.number.as_ref()) {
        None => Ok(CrlNumber::first()),
        Some(last) => Ok(last.next().ok_or_else(|| RevocationError::NumbersOut(last.clone()))?),
    }
}

pub(super) fn insert_left(
    connection: &Connection,
    crl: i64,
    index: u64,
    serial: &CrlSerial,
    why: Leaving,
) -> Result<(), Error> {
    connection
        .prepare_cached("INSERT INTO crl_left (key, crl, idx, serial, why) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute((
            row_key(crl, index),
            crl,
            i64::try_from(index).unwrap_or(i64::MAX),
            serial.as_octets(),
            why.name(),
        ))?;
    Ok(())
}

/// What the lint of a CRL holds its octets against.
pub(in crate::register) fn expected_of<'a>(
    issuer: &'a IssuingCa,
    number: &'a CrlNumber,
    entries: u64,
    point: Option<&'a CrlPoint>,
) -> Expected<'a> {
    Expected {
        issuer: issuer.certificate().subject().der(),
        key_identifier: issuer.key_identifier(),
        validity: (issuer.begins(), issuer.ends()),
        maker: Maker::Writer { number, entries, point },
    }
}

/// Reads stored octets and lints them.
pub(in crate::register) fn lint_stored(
    connection: &Connection,
    crl: i64,
    expected: Expected<'_>,
    pace: &mut Pace<'_>,
) -> Result<(), Error> {
    let mut reader = CrlReader::begin(stored_parts(connection, crl), Shape::Tbs).map_err(unread)?;
    let mut lint = CrlLint::begin(reader.head(), expected);
    while let Some(entry) = reader.next_entry().map_err(unread)? {
        pace.step()?;
        lint.entry(&entry);
    }
    let faults = lint.finish(&reader.finish().map_err(unread)?);
    if faults.is_empty() {
        return Ok(());
    }
    let faults: Vec<String> =
        faults.into_iter().map(|fault| format!("{}: {}", fault.rule, fault.message)).collect();
    Err(RevocationError::Lint(faults.join("; ")).into())
}

/// The CRL before, as its stored octets are read.
#[derive(Clone, Copy, Debug)]
pub(in crate::register) struct Previous {
    row: i64,
    pub(super) this_update: Time,
    origin: CrlOrigin,
    pub(super) revocations: u64,
}

impl Previous {
    pub(in crate::register) fn of(stored: &StoredCrl) -> Self {
        Self {
            row: stored.row,
            this_update: stored.this_update,
            origin: stored.origin,
            revocations: stored.revocations,
        }
    }
}

/// Proves from the stored octets of both that a CRL loses nothing of the one before. The new one is told by its row and
/// the number of the newest row of revocations that it looked at.
pub(in crate::register) fn prove_stored(
    connection: &Connection,
    (authority, plans): (&str, &PlansBound),
    previous: Previous,
    (new, revocations): (i64, i64),
    pace: &mut Pace<'_>,
    left: &mut dyn FnMut(&RevokedEntry, Leaving) -> Result<(), Error>,
) -> Result<Counts, Error> {
    let (head, end) = read_tbs(connection, previous.row, &mut |_| Ok(()))?;
    let (new_head, new_end) = read_tbs(connection, new, &mut |_| Ok(()))?;
    succession::check_heads((&head, &end), (&new_head, &new_end)).map_err(RevocationError::from)?;
    let mut facts = |serial: &CrlSerial| -> Result<LeavingFacts, Error> {
        Ok(LeavingFacts {
            not_after: plans.ended_before(connection, (authority, serial), previous.this_update)?,
            released: released(connection, authority, serial, (previous.revocations, revocations))?,
        })
    };
    let mut before: Box<dyn FnMut() -> Result<Option<RevokedEntry>, Error> + '_> = match previous.origin {
        CrlOrigin::Command | CrlOrigin::Words => Box::new(entries_of(connection, previous.row)?),
        // Others list in another order; what was taken over is bounded, so it is sorted here.
        CrlOrigin::Elsewhere => {
            let mut entries = Vec::new();
            read_tbs(connection, previous.row, &mut |entry| {
                entries.push(*entry);
                Ok(())
            })?;
            entries.sort_unstable_by_key(|entry| entry.serial);
            let mut entries = entries.into_iter();
            Box::new(move || Ok(entries.next()))
        }
    };
    let mut entries = entries_of(connection, new)?;
    let mut after = || {
        pace.step()?;
        entries()
    };
    succession::prove(previous.this_update, &mut *before, &mut after, &mut facts, left)
}

/// Whether a hold was released after the CRL before was made.
fn released(
    connection: &Connection,
    authority: &str,
    serial: &CrlSerial,
    (after, until): (u64, i64),
) -> Result<Option<Released>, Error> {
    let releases: i64 = connection
        .prepare_cached(
            "SELECT count(*) FROM revocation WHERE authority = ?1 AND serial = ?2 AND number > ?3 \
             AND number <= ?4 AND act = 'released'",
        )?
        .query_row(
            (authority, serial.as_octets(), i64::try_from(after).unwrap_or(i64::MAX), until),
            |row| row.get(0),
        )?;
    Ok((number(releases)? > 0).then_some(Released))
}
