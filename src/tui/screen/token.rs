//! Tokens: the slots of the home's module, what is in them, what the home's token can do and how fast.

use std::path::PathBuf;

use ratatui::layout::Rect;

use super::{Screen, new_token::NewToken};
use crate::{
    ceremony::{
        Initialised, Overview, PinEntry, Rng, SlotState, Support, TokenCheck, TokenState, UserPin, Writing,
    },
    pki::{
        key::{HashAlgorithm, SignatureAlgorithm},
        text::Printable,
    },
    tui::{
        canvas::Canvas,
        key::Key,
        keymap::{Action, BACK, Binding},
        list::List,
        model::{About, Login},
        room::{Heard, Room, Turn},
        sheet::{Item, Sheet},
        theme::Role,
        work::{
            Job, News,
            tokens::{TokenJob, TokenNews},
        },
    },
};

/// Checks the home's token.
const CHECK: Action = Action::Verb(0);
/// Initialises the chosen token.
const INITIALISE: Action = Action::Verb(1);
/// Logs out.
const LOG_OUT: Action = Action::Verb(2);
/// Looks into the slots again.
const AGAIN: Action = Action::Verb(3);

/// Rows that slots take at most.
const SLOT_ROWS_MAX: usize = 5;

/// The tokens.
#[derive(Debug, Default)]
pub struct Tokens {
    found: Option<(PathBuf, Vec<SlotState>)>,
    check: Option<TokenCheck>,
    list: List,
    sheet: Sheet,
}

impl Tokens {
    /// Nothing is known yet: [`TokenJob::Slots`] is to follow.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn slots(&self) -> &[SlotState] {
        self.found.as_ref().map_or(&[], |(_, slots)| slots)
    }

    fn chosen(&self) -> Option<&SlotState> {
        self.slots().get(self.list.chosen())
    }

    /// The sheet says what the chosen slot is.
    fn look(&mut self, about: &About) {
        let items = self.chosen().map_or_else(Vec::new, |slot| {
            let here = |check: &&TokenCheck| {
                slot.token.as_ref().is_some_and(|token| token.serial == check.state.serial)
            };
            // What was found out last stands first.
            let mut items = self.check.as_ref().filter(here).map_or_else(Vec::new, measured);
            items.extend(described(slot, about.overview.as_ref()));
            items
        });
        self.sheet = Sheet::new(items);
    }
}

impl Room for Tokens {
    fn title(&self) -> &'static str {
        "Token"
    }

    fn help(&self) -> &'static str {
        "The readers that the PKCS#11 module knows, and the token in each. The check asks for the user PIN, looks \
         whether every CA's key is there and fits its certificate, and measures how fast the audit key signs; a CA's \
         key signs nothing meanwhile. Only a token that holds nothing can be initialised here."
    }

    fn bindings(&self, about: &About) -> Vec<Binding> {
        let mut bindings = vec![Binding::bar(&[Key::Char('c')], CHECK, "check home's token (PIN)")];
        if self.chosen().is_some_and(can_be_initialised) {
            bindings.push(Binding::bar(&[Key::Char('i')], INITIALISE, "initialise"));
        }
        if about.login == Login::In {
            bindings.push(Binding::bar(&[Key::Char('o')], LOG_OUT, "log out"));
        }
        bindings.push(Binding::bar(&[Key::Char('r')], AGAIN, "look again"));
        bindings.extend([
            Binding::help(&[Key::Up, Key::Char('k')], Action::Up, "slot above"),
            Binding::help(&[Key::Down, Key::Char('j')], Action::Down, "slot below"),
            Binding::help(
                &[Key::PageDown, Key::Control('f')],
                Action::PageDown,
                "further down in its details",
            ),
            Binding::help(&[Key::PageUp, Key::Control('b')], Action::PageUp, "further up in its details"),
        ]);
        bindings.push(BACK);
        bindings
    }

    fn act(&mut self, action: Action, about: &About) -> Turn {
        match action {
            Action::Back => Turn::back(),
            CHECK => Turn::work(Job::Token(TokenJob::Check)),
            LOG_OUT => Turn::work(Job::LogOut),
            AGAIN => Turn::work(Job::Token(TokenJob::Slots(None))),
            INITIALISE => match (&self.found, self.chosen()) {
                (Some((module, _)), Some(slot)) if can_be_initialised(slot) => {
                    Turn::enter(Screen::NewToken(NewToken::new(module.clone(), slot.clone())))
                }
                _ => Turn::stay(),
            },
            Action::PageUp | Action::PageDown => {
                self.sheet.act(action);
                Turn::stay()
            }
            _ => {
                self.list.act(action, self.slots().len());
                self.look(about);
                Turn::stay()
            }
        }
    }

    fn hear(&mut self, news: Box<News>, about: &About) -> Heard {
        match *news {
            News::Token(TokenNews::Slots { module, slots }) => {
                if self.found.is_none() {
                    let own =
                        |slot: &SlotState| slot.token.as_ref().is_some_and(|token| is_own(token, about));
                    self.list.choose(slots.iter().position(own).unwrap_or(0));
                }
                self.list.keep_within(slots.len());
                self.found = Some((module, slots));
            }
            News::Token(TokenNews::Checked(check)) => {
                let here = |slot: &SlotState| {
                    slot.token.as_ref().is_some_and(|token| token.serial == check.state.serial)
                };
                if let Some(row) = self.slots().iter().position(here) {
                    self.list.choose(row);
                }
                self.check = Some(check);
            }
            other => return Heard::NotMine(Box::new(other)),
        }
        self.look(about);
        Heard::Mine(Turn::stay())
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, about: &About) {
        let Some((module, slots)) = &self.found else {
            canvas.text(area.x, area.y, area.width, "The slots are not known yet: press r.", Role::Plain);
            return;
        };
        canvas.text(area.x, area.y, 7, "module", Role::Faint);
        let path = crate::tui::browser::shown(module);
        canvas.outside(area.x + 8, area.y, area.width.saturating_sub(8), &path, Role::Plain);
        let rows = slots.len().clamp(1, SLOT_ROWS_MAX);
        let place = Rect { y: area.y + 1, height: u16::try_from(rows).unwrap_or(1), ..area };
        slot_rows(canvas, place, slots, self.list, about);
        let below =
            Rect { y: place.bottom() + 1, height: area.bottom().saturating_sub(place.bottom() + 1), ..area };
        // Drawn first: only then is it known which of its rows are seen.
        self.sheet.draw(canvas, below);
        let title = self.sheet.place().map_or_else(String::new, |place| format!("PgUp, PgDn: {place}"));
        canvas.rule(area, place.bottom(), &title);
    }
}

