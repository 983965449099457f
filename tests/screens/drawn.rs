//! Screens as text.

use coldsign::tui::{
    model::Model,
    theme::{Colours, Glyphs, Theme},
    view,
};
use ratatui::{buffer::Buffer, layout::Rect};

/// What most terminals can show.
pub const THEME: Theme = Theme { colours: Colours::Eight, glyphs: Glyphs::Unicode };

/// The cells of a model.
pub fn cells(model: &mut Model, (columns, rows): (u16, u16), theme: Theme) -> Buffer {
    let mut cells = Buffer::empty(Rect::new(0, 0, columns, rows));
    view::draw(model, &mut cells, theme);
    cells
}

/// Rows of cells as text, without blanks at their ends.
pub fn rows(cells: &Buffer) -> Vec<String> {
    let area = cells.area;
    let row = |y| {
        let mut row = String::new();
        let mut x = 0;
        while x < area.width {
            let symbol = cells[(x, y)].symbol();
            row.push_str(symbol);
            // The cell behind a wide character is no cell of its own.
            x += u16::try_from(unicode_width::UnicodeWidthStr::width(symbol).max(1)).unwrap_or(1);
        }
        row.trim_end().to_owned()
    };
    (0..area.height).map(row).collect()
}
