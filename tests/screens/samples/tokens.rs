//! The screens of tokens: making a home on one, looking at them, initialising one.

use std::path::PathBuf;

use coldsign::{
    ceremony::{KnownModule, SlotState},
    tui::{
        key::Key,
        message::Message,
        model::{Login, Model},
        screen::{Screen, new_token::NewToken, setup::Setup, token::Tokens},
        update::update,
        work::{
            Job, News,
            tokens::{TokenJob, TokenNews},
        },
    },
};

use super::{
    super::{material::Slot, outside::Outside},
    Build, fail, material, on_top, press, tell, typed,
};

/// SoftHSM's usual place.
fn module() -> PathBuf {
    PathBuf::from("/usr/lib/softhsm/libsofthsm2.so")
}

fn failed(mut model: Model) -> Model {
    fail(&mut model, Job::Token(TokenJob::Modules), material::token_failure());
    model
}

/// Down to a slot.
fn down_to(mut model: Model, slot: Slot) -> Model {
    for _ in 0..slot as usize {
        press(&mut model, &[Key::Down]);
    }
    model
}

pub fn setup() -> Vec<(&'static str, Build)> {
    fn looking(outside: &Outside, modules: Vec<KnownModule>) -> Model {
        let mut model = on_top(outside, Screen::Setup(Setup::new()));
        tell(&mut model, News::Token(TokenNews::Modules(modules)));
        model
    }
    fn known() -> Vec<KnownModule> {
        vec![KnownModule { path: module(), drives: "SoftHSM" }]
    }
    fn slots(outside: &Outside) -> Model {
        let mut model = looking(outside, known());
        press(&mut model, &[Key::Enter]);
        tell(&mut model, News::Token(TokenNews::Slots { module: module(), slots: material::slots(outside) }));
        model
    }
    vec![
        ("empty", |outside| looking(outside, Vec::new())),
        ("empty, no slots", |outside| {
            let mut model = looking(outside, known());
            press(&mut model, &[Key::Enter]);
            tell(&mut model, News::Token(TokenNews::Slots { module: module(), slots: Vec::new() }));
            model
        }),
        ("typical", slots),
        ("typical, modules", |outside| looking(outside, known())),
        ("typical, a path is typed", |outside| typed(looking(outside, known()), "/", &outside.file)),
        ("typical, a token without PINs", |outside| down_to(slots(outside), Slot::Fresh)),
        ("typical, no token in the reader", |outside| down_to(slots(outside), Slot::Missing)),
        ("typical, rehearsal or live", |outside| {
            let mut model = slots(outside);
            press(&mut model, &[Key::Enter]);
            model
        }),
        ("typical, live", |outside| {
            let mut model = slots(outside);
            press(&mut model, &[Key::Enter, Key::Char('l')]);
            model
        }),
        ("failure", |outside| failed(slots(outside))),
        ("failure, no token is taken", |outside| {
            let mut model = down_to(slots(outside), Slot::Missing);
            press(&mut model, &[Key::Enter]);
            model
        }),
    ]
}

pub fn tokens() -> Vec<(&'static str, Build)> {
    fn shown(outside: &Outside, slots: Vec<SlotState>) -> Model {
        let mut model = on_top(outside, Screen::Tokens(Tokens::new()));
        tell(&mut model, News::Token(TokenNews::Slots { module: module(), slots }));
        model
    }
    fn at(outside: &Outside, slot: Slot) -> Model {
        down_to(shown(outside, material::slots(outside)), slot)
    }
    vec![
        ("empty", |outside| shown(outside, Vec::new())),
        ("empty, not looked yet", |outside| on_top(outside, Screen::Tokens(Tokens::new()))),
        ("typical", |outside| at(outside, Slot::Own)),
        ("typical, locked", |outside| at(outside, Slot::Locked)),
        ("typical, last try", |outside| at(outside, Slot::LastTry)),
        ("typical, not initialised", |outside| at(outside, Slot::Fresh)),
        ("typical, its making was interrupted", |outside| at(outside, Slot::Interrupted)),
        ("typical, no token", |outside| at(outside, Slot::Missing)),
        ("typical, a reader that does not answer", |outside| at(outside, Slot::Trouble)),
        ("typical, logged in", |outside| {
            let mut model = at(outside, Slot::Fresh);
            update(&mut model, Message::Login(Login::In));
            model
        }),
        ("typical, checked", |outside| {
            let mut model = at(outside, Slot::Own);
            tell(&mut model, News::Token(TokenNews::Checked(material::token_check(outside))));
            model
        }),
        ("failure", |outside| failed(at(outside, Slot::Own))),
    ]
}

pub fn new_token() -> Vec<(&'static str, Build)> {
    fn asked(outside: &Outside) -> Model {
        on_top(outside, Screen::NewToken(NewToken::new(module(), Slot::Fresh.state(outside))))
    }
    vec![
        ("empty", asked),
        ("typical", |outside| typed(asked(outside), "", "rehearsal")),
        ("typical, its making was interrupted", |outside| {
            on_top(outside, Screen::NewToken(NewToken::new(module(), Slot::Interrupted.state(outside))))
        }),
        ("failure", |outside| failed(typed(asked(outside), "", "rehearsal"))),
    ]
}
