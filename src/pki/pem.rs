//! Requests out of text and binary: PEM (RFC 7468), many PEM in one file, DER, raw base64; and PEM written.
//!
//! Octets are pushed in pieces of any size, so that a file of a million requests never sits in memory. Every octet is
//! looked at a bounded number of times, whatever the file is.

pub(in crate::pki) mod base64;
mod splitter;

use super::policy::Finding;

pub use splitter::Splitter;

/// What a piece of a file turned out to be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Piece {
    /// One request's DER octets (not yet parsed), with notes on the armour.
    Request {
        /// The DER octets.
        der: Vec<u8>,
        /// Remarks on how it was written.
        notes: Vec<Finding>,
    },
    /// Something that this program wrote itself, for others to read: passed over, whatever the file is called.
    Delivered(Finding),
    /// Something that stands where a request should and is refused.
    Refused(Finding),
    /// Nothing that looks like a request: plain text, an empty file, another kind of file.
    NotARequest(Finding),
}

/// Writes PEM: 64 columns, LF (RFC 7468 §2).
#[must_use]
pub fn encode(label: &str, der: &[u8]) -> String {
    let text = base64::encode(der);
    let mut out = String::with_capacity(text.len() + text.len() / 64 + 2 * label.len() + 34);
    out.push_str("-----BEGIN ");
    out.push_str(label);
    out.push_str("-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        out.push_str(line);
        out.push('\n');
        rest = after;
    }
    out.push_str("-----END ");
    out.push_str(label);
    out.push_str("-----\n");
    out
}

/// Most octets of a file of certificates: a chain of a hundred large ones.
pub const CERTIFICATES_OCTETS_MAX: usize = 1024 * 1024;

/// Reads certificates from PEM (labels CERTIFICATE, X509 CERTIFICATE, TRUSTED is refused) or one from DER, in order.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn certificates(octets: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    if octets.len() > CERTIFICATES_OCTETS_MAX {
        return Err(format!("the file has more than {CERTIFICATES_OCTETS_MAX} octets"));
    }
    if let [0x30, 0x80..=0xff, ..] = octets {
        return Ok(vec![octets.to_vec()]);
    }
    let text = octets.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(octets);
    let mut found = Vec::new();
    let mut open: Option<(&[u8], Vec<u8>)> = None;
    for line in text.split(|&octet| octet == b'\n' || octet == b'\r').map(<[u8]>::trim_ascii_end) {
        open = match (open, armour(line)) {
            (None, Some(Armour::Begin(label))) if label == b"CERTIFICATE" || label == b"X509 CERTIFICATE" => {
                Some((label, Vec::new()))
            }
            (None, Some(Armour::Begin(_))) => {
                return Err("another PEM object than a certificate stands in the file".into());
            }
            (None, Some(Armour::End(_))) => return Err("an END line stands without its BEGIN line".into()),
            (None, None) => None,
            (Some((label, body)), Some(Armour::End(end))) if end == label => {
                found.push(
                    base64::decode(&body)
                        .map_err(|why| format!("a certificate's PEM is malformed: {why}"))?,
                );
                None
            }
            (Some(_), Some(_)) => return Err("a certificate's BEGIN and END lines do not match".into()),
            (Some((label, mut body)), None) => {
                body.extend_from_slice(line);
                Some((label, body))
            }
        };
    }
    match open {
        Some(_) => Err("a certificate's END line is missing".into()),
        None if found.is_empty() => Err("there is no certificate in the file".into()),
        None => Ok(found),
    }
}

/// A line of PEM armour and its label.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::pki) enum Armour<'a> {
    Begin(&'a [u8]),
    End(&'a [u8]),
}

/// Reads a line as armour: five dashes, BEGIN or END, an upper-case label, five dashes (RFC 7468 §3).
pub(in crate::pki) fn armour(line: &[u8]) -> Option<Armour<'_>> {
    let inner = line.strip_prefix(b"-----")?.strip_suffix(b"-----")?;
    let (label, begins) = match inner.strip_prefix(b"BEGIN ") {
        Some(label) => (label, true),
        None => (inner.strip_prefix(b"END ")?, false),
    };
    let is_label = |octet: &u8| octet.is_ascii_uppercase() || octet.is_ascii_digit() || b" #".contains(octet);
    if label.is_empty() || label.len() > LABEL_OCTETS_MAX || !label.iter().all(is_label) {
        return None;
    }
    Some(if begins { Armour::Begin(label) } else { Armour::End(label) })
}

/// Longest label, in octets: the longest in use has about thirty.
const LABEL_OCTETS_MAX: usize = 64;

#[cfg(test)]
mod tests;
