//! Recovery: after an older register was put back, a CRL that was published since is taken in again.
//!
//! Without it numbers would repeat, and what was revoked in between would be valid again. What a published CRL says holds:
//! its entries become revocations, also those of certificates that the older register does not know, and its number goes
//! on. It is proved that it loses nothing of the last CRL that the register has.
//!
//! One that is brought too late, when the register has made a newer one, is not the CRL before of any other: what it lists
//! and the register lacks is recorded, nothing else of it.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension as _, Transaction};

use super::super::{
    Register,
    error::Error,
    journal::{self, Kind},
    revocation::{self, Recorded, RevocationError, Revoked},
};
use super::{
    Coverage, CrlScope, Divisions, EntriesOf, IssuedCrl, Members, Pace, PlansBound, Previous, after_older,
    arrived::{Arrived, crl_error},
    bound, check_past, latest,
    planning::insert_left,
    prove_stored,
    row::newest_revocation,
    unsigned,
};
use crate::pki::{
    crl::{CrlError, CrlNumber, CrlPoint, CrlSerial, Pieces, Reason, RevokedEntry, succession},
    issuer::IssuingCa,
    time::Time,
};

/// What a published CRL brought back.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Recovery {
    /// Which of the CA's certificates it is for.
    pub scope: CrlScope,
    /// Its number.
    pub number: CrlNumber,
    /// Certificates whose revocation or hold the register did not know so.
    pub revoked: u64,
    /// Holds that the register had, and that were released in between.
    pub released: u64,
}

/// What came of a CRL that was brought.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Brought {
    /// The register has it, and a later one.
    Known,
    /// It is older than the last that the register has of this scope, and was lost with what an older register lacks: what
    /// it lists is recorded. `released` is 0.
    Late(Recovery),
    /// It is the latest that the register has of this scope.
    Latest(CrlScope),
    /// It was taken in.
    Recovered(Recovery),
}

impl Register {
    /// Takes in a CRL of an authority that was published, whose octets come in pieces, where the register does not have
    /// it. Once an older register was accepted, one that is older than the last that the register has is none that the next
    /// one follows: what it lists is recorded.
    ///
    /// # Errors
    /// [`RevocationError`] with what is wrong with the CRL, as `E`; whatever the pieces say.
    pub fn recover_crl<P, E>(
        &mut self,
        authority: &str,
        issuer: &IssuingCa,
        pieces: P,
        now: Time,
    ) -> Result<Brought, E>
    where
        P: Pieces<Error = E>,
        E: From<Error>,
    {
        let transaction = self.write()?;
        check_past(&transaction, authority)?;
        let mut entries = Vec::new();
        let mut keep = |entry: &RevokedEntry| {
            entries.push(*entry);
            Ok(())
        };
        let arrived = Arrived::read(&transaction, issuer, pieces, now, &mut keep)?;
        let scope = scope_of(&transaction, authority, arrived.end.point.as_ref())?;
        if let Some(known) = known(&transaction, authority, scope, &arrived)? {
            return Ok(known);
        }
        let plans = PlansBound::default();
        let before = latest(&transaction, authority, scope)?;
        if is_late(&transaction, authority, before.as_ref(), &arrived)? {
            // What was read of its octets is not kept.
            drop(transaction);
            let transaction = self.write()?;
            let late =
                Recovering { transaction: &transaction, authority, scope, arrived: &arrived, plans: &plans };
            let recovery = late.record_late(&entries, now)?;
            transaction.commit().map_err(Error::from)?;
            return Ok(Brought::Late(recovery));
        }
        let number = follows(&transaction, (authority, scope), before.as_ref(), &arrived)?;
        let recovering =
            Recovering { transaction: &transaction, authority, scope, arrived: &arrived, plans: &plans };
        let (revoked, released) = recovering.record(&entries, before.as_ref())?;
        recovering.store(issuer, before.as_ref(), now)?;
        transaction.commit().map_err(Error::from)?;
        Ok(Brought::Recovered(Recovery { scope, number, revoked, released }))
    }
}

