//! What a person chooses before there is a home.

use std::time::Duration;

use super::*;
use crate::{
    ceremony::{HomeState, Overview, Rehearsal, TokenState},
    pki::{fingerprint::Digest, time::Time},
    tui::{
        message::{Effect, Message},
        model::{Dialog, Model},
        update::{first, update},
    },
};

fn press(model: &mut Model, key: Key) -> Vec<Effect> {
    update(model, Message::Key(key))
}

fn done(model: &mut Model, news: News) -> Vec<Effect> {
    update(model, Message::Done(Box::new(news)))
}

fn slot(number: u64, token: Option<TokenState>) -> SlotState {
    SlotState { description: Printable::new("reader"), slot: number, token, trouble: None }
}

fn fresh() -> TokenState {
    let mut token = TokenState::named(1, "", "");
    (token.initialised, token.user_pin_state) = (Initialised::No, UserPin::Missing);
    token
}

/// A model in which a module was chosen that has these slots.
fn at_tokens(slots: Vec<SlotState>) -> Model {
    let mut model = Model::new(Screen::Start(Start::new()));
    first(&mut model);
    update(
        &mut model,
        Message::Tick { clock: Time::from_unix(1_800_000_000), since: Duration::from_secs(1) },
    );
    done(&mut model, News::SelfChecked { checks: Vec::new(), home: HomeState::Missing });
    let effects = press(&mut model, Key::Char('y'));
    assert!(matches!(effects.as_slice(), [Effect::Work(Job::Token(TokenJob::Modules))]));
    let module = KnownModule { path: "/lib/module.so".into(), drives: "a token" };
    done(&mut model, News::Token(TokenNews::Modules(vec![module])));
    let effects = press(&mut model, Key::Enter);
    let [Effect::Work(Job::Token(TokenJob::Slots(Some(module))))] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    let module = module.clone();
    done(&mut model, News::Token(TokenNews::Slots { module, slots }));
    model
}

#[test]
fn a_home_is_made_only_once_its_kind_was_chosen() {
    let mut model = at_tokens(vec![slot(1, Some(fresh())), slot(7, Some(TokenState::named(7, "lab", "01")))]);
    // The token that is ready is chosen already.
    assert!(press(&mut model, Key::Enter).is_empty());
    for key in [Key::Enter, Key::Char('m')] {
        assert!(press(&mut model, key).is_empty(), "no kind has a default");
    }
    press(&mut model, Key::Char('l'));
    press(&mut model, Key::Char('r'));
    assert!(press(&mut model, Key::Enter).is_empty(), "Enter makes nothing");
    let effects = press(&mut model, Key::Char('m'));
    let [Effect::Work(Job::SetUp { module, token, serial: None, kind })] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    assert_eq!((module.to_str(), token.as_str()), (Some("/lib/module.so"), "lab"));
    assert_eq!(*kind, Rehearsal::Rehearsal);
    let effects = done(&mut model, News::SetUp);
    assert!(matches!(effects.as_slice(), [Effect::Work(Job::OpenHome)]));
    let overview = Overview {
        rehearsal: Rehearsal::Rehearsal,
        token_label: Printable::new("lab"),
        token_serial: None,
        authorities: Vec::new(),
        entry: 1,
        head: Digest::of(b"head"),
        head_words: "one two three".to_owned(),
    };
    done(&mut model, News::Opened { overview, lock_after: Duration::from_mins(10) });
    assert!(matches!(model.screen(), Screen::Rooms(_)));
    assert_eq!(model.depth(), 1);
}

#[test]
fn a_token_without_pins_is_initialised_first_and_looked_at_again() {
    let mut model = at_tokens(vec![slot(1, Some(fresh()))]);
    press(&mut model, Key::Enter);
    assert!(matches!(&model.dialog, Some(Dialog::Failure(failure)) if failure.what.contains("no PIN")));
    press(&mut model, Key::Enter);
    press(&mut model, Key::Char('i'));
    assert!(matches!(model.screen(), Screen::NewToken(_)));
    assert!(press(&mut model, Key::Enter).is_empty(), "Enter initialises nothing");
    assert!(press(&mut model, Key::Control('n')).is_empty(), "a token needs a label");
    press(&mut model, Key::Enter);
    update(&mut model, Message::Pasted("lab".to_owned()));
    let effects = press(&mut model, Key::Control('n'));
    let [Effect::Work(Job::Token(TokenJob::Initialise { slot: 1, label, .. }))] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    assert_eq!(label, "lab");
    let state = TokenState::named(7, "lab", "01");
    let effects =
        done(&mut model, News::Token(TokenNews::Initialised { module: "/lib/module.so".into(), state }));
    assert!(matches!(effects.as_slice(), [Effect::Work(Job::Token(TokenJob::Slots(Some(_))))]));
    assert!(matches!(model.screen(), Screen::Setup(_)));
}

#[test]
fn the_chosen_token_stays_chosen_when_the_slots_are_looked_into_again() {
    let slots = || {
        vec![
            slot(6, Some(TokenState::named(6, "lab", "01"))),
            slot(7, Some(TokenState::named(7, "lab", "02"))),
        ]
    };
    let mut model = at_tokens(slots());
    press(&mut model, Key::Down);
    press(&mut model, Key::Char('r'));
    done(&mut model, News::Token(TokenNews::Slots { module: "/lib/module.so".into(), slots: slots() }));
    let Screen::Setup(setup) = model.screen() else { panic!("{:?}", model.screen()) };
    assert_eq!(setup.chosen_slot().map(|slot| slot.slot), Some(7));
}

#[test]
fn escape_goes_back_step_by_step_and_makes_nothing() {
    let mut model = at_tokens(vec![slot(7, Some(TokenState::named(7, "lab", "01")))]);
    press(&mut model, Key::Enter);
    for _ in 0..2 {
        assert!(press(&mut model, Key::Esc).is_empty());
        assert!(matches!(model.screen(), Screen::Setup(_)));
    }
    let effects = press(&mut model, Key::Esc);
    assert!(matches!(effects.as_slice(), [Effect::Work(Job::CheckSelf)]));
    assert!(matches!(model.screen(), Screen::Start(_)));
}

#[test]
fn a_token_whose_label_another_one_has_is_named_by_its_serial_number() {
    let twin = |slot, serial| TokenState::named(slot, "lab", serial);
    let mut model = at_tokens(vec![slot(1, Some(twin(1, "01"))), slot(7, Some(twin(7, "02")))]);
    for key in [Key::Down, Key::Enter, Key::Char('r')] {
        assert!(press(&mut model, key).is_empty());
    }
    let effects = press(&mut model, Key::Char('m'));
    let [Effect::Work(Job::SetUp { token, serial, .. })] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!((token.as_str(), serial.as_deref()), ("lab", Some("02")));
}
