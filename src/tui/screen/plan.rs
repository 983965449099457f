//! A stored plan: what exactly will be signed, byte for byte, before anybody approves it.

use ratatui::layout::Rect;

use super::{Screen, approval::Approval};
use crate::{
    ceremony::{Counts, StoredPlan},
    tui::{
        canvas::Canvas,
        key::Key,
        keymap::{Action, BACK, Binding},
        model::About,
        room::{Room, Turn},
        theme::Role,
    },
};

/// A stored plan.
#[derive(Debug)]
pub struct Plan {
    plan: StoredPlan,
    counts: Counts,
}

impl Plan {
    /// A plan that was stored.
    #[must_use]
    pub fn new(plan: StoredPlan, counts: Counts) -> Self {
        Self { plan, counts }
    }
}

impl Room for Plan {
    fn title(&self) -> &'static str {
        "Plan"
    }

    fn help(&self) -> &'static str {
        "Every certificate of the plan exists already, byte for byte, and is stored; only signatures are missing. The \
         words stand for the digest over all of them: whoever approves the words approves exactly these certificates. \
         Read the words to each other. Going back leaves the plan stored and not approved."
    }

    fn bindings(&self, _about: &About) -> Vec<Binding> {
        vec![Binding::bar(&[Key::Char('a')], Action::Proceed, "approve by typing the words"), BACK]
    }

    fn act(&mut self, action: Action, _about: &About) -> Turn {
        match action {
            Action::Back => Turn::back(),
            Action::Proceed => Turn::enter(Screen::Approval(Approval::new(self.plan.clone()))),
            _ => Turn::stay(),
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, _about: &About) {
        let plan = &self.plan;
        let mut y = area.y;
        let counts = format!(
            "{} to be signed, {} refused, {} skipped",
            self.counts.accepted, self.counts.refused, self.counts.skipped
        );
        for (label, value) in [
            ("plan", plan.id.clone()),
            ("CA", plan.authority.clone()),
            ("profile", plan.profile.clone()),
            ("requests", counts),
            ("digest", plan.digest.to_string()),
        ] {
            y += canvas.labelled(area, y, label, &value, Role::Plain);
        }
        y += 1;
        canvas.text(area.x, y, area.width, "words", Role::Faint);
        words(canvas, Rect { y: y + 1, height: 3, ..area }, &plan.words());
    }
}

/// Words in rows of four, numbered, far enough apart to be read aloud.
pub fn words(canvas: &mut Canvas<'_>, area: Rect, words: &str) {
    for (place, word) in words.split(' ').enumerate() {
        let (column, row) = (place % 4, place / 4);
        let x = area.x + u16::try_from(column).unwrap_or(0) * 18;
        let y = area.y + u16::try_from(row).unwrap_or(0);
        if y < area.bottom() {
            canvas.text(x, y, 3, &format!("{:>2}", place + 1), Role::Faint);
            canvas.text(x + 3, y, 14, word, Role::Strong);
        }
    }
}
