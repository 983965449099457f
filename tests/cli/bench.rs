//! What the tests of the command line share beside the sandbox: one way to look at a finished command.

use std::{fs, path::Path, process::Output};

pub use crate::support::disk::{SmallDisk, copy};
use crate::support::{
    Sandbox,
    request::{self, Algorithm, Key, Request},
    said,
};

/// Requests of fresh P-256 keys, named `NAME-0001.csr` and so on.
pub fn requests(folder: &str, name: &str, count: usize) {
    for number in 1..=count {
        let own = format!("{name}-{number:04}");
        let der = Request::named(&own).der(&Key::generate(Algorithm::P256));
        let text = request::pem("CERTIFICATE REQUEST", &der);
        fs::write(Path::new(folder).join(format!("{own}.csr")), text).unwrap();
    }
}

/// What a failed command must look like: its code, nothing but JSON or nothing on standard output, and at the end of
/// standard error one pair that says this.
pub fn failed(output: &Output, code: i32, what: &str) -> Result<(), String> {
    let errors = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = errors.lines().collect();
    let [.., wrong, to_do] = lines.as_slice() else { return Err(format!("no pair: {}", said(output))) };
    let pair = wrong.strip_prefix("coldsign: ").zip(to_do.strip_prefix("  to do: "));
    let problem = if output.status.code() != Some(code) {
        format!("{} instead of {code}", output.status)
    } else if pair.is_none_or(|(wrong, to_do)| !wrong.contains(what) || to_do.len() < 5) {
        format!("the pair is not about {what:?}")
    } else if lines.iter().filter(|line| line.starts_with("coldsign: ")).count() != 1 {
        "more than one pair".to_owned()
    } else if !output.stdout.is_empty() {
        "standard output is not empty".to_owned()
    } else if errors.contains("panicked") || errors.contains('\x1b') {
        "a panic or an escape".to_owned()
    } else {
        return Ok(());
    };
    Err(format!("{problem}: {}", said(output)))
}

/// Runs a table of commands, each with its exit code and a part of its message; tells of all that differ.
pub fn all_fail(sandbox: &Sandbox, table: &[(&str, i32, &str)]) {
    let mut wrong = Vec::new();
    for (line, code, what) in table {
        for json in [false, true] {
            let mut command = sandbox.coldsign();
            command.current_dir(sandbox.path(""));
            if json {
                command.arg("--json");
            }
            let output = command.args(line.split(' ').filter(|word| !word.is_empty())).output().unwrap();
            if let Err(problem) = failed(&output, *code, what) {
                wrong.push(format!("{line}: {problem}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether the register's history is sound and these are its counts of certificates, the root's among them.
pub fn audited(sandbox: &Sandbox, certificates: u64) {
    let report = sandbox.json(["register", "audit"]).pop().unwrap();
    assert_eq!(report["clean"], true, "{report}");
    assert_eq!(report["certificates"], certificates, "{report}");
}

/// Names in a folder.
pub fn names(folder: &str) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
