//! The register: what was issued, number by number, and what was planned.
//!
//! Rows are read in pieces by the worker; the screen holds one piece around the chosen row, so that ten million are
//! scrolled as fast as ten.

pub mod plans;
pub mod search;
pub mod table;

use ratatui::layout::Rect;

use super::{
    Screen,
    audit::Audit,
    document::Document,
    revoke::{Revoke, state_words},
};
use crate::{
    ceremony::{IssuedRow, Revoked},
    pki::{text::Printable, time::Time},
    tui::{
        canvas::Canvas,
        field::Field,
        key::Key,
        keymap::{Action, BACK, Binding, LIST},
        list::List,
        message::Failure,
        model::About,
        room::{Heard, Room, Told, Turn},
        theme::Role,
        wording::grouped,
        work::{
            Job, News,
            register::{RegisterJob, RegisterNews},
        },
    },
};
use plans::Plans;
use search::Search;

/// Into a number.
const JUMP: Action = Action::Verb(0);

/// Into a search.
const SEARCH: Action = Action::Verb(1);

/// Into the audit.
const AUDIT: Action = Action::Verb(2);

/// Reads the register again.
const AGAIN: Action = Action::Verb(3);

/// Rows held, around the chosen one: twenty pages, so that a held page key does not outrun the worker.
const WINDOW_ROWS: u32 = 600;

/// Rows that stand before and after the chosen one before more are fetched.
const WINDOW_MARGIN: u64 = 150;

/// What is looked at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Side {
    Certificates,
    Plans,
}

/// Whether the worker is asked for what is missing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fetching {
    /// As soon as it has nothing else to do.
    Going,
    /// The last answer was a failure: not before the next key.
    Stalled,
}

/// The register.
#[derive(Debug)]
pub struct Register {
    side: Side,
    issued: Option<u64>,
    list: List,
    /// The number of the first row held, from 1.
    first: u64,
    rows: Vec<IssuedRow>,
    jump: Option<Field>,
    plans: Plans,
    fetching: Fetching,
}

impl Default for Register {
    fn default() -> Self {
        Self::new()
    }
}

