//! Search: what was issued, page by page.
//!
//! A serial number and a key are found by an index, at once. A certificate's digest and a piece of text have none: for
//! them the rows are looked through, [`super::Stretch`] by stretch, so that the caller can tell how far it is and stop.

use rusqlite::{OptionalExtension as _, Row};

use super::{
    Register,
    catalogue::{Catalogue, Place, Stretch},
    digest_of,
    error::Error,
    issued::IssuedCertificate,
    journal::{number, time},
};
use crate::pki::{crl::CrlSerial, fingerprint::Digest, name::Name, text::Printable, time::Time};

/// A line about an issued certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Listed {
    key: i64,
    /// The authority that signed it.
    pub authority: String,
    /// The plan's id.
    pub plan: String,
    /// The place in the plan, from 1.
    pub index: u64,
    /// Where the request came from, as it was given: text from outside.
    pub source: String,
    /// The serial number's content octets.
    pub serial: Vec<u8>,
    /// The subject, RFC 4514, harmless.
    pub subject: Printable,
    /// notBefore.
    pub not_before: Time,
    /// notAfter.
    pub not_after: Time,
    /// SHA-256 of the `SubjectPublicKeyInfo`.
    pub spki_sha256: Digest,
    /// SHA-256 of the certificate.
    pub certificate_sha256: Digest,
    /// When it was recorded.
    pub issued: Time,
}

impl Register {
    /// The issued certificate with a serial number, given as its content octets.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn find_serial(&self, serial: &[u8]) -> Result<Option<IssuedCertificate>, Error> {
        let found: Option<(String, i64)> = self
            .connection
            .prepare_cached(
                "SELECT plan.id, planned.idx FROM planned JOIN issued USING (key) \
                 JOIN plan ON plan.number = planned.plan WHERE planned.serial = ?1",
            )?
            .query_row([serial], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((plan, index)) = found else { return Ok(None) };
        self.certificate(&self.plan(&plan)?, number(index)?).map(Some)
    }

    /// Certificates of the catalogue whose serial number begins so, in the order of their serial numbers, after the last
    /// line of the page before, at most `limit`, each with its number. At once, by an index.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn find_serial_prefix(
        &self,
        catalogue: &Catalogue,
        prefix: &SerialPrefix,
        after: Option<&Listed>,
        limit: u32,
    ) -> Result<Vec<(u64, Listed)>, Error> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {LISTED_COLUMNS} FROM planned CROSS JOIN issued USING (key) \
             CROSS JOIN plan ON plan.number = planned.plan WHERE planned.serial >= ?1 AND planned.serial <= ?2 \
             AND (?3 IS NULL OR planned.serial > ?3) AND issued.entry <= ?4 ORDER BY planned.serial LIMIT ?5",
        ))?;
        let least = after.map_or(&prefix.least, |listed| &listed.serial);
        let after = after.map(|listed| &listed.serial);
        let rows = statement.query((least, &prefix.most, after, catalogue.entry(), limit))?;
        self.numbered(catalogue, rows)
    }

    /// The serial numbers that begin so, of certificates that are known of an authority: issued here, or listed or revoked
    /// before it moved in or came back. In their order, at most `limit`; by indices, past
    /// those of other authorities that begin so.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn serials_beginning(
        &self,
        authority: &str,
        prefix: &SerialPrefix,
        limit: u32,
    ) -> Result<Vec<CrlSerial>, Error> {
        let mut statement = self.connection.prepare_cached(
            "SELECT planned.serial FROM planned CROSS JOIN issued USING (key) \
             CROSS JOIN plan ON plan.number = planned.plan \
             WHERE planned.serial BETWEEN ?2 AND ?3 AND plan.authority = ?1 \
             UNION SELECT serial FROM listed WHERE authority = ?1 AND serial BETWEEN ?2 AND ?3 \
             UNION SELECT serial FROM revocation WHERE authority = ?1 AND serial BETWEEN ?2 AND ?3 \
             ORDER BY 1 LIMIT ?4",
        )?;
        let mut rows = statement.query((authority, &prefix.least, &prefix.most, limit))?;
        let mut serials = Vec::new();
        while let Some(row) = rows.next()? {
            let octets: Vec<u8> = row.get(0)?;
            let serial = CrlSerial::from_octets(&octets);
            serials.push(serial.ok_or_else(|| Error::Damaged("a malformed serial number".to_owned()))?);
        }
        Ok(serials)
    }

    /// Certificates of the catalogue for the key with this SHA-256 of its `SubjectPublicKeyInfo`, after a place, at most
    /// `limit`, each with its number. At once, by an index.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn find_spki(
        &self,
        catalogue: &Catalogue,
        spki_sha256: &Digest,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<(u64, Listed)>, Error> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {LISTED_COLUMNS} FROM planned INDEXED BY planned_spki CROSS JOIN issued USING (key) \
             CROSS JOIN plan ON plan.number = planned.plan WHERE substr(spki_sha256, 1, 8) = substr(?1, 1, 8) \
             AND spki_sha256 = ?1 AND key > ?2 AND issued.entry <= ?3 ORDER BY +key LIMIT ?4",
        ))?;
        let after = after.map_or(0, |place| place.0);
        let rows = statement.query((spki_sha256.as_octets(), after, catalogue.entry(), limit))?;
        self.numbered(catalogue, rows)
    }

    /// The certificate with this SHA-256 in a stretch, where it is there. Looks through the rows.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn find_certificate_in(
        &self,
        stretch: &Stretch,
        certificate_sha256: &Digest,
    ) -> Result<Option<Place>, Error> {
        Ok(self
            .connection
            .prepare_cached(
                "SELECT key FROM issued WHERE key > ?1 AND key <= ?2 AND certificate_sha256 = ?3 LIMIT 1",
            )?
            .query_row((stretch.first, stretch.last, certificate_sha256.as_octets()), |row| row.get(0))
            .optional()?
            .map(Place))
    }

    /// The texts of a stretch's rows: where each came from and its subject (`Name` DER), issued or not.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn texts_in(&self, stretch: &Stretch) -> Result<Vec<Texts>, Error> {
        let mut statement = self.connection.prepare_cached(
            "SELECT key, source, subject FROM planned WHERE key > ?1 AND key <= ?2 ORDER BY key",
        )?;
        let rows = statement.query_map((stretch.first, stretch.last), |row| {
            Ok(Texts { place: Place(row.get(0)?), source: row.get(1)?, subject: row.get(2)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The line of a place, with its number; `None` where it is not in the catalogue, as what is not issued.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn catalogued_at(&self, catalogue: &Catalogue, place: Place) -> Result<Option<(u64, Listed)>, Error> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {LISTED_COLUMNS} FROM issued CROSS JOIN planned USING (key) \
             CROSS JOIN plan ON plan.number = planned.plan WHERE key = ?1 AND issued.entry <= ?2",
        ))?;
        let rows = statement.query((place.0, catalogue.entry()))?;
        Ok(self.numbered(catalogue, rows)?.pop())
    }

    fn numbered(
        &self,
        catalogue: &Catalogue,
        mut rows: rusqlite::Rows<'_>,
    ) -> Result<Vec<(u64, Listed)>, Error> {
        let mut page = Vec::new();
        while let Some(row) = rows.next()? {
            let listed = listed(row)?;
            if let Some(number) = self.number_of(catalogue, listed.key)? {
                page.push((number, listed));
            }
        }
        Ok(page)
    }
}

