//! Revocations: what became of certificates after they were issued, each an entry of its own that is never taken back.

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction};

use super::{
    CrlScope, Register,
    crl::{Pace, check_past},
    error::Error,
    journal::{self, Kind, time},
};
use crate::pki::{
    certificate::Certificate,
    crl::{CrlSerial, Reason, RevokedEntry, succession},
    time::Time,
};

mod error;
mod of_plans;

pub use error::RevocationError;
pub use of_plans::{RevokedCount, RevokedCounts};

/// What is to be done with certificates.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RevocationAct {
    /// Take a hold back.
    Release,
    /// Revoke for this reason; `certificateHold` suspends.
    Revoke(Reason),
}

/// Certificates of one authority, and what is to be done with all of them.
#[derive(Clone, Copy, Debug)]
pub struct RevocationOrder<'a> {
    /// The authority's name.
    pub authority: &'a str,
    /// Their serial numbers.
    pub serials: &'a [CrlSerial],
    /// What.
    pub act: RevocationAct,
    /// Since when the keys are, or may be, in other hands.
    pub invalidity_date: Option<Time>,
}

/// What holds for a certificate that was revoked, held or released.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Revoked {
    /// It is on hold.
    Held(RevokedEntry),
    /// Its hold was released at this moment: it is as good as before.
    Released(Time),
    /// It is revoked for ever.
    Revoked(RevokedEntry),
}

impl Revoked {
    /// The entry that a CRL has of it.
    #[must_use]
    pub fn entry(&self) -> Option<&RevokedEntry> {
        match self {
            Self::Held(entry) | Self::Revoked(entry) => Some(entry),
            Self::Released(_) => None,
        }
    }
}

/// A certificate that can be revoked.
struct Known {
    /// The end of its validity, out of its own octets, and the entry of its plan; what a list says of one that was issued
    /// elsewhere is nobody's signed word, and no certificate is taken for expired on it.
    end: Option<(Time, i64)>,
    is_root: bool,
}

impl Register {
    /// Records what became of certificates: of all of them, or on any error of none.
    ///
    /// # Errors
    /// [`RevocationError`] naming the certificate; [`Error::AuthorityUnknown`], [`Error::DiskFull`].
    pub fn revoke(&mut self, new: &RevocationOrder<'_>, now: Time) -> Result<(), Error> {
        Ok(self.revoking(new, now)?.commit()?)
    }

    /// Whether all of it could be recorded now; nothing of it stays.
    ///
    /// # Errors
    /// Those of [`Register::revoke`].
    pub fn check_revocation(&mut self, new: &RevocationOrder<'_>, now: Time) -> Result<(), Error> {
        drop(self.revoking(new, now)?);
        Ok(())
    }

    fn revoking(&mut self, new: &RevocationOrder<'_>, now: Time) -> Result<Transaction<'_>, Error> {
        if self.authority(new.authority)?.is_none() {
            return Err(Error::AuthorityUnknown(new.authority.to_owned()));
        }
        if let Some(date) = new.invalidity_date.filter(|date| *date > now) {
            return Err(RevocationError::InvalidityAhead(date).into());
        }
        // A certificate that is revoked by a clock that went back could be taken for one that stood on a CRL after it had
        // expired, and never get onto one.
        if let Some(last) = self.last_update(new.authority)?
            && now < last
        {
            return Err(RevocationError::ClockBehind { last, now }.into());
        }
        let transaction = self.write()?;
        check_past(&transaction, new.authority)?;
        if new.serials.is_empty() {
            return Ok(transaction);
        }
        let entry = journal::next(&transaction)?;
        for &serial in new.serials {
            let row = next_row(&transaction, new, serial, now)?;
            insert(&transaction, entry, new.authority, &row)?;
        }
        journal::append(&transaction, Kind::Revocation, now)?;
        Ok(transaction)
    }

    /// What holds for a certificate; `None` where nothing was ever recorded.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn revoked(&self, authority: &str, serial: &CrlSerial) -> Result<Option<Revoked>, Error> {
        standing(&self.connection, authority, serial)
    }

