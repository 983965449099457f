//! With `--json`, standard output is JSON Lines and nothing else, with exactly the keys of the contract.

use std::{fs, path::Path};

use serde_json::Value;

use crate::{
    bench::requests,
    support::{
        Sandbox, lines,
        request::{self, Algorithm, Key, Request},
    },
};

const SUMMARY: [&str; 12] = [
    "accepted",
    "block_lists",
    "certificates_per_second",
    "digest",
    "issued",
    "key_from_outside",
    "plan",
    "refused",
    "seconds",
    "skipped",
    "waived",
    "words",
];

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap_or_else(|| panic!("no object: {value}")).keys().map(String::as_str).collect()
}

#[test]
fn inspection_says_everything_of_each_request() {
    let sandbox = Sandbox::empty("cli-json-inspect");
    let stick = sandbox.folder("stick");
    requests(&stick, "dev", 1);
    let pem = |name| {
        request::pem("CERTIFICATE REQUEST", &Request::named(name).der(&Key::generate(Algorithm::P256)))
    };
    fs::write(Path::new(&stick).join("two.pem"), format!("{}{}", pem("one"), pem("two"))).unwrap();
    fs::write(Path::new(&stick).join("broken.csr"), "nothing").unwrap();
    fs::write(Path::new(&stick).join("notes.txt"), "nothing").unwrap();
    let output =
        sandbox.coldsign().current_dir(sandbox.path("")).args(["--json", "inspect", "./stick"]).output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(1));
    let judged = lines(&output.stdout);
    for line in &judged {
        assert_eq!(keys(line), ["findings", "key", "sha256", "source", "subject", "verdict"]);
        for finding in line["findings"].as_array().unwrap() {
            assert_eq!(keys(finding), ["control", "hint", "message", "severity"]);
        }
    }
    let short: Vec<String> = judged
        .iter()
        .map(|line| {
            let text = |key: &str| line[key].as_str().unwrap_or("-").to_owned();
            format!("{} {} {} {}", text("source"), text("verdict"), text("key"), text("subject"))
        })
        .collect();
    assert_eq!(
        short,
        [
            "./stick/broken.csr refused - -",
            "./stick/dev-0001.csr accepted P-256 CN=dev-0001",
            "./stick/notes.txt skipped - -",
            "./stick/two.pem#1 accepted P-256 CN=one",
            "./stick/two.pem#2 accepted P-256 CN=two",
        ]
    );
    assert_eq!(judged[0]["findings"][0]["severity"], "refuse");
    assert_eq!(judged[1]["sha256"].as_str().unwrap().len(), 64);
}

#[test]
fn long_paths_are_told_whole() {
    let sandbox = Sandbox::empty("cli-json-long");
    let deep = format!("stick/{}/{}", "a".repeat(200), "b".repeat(200));
    let folder = sandbox.folder(&deep);
    let pem = |name| {
        request::pem("CERTIFICATE REQUEST", &Request::named(name).der(&Key::generate(Algorithm::P256)))
    };
    fs::write(Path::new(&folder).join("two.pem"), format!("{}{}", pem("one"), pem("two"))).unwrap();
    let judged = sandbox.json(["inspect", &sandbox.text("stick")]);
    let sources: Vec<&str> = judged.iter().map(|line| line["source"].as_str().unwrap()).collect();
    assert_eq!(sources, [format!("{folder}/two.pem#1"), format!("{folder}/two.pem#2")]);
}

#[test]
fn every_command_prints_json_lines_alone() {
    let sandbox = Sandbox::with_root("cli-json", "p256");
    let (stick, out, pin) = (sandbox.folder("stick"), sandbox.folder("out"), sandbox.text("pin"));
    requests(&stick, "dev", 2);
    let mut planned = sandbox.json(["plan", "--ca", "root", "--profile", "device", &stick]);
    let not_had = planned[0].as_object_mut().unwrap().remove("forms_not_had").unwrap();
    assert_eq!((planned.len(), keys(&planned[0])), (1, SUMMARY.to_vec()));
    for form in not_had.as_array().unwrap() {
        assert_eq!(keys(form), ["form", "hint", "message", "requests"]);
    }
    assert_eq!((&planned[0]["accepted"], &planned[0]["issued"]), (&2.into(), &0.into()));
    let (plan, words) = (planned[0]["plan"].as_str().unwrap(), planned[0]["words"].as_str().unwrap());
    assert_eq!(words.split(' ').count(), 12);
    assert_eq!(sandbox.json(["approve", plan, "--words", words]).len(), 1);
    let signed = sandbox.json(["sign", plan, "--pin-file", &pin]);
    assert_eq!((signed.len(), keys(&signed[0]), &signed[0]["issued"]), (1, SUMMARY.to_vec(), &2.into()));
    let delivered = sandbox.json(["deliver", plan, "--to", &out, "--pin-file", &pin]);
    let folder = delivered[0]["folder"].as_str().unwrap();
    let root = format!("{folder}/root.pem");
    let module = crate::support::module();
    let count = |arguments: &[&str]| sandbox.json(arguments).len();
    assert_eq!(count(&["verify", folder, "--trust", &root]), 1);
    assert_eq!(count(&["register", "list"]), 2);
    assert_eq!(count(&["register", "list", "--plan", plan]), 2);
    assert_eq!(count(&["register", "show", plan]), 1);
    assert_eq!(count(&["register", "audit"]), 1);
    assert_eq!(count(&["register", "export"]), 3);
    assert_eq!(count(&["ca", "list"]), 1);
    assert_eq!(count(&["ca", "show", "root"]), 1);
    assert_eq!(count(&["profile", "list"]), 16);
    assert_eq!(count(&["profile", "show", "device"]), 1);
    assert_eq!(count(&["token", "list", "--module", &module]), 2);
    assert_eq!(count(&["token", "check", "--pin-file", &pin]), 1);
    assert_eq!(
        count(&["prove", "--ca", "root", "--for", "azure", "--code", "A", "--to", &out, "--pin-file", &pin]),
        1
    );
    assert_eq!(
        count(&[
            "ca",
            "request",
            "sub",
            "--key",
            "p256",
            "--subject",
            "/CN=s",
            "--to",
            &out,
            "--pin-file",
            &pin
        ]),
        1
    );
    let file = sandbox.path("home/authority.toml");
    let text = fs::read_to_string(&file).unwrap().replacen("unattended = false", "unattended = true", 1);
    fs::write(&file, text).unwrap();
    let more = sandbox.folder("more");
    requests(&more, "more", 1);
    fs::write(Path::new(&more).join("bad.csr"), "nothing").unwrap();
    let issue = [
        "issue",
        "--ca",
        "root",
        "--profile",
        "device",
        "--from",
        &more,
        "--to",
        &out,
        "--yes",
        "--pin-file",
        &pin,
    ];
    let issued = sandbox.json(issue).pop().unwrap();
    assert!(SUMMARY.iter().all(|key| keys(&issued).contains(key)), "{issued}");
    assert_eq!((&issued["issued"], &issued["refused"]), (&1.into(), &1.into()));

    let audit = sandbox.json(["register", "audit"]).remove(0);
    let delivered = serde_json::json!({ "bundles": 2, "proofs": 1, "crls": 0 });
    // The root, the plan, the proof and what was issued unattended.
    assert_eq!((&audit["delivered"], &audit["approvals"]), (&delivered, &4.into()), "{audit}");
    let told = sandbox.exits(0, ["register", "audit"]);
    assert!(
        told.contains(", 4 approvals, ") && told.contains("delivered: 2 bundles, 1 proof, 0 CRLs"),
        "{told}"
    );
}
