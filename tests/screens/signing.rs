//! What people see while the token signs: pace, the chart of the run, the time that is left, a pause.

use std::time::Duration;

use coldsign::{
    ceremony::{Issued, Motion, Phase, Progress},
    tui::{
        key::Key,
        message::{Effect, Message},
        model::Model,
        screen::{Screen, signing::Signing},
        update::update,
        work::News,
    },
};

use super::{drawn, material, outside::Outside};

/// Certificates of the plan.
const OF: u64 = 1_000;

fn model(issued: u64) -> Model {
    let mut plan = material::plan(&Outside::usual());
    plan.accepted = OF;
    Model::new(Screen::Signing(Signing::resumed(plan, issued)))
}

fn press(model: &mut Model, key: char) -> Vec<Effect> {
    update(model, Message::Key(Key::Char(key)))
}

/// The work tells how far it is, at this time since the interface began.
fn at(model: &mut Model, milliseconds: u64, done: u64, motion: Motion) {
    let since = Duration::from_millis(milliseconds);
    update(model, Message::Tick { clock: None, since });
    let recorded = Some(done / 100 * 100);
    let progress = Progress { recorded, motion, ..Progress::new(Phase::Signing, done, Some(OF)) };
    update(model, Message::Progress(progress));
}

/// The rows of the screen.
fn rows(model: &mut Model) -> Vec<String> {
    drawn::rows(&drawn::cells(model, (80, 24), drawn::THEME))
}

#[track_caller]
fn sees(model: &mut Model, texts: &[&str]) {
    let shown = rows(model).join("\n");
    for text in texts {
        assert!(shown.contains(text), "{text:?} is not in\n{shown}");
    }
}

/// Columns of the chart: of each, how many of its rows are filled at least by half.
fn chart(model: &mut Model) -> Vec<usize> {
    let rows = rows(model);
    let from = rows.iter().position(|row| row.contains("certificates a second, over the run"));
    let plot: Vec<Vec<char>> = rows[from.expect("a chart") + 1..]
        .iter()
        .filter_map(|row| Some(row.split_once('│')?.1.chars().collect()))
        .collect();
    let width = plot.iter().map(Vec::len).max().unwrap_or(0);
    let filled = |column: usize| plot.iter().filter(|row| matches!(row.get(column), Some('█' | '▄'))).count();
    (0..width).map(filled).filter(|rows| *rows > 0).collect()
}

#[test]
fn pace_and_time_left_are_those_of_the_last_seconds() {
    let mut model = model(0);
    press(&mut model, 's');
    sees(&mut model, &["waiting for the token", "0 s so far"]);
    at(&mut model, 0, 0, Motion::Moving);
    // 20 a second for ten seconds, then 50 a second.
    for quarter in 1..=40 {
        at(&mut model, quarter * 250, quarter * 5, Motion::Moving);
    }
    sees(&mut model, &["the token signs", "20 a second", "10 s so far, about 40 s left", "200 of 1 000"]);
    for half in 1..=12 {
        at(&mut model, 10_000 + half * 500, 200 + half * 25, Motion::Moving);
    }
    sees(&mut model, &["50 a second", "16 s so far, about 10 s left", "500 of 1 000", "50 %"]);
}

#[test]
fn the_chart_shows_the_whole_run() {
    let mut model = model(0);
    press(&mut model, 's');
    at(&mut model, 0, 0, Motion::Moving);
    for half in 1..=10 {
        at(&mut model, half * 500, half * 10, Motion::Moving);
    }
    for half in 1..=10 {
        at(&mut model, 5_000 + half * 500, 100 + half * 40, Motion::Moving);
    }
    let columns = chart(&mut model);
    // What is done in a half second is told at its end, and stands in the column after it.
    assert_eq!(columns.len(), 19, "{columns:?}");
    let (slow, fast) = columns.split_at(10);
    let even = |part: &[usize]| part.iter().all(|column| *column == part[0]);
    assert!(even(slow) && even(fast) && slow[0] < fast[0], "{columns:?}");
    // The scale ends at the next round number: 80 a second are below 100.
    sees(&mut model, &["    100 │"]);
}

#[test]
fn a_pause_has_no_time_left_and_the_pace_begins_anew_when_it_goes_on() {
    let mut model = model(0);
    press(&mut model, 's');
    for half in 0..=8 {
        at(&mut model, half * 500, half * 10, Motion::Moving);
    }
    sees(&mut model, &["20 a second", "about 46 s left"]);
    assert!(matches!(press(&mut model, 'p')[..], [Effect::Pause]));
    sees(&mut model, &["pausing: what is in hand is ended first"]);
    for second in 5..=30 {
        at(&mut model, second * 1_000, 84, Motion::Halted);
    }
    sees(&mut model, &["PAUSED: all that is signed is recorded", "0.0 a second", "30 s so far"]);
    assert!(!rows(&mut model).join("\n").contains("left"), "nobody knows how long a pause lasts");
    assert!(matches!(press(&mut model, ' ')[..], [Effect::Resume]));
    for half in 1..=12 {
        at(&mut model, 30_000 + half * 500, 84 + half * 10, Motion::Moving);
    }
    sees(&mut model, &["the token signs", "20 a second", "about 40 s left"]);
    assert!(matches!(press(&mut model, 's')[..], [Effect::Stop]));
    sees(&mut model, &["stopping: what is in hand is ended and recorded"]);
    assert!(!rows(&mut model).join("\n").contains("left"), "it ends now, not then");
    assert!(press(&mut model, 'p').is_empty() && press(&mut model, 's').is_empty(), "it stops already");
}

#[test]
fn what_was_signed_before_counts_in_the_gauge_and_not_in_the_pace() {
    let mut model = model(600);
    sees(&mut model, &["600 of 1 000", "To be signed by CA factory: 400", "60 %"]);
    press(&mut model, 's');
    for half in 0..=4 {
        at(&mut model, 60_000 + half * 500, 600 + half * 5, Motion::Moving);
    }
    sees(&mut model, &["620 of 1 000", "10 a second", "2 s so far, about 38 s left", "62 %"]);
    let issued = Issued { now: 400, all: OF, seconds: 40.0, ..material::issued() };
    update(&mut model, Message::Done(Box::new(News::Signed(issued))));
    sees(&mut model, &["1 000 of 1 000", "400 of them now, in 40 s, 10 a second", "100 %"]);
}