/// The texts of a planned row that people search.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Texts {
    /// The row.
    pub place: Place,
    /// Where the request came from, as it was given: text from outside.
    pub source: String,
    /// The subject, DER.
    pub subject: Vec<u8>,
}

/// Octets of a serial number, at most (RFC 5280 §4.1.2.2).
const SERIAL_OCTETS_MAX: usize = 20;

/// The beginning of a serial number.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SerialPrefix {
    least: Vec<u8>,
    most: Vec<u8>,
}

impl SerialPrefix {
    /// A serial number's own octets: it comes first of those that begin so.
    #[must_use]
    pub fn from_octets(octets: &[u8]) -> Self {
        let beyond = std::iter::repeat_n(0xff, SERIAL_OCTETS_MAX.saturating_sub(octets.len()));
        Self { least: octets.to_vec(), most: octets.iter().copied().chain(beyond).collect() }
    }

    /// Reads hexadecimal digits, of which there may be an odd number; colons between them do not count. `None` for
    /// anything else, for nothing, and for more than a serial number has.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits: Vec<u8> = text
            .chars()
            .filter(|&c| c != ':')
            .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
            .collect::<Option<_>>()?;
        if digits.is_empty() || digits.len() > 2 * SERIAL_OCTETS_MAX {
            return None;
        }
        let filled = |rest: u8| digits.chunks(2).map(move |pair| pair[0] << 4 | pair.get(1).unwrap_or(&rest));
        let beyond = std::iter::repeat_n(0xff, SERIAL_OCTETS_MAX);
        Some(Self { least: filled(0).collect(), most: filled(0xf).chain(beyond).collect() })
    }
}

impl Listed {
    /// Its place in the order of the catalogue.
    #[must_use]
    pub fn place(&self) -> Place {
        Place(self.key)
    }
}

/// The columns that [`listed`] reads, in its order.
pub(super) const LISTED_COLUMNS: &str = "key, plan.authority, plan.id, planned.idx, planned.source, planned.serial, \
     planned.subject, planned.not_before, planned.not_after, planned.spki_sha256, issued.certificate_sha256, issued.time";

pub(super) fn listed(row: &Row<'_>) -> Result<Listed, Error> {
    let subject: Vec<u8> = row.get(6)?;
    Ok(Listed {
        key: row.get(0)?,
        authority: row.get(1)?,
        plan: row.get(2)?,
        index: number(row.get(3)?)?,
        source: row.get(4)?,
        serial: row.get(5)?,
        subject: Name::parse(&subject)
            .map_err(|error| Error::Damaged(format!("a recorded subject: {error}")))?
            .to_printable(),
        not_before: time(row.get(7)?)?,
        not_after: time(row.get(8)?)?,
        spki_sha256: digest_of(row.get(9)?),
        certificate_sha256: digest_of(row.get(10)?),
        issued: time(row.get(11)?)?,
    })
}
