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
    let keys = "a on to approval Enter look f findings b block lists Tab forms Esc back ? help";
    let forms = "CANNOT BE HAD     huawei, for 1 of 998 requests; see Tab";
    stands("Plan", "typical, keys looked up nowhere", &[checks, time, keys, forms]);
}

#[test]
fn a_signed_plan_is_not_told_as_one_to_sign() {
    let requests = "requests          998 in the plan, 7 refused, 2 skipped  signed, not delivered";
    let row = rows("Plan", "typical, signed");
    assert!(row.iter().any(|row| row.contains("certificate 1 of 998, as it was signed")), "{row:?}");
    stands("Plan", "typical, signed", &[requests]);
}

#[test]
fn what_revokes_and_how_is_not_cut() {
    stands("Crls", "typical", &["v by serial number; or v on a certificate in the Register"]);
    stands("Revoke", "typical", &["or how they begin; by name: Register, /, Enter on it, then v"]);
}

#[test]
fn of_a_revoked_certificate_nothing_is_offered_but_a_worse_reason() {
    let offered = rows("Revoke", "typical, found and superseded").join("\n");
    for (words, is_offered) in [("keyCompromise", true), ("cACompromise", true), ("release ", false)] {
        assert_eq!(offered.contains(words), is_offered, "{words} in\n{offered}");
    }
    let told = rows("Revoke", "typical, another reason judged").join(" ");
    assert!(told.contains("1 certificate, revoked already: another reason."), "{told}");
    stands("Document", "typical, issued and revoked", &["v another reason Esc back ? help"]);
    stands("Document", "typical, issued", &["v revoke or hold Esc back ? help"]);
}

#[test]
fn several_certificates_can_be_compared_by_words() {
    let told = rows("Revoke", "typical, judged").join("\n");
    assert!(told.contains("all, in words"), "{told}");
    let one = rows("Revoke", "typical, another reason judged").join("\n");
    assert!(!one.contains("in words"), "one is compared by its serial number:\n{one}");
}
