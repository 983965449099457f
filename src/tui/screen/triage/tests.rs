//! The table: what is shown, what keys do, and that hostile text stays in its cells.

use std::path::PathBuf;

use super::*;
use crate::{
    ceremony::{Class, FormObstacle, Format, FormsNotHad, InTheWay, Judgement, Triage},
    pki::{
        fingerprint::Digest,
        key::{Curve, KeyAlgorithm},
        plan::difference::{Change, Line},
        policy::{Control, Finding},
    },
    tui::{
        field::FIELD_CHARS_MAX,
        message::{Effect, Message},
        model::{Busy, Model, OnBack, Pace, Place},
        probe::{drawn, drawn_as, failure, hostile_texts},
        theme::Glyphs,
        update::update,
    },
};

fn judgement(source: &str, subject: Option<&str>, findings: Vec<Finding>) -> Judgement {
    let refuses = findings.iter().any(|finding| finding.severity == crate::pki::policy::Severity::Refuse);
    Judgement {
        source: Printable::new(source),
        sha256: Some(Digest::of(source.as_bytes())),
        verdict: if refuses { Verdict::Refused } else { Verdict::Accepted },
        subject: subject.map(Printable::new),
        key: Some(KeyAlgorithm::Ec(Curve::P256)),
        findings,
    }
}

fn refused(control: Control) -> Vec<Finding> {
    vec![Finding::refuse(control, "it is wrong", "make it right")]
}

fn asked() -> Asked {
    Asked { ca: "root".to_owned(), profile: "device".to_owned(), paths: vec![PathBuf::from("/media/stick")] }
}

fn screen(judgements: &[Judgement]) -> TriageScreen {
    let mut triage = Triage::new();
    for judgement in judgements {
        triage.push(judgement).expect("room");
    }
    TriageScreen::new(Arc::new(Reading { triage, ..Reading::default() }), asked())
}

/// Four requests: two accepted, one of them with a remark, one refused, one skipped.
fn batch() -> Vec<Judgement> {
    let dropped = vec![Finding::note(Control::ExtensionDropped, "left out", "nothing")];
    let mut twice = refused(Control::Possession);
    twice.push(Finding::note(Control::Quirk, "odd", "nothing"));
    let skipped = Judgement {
        verdict: Verdict::Skipped,
        sha256: None,
        key: None,
        ..judgement("/media/stick/readme.txt", None, vec![Finding::refuse(Control::CsrForm, "text", "no")])
    };
    vec![
        judgement("/media/stick/b/dev-2.csr", Some("CN=dev-2,O=Example"), dropped),
        judgement("/media/stick/a/dev-1.csr", Some("CN=dev-1,O=Example"), Vec::new()),
        judgement("/media/stick/bad.csr", Some("CN=bad"), twice),
        skipped,
    ]
}

fn model(screen: TriageScreen) -> Model {
    Model::new(Screen::Triage(screen))
}

fn of(model: &Model) -> &TriageScreen {
    match model.screen() {
        Screen::Triage(screen) => screen,
        other => panic!("not the table: {other:?}"),
    }
}

fn press(model: &mut Model, keys: &[Key]) -> Vec<Effect> {
    keys.iter().flat_map(|key| update(model, Message::Key(*key))).collect()
}

fn typed(model: &mut Model, text: &str) {
    let keys: Vec<Key> = text.chars().map(Key::Char).collect();
    assert!(press(model, &keys).is_empty());
}

/// The sources of the rows that are shown.
fn sources(model: &Model) -> Vec<String> {
    let screen = of(model);
    let row = |place| screen.reading.triage.row(screen.selection.at(place)?);
    (0..screen.selection.len()).filter_map(row).map(|row| screen.short(row.source).to_owned()).collect()
}

#[test]
fn a_row_says_what_became_of_a_request_and_the_foot_says_it_in_full() {
    let mut screen = screen(&batch());
    let rows = drawn(&screen, 78, 18);
    assert_eq!(rows[0], "4 requests:  + 2 accepted  x 1 refused  - 1 skipped");
    assert_eq!(rows[1], "v all verdicts   c all controls   o order of the medium");
    assert!(rows[3].starts_with(">+ accepted b/dev-2.csr P-256     CN=dev-2,O=Example "), "{}", rows[3]);
    assert!(rows[3].ends_with(" extension-dropped"), "{}", rows[3]);
    assert!(rows[5].starts_with(" x refused  bad.csr     P-256     CN=bad "), "{}", rows[5]);
    assert!(rows[5].ends_with(" possession +1"), "{}", rows[5]);
    assert!(rows[6].starts_with(" - skipped  readme.txt            (not readable)"), "{}", rows[6]);
    assert!(rows[14].starts_with("─ row 1 of 4, judged by profile device ─"), "{}", rows[14]);
    assert_eq!(rows[15], "source    /media/stick/b/dev-2.csr");
    assert_eq!(rows[16], "subject   CN=dev-2,O=Example");
    assert_eq!(rows[17], "findings  ! extension-dropped");
    screen.act(Action::Last, &About::default());
    screen.act(Action::Up, &About::default());
    assert_eq!(drawn(&screen, 78, 18)[17], "findings  x possession  ! quirk");
}

