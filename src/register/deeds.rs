//! Deeds: how much was recorded after an entry, by kind.

use super::{Register, error::Error, journal};

/// What was recorded after an entry.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Deeds {
    /// Entries of the journal, of every kind.
    pub entries: u64,
    /// Plans stored.
    pub plans: u64,
    /// Approvals of plans.
    pub approvals: u64,
    /// Certificates signed.
    pub certificates: u64,
    /// Bundles that were read back whole.
    pub deliveries: u64,
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

impl Register {
    /// Counts what was recorded after an entry; all of it for 0. Every table is read by its index on the entry, so that
    /// it takes as long as there is to count, and no memory.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn deeds_since(&self, after: u64) -> Result<Deeds, Error> {
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let count = |query: &str| -> Result<u64, Error> {
            journal::number(
                self.connection.prepare_cached(query)?.query_row([after], |row| row.get::<_, i64>(0))?,
            )
        };
        Ok(Deeds {
            entries: count("SELECT count(*) FROM journal WHERE seq > ?1")?,
            plans: count("SELECT count(*) FROM plan WHERE entry > ?1")?,
            approvals: count("SELECT count(*) FROM approval WHERE entry > ?1")?,
            certificates: count("SELECT count(*) FROM issued WHERE entry > ?1")?,
            deliveries: count("SELECT count(*) FROM delivery WHERE entry > ?1")?,
            authorities: count("SELECT count(*) FROM authority WHERE entry > ?1")?,
            installed: count("SELECT count(*) FROM authority_certificate WHERE entry > ?1")?,
            checkpoints: count("SELECT count(*) FROM checkpoint WHERE entry > ?1")?,
            revocations: count("SELECT count(*) FROM revocation WHERE entry > ?1")?,
            crls: count("SELECT count(*) FROM crl_issued WHERE entry > ?1")?,
            withdrawals: count("SELECT count(*) FROM withdrawal WHERE entry > ?1")?,
        })
    }
}
