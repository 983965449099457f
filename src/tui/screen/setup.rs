//! Setting up: where there is no home yet, one is made, with its module, its token and what it is for.

use std::path::PathBuf;

use ratatui::layout::Rect;

use super::{
    Screen,
    new_token::NewToken,
    rooms::Rooms,
    start::Start,
    token::{can_be_initialised, slot_rows},
};
use crate::{
    ceremony::{Initialised, KnownModule, Rehearsal, SlotState, TokenState, UserPin},
    pki::text::Printable,
    tui::{
        browser::shown,
        canvas::Canvas,
        field::Field,
        key::Key,
        keymap::{Action, BACK, Binding, LIST},
        list::List,
        model::About,
        room::{Heard, Room, Turn},
        theme::Role,
        work::{
            Job, News,
            tokens::{TokenJob, TokenNews},
        },
    },
};

/// Types a module's path.
const TYPE: Action = Action::Verb(0);
/// Initialises the chosen token.
const INITIALISE: Action = Action::Verb(1);
/// Looks into the slots again.
const AGAIN: Action = Action::Verb(2);
/// The home is for rehearsals.
const REHEARSAL: Action = Action::Verb(3);
/// The home is for live work.
const LIVE: Action = Action::Verb(4);

/// How far the choice has come.
#[derive(Debug)]
enum Step {
    /// Which module.
    Module,
    /// Which module, by its path.
    Path(Field),
    /// Which token of the module.
    Token { module: PathBuf, slots: Vec<SlotState> },
    /// What the home is for.
    Kind { module: PathBuf, slots: Vec<SlotState>, token: Box<TokenState>, kind: Option<Rehearsal> },
}

/// Setting up a home.
#[derive(Debug)]
pub struct Setup {
    modules: Vec<KnownModule>,
    module: List,
    slot: List,
    step: Step,
}

impl Setup {
    /// Nothing is chosen; [`TokenJob::Modules`] is to follow.
    #[must_use]
    pub fn new() -> Self {
        Self { modules: Vec::new(), module: List::default(), slot: List::default(), step: Step::Module }
    }

    fn chosen_slot(&self) -> Option<&SlotState> {
        match &self.step {
            Step::Token { slots, .. } => slots.get(self.slot.chosen()),
            _ => None,
        }
    }

    fn back(&mut self) -> Turn {
        self.step = match std::mem::replace(&mut self.step, Step::Module) {
            Step::Module => return Turn::replace(Screen::Start(Start::new())).and(Job::CheckSelf),
            Step::Path(_) | Step::Token { .. } => Step::Module,
            Step::Kind { module, slots, .. } => Step::Token { module, slots },
        };
        Turn::stay()
    }

    fn open(&mut self) -> Turn {
        match &self.step {
            Step::Module => match self.modules.get(self.module.chosen()) {
                Some(module) => slots_of(module.path.clone()),
                None => Turn::refuse(
                    "no PKCS#11 module was found at the usual places",
                    "press / and type the path of the module that drives your token",
                ),
            },
            Step::Path(field) => slots_of(PathBuf::from(field.text())),
            Step::Token { module, slots } => {
                let slot = slots.get(self.slot.chosen());
                let token = slot.and_then(|slot| slot.token.as_ref());
                match token {
                    None => Turn::refuse("there is no token in this slot", "put one in and press r"),
                    Some(token)
                        if token.initialised == Initialised::No
                            || token.user_pin_state == UserPin::Missing =>
                    {
                        Turn::refuse("this token has no PIN yet", "press i to initialise it")
                    }
                    Some(token) => {
                        let token = Box::new(token.clone());
                        let (module, slots) = (module.clone(), slots.clone());
                        self.step = Step::Kind { module, slots, token, kind: None };
                        Turn::stay()
                    }
                }
            }
            Step::Kind { .. } => Turn::stay(),
        }
    }

    fn choose(&mut self, chosen: Rehearsal) {
        if let Step::Kind { kind, .. } = &mut self.step {
            *kind = Some(chosen);
        }
    }

    fn make(&self) -> Turn {
        match &self.step {
            Step::Kind { module, slots, token, kind: Some(kind) } => Turn::work(Job::SetUp {
                module: module.clone(),
                token: token.label.as_str().to_owned(),
                serial: shares_its_label(token, slots).then(|| token.serial.as_str().to_owned()),
                kind: *kind,
            }),
            _ => Turn::stay(),
        }
    }
}

