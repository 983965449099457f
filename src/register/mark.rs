//! Marks: what a token remembers of this register, so that a copy that was put away earlier is noticed when it comes back.
//!
//! A mark names the newest entry at the moment it was made. A register that holds this entry is that register or a later
//! one; any other has lost what was signed in between, and would give serial numbers and CRL numbers again.

use rusqlite::OptionalExtension as _;

use super::{
    Register, digest_of,
    error::Error,
    journal::{self, Head, Kind},
};
use crate::pki::{
    fingerprint::{Digest, hex},
    time::Time,
};

/// What a mark begins with: whose it is, and in which form.
const FORM: &[u8] = b"coldsign mark 1\n";

/// A token by what it calls itself.
#[derive(Clone, Copy, Debug)]
pub struct MarkedToken<'a> {
    /// Its label.
    pub label: &'a str,
    /// Its serial number.
    pub serial: &'a str,
}

/// Whether a token keeps a mark.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MarkState {
    /// It keeps one from then on.
    Begun,
    /// It keeps no such object.
    Refused,
}

impl MarkState {
    fn name(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Refused => "refused",
        }
    }
}

impl Head {
    /// The octets of a mark: `coldsign mark 1` LF, the entry's number (8 octets, big-endian) and its hash (32 octets).
    #[must_use]
    pub fn to_mark(&self) -> Vec<u8> {
        [FORM, &self.entry.to_be_bytes(), self.hash.as_octets()].concat()
    }

    /// The entry that a mark names; `None` where these octets are no mark. No register has an entry beyond 2⁶³ − 1, and none
    /// could record that such a one was seen.
    #[must_use]
    pub fn from_mark(octets: &[u8]) -> Option<Self> {
        let (entry, hash) = octets.strip_prefix(FORM)?.split_first_chunk()?;
        let entry = u64::from_be_bytes(*entry);
        i64::try_from(entry).ok()?;
        Some(Self { entry, hash: Digest::from_octets(hash.try_into().ok()?) })
    }
}

impl Register {
    /// The label of this register's mark in a token: several registers may share one.
    #[must_use]
    pub fn mark_label(&self) -> String {
        format!("coldsign register {}", hex(&self.id))
    }

    /// Checks that this is the register whose entry a token has seen, or a later one of the same history, or one that was
    /// accepted in its place.
    ///
    /// # Errors
    /// [`Error::RegisterBehind`], [`Error::Damaged`].
    pub fn check_seen(&self, seen: Head) -> Result<(), Error> {
        if self.holds(&seen)? || self.is_accepted(&seen)? {
            return Ok(());
        }
        Err(Error::RegisterBehind { ends: self.head()?, seen })
    }

    fn is_accepted(&self, seen: &Head) -> Result<bool, Error> {
        let entry: Option<i64> = self
            .connection
            .prepare_cached(
                "SELECT entry FROM older_register WHERE seen_entry = ?1 AND seen_hash = ?2 ORDER BY entry LIMIT 1",
            )?
            .query_row((signed(seen.entry), seen.hash.as_octets()), |row| row.get(0))
            .optional()?;
        let Some(entry) = entry else { return Ok(false) };
        journal::check_entry(&self.connection, entry, Kind::OlderRegister)?;
        Ok(true)
    }

