//! Closing: what was done, the register's head to write down, what is due.

use ratatui::layout::Rect;

use super::plan::words;
use crate::{
    ceremony::Closing,
    tui::{
        canvas::Canvas,
        keymap::{Action, BACK, Binding},
        model::About,
        room::{Room, Turn},
        theme::Role,
    },
};

/// Closing.
#[derive(Debug)]
pub struct ClosingScreen {
    closing: Closing,
}

impl ClosingScreen {
    /// What the ceremony says at its end.
    #[must_use]
    pub fn new(closing: Closing) -> Self {
        Self { closing }
    }
}

impl Room for ClosingScreen {
    fn title(&self) -> &'static str {
        "Closing"
    }

    fn help(&self) -> &'static str {
        "Write down the entry number and the words of the register's head, or photograph the code: whoever holds them \
         can prove later that nothing before them was changed."
    }

    fn bindings(&self, _about: &About) -> Vec<Binding> {
        vec![BACK]
    }

    fn act(&mut self, action: Action, _about: &About) -> Turn {
        match action {
            Action::Back => Turn::back(),
            _ => Turn::stay(),
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, _about: &About) {
        let entry = self.closing.entry.to_string();
        canvas.labelled(area, area.y, "register entry", &entry, Role::Strong);
        words(canvas, Rect { y: area.y + 2, height: 3, ..area }, &self.closing.words);
    }
}
