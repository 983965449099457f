//! The house keeps its walls: reads src/, docs/CONTROLS.md and the crate graph, and fails where a rule of
//! docs/ARCHITECTURE.md is broken. Every rule is shown a bad sample too, so that none can pass by being blind.

#[path = "tidy/rules.rs"]
mod rules;
#[path = "tidy/source.rs"]
mod source;

use std::{fs, path::Path, process::Command};

use coldsign::pki::policy::Control;
use source::Source;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<Source> {
    Source::all(&root().join("src"))
}

/// Holds a rule against the whole source.
fn hold<Wrong: IntoIterator<Item = String>>(rule: impl Fn(&Source) -> Wrong) {
    let wrong: Vec<String> = sources().iter().flat_map(rule).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Shows a rule one sample; `expected` is how many faults it must find.
fn check<Wrong: IntoIterator<Item = String>>(
    rule: impl Fn(&Source) -> Wrong,
    path: &str,
    text: &str,
    expected: usize,
) {
    let wrong: Vec<String> = rule(&Source::sample(path, text)).into_iter().collect();
    assert_eq!(wrong.len(), expected, "{path}: {text}\n{wrong:?}");
}

#[test]
fn every_layer_looks_down_only() {
    hold(rules::upward);
}

#[test]
fn a_look_up_is_seen_in_every_spelling() {
    check(rules::upward, "pki/lint.rs", "use crate::register::Register;", 1);
    check(rules::upward, "pki/lint.rs", "use super::super::register::Register;", 1);
    check(rules::upward, "pki/lint.rs", "use super::register;", 0);
    check(rules::upward, "pki/mod.rs", "fn f() { super::media::Volume::open() }", 1);
    check(rules::upward, "token/key.rs", "use crate::{pki::der, config::{self, Authority}};", 2);
    check(
        rules::upward,
        "token/key.rs",
        "use crate::{pki::{der, key::{PublicKey}}, host::entropy as chance, media};",
        2,
    );
    check(rules::upward, "token/key.rs", "use crate::pki::{der::{self, tag}, text::Printable};", 0);
    check(rules::upward, "token/key.rs", "// use crate::config;\nconst A: &str = \"crate::config\";", 0);
    check(rules::upward, "cli/run.rs", "use crate::token::Pin;", 1);
    check(rules::upward, "cli/run.rs", "let a = crate::media::Volume::open(crate::register::open());", 2);
    check(rules::upward, "cli/run.rs", "use crate::{ceremony::Home, tui};", 1);
    check(rules::upward, "export/aws.rs", "use crate::register::{IssuedCertificate, Register};", 1);
    check(rules::upward, "export/aws.rs", "use crate::register::IssuedCertificate;", 0);
    check(rules::upward, "ceremony/opening.rs", "use crate::{cli::Exit, token, media, host};", 1);
    check(rules::upward, "main.rs", "coldsign::cli::run(); coldsign::ceremony::plan();", 1);
    check(rules::upward, "network/mod.rs", "", 1);
}

#[test]
fn every_layer_leaves_unsaid_what_is_not_its_business() {
    hold(rules::forbidden);
}

#[test]
fn a_file_or_a_clock_in_pki_is_seen() {
    check(rules::forbidden, "pki/time.rs", "use std::time::SystemTime;", 1);
    check(rules::forbidden, "pki/time.rs", "use std::{collections::BTreeMap, fs, time::Instant};", 2);
    check(rules::forbidden, "pki/time.rs", "let t = std::time::Instant::now();", 1);
    check(rules::forbidden, "pki/time.rs", "let home = std::env::var(\"HOME\"); std::thread::spawn(f);", 2);
    check(rules::forbidden, "pki/serial.rs", "getrandom::fill(&mut octets);", 1);
    check(rules::forbidden, "pki/serial.rs", "use std::{fmt, str};", 0);
    check(rules::forbidden, "pki/serial.rs", "#[cfg(test)]\nmod tests { use std::fs; }", 0);
    check(rules::forbidden, "pki/serial.rs", "#[cfg(test)]\nmod tests { f('{'); }\nuse std::fs;", 1);
    check(rules::forbidden, "media/name.rs", "use x509_cert::Certificate;", 1);
    check(rules::forbidden, "config/authority.rs", "std::fs::read_to_string(path)", 1);
    check(rules::forbidden, "register/store.rs", "std::process::Command::new(\"sqlite3\")", 1);
    check(rules::forbidden, "cli/run.rs", "use std::net::TcpStream;", 2);
}

#[test]
fn only_token_names_cryptoki_and_only_faces_print() {
    hold(rules::misplaced);
    check(rules::misplaced, "ceremony/opening.rs", "use cryptoki::session::Session;", 1);
    check(rules::misplaced, "token/session.rs", "use cryptoki::session::Session;", 0);
    check(rules::misplaced, "token/session.rs", "println!(\"signed\");", 1);
    check(rules::misplaced, "cli/run.rs", "println!(\"signed\");", 0);
}

#[test]
fn nothing_is_unfinished_or_silenced() {
    hold(rules::unfinished);
    check(rules::unfinished, "pki/plan.rs", "fn plan() { todo!() }", 1);
    check(
        rules::unfinished,
        "pki/plan.rs",
        "#[allow(dead_code)] fn plan() { x.unwrap(); panic!(\"no\") }",
        3,
    );
    check(rules::unfinished, "pki/plan.rs", "#[cfg(test)] mod tests { fn f() { x.unwrap(); } }", 0);
    check(rules::unfinished, "pki/plan.rs", "/// let x = y.unwrap(); todo!()\nfn plan() {}", 0);
}

#[test]
fn unsafe_stands_in_one_file_of_token_at_most() {
    let wrong = rules::unsafe_files(&sources());
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    let raw = |path| Source::sample(path, "unsafe { call() }");
    assert_eq!(rules::unsafe_files(&[raw("token/raw.rs")]).len(), 0);
    assert_eq!(rules::unsafe_files(&[raw("token/raw.rs"), raw("token/key.rs")]).len(), 1);
    assert_eq!(rules::unsafe_files(&[raw("host/memory.rs")]).len(), 1);
}

#[test]
fn no_file_is_too_long() {
    hold(rules::too_long);
    check(rules::too_long, "main.rs", &"\n".repeat(rules::MAIN_LINES_MAX), 1);
    check(rules::too_long, "pki/name.rs", &"\n".repeat(rules::LINES_MAX), 0);
    check(rules::too_long, "pki/name.rs", &"\n".repeat(rules::LINES_MAX + 1), 1);
}

#[test]
fn every_file_is_a_module_that_says_what_it_is() {
    hold(rules::undescribed);
    let wrong = rules::unlisted(&sources());
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    let lib = || Source::sample("lib.rs", "pub mod pki;");
    let pki = || Source::sample("pki/mod.rs", "pub mod name; // mod time;");
    assert_eq!(rules::unlisted(&[lib(), pki(), Source::sample("pki/name.rs", "")]).len(), 0);
    assert_eq!(rules::unlisted(&[lib(), pki(), Source::sample("pki/time.rs", "")]).len(), 1);
    check(rules::undescribed, "pki/name.rs", "use std::fmt;", 1);
}

#[test]
fn every_control_is_documented_and_tested() {
    let ids: Vec<&str> = Control::ALL.iter().map(|control| control.id()).collect();
    let text = fs::read_to_string(root().join("docs/CONTROLS.md")).expect("docs/CONTROLS.md");
    assert_eq!(rules::undocumented(&ids, &text), Vec::<&str>::new(), "not in docs/CONTROLS.md");
    assert_eq!(rules::invented(&ids, &text), Vec::<String>::new(), "in docs/CONTROLS.md, not in code");

    let inside = sources();
    let outside = Source::all(&root().join("tests"));
    let mut tests: Vec<&str> = inside.iter().map(Source::tests).collect();
    // This file and its rules name controls without testing them.
    tests.extend(outside.iter().filter(|file| !file.path.starts_with("tidy")).map(|file| file.text.as_str()));
    let controls: Vec<(&str, String)> =
        Control::ALL.iter().map(|control| (control.id(), format!("{control:?}"))).collect();
    assert_eq!(rules::untested(&controls, &tests), Vec::<&str>::new(), "in no test");
}

#[test]
fn a_control_without_document_or_test_is_seen() {
    let page = "| `csr-size` | too large |\n| `csr-from` | misspelt |\n";
    assert_eq!(rules::undocumented(&["csr-size", "csr-form"], page), ["csr-form"]);
    assert_eq!(rules::invented(&["csr-size", "csr-form"], page), ["csr-from"]);
    let controls = [
        ("csr-size", "CsrSize".to_owned()),
        ("csr-form", "CsrForm".to_owned()),
        ("csr-der", "CsrDer".to_owned()),
        ("lint", "Lint".to_owned()),
    ];
    assert_eq!(
        rules::untested(
            &controls,
            &["check(\"csr-size\")", "check(\"!csr-form\")", "Control::Linted, csr-der"]
        ),
        ["csr-der", "lint"]
    );
}

#[test]
fn the_product_is_built_without_network_or_foreign_cryptography() {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "-e", "normal,build", "--prefix", "none", "--format", "{p}"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let text = String::from_utf8_lossy(&tree.stdout);
    assert!(tree.status.success() && text.contains("cryptoki"), "{}", String::from_utf8_lossy(&tree.stderr));
    assert_eq!(rules::unwanted_crates(&text), Vec::<String>::new());
    assert_eq!(
        rules::unwanted_crates("der v0.8.3\nopenssl v0.10.1\ntokio v1.0.0 (*)\n"),
        ["openssl", "tokio"]
    );
}

#[test]
fn the_top_level_holds_what_it_should() {
    let names: Vec<String> = fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().expect("names at the top level are text"))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    assert_eq!(rules::strangers(&names), Vec::<&str>::new());
    for name in ["Cargo.toml", "Cargo.lock", "README.md", "LICENSE", "src", "tests", "softhsm", "docs"] {
        assert!(names.contains(&name), "{name} is missing");
    }
    assert_eq!(rules::strangers(&["src", "LICENSE-MIT", ".ci", "build.rs", "utils"]), ["build.rs", "utils"]);
}
