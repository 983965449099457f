//! Deeds: how much was recorded after an entry, by kind.

use rusqlite::Connection;

use super::{Register, error::Error, journal};

/// What was recorded after an entry.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Deeds {
    /// Entries of the journal, of every kind.
    pub entries: u64,
    /// Plans stored.
    pub plans: u64,
    /// Approvals, of plans and of CRLs.
    pub approvals: u64,
    /// Certificates signed.
    pub certificates: u64,
    /// What was handed over.
    pub handed_over: HandedOver,
    /// CAs whose key was made.
    pub authorities: u64,
    /// CA certificates that were installed.
    pub installed: u64,
    /// Heads that the audit key signed.
    pub checkpoints: u64,
    /// Certificates revoked, held, or released from a hold.
    pub revocations: u64,
    /// CRLs signed.
    pub crls: u64,
    /// Plans put away.
    pub withdrawals: u64,
}

/// How much was handed over: written onto a medium, read back whole and recorded.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct HandedOver {
    /// Bundles of certificates.
    pub bundles: u64,
    /// Proofs for a platform.
    pub proofs: u64,
    /// CRLs.
    pub crls: u64,
}

impl HandedOver {
    /// Each count with what one of it is called.
    #[must_use]
    pub fn counts(&self) -> [(u64, &'static str); 3] {
        [(self.bundles, "bundle"), (self.proofs, "proof"), (self.crls, "CRL")]
    }

    /// What was handed over after an entry.
    pub(super) fn after(connection: &Connection, entry: i64) -> Result<Self, Error> {
        let plans = "SELECT count(*) FROM delivery JOIN plan ON plan.number = delivery.plan WHERE delivery.entry > ?1 \
                     AND plan.kind";
        Ok(Self {
            bundles: count(connection, &format!("{plans} <> 'verification'"), entry)?,
            proofs: count(connection, &format!("{plans} = 'verification'"), entry)?,
            crls: count(connection, "SELECT count(*) FROM crl_delivery WHERE entry > ?1", entry)?,
        })
    }
}

/// Approvals after an entry. A CRL's is recorded with its octets, as one that was made elsewhere has none.
pub(super) fn approvals_after(connection: &Connection, entry: i64) -> Result<u64, Error> {
    let crls = "SELECT count(*) FROM crl WHERE entry > ?1 AND origin <> 'elsewhere'";
    let plans = count(connection, "SELECT count(*) FROM approval WHERE entry > ?1", entry)?;
    Ok(plans + count(connection, crls, entry)?)
}

fn count(connection: &Connection, query: &str, after: i64) -> Result<u64, Error> {
    journal::number(connection.prepare_cached(query)?.query_row([after], |row| row.get::<_, i64>(0))?)
}

impl Register {
    /// Counts what was recorded after an entry; all of it for 0. Every table is read by its index on the entry, so that
    /// it takes as long as there is to count, and no memory.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn deeds_since(&self, after: u64) -> Result<Deeds, Error> {
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let count = |query: &str| count(&self.connection, query, after);
        Ok(Deeds {
            entries: count("SELECT count(*) FROM journal WHERE seq > ?1")?,
            plans: count("SELECT count(*) FROM plan WHERE entry > ?1")?,
            approvals: approvals_after(&self.connection, after)?,
            certificates: count("SELECT count(*) FROM issued WHERE entry > ?1")?,
            handed_over: HandedOver::after(&self.connection, after)?,
            authorities: count("SELECT count(*) FROM authority WHERE entry > ?1")?,
            installed: count("SELECT count(*) FROM authority_certificate WHERE entry > ?1")?,
            checkpoints: count("SELECT count(*) FROM checkpoint WHERE entry > ?1")?,
            revocations: count("SELECT count(*) FROM revocation WHERE entry > ?1")?,
            crls: count("SELECT count(*) FROM crl_issued WHERE entry > ?1")?,
            withdrawals: count("SELECT count(*) FROM withdrawal WHERE entry > ?1")?,
        })
    }
}
