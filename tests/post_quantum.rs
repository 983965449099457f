//! ML-DSA from end to end: requests made by pyca/cryptography, certificates judged by it and by OpenSSL.

mod support;

use std::{fs, path::Path};

use serde_json::Value;
use support::{
    Delivery, Sandbox, fail, files,
    request::{self, Algorithm, Key, Request},
    said, succeed, tool,
};

use coldsign::pki::{certificate::Certificate, fingerprint::hex, key::MlDsa};

/// The names of the requests that pyca makes, and of their keys.
const KINDS: [(&str, &str); 3] =
    [("ml-dsa-44", "ML-DSA-44"), ("ml-dsa-65", "ML-DSA-65"), ("ml-dsa-87", "ML-DSA-87")];

fn independent<'a>(arguments: impl IntoIterator<Item = &'a Path>) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/post_quantum/independent.py");
    let mut python = tool("python3", "run tests/run, which makes target/tools/venv");
    let said = succeed(python.arg(script).args(arguments));
    said.trim().to_owned()
}

/// A folder with a request of each parameter set.
fn stick(sandbox: &Sandbox, name: &str) -> String {
    let folder = sandbox.folder(name);
    independent([Path::new("requests"), Path::new(&folder)]);
    folder
}

fn pyca_is_content(bundle: &Delivery, issuer: &Path) {
    let certificates: Vec<_> =
        KINDS.iter().map(|(name, _)| bundle.file("certs", &format!("{name}.pem"))).collect();
    let paths = [Path::new("certificates"), issuer].into_iter().chain(certificates.iter().map(AsRef::as_ref));
    assert_eq!(independent(paths), "3");
}

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

/// A root of ML-DSA-87 and a CA of ML-DSA-65 below it, in one token.
#[test]
fn cas_with_ml_dsa_keys_sign_requests_certificates_and_crls() {
    let Some(module) = support::modules::kryoptic() else { return };
    let sandbox = Sandbox::on("post-quantum-cas", module.to_str().unwrap());
    sandbox.root("root", "ml-dsa-87");
    sandbox.issuing("ml-dsa-65");
    let requested = files(&sandbox.path("requested"));
    let request = requested.iter().find(|file| file.extension().is_some_and(|ending| ending == "csr"));
    assert_eq!(independent([Path::new("request"), request.expect("a request")]), "signed");
    let (out, pin) = (sandbox.folder("out"), sandbox.text("pin"));
    let stick = stick(&sandbox, "stick");
    let bundle = sandbox.issue("issuing", "device", &[&stick], &out, &[]);
    assert_eq!((bundle.planned.accepted, bundle.planned.refused), (3, 0));
    let [root, issuer] = ["root.pem", "ca.pem"].map(|name| bundle.folder.join(name));
    pyca_is_content(&bundle, &issuer);
    let device = bundle.file("certs", "ml-dsa-44.pem");
    assert_eq!(independent([Path::new("path"), &device, &issuer, &root]), "3");
    let own = |code: i32, folder: &Path| {
        sandbox.exits(code, ["verify", "--trust", root.to_str().unwrap(), folder.to_str().unwrap()])
    };
    own(0, &bundle.folder);

    let serial = coldsign::pki::pem::certificates(&fs::read(&device).unwrap()).unwrap().remove(0);
    let serial = hex(Certificate::parse(&serial).unwrap().serial());
    sandbox.ok(["revoke", "--ca", "issuing", &serial, "--reason", "keyCompromise"]);
    sandbox.ok(["crl", "--ca", "issuing", "--to", &out, "--pin-file", &pin]);
    let crl = Path::new(&out).join("crl-issuing-1");
    assert_eq!(independent([Path::new("crl"), &issuer, &crl.join("crl.der")]), "1");
    own(0, &crl);
    sandbox.exits(0, ["register", "audit"]);

    // One bit of a signature, and our own judge of bundles says so.
    let mut octets = coldsign::pki::pem::certificates(&fs::read(&device).unwrap()).unwrap().remove(0);
    *octets.last_mut().unwrap() ^= 1;
    fs::write(&device, request::pem("CERTIFICATE", &octets)).unwrap();
    let said = own(1, &bundle.folder);
    assert!(said.contains("ml-dsa-44"), "{said}");
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