/// Whether a slot holds a token that can be initialised: one that holds nothing, or whose making was interrupted.
pub(super) fn can_be_initialised(slot: &SlotState) -> bool {
    slot.token
        .as_ref()
        .is_some_and(|token| token.initialised == Initialised::No || token.user_pin_state == UserPin::Missing)
}

fn is_own(token: &TokenState, about: &About) -> bool {
    about.overview.as_ref().is_some_and(|home| is_home_token(token, home))
}

fn is_home_token(token: &TokenState, home: &Overview) -> bool {
    token.initialised == Initialised::Yes
        && token.label == home.token_label
        && home.token_serial.as_ref().is_none_or(|serial| *serial == token.serial)
}

/// Slots, a row each.
pub(super) fn slot_rows(canvas: &mut Canvas<'_>, area: Rect, slots: &[SlotState], list: List, about: &About) {
    if slots.is_empty() {
        canvas.text(area.x, area.y, area.width, "This module has no slots.", Role::Attention);
    }
    let page = usize::from(area.height);
    let first = list.first_seen(slots.len(), page);
    for (row, slot) in slots.iter().enumerate().skip(first).take(page) {
        let y = area.y + u16::try_from(row - first).unwrap_or(0);
        let role = if row == list.chosen() { Role::Selected } else { Role::Plain };
        let mark = if row == list.chosen() { ">" } else { " " };
        canvas.row(area, y, &format!("{mark} slot {}", slot.slot), role);
        let x = area.x + 18;
        let width = area.width.saturating_sub(18);
        match &slot.token {
            None => {
                let text = slot.trouble.as_deref().unwrap_or("no token in this reader");
                canvas.text(x, y, width, text, role);
            }
            Some(token) if token.initialised == Initialised::No => {
                canvas.text(x, y, width, "a token that is not initialised", role);
            }
            Some(token) => {
                canvas.outside(x, y, 28.min(width), &token.label, role);
                let used = 29 + canvas.text(x + 29, y, width.saturating_sub(29), "serial ", role);
                canvas.outside(x + used, y, 16.min(width.saturating_sub(used)), &token.serial, role);
                if is_own(token, about) {
                    canvas.text(x + 53, y, width.saturating_sub(53), "in use", role);
                }
            }
        }
    }
}

