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
    read: Read<T>,
    list: List,
}

/// Whether rows were read.
#[derive(Debug)]
enum Read<T> {
    /// They could not be read.
    Failed,
    /// They were.
    There(Vec<T>),
    /// Not yet.
    Wanted,
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
        Self { read: Read::Wanted, list: List::default() }
    }
}

impl<T> Rows<T> {
    /// Whether they are to be read.
    #[must_use]
    pub fn is_unread(&self) -> bool {
        matches!(self.read, Read::Wanted | Read::Failed)
    }

    /// They are to be read again.
    pub fn forget(&mut self) {
        self.read = Read::Wanted;
    }

    /// They were read, in place of what was read before.
    pub fn show(&mut self, rows: Vec<T>) {
        self.list.keep_within(rows.len());
        self.read = Read::There(rows);
    }

    /// A job of their screen failed: where they are not there yet, they do not come any more.
    pub fn unreadable(&mut self) {
        if let Read::Wanted = self.read {
            self.read = Read::Failed;
        }
    }

    /// Those behind them were read.
    pub fn add(&mut self, rows: Vec<T>) {
        match &mut self.read {
            Read::There(known) => known.extend(rows),
            Read::Failed | Read::Wanted => self.read = Read::There(rows),
        }
    }

    /// All that were read.
    #[must_use]
    pub fn all(&self) -> &[T] {
        match &self.read {
            Read::There(rows) => rows,
            Read::Failed | Read::Wanted => &[],
        }
    }

    /// The chosen one.
    #[must_use]
    pub fn chosen(&self) -> Option<&T> {
        self.all().get(self.list.chosen())
    }

    /// Chooses one by its place.
    pub fn choose(&mut self, place: usize) {
        self.list.choose(place);
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
        let rows = match &self.read {
            Read::There(rows) => rows,
            Read::Wanted => {
                canvas.text(area.x, area.y, area.width, "reading ...", Role::Faint);
                return;
            }
            Read::Failed => {
                let text = "This could not be read. Go back and open it again.";
                canvas.text(area.x, area.y, area.width, text, Role::Attention);
                return;
            }
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

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;

    use super::*;
    use crate::tui::theme::Theme;

    /// What is drawn of numbers, two rows high.
    fn drawn(rows: &Rows<u32>) -> String {
        let area = Rect::new(0, 0, 52, 4);
        let mut cells = Buffer::empty(area);
        let look = Look { heads: &[(2, "number")], lines: 1, none: "no numbers" };
        rows.draw(
            &mut Canvas::new(&mut cells, Theme::of(None, None)),
            area,
            look,
            |canvas, place, one, role| {
                canvas.text(place.x + 2, place.y, 10, &one.to_string(), role);
            },
        );
        let text: String = cells.content().iter().map(ratatui::buffer::Cell::symbol).collect();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn rows_say_whether_they_are_read_and_keep_the_chosen_one_in_sight() {
        let mut rows = Rows::default();
        assert_eq!(drawn(&rows), "reading ...");
        assert!(rows.is_unread() && rows.bindings("open").is_empty() && rows.chosen().is_none());
        rows.show(Vec::new());
        assert_eq!(drawn(&rows), "no numbers");
        rows.show(vec![1, 2, 3]);
        rows.add(vec![4, 5]);
        assert_eq!(drawn(&rows), "number > 1 2 3");
        rows.act(Action::Last);
        assert_eq!(drawn(&rows), "number 3 4 > 5");
        rows.unreadable();
        assert_eq!(rows.chosen(), Some(&5), "what is there stays");
        rows.show(vec![7]);
        assert_eq!(rows.chosen(), Some(&7));
        assert_eq!(rows.bindings("open")[0].words, "open");
        rows.forget();
        rows.unreadable();
        assert_eq!(drawn(&rows), "This could not be read. Go back and open it again.");
    }
}
