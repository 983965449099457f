//! manifest.json: what a bundle is and every file in it; and SHA256SUMS, the same for `sha256sum -c`.
//!
//! JSON in one spelling, a file a line, written and read as a stream: a bundle of a million certificates has two
//! million files. Lists every file but itself, its signature and SHA256SUMS. What the audit key signs is
//! [`signed_message`].

use std::io::{BufRead, BufReader, Read};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use thiserror::Error;

use crate::pki::fingerprint::Digest;

/// The manifest's path.
pub const MANIFEST: &str = "manifest.json";
/// The path of its signature, in X.509 form (ECDSA as DER).
pub const SIGNATURE: &str = "manifest.sig";
/// The path of the list for `sha256sum -c`: every file of the manifest, and the manifest.
pub const SHA256SUMS: &str = "SHA256SUMS";

/// The form of bundles that this version writes and reads.
pub const FORM: &str = "coldsign bundle 1";
/// The form of bundles of one CRL.
pub const CRL_FORM: &str = "coldsign crl 1";

/// Longest line, in octets: a path, a digest, names; hostile manifests have one line of gigabytes.
const LINE_OCTETS_MAX: u64 = 16 * 1024;
/// Lines before the list of files, at most: 35 of every bundle, and one for each form and each waiver.
const HEADER_LINES_MAX: usize = 96;
/// Longest path in a bundle, in characters: ours stay under 80.
const PATH_CHARS_MAX: usize = 200;

/// Why octets are not a manifest.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum ManifestError {
    /// Not the one spelling that is written.
    #[error("line {line} is not what a manifest has there")]
    Form {
        /// The line, from 1.
        line: u64,
    },
    /// It could not be read from the medium.
    #[error("it cannot be read: {0}")]
    Read(String),
}

/// Whether the bundle is real.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// Certificates that count.
    Production,
    /// An exercise: nobody may trust these certificates.
    Rehearsal,
}

impl Standing {
    /// What manifests and plan digests call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Rehearsal => "rehearsal",
        }
    }
}

/// A certificate named in a manifest.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Authority {
    /// The subject, RFC 4514, printable.
    pub subject: String,
    /// The serial number, hexadecimal.
    pub serial: String,
    /// SHA-256 of the certificate, hexadecimal.
    pub certificate_sha256: String,
}

/// The head of the register that the bundle was made from.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterHead {
    /// The register's id, hexadecimal.
    pub id: String,
    /// The entry's number.
    pub entry: u64,
    /// The entry's hash, hexadecimal.
    pub hash: String,
}

/// How many requests, and what became of them.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Certificates in the bundle.
    pub issued: u64,
    /// Requests refused.
    pub refused: u64,
    /// What was no request at all.
    pub skipped: u64,
}

/// What a bundle is, before its files.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// [`FORM`].
    pub form: String,
    /// Real or an exercise.
    pub standing: Standing,
    /// The plan's id.
    pub plan: String,
    /// The plan digest, hexadecimal.
    pub digest: String,
    /// The same as words.
    pub words: String,
    /// When the plan was made, RFC 3339.
    pub created: String,
    /// The profile's name.
    pub profile: String,
    /// The authority's name in the configuration.
    pub authority: String,
    /// The issuing CA.
    pub issuer: Authority,
    /// The root of its path.
    pub root: Authority,
    /// SHA-256 of the audit key's `SubjectPublicKeyInfo`, hexadecimal.
    pub audit_key_sha256: String,
    /// The register.
    pub register: RegisterHead,
    /// How many.
    pub counts: Counts,
    /// Forms beside PEM.
    pub formats: Vec<String>,
    /// The forms that have devices' private keys in them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub private_keys: Vec<String>,
    /// Rules of the lint that the plan set aside, a line each (`Waiver::line`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waivers: Vec<String>,
}

