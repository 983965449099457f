//! A strict reader of CRLs that takes octets as they come and gives one entry after the other (RFC 5280 §5.1).
//!
//! It shares no octet with [`super::writer`]: object identifiers stand here once more, and every field is taken apart
//! by [`crate::pki::der::Reader`]. It takes what others write too (version 1, extensions that are not critical, an
//! explicit reason `unspecified`) and says so; whether that is good enough is for [`super::lint`] and the importer.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::pki::{
    certificate::reading::time,
    der::{DerError, Element, Reader, tag},
    fingerprint::Digest,
    key::{SignatureAlgorithm, SignedMessage, WholeMessage},
    name::Name,
    time::Time,
};

use super::{CrlNumber, CrlSerial, ENTRIES_MAX, Reason, RevokedEntry};

/// Longest field before the entries, in octets: four times the longest name in use.
const FIELD_OCTETS_MAX: usize = 16 * 1024;
/// Longest entry, in octets: ours have under 80; others carry a few extensions more.
const ENTRY_OCTETS_MAX: usize = 4 * 1024;
/// Longest list of extensions, in octets.
const EXTENSIONS_OCTETS_MAX: usize = 64 * 1024;
/// Most extensions of a CRL or of an entry: real ones have under ten.
const EXTENSIONS_MAX: usize = 32;
/// Octets that were read already and are kept until they are many: moving the rest down costs.
const CONSUMED_OCTETS_MAX: usize = 64 * 1024;

/// DER content octets of `id-ce` (2.5.29); the extension's number follows.
const ID_CE: [u8; 2] = [0x55, 0x1d];

/// Octets that come in pieces of any size; `None` at their end.
pub trait Pieces {
    /// Why the next piece cannot be had.
    type Error;

    /// The next octets.
    ///
    /// # Errors
    /// Whatever keeps them from being read.
    fn next(&mut self) -> Result<Option<Vec<u8>>, Self::Error>;
}

impl<F, E> Pieces for F
where
    F: FnMut() -> Result<Option<Vec<u8>>, E>,
{
    type Error = E;

    fn next(&mut self) -> Result<Option<Vec<u8>>, E> {
        self()
    }
}

/// Why octets are not a CRL that is taken.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum CrlError {
    /// Not a CRL of RFC 5280.
    #[error("the CRL is malformed: {0}")]
    Malformed(String),
    /// A CRL of a kind that is not taken.
    #[error("{0} is not supported")]
    Unsupported(String),
}

impl From<DerError> for CrlError {
    fn from(error: DerError) -> Self {
        Self::Malformed(error.to_string())
    }
}

/// Why reading ended before its end.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ReadError<E> {
    /// The octets are wrong.
    Crl(CrlError),
    /// The octets cannot be had.
    Source(E),
}

impl<E> From<CrlError> for ReadError<E> {
    fn from(error: CrlError) -> Self {
        Self::Crl(error)
    }
}

impl<E> From<DerError> for ReadError<E> {
    fn from(error: DerError) -> Self {
        Self::Crl(error.into())
    }
}

/// What the octets are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Shape {
    /// A whole `CertificateList`.
    List,
    /// A `TBSCertList` alone.
    Tbs,
}

/// What stands before the entries.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CrlHead {
    /// 2, or 1 where the field is absent.
    pub version: u8,
    /// The algorithm that the signed octets name.
    pub algorithm: SignatureAlgorithm,
    /// The issuer.
    pub issuer: Name,
    /// thisUpdate.
    pub this_update: Time,
    /// nextUpdate; RFC 5280 §5.1.2.5 demands it, ASN.1 does not.
    pub next_update: Option<Time>,
}

/// What stands behind the entries, and what was computed of all.
#[derive(Clone, Debug)]
pub struct CrlEnd {
    /// The CRL number.
    pub number: Option<CrlNumber>,
    /// authorityKeyIdentifier's keyIdentifier.
    pub key_identifier: Option<Vec<u8>>,
    /// How many extensions of the CRL are known to nobody here; none of them is critical.
    pub other_extensions: usize,
    /// How many entries.
    pub entries: u64,
    /// Entries whose reason is written although it is `unspecified`.
    pub explicit_unspecified: u64,
    /// Extensions of entries that are known to nobody here; none of them is critical.
    pub other_entry_extensions: u64,
    /// The signed octets.
    pub message: WholeMessage,
    /// SHA-256 of the signed octets, in which there are [`WholeMessage::octets`].
    pub tbs_sha256: Digest,
    /// The signature's octets, where the whole list was read.
    pub signature: Option<Vec<u8>>,
    /// The signed octets that [`CrlReader::take_signed`] did not take yet.
    pub last_signed: Vec<u8>,
}

