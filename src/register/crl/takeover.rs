//! Takeover: a CA that issued elsewhere moves in with its latest CRL and the list of what it issued.
//!
//! Everything happens in one transaction: the CRL's octets, its entries as revocations, the listed certificates. It
//! becomes durable only when the CRL's signature verifies with the authority's key and list and CRL agree. Of one that
//! never made a CRL, that is recorded instead. A list that grew is given again, and adds what is not there yet.

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::super::{
    Register,
    error::Error,
    journal::{self, Kind, time},
    revocation::{self, Recorded, RevocationError},
};
use super::{
    CrlScope,
    arrived::{Arrived, crl_error},
    row::newest_revocation,
};
use crate::pki::{
    crl::{
        CrlError, CrlSerial, Pieces, RevokedEntry,
        issued_list::{ListedCertificate, ListedStatus},
    },
    issuer::IssuingCa,
    time::Time,
};

/// Most entries of a CRL that is taken over: others sort as they like, so these are sorted in memory, 48 octets each,
/// when the first CRL is made here.
pub const TAKEOVER_ENTRIES_MAX: u64 = 2_000_000;

/// What was taken over.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Takeover {
    /// Entries of the CRL.
    pub entries: u64,
    /// Certificates of the list.
    pub listed: u64,
    /// Of them, those that the list says to be revoked and the CRL does not name: revoked since, or dropped when expired.
    pub only_listed: u64,
    /// Entries of the CRL that the list does not name: they stay on every CRL, because nobody knows when they expire.
    pub only_entries: u64,
    /// Certificates for which the list gives another date or reason than the CRL, or than what was recorded since; that holds.
    pub differing: u64,
    /// Certificates of the list that were known from an earlier one.
    pub known: u64,
    /// Extensions of the CRL or of its entries that are known to nobody here, and not written any more.
    pub extensions_dropped: u64,
}

impl Takeover {
    /// What people should know of it: how many of what.
    #[must_use]
    pub fn notes(&self) -> Vec<(u64, &'static str)> {
        let notes = [
            (self.known, "known from an earlier list"),
            (self.only_listed, "revoked by the list, and not on the CRL"),
            (self.only_entries, "on the CRL, and not on the list: they stay on every CRL"),
            (self.differing, "with another date or reason on the list: what was recorded holds"),
            (self.extensions_dropped, "extensions of the CRL that are not written any more"),
        ];
        notes.into_iter().filter(|(count, _)| *count > 0).collect()
    }
}

/// Takes a CA over. Dropped before [`TakeoverWriter::store`], nothing of it was ever there.
#[derive(Debug)]
pub struct TakeoverWriter<'a> {
    transaction: Transaction<'a>,
    entry: i64,
    authority: String,
    coming: Coming,
    /// When the CRL was made that came with it.
    made: Option<Time>,
    counts: Takeover,
    now: Time,
}

/// What comes, besides the list.
#[derive(Debug)]
enum Coming {
    Crl(Box<Arrived>),
    /// It never made one.
    NoCrl,
    /// It came before.
    Nothing,
}

impl Register {
    /// Begins a takeover with the CA's latest CRL, whose octets come in pieces.
    ///
    /// # Errors
    /// [`RevocationError`] with what is wrong with the CRL, as `E`; whatever the pieces say.
    pub fn begin_takeover<P, E>(
        &mut self,
        authority: &str,
        issuer: &IssuingCa,
        pieces: P,
        now: Time,
    ) -> Result<TakeoverWriter<'_>, E>
    where
        P: Pieces<Error = E>,
        E: From<Error>,
    {
        let transaction = self.write()?;
        let entry = journal::next(&transaction)?;
        check_empty(&transaction, authority)?;
        let mut take = |found: &RevokedEntry| take_entry(&transaction, entry, authority, found);
        let arrived = Arrived::read(&transaction, issuer, pieces, now, &mut take)?;
        // What the new full CRL follows must have been for all certificates too.
        if arrived.end.point.is_some() {
            let what = "a CRL of one distribution point's certificates (issuingDistributionPoint)".to_owned();
            return Err(crl_error(CrlError::Unsupported(what)).into());
        }
        let (entries, end) = (arrived.end.entries, &arrived.end);
        let counts = Takeover {
            entries,
            extensions_dropped: end.other_extensions as u64 + end.other_entry_extensions,
            only_entries: entries,
            ..Takeover::default()
        };
        let made = Some(arrived.head.this_update);
        let coming = Coming::Crl(Box::new(arrived));
        Ok(TakeoverWriter { transaction, entry, authority: authority.to_owned(), coming, made, counts, now })
    }

