//! The start: what the machine looks like, and whether its clock is right.

use ratatui::layout::Rect;

use crate::ceremony::{Check, HomeState, Mark};

use super::{Screen, rooms::Rooms, setup::Setup};
use crate::tui::{
    canvas::Canvas,
    key::Key,
    keymap::{Action, BACK, Binding, LIST},
    list::List,
    model::About,
    room::{Heard, Room, Turn},
    theme::Role,
    work::{Job, News, tokens::TokenJob},
};

/// Rows below the list that tell all of the chosen check.
const TOLD_ROWS: u16 = 5;

/// Looks over the machine again.
const AGAIN: Action = Action::Verb(0);

/// Says that the network is meant to be up.
const MEANT: Action = Action::Verb(1);

/// What the last key asked for.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Step {
    /// The checks are looked at.
    #[default]
    Checks,
    /// The clock is right; whether the network is meant to be up is asked.
    Network,
}

/// The start.
#[derive(Debug, Default)]
pub struct Start {
    checks: Option<Vec<Check>>,
    home: Option<HomeState>,
    list: List,
    step: Step,
}

impl Start {
    /// A start that has looked at nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// On into the home, or to setting one up.
    fn proceed(&self) -> Turn {
        match self.home {
            Some(HomeState::SetUp) => Turn::work(Job::OpenHome),
            Some(HomeState::Missing) => {
                Turn::replace(Screen::Setup(Setup::new())).and(Job::Token(TokenJob::Modules))
            }
            None => Turn::stay(),
        }
    }

    /// Whether it is asked if the network is meant to be up; who pulled the cable meanwhile has answered.
    fn asks_for_network(&self, about: &About) -> bool {
        self.step == Step::Network && network_is_up(about)
    }
}

/// Whether an interface is known to be up that leads out of the machine.
fn network_is_up(about: &About) -> bool {
    about.interfaces.as_ref().is_some_and(|up| !up.is_empty())
}

impl Room for Start {
    fn title(&self) -> &'static str {
        "Start"
    }

    fn help(&self) -> &'static str {
        "The machine, the program and the home are looked over before anything is touched. Compare the program's \
         digest with the one you were told another way. Compare the clock in the upper right corner with a clock you \
         trust: certificates carry its time. If it is wrong, leave and set it. Where the network is up, it is asked \
         whether that is meant: a signing machine has none. Nothing is asked of the token here."
    }

    fn bindings(&self, about: &About) -> Vec<Binding> {
        let mut bindings = Vec::new();
        // A key that is pressed while the home is opened would be meant for a screen that nobody has seen yet.
        if self.home.is_some() && about.busy.is_none() {
            if self.asks_for_network(about) {
                // Another key than before: one that is pressed twice answers one question.
                bindings.push(Binding::bar(&[Key::Char('n')], MEANT, "the network is meant to be up, go on"));
                bindings.push(BACK);
            } else {
                bindings.push(Binding::bar(&[Key::Char('y')], Action::Proceed, "the clock is right, go on"));
            }
            bindings.push(Binding::bar(&[Key::Char('r')], AGAIN, "look again"));
            bindings.extend_from_slice(LIST);
        }
        bindings
    }

    fn act(&mut self, action: Action, about: &About) -> Turn {
        match action {
            Action::Proceed if about.clock.is_none() => Turn::refuse(
                "the machine's clock stands outside the years 1950 to 9999",
                "leave, set the clock, and start again",
            ),
            Action::Proceed if network_is_up(about) => {
                self.step = Step::Network;
                Turn::stay()
            }
            Action::Proceed | MEANT => self.proceed(),
            Action::Back => {
                self.step = Step::Checks;
                Turn::stay()
            }
            AGAIN => Turn::work(Job::CheckSelf),
            _ => {
                self.list.act(action, self.checks.as_ref().map_or(0, Vec::len));
                Turn::stay()
            }
        }
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        match *news {
            News::SelfChecked { checks, home } => {
                self.step = Step::Checks;
                self.checks = Some(checks);
                self.home = Some(home);
                Heard::Mine(Turn::stay())
            }
            News::Opened { .. } => Heard::Mine(Turn::replace(Screen::Rooms(Rooms::new()))),
            other => Heard::NotMine(Box::new(other)),
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, about: &About) {
        let Some(checks) = &self.checks else {
            canvas.text(area.x, area.y, area.width, "Looking over the machine ...", Role::Plain);
            return;
        };
        let page = usize::from(area.height.saturating_sub(TOLD_ROWS + 1));
        let first = self.list.first_seen(checks.len(), page);
        for (row, check) in checks.iter().enumerate().skip(first).take(page) {
            let y = area.y + u16::try_from(row - first).unwrap_or(0);
            let (word, role) = match check.mark {
                Mark::Good => ("good", Role::Good),
                Mark::Attention => ("LOOK", Role::Attention),
                Mark::Bad => ("BAD", Role::Bad),
            };
            let chosen = if row == self.list.chosen() { ">" } else { " " };
            canvas.text(area.x, y, 1, chosen, Role::Strong);
            canvas.text(area.x + 2, y, 4, word, role);
            canvas.text(area.x + 7, y, 13, check.subject, Role::Faint);
            canvas.outside(area.x + 21, y, area.width.saturating_sub(21), &check.found, Role::Plain);
        }
        let mut below = Rect { y: area.bottom().saturating_sub(TOLD_ROWS), height: TOLD_ROWS, ..area };
        if self.asks_for_network(about) {
            let text = "THE NETWORK IS UP. Is that meant? A machine that signs has none: pull the cable or switch the \
                        interface off, and this question goes. Where it is meant, as on a machine for rehearsals, n \
                        goes on; every screen says then that it is up.";
            canvas.paragraph(below, text, Role::Attention);
        } else if let Some(check) = checks.get(self.list.chosen()) {
            let found = canvas.theme().shown(&check.found);
            let used = canvas.paragraph(Rect { height: 3, ..below }, &found, Role::Strong);
            below = Rect { y: below.y + used, height: below.height - used, ..below };
            if let Some(hint) = &check.hint {
                canvas.paragraph(below, &format!("What to do: {hint}."), Role::Plain);
            }
        }
    }
}
