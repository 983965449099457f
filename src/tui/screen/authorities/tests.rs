//! The way to a new CA, and what its states offer.

use std::sync::Arc;

use super::*;
use crate::{
    ceremony::{AuthorityRecord, Error, ExportedCertificate, FolderListing, HeadAfter, NewCa},
    pki::{
        fingerprint::Digest,
        key::{Curve, PublicKey},
        time::Time,
    },
    tui::{
        keymap::action_of,
        message::{Effect, Message},
        model::{Dialog, Model},
        probe::{drawn, hostile_texts},
        screen::{install::Install, rooms::Rooms},
        update::update,
    },
};

fn press(model: &mut Model, key: Key) -> Vec<Effect> {
    update(model, Message::Key(key))
}

fn done(model: &mut Model, news: AuthorityNews) -> Vec<Effect> {
    update(model, Message::Done(Box::new(News::Authority(news))))
}

fn typed(model: &mut Model, text: &str) {
    update(model, Message::Pasted(text.to_owned()));
}

fn authority(name: &str, stage: Stage) -> Authority {
    // The base point of the curve: nobody's key.
    let point = "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e\
                 162bce33576b315ececbb6406837bf51f5";
    let octet = |place: usize| u8::from_str_radix(&point[place..place + 2], 16).unwrap();
    let octets: Vec<u8> = (0..point.len()).step_by(2).map(octet).collect();
    let record = AuthorityRecord {
        name: name.to_owned(),
        key_uri: "pkcs11:token=lab;id=%01".to_owned(),
        public_key: PublicKey::from_ec_point(Curve::P256, &octets).unwrap(),
        created: Time::from_unix(1_800_000_000).unwrap(),
        request: (stage == Stage::Requested).then(|| vec![0x30, 0]),
        succeeds: None,
        certificate: None,
    };
    Authority {
        record,
        stage,
        warnings: Vec::new(),
        succeeded_by: None,
        others: Vec::new(),
        from_outside: None,
    }
}

/// A model among the CAs of a home that has none.
fn at_authorities() -> Model {
    let mut model = Model::new(Screen::Rooms(Rooms::new()));
    assert!(press(&mut model, Key::Char('3')).is_empty());
    let effects = press(&mut model, Key::Enter);
    assert!(matches!(effects.as_slice(), [Effect::Work(Job::Authority(AuthorityJob::List))]));
    done(&mut model, AuthorityNews::List(Vec::new()));
    model
}

fn fill_in(model: &mut Model) {
    typed(model, "root");
    press(model, Key::Tab);
    press(model, Key::Right);
    press(model, Key::Tab);
    typed(model, "CN=Lab Root");
}

#[test]
fn a_key_is_made_only_after_the_cas_name_was_typed() {
    let mut model = at_authorities();
    press(&mut model, Key::Char('n'));
    fill_in(&mut model);
    assert!(press(&mut model, Key::Enter).is_empty(), "the days are missing");
    assert!(
        matches!(&model.dialog, Some(Dialog::Failure(failure)) if failure.what.contains("number of days"))
    );
    press(&mut model, Key::Enter);
    typed(&mut model, "3650");
    let effects = press(&mut model, Key::Enter);
    let [Effect::Work(Job::Authority(AuthorityJob::CheckRoot(wish, terms)))] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    assert_eq!((wish.name.as_str(), wish.subject.as_str()), ("root", "CN=Lab Root"));
    assert_eq!(wish.key.to_string(), "P-384");
    assert_eq!((terms.days, terms.path_length), (3650, None));
    done(&mut model, AuthorityNews::Checked(Printable::new("CN=Lab Root")));
    for (letters, all) in [("", ""), ("roo", "roo"), ("t", "root")] {
        typed(&mut model, letters);
        let effects = press(&mut model, Key::Enter);
        let [Effect::Work(Job::Authority(AuthorityJob::MakeRoot { wish, typed, .. }))] = effects.as_slice()
        else {
            panic!("{effects:?}")
        };
        // Whether it is the name, the ceremony says: nothing else makes what a key is made from.
        assert_eq!(typed, all);
        let new = NewCa { name: &wish.name, key: wish.key, subject: &wish.subject };
        let Err(error) = new.confirmed_by(typed) else { continue };
        update(&mut model, Message::Failed(error.into()));
        assert!(
            matches!(&model.dialog, Some(Dialog::Failure(failure)) if failure.what.contains("no key was made"))
        );
        press(&mut model, Key::Enter);
    }
    let effects = done(
        &mut model,
        AuthorityNews::Ready { authority: Box::new(authority("root", Stage::Issues)), head: HeadAfter::Left },
    );
    assert!(matches!(effects.as_slice(), [Effect::Work(Job::OpenHome)]));
    assert!(matches!(model.screen(), Screen::Authority(_)));
    assert_eq!(model.depth(), 3, "back from it are the CAs");
}

