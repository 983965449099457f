//! The screens of CAs: list, one of them, a new one, a certificate that is installed.

use std::path::PathBuf;

use coldsign::{
    ceremony::{Authority, AuthorityRecord, CaWarning, CaWarningKind, RootRenewal},
    tui::{
        key::Key,
        model::Model,
        screen::{
            Screen,
            authorities::Authorities,
            authority::AuthorityPage,
            ca_confirmation::{CaConfirmation, Making},
            ca_export::CaExport,
            ca_renewal::CaRenewal,
            ca_target::CaTarget,
            install::Install,
            new_ca::NewCa,
        },
        work::{
            Job, News,
            authorities::{AuthorityJob, AuthorityNews, RootTerms},
        },
    },
};

use super::{
    super::{
        certified,
        outside::{Outside, printable},
    },
    Build, fail, material, on_top, press, tell, typed, without_media,
};

fn requested(outside: &Outside) -> Authority {
    Authority {
        record: AuthorityRecord {
            name: printable(&outside.authority).to_string(),
            key_uri: "pkcs11:token=rehearsal;object=factory".to_owned(),
            public_key: material::public_key(3),
            created: material::now(),
            request: Some(material::request(outside)),
            succeeds: None,
            certificate: None,
        },
        stage: coldsign::ceremony::Stage::Requested,
        warnings: Vec::new(),
        succeeded_by: None,
        others: Vec::new(),
        from_outside: None,
    }
}

fn failed(mut model: Model, outside: &Outside) -> Model {
    fail(&mut model, Job::Authority(AuthorityJob::List), material::medium_failure(outside));
    model
}

pub fn authorities() -> Vec<(&'static str, Build)> {
    fn listed(outside: &Outside, authorities: Vec<Authority>) -> Model {
        let mut model = on_top(outside, Screen::Authorities(Authorities::new()));
        tell(&mut model, News::Authority(AuthorityNews::List(authorities)));
        model
    }
    vec![
        ("empty", |outside| listed(outside, Vec::new())),
        ("typical", |outside| listed(outside, vec![requested(outside), certified::issuing(outside)])),
        ("failure", |outside| failed(listed(outside, vec![requested(outside)]), outside)),
    ]
}

pub fn authority() -> Vec<(&'static str, Build)> {
    fn shown(outside: &Outside) -> Model {
        on_top(outside, Screen::Authority(AuthorityPage::new(requested(outside))))
    }
    vec![
        ("empty", |outside| {
            let mut authority = requested(outside);
            authority.stage = coldsign::ceremony::Stage::Abandoned;
            on_top(outside, Screen::Authority(AuthorityPage::new(authority)))
        }),
        ("typical", shown),
        ("typical, it issues", |outside| {
            on_top(outside, Screen::Authority(AuthorityPage::new(certified::issuing(outside))))
        }),
        ("typical, it ends soon", |outside| {
            let mut authority = certified::issuing(outside);
            authority.warnings = vec![CaWarning {
                ca: authority.record.name.clone(),
                kind: CaWarningKind::Ends,
                at: material::now(),
                message: printable(&outside.subject),
                hint: "have its superior renew it".to_owned(),
            }];
            authority.succeeded_by = Some(printable(&outside.authority).to_string());
            on_top(outside, Screen::Authority(AuthorityPage::new(authority)))
        }),
        ("typical, it moved in", super::adoption::adopted),
        ("typical, it is linked", super::ca_life::linked),
        ("typical, it was interrupted", |outside| {
            let mut authority = requested(outside);
            authority.stage = coldsign::ceremony::Stage::Unfinished(Box::new(material::plan(outside)));
            on_top(outside, Screen::Authority(AuthorityPage::new(authority)))
        }),
        ("failure", |outside| failed(shown(outside), outside)),
    ]
}

/// A form that is filled in, each field by what a person would type.
fn filled(outside: &Outside, form: NewCa) -> Model {
    let mut model = typed(on_top(outside, Screen::NewCa(form)), "", "second");
    press(&mut model, &[Key::Tab]);
    model
}

pub fn new_ca() -> Vec<(&'static str, Build)> {
    vec![
        ("empty", |outside| on_top(outside, Screen::NewCa(NewCa::root()))),
        ("typical", |outside| filled(outside, NewCa::root())),
        ("typical, subordinate", |outside| filled(outside, NewCa::subordinate())),
        ("typical, a root is re-keyed", |outside| {
            filled(outside, NewCa::rekeyed(&super::ca_life::root(outside)))
        }),
        ("typical, a subordinate CA is re-keyed", |outside| {
            filled(outside, NewCa::rekeyed(&certified::issuing(outside)))
        }),
        ("failure", |outside| failed(filled(outside, NewCa::root()), outside)),
    ]
}

pub fn ca_target() -> Vec<(&'static str, Build)> {
    fn choosing(outside: &Outside) -> Model {
        let target = CaTarget::new(NewCa::subordinate(), printable(&outside.subject));
        let mut model = on_top(outside, Screen::CaTarget(target));
        tell(&mut model, News::Folder(material::folder(outside)));
        model
    }
    vec![
        ("empty", |outside| {
            let target = CaTarget::new(NewCa::subordinate(), printable(&outside.subject));
            without_media(on_top(outside, Screen::CaTarget(target)))
        }),
        ("typical", choosing),
        ("failure", |outside| failed(choosing(outside), outside)),
    ]
}