/// What one entry says beside its four values.
#[derive(Clone, Copy, Debug, Default)]
struct EntryRemarks {
    explicit_unspecified: bool,
    others: u64,
}

/// Reads one CRL, front to back.
#[derive(Debug)]
pub struct CrlReader<P> {
    octets: Octets<P>,
    shape: Shape,
    head: CrlHead,
    /// The outer algorithm and signature end here.
    list_end: u64,
    tbs_end: u64,
    entries_end: u64,
    message: SignedMessage,
    tbs_sha256: Sha256,
    entries: u64,
    explicit_unspecified: u64,
    other_entry_extensions: u64,
    keeping: Keeping,
    /// Signed octets that were not taken yet.
    kept: Vec<u8>,
}

/// Whether the signed octets are kept for who reads.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Keeping {
    Nothing,
    Signed,
}

impl<P: Pieces> CrlReader<P> {
    /// Reads what stands before the entries.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn begin(pieces: P, shape: Shape) -> Result<Self, ReadError<P::Error>> {
        let mut octets = Octets { pieces, window: Vec::new(), consumed: 0, position: 0, ended: false };
        let list_end = match shape {
            Shape::List => octets.open(tag::SEQUENCE, "CertificateList", u64::MAX)?.1,
            Shape::Tbs => u64::MAX,
        };
        let (mut signed, tbs_end) = octets.open(tag::SEQUENCE, "tbsCertList", list_end)?;
        let mut field = |octets: &mut Octets<P>, noun| -> Result<Vec<u8>, ReadError<P::Error>> {
            let element = octets.element(noun, tbs_end, FIELD_OCTETS_MAX)?;
            signed.extend_from_slice(&element);
            Ok(element)
        };
        let version = match octets.peek(tbs_end)? {
            Some(tag::INTEGER) => version(&field(&mut octets, "version")?)?,
            _ => 1,
        };
        let algorithm = SignatureAlgorithm::from_der(&field(&mut octets, "signature")?)
            .ok_or_else(|| CrlError::Unsupported("the CRL's signature algorithm".to_owned()))?;
        let issuer = Name::parse(&field(&mut octets, "issuer")?)
            .map_err(|error| malformed(&format!("its issuer: {error}")))?;
        if issuer.is_empty() {
            return Err(malformed("its issuer is empty").into());
        }
        let this_update = moment(&field(&mut octets, "thisUpdate")?, "thisUpdate")?;
        let next_update = match octets.peek(tbs_end)? {
            Some(tag::UTC_TIME | tag::GENERALIZED_TIME) => {
                Some(moment(&field(&mut octets, "nextUpdate")?, "nextUpdate")?)
            }
            _ => None,
        };
        let entries_end = match octets.peek(tbs_end)? {
            Some(tag::SEQUENCE) => {
                let (header, end) = octets.open(tag::SEQUENCE, "revokedCertificates", tbs_end)?;
                signed.extend(header);
                // RFC 5280 §5.1.2.6: where there are no revoked certificates, the list must be absent.
                if end == octets.position {
                    return Err(malformed("its list of revoked certificates is there and empty").into());
                }
                end
            }
            _ => octets.position,
        };
        let mut reader = Self {
            octets,
            shape,
            head: CrlHead { version, algorithm, issuer, this_update, next_update },
            list_end,
            tbs_end,
            entries_end,
            message: SignedMessage::new(algorithm),
            tbs_sha256: Sha256::new(),
            entries: 0,
            explicit_unspecified: 0,
            other_entry_extensions: 0,
            keeping: Keeping::Nothing,
            kept: Vec::new(),
        };
        reader.signed(&signed);
        reader.kept = signed;
        Ok(reader)
    }

    /// What stood before the entries.
    #[must_use]
    pub fn head(&self) -> &CrlHead {
        &self.head
    }

    /// Keeps the signed octets from now on, those before the entries too, for [`CrlReader::take_signed`]. To be called
    /// before the first entry is read.
    pub fn keep_signed(&mut self) {
        self.keeping = Keeping::Signed;
    }

    /// The signed octets that were read since this was asked last.
    pub fn take_signed(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.kept)
    }

    /// The next entry; `None` behind the last.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn next_entry(&mut self) -> Result<Option<RevokedEntry>, ReadError<P::Error>> {
        if self.octets.position == self.entries_end {
            return Ok(None);
        }
        if self.entries == ENTRIES_MAX {
            return Err(CrlError::Unsupported(format!("a CRL of more than {ENTRIES_MAX} entries")).into());
        }
        let element = self.octets.element("a revoked certificate", self.entries_end, ENTRY_OCTETS_MAX)?;
        self.entries += 1;
        let (entry, remarks) = entry(&element).map_err(|error| {
            ReadError::Crl(match error {
                CrlError::Malformed(what) => malformed(&format!("entry {}: {what}", self.entries)),
                CrlError::Unsupported(what) => {
                    CrlError::Unsupported(format!("entry {}: {what}", self.entries))
                }
            })
        })?;
        // RFC 5280 §5.1.2.3: version 2 where extensions are used.
        let extended = entry.reason != Reason::Unspecified || entry.invalidity_date.is_some();
        if self.head.version == 1 && (extended || remarks.explicit_unspecified || remarks.others > 0) {
            return Err(malformed("it has extensions although it is of version 1").into());
        }
        self.explicit_unspecified += u64::from(remarks.explicit_unspecified);
        self.other_entry_extensions += remarks.others;
        self.signed(&element);
        Ok(Some(entry))
    }

    /// Reads what stands behind the entries, to the end of the octets.
    ///
    /// # Errors
    /// [`ReadError`], also where entries are left.
    pub fn finish(mut self) -> Result<CrlEnd, ReadError<P::Error>> {
        while self.next_entry()?.is_some() {}
        let extensions = match self.octets.peek(self.tbs_end)? {
            Some(_) if self.head.version == 1 => {
                return Err(malformed("it has extensions although it is of version 1").into());
            }
            Some(_) => {
                let element = self.octets.element("crlExtensions", self.tbs_end, EXTENSIONS_OCTETS_MAX)?;
                self.signed(&element);
                extensions(&element)?
            }
            None => Extensions::default(),
        };
        if self.octets.position != self.tbs_end {
            return Err(malformed("octets are left behind its extensions").into());
        }
        let signature = match self.shape {
            Shape::Tbs => None,
            Shape::List => Some(self.signature()?),
        };
        if !self.octets.at_end()? {
            return Err(malformed("octets are left behind it").into());
        }
        Ok(CrlEnd {
            number: extensions.number,
            key_identifier: extensions.key_identifier,
            other_extensions: extensions.others,
            entries: self.entries,
            explicit_unspecified: self.explicit_unspecified,
            other_entry_extensions: self.other_entry_extensions,
            message: self.message.finish(),
            tbs_sha256: Digest::from_octets(self.tbs_sha256.finalize().into()),
            signature,
            last_signed: self.kept,
        })
    }

    fn signature(&mut self) -> Result<Vec<u8>, ReadError<P::Error>> {
        let outer = self.octets.element("signatureAlgorithm", self.list_end, FIELD_OCTETS_MAX)?;
        // RFC 5280 §5.1.1.2: the signed and the unsigned AlgorithmIdentifier are the same.
        if outer != self.head.algorithm.der() {
            return Err(malformed("its two signature algorithms differ").into());
        }
        let bits = self.octets.element("signatureValue", self.list_end, FIELD_OCTETS_MAX)?;
        let signature = Reader::new(&bits).bit_string_octets("signatureValue")?.to_vec();
        if self.octets.position != self.list_end {
            return Err(malformed("octets are left behind its signature").into());
        }
        Ok(signature)
    }

    fn signed(&mut self, octets: &[u8]) {
        self.message.add(octets);
        self.tbs_sha256.update(octets);
        if self.keeping == Keeping::Signed {
            self.kept.extend_from_slice(octets);
        }
    }
}

