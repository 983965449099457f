//! What was recorded stands on the first CRL that was stored after it: asked of the acts, one by one, and not of what makes
//! CRLs, which could leave the same out here as there.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::ToSql;

use super::super::{
    crl::{self, CrlScope, PartitionNames, PlansBound, StoredCrl, tbs_of},
    error::Error,
    revocation,
};
use super::{Audit, revocations::ROWS};
use crate::pki::crl::{CrlSerial, RevokedEntry};

/// The revocations and holds of each partition's certificates, as their entries and rows: 16 octets for each. Found in one
/// pass for all CRLs, and not by what makes them.
pub(super) type ActsOfPartitions = BTreeMap<u32, Vec<(i64, i64)>>;

impl Audit<'_> {
    /// Every certificate of a scope that was revoked or put on hold since the CRL before, and still is when this one was
    /// stored, stands on it as it was recorded.
    pub(super) fn first_crl(
        &mut self,
        stored: &StoredCrl,
        previous: Option<&StoredCrl>,
    ) -> Result<(), Error> {
        let connection = self.connection;
        // All acts of those entries are read along their index, those of a partition by their rows.
        let (acts, own) = match stored.scope {
            CrlScope::Full => ("JOIN revocation AS act INDEXED BY revocation_entry ON TRUE", None),
            CrlScope::Partition(index) => (
                "CROSS JOIN json_each(?3) AS own CROSS JOIN revocation AS act ON act.number = own.value",
                Some(self.acts_of(stored, index, previous)?),
            ),
        };
        let mut statement = connection.prepare_cached(&format!(
            "SELECT {}, act.entry = before.entry FROM crl LEFT JOIN crl AS before ON before.number = ?2 \
             {acts} AND act.authority = crl.authority AND act.act <> 'released' \
             AND act.entry < crl.entry AND act.entry >= coalesce(before.entry, 0) \
             WHERE crl.number = ?1 AND NOT EXISTS (SELECT 1 FROM revocation AS later \
             WHERE later.authority = act.authority AND later.serial = act.serial \
             AND later.number > act.number AND later.entry < crl.entry) ORDER BY act.serial",
            revocation::COLUMNS
        ))?;
        let before = previous.map(|before| before.row);
        let parameters: [&dyn ToSql; 3] = [&stored.row, &before, &own];
        let mut rows = statement.query(&parameters[..2 + usize::from(own.is_some())])?;
        let mut listed = crl::entries_of(connection, stored.row)?;
        let mut at = listed()?;
        let mut missing: Option<CrlSerial> = None;
        let mut done = 0_u64;
        while let Some(row) = rows.next()? {
            done += 1;
            if done.is_multiple_of(ROWS) {
                self.advance(0)?;
            }
            let (serial, revoked) = revocation::read(row)?;
            let came_with_it: Option<bool> = row.get(5)?;
            if came_with_it == Some(true) && self.ended_before(stored, &serial, previous)? {
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

    /// The rows of a partition's acts from the CRL before to this one, as a JSON array.
    fn acts_of(
        &mut self,
        stored: &StoredCrl,
        partition: u32,
        previous: Option<&StoredCrl>,
    ) -> Result<String, Error> {
        if !self.acts.contains_key(&stored.authority) {
            let divided = self.divided(&stored.authority)?;
            self.acts.insert(stored.authority.clone(), divided);
        }
        let between = previous.map_or(0, |before| before.entry)..stored.entry;
        let acts = self.acts.get(&stored.authority).and_then(|acts| acts.get(&partition));
        let rows = acts.into_iter().flatten().filter(|(entry, _)| between.contains(entry));
        Ok(rows.map(|(_, row)| *row).collect::<serde_json::Value>().to_string())
    }

    /// Divides the acts of an authority among its partitions. Of a certificate that was issued elsewhere nobody here has
    /// the octets: it is on the full CRL only.
    fn divided(&mut self, authority: &str) -> Result<ActsOfPartitions, Error> {
        let connection = self.connection;
        let names = PartitionNames::of(connection, authority)?;
        let mut statement = connection.prepare_cached(
            "SELECT number, entry, serial FROM revocation INDEXED BY revocation_serial \
             WHERE authority = ?1 AND act <> 'released' ORDER BY serial, number",
        )?;
        let mut rows = statement.query([authority])?;
        let mut divided = ActsOfPartitions::new();
        let mut last: Option<(CrlSerial, BTreeSet<u32>)> = None;
        let mut done = 0_u64;
        while let Some(row) = rows.next()? {
            done += 1;
            if done.is_multiple_of(ROWS) {
                self.advance(0)?;
            }
            let serial = revocation::serial(row, 2)?;
            let partitions = match last.take().filter(|(of, _)| *of == serial) {
                Some((_, same)) => same,
                None => match tbs_of(connection, authority, &serial)? {
                    Some((tbs, _)) => names.of_certificate(&tbs)?,
                    None => BTreeSet::new(),
                },
            };
            for partition in &partitions {
                divided.entry(*partition).or_default().push((row.get(1)?, row.get(0)?));
            }
            last = Some((serial, partitions));
        }
        Ok(divided)
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
