//! The screens of tokens: making a home on one, looking at them, initialising one.

use std::path::PathBuf;

use coldsign::tui::{
    key::Key,
    model::Model,
    screen::{Screen, new_token::NewToken, setup::Setup, token::Tokens},
    work::{
        Job, News,
        tokens::{TokenJob, TokenNews},
    },
};

use super::{super::outside::Outside, Build, fail, material, on_top, press, tell, typed};

/// SoftHSM's usual place.
fn module() -> PathBuf {
    PathBuf::from("/usr/lib/softhsm/libsofthsm2.so")
}

fn failed(mut model: Model) -> Model {
    fail(&mut model, Job::Token(TokenJob::Modules), material::token_failure());
    model
}

pub fn setup() -> Vec<(&'static str, Build)> {
    fn looking(outside: &Outside, modules: Vec<coldsign::ceremony::KnownModule>) -> Model {
        let mut model = on_top(outside, Screen::Setup(Setup::new()));
        tell(&mut model, News::Token(TokenNews::Modules(modules)));
        model
    }
    fn slots(outside: &Outside) -> Model {
        let known = coldsign::ceremony::KnownModule { path: module(), drives: "SoftHSM" };
        let mut model = looking(outside, vec![known]);
        press(&mut model, &[Key::Enter]);
        tell(&mut model, News::Token(TokenNews::Slots { module: module(), slots: material::slots(outside) }));
        model
    }
    vec![
        ("empty", |outside| looking(outside, Vec::new())),
        ("typical", slots),
        ("typical, modules", |outside| {
            let known = coldsign::ceremony::KnownModule { path: module(), drives: "SoftHSM" };
            looking(outside, vec![known])
        }),
        ("failure", |outside| failed(slots(outside))),
    ]
}

pub fn tokens() -> Vec<(&'static str, Build)> {
    fn shown(outside: &Outside, slots: Vec<coldsign::ceremony::SlotState>) -> Model {
        let mut model = on_top(outside, Screen::Tokens(Tokens::new()));
        tell(&mut model, News::Token(TokenNews::Slots { module: module(), slots }));
        model
    }
    vec![
        ("empty", |outside| shown(outside, Vec::new())),
        ("typical", |outside| shown(outside, material::slots(outside))),
        ("failure", |outside| failed(shown(outside, material::slots(outside)))),
    ]
}

pub fn new_token() -> Vec<(&'static str, Build)> {
    fn asked(outside: &Outside) -> Model {
        let slot = material::slots(outside).pop().unwrap();
        on_top(outside, Screen::NewToken(NewToken::new(module(), slot)))
    }
    vec![
        ("empty", asked),
        ("typical", |outside| typed(asked(outside), "", "rehearsal")),
        ("failure", |outside| failed(typed(asked(outside), "", "rehearsal"))),
    ]
}
