//! The wizard as keys and news move it, from the platform to the summary.

use std::path::Path;

use super::*;
use crate::{
    ceremony::{Class, EntryKind, FolderEntry, FolderListing, RepeatedCode},
    pki::{
        key::{Curve, KeyAlgorithm},
        time::Time,
    },
    tui::{
        message::{Effect, Message},
        model::{Dialog, Model},
        probe::{drawn, failure},
        update::update,
    },
};

const CODE: &str = "9c1d8f0e2b3a4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5";

fn press(model: &mut Model, key: Key) -> Vec<Effect> {
    update(model, Message::Key(key))
}

fn type_text(model: &mut Model, text: &str) {
    assert!(update(model, Message::Pasted(text.to_owned())).is_empty());
}

fn done(model: &mut Model, news: News) -> Vec<Effect> {
    update(model, Message::Done(Box::new(news)))
}

fn step(model: &Model) -> &'static str {
    model.screen().room().title()
}

fn screen(model: &Model) -> Vec<String> {
    drawn(model.screen().room(), 78, 18)
}

fn ca(name: &str, key: KeyAlgorithm) -> CaChoice {
    CaChoice {
        name: name.to_owned(),
        subject: Printable::new("CN=Factory CA"),
        key,
        not_after: Time::from_rfc3339("2036-11-21T14:03:22Z").unwrap(),
    }
}

/// A wizard at the choice of the CA for the platform of this name.
fn at_authorities(platform: &str) -> Model {
    let mut model = Model::new(Screen::Proving(Proving::new()));
    let place = Platform::ALL.iter().position(|one| one.name() == platform).unwrap();
    for _ in 0..place {
        press(&mut model, Key::Down);
    }
    let effects = press(&mut model, Key::Enter);
    assert!(matches!(effects.as_slice(), [Effect::Work(Job::Proving(ProvingJob::Choices))]));
    let choices =
        vec![ca("factory", KeyAlgorithm::Ec(Curve::P256)), ca("old", KeyAlgorithm::Rsa { bits: 2048 })];
    done(&mut model, News::Proving(ProvingNews::Choices { choices, end: End::Days(7) }));
    model
}

/// A wizard for AWS at the code.
fn at_code() -> Model {
    let mut model = at_authorities("aws");
    press(&mut model, Key::Enter);
    assert_eq!(step(&model), "Prove a CA, step 3 of 5: the code");
    model
}

fn listing(path: &str, file: Option<&str>) -> News {
    let entries = file.map(|name| FolderEntry {
        path: Path::new(path).join(name),
        shown: Printable::new(name),
        kind: EntryKind::File,
        octets: 400,
    });
    News::Folder(FolderListing {
        path: PathBuf::from(path),
        shown: Printable::new(path),
        entries: entries.into_iter().collect(),
        more: 0,
    })
}

/// Opens a folder by its typed path.
fn open_folder(model: &mut Model, path: &str, file: Option<&str>) {
    press(model, Key::Char('/'));
    type_text(model, path);
    assert!(matches!(press(model, Key::Enter).as_slice(), [Effect::Work(Job::ListFolder(_))]));
    done(model, listing(path, file));
}

/// A wizard that shows what will be issued.
fn at_summary() -> Model {
    let mut model = at_code();
    type_text(&mut model, CODE);
    press(&mut model, Key::Enter);
    type_text(&mut model, CODE);
    press(&mut model, Key::Enter);
    open_folder(&mut model, "/media/stick", None);
    press(&mut model, Key::Char('w'));
    assert_eq!(step(&model), "Prove a CA, step 5 of 5: issue");
    model
}

#[test]
fn a_ca_that_the_platform_does_not_take_is_refused_and_named() {
    let mut model = at_authorities("alibaba");
    assert!(screen(&model).iter().any(|row| row.contains("P-256") && row.contains("KEY NOT TAKEN")));
    assert!(press(&mut model, Key::Enter).is_empty());
    assert!(matches!(model.dialog, Some(Dialog::Failure(_))));
    press(&mut model, Key::Enter);
    press(&mut model, Key::Down);
    press(&mut model, Key::Enter);
    assert_eq!(step(&model), "Prove a CA, step 3 of 5: the code");
}

#[test]
fn every_step_has_a_help_of_its_own() {
    let mut model = at_authorities("aws");
    let mut helps = vec![Proving::new().help(), model.screen().room().help()];
    press(&mut model, Key::Enter);
    helps.push(model.screen().room().help());
    press(&mut model, Key::Control('f'));
    helps.push(model.screen().room().help());
    let mut model = at_summary();
    helps.push(model.screen().room().help());
    press(&mut model, Key::Esc);
    helps.push(model.screen().room().help());
    helps.sort_unstable();
    helps.dedup();
    assert_eq!(helps.len(), 6);
}

#[test]
fn the_summary_names_the_days_until_the_certificate_ends() {
    let rows = screen(&at_summary());
    assert!(
        rows.iter().any(|row| row.contains("7 days after it is issued (profile verification)")),
        "{rows:#?}"
    );
}

