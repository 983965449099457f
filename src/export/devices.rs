//! The tables of a bundle: devices.csv and refused.csv (RFC 4180: CRLF, quotes where needed, a header).
//!
//! Text from outside passes through [`Printable`], and a cell that a spreadsheet would run as a formula (it begins
//! with `=`, `+`, `-`, `@`) gets an apostrophe in front. Programs that match on a cell of text take that into account;
//! serial numbers, moments and digests never begin so.

use crate::pki::{
    certificate::Certificate,
    fingerprint::{Digest, hex},
    name::Name,
    plan::SOURCE_CHARS_MAX,
    text::Printable,
    time::Time,
};

/// Longest text in a cell, in characters: paths are shorter, and a spreadsheet's cell takes 32,767. What a cell shows of a
/// source is what the plan digest binds.
pub const CELL_CHARS_MAX: usize = SOURCE_CHARS_MAX;

/// devices.csv's columns.
pub const DEVICE_COLUMNS: [&str; 8] =
    ["source", "file", "serial", "subject", "not_before", "not_after", "spki_sha256", "certificate_sha256"];

/// refused.csv's columns: a line a finding.
pub const REFUSED_COLUMNS: [&str; 4] = ["source", "control", "reason", "hint"];

/// What a line of devices.csv says.
#[derive(Clone, Copy, Debug)]
pub struct Device<'a> {
    /// Where the request came from.
    pub source: &'a str,
    /// The certificate's path in the bundle.
    pub file: &'a str,
    /// The serial number's content octets.
    pub serial: &'a [u8],
    /// The subject.
    pub subject: &'a Name,
    /// notBefore.
    pub not_before: Time,
    /// notAfter.
    pub not_after: Time,
    /// SHA-256 of the `SubjectPublicKeyInfo`.
    pub spki_sha256: Digest,
    /// SHA-256 of the certificate.
    pub certificate_sha256: Digest,
}

impl<'a> Device<'a> {
    /// The line that belongs to a certificate.
    #[must_use]
    pub fn of(certificate: &'a Certificate, source: &'a str, file: &'a str) -> Self {
        Self {
            source,
            file,
            serial: certificate.serial(),
            subject: certificate.subject(),
            not_before: certificate.not_before(),
            not_after: certificate.not_after(),
            spki_sha256: certificate.public_key().spki_sha256(),
            certificate_sha256: certificate.sha256(),
        }
    }

    /// Its cells, in the order of [`DEVICE_COLUMNS`].
    #[must_use]
    pub fn cells(&self) -> [String; 8] {
        [
            cell(self.source),
            self.file.to_owned(),
            hex(self.serial),
            defused(self.subject.to_printable().as_str()),
            self.not_before.to_string(),
            self.not_after.to_string(),
            self.spki_sha256.to_string(),
            self.certificate_sha256.to_string(),
        ]
    }
}

/// Text from outside as a cell: printable, limited, no formula.
#[must_use]
pub fn cell(text: &str) -> String {
    defused(Printable::with_limit(text, CELL_CHARS_MAX).as_str())
}

fn defused(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

/// One line of CSV with its line end.
#[must_use]
pub fn line<T: AsRef<[u8]>>(cells: &[T]) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    // Writing into memory does not fail, and one record has one length.
    let _ = writer.write_record(cells);
    writer.into_inner().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(cell(text), expected);
        let octets = line(&[cell(text), "end".to_owned()]);
        assert!(octets.ends_with(b"end\r\n"));
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(octets.as_slice());
        let records: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().unwrap();
        assert_eq!(records, [csv::StringRecord::from(vec![expected, "end"])]);
    }

    #[test]
    fn cells_survive_a_round_trip_and_run_nothing() {
        check("plain", "plain");
        check("with, comma", "with, comma");
        check("with \"quotes\"", "with \"quotes\"");
        check("two\nlines", "two\\u{a}lines");
        check("=cmd|'/C calc'!A0", "'=cmd|'/C calc'!A0");
        check("+1", "'+1");
        check("-1", "'-1");
        check("@SUM(A1)", "'@SUM(A1)");
        check("\t=1", "\\u{9}=1");
        check("\x1b]0;title\x07", "\\u{1b}]0;title\\u{7}");
        check("", "");
    }
}
