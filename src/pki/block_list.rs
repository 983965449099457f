//! Block lists: published weak keys, and keys that an operator does not want, by fingerprint.
//!
//! Nothing is read here: a list's octets come in, records of one width go out ([`Reading`]), and a key is told in the
//! form that a list has it in ([`Format::fingerprints`]).

use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::key::{KeyAlgorithm, PublicKey};

pub mod asked;

/// Longest line of a list of text, in octets: a fingerprint and a remark.
const LINE_OCTETS_MAX: usize = 1024;

/// How a list names keys.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// `blocklist.dat` of badkeys: records of 16 octets, the first 15 of SHA-256 over the key's number (an RSA modulus,
    /// a point's first coordinate, an Ed25519 key), then the number of the list that the key came from.
    Badkeys,
    /// `blacklist.RSA-2048` and its like of the Debian packages openssl-blacklist: lines of the last 20 of the 40
    /// hexadecimal digits of SHA-1 over what `openssl rsa -noout -modulus` prints.
    OpensslBlacklist,
    /// Lines of the 64 hexadecimal digits of SHA-256 over the key's `SubjectPublicKeyInfo`, an EC key's point in either
    /// form.
    SpkiSha256,
}

/// Why a list was not taken.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum ListError {
    /// Lines of 20 digits, and nothing else tells what they are the digits of.
    #[error(
        "line {0} has 20 digits, as the lists of openssl-blacklist, openssh-blacklist and openvpn-blacklist have"
    )]
    Ambiguous(u64),
    /// It holds no key.
    #[error("the list holds no key")]
    Empty,
    /// A line is none of a fingerprint, a remark or nothing.
    #[error("line {0} is no fingerprint of the list's format")]
    Line(u64),
    /// A line is longer than any line of a list.
    #[error("line {0} has more than {LINE_OCTETS_MAX} octets")]
    LineLength(u64),
    /// Text that is no list of fingerprints.
    #[error(
        "it is no block list: neither fingerprints in hexadecimal digits, one on each line, nor badkeys' sorted file"
    )]
    NoList,
    /// A record is below the one before: badkeys publishes its file sorted, so this is another file.
    #[error("record {0} is below the one before, which it is nowhere in a file of badkeys")]
    Record(u64),
    /// A file of records ends within one.
    #[error("the list ends within a record")]
    Truncated,
}

impl ListError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Ambiguous(_) => {
                "if it is of openssl-blacklist, add it with block-list add --format openssl-blacklist; the other two have digits of MD5, which match no key here"
            }
            Self::Empty | Self::Truncated => "see whether the file was copied whole",
            Self::NoList => {
                "give a list as it is published: blocklist.dat of badkeys, or text with a fingerprint on each line, 64 hexadecimal digits of SHA-256 (spki-sha256) or 20 of SHA-1 (openssl-blacklist); remarks begin with #"
            }
            Self::Record(_) => {
                "give blocklist.dat as it is when it is unpacked, sorted; badkeys publishes it packed with xz"
            }
            Self::Line(_) | Self::LineLength(_) => {
                "correct the line: it has 64 hexadecimal digits of SHA-256 (spki-sha256) or 20 of SHA-1 (openssl-blacklist), and a remark begins with #; or name the list's format with --format: badkeys, openssl-blacklist, spki-sha256"
            }
        }
    }
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::Badkeys, Self::OpensslBlacklist, Self::SpkiSha256];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Badkeys => "badkeys",
            Self::OpensslBlacklist => "openssl-blacklist",
            Self::SpkiSha256 => "spki-sha256",
        }
    }

    /// The format of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// Octets of a record.
    #[must_use]
    pub fn record_octets(self) -> usize {
        match self {
            Self::Badkeys => 16,
            Self::OpensslBlacklist => 10,
            Self::SpkiSha256 => 32,
        }
    }

    /// Octets of a record, from its beginning, that are the fingerprint.
    #[must_use]
    pub fn fingerprint_octets(self) -> usize {
        match self {
            Self::Badkeys => 15,
            Self::OpensslBlacklist => 10,
            Self::SpkiSha256 => 32,
        }
    }

    /// The fingerprints that a key can stand under; none where lists of this format hold no such keys.
    #[must_use]
    pub fn fingerprints(self, key: &PublicKey) -> Vec<Vec<u8>> {
        match self {
            Self::SpkiSha256 => {
                let spellings = [Some(key.spki_sha256()), key.compressed_spki_sha256()];
                spellings.into_iter().flatten().map(|digest| digest.as_octets().to_vec()).collect()
            }
            Self::Badkeys => {
                number(key).map(|number| Sha256::digest(number)[..15].to_vec()).into_iter().collect()
            }
            Self::OpensslBlacklist => key.rsa_modulus().map(modulus_line_sha1).into_iter().collect(),
        }
    }

    /// The list that a record of [`Format::Badkeys`] came from, by its number there.
    #[must_use]
    pub fn origin(self, record: &[u8]) -> Option<u8> {
        match self {
            Self::Badkeys => record.get(15).copied(),
            Self::OpensslBlacklist | Self::SpkiSha256 => None,
        }
    }
}

