//! The screens on which requests and certificates are read.

use std::sync::Arc;

use coldsign::{
    ceremony::{Agreement, Detail, Planned, Reading},
    pki::crl::Reason,
    tui::{
        key::Key,
        model::Model,
        screen::{Screen, difference::Difference, document::Document, revoke::Revoke, triage::TriageScreen},
        work::{Job, News},
    },
};

use super::{
    super::outside::{Outside, printable},
    Build, fail, material, on_top, press, tell,
};

pub fn document() -> Vec<(&'static str, Build)> {
    fn read(outside: &Outside) -> Model {
        let document = Document::request(printable(&outside.file), &material::request(outside));
        on_top(outside, Screen::Document(document))
    }
    vec![
        ("empty", |outside| {
            on_top(outside, Screen::Document(Document::request(printable(&outside.file), &[])))
        }),
        ("typical", read),
        ("typical, issued and revoked", |outside| {
            let revoked = super::revocation::for_good(Reason::Superseded);
            let revoke = Revoke::found(
                "factory",
                ("4f5e".to_owned(), printable(&outside.subject)),
                Some(&revoked),
                None,
            );
            let state = "It is revoked since 2026-11-21 14:03:22 UTC: superseded.".to_owned();
            let document = Document::request(printable(&outside.file), &material::request(outside));
            on_top(outside, Screen::Document(document.revocable(revoke, Some(state))))
        }),
        ("typical, issued", |outside| {
            let revoke =
                Revoke::found("factory", ("4f5e".to_owned(), printable(&outside.subject)), None, None);
            let document = Document::request(printable(&outside.file), &material::request(outside));
            on_top(outside, Screen::Document(document.revocable(revoke, None)))
        }),
        ("typical, the tree", |outside| {
            let mut model = read(outside);
            press(&mut model, &[Key::Tab]);
            model
        }),
        ("typical, the octets", |outside| {
            let mut model = read(outside);
            press(&mut model, &[Key::Tab, Key::Tab]);
            model
        }),
        ("failure", |outside| {
            let mut model = read(outside);
            fail(&mut model, Job::Choices, material::medium_failure(outside));
            model
        }),
    ]
}

/// What triage opens for one of its rows.
fn detailed(outside: &Outside, detail: Detail) -> Model {
    let screen = TriageScreen::new(material::reading(outside), material::asked(outside));
    let mut model = on_top(outside, Screen::Triage(screen));
    tell(&mut model, News::Detail(Box::new(detail)));
    model
}

pub fn triage() -> Vec<(&'static str, Build)> {
    fn read(outside: &Outside) -> Model {
        let screen = TriageScreen::new(material::reading(outside), material::asked(outside));
        on_top(outside, Screen::Triage(screen))
    }
    vec![
        ("empty", |outside| {
            let screen = TriageScreen::new(Arc::new(Reading::default()), material::asked(outside));
            on_top(outside, Screen::Triage(screen))
        }),
        ("typical", read),
        ("typical, a search is typed", |outside| super::typed(read(outside), "/", "lock")),
        ("typical, a verdict is chosen", |outside| {
            let mut model = read(outside);
            press(&mut model, &[Key::Char('v')]);
            model
        }),
        ("typical, a control is chosen", |outside| {
            let mut model = read(outside);
            press(&mut model, &[Key::Char('c')]);
            model
        }),
        ("typical, one control alone", |outside| {
            let mut model = read(outside);
            press(&mut model, &[Key::Char('c'), Key::Down, Key::Enter]);
            model
        }),
        ("empty, nothing is found", |outside| super::typed(read(outside), "/", "no such request")),
        ("typical, details", |outside| detailed(outside, material::detail(outside))),
        ("typical, details, asked against issued", |outside| {
            let mut model = detailed(outside, material::detail(outside));
            press(&mut model, &[Key::Tab]);
            model
        }),
        ("typical, details of what is no request", |outside| {
            detailed(outside, material::unreadable(outside))
        }),
        ("typical, the plan differs", |outside| {
            let mut model = read(outside);
            let planned = Planned {
                plan: material::plan(outside),
                counts: material::counts(),
                agreement: Agreement::OtherVerdicts,
            };
            tell(&mut model, News::Planned(planned));
            model
        }),
        ("failure", |outside| {
            let mut model = read(outside);
            fail(&mut model, Job::Choices, material::medium_failure(outside));
            model
        }),
    ]
}

pub fn difference() -> Vec<(&'static str, Build)> {
    fn compared(outside: &Outside) -> Model {
        let screen = Difference::new(material::reading(outside), material::asked(outside));
        on_top(outside, Screen::Difference(screen))
    }
    vec![
        ("empty", |outside| {
            let screen = Difference::new(Arc::new(Reading::default()), material::asked(outside));
            on_top(outside, Screen::Difference(screen))
        }),
        ("typical", compared),
        ("failure", |outside| {
            let mut model = compared(outside);
            fail(&mut model, Job::Choices, material::medium_failure(outside));
            model
        }),
    ]
}
