//! Requests out of events of AWS IoT Core's certificate provider: JSON Lines, an event a line.
//!
//! An event is what AWS hands to the provider's function: the request as PEM, and who asked for it. A line is a request or
//! is refused, whatever stands in the lines beside it, and the n-th piece is the n-th line, until too many were refused.
//! Octets are pushed in pieces of any size; no more than one line of a limited length is kept. A file that begins with a line
//! which this program writes into bundles is no file of events: it is passed over as one piece.

use std::collections::BTreeMap;

use serde::{Deserialize, de::IgnoredAny};

use super::{
    pem::{Piece, Splitter},
    policy::{Control, Finding},
};

/// Longest line, in octets. AWS takes requests of 4,096 characters, each of which JSON may write as six octets; a
/// certificate's id and a client's name stand beside it.
pub const LINE_OCTETS_MAX: usize = 64 * 1024;

/// Most lines of a file that are refused one by one; with one more the rest of the file is refused as a whole. A line of one
/// octet makes some 330 octets of reasons, on screens, in the plan and in refused.csv: of a file of 2 GiB they would fill a
/// disk, and take days. A queue of a million events has no such number of lines that are none.
pub const REFUSED_LINES_MAX: u32 = 10_000;

const HINT: &str = "write each event on a line of its own, as AWS hands it to the provider's function: \
                    {\"certificateSigningRequest\", \"principalId\", \"clientId\"}, all three of text";

/// What AWS hands over.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Event {
    certificate_signing_request: String,
    #[expect(dead_code, reason = "it has to be there and be text; no certificate depends on it")]
    principal_id: String,
    #[expect(dead_code, reason = "it has to be there and be text; no certificate depends on it")]
    client_id: String,
}

/// Splits the octets of one file of events into requests.
#[derive(Debug, Default)]
pub struct EventLines {
    /// The line in hand; one octet more than allowed is kept, so that its end can tell.
    line: Vec<u8>,
    lines: Lines,
    refused: u32,
}

/// How far the lines are read.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Lines {
    /// None has ended yet.
    #[default]
    None,
    Some,
    /// Too many were refused, or the file is of a bundle: nothing more is read.
    Over,
}

impl EventLines {
    /// Takes the next octets of the file; the pieces of finished lines are added to `out`.
    pub fn push(&mut self, octets: &[u8], out: &mut Vec<Piece>) {
        let mut rest = octets;
        while self.lines != Lines::Over
            && let Some(end) = rest.iter().position(|&octet| octet == b'\n')
        {
            self.keep(&rest[..end]);
            self.end_line(out);
            rest = &rest[end + 1..];
        }
        self.keep(rest);
    }

    /// The file has ended. A file always yields at least one piece.
    pub fn finish(mut self, out: &mut Vec<Piece>) {
        if !self.line.is_empty() && self.lines != Lines::Over {
            self.end_line(out);
        }
        if self.lines == Lines::None {
            out.push(Piece::NotARequest(Finding::refuse(Control::CsrEvent, "the file is empty", HINT)));
        }
    }

    fn keep(&mut self, octets: &[u8]) {
        if self.lines == Lines::Over {
            return;
        }
        let room = (LINE_OCTETS_MAX + 1).saturating_sub(self.line.len());
        self.line.extend_from_slice(&octets[..octets.len().min(room)]);
    }

    fn end_line(&mut self, out: &mut Vec<Piece>) {
        // A reader may pass over a byte order mark (RFC 8259 §8.1), and some shells write one before all else.
        let mark: &[u8] = if self.lines == Lines::None { b"\xef\xbb\xbf" } else { b"" };
        let line = self.line.strip_prefix(mark).unwrap_or(&self.line);
        if self.lines == Lines::None && is_of_a_bundle(line) {
            let what = "the file is of a bundle that was delivered: certificates, no events";
            out.push(Piece::Delivered(Finding::note(Control::CsrEvent, what, "nothing; it may stay there")));
            self.line.clear();
            self.lines = Lines::Over;
            return;
        }
        let piece = request(line).unwrap_or_else(|what| refused(&format!("no event: {what}")));
        self.line.clear();
        self.lines = Lines::Some;
        if let Piece::Refused(_) = piece {
            self.refused += 1;
        }
        if self.refused <= REFUSED_LINES_MAX {
            out.push(piece);
            return;
        }
        self.lines = Lines::Over;
        out.push(refused(&format!(
            "this line and all behind it are refused: {REFUSED_LINES_MAX} lines before it are no events"
        )));
    }
}

fn refused(what: &str) -> Piece {
    Piece::Refused(Finding::refuse(Control::CsrEvent, what, HINT))
}

