//! Deliveries: what was handed over, and under which digest.

use super::{
    Register, digest_of,
    error::Error,
    journal::{self, Kind, number, time},
    plan::StoredPlan,
};
use crate::pki::{fingerprint::Digest, time::Time};

/// A bundle that was written, read back and compared.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Delivery {
    /// When.
    pub time: Time,
    /// The bundle's folder on the medium, as it was given.
    pub folder: String,
    /// SHA-256 of its manifest.
    pub manifest_sha256: Digest,
    /// How many certificates it has.
    pub certificates: u64,
}

impl Register {
    /// Records a delivery of a plan's certificates.
    ///
    /// # Errors
    /// [`Error::PlanUnknown`], [`Error::DiskFull`].
    pub fn record_delivery(&mut self, plan: &StoredPlan, delivery: &Delivery) -> Result<(), Error> {
        let plan = self.as_stored(plan)?;
        let transaction = self.write()?;
        transaction.execute(
            "INSERT INTO delivery (entry, plan, time, folder, manifest_sha256, certificates) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            (
                journal::next(&transaction)?,
                plan.number,
                delivery.time.unix(),
                &delivery.folder,
                delivery.manifest_sha256.as_octets(),
                i64::try_from(delivery.certificates).unwrap_or(i64::MAX),
            ),
        )?;
        journal::append(&transaction, Kind::Delivery, delivery.time)?;
        Ok(transaction.commit()?)
    }

    /// The deliveries of a plan, oldest first.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn deliveries(&self, plan: &StoredPlan) -> Result<Vec<Delivery>, Error> {
        let mut statement = self.connection.prepare_cached(
            "SELECT time, folder, manifest_sha256, certificates FROM delivery WHERE plan = ?1 ORDER BY entry",
        )?;
        let mut rows = statement.query([plan.number])?;
        let mut deliveries = Vec::new();
        while let Some(row) = rows.next()? {
            deliveries.push(Delivery {
                time: time(row.get(0)?)?,
                folder: row.get(1)?,
                manifest_sha256: digest_of(row.get(2)?),
                certificates: number(row.get(3)?)?,
            });
        }
        Ok(deliveries)
    }
}
