//! What people get to read of sound and of hostile octets.

use super::*;
use crate::{
    pki::der::{element, sequence, tag},
    tui::{
        keymap,
        probe::{drawn, drawn_as, hostile_texts},
        theme::Glyphs,
    },
};

/// The beginning of a request whose common name is this text; its key is missing.
fn request_of(common_name: &str) -> Vec<u8> {
    let common_name = sequence(&[
        &element(tag::OID, &[0x55, 0x04, 0x03]),
        &element(tag::UTF8_STRING, common_name.as_bytes()),
    ]);
    let name = sequence(&[&element(tag::SET, &common_name)]);
    sequence(&[&sequence(&[&element(tag::INTEGER, &[0]), &name])])
}

fn press(document: &mut Document, key: Key) -> Turn {
    let about = About::default();
    let action = keymap::action_of(&document.bindings(&about), key).expect("a key of this screen");
    document.act(action, &about)
}

fn holds(rows: &[String], text: &str) -> bool {
    rows.iter().any(|row| row.contains(text))
}

#[test]
fn words_come_first_then_the_tree_then_the_octets() {
    let der = request_of("dev-0007");
    let mut document = Document::request(Printable::new("Request dev-0007.csr"), &der);
    let words = drawn(&document, 78, 18);
    assert_eq!(words[0], "Request dev-0007.csr");
    assert!(words[1].starts_with("[1 in words]  2 ASN.1 tree   3 octets"), "{}", words[1]);
    assert!(holds(&words, "dev-0007"));
    assert!(holds(&words, "! It cannot be read as a whole. At offset "), "{words:#?}");
    press(&mut document, Key::Tab);
    let tree = drawn(&document, 78, 18);
    assert!(holds(&tree, "offset  octets  element"));
    assert!(holds(&tree, &format!("000000  {:>6}  SEQUENCE", der.len() - 2)), "{tree:#?}");
    assert!(holds(&tree, "UTF8String  dev-0007"), "{tree:#?}");
    press(&mut document, Key::Char('3'));
    let octets = drawn(&document, 78, 18);
    assert_eq!(octets[3], anatomy::hex_line(&der, &[], 0).expect("a line"));
    press(&mut document, Key::Tab);
    assert_eq!(drawn(&document, 78, 18), words);
    press(&mut document, Key::BackTab);
    assert_eq!(drawn(&document, 78, 18), octets);
}

#[test]
fn every_key_it_offers_is_carried_out() {
    let mut document = Document::certificate(Printable::new("CA root"), &request_of("x"))
        .opened_at("findings", vec![Item::Gap]);
    let about = About::default();
    for binding in document.bindings(&about) {
        for &key in binding.keys {
            let turn = press(&mut document, key);
            assert_eq!(matches!(turn.go, crate::tui::room::Go::Back), key == Key::Esc, "{key:?}");
        }
    }
    assert_eq!(document.pages.len(), 4);
    press(&mut document, Key::Char('4'));
    assert_eq!(document.chosen, 3);
}

#[test]
fn hostile_text_stays_within_its_place_and_is_marked() {
    for text in hostile_texts() {
        let der = request_of(&text);
        for mut document in [
            Document::request(Printable::new(&text), &der),
            Document::certificate(Printable::new(&text), &der),
            Document::planned(Printable::new(&text), &der),
        ] {
            for _ in 0..3 {
                drawn(&document, 78, 18);
                drawn_as(&document, 31, 9, Glyphs::Console);
                press(&mut document, Key::Tab);
            }
        }
    }
    let document = Document::request(Printable::new("x"), &request_of("a\x1b[2Jb"));
    let rows = drawn(&document, 78, 18);
    assert!(holds(&rows, "a\\u{1b}[2Jb"), "{rows:#?}");
    assert!(holds(&rows, "! contains 1 character that is not shown as"), "{rows:#?}");
}

#[test]
fn a_long_document_is_read_to_its_end() {
    let mut document = Document::request(Printable::new("x"), &request_of(&"long ".repeat(400)));
    press(&mut document, Key::Char('3'));
    let first = drawn(&document, 78, 18);
    assert!(first[1].ends_with("rows 1-15 of 127"), "{}", first[1]);
    press(&mut document, Key::End);
    let last = drawn(&document, 78, 18);
    assert!(last[1].ends_with("rows 113-127 of 127"), "{}", last[1]);
    assert!(last[17].starts_with("0007e0"), "{}", last[17]);
    press(&mut document, Key::Home);
    assert_eq!(drawn(&document, 78, 18), first);
}

#[test]
fn octets_of_any_kind_are_shown() {
    for octets in [&[][..], &[0xff; 40], &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff], &[0x30, 0x80, 0, 0]] {
        for mut document in [
            Document::request(Printable::new("x"), octets),
            Document::certificate(Printable::new("x"), octets),
            Document::planned(Printable::new("x"), octets),
        ] {
            for _ in 0..3 {
                drawn(&document, 78, 18);
                press(&mut document, Key::Tab);
            }
        }
    }
}
