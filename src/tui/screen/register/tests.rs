//! The register as keys and news move it, at the largest size it is made for.

use std::time::{Duration, Instant};

use super::*;
use crate::{
    ceremony::{By, CertificateState, Class, Wanted},
    pki::{fingerprint::Digest, time::Time},
    tui::{
        message::{Effect, Message},
        model::{Dialog, Model},
        probe::{drawn, failure, hostile_texts},
        update::update,
        work::register::{SearchEnd, SearchFrom},
    },
};

/// Certificates of the largest register.
const ISSUED: u64 = 10_000_000;

fn row(number: u64, subject: &str) -> IssuedRow {
    let time = Time::from_rfc3339("2026-11-21T14:03:22Z").unwrap();
    IssuedRow {
        number,
        serial: format!("{number:040x}"),
        subject: Printable::new(subject),
        source: Printable::new(&format!("line-1/{number}.csr")),
        authority: "factory".to_owned(),
        plan: "p-20261121-0badcafe".to_owned(),
        index: number,
        issued: time,
        not_before: time,
        not_after: Time::NO_EXPIRY,
        spki_sha256: Digest::of(b"key"),
        certificate_sha256: Digest::of(b"certificate"),
        state: CertificateState::Valid,
    }
}

fn done(model: &mut Model, news: RegisterNews) -> Vec<Effect> {
    update(model, Message::Done(Box::new(News::Register(news))))
}

fn press(model: &mut Model, key: Key) -> Vec<Effect> {
    update(model, Message::Key(key))
}

fn type_text(model: &mut Model, text: &str) {
    for c in text.chars() {
        assert!(press(model, Key::Char(c)).is_empty());
    }
}

/// The job of the only effect.
#[track_caller]
fn job(effects: &[Effect]) -> RegisterJob {
    match effects {
        [Effect::Work(Job::Register(job))] => job.clone(),
        other => panic!("{other:?}"),
    }
}

/// Answers the page that was asked for.
#[track_caller]
fn answer(model: &mut Model, effects: &[Effect]) -> Vec<Effect> {
    let RegisterJob::Page { from, limit } = job(effects) else { panic!("{effects:?}") };
    let last = (from + u64::from(limit) - 1).min(ISSUED);
    let rows = (from..=last).map(|number| row(number, &format!("CN=dev-{number}"))).collect();
    done(model, RegisterNews::Page { from, rows })
}

/// A register of ten million, its first page read.
fn opened() -> Model {
    let mut model = Model::new(Screen::Register(Register::new()));
    let effects = done(&mut model, RegisterNews::Opened { issued: ISSUED });
    assert!(answer(&mut model, &effects).is_empty());
    model
}

fn screen(model: &Model) -> Vec<String> {
    drawn(model.screen().room(), 78, 18)
}

fn chosen(model: &Model) -> u64 {
    let Screen::Register(register) = model.screen() else { panic!("{:?}", model.screen()) };
    register.list.chosen() as u64 + 1
}

#[test]
fn ten_million_certificates_are_scrolled_without_waiting() {
    let mut model = opened();
    // As many keys as a held page key sends in a minute; the worker answers every tenth time only.
    let mut asked = Vec::new();
    let mut slowest = Duration::ZERO;
    for round in 0..1_800_u32 {
        let began = Instant::now();
        let effects = press(&mut model, Key::PageDown);
        screen(&model);
        slowest = slowest.max(began.elapsed());
        assert!(asked.is_empty() || effects.is_empty(), "one job at a time");
        asked.extend(effects);
        if round % 10 == 9 && !asked.is_empty() {
            asked = answer(&mut model, &asked);
        }
    }
    assert_eq!(chosen(&model), 1 + 1_800 * 14);
    // How long is the machine's to say, and what else it has to do.
    println!("slowest frame {slowest:?}");
}

#[test]
fn every_row_around_the_chosen_one_is_there_before_it_is_seen() {
    let mut model = opened();
    for _ in 0..600 {
        let effects = press(&mut model, Key::PageDown);
        if !effects.is_empty() {
            answer(&mut model, &effects);
        }
        assert!(!screen(&model).iter().any(|row| row.contains("reading")));
    }
}

