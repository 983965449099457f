//! `ca install` and `ca export`: which file is meant, what needs no file, and what a medium has afterwards.

use std::fs;

use crate::support::{Sandbox, said, succeed, tool};

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
    assert!(
        wrong.contains("certificate of CN=root,O=Rehearsal, for another key than that of issuing"),
        "{wrong}"
    );
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

#[test]
fn a_certificate_is_written_as_new_files_that_sum_up() {
    let sandbox = Sandbox::with_root("cli-ca-export", "p256");
    let bundle = requested(&sandbox, "issuing", &sandbox);
    let stick = sandbox.folder("stick");
    let none = sandbox.exits(2, ["ca", "export", "issuing", "--to", &stick]);
    assert!(none.contains("has no certificate yet"), "{none}");
    assert!(fs::read_dir(&stick).unwrap().next().is_none(), "nothing was written");
    let own = crate::support::files(&bundle.join("certs"));
    sandbox.ok(["ca", "install", "issuing", own[0].to_str().unwrap()]);
    let root = sandbox.json(["ca", "export", "root", "--to", &stick]);
    assert_eq!(root[0]["files"], serde_json::json!(["root.pem", "root.der", "SHA256SUMS"]));
    let exported = sandbox.json(["ca", "export", "issuing", "--to", &stick]);
    let files = serde_json::json!(["issuing.pem", "issuing.der", "issuing-chain.pem", "SHA256SUMS"]);
    assert_eq!(exported[0]["files"], files);
    let folder = std::path::Path::new(exported[0]["folder"].as_str().expect("the folder"));
    let name = folder.file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with("issuing-rehearsal-certificate-20"), "{name}");
    let mut sums = tool("sha256sum", "apt-get install coreutils");
    let checked = succeed(sums.args(["--strict", "-c", "SHA256SUMS"]).current_dir(folder));
    assert_eq!(checked.lines().filter(|line| line.ends_with(": OK")).count(), 3, "{checked}");
    let pem = fs::read_to_string(folder.join("issuing-chain.pem")).unwrap();
    assert_eq!(pem, sandbox.ok(["ca", "show", "issuing", "--pem"]));
    let der = fs::read(folder.join("issuing.der")).unwrap();
    let sha256 = coldsign::pki::fingerprint::Digest::of(&der).to_string();
    assert_eq!(exported[0]["sha256"], sha256.as_str());
    let missing = sandbox.exits(4, ["ca", "export", "root", "--to", &sandbox.text("nosuch")]);
    assert!(missing.contains("no such file or folder"), "{missing}");
}
