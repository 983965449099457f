//! The screen of block lists.

use coldsign::{
    ceremony::{BlockListFacts, ListFormat, Phase, Progress},
    pki::fingerprint::Digest,
    tui::{
        key::Key,
        message::Message,
        model::Model,
        screen::{Screen, block_lists::BlockListPage},
        update::update,
        work::{
            Job, News,
            block_lists::{BlockListJob, BlockListNews},
        },
    },
};

use super::{
    super::outside::{Outside, printable},
    Build, begin, fail, material, on_top, press, tell, typed,
};

fn listed(outside: &Outside, names: &[&str], added: Option<&str>) -> Model {
    let mut model = on_top(outside, Screen::BlockLists(BlockListPage::new()));
    let facts = |name: &&str| BlockListFacts {
        name: printable(name).to_string(),
        format: ListFormat::ALL[0],
        keys: 1_234_567,
        source_sha256: Digest::of(b"a list"),
        added: material::now(),
    };
    let lists = names.iter().map(facts).collect();
    let added = added.map(|name| printable(name).to_string());
    tell(&mut model, News::BlockList(BlockListNews::Lists { lists, added }));
    model
}

fn choosing(outside: &Outside) -> Model {
    let mut model = listed(outside, &[], None);
    press(&mut model, &[Key::Char('a')]);
    tell(&mut model, News::Folder(material::folder(outside)));
    press(&mut model, &[Key::Down]);
    model
}

fn form(outside: &Outside) -> Model {
    let mut model = choosing(outside);
    press(&mut model, &[Key::Enter]);
    typed(model, "", "house")
}

fn adding(outside: &Outside) -> Model {
    let mut model = form(outside);
    let job = BlockListJob::Add { path: outside.path(), name: String::new(), format: None };
    begin(&mut model, Job::BlockList(job));
    update(&mut model, Message::Progress(Progress::new(Phase::Reading, 120_000, None)));
    model
}

pub fn block_lists() -> Vec<(&'static str, Build)> {
    vec![
        ("empty", |outside| listed(outside, &[], None)),
        ("typical", |outside| listed(outside, &["badkeys", &outside.file], None)),
        ("typical, one was added", |outside| {
            listed(outside, &["badkeys", &outside.file], Some(&outside.file))
        }),
        ("typical, which file", choosing),
        ("typical, form", form),
        ("typical, it is read", adding),
        ("failure", |outside| {
            let mut model = form(outside);
            let job = Job::BlockList(BlockListJob::List);
            fail(&mut model, job, material::medium_failure(outside));
            model
        }),
    ]
}
