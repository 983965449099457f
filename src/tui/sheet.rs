//! A sheet: text that may be longer than the screen, laid out to its width and scrolled by rows.
//!
//! It is laid out once for a width and kept; a frame looks at the rows that are seen and at no others.

use std::cell::RefCell;

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr as _;

use crate::pki::text::Printable;

use super::{
    canvas::{Canvas, wrapped},
    key::Key,
    keymap::{Action, Binding, LIST, Told},
    theme::{Glyphs, Role, Theme},
};

/// Cells that labels take at least, with the gap behind them.
const LABEL_CELLS: usize = 22;

/// Cells that labels may take where all values are aligned; longer ones stand out.
const COLUMN_MAX: usize = 34;

/// Cells that are left for a value beside its label; with fewer it stands below the label.
const VALUE_CELLS_MIN: usize = 24;

/// Cells that a value below its label is set in.
const BELOW_CELLS: usize = 4;

/// The screen before anything was drawn: that of the smallest terminal.
const WIDTH_AT_FIRST: u16 = 78;

/// Rows seen before anything was drawn.
const PAGE_AT_FIRST: usize = 14;

/// One thing on a sheet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Item {
    /// An empty row.
    Gap,
    /// What follows is about this.
    Heading(String),
    /// Our own words, over as many rows as they need.
    Words(String, Role),
    /// Our own words that stand in one row as they are.
    Row(String, Role),
    /// A label, and what it says.
    Labelled {
        /// Words of ours.
        label: String,
        /// What stands there, over as many rows as it needs.
        value: Printable,
        /// How it stands out.
        role: Role,
        /// What people should know of the value; words of ours.
        remark: Option<String>,
    },
}

impl Item {
    /// A label, and plain text behind it.
    #[must_use]
    pub fn labelled(label: impl Into<String>, value: Printable) -> Self {
        Self::Labelled { label: label.into(), value, role: Role::Plain, remark: None }
    }
}

/// Text that is laid out and scrolled.
#[derive(Debug, Default)]
pub struct Sheet {
    items: Vec<Item>,
    /// Where values begin, in cells, beside labels that are no longer.
    column: usize,
    /// The first row that is seen.
    first: usize,
    laid: RefCell<Option<Laid>>,
}

/// A sheet as it was drawn last.
#[derive(Debug)]
struct Laid {
    width: u16,
    glyphs: Glyphs,
    page: usize,
    lines: Vec<Line>,
}

/// Pieces of one row, each with the column it begins at; the first piece of outside text or words of ours alike were
/// made harmless before.
type Line = Vec<(u16, String, Role)>;

impl Sheet {
    /// A sheet, seen from its beginning.
    #[must_use]
    pub fn new(items: Vec<Item>) -> Self {
        Self { items, column: LABEL_CELLS, first: 0, laid: RefCell::new(None) }
    }

    /// The same with all values below each other behind the longest label, where that leaves them room.
    #[must_use]
    pub fn aligned(items: Vec<Item>) -> Self {
        let label = |item: &Item| match item {
            Item::Labelled { label, .. } => Some(label.width() + 2).filter(|cells| *cells <= COLUMN_MAX),
            _ => None,
        };
        let column = items.iter().filter_map(label).max().unwrap_or(LABEL_CELLS);
        Self { column, ..Self::new(items) }
    }

    /// How many rows it has and how many of them are seen.
    fn extent(&self) -> (usize, usize) {
        if let Some(laid) = self.laid.borrow().as_ref() {
            return (laid.lines.len(), laid.page);
        }
        let lines = lay(&self.items, self.column, WIDTH_AT_FIRST, Theme::of(None, None));
        (lines.len(), PAGE_AT_FIRST)
    }

    /// The keys that scroll it, as far as there is something to scroll to.
    #[must_use]
    pub fn scrolling(&self) -> Vec<Binding> {
        let (lines, page) = self.extent();
        let last = lines.saturating_sub(page);
        let mut bindings = Vec::new();
        if self.first < last {
            let keys = &[Key::PageDown, Key::Control('f'), Key::Char(' ')];
            bindings.push(Binding::bar(keys, Action::PageDown, "further"));
        }
        if self.first.min(last) > 0 {
            bindings.push(Binding::bar(&[Key::PageUp, Key::Control('b')], Action::PageUp, "back up"));
        }
        if last > 0 {
            let pages = |binding: &&Binding| !matches!(binding.action, Action::PageDown | Action::PageUp);
            bindings.extend(LIST.iter().filter(pages).cloned());
        }
        bindings
    }

