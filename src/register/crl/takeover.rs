//! Takeover: a CA that issued elsewhere moves in with its latest CRL and the list of what it issued.
//!
//! Everything happens in one transaction: the CRL's octets, its entries as revocations, the listed certificates. It
//! becomes durable only when the CRL's signature verifies with the authority's key and list and CRL agree.

use rusqlite::{OptionalExtension as _, Transaction};

use super::super::{
    Register,
    error::Error,
    journal::{self, Kind},
    revocation::{self, Recorded, RevocationError},
};
use super::{CrlScope, parts::PartWriter};
use crate::pki::{
    crl::{
        CrlEnd, CrlError, CrlHead, CrlReader, CrlSerial, Pieces, ReadError, RevokedEntry, Shape, SignedCrl,
        issued_list::{ListedCertificate, ListedStatus},
    },
    fingerprint::Digest,
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
    row: i64,
    head: CrlHead,
    end: CrlEnd,
    tbs_octets: u64,
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
        let row: i64 = transaction
            .query_row("SELECT coalesce(max(number), 0) + 1 FROM crl", [], |row| row.get(0))
            .map_err(Error::from)?;
        let mut reader = CrlReader::begin(pieces, Shape::List).map_err(unread)?;
        reader.keep_signed();
        let head = reader.head().clone();
        check_head(&head, issuer, now)?;
        let mut parts = PartWriter::new(&transaction, row);
        let mut counts = Takeover::default();
        while let Some(found) = reader.next_entry().map_err(unread)? {
            counts.entries += 1;
            if counts.entries > TAKEOVER_ENTRIES_MAX {
                return Err(Error::from(RevocationError::TooManyTaken).into());
            }
            take_entry(&transaction, entry, authority, &found, &head)?;
            parts.add(&reader.take_signed())?;
        }
        let end = reader.finish().map_err(unread)?;
        parts.add(&end.last_signed)?;
        let (tbs_sha256, tbs_octets) = parts.finish()?;
        check_end(&end, tbs_sha256, issuer)?;
        counts.extensions_dropped = end.other_extensions as u64 + end.other_entry_extensions;
        counts.only_entries = counts.entries;
        let authority = authority.to_owned();
        Ok(TakeoverWriter { transaction, entry, authority, row, head, end, tbs_octets, counts, now })
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

fn check_head(head: &CrlHead, issuer: &IssuingCa, now: Time) -> Result<(), Error> {
    let foreign = |what: String| Err(RevocationError::CrlForeign(what).into());
    if head.issuer != *issuer.certificate().subject() {
        return foreign(format!("its issuer is {}", head.issuer.to_printable()));
    }
    if !issuer.can_verify(head.algorithm) {
        return foreign("its signature algorithm is not one of the CA's key".to_owned());
    }
    if head.this_update > now {
        return Err(RevocationError::ClockBehind { last: head.this_update, now }.into());
    }
    Ok(())
}

fn take_entry(
    transaction: &Transaction<'_>,
    entry: i64,
    authority: &str,
    found: &RevokedEntry,
    head: &CrlHead,
) -> Result<(), Error> {
    let contradicts = |what| Err(RevocationError::Contradiction { serial: found.serial, what }.into());
    if found.date > head.this_update {
        return contradicts("the CRL revokes it after the CRL was made");
    }
    if found.invalidity_date.is_some_and(|date| date > head.this_update) {
        return contradicts("the CRL has an invalidity date after the CRL was made");
    }
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

fn check_end(end: &CrlEnd, tbs_sha256: Digest, issuer: &IssuingCa) -> Result<(), Error> {
    let foreign = |what: &str| RevocationError::CrlForeign(what.to_owned());
    // What the new full CRL follows must have been for all certificates too.
    if end.point.is_some() {
        let what = "a CRL of one distribution point's certificates (issuingDistributionPoint)".to_owned();
        return Err(crl_error(CrlError::Unsupported(what)));
    }
    if end.key_identifier.as_deref().is_some_and(|identifier| identifier != issuer.key_identifier()) {
        return Err(foreign("its key identifier is that of another key").into());
    }
    if tbs_sha256 != end.tbs_sha256 {
        return Err(Error::Damaged("the octets of a CRL changed on the way".to_owned()));
    }
    let signature = end.signature.as_deref().unwrap_or_default();
    SignedCrl::assemble(&end.message, tbs_sha256, signature, issuer)
        .map_err(|error| RevocationError::CrlForeign(error.to_string()))?;
    Ok(())
}

fn unread<E: From<Error>>(error: ReadError<E>) -> E {
    match error {
        ReadError::Source(error) => error,
        ReadError::Crl(error) => crl_error(error).into(),
    }
}

fn crl_error(error: CrlError) -> Error {
    RevocationError::Crl(error).into()
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
        if said.date <= self.head.this_update && listed.not_after >= self.head.this_update {
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
        let Self { transaction, entry, authority, row, head, end, tbs_octets, counts, .. } = self;
        let revocations: i64 = transaction
            .query_row("SELECT max(number) FROM revocation", [], |row| row.get::<_, Option<i64>>(0))
            .optional()?
            .flatten()
            .unwrap_or(0);
        let signature = end.signature.unwrap_or_default();
        let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        transaction.execute(
            "INSERT INTO crl (number, entry, authority, origin, issuer_sha256, crl_number, this_update, \
             next_update, entries, previous, revocations, tbs_octets, tbs_sha256, partition) \
             VALUES (?1, ?2, ?3, 'elsewhere', ?4, ?5, ?6, ?7, ?8, NULL, ?9, ?10, ?11, 0)",
            rusqlite::params![
                row,
                entry,
                authority,
                issuer.certificate().sha256().as_octets(),
                end.number.as_ref().map(|number| number.as_octets().to_vec()),
                head.this_update.unix(),
                head.next_update.map(Time::unix),
                count(counts.entries),
                revocations,
                count(tbs_octets),
                end.tbs_sha256.as_octets(),
            ],
        )?;
        let stored = super::unsigned(&transaction, &authority, CrlScope::Full)?
            .ok_or_else(|| Error::Damaged("a CRL that was just stored is missing".to_owned()))?;
        let sha256 = super::whole_sha256(&transaction, &stored, head.algorithm, &signature)?;
        transaction.execute(
            "INSERT INTO crl_issued (crl, entry, time, sha256, signature) VALUES (?1, ?2, ?3, ?4, ?5)",
            (row, entry, now.unix(), sha256.as_octets(), &signature),
        )?;
        transaction.execute(
            "INSERT INTO takeover (entry, authority, time, crl, listed, revocations) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            (
                entry,
                &authority,
                now.unix(),
                row,
                count(counts.listed),
                count(counts.entries + counts.only_listed),
            ),
        )?;
        journal::append(&transaction, Kind::Takeover, now)?;
        transaction.commit()?;
        Ok(counts)
    }
}