impl Default for Setup {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether a slot that was looked into again holds what it held.
fn is_same(one: &SlotState, other: &SlotState) -> bool {
    let serial = |slot: &SlotState| slot.token.as_ref().map(|token| token.serial.clone());
    one.slot == other.slot && serial(one) == serial(other)
}

/// Whether another token that is there has the same label.
fn shares_its_label(token: &TokenState, slots: &[SlotState]) -> bool {
    slots.iter().filter_map(|slot| slot.token.as_ref()).filter(|other| other.label == token.label).count() > 1
}

fn slots_of(module: PathBuf) -> Turn {
    Turn::work(Job::Token(TokenJob::Slots(Some(module))))
}

impl Room for Setup {
    fn title(&self) -> &'static str {
        match self.step {
            Step::Module | Step::Path(_) => "Setting up, 1 of 3: which PKCS#11 module?",
            Step::Token { .. } => "Setting up, 2 of 3: which token?",
            Step::Kind { .. } => "Setting up, 3 of 3: rehearsal or live?",
        }
    }

    fn help(&self) -> &'static str {
        "There is no home yet: the folder with the configuration (authority.toml) and the register of everything that \
         is ever signed. It is made for one token, reached through one PKCS#11 module, and either for rehearsals or \
         for live work. The module is the library that the maker of your token gives you. Nothing is made before the \
         last step."
    }

    fn bindings(&self, _about: &About) -> Vec<Binding> {
        let mut bindings = Vec::new();
        match &self.step {
            Step::Module => {
                bindings.push(Binding::bar(&[Key::Enter], Action::Open, "take this module"));
                bindings.push(Binding::bar(&[Key::Char('/')], TYPE, "type another path"));
                bindings.extend_from_slice(LIST);
            }
            Step::Path(_) => {
                bindings.push(Binding::bar(&[Key::Enter], Action::Open, "take this module"));
            }
            Step::Token { .. } => {
                bindings.push(Binding::bar(&[Key::Enter], Action::Open, "take this token"));
                if self.chosen_slot().is_some_and(can_be_initialised) {
                    bindings.push(Binding::bar(&[Key::Char('i')], INITIALISE, "initialise"));
                }
                bindings.push(Binding::bar(&[Key::Char('r')], AGAIN, "look again"));
                bindings.extend_from_slice(LIST);
            }
            Step::Kind { kind, .. } => {
                bindings.push(Binding::bar(&[Key::Char('r')], REHEARSAL, "rehearsal"));
                bindings.push(Binding::bar(&[Key::Char('l')], LIVE, "live"));
                if kind.is_some() {
                    bindings.push(Binding::bar(&[Key::Char('m')], Action::Proceed, "make the home"));
                }
            }
        }
        bindings.push(BACK);
        bindings
    }

    fn act(&mut self, action: Action, _about: &About) -> Turn {
        match action {
            Action::Back => self.back(),
            Action::Open => self.open(),
            Action::Proceed => self.make(),
            TYPE => {
                self.step = Step::Path(Field::with("/usr/lib/"));
                Turn::stay()
            }
            INITIALISE => match (&self.step, self.chosen_slot()) {
                (Step::Token { module, .. }, Some(slot)) if can_be_initialised(slot) => {
                    Turn::enter(Screen::NewToken(NewToken::new(module.clone(), slot.clone())))
                }
                _ => Turn::stay(),
            },
            AGAIN => match &self.step {
                Step::Token { module, .. } => slots_of(module.clone()),
                _ => Turn::stay(),
            },
            REHEARSAL => {
                self.choose(Rehearsal::Rehearsal);
                Turn::stay()
            }
            LIVE => {
                self.choose(Rehearsal::Live);
                Turn::stay()
            }
            _ => {
                match &self.step {
                    Step::Module => self.module.act(action, self.modules.len()),
                    Step::Token { slots, .. } => self.slot.act(action, slots.len()),
                    Step::Path(_) | Step::Kind { .. } => {}
                }
                Turn::stay()
            }
        }
    }

    fn field(&mut self) -> Option<&mut Field> {
        match &mut self.step {
            Step::Path(field) => Some(field),
            _ => None,
        }
    }

    fn hear(&mut self, news: Box<News>, _about: &About) -> Heard {
        match *news {
            News::Token(TokenNews::Modules(modules)) => {
                self.modules = modules;
                Heard::Mine(Turn::stay())
            }
            News::Token(TokenNews::Slots { module, slots }) => {
                // What was chosen stays so under the finger; else a token that is ready is what most people look for.
                let same = |slot: &SlotState| self.chosen_slot().is_some_and(|chosen| is_same(chosen, slot));
                let ready = |slot: &SlotState| {
                    slot.token.as_ref().is_some_and(|token| token.initialised == Initialised::Yes)
                };
                let row = slots.iter().position(same).or_else(|| slots.iter().position(ready));
                self.slot.choose(row.unwrap_or(0));
                self.step = Step::Token { module, slots };
                Heard::Mine(Turn::stay())
            }
            News::SetUp => Heard::Mine(Turn::work(Job::OpenHome)),
            News::Opened { .. } => Heard::Mine(Turn::replace(Screen::Rooms(Rooms::new()))),
            other => Heard::NotMine(Box::new(other)),
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, about: &About) {
        match &self.step {
            Step::Module => self.draw_modules(canvas, area),
            Step::Path(field) => {
                canvas.text(
                    area.x,
                    area.y,
                    area.width,
                    "path of the PKCS#11 module, from the root",
                    Role::Faint,
                );
                canvas.input(area.x, area.y + 1, area.width, field, Role::Selected);
            }
            Step::Token { module, slots } => {
                draw_outside(canvas, area, area.y, "module", &shown(module));
                let place = Rect { y: area.y + 2, height: area.height.saturating_sub(5), ..area };
                slot_rows(canvas, place, slots, self.slot, about);
                let text = "Take the token that holds the CA keys, or shall hold them. A token that is not \
                            initialised gets its label and its PINs with i.";
                let below = Rect { y: area.bottom().saturating_sub(2), height: 2, ..area };
                canvas.paragraph(below, text, Role::Faint);
            }
            Step::Kind { module, token, kind, .. } => {
                draw_outside(canvas, area, area.y, "module", &shown(module));
                draw_outside(canvas, area, area.y + 1, "token", &token.label);
                draw_outside(canvas, area, area.y + 2, "its serial", &token.serial);
                draw_kinds(canvas, Rect { y: area.y + 4, height: area.height - 4, ..area }, *kind);
            }
        }
    }
}