pub fn ca_confirmation() -> Vec<(&'static str, Build)> {
    fn asked(outside: &Outside) -> Model {
        let making = Making::Root(RootTerms { days: 3_650, path_length: Some(0) });
        let screen = CaConfirmation::new(NewCa::root(), printable(&outside.subject), making);
        on_top(outside, Screen::CaConfirmation(screen))
    }
    vec![
        ("empty", asked),
        ("typical", |outside| typed(asked(outside), "", "second")),
        ("typical, a root is re-keyed", |outside| {
            let making = Making::Root(RootTerms { days: 9_000, path_length: None });
            let form = NewCa::rekeyed(&super::ca_life::root(outside));
            on_top(
                outside,
                Screen::CaConfirmation(CaConfirmation::new(form, printable(&outside.subject), making)),
            )
        }),
        ("typical, a subordinate CA is re-keyed", |outside| {
            let making = Making::Request { to: outside.path() };
            let form = NewCa::rekeyed(&certified::issuing(outside));
            on_top(
                outside,
                Screen::CaConfirmation(CaConfirmation::new(form, printable(&outside.subject), making)),
            )
        }),
        ("typical, a request", |outside| {
            let making = Making::Request { to: PathBuf::from("/media/stick").join(&outside.file) };
            let screen = CaConfirmation::new(NewCa::subordinate(), printable(&outside.subject), making);
            on_top(outside, Screen::CaConfirmation(screen))
        }),
        ("failure", |outside| failed(asked(outside), outside)),
    ]
}

pub fn ca_export() -> Vec<(&'static str, Build)> {
    fn choosing(outside: &Outside) -> Model {
        let mut model = on_top(outside, Screen::CaExport(CaExport::new(requested(outside))));
        tell(&mut model, News::Folder(material::folder(outside)));
        model
    }
    vec![
        ("empty", |outside| {
            without_media(on_top(outside, Screen::CaExport(CaExport::new(requested(outside)))))
        }),
        ("typical", choosing),
        ("failure", |outside| failed(choosing(outside), outside)),
    ]
}

pub fn ca_renewal() -> Vec<(&'static str, Build)> {
    use super::ca_life::root;
    fn days(outside: &Outside) -> Model {
        typed(on_top(outside, Screen::CaRenewal(CaRenewal::new(root(outside)))), "", "9000")
    }
    fn shown(outside: &Outside) -> Model {
        let mut model = days(outside);
        let renewal = RootRenewal {
            subject: printable(&outside.subject),
            path_length: Some(1),
            ends: material::now(),
            would_end: material::now().plus_seconds(86_400 * 9_000),
        };
        tell(&mut model, News::Authority(AuthorityNews::Renewable { days: 9_000, renewal }));
        model
    }
    fn choosing(outside: &Outside) -> Model {
        let screen = CaRenewal::new(certified::issuing(outside));
        let mut model = on_top(outside, Screen::CaRenewal(screen));
        tell(&mut model, News::Folder(material::folder(outside)));
        model
    }
    vec![
        ("empty", |outside| on_top(outside, Screen::CaRenewal(CaRenewal::new(root(outside))))),
        ("typical", shown),
        ("typical, onto which medium", choosing),
        ("typical, a request", |outside| {
            let mut model = choosing(outside);
            press(&mut model, &[Key::Char('w')]);
            model
        }),
        ("failure", |outside| failed(shown(outside), outside)),
    ]
}

pub fn install() -> Vec<(&'static str, Build)> {
    fn choosing(outside: &Outside) -> Model {
        let mut model = on_top(outside, Screen::Install(Install::new(requested(outside))));
        tell(&mut model, News::Folder(material::folder(outside)));
        model
    }
    fn chosen(outside: &Outside) -> Model {
        let mut model = choosing(outside);
        press(&mut model, &[Key::Down, Key::Enter, Key::Down, Key::Char('a'), Key::Down]);
        model
    }
    fn compared(outside: &Outside) -> Model {
        let mut model = chosen(outside);
        let examine = Job::Authority(AuthorityJob::Examine {
            name: "factory".to_owned(),
            certificate: outside.path(),
            chain: None,
        });
        match certified::fitting(outside) {
            Ok(fitting) => tell(&mut model, News::Authority(AuthorityNews::Fits(Box::new(fitting)))),
            Err(error) => fail(&mut model, examine, error.into()),
        }
        model
    }
    vec![
        ("empty", |outside| {
            without_media(on_top(outside, Screen::Install(Install::new(requested(outside)))))
        }),
        ("typical", choosing),
        ("typical, files are chosen", chosen),
        ("typical, compared", compared),
        ("typical, compared further down", |outside| {
            let mut model = compared(outside);
            press(&mut model, &[Key::PageDown]);
            model
        }),
        ("failure", |outside| failed(choosing(outside), outside)),
        ("failure, nothing is chosen", |outside| {
            let mut model = choosing(outside);
            press(&mut model, &[Key::Char('a')]);
            model
        }),
    ]
}