/// What a slot and its token say of themselves.
fn described(slot: &SlotState, home: Option<&Overview>) -> Vec<Item> {
    let mut items = vec![Item::labelled("reader", slot.description.clone())];
    let Some(token) = &slot.token else {
        let text = slot.trouble.clone().unwrap_or_else(|| "There is no token in this reader.".to_owned());
        items.push(Item::Words(text, Role::Attention));
        return items;
    };
    if token.initialised == Initialised::No {
        let text = "This token has no label, no PINs and no keys yet. Press i to initialise it.";
        items.push(Item::Words(text.to_owned(), Role::Attention));
    } else {
        items.push(Item::labelled("label", token.label.clone()));
        if home.is_some_and(|home| is_home_token(token, home)) {
            items.push(Item::Words("This is the token that this home works with.".to_owned(), Role::Good));
        }
        items.push(said("user PIN", &user_pin_words(token), pin_role(token)));
        let officer = token.so_pin_warning().unwrap_or("no wrong try is known");
        items.push(said("officer's PIN", officer, Role::Plain));
    }
    let entry = match token.pin_entry {
        PinEntry::Program => "on this keyboard",
        PinEntry::ReaderPad => "on the reader's own pad",
    };
    items.push(said("PINs are typed", entry, Role::Plain));
    let length = format!("{} to {} characters", token.pin_octets_min, token.pin_octets_max);
    items.push(said("PIN length", &length, Role::Plain));
    items.push(Item::labelled("serial number", token.serial.clone()));
    items.push(Item::labelled("manufacturer", token.manufacturer.clone()));
    items.push(Item::labelled("model", token.model.clone()));
    items.push(said("firmware", &token.firmware, Role::Plain));
    let (random, role) = match token.rng {
        Rng::Present => ("a generator of its own", Role::Plain),
        Rng::Absent => ("none of its own", Role::Attention),
    };
    items.push(said("random numbers", random, role));
    if token.writing == Writing::Protected {
        items.push(said("writing", "protected: no keys can be made in it now", Role::Attention));
    }
    items
}

/// What the check found out.
fn measured(check: &TokenCheck) -> Vec<Item> {
    let mut items = vec![Item::Heading("The check found".to_owned())];
    for key in &check.keys {
        let (text, role) = match (&key.found, &key.from_outside) {
            (Ok(()), None) => ("its key is there and fits".to_owned(), Role::Good),
            (Ok(()), Some(told)) => {
                (format!("its key is there and fits; KEY FROM OUTSIDE: {told}"), Role::Attention)
            }
            (Err(what), _) => (format!("TROUBLE: {what}"), Role::Bad),
        };
        items.push(said(&format!("CA {}", key.ca), &text, role));
    }
    for key in &check.loose_keys {
        items.push(said("a further key", &key.words(), Role::Attention));
    }
    items.push(said("register", &check.mark.words(), Role::Plain));
    let rate = check.audit_signatures_per_second.map_or_else(
        || "not measured: the audit key is made with the first CA".to_owned(),
        |rate| format!("{rate:.0} signatures a second (audit key, one session)"),
    );
    items.push(said("speed", &rate, Role::Plain));
    for capability in &check.capabilities {
        let signatures = signatures_words(&capability.signatures);
        let text = match (capability.generation, capability.signatures.as_slice()) {
            (Support::Present, [_, ..]) => format!("makes such keys; signs {signatures}"),
            (Support::Absent, [_, ..]) => format!("makes no such keys; signs {signatures}"),
            (_, []) => "not usable".to_owned(),
        };
        items.push(said(&format!("{} keys", capability.algorithm), &text, Role::Plain));
    }
    items.push(Item::Gap);
    items.push(Item::Heading("The token says of itself".to_owned()));
    items
}

fn said(label: &str, value: &str, role: Role) -> Item {
    Item::Labelled { label: label.to_owned(), value: Printable::new(value), role, remark: None }
}

fn user_pin_words(token: &TokenState) -> String {
    match token.user_pin_state {
        UserPin::Missing => "not set: the making of this token was interrupted; press i to end it".to_owned(),
        UserPin::Set => token
            .pin_warning()
            .map_or_else(|| "set; no wrong try is known".to_owned(), |warning| format!("WARNING: {warning}")),
    }
}

fn pin_role(token: &TokenState) -> Role {
    if token.user_pin_state == UserPin::Set && token.pin_warning().is_none() {
        Role::Plain
    } else {
        Role::Bad
    }
}

/// The kinds of signature, each with its hashes: `ECDSA with SHA-256/384/512`.
fn signatures_words(signatures: &[SignatureAlgorithm]) -> String {
    let mut kinds: Vec<(&str, Vec<&str>)> = Vec::new();
    for &signature in signatures {
        let (kind, hash) = match signature {
            SignatureAlgorithm::Ecdsa(hash) => ("ECDSA", hash_words(hash)),
            SignatureAlgorithm::Ed25519 => ("Ed25519", ""),
            SignatureAlgorithm::MlDsa(_) => ("ML-DSA", ""),
            SignatureAlgorithm::RsaPkcs1(hash) => ("PKCS#1", hash_words(hash)),
            SignatureAlgorithm::RsaPss(hash) => ("PSS", hash_words(hash)),
        };
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, hashes)) => hashes.push(hash),
            None => kinds.push((kind, vec![hash])),
        }
    }
    let words = |(kind, hashes): &(&str, Vec<&str>)| match hashes.as_slice() {
        [""] => (*kind).to_owned(),
        hashes => format!("{kind} with SHA-{}", hashes.join("/")),
    };
    kinds.iter().map(words).collect::<Vec<_>>().join(", ")
}

fn hash_words(hash: HashAlgorithm) -> &'static str {
    match hash {
        HashAlgorithm::Sha256 => "256",
        HashAlgorithm::Sha384 => "384",
        HashAlgorithm::Sha512 => "512",
    }
}

#[cfg(test)]
mod tests;
