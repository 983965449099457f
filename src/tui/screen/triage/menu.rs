//! The controls that found something, to choose one of them.

use ratatui::layout::Rect;

use crate::{
    ceremony::{Occurrences, Triage},
    pki::policy::Control,
    tui::{canvas::Canvas, keymap::Action, list::List, theme::Role, wording::grouped},
};

/// The controls, and first of all none of them.
#[derive(Debug)]
pub struct Menu {
    controls: Vec<Occurrences>,
    list: List,
}

impl Menu {
    /// The controls of a table; the one that is filtered by is chosen.
    pub fn new(triage: &Triage, filtered: Option<Control>) -> Self {
        let controls = triage.controls();
        let mut list = List::default();
        if let Some(place) = controls.iter().position(|found| Some(found.control) == filtered) {
            list.choose(place + 1);
        }
        Self { controls, list }
    }

    /// The chosen control; `None` for all requests.
    pub fn chosen(&self) -> Option<Control> {
        let place = self.list.chosen().checked_sub(1)?;
        self.controls.get(place).map(|found| found.control)
    }

    /// Moves.
    pub fn act(&mut self, action: Action) {
        self.list.act(action, self.controls.len() + 1);
    }

    /// Draws it over the table.
    pub fn draw(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let rows = self.controls.len() + 1;
        let width = area.width.min(62);
        let height = u16::try_from(rows + 3).unwrap_or(u16::MAX).min(area.height);
        let place = Rect { x: area.x + (area.width - width) / 2, y: area.y, width, height };
        let inside = canvas.frame(place, "show only what a control found", Role::Plain);
        let heading = format!("  {:<24} {:>9} {:>7} {:>11}", "control", "refuses", "skips", "remarks on");
        canvas.text(inside.x, inside.y, inside.width, &heading, Role::Faint);
        let page = usize::from(inside.height.saturating_sub(1));
        let first = self.list.first_seen(rows, page);
        for (row, y) in (first..rows).zip(inside.y + 1..inside.bottom()) {
            let text = match row.checked_sub(1).and_then(|place| self.controls.get(place)) {
                None => "all requests, whatever was found".to_owned(),
                Some(found) => {
                    let (refused, skipped) = (count(found.refused), count(found.skipped));
                    let noted = count(found.noted);
                    format!("{:<24} {refused:>9} {skipped:>7} {noted:>11}", found.control.id())
                }
            };
            let is_chosen = row == self.list.chosen();
            let role = if is_chosen { Role::Selected } else { Role::Plain };
            canvas.row(inside, y, &format!("{} {text}", if is_chosen { ">" } else { " " }), role);
        }
    }
}

/// A number of requests, where there are any.
fn count(requests: u64) -> String {
    if requests == 0 { "-".to_owned() } else { grouped(requests) }
}