    /// The same, told in the full help alone: for screens whose own keys fill the help bar.
    #[must_use]
    pub fn scrolling_in_help(&self) -> Vec<Binding> {
        self.scrolling().into_iter().map(|binding| Binding { told: Told::Help, ..binding }).collect()
    }

    /// Scrolls; actions that do not move are not for a sheet.
    pub fn act(&mut self, action: Action) {
        let (lines, page) = self.extent();
        let last = lines.saturating_sub(page);
        self.first = match action {
            Action::Up => self.first.min(last).saturating_sub(1),
            Action::Down => self.first + 1,
            Action::PageUp => self.first.min(last).saturating_sub(page.saturating_sub(1)),
            Action::PageDown => self.first + page.saturating_sub(1),
            Action::First => 0,
            Action::Last => last,
            _ => self.first,
        }
        .min(last);
    }

    /// Which rows are seen, `rows 7-20 of 64`; `None` where all are.
    #[must_use]
    pub fn place(&self) -> Option<String> {
        let laid = self.laid.borrow();
        let laid = laid.as_ref().filter(|laid| laid.lines.len() > laid.page)?;
        let first = self.first.min(laid.lines.len() - laid.page);
        Some(format!("rows {}-{} of {}", first + 1, first + laid.page, laid.lines.len()))
    }

    /// Says at the right end of a row which rows are seen, where that leaves what stands before a column alone.
    pub fn tell_place(&self, canvas: &mut Canvas<'_>, area: Rect, y: u16, after: u16) {
        let Some(place) = self.place() else { return };
        let width = u16::try_from(place.len()).unwrap_or(u16::MAX);
        if after.saturating_add(width) <= area.right() {
            canvas.text(area.right() - width, y, width, &place, Role::Faint);
        }
    }

    /// Draws the rows that are seen, and below them which those are where not all are seen.
    pub fn draw_placed(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let told = u16::from(self.lay_out(area.width, canvas.theme()) > usize::from(area.height));
        self.draw(canvas, Rect { height: area.height.saturating_sub(told), ..area });
        self.tell_place(canvas, area, area.bottom().saturating_sub(1), area.x);
    }

    /// Draws the rows that are seen.
    pub fn draw(&self, canvas: &mut Canvas<'_>, area: Rect) {
        self.lay_out(area.width, canvas.theme());
        let mut kept = self.laid.borrow_mut();
        let Some(laid) = kept.as_mut() else { return };
        laid.page = usize::from(area.height);
        let first = self.first.min(laid.lines.len().saturating_sub(laid.page));
        for (line, y) in laid.lines.iter().skip(first).zip(area.y..area.bottom()) {
            for (column, text, role) in line {
                let left = area.width.saturating_sub(*column);
                canvas.text(area.x + column, y, left, text, *role);
            }
        }
    }

    /// Lays it out for a width, where that is not done; returns how many rows it has.
    fn lay_out(&self, width: u16, theme: Theme) -> usize {
        let mut kept = self.laid.borrow_mut();
        if let Some(laid) = kept.as_ref().filter(|laid| (laid.width, laid.glyphs) == (width, theme.glyphs)) {
            return laid.lines.len();
        }
        let lines = lay(&self.items, self.column, width, theme);
        let rows = lines.len();
        *kept = Some(Laid { width, glyphs: theme.glyphs, page: PAGE_AT_FIRST, lines });
        rows
    }
}

fn lay(items: &[Item], column: usize, width: u16, theme: Theme) -> Vec<Line> {
    let mut lines = Vec::new();
    let cells = usize::from(width);
    for item in items {
        match item {
            Item::Gap => lines.push(Vec::new()),
            Item::Heading(text) => lines.extend(rows(&theme.line(text), 0, cells, Role::Strong)),
            Item::Words(text, role) => lines.extend(rows(&theme.line(text), 0, cells, *role)),
            Item::Row(text, role) => lines.push(vec![(0, theme.line(text).into_owned(), *role)]),
            Item::Labelled { label, value, role, remark } => {
                let (label, value) = (theme.line(label), theme.shown(value));
                let remark = remark.as_ref().map(|remark| theme.line(remark));
                lay_labelled(&mut lines, &label, (&value, *role), remark.as_deref(), (column, cells));
            }
        }
    }
    lines
}

