//! The first CRL of a scope after an older register was accepted: it waits until an officer says what was published since.
//!
//! What was recorded behind the copy is lost, CRLs that are out there among it. The next one would give their numbers
//! again and take their revocations back. So it follows one that is brought ([`Register::recover_crl`]), or its entry in
//! the journal is of the kind that says that none was published.

use rusqlite::Connection;

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
}

/// The entry by which an older register was accepted since the CRL before was stored. One that waited to be signed counts as
/// stored: its octets are the same wherever it is signed.
fn accepted_since(
    connection: &Connection,
    authority: &str,
    previous: Option<&StoredCrl>,
) -> Result<Option<u64>, Error> {
    let made: Option<i64> = connection
        .prepare_cached("SELECT max(entry) FROM authority WHERE name = ?1")?
        .query_row([authority], |row| row.get(0))?;
    let made = made.ok_or_else(|| Error::AuthorityUnknown(authority.to_owned()))?;
    // A CA that was made or moved in behind it has nothing that was lost.
    journal::check_entry(connection, made, Kind::Authority)?;
    mark::accepted_behind(connection, previous.map_or(made, |previous| previous.entry))
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
        (Some(accepted), LaterCrls::Unsaid) => {
            Err(RevocationError::LaterUnknown { authority: authority.to_owned(), scope, accepted }.into())
        }
    }
}
