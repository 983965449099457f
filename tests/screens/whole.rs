//! Words of our own that people act upon stand whole on the smallest terminal.

use super::{drawn, outside::Outside, samples};

/// The rows of a sample on the smallest terminal.
fn rows(screen: &str, state: &str) -> Vec<String> {
    let all = samples::all();
    let sample =
        all.iter().find(|sample| sample.screen == screen && sample.state == state).expect("a sample");
    let mut model = (sample.build)(&Outside::usual());
    drawn::rows(&drawn::cells(&mut model, (80, 24), drawn::THEME))
}

#[track_caller]
fn stands(screen: &str, state: &str, whole: &[&str]) {
    let rows = rows(screen, state);
    for words in whole {
        let is_there = rows.iter().any(|row| row.trim().ends_with(words));
        assert!(is_there, "{screen}, {state}: {words:?} does not end a row of\n{}", rows.join("\n"));
    }
}

#[test]
fn what_is_said_of_a_plan_is_not_cut() {
    let checks = "checks            all 60 rules passed; NO BLOCK LIST; 12 more notes";
    let time = "time to sign      about 1 h 05 min: a guess from the audit key's 289 a second";
    let keys = "a on to approval Enter look f findings b block lists x withdraw Esc back ? help";
    stands("Plan", "typical, keys looked up nowhere", &[checks, time, keys]);
}

#[test]
fn a_signed_plan_is_not_told_as_one_to_sign() {
    let requests = "requests          998 in the plan, 7 refused, 2 skipped  signed, not delivered";
    let row = rows("Plan", "typical, signed");
    assert!(row.iter().any(|row| row.contains("certificate 1 of 998, as it was signed")), "{row:?}");
    stands("Plan", "typical, signed", &[requests]);
}