/// The end of SHA-1 over what `openssl rsa -noout -modulus` prints of a modulus.
fn modulus_line_sha1(modulus: Vec<u8>) -> Vec<u8> {
    use std::fmt::Write as _;
    let mut digits = String::new();
    for octet in modulus {
        let _ = write!(digits, "{octet:02X}");
    }
    let line = format!("Modulus={}\n", digits.trim_start_matches('0'));
    Sha1::digest(line)[10..].to_vec()
}

/// The number that badkeys takes for a key, big-endian without leading zeros.
fn number(key: &PublicKey) -> Option<Vec<u8>> {
    let octets = match key.algorithm() {
        KeyAlgorithm::Rsa { .. } => return key.rsa_modulus(),
        KeyAlgorithm::Ec(curve) => key.subject_public_key().get(1..=curve.coordinate_octets())?,
        KeyAlgorithm::Ed25519 => key.subject_public_key(),
        // Its lists have none of these keys, and no number that would name one.
        KeyAlgorithm::MlDsa(_) => return None,
    };
    Some(octets[octets.iter().take_while(|octet| **octet == 0).count()..].to_vec())
}

/// Reads a list, part by part: octets in, records out.
#[derive(Clone, Debug)]
pub struct Reading {
    format: Option<Format>,
    partial: Vec<u8>,
    line: u64,
    records: u64,
    /// The fingerprint of the record before.
    last: Vec<u8>,
    /// What a list whose format nobody named begins with.
    begins: Beginning,
}

/// What a list begins with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Beginning {
    /// Octets, as badkeys' file does, or lines of digits; or the format was named.
    AsAList,
    /// Words.
    Words,
}

impl Reading {
    /// Begins a list of this format; `None` finds out: text by the length of its first fingerprint, anything else is
    /// badkeys' file, which is known by its order: of any other file one of the first records is below the one before.
    #[must_use]
    pub fn new(format: Option<Format>) -> Self {
        Self {
            format,
            partial: Vec::new(),
            line: 0,
            records: 0,
            last: Vec::new(),
            begins: Beginning::AsAList,
        }
    }

    /// The format, once it is known.
    #[must_use]
    pub fn format(&self) -> Option<Format> {
        self.format
    }

    /// Takes the next octets and adds the records that they complete, one after the other.
    ///
    /// # Errors
    /// [`ListError::Ambiguous`], [`ListError::Line`], [`ListError::LineLength`], [`ListError::Record`].
    pub fn push(&mut self, octets: &[u8], records: &mut Vec<u8>) -> Result<(), ListError> {
        let Some(&first) = octets.first() else { return Ok(()) };
        if self.format.is_none() && self.line == 0 && self.partial.is_empty() && !is_text(first) {
            self.format = Some(Format::Badkeys);
            if octets.iter().take(Format::Badkeys.record_octets()).all(|&octet| is_word(octet)) {
                self.begins = Beginning::Words;
            }
        }
        match self.format {
            Some(Format::Badkeys) => self.push_records(octets, records),
            Some(Format::OpensslBlacklist | Format::SpkiSha256) | None => self.push_lines(octets, records),
        }
    }

