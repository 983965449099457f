//! One pass over a file's octets: lines, armour, bodies.

use crate::pki::{
    policy::{Control, Finding},
    request::REQUEST_OCTETS_MAX,
};

use super::{Armour, Piece, armour, base64};

/// Longest line and longest body of armour kept, in octets: the largest request as base64, with white space up to as
/// much again (one character a line with CR LF stays below it for every request in use).
const BODY_OCTETS_MAX: usize = REQUEST_OCTETS_MAX * 4;

/// Splits the octets of one file into requests.
#[derive(Debug, Default)]
pub struct Splitter {
    form: Form,
    /// The first octets, until the form is known.
    head: Vec<u8>,
    line: Vec<u8>,
    line_overlong: Overlong,
    last_was_cr: LastOctet,
    state: State,
    /// A finished request, held back until it is known what stands after it.
    pending: Option<(Vec<u8>, Vec<Finding>)>,
    notes: Vec<Finding>,
    /// How many requests and refusals were found.
    found: u64,
    /// The first object of another kind.
    foreign: Option<Finding>,
}

#[derive(Debug, Default, PartialEq)]
enum Overlong {
    #[default]
    No,
    Yes,
}

#[derive(Debug, Default, PartialEq)]
enum LastOctet {
    CarriageReturn,
    #[default]
    Other,
}

/// What kind of file it is.
#[derive(Debug, Default)]
enum Form {
    /// Binary: one DER request.
    Der(Vec<u8>),
    /// Whatever stands in the rest was settled already.
    Settled,
    /// Lines of text.
    Text,
    #[default]
    Unknown,
}

/// Where in a text the lines stand.
#[derive(Debug, Default)]
enum State {
    /// Base64 from the first line on, without armour.
    Bare(Vec<u8>),
    /// Within the armour of a request, or of another object.
    Inside(Body),
    /// Before the first armour, between two, or after the last.
    #[default]
    Outside,
    /// After a BEGIN line that is not right, until something that looks like its END.
    Skipping,
    /// Nothing but white space so far.
    Start,
}

#[derive(Debug)]
struct Body {
    label: Vec<u8>,
    octets: Vec<u8>,
    headers: Headers,
    blanks: Blanks,
    overlong: Overlong,
}

#[derive(Debug, PartialEq)]
enum Headers {
    /// No line yet.
    Possible,
    /// Header lines were read, the blank line after them was not.
    Open,
    /// Base64.
    Over,
}

#[derive(Debug, PartialEq)]
enum Blanks {
    None,
    Seen,
}

const HINT_PEM: &str = "send the request again as the tool wrote it: no mail quoting, no editing";
/// A key that left the device that it belongs to is nobody's any more.
const HINT_PRIVATE: &str = "erase it and use that key nowhere: whoever had the medium may have copied it; put a PKCS \
                            #10 certification request there";

const HINT_FORM: &str = "put a PKCS #10 certification request there, as PEM or DER";
const HINT_NOTE: &str = "nothing needs to be done; better software writes the armour alone";

impl Splitter {
    /// A splitter at the start of a file.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next octets of the file; finished pieces are added to `out`.
    pub fn push(&mut self, octets: &[u8], out: &mut Vec<Piece>) {
        match &mut self.form {
            Form::Settled => {}
            Form::Der(kept) => {
                // One octet more than allowed is kept, so that the end can tell.
                let room = (REQUEST_OCTETS_MAX + 1).saturating_sub(kept.len());
                kept.extend_from_slice(&octets[..octets.len().min(room)]);
            }
            Form::Text => self.text(octets, out),
            Form::Unknown => {
                let taken = octets.len().min(3 - self.head.len());
                self.head.extend_from_slice(&octets[..taken]);
                if self.head.len() == 3 {
                    self.recognise(out);
                    self.push(&octets[taken..], out);
                }
            }
        }
    }

    /// The file has ended; what is left is added to `out`. A file always yields at least one piece.
    pub fn finish(mut self, out: &mut Vec<Piece>) {
        if matches!(self.form, Form::Unknown) {
            self.recognise(out);
        }
        match std::mem::replace(&mut self.form, Form::Settled) {
            Form::Der(der) => return out.push(sized(der, Vec::new())),
            Form::Settled | Form::Unknown => return self.settle(out),
            Form::Text => self.end_line(out),
        }
        match std::mem::take(&mut self.state) {
            State::Bare(text) => {
                self.release(out);
                self.found += 1;
                out.push(match base64::decode(&text) {
                    Ok(_) if text.len() >= BODY_OCTETS_MAX => too_large(),
                    Ok(der) => {
                        let note = "base64 without PEM armour";
                        sized(der, vec![Finding::note(Control::CsrPem, note, HINT_NOTE)])
                    }
                    Err(why) => refused(&format!("base64 without PEM armour is malformed: {why}")),
                });
            }
            State::Inside(body) if is_request(&body.label) => {
                self.refuse("the END line is missing", out);
            }
            State::Inside(_) | State::Outside | State::Skipping | State::Start => {}
        }
        self.settle(out);
    }