    /// What the officer's words stand for who lets this register go on although a token has seen another: SHA-256 over
    /// `coldsign older register 1` LF, the register's id (16 octets), and number (8 octets, big-endian) and hash (32 octets)
    /// of its newest entry and of the entry that the token has seen.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn older_digest(&self, seen: &Head) -> Result<Digest, Error> {
        Ok(older_digest(&self.id, &self.head()?, seen))
    }

    /// Records that this register goes on although a token has seen another, by words.
    ///
    /// # Errors
    /// [`Error::OlderWords`] where they are not those of [`Register::older_digest`].
    pub fn accept_older(&mut self, seen: &Head, words: &str, now: Time) -> Result<(), Error> {
        let digest = self.older_digest(seen)?;
        if !digest.matches_words(words) {
            return Err(Error::OlderWords);
        }
        let transaction = self.write()?;
        transaction.execute(
            "INSERT INTO older_register (entry, time, seen_entry, seen_hash, digest) VALUES (?1, ?2, ?3, ?4, ?5)",
            (
                journal::next(&transaction)?,
                now.unix(),
                signed(seen.entry),
                seen.hash.as_octets(),
                digest.as_octets(),
            ),
        )?;
        journal::append(&transaction, Kind::OlderRegister, now)?;
        Ok(transaction.commit()?)
    }

    /// Records whether a token keeps a mark.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn record_mark(&mut self, token: MarkedToken<'_>, state: MarkState, now: Time) -> Result<(), Error> {
        let transaction = self.write()?;
        transaction.execute(
            "INSERT INTO head_mark (entry, time, token, serial, state) VALUES (?1, ?2, ?3, ?4, ?5)",
            (journal::next(&transaction)?, now.unix(), token.label, token.serial, state.name()),
        )?;
        journal::append(&transaction, Kind::HeadMark, now)?;
        Ok(transaction.commit()?)
    }

    /// What was recorded last of a token and its mark.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn recorded_mark(&self, token: MarkedToken<'_>) -> Result<Option<MarkState>, Error> {
        let found: Option<(i64, String)> = self
            .connection
            .prepare_cached(
                "SELECT entry, state FROM head_mark WHERE token = ?1 AND serial = ?2 ORDER BY entry DESC LIMIT 1",
            )?
            .query_row((token.label, token.serial), |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((entry, state)) = found else { return Ok(None) };
        journal::check_entry(&self.connection, entry, Kind::HeadMark)?;
        let states = [MarkState::Begun, MarkState::Refused];
        let known = states.into_iter().find(|known| known.name() == state);
        known.map(Some).ok_or_else(|| Error::Damaged("what is said of a mark is not known".to_owned()))
    }
}

/// The newest entry behind another by which an older register was accepted. The journal itself is asked: a row that somebody
/// took away would let go what waits for it.
pub(super) fn accepted_behind(connection: &rusqlite::Connection, entry: i64) -> Result<Option<u64>, Error> {
    let found: Option<i64> = connection
        .prepare_cached("SELECT max(seq) FROM journal WHERE seq > ?1 AND kind = ?2")?
        .query_row((entry, Kind::OlderRegister.name()), |row| row.get(0))?;
    found.map(journal::number).transpose()
}

/// A number of an entry as the register writes it.
fn signed(entry: u64) -> i64 {
    i64::try_from(entry).unwrap_or(i64::MAX)
}

/// See [`Register::older_digest`].
pub(super) fn older_digest(id: &[u8; 16], ends: &Head, seen: &Head) -> Digest {
    let mut octets = [&b"coldsign older register 1\n"[..], id].concat();
    for head in [ends, seen] {
        octets.extend(head.entry.to_be_bytes());
        octets.extend(head.hash.as_octets());
    }
    Digest::of(&octets)
}

/// The older registers that were accepted: the entry that says so, and whether its words stand for what is recorded.
pub(super) fn accepted(connection: &rusqlite::Connection, id: &[u8; 16]) -> Result<Vec<(u64, bool)>, Error> {
    let mut statement = connection.prepare(
        "SELECT older_register.entry, seen_entry, seen_hash, digest, journal.seq, journal.hash FROM older_register \
         LEFT JOIN journal ON journal.seq = older_register.entry - 1 ORDER BY older_register.entry",
    )?;
    let mut rows = statement.query([])?;
    let mut accepted = Vec::new();
    while let Some(row) = rows.next()? {
        let seen = Head { entry: journal::number(row.get(1)?)?, hash: digest_of(row.get(2)?) };
        let ends: Option<i64> = row.get(4)?;
        let follows = match ends {
            Some(entry) => {
                let ends = Head { entry: journal::number(entry)?, hash: digest_of(row.get(5)?) };
                older_digest(id, &ends, &seen) == digest_of(row.get(3)?)
            }
            None => false,
        };
        accepted.push((journal::number(row.get(0)?)?, follows));
    }
    Ok(accepted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_as_it_was_written_and_nothing_else_is() {
        let head = Head { entry: 0x0102_0304_0506_0708, hash: Digest::of(b"abc") };
        let mark = head.to_mark();
        assert_eq!(mark.len(), 56);
        assert_eq!(Head::from_mark(&mark), Some(head));
        let check = |octets: &[u8]| assert_eq!(Head::from_mark(octets), None, "{octets:?}");
        check(&[]);
        check(&mark[..55]);
        check(&[&mark[..], &[0]].concat());
        check(&[b"coldsign mark 2\n", &mark[16..]].concat());
        let most = Head { entry: i64::MAX.unsigned_abs(), ..head };
        assert_eq!(Head::from_mark(&most.to_mark()), Some(most));
        check(&Head { entry: most.entry + 1, ..head }.to_mark());
    }
}
