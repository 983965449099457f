//! Hostile media made by others: each is read in bounded time, and nothing of what it hides or tries comes out.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
    time::{Duration, Instant},
};

use crate::{
    bench::names,
    support::{
        Sandbox, files, lines, material,
        request::{self, Algorithm, Key, Request},
        said, succeed, tool,
    },
};

/// What the generator hides outside of the medium.
const CANARY: &str = "SECRET-CANARY-7f3a";
/// Longest time for one medium; 4 GiB of holes and five thousand files are among them.
const TIME_MAX: Duration = Duration::from_mins(1);

/// No escape, control or bidirectional character, no canary, no panic.
fn harmless(scenario: &str, octets: &[u8]) {
    let text = String::from_utf8_lossy(octets);
    let raw = |c: char| {
        (c.is_control() && c != '\n' && c != '\r')
            || ('\u{200b}'..='\u{200f}').contains(&c)
            || ('\u{202a}'..='\u{202e}').contains(&c)
            || ('\u{2066}'..='\u{2069}').contains(&c)
            || c == '\u{fffd}'
    };
    if let Some(found) = text.chars().find(|&c| raw(c)) {
        panic!("{scenario}: {found:?} came out raw");
    }
    assert!(!text.contains(CANARY), "{scenario}: the canary came out");
    assert!(!text.contains("panicked"), "{scenario}: {text}");
}

fn bounded(scenario: &str, command: &mut Command) -> Output {
    let began = Instant::now();
    let output = command.output().unwrap();
    assert!(began.elapsed() < TIME_MAX, "{scenario} took {:?}", began.elapsed());
    harmless(scenario, &output.stdout);
    harmless(scenario, &output.stderr);
    output
}

#[test]
fn hostile_media_are_read_in_bounded_time_and_nothing_leaks() {
    let Some(corpus) = material("COLDSIGN_CORPUS", "../shared/corpus") else { return };
    let sandbox = Sandbox::with_root("cli-hostile", "p256");
    let request = |name: &str| Request::named(name).der(&Key::generate(Algorithm::P256));
    let (a, b) = (sandbox.path("a.pem"), sandbox.path("b.der"));
    fs::write(&a, request::pem("CERTIFICATE REQUEST", &request("a"))).unwrap();
    fs::write(&b, request("b")).unwrap();
    let media = sandbox.path("media");
    let generator = corpus.join("media/gen_media.py");
    succeed(
        tool("python3", "apt-get install python3")
            .arg(generator)
            .arg(&media)
            .arg(&a)
            .arg(&b)
            .args(["--many", "5000"]),
    );
    let expected = fs::read_to_string(media.join("expect.tsv")).unwrap();
    let (mut scenarios, mut worst_names) = (0, None);
    for row in expected.lines().skip(1) {
        let (scenario, required) = (row.split('\t').next().unwrap(), row.rsplit('\t').next().unwrap());
        let medium = media.join(scenario);
        let output = bounded(scenario, sandbox.coldsign().arg("--json").arg("inspect").arg(&medium));
        assert!(matches!(output.status.code(), Some(0 | 1)), "{scenario}: {}", said(&output));
        let judged = lines(&output.stdout);
        let good = judged.iter().filter(|line| {
            let source = line["source"].as_str().unwrap();
            let named = Path::new(source).file_name().is_some_and(|name| name == "good.csr");
            // Where it lies there under several names, the first of them is accepted.
            named && (line["verdict"] == "accepted" || line["findings"][0]["control"] == "duplicate-in-batch")
        });
        if required.contains("good.csr beside it must still be processed") {
            assert_eq!(good.count(), 1, "{scenario}: good.csr was not accepted\n{}", said(&output));
        }
        let text = bounded(scenario, sandbox.coldsign().arg("inspect").arg(&medium));
        assert_eq!(text.status.code(), output.status.code(), "{scenario}: two forms, two codes");
        let planned = bounded(
            scenario,
            sandbox.coldsign().args(["--json", "plan", "--ca", "root", "--profile", "device"]).arg(&medium),
        );
        if scenario == "24-empty-medium" {
            crate::bench::failed(&planned, 4, "there are no requests").unwrap();
            scenarios += 1;
            continue;
        }
        if scenario == "25-only-bad" {
            assert_eq!(planned.status.code(), Some(1), "{scenario}: {}", said(&planned));
            let summary = lines(&planned.stdout).pop().expect("a summary");
            assert!(summary["plan"].is_null() && summary["accepted"] == 0, "{scenario}: {summary}");
            scenarios += 1;
            continue;
        }
        let plan = lines(&planned.stdout).pop().unwrap_or_else(|| panic!("{scenario}: {}", said(&planned)));
        // a.pem and b.der have one key each, so there are two certificates at most, whatever the copies.
        let accepted = plan["accepted"].as_u64().unwrap();
        assert!((1..=2).contains(&accepted), "{scenario}: {plan}");
        if matches!(scenario, "08-hardlinks" | "17-os-litter" | "18-duplicates") {
            assert_eq!(accepted, 1, "{scenario}: {plan}");
        }
        if scenario == "11-names" {
            worst_names = Some(plan);
        }
        scenarios += 1;
    }
    // Last, because a key that is certified is refused from then on.
    deliver(&sandbox, &worst_names.expect("a scenario of names"));
    assert!(scenarios >= 14, "only {scenarios} scenarios");
}

/// The bundle of the medium with the worst names.
fn deliver(sandbox: &Sandbox, plan: &serde_json::Value) {
    let (id, words) = (plan["plan"].as_str().unwrap(), plan["words"].as_str().unwrap());
    let (out, pin) = (sandbox.folder("out"), sandbox.text("pin"));
    sandbox.ok(["approve", id, "--words", words]);
    sandbox.ok(["sign", id, "--pin-file", &pin]);
    sandbox.ok(["deliver", id, "--to", &out, "--pin-file", &pin]);
    assert_eq!(names(&out), [id]);
    for path in files(Path::new(&out)) {
        let name = path.file_name().unwrap().to_str().expect("names are ASCII");
        assert!(name.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"._-".contains(&octet)), "{name}");
        let binary = ["p7b", "sig", "der"].iter().any(|end| path.extension().is_some_and(|own| own == *end));
        if !binary {
            harmless(name, &fs::read(&path).unwrap());
        }
    }
    let folder = format!("{out}/{id}");
    sandbox.ok(["verify", &folder, "--trust", &format!("{folder}/root.pem")]);
}
