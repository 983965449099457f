//! The life of a CA after it was made: renewed with its key, re-keyed, cross-certified, warned of, and side by side with
//! others in one home and one token. `OpenSSL` judges every path, those that hold and those that must not.

mod support;

use std::{fs, path::Path, process::Command};

use serde_json::Value;
use support::{
    Sandbox, fail,
    request::{self, Algorithm, Key, Request},
    succeed, tool,
};

/// A CA's certificate in use as a PEM file of its own.
fn certificate(sandbox: &Sandbox, ca: &str, file: &str) -> String {
    let text = sandbox.ok(["ca", "show", ca, "--pem"]);
    let end = "-----END CERTIFICATE-----\n";
    let first = text.split_inclusive(end).next().expect("a certificate");
    fs::write(sandbox.path(file), first).unwrap();
    sandbox.text(file)
}

/// A folder with a fresh request of a device.
fn stick(sandbox: &Sandbox, name: &str) -> String {
    let folder = sandbox.folder(&format!("stick-{name}"));
    let request = Request::named(name).der(&Key::generate(Algorithm::P256));
    fs::write(Path::new(&folder).join(format!("{name}.csr")), request::pem("CERTIFICATE REQUEST", &request))
        .unwrap();
    folder
}

/// Issues to one fresh device; its certificate's file and the bundle's folder.
fn device(sandbox: &Sandbox, ca: &str, name: &str) -> (String, String) {
    let stick = stick(sandbox, name);
    let delivery = sandbox.issue(ca, "device", &[&stick], &sandbox.folder("out"), &[]);
    let certificate = delivery.file("certs", &format!("{name}.pem"));
    (certificate.to_str().unwrap().to_owned(), delivery.folder.to_str().unwrap().to_owned())
}

/// `openssl verify` with nothing trusted but one file.
fn verify(trust: &str, between: &[&str], leaf: &str) -> Command {
    let options: Vec<&str> = between.iter().flat_map(|&file| ["-untrusted", file]).collect();
    verify_by(trust, &options, leaf)
}

fn verify_by(trust: &str, options: &[&str], leaf: &str) -> Command {
    let mut openssl = tool("openssl", "apt-get install openssl");
    openssl.args(["verify", "-x509_strict", "-no-CApath", "-no-CAstore", "-CAfile", trust]);
    openssl.args(options).arg(leaf);
    openssl
}

fn holds(trust: &str, between: &[&str], leaf: &str) {
    succeed(&mut verify(trust, between, leaf));
}

fn fails(trust: &str, between: &[&str], leaf: &str) {
    fail(&mut verify(trust, between, leaf));
}

fn clean(sandbox: &Sandbox) {
    let audit = sandbox.exits(0, ["register", "audit"]);
    assert!(audit.contains("nothing is wrong") || audit.contains("clean"), "{audit}");
}

fn of(values: &[Value], key: &str) -> String {
    values[0][key].as_str().unwrap_or_else(|| panic!("no {key} in {values:?}")).to_owned()
}

