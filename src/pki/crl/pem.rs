//! CRLs as files: DER or PEM read piece by piece, and PEM written piece by piece (RFC 7468 §5).

use crate::pki::pem::{Armour, armour, base64};

use super::CrlError;

/// The label of a CRL.
const LABEL: &str = "X509 CRL";
/// Longest line of a PEM file, in octets: some programs write the whole of a short object into one.
const LINE_OCTETS_MAX: usize = 64 * 1024;
/// Octets in one line of PEM: 64 characters.
const LINE_OCTETS: usize = 48;

/// A file that holds a CRL, its octets pushed as they come.
#[derive(Debug, Default)]
pub struct ListOctets {
    form: Form,
    /// The line that has not ended yet.
    line: Vec<u8>,
    /// Characters of base64 that are not a group of four yet.
    group: Vec<u8>,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Form {
    #[default]
    Unknown,
    Der,
    /// PEM, before the BEGIN line; `openssl crl -text` writes much there.
    Before,
    Within,
    /// Behind the END line.
    Behind,
}

impl ListOctets {
    /// Takes octets of the file and returns the octets of the CRL that they make.
    ///
    /// # Errors
    /// [`CrlError::Malformed`].
    pub fn push(&mut self, octets: &[u8]) -> Result<Vec<u8>, CrlError> {
        if self.form == Form::Unknown {
            self.line.extend_from_slice(octets);
            // The length of a whole CRL takes more than one octet, so a digit 0 of text is told from the tag behind it.
            self.form = match self.line.as_slice() {
                [] | [0x30] => return Ok(Vec::new()),
                [0x30, 0x80..=0xff, ..] => Form::Der,
                _ => Form::Before,
            };
            let begun = std::mem::take(&mut self.line);
            return self.push(&begun);
        }
        if self.form == Form::Der {
            return Ok(octets.to_vec());
        }
        let mut out = Vec::new();
        for part in octets.split_inclusive(|&octet| octet == b'\n') {
            self.line.extend_from_slice(part);
            if self.line.len() > LINE_OCTETS_MAX {
                return Err(malformed(&format!("a line has more than {LINE_OCTETS_MAX} octets")));
            }
            if part.ends_with(b"\n") {
                let line = std::mem::take(&mut self.line);
                out.extend(self.line(line.trim_ascii_end())?);
            }
        }
        Ok(out)
    }

    /// Ends the file; returns the last octets of the CRL.
    ///
    /// # Errors
    /// [`CrlError::Malformed`].
    pub fn finish(mut self) -> Result<Vec<u8>, CrlError> {
        let line = std::mem::take(&mut self.line);
        let last = if line.is_empty() { Vec::new() } else { self.line(line.trim_ascii_end())? };
        match self.form {
            Form::Der | Form::Behind => Ok(last),
            Form::Unknown => Err(malformed("the file is empty")),
            Form::Before => Err(malformed("there is no CRL in the file")),
            Form::Within => Err(malformed("the END line of its PEM is missing")),
        }
    }

    fn line(&mut self, line: &[u8]) -> Result<Vec<u8>, CrlError> {
        match (self.form, armour(line)) {
            (Form::Before, Some(Armour::Begin(label))) if label == LABEL.as_bytes() => {
                self.form = Form::Within;
                Ok(Vec::new())
            }
            (Form::Within, Some(Armour::End(label))) if label == LABEL.as_bytes() => {
                self.form = Form::Behind;
                // What is left here is no group of four, which base64 always ends with.
                decoded(&self.group)
            }
            (_, Some(_)) => Err(malformed("another PEM object than one CRL stands in the file")),
            (Form::Within, None) => {
                self.group.extend(line.iter().filter(|octet| !octet.is_ascii_whitespace()));
                // Padding may stand in the last group only, so that group is kept until the END line comes.
                let whole = self.group.len().saturating_sub(1) / 4 * 4;
                let rest = self.group.split_off(whole);
                let groups = std::mem::replace(&mut self.group, rest);
                if groups.contains(&b'=') {
                    return Err(malformed("its PEM is malformed: padding stands where none belongs"));
                }
                decoded(&groups)
            }
            (Form::Behind, None) if !line.trim_ascii().is_empty() => {
                Err(malformed("something stands behind the END line of its PEM"))
            }
            (_, None) => Ok(Vec::new()),
        }
    }
}

fn decoded(groups: &[u8]) -> Result<Vec<u8>, CrlError> {
    base64::decode(groups).map_err(|why| malformed(&format!("its PEM is malformed: {why}")))
}

fn malformed(what: &str) -> CrlError {
    CrlError::Malformed(what.to_owned())
}

/// A CRL being written as PEM.
#[derive(Debug, Default)]
pub struct PemText {
    rest: Vec<u8>,
}

impl PemText {
    /// The first line.
    #[must_use]
    pub fn begin() -> (Self, String) {
        (Self::default(), format!("-----BEGIN {LABEL}-----\n"))
    }

    /// The lines that these octets fill.
    pub fn push(&mut self, octets: &[u8]) -> String {
        self.rest.extend_from_slice(octets);
        let whole = self.rest.len() / LINE_OCTETS * LINE_OCTETS;
        let rest = self.rest.split_off(whole);
        let lines = std::mem::replace(&mut self.rest, rest);
        Self::lines(&lines)
    }

