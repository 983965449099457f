//! What can be done with which token, and what its texts do to the screen.

use super::*;
use crate::ceremony::{CheckedKey, TokenMark};
use crate::tui::{
    keymap::action_of,
    probe::{drawn, hostile_texts},
};

fn shown(token: TokenState) -> Tokens {
    let slots =
        vec![SlotState { description: token.label.clone(), slot: 3, token: Some(token), trouble: None }];
    let mut tokens = Tokens::new();
    let news = News::Token(TokenNews::Slots { module: "/lib/module.so".into(), slots });
    assert!(matches!(tokens.hear(Box::new(news), &About::default()), Heard::Mine(_)));
    tokens
}

fn offers(tokens: &Tokens, about: &About, key: char) -> bool {
    action_of(&tokens.bindings(about), Key::Char(key)).is_some()
}

#[test]
fn only_a_token_that_holds_nothing_can_be_initialised() {
    let about = About::default();
    let mut token = TokenState::named(3, "lab", "01");
    assert!(!offers(&shown(token.clone()), &about, 'i'));
    token.user_pin_state = UserPin::Missing;
    assert!(offers(&shown(token.clone()), &about, 'i'));
    token.initialised = Initialised::No;
    assert!(offers(&shown(token), &about, 'i'));
}

#[test]
fn logging_out_is_offered_while_the_token_is_logged_in() {
    let tokens = shown(TokenState::named(3, "lab", "01"));
    assert!(!offers(&tokens, &About::default(), 'o'));
    assert!(offers(&tokens, &About { login: Login::In, ..About::default() }, 'o'));
}

#[test]
fn pin_trouble_and_a_pad_are_said_in_words() {
    let mut state = TokenState::named(3, "lab", "01");
    (state.user_pin, state.pin_entry) = (Some(crate::ceremony::PinWarning::FinalTry), PinEntry::ReaderPad);
    let rows = drawn(&shown(state), 78, 18).join("\n");
    assert!(rows.contains("WARNING: only one try is left"), "{rows}");
    assert!(rows.contains("on the reader's own pad"), "{rows}");
}

#[test]
fn a_check_stands_first_with_what_the_token_signs() {
    let state = TokenState::named(3, "lab", "01");
    let mut tokens = shown(state.clone());
    let hashes = [HashAlgorithm::Sha256, HashAlgorithm::Sha384];
    let capability = crate::ceremony::Capability {
        algorithm: crate::ceremony::KEY_ALGORITHMS[0],
        generation: Support::Present,
        signatures: hashes.map(SignatureAlgorithm::Ecdsa).into(),
    };
    let check = TokenCheck {
        mark: TokenMark::None,
        loose_keys: Vec::new(),
        state,
        capabilities: vec![capability],
        keys: vec![CheckedKey {
            ca: "root".to_owned(),
            found: Err("it is gone".to_owned()),
            from_outside: None,
        }],
        audit_signatures_per_second: Some(12.4),
    };
    let _ = tokens.hear(Box::new(News::Token(TokenNews::Checked(check))), &About::default());
    let rows = drawn(&tokens, 78, 18);
    assert!(rows[3].starts_with("The check found"), "{rows:#?}");
    assert!(rows[4].ends_with("TROUBLE: it is gone"), "{rows:#?}");
    assert!(rows[6].contains("12 signatures a second"), "{rows:#?}");
    assert!(rows[7].ends_with("makes such keys; signs ECDSA with SHA-256/384"), "{rows:#?}");
}

#[test]
fn hostile_texts_of_a_token_stay_in_their_fields() {
    for text in hostile_texts() {
        for (width, height) in [(78, 18), (118, 34)] {
            let rows = drawn(&shown(TokenState::named(3, &text, &text)), width, height);
            assert!(rows[1].starts_with("> slot 3"), "{rows:#?}");
        }
    }
}
