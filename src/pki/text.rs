//! Text from outside, made harmless before anybody sees it.
//!
//! The only way for text of a medium, a CSR or a token label to reach a screen, a log or an error message. Never
//! truncates silently: what is cut is said.
//!
//! What [`Printable`] guarantees: laid into a field of a terminal by the widths of its characters
//! ([`columns`]), it changes no cell outside of the field. It holds no control character, nothing that turns
//! the direction of writing, nothing without a width, nothing that joins with what stands beside it; each of its
//! characters takes one column or two, alone and in company ([`is_shown`]). What is not shown as it is stands there as
//! an escape, `\u{1b}`, or `\xff` for an octet that is no text. An escape says what stood there, but whoever types a
//! backslash can write the same letters: where the difference matters, [`Printable::with_remark`] tells of it in words
//! that nobody outside can write.

mod character;
mod count;

use std::fmt;

use super::fingerprint::hex;

pub use character::{columns, is_on_console, is_shown};
pub use count::{counted, noun, size};

/// Longest text shown whole, in characters: a line a person can read; longer text is cut and the cut is marked.
pub const PRINTABLE_CHARS_MAX: usize = 256;

/// Characters named one by one in a remark: enough to recognise an attack, and the remark stays a line.
const NAMED_MAX: usize = 4;

/// Text whose control characters, ANSI escapes, bidirectional overrides, zero-width and joining characters and excess
/// length were replaced by visible marks.
#[derive(Clone, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Printable(String);

impl Printable {
    /// Makes text harmless; at most [`PRINTABLE_CHARS_MAX`] characters of it are kept.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self::with_limit(text, PRINTABLE_CHARS_MAX)
    }

    /// Makes octets that claim to be UTF-8 harmless; an octet that is not is shown as `\xNN`.
    #[must_use]
    pub fn from_octets(octets: &[u8]) -> Self {
        Self::from_octets_with_limit(octets, PRINTABLE_CHARS_MAX)
    }

    /// As [`Printable::from_octets`] with another limit, in characters.
    #[must_use]
    pub fn from_octets_with_limit(octets: &[u8], chars_max: usize) -> Self {
        Laid::out(pieces(octets), chars_max).text()
    }

    /// As [`Printable::new`] with another limit, in characters.
    #[must_use]
    pub fn with_limit(text: &str, chars_max: usize) -> Self {
        Laid::out(text.chars().map(Piece::Char), chars_max).text()
    }

    /// As [`Printable::new`], and in words what is not shown as it is: `contains 2 characters that are not shown as
    /// they are: ESC, U+202E`. `None` where the text is shown whole and unchanged.
    #[must_use]
    pub fn with_remark(text: &str) -> (Self, Option<String>) {
        let laid = Laid::out(text.chars().map(Piece::Char), PRINTABLE_CHARS_MAX);
        let remark = laid.remark();
        (laid.text(), remark)
    }

    /// As [`Printable::with_remark`], for octets that claim to be UTF-8.
    #[must_use]
    pub fn from_octets_with_remark(octets: &[u8]) -> (Self, Option<String>) {
        let laid = Laid::out(pieces(octets), PRINTABLE_CHARS_MAX);
        let remark = laid.remark();
        (laid.text(), remark)
    }

    /// The harmless text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Printable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One character of text from outside, or one octet that is none.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Piece {
    Char(char),
    Octet(u8),
}

impl Piece {
    fn is_shown(self) -> bool {
        matches!(self, Self::Char(c) if is_shown(c))
    }

    fn name(self) -> String {
        match self {
            Self::Char(c) => character::name(c),
            Self::Octet(octet) => format!("octet {octet:02X}"),
        }
    }
}

fn pieces(octets: &[u8]) -> impl Iterator<Item = Piece> {
    octets.utf8_chunks().flat_map(|chunk| {
        let text = chunk.valid().chars().map(Piece::Char);
        text.chain(chunk.invalid().iter().map(|octet| Piece::Octet(*octet)))
    })
}

/// Text made harmless up to a limit, and what had to be done for it.
struct Laid {
    text: String,
    chars: usize,
    /// Pieces beyond the limit.
    cut: usize,
    /// Pieces that are not shown as they are, within the limit and beyond it.
    changed: usize,
    /// The first of them, each kind once.
    kinds: Vec<Piece>,
    kinds_beyond: bool,
}

impl Laid {
    fn out(pieces: impl Iterator<Item = Piece>, chars_max: usize) -> Self {
        let mut laid = Self {
            text: String::new(),
            chars: 0,
            cut: 0,
            changed: 0,
            kinds: Vec::new(),
            kinds_beyond: false,
        };
        for piece in pieces {
            laid.count(piece);
            laid.push(piece, chars_max);
        }
        laid
    }