    /// Begins the takeover of an authority that never made a CRL.
    ///
    /// # Errors
    /// [`RevocationError::NotEmpty`]; [`Error::AuthorityUnknown`].
    pub fn begin_takeover_without_crl(
        &mut self,
        authority: &str,
        now: Time,
    ) -> Result<TakeoverWriter<'_>, Error> {
        let transaction = self.write()?;
        check_empty(&transaction, authority)?;
        TakeoverWriter::begin(transaction, authority, Coming::NoCrl, None, now)
    }

    /// Begins to add to what is listed of an authority that moved in before.
    ///
    /// # Errors
    /// [`RevocationError::PastUnknown`]; [`RevocationError::ClockBehind`].
    pub fn begin_listing(&mut self, authority: &str, now: Time) -> Result<TakeoverWriter<'_>, Error> {
        if let Some(last) = self.last_update(authority)?
            && now < last
        {
            return Err(RevocationError::ClockBehind { last, now }.into());
        }
        let transaction = self.write()?;
        let came = takeover_of(&transaction, authority)?;
        let (entry, made) = came.ok_or_else(|| RevocationError::PastUnknown(authority.to_owned()))?;
        journal::check_entry(&transaction, entry, Kind::Takeover)?;
        TakeoverWriter::begin(transaction, authority, Coming::Nothing, made, now)
    }
}

/// The entry of the takeover of an authority, and thisUpdate of the CRL that came.
fn takeover_of(connection: &Connection, authority: &str) -> Result<Option<(i64, Option<Time>)>, Error> {
    let found: Option<(i64, Option<i64>)> = connection
        .prepare_cached(
            "SELECT takeover.entry, crl.this_update FROM takeover LEFT JOIN crl ON crl.number = takeover.crl \
             WHERE takeover.authority = ?1",
        )?
        .query_row([authority], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    found.map(|(entry, made)| Ok((entry, made.map(time).transpose()?))).transpose()
}

/// An authority whose key came from outside may have revoked before: nothing is revoked and no CRL made until that is
/// known.
pub(in crate::register) fn check_past(connection: &Connection, authority: &str) -> Result<(), Error> {
    let (adopted, has_crl): (bool, bool) = connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM adoption WHERE authority = ?1), \
             EXISTS (SELECT 1 FROM crl WHERE authority = ?1)",
        )?
        .query_row([authority], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if !adopted {
        return Ok(());
    }
    match takeover_of(connection, authority)? {
        None => Err(RevocationError::PastUnknown(authority.to_owned()).into()),
        // A CRL that follows another is proved by that one.
        Some(_) if has_crl => Ok(()),
        Some((entry, _)) => journal::check_entry(connection, entry, Kind::Takeover),
    }
}

/// An import is the first thing that happens to a CA's revocations.
fn check_empty(transaction: &Transaction<'_>, authority: &str) -> Result<(), Error> {
    let known: bool = transaction.query_row(
        "SELECT EXISTS (SELECT 1 FROM authority WHERE name = ?1)",
        [authority],
        |row| row.get(0),
    )?;
    if !known {
        return Err(Error::AuthorityUnknown(authority.to_owned()));
    }
    let used: bool = transaction.query_row(
        "SELECT EXISTS (SELECT 1 FROM crl WHERE authority = ?1) \
         OR EXISTS (SELECT 1 FROM revocation WHERE authority = ?1) \
         OR EXISTS (SELECT 1 FROM listed WHERE authority = ?1)",
        [authority],
        |row| row.get(0),
    )?;
    if used { Err(RevocationError::NotEmpty(authority.to_owned()).into()) } else { Ok(()) }
}

fn take_entry(
    transaction: &Transaction<'_>,
    entry: i64,
    authority: &str,
    found: &RevokedEntry,
) -> Result<(), Error> {
    if revocation::standing(transaction, authority, &found.serial)?.is_some() {
        return Err(RevocationError::SerialTwice(found.serial).into());
    }
    check_free(transaction, &found.serial)?;
    revocation::insert(transaction, entry, authority, &Recorded::revoked(found))
}

/// What this register planned is nothing that came from elsewhere.
fn check_free(transaction: &Transaction<'_>, serial: &CrlSerial) -> Result<(), Error> {
    let taken: bool = transaction
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM planned WHERE serial = ?1)")?
        .query_row([serial.as_octets()], |row| row.get(0))?;
    if taken { Err(RevocationError::SerialTaken(*serial).into()) } else { Ok(()) }
}

impl<'a> TakeoverWriter<'a> {
    fn begin(
        transaction: Transaction<'a>,
        authority: &str,
        coming: Coming,
        made: Option<Time>,
        now: Time,
    ) -> Result<Self, Error> {
        let entry = journal::next(&transaction)?;
        let (authority, counts) = (authority.to_owned(), Takeover::default());
        Ok(Self { transaction, entry, authority, coming, made, counts, now })
    }

