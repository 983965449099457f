//! What stands in an entry and in the extensions of a CRL, out of strict DER (RFC 5280 §5.2, §5.3).

use std::collections::BTreeSet;

use crate::pki::{
    certificate::reading::time,
    der::{Element, Reader, tag},
    time::Time,
};

use super::{CrlError, CrlNumber, CrlPoint, CrlSerial, Reason, RevokedEntry, reader::malformed};

/// Most extensions of a CRL or of an entry: real ones have under ten.
const EXTENSIONS_MAX: usize = 32;

/// DER content octets of `id-ce` (2.5.29); the extension's number follows.
const ID_CE: [u8; 2] = [0x55, 0x1d];

/// What one entry says beside its four values.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct EntryRemarks {
    pub(super) explicit_unspecified: bool,
    pub(super) others: u64,
}

pub(super) fn entry(octets: &[u8]) -> Result<(RevokedEntry, EntryRemarks), CrlError> {
    let mut outer = Reader::new(octets);
    let mut fields = outer.sequence("revoked certificate")?;
    outer.finish("revoked certificate")?;
    let serial = CrlSerial::from_octets(fields.integer("userCertificate")?)
        .ok_or_else(|| malformed("its serial number is negative or has more than 20 octets"))?;
    let date = time(&mut fields, "revocationDate")
        .map_err(|_| malformed("its revocationDate is not a time as RFC 5280 writes it"))?;
    let mut entry = RevokedEntry { serial, date, reason: Reason::Unspecified, invalidity_date: None };
    let mut remarks = EntryRemarks::default();
    if fields.is_empty() {
        return Ok((entry, remarks));
    }
    let list = fields.expect(tag::SEQUENCE, "crlEntryExtensions")?;
    fields.finish("crlEntryExtensions")?;
    for extension in read_extensions(&list)? {
        let mut value = extension.value.reader();
        check_criticality(&extension, &[21, 24])?;
        match extension.number() {
            Some(21) => {
                let code = value.expect(tag::ENUMERATED, "reasonCode")?;
                entry.reason = match code.content {
                    [code] => Reason::from_code(*code),
                    _ => None,
                }
                .ok_or_else(|| malformed("its reason is none that a full CRL can have"))?;
                remarks.explicit_unspecified = entry.reason == Reason::Unspecified;
                value.finish("reasonCode")?;
            }
            Some(24) => {
                entry.invalidity_date = Some(generalized(&value.any()?)?);
                value.finish("invalidityDate")?;
            }
            // Whoever passes it over, critical or not, takes another CA's certificates for this CA's.
            Some(29) => {
                return Err(CrlError::Unsupported(
                    "an entry of another issuer (certificateIssuer)".to_owned(),
                ));
            }
            _ if extension.critical => {
                return Err(CrlError::Unsupported("a critical extension".to_owned()));
            }
            _ => remarks.others += 1,
        }
    }
    Ok((entry, remarks))
}

/// RFC 5280 §5.3.2: a `GeneralizedTime` with seconds, in UTC, without fractions, in every year.
fn generalized(element: &Element<'_>) -> Result<Time, CrlError> {
    let wrong = || malformed("its invalidityDate is not a time as RFC 5280 writes it");
    let digits = element.content.strip_suffix(b"Z").ok_or_else(wrong)?;
    if element.tag != tag::GENERALIZED_TIME || digits.len() != 14 || !digits.iter().all(u8::is_ascii_digit) {
        return Err(wrong());
    }
    let number = |from: usize, to: usize| {
        digits[from..to].iter().fold(0_u32, |value, digit| value * 10 + u32::from(digit - b'0'))
    };
    Time::from_civil(
        i64::from(number(0, 4)),
        number(4, 6),
        number(6, 8),
        number(8, 10),
        number(10, 12),
        number(12, 14),
    )
    .ok_or_else(wrong)
}

#[derive(Default)]
pub(super) struct Extensions {
    pub(super) number: Option<CrlNumber>,
    pub(super) key_identifier: Option<Vec<u8>>,
    pub(super) point: Option<CrlPoint>,
    pub(super) others: usize,
}

