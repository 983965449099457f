//! A text as QR codes, one screen after another, for a camera instead of a medium.
//!
//! Where one code does not hold it, each has its number, `/`, how many there are, a blank, and a piece of the text: the
//! pieces joined in their order are the text. How many it takes, the terminal's size says.

use ratatui::layout::Rect;

use super::{canvas::Canvas, code::Code, theme::Role};

/// Octets that codes of version 1, 2, … hold at level L (ISO/IEC 18004, table 7). Larger ones are hard to photograph off a
/// screen.
const OCTETS: [usize; 20] =
    [17, 32, 53, 78, 106, 134, 154, 192, 230, 271, 321, 367, 425, 458, 520, 586, 644, 718, 792, 858];
/// Octets of a number, of how many there are, and between them, at most.
const HEAD_OCTETS: usize = "999/999 ".len();
/// Cells between a code and what is said of it.
const GAP: u16 = 2;

/// The codes of a text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Codes {
    text: String,
    /// The one that is shown, from 0, as if there were no last one.
    at: usize,
}

impl Codes {
    /// Of a text of ASCII characters.
    #[must_use]
    pub fn of(text: String) -> Self {
        Self { text, at: 0 }
    }

    /// The next one; behind the last comes the first.
    pub fn next(&mut self) {
        self.at = self.at.wrapping_add(1);
    }

    /// Whether none was passed over yet.
    #[must_use]
    pub fn is_first(&self) -> bool {
        self.at == 0
    }

    /// The one before; before the first one there is none.
    pub fn previous(&mut self) {
        self.at = self.at.saturating_sub(1);
    }

    /// The first one.
    pub fn first(&mut self) {
        self.at = 0;
    }

    /// What each code says, in so many rows and columns; none where not even the smallest has room.
    #[must_use]
    pub fn texts(&self, columns: u16, rows: u16) -> Vec<String> {
        let fits = |version: usize| {
            let side = Code::cells(version);
            side <= columns && side.div_ceil(2) <= rows
        };
        let held = (1..=OCTETS.len()).rev().find(|version| fits(*version)).map(|version| OCTETS[version - 1]);
        let Some(held) = held else { return Vec::new() };
        if self.text.len() <= held {
            return vec![self.text.clone()];
        }
        let pieces: Vec<&[u8]> = self.text.as_bytes().chunks(held.saturating_sub(HEAD_OCTETS)).collect();
        let piece = |(at, piece): (usize, &&[u8])| {
            format!("{}/{} {}", at + 1, pieces.len(), String::from_utf8_lossy(piece))
        };
        pieces.iter().enumerate().map(piece).collect()
    }

    /// Draws the one whose turn it is, below the name of the file that the pieces make. It takes the frame's rows too where
    /// it needs them.
    pub fn draw(&self, canvas: &mut Canvas<'_>, file: &str) {
        let place = super::code::between_banner_and_help(canvas);
        let texts = self.texts(place.width, place.height);
        let Some(at) = self.at.checked_rem(texts.len()) else {
            canvas.paragraph(place, "There is no room for a code on this terminal.", Role::Attention);
            return;
        };
        canvas.clear(place);
        let Some(code) = Code::of(&texts[at]) else { return };
        code.draw(canvas, place.x, place.y);
        let x = place.x + code.columns() + GAP;
        let beside = Rect { x, y: place.y + 1, width: place.right().saturating_sub(x), ..place };
        let beside = Rect { height: place.height.saturating_sub(1), ..beside };
        let number = format!("code {} of {}", at + 1, texts.len());
        let named = canvas.paragraph(Rect { height: 2.min(beside.height), ..beside }, file, Role::Strong);
        canvas.text(beside.x, beside.y + named, beside.width, &number, Role::Plain);
        let used = named + 2;
        let below = Rect { y: beside.y + used, height: beside.height.saturating_sub(used), ..beside };
        let how = match texts.len() {
            1 => "It is the whole file.",
            _ => {
                "Each begins with its number, how many there are, and a blank. What follows is a piece; all pieces, \
                 joined in their order with nothing between them, are the file. A larger terminal needs fewer."
            }
        };
        canvas.paragraph(below, how, Role::Plain);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_version_holds_as_many_octets_as_its_table_says_and_no_more() {
        for (version, octets) in (1..).zip(OCTETS) {
            let columns = |octets: usize| Code::of(&"x".repeat(octets)).unwrap().columns();
            assert_eq!(columns(octets), Code::cells(version), "{version}");
            assert!(columns(octets + 1) > Code::cells(version), "{version}");
        }
    }

    #[test]
    fn pieces_joined_in_order_are_the_text_on_every_terminal() {
        let text: String = (0..3_000).filter_map(|at| char::from_digit(at % 36, 36)).collect();
        let codes = Codes::of(text.clone());
        for (columns, rows) in [(80, 21), (132, 40), (200, 60)] {
            let texts = codes.texts(columns, rows);
            let joined: String = texts.iter().map(|text| text.split_once(' ').unwrap().1).collect();
            assert_eq!(joined, text);
            for (at, text) in texts.iter().enumerate() {
                assert!(text.starts_with(&format!("{}/{} ", at + 1, texts.len())), "{text}");
                let code = Code::of(text).unwrap();
                assert!(code.columns() <= columns && code.rows() <= rows, "{columns}x{rows}");
            }
        }
        assert_eq!(codes.texts(20, 21), Vec::<String>::new());
        assert_eq!(Codes::of("short".to_owned()).texts(80, 21), ["short"]);
    }
}