#[test]
fn the_last_row_and_any_number_are_reached_at_once() {
    let mut model = opened();
    let effects = press(&mut model, Key::Char('G'));
    assert_eq!(chosen(&model), ISSUED);
    answer(&mut model, &effects);
    assert!(screen(&model).iter().any(|row| row.contains("10 000 000") && row.contains("CN=dev-10000000")));
    press(&mut model, Key::Char('n'));
    type_text(&mut model, "5 000 000");
    let effects = press(&mut model, Key::Enter);
    assert_eq!(chosen(&model), 5_000_000);
    answer(&mut model, &effects);
    assert!(screen(&model).iter().any(|row| row.contains("CN=dev-5000000")));
    press(&mut model, Key::Char('n'));
    type_text(&mut model, "10000001");
    assert!(press(&mut model, Key::Enter).is_empty());
    assert!(matches!(model.dialog, Some(Dialog::Failure(_))));
}

#[test]
fn a_failure_is_told_once_and_asked_again_by_a_key() {
    let mut model = opened();
    let effects = press(&mut model, Key::End);
    assert!(matches!(job(&effects), RegisterJob::Page { .. }));
    update(&mut model, Message::Failed(failure("x", Class::Register)));
    let tick = Message::Tick { clock: None, since: Duration::from_secs(1) };
    assert!(update(&mut model, tick).is_empty());
    press(&mut model, Key::Enter);
    assert!(matches!(job(&press(&mut model, Key::Up)), RegisterJob::Page { .. }));
}

#[test]
fn a_certificate_is_opened_to_read() {
    let mut model = opened();
    press(&mut model, Key::Down);
    let RegisterJob::Read(number) = job(&press(&mut model, Key::Enter)) else { panic!("not read") };
    assert_eq!(number, 2);
    done(&mut model, RegisterNews::Read { number, der: vec![0x30, 0], ca: "root".to_owned(), revoked: None });
    assert!(matches!(model.screen(), Screen::Document(_)));
    press(&mut model, Key::Esc);
    assert_eq!(chosen(&model), 2);
}

#[test]
fn an_empty_register_says_so() {
    let mut model = Model::new(Screen::Register(Register::new()));
    assert!(done(&mut model, RegisterNews::Opened { issued: 0 }).is_empty());
    assert!(screen(&model).iter().any(|row| row.contains("Nothing is issued yet")));
    assert!(press(&mut model, Key::Enter).is_empty());
    assert!(model.dialog.is_some());
    press(&mut model, Key::Enter);
    assert!(matches!(job(&press(&mut model, Key::Tab)), RegisterJob::Plans));
    done(&mut model, RegisterNews::Plans(Vec::new()));
    assert!(screen(&model).iter().any(|row| row.contains("There is no plan yet")));
}

#[test]
fn looking_at_the_plans_is_stopped_where_it_counts_many_revocations() {
    let mut model = opened();
    assert!(matches!(job(&press(&mut model, Key::Tab)), RegisterJob::Plans));
    assert!(matches!(press(&mut model, Key::Esc).as_slice(), [Effect::Stop]));
    done(&mut model, RegisterNews::Plans(Vec::new()));
    assert!(screen(&model).iter().any(|row| row.contains("There is no plan yet")));
}

#[test]
fn hostile_subjects_and_sources_stay_in_their_fields() {
    for text in hostile_texts() {
        let mut register = Register { issued: Some(2), ..Register::new() };
        register.rows = vec![row(1, &text), IssuedRow { source: Printable::new(&text), ..row(2, "CN=a") }];
        for (width, height) in [(78, 18), (118, 34)] {
            let rows = drawn(&register, width, height);
            assert!(rows.iter().any(|row| row.contains("CN=a")), "{rows:?}");
        }
    }
}

/// A search by the way of this place, with this typed.
fn searching(way: usize, text: &str) -> (Model, RegisterJob) {
    let mut model = opened();
    press(&mut model, Key::Char('/'));
    for _ in 0..way {
        press(&mut model, Key::Tab);
    }
    type_text(&mut model, text);
    let job = job(&press(&mut model, Key::Enter));
    (model, job)
}

