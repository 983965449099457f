//! What the CRLs of a scope list, out of what was recorded.

use std::sync::Arc;

use rusqlite::Connection;

use super::super::{
    error::Error,
    journal::number,
    revocation::{self, Revoked},
};
use super::{
    CrlScope, Pace, PlansBound, Previous,
    division::{Division, Divisions},
};
use crate::pki::crl::{CrlSerial, RevokedEntry};

/// Which of an authority's certificates a CRL is for, as far as they are revoked.
#[derive(Debug)]
pub(in crate::register) enum Members {
    /// All of them.
    All,
    /// Those of a partition.
    Partition(u32, Arc<Division>),
}

impl Members {
    /// What they rest on is bound by the journal, as far as `plans` asks.
    pub(in crate::register) fn of(
        connection: &Connection,
        (authority, scope): (&str, CrlScope),
        (divisions, plans): (&Divisions, &PlansBound),
        pace: &mut Pace<'_>,
    ) -> Result<Self, Error> {
        let CrlScope::Partition(index) = scope else { return Ok(Self::All) };
        let division = divisions.of(connection, authority, pace)?;
        division.check(connection, plans)?;
        Ok(Self::Partition(index, division))
    }

    /// Gives what was recorded of them, in the order of serial numbers, with the row.
    fn each_row(
        &self,
        connection: &Connection,
        authority: &str,
        revocations: i64,
        each: &mut dyn FnMut(CrlSerial, Revoked, u64) -> Result<(), Error>,
    ) -> Result<(), Error> {
        match self {
            Self::All => {
                let mut statement = connection.prepare_cached(&format!(
                    "SELECT {}, number FROM revocation INDEXED BY revocation_serial \
                     WHERE authority = ?1 AND number <= ?2 ORDER BY serial, number",
                    revocation::COLUMNS
                ))?;
                let mut rows = statement.query((authority, revocations))?;
                while let Some(row) = rows.next()? {
                    let (serial, revoked) = revocation::read(row)?;
                    each(serial, revoked, number(row.get(5)?)?)?;
                }
            }
            Self::Partition(index, division) => {
                for row in division.rows_of(*index).filter(|row| i64::from(*row) <= revocations) {
                    let (serial, revoked) = revocation::row(connection, row)?;
                    each(serial, revoked, u64::from(row))?;
                }
            }
        }
        Ok(())
    }
}

/// What the CRLs of a scope list.
#[derive(Clone, Copy, Debug)]
pub(in crate::register) struct EntriesOf<'a> {
    pub(in crate::register) authority: &'a str,
    pub(in crate::register) members: &'a Members,
    pub(in crate::register) plans: &'a PlansBound,
}

impl EntriesOf<'_> {
    /// Gives every certificate that is revoked or held after so many rows of `revocation`, in the order of serial
    /// numbers; without those issued here that expired before the CRL before was made, and of which it took in the last
    /// row: they have been on it.
    pub(in crate::register) fn each(
        self,
        connection: &Connection,
        revocations: i64,
        previous: Option<Previous>,
        pace: &mut Pace<'_>,
        each: &mut dyn FnMut(&RevokedEntry) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let Self { authority, members, plans } = self;
        let mut give = |standing: Option<(Revoked, u64)>| -> Result<(), Error> {
            let Some((revoked, row)) = &standing else { return Ok(()) };
            let Some(entry) = revoked.entry() else { return Ok(()) };
            if let Some(previous) = previous
                && *row <= previous.revocations
                && plans.ended_before(connection, (authority, &entry.serial), previous.this_update)?.is_some()
            {
                return Ok(());
            }
            each(entry)
        };
        let mut last: Option<(CrlSerial, (Revoked, u64))> = None;
        members.each_row(connection, authority, revocations, &mut |serial, revoked, row| {
            pace.step()?;
            match last.replace((serial, (revoked, row))) {
                Some((before, standing)) if before != serial => give(Some(standing)),
                _ => Ok(()),
            }
        })?;
        give(last.map(|(_, standing)| standing))
    }
}
