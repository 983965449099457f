//! A rule of the lint that a profile sets aside, from authority.toml to whoever verifies the bundle.

mod support;

use std::{fs, path::Path};

use coldsign::config::{Authority, Rehearsal, initial};
use support::{
    Sandbox,
    request::{self, Algorithm, Key, Request},
};

const RULE: &str = "rfc5280-4.2.1.12-purpose-usage";
const REASON: &str = "the boot loader of 2019 reads the purpose alone";

/// Code signing with a key usage that no part of code signing is consistent with.
fn profile(name: &str, waivers: &str) -> String {
    format!(
        "\n[profiles.{name}]\nkind = \"end-entity\"\nvalidity-days = 30\nkey-usage = [\"nonRepudiation\"]\n\
         extended-key-usage = [\"codeSigning\"]\nkeys = [\"P-256\"]\nduplicate-keys = \"note\"\n{waivers}"
    )
}

/// A home with further profiles, and a folder with one request.
fn home(name: &str, profiles: &str) -> (Sandbox, String) {
    let sandbox = Sandbox::with_root(name, "p256");
    let path = sandbox.path("home/authority.toml");
    fs::write(&path, fs::read_to_string(&path).unwrap() + profiles).unwrap();
    let stick = sandbox.folder("stick");
    let der = Request::named("loader").der(&Key::generate(Algorithm::P256));
    fs::write(Path::new(&stick).join("one.csr"), request::pem("CERTIFICATE REQUEST", &der)).unwrap();
    (sandbox, stick)
}

#[test]
fn a_waived_rule_is_told_approved_recorded_and_verified_with_its_reason() {
    let waiver = format!("waivers = [{{ rule = \"{RULE}\", reason = \"{REASON}\" }}]\n");
    let idle = profile("idle", &waiver).replace("nonRepudiation", "digitalSignature");
    let all = [profile("strict", ""), profile("loader", &waiver), idle].concat();
    let (sandbox, stick) = home("waivers", &all);

    let refused = sandbox.exits(1, ["plan", "--ca", "root", "--profile", "strict", &stick]);
    assert!(refused.contains("key-algorithm") && refused.contains("codeSigning"), "{refused}");

    let told = sandbox.exits(0, ["plan", "--ca", "root", "--profile", "loader", &stick]);
    assert!(told.contains(&format!("WAIVED: the rule {RULE}, for 1 certificate: {REASON}")), "{told}");
    let told = sandbox.exits(0, ["plan", "--ca", "root", "--profile", "idle", &stick]);
    assert!(told.contains(&format!("WAIVED: the rule {RULE}, which no certificate needed")), "{told}");

    let bundle = sandbox.issue("root", "loader", &[&stick], &sandbox.folder("out"), &[]);
    let rows = sandbox.json(["register", "audit"]);
    let audited = rows.last().expect("a summary");
    assert_eq!(audited["clean"], true, "{audited}");
    let told = audited["waived"].as_array().expect("a list");
    assert!(told.iter().any(|one| one["plan"] == bundle.planned.id.as_str()
        && one["rule"] == RULE
        && one["reason"] == REASON));

    let root = bundle.folder.join("root.pem");
    let (folder, root) = (bundle.folder.to_str().unwrap(), root.to_str().unwrap());
    let told = sandbox.exits(0, ["verify", folder, "--trust", root]);
    assert!(told.contains(&format!("WAIVED: the rule {RULE} {REASON}")), "{told}");

    // Whoever takes the waiver out of the manifest finds another plan digest, and the rule broken.
    let path = bundle.folder.join("manifest.json");
    let text = fs::read_to_string(&path).unwrap();
    let (before, after) = text.split_once("\"waivers\": [").expect("waivers");
    let (_, after) = after.split_once(']').expect("their end");
    let (before, after) = (before.trim_end().strip_suffix(',').expect("a comma"), after);
    fs::write(&path, format!("{before}{after}")).unwrap();
    let told = sandbox.exits(1, ["verify", folder, "--trust", root]);
    for flaw in ["manifest-signature", "plan-digest", "certificate-lint"] {
        assert!(told.contains(flaw), "{flaw}: {told}");
    }
    assert!(told.contains(&format!("certificate-lint: certificate 1: {RULE}")), "{told}");
}

#[test]
fn what_holds_always_cannot_be_waived_and_nothing_without_a_reason() {
    for (rule, reason, words) in [
        ("rfc5280-4.1.2.2-serial", "why", "the rule holds always"),
        ("rfc5280-4.1.2.99-nothing", "why", "there is no such rule"),
        (RULE, "", "the reason is no text"),
    ] {
        let waiver = format!("waivers = [{{ rule = \"{rule}\", reason = \"{reason}\" }}]\n");
        let text = initial("/m", "pkcs11:token=a", Rehearsal::Real) + &profile("loader", &waiver);
        let error = Authority::parse(&text).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}