    fn count(&mut self, piece: Piece) {
        if piece.is_shown() {
            return;
        }
        self.changed += 1;
        if self.kinds.contains(&piece) {
            return;
        }
        if self.kinds.len() < NAMED_MAX {
            self.kinds.push(piece);
        } else {
            self.kinds_beyond = true;
        }
    }

    /// An escape is kept whole or not at all, and nothing follows what was not kept.
    fn push(&mut self, piece: Piece, chars_max: usize) {
        let chars = match piece {
            _ if self.cut > 0 => usize::MAX,
            Piece::Char(c) if is_shown(c) => 1,
            Piece::Char(c) => c.escape_unicode().len(),
            Piece::Octet(_) => 4,
        };
        if chars > chars_max - self.chars {
            self.cut += 1;
            return;
        }
        self.chars += chars;
        match piece {
            Piece::Char(c) if is_shown(c) => self.text.push(c),
            Piece::Char(c) => self.text.extend(c.escape_unicode()),
            Piece::Octet(octet) => self.text.extend(["\\x", &hex(&[octet])]),
        }
    }

    fn text(mut self) -> Printable {
        if self.cut > 0 {
            self.text.extend(["…(+", &self.cut.to_string(), " more)"]);
        }
        Printable(self.text)
    }

    fn remark(&self) -> Option<String> {
        let cut = match self.cut {
            0 => None,
            count => Some(format!("is not shown whole: {count} more {}", noun(count as u64, "character"))),
        };
        let changed = match self.changed {
            0 => return cut,
            1 => "contains 1 character that is not shown as it is".to_owned(),
            count => format!("contains {count} characters that are not shown as they are"),
        };
        let names: Vec<String> = self.kinds.iter().map(|kind| kind.name()).collect();
        let others = if self.kinds_beyond { " and others" } else { "" };
        let changed = format!("{changed}: {}{others}", names.join(", "));
        Some(cut.map_or_else(|| changed.clone(), |cut| format!("{changed}; {cut}")))
    }
}

fn escaped(text: &str) -> String {
    Laid::out(text.chars().map(Piece::Char), usize::MAX).text
}

/// Text of several lines with everything harmful made visible; line ends and tabs stay. Nothing is cut: for what the
/// program itself composes, as a last net under the pieces that went through [`Printable`].
#[must_use]
pub fn harmless_lines(text: &str) -> String {
    text.split_inclusive(['\n', '\t'])
        .map(|piece| match piece.strip_suffix(['\n', '\t']) {
            Some(before) => escaped(before) + &piece[before.len()..],
            None => escaped(piece),
        })
        .collect()
}

/// JSON text in which everything harmful to a screen is written as an escape of JSON (RFC 8259 §7): who reads it gets
/// the same value. Outside of strings JSON has no such characters.
#[must_use]
pub fn harmless_json(json: &str) -> String {
    json.chars().fold(String::with_capacity(json.len()), |mut out, c| {
        if is_shown(c) {
            out.push(c);
        } else {
            out.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        }
        out
    })
}

/// A harmless line as the console of Linux draws it, whose fonts have ASCII, Latin-1 and the boxes and blocks of code
/// page 437: what they have not is written as an escape too, `\u{4e2d}`, and the mark of a cut as three dots. It takes
/// more columns than the line itself; every character takes one.
#[must_use]
pub fn console_line(line: &str) -> String {
    line.chars().fold(String::with_capacity(line.len()), |mut out, c| {
        match c {
            '…' => out.push_str("..."),
            c if is_on_console(c) => out.push(c),
            c => out.extend(c.escape_unicode()),
        }
        out
    })
}

