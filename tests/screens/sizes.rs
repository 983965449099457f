//! Terminals of every size, and messages in every order: nothing of it makes the interface fall over.

use std::time::Duration;

use coldsign::{
    ceremony::{Phase, Progress},
    tui::{
        message::{Effect, Message},
        model::Login,
        update::update,
        work::News,
    },
};
use proptest::prelude::*;

use super::{drawn, keys, material, outside::Outside, samples};

#[test]
fn a_terminal_that_is_too_small_says_so() {
    for sample in samples::all() {
        for size in [(79, 24), (80, 23), (79, 23), (40, 12)] {
            let mut model = (sample.build)(&Outside::usual());
            let shown = drawn::rows(&drawn::cells(&mut model, size, drawn::THEME)).join(" ");
            assert!(shown.contains("needs 80 columns and 24 rows"), "{size:?}: {shown}");
            assert!(shown.contains("The work in hand goes on."), "{size:?}: {shown}");
        }
    }
}

#[test]
fn no_size_is_too_odd_to_draw_on() {
    let sizes =
        [(0, 0), (1, 1), (10, 3), (1, 200), (500, 1), (80, 24), (81, 25), (300, 100), (80, 300), (500, 24)];
    for sample in samples::all() {
        for outside in [Outside::usual(), Outside::hostile()] {
            for size in sizes {
                let _ = drawn::cells(&mut (sample.build)(&outside), size, drawn::THEME);
            }
        }
    }
}

/// A message, and the size of the terminal that it is drawn on afterwards.
fn message(kind: u8, number: u64) -> Message {
    let outside = if number.is_multiple_of(2) { Outside::usual() } else { Outside::hostile() };
    let keys = keys::universe();
    let at = |count: usize| usize::try_from(number % count as u64).unwrap_or_default();
    match kind {
        0..=119 => Message::Key(keys[at(keys.len())]),
        120..=139 => Message::Tick {
            clock: (!number.is_multiple_of(5)).then(material::now),
            since: Duration::from_millis(number % 1_000_000_000),
        },
        140..=159 => {
            let phases =
                [Phase::Signing, Phase::Planning, Phase::Delivering, Phase::ReadingBack, Phase::Auditing];
            let of = (!number.is_multiple_of(3)).then_some(number / 2);
            Message::Progress(Progress::new(phases[at(phases.len())], number, of))
        }
        160..=169 => Message::Failed(material::token_failure()),
        170..=179 => Message::Failed(material::medium_failure(&outside)),
        180..=184 => Message::Volumes(Vec::new()),
        185..=189 => Message::Volumes(material::volumes(&outside)),
        190..=194 => Message::PinWanted(material::pin_ask(&outside)),
        195 => Message::PinEntered,
        196 => Message::PinRefused,
        197 => Message::Login(Login::In),
        198 => Message::Login(Login::Out),
        199 => Message::Ending,
        200 => Message::WorkerGone,
        201..=209 => Message::Pasted("a\u{1b}[2J\u{202e}\n".repeat(at(200))),
        210 => Message::Resized,
        211..=213 => Message::Interfaces(vec![super::outside::printable(&outside.token); at(4)]),
        _ => Message::Done(Box::new(news(kind, &outside))),
    }
}

/// What the worker might answer, asked or not.
fn news(kind: u8, outside: &Outside) -> News {
    match kind % 8 {
        0 => News::Folder(material::folder(outside)),
        1 => News::Choices { authorities: Vec::new(), profiles: Vec::new() },
        2 => News::Planned(coldsign::ceremony::Planned {
            plan: material::plan(outside),
            counts: material::counts(),
            agreement: coldsign::ceremony::Agreement::OtherRequests,
        }),
        3 => News::Approved(material::plan(outside)),
        4 => News::Signed(material::issued()),
        5 => News::Delivered(material::delivered()),
        6 => News::Closing { closing: material::closing(outside), done: material::done() },
        _ => News::LoggedOut,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_order_of_messages_makes_it_fall_over(
        sample in any::<prop::sample::Index>(),
        messages in prop::collection::vec((any::<u8>(), any::<u64>()), 1..60),
        sizes in prop::collection::vec((1_u16..200, 1_u16..60), 1..4),
    ) {
        let samples = samples::all();
        let sample = &samples[sample.index(samples.len())];
        let mut model = (sample.build)(&Outside::usual());
        for (at, (kind, number)) in messages.into_iter().enumerate() {
            let effects = update(&mut model, message(kind, number));
            let jobs = effects.iter().filter(|effect| matches!(effect, Effect::Work(_))).count();
            prop_assert!(jobs <= 1, "{} jobs at once", jobs);
            prop_assert!(jobs == 0 || model.about.busy.is_some() || model.about.aside.is_some());
            prop_assert!(model.depth() >= 1);
            // Drawing takes longest by far: many messages in many orders tell more than many drawings.
            if at % 4 == 0 {
                let size = if at % 8 == 0 { sizes[at % sizes.len()] } else { (80, 24) };
                let _ = drawn::cells(&mut model, size, drawn::THEME);
            }
        }
    }
}
