//! Signing: how far it is, how fast, how long still; halt, go on, stop after the certificate in hand.

use std::time::Duration;

use ratatui::layout::Rect;

use super::{Screen, delivery::Delivery};
use crate::{
    ceremony::{Issued, Phase, StoredPlan},
    tui::{
        canvas::Canvas,
        key::Key,
        keymap::{Action, BACK, Binding},
        message::{Effect, Failure},
        model::{About, Pace},
        room::{Heard, Room, Told, Turn},
        theme::Role,
        work::{Job, News},
    },
};

/// Halts, or goes on.
const PAUSE: Action = Action::Verb(0);

/// Stops after the certificate in hand.
const STOP: Action = Action::Verb(1);

/// Signing a plan.
#[derive(Debug)]
pub struct Signing {
    plan: StoredPlan,
    done: u64,
    began: Option<(Duration, u64)>,
    rate: f64,
    issued: Option<Issued>,
    failure: Option<Failure>,
}

impl Signing {
    /// Signing of an approved plan, not begun.
    #[must_use]
    pub fn new(plan: StoredPlan) -> Self {
        Self { plan, done: 0, began: None, rate: 0.0, issued: None, failure: None }
    }
}

impl Room for Signing {
    fn title(&self) -> &'static str {
        "Signing"
    }

    fn help(&self) -> &'static str {
        "The token signs what was planned and approved, nothing else. Every signature is checked and recorded. A pause \
         or a stop ends the certificates in hand first; what is signed is recorded, and signing goes on later where it \
         was."
    }

    fn bindings(&self, about: &About) -> Vec<Binding> {
        match &about.busy {
            Some(busy) if busy.pace == Pace::Paused => vec![
                Binding::bar(&[Key::Char('p'), Key::Char(' ')], PAUSE, "go on"),
                Binding::bar(&[Key::Char('s')], STOP, "stop"),
            ],
            Some(_) => vec![
                Binding::bar(&[Key::Char('p'), Key::Char(' ')], PAUSE, "pause"),
                Binding::bar(&[Key::Char('s')], STOP, "stop after this one"),
            ],
            None if self.issued.is_some() => {
                vec![Binding::bar(&[Key::Char('d')], Action::Proceed, "deliver"), BACK]
            }
            None => vec![Binding::bar(&[Key::Char('s')], Action::Proceed, "sign"), BACK],
        }
    }

    fn act(&mut self, action: Action, about: &About) -> Turn {
        match action {
            Action::Back => Turn::back(),
            Action::Proceed if self.issued.is_some() => {
                Turn::replace(Screen::Delivery(Delivery::new(self.plan.clone())))
            }
            Action::Proceed => {
                self.failure = None;
                self.began = None;
                Turn::work(Job::Sign(self.plan.clone()))
            }
            PAUSE => match about.busy.as_ref().map(|busy| busy.pace) {
                Some(Pace::Paused) => Turn::effect(Effect::Resume),
                Some(Pace::Going) => Turn::effect(Effect::Pause),
                _ => Turn::stay(),
            },
            STOP => Turn::effect(Effect::Stop),
            _ => Turn::stay(),
        }
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        match *news {
            News::Signed(issued) => {
                self.done = issued.all;
                self.issued = Some(issued);
                Heard::Mine(Turn::stay())
            }
            other => Heard::NotMine(Box::new(other)),
        }
    }

    fn fail(&mut self, failure: &Failure) -> Told {
        self.failure = Some(failure.clone());
        Told::Here(Turn::stay())
    }

    fn tick(&mut self, about: &About) -> Turn {
        let progress = about.busy.as_ref().and_then(|busy| busy.progress);
        if let Some(progress) = progress.filter(|progress| progress.phase == Phase::Signing) {
            self.done = progress.done;
            let (began, from) = *self.began.get_or_insert((about.since, progress.done));
            let seconds = about.since.saturating_sub(began).as_secs_f64();
            if seconds > 0.5 {
                #[expect(clippy::cast_precision_loss, reason = "a rate for people to read")]
                let made = progress.done.saturating_sub(from) as f64;
                self.rate = made / seconds;
            }
        }
        Turn::stay()
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, _about: &About) {
        let of = self.plan.accepted;
        let text = format!("{} of {of} certificates of plan {}", self.done, self.plan.id);
        canvas.text(area.x, area.y, area.width, &text, Role::Strong);
        let cells = u64::from(area.width);
        let full = u16::try_from(self.done.min(of) * cells / of.max(1)).unwrap_or(0);
        canvas.fill(Rect { y: area.y + 2, height: 1, ..area }, "░", Role::Faint);
        canvas.fill(Rect { y: area.y + 2, height: 1, width: full, ..area }, "█", Role::Good);
        let rate = format!("{:.0} a second", self.rate);
        canvas.labelled(area, area.y + 4, "rate", &rate, Role::Plain);
        if let Some(failure) = &self.failure {
            let below = Rect { y: area.y + 7, height: area.height.saturating_sub(7), ..area };
            let used = canvas.paragraph(below, &format!("{}.", failure.what), Role::Bad);
            let below = Rect { y: below.y + used, height: below.height.saturating_sub(used), ..below };
            canvas.paragraph(below, &format!("What to do: {}.", failure.hint), Role::Plain);
        }
    }
}
