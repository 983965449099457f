//! The forms of a delivery: a list of all there are, each with what it is, of which some are chosen.

use ratatui::layout::Rect;

use crate::{
    ceremony::Format,
    pki::platform::Platform,
    tui::{canvas::Canvas, keymap::Action, list::List, theme::Role, wording::counted},
};

/// The forms, and which are chosen besides PEM.
#[derive(Debug, Default)]
pub struct Forms {
    list: List,
    chosen: Vec<Format>,
}

impl Forms {
    /// The forms chosen besides PEM, in the order in which they were chosen.
    #[must_use]
    pub fn chosen(&self) -> &[Format] {
        &self.chosen
    }

    /// Chooses a platform's form.
    pub fn choose(&mut self, platform: Platform) {
        self.chosen.extend(Format::ALL.iter().filter(|format| format.name() == platform.name()));
    }

    /// Moves in the list.
    pub fn act(&mut self, action: Action) {
        self.list.act(action, Format::ALL.len());
    }

    /// Chooses the form under the cursor, or no longer; PEM is always there.
    pub fn mark(&mut self) {
        let Some(&format) = Format::ALL.get(self.list.chosen()).filter(|format| **format != Format::Pem)
        else {
            return;
        };
        match self.chosen.iter().position(|own| *own == format) {
            Some(at) => {
                self.chosen.remove(at);
            }
            None => self.chosen.push(format),
        }
    }

    /// Those that will be written, in few words.
    #[must_use]
    pub fn told(&self) -> String {
        let more = self.chosen.iter().map(|format| format.name());
        let names: Vec<&str> = [Format::Pem.name()].into_iter().chain(more).collect();
        names.join(", ")
    }

    /// Draws the list, as much as there is room for around the cursor.
    pub fn draw(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let all = Format::ALL;
        canvas.text(
            area.x,
            area.y,
            area.width,
            "forms of the bundle: Space chooses one, or not",
            Role::Faint,
        );
        let below = Rect { y: area.y + 1, height: area.height.saturating_sub(2), ..area };
        let names = all.iter().map(|format| format.name().len()).max().unwrap_or(0);
        let names = u16::try_from(names).unwrap_or(0).min(below.width / 2);
        let page = usize::from(below.height);
        let first = self.list.first_seen(all.len(), page);
        for ((row, format), y) in all.iter().enumerate().skip(first).zip(below.y..below.bottom()) {
            let role = self.list.lay(canvas, below, y, row);
            let mark = if *format == Format::Pem || self.chosen.contains(format) { "x" } else { " " };
            let always = if *format == Format::Pem { " (always)" } else { "" };
            canvas.text(below.x + 2, y, 4, &format!("[{mark}]"), role);
            canvas.text(below.x + 6, y, names, format.name(), role);
            let x = below.x + 6 + names + 2;
            let about = format!("{}{always}", format.about());
            canvas.text(x, y, below.right().saturating_sub(x), &about, role);
        }
        let y = area.bottom().saturating_sub(1);
        let last = (first + page).min(all.len());
        let text = if page < all.len() {
            format!("forms {} to {last} of {}", first + 1, all.len())
        } else {
            counted(all.len() as u64, "form")
        };
        canvas.text(area.x, y, area.width, &text, Role::Faint);
    }
}
