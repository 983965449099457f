//! A QR code (ISO/IEC 18004) in cells: two modules above each other in one cell, with the light margin of four modules
//! that cameras want.

use qrcode::{Color, EcLevel, QrCode};
use ratatui::layout::Rect;

use super::{canvas::Canvas, theme::Role};

/// Light modules around the code (ISO/IEC 18004 §5.3.8).
const MARGIN: usize = 4;

/// A code.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Code {
    /// Modules on a side, without the margin.
    side: usize,
    /// Row after row.
    dark: Vec<bool>,
}

impl Code {
    /// The code of a text, at the level that makes it smallest; `None` for text longer than any code holds.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
        let side = code.width();
        let dark = code.to_colors().into_iter().map(|color| color == Color::Dark).collect();
        Some(Self { side, dark })
    }

    /// Columns that a code of a version takes with its margin (ISO/IEC 18004 §5.3.1).
    #[must_use]
    pub fn cells(version: usize) -> u16 {
        u16::try_from(17 + 4 * version + 2 * MARGIN).unwrap_or(u16::MAX)
    }

    /// Columns that it takes.
    #[must_use]
    pub fn columns(&self) -> u16 {
        u16::try_from(self.side + 2 * MARGIN).unwrap_or(u16::MAX)
    }

    /// Rows that it takes.
    #[must_use]
    pub fn rows(&self) -> u16 {
        self.columns().div_ceil(2)
    }

    /// Whether the module at a place, counted from the margin's corner, is light.
    fn is_light(&self, x: usize, y: usize) -> bool {
        let inside = |at: usize| at.checked_sub(MARGIN).filter(|at| *at < self.side);
        match (inside(x), inside(y)) {
            (Some(x), Some(y)) => !self.dark[y * self.side + x],
            _ => true,
        }
    }

    /// Draws it with its corner at a place; nothing where it does not fit, as half a code is none.
    pub fn draw(&self, canvas: &mut Canvas<'_>, x: u16, y: u16) {
        let area = canvas.area();
        if x + self.columns() > area.right() || y + self.rows() > area.bottom() {
            return;
        }
        for row in 0..self.rows() {
            for column in 0..self.columns() {
                let (across, down) = (usize::from(column), usize::from(row) * 2);
                // Light is the drawn colour, so that a code is right on a dark screen without any colour.
                let symbol = match (self.is_light(across, down), self.is_light(across, down + 1)) {
                    (true, true) => "█",
                    (true, false) => "▀",
                    (false, true) => "▄",
                    (false, false) => " ",
                };
                canvas.fill(Rect { x: x + column, y: y + row, width: 1, height: 1 }, symbol, Role::Code);
            }
        }
    }
}

/// The room that a code may take where the frame's own is too low for it: all between its first row and its last two.
#[must_use]
pub fn between_banner_and_help(canvas: &Canvas<'_>) -> Rect {
    let whole = canvas.area();
    Rect { y: whole.y + 1, height: whole.height.saturating_sub(3), ..whole }
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;

    use super::*;
    use crate::tui::theme::Theme;

    /// The longest text of a register's head: the largest entry number there is.
    const LONGEST: &str =
        "COLDSIGN/18446744073709551615/BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD";

    fn drawn(code: &Code, width: u16, height: u16, y: u16) -> Buffer {
        let mut cells = Buffer::empty(Rect { x: 0, y: 0, width, height });
        code.draw(&mut Canvas::new(&mut cells, Theme::of(None, Some("linux"))), 0, y);
        cells
    }

    #[test]
    fn cells_read_back_are_the_modules_of_the_code_and_a_light_margin() {
        let code = Code::of(LONGEST).unwrap();
        let cells = drawn(&code, 80, 24, 1);
        let light = |x: u16, y: u16| {
            let symbol = cells[(x, 1 + y / 2)].symbol();
            match symbol {
                "█" => true,
                " " => false,
                "▀" => y.is_multiple_of(2),
                "▄" => !y.is_multiple_of(2),
                other => panic!("{other}"),
            }
        };
        let modules = QrCode::with_error_correction_level(LONGEST, EcLevel::L).unwrap();
        let (side, colors) = (modules.width(), modules.to_colors());
        for y in 0..code.columns() {
            for x in 0..code.columns() {
                let (across, down) = (usize::from(x), usize::from(y));
                let inside =
                    (MARGIN..MARGIN + side).contains(&across) && (MARGIN..MARGIN + side).contains(&down);
                let dark = inside && colors[(down - MARGIN) * side + across - MARGIN] == Color::Dark;
                assert_eq!(light(x, y), !dark, "{x} {y}");
            }
        }
    }

    #[test]
    fn the_longest_head_fits_between_banner_and_help_of_the_smallest_terminal() {
        let code = Code::of(LONGEST).unwrap();
        // Version 4: 33 modules and the margin.
        assert_eq!((code.columns(), code.rows()), (41, 21));
        assert!(1 + code.rows() + 2 <= crate::tui::view::ROWS_MIN);
    }

    #[test]
    fn half_a_code_is_not_drawn() {
        let code = Code::of(LONGEST).unwrap();
        let cells = drawn(&code, 40, 24, 0);
        assert_eq!(cells, Buffer::empty(cells.area));
    }
}