fn scope_of(
    transaction: &Transaction<'_>,
    authority: &str,
    point: Option<&CrlPoint>,
) -> Result<CrlScope, Error> {
    let Some(point) = point else { return Ok(CrlScope::Full) };
    let column: Option<i64> = transaction
        .query_row(
            "SELECT idx FROM crl_partition WHERE authority = ?1 AND point = ?2",
            (authority, point.der()),
            |row| row.get(0),
        )
        .optional()?;
    let unknown =
        || crl_error(CrlError::Unsupported("a CRL of a partition that nothing is known of".to_owned()));
    CrlScope::from_column(column.ok_or_else(unknown)?)
}

/// What a CRL is that the register has.
fn known(
    transaction: &Transaction<'_>,
    authority: &str,
    scope: CrlScope,
    arrived: &Arrived,
) -> Result<Option<Brought>, Error> {
    let digest = arrived.end.tbs_sha256;
    if latest(transaction, authority, scope)?.is_some_and(|latest| latest.stored.tbs_sha256 == digest) {
        return Ok(Some(Brought::Latest(scope)));
    }
    let is_known: bool = transaction.query_row(
        "SELECT EXISTS (SELECT 1 FROM crl JOIN crl_issued ON crl_issued.crl = crl.number \
         WHERE authority = ?1 AND tbs_sha256 = ?2)",
        (authority, digest.as_octets()),
        |row| row.get(0),
    )?;
    Ok(is_known.then_some(Brought::Known))
}

/// Whether a CRL that the register lacks comes when a newer one was made already, after an older register was accepted.
fn is_late(
    transaction: &Transaction<'_>,
    authority: &str,
    before: Option<&IssuedCrl>,
    arrived: &Arrived,
) -> Result<bool, Error> {
    let Some(IssuedCrl { stored, .. }) = before else { return Ok(false) };
    let (made, number) = (arrived.head.this_update, arrived.end.number.as_ref());
    let is_older = made < stored.this_update || (number.is_some() && number <= stored.number.as_ref());
    Ok(is_older && after_older::accepted(transaction, authority)?.is_some())
}

/// The number of one that has one.
fn number_of(arrived: &Arrived) -> Result<CrlNumber, RevocationError> {
    let number = arrived.end.number.clone();
    number.ok_or_else(|| RevocationError::CrlForeign("it has no number".to_owned()))
}

/// Its number, where it follows the last CRL that the register has.
fn follows(
    transaction: &Transaction<'_>,
    (authority, scope): (&str, CrlScope),
    before: Option<&IssuedCrl>,
    arrived: &Arrived,
) -> Result<CrlNumber, Error> {
    let number = number_of(arrived)?;
    if let Some(waiting) = unsigned(transaction, authority, scope)? {
        return Err(RevocationError::CrlUnsigned(waiting.number.unwrap_or(number)).into());
    }
    let stored = before.map(|before| &before.stored);
    bound::check_recorded(transaction, (authority, scope), stored)?;
    match stored.and_then(|stored| stored.number.as_ref()) {
        Some(last) if number <= *last => {
            Err(RevocationError::NotNewer { number, known: last.clone() }.into())
        }
        _ => Ok(number),
    }
}

/// The rows that are recorded, of what stands for a certificate, what a CRL says of it, and when that was made.
type RowsOf<'a> = &'a dyn Fn(Option<Revoked>, &RevokedEntry, Time) -> Vec<Recorded>;

/// A published CRL that is taken in.
struct Recovering<'a> {
    transaction: &'a Transaction<'a>,
    authority: &'a str,
    scope: CrlScope,
    arrived: &'a Arrived,
    plans: &'a PlansBound,
}