    /// What was recorded of the certificates of a scope after a row, of which [`super::StoredCrl::revocations`] tells: how
    /// much, and the first of it, at most `limit`.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn revoked_after(
        &self,
        authority: &str,
        scope: CrlScope,
        after: u64,
        limit: usize,
    ) -> Result<(u64, Vec<(CrlSerial, Revoked)>), Error> {
        let first: Vec<u32> = match scope {
            CrlScope::Full => self
                .connection
                .prepare_cached(
                    "SELECT number FROM revocation WHERE number > ?2 AND authority = ?1 ORDER BY number LIMIT ?3",
                )?
                .query_map((authority, clamped(after), clamped(limit as u64)), |row| row.get(0))?
                .collect::<Result<_, _>>()?,
            CrlScope::Partition(index) => {
                let mut rows = self.rows_after(authority, index, after)?;
                rows.sort_unstable();
                rows.truncate(limit);
                rows
            }
        };
        let count = self.revocations_after(authority, scope, after)?;
        let first = first.into_iter().map(|number| row(&self.connection, number));
        Ok((count, first.collect::<Result<_, _>>()?))
    }

    /// The rows of a partition after a row, in no order of theirs.
    fn rows_after(&self, authority: &str, partition: u32, after: u64) -> Result<Vec<u32>, Error> {
        let division = self.divisions.of(&self.connection, authority, &mut Pace::unwatched())?;
        Ok(division.rows_of(partition).filter(|row| u64::from(*row) > after).collect())
    }

    /// What holds for an authority's certificates that are revoked or on hold, each with its place, in the order it was
    /// recorded, after a place: at most `limit`.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn in_force(
        &self,
        authority: &str,
        after: u64,
        limit: u32,
    ) -> Result<Vec<(u64, CrlSerial, Revoked)>, Error> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS}, number FROM revocation WHERE number > ?2 AND authority = ?1 AND act <> 'released' \
             AND NOT EXISTS (SELECT 1 FROM revocation AS later WHERE later.authority = ?1 \
             AND later.serial = revocation.serial AND later.number > revocation.number) ORDER BY number LIMIT ?3"
        ))?;
        let mut rows = statement.query((authority, i64::try_from(after).unwrap_or(i64::MAX), limit))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let (serial, revoked) = read(row)?;
            found.push((journal::number(row.get(5)?)?, serial, revoked));
        }
        Ok(found)
    }

    /// How much was recorded of the certificates of a scope after a row, of which [`super::StoredCrl::revocations`] tells.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn revocations_after(&self, authority: &str, scope: CrlScope, after: u64) -> Result<u64, Error> {
        match scope {
            CrlScope::Full => journal::number(
                self.connection
                    .prepare_cached("SELECT count(*) FROM revocation WHERE authority = ?1 AND number > ?2")?
                    .query_row((authority, clamped(after)), |row| row.get(0))?,
            ),
            CrlScope::Partition(index) => Ok(self.rows_after(authority, index, after)?.len() as u64),
        }
    }
}

