//! Withdrawal: a plan that is not wanted is put away. The reason is typed, then a letter says that it is meant.

use ratatui::layout::Rect;

use crate::{
    ceremony::StoredPlan,
    pki::text::Printable,
    tui::{
        canvas::Canvas,
        field::Field,
        key::Key,
        keymap::{Action, BACK, Binding},
        model::About,
        room::{Heard, Room, Turn},
        theme::Role,
        wording::counted,
        work::{Job, News},
    },
};

/// Puts the plan away.
const WITHDRAW: Action = Action::Verb(0);

/// How far it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Step {
    /// The reason is typed.
    Reason,
    /// It is asked whether it is meant.
    Confirm,
}

/// The withdrawal of a plan.
#[derive(Debug)]
pub struct Withdrawal {
    plan: StoredPlan,
    reason: Field,
    step: Step,
}

impl Withdrawal {
    /// The withdrawal of a plan, no reason typed yet.
    #[must_use]
    pub fn new(plan: StoredPlan) -> Self {
        Self { plan, reason: Field::default(), step: Step::Reason }
    }
}

impl Room for Withdrawal {
    fn title(&self) -> &'static str {
        "Withdraw a plan"
    }

    fn help(&self) -> &'static str {
        "A plan that is not wanted is put away for good: it can neither be approved nor signed any more. Nothing is \
         deleted; the register keeps the plan, and says when it was withdrawn and why. The same requests can be planned \
         again. A plan of which anything is signed is not withdrawn."
    }

    fn bindings(&self, _about: &About) -> Vec<Binding> {
        match self.step {
            Step::Reason => vec![Binding::bar(&[Key::Enter], Action::Proceed, "go on"), BACK],
            Step::Confirm => {
                vec![Binding::bar(&[Key::Char('w')], WITHDRAW, "withdraw it for good"), BACK]
            }
        }
    }

    fn act(&mut self, action: Action, _about: &About) -> Turn {
        match (self.step, action) {
            (Step::Reason, Action::Proceed) if self.reason.text().trim().is_empty() => {
                return Turn::refuse("no reason is typed", "type why the plan is not wanted, in a few words");
            }
            (Step::Reason, Action::Proceed) => self.step = Step::Confirm,
            (Step::Confirm, Action::Back) => self.step = Step::Reason,
            (Step::Confirm, WITHDRAW) => {
                let reason = self.reason.text().to_owned();
                return Turn::work(Job::Withdraw { plan: self.plan.clone(), reason });
            }
            (_, Action::Back) => return Turn::back(),
            _ => {}
        }
        Turn::stay()
    }

    fn field(&mut self) -> Option<&mut Field> {
        match self.step {
            Step::Reason => Some(&mut self.reason),
            Step::Confirm => None,
        }
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        match *news {
            News::Withdrawn => Heard::Mine(Turn::back()),
            other => Heard::NotMine(Box::new(other)),
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, _about: &About) {
        let plan = &self.plan;
        let mut y = area.y;
        let name = format!("{} of CA {}, profile {}", plan.id, plan.authority, plan.profile);
        y += canvas.labelled(area, y, "plan", Printable::new(&name).as_str(), Role::Strong);
        let planned = counted(plan.accepted, "certificate");
        y += canvas.labelled(area, y, "planned", &format!("{planned}, none of them signed"), Role::Plain) + 1;
        canvas.text(
            area.x,
            y,
            area.width,
            "Why is it not wanted? The register keeps the answer.",
            Role::Plain,
        );
        let role = match self.step {
            Step::Reason => Role::Selected,
            Step::Confirm => Role::Plain,
        };
        canvas.input(area.x, y + 1, area.width, &self.reason, role);
        if self.step == Step::Confirm {
            let below = Rect { y: y + 3, height: area.bottom().saturating_sub(y + 3), ..area };
            let text = "w withdraws this plan for good: nobody can approve or sign it any more. Esc changes nothing.";
            canvas.paragraph(below, text, Role::Attention);
        }
    }
}
