//! Approval: the words of the plan are typed, all of them. A single key approves nothing.

use ratatui::layout::Rect;

use super::{Screen, plan::words, signing::Signing};
use crate::{
    ceremony::StoredPlan,
    tui::{
        canvas::Canvas,
        field::Field,
        key::Key,
        keymap::{Action, BACK, Binding},
        model::About,
        room::{Heard, Room, Turn},
        theme::Role,
        work::{Job, News},
    },
};

/// The approval of a plan.
#[derive(Debug)]
pub struct Approval {
    plan: StoredPlan,
    field: Field,
}

impl Approval {
    /// The approval of a plan, nothing typed yet.
    #[must_use]
    pub fn new(plan: StoredPlan) -> Self {
        Self { plan, field: Field::default() }
    }
}

impl Room for Approval {
    fn title(&self) -> &'static str {
        "Approval"
    }

    fn help(&self) -> &'static str {
        "Type the words of the plan, with blanks between them. Only exactly this plan can be approved so. What is \
         approved can be signed; nothing is signed yet."
    }

    fn bindings(&self, _about: &About) -> Vec<Binding> {
        vec![Binding::bar(&[Key::Enter], Action::Proceed, "approve this plan"), BACK]
    }

    fn act(&mut self, action: Action, _about: &About) -> Turn {
        match action {
            Action::Back => Turn::back(),
            Action::Proceed => {
                Turn::work(Job::Approve { plan: self.plan.clone(), words: self.field.text().to_owned() })
            }
            _ => Turn::stay(),
        }
    }

    fn field(&mut self) -> Option<&mut Field> {
        Some(&mut self.field)
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        match *news {
            News::Approved(plan) => Heard::Mine(Turn::replace(Screen::Signing(Signing::new(plan)))),
            other => Heard::NotMine(Box::new(other)),
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, _about: &About) {
        let text = format!("{} certificates of plan {}", self.plan.accepted, self.plan.id);
        canvas.text(area.x, area.y, area.width, &text, Role::Strong);
        words(canvas, Rect { y: area.y + 2, height: 3, ..area }, &self.plan.words());
        canvas.text(
            area.x,
            area.y + 6,
            area.width,
            "type the words to approve exactly this plan",
            Role::Faint,
        );
        canvas.input(area.x, area.y + 7, area.width, &self.field, Role::Selected);
    }
}