    /// What kind of file it is, by its first octets.
    fn recognise(&mut self, out: &mut Vec<Piece>) {
        let head = std::mem::take(&mut self.head);
        self.state = State::Start;
        match head.as_slice() {
            // No request is so short that its length has one octet; so `0` followed by ASCII is text.
            [0x30, 0x80..=0xff, ..] => self.form = Form::Der(head),
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
                self.form = Form::Settled;
                self.found += 1;
                out.push(Piece::Refused(Finding::refuse(
                    Control::CsrForm,
                    "the file is UTF-16 text",
                    "save it as plain ASCII text; PowerShell: `Out-File -Encoding ascii`",
                )));
            }
            [0xef, 0xbb, 0xbf] => {
                self.form = Form::Text;
                self.note("a byte order mark before the armour");
            }
            _ => {
                self.form = Form::Text;
                self.text(&head, out);
            }
        }
    }

    fn text(&mut self, mut octets: &[u8], out: &mut Vec<Piece>) {
        if self.last_was_cr == LastOctet::CarriageReturn && octets.first() == Some(&b'\n') {
            octets = &octets[1..];
        }
        if !octets.is_empty() {
            self.last_was_cr = LastOctet::Other;
        }
        while let Some(end) = octets.iter().position(|octet| matches!(octet, b'\n' | b'\r')) {
            self.keep(&octets[..end]);
            self.end_line(out);
            if matches!(self.form, Form::Settled) {
                return;
            }
            let after = match (octets[end], octets.get(end + 1)) {
                (b'\r', Some(b'\n')) => end + 2,
                (b'\r', None) => {
                    self.last_was_cr = LastOctet::CarriageReturn;
                    end + 1
                }
                _ => end + 1,
            };
            octets = &octets[after..];
        }
        self.keep(octets);
    }

    fn keep(&mut self, octets: &[u8]) {
        let room = BODY_OCTETS_MAX - self.line.len();
        if octets.len() > room {
            self.line_overlong = Overlong::Yes;
        }
        self.line.extend_from_slice(&octets[..octets.len().min(room)]);
    }

    fn end_line(&mut self, out: &mut Vec<Piece>) {
        let mut line = std::mem::take(&mut self.line);
        let overlong = std::mem::take(&mut self.line_overlong);
        match std::mem::take(&mut self.state) {
            State::Start if line.trim_ascii().is_empty() => self.state = State::Start,
            State::Start if overlong == Overlong::No && is_bare(&line) => {
                self.state = State::Bare(line.clone());
            }
            State::Start | State::Outside => self.outside(&line, out),
            State::Bare(mut text) => {
                let room = BODY_OCTETS_MAX.saturating_sub(text.len());
                text.extend_from_slice(&line[..line.len().min(room)]);
                self.state = State::Bare(text);
            }
            State::Inside(body) => self.inside(body, &line, &overlong, out),
            State::Skipping => {
                self.state = if contains_mark(&line, b"--END ") { State::Outside } else { State::Skipping };
            }
        }
        // The allocation serves the next line too.
        line.clear();
        self.line = line;
    }

    fn outside(&mut self, line: &[u8], out: &mut Vec<Piece>) {
        match armour(line.trim_ascii_end()) {
            Some(Armour::Begin(label)) => {
                self.release(out);
                if !is_request(label) && self.foreign.is_none() {
                    let message = format!("a PEM object `{}` is no certification request", show(label));
                    let hint = if label.ends_with(b"PRIVATE KEY") { HINT_PRIVATE } else { HINT_FORM };
                    self.foreign = Some(Finding::refuse(Control::CsrForm, &message, hint));
                }
                self.state = State::Inside(Body {
                    label: label.to_vec(),
                    octets: Vec::new(),
                    headers: Headers::Possible,
                    blanks: Blanks::None,
                    overlong: Overlong::No,
                });
            }
            Some(Armour::End(_)) => self.refuse("an END line stands without its BEGIN line", out),
            None if contains_mark(line, b"--BEGIN ") => {
                self.refuse("the BEGIN line is not written as RFC 7468 says", out);
                self.state = State::Skipping;
            }
            None if line.iter().any(|octet| octet.is_ascii_control() && !matches!(octet, b'\t' | 0x0c)) => {
                self.release(out);
                self.found += 1;
                out.push(Piece::Refused(Finding::refuse(
                    Control::CsrForm,
                    "binary data stands where a request or text should",
                    HINT_FORM,
                )));
                self.form = Form::Settled;
            }
            None if line.trim_ascii().is_empty() => {}
            None => match &mut self.pending {
                Some((_, notes)) => add_note(notes, "text after the armour"),
                None => self.note("text before the armour"),
            },
        }
    }

    fn inside(&mut self, mut body: Body, line: &[u8], overlong: &Overlong, out: &mut Vec<Piece>) {
        let trimmed = line.trim_ascii();
        match armour(line.trim_ascii_end()) {
            Some(Armour::End(label)) if label == body.label => return self.close(&body, out),
            Some(Armour::End(_)) => return self.refuse("the labels of the BEGIN and END lines differ", out),
            Some(Armour::Begin(_)) => {
                self.refuse("a BEGIN line stands before the END line of the one before it", out);
                return self.outside(line, out);
            }
            None => {}
        }
        match (&body.headers, trimmed.contains(&b':')) {
            (Headers::Possible | Headers::Open, true) => body.headers = Headers::Open,
            (Headers::Open, false) if trimmed.is_empty() => {
                body.headers = Headers::Over;
                self.note("PEM headers");
            }
            // A continued header line.
            (Headers::Open, false) => {}
            (Headers::Possible | Headers::Over, _) => {
                body.headers = Headers::Over;
                if trimmed.len() != line.len() || trimmed.is_empty() {
                    body.blanks = Blanks::Seen;
                }
                if *overlong == Overlong::Yes || body.octets.len() + trimmed.len() > BODY_OCTETS_MAX {
                    body.overlong = Overlong::Yes;
                } else {
                    body.octets.extend_from_slice(trimmed);
                }
            }
        }
        self.state = State::Inside(body);
    }

    fn close(&mut self, body: &Body, out: &mut Vec<Piece>) {
        if !is_request(&body.label) {
            return;
        }
        if body.blanks == Blanks::Seen {
            self.note("blanks or empty lines within the armour");
        }
        if body.octets.is_empty() {
            return self.refuse("there is nothing within the armour", out);
        }
        if body.overlong == Overlong::Yes {
            self.found += 1;
            return out.push(too_large());
        }
        match base64::decode(&body.octets) {
            Ok(der) => {
                self.found += 1;
                self.pending = Some((der, std::mem::take(&mut self.notes)));
            }
            Err(why) => self.refuse(&format!("the base64 is malformed: {why}"), out),
        }
    }

    fn note(&mut self, what: &str) {
        add_note(&mut self.notes, what);
    }

    fn refuse(&mut self, message: &str, out: &mut Vec<Piece>) {
        self.release(out);
        self.found += 1;
        self.notes.clear();
        out.push(refused(message));
    }

    /// Hands out the request that was held back.
    fn release(&mut self, out: &mut Vec<Piece>) {
        if let Some((der, notes)) = self.pending.take() {
            out.push(sized(der, notes));
        }
    }

    /// Hands out what is left, at least one piece a file.
    fn settle(&mut self, out: &mut Vec<Piece>) {
        self.release(out);
        match (self.foreign.take(), self.found) {
            // Beside a request, an object of another kind is something that somebody put there for a reason.
            (Some(foreign), 1..) => out.push(Piece::Refused(foreign)),
            (Some(foreign), 0) => out.push(Piece::NotARequest(foreign)),
            (None, 0) => out.push(Piece::NotARequest(Finding::refuse(
                Control::CsrForm,
                "there is no certification request in the file",
                "nothing, where it was never meant to be one; else put a PKCS #10 certification request there",
            ))),
            (None, _) => {}
        }
    }
}

