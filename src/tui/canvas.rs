//! Drawing: text into cells, each piece within its own field. Nothing else of the interface touches cells, so outside
//! text can change no cell outside its field.

use ratatui::{buffer::Buffer, layout::Rect};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::pki::text::{Printable, columns, is_on_console, is_shown};

use super::{
    field::Field,
    theme::{Glyphs, Role, Theme},
};

/// Cells to draw on.
pub struct Canvas<'a> {
    cells: &'a mut Buffer,
    theme: Theme,
}

impl<'a> Canvas<'a> {
    /// A canvas over cells.
    pub fn new(cells: &'a mut Buffer, theme: Theme) -> Self {
        Self { cells, theme }
    }

    /// How this terminal is drawn on.
    #[must_use]
    pub fn theme(&self) -> Theme {
        self.theme
    }

    /// The whole of it.
    #[must_use]
    pub fn area(&self) -> Rect {
        self.cells.area
    }

    /// Our own words at a place, cut at `width` cells; returns the cells used.
    pub fn text(&mut self, x: u16, y: u16, width: u16, text: &str, role: Role) -> u16 {
        let area = self.cells.area;
        if y < area.y || y >= area.bottom() || x >= area.right() {
            return 0;
        }
        let width = width.min(area.right() - x);
        let cut = cut(&self.theme.line(text), usize::from(width));
        let style = self.theme.style(role);
        let (end, _) = self.cells.set_stringn(x, y, &cut, usize::from(width), style);
        end - x
    }

    /// Outside text at a place, cut at `width` cells; returns the cells used.
    pub fn outside(&mut self, x: u16, y: u16, width: u16, text: &Printable, role: Role) -> u16 {
        let shown = self.theme.shown(text);
        self.text(x, y, width, &shown, role)
    }

    /// The same of a path: where it is too long, its end is what is shown.
    pub fn outside_end(&mut self, x: u16, y: u16, width: u16, text: &Printable, role: Role) -> u16 {
        let shown = self.theme.shown(text);
        self.text(x, y, width, &end_of(&shown, width), role)
    }

    /// A whole row in one role: text, then blanks to the end of the row.
    pub fn row(&mut self, area: Rect, y: u16, text: &str, role: Role) {
        let used = self.text(area.x, y, area.width, text, role);
        self.fill(Rect { x: area.x + used, y, width: area.width - used, height: 1 }, " ", role);
    }

    /// Fills an area with a character of one cell.
    pub fn fill(&mut self, area: Rect, symbol: &str, role: Role) {
        let style = self.theme.style(role);
        for position in area.intersection(self.cells.area).positions() {
            self.cells[position].set_symbol(symbol).set_style(style);
        }
    }

    /// Clears an area.
    pub fn clear(&mut self, area: Rect) {
        for position in area.intersection(self.cells.area).positions() {
            self.cells[position].reset();
        }
    }

    /// A horizontal rule with a title in it.
    pub fn rule(&mut self, area: Rect, y: u16, title: &str) {
        self.fill(Rect { x: area.x, y, width: area.width, height: 1 }, "─", Role::Faint);
        if !title.is_empty() {
            self.text(area.x + 1, y, area.width.saturating_sub(2), &format!(" {title} "), Role::Strong);
        }
    }

    /// A bar of one row as far as work has come, with its share in hundredths behind it.
    pub fn gauge(&mut self, area: Rect, y: u16, done: u64, of: u64) {
        const SHARE_CELLS: u16 = 6;
        let bar = Rect { y, width: area.width.saturating_sub(SHARE_CELLS), height: 1, ..area };
        let share = |parts: u64| {
            let part = u128::from(done.min(of)) * u128::from(parts) / u128::from(of.max(1));
            u16::try_from(part).unwrap_or(0)
        };
        self.fill(bar, "░", Role::Faint);
        self.fill(Rect { width: share(u64::from(bar.width)), ..bar }, "█", Role::Good);
        self.text(bar.right(), y, SHARE_CELLS, &format!("{:>4} %", share(100)), Role::Strong);
    }

