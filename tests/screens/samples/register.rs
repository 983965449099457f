//! The register's screens.

use coldsign::{
    ceremony::{HeldEntry, Noted, Remaining, RevokedCount},
    pki::fingerprint::Digest,
    register::{AuditFinding, Head},
    tui::{
        key::Key,
        model::Model,
        screen::{
            Screen,
            audit::Audit,
            register::{Register, search::Search},
        },
        work::{
            Job, News,
            register::{PlanLine, RegisterJob, RegisterNews, SearchEnd},
        },
    },
};

use super::{super::outside::Outside, Build, fail, material, on_top, press, tell, typed};

pub fn register() -> Vec<(&'static str, Build)> {
    fn opened(outside: &Outside) -> Model {
        let mut model = on_top(outside, Screen::Register(Register::new()));
        tell(&mut model, News::Register(RegisterNews::Opened { issued: 3 }));
        let usual = Outside::usual();
        let rows = vec![
            material::issued_row(1, &usual),
            material::issued_row(2, outside),
            material::issued_row(3, &usual),
        ];
        tell(&mut model, News::Register(RegisterNews::Page { from: 1, rows }));
        model
    }
    fn plans(outside: &Outside, remaining: Option<Remaining>, revoked: Option<RevokedCount>) -> Model {
        let mut model = opened(outside);
        press(&mut model, &[Key::Tab]);
        let plan = material::plan(outside);
        let line = PlanLine { plan, issued: 12, remaining, withdrawn: None, revoked };
        tell(&mut model, News::Register(RegisterNews::Plans(vec![line])));
        model
    }
    vec![
        ("empty", |outside| {
            let mut model = on_top(outside, Screen::Register(Register::new()));
            tell(&mut model, News::Register(RegisterNews::Opened { issued: 0 }));
            model
        }),
        ("typical", opened),
        ("typical, plans", |outside| plans(outside, Some(Remaining::Signing), Some(RevokedCount::default()))),
        ("typical, a plan with revoked certificates", |outside| {
            plans(outside, None, Some(RevokedCount { revoked: 2, held: 1 }))
        }),
        ("typical, revoked certificates not counted", |outside| plans(outside, None, None)),
        ("failure", |outside| {
            let mut model = opened(outside);
            fail(&mut model, Job::Register(RegisterJob::Open), material::medium_failure(outside));
            model
        }),
    ]
}

pub fn search() -> Vec<(&'static str, Build)> {
    fn found(outside: &Outside) -> Model {
        let mut model = typed(on_top(outside, Screen::Search(Search::new(3))), "", "lock");
        press(&mut model, &[Key::Enter]);
        let rows = vec![material::issued_row(1, &Outside::usual()), material::issued_row(2, outside)];
        tell(&mut model, News::Register(RegisterNews::Found { rows, end: SearchEnd::All }));
        model
    }
    vec![
        ("empty", |outside| on_top(outside, Screen::Search(Search::new(3)))),
        ("typical", found),
        ("typical, typed", |outside| typed(on_top(outside, Screen::Search(Search::new(3))), "", "lock")),
        ("failure", |outside| {
            let mut model = found(outside);
            fail(&mut model, Job::Register(RegisterJob::Open), material::medium_failure(outside));
            model
        }),
    ]
}

pub fn audit() -> Vec<(&'static str, Build)> {
    fn audited(outside: &Outside, findings: Vec<AuditFinding>) -> Model {
        let mut model = on_top(outside, Screen::Audit(Audit::new()));
        let report = Box::new(material::audit_report(findings));
        tell(&mut model, News::Register(RegisterNews::Audited(report)));
        model
    }
    vec![
        ("empty", |outside| on_top(outside, Screen::Audit(Audit::new()))),
        ("typical", |outside| audited(outside, Vec::new())),
        ("typical, an entry that was noted", |outside| {
            let mut model = audited(outside, Vec::new());
            press(&mut model, &[Key::Char('n')]);
            typed(model, "", "1 204")
        }),
        ("typical, a noted entry is held", |outside| {
            let mut model = audited(outside, Vec::new());
            let entry = HeldEntry {
                number: 1_204,
                time: material::now(),
                kind: "issued".to_owned(),
                hash: Digest::of(b"an entry"),
            };
            tell(&mut model, News::Register(RegisterNews::Noted(Noted::Held { entry, after: 12 })));
            model
        }),
        ("typical, a noted entry is not held", |outside| {
            let mut model = audited(outside, Vec::new());
            let newest = Head { entry: 1_204, hash: Digest::of(b"an entry") };
            tell(&mut model, News::Register(RegisterNews::Noted(Noted::Absent { newest })));
            model
        }),
        ("typical, a fault", |outside| {
            let message =
                format!("plan p-20261121-1f2e3d4c: {}", super::super::outside::printable(&outside.subject));
            audited(outside, vec![AuditFinding { id: "chain", message }])
        }),
        ("failure", |outside| {
            let mut model = on_top(outside, Screen::Audit(Audit::new()));
            fail(&mut model, Job::Register(RegisterJob::Audit), material::medium_failure(outside));
            model
        }),
    ]
}