impl Register {
    /// A register of which nothing is known yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            side: Side::Certificates,
            issued: None,
            list: List::default(),
            first: 1,
            rows: Vec::new(),
            jump: None,
            plans: Plans::default(),
            fetching: Fetching::Going,
        }
    }

    /// The way into it.
    #[must_use]
    pub fn enter() -> Turn {
        Turn::enter(Screen::Register(Self::new())).and(Job::Register(RegisterJob::Open))
    }

    fn rows_of_register(&self) -> usize {
        usize::try_from(self.issued.unwrap_or(0)).unwrap_or(usize::MAX)
    }

    fn row(&self, at: usize) -> Option<&IssuedRow> {
        let number = at as u64 + 1;
        self.rows.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    /// What is missing and is to be asked for now.
    fn missing(&self) -> Option<RegisterJob> {
        let Some(issued) = self.issued else { return Some(RegisterJob::Open) };
        match self.side {
            Side::Plans => self.plans.is_unread().then_some(RegisterJob::Plans),
            Side::Certificates if issued == 0 => None,
            Side::Certificates => {
                let number = (self.list.chosen() as u64 + 1).min(issued);
                let wanted =
                    (number.saturating_sub(WINDOW_MARGIN).max(1), (number + WINDOW_MARGIN).min(issued));
                let held = (self.first, self.first + self.rows.len() as u64);
                if !self.rows.is_empty() && held.0 <= wanted.0 && wanted.1 < held.1 {
                    return None;
                }
                let from = number.saturating_sub(u64::from(WINDOW_ROWS / 2)).max(1);
                // A piece that is held is not read again, however short it is.
                let held = !self.rows.is_empty() && self.first == from;
                (!held).then_some(RegisterJob::Page { from, limit: WINDOW_ROWS })
            }
        }
    }

    fn fetch(&self, about: &About) -> Turn {
        if about.busy.is_some() || self.fetching == Fetching::Stalled {
            return Turn::stay();
        }
        self.missing().map_or_else(Turn::stay, |job| Turn::work(Job::Register(job)))
    }

    fn jump(&mut self) -> Turn {
        let Some(field) = &self.jump else { return Turn::stay() };
        let digits: String = field.text().chars().filter(|c| !c.is_whitespace()).collect();
        let last = self.issued.unwrap_or(0);
        match digits.parse::<u64>() {
            Ok(number) if (1..=last).contains(&number) => {
                self.list.choose(usize::try_from(number - 1).unwrap_or(usize::MAX));
                self.jump = None;
                Turn::stay()
            }
            _ => Turn::refuse(
                "there is no certificate of this number",
                format!("give a number from 1 to {}", grouped(last)),
            ),
        }
    }

    fn open(&self) -> Turn {
        match self.side {
            Side::Plans => self.plans.go_on(),
            Side::Certificates => match self.row(self.list.chosen()) {
                Some(row) => Turn::work(Job::Register(RegisterJob::Read(row.number))),
                None if self.issued == Some(0) => {
                    Turn::refuse("nothing is issued yet", "go back and choose Sign requests")
                }
                None => Turn::stay(),
            },
        }
    }

    fn draw_sides(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let issued = self.issued.map_or_else(String::new, |issued| format!(": {}", grouped(issued)));
        let mut x = area.x;
        for (side, text) in
            [(Side::Certificates, format!(" certificates{issued} ")), (Side::Plans, " plans ".to_owned())]
        {
            let role = if side == self.side { Role::Selected } else { Role::Faint };
            x += canvas.text(x, area.y, area.width, &text, role) + 2;
        }
    }

    fn draw_certificates(&self, canvas: &mut Canvas<'_>, area: Rect) {
        match self.issued {
            None if self.fetching == Fetching::Stalled => {
                let text = "The register was not read. Press r to read it again.";
                canvas.text(area.x, area.y, area.width, text, Role::Attention);
            }
            None => {
                canvas.text(area.x, area.y, area.width, "reading the register ...", Role::Faint);
            }
            Some(0) => {
                canvas.paragraph(area, "Nothing is issued yet.", Role::Plain);
            }
            Some(_) => table::draw(canvas, area, self.list, self.rows_of_register(), &|at| self.row(at)),
        }
    }
}

/// A certificate that was read, to look at.
pub(super) fn document(
    row: &IssuedRow,
    der: &[u8],
    (ca, revoked): (&str, Option<&Revoked>),
    now: Option<Time>,
) -> Screen {
    let title = Printable::new(&format!("number {}: {}", grouped(row.number), row.subject));
    let revoke = Revoke::found(ca, (row.serial.clone(), row.subject.clone()), revoked, now);
    let state = revoked.map(|revoked| format!("It is {}.", state_words(revoked)));
    Screen::Document(Document::certificate(title, der).revocable(revoke, state))
}

