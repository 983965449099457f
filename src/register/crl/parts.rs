//! The stored octets of CRLs, part by part.

use std::cell::Cell;

use rusqlite::{Connection, OptionalExtension as _};
use sha2::{Digest as _, Sha256};

use super::super::{error::Error, row_key};
use super::{StoredCrl, envelope};
use crate::pki::{
    crl::{CrlEnd, CrlHead, CrlReader, ReadError, RevokedEntry, Shape},
    fingerprint::Digest,
    key::SignatureAlgorithm,
};

/// Octets of one part: small beside the memory there is, and large beside what a row costs.
pub(super) const PART_OCTETS: usize = 256 * 1024;

/// Writes octets as parts.
pub(super) struct PartWriter<'a> {
    connection: &'a Connection,
    crl: i64,
    index: u64,
    part: Vec<u8>,
    hash: Sha256,
    octets: u64,
}

impl<'a> PartWriter<'a> {
    pub(super) fn new(connection: &'a Connection, crl: i64) -> Self {
        let part = Vec::with_capacity(PART_OCTETS + 128);
        Self { connection, crl, index: 0, part, hash: Sha256::new(), octets: 0 }
    }

    pub(super) fn add(&mut self, octets: &[u8]) -> Result<(), Error> {
        self.hash.update(octets);
        self.octets += octets.len() as u64;
        self.part.extend_from_slice(octets);
        while self.part.len() >= PART_OCTETS {
            let rest = self.part.split_off(PART_OCTETS);
            let part = std::mem::replace(&mut self.part, rest);
            self.write(&part)?;
        }
        Ok(())
    }

    /// The digest of all octets, and how many there are.
    pub(super) fn finish(mut self) -> Result<(Digest, u64), Error> {
        let part = std::mem::take(&mut self.part);
        if !part.is_empty() {
            self.write(&part)?;
        }
        Ok((Digest::from_octets(self.hash.finalize().into()), self.octets))
    }

    fn write(&mut self, part: &[u8]) -> Result<(), Error> {
        self.index += 1;
        self.connection
            .prepare_cached("INSERT INTO crl_part (key, crl, idx, octets) VALUES (?1, ?2, ?3, ?4)")?
            .execute((
                row_key(self.crl, self.index),
                self.crl,
                i64::try_from(self.index).unwrap_or(i64::MAX),
                part,
            ))?;
        Ok(())
    }
}

/// The stored parts of a CRL, one after the other.
pub(super) fn stored_parts(
    connection: &Connection,
    crl: i64,
) -> impl FnMut() -> Result<Option<Vec<u8>>, Error> + '_ {
    let index = Cell::new(0);
    move || {
        index.set(index.get() + 1);
        Ok(connection
            .prepare_cached("SELECT octets FROM crl_part WHERE key = ?1")?
            .query_row([row_key(crl, index.get())], |row| row.get(0))
            .optional()?)
    }
}

/// Reads stored octets strictly from their beginning to their end.
pub(in crate::register) fn read_tbs(
    connection: &Connection,
    crl: i64,
    each: &mut dyn FnMut(&RevokedEntry) -> Result<(), Error>,
) -> Result<(CrlHead, CrlEnd), Error> {
    let mut reader = CrlReader::begin(stored_parts(connection, crl), Shape::Tbs).map_err(unread)?;
    let head = reader.head().clone();
    while let Some(entry) = reader.next_entry().map_err(unread)? {
        each(&entry)?;
    }
    Ok((head, reader.finish().map_err(unread)?))
}

/// The entries of stored octets, one after the other.
pub(in crate::register) fn entries_of(
    connection: &Connection,
    crl: i64,
) -> Result<impl FnMut() -> Result<Option<RevokedEntry>, Error> + '_, Error> {
    let mut reader = CrlReader::begin(stored_parts(connection, crl), Shape::Tbs).map_err(unread)?;
    Ok(move || reader.next_entry().map_err(unread))
}

/// What is wrong with stored octets that cannot be read.
pub(super) fn unread(error: ReadError<Error>) -> Error {
    match error {
        ReadError::Source(error) => error,
        ReadError::Crl(error) => Error::Damaged(format!("a stored CRL: {error}")),
    }
}

/// The algorithm that stored octets name.
pub(super) fn algorithm(connection: &Connection, crl: i64) -> Result<SignatureAlgorithm, Error> {
    let reader = CrlReader::begin(stored_parts(connection, crl), Shape::Tbs).map_err(unread)?;
    Ok(reader.head().algorithm)
}

/// Gives the octets of a whole CRL, piece by piece, and returns their digest.
pub(super) fn whole<E: From<Error>>(
    connection: &Connection,
    stored: &StoredCrl,
    algorithm: SignatureAlgorithm,
    signature: &[u8],
    each: &mut dyn FnMut(&[u8]) -> Result<(), E>,
) -> Result<Digest, E> {
    let envelope = envelope(stored, algorithm, signature)?;
    let mut hash = Sha256::new();
    let mut give = |octets: &[u8]| -> Result<(), E> {
        hash.update(octets);
        each(octets)
    };
    give(&envelope.before)?;
    let mut parts = stored_parts(connection, stored.row);
    while let Some(part) = parts()? {
        give(&part)?;
    }
    give(&envelope.behind)?;
    Ok(Digest::from_octets(hash.finalize().into()))
}
