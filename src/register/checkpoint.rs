//! Checkpoints: heads of the journal, signed by the audit key, so that nobody can rewrite the history before them.

use super::{
    Register, digest_of,
    error::Error,
    journal::{self, Head, Kind},
};
use crate::pki::{
    key::{PublicKey, SignatureAlgorithm},
    time::Time,
};

/// A signed head.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Checkpoint {
    /// The head that is signed.
    pub head: Head,
    /// The audit key.
    pub public_key: PublicKey,
    /// How it signed.
    pub algorithm: SignatureAlgorithm,
    /// The signature over [`Register::checkpoint_message`], in X.509 form.
    pub signature: Vec<u8>,
}

impl Register {
    /// What the audit key signs: `coldsign checkpoint 1` LF, the register's id (16 octets), the entry's number
    /// (8 octets, big-endian) and its hash (32 octets).
    #[must_use]
    pub fn checkpoint_message(&self, head: &Head) -> Vec<u8> {
        message(&self.id, head)
    }

    /// Records a checkpoint after checking it.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] where the head is not of this history or the signature does not verify.
    pub fn add_checkpoint(&mut self, checkpoint: &Checkpoint, now: Time) -> Result<(), Error> {
        self.check(checkpoint)?;
        let transaction = self.write()?;
        transaction.execute(
            "INSERT INTO checkpoint (entry, head, hash, time, algorithm, spki, signature) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            (
                journal::next(&transaction)?,
                i64::try_from(checkpoint.head.entry).unwrap_or(i64::MAX),
                checkpoint.head.hash.as_octets(),
                now.unix(),
                checkpoint.algorithm.der(),
                checkpoint.public_key.spki(),
                &checkpoint.signature,
            ),
        )?;
        journal::append(&transaction, Kind::Checkpoint, now)?;
        Ok(transaction.commit()?)
    }

    /// The checkpoint that was recorded last, and when; checked again, because a row that another program put into
    /// the table is no checkpoint.
    ///
    /// # Errors
    /// [`Error::Checkpoint`], [`Error::Damaged`].
    pub fn last_checkpoint(&self) -> Result<Option<(Checkpoint, Time)>, Error> {
        let mut statement = self.connection.prepare_cached(
            "SELECT entry, head, hash, time, algorithm, spki, signature FROM checkpoint ORDER BY entry DESC LIMIT 1",
        )?;
        let mut rows = statement.query([])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        journal::check_entry(&self.connection, row.get(0)?, Kind::Checkpoint)?;
        let algorithm: Vec<u8> = row.get(4)?;
        let checkpoint = Checkpoint {
            head: Head { entry: journal::number(row.get(1)?)?, hash: digest_of(row.get(2)?) },
            public_key: PublicKey::from_spki(&row.get::<_, Vec<u8>>(5)?)
                .map_err(|error| Error::Damaged(format!("the key of a checkpoint: {error}")))?,
            algorithm: SignatureAlgorithm::from_der(&algorithm)
                .ok_or_else(|| Error::Damaged("the algorithm of a checkpoint".to_owned()))?,
            signature: row.get(6)?,
        };
        self.check(&checkpoint)?;
        Ok(Some((checkpoint, journal::time(row.get(3)?)?)))
    }

    fn check(&self, checkpoint: &Checkpoint) -> Result<(), Error> {
        if !self.holds(&checkpoint.head)? {
            return Err(Error::Checkpoint("its head is not in the journal".to_owned()));
        }
        checkpoint
            .public_key
            .verify(checkpoint.algorithm, &self.checkpoint_message(&checkpoint.head), &checkpoint.signature)
            .map_err(|error| Error::Checkpoint(error.to_string()))
    }
}

/// See [`Register::checkpoint_message`].
pub(super) fn message(id: &[u8; 16], head: &Head) -> Vec<u8> {
    [&b"coldsign checkpoint 1\n"[..], id, &head.entry.to_be_bytes(), head.hash.as_octets()].concat()
}