fn lay_labelled(
    lines: &mut Vec<Line>,
    label: &str,
    (value, role): (&str, Role),
    remark: Option<&str>,
    (aligned, cells): (usize, usize),
) {
    let beside = (label.width() + 2).max(aligned);
    let is_beside = beside + VALUE_CELLS_MIN <= cells;
    let column = if is_beside { beside } else { BELOW_CELLS };
    // Blanks before a label set it in; breaking it into rows would take them away.
    let mut label = match label.width() {
        fits if fits <= cells => vec![vec![(0, label.to_owned(), Role::Faint)]],
        _ => rows(label, 0, cells, Role::Faint),
    };
    let mut value = if value.is_empty() { Vec::new() } else { rows(value, column, cells, role) };
    if is_beside && let (Some(first), false) = (label.first_mut(), value.is_empty()) {
        first.extend(value.remove(0));
    }
    lines.append(&mut label);
    lines.append(&mut value);
    if let Some(remark) = remark {
        lines.extend(rows(&format!("! {remark}"), column.min(aligned), cells, Role::Attention));
    }
}

/// Text from a column to the end of the row, over as many rows as it needs.
fn rows(text: &str, column: usize, cells: usize, role: Role) -> Vec<Line> {
    let at = u16::try_from(column).unwrap_or(0);
    wrapped(text, cells.saturating_sub(column)).into_iter().map(|line| vec![(at, line, role)]).collect()
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;

    use super::*;

    fn drawn(sheet: &Sheet, width: u16, height: u16) -> Vec<String> {
        let mut cells = Buffer::empty(Rect { x: 0, y: 0, width: width + 2, height: height + 1 });
        let area = Rect { x: 1, y: 0, width, height };
        sheet.draw(&mut Canvas::new(&mut cells, Theme::of(None, None)), area);
        let row =
            |y| (0..width + 2).map(|x| cells[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
        (0..=height).map(row).collect()
    }

    #[test]
    fn long_values_go_on_below_themselves_and_remarks_are_marked() {
        let value = Printable::new(&"ab ".repeat(12));
        let remark = Some("contains an ESC".to_owned());
        let item = Item::Labelled { label: "name".into(), value, role: Role::Plain, remark };
        let rows = drawn(&Sheet::new(vec![item, Item::Gap, Item::Heading("key".into())]), 50, 5);
        assert_eq!(rows[0], " name                  ab ab ab ab ab ab ab ab ab");
        assert_eq!(rows[1], "                       ab ab ab");
        assert_eq!(rows[2], "                       ! contains an ESC");
        assert_eq!(rows[3..], ["", " key", ""]);
    }

    #[test]
    fn a_label_that_leaves_no_room_has_its_value_below() {
        let item = Item::labelled("a label that takes most of the row".to_owned(), Printable::new("value"));
        let rows = drawn(&Sheet::new(vec![item]), 40, 3);
        assert_eq!(rows[0], " a label that takes most of the row");
        assert_eq!(rows[1], "     value");
    }

    /// What the help bar offers.
    fn offered(sheet: &Sheet) -> Vec<&'static str> {
        let told = |binding: &Binding| (binding.told == Told::Bar).then_some(binding.words);
        sheet.scrolling().iter().filter_map(told).collect()
    }

    #[test]
    fn scrolling_ends_at_the_ends_whatever_the_width() {
        let items = (1..=30).map(|row| Item::Row(format!("row {row}"), Role::Plain)).collect();
        let mut sheet = Sheet::new(items);
        assert_eq!(drawn(&sheet, 40, 10)[0], " row 1");
        assert_eq!(offered(&sheet), ["further"], "nothing stands above");
        for _ in 0..100 {
            sheet.act(Action::Down);
        }
        assert_eq!(drawn(&sheet, 40, 10)[9], " row 30");
        assert_eq!(sheet.place().as_deref(), Some("rows 21-30 of 30"));
        assert_eq!(offered(&sheet), ["back up"], "nothing follows");
        sheet.act(Action::Up);
        assert_eq!(drawn(&sheet, 40, 10)[9], " row 29");
        sheet.act(Action::PageUp);
        sheet.act(Action::PageUp);
        sheet.act(Action::PageUp);
        assert_eq!(drawn(&sheet, 40, 10)[0], " row 1");
        sheet.act(Action::Last);
        assert_eq!(drawn(&sheet, 40, 10)[9], " row 30");
        assert_eq!(drawn(&sheet, 40, 30)[29], " row 30");
        assert_eq!(sheet.place(), None);
        assert!(sheet.scrolling().is_empty(), "all is seen");
    }
}