#[test]
fn a_root_renews_itself_and_both_its_certificates_hold_for_all_it_issued() {
    let sandbox = Sandbox::with_root("ca-life-root", "p256");
    let pin = sandbox.text("pin");
    let old = certificate(&sandbox, "root", "old.pem");
    let (before, bundle_before) = device(&sandbox, "root", "before");
    // A plan made before the renewal is signed after it.
    let waiting = sandbox.approved("root", "device", &[&stick(&sandbox, "waiting")]);

    let shorter = sandbox.exits(2, ["ca", "renew", "root", "--days", "7000", "--pin-file", &pin]);
    assert!(
        shorter.contains("no later than the one in use") && shorter.contains("give more days"),
        "{shorter}"
    );
    let long = sandbox.exits(2, ["ca", "renew", "root", "--days", "10951", "--pin-file", &pin]);
    assert!(long.contains("more than the profile `root` lets a root have"), "{long}");
    let wrong = sandbox.exits(2, ["ca", "renew", "root", "--to", &sandbox.folder("out"), "--pin-file", &pin]);
    assert!(wrong.contains("is a root: it certifies itself"), "{wrong}");
    assert_eq!(sandbox.json(["ca", "show", "root"])[0]["certificates"].as_array().map(Vec::len), Some(1));

    let shown = sandbox.json(["ca", "show", "root"]);
    let renewed = sandbox.json(["ca", "renew", "root", "--days", "9000", "--pin-file", &pin]);
    let new = certificate(&sandbox, "root", "new.pem");
    assert_ne!(of(&renewed, "sha256"), of(&shown, "sha256"));
    assert_ne!(of(&renewed, "serial"), of(&shown, "serial"));
    for same in ["subject", "issuer", "key", "spki_sha256"] {
        assert_eq!(of(&renewed, same), of(&shown, same), "{same}");
    }
    let shown = sandbox.json(["ca", "show", "root"]);
    let all = shown[0]["certificates"].as_array().expect("certificates");
    let roles: Vec<_> = all.iter().map(|one| one["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["issues", "before"]);

    sandbox.ok(["sign", &waiting.id, "--pin-file", &pin]);
    let delivered =
        sandbox.json(["deliver", &waiting.id, "--to", &sandbox.folder("out"), "--pin-file", &pin]);
    let waited = format!("{}/certificates.pem", of(&delivered, "folder"));
    let (after, bundle_after) = device(&sandbox, "root", "after");
    for leaf in [&before, &waited, &after] {
        holds(&old, &[], leaf);
        holds(&new, &[], leaf);
    }
    // A self-signed certificate is trusted by itself alone: whoever has only one root is given the other another way.
    holds(&old, &[], &old);
    holds(&new, &[], &new);
    fails(&old, &[], &new);
    fails(&new, &[], &old);
    for trust in [&old, &new] {
        for bundle in [&bundle_before, &bundle_after] {
            sandbox.ok(["verify", bundle, "--trust", trust]);
        }
    }
    clean(&sandbox);
    let listed = sandbox.exits(0, ["ca", "show", "root"]);
    assert!(listed.contains("also         ") && listed.contains("(before)"), "{listed}");
}

#[test]
fn one_crl_serves_both_certificates_of_a_renewed_ca() {
    let sandbox = Sandbox::with_root("ca-life-crl", "p256");
    let pin = sandbox.text("pin");
    let old = certificate(&sandbox, "root", "old.pem");
    let (before, bundle) = device(&sandbox, "root", "before");
    let crl = |number: u32| {
        let out = sandbox.folder("out");
        sandbox.ok(["crl", "--ca", "root", "--to", &out, "--days", "14", "--pin-file", &pin]);
        format!("{out}/crl-root-{number}")
    };
    let first = crl(1);
    sandbox.ok(["ca", "renew", "root", "--days", "9000", "--pin-file", &pin]);
    let new = certificate(&sandbox, "root", "new.pem");
    let (after, _) = device(&sandbox, "root", "after");
    let plan = Path::new(&bundle).file_name().unwrap().to_str().unwrap().to_owned();
    let serial = of(&sandbox.json(["register", "list", "--plan", &plan]), "serial");
    sandbox.ok(["revoke", "--ca", "root", &serial, "--reason", "keyCompromise"]);
    let second = crl(2);
    for (folder, revoked) in [(&first, false), (&second, true)] {
        for trust in [&old, &new] {
            sandbox.ok(["verify", folder, "--trust", trust]);
            let list = format!("{folder}/crl.pem");
            let mut of_before = verify_by(trust, &["-crl_check", "-CRLfile", &list], &before);
            if revoked {
                assert!(fail(&mut of_before).contains("certificate revoked"));
            } else {
                succeed(&mut of_before);
            }
            succeed(&mut verify_by(trust, &["-crl_check", "-CRLfile", &list], &after));
        }
    }
    clean(&sandbox);
}

/// Renews a subordinate CA by its superior in the same home, and installs the answer.
fn renewed(sandbox: &Sandbox, name: &str, by: &str) -> Value {
    let pin = sandbox.text("pin");
    let to = sandbox.folder("renewals");
    let request = of(&sandbox.json(["ca", "renew", name, "--to", &to, "--pin-file", &pin]), "request");
    let refused = sandbox.exits(1, ["plan", "--ca", by, "--profile", "subordinate-ca", &request]);
    assert!(refused.contains("the public key was certified before"), "{refused}");
    let planned = sandbox.exits(0, ["plan", "--ca", by, "--profile", "subordinate-ca-renewal", &request]);
    assert!(planned.contains("THIS MAKES A CA"), "{planned}");
    let issued = sandbox.issue(by, "subordinate-ca-renewal", &[&request], &sandbox.folder("renewed"), &[]);
    let own = support::files(&issued.folder.join("certs"));
    sandbox.json(["ca", "install", name, own[0].to_str().unwrap()]).remove(0)
}

#[test]
fn a_subordinate_ca_is_renewed_by_its_superior_and_may_go_back() {
    let sandbox = Sandbox::with_issuing("ca-life-subordinate", "p256");
    let pin = sandbox.text("pin");
    let root = certificate(&sandbox, "root", "root.pem");
    let old = certificate(&sandbox, "issuing", "old.pem");
    let (before, bundle_before) = device(&sandbox, "issuing", "before");
    let first = sandbox.json(["ca", "show", "issuing"]).remove(0);
    let no_root = sandbox.exits(2, ["ca", "renew", "issuing", "--days", "99", "--pin-file", &pin]);
    assert!(no_root.contains("is no root: its superior CA renews it"), "{no_root}");

    let second = renewed(&sandbox, "issuing", "root");
    let new = certificate(&sandbox, "issuing", "new.pem");
    assert_ne!(first["sha256"], second["sha256"]);
    assert_eq!(first["spki_sha256"], second["spki_sha256"]);
    let (after, bundle_after) = device(&sandbox, "issuing", "after");
    for leaf in [&before, &after] {
        for between in [&old, &new] {
            holds(&root, &[between], leaf);
        }
        fails(&root, &[], leaf);
    }
    for bundle in [&bundle_before, &bundle_after] {
        sandbox.ok(["verify", bundle, "--trust", &root]);
    }
    let issuer = |bundle: &str| {
        let manifest = fs::read_to_string(format!("{bundle}/manifest.json")).unwrap();
        serde_json::from_str::<Value>(&manifest).unwrap()["issuer"]["certificate_sha256"].clone()
    };
    assert_eq!(
        (issuer(&bundle_before), issuer(&bundle_after)),
        (first["sha256"].clone(), second["sha256"].clone())
    );

    // Which one it issues under is chosen and recorded.
    let unknown = sandbox.exits(2, ["ca", "use", "issuing", "00112233445566778899"]);
    assert!(unknown.contains("0 certificates of CA issuing"), "{unknown}");
    let back = sandbox.json(["ca", "use", "issuing", &first["sha256"].as_str().unwrap()[..12]]);
    assert_eq!(back[0]["sha256"], first["sha256"]);
    let (third, bundle_third) = device(&sandbox, "issuing", "third");
    assert_eq!(issuer(&bundle_third), first["sha256"]);
    holds(&root, &[&new], &third);

    // What it issues under is not kept beside; the other one can be, once.
    let own = sandbox.exits(2, ["ca", "install", "issuing", &old, "--beside"]);
    assert!(own.contains("issues under this certificate"), "{own}");
    sandbox.ok(["ca", "install", "issuing", &new, "--beside"]);
    let all = sandbox.json(["ca", "show", "issuing"]).remove(0)["certificates"].clone();
    let roles: Vec<_> = all.as_array().unwrap().iter().map(|one| one["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["beside", "issues"]);
    clean(&sandbox);
}

#[test]
fn a_ca_moves_to_the_renewed_certificate_of_its_root() {
    let sandbox = Sandbox::with_issuing("ca-life-moves", "p256");
    let pin = sandbox.text("pin");
    let old = certificate(&sandbox, "root", "old.pem");
    sandbox.ok(["ca", "renew", "root", "--days", "10950", "--pin-file", &pin]);
    let new = certificate(&sandbox, "root", "new.pem");
    let below = sandbox.json(["ca", "show", "issuing"]).remove(0);
    let root = sandbox.json(["ca", "show", "root"]).remove(0);
    assert_ne!(below["root_sha256"], root["sha256"]);
    let moved = sandbox.json(["ca", "use", "issuing", below["sha256"].as_str().unwrap()]).remove(0);
    assert_eq!((&moved["sha256"], &moved["root_sha256"]), (&below["sha256"], &root["sha256"]));
    let (leaf, bundle) = device(&sandbox, "issuing", "leaf");
    let between = certificate(&sandbox, "issuing", "issuing.pem");
    for trust in [&old, &new] {
        holds(trust, &[&between], &leaf);
        sandbox.ok(["verify", &bundle, "--trust", trust]);
    }
    clean(&sandbox);
}
