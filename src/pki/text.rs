//! Text from outside, made harmless before anybody sees it.
//!
//! The only way for text of a medium, a CSR or a token label to reach a screen, a log or an error message. Never
//! truncates silently: what is cut is said.

use std::fmt;

/// Longest text shown whole, in characters: a line a person can read; longer text is cut and the cut is marked.
pub const PRINTABLE_CHARS_MAX: usize = 256;

/// Text whose control characters, ANSI escapes, bidirectional overrides, zero-width characters and excess length
/// were replaced by visible marks.
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
        let mut text = String::new();
        for chunk in octets.utf8_chunks() {
            text.push_str(&escaped(chunk.valid()));
            text.extend(chunk.invalid().escape_ascii().map(char::from));
        }
        Self(cut(&text, chars_max))
    }

    /// As [`Printable::new`] with another limit, in characters.
    #[must_use]
    pub fn with_limit(text: &str, chars_max: usize) -> Self {
        Self(cut(&escaped(text), chars_max))
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

fn cut(text: &str, chars_max: usize) -> String {
    match text.char_indices().nth(chars_max) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}…(+{} more)", &text[..at], text[at..].chars().count()),
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_harmless(c) {
            out.push(c);
        } else {
            out.extend(c.escape_unicode());
        }
    }
    out
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
        if is_harmless(c) {
            out.push(c);
        } else {
            out.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        }
        out
    })
}

/// Whether a character may stand on a screen as it is: nothing that moves the cursor, reorders or hides text.
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
        assert!(json.chars().all(is_harmless), "{json:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap(), value);
    }

    #[test]
    fn shows_octets_that_are_not_text() {
        assert_eq!(Printable::from_octets(b"a\xff\x1b").as_str(), "a\\xff\\u{1b}");
    }

    #[test]
    fn says_what_it_cut() {
        assert_eq!(Printable::with_limit("abcdef", 4).as_str(), "abcd…(+2 more)");
    }
}