fn clamped(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Judges what is asked against what holds, and says what is to be recorded.
fn next_row(
    connection: &Connection,
    new: &RevocationOrder<'_>,
    serial: CrlSerial,
    now: Time,
) -> Result<Recorded, Error> {
    let standing = standing(connection, new.authority, &serial)?;
    let known = match (known(connection, new.authority, &serial)?, standing) {
        (Some(known), _) => known,
        // It came back with a CRL that was published: only its serial number is known.
        (None, Some(_)) => Known { end: None, is_root: false },
        (None, None) => {
            return Err(RevocationError::SerialUnknown { authority: new.authority.to_owned(), serial }.into());
        }
    };
    if known.is_root {
        return Err(RevocationError::OwnRoot(serial).into());
    }
    let recorded = match new.act {
        RevocationAct::Release => released(serial, standing, now)?,
        RevocationAct::Revoke(reason) => {
            if let Some(not_after) = known.end.map(|(end, _)| end).filter(|end| *end < now) {
                return Err(RevocationError::Expired { serial, not_after }.into());
            }
            let date = revocation_date(serial, standing, reason, now)?;
            let invalidity_date = invalidity_date(serial, standing, new.invalidity_date, now)?;
            Recorded::revoked(&RevokedEntry { serial, date, reason, invalidity_date })
        }
    };
    Ok(recorded)
}

/// What is recorded of a release: of a hold only.
fn released(serial: CrlSerial, standing: Option<Revoked>, now: Time) -> Result<Recorded, RevocationError> {
    match standing {
        Some(Revoked::Held(_)) => Ok(Recorded::released(serial, now)),
        Some(Revoked::Revoked(entry)) => {
            Err(RevocationError::AlreadyRevoked { serial, reason: entry.reason.name() })
        }
        Some(Revoked::Released(_)) | None => Err(RevocationError::NotHeld(serial)),
    }
}

/// Since when a certificate is revoked, or on hold, where it is for this reason now.
fn revocation_date(
    serial: CrlSerial,
    standing: Option<Revoked>,
    reason: Reason,
    now: Time,
) -> Result<Time, RevocationError> {
    match standing {
        None | Some(Revoked::Released(_)) => Ok(now),
        // What was recorded by a clock that ran ahead is on no CRL: the same again, of now, corrects it.
        Some(Revoked::Held(entry) | Revoked::Revoked(entry))
            if entry.date > now && entry.reason == reason =>
        {
            Ok(now)
        }
        Some(Revoked::Held(_)) if reason == Reason::CertificateHold => {
            Err(RevocationError::AlreadyHeld(serial))
        }
        // X.509 §9.5.2.2: of what was held before, the day of the hold.
        Some(Revoked::Held(entry)) => Ok(entry.date.min(now)),
        // X.509 §9.5.2.2 again: revoked it was since then, whatever turns out about its key.
        Some(Revoked::Revoked(entry))
            if succession::becomes_worse(entry.reason, reason) && entry.date <= now =>
        {
            Ok(entry.date)
        }
        Some(Revoked::Revoked(entry)) => {
            Err(RevocationError::AlreadyRevoked { serial, reason: entry.reason.name() })
        }
    }
}

/// Since when its key is in doubt: since what is given now, which is no later than what was said before; that stays where
/// nothing is given.
fn invalidity_date(
    serial: CrlSerial,
    standing: Option<Revoked>,
    given: Option<Time>,
    now: Time,
) -> Result<Option<Time>, RevocationError> {
    let said = standing.as_ref().and_then(Revoked::entry).and_then(|entry| entry.invalidity_date);
    let before = said.filter(|date| *date <= now);
    let date = given.or(before);
    match before.filter(|_| !succession::keeps_invalidity(before, date)) {
        Some(date) => Err(RevocationError::InvalidityLater { serial, date }),
        None => Ok(date),
    }
}

/// A row of `revocation`, as it is written.
pub(super) struct Recorded {
    serial: CrlSerial,
    act: &'static str,
    reason: Reason,
    date: Time,
    invalidity_date: Option<Time>,
}

impl Recorded {
    pub(super) fn revoked(entry: &RevokedEntry) -> Self {
        let act = if entry.reason == Reason::CertificateHold { "held" } else { "revoked" };
        let &RevokedEntry { serial, date, reason, invalidity_date } = entry;
        Self { serial, act, reason, date, invalidity_date }
    }

    pub(super) fn released(serial: CrlSerial, now: Time) -> Self {
        Self { serial, act: "released", reason: Reason::CertificateHold, date: now, invalidity_date: None }
    }

    #[cfg(test)]
    pub(super) fn told(&self) -> (&'static str, Reason, Time, Option<Time>) {
        (self.act, self.reason, self.date, self.invalidity_date)
    }
}

pub(super) fn insert(
    connection: &Connection,
    entry: i64,
    authority: &str,
    row: &Recorded,
) -> Result<(), Error> {
    connection
        .prepare_cached(
            "INSERT INTO revocation (number, entry, authority, serial, act, reason, date, invalidity_date) \
             VALUES ((SELECT coalesce(max(number), 0) + 1 FROM revocation), ?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute((
            entry,
            authority,
            row.serial.as_octets(),
            row.act,
            row.reason.name(),
            row.date.unix(),
            row.invalidity_date.map(Time::unix),
        ))?;
    Ok(())
}

