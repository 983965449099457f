//! A strict reader of CRLs that takes octets as they come and gives one entry after the other (RFC 5280 §5.1).
//!
//! It shares no octet with [`super::writer`]: object identifiers stand here once more, and every field is taken apart
//! by [`crate::pki::der::Reader`]. It takes what others write too (version 1, extensions that are not critical, an
//! explicit reason `unspecified`) and says so; whether that is good enough is for [`super::lint`] and the importer.

use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::pki::{
    certificate::reading::time,
    der::{DerError, Reader, tag},
    fingerprint::Digest,
    key::{SignatureAlgorithm, SignedMessage, WholeMessage},
    name::Name,
    time::Time,
};

use super::{
    CrlNumber, CrlPoint, ENTRIES_MAX, Reason, RevokedEntry,
    content::{Extensions, entry, extensions},
    window::Octets,
};

/// Longest field before the entries, in octets: four times the longest name in use.
const FIELD_OCTETS_MAX: usize = 16 * 1024;
/// Longest entry, in octets: ours have under 80; others carry a few extensions more.
const ENTRY_OCTETS_MAX: usize = 4 * 1024;
/// Longest list of extensions, in octets.
const EXTENSIONS_OCTETS_MAX: usize = 64 * 1024;

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
    /// issuingDistributionPoint's distributionPoint; `None`: the CRL is for all certificates.
    pub point: Option<CrlPoint>,
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
        let mut octets = Octets::new(pieces);
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
                if end == octets.position() {
                    return Err(malformed("its list of revoked certificates is there and empty").into());
                }
                end
            }
            _ => octets.position(),
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
        if self.octets.position() == self.entries_end {
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
        if self.octets.position() != self.tbs_end {
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
            point: extensions.point,
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
        if self.octets.position() != self.list_end {
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

pub(super) fn malformed(what: &str) -> CrlError {
    CrlError::Malformed(what.to_owned())
}