impl Room for Register {
    fn title(&self) -> &'static str {
        "Register"
    }

    fn help(&self) -> &'static str {
        "Everything that was issued, numbered in the order of the plans, as it stood when this screen was opened; r \
         reads it again. The plans say what is left to do with each: Enter goes on with a plan where it was stopped. \
         The audit derives the whole history again from its octets. Nothing can be changed here."
    }

    fn bindings(&self, _about: &About) -> Vec<Binding> {
        if self.jump.is_some() {
            return vec![Binding::bar(&[Key::Enter], Action::Proceed, "go to this number"), BACK];
        }
        let (enter, other) = match self.side {
            Side::Certificates => ("look at it", "plans"),
            Side::Plans => (self.plans.verb(), "certificates"),
        };
        let mut bindings = vec![
            Binding::bar(&[Key::Enter, Key::Right, Key::Char('l')], Action::Open, enter),
            Binding::bar(&[Key::Tab, Key::BackTab], Action::Next, other),
        ];
        if self.side == Side::Certificates {
            bindings.push(Binding::bar(&[Key::Char('/')], SEARCH, "search"));
            bindings.push(Binding::bar(&[Key::Char('n')], JUMP, "to a number"));
        }
        bindings.push(Binding::bar(&[Key::Char('a')], AUDIT, "audit"));
        bindings.push(Binding::help(&[Key::Char('r')], AGAIN, "read the register again"));
        bindings.extend_from_slice(LIST);
        bindings.push(BACK);
        bindings
    }

    fn act(&mut self, action: Action, about: &About) -> Turn {
        self.fetching = Fetching::Going;
        match action {
            Action::Back if self.jump.is_some() => {
                self.jump = None;
                Turn::stay()
            }
            Action::Back => Turn::back(),
            Action::Proceed => {
                let turn = self.jump();
                if turn.failure.is_some() { turn } else { self.fetch(about) }
            }
            Action::Open => {
                let turn = self.open();
                if self.side == Side::Plans {
                    // Whatever is done with the plan, it is looked at again afterwards, and what was issued too.
                    self.plans.forget();
                    self.issued = None;
                }
                turn
            }
            Action::Next => {
                self.side = match self.side {
                    Side::Certificates => Side::Plans,
                    Side::Plans => Side::Certificates,
                };
                self.fetch(about)
            }
            JUMP => {
                self.jump = Some(Field::default());
                Turn::stay()
            }
            SEARCH => match self.issued {
                Some(issued) => Turn::enter(Screen::Search(Search::new(issued))),
                None => Turn::refuse("the register is not read yet", "press r to read it"),
            },
            AUDIT => Audit::enter(),
            AGAIN => {
                self.issued = None;
                self.plans.forget();
                self.fetch(about)
            }
            _ => {
                match self.side {
                    Side::Certificates => self.list.act(action, self.rows_of_register()),
                    Side::Plans => self.plans.act(action),
                }
                self.fetch(about)
            }
        }
    }

    fn field(&mut self) -> Option<&mut Field> {
        self.jump.as_mut()
    }

    fn hear(&mut self, news: Box<News>, about: &About) -> Heard {
        match *news {
            News::Register(RegisterNews::Opened { issued }) => {
                self.issued = Some(issued);
                self.rows = Vec::new();
                self.list.keep_within(self.rows_of_register());
            }
            News::Register(RegisterNews::Page { from, rows }) => {
                // Fewer rows than there should be are not asked for for ever.
                if rows.is_empty() {
                    self.fetching = Fetching::Stalled;
                }
                self.first = from;
                self.rows = rows;
            }
            News::Register(RegisterNews::Plans(lines)) => self.plans.show(lines),
            News::Register(RegisterNews::Read { number, der, ca, revoked }) => {
                let at = usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX);
                return Heard::Mine(self.row(at).map_or_else(Turn::stay, |row| {
                    Turn::enter(document(row, &der, (&ca, revoked.as_ref()), about.clock))
                }));
            }
            other => return Heard::NotMine(Box::new(other)),
        }
        Heard::Mine(self.fetch(about))
    }

    fn fail(&mut self, _failure: &Failure) -> Told {
        self.fetching = Fetching::Stalled;
        Told::OnTop
    }

    fn tick(&mut self, about: &About) -> Turn {
        self.fetch(about)
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, _about: &About) {
        self.draw_sides(canvas, area);
        let below = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        match self.side {
            Side::Certificates => self.draw_certificates(canvas, below),
            Side::Plans => self.plans.draw(canvas, below),
        }
        if let Some(field) = &self.jump {
            let place = Rect {
                x: area.x + area.width.saturating_sub(44) / 2,
                y: area.y + 5,
                width: 44.min(area.width),
                height: 3,
            };
            let inside = canvas.frame(place, "to which number?", Role::Strong);
            canvas.input(inside.x, inside.y, inside.width, field, Role::Selected);
        }
    }
}

#[cfg(test)]
mod tests;
