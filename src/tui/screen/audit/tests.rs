//! An audit as keys and news move it.

use super::*;
use crate::{
    ceremony::{AuditFinding, Class, HandedOver},
    tui::{
        message::Message,
        model::Model,
        probe::{drawn, failure, hostile_texts},
        update::update,
    },
};

fn report() -> AuditReport {
    AuditReport {
        head: None,
        plans: 2,
        planned: 1_000_000,
        issued: 1_000_000,
        refused: 0,
        approvals: 3,
        handed_over: HandedOver { bundles: 1, proofs: 1, crls: 2 },
        older: Vec::new(),
        adopted: Vec::new(),
        revocations: 5,
        crls: 4,
        waived: Vec::new(),
        checkpoints: 3,
        checkpoint_keys: Vec::new(),
        signed_head: Some(40),
        findings: Vec::new(),
        findings_omitted: 0,
    }
}

/// An audit that is finished.
fn finished(report: AuditReport) -> Model {
    let mut model = Model::new(Screen::Audit(Audit::new()));
    update(&mut model, Message::Done(Box::new(News::Register(RegisterNews::Audited(Box::new(report))))));
    model
}

fn screen(model: &Model) -> Vec<String> {
    drawn(model.screen().room(), 78, 40)
}

#[test]
fn a_clean_register_is_told_in_a_word() {
    let rows = screen(&finished(report()));
    assert!(rows[0].starts_with("CLEAN"), "{}", rows[0]);
    let told = |label, value| rows.iter().any(|row| row.contains(label) && row.ends_with(value));
    assert!(told("issued", "1 000 000"), "{rows:#?}");
    // What was looked at is named, so that nobody has to take it on trust.
    assert!(told("approvals", " 3") && told("revocations", " 5") && told("CRLs", " 4"), "{rows:#?}");
    assert!(told("delivered", "1 bundle, 1 proof, 2 CRLs"), "{rows:#?}");
}

#[test]
fn a_finding_says_what_it_means_and_what_to_do() {
    for text in hostile_texts() {
        let message = format!("entry 7: {text}");
        let findings = vec![AuditFinding { id: "journal-body", message }];
        let rows = screen(&finished(AuditReport { findings, ..report() }));
        assert!(rows[0].starts_with("NOT CLEAN: 1 finding."), "{}", rows[0]);
        assert!(rows.iter().any(|row| row.contains("journal-body")), "{rows:?}");
        let (means, act) = meaning::of("journal-body");
        let mut model = finished(AuditReport {
            findings: vec![AuditFinding { id: "journal-body", message: text }],
            ..report()
        });
        update(&mut model, Message::Key(Key::End));
        let end = screen(&model).join(" ");
        assert!(end.contains(&means[..30]) && end.contains(&act[..20]), "{end}");
    }
}

#[test]
fn findings_that_are_not_kept_count_too() {
    let rows = screen(&finished(AuditReport { findings_omitted: 7, ..report() }));
    assert!(rows[0].starts_with("NOT CLEAN: 7 findings"), "{}", rows[0]);
    assert!(rows.iter().any(|row| row.contains("and 7 more findings")));
}

#[test]
fn an_audit_can_be_stopped_and_says_that_nothing_is_known() {
    let mut model = Model::new(Screen::Audit(Audit::new()));
    // It is under way once the worker has it.
    let effects = update(&mut model, Message::Key(Key::Char('a')));
    assert!(matches!(effects.as_slice(), [Effect::Work(Job::Register(RegisterJob::Audit))]));
    for key in [Key::Char('s'), Key::Esc] {
        assert!(matches!(update(&mut model, Message::Key(key)).as_slice(), [Effect::Stop]));
    }
    for what in hostile_texts() {
        let failure = failure(Printable::new(&what).as_str(), Class::Stopped);
        update(&mut model, Message::Failed(failure));
        assert!(model.dialog.is_none());
        assert!(screen(&model)[0].starts_with("NOT AUDITED"));
    }
    let effects = update(&mut model, Message::Key(Key::Char('a')));
    assert!(matches!(effects.as_slice(), [Effect::Work(Job::Register(RegisterJob::Audit))]));
}