fn add_note(notes: &mut Vec<Finding>, what: &str) {
    let note = Finding::note(Control::CsrPem, what, HINT_NOTE);
    if !notes.contains(&note) {
        notes.push(note);
    }
}

fn refused(message: &str) -> Piece {
    Piece::Refused(Finding::refuse(Control::CsrPem, message, HINT_PEM))
}

fn too_large() -> Piece {
    let message = format!("the request has more than {REQUEST_OCTETS_MAX} octets");
    Piece::Refused(Finding::refuse(Control::CsrSize, &message, "ask for a request with fewer names"))
}

fn sized(der: Vec<u8>, notes: Vec<Finding>) -> Piece {
    if der.len() > REQUEST_OCTETS_MAX { too_large() } else { Piece::Request { der, notes } }
}

fn show(label: &[u8]) -> String {
    crate::pki::text::Printable::from_octets(label).to_string()
}

fn is_request(label: &[u8]) -> bool {
    label == b"CERTIFICATE REQUEST" || label == b"NEW CERTIFICATE REQUEST"
}

/// Whether a first line is base64 of DER: an `M` (the first six bits of a SEQUENCE) and nothing but the alphabet.
fn is_bare(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    line.len() >= BARE_LINE_OCTETS_MIN
        && line[0] == b'M'
        && line.iter().all(|&octet| base64::is_base64(octet))
}

/// Shortest first line taken for base64, in octets: a word of a text is shorter.
const BARE_LINE_OCTETS_MIN: usize = 24;

/// Whether a line holds this mark, in any case: armour that was quoted, indented or misspelt.
fn contains_mark(line: &[u8], mark: &[u8]) -> bool {
    line.windows(mark.len()).any(|window| window.eq_ignore_ascii_case(mark))
}