/// The octets, as far as they came.
#[derive(Debug)]
struct Octets<P> {
    pieces: P,
    window: Vec<u8>,
    /// How many octets of the window were read.
    consumed: usize,
    /// How many octets were read since the beginning.
    position: u64,
    ended: bool,
}

impl<P: Pieces> Octets<P> {
    /// Whether there are so many octets; reads pieces until there are.
    fn has(&mut self, count: usize) -> Result<bool, ReadError<P::Error>> {
        while self.window.len() - self.consumed < count && !self.ended {
            if self.consumed >= CONSUMED_OCTETS_MAX {
                self.window.drain(..self.consumed);
                self.consumed = 0;
            }
            match self.pieces.next().map_err(ReadError::Source)? {
                Some(piece) => self.window.extend(piece),
                None => self.ended = true,
            }
        }
        Ok(self.window.len() - self.consumed >= count)
    }

    fn at_end(&mut self) -> Result<bool, ReadError<P::Error>> {
        Ok(!self.has(1)?)
    }

    /// The next tag before an end.
    fn peek(&mut self, end: u64) -> Result<Option<u8>, ReadError<P::Error>> {
        if self.position == end || !self.has(1)? {
            return Ok(None);
        }
        Ok(self.window.get(self.consumed).copied())
    }

