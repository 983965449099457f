//! What binds a CA for good takes words, a name or its own key, never Enter alone: which job each step gives.

use coldsign::tui::{
    key::Key,
    message::{Effect, Message},
    model::Model,
    screen::Screen,
    update::update,
    work::{
        Job, News,
        adoption::{AdoptionJob, Before},
        ca_life::{CaLifeJob, CaLifeNews, Way},
    },
};

use super::{outside::Outside, samples};

/// A screen in a state.
fn sample(screen: &str, state: &str) -> Model {
    let sample = samples::all().into_iter().find(|one| one.screen == screen && one.state == state);
    (sample.unwrap_or_else(|| panic!("no {state} of {screen}")).build)(&Outside::usual())
}

fn press(model: &mut Model, key: Key) -> Vec<Effect> {
    update(model, Message::Key(key))
}

/// The job that a key gives.
#[track_caller]
fn job(model: &mut Model, key: Key) -> Job {
    match press(model, key).pop() {
        Some(Effect::Work(job)) => job,
        other => panic!("{key:?} gives {other:?}"),
    }
}

#[track_caller]
fn nothing_follows(model: &mut Model, keys: &[Key]) {
    for &key in keys {
        let follows = press(model, key);
        assert!(follows.is_empty(), "{key:?} gives {follows:?}");
    }
}

#[test]
fn a_ca_moves_in_by_the_words_that_were_typed_for_what_was_shown() {
    let mut model = sample("Adoption", "typical, the statement");
    let shown = format!("{:?}", model.screen());
    nothing_follows(&mut model, &[Key::Enter, Key::Char('y'), Key::Char(' '), Key::Char('i')]);
    assert!(press(&mut model, Key::Char('a')).is_empty());
    nothing_follows(&mut model, &[Key::Char('p'), Key::Char('u')]);
    let Job::Adoption(AdoptionJob::Adopt { digest, words }) = job(&mut model, Key::Enter) else {
        panic!("Enter hands the words over")
    };
    assert_eq!(words, "pu");
    assert!(shown.contains(&format!("{digest:?}")), "the words are of what was shown");
    // Back leads to the statement, from which nothing is recorded.
    let mut model = sample("Adoption", "typical, the words");
    nothing_follows(&mut model, &[Key::Esc, Key::Enter, Key::Char('y')]);
}

#[test]
fn a_key_that_the_token_made_is_not_gone_on_with() {
    let mut model = sample("Adoption", "typical, a key that none can have");
    assert!(press(&mut model, Key::Enter).is_empty());
    assert!(model.dialog.is_some(), "it says why");
}

#[test]
fn the_past_of_a_ca_is_shown_before_it_is_taken_and_its_name_is_typed_where_there_is_none() {
    let mut model = sample("CrlImport", "typical, a CRL");
    nothing_follows(&mut model, &[Key::Enter, Key::Char('n'), Key::Char('t')]);
    let Job::Adoption(AdoptionJob::TakePast { ca, before }) = job(&mut model, Key::Char('y')) else {
        panic!("y takes it")
    };
    assert_eq!(ca, "factory");
    let Before::Crl { crl, list } = before else { panic!("{before:?}") };
    assert!(crl.ends_with("lock-0001.csr"));
    assert!(list.is_some_and(|path| path.ends_with("lock-0002.csr")));
    let mut model = sample("CrlImport", "typical, only a list");
    assert!(matches!(
        job(&mut model, Key::Char('y')),
        Job::Adoption(AdoptionJob::TakePast { before: Before::Imported(_), .. })
    ));
    let mut model = sample("CrlImport", "typical, no CRL");
    let Job::Adoption(AdoptionJob::TakePast { before, .. }) = job(&mut model, Key::Enter) else {
        panic!("Enter hands the name over")
    };
    let expected = Before::NoCrl { typed: "mov".to_owned(), list: None };
    assert_eq!(before, expected, "whether it is the name, the ceremony says");
}

#[test]
fn a_new_key_takes_a_place_by_its_name_and_the_way_of_the_ca_before() {
    for (state, root) in
        [("typical, a root is re-keyed", true), ("typical, a subordinate CA is re-keyed", false)]
    {
        let mut model = sample("CaConfirmation", state);
        nothing_follows(&mut model, &[Key::Char('r'), Key::Char('2')]);
        let Job::CaLife(CaLifeJob::Rekey { successor, way, typed }) = job(&mut model, Key::Enter) else {
            panic!("Enter hands the name over")
        };
        assert_eq!((successor.before.as_str(), typed.as_str()), ("factory", "r2"));
        assert_eq!(matches!(way, Way::Certificate(9_000)), root);
        assert_eq!(matches!(way, Way::Request(_)), !root);
    }
    // The form leads back to the CA that it began with.
    let mut model = sample("NewCa", "typical, a root is re-keyed");
    nothing_follows(&mut model, &[Key::Esc, Key::Esc]);
    assert!(matches!(model.screen(), Screen::Authority(_)));
}

#[test]
fn another_certificate_is_taken_into_use_after_it_was_shown() {
    let mut model = sample("CaUse", "typical");
    nothing_follows(&mut model, &[Key::Char('y'), Key::Down, Key::Char('u'), Key::Enter, Key::Char('u')]);
    assert!(
        matches!(job(&mut model, Key::Char('y')), Job::CaLife(CaLifeJob::Use { ca, .. }) if ca == "factory")
    );
}

#[test]
fn a_cross_certificate_leads_to_its_plan_where_it_is_approved() {
    let mut model = sample("CaCross", "typical, which profile");
    press(&mut model, Key::Down);
    let Job::CaLife(CaLifeJob::Cross { ca, profile, certificate }) = job(&mut model, Key::Enter) else {
        panic!("Enter plans")
    };
    assert_eq!((ca.as_str(), profile.as_str()), ("factory", "subordinate-ca-renewal"));
    assert!(certificate.ends_with("lock-0001.csr"));
    let mut model = sample("CaCross", "typical, planned");
    press(&mut model, Key::Enter);
    assert!(matches!(model.screen(), Screen::Plan(_)));
    // Without a profile nothing can be planned.
    let mut model = sample("CaCross", "empty, no profile");
    nothing_follows(&mut model, &[Key::Enter]);
    update(&mut model, Message::Done(Box::new(News::CaLife(CaLifeNews::Profiles(Vec::new())))));
    assert!(matches!(model.screen(), Screen::CaCross(_)));
}