pub(super) fn extensions(element: &[u8]) -> Result<Extensions, CrlError> {
    let mut outer = Reader::new(element);
    let mut explicit = outer.expect(tag::context_constructed(0), "crlExtensions")?.reader();
    let list = explicit.expect(tag::SEQUENCE, "crlExtensions")?;
    explicit.finish("crlExtensions")?;
    let mut found = Extensions::default();
    for extension in read_extensions(&list)? {
        let mut value = extension.value.reader();
        check_criticality(&extension, &[20, 35])?;
        match extension.number() {
            Some(20) => {
                let number = value.integer("cRLNumber")?;
                found.number = Some(
                    CrlNumber::from_octets(number)
                        .ok_or_else(|| malformed("its number is negative or has more than 20 octets"))?,
                );
                value.finish("cRLNumber")?;
            }
            Some(27) => return Err(CrlError::Unsupported("a delta CRL".to_owned())),
            // RFC 5280 §5.2.5: critical. Who passes it over takes the CRL of some certificates for that of all.
            Some(28) if !extension.critical => {
                return Err(malformed("its issuingDistributionPoint is not critical"));
            }
            Some(28) => {
                found.point = Some(issuing_point(&mut value)?);
                value.finish("issuingDistributionPoint")?;
            }
            Some(35) => {
                found.key_identifier = key_identifier(&mut value)?;
                value.finish("authorityKeyIdentifier")?;
            }
            _ if extension.critical => {
                return Err(CrlError::Unsupported("a critical extension of the CRL".to_owned()));
            }
            _ => found.others += 1,
        }
    }
    Ok(found)
}

/// RFC 5280 §4.2.1.1: the identifier, and perhaps issuer and serial number, which a path by names does not need.
fn key_identifier(value: &mut Reader<'_>) -> Result<Option<Vec<u8>>, CrlError> {
    let mut fields = value.sequence("authorityKeyIdentifier")?;
    let identifier = fields.optional(tag::context(0))?;
    fields.optional(tag::context_constructed(1))?;
    fields.optional(tag::context(2))?;
    fields.finish("authorityKeyIdentifier")?;
    match identifier {
        Some(element) if element.content.is_empty() => Err(malformed("its key identifier is empty")),
        identifier => Ok(identifier.map(|element| element.content.to_vec())),
    }
}

/// RFC 5280 §5.2.5: a distribution point and nothing else; whatever else may stand there makes the CRL one of a kind that
/// is not taken.
fn issuing_point(value: &mut Reader<'_>) -> Result<CrlPoint, CrlError> {
    let mut fields = value.sequence("issuingDistributionPoint")?;
    let point = fields.optional(tag::context_constructed(0))?;
    for (number, what) in [
        (tag::context(1), "a CRL of end entities only (onlyContainsUserCerts)"),
        (tag::context(2), "a CRL of CAs only (onlyContainsCACerts)"),
        (tag::context(3), "a CRL of some reasons only (onlySomeReasons)"),
        (tag::context(4), "a CRL with entries of other issuers (indirectCRL)"),
        (tag::context(5), "a CRL of attribute certificates (onlyContainsAttributeCerts)"),
    ] {
        if fields.optional(number)?.is_some() {
            return Err(CrlError::Unsupported(what.to_owned()));
        }
    }
    fields.finish("issuingDistributionPoint")?;
    let point = point.ok_or_else(|| malformed("its issuingDistributionPoint is empty"))?;
    CrlPoint::parse(point.whole).map_err(|what| malformed(&format!("its issuing distribution point {what}")))
}

struct OneExtension<'a> {
    oid: &'a [u8],
    critical: bool,
    value: Element<'a>,
}

impl OneExtension<'_> {
    /// Its number below id-ce.
    fn number(&self) -> Option<u8> {
        match self.oid.strip_prefix(&ID_CE) {
            Some([number]) => Some(*number),
            _ => None,
        }
    }
}

/// RFC 5280 §5.2.1, §5.2.3, §5.3.1 and §5.3.2 have these as non-critical extensions.
fn check_criticality(extension: &OneExtension<'_>, never_critical: &[u8]) -> Result<(), CrlError> {
    match extension.number().filter(|number| extension.critical && never_critical.contains(number)) {
        Some(number) => Err(malformed(&format!("its extension 2.5.29.{number} is critical"))),
        None => Ok(()),
    }
}

/// A list of extensions: not empty, none twice, FALSE not written (RFC 5280 §4.2, X.690 §11.5).
fn read_extensions<'a>(list: &Element<'a>) -> Result<Vec<OneExtension<'a>>, CrlError> {
    let mut reader = list.reader();
    let (mut extensions, mut seen) = (Vec::new(), BTreeSet::new());
    while !reader.is_empty() {
        if extensions.len() == EXTENSIONS_MAX {
            return Err(malformed(&format!("it has more than {EXTENSIONS_MAX} extensions")));
        }
        let mut fields = reader.sequence("extension")?;
        let oid = fields.oid("extnID")?;
        let critical = fields.peek() == Some(tag::BOOLEAN);
        if critical && !fields.boolean("critical")? {
            return Err(malformed("an extension's critical flag is written although it is FALSE"));
        }
        let value = fields.expect(tag::OCTET_STRING, "extnValue")?;
        fields.finish("extnValue")?;
        if !seen.insert(oid) {
            return Err(malformed("it has an extension twice"));
        }
        extensions.push(OneExtension { oid, critical, value });
    }
    if extensions.is_empty() { Err(malformed("its list of extensions is empty")) } else { Ok(extensions) }
}
