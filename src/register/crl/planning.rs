//! Planning a CRL: its octets are written, read back, linted and held against the CRL before, all in one transaction.

use std::collections::BTreeMap;

use rusqlite::{Connection, Transaction};

use super::super::{
    Register,
    error::Error,
    journal::{self, number},
    revocation::{self, RevocationError, Revoked},
    row_key,
};
use super::{
    Coverage, CrlOrigin, CrlScope, IssuedCrl, LaterCrls, PlansBound, StoredCrl, after_older, bound,
    check_past, latest,
    parts::{PartWriter, entries_of, stored_parts, unread},
    read_tbs, unsigned,
};
use crate::pki::{
    crl::{
        CrlNumber, CrlPoint, CrlReader, CrlSerial, Reason, RevokedEntry, Shape,
        lint::{CrlLint, Expected},
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
    /// and linted, and hold every entry of the CRL before, but for those that may leave.
    ///
    /// # Errors
    /// [`RevocationError`]; [`Error::Damaged`], [`Error::DiskFull`].
    pub fn plan_crl(&mut self, new: &NewCrl<'_>, storing: Storing) -> Result<CrlPlan, Error> {
        // Kept for the CRLs that follow: to digest a plan of a million takes seconds, and there may be 256 partitions.
        let plans = std::mem::take(&mut self.plans_bound);
        let plan = self.plan_crl_by(&plans, new, storing);
        self.plans_bound = plans;
        plan
    }

    fn plan_crl_by(
        &mut self,
        plans: &PlansBound,
        new: &NewCrl<'_>,
        storing: Storing,
    ) -> Result<CrlPlan, Error> {
        let transaction = self.write()?;
        plans.renew(&transaction)?;
        let plan = planned(&transaction, new, plans)?;
        match storing {
            Storing::Trial => {}
            Storing::Durable(digest) if digest == plan.stored.tbs_sha256 => transaction.commit()?,
            Storing::Durable(_) => return Err(RevocationError::CrlOther.into()),
        }
        Ok(plan)
    }
}

fn planned(transaction: &Transaction<'_>, new: &NewCrl<'_>, plans: &PlansBound) -> Result<CrlPlan, Error> {
    if let Some(waiting) = unsigned(transaction, new.authority, new.scope)? {
        return Err(RevocationError::CrlUnsigned(waiting.number.unwrap_or_else(CrlNumber::first)).into());
    }
    check_past(transaction, new.authority)?;
    let previous = latest(transaction, new.authority, new.scope)?;
    let coverage = Coverage::of(transaction, new.authority, new.scope, plans)?;
    let entries = EntriesOf { authority: new.authority, coverage: &coverage, plans };
    if let Some(last) = previous.as_ref().map(|previous| previous.stored.this_update)
        && new.this_update < last
    {
        return Err(RevocationError::ClockBehind { last, now: new.this_update }.into());
    }
    let before = previous.as_ref().map(|previous| &previous.stored);
    bound::check_recorded(transaction, (new.authority, new.scope), before)?;
    let (kind, none_since) =
        after_older::kind_of_next(transaction, (new.authority, new.scope), before, new.later)?;
    let number = next_number(previous.as_ref())?;
    let row: i64 =
        transaction.query_row("SELECT coalesce(max(number), 0) + 1 FROM crl", [], |row| row.get(0))?;
    let revocations: i64 =
        transaction.query_row("SELECT coalesce(max(number), 0) FROM revocation", [], |row| row.get(0))?;
    let seen = previous.as_ref().map(|previous| Previous::of(&previous.stored));

    // Twice: DER has the lengths first.
    let mut extent = Extent::default();
    let mut reasons = BTreeMap::new();
    entries.each(transaction, i64::MAX, seen, &mut |entry| {
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
        number: &number,
        point: coverage.point(),
    };
    let frame = writer::frame(&fields, extent).map_err(RevocationError::from)?;
    let mut parts = PartWriter::new(transaction, row);
    parts.add(&frame.before)?;
    entries.each(transaction, i64::MAX, seen, &mut |entry| parts.add(&writer::entry(entry)))?;
    parts.add(&frame.behind)?;
    let (tbs_sha256, tbs_octets) = parts.finish()?;

    lint_stored(transaction, row, expected_of(new.issuer, &number, extent.entries, coverage.point()))?;
    let mut shown = Vec::new();
    let mut index = 0;
    let mut left = |entry: &RevokedEntry, why: Leaving| -> Result<(), Error> {
        index += 1;
        if shown.len() < LEFT_SHOWN_MAX {
            shown.push((entry.serial, why));
        }
        insert_left(transaction, row, index, &entry.serial, why)
    };
    let counts = match &previous {
        None => Counts { came: extent.entries, ..Counts::default() },
        Some(previous) => {
            let previous = Previous::of(&previous.stored);
            prove_stored(transaction, (new.authority, plans), previous, row, i64::MAX, &mut left)?
        }
    };
    transaction.execute(
        "INSERT INTO crl (number, entry, authority, origin, issuer_sha256, crl_number, this_update, next_update, \
         entries, previous, revocations, tbs_octets, tbs_sha256, partition) \
         VALUES (?1, ?2, ?3, ?13, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?14)",
        rusqlite::params![
            row,
            journal::next(transaction)?,
            new.authority,
            new.issuer.certificate().sha256().as_octets(),
            number.as_octets(),
            new.this_update.unix(),
            new.next_update.unix(),
            i64::try_from(extent.entries).unwrap_or(i64::MAX),
            previous.as_ref().map(|previous| previous.stored.row),
            revocations,
            i64::try_from(tbs_octets).unwrap_or(i64::MAX),
            tbs_sha256.as_octets(),
            new.origin.name(),
            new.scope.column(),
        ],
    )?;
    journal::append(transaction, kind, new.this_update)?;
    let stored = unsigned(transaction, new.authority, new.scope)?
        .filter(|stored| stored.row == row)
        .ok_or_else(|| Error::Damaged("a CRL that was just stored is missing".to_owned()))?;
    Ok(CrlPlan { stored, counts, left: shown, reasons, none_since })
}

fn next_number(previous: Option<&IssuedCrl>) -> Result<CrlNumber, Error> {
    match previous.and_then(|previous| previous.stored.number.as_ref()) {
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

/// What the CRLs of a scope list.
#[derive(Clone, Copy, Debug)]
pub(in crate::register) struct EntriesOf<'a> {
    pub(in crate::register) authority: &'a str,
    pub(in crate::register) coverage: &'a Coverage,
    pub(in crate::register) plans: &'a PlansBound,
}

impl EntriesOf<'_> {
    /// Gives every certificate that is revoked or held after so many rows of `revocation`, in the order of serial
    /// numbers; without those issued here that expired before the CRL before was made, and of which it took in the last
    /// row: they have been on it.
    pub(in crate::register) fn each(
        self,
        connection: &Connection,
        revocations: i64,
        previous: Option<Previous>,
        each: &mut dyn FnMut(&RevokedEntry) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let Self { authority, coverage, plans } = self;
        let mut statement = connection.prepare_cached(&format!(
            "SELECT {}, number FROM revocation INDEXED BY revocation_serial WHERE authority = ?1 AND number <= ?2 \
             ORDER BY serial, number",
            revocation::COLUMNS
        ))?;
        let mut rows = statement.query((authority, revocations))?;
        let mut last: Option<(CrlSerial, Revoked, u64)> = None;
        let mut give = |standing: Option<(CrlSerial, Revoked, u64)>| -> Result<(), Error> {
            let Some((_, revoked, row)) = &standing else { return Ok(()) };
            let Some(entry) = revoked.entry() else { return Ok(()) };
            if !coverage.holds(connection, (authority, &entry.serial), plans)? {
                return Ok(());
            }
            if let Some(previous) = previous
                && *row <= previous.revocations
                && plans.ended_before(connection, (authority, &entry.serial), previous.this_update)?.is_some()
            {
                return Ok(());
            }
            each(entry)
        };
        while let Some(row) = rows.next()? {
            let (serial, revoked) = revocation::read(row)?;
            if last.as_ref().is_some_and(|(last, ..)| *last != serial) {
                give(last.take())?;
            }
            last = Some((serial, revoked, number(row.get(5)?)?));
        }
        give(last)
    }
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
        number,
        entries,
        point,
    }
}

/// Reads stored octets and lints them.
pub(in crate::register) fn lint_stored(
    connection: &Connection,
    crl: i64,
    expected: Expected<'_>,
) -> Result<(), Error> {
    let mut reader = CrlReader::begin(stored_parts(connection, crl), Shape::Tbs).map_err(unread)?;
    let mut lint = CrlLint::begin(reader.head(), expected);
    while let Some(entry) = reader.next_entry().map_err(unread)? {
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
    this_update: Time,
    origin: CrlOrigin,
    revocations: u64,
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

/// Proves from the stored octets of both that a CRL loses nothing of the one before. `revocations` is the number of the
/// newest row that the new one looked at.
pub(in crate::register) fn prove_stored(
    connection: &Connection,
    (authority, plans): (&str, &PlansBound),
    previous: Previous,
    new: i64,
    revocations: i64,
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
    let mut after = entries_of(connection, new)?;
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
