//! What the frame says of a PIN, of help, and of a home that is not open yet.

use std::time::Duration;

use super::*;
use crate::tui::{
    keymap::BACK,
    screen::{Screen, rooms::Rooms},
    theme::{Colours, Glyphs},
};

const THEME: Theme = Theme { colours: Colours::None, glyphs: Glyphs::Console };

/// The rows of the smallest terminal.
fn rows(model: &mut Model) -> Vec<String> {
    let mut cells = Buffer::empty(Rect { x: 0, y: 0, width: COLUMNS_MIN, height: ROWS_MIN });
    draw(model, &mut cells, THEME);
    read(&cells)
}

fn read(cells: &Buffer) -> Vec<String> {
    let row = |y| (0..cells.area.width).map(|x| cells[(x, y)].symbol()).collect::<String>();
    (0..cells.area.height).map(row).collect()
}

fn model() -> Model {
    let mut model = Model::new(Screen::Rooms(Rooms::new()));
    model.about.lock_after = Some(Duration::from_mins(10));
    model
}

fn ask(lasts: PinLasts) -> PinAsk {
    PinAsk {
        noun: "user PIN",
        label: Printable::new("rehearsal"),
        serial: Printable::new("01"),
        purpose: "to sign".to_owned(),
        warning: None,
        entry: PinEntry::Program,
        lasts,
    }
}

#[test]
fn the_frame_says_until_when_a_pin_stays_given() {
    let mut model = model();
    assert!(!rows(&mut model).concat().contains("locked again"));
    model.about.login = Login::In;
    assert!(rows(&mut model)[22].contains("locked again after 10 minutes without a key, or with Ctrl-L"));
    model.about.lock_after = Some(Duration::from_mins(1));
    assert!(rows(&mut model)[22].contains("after 1 minute without a key"));
}

#[test]
fn the_question_for_a_pin_says_how_long_it_stays_given() {
    let mut model = model();
    model.dialog = Some(Dialog::Pin(ask(PinLasts::UntilLocked)));
    let shown = rows(&mut model).concat();
    assert!(shown.contains("stays given until the token is locked again: after 10"), "{shown}");
    model.dialog = Some(Dialog::Pin(ask(PinLasts::Once)));
    assert!(!rows(&mut model).concat().contains("stays given"));
}

#[test]
fn the_key_for_help_has_its_place_however_full_the_bar_is() {
    const LONG: Binding = Binding::bar(&[Key::Enter], Action::Open, "words that take a good half of the bar");
    let area = Rect { x: 0, y: 0, width: COLUMNS_MIN, height: 2 };
    for (bindings, seen, unseen) in [
        (vec![LONG, LONG, BACK, keymap::HELP_WHILE_TYPING], "Enter words", "Esc back"),
        (vec![LONG, BACK, keymap::HELP_WHILE_TYPING], "Esc back", "leave"),
    ] {
        let mut cells = Buffer::empty(area);
        foot(&mut Canvas::new(&mut cells, THEME), area, &model(), &bindings);
        let bar = &read(&cells)[1];
        assert!(bar.contains(seen) && !bar.contains(unseen), "{bar}");
        assert!(bar.contains("F1 help"), "{bar}");
    }
}

#[test]
fn before_the_home_is_opened_the_frame_does_not_call_it_missing() {
    let shown = rows(&mut model())[..2].concat();
    assert!(shown.contains("the home is not opened yet"), "{shown}");
    assert!(shown.contains("stand here then"), "{shown}");
}

#[test]
fn a_serial_number_is_whole_whatever_stands_beside_it() {
    let mut model = model();
    model.about.overview = Some(Overview {
        rehearsal: Rehearsal::Live,
        token_label: Printable::new("the token of the key ceremony 01"),
        token_serial: Some(Printable::new("0123456789abcdef")),
        authorities: Vec::new(),
        entry: 1,
        head: crate::pki::fingerprint::Digest::of(b"head"),
        head_words: "one two three".to_owned(),
    });
    assert!(
        rows(&mut model)[1].contains("token the token of the key.. serial 0123456789abcdef "),
        "all of it"
    );
    model.about.interfaces = Some(vec![Printable::new("a-long-interface")]);
    model.about.token = TokenSeen::Missing;
    let row = &rows(&mut model)[1];
    assert!(
        row.contains(".. serial 0123456789abcdef  ") && row.contains("TOKEN NOT THERE  NETWORK UP: a-"),
        "{row}"
    );
}