/// What a bundle of a CRL is, before its files.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CrlHeader {
    /// [`CRL_FORM`].
    pub form: String,
    /// Real or an exercise.
    pub standing: Standing,
    /// The bundle's name.
    pub crl: String,
    /// The CRL number, decimal.
    pub number: String,
    /// SHA-256 of the octets that the CA signed, hexadecimal.
    pub digest: String,
    /// The same as words.
    pub words: String,
    /// thisUpdate, RFC 3339.
    pub this_update: String,
    /// nextUpdate, RFC 3339.
    pub next_update: String,
    /// URIs of the distribution point whose certificates it is for; none: it is for all of the CA's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub distribution_point: Vec<String>,
    /// Certificates on it.
    pub entries: u64,
    /// Entries of the CRL before that it has no more: lines of left.csv.
    pub left: u64,
    /// Forms that have it together with the CRLs of the CAs above.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub formats: Vec<String>,
    /// The authority's name in the configuration.
    pub authority: String,
    /// The CA.
    pub issuer: Authority,
    /// The root of its path.
    pub root: Authority,
    /// SHA-256 of the audit key's `SubjectPublicKeyInfo`, hexadecimal.
    pub audit_key_sha256: String,
    /// The register.
    pub register: RegisterHead,
}

/// What stands before the files of a manifest.
pub trait Head: DeserializeOwned + Serialize {
    /// The form that it says it has.
    const FORM: &'static str;

    /// The form that it has.
    fn form(&self) -> &str;
}

impl Head for Header {
    const FORM: &'static str = FORM;

    fn form(&self) -> &str {
        &self.form
    }
}

impl Head for CrlHeader {
    const FORM: &'static str = CRL_FORM;

    fn form(&self) -> &str {
        &self.form
    }
}

/// Whether a manifest that begins so is one of a CRL; [`read`] judges it.
#[must_use]
pub fn is_of_crl(beginning: &[u8]) -> bool {
    beginning.starts_with(format!("{{\n  \"form\": \"{CRL_FORM}\",\n").as_bytes())
}

/// Octets that [`is_of_crl`] needs of a manifest's beginning.
pub const BEGINNING_OCTETS: u64 = 64;

/// One file of a bundle.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FileDigest {
    /// Its path in the bundle.
    pub path: String,
    /// SHA-256 of its octets.
    pub sha256: Digest,
    /// How many octets.
    pub octets: u64,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct FileLine<'a> {
    path: &'a str,
    sha256: &'a str,
    octets: u64,
}

impl FileDigest {
    /// The digest of octets under a path.
    #[must_use]
    pub fn of(path: &str, octets: &[u8]) -> Self {
        Self { path: path.to_owned(), sha256: Digest::of(octets), octets: octets.len() as u64 }
    }

    fn json(&self) -> String {
        let sha256 = self.sha256.to_string();
        json(&FileLine { path: &self.path, sha256: &sha256, octets: self.octets })
    }

    /// Its line in SHA256SUMS, with the line end.
    #[must_use]
    pub fn sums_line(&self) -> String {
        format!("{}  {}\n", self.sha256, self.path)
    }
}

/// Whether a text can be a path in a bundle: `/` between parts of ASCII letters, digits, `.`, `_`, `-`, none of them
/// `.`, `..` or empty.
#[must_use]
pub fn is_path(path: &str) -> bool {
    path.len() <= PATH_CHARS_MAX
        && path.split('/').all(|part| {
            !part.is_empty()
                && part != "."
                && part != ".."
                && part.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"._-".contains(&octet))
        })
}

/// The octets that the audit key signs: `coldsign manifest 1` LF, the manifest's SHA-256 in hexadecimal, LF. Short,
/// because tokens take what they sign whole; and no checkpoint of a register begins so.
#[must_use]
pub fn signed_message(manifest_sha256: Digest) -> Vec<u8> {
    format!("coldsign manifest 1\n{manifest_sha256}\n").into_bytes()
}

/// Writes a manifest in pieces: the header, each file, the end.
#[derive(Debug, Default)]
pub struct Writer {
    files: u64,
}

impl Writer {
    /// The writer and the manifest's first octets.
    #[must_use]
    pub fn new<H: Head>(header: &H) -> (Self, String) {
        (Self::default(), opening(header))
    }

    /// The octets of the next file.
    pub fn file(&mut self, file: &FileDigest) -> String {
        self.files += 1;
        format!("{}\n{}", if self.files == 1 { "" } else { "," }, file.json())
    }

    /// The files that it has so far.
    #[must_use]
    pub fn files(&self) -> u64 {
        self.files
    }

    /// The last octets.
    #[must_use]
    pub fn finish(self) -> &'static str {
        "\n]}\n"
    }
}

fn json(value: &impl Serialize) -> String {
    // Strings, numbers and lists of them have a JSON form always.
    serde_json::to_string(value).unwrap_or_default()
}