    /// Ends the list and says its format and how many records it held.
    ///
    /// # Errors
    /// As [`Reading::push`]; [`ListError::Empty`], [`ListError::Truncated`].
    pub fn finish(mut self, records: &mut Vec<u8>) -> Result<(Format, u64), ListError> {
        match self.format {
            Some(Format::Badkeys) if !self.partial.is_empty() => {
                return Err(self.no_badkeys(ListError::Truncated));
            }
            Some(Format::Badkeys) => {}
            Some(Format::OpensslBlacklist | Format::SpkiSha256) | None => self.end_line(records)?,
        }
        match self.format {
            Some(format) if self.records > 0 => Ok((format, self.records)),
            _ => Err(ListError::Empty),
        }
    }

    fn push_records(&mut self, octets: &[u8], records: &mut Vec<u8>) -> Result<(), ListError> {
        let width = Format::Badkeys.record_octets();
        self.partial.extend_from_slice(octets);
        let whole = self.partial.len() / width * width;
        for record in self.partial[..whole].chunks_exact(width) {
            self.records += 1;
            let fingerprint = &record[..Format::Badkeys.fingerprint_octets()];
            if fingerprint < self.last.as_slice() {
                return Err(self.no_badkeys(ListError::Record(self.records)));
            }
            self.last.clear();
            self.last.extend_from_slice(fingerprint);
        }
        records.extend(self.partial.drain(..whole));
        Ok(())
    }

    /// Why it is not badkeys' file: text was never meant to be it.
    fn no_badkeys(&self, wrong: ListError) -> ListError {
        match self.begins {
            Beginning::AsAList => wrong,
            Beginning::Words => ListError::NoList,
        }
    }

    fn push_lines(&mut self, octets: &[u8], records: &mut Vec<u8>) -> Result<(), ListError> {
        for part in octets.split_inclusive(|&octet| octet == b'\n') {
            let content = part.strip_suffix(b"\n").unwrap_or(part);
            if self.partial.len() + content.len() > LINE_OCTETS_MAX {
                return Err(ListError::LineLength(self.line + 1));
            }
            self.partial.extend_from_slice(content);
            if content.len() < part.len() {
                self.end_line(records)?;
            }
        }
        Ok(())
    }

    fn end_line(&mut self, records: &mut Vec<u8>) -> Result<(), ListError> {
        self.line += 1;
        let line = std::mem::take(&mut self.partial);
        let line = line.split(|&octet| octet == b'#').next().unwrap_or_default().trim_ascii();
        if line.is_empty() {
            return Ok(());
        }
        let wrong = ListError::Line(self.line);
        let format = match (self.format, line.len()) {
            (Some(format), _) => format,
            // The packages name their files alike, and two of them have other digests: taken for this, they match nothing.
            (None, 20) => return Err(ListError::Ambiguous(self.line)),
            (None, 64) => Format::SpkiSha256,
            (None, _) => return Err(wrong),
        };
        self.format = Some(format);
        if line.len() != 2 * format.record_octets() {
            return Err(wrong);
        }
        for pair in line.chunks_exact(2) {
            let [Some(high), Some(low)] = [pair[0], pair[1]].map(|digit| char::from(digit).to_digit(16))
            else {
                return Err(wrong);
            };
            records.push(u8::try_from(high << 4 | low).map_err(|_| wrong.clone())?);
        }
        self.records += 1;
        Ok(())
    }
}

/// Whether an octet is one of text.
fn is_word(octet: u8) -> bool {
    octet.is_ascii_graphic() || octet.is_ascii_whitespace()
}

