//! The main job from stick to bundle: what should be issued is, and each unwanted request is refused by its control.

mod support;

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::Value;
use support::{
    Delivery, Sandbox, said,
    stick::{self, Files, Keys, Stick},
};

/// Which control refuses each file of the stick's folder of unwanted requests; `skipped` is no request at all.
const EXPECTED: [(&str, &str); 20] = [
    ("README.txt", "skipped"),
    ("bad-signature.csr", "possession"),
    ("broken-base64.csr", "csr-pem"),
    ("certificate.pem", "csr-form"),
    ("empty-subject.csr", "name-empty"),
    ("empty.csr", "csr-form"),
    ("escape-sequence-in-name.csr", "name-characters"),
    ("garbage.csr", "csr-form"),
    ("indefinite-length.der", "csr-der"),
    ("link-to-outside.csr", "medium-entry"),
    ("nul-in-name.csr", "name-characters"),
    ("pipe.csr", "medium-entry"),
    ("private-key.pem", "csr-form"),
    ("rsa-1024.csr", "key-algorithm"),
    ("same-key-again.csr", "duplicate-in-batch"),
    ("trailing-octets.der", "csr-der"),
    ("truncated.der", "csr-der"),
    ("unknown-critical-extension.csr", "extension-critical"),
    ("wants-to-be-a-ca.csr", "authority-requested"),
    ("wants-to-sign-certificates.csr", "authority-requested"),
];

#[test]
fn a_stick_becomes_a_bundle_and_each_unwanted_request_is_refused_by_its_control() {
    let sandbox = Sandbox::with_root("issuance", "p256");
    let stick = sandbox.path("stick");
    let counts = stick::fill(&stick, Stick { count: 200, files: Files::Many, keys: Keys::Mixed }).unwrap();
    let from = stick.to_str().unwrap();
    let out = sandbox.folder("out");
    let bundle = sandbox.issue("root", "device", &[from], &out, &[]);
    assert_eq!(bundle.planned.accepted, counts.sound as u64);
    assert_eq!(bundle.planned.refused + bundle.planned.skipped, counts.unwanted as u64);

    let refused = refused(&bundle);
    let skipped = EXPECTED.iter().filter(|(_, control)| *control == "skipped").count();
    assert_eq!((refused.len(), bundle.planned.skipped), (EXPECTED.len() - skipped, skipped as u64));
    for (name, control) in EXPECTED.iter().filter(|(_, control)| *control != "skipped") {
        let found = refused.get(*name).unwrap_or_else(|| panic!("{name} is not in refused.csv"));
        assert!(found.iter().any(|own| own == control), "{name}: {found:?}, not {control}");
    }
    assert_eq!(support::files(&bundle.folder.join("certs")).len(), counts.sound);
    nothing_escapes(&bundle.folder);
    sandbox.exits(0, ["verify", bundle.folder.to_str().unwrap(), "--trust", &trust(&bundle)]);

    // The same stick again: every sound key was certified before, and nothing is left to plan.
    let again = sandbox.run(["plan", "--ca", "root", "--profile", "device", from]);
    assert!(!again.status.success(), "{}", said(&again));
    let refusal = format!("refuse {}: ", "duplicate-in-register");
    assert_eq!(said(&again).matches(&refusal).count(), counts.sound + 1);
    sandbox.exits(0, ["register", "audit"]);
}

#[test]
fn inspect_says_the_same_as_the_plan() {
    let sandbox = Sandbox::empty("inspect");
    let stick = sandbox.path("stick");
    let counts = stick::fill(&stick, Stick { count: 200, files: Files::Many, keys: Keys::Mixed }).unwrap();
    let lines = sandbox.json(["inspect", "--profile", "device", stick.to_str().unwrap()]);
    let with = |verdict: &str| lines.iter().filter(|line| line["verdict"] == verdict).count();
    assert_eq!(with("accepted"), counts.sound);
    assert_eq!(with("refused") + with("skipped"), counts.unwanted);
    for (name, control) in EXPECTED {
        // Which of two requests with the same key is the second depends on the order of reading.
        let line = line_for(&lines, name);
        if control == "skipped" {
            assert_eq!(line["verdict"], "skipped", "{line}");
        } else {
            let findings = line["findings"].as_array().unwrap();
            let refuses = |own: &&Value| own["severity"] == "refuse" && own["control"] == control;
            assert!(findings.iter().any(|own| refuses(&own)), "{control}: {line}");
        }
    }
    // A key that is refused for its size was read all the same.
    assert_eq!(line_for(&lines, "rsa-1024.csr")["key"], "RSA-1024");
}

fn line_for<'a>(lines: &'a [Value], name: &str) -> &'a Value {
    let found = lines.iter().find(|line| file_name(line["source"].as_str().unwrap()) == name);
    found.unwrap_or_else(|| panic!("{name} is not among the results"))
}

/// The last component of a source, without the number of the request in its file.
fn file_name(source: &str) -> &str {
    let name = source.rsplit('/').next().unwrap();
    name.split_once('#').map_or(name, |(name, _)| name)
}

/// The controls that refused each file, as refused.csv has them.
fn refused(bundle: &Delivery) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in csv::Reader::from_path(bundle.folder.join("refused.csv")).unwrap().records() {
        let row = row.unwrap();
        found.entry(file_name(&row[0]).to_owned()).or_default().push(row[1].to_owned());
    }
    found
}

fn trust(bundle: &Delivery) -> String {
    bundle.folder.join("root.pem").to_str().unwrap().to_owned()
}

/// No control character of a hostile name reaches a file that people look at.
fn nothing_escapes(folder: &Path) {
    for file in ["refused.csv", "devices.csv", "manifest.json"] {
        let text = fs::read(folder.join(file)).unwrap();
        assert!(!text.iter().any(|&octet| octet == 0x1b || octet == 0), "{file}");
    }
}