/// Whether a character in a name is one that people can be asked to approve: no control, nothing that reorders or hides
/// text. What is judged, not what is shown: a screen shows less than that as it is ([`is_shown`]).
#[must_use]
pub fn is_harmless(c: char) -> bool {
    !c.is_control()
        && !matches!(u32::from(c),
            0x00ad | 0x034f | 0x061c | 0x115f | 0x1160 | 0x17b4 | 0x17b5 | 0x180b..=0x180f
            | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0x3164 | 0xfe00..=0xfe0f
            | 0xfeff | 0xffa0 | 0xfff0..=0xfffb | 0x1d173..=0x1d17a | 0xe0000..=0xe0fff)
        && !matches!(u32::from(c), 0xe000..=0xf8ff | 0xf0000..=0x0010_ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, expected: &str) {
        assert_eq!(Printable::new(input).as_str(), expected);
    }

    #[test]
    fn escapes_what_could_move_the_cursor_or_reorder_text() {
        check("plain Ünïcode 漢字", "plain Ünïcode 漢字");
        check("\x1b[2J", "\\u{1b}[2J");
        check("a\nb\0", "a\\u{a}b\\u{0}");
        check("\u{202e}gpj", "\\u{202e}gpj");
        check("zero\u{200b}width", "zero\\u{200b}width");
        check("\u{9b}31m", "\\u{9b}31m");
    }

    #[test]
    fn lines_and_json_of_the_program_carry_nothing_harmful() {
        assert_eq!(harmless_lines("a\n\tb\x1b[2J\r\u{202e}"), "a\n\tb\\u{1b}[2J\\u{d}\\u{202e}");
        let value = serde_json::json!({ "name": "a\u{202e}b\u{e0001}\x1b\n\u{9b}ü" });
        let json = harmless_json(&value.to_string());
        assert!(json.chars().all(is_shown), "{json:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap(), value);
    }

    #[test]
    fn shows_octets_that_are_not_text() {
        assert_eq!(Printable::from_octets(b"a\xff\x1b").as_str(), "a\\xff\\u{1b}");
    }

    #[test]
    fn says_what_it_cut() {
        assert_eq!(Printable::with_limit("abcdef", 4).as_str(), "abcd…(+2 more)");
        assert_eq!(Printable::with_limit("abcd", 4).as_str(), "abcd");
        // An escape is never cut in two, and what follows it never takes its place.
        assert_eq!(Printable::with_limit("ab\x1b[m", 4).as_str(), "ab…(+3 more)");
        assert_eq!(Printable::from_octets_with_limit(b"a\xff\xff", 5).as_str(), "a\\xff…(+1 more)");
        assert_eq!(Printable::with_limit("ab", 0).as_str(), "…(+2 more)");
    }

    fn remarked(text: &[u8], expected: Option<&str>) {
        let (printable, remark) = Printable::from_octets_with_remark(text);
        assert_eq!(remark.as_deref(), expected, "{printable}");
        assert_eq!(printable, Printable::from_octets(text));
        if let Ok(text) = std::str::from_utf8(text) {
            assert_eq!(Printable::with_remark(text), (printable, remark));
        }
    }

    #[test]
    fn tells_in_words_what_is_not_shown_as_it_is() {
        remarked("Ünïcode \\u{1b} 漢字".as_bytes(), None);
        remarked(b"\x1b[2J", Some("contains 1 character that is not shown as it is: ESC"));
        remarked(
            "\x1b[31m\u{202e}gpj\x1b[m".as_bytes(),
            Some("contains 3 characters that are not shown as they are: ESC, U+202E"),
        );
        remarked(b"a\xff\x7f", Some("contains 2 characters that are not shown as they are: octet FF, DEL"));
        remarked(
            "\0\u{1}\u{9b}\u{200b}\u{e0041}".as_bytes(),
            Some("contains 5 characters that are not shown as they are: NUL, SOH, U+009B, U+200B and others"),
        );
        remarked(&[b'a'; 10_240], Some("is not shown whole: 9984 more characters"));
        let long = ["a".repeat(256), "\n".to_owned()].concat();
        remarked(
            long.as_bytes(),
            Some("contains 1 character that is not shown as it is: LF; is not shown whole: 1 more character"),
        );
    }

    #[test]
    fn takes_the_columns_it_tells_alone_and_beside_anything() {
        use unicode_width::UnicodeWidthStr as _;
        let hostile = "\x1b[2J\u{9b}31m\u{202e}a\u{301}\u{300}漢字\u{200d}👩\u{200d}🚀🇩🇪\u{fe0f}שלום\u{3164}\u{1100}\u{ac01}\u{e0041}";
        let text = Printable::new(hostile);
        let told = |text: &Printable| text.as_str().chars().map(columns).sum::<usize>();
        assert!(text.as_str().chars().all(is_shown));
        assert_eq!(text.as_str().width(), told(&text));
        for neighbour in ["│", "\u{301}", "\u{200d}", "👩", "ש", "가"] {
            let neighbour = Printable::new(neighbour);
            let line = format!("{neighbour}{text}");
            assert_eq!(line.width(), told(&neighbour) + told(&text), "{line}");
        }
    }

    fn console(text: &str, expected: &str) {
        let shown = console_line(Printable::new(text).as_str());
        assert_eq!(shown, expected);
        assert!(shown.chars().all(|c| is_on_console(c) && columns(c) == 1));
        assert_eq!(console_line(&shown), shown);
    }

    #[test]
    fn the_console_shows_escapes_for_what_its_fonts_have_not() {
        console("Münster ¿ß? ─│█", "Münster ¿ß? ─│█");
        console("中 Ł →", "\\u{4e2d} \\u{141} \\u{2192}");
        console("\x1b\u{202e}\u{ad}", "\\u{1b}\\u{202e}\\u{ad}");
        let cut = Printable::with_limit("abc", 1);
        assert_eq!(console_line(cut.as_str()), "a...(+2 more)");
    }
}