/// Whether an octet can begin a list of text: a remark, a digit, a blank line.
fn is_text(first: u8) -> bool {
    first == b'#' || first.is_ascii_hexdigit() || first.is_ascii_whitespace()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::{
        fingerprint::{Digest, hex},
        key::Curve,
    };

    fn read(parts: &[&[u8]], format: Option<Format>) -> Result<(Format, Vec<u8>), ListError> {
        let (mut reading, mut records) = (Reading::new(format), Vec::new());
        for part in parts {
            reading.push(part, &mut records)?;
        }
        let (format, count) = reading.finish(&mut records)?;
        assert_eq!(records.len(), usize::try_from(count).unwrap() * format.record_octets());
        Ok((format, records))
    }

    #[test]
    fn reads_each_format_and_finds_out_which_it_is() {
        let list = b"# a remark\n\n00112233445566778899 # why\naabbccddeeff00112233\r\n";
        let expected = b"\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff\x00\x11\x22\x33";
        let debian = Some(Format::OpensslBlacklist);
        let (format, records) = read(&[list], debian).expect("read");
        assert_eq!((format, records.as_slice()), (Format::OpensslBlacklist, &expected[..]));
        let octets: Vec<&[u8]> = list.chunks(1).collect();
        assert_eq!(read(&octets, debian), Ok((Format::OpensslBlacklist, expected.to_vec())));
        // The same lines could be the digits of MD5 that openssh-blacklist has.
        assert_eq!(read(&[list], None), Err(ListError::Ambiguous(3)));
        let digest = [b'a'; 64];
        assert_eq!(read(&[&digest], None), Ok((Format::SpkiSha256, vec![0xaa; 32])));
        let record = [[0_u8; 15].as_slice(), &[7]].concat();
        assert_eq!(read(&[&record[..5], &record[5..]], None), Ok((Format::Badkeys, record.clone())));
        assert_eq!(Format::Badkeys.origin(&record), Some(7));
        assert_eq!(read(&[&[b'3'; 16]], Some(Format::Badkeys)), Ok((Format::Badkeys, vec![b'3'; 16])));
    }

    #[test]
    fn refuses_what_is_no_list() {
        assert_eq!(read(&[], None), Err(ListError::Empty));
        assert_eq!(read(&[b"# nothing\n"], None), Err(ListError::Empty));
        assert_eq!(read(&[b"\0\0\0"], None), Err(ListError::Truncated));
        assert_eq!(read(&[b"hello\n"], None), Err(ListError::NoList));
        assert_eq!(read(&[b"please find the list attached\n\n"], None), Err(ListError::NoList));
        assert_eq!(read(&[b"hello\n"], Some(Format::Badkeys)), Err(ListError::Truncated));
        assert_eq!(read(&[b"# x\n0011\n"], None), Err(ListError::Line(2)));
        let debian = Some(Format::OpensslBlacklist);
        assert_eq!(read(&[b"0011223344556677889g\n"], debian), Err(ListError::Line(1)));
        let mixed = [[b'a'; 20].as_slice(), b"\n", &[b'a'; 64]].concat();
        assert_eq!(read(&[&mixed], debian), Err(ListError::Line(2)));
        let mixed = [[b'a'; 64].as_slice(), b"\n", &[b'a'; 20]].concat();
        assert_eq!(read(&[&mixed], None), Err(ListError::Line(2)));
        assert_eq!(read(&[&[b'a'; 2000]], None), Err(ListError::LineLength(1)));
    }

    #[test]
    fn takes_no_other_file_for_that_of_badkeys() {
        // Files of which the length is a multiple of a record's, as they begin: one of xz, one of gzip, a PEM file, a list of
        // text after a byte order mark.
        let digits: Vec<u8> = (0..10).flat_map(|digit| [b'f' - digit % 6; 64]).collect();
        let files: [&[u8]; 4] = [
            b"\xfd7zXZ\0\0\x04\xe6\xd6\xb4F\x02\0!\x01\x1c\0\0\0\x10\xcfX\xcc\xe0\x07\xcf\x01j]\0\x1b\x08\x04\x1f\x93\xc4\x90\xa4\x7f\x1e\x05\xd1",
            b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x63\xe8\x96\x5d\xe3\x74\x35\x9f\x7b\x89\xcb\xc3\x56\xed\x73\x15\x2a\x67\x6b\xf5\xef\x4d\xf1\x61\xdb\x5b\x6d\xfd\x63\x4f\x93\x97\xc8\xed\x95\x95\xde\xf2\x1f\x4e\x2c\xaa\x8b\xb1\x91\x63\x7a\x7c\x7a\xeb\xc2\xfe\xfa\xc2",
            b"-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUQ2VydGlmaWNhdGU=",
            &[b"\xef\xbb\xbf", &digits[..61]].concat(),
        ];
        for file in files {
            let whole = file.len() / 16 * 16;
            let found = read(&[&file[..whole]], None);
            let is_text = file.starts_with(b"-----");
            let refused = if is_text {
                found == Err(ListError::NoList)
            } else {
                matches!(found, Err(ListError::Record(_)))
            };
            assert!(refused, "{found:?} of {file:?}");
        }
        let record = |first: u8, origin: u8| [&[first; 15][..], &[origin]].concat();
        let sorted = [record(1, 2), record(1, 1), record(9, 0)].concat();
        assert_eq!(read(&[&sorted], None), Ok((Format::Badkeys, sorted.clone())));
        let unsorted = [record(1, 2), record(9, 0), record(8, 0)].concat();
        let pieces: Vec<&[u8]> = unsorted.chunks(7).collect();
        assert_eq!(read(&pieces, None), Err(ListError::Record(3)));
    }

    #[test]
    fn tells_a_key_as_each_list_has_it() {
        // The numbers come from openssl and Python: `openssl rsa -pubin -noout -modulus | sha1sum`, and
        // hashlib.sha256(n.to_bytes(256, "big")), for n = 2^2047 + 1.
        let mut modulus = vec![0; 256];
        modulus[0] = 0x80;
        modulus[255] = 1;
        let key = PublicKey::from_rsa(&modulus, &[1, 0, 1]).expect("a key");
        assert_eq!(key.rsa_modulus(), Some(modulus));
        let told = |format: Format| {
            let fingerprints = format.fingerprints(&key);
            assert_eq!(fingerprints.len(), 1);
            hex(&fingerprints[0])
        };
        assert_eq!(told(Format::OpensslBlacklist), "8ea792e1bab21748033f");
        assert_eq!(told(Format::Badkeys), "69c260c255982f793a8d1c4ca5fc52");
        assert_eq!(told(Format::SpkiSha256), key.spki_sha256().to_string());

        let generator = p256::ecdsa::SigningKey::from_slice(&[7; 32]).expect("a key");
        let point = generator.verifying_key().to_sec1_point(false);
        let key = PublicKey::from_ec_point(Curve::P256, point.as_bytes()).expect("on the curve");
        let expected = Sha256::digest(&point.as_bytes()[1..33])[..15].to_vec();
        assert_eq!(Format::Badkeys.fingerprints(&key), [expected]);
        assert!(Format::OpensslBlacklist.fingerprints(&key).is_empty());
        // What `openssl pkey -pubin -ec_conv_form compressed -outform DER` writes: RFC 5480 §2, and a compressed point.
        let head = b"\x30\x39\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x22\0";
        for scalar in 1..9 {
            let key = p256::ecdsa::SigningKey::from_slice(&[scalar; 32]).expect("a key");
            let [point, compressed] = [false, true].map(|form| key.verifying_key().to_sec1_point(form));
            let key = PublicKey::from_ec_point(Curve::P256, point.as_bytes()).expect("on the curve");
            let compressed = Digest::of(&[head, compressed.as_bytes()].concat());
            let expected = [key.spki_sha256(), compressed].map(|digest| digest.as_octets().to_vec());
            assert_eq!(Format::SpkiSha256.fingerprints(&key), expected);
        }
        assert!(Format::ALL.iter().all(|format| Format::from_name(format.name()) == Some(*format)));
    }
}