    /// Adds a certificate of the list; one that an earlier list had is known.
    ///
    /// # Errors
    /// [`RevocationError::SerialTwice`], [`RevocationError::SerialTaken`], [`RevocationError::Contradiction`].
    pub fn add(&mut self, listed: &ListedCertificate) -> Result<(), Error> {
        let serial = listed.serial;
        check_free(&self.transaction, &serial)?;
        let before: Option<i64> = self
            .transaction
            .prepare_cached("SELECT entry FROM listed WHERE authority = ?1 AND serial = ?2")?
            .query_row((&self.authority, serial.as_octets()), |row| row.get(0))
            .optional()?;
        match before {
            None => {}
            Some(entry) if entry == self.entry => return Err(RevocationError::SerialTwice(serial).into()),
            Some(_) => {
                self.counts.known += 1;
                return self.catch_up(listed);
            }
        }
        self.compare(listed)?;
        let status = match listed.status {
            ListedStatus::Expired => "expired",
            ListedStatus::Revoked(_) => "revoked",
            ListedStatus::Valid => "valid",
        };
        self.transaction
            .prepare_cached(
                "INSERT INTO listed (number, entry, authority, serial, status, not_after, subject) \
                 VALUES ((SELECT coalesce(max(number), 0) + 1 FROM listed), ?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute((
                self.entry,
                &self.authority,
                serial.as_octets(),
                status,
                listed.not_after.unix(),
                listed.subject.as_str(),
            ))?;
        self.counts.listed += 1;
        Ok(())
    }

    /// Holds a line that an earlier list had against what stands now: a revocation of which nothing stands came since. What
    /// was recorded is not changed by a list that nobody signed, and the certificate may have been revoked here since.
    fn catch_up(&mut self, listed: &ListedCertificate) -> Result<(), Error> {
        let ListedStatus::Revoked(said) = listed.status else { return Ok(()) };
        let Some(found) = revocation::standing(&self.transaction, &self.authority, &listed.serial)? else {
            return self.compare(listed);
        };
        let same = found.entry().is_some_and(|entry| (entry.date, entry.reason) == (said.date, said.reason));
        self.counts.differing += u64::from(!same);
        Ok(())
    }

    /// Holds a line of the list against the CRL; a revocation that the CRL does not name is recorded.
    fn compare(&mut self, listed: &ListedCertificate) -> Result<(), Error> {
        let serial = listed.serial;
        let contradicts = |what| Err(RevocationError::Contradiction { serial, what }.into());
        let on_crl = revocation::standing(&self.transaction, &self.authority, &serial)?;
        let ListedStatus::Revoked(said) = listed.status else {
            return match on_crl {
                None => Ok(()),
                Some(_) => contradicts("the CRL names it, and the list says that it is not revoked"),
            };
        };
        let entry = RevokedEntry {
            serial,
            date: said.date,
            reason: said.reason,
            invalidity_date: said.invalidity_date,
        };
        if let Some(found) = on_crl {
            self.counts.only_entries = self.counts.only_entries.saturating_sub(1);
            self.counts.differing += u64::from(found.entry() != Some(&entry));
            return Ok(());
        }
        // One that expired before the CRL was made may have been dropped from it; any other it should have named.
        if self.made.is_some_and(|made| said.date <= made && listed.not_after >= made) {
            return contradicts(
                "the list says that it was revoked before the CRL was made, which does not name it",
            );
        }
        // No CRL could be made before that moment, and nothing that is recorded is taken back.
        if said.date > self.now {
            return contradicts("the list has a revocation date in the future");
        }
        if said.invalidity_date.is_some_and(|date| date > self.now) {
            return contradicts("the list has an invalidity date in the future");
        }
        self.counts.only_listed += 1;
        revocation::insert(&self.transaction, self.entry, &self.authority, &Recorded::revoked(&entry))
    }

    /// Refuses a list that named nothing, unless it came with a CA that revoked nothing and is new here: of any other it is
    /// a file that was cut, or another one.
    ///
    /// # Errors
    /// [`RevocationError::ListEmpty`].
    pub fn end_list(&self) -> Result<(), Error> {
        let may_be_empty = match self.coming {
            Coming::Crl(_) | Coming::NoCrl => self.counts.entries == 0,
            Coming::Nothing => false,
        };
        if self.counts.listed + self.counts.known == 0 && !may_be_empty {
            return Err(RevocationError::ListEmpty.into());
        }
        Ok(())
    }

    /// Makes the takeover, or what the list adds to one, durable.
    ///
    /// # Errors
    /// [`Error::DiskFull`].
    pub fn store(self, issuer: &IssuingCa, now: Time) -> Result<Takeover, Error> {
        let Self { transaction, entry, authority, coming, counts, .. } = self;
        let crl = match coming {
            Coming::Crl(arrived) => {
                let revocations = newest_revocation(&transaction)?;
                let full = (authority.as_str(), CrlScope::Full);
                arrived.store(&transaction, full, issuer, (None, revocations), now)?;
                Some(arrived.row)
            }
            Coming::NoCrl => None,
            Coming::Nothing => {
                if counts.listed + counts.only_listed > 0 {
                    journal::append(&transaction, Kind::Listing, now)?;
                    transaction.commit()?;
                }
                return Ok(counts);
            }
        };
        let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        transaction.execute(
            "INSERT INTO takeover (entry, authority, time, crl, listed, revocations) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            (
                entry,
                &authority,
                now.unix(),
                crl,
                count(counts.listed),
                count(counts.entries + counts.only_listed),
            ),
        )?;
        journal::append(&transaction, Kind::Takeover, now)?;
        transaction.commit()?;
        Ok(counts)
    }
}