impl Setup {
    fn draw_modules(&self, canvas: &mut Canvas<'_>, area: Rect) {
        if self.modules.is_empty() {
            let text = "No PKCS#11 module was found at the usual places of this machine. Press / and type the path of \
                        the library that the maker of your token gave you.";
            canvas.paragraph(area, text, Role::Plain);
            return;
        }
        canvas.text(area.x, area.y, area.width, "PKCS#11 modules on this machine:", Role::Faint);
        let page = usize::from(area.height.saturating_sub(2)) / 2;
        let first = self.module.first_seen(self.modules.len(), page);
        for (row, module) in self.modules.iter().enumerate().skip(first).take(page) {
            let y = area.y + 2 + u16::try_from(row - first).unwrap_or(0) * 2;
            let chosen = row == self.module.chosen();
            let role = if chosen { Role::Selected } else { Role::Plain };
            canvas.row(area, y, &format!("{} {}", if chosen { ">" } else { " " }, module.drives), role);
            canvas.outside(
                area.x + 4,
                y + 1,
                area.width.saturating_sub(4),
                &shown(&module.path),
                Role::Faint,
            );
        }
    }
}

fn draw_outside(canvas: &mut Canvas<'_>, area: Rect, y: u16, label: &str, value: &Printable) {
    canvas.text(area.x, y, 17, label, Role::Faint);
    canvas.outside(area.x + 18, y, area.width.saturating_sub(18), value, Role::Plain);
}

fn draw_kinds(canvas: &mut Canvas<'_>, area: Rect, chosen: Option<Rehearsal>) {
    let kinds = [
        (
            Rehearsal::Rehearsal,
            "r  a REHEARSAL",
            "To learn and to try. Every screen says so. Nobody may trust what is signed here.",
        ),
        (
            Rehearsal::Live,
            "l  LIVE",
            "For CAs that count. Everything signed here is signed for good and stands in the register for ever.",
        ),
    ];
    let mut y = area.y;
    for (kind, name, text) in kinds {
        let (mark, role) = if chosen == Some(kind) { ("[x]", Role::Selected) } else { ("[ ]", Role::Strong) };
        canvas.text(area.x, y, area.width, &format!("{mark} {name}"), role);
        let place = Rect { x: area.x + 7, y: y + 1, width: area.width.saturating_sub(7), height: 3 };
        y += 2 + canvas.paragraph(place, text, Role::Plain);
    }
    let text = match chosen {
        None => "Choose one. A home never changes its kind.",
        Some(_) => "A home never changes its kind. Press m to make it.",
    };
    canvas.text(area.x, y + 1, area.width, text, Role::Attention);
}

#[cfg(test)]
mod tests;
