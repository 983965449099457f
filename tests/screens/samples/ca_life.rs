//! The screens of a CA that was made before: its keys are linked, another certificate is taken into use, another root is
//! certified.

use coldsign::{
    ceremony::{Authority, CrossPlanned, HeadAfter, InstalledCertificate, Links, ProfileSection, Role},
    pki::{
        fingerprint::Digest,
        policy::{Control, Finding},
    },
    tui::{
        key::Key,
        model::Model,
        screen::{Screen, authority::AuthorityPage, ca_cross::CaCross, ca_link::CaLink, ca_use::CaUse},
        work::{
            Job, News,
            ca_life::{CaLifeJob, CaLifeNews},
        },
    },
};

use super::{
    super::{
        certified,
        outside::{Outside, printable},
    },
    Build, fail, material, on_top, press, tell, without_media,
};

/// A CA that certifies itself.
pub fn root(outside: &Outside) -> Authority {
    let mut authority = certified::issuing(outside);
    if let Some((_, above)) = &mut authority.record.certificate {
        above.clear();
    }
    authority
}

/// A root that has the place of another.
fn successor(outside: &Outside) -> Authority {
    let mut authority = root(outside);
    authority.record.succeeds = Some(printable(&outside.authority).to_string());
    authority
}

/// The page of a root that was linked a moment ago.
pub fn linked(outside: &Outside) -> Model {
    let authority = successor(outside);
    let (own, _) = authority.record.certificate.clone().expect("a certificate");
    let links = Links {
        before: printable(&outside.authority).to_string(),
        new_with_old: own.clone(),
        old_with_new: own,
        head: HeadAfter::Left,
    };
    on_top(outside, Screen::Authority(AuthorityPage::linked(authority, &links)))
}

pub fn ca_link() -> Vec<(&'static str, Build)> {
    fn asked(outside: &Outside) -> Model {
        on_top(outside, Screen::CaLink(CaLink::new(successor(outside))))
    }
    vec![
        ("empty", |outside| on_top(outside, Screen::CaLink(CaLink::new(root(outside))))),
        ("typical", asked),
        ("failure", |outside| {
            let mut model = asked(outside);
            fail(&mut model, Job::CaLife(CaLifeJob::Link("root-2".to_owned())), material::token_failure());
            model
        }),
    ]
}

pub fn ca_use() -> Vec<(&'static str, Build)> {
    fn listed(outside: &Outside) -> Model {
        let mut authority = certified::issuing(outside);
        let (own, above) = authority.record.certificate.clone().expect("a certificate");
        let other = |role| InstalledCertificate {
            role,
            certificate: own.clone(),
            chain: above.clone(),
            installed: material::now(),
        };
        authority.others = vec![other(Role::Issues), other(Role::Beside)];
        on_top(outside, Screen::CaUse(CaUse::new(authority)))
    }
    fn shown(outside: &Outside) -> Model {
        let mut model = listed(outside);
        press(&mut model, &[Key::Down, Key::Char('u')]);
        model
    }
    vec![
        ("empty", |outside| on_top(outside, Screen::CaUse(CaUse::new(root(outside))))),
        ("typical", listed),
        ("typical, shown", shown),
        ("failure", |outside| {
            let mut model = shown(outside);
            let job = CaLifeJob::Use { ca: "factory".to_owned(), sha256: Digest::of(b"one") };
            fail(&mut model, Job::CaLife(job), material::medium_failure(outside));
            model
        }),
    ]
}

pub fn ca_cross() -> Vec<(&'static str, Build)> {
    fn browsing(outside: &Outside) -> Model {
        let name = printable(&outside.authority);
        on_top(outside, Screen::CaCross(CaCross::new(name.as_str())))
    }
    fn in_folder(outside: &Outside) -> Model {
        let mut model = browsing(outside);
        tell(&mut model, News::Folder(material::folder(outside)));
        press(&mut model, &[Key::Down]);
        model
    }
    fn by_profile(outside: &Outside, names: &[&str]) -> Model {
        let mut model = in_folder(outside);
        press(&mut model, &[Key::Enter]);
        let section = |name: &&str| ProfileSection {
            name: printable(name).to_string(),
            summary: "a CA, no CA below it, 1825 days".to_owned(),
            text: format!(
                "[profiles.{}]\nkind = \"subordinate-ca\"\npath-length = 0\npermitted-names = [\"dns:partner.example\"]\n",
                printable(name)
            ),
        };
        let profiles = names.iter().map(section).collect();
        tell(&mut model, News::CaLife(CaLifeNews::Profiles(profiles)));
        model
    }
    fn choosing(outside: &Outside) -> Model {
        by_profile(outside, &[&outside.profile, "subordinate-ca-renewal"])
    }
    vec![
        ("empty", |outside| without_media(browsing(outside))),
        ("empty, no profile", |outside| by_profile(outside, &[])),
        ("typical", in_folder),
        ("typical, which profile", choosing),
        ("typical, planned", |outside| {
            let mut model = choosing(outside);
            let odd = format!("odd: {}", printable(&outside.subject));
            let made = CrossPlanned {
                plan: material::plan(outside),
                certificate_sha256: Digest::of(b"a root"),
                notes: vec![Finding::note(Control::CsrForm, &odd, "ask for another one")],
            };
            tell(&mut model, News::CaLife(CaLifeNews::Crossed(Box::new(made))));
            model
        }),
        ("failure", |outside| {
            let mut model = choosing(outside);
            fail(&mut model, Job::CaLife(CaLifeJob::CrossProfiles), material::medium_failure(outside));
            model
        }),
    ]
}
