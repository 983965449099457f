//! What was recorded with a CRL that was brought: what that CRL says, and nothing else.

use super::super::{
    crl::{self, StoredCrl},
    error::Error,
    revocation,
};
use super::Audit;
use crate::pki::crl::{CrlSerial, Reason, RevokedEntry, succession};

impl Audit<'_> {
    /// Each act of a recovery stands on its CRL, or is the release of a hold that does not. That nothing of the CRL is
    /// missing is proved by the next one.
    pub(super) fn brought(&mut self, stored: &StoredCrl) -> Result<(), Error> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {} FROM revocation INDEXED BY revocation_entry JOIN journal ON seq = entry AND kind = 'recovery' \
             WHERE entry = ?1 AND NOT (act = 'released' AND EXISTS (SELECT 1 FROM revocation AS later \
             WHERE later.entry = ?1 AND later.serial = revocation.serial AND later.number > revocation.number)) \
             ORDER BY serial, number",
            revocation::COLUMNS
        ))?;
        let mut rows = statement.query([stored.entry])?;
        let mut listed = crl::entries_of(self.connection, stored.row)?;
        let mut at = listed()?;
        let mut wrong: Option<CrlSerial> = None;
        while let Some(row) = rows.next()? {
            let (serial, revoked) = revocation::read(row)?;
            while at.as_ref().is_some_and(|entry| entry.serial < serial) {
                at = listed()?;
            }
            let said = at.as_ref().filter(|entry| entry.serial == serial);
            let is_said = match (revoked.entry(), said) {
                (None, None) => true,
                (Some(entry), Some(said)) => follows_from(said, entry),
                _ => false,
            };
            if !is_said {
                wrong.get_or_insert(serial);
            }
        }
        if let Some(serial) = wrong {
            let message = format!(
                "{} was brought and does not say of {serial} what was recorded with it",
                super::revocations::shown(stored)
            );
            self.find("revocation", message);
        }
        Ok(())
    }
}

/// Whether an act is what a CRL says of a certificate, or what was known here besides: a graver reason, or a revocation of
/// what was on hold; of the same day.
fn follows_from(said: &RevokedEntry, entry: &RevokedEntry) -> bool {
    entry.date == said.date
        && succession::keeps_invalidity(said.invalidity_date, entry.invalidity_date)
        && (entry.reason == said.reason
            || said.reason == Reason::CertificateHold
            || succession::becomes_worse(said.reason, entry.reason))
}