/// The header's JSON, spread over lines and left open: the list of files follows.
fn opening<H: Head>(header: &H) -> String {
    let text = serde_json::to_string_pretty(header).unwrap_or_default();
    format!("{},\n\"files\": [", text.trim_end_matches("\n}"))
}

/// Reads a manifest: the header is returned, each file is given to `each` as it comes. Only the spelling that
/// [`Writer`] writes is taken.
///
/// # Errors
/// [`ManifestError`]; `each` may have seen files then.
pub fn read<H: Head>(octets: impl Read, mut each: impl FnMut(FileDigest)) -> Result<H, ManifestError> {
    let mut lines = Lines::of(octets);
    let header: H = header(&mut lines)?;
    for file in Files::after_header(lines) {
        each(file?);
    }
    Ok(header)
}

/// The files of a manifest, whatever its header says: for whoever knows the digest of the manifest.
///
/// # Errors
/// [`ManifestError`].
pub fn files<R: Read>(octets: R) -> Result<Files<R>, ManifestError> {
    let mut lines = Lines::of(octets);
    header_text(&mut lines)?;
    Ok(Files::after_header(lines))
}

fn header<H: Head>(lines: &mut Lines<impl BufRead>) -> Result<H, ManifestError> {
    let text = header_text(lines)?;
    let form = ManifestError::Form { line: lines.number };
    let body = text.strip_suffix(",\n\"files\": [\n").ok_or(form.clone())?;
    let header: H = serde_json::from_str(&format!("{body}\n}}")).map_err(|_| form.clone())?;
    // One spelling only: what is read must be what would be written.
    let is_ours = header.form() == H::FORM && opening(&header) + "\n" == text;
    if is_ours { Ok(header) } else { Err(form) }
}

fn header_text(lines: &mut Lines<impl BufRead>) -> Result<String, ManifestError> {
    let mut text = String::new();
    loop {
        let line = lines.next()?;
        text.push_str(&line);
        if line == "\"files\": [\n" {
            return Ok(text);
        }
        if line.is_empty() || lines.number > HEADER_LINES_MAX as u64 {
            return Err(ManifestError::Form { line: lines.number });
        }
    }
}

/// The files of a manifest as they come.
#[derive(Debug)]
pub struct Files<R> {
    lines: Lines<BufReader<R>>,
    next: Next,
}

/// What may come next in a manifest.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Next {
    End,
    File,
    FileOrEnd,
    Nothing,
}

impl<R: Read> Files<R> {
    fn after_header(lines: Lines<BufReader<R>>) -> Self {
        Self { lines, next: Next::FileOrEnd }
    }

    fn file(&mut self) -> Result<Option<FileDigest>, ManifestError> {
        let line = self.lines.next()?;
        let form = ManifestError::Form { line: self.lines.number };
        if line == "]}\n" {
            let is_end = self.next != Next::File && self.lines.next()?.is_empty();
            return if is_end { Ok(None) } else { Err(form) };
        }
        let entry = line.strip_suffix('\n').filter(|_| self.next != Next::End).ok_or(form.clone())?;
        let (entry, next) = entry.strip_suffix(',').map_or((entry, Next::End), |entry| (entry, Next::File));
        self.next = next;
        file_of(entry).map(Some).ok_or(form)
    }
}

impl<R: Read> Iterator for Files<R> {
    type Item = Result<FileDigest, ManifestError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next == Next::Nothing {
            return None;
        }
        let file = self.file();
        if !matches!(file, Ok(Some(_))) {
            self.next = Next::Nothing;
        }
        file.transpose()
    }
}

fn file_of(entry: &str) -> Option<FileDigest> {
    let line: FileLine<'_> = serde_json::from_str(entry).ok()?;
    let file = FileDigest {
        path: line.path.to_owned(),
        sha256: Digest::from_hex(line.sha256)?,
        octets: line.octets,
    };
    (is_path(&file.path) && file.json() == entry).then_some(file)
}

#[derive(Debug)]
struct Lines<R> {
    reader: R,
    number: u64,
}

impl<R: Read> Lines<BufReader<R>> {
    fn of(octets: R) -> Self {
        Self { reader: BufReader::new(octets), number: 0 }
    }
}

