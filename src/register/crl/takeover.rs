//! Takeover: a CA that issued elsewhere moves in with its latest CRL and the list of what it issued.
//!
//! Everything happens in one transaction: the CRL's octets, its entries as revocations, the listed certificates. It
//! becomes durable only when the CRL's signature verifies with the authority's key and list and CRL agree.

use rusqlite::Transaction;

use super::super::{
    Register,
    error::Error,
    journal::{self, Kind},
    revocation::{self, Recorded, RevocationError},
};
use super::{
    CrlScope,
    arrived::{Arrived, crl_error},
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
    /// Certificates for which list and CRL give another date or reason; the CRL's holds.
    pub differing: u64,
    /// Extensions of the CRL or of its entries that are known to nobody here, and not written any more.
    pub extensions_dropped: u64,
}

/// Takes a CA over. Dropped before [`TakeoverWriter::store`], nothing of it was ever there.
#[derive(Debug)]
pub struct TakeoverWriter<'a> {
    transaction: Transaction<'a>,
    entry: i64,
    authority: String,
    arrived: Arrived,
    counts: Takeover,
    now: Time,
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
        Ok(TakeoverWriter { transaction, entry, authority: authority.to_owned(), arrived, counts, now })
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

impl TakeoverWriter<'_> {
    /// Adds a certificate of the list.
    ///
    /// # Errors
    /// [`RevocationError::SerialTwice`], [`RevocationError::SerialTaken`], [`RevocationError::Contradiction`].
    pub fn add(&mut self, listed: &ListedCertificate) -> Result<(), Error> {
        let serial = listed.serial;
        check_free(&self.transaction, &serial)?;
        let twice: bool = self
            .transaction
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM listed WHERE authority = ?1 AND serial = ?2)")?
            .query_row((&self.authority, serial.as_octets()), |row| row.get(0))?;
        if twice {
            return Err(RevocationError::SerialTwice(serial).into());
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
            self.counts.only_entries -= 1;
            self.counts.differing += u64::from(found.entry() != Some(&entry));
            return Ok(());
        }
        // One that expired before the CRL was made may have been dropped from it; any other it should have named.
        if said.date <= self.arrived.head.this_update && listed.not_after >= self.arrived.head.this_update {
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

    /// Makes the takeover durable.
    ///
    /// # Errors
    /// [`Error::DiskFull`].
    pub fn store(self, issuer: &IssuingCa, now: Time) -> Result<Takeover, Error> {
        let Self { transaction, entry, authority, arrived, counts, .. } = self;
        let revocations: i64 =
            transaction.query_row("SELECT coalesce(max(number), 0) FROM revocation", [], |row| row.get(0))?;
        let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        arrived.store(&transaction, (&authority, CrlScope::Full), issuer, (None, revocations), now)?;
        transaction.execute(
            "INSERT INTO takeover (entry, authority, time, crl, listed, revocations) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            (
                entry,
                &authority,
                now.unix(),
                arrived.row,
                count(counts.listed),
                count(counts.entries + counts.only_listed),
            ),
        )?;
        journal::append(&transaction, Kind::Takeover, now)?;
        transaction.commit()?;
        Ok(counts)
    }
}
