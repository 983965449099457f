//! The list of what another program's CA issued: `index.txt` of `openssl ca`.
//!
//! A line a certificate, six fields between tabs: status, end of validity, revocation, serial number, file, subject. The
//! text comes from outside: each line is bounded, each field strict, and the subject is kept as [`Printable`] only.

use thiserror::Error;

use crate::pki::{text::Printable, time::Time};

use super::{CrlSerial, Reason};

/// Longest line, in octets: a subject of thirty long attributes fits.
pub const LINE_OCTETS_MAX: usize = 8 * 1024;
/// Most lines: as many as the largest CRL that is taken over has entries, five times.
pub const LINES_MAX: u64 = 10_000_000;

/// What the list says of a certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ListedStatus {
    /// It had expired when the list was last brought up to date.
    Expired,
    /// It was revoked.
    Revoked(ListedRevocation),
    /// It is valid, or has expired since.
    Valid,
}

/// What the list says of a revocation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ListedRevocation {
    /// When.
    pub date: Time,
    /// Why.
    pub reason: Reason,
    /// Since when the key is in other hands, where that is said.
    pub invalidity_date: Option<Time>,
}

/// A line of the list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ListedCertificate {
    /// What became of it.
    pub status: ListedStatus,
    /// The end of its validity.
    pub not_after: Time,
    /// Its serial number.
    pub serial: CrlSerial,
    /// Its subject as the other program wrote it, made harmless.
    pub subject: Printable,
}

/// Why a line is not one of such a list.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("line {line} of the list of certificates: {what}")]
pub struct ListError {
    /// The line, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub what: &'static str,
}

/// Reads the list, its octets pushed as they come.
#[derive(Debug, Default)]
pub struct IssuedList {
    rest: Vec<u8>,
    lines: u64,
}

impl IssuedList {
    /// Takes octets and gives the lines that they complete.
    ///
    /// # Errors
    /// [`ListError`].
    pub fn push(&mut self, octets: &[u8]) -> Result<Vec<ListedCertificate>, ListError> {
        let mut found = Vec::new();
        for part in octets.split_inclusive(|&octet| octet == b'\n') {
            self.rest.extend_from_slice(part);
            if self.rest.len() > LINE_OCTETS_MAX {
                return Err(ListError { line: self.lines + 1, what: "it has more than 8192 octets" });
            }
            if part.ends_with(b"\n") {
                let line = std::mem::take(&mut self.rest);
                found.extend(self.line(&line)?);
            }
        }
        Ok(found)
    }

    /// Ends the list; a last line without a line end counts.
    ///
    /// # Errors
    /// [`ListError`].
    pub fn finish(mut self) -> Result<Option<ListedCertificate>, ListError> {
        let line = std::mem::take(&mut self.rest);
        if line.is_empty() { Ok(None) } else { self.line(&line) }
    }

    fn line(&mut self, line: &[u8]) -> Result<Option<ListedCertificate>, ListError> {
        self.lines += 1;
        let wrong = |what| ListError { line: self.lines, what };
        if self.lines > LINES_MAX {
            return Err(wrong("it is one of more than 10,000,000"));
        }
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        // openssl passes over such lines too.
        if line.first() == Some(&b'#') {
            return Ok(None);
        }
        certificate(line).map(Some).map_err(wrong)
    }
}

fn certificate(line: &[u8]) -> Result<ListedCertificate, &'static str> {
    let fields = fields(line);
    let [status, not_after, revocation, serial, _file, subject] = fields.as_slice() else {
        return Err("it has not six fields between tabs");
    };
    let not_after = moment(not_after).ok_or("its end of validity is not a time")?;
    if !serial.iter().all(u8::is_ascii_hexdigit) {
        return Err("its serial number is not of hexadecimal digits");
    }
    let serial = std::str::from_utf8(serial)
        .ok()
        .and_then(CrlSerial::from_hex)
        .ok_or("its serial number is none of at most 20 octets")?;
    let status = match (status.as_slice(), revocation.is_empty()) {
        (b"V", true) => ListedStatus::Valid,
        (b"E", true) => ListedStatus::Expired,
        (b"R", false) => ListedStatus::Revoked(self::revocation(revocation)?),
        (b"V" | b"E", false) => return Err("it is not revoked and has a revocation date"),
        (b"R", true) => return Err("it is revoked and has no revocation date"),
        _ => return Err("its status is none of V, R and E"),
    };
    Ok(ListedCertificate { status, not_after, serial, subject: Printable::from_octets(subject) })
}

/// Fields between tabs; a tab behind a backslash belongs to the field, the backslash does not.
fn fields(line: &[u8]) -> Vec<Vec<u8>> {
    let mut fields = vec![Vec::new()];
    for &octet in line {
        let Some(field) = fields.last_mut() else { break };
        match (octet, field.last()) {
            (b'\t', Some(b'\\')) => {
                field.pop();
                field.push(b'\t');
            }
            (b'\t', _) => fields.push(Vec::new()),
            _ => field.push(octet),
        }
    }
    fields
}

