//! The ceremony that docs/USAGE.md goes through, command by command, on SoftHSM.

mod support;

use std::{env, fs, path::Path, process::Command};

use support::{
    Sandbox, module,
    request::{self, Algorithm, Key, Request, Signed},
    said,
};

#[test]
fn the_worked_ceremony_works() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/USAGE.md"))
        .expect("docs/USAGE.md");
    let commands = blocks(&page);
    assert!(commands.len() > 5, "docs/USAGE.md has {} blocks of commands", commands.len());

    let sandbox = Sandbox::empty("docs");
    let work = sandbox.folder("work");
    stick(&Path::new(&work).join("stick"), "lock");
    stick(&Path::new(&work).join("stick-2"), "pump");
    let bad =
        Request { signed: Signed::Badly, ..Request::named("forged") }.der(&Key::generate(Algorithm::P256));
    fs::write(Path::new(&work).join("stick/forged.der"), bad).unwrap();

    let script = format!("set -euo pipefail\n{}", commands.join("\n"));
    fs::write(sandbox.path("ceremony.sh"), &script).unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_coldsign")).parent().unwrap();
    let path = format!("{}:{}", program.display(), env::var("PATH").unwrap_or_default());
    let mut bash = Command::new("bash");
    sandbox.prepare(&mut bash);
    bash.arg("-x").arg(sandbox.path("ceremony.sh")).current_dir(&work);
    bash.env("PATH", path).env("WORK", &work).env("MODULE", module()).env_remove("COLDSIGN_HOME");
    let output = bash.output().unwrap();
    // The end of the trace is the command that failed and what it said.
    let trace = said(&output);
    let end: Vec<&str> = trace.lines().rev().take(40).collect();
    let end: Vec<&str> = end.into_iter().rev().collect();
    assert!(output.status.success(), "{}\n{}", output.status, end.join("\n"));

    // Each ceremony left a bundle with its devices in it.
    for (folder, devices) in [("out", 3), ("second", 3)] {
        let certificates = support::files(&Path::new(&work).join(folder));
        let certificates =
            certificates.iter().filter(|path| path.components().any(|part| part.as_os_str() == "certs"));
        let pem = certificates.filter(|path| path.extension().is_some_and(|ending| ending == "pem"));
        assert_eq!(pem.count(), devices, "{folder}");
    }
}

fn stick(folder: &Path, prefix: &str) {
    fs::create_dir(folder).unwrap();
    for (number, algorithm) in [Algorithm::P256, Algorithm::P384, Algorithm::Ed25519].into_iter().enumerate()
    {
        let name = format!("{prefix}-{number:04}");
        let der = Request::named(&name).der(&Key::generate(algorithm));
        fs::write(folder.join(format!("{name}.csr")), request::pem("CERTIFICATE REQUEST", &der)).unwrap();
    }
}

/// The blocks of a page that are marked as commands.
fn blocks(page: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut block: Option<String> = None;
    for line in page.lines() {
        match (&mut block, line) {
            (None, "```sh") => block = Some(String::new()),
            (None, _) => {}
            (Some(_), "```") => blocks.extend(block.take()),
            (Some(text), line) => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    assert!(block.is_none(), "a block of commands has no end");
    blocks
}

#[test]
fn only_commands_are_taken_from_a_page() {
    let page = "text\n```sh\necho 1\necho 2\n```\n```text\nno\n```\n```sh\necho 3\n```\n";
    assert_eq!(blocks(page), ["echo 1\necho 2\n", "echo 3\n"]);
}