    /// A box with a title; returns what is inside of it.
    pub fn frame(&mut self, area: Rect, title: &str, role: Role) -> Rect {
        let area = area.intersection(self.cells.area);
        self.clear(area);
        if area.width < 2 || area.height < 2 {
            return Rect { width: 0, height: 0, ..area };
        }
        let (right, bottom) = (area.right() - 1, area.bottom() - 1);
        for y in [area.y, bottom] {
            self.fill(Rect { x: area.x, y, width: area.width, height: 1 }, "─", role);
        }
        for x in [area.x, right] {
            self.fill(Rect { x, y: area.y, width: 1, height: area.height }, "│", role);
        }
        for (x, y, corner) in
            [(area.x, area.y, "┌"), (right, area.y, "┐"), (area.x, bottom, "└"), (right, bottom, "┘")]
        {
            self.fill(Rect { x, y, width: 1, height: 1 }, corner, role);
        }
        if !title.is_empty() {
            self.text(area.x + 2, area.y, area.width.saturating_sub(4), &format!(" {title} "), Role::Strong);
        }
        Rect { x: area.x + 2, y: area.y + 1, width: area.width.saturating_sub(4), height: area.height - 2 }
    }

    /// Text over several rows, broken between words; returns the rows used.
    pub fn paragraph(&mut self, area: Rect, text: &str, role: Role) -> u16 {
        let lines = wrapped(&self.theme.line(text), usize::from(area.width));
        let mut used = 0;
        for line in lines.iter().take(usize::from(area.height)) {
            self.text(area.x, area.y + used, area.width, line, role);
            used += 1;
        }
        used
    }

    /// A label and its value, in columns; returns the rows used (one).
    pub fn labelled(&mut self, area: Rect, y: u16, label: &str, value: &str, role: Role) -> u16 {
        if y >= area.bottom() {
            return 0;
        }
        let column = LABEL_CELLS.min(area.width);
        self.text(area.x, y, column.saturating_sub(1), label, Role::Faint);
        self.text(area.x + column, y, area.width - column, value, role);
        1
    }

    /// A field being typed into, one row; the cursor is a reversed cell where `role` is [`Role::Selected`].
    pub fn input(&mut self, x: u16, y: u16, width: u16, field: &Field, role: Role) {
        self.fill(Rect { x, y, width, height: 1 }, "_", Role::Faint);
        let room = usize::from(width.saturating_sub(1)).max(1);
        // Every character is shown in one cell. What stands left of the cursor scrolls out on the left.
        let skip = field.cursor().saturating_sub(room);
        let glyphs = self.theme.glyphs;
        let typed = field.text().chars().skip(skip).take(usize::from(width) + 1);
        let shown: String = typed.map(|c| in_one_cell(c, glyphs)).collect();
        self.text(x, y, width, &shown, Role::Plain);
        if role == Role::Selected {
            let at = x + u16::try_from(field.cursor() - skip).unwrap_or(0);
            if at < x + width && at < self.cells.area.right() && y < self.cells.area.bottom() {
                let style = self.theme.style(Role::Selected);
                self.cells[(at, y)].set_style(style);
                if self.cells[(at, y)].symbol() == "_" {
                    self.cells[(at, y)].set_symbol(" ");
                }
            }
        }
    }
}

/// Cells that labels take.
pub const LABEL_CELLS: u16 = 18;

/// A character of a line being typed as it is shown, in one cell: a path that is gone on with, and what is pasted, come
/// from outside.
fn in_one_cell(c: char, glyphs: Glyphs) -> char {
    let can_be_shown = match glyphs {
        Glyphs::Console => is_on_console(c),
        Glyphs::Unicode => is_shown(c) && columns(c) == 1,
    };
    if can_be_shown { c } else { '?' }
}

/// Text that fits into so many cells; two dots where something was cut off.
#[must_use]
pub fn cut(text: &str, cells: usize) -> String {
    if text.width() <= cells {
        return text.to_owned();
    }
    let room = cells.saturating_sub(2);
    let mut used = 0;
    let mut kept = String::new();
    for c in text.chars() {
        let width = c.width().unwrap_or(0);
        if used + width > room {
            break;
        }
        used += width;
        kept.push(c);
    }
    kept.push_str(&".."[..2.min(cells)]);
    kept
}

/// The end of a text that is too long for so many cells: of names in one folder the ends differ.
#[must_use]
pub fn end_of(text: &str, cells: u16) -> String {
    let cells = usize::from(cells);
    if text.width() <= cells {
        return text.to_owned();
    }
    // Two dots take the place of what stands first.
    let dots = &".."[..2.min(cells)];
    let mut used = dots.len();
    let mut kept = text.len();
    for (at, c) in text.char_indices().rev() {
        used += c.width().unwrap_or(0);
        if used > cells {
            break;
        }
        kept = at;
    }
    format!("{dots}{}", &text[kept..])
}

