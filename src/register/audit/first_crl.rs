//! What was recorded stands on the first CRL that was stored after it: asked of the acts, one by one, and not of what makes
//! CRLs, which could leave the same out here as there.

use super::super::{
    crl::{self, Coverage, PlansBound, StoredCrl},
    error::Error,
    revocation,
};
use super::Audit;
use crate::pki::crl::{CrlSerial, RevokedEntry};

impl Audit<'_> {
    /// Every certificate of a scope that was revoked or put on hold since the CRL before, and still is when this one was
    /// stored, stands on it as it was recorded.
    pub(super) fn first_crl(
        &mut self,
        stored: &StoredCrl,
        coverage: &Coverage,
        previous: Option<&StoredCrl>,
    ) -> Result<(), Error> {
        let connection = self.connection;
        let mut statement = connection.prepare_cached(&format!(
            "SELECT {}, act.entry = before.entry FROM crl LEFT JOIN crl AS before ON before.number = ?2 \
             JOIN revocation AS act INDEXED BY revocation_entry ON act.authority = crl.authority AND act.act <> 'released' \
             AND act.entry < crl.entry AND act.entry >= coalesce(before.entry, 0) \
             WHERE crl.number = ?1 AND NOT EXISTS (SELECT 1 FROM revocation AS later \
             WHERE later.authority = act.authority AND later.serial = act.serial \
             AND later.number > act.number AND later.entry < crl.entry) ORDER BY act.serial",
            revocation::COLUMNS
        ))?;
        let mut rows = statement.query((stored.row, previous.map(|before| before.row)))?;
        let mut listed = crl::entries_of(connection, stored.row)?;
        let mut at = listed()?;
        let mut missing: Option<CrlSerial> = None;
        while let Some(row) = rows.next()? {
            let (serial, revoked) = revocation::read(row)?;
            let came_with_it: Option<bool> = row.get(5)?;
            if came_with_it == Some(true) && self.ended_before(stored, &serial, previous)? {
                continue;
            }
            if !coverage.holds(connection, (&stored.authority, &serial), &PlansBound::Unasked)? {
                continue;
            }
            while at.as_ref().is_some_and(|entry| entry.serial < serial) {
                at = listed()?;
            }
            let on_it: Option<&RevokedEntry> = at.as_ref();
            if on_it != revoked.entry() {
                missing.get_or_insert(serial);
            }
        }
        if let Some(serial) = missing {
            let message = format!(
                "{} does not say of {serial} what was recorded before it",
                super::revocations::shown(stored)
            );
            self.find("crl-missing", message);
        }
        Ok(())
    }

    /// Whether a certificate of an earlier CRL that was brought had expired then: it has been on one.
    fn ended_before(
        &self,
        stored: &StoredCrl,
        serial: &CrlSerial,
        previous: Option<&StoredCrl>,
    ) -> Result<bool, Error> {
        let Some(previous) = previous else { return Ok(false) };
        let of = (stored.authority.as_str(), serial);
        Ok(PlansBound::Unasked.ended_before(self.connection, of, previous.this_update)?.is_some())
    }
}