/// Date, and perhaps reason and what belongs to it, between commas.
fn revocation(field: &[u8]) -> Result<ListedRevocation, &'static str> {
    let mut parts = field.split(|&octet| octet == b',');
    let date = parts.next().and_then(moment).ok_or("its revocation date is not a time")?;
    let (reason, more) = (parts.next(), parts.next());
    if parts.next().is_some() {
        return Err("its revocation has more than three parts");
    }
    let (reason, invalidity_date) = match (reason, more) {
        (None, _) => (Reason::Unspecified, None),
        (Some(b"unspecified"), None) => (Reason::Unspecified, None),
        (Some(b"keyCompromise"), None) => (Reason::KeyCompromise, None),
        (Some(b"CACompromise"), None) => (Reason::CaCompromise, None),
        (Some(b"affiliationChanged"), None) => (Reason::AffiliationChanged, None),
        (Some(b"superseded"), None) => (Reason::Superseded, None),
        (Some(b"cessationOfOperation"), None) => (Reason::CessationOfOperation, None),
        (Some(b"certificateHold"), None) | (Some(b"holdInstruction"), Some(_)) => {
            (Reason::CertificateHold, None)
        }
        (Some(b"keyTime"), Some(time)) => (Reason::KeyCompromise, Some(since(time)?)),
        (Some(b"CAkeyTime"), Some(time)) => (Reason::CaCompromise, Some(since(time)?)),
        _ => return Err("its revocation has a reason that openssl does not write"),
    };
    Ok(ListedRevocation { date, reason, invalidity_date })
}

fn since(text: &[u8]) -> Result<Time, &'static str> {
    moment(text).filter(|_| text.len() == 15).ok_or("its time of compromise is not YYYYMMDDhhmmssZ")
}

/// `YYMMDDhhmmssZ`, or `YYYYMMDDhhmmssZ`.
fn moment(text: &[u8]) -> Option<Time> {
    let digits = text.strip_suffix(b"Z")?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number =
        |octets: &[u8]| octets.iter().fold(0_u32, |value, digit| value * 10 + u32::from(digit - b'0'));
    let (year, rest) = match digits.len() {
        12 => {
            let year = number(&digits[..2]);
            (if year < 50 { 2000 + year } else { 1900 + year }, &digits[2..])
        }
        14 => (number(&digits[..4]), &digits[4..]),
        _ => return None,
    };
    let [month, day, hour, minute, second] = [0, 2, 4, 6, 8].map(|at| number(&rest[at..at + 2]));
    Time::from_civil(i64::from(year), month, day, hour, minute, second)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Result<Vec<ListedCertificate>, ListError> {
        let mut list = IssuedList::default();
        let mut found = Vec::new();
        for piece in text.chunks(11) {
            found.extend(list.push(piece)?);
        }
        found.extend(list.finish()?);
        Ok(found)
    }

    fn check(line: &str, expected: Option<(&str, Option<(&str, Reason)>)>) {
        let found = read(line.as_bytes()).ok().and_then(|mut found| found.pop()).map(|found| {
            let revoked = match found.status {
                ListedStatus::Revoked(of) => Some((of.date.to_string(), of.reason)),
                ListedStatus::Expired | ListedStatus::Valid => None,
            };
            (found.serial.to_string(), revoked)
        });
        let expected = expected.map(|(serial, revoked)| {
            (serial.to_owned(), revoked.map(|(date, reason)| (date.to_owned(), reason)))
        });
        assert_eq!(found, expected, "{line:?}");
    }

    #[test]
    fn reads_what_openssl_writes() {
        check("V\t270101000000Z\t\t1000\tunknown\t/CN=a\n", Some(("1000", None)));
        check("E\t20500101000000Z\t\tF0\tunknown\t/CN=a", Some(("00f0", None)));
        check("V\t270101000000Z\t\t00\tunknown\t/CN=a\r\n", Some(("00", None)));
        let revoked = |what: &str| format!("R\t270101000000Z\t260101000000Z{what}\t01\tunknown\t/CN=a");
        let on = "2026-01-01T00:00:00Z";
        for (what, reason) in [
            ("", Reason::Unspecified),
            (",keyCompromise", Reason::KeyCompromise),
            (",CACompromise", Reason::CaCompromise),
            (",certificateHold", Reason::CertificateHold),
            (",holdInstruction,holdInstructionCallIssuer", Reason::CertificateHold),
            (",keyTime,20251231000000Z", Reason::KeyCompromise),
        ] {
            check(&revoked(what), Some(("01", Some((on, reason)))));
        }
        for what in [",removeFromCRL", ",keyTime", ",keyTime,251231000000Z", ",superseded,x", ",a,b,c"] {
            check(&revoked(what), None);
        }
    }

    #[test]
    fn takes_no_other_line() {
        for line in [
            "\n",
            "V\t270101000000Z\t\t01\tunknown\n",
            "V\t270101000000Z\t\t01\tunknown\t/CN=a\tmore\n",
            "V\t270101000000Z\t260101000000Z\t01\tunknown\t/CN=a\n",
            "R\t270101000000Z\t\t01\tunknown\t/CN=a\n",
            "X\t270101000000Z\t\t01\tunknown\t/CN=a\n",
            "V\t271301000000Z\t\t01\tunknown\t/CN=a\n",
            "V\t270101000000Z\t\t0x1\tunknown\t/CN=a\n",
            "V\t270101000000Z\t\t\tunknown\t/CN=a\n",
        ] {
            assert!(read(line.as_bytes()).is_err(), "{line:?}");
        }
        assert!(read(&vec![b'a'; LINE_OCTETS_MAX + 1]).is_err());
        assert_eq!(read(b"# a comment\n"), Ok(Vec::new()));
    }

    #[test]
    fn keeps_hostile_subjects_harmless_and_escaped_tabs_whole() {
        let line = b"V\t270101000000Z\t\t01\tunknown\t/CN=a\\\tb\x1b[2J\xff\n";
        let found = read(line).unwrap();
        let subject = found[0].subject.as_str();
        assert!(subject.chars().all(crate::pki::text::is_harmless), "{subject}");
        assert!(subject.starts_with("/CN=a"), "{subject}");
    }

    proptest::proptest! {
        #[test]
        fn reads_any_octets_without_panic(octets: Vec<u8>) {
            let _ = read(&octets);
        }
    }
}