/// Text broken into lines of at most so many cells, between words where that is possible.
#[must_use]
pub fn wrapped(text: &str, cells: usize) -> Vec<String> {
    let cells = cells.max(1);
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        let mut used = 0;
        for word in paragraph.split(' ') {
            let mut word = word.to_owned();
            loop {
                let wide = word.width();
                let gap = usize::from(used > 0);
                if used + gap + wide <= cells {
                    if gap == 1 {
                        line.push(' ');
                    }
                    line.push_str(&word);
                    used += gap + wide;
                    break;
                }
                if used > 0 {
                    lines.push(std::mem::take(&mut line));
                    used = 0;
                    continue;
                }
                // A word longer than a line is broken where the line ends.
                let mut taken = 0;
                let at = word
                    .char_indices()
                    .find(|(_, c)| {
                        taken += c.width().unwrap_or(0);
                        taken > cells
                    })
                    .map_or(word.len(), |(at, c)| if at == 0 { c.len_utf8() } else { at });
                let rest = word.split_off(at);
                if rest.is_empty() {
                    used = word.width();
                    line = word;
                    break;
                }
                lines.push(word);
                word = rest;
            }
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::{key::Key, theme::Colours};

    #[test]
    fn a_sources_end_is_cut_by_columns() {
        assert_eq!(end_of("abc", 3), "abc");
        assert_eq!(end_of("abcdef", 5), "..def");
        assert_eq!(end_of("漢字漢字", 7), "..漢字");
        assert_eq!(end_of("漢字漢字", 6), "..漢字");
        assert_eq!(end_of("漢字漢字", 5), "..字");
        assert_eq!(end_of("abc", 1), ".");
        assert_eq!(end_of("", 0), "");
    }

    fn typed(text: &str, lefts: usize, width: u16) -> String {
        typed_on(Glyphs::Unicode, text, lefts, width)
    }

    fn typed_on(glyphs: Glyphs, text: &str, lefts: usize, width: u16) -> String {
        let mut field = Field::with(text);
        for _ in 0..lefts {
            field.take(Key::Left);
        }
        let mut cells = Buffer::empty(Rect::new(0, 0, width + 2, 1));
        let theme = Theme { colours: Colours::None, glyphs };
        Canvas::new(&mut cells, theme).input(1, 0, width, &field, Role::Selected);
        cells.content().iter().map(ratatui::buffer::Cell::symbol).collect()
    }

    #[test]
    fn a_field_shows_what_stands_around_the_cursor() {
        assert_eq!(typed("abc", 0, 6), " abc __ ");
        assert_eq!(typed("abc", 1, 6), " abc___ ");
        assert_eq!(typed("abcdefgh", 0, 6), " defgh  ");
        assert_eq!(typed("abcdefgh", 8, 6), " abcd.. ");
        assert_eq!(typed("\u{202e}日\u{301}x", 0, 6), " ???x _ ");
        let long = "日".repeat(1_000_000);
        assert_eq!(typed(&long, 0, 6), " ?????  ");
        // Letters that turn the row, flags that are two characters, and what the console's fonts lack.
        assert_eq!(typed("אב\u{1f1e9}\u{1f1ea}č", 0, 8), " ????č __ ");
        assert_eq!(typed_on(Glyphs::Console, "äč…x", 0, 6), " ä??x _ ");
    }

    fn check(text: &str, cells: usize, expected: &[&str]) {
        assert_eq!(wrapped(text, cells), expected, "{text} in {cells}");
    }

    #[test]
    fn breaks_lines_between_words_and_words_that_are_too_long() {
        check("one two three", 7, &["one two", "three"]);
        check("one two three", 80, &["one two three"]);
        check("abcdefgh ij", 3, &["abc", "def", "gh", "ij"]);
        check("first\nsecond", 80, &["first", "second"]);
        check("", 5, &[""]);
        check("日本語", 2, &["日", "本", "語"]);
        check("日本語", 1, &["日", "本", "語"]);
    }

    #[test]
    fn cuts_what_does_not_fit_and_says_so() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdefg", 6), "abcd..");
        assert_eq!(cut("日本語", 5), "日..");
        assert_eq!(cut("日本語", 4), "日..");
        assert_eq!(cut("abc", 1), ".");
        assert_eq!(cut("abc", 0), "");
    }
}