    /// The last lines.
    #[must_use]
    pub fn finish(self) -> String {
        format!("{}-----END {LABEL}-----\n", Self::lines(&self.rest))
    }

    fn lines(octets: &[u8]) -> String {
        let mut text = String::with_capacity(octets.len() / LINE_OCTETS * 65 + 66);
        for line in octets.chunks(LINE_OCTETS) {
            text.push_str(&base64::encode(line));
            text.push('\n');
        }
        text
    }
}

/// A CRL that is written as [`PemText`] writes, its lines pushed one by one; others may follow it.
#[derive(Debug, Default)]
pub struct PemLines {
    form: Within,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Within {
    #[default]
    Before,
    FullLines,
    /// A line was not full: only the END line can follow.
    LastLine,
}

impl PemLines {
    /// Longest line, in octets.
    pub const OCTETS_MAX: u64 = LINE_OCTETS as u64 / 3 * 4 + 1;

    /// Takes a line, its end with it, and returns the octets in it; `None` of the END line.
    ///
    /// # Errors
    /// [`CrlError::Malformed`].
    pub fn push(&mut self, line: &[u8]) -> Result<Option<Vec<u8>>, CrlError> {
        let (begin, end) = (PemText::begin().1, PemText::default().finish());
        if self.form == Within::Before && line == begin.as_bytes() {
            self.form = Within::FullLines;
            return Ok(Some(Vec::new()));
        }
        if self.form != Within::Before && line == end.as_bytes() {
            return Ok(None);
        }
        let octets = decoded(line)?;
        if self.form != Within::FullLines || PemText::lines(&octets).as_bytes() != line {
            return Err(malformed("its PEM is not written as bundles are"));
        }
        if octets.len() < LINE_OCTETS {
            self.form = Within::LastLine;
        }
        Ok(Some(octets))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::pem;

    #[test]
    fn lines_are_taken_in_the_one_spelling_that_is_written() {
        let read = |text: &str| {
            let (mut lines, mut out) = (PemLines::default(), Vec::new());
            for line in text.split_inclusive('\n') {
                match lines.push(line.as_bytes())? {
                    Some(octets) => out.extend(octets),
                    None => return Ok(Some(out)),
                }
            }
            Ok::<_, CrlError>(None)
        };
        for count in [1, 47, 48, 49, 96, 200] {
            let octets = vec![0x5a; count];
            let text = pem::encode(LABEL, &octets);
            assert!(text.split_inclusive('\n').all(|line| line.len() as u64 <= PemLines::OCTETS_MAX));
            assert_eq!(read(&text), Ok(Some(octets)));
            let cut = &text[..text.len() - 25];
            assert!(!matches!(read(cut), Ok(Some(_))), "{cut}");
            for (from, to) in
                [("\nW", "\n W"), ("\n-", "\n\n-"), ("X509 ", ""), ("\n", "\r\n"), ("\nW", "\nWlpa\nW")]
            {
                let bent = text.replacen(from, to, 1);
                assert!(read(&bent).is_err(), "{bent}");
            }
        }
    }

    fn read(text: &[u8], piece: usize) -> Result<Vec<u8>, CrlError> {
        let mut file = ListOctets::default();
        let mut out = Vec::new();
        for octets in text.chunks(piece) {
            out.extend(file.push(octets)?);
        }
        out.extend(file.finish()?);
        Ok(out)
    }

    #[test]
    fn writes_and_reads_the_same_pem_in_pieces_of_any_size() {
        for length in [1, 2, 3, 47, 48, 49, 96, 1000] {
            let octets: Vec<u8> = (0..length).map(|octet: u32| octet.to_le_bytes()[0]).collect();
            let (mut writer, mut text) = PemText::begin();
            for piece in octets.chunks(7) {
                text.push_str(&writer.push(piece));
            }
            text.push_str(&writer.finish());
            assert_eq!(text, pem::encode(LABEL, &octets));
            for piece in [1, 3, 64, 10_000] {
                assert_eq!(read(text.as_bytes(), piece).as_ref(), Ok(&octets), "{length} {piece}");
                let crlf = format!("0 Certificate Revocation List\n{}", text.replace('\n', "\r\n"));
                assert_eq!(read(crlf.as_bytes(), piece).as_ref(), Ok(&octets));
            }
        }
        assert_eq!(read(&[0x30, 0x81, 2], 1), Ok(vec![0x30, 0x81, 2]));
    }

    #[test]
    fn refuses_what_is_not_one_crl() {
        let good = pem::encode(LABEL, &[0; 100]);
        let twice = good.repeat(2);
        assert_eq!(read(format!("{good}\n \r\n").as_bytes(), 50), Ok(vec![0; 100]));
        for text in [
            "",
            "text",
            &good.replace("-----END X509 CRL-----\n", ""),
            &good.replace("X509 CRL", "CERTIFICATE"),
            &good.replace('=', ""),
            &good.replacen("AAAA", "AA==", 1),
            &good.replacen("AAAA", "AA-A", 1),
            &twice,
            &format!("{good}x"),
            &format!("{good}\n\nand more\n"),
            &"x".repeat(LINE_OCTETS_MAX + 1),
        ] {
            assert!(read(text.as_bytes(), 50).is_err(), "{text}");
        }
    }
}
