//! Proving a CA to a platform: every step of it.

use coldsign::{
    pki::profile::End,
    tui::{
        key::Key,
        message::Message,
        model::Model,
        screen::{Screen, proving::Proving},
        update::update,
        work::{
            Job, News,
            proving::{CaChoice, ProvingJob, ProvingNews},
        },
    },
};

use super::{
    super::outside::{Outside, printable},
    Build, fail, material, on_top, press, tell, without_media,
};

/// A code as AWS gives it: 64 hexadecimal digits.
const CODE: &str = "9c1d8f0e2b3a4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5";

fn begun(outside: &Outside) -> Model {
    on_top(outside, Screen::Proving(Proving::new()))
}

/// The choice of the CA, for the platform in this row.
fn choosing(outside: &Outside, platform: usize) -> Model {
    let mut model = begun(outside);
    for _ in 0..platform {
        press(&mut model, &[Key::Down]);
    }
    press(&mut model, &[Key::Enter]);
    tell(&mut model, News::Proving(choices(vec![material::ca_choice(outside)])));
    model
}

/// The row of a platform that takes keys of the kind that [`material::ca_choice`] has, and that of one that does not.
const AWS: usize = 2;
const ALIBABA: usize = 0;

fn at_code(outside: &Outside) -> Model {
    let mut model = choosing(outside, AWS);
    press(&mut model, &[Key::Enter]);
    model
}

/// A code is pasted into the field in use.
fn code(mut model: Model, text: &str) -> Model {
    update(&mut model, Message::Pasted(text.to_owned()));
    model
}

fn typed_once(outside: &Outside) -> Model {
    let mut model = code(at_code(outside), CODE);
    press(&mut model, &[Key::Enter]);
    model
}

fn at_target(outside: &Outside) -> Model {
    let mut model = code(typed_once(outside), CODE);
    press(&mut model, &[Key::Enter]);
    model
}

fn in_target(outside: &Outside) -> Model {
    let mut model = at_target(outside);
    tell(&mut model, News::Folder(material::folder(outside)));
    model
}

fn at_summary(outside: &Outside) -> Model {
    let mut model = in_target(outside);
    press(&mut model, &[Key::Char('w')]);
    model
}

fn from_request(outside: &Outside) -> Model {
    let mut model = at_code(outside);
    press(&mut model, &[Key::Control('f')]);
    tell(&mut model, News::Folder(material::folder(outside)));
    model
}

fn choices(choices: Vec<CaChoice>) -> ProvingNews {
    ProvingNews::Choices { choices, end: End::Days(7) }
}

fn done(outside: &Outside) -> Model {
    let mut model = at_summary(outside);
    update(&mut model, Message::Key(Key::Char('i')));
    let (plan, delivered) = (Box::new(material::plan(outside)), Box::new(material::delivered()));
    let files = material::proof_files("aws");
    tell(&mut model, News::Proving(ProvingNews::Proved { plan, delivered, ends: material::now(), files }));
    model
}

pub fn proving() -> Vec<(&'static str, Build)> {
    vec![
        ("empty", |outside| {
            let mut model = begun(outside);
            press(&mut model, &[Key::Enter]);
            tell(&mut model, News::Proving(choices(Vec::new())));
            model
        }),
        ("empty, no medium", |outside| without_media(at_target(outside))),
        ("typical", |outside| choosing(outside, AWS)),
        ("typical, platforms", begun),
        ("typical, a CA that is not accepted there", |outside| choosing(outside, ALIBABA)),
        ("typical, the code", at_code),
        ("typical, the code once more", |outside| code(typed_once(outside), &CODE[..20])),
        ("typical, another code", |outside| code(typed_once(outside), &CODE.replace("c4d5", "c4d6"))),
        ("typical, a CSR with the code", from_request),
        ("typical, the media", at_target),
        ("typical, the folder", in_target),
        ("typical, what will be issued", at_summary),
        ("typical, what a CSR asks for", |outside| {
            let mut model = from_request(outside);
            let (path, code) = (outside.path(), printable(&outside.subject));
            tell(&mut model, News::Proving(ProvingNews::Requested { path, code }));
            tell(&mut model, News::Folder(material::folder(outside)));
            press(&mut model, &[Key::Char('w')]);
            model
        }),
        ("typical, it is issued", |outside| {
            let mut model = at_summary(outside);
            update(&mut model, Message::Key(Key::Char('i')));
            model
        }),
        ("typical, done", done),
        ("typical, done, the files as codes", |outside| {
            let mut model = done(outside);
            press(&mut model, &[Key::Char('c')]);
            model
        }),
        ("typical, done, the other file as codes", |outside| {
            let mut model = done(outside);
            press(&mut model, &[Key::Char('c'), Key::Tab, Key::Char('n')]);
            model
        }),
        ("failure", |outside| {
            let mut model = choosing(outside, AWS);
            fail(&mut model, Job::Proving(ProvingJob::Choices), material::medium_failure(outside));
            model
        }),
        ("failure, a CA that is not accepted there", |outside| {
            let mut model = choosing(outside, ALIBABA);
            press(&mut model, &[Key::Enter]);
            model
        }),
        ("failure, while it is issued", |outside| {
            let mut model = at_summary(outside);
            update(&mut model, Message::Key(Key::Char('i')));
            update(&mut model, Message::Failed(material::medium_failure(outside)));
            model
        }),
    ]
}