#[test]
fn the_second_code_must_be_typed_to_its_end() {
    let mut model = at_code();
    type_text(&mut model, CODE);
    press(&mut model, Key::Enter);
    for typed in ["", &CODE[..63]] {
        type_text(&mut model, typed);
        assert!(press(&mut model, Key::Enter).is_empty());
        assert!(
            matches!(&model.dialog, Some(Dialog::Failure(failure)) if failure.what.contains("to its end"))
        );
        press(&mut model, Key::Enter);
    }
    type_text(&mut model, &CODE[63..]);
    press(&mut model, Key::Enter);
    assert_eq!(step(&model), "Prove a CA, step 4 of 5: onto which medium?");
}

#[test]
fn a_code_that_differs_goes_no_further_and_says_where() {
    let mut model = at_code();
    type_text(&mut model, CODE);
    press(&mut model, Key::Enter);
    assert!(!screen(&model).iter().any(|row| row.contains("9c1d")), "the first one is hidden");
    type_text(&mut model, &CODE.replace("c4d5", "c4d6"));
    assert!(screen(&model).iter().any(|row| row.contains("NOT THE SAME: they differ at character 32")));
    press(&mut model, Key::Enter);
    assert!(matches!(&model.dialog, Some(Dialog::Failure(failure)) if failure.what.contains("character 32")));
    assert_eq!(step(&model), "Prove a CA, step 3 of 5: the code");
}

#[test]
fn a_code_that_the_platform_cannot_have_given_is_not_typed_twice() {
    let mut model = at_code();
    type_text(&mut model, &CODE[1..]);
    press(&mut model, Key::Enter);
    assert!(
        matches!(&model.dialog, Some(Dialog::Failure(failure)) if failure.what.contains("63 characters"))
    );
    press(&mut model, Key::Enter);
    assert!(screen(&model).iter().any(|row| row.contains("c1d8")), "the first one is typed still");
}

#[test]
fn a_code_is_never_changed_and_issued_by_a_letter_only() {
    let mut model = at_summary();
    for key in [Key::Enter, Key::Char(' '), Key::Char('y'), Key::Tab] {
        assert!(press(&mut model, key).is_empty(), "{key:?}");
    }
    let effects = press(&mut model, Key::Char('i'));
    let [Effect::Work(Job::Proving(ProvingJob::Issue { ca, platform, code, to }))] = effects.as_slice()
    else {
        panic!("{effects:?}")
    };
    assert_eq!((ca.as_str(), *platform, to.as_path()), ("factory", Platform::Aws, Path::new("/media/stick")));
    assert_eq!(*code, CodeSource::Typed(RepeatedCode::new(CODE, CODE).unwrap()));
    // One at a time.
    assert!(press(&mut model, Key::Char('i')).is_empty());
}

#[test]
fn the_code_of_a_csr_is_shown_before_anything_is_issued() {
    let mut model = at_code();
    press(&mut model, Key::Control('f'));
    open_folder(&mut model, "/media/stick", Some("verification.csr"));
    let effects = press(&mut model, Key::Enter);
    let [Effect::Work(Job::Proving(ProvingJob::ReadRequest { path, .. }))] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    let (path, code) = (path.clone(), Printable::new(CODE));
    done(&mut model, News::Proving(ProvingNews::Requested { path, code }));
    open_folder(&mut model, "/media/stick", None);
    press(&mut model, Key::Char('w'));
    let rows = screen(&model);
    assert!(rows.iter().any(|row| row.contains("9c1d  8f0e  2b3a")), "{rows:?}");
    assert!(rows.iter().any(|row| row.contains("from the CSR /media/stick/verification.csr")), "{rows:?}");
}

#[test]
fn a_failure_says_what_is_safe_and_it_can_be_tried_again() {
    let mut model = at_summary();
    press(&mut model, Key::Char('i'));
    update(&mut model, Message::Failed(failure("the PIN is wrong", Class::Token)));
    assert!(model.dialog.is_none());
    let rows = screen(&model);
    assert!(rows[0].contains("NOT DONE: the PIN is wrong"), "{rows:?}");
    assert!(rows.iter().any(|row| row.contains("What is safe")), "{rows:?}");
    assert!(matches!(
        press(&mut model, Key::Char('i')).as_slice(),
        [Effect::Work(Job::Proving(ProvingJob::Issue { .. }))]
    ));
}

#[test]
fn esc_goes_back_step_by_step_and_out() {
    let mut model = at_summary();
    press(&mut model, Key::Esc);
    assert_eq!(step(&model), "Prove a CA, step 4 of 5: onto which medium?");
    assert!(matches!(press(&mut model, Key::Esc).as_slice(), [Effect::Work(Job::ListFolder(_))]), "up");
    update(&mut model, Message::Failed(failure("not readable", Class::Medium)));
    press(&mut model, Key::Enter);
    press(&mut model, Key::Esc);
    assert_eq!(step(&model), "Prove a CA, step 4 of 5: onto which medium?", "the media");
    for title in ["Prove a CA, step 3 of 5: the code", "Prove a CA, step 2 of 5: the CA"] {
        press(&mut model, Key::Esc);
        assert_eq!(step(&model), title);
    }
    done(&mut model, News::Proving(ProvingNews::Choices { choices: Vec::new(), end: End::Days(7) }));
    assert!(screen(&model).iter().any(|row| row.contains("There is no CA that can issue")));
    press(&mut model, Key::Esc);
    assert_eq!(step(&model), "Prove a CA, step 1 of 5: the platform");
}