/// The columns that [`read`] takes, in its order.
pub(super) const COLUMNS: &str = "serial, act, reason, date, invalidity_date";

/// The serial number in a column of `revocation`.
pub(super) fn serial(row: &Row<'_>, column: usize) -> Result<CrlSerial, Error> {
    let octets = row.get_ref(column)?.as_blob().ok().and_then(CrlSerial::from_octets);
    octets.ok_or_else(|| Error::Damaged("a revocation with a malformed serial number".to_owned()))
}

/// One row of `revocation`.
pub(super) fn read(row: &Row<'_>) -> Result<(CrlSerial, Revoked), Error> {
    let damaged = |what: &str| Error::Damaged(format!("a revocation with {what}"));
    let serial = serial(row, 0)?;
    let reason = Reason::from_name(row.get_ref(2)?.as_str().map_err(|_| damaged("an unknown reason"))?)
        .ok_or_else(|| damaged("an unknown reason"))?;
    let date = time(row.get(3)?)?;
    let invalidity_date = row.get::<_, Option<i64>>(4)?.map(time).transpose()?;
    let entry = RevokedEntry { serial, date, reason, invalidity_date };
    let act = row.get_ref(1)?.as_str().map_err(|_| damaged("an unknown act"))?;
    let revoked = match (act, reason) {
        ("held", Reason::CertificateHold) => Revoked::Held(entry),
        ("released", Reason::CertificateHold) => Revoked::Released(date),
        ("revoked", Reason::CertificateHold) => return Err(damaged("a reason that does not fit it")),
        ("revoked", _) => Revoked::Revoked(entry),
        _ => return Err(damaged("an unknown act")),
    };
    Ok((serial, revoked))
}

/// A row of `revocation` by its number.
pub(super) fn row(connection: &Connection, number: u32) -> Result<(CrlSerial, Revoked), Error> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM revocation WHERE number = ?1"))?
        .query_row([number], |row| Ok(read(row)))?
}

/// What holds for a certificate: its last row.
pub(super) fn standing(
    connection: &Connection,
    authority: &str,
    serial: &CrlSerial,
) -> Result<Option<Revoked>, Error> {
    connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM revocation WHERE authority = ?1 AND serial = ?2 ORDER BY number DESC LIMIT 1"
        ))?
        .query_row((authority, serial.as_octets()), |row| Ok(read(row)))
        .optional()?
        .transpose()
        .map(|found| found.map(|(_, revoked)| revoked))
}

/// The end of the validity of a certificate that an authority issued here, and the entry of its plan; of others it is not
/// known.
pub(super) fn end(
    connection: &Connection,
    authority: &str,
    serial: &CrlSerial,
) -> Result<Option<(Time, i64)>, Error> {
    Ok(known(connection, authority, serial)?.and_then(|known| known.end))
}

fn known(connection: &Connection, authority: &str, serial: &CrlSerial) -> Result<Option<Known>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT planned.tbs, plan.entry, plan.kind = 'root' FROM planned JOIN issued USING (key) \
         JOIN plan ON plan.number = planned.plan WHERE planned.serial = ?2 AND plan.authority = ?1 \
         UNION ALL SELECT NULL, 0, 0 FROM listed WHERE authority = ?1 AND serial = ?2 LIMIT 1",
    )?;
    let mut rows = statement.query((authority, serial.as_octets()))?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let damaged = |error: &dyn std::fmt::Display| Error::Damaged(format!("certificate {serial}: {error}"));
    let end = match row.get_ref(0)?.as_blob_or_null().map_err(|error| damaged(&error))? {
        Some(tbs) => Some((Certificate::tbs_end(tbs).map_err(|error| damaged(&error))?, row.get(1)?)),
        None => None,
    };
    Ok(Some(Known { end, is_root: row.get(2)? }))
}
