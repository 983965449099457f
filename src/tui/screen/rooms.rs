//! What can be done: the way into every other screen.

use ratatui::layout::Rect;

use super::{
    Screen, authorities::Authorities, proving::Proving, register::Register, requests::Requests,
    revocations::Revocations, token::Tokens,
};
use crate::ceremony::UnfinishedWork;
use crate::tui::{
    canvas::Canvas,
    key::Key,
    keymap::{Action, Binding, LIST},
    list::List,
    model::About,
    room::{Heard, Room, Turn},
    theme::Role,
    work::{Job, News, authorities::AuthorityJob, tokens::TokenJob},
};

/// What can be done, and what it is.
const ROOMS: [(&str, &str); 7] = [
    ("Sign requests", "read CSRs from a medium, plan, approve, sign, deliver"),
    ("Prove a CA", "to a cloud platform that shows a code for it"),
    ("Authorities", "the CAs, new roots and subordinate CAs"),
    ("Token", "slots and tokens, what the token can do, log out"),
    ("Register", "what was issued and planned; go on with a plan; audit"),
    ("Revocation", "revoke certificates, make the next CRL"),
    ("Close", "what was done, the register's head, what is due"),
];

/// The rooms.
#[derive(Debug, Default)]
pub struct Rooms {
    list: List,
    /// The plans that are not finished, once they were counted.
    unfinished: Option<UnfinishedWork>,
    /// The register's entry at which they were counted.
    counted_at: Option<u64>,
}

impl Rooms {
    /// The rooms, the main job chosen.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn enter(row: usize) -> Turn {
        match row {
            0 => Turn::enter(Screen::Requests(Requests::new())),
            1 => Proving::enter(),
            2 => Turn::enter(Screen::Authorities(Authorities::new())).and(Job::Authority(AuthorityJob::List)),
            3 => Turn::enter(Screen::Tokens(Tokens::new())).and(Job::Token(TokenJob::Slots(None))),
            4 => Register::enter(),
            5 => Revocations::enter(),
            _ => Turn::work(Job::Close),
        }
    }
}

impl Room for Rooms {
    fn title(&self) -> &'static str {
        "What is to be done?"
    }

    fn help(&self) -> &'static str {
        "Choose what is to be done: the arrows and the digits move, Enter opens. Nothing is signed before a plan was made, \
         shown and approved by typing its words; a proof for a platform is approved by its own last step. Plans that were begun and are not finished are told below; Register \
         shows them, Tab there, and goes on with each; Close names them."
    }

    fn bindings(&self, _about: &About) -> Vec<Binding> {
        let mut bindings = vec![
            Binding::bar(&[Key::Enter, Key::Char('l'), Key::Right], Action::Open, "choose"),
            Binding::help(&[Key::Char('1')], Action::Verb(0), "to sign requests"),
            Binding::help(&[Key::Char('2')], Action::Verb(1), "to prove a CA to a platform"),
            Binding::help(&[Key::Char('3')], Action::Verb(2), "to authorities"),
            Binding::help(&[Key::Char('4')], Action::Verb(3), "to token"),
            Binding::help(&[Key::Char('5')], Action::Verb(4), "to register"),
            Binding::help(&[Key::Char('6')], Action::Verb(5), "to revocation"),
            Binding::help(&[Key::Char('7')], Action::Verb(6), "to close"),
        ];
        bindings.extend_from_slice(LIST);
        bindings.push(Binding::bar(&[Key::Char('q')], Action::Quit, "leave"));
        bindings
    }

    fn act(&mut self, action: Action, _about: &About) -> Turn {
        match action {
            Action::Open => {
                // Whatever is done there, or stopped the count: it is made again here.
                self.counted_at = None;
                Self::enter(self.list.chosen())
            }
            // A serial number that was meant for another screen opens nothing.
            Action::Verb(row) => {
                self.list.choose(usize::from(row));
                Turn::stay()
            }
            _ => {
                self.list.act(action, ROOMS.len());
                Turn::stay()
            }
        }
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        match *news {
            News::Opened { .. } | News::LoggedOut => {
                // A count gave way to this work, if one was in hand: it is made again.
                self.counted_at = None;
                Heard::Mine(Turn::stay())
            }
            News::Closing { closing, done } => {
                Heard::Mine(Turn::enter(Screen::Closing(super::closing::ClosingScreen::new(closing, done))))
            }
            News::Unfinished(work) => {
                self.unfinished = Some(work);
                Heard::Mine(Turn::stay())
            }
            other => Heard::NotMine(Box::new(other)),
        }
    }

    fn tick(&mut self, about: &About) -> Turn {
        let entry = about.overview.as_ref().map(|overview| overview.entry);
        if entry.is_none() || entry == self.counted_at || about.busy.is_some() || about.aside.is_some() {
            return Turn::stay();
        }
        self.counted_at = entry;
        Turn::work(Job::Unfinished)
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, _about: &About) {
        for (row, (name, what)) in ROOMS.iter().enumerate() {
            let y = area.y + 1 + u16::try_from(row).unwrap_or(0) * 2;
            let role = if row == self.list.chosen() { Role::Selected } else { Role::Plain };
            canvas.row(area, y, &format!(" {}  {name:<20} {what}", row + 1), role);
        }
        if let Some(words) = self.unfinished.and_then(|work| work.words()) {
            let (y, width) = (area.bottom().saturating_sub(2), area.width.saturating_sub(1));
            canvas.text(area.x + 1, y, width, &format!("Not finished: {words}."), Role::Attention);
            canvas.text(
                area.x + 1,
                y + 1,
                width,
                "Register, and Tab there, shows them and goes on with each.",
                Role::Plain,
            );
        }
    }
}
