//! A token that is not initialised is given its label and its PINs.

use std::path::PathBuf;

use ratatui::layout::Rect;

use crate::{
    ceremony::{Initialised, SlotState},
    pki::text::Printable,
    tui::{
        canvas::Canvas,
        field::Field,
        key::Key,
        keymap::{Action, BACK, Binding},
        model::About,
        room::{Go, Heard, Room, Turn},
        theme::Role,
        work::{
            Job, News,
            tokens::{TokenJob, TokenNews},
        },
    },
};

/// A token to be initialised.
#[derive(Debug)]
pub struct NewToken {
    module: PathBuf,
    slot: SlotState,
    label: Field,
}

impl NewToken {
    /// The token of a slot. One whose making was interrupted keeps its label.
    #[must_use]
    pub fn new(module: PathBuf, slot: SlotState) -> Self {
        let begun = slot.token.as_ref().filter(|token| token.initialised == Initialised::Yes);
        let label = begun.map_or_else(Field::default, |token| Field::with(token.label.as_str()));
        Self { module, slot, label }
    }

    /// Whether the token's making was begun and broken off.
    fn is_begun(&self) -> bool {
        self.slot.token.as_ref().is_some_and(|token| token.initialised == Initialised::Yes)
    }
}

impl Room for NewToken {
    fn title(&self) -> &'static str {
        "Initialise a token"
    }

    fn help(&self) -> &'static str {
        "A token that is not initialised gets a label, a security officer's PIN and a user PIN. Each new PIN is typed \
         twice; a token whose making was interrupted keeps its label and is asked for the security officer's PIN that \
         it was given. The user PIN lets the CA keys sign; the security officer's PIN can only set the user PIN anew. \
         Write both down and keep them apart: a token whose PINs are lost is lost with its keys."
    }

    fn bindings(&self, _about: &About) -> Vec<Binding> {
        // A control key: the label is typed here, and nothing that changes a token follows from Enter.
        vec![Binding::bar(&[Key::Control('n')], Action::Proceed, "initialise: asks for the new PINs"), BACK]
    }

    fn act(&mut self, action: Action, _about: &About) -> Turn {
        match action {
            Action::Back => Turn::back(),
            Action::Proceed if self.label.text().is_empty() => {
                Turn::refuse("the token has no label yet", "type a label of 1 to 32 octets")
            }
            Action::Proceed => Turn::work(Job::Token(TokenJob::Initialise {
                module: self.module.clone(),
                slot: self.slot.slot,
                label: self.label.text().to_owned(),
            })),
            _ => Turn::stay(),
        }
    }

    fn field(&mut self) -> Option<&mut Field> {
        // A token that is half made has its label already.
        if self.is_begun() { None } else { Some(&mut self.label) }
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        match *news {
            News::Token(TokenNews::Initialised { module, .. }) => {
                Heard::Mine(Turn { go: Go::Back, ..Turn::work(Job::Token(TokenJob::Slots(Some(module)))) })
            }
            other => Heard::NotMine(Box::new(other)),
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, _about: &About) {
        let mut y = area.y;
        y += canvas.labelled(area, y, "slot", &self.slot.slot.to_string(), Role::Plain);
        canvas.text(area.x, y, 17, "reader", Role::Faint);
        canvas.outside(area.x + 18, y, area.width.saturating_sub(18), &self.slot.description, Role::Plain);
        y += 2;
        canvas.text(area.x, y, 17, "label", Role::Faint);
        if self.is_begun() {
            let label = Printable::new(self.label.text());
            canvas.outside(area.x + 18, y, area.width.saturating_sub(18), &label, Role::Strong);
        } else {
            canvas.input(area.x + 18, y, 33, &self.label, Role::Selected);
        }
        y += 2;
        let text = if self.is_begun() {
            "The making of this token was interrupted: it keeps its label. Then: the security officer's PIN that it was \
             given, and a new user PIN, typed twice. Nothing is done to the token before both were typed."
        } else {
            "The label names the token on every screen: 1 to 32 octets, which is as many plain letters. Then, each \
             typed twice: a new security officer's PIN and a new user PIN. Nothing is done to the token before all of \
             them were typed."
        };
        canvas.paragraph(Rect { y, height: area.bottom().saturating_sub(y), ..area }, text, Role::Plain);
    }
}