#[test]
fn each_way_of_searching_asks_for_what_was_typed() {
    let digest = "ab".repeat(32);
    for (way, by, text) in [
        (0, By::Text, "Pump 7/"),
        (1, By::Serial, "7f:3"),
        (2, By::Key, digest.as_str()),
        (3, By::Certificate, digest.as_str()),
    ] {
        let (_, job) = searching(way, text);
        let RegisterJob::Search { wanted, from } = job else { panic!("{job:?}") };
        assert_eq!(wanted, Wanted::new(by, text).unwrap());
        assert_eq!(from, SearchFrom::Beginning);
    }
}

#[test]
fn the_form_says_which_searches_take_time() {
    let rows = drawn(&Search::new(ISSUED), 78, 18);
    for (name, pace) in [
        ("serial number", "at once"),
        ("name", "row after row"),
        ("SHA-256 of key", "at once"),
        ("SHA-256 of cert.", "row after row"),
    ] {
        assert!(rows.iter().any(|row| row.contains(name) && row.contains(pace)), "{name}");
    }
}

#[test]
fn the_form_says_what_can_be_typed_and_how_to_look_by_something_else() {
    let mut model = opened();
    press(&mut model, Key::Char('/'));
    for (what, example) in [
        ("any part of the subject", "such as pump-0007"),
        ("serial number or its first digits", "such as 3f:a0"),
        ("64 digits of the public key's digest", "such as e3b0c44298fc1c14"),
        ("64 digits of the whole certificate's digest", "such as e3b0c44298fc1c14"),
    ] {
        let rows = screen(&model).join("\n");
        assert!(rows.contains(what) && rows.contains(example), "{rows}");
        assert!(rows.contains("Tab or the arrows choose another row"), "{rows}");
        press(&mut model, Key::Tab);
    }
}

#[test]
fn nothing_is_searched_for_what_cannot_be() {
    let mut model = opened();
    press(&mut model, Key::Char('/'));
    assert!(press(&mut model, Key::Enter).is_empty(), "nothing was typed");
    assert!(matches!(model.dialog, Some(Dialog::Failure(_))));
    press(&mut model, Key::Enter);
    press(&mut model, Key::Tab);
    type_text(&mut model, "not hex");
    assert!(press(&mut model, Key::Enter).is_empty());
    assert!(matches!(model.dialog, Some(Dialog::Failure(_))));
}

#[test]
fn a_search_is_stopped_and_gone_on_with() {
    let (mut model, _) = searching(0, "pump");
    for key in [Key::Char('s'), Key::Esc] {
        assert!(matches!(press(&mut model, key).as_slice(), [Effect::Stop]));
    }
    done(&mut model, RegisterNews::Found { rows: vec![row(3, "CN=pump")], end: SearchEnd::Stopped });
    assert!(screen(&model)[0].contains("STOPPED: 1 found so far"));
    let RegisterJob::Search { from, .. } = job(&press(&mut model, Key::Char('m'))) else { panic!() };
    assert_eq!(from, SearchFrom::Onward);
    done(&mut model, RegisterNews::Found { rows: vec![row(9, "CN=pump 2")], end: SearchEnd::All });
    assert!(screen(&model)[0].contains("2 found; that is all"));
    assert!(press(&mut model, Key::Char('m')).is_empty());
    press(&mut model, Key::Down);
    let RegisterJob::Read(number) = job(&press(&mut model, Key::Enter)) else { panic!() };
    assert_eq!(number, 9);
}

#[test]
fn a_search_that_finds_nothing_says_so() {
    let (mut model, _) = searching(1, "00");
    done(&mut model, RegisterNews::Found { rows: Vec::new(), end: SearchEnd::All });
    assert!(screen(&model)[0].contains("nothing found"));
    press(&mut model, Key::Char('/'));
    assert!(screen(&model)[0].contains("What is known of the certificate?"));
    press(&mut model, Key::Esc);
    assert_eq!(chosen(&model), 1);
}