#[test]
fn escape_from_the_summary_keeps_what_was_filled_in() {
    let mut model = at_authorities();
    press(&mut model, Key::Char('s'));
    fill_in(&mut model);
    let effects = press(&mut model, Key::Enter);
    assert!(matches!(effects.as_slice(), [Effect::Work(Job::Authority(AuthorityJob::CheckSubordinate(_)))]));
    done(&mut model, AuthorityNews::Checked(Printable::new("CN=Lab Root")));
    assert!(matches!(model.screen(), Screen::CaTarget(_)));
    assert!(press(&mut model, Key::Esc).is_empty());
    let Screen::NewCa(form) = model.screen() else { panic!("not the form") };
    assert_eq!(form.wish().subject, "CN=Lab Root");
    press(&mut model, Key::Esc);
    press(&mut model, Key::Esc);
    assert!(matches!(model.screen(), Screen::Authorities(_)));
}

#[test]
fn a_form_with_something_in_it_is_left_by_the_second_escape() {
    let mut model = at_authorities();
    press(&mut model, Key::Char('n'));
    press(&mut model, Key::Esc);
    assert!(matches!(model.screen(), Screen::Authorities(_)), "nothing is lost of an empty one");
    press(&mut model, Key::Char('n'));
    fill_in(&mut model);
    for key in [Key::Tab, Key::Char('x'), Key::Backspace] {
        press(&mut model, Key::Esc);
        let rows = drawn(model.screen().room(), 78, 18);
        assert!(rows.iter().any(|row| row.contains("Esc once more leaves")), "{rows:#?}");
        press(&mut model, key);
    }
    let Screen::NewCa(form) = model.screen() else { panic!("not the form") };
    assert_eq!((form.wish().name.as_str(), form.wish().subject.as_str()), ("root", "CN=Lab Root"));
    press(&mut model, Key::Esc);
    assert!(press(&mut model, Key::Esc).is_empty());
    assert!(matches!(model.screen(), Screen::Authorities(_)));
}

#[test]
fn an_empty_form_complains_of_its_first_field_and_goes_there() {
    let mut model = at_authorities();
    press(&mut model, Key::Char('n'));
    press(&mut model, Key::BackTab);
    for (noun, text) in
        [("the CA's name", "root"), ("the subject", "CN=Lab Root"), ("the number of days", "1")]
    {
        assert!(press(&mut model, Key::Enter).is_empty());
        assert!(
            matches!(&model.dialog, Some(Dialog::Failure(failure)) if failure.what.starts_with(noun)),
            "{noun}"
        );
        press(&mut model, Key::Enter);
        typed(&mut model, text);
    }
    assert!(matches!(
        press(&mut model, Key::Enter).as_slice(),
        [Effect::Work(Job::Authority(AuthorityJob::CheckRoot(..)))]
    ));
}

#[test]
fn a_cas_page_offers_the_next_step_of_its_stage_only() {
    for (stage, offered, withheld) in
        [(Stage::Requested, "iv", "fR"), (Stage::Abandoned, "", "ivfR"), (Stage::Issues, "vw", "ifR")]
    {
        let page = AuthorityPage::new(authority("lab", stage));
        let bindings = page.bindings(&About::default());
        assert!(offered.chars().all(|key| action_of(&bindings, Key::Char(key)).is_some()), "{bindings:?}");
        assert!(withheld.chars().all(|key| action_of(&bindings, Key::Char(key)).is_none()), "{bindings:?}");
    }
}