#[test]
fn the_end_of_a_long_source_is_seen() {
    let source = format!("/media/stick/{}/dev-7.csr", "folder/".repeat(9));
    let screen = screen(&[judgement(&source, Some("CN=x"), Vec::new())]);
    let rows = drawn(&screen, 78, 18);
    assert!(rows[3].contains(" ..r/folder/folder//dev-7.csr "), "{}", rows[3]);
}

#[test]
fn filters_narrow_each_other_and_are_taken_away_again() {
    let mut model = model(screen(&batch()));
    press(&mut model, &[Key::Char('v')]);
    assert_eq!(sources(&model), ["b/dev-2.csr", "a/dev-1.csr"]);
    press(&mut model, &[Key::Char('v')]);
    assert_eq!(sources(&model), ["bad.csr"]);
    let rows = drawn(of(&model), 78, 18);
    assert!(rows[1].starts_with("v only refused"), "{}", rows[1]);
    assert!(rows[14].starts_with("─ row 1 of 1 shown, of 4 in all"), "{}", rows[14]);
    press(&mut model, &[Key::Char('v')]);
    assert_eq!(sources(&model), ["readme.txt"]);
    press(&mut model, &[Key::Char('v'), Key::Char('c')]);
    let menu = drawn(of(&model), 78, 18);
    assert!(menu.iter().any(|row| row.contains("> all requests, whatever was found")), "{menu:#?}");
    let words =
        menu.join(" ").split([' ', '│']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    // A file that is no request is skipped, and counted as nothing that was refused.
    for row in ["control refuses skips remarks on", "csr-form - 1 -", "possession 1 - -", "quirk - - 1"] {
        assert!(words.contains(row), "{row}: {menu:#?}");
    }
    // In the order of the controls' document: csr-form, possession, extension-dropped, quirk.
    press(&mut model, &[Key::Down, Key::Down, Key::Enter]);
    assert_eq!(of(&model).filter.control, Some(Control::Possession));
    assert_eq!(sources(&model), ["bad.csr"]);
    press(&mut model, &[Key::Char('c'), Key::Up, Key::Esc]);
    assert_eq!(of(&model).filter.control, Some(Control::Possession), "Esc changes nothing");
    press(&mut model, &[Key::Char('v')]);
    assert!(sources(&model).is_empty());
    assert!(drawn(of(&model), 78, 18).iter().any(|row| row.contains("x shows all again")));
    assert!(press(&mut model, &[Key::Enter]).is_empty());
    press(&mut model, &[Key::Char('x')]);
    assert_eq!(sources(&model).len(), 4);
}

#[test]
fn a_search_is_done_while_it_is_typed() {
    let mut model = model(screen(&batch()));
    press(&mut model, &[Key::Down, Key::Char('/')]);
    typed(&mut model, "DEV-");
    assert_eq!(sources(&model), ["b/dev-2.csr", "a/dev-1.csr"]);
    assert_eq!(of(&model).list.chosen(), 1, "the chosen request stays chosen");
    typed(&mut model, "2");
    assert_eq!(sources(&model), ["b/dev-2.csr"]);
    press(&mut model, &[Key::Backspace, Key::Enter]);
    assert_eq!(sources(&model).len(), 2);
    assert!(drawn(of(&model), 78, 18)[2].starts_with("/ search DEV-"));
    press(&mut model, &[Key::Char('/')]);
    typed(&mut model, "nothing");
    assert!(sources(&model).is_empty());
    press(&mut model, &[Key::Esc]);
    assert_eq!(sources(&model).len(), 2, "Esc goes back to the search before");
    update(&mut model, Message::Key(Key::Char('/')));
    update(&mut model, Message::Pasted("1.csr".to_owned()));
    assert_eq!(of(&model).filter.search, "DEV-1.csr");
    assert_eq!(sources(&model), ["a/dev-1.csr"]);
}

#[test]
fn an_order_is_made_by_the_worker_and_the_chosen_request_stays_chosen() {
    let mut model = model(screen(&batch()));
    let effects = press(&mut model, &[Key::Char('o')]);
    assert!(
        matches!(&effects[..], [Effect::Work(Job::PutInOrder { order: Order::Verdict, .. })]),
        "{effects:?}"
    );
    assert_eq!(of(&model).order, Order::Medium, "until it is made");
    for (order, first) in [(Order::Source, "a/dev-1.csr"), (Order::Subject, "readme.txt")] {
        update(&mut model, Message::Done(Box::new(News::InOrder(order))));
        assert_eq!(sources(&model)[0], first);
        let screen = of(&model);
        assert_eq!(screen.chosen(), Some(0), "the row of b/dev-2.csr");
    }
    press(&mut model, &[Key::Char('r')]);
    assert_eq!(sources(&model)[0], "b/dev-2.csr");
    assert!(drawn(of(&model), 78, 18)[1].ends_with("o by subject, reversed"));
}

#[test]
fn a_plan_is_made_only_where_something_is_accepted() {
    let mut nothing = model(screen(&batch()[2..]));
    assert!(press(&mut nothing, &[Key::Char('p')]).is_empty());
    let failure = format!("{:?}", nothing.dialog);
    assert!(failure.contains("there is nothing to plan: 2 requests, 1 refused, 1 skipped"));
    let mut model = model(screen(&batch()));
    let effects = press(&mut model, &[Key::Char('p')]);
    let [Effect::Work(Job::Plan { ca, profile, paths, .. })] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((ca.as_str(), profile.as_str(), paths.len()), ("root", "device", 1));
    assert!(press(&mut model, &[Key::Enter]).is_empty(), "one job at a time");
    let effects = press(&mut model, &[Key::Char('s')]);
    assert!(matches!(&effects[..], [Effect::Stop]), "{effects:?}");
}

#[test]
fn forms_that_accepted_requests_rule_out_are_told_before_a_plan_is_made() {
    let mut triage = Triage::new();
    for judgement in batch() {
        triage.push(&judgement).expect("room");
    }
    let obstacle = |format, requests| FormObstacle {
        format,
        what: Printable::new("it takes no such key"),
        hint: Printable::new("issue the others"),
        requests,
    };
    let requests = Some(InTheWay { first: Printable::new("b/dev-2.csr"), count: 1 });
    let obstacles = vec![
        obstacle(Format::Alibaba, None),
        obstacle(Format::Aws, requests.clone()),
        obstacle(Format::Azure, requests),
    ];
    let forms = FormsNotHad { obstacles, looked_at: 1_000, of: 1_000_000 };
    let reading = Reading { triage, forms, ..Reading::default() };
    let mut model = model(TriageScreen::new(Arc::new(reading), asked()));
    let counts = &drawn(of(&model), 78, 18)[0];
    assert!(counts.contains("! NO to 3 forms: Tab"), "{counts}");
    assert!(press(&mut model, &[Key::Tab]).is_empty());
    let Screen::Document(document) = model.screen() else { panic!("the forms") };
    let rows = drawn(document, 78, 18).join("\n");
    assert!(rows.contains("and the first 1 000 requests"), "{rows}");
    assert!(rows.contains("NO aws: for 1 request"), "{rows}");
}

#[test]
fn details_say_what_was_found_and_what_to_do() {
    let mut model = model(screen(&batch()));
    let effects = press(&mut model, &[Key::Down, Key::Down, Key::Enter]);
    assert!(matches!(&effects[..], [Effect::Work(Job::Detail { row: 2, .. })]), "{effects:?}");
    let detail = Detail { judgement: batch().remove(2), der: None, difference: None };
    update(&mut model, Message::Done(Box::new(News::Detail(Box::new(detail)))));
    let rows = drawn(model.screen().room(), 78, 18);
    assert_eq!(rows[0], "bad.csr");
    assert_eq!(rows[3], "Refused: it will not be signed.");
    let has = |text: &str| rows.iter().any(|row| row == text);
    assert!(has("x refused by possession"), "{rows:#?}");
    assert!(has("  what was found      it is wrong"), "{rows:#?}");
    assert!(has("  what to do          make it right"), "{rows:#?}");
    assert!(has("! remark of quirk"), "{rows:#?}");
    press(&mut model, &[Key::Esc]);
    assert_eq!(of(&model).list.chosen(), 2);
}

#[test]
fn sources_and_subjects_stand_whole_where_there_is_room() {
    let line = |number: u64, findings| {
        let subject = format!("CN=device-{number:06},OU=Line 1,O=Example Devices Ltd");
        let source = format!("/media/stick/line-01/device-{number:06}.csr");
        let mut judged = judgement(&source, Some(&subject), findings);
        judged.key = if judged.verdict == Verdict::Refused { None } else { judged.key };
        judged
    };
    let screen = screen(&[line(1, Vec::new()), line(2, refused(Control::Possession))]);
    let rows = drawn(&screen, 80, 18);
    assert_eq!(rows[3], ">+ accepted line-01/device-000001.csr P-256     CN=device-000001,OU=Line 1,O=E..");
    assert_eq!(rows[4], " x refused  line-01/device-000002.csr not read  CN=device-000002,OU.. possession");
}

#[test]
fn from_details_one_goes_on_among_the_rows_that_are_shown() {
    let mut model = model(screen(&batch()));
    // Only what is accepted: rows 0 and 1 of all.
    press(&mut model, &[Key::Char('v')]);
    let asked = |effects: &[Effect]| match effects {
        [Effect::Work(Job::Detail { row, .. })] => Some(*row),
        _ => None,
    };
    let shown = |model: &mut Model, row: usize| {
        let detail = Detail { judgement: batch().remove(row), der: Some(vec![0x30, 0]), difference: None };
        update(model, Message::Done(Box::new(News::Detail(Box::new(detail)))));
        drawn(model.screen().room(), 78, 18)
    };
    assert_eq!(asked(&press(&mut model, &[Key::Enter])), Some(0));
    shown(&mut model, 0);
    assert!(
        press(&mut model, &[Key::Char('p')]).is_empty(),
        "nothing stands before it, and nothing is planned"
    );
    press(&mut model, &[Key::Char('2')]);
    assert_eq!(asked(&press(&mut model, &[Key::Char('n')])), Some(1));
    assert!(press(&mut model, &[Key::Char('n')]).is_empty(), "one at a time");
    let rows = shown(&mut model, 1);
    assert_eq!(rows[0], "a/dev-1.csr");
    assert!(rows[1].contains("[2 in words]"), "the same view: {}", rows[1]);
    assert!(press(&mut model, &[Key::Char('n')]).is_empty(), "what is not shown is not next");
    assert_eq!(asked(&press(&mut model, &[Key::Char('p')])), Some(0));
    // It cannot be read any more: the table shows which one that is.
    update(&mut model, Message::Failed(failure("gone", Class::Medium)));
    press(&mut model, &[Key::Enter]);
    assert_eq!(of(&model).list.chosen(), 0);
    assert!(drawn(model.screen().room(), 78, 18)[0].starts_with("4 requests:"));
}

#[test]
fn details_of_an_accepted_request_hold_its_difference_and_its_octets() {
    let lines = vec![Line {
        what: Printable::new("issuer"),
        change: Change::Added,
        asked: None,
        issued: Some(Printable::new("CN=Root")),
    }];
    let detail = Detail { judgement: batch().remove(1), der: Some(vec![0x30, 0]), difference: Some(lines) };
    let mut model = model(screen(&batch()));
    update(&mut model, Message::Done(Box::new(News::Detail(Box::new(detail)))));
    let rows = drawn(model.screen().room(), 78, 18);
    assert_eq!(rows[1], "[1 findings]  2 asked/issued   3 in words   4 ASN.1 tree   5 octets");
    assert!(rows[3].starts_with("Accepted: CA root can sign it under profile device."));
    press(&mut model, &[Key::Char('2')]);
    assert_eq!(drawn(model.screen().room(), 78, 18)[3], "+ added       issuer  CN=Root");
    press(&mut model, &[Key::Char('5')]);
    assert!(drawn(model.screen().room(), 78, 18)[3].starts_with("000000  30 00"));
}

#[test]
fn every_key_offered_in_every_mode_is_carried_out() {
    let about = About::default();
    let busy = Busy {
        words: "",
        asked_by: Place::default(),
        progress: None,
        pace: Pace::Going,
        on_back: OnBack::Stop,
    };
    let at_work = About { busy: Some(busy), ..About::default() };
    for about in [&about, &at_work] {
        for before in [None, Some(SEARCH), Some(CONTROL)] {
            for judgements in [batch(), Vec::new()] {
                let bindings = |screen: &mut TriageScreen| {
                    if let Some(action) = before {
                        screen.act(action, about);
                    }
                    screen.bindings(about)
                };
                for binding in bindings(&mut screen(&judgements)) {
                    let mut screen = screen(&judgements);
                    bindings(&mut screen);
                    screen.act(binding.action, about);
                    drawn(&screen, 78, 18);
                }
            }
        }
    }
}

#[test]
fn hostile_names_stay_within_their_cells() {
    let judgements: Vec<Judgement> = hostile_texts()
        .iter()
        .map(|text| judgement(&format!("/media/stick/{text}"), Some(text), refused(Control::Quirk)))
        .collect();
    let mut screen = screen(&judgements);
    let about = About::default();
    for text in hostile_texts() {
        drawn(&screen, 78, 18);
        drawn_as(&screen, 118, 34, Glyphs::Console);
        screen.act(SEARCH, &about);
        if let Some(field) = screen.field() {
            *field = Field::with(&text.chars().take(FIELD_CHARS_MAX).collect::<String>());
        }
        drawn_as(&screen, 40, 9, Glyphs::Console);
        screen.act(CLOSE, &about);
        screen.act(Action::Down, &about);
    }
}
