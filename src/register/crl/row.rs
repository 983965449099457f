//! The rows of a CRL as they are written, of one that is made here and of one that came.

use rusqlite::{Connection, Transaction};

use super::super::{error::Error, journal};
use super::{CrlOrigin, CrlScope, StoredCrl, unsigned};
use crate::pki::{crl::CrlNumber, fingerprint::Digest, issuer::IssuingCa, time::Time};

/// What the columns of a CRL hold, whose parts are written already.
pub(super) struct CrlColumns<'a> {
    pub(super) row: i64,
    pub(super) authority: &'a str,
    pub(super) scope: CrlScope,
    pub(super) origin: CrlOrigin,
    pub(super) issuer: &'a IssuingCa,
    pub(super) number: Option<&'a CrlNumber>,
    pub(super) this_update: Time,
    pub(super) next_update: Option<Time>,
    pub(super) entries: u64,
    /// The row of the CRL before.
    pub(super) previous: Option<i64>,
    /// The newest row of revocations that it takes in.
    pub(super) revocations: i64,
    pub(super) tbs_octets: u64,
    pub(super) tbs_sha256: Digest,
}

impl CrlColumns<'_> {
    /// Writes them with the journal's next entry, and reads them again.
    pub(super) fn insert(&self, transaction: &Transaction<'_>) -> Result<StoredCrl, Error> {
        let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        transaction.execute(
            "INSERT INTO crl (number, entry, authority, origin, issuer_sha256, crl_number, this_update, \
             next_update, entries, previous, revocations, tbs_octets, tbs_sha256, partition) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
            rusqlite::params![
                self.row,
                journal::next(transaction)?,
                self.authority,
                self.origin.name(),
                self.issuer.certificate().sha256().as_octets(),
                self.number.map(CrlNumber::as_octets),
                self.this_update.unix(),
                self.next_update.map(Time::unix),
                count(self.entries),
                self.previous,
                self.revocations,
                count(self.tbs_octets),
                self.tbs_sha256.as_octets(),
                self.scope.column(),
            ],
        )?;
        unsigned(transaction, self.authority, self.scope)?
            .filter(|stored| stored.row == self.row)
            .ok_or_else(|| Error::Damaged("a CRL that was just stored is missing".to_owned()))
    }
}

/// Writes the signature of a stored CRL with the journal's next entry; `sha256` is of the whole CRL.
pub(super) fn insert_signature(
    transaction: &Transaction<'_>,
    crl: i64,
    (sha256, signature): (Digest, &[u8]),
    now: Time,
) -> Result<(), Error> {
    transaction.execute(
        "INSERT INTO crl_issued (crl, entry, time, sha256, signature) VALUES (?1, ?2, ?3, ?4, ?5)",
        (crl, journal::next(transaction)?, now.unix(), sha256.as_octets(), signature),
    )?;
    Ok(())
}

/// The row that the next CRL has.
pub(super) fn next_crl(connection: &Connection) -> Result<i64, Error> {
    Ok(connection.query_row("SELECT coalesce(max(number), 0) + 1 FROM crl", [], |row| row.get(0))?)
}

/// The newest row of revocations, of whatever authority.
pub(super) fn newest_revocation(connection: &Connection) -> Result<i64, Error> {
    Ok(connection.query_row("SELECT coalesce(max(number), 0) FROM revocation", [], |row| row.get(0))?)
}