impl Recovering<'_> {
    /// Records what it says and the register does not: how many certificates are revoked or held, and released.
    fn record(&self, entries: &[RevokedEntry], before: Option<&IssuedCrl>) -> Result<(u64, u64), Error> {
        let Self { transaction, authority, arrived, .. } = *self;
        let made = arrived.head.this_update;
        let entry = journal::next(transaction)?;
        let holds_gone = self.holds_gone(entries, before)?;
        for serial in &holds_gone {
            revocation::insert(transaction, entry, authority, &Recorded::released(*serial, made))?;
        }
        let revoked = self.record_entries(entries, &missing)?;
        Ok((revoked, holds_gone.len() as u64))
    }

    /// Records what it lists and the register lacks, beside the CRL that was made since.
    fn record_late(&self, entries: &[RevokedEntry], now: Time) -> Result<Recovery, Error> {
        let Self { transaction, authority, scope, arrived, .. } = *self;
        let before = latest(transaction, authority, scope)?;
        bound::check_recorded(transaction, (authority, scope), before.as_ref().map(|before| &before.stored))?;
        let number = number_of(arrived)?;
        let holds = self.holds_of_late()?;
        let revoked = self.record_entries(entries, &|standing, found, made| {
            lacking(standing, found, made, holds).into_iter().collect()
        })?;
        if revoked > 0 {
            journal::append(transaction, Kind::LateCrl, now)?;
        }
        Ok(Recovery { scope, number, revoked, released: 0 })
    }

    /// What the holds of a late CRL still say: a newer CRL that was published, and was brought before it, tells which of them
    /// were released since.
    fn holds_of_late(&self) -> Result<Holds, Error> {
        let is_followed: bool = self.transaction.query_row(
            "SELECT EXISTS (SELECT 1 FROM crl JOIN crl_issued ON crl_issued.crl = crl.number \
             WHERE authority = ?1 AND partition IN (0, ?2) AND origin = 'elsewhere' AND this_update >= ?3)",
            (self.authority, self.scope.column(), self.arrived.head.this_update.unix()),
            |row| row.get(0),
        )?;
        Ok(if is_followed { Holds::Past } else { Holds::Stand })
    }

    /// Records the rows that each entry makes of what stands: of how many certificates there were some.
    fn record_entries(&self, entries: &[RevokedEntry], rows: RowsOf<'_>) -> Result<u64, Error> {
        let Self { transaction, authority, scope, arrived, plans } = *self;
        let coverage = Coverage::of(transaction, authority, scope, plans)?;
        let entry = journal::next(transaction)?;
        let mut revoked = 0;
        for found in entries {
            // The CRLs of a partition list what is known to be in it: the next one would lose this entry.
            if !coverage.holds(transaction, (authority, &found.serial), plans)? {
                return Err(RevocationError::NotOfPartition(found.serial).into());
            }
            let standing = revocation::standing(transaction, authority, &found.serial)?;
            let rows = rows(standing, found, arrived.head.this_update);
            revoked += u64::from(!rows.is_empty());
            for row in rows {
                revocation::insert(transaction, entry, authority, &row)?;
            }
        }
        Ok(revoked)
    }

    /// Holds that were on the CRL before and are not on this one although their certificates last: they were released. One
    /// that was set here after this CRL was made is another hold.
    fn holds_gone(
        &self,
        entries: &[RevokedEntry],
        before: Option<&IssuedCrl>,
    ) -> Result<Vec<CrlSerial>, Error> {
        let Some(before) = before else { return Ok(Vec::new()) };
        let listed: BTreeSet<CrlSerial> = entries.iter().map(|entry| entry.serial).collect();
        let mut held = Vec::new();
        let seen = i64::try_from(before.stored.revocations).unwrap_or(i64::MAX);
        let (plans, pace) = (self.plans, &mut Pace::unwatched());
        let of = (self.authority, self.scope);
        let members = Members::of(self.transaction, of, (&Divisions::default(), plans), pace)?;
        let of = EntriesOf { authority: self.authority, members: &members, plans };
        of.each(self.transaction, seen, None, pace, &mut |entry| {
            if entry.reason == Reason::CertificateHold && !listed.contains(&entry.serial) {
                held.push(entry.serial);
            }
            Ok(())
        })?;
        let mut gone = Vec::new();
        for serial in held {
            let standing = revocation::standing(self.transaction, self.authority, &serial)?;
            let of = (self.authority, &serial);
            let ended = plans.ended_before(self.transaction, of, before.stored.this_update)?;
            let made = self.arrived.head.this_update;
            if matches!(standing, Some(Revoked::Held(entry)) if entry.date <= made) && ended.is_none() {
                gone.push(serial);
            }
        }
        Ok(gone)
    }

    /// Stores it behind the CRL before, of which it is proved to lose nothing.
    fn store(&self, issuer: &IssuingCa, before: Option<&IssuedCrl>, now: Time) -> Result<(), Error> {
        let Self { transaction, authority, scope, arrived, plans } = *self;
        let revocations = newest_revocation(transaction)?;
        let previous = before.map(|before| before.stored.row);
        arrived.store(transaction, (authority, scope), issuer, (previous, revocations), now)?;
        if let Some(before) = before {
            let mut index = 0;
            prove_stored(
                transaction,
                (authority, plans),
                Previous::of(&before.stored),
                (arrived.row, i64::MAX),
                &mut Pace::unwatched(),
                &mut |entry, why| {
                    index += 1;
                    insert_left(transaction, arrived.row, index, &entry.serial, why)
                },
            )?;
        }
        journal::append(transaction, Kind::Recovery, now)?;
        Ok(())
    }
}

