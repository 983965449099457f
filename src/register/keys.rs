//! RSA keys that the register knows: of every planned certificate, issued or not, and of every authority.

use rusqlite::types::ValueRef;

use super::{Register, digest_of, error::Error};
use crate::pki::{
    der::{self, Reader, tag},
    fingerprint::Digest,
    key::rsa_modulus,
};

/// An RSA key that is recorded.
#[derive(Clone, Copy, Debug)]
pub struct RecordedKey<'a> {
    /// The modulus, unsigned big-endian without leading zeros.
    pub modulus: &'a [u8],
    /// SHA-256 of the `SubjectPublicKeyInfo`.
    pub spki_sha256: Digest,
    /// Whose key it is.
    pub holder: KeyHolder<'a>,
}

/// Whose a recorded key is.
#[derive(Clone, Copy, Debug)]
pub enum KeyHolder<'a> {
    /// An authority's, by its name.
    Authority(&'a str),
    /// An issued certificate's, by its serial number's content octets.
    Issued(&'a [u8]),
    /// That of a certificate which is planned and not signed, by its serial number's content octets.
    Planned(&'a [u8]),
}

impl Register {
    /// Gives every recorded RSA key, one after the other: authorities first, then certificates, oldest first. The whole
    /// register is read for it, and none of it held.
    ///
    /// # Errors
    /// [`Error::Damaged`], and what `each` says, which ends it.
    pub fn rsa_keys<E: From<Error>>(
        &self,
        each: &mut dyn FnMut(&RecordedKey<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.authorities_rsa_keys(each)?;
        let database = Error::from;
        let mut statement = self
            .connection
            .prepare(
                "SELECT serial, spki_sha256, tbs, EXISTS (SELECT 1 FROM issued WHERE issued.key = planned.key) \
                 FROM planned ORDER BY key",
            )
            .map_err(database)?;
        let mut rows = statement.query([]).map_err(database)?;
        while let Some(row) = rows.next().map_err(database)? {
            let tbs = octets(row.get_ref(2).map_err(database)?)?;
            let Some(modulus) = rsa_modulus(public_key(tbs)?) else { continue };
            let serial = octets(row.get_ref(0).map_err(database)?)?;
            let holder = if row.get(3).map_err(database)? {
                KeyHolder::Issued(serial)
            } else {
                KeyHolder::Planned(serial)
            };
            let spki_sha256 = digest_of(row.get(1).map_err(database)?);
            each(&RecordedKey { modulus, spki_sha256, holder })?;
        }
        Ok(())
    }

    fn authorities_rsa_keys<E: From<Error>>(
        &self,
        each: &mut dyn FnMut(&RecordedKey<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let database = Error::from;
        let mut statement =
            self.connection.prepare("SELECT name, spki FROM authority ORDER BY entry").map_err(database)?;
        let mut rows = statement.query([]).map_err(database)?;
        while let Some(row) = rows.next().map_err(database)? {
            let name: String = row.get(0).map_err(database)?;
            let spki = octets(row.get_ref(1).map_err(database)?)?;
            if let Some(modulus) = rsa_modulus(spki) {
                let holder = KeyHolder::Authority(&name);
                each(&RecordedKey { modulus, spki_sha256: Digest::of(spki), holder })?;
            }
        }
        Ok(())
    }
}

fn octets(value: ValueRef<'_>) -> Result<&[u8], Error> {
    value.as_blob().map_err(|error| Error::Damaged(error.to_string()))
}

/// The `SubjectPublicKeyInfo` of TBS octets (RFC 5280 §4.1).
fn public_key(tbs: &[u8]) -> Result<&[u8], Error> {
    let malformed = |error: der::DerError| Error::Damaged(format!("planned octets: {error}"));
    let mut reader = Reader::new(tbs).sequence("TBSCertificate").map_err(malformed)?;
    reader.optional(tag::context_constructed(0)).map_err(malformed)?;
    reader.integer("serialNumber").map_err(malformed)?;
    for part in ["signature", "issuer", "validity", "subject"] {
        reader.expect(tag::SEQUENCE, part).map_err(malformed)?;
    }
    Ok(reader.expect(tag::SEQUENCE, "subjectPublicKeyInfo").map_err(malformed)?.whole)
}
