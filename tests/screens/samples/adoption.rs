//! The screens of a CA that moves in, and of what it did before.

use coldsign::{
    ceremony::{HeadAfter, LooseKey, Takeover},
    pki::{
        fingerprint::Digest,
        key::{Curve, KeyAlgorithm},
    },
    tui::{
        key::Key,
        message::{Failure, Message},
        model::Model,
        screen::{Screen, adoption::Adoption, authority::AuthorityPage, crl_import::CrlImport},
        update::update,
        work::{
            Job, News,
            adoption::{AdoptionJob, AdoptionNews, Statement},
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

fn key(id: &str, outside: &Outside, obstacle: Option<&str>) -> LooseKey {
    LooseKey {
        uri: format!("pkcs11:token=rehearsal;id=%{id}"),
        id: id.to_owned(),
        label: printable(&outside.token),
        algorithm: Some(KeyAlgorithm::Ec(Curve::P256)),
        obstacle: obstacle.map(printable),
    }
}

fn begun(outside: &Outside) -> Model {
    on_top(outside, Screen::Adoption(Adoption::new()))
}

fn keys(outside: &Outside, keys: Vec<LooseKey>) -> Model {
    let mut model = begun(outside);
    tell(&mut model, News::Adoption(AdoptionNews::Keys(keys)));
    model
}

fn two_keys(outside: &Outside) -> Model {
    let made_here = "the token says of this key that it was made in it: it did not come from outside";
    let kinds = [key("77", outside, None), key("78", outside, Some(made_here))];
    keys(outside, kinds.to_vec())
}

/// In a folder, its files chosen: the first as one, the second as the other.
fn chosen(model: &mut Model, outside: &Outside) {
    tell(model, News::Folder(material::folder(outside)));
    press(model, &[Key::Down, Key::Enter, Key::Down, Key::Char('a'), Key::Down]);
}

fn form(outside: &Outside) -> Model {
    let mut model = two_keys(outside);
    press(&mut model, &[Key::Enter]);
    chosen(&mut model, outside);
    press(&mut model, &[Key::Char('e')]);
    typed(model, "", "moved")
}

fn stated(outside: &Outside) -> Model {
    let authority = certified::issuing(outside);
    let (own, above) = authority.record.certificate.expect("a certificate");
    let statement = Statement {
        name: printable(&outside.authority).to_string(),
        origin: printable(&outside.subject).to_string(),
        unpromised: vec![
            ("CKA_LOCAL", "the token cannot promise that the key was made in it: it was made elsewhere"),
            ("CKA_UNWRAP", "the token lets the key unwrap other keys, too"),
        ],
        own,
        root: above.last().expect("a root").clone(),
        digest: Digest::of(b"a statement"),
    };
    let mut model = form(outside);
    tell(&mut model, News::Adoption(AdoptionNews::Proposed(Box::new(statement))));
    model
}

fn approving(outside: &Outside) -> Model {
    let mut model = stated(outside);
    press(&mut model, &[Key::Char('a')]);
    typed(model, "", "anchor velvet ")
}

pub fn adoption() -> Vec<(&'static str, Build)> {
    vec![
        ("empty", begun),
        ("empty, no key", |outside| keys(outside, Vec::new())),
        ("typical", two_keys),
        ("typical, a key that none can have", |outside| {
            let mut model = two_keys(outside);
            press(&mut model, &[Key::Down]);
            model
        }),
        ("typical, which files", |outside| {
            let mut model = two_keys(outside);
            press(&mut model, &[Key::Enter]);
            chosen(&mut model, outside);
            model
        }),
        ("typical, form", form),
        ("typical, the statement", stated),
        ("typical, the statement further down", |outside| {
            let mut model = stated(outside);
            press(&mut model, &[Key::PageDown]);
            model
        }),
        ("typical, the words", approving),
        ("failure", |outside| {
            let mut model = form(outside);
            fail(&mut model, Job::Adoption(AdoptionJob::Keys), material::token_failure());
            model
        }),
        ("failure, other words", |outside| {
            let mut model = approving(outside);
            let class = coldsign::ceremony::Class::NotApproved;
            update(&mut model, Message::Failed(Failure { class, ..material::token_failure() }));
            model
        }),
    ]
}

fn importing(outside: &Outside) -> Model {
    let mut model =
        on_top(outside, Screen::CrlImport(CrlImport::new(printable(&outside.authority).as_str())));
    tell(&mut model, News::Folder(material::folder(outside)));
    model
}

fn only_a_list(outside: &Outside) -> Model {
    let mut model = importing(outside);
    press(&mut model, &[Key::Down, Key::Char('a'), Key::Char('e')]);
    model
}

pub fn crl_import() -> Vec<(&'static str, Build)> {
    vec![
        ("empty", |outside| {
            let screen = CrlImport::new(printable(&outside.authority).as_str());
            without_media(on_top(outside, Screen::CrlImport(screen)))
        }),
        ("typical", |outside| {
            let mut model = importing(outside);
            chosen(&mut model, outside);
            model
        }),
        ("typical, only a list", only_a_list),
        ("typical, a CRL", |outside| {
            let mut model = importing(outside);
            chosen(&mut model, outside);
            press(&mut model, &[Key::Char('e')]);
            tell(&mut model, News::Adoption(AdoptionNews::Crl(Box::new(certified::crl(outside)))));
            model
        }),
        ("typical, no CRL", |outside| {
            let mut model = importing(outside);
            press(&mut model, &[Key::Char('n')]);
            typed(model, "", "mov")
        }),
        ("typical, taken", |outside| {
            let mut model = only_a_list(outside);
            let taken =
                Takeover { entries: 2, listed: 1_204, only_listed: 3, differing: 1, ..Takeover::default() };
            tell(&mut model, News::Adoption(AdoptionNews::Taken(taken)));
            model
        }),
        ("failure", |outside| {
            let mut model = only_a_list(outside);
            let job = Job::Adoption(AdoptionJob::LookAtCrl(outside.path()));
            fail(&mut model, job, material::medium_failure(outside));
            model
        }),
    ]
}

/// The page of a CA that moved in a moment ago.
pub fn adopted(outside: &Outside) -> Model {
    let mut authority = certified::issuing(outside);
    authority.from_outside = Some(printable(&outside.subject));
    on_top(outside, Screen::Authority(AuthorityPage::adopted(authority, &HeadAfter::Left)))
}
