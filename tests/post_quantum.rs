//! ML-DSA from end to end: requests made by pyca/cryptography, certificates judged by it, by OpenSSL 3.0 and by the judges
//! that know ML-DSA. CAs with such keys are in `tests/kryoptic.rs`.

#[path = "judges/latest.rs"]
mod latest;
#[path = "post_quantum/pyca.rs"]
mod pyca;
mod support;

use std::{fs, path::Path};

use pyca::{KINDS, is_content, judges_say, pyca_is_content, stick};
use serde_json::Value;
use support::{
    Sandbox, fail, files,
    request::{self, Algorithm, Key, Request},
    said, succeed, tool,
};

use coldsign::pki::{certificate::Certificate, key::MlDsa};

#[test]
fn requests_with_ml_dsa_keys_are_certified_under_every_kind_of_ca() {
    let sandbox = Sandbox::new("post-quantum-devices");
    let out = sandbox.folder("out");
    for key in ["p256", "rsa2048", "ed25519"] {
        sandbox.root(key, key);
        let stick = stick(&sandbox, &format!("stick-{key}"));
        let judged = sandbox.json(["inspect", &stick]);
        for (name, words) in KINDS {
            let file = format!("{name}.csr");
            let line =
                judged.iter().find(|line| line["source"].as_str().is_some_and(|at| at.ends_with(&file)));
            assert_eq!(line.expect("a line for the file")["key"], Value::from(words));
        }
        let bundle = sandbox.issue(key, "device", &[&stick], &out, &[]);
        assert_eq!((bundle.planned.accepted, bundle.planned.refused), (3, 0));
        let issuer = bundle.folder.join("ca.pem");
        pyca_is_content(&bundle, &issuer);
        let root = bundle.folder.join("root.pem");
        let pin = sandbox.text("pin");
        sandbox.ok(["crl", "--ca", key, "--to", &out, "--pin-file", &pin]);
        let crl = Path::new(&out).join(format!("crl-{key}-1/crl.der"));
        judges_say(is_content, &files(&bundle.folder.join("certs")), std::slice::from_ref(&root), &[crl]);
        sandbox.exits(0, ["verify", "--trust", root.to_str().unwrap(), bundle.folder.to_str().unwrap()]);
        for (name, _) in KINDS {
            let certificate = bundle.file("certs", &format!("{name}.pem"));
            openssl_verifies_the_signature(&sandbox, &certificate, &issuer, key);
        }
    }
}

/// OpenSSL 3.0 builds no path to a certificate whose key it cannot read; the signature over it is checked by hand.
fn openssl_verifies_the_signature(sandbox: &Sandbox, certificate: &Path, issuer: &Path, key: &str) {
    let [public, der, tbs, signature] =
        ["public.pem", "it.der", "tbs", "signature"].map(|name| sandbox.path(name));
    let openssl = || tool("openssl", "apt-get install openssl");
    let text = succeed(openssl().args(["x509", "-noout", "-pubkey", "-in"]).arg(issuer));
    fs::write(&public, text).unwrap();
    let octets = coldsign::pki::pem::certificates(&fs::read(certificate).unwrap()).unwrap().remove(0);
    fs::write(&signature, Certificate::parse(&octets).unwrap().signature()).unwrap();
    fs::write(&der, octets).unwrap();
    // The first element within the outer SEQUENCE, whose header has four octets.
    let mut cut = openssl();
    cut.args(["asn1parse", "-inform", "DER", "-strparse", "4", "-noout"]).arg("-in").arg(&der);
    succeed(cut.arg("-out").arg(&tbs));
    let verify = || {
        let mut verify = openssl();
        verify.args(["pkeyutl", "-verify", "-pubin", "-rawin"]).arg("-inkey").arg(&public);
        if key != "ed25519" {
            verify.args(["-digest", "sha256"]);
        }
        verify.arg("-in").arg(&tbs).arg("-sigfile").arg(&signature);
        verify
    };
    succeed(&mut verify());
    let mut altered = fs::read(&tbs).unwrap();
    *altered.last_mut().unwrap() ^= 1;
    fs::write(&tbs, altered).unwrap();
    fail(&mut verify());
}

#[test]
fn a_key_of_ml_dsa_is_certified_once_and_gets_no_more_than_its_profile_allows() {
    let sandbox = Sandbox::with_root("post-quantum-rules", "p256");
    let key = Key::generate(Algorithm::MlDsa(MlDsa::Set44));
    let stick = sandbox.folder("stick");
    let write = |name: &str, wanted: Request| {
        let path = Path::new(&stick).join(name);
        fs::write(path, request::pem("CERTIFICATE REQUEST", &wanted.der(&key))).unwrap();
    };
    write("first.csr", Request::named("first"));
    write("second.csr", Request::named("second"));
    let plan = |profile: &str| {
        let output = sandbox.run(["plan", "--ca", "root", "--profile", profile, &stick]);
        assert_eq!(output.status.code(), Some(1));
        said(&output)
    };
    let refused = |profile: &str, control: &str| {
        let said = plan(profile);
        assert!(said.contains(control), "{said}");
    };
    refused("device", "duplicate-in-batch");
    fs::remove_file(Path::new(&stick).join("second.csr")).unwrap();
    let bundle = sandbox.issue("root", "device", &[&stick], &sandbox.folder("out"), &[]);
    assert_eq!(bundle.planned.accepted, 1);
    refused("device", "duplicate-in-register");
    // Matter's devices have P-256 keys.
    refused("matter-dac", "key-algorithm");
}

#[test]
fn a_token_without_ml_dsa_says_so() {
    let sandbox = Sandbox::new("post-quantum-absent");
    let pin = sandbox.text("pin");
    let said = sandbox.exits(
        3,
        [
            "ca",
            "create",
            "root",
            "--key",
            "ml-dsa-65",
            "--subject",
            "CN=Root",
            "--days",
            "7300",
            "--pin-file",
            &pin,
        ],
    );
    assert!(said.contains("ML-DSA-65"), "{said}");
}
