//! What tests of screens share: text that attacks a terminal, a failure, and a drawing that finds what changes cells
//! outside of its field.

use ratatui::{buffer::Buffer, layout::Rect};
use unicode_width::UnicodeWidthStr as _;

use crate::ceremony::{Aftermath, Class};

use super::{
    canvas::Canvas,
    message::Failure,
    model::About,
    room::Room,
    theme::{Colours, Glyphs, Theme},
};

/// Stands in the cells that a screen may not touch.
const FENCE: &str = "#";

/// Text that moves the cursor, turns the direction of writing, joins its neighbours, or is far too long.
pub fn hostile_texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        "\x1b[2J\x1b[H\x1b]0;owned\x07",
        "\u{9b}31m\u{90}\u{202e}gpj.exe\u{2066}",
        "漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字",
        "z\u{200b}e\u{200d}r\u{feff}o\u{301}\u{301}\u{301}\u{e0041}",
        "שלום עולם العربية",
        "a\nb\tc\r\0",
        "👩\u{200d}🚀🇩🇪\u{1100}\u{ac01}",
        "",
        "   ",
    ]
    .map(str::to_owned)
    .into();
    texts.push("10kB ".repeat(2_048));
    texts.push("字".repeat(4_096));
    texts
}

/// A failure that leaves nothing behind.
pub fn failure(what: &str, class: Class) -> Failure {
    Failure { what: what.to_owned(), hint: "what to do".to_owned(), class, aftermath: Aftermath::Nothing }
}

/// A screen's rows, drawn in the middle of a fence that must stand afterwards.
#[track_caller]
pub fn drawn(room: &dyn Room, width: u16, height: u16) -> Vec<String> {
    drawn_as(room, width, height, Glyphs::Unicode)
}

/// As [`drawn`], with the characters of a terminal.
#[track_caller]
pub fn drawn_as(room: &dyn Room, width: u16, height: u16, glyphs: Glyphs) -> Vec<String> {
    let all = Rect { x: 0, y: 0, width: width + 4, height: height + 4 };
    let area = Rect { x: 2, y: 2, width, height };
    let mut cells = Buffer::empty(all);
    for position in all.positions().filter(|&position| !area.contains(position)) {
        cells[position].set_symbol(FENCE);
    }
    let theme = Theme { colours: Colours::None, glyphs };
    room.draw(&mut Canvas::new(&mut cells, theme), area, &About::default());
    for position in all.positions() {
        let symbol = cells[position].symbol();
        if area.contains(position) {
            // What takes two cells must have both of them inside.
            let room = usize::from(area.right() - position.x);
            assert!(symbol.width() <= room.min(2), "{symbol:?} at {position}");
            assert!(!symbol.chars().any(char::is_control), "{symbol:?} at {position}");
        } else {
            assert_eq!(symbol, FENCE, "the cell at {position} is not the screen's");
        }
    }
    let row = |y: u16| {
        let mut text = String::new();
        let mut x = area.x;
        while x < area.right() {
            let symbol = cells[(x, y)].symbol();
            text.push_str(symbol);
            x += u16::try_from(symbol.width().max(1)).unwrap_or(1);
        }
        text.trim_end().to_owned()
    };
    (area.y..area.bottom()).map(row).collect()
}