/// What is to be recorded so that the register says of a certificate what a CRL of that moment says, or what followed
/// from it since.
fn missing(standing: Option<Revoked>, found: &RevokedEntry, made: Time) -> Vec<Recorded> {
    let is_hold = found.reason == Reason::CertificateHold;
    let now = Recorded::revoked(found);
    match standing {
        Some(Revoked::Held(entry) | Revoked::Revoked(entry)) if entry == *found => Vec::new(),
        Some(Revoked::Released(at)) if is_hold && at >= made => Vec::new(),
        // Revoked since, of the day of a hold that this register had lost.
        Some(Revoked::Revoked(entry)) if is_hold => {
            let kept = succession::keeps_invalidity(found.invalidity_date, entry.invalidity_date);
            if kept && entry.date == found.date {
                return Vec::new();
            }
            let invalidity_date = if kept { entry.invalidity_date } else { found.invalidity_date };
            vec![Recorded::revoked(&RevokedEntry { date: found.date, invalidity_date, ..entry })]
        }
        // Recorded here before the CRL was brought, and graver: it follows what was published, of that day.
        Some(Revoked::Revoked(entry)) if succession::becomes_worse(found.reason, entry.reason) => {
            let said = found.invalidity_date.into_iter().chain(entry.invalidity_date);
            let worse = RevokedEntry { reason: entry.reason, invalidity_date: said.min(), ..*found };
            vec![now, Recorded::revoked(&worse)]
        }
        // Released in between, and held or revoked again later.
        Some(Revoked::Held(entry)) if found.date > entry.date => {
            vec![Recorded::released(found.serial, found.date), now]
        }
        _ => vec![now],
    }
}

/// Whether a certificate that was on hold when a CRL was made is so still.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Holds {
    /// A newer CRL that was published is known: it has those that were not released.
    Past,
    /// Nothing newer that was published is known.
    Stand,
}