#[test]
fn nothing_is_examined_before_a_file_was_chosen() {
    let mut model = at_authorities();
    done(&mut model, AuthorityNews::List(vec![authority("lab", Stage::Requested)]));
    press(&mut model, Key::Enter);
    press(&mut model, Key::Char('i'));
    assert!(matches!(model.screen(), Screen::Install(_)));
    assert!(press(&mut model, Key::Char('e')).is_empty());
    assert!(press(&mut model, Key::Esc).is_empty());
    assert!(matches!(model.screen(), Screen::Authority(_)));
}

#[test]
fn a_certificate_is_written_onto_a_medium_and_told_of() {
    let mut model = at_authorities();
    done(&mut model, AuthorityNews::List(vec![authority("lab", Stage::Issues)]));
    press(&mut model, Key::Enter);
    press(&mut model, Key::Char('w'));
    assert!(matches!(model.screen(), Screen::CaExport(_)));
    press(&mut model, Key::Esc);
    assert!(matches!(model.screen(), Screen::Authority(_)));
    press(&mut model, Key::Char('w'));
    assert!(press(&mut model, Key::Char('w')).is_empty(), "no folder is open yet");
    let folder = FolderListing {
        path: "/media/stick".into(),
        shown: Printable::new("/media/stick"),
        entries: Vec::new(),
        more: 0,
    };
    update(&mut model, Message::Done(Box::new(News::Folder(folder))));
    let effects = press(&mut model, Key::Char('w'));
    let [Effect::Work(Job::Authority(AuthorityJob::Export { name, to }))] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    assert_eq!((name.as_str(), to.to_str()), ("lab", Some("/media/stick")));
    let exported = ExportedCertificate {
        folder: "lab-certificate-20261121T140322Z".to_owned(),
        files: vec!["lab.pem".to_owned(), "SHA256SUMS".to_owned()],
        sha256: Digest::of(b"lab"),
    };
    done(&mut model, AuthorityNews::Exported { exported, to: "/media/stick".into() });
    let rows = drawn(model.screen().room(), 78, 18);
    assert!(rows[0].contains("written and read back"), "{rows:#?}");
    assert!(rows[1].contains("/media/stick/lab-certificate-20261121T140322Z"), "{rows:#?}");
}

#[test]
fn hostile_names_stay_in_their_fields() {
    for text in hostile_texts() {
        let mut authorities = Authorities::new();
        let news = News::Authority(AuthorityNews::List(vec![authority(&text, Stage::Requested)]));
        let _ = authorities.hear(Box::new(news), &About::default());
        let rows = drawn(&authorities, 78, 18);
        assert!(rows[1].contains("P-256                 waits for its certificate"), "{rows:#?}");
        let page = AuthorityPage::new(authority(&text, Stage::Requested));
        assert!(drawn(&page, 118, 34)[0].starts_with("CA"));
    }
}

#[test]
fn an_installation_says_which_file_of_a_delivery_is_meant() {
    let rows = drawn(&Install::new(authority("lab", Stage::Requested)), 78, 18);
    assert!(rows[0].contains("not chosen; in a delivery: in certs, not ca.pem"), "{rows:#?}");
    assert!(rows[1].contains("as this home's register has them; or choose ca-chain.pem"), "{rows:#?}");
}

#[test]
fn what_is_wanting_of_the_head_stands_on_the_page_of_the_ca() {
    let error = || {
        let (what, hint) = ("the token keeps no mark".to_owned(), "compare the head".to_owned());
        Arc::new(Error::TokenOutput { what, hint })
    };
    let check = |head: HeadAfter, expected: &str| {
        for page in [
            AuthorityPage::ready(authority("root", Stage::Issues), &head),
            AuthorityPage::adopted(authority("root", Stage::Issues), &head),
        ] {
            let text = drawn(&page, 78, 18).join(" ");
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(text.contains(expected), "{text}");
        }
    };
    let unmarked = "All of this is done and recorded, but the token keeps no mark: compare the head.";
    check(HeadAfter::Unmarked(error()), unmarked);
    check(HeadAfter::Unsigned(error()), "but the register's head is not signed: the token keeps no mark");
}
