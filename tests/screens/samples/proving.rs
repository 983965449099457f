//! Proving a CA to a platform.

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

use super::{super::outside::Outside, Build, fail, material, on_top, press, tell};

fn choices(choices: Vec<CaChoice>) -> ProvingNews {
    ProvingNews::Choices { choices, end: End::Days(7) }
}

pub fn proving() -> Vec<(&'static str, Build)> {
    fn begun(outside: &Outside) -> Model {
        on_top(outside, Screen::Proving(Proving::new()))
    }
    fn choosing(outside: &Outside) -> Model {
        let mut model = begun(outside);
        press(&mut model, &[Key::Enter]);
        tell(&mut model, News::Proving(choices(vec![material::ca_choice(outside)])));
        model
    }
    /// At the summary, by what a person would press and type.
    fn decided(outside: &Outside) -> Model {
        let mut model = choosing(outside);
        press(&mut model, &[Key::Enter]);
        for _ in 0..2 {
            update(&mut model, Message::Pasted("9c1d8f0e".repeat(8)));
            press(&mut model, &[Key::Enter]);
        }
        tell(&mut model, News::Folder(material::folder(outside)));
        press(&mut model, &[Key::Char('w')]);
        model
    }
    vec![
        ("empty", |outside| {
            let mut model = begun(outside);
            press(&mut model, &[Key::Enter]);
            tell(&mut model, News::Proving(choices(Vec::new())));
            model
        }),
        ("typical", choosing),
        ("typical, platforms", begun),
        ("typical, the code", |outside| {
            let mut model = choosing(outside);
            press(&mut model, &[Key::Enter]);
            model
        }),
        ("typical, the summary", decided),
        ("typical, done", |outside| {
            let mut model = decided(outside);
            press(&mut model, &[Key::Char('i')]);
            let plan = Box::new(material::plan(outside));
            let delivered = material::delivered();
            tell(&mut model, News::Proving(ProvingNews::Proved { plan, delivered }));
            model
        }),
        ("failure", |outside| {
            let mut model = choosing(outside);
            fail(&mut model, Job::Proving(ProvingJob::Choices), material::medium_failure(outside));
            model
        }),
    ]
}