/// What is to be recorded so that the register lacks nothing that a CRL of that moment lists, which was lost, and says of a
/// certificate no other day than the CRLs that were made since.
fn lacking(standing: Option<Revoked>, found: &RevokedEntry, made: Time, holds: Holds) -> Option<Recorded> {
    let is_hold = found.reason == Reason::CertificateHold;
    if is_hold && holds == Holds::Past {
        return None;
    }
    let worse = |known: RevokedEntry| {
        let said = found.invalidity_date.into_iter().chain(known.invalidity_date);
        RevokedEntry { date: known.date, invalidity_date: said.min(), ..*found }
    };
    let entry = match standing {
        None => *found,
        Some(Revoked::Released(at)) if is_hold && at >= made => return None,
        // The last CRL may have the hold that was released.
        Some(Revoked::Released(at)) => RevokedEntry { date: found.date.max(at), ..*found },
        Some(Revoked::Held(held)) if !is_hold => worse(held),
        Some(Revoked::Revoked(known)) if succession::becomes_worse(known.reason, found.reason) => {
            worse(known)
        }
        Some(Revoked::Held(_) | Revoked::Revoked(_)) => return None,
    };
    Some(Recorded::revoked(&entry))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is recorded where `standing` stands and a CRL of noon says `found`: act, reason, date, invalidity date.
    #[track_caller]
    fn check(standing: Option<Revoked>, found: &RevokedEntry, expected: &[(&str, Reason, u8, Option<u8>)]) {
        let rows = missing(standing, found, hour(12));
        let told: Vec<_> = rows.iter().map(Recorded::told).collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|&(act, reason, date, invalid)| (act, reason, hour(date), invalid.map(hour)))
            .collect();
        assert_eq!(told, expected);
    }

    fn hour(hour: u8) -> Time {
        Time::from_rfc3339(&format!("2026-06-01T{hour:02}:00:00Z")).unwrap()
    }

    fn entry(reason: Reason, date: u8, invalid: Option<u8>) -> RevokedEntry {
        let serial = CrlSerial::from_octets(&[7]).unwrap();
        RevokedEntry { serial, date: hour(date), reason, invalidity_date: invalid.map(hour) }
    }

    #[test]
    fn what_was_published_is_recorded_and_what_was_learned_since_stands() {
        use Reason::{CertificateHold as Hold, KeyCompromise as Stolen, Superseded};
        let superseded = entry(Superseded, 6, None);
        check(None, &superseded, &[("revoked", Superseded, 6, None)]);
        check(Some(Revoked::Revoked(superseded)), &superseded, &[]);
        let here = |reason, invalid| Some(Revoked::Revoked(entry(reason, 14, invalid)));
        check(here(Superseded, None), &superseded, &[("revoked", Superseded, 6, None)]);
        let graver = [("revoked", Superseded, 6, None), ("revoked", Stolen, 6, Some(3))];
        check(here(Stolen, Some(3)), &superseded, &graver);
        let doubted = entry(Superseded, 6, Some(2));
        let graver = [("revoked", Superseded, 6, Some(2)), ("revoked", Stolen, 6, Some(2))];
        check(here(Stolen, Some(3)), &doubted, &graver);
        check(here(Stolen, None), &doubted, &graver);
        // A reason that was published is not made better.
        check(here(Superseded, Some(3)), &entry(Stolen, 6, None), &[("revoked", Stolen, 6, None)]);
        let held = entry(Hold, 6, None);
        check(
            Some(Revoked::Held(entry(Hold, 5, None))),
            &held,
            &[("released", Hold, 6, None), ("held", Hold, 6, None)],
        );
        check(Some(Revoked::Held(entry(Hold, 14, None))), &held, &[("held", Hold, 6, None)]);
        check(Some(Revoked::Released(hour(13))), &held, &[]);
        check(Some(Revoked::Released(hour(11))), &held, &[("held", Hold, 6, None)]);
        check(here(Stolen, Some(3)), &held, &[("revoked", Stolen, 6, Some(3))]);
    }

    #[test]
    fn what_was_brought_too_late_takes_nothing_back_that_was_published_since() {
        use Reason::{CertificateHold as Hold, KeyCompromise as Stolen, Superseded};
        let told = |standing, found: &RevokedEntry| {
            lacking(standing, found, hour(12), Holds::Stand).map(|row| row.told())
        };
        let (superseded, held) = (entry(Superseded, 6, Some(5)), entry(Hold, 6, None));
        let revoked = |reason, invalid| Some(Revoked::Revoked(entry(reason, 14, invalid)));
        assert_eq!(told(None, &superseded), Some(("revoked", Superseded, hour(6), Some(hour(5)))));
        assert_eq!(told(None, &held), Some(("held", Hold, hour(6), None)));
        // Of what is on the last CRL the day stays.
        let on_hold = Some(Revoked::Held(entry(Hold, 14, Some(3))));
        assert_eq!(told(on_hold, &superseded), Some(("revoked", Superseded, hour(14), Some(hour(3)))));
        assert_eq!(told(on_hold, &held), None);
        assert_eq!(told(revoked(Superseded, None), &superseded), None);
        assert_eq!(told(revoked(Stolen, None), &superseded), None);
        assert_eq!(told(revoked(Superseded, None), &held), None);
        let stolen = entry(Stolen, 6, None);
        let worse = Some(("revoked", Stolen, hour(14), Some(hour(3))));
        assert_eq!(told(revoked(Superseded, Some(3)), &stolen), worse);
        // Released after it was made, or before: then it was held or revoked again, of no day before the release.
        assert_eq!(told(Some(Revoked::Released(hour(13))), &held), None);
        assert_eq!(told(Some(Revoked::Released(hour(11))), &held), Some(("held", Hold, hour(11), None)));
        let since = Some(("revoked", Stolen, hour(13), None));
        assert_eq!(told(Some(Revoked::Released(hour(13))), &stolen), since);
        // A newer one that was published has the holds that last.
        assert!(lacking(None, &held, hour(12), Holds::Past).is_none());
        assert!(lacking(Some(Revoked::Released(hour(11))), &held, hour(12), Holds::Past).is_none());
        assert!(lacking(None, &superseded, hour(12), Holds::Past).is_some());
    }
}
