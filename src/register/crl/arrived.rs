//! A CRL that came in a file: read strictly into parts, its signature verified with the authority's key.

use rusqlite::Transaction;

use super::super::{error::Error, revocation::RevocationError};
use super::{
    CrlOrigin, CrlScope, TAKEOVER_ENTRIES_MAX,
    parts::PartWriter,
    row::{CrlColumns, insert_signature, next_crl},
};
use crate::pki::{
    crl::{CrlEnd, CrlError, CrlHead, CrlReader, Pieces, ReadError, RevokedEntry, Shape, SignedCrl},
    fingerprint::Digest,
    issuer::IssuingCa,
    time::Time,
};

/// A CRL whose parts are written and whose row is not.
#[derive(Debug)]
pub(super) struct Arrived {
    pub(super) row: i64,
    pub(super) head: CrlHead,
    pub(super) end: CrlEnd,
    tbs_octets: u64,
}

impl Arrived {
    /// Reads it and gives each entry, which names no moment after the CRL was made.
    pub(super) fn read<P, E>(
        transaction: &Transaction<'_>,
        issuer: &IssuingCa,
        pieces: P,
        now: Time,
        each: &mut dyn FnMut(&RevokedEntry) -> Result<(), Error>,
    ) -> Result<Self, E>
    where
        P: Pieces<Error = E>,
        E: From<Error>,
    {
        let row = next_crl(transaction)?;
        let mut reader = CrlReader::begin(pieces, Shape::List).map_err(unread)?;
        reader.keep_signed();
        let head = reader.head().clone();
        check_head(&head, issuer, now)?;
        let mut parts = PartWriter::new(transaction, row);
        let mut entries = 0;
        while let Some(found) = reader.next_entry().map_err(unread)? {
            entries += 1;
            if entries > TAKEOVER_ENTRIES_MAX {
                return Err(Error::from(RevocationError::TooManyTaken).into());
            }
            check_moments(&found, &head)?;
            each(&found)?;
            parts.add(&reader.take_signed())?;
        }
        let end = reader.finish().map_err(unread)?;
        parts.add(&end.last_signed)?;
        let (tbs_sha256, tbs_octets) = parts.finish()?;
        check_end(&end, tbs_sha256, issuer)?;
        Ok(Self { row, head, end, tbs_octets })
    }

    /// Writes its row and its signature's. `previous` is the row of the CRL before, `revocations` the newest row of
    /// revocations that it takes in.
    pub(super) fn store(
        &self,
        transaction: &Transaction<'_>,
        (authority, scope): (&str, CrlScope),
        issuer: &IssuingCa,
        (previous, revocations): (Option<i64>, i64),
        now: Time,
    ) -> Result<(), Error> {
        let columns = CrlColumns {
            row: self.row,
            authority,
            scope,
            origin: CrlOrigin::Elsewhere,
            issuer,
            number: self.end.number.as_ref(),
            this_update: self.head.this_update,
            next_update: self.head.next_update,
            entries: self.end.entries,
            previous,
            revocations,
            tbs_octets: self.tbs_octets,
            tbs_sha256: self.end.tbs_sha256,
        };
        let stored = columns.insert(transaction)?;
        let signature = self.end.signature.as_deref().unwrap_or_default();
        let sha256 = super::whole_sha256(transaction, &stored, self.head.algorithm, signature)?;
        insert_signature(transaction, self.row, (sha256, signature), now)
    }
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

fn check_moments(found: &RevokedEntry, head: &CrlHead) -> Result<(), Error> {
    let contradicts = |what| Err(RevocationError::Contradiction { serial: found.serial, what }.into());
    if found.date > head.this_update {
        return contradicts("the CRL revokes it after the CRL was made");
    }
    if found.invalidity_date.is_some_and(|date| date > head.this_update) {
        return contradicts("the CRL has an invalidity date after the CRL was made");
    }
    Ok(())
}

fn check_end(end: &CrlEnd, tbs_sha256: Digest, issuer: &IssuingCa) -> Result<(), Error> {
    let foreign = |what: &str| RevocationError::CrlForeign(what.to_owned());
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

pub(super) fn crl_error(error: CrlError) -> Error {
    RevocationError::Crl(error).into()
}