/// Whether this program writes such lines into bundles: answers, devices, a bulk registration, one for many accounts.
#[expect(clippy::zero_sized_map_values, reason = "an object's keys count here, whatever their values are")]
fn is_of_a_bundle(line: &[u8]) -> bool {
    let Ok(object) = serde_json::from_slice::<BTreeMap<String, IgnoredAny>>(line) else { return false };
    let keys: Vec<&str> = object.keys().map(String::as_str).collect();
    let has = |wanted: &[&str]| wanted.iter().all(|key| object.contains_key(*key));
    keys == ["certificatePem"]
        || keys == ["certificatePem", "status"]
        || has(&["CACertificatePem", "CertificatePem", "ThingName"])
        || has(&["certificate", "certificate_sha256", "chain", "source", "spki_sha256"])
}

/// The request of a line; what is wrong with a line that is no event.
fn request(line: &[u8]) -> Result<Piece, String> {
    if line.len() > LINE_OCTETS_MAX {
        return Err(format!("the line has more than {LINE_OCTETS_MAX} octets"));
    }
    match line.trim_ascii_start() {
        [b'{', ..] => {}
        [] => return Err("the line is empty".to_owned()),
        _ => return Err("the line does not begin with a brace".to_owned()),
    }
    let event: Event = serde_json::from_slice(line).map_err(|error| {
        let said = error.to_string();
        // It counts lines within what it is given, which is one.
        let what = said.rsplit_once(" at line ").map_or(said.as_str(), |(what, _)| what);
        format!("{what}, at octet {} of the line", error.column())
    })?;
    let (mut splitter, mut pieces) = (Splitter::new(), Vec::new());
    splitter.push(event.certificate_signing_request.as_bytes(), &mut pieces);
    splitter.finish(&mut pieces);
    match (pieces.pop(), pieces.len()) {
        (Some(Piece::NotARequest(finding)), 0) => Ok(Piece::Refused(finding)),
        (Some(piece), 0) => Ok(piece),
        _ => Err("there is more than one request in it".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Armour around octets that nobody has parsed yet.
    const CSR: &str = r"-----BEGIN CERTIFICATE REQUEST-----\nMIIBAA==\n-----END CERTIFICATE REQUEST-----\n";

    fn event(csr: &str) -> String {
        format!(r#"{{"certificateSigningRequest":"{csr}","principalId":"0a1b","clientId":"sensor-1"}}"#)
    }

    fn read(octets: &[u8], piece_octets: usize) -> Vec<Piece> {
        let (mut lines, mut pieces) = (EventLines::default(), Vec::new());
        octets.chunks(piece_octets).for_each(|octets| lines.push(octets, &mut pieces));
        lines.finish(&mut pieces);
        pieces
    }

    /// What is said of the only line.
    fn check(line: &str, expected: &str) {
        let pieces = read(line.as_bytes(), 7);
        let [Piece::Refused(finding)] = pieces.as_slice() else { panic!("{line}: {pieces:?}") };
        assert!(finding.message.as_str().contains(expected), "{line}: {}", finding.message);
    }

    #[test]
    fn every_line_is_a_request_or_refused_and_no_line_harms_another() {
        let good = event(CSR);
        let text = format!("\u{feff}{good}\r\nno event\n\n  {good}  \n{{\"a\":\n{good}");
        for piece_octets in [1, 64, 100_000] {
            let pieces = read(text.as_bytes(), piece_octets);
            let kinds: Vec<bool> =
                pieces.iter().map(|piece| matches!(piece, Piece::Request { .. })).collect();
            assert_eq!(kinds, [true, false, false, true, false, true], "{pieces:?}");
            let Piece::Request { der, notes } = &pieces[0] else { panic!("{pieces:?}") };
            assert_eq!((der.as_slice(), notes.len()), ([0x30, 0x82, 1, 0].as_slice(), 0));
        }
    }

    #[test]
    fn a_file_of_a_bundle_is_passed_over_as_one_piece() {
        for line in [
            r#"{"certificatePem":"x"}"#,
            r#"{"certificatePem":"x","status":"ACTIVE"}"#,
            r#"{"CACertificatePem":"x","CertificatePem":"y","ThingName":"z","CommonName":"z"}"#,
            r#"{"source":"a","file":"b","spki_sha256":"c","certificate_sha256":"d","certificate":"e","chain":"f"}"#,
        ] {
            for piece_octets in [1, 50, 100_000] {
                let pieces = read(format!("{line}\n{line}\n{}\n", event(CSR)).as_bytes(), piece_octets);
                assert!(matches!(pieces.as_slice(), [Piece::Delivered(_)]), "{line}: {pieces:?}");
            }
            // Behind an event such a line is a line that is no event.
            let pieces = read(format!("{}\n{line}\n", event(CSR)).as_bytes(), 9);
            assert!(matches!(pieces.as_slice(), [Piece::Request { .. }, Piece::Refused(_)]), "{pieces:?}");
        }
        // Whoever adds a key to an event is told so.
        check(&event(CSR).replacen('{', r#"{"certificatePem":"x","#, 1), "unknown field `certificatePem`");
    }

    #[test]
    fn an_event_has_its_three_keys_once_each_and_no_other() {
        let with = |from: &str, to: &str| event(CSR).replacen(from, to, 1);
        check(&with(r#","clientId":"sensor-1""#, ""), "missing field `clientId`");
        check(&with("}", r#","clientId":"sensor-2"}"#), "duplicate field `clientId`");
        check(
            &with("{", r#"{"certificateSigningRequest":"x","#),
            "duplicate field `certificateSigningRequest`",
        );
        check(&with("principalId", r"principal\u0049d\u001b"), "unknown field `principalId\\u{1b}`");
        check(&with(r#""0a1b""#, "7"), "invalid type: integer `7`, expected a string, at octet");
        check(&with(r#""0a1b""#, "null"), "invalid type: null");
        check(&with(r#""sensor-1""#, &"[".repeat(200)), "invalid type: sequence");
        check(&with("}", "} {}"), "trailing characters");
        check(&with("sensor-1", r"\ud800"), "no event");
        check(&format!("[{}]", event(CSR)), "does not begin with a brace");
        check(r#"["x","y","z"]"#, "does not begin with a brace");
        check("\n", "the line is empty");
        let pieces = read(b"{\"certificateSigningRequest\":\"\xff\"}", 3);
        assert!(matches!(pieces.as_slice(), [Piece::Refused(_)]), "{pieces:?}");
    }

    #[test]
    fn a_request_within_an_event_is_one_request() {
        check(&event(&CSR.repeat(2)), "more than one request");
        check(&event(""), "there is no certification request");
        check(&event(r"-----BEGIN CERTIFICATE-----\nMIIBAA==\n-----END CERTIFICATE-----\n"), "CERTIFICATE");
        check(&event(r"-----BEGIN CERTIFICATE REQUEST-----\n"), "the END line is missing");
    }

    #[test]
    fn a_line_is_limited_and_only_as_much_of_it_is_kept() {
        let padded = |octets: usize| {
            let line = event(CSR);
            format!("{}{line}", " ".repeat(octets - line.len()))
        };
        let longest = read(padded(LINE_OCTETS_MAX).as_bytes(), 1_000);
        assert!(matches!(longest.as_slice(), [Piece::Request { .. }]), "{longest:?}");
        check(&padded(LINE_OCTETS_MAX + 1), "more than 65536 octets");
        let mut lines = EventLines::default();
        for _ in 0..1_000 {
            lines.push(&[b' '; 4_096], &mut Vec::new());
        }
        assert!(lines.line.len() == LINE_OCTETS_MAX + 1 && lines.line.capacity() <= 4 * LINE_OCTETS_MAX);
    }

    #[test]
    fn of_a_file_that_is_refused_line_by_line_the_rest_is_refused_at_once() {
        let limit = REFUSED_LINES_MAX as usize;
        let last = |text: &str, pieces: usize| {
            let read = read(text.as_bytes(), 4_096);
            assert_eq!(read.len(), pieces);
            read.into_iter().last().unwrap()
        };
        let good = event(CSR);
        // As many as are allowed harm nobody beside them; nor do good lines count.
        let mixed = format!("{good}\n{}{good}\n{good}", "\n".repeat(limit));
        assert!(matches!(last(&mixed, limit + 3), Piece::Request { .. }));
        for line in ["\n", "{}\n", &format!("{}\n", event(""))] {
            let text = format!("{}{good}\n", line.repeat(limit + 1_000));
            let Piece::Refused(finding) = last(&text, limit + 1) else { panic!("{line}") };
            let said = "this line and all behind it are refused: 10000 lines before it";
            assert!(finding.message.as_str().starts_with(said), "{}", finding.message);
        }
        let mut lines = EventLines::default();
        lines.push(&b"\n".repeat(limit + 1), &mut Vec::new());
        lines.push(&[b'x'; 4_096], &mut Vec::new());
        assert!(lines.line.is_empty(), "nothing more is kept");
    }

    #[test]
    fn an_empty_file_has_no_request() {
        assert!(matches!(read(b"", 1).as_slice(), [Piece::NotARequest(_)]));
    }
}
