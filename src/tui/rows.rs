//! Rows that the work reads and a screen lists: not read yet, or there, one of them chosen.

use ratatui::layout::Rect;

use super::{
    canvas::Canvas,
    key::Key,
    keymap::{Action, Binding, LIST},
    list::List,
    room::Turn,
    theme::Role,
};

/// Rows that are listed.
#[derive(Debug)]
pub struct Rows<T> {
    /// None before they were read.
    read: Option<Vec<T>>,
    list: List,
}

/// What stands around rows and in their place.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// Titles of the columns, above the rows; a column is the cells before it.
    pub heads: &'a [(u16, &'a str)],
    /// How many lines of the screen one row takes.
    pub lines: u16,
    /// What is said where there are none.
    pub none: &'a str,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self { read: None, list: List::default() }
    }
}

impl<T> Rows<T> {
    /// Whether they are to be read.
    #[must_use]
    pub fn is_unread(&self) -> bool {
        self.read.is_none()
    }

    /// They are to be read again.
    pub fn forget(&mut self) {
        self.read = None;
    }

    /// They were read, in place of what was read before.
    pub fn show(&mut self, rows: Vec<T>) {
        self.list.keep_within(rows.len());
        self.read = Some(rows);
    }

    /// Those behind them were read.
    pub fn add(&mut self, rows: Vec<T>) {
        self.read.get_or_insert_default().extend(rows);
    }

    /// All that were read.
    #[must_use]
    pub fn all(&self) -> &[T] {
        self.read.as_deref().unwrap_or_default()
    }

    /// The chosen one.
    #[must_use]
    pub fn chosen(&self) -> Option<&T> {
        self.all().get(self.list.chosen())
    }

    /// Into what the chosen one leads to; there is no way where there is none.
    pub fn open(&self, into: impl FnOnce(&T) -> Turn) -> Turn {
        self.chosen().map_or_else(Turn::stay, into)
    }

    /// Moves among them.
    pub fn act(&mut self, action: Action) -> Turn {
        self.list.act(action, self.all().len());
        Turn::stay()
    }

    /// What keys do with them: `open` is what Enter does with the chosen one.
    #[must_use]
    pub fn bindings(&self, open: &'static str) -> Vec<Binding> {
        if self.all().is_empty() {
            return Vec::new();
        }
        let open = Binding::bar(&[Key::Enter, Key::Right, Key::Char('l')], Action::Open, open);
        [open].into_iter().chain(LIST.iter().cloned()).collect()
    }

    /// Draws as many as fit, the chosen one among them; `row` draws what stands in one, whose first line is laid out.
    pub fn draw(
        &self,
        canvas: &mut Canvas<'_>,
        area: Rect,
        look: Look<'_>,
        mut row: impl FnMut(&mut Canvas<'_>, Rect, &T, Role),
    ) {
        let Some(rows) = &self.read else {
            canvas.text(area.x, area.y, area.width, "reading ...", Role::Faint);
            return;
        };
        if rows.is_empty() {
            canvas.paragraph(area, look.none, Role::Plain);
            return;
        }
        let mut below = area;
        if !look.heads.is_empty() {
            for (column, text) in look.heads {
                canvas.text(area.x + column, area.y, area.width.saturating_sub(*column), text, Role::Faint);
            }
            below = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        }
        let page = usize::from(below.height / look.lines);
        let first = self.list.first_seen(rows.len(), page);
        for ((at, one), place) in rows.iter().enumerate().skip(first).take(page).zip(0..) {
            let y = below.y + place * look.lines;
            let role = self.list.lay(canvas, below, y, at);
            row(canvas, Rect { y, height: look.lines, ..below }, one, role);
        }
    }
}