impl<R: BufRead> Lines<R> {
    /// The next line with its line end; empty at the end.
    fn next(&mut self) -> Result<String, ManifestError> {
        self.number += 1;
        let mut line = Vec::new();
        self.reader
            .by_ref()
            .take(LINE_OCTETS_MAX)
            .read_until(b'\n', &mut line)
            .map_err(|error| ManifestError::Read(error.to_string()))?;
        String::from_utf8(line).map_err(|_| ManifestError::Form { line: self.number })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{export::format::Format, pki::lint::waiver::WAIVABLE};

    fn authority(letter: char) -> Authority {
        Authority {
            subject: format!("CN={letter}"),
            serial: "41".repeat(20),
            certificate_sha256: letter.to_string().repeat(64),
        }
    }

    fn sample() -> Header {
        Header {
            form: FORM.to_owned(),
            standing: Standing::Rehearsal,
            plan: "p-1".to_owned(),
            digest: "ab".repeat(32),
            words: "twelve words".to_owned(),
            created: "2026-01-01T00:00:00Z".to_owned(),
            profile: "device".to_owned(),
            authority: "factory \"1\"\n".to_owned(),
            issuer: authority('a'),
            root: authority('b'),
            audit_key_sha256: "cd".repeat(32),
            register: RegisterHead { id: "00".repeat(16), entry: 7, hash: "ef".repeat(32) },
            counts: Counts { issued: 2, refused: 1, skipped: 0 },
            formats: vec![],
            private_keys: vec![],
            waivers: vec![],
        }
    }

    fn text(header: &Header, files: &[FileDigest]) -> String {
        let (mut writer, mut text) = Writer::new(header);
        text.extend(files.iter().map(|file| writer.file(file)));
        text + writer.finish()
    }

    fn read_all(text: &str) -> Result<(Header, Vec<FileDigest>), ManifestError> {
        let mut files = Vec::new();
        read(text.as_bytes(), |file| files.push(file)).map(|header| (header, files))
    }

    fn two() -> Vec<FileDigest> {
        vec![FileDigest::of("ca.pem", b"one"), FileDigest::of("certs/000/a.pem", b"two")]
    }

    #[test]
    fn is_json_and_is_read_back() {
        for files in [vec![], two()] {
            let text = text(&sample(), &files);
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(value["files"].as_array().map(Vec::len), Some(files.len()));
            assert_eq!(value["standing"], "rehearsal");
            assert_eq!(read_all(&text), Ok((sample(), files)));
        }
    }

    #[test]
    fn a_bundle_of_every_form_and_every_waiver_is_read_back() {
        let formats = Format::ALL.iter().map(|format| format.name().to_owned()).collect();
        let waivers = WAIVABLE.iter().map(|rule| format!("{rule} {}", "w".repeat(200))).collect();
        let header = Header { formats, waivers, ..sample() };
        let text = text(&header, &two());
        assert_eq!(read_all(&text), Ok((header, two())));
    }

    #[test]
    fn takes_one_spelling_only() {
        let good = text(&sample(), &two());
        for (from, to) in [
            ("\n]}\n", "\n]}\n\n"),
            ("\n]}\n", "\n]}"),
            ("\n]}\n", ""),
            ("},\n{", "}\n{"),
            ("}\n]", "},\n]"),
            ("\"octets\":3}", "\"octets\": 3}"),
            ("\"octets\":3}", "\"octets\":3,\"extra\":1}"),
            ("ca.pem", "../ca.pem"),
            ("ca.pem", "/ca.pem"),
            ("ca.pem", "c\\u0061.pem"),
            ("coldsign bundle 1", "coldsign bundle 2"),
            ("\"plan\"", "\"plan \""),
            ("  \"plan\"", " \"plan\""),
            ("\"files\": [", "\"files\":["),
        ] {
            let bent = good.replacen(from, to, 1);
            assert_ne!(bent, good);
            assert!(read_all(&bent).is_err(), "{from:?} -> {to:?}");
        }
        assert!(read_all(&"x".repeat(100_000)).is_err());
        assert!(read_all(&"\n".repeat(100_000)).is_err());
    }

    #[test]
    fn sums_are_those_of_sha256sum() {
        let file = FileDigest::of("certs/000/a.pem", b"abc");
        let line = file.sums_line();
        assert_eq!(
            line,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  certs/000/a.pem\n"
        );
    }
}