    /// Identifier and length of the next element: the octets of both and the length of its content.
    fn header(&mut self, noun: &str) -> Result<(Vec<u8>, u64), ReadError<P::Error>> {
        let cut = || malformed(&format!("it is cut short before {noun}"));
        if !self.has(2)? {
            return Err(cut().into());
        }
        let lengths = match self.window[self.consumed + 1] {
            0..=0x7f => 0,
            // Four length octets reach 4 GiB, as everywhere here.
            first @ 0x81..=0x84 => usize::from(first & 0x7f),
            _ => return Err(malformed(&format!("the length of {noun} is not definite and short")).into()),
        };
        if !self.has(2 + lengths)? {
            return Err(cut().into());
        }
        let header = self.window[self.consumed..self.consumed + 2 + lengths].to_vec();
        let length = match &header[2..] {
            [] => u64::from(header[1]),
            octets => octets.iter().fold(0, |length, &octet| length << 8 | u64::from(octet)),
        };
        // X.690 §10.1: the shortest form only.
        let needed = match length {
            0..=0x7f => 0,
            0x80..=0xff => 1,
            0x100..=0xffff => 2,
            0x1_0000..=0xff_ffff => 3,
            _ => 4,
        };
        if needed != lengths {
            return Err(malformed(&format!("the length of {noun} is not in its shortest form")).into());
        }
        Ok((header, length))
    }

    /// Enters an element: its header, and where its content ends.
    fn open(&mut self, tag: u8, noun: &str, end: u64) -> Result<(Vec<u8>, u64), ReadError<P::Error>> {
        let (header, length) = self.header(noun)?;
        if header[0] != tag {
            return Err(malformed(&format!("{noun} does not stand where it should")).into());
        }
        self.consumed += header.len();
        self.position += header.len() as u64;
        let inner = self.position + length;
        if inner > end {
            return Err(malformed(&format!("{noun} is longer than what holds it")).into());
        }
        Ok((header, inner))
    }

    /// The next element whole.
    fn element(&mut self, noun: &str, end: u64, octets_max: usize) -> Result<Vec<u8>, ReadError<P::Error>> {
        let (header, length) = self.header(noun)?;
        let whole = header.len() as u64 + length;
        if whole > octets_max as u64 {
            return Err(malformed(&format!("{noun} has more than {octets_max} octets")).into());
        }
        if self.position + whole > end {
            return Err(malformed(&format!("{noun} is longer than what holds it")).into());
        }
        let count = usize::try_from(whole).unwrap_or(octets_max);
        if !self.has(count)? {
            return Err(malformed(&format!("{noun} is cut short")).into());
        }
        let element = self.window[self.consumed..self.consumed + count].to_vec();
        self.consumed += count;
        self.position += whole;
        Ok(element)
    }
}

/// RFC 5280 §5.1.2.1: v2 is 1; v1 is left out.
fn version(element: &[u8]) -> Result<u8, CrlError> {
    match Reader::new(element).integer("version")? {
        [1] => Ok(2),
        _ => Err(CrlError::Unsupported("a CRL that is not of version 1 or 2".to_owned())),
    }
}

fn moment(element: &[u8], noun: &'static str) -> Result<Time, CrlError> {
    time(&mut Reader::new(element), noun)
        .map_err(|_| malformed(&format!("its {noun} is not a time as RFC 5280 writes it")))
}

fn entry(octets: &[u8]) -> Result<(RevokedEntry, EntryRemarks), CrlError> {
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
struct Extensions {
    number: Option<CrlNumber>,
    key_identifier: Option<Vec<u8>>,
    others: usize,
}

fn extensions(element: &[u8]) -> Result<Extensions, CrlError> {
    let mut outer = Reader::new(element);
    let mut explicit = outer.expect(tag::context_constructed(0), "crlExtensions")?.reader();
    let list = explicit.expect(tag::SEQUENCE, "crlExtensions")?;
    explicit.finish("crlExtensions")?;
    let mut found = Extensions::default();
    for extension in read_extensions(&list)? {
        let mut value = extension.value.reader();
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
            Some(28) => {
                return Err(CrlError::Unsupported(
                    "a CRL of a part of the certificates (issuingDistributionPoint)".to_owned(),
                ));
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

fn malformed(what: &str) -> CrlError {
    CrlError::Malformed(what.to_owned())
}
