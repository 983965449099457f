//! What a CRL rests on is asked of the journal: rows that somebody changed, added or took away beside it sign nothing.

use std::{cell::RefCell, collections::BTreeSet};

use rusqlite::{Connection, Transaction};

use super::super::{
    error::Error,
    journal::{self, Kind, number},
    revocation,
};
use super::{CrlScope, StoredCrl};
use crate::pki::{crl::CrlSerial, time::Time};

/// Entries that record revocations.
const RECORDING: [Kind; 5] = [Kind::LateCrl, Kind::Listing, Kind::Recovery, Kind::Revocation, Kind::Takeover];

/// Checks the CRL before, and all revocations of an authority that were recorded since: every row is bound by an entry of
/// the journal's chain, and every such entry has its rows. What was recorded earlier stands on the CRL before, and the
/// succession is proved from its octets.
pub(super) fn check_recorded(
    connection: &Connection,
    (authority, scope): (&str, CrlScope),
    previous: Option<&StoredCrl>,
) -> Result<(), Error> {
    check_whole(connection)?;
    if let Some(previous) = previous {
        let kinds = [Kind::Crl, Kind::CrlNoPrevious, Kind::Recovery, Kind::Takeover];
        journal::check_entry_of(connection, previous.entry, &kinds)?;
    }
    let mut bound = 0;
    journal::each_after(connection, previous.map_or(0, |previous| previous.entry), &mut |entry| {
        check_newest(authority, scope, entry)?;
        bound += bound_rows(connection, authority, entry)?;
        Ok(())
    })?;
    let after = previous.map_or(0, |previous| previous.revocations);
    let rows = number(
        connection
            .prepare_cached("SELECT count(*) FROM revocation WHERE authority = ?1 AND number > ?2")?
            .query_row((authority, i64::try_from(after).unwrap_or(i64::MAX)), |row| row.get(0))?,
    )?;
    if rows == bound {
        return Ok(());
    }
    Err(Error::Damaged(format!(
        "{rows} revocations of {authority} stand in it since its last CRL, and the journal binds {bound}"
    )))
}

/// The CRL before is the last one that was made: behind its entry the journal tells of none of that authority and scope.
/// Rows that were taken away would have their number given out twice.
fn check_newest(authority: &str, scope: CrlScope, entry: &journal::Entry) -> Result<(), Error> {
    if !matches!(Kind::from_name(&entry.kind), Some(Kind::Crl | Kind::CrlNoPrevious | Kind::Recovery)) {
        return Ok(());
    }
    let facts = &body_of(entry)?["facts"];
    if facts["authority"] != authority || facts["partition"] != scope.column() {
        return Ok(());
    }
    Err(Error::Damaged(format!("entry {} made a CRL of {authority} that is not in it", entry.seq)))
}

fn body_of(entry: &journal::Entry) -> Result<serde_json::Value, Error> {
    serde_json::from_str(&entry.body).map_err(|error| Error::Damaged(error.to_string()))
}

/// Rows are counted from 1 without a gap, and never taken away.
fn check_whole(connection: &Connection) -> Result<(), Error> {
    let is_whole: bool = connection
        .prepare_cached(
            "SELECT count(*) = coalesce(max(number), 0) AND coalesce(min(number), 1) = 1 FROM revocation",
        )?
        .query_row([], |row| row.get(0))?;
    if is_whole { Ok(()) } else { Err(Error::Damaged("revocations were taken away or added".to_owned())) }
}

/// How many revocations of an authority an entry binds, as they are now.
fn bound_rows(connection: &Connection, authority: &str, entry: &journal::Entry) -> Result<u64, Error> {
    let Some(kind) = Kind::from_name(&entry.kind).filter(|kind| RECORDING.contains(kind)) else {
        return Ok(0);
    };
    let body = body_of(entry)?;
    if body["facts"]["authority"] != authority {
        return Ok(0);
    }
    let now = journal::body(connection, kind, i64::try_from(entry.seq).unwrap_or(i64::MAX));
    if !now.is_ok_and(|now| now == entry.body) {
        return Err(Error::Damaged(format!(
            "entry {} ({}) does not say what the rows say",
            entry.seq,
            kind.name()
        )));
    }
    Ok(body["rows"]["revocation"]["count"].as_u64().unwrap_or(0))
}

/// Whose word it is that plans are bound by the journal.
#[derive(Debug)]
pub(in crate::register) enum PlansBound {
    /// Each plan is asked for when something rests on it, once, however many CRLs do: these entries were.
    Asked(RefCell<Asked>),
    /// Nobody's: the audit asks for every entry itself, and nothing rests on what is only shown.
    Unasked,
}

/// The plans that were asked for, and when.
#[derive(Debug, Default)]
pub(in crate::register) struct Asked {
    entries: BTreeSet<i64>,
    /// `data_version` of the database: another one where something else wrote into the file since.
    version: i64,
}

impl Default for PlansBound {
    fn default() -> Self {
        Self::Asked(RefCell::default())
    }
}

impl PlansBound {
    /// Forgets what was asked where something else wrote into the file since. In a transaction, so that nothing does
    /// until its end.
    pub(super) fn renew(&self, transaction: &Transaction<'_>) -> Result<(), Error> {
        let Self::Asked(asked) = self else { return Ok(()) };
        let version = transaction.pragma_query_value(None, "data_version", |row| row.get(0))?;
        let mut asked = asked.borrow_mut();
        if asked.version != version {
            *asked = Asked { entries: BTreeSet::new(), version };
        }
        Ok(())
    }

    pub(super) fn check(&self, connection: &Connection, entry: i64) -> Result<(), Error> {
        let Self::Asked(asked) = self else { return Ok(()) };
        if !asked.borrow().entries.contains(&entry) {
            journal::check_entry(connection, entry, Kind::Plan)?;
            asked.borrow_mut().entries.insert(entry);
        }
        Ok(())
    }

    /// The end of a certificate that an authority issued here, where it lies before a moment: what lets an entry leave a
    /// CRL. It is read from the certificate's own octets, which the journal binds.
    pub(in crate::register) fn ended_before(
        &self,
        connection: &Connection,
        (authority, serial): (&str, &CrlSerial),
        moment: Time,
    ) -> Result<Option<Time>, Error> {
        let ended = revocation::end(connection, authority, serial)?.filter(|(end, _)| *end < moment);
        let Some((end, plan)) = ended else { return Ok(None) };
        self.check(connection, plan)?;
        Ok(Some(end))
    }
}
