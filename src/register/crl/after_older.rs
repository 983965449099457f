//! The first CRL of a scope after an older register was accepted: it waits until an officer says what was published since.
//!
//! What was recorded behind the copy is lost, CRLs that are out there among it. The next one would give their numbers
//! again and take their revocations back. So it follows one that is brought ([`Register::recover_crl`]), or its entry in
//! the journal is of the kind that says that none was published.

use rusqlite::Connection;

use crate::pki::{crl::CrlNumber, time::Time};

use super::super::{
    Register,
    error::Error,
    journal::{self, Kind},
    mark,
    revocation::RevocationError,
};
use super::{CrlScope, StoredCrl, latest};

/// What an officer says of CRLs that were published after the copy was made whose register was accepted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LaterCrls {
    /// None of this scope was: that is recorded with the CRL, where an older register was accepted.
    None,
    /// Nothing was said.
    Unsaid,
}

impl Register {
    /// The entry by which an older register was accepted since the last CRL of a scope: the next one waits for what was
    /// published. `None` where nothing is waited for.
    ///
    /// # Errors
    /// [`Error::AuthorityUnknown`], [`Error::Damaged`].
    pub fn accepted_since_crl(&self, authority: &str, scope: CrlScope) -> Result<Option<u64>, Error> {
        let previous = latest(&self.connection, authority, scope)?;
        accepted_since(&self.connection, authority, previous.as_ref().map(|previous| &previous.stored))
    }

    /// Whether the latest CRL of a scope may be handed over: not where an older register was accepted since, which does not
    /// know what was published behind it.
    ///
    /// # Errors
    /// [`RevocationError::LaterUnknown`], [`Error::AuthorityUnknown`], [`Error::Damaged`].
    pub fn check_none_later(&self, authority: &str, scope: CrlScope) -> Result<(), Error> {
        match self.accepted_since_crl(authority, scope)? {
            None => Ok(()),
            Some(accepted) => Err(later_unknown(authority, scope, accepted).into()),
        }
    }
}

fn later_unknown(authority: &str, scope: CrlScope, accepted: u64) -> RevocationError {
    RevocationError::LaterUnknown { authority: authority.to_owned(), scope, accepted }
}

/// The entry by which an older register was accepted since the CRL before was stored. One that waited to be signed counts as
/// stored: its octets are the same wherever it is signed.
fn accepted_since(
    connection: &Connection,
    authority: &str,
    previous: Option<&StoredCrl>,
) -> Result<Option<u64>, Error> {
    let made = made(connection, authority)?;
    // A CA that was made or moved in behind it has nothing that was lost.
    journal::check_entry(connection, made, Kind::Authority)?;
    mark::accepted_behind(connection, previous.map_or(made, |previous| previous.entry))
}

/// The newest entry by which an older register was accepted that an authority was in.
pub(super) fn accepted(connection: &Connection, authority: &str) -> Result<Option<u64>, Error> {
    mark::accepted_behind(connection, made(connection, authority)?)
}

/// The number of the next CRL of a scope, which would be this one. Once an older register was accepted nobody can prove that
/// the CRL that was brought is the newest that was published: a number of the time at which it is made, in seconds since 1970,
/// is above those that were counted up one by one, so that none is given twice. Where a CA counts above the clock already, as
/// by dates, the first one made here since goes as far beyond what is known.
pub(super) fn number_of_next(
    connection: &Connection,
    (authority, scope): (&str, CrlScope),
    counted: CrlNumber,
    this_update: Time,
) -> Result<CrlNumber, Error> {
    let Some(accepted) = accepted(connection, authority)? else { return Ok(counted) };
    let seconds = u64::try_from(this_update.unix()).unwrap_or(0);
    let by_clock = CrlNumber::from(seconds);
    if counted <= by_clock {
        return Ok(by_clock);
    }
    let is_counted_on: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM crl JOIN crl_issued ON crl_issued.crl = crl.number WHERE authority = ?1 \
         AND partition = ?2 AND origin <> 'elsewhere' AND crl.entry > ?3)",
        (authority, scope.column(), i64::try_from(accepted).unwrap_or(i64::MAX)),
        |row| row.get(0),
    )?;
    if is_counted_on {
        return Ok(counted);
    }
    let beyond = counted.plus(seconds);
    Ok(beyond.ok_or(RevocationError::NumbersOut(counted))?)
}

/// The entry by which an authority was made or moved in.
fn made(connection: &Connection, authority: &str) -> Result<i64, Error> {
    let made: Option<i64> = connection
        .prepare_cached("SELECT max(entry) FROM authority WHERE name = ?1")?
        .query_row([authority], |row| row.get(0))?;
    made.ok_or_else(|| Error::AuthorityUnknown(authority.to_owned()))
}

/// Of what kind the entry of the next CRL is, and the entry by which an older register was accepted that it answers.
pub(super) fn kind_of_next(
    connection: &Connection,
    (authority, scope): (&str, CrlScope),
    previous: Option<&StoredCrl>,
    later: LaterCrls,
) -> Result<(Kind, Option<u64>), Error> {
    match (accepted_since(connection, authority, previous)?, later) {
        (None, _) => Ok((Kind::Crl, None)),
        (Some(accepted), LaterCrls::None) => Ok((Kind::CrlNoPrevious, Some(accepted))),
        (Some(accepted), LaterCrls::Unsaid) => Err(later_unknown(authority, scope, accepted).into()),
    }
}
