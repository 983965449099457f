//! Proving a CA to a platform.

use coldsign::tui::{
    key::Key,
    model::Model,
    screen::{Screen, proving::Proving},
    work::{
        Job, News,
        proving::{ProvingJob, ProvingNews},
    },
};

use super::{super::outside::Outside, Build, fail, material, on_top, press, tell};

pub fn proving() -> Vec<(&'static str, Build)> {
    fn begun(outside: &Outside) -> Model {
        on_top(outside, Screen::Proving(Proving::new()))
    }
    fn choosing(outside: &Outside) -> Model {
        let mut model = begun(outside);
        press(&mut model, &[Key::Enter]);
        tell(&mut model, News::Proving(ProvingNews::Choices(vec![material::ca_choice(outside)])));
        model
    }
    vec![
        ("empty", |outside| {
            let mut model = begun(outside);
            press(&mut model, &[Key::Enter]);
            tell(&mut model, News::Proving(ProvingNews::Choices(Vec::new())));
            model
        }),
        ("typical", choosing),
        ("typical, platforms", begun),
        ("typical, the code", |outside| {
            let mut model = choosing(outside);
            press(&mut model, &[Key::Enter]);
            model
        }),
        ("failure", |outside| {
            let mut model = choosing(outside);
            fail(&mut model, Job::Proving(ProvingJob::Choices), material::medium_failure(outside));
            model
        }),
    ]
}
