//! A list of rows of which one is chosen and a page is seen: how far it is scrolled, what moving keys do.

use ratatui::layout::Rect;

use super::{canvas::Canvas, keymap::Action, theme::Role};

/// Where a list stands.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct List {
    chosen: usize,
}

/// Rows that a page key moves by: a page of the smallest terminal.
const PAGE: usize = 14;

impl List {
    /// The chosen row.
    #[must_use]
    pub fn chosen(self) -> usize {
        self.chosen
    }

    /// Chooses a row.
    pub fn choose(&mut self, row: usize) {
        self.chosen = row;
    }

    /// Moves among `rows` rows; actions that do not move are not for a list.
    pub fn act(&mut self, action: Action, rows: usize) {
        let last = rows.saturating_sub(1);
        self.chosen = match action {
            Action::Up => self.chosen.saturating_sub(1),
            Action::Down => self.chosen + 1,
            Action::PageUp => self.chosen.saturating_sub(PAGE),
            Action::PageDown => self.chosen + PAGE,
            Action::First => 0,
            Action::Last => last,
            _ => self.chosen,
        }
        .min(last);
    }

    /// Keeps the chosen row among `rows` rows, where some are gone.
    pub fn keep_within(&mut self, rows: usize) {
        self.chosen = self.chosen.min(rows.saturating_sub(1));
    }

    /// The first row seen where `page` rows are seen: the chosen row stands in the middle, but at the ends.
    #[must_use]
    pub fn first_seen(self, rows: usize, page: usize) -> usize {
        self.chosen.saturating_sub(page / 2).min(rows.saturating_sub(page))
    }

    /// Lays a row out, marked where it is the chosen one; returns the role of what stands in it.
    pub fn lay(self, canvas: &mut Canvas<'_>, area: Rect, y: u16, row: usize) -> Role {
        let (mark, role) = if row == self.chosen { (">", Role::Selected) } else { ("", Role::Plain) };
        canvas.row(area, y, mark, role);
        role
    }
}
