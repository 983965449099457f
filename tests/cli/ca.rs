//! `ca install`: which file is meant, and what stands in the register needs no file.

use std::fs;

use crate::support::{Sandbox, said};

/// Requests a CA and has another one issue its certificate; the bundle's folder.
fn requested(sandbox: &Sandbox, name: &str, by: &Sandbox) -> std::path::PathBuf {
    let (pin, to) = (sandbox.text("pin"), sandbox.folder(&format!("{name}-requested")));
    let subject = format!("/O=Rehearsal/CN={name}");
    let request = sandbox.json([
        "ca",
        "request",
        name,
        "--key",
        "p256",
        "--subject",
        &subject,
        "--to",
        &to,
        "--pin-file",
        &pin,
    ]);
    let path = request[0]["request"].as_str().expect("the request's path").to_owned();
    let planned = by.exits(0, ["plan", "--ca", "root", "--profile", "subordinate-ca", &path]);
    assert!(planned.contains("THIS MAKES A CA (path length 0), which can issue certificates:"), "{planned}");
    assert!(planned.contains(&format!("    CN={name},O=Rehearsal\n")), "{planned}");
    let issued = by.folder(&format!("{name}-issued"));
    by.issue("root", "subordinate-ca", &[&path], &issued, &[]).folder
}

#[test]
fn a_ca_above_that_stands_in_the_register_needs_no_file() {
    let sandbox = Sandbox::with_root("cli-ca-install", "p256");
    let bundle = requested(&sandbox, "issuing", &sandbox);
    let file = |name: &str| bundle.join(name).to_str().unwrap().to_owned();
    let wrong = sandbox.exits(2, ["ca", "install", "issuing", &file("ca.pem")]);
    assert!(wrong.contains("for another key than that of issuing; it is CN=root,O=Rehearsal's"), "{wrong}");
    assert!(wrong.contains("ca.pem is the superior CA's"), "{wrong}");
    let own = crate::support::files(&bundle.join("certs"));
    let output = sandbox.run(["ca", "install", "issuing", own[0].to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("above it, from the register: CN=root,O=Rehearsal"), "{}", said(&output));
    // With a file for it, nothing has to be found.
    let output = sandbox.run([
        "ca",
        "install",
        "issuing",
        &file("certificates.pem"),
        "--chain",
        &file("ca-chain.pem"),
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(!said(&output).contains("from the register"), "{}", said(&output));
}

#[test]
fn a_ca_above_that_is_not_known_has_to_be_given() {
    let root = Sandbox::with_root("cli-ca-install-above", "p256");
    let sandbox = Sandbox::new("cli-ca-install-below");
    let bundle = requested(&sandbox, "factory", &root);
    let file = |name: &str| bundle.join(name).to_str().unwrap().to_owned();
    let missing = sandbox.exits(2, ["ca", "install", "factory", &file("certificates.pem")]);
    assert!(missing.contains("the certificate of CN=root,O=Rehearsal is missing"), "{missing}");
    assert!(missing.contains("ca-chain.pem of a delivery") && !missing.contains("--chain"), "{missing}");
    // A root of the same name is not the root that signed.
    let other = Sandbox::with_root("cli-ca-install-other", "p256");
    let namesake = other.path("namesake.pem");
    fs::write(&namesake, other.ok(["ca", "show", "root", "--pem"])).unwrap();
    let taken =
        ["ca", "install", "factory", &file("certificates.pem"), "--chain", namesake.to_str().unwrap()];
    let refused = sandbox.exits(2, taken);
    assert!(refused.contains("is not the one that signed CN=factory,O=Rehearsal"), "{refused}");
    // All certificates may stand in one file, in any order.
    let together = sandbox.path("together.pem");
    let texts = [file("ca-chain.pem"), file("certificates.pem")].map(|path| fs::read(path).unwrap());
    fs::write(&together, texts.concat()).unwrap();
    let installed = sandbox.json(["ca", "install", "factory", together.to_str().unwrap()]);
    assert_eq!(installed[0]["installed"], true, "{installed:?}");
}
