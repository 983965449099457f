//! A `TBSCertList` in pieces (RFC 5280 §5.1.2): what stands before the entries, each entry, what stands behind.
//!
//! The lengths come first in DER, so the entries are counted before they are written: whoever writes asks [`entry`]
//! twice for the same octets.

use thiserror::Error;

use crate::pki::{
    der::{element, header, sequence, tag},
    key::SignatureAlgorithm,
    oid,
    time::Time,
};

use super::{CrlNumber, CrlPoint, ENTRIES_MAX, Reason, RevokedEntry};

/// The facts that a CRL is made of, beside its entries.
#[derive(Clone, Debug)]
pub struct CrlFields<'a> {
    /// How it will be signed.
    pub algorithm: SignatureAlgorithm,
    /// The CA's subject, `Name` DER.
    pub issuer: &'a [u8],
    /// The CA's subjectKeyIdentifier.
    pub key_identifier: &'a [u8],
    /// When it is made.
    pub this_update: Time,
    /// When the next one is there at the latest.
    pub next_update: Time,
    /// Its number.
    pub number: &'a CrlNumber,
    /// The distribution point of the partition that it is for; `None`: it is the full CRL.
    pub point: Option<&'a CrlPoint>,
}

/// Entries that were counted.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Extent {
    /// How many.
    pub entries: u64,
    /// The octets of all of them.
    pub octets: u64,
}

/// Why a CRL cannot be written.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum WriteError {
    /// More than [`ENTRIES_MAX`] entries, or more octets than DER lengths of four octets reach.
    #[error("{entries} entries are more than one CRL holds ({ENTRIES_MAX})")]
    TooMany {
        /// How many.
        entries: u64,
    },
}

/// What stands around the entries of a `TBSCertList`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Frame {
    /// Everything before the first entry.
    pub before: Vec<u8>,
    /// Everything behind the last.
    pub behind: Vec<u8>,
}

impl Extent {
    /// Counts one more entry.
    pub fn add(&mut self, entry: &RevokedEntry) {
        self.entries += 1;
        self.octets += self::entry(entry).len() as u64;
    }
}

/// What stands before and behind the entries; version 2, and no list at all where there is no entry.
///
/// # Errors
/// [`WriteError::TooMany`].
pub fn frame(fields: &CrlFields<'_>, extent: Extent) -> Result<Frame, WriteError> {
    let too_many = || WriteError::TooMany { entries: extent.entries };
    if extent.entries > ENTRIES_MAX {
        return Err(too_many());
    }
    let list = u32::try_from(extent.octets).map_err(|_| too_many())?;
    let mut fixed = [
        element(tag::INTEGER, &[1]),
        fields.algorithm.der(),
        fields.issuer.to_vec(),
        moment(fields.this_update),
        moment(fields.next_update),
    ]
    .concat();
    // RFC 5280 §5.1.2.6: absent where there are none.
    if extent.entries > 0 {
        fixed.extend(header(tag::SEQUENCE, list));
    }
    let behind = extensions(fields);
    let whole = fixed.len() as u64 + extent.octets + behind.len() as u64;
    let mut before = header(tag::SEQUENCE, u32::try_from(whole).map_err(|_| too_many())?);
    before.extend(fixed);
    Ok(Frame { before, behind })
}

/// One entry. The reason `unspecified` is not written (RFC 5280 §5.3.1).
#[must_use]
pub fn entry(entry: &RevokedEntry) -> Vec<u8> {
    let mut extensions = Vec::new();
    if entry.reason != Reason::Unspecified {
        extensions.extend(extension(oid::REASON_CODE, &element(tag::ENUMERATED, &[entry.reason.code()])));
    }
    if let Some(date) = entry.invalidity_date {
        extensions.extend(extension(oid::INVALIDITY_DATE, &generalized(date)));
    }
    let serial = element(tag::INTEGER, entry.serial.as_octets());
    let date = moment(entry.date);
    if extensions.is_empty() {
        return sequence(&[&serial, &date]);
    }
    sequence(&[&serial, &date, &element(tag::SEQUENCE, &extensions)])
}

/// The CRL that a `TBSCertList` of so many octets and its signature make: what stands before and behind the octets.
///
/// # Errors
/// [`WriteError::TooMany`].
pub fn envelope(
    algorithm: SignatureAlgorithm,
    tbs_octets: u64,
    signature: &[u8],
) -> Result<Frame, WriteError> {
    // No unused bits.
    let bits = element(tag::BIT_STRING, &[&[0], signature].concat());
    let behind = [algorithm.der(), bits].concat();
    let whole = u32::try_from(tbs_octets + behind.len() as u64)
        .map_err(|_| WriteError::TooMany { entries: ENTRIES_MAX })?;
    Ok(Frame { before: header(tag::SEQUENCE, whole), behind })
}

/// `[0] EXPLICIT Extensions`: key identifier and number, neither critical (RFC 5280 §5.2.1, §5.2.3); of a partition its
/// distribution point, critical (§5.2.5).
fn extensions(fields: &CrlFields<'_>) -> Vec<u8> {
    let key = sequence(&[&element(tag::context(0), fields.key_identifier)]);
    let point =
        fields.point.map(|point| critical(oid::ISSUING_DISTRIBUTION_POINT, &sequence(&[point.der()])));
    let list = sequence(&[
        &extension(oid::AUTHORITY_KEY_IDENTIFIER, &key),
        &extension(oid::CRL_NUMBER, &element(tag::INTEGER, fields.number.as_octets())),
        &point.unwrap_or_default(),
    ]);
    element(tag::context_constructed(0), &list)
}

fn extension(identifier: &[u8], value: &[u8]) -> Vec<u8> {
    sequence(&[&element(tag::OID, identifier), &element(tag::OCTET_STRING, value)])
}

fn critical(identifier: &[u8], value: &[u8]) -> Vec<u8> {
    let flag = element(tag::BOOLEAN, &[0xff]);
    sequence(&[&element(tag::OID, identifier), &flag, &element(tag::OCTET_STRING, value)])
}

/// RFC 5280 §5.1.2.4: `UTCTime` through 2049, `GeneralizedTime` from 2050.
fn moment(time: Time) -> Vec<u8> {
    let (year, month, day, hour, minute, second) = time.civil();
    if year < 2050 {
        let text = format!("{:02}{month:02}{day:02}{hour:02}{minute:02}{second:02}Z", year % 100);
        return element(tag::UTC_TIME, text.as_bytes());
    }
    generalized(time)
}

/// invalidityDate is a `GeneralizedTime` in every year (RFC 5280 §5.3.2).
fn generalized(time: Time) -> Vec<u8> {
    let (year, month, day, hour, minute, second) = time.civil();
    let text = format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}Z");
    element(tag::GENERALIZED_TIME, text.as_bytes())
}
