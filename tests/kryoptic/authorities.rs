//! CAs whose keys are of ML-DSA, from end to end.

use std::{fs, path::Path};

use coldsign::pki::{certificate::Certificate, fingerprint::hex};

use super::{
    pyca::{independent, is_content, judges_say, pyca_is_content, stick},
    support::{self, Sandbox, files, request},
};

/// A root of ML-DSA-87 and a CA of ML-DSA-65 below it, in one token.
#[test]
fn cas_with_ml_dsa_keys_sign_requests_certificates_and_crls() {
    let module = support::modules::kryoptic();
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
    let above = [issuer.clone(), root.clone()];
    assert_eq!(independent([Path::new("path"), &device, &issuer, &root]), "3");
    let own = |code: i32, folder: &Path| {
        sandbox.exits(code, ["verify", "--trust", root.to_str().unwrap(), folder.to_str().unwrap()])
    };
    own(0, &bundle.folder);

    for ca in ["root", "issuing"] {
        sandbox.ok(["crl", "--ca", ca, "--to", &out, "--pin-file", &pin]);
    }
    let crl = |name: &str| Path::new(&out).join(name).join("crl.der");
    let certificates = files(&bundle.folder.join("certs"));
    judges_say(is_content, &certificates, &above, &[crl("crl-issuing-1"), crl("crl-root-1")]);

    let serial = coldsign::pki::pem::certificates(&fs::read(&device).unwrap()).unwrap().remove(0);
    let serial = hex(Certificate::parse(&serial).unwrap().serial());
    sandbox.ok(["revoke", "--ca", "issuing", &serial, "--reason", "keyCompromise"]);
    sandbox.ok(["crl", "--ca", "issuing", "--to", &out, "--pin-file", &pin]);
    let crls = [crl("crl-issuing-2"), crl("crl-root-1")];
    assert_eq!(independent([Path::new("crl"), &issuer, &crls[0]]), "1");
    own(0, crls[0].parent().unwrap());
    let is_revoked = |verdict: &str| verdict.to_lowercase().contains("revoked");
    judges_say(is_revoked, std::slice::from_ref(&device), &above, &crls);
    sandbox.exits(0, ["register", "audit"]);

    // One bit of a signature, and our own judge of bundles says so.
    let mut octets = coldsign::pki::pem::certificates(&fs::read(&device).unwrap()).unwrap().remove(0);
    *octets.last_mut().unwrap() ^= 1;
    fs::write(&device, request::pem("CERTIFICATE", &octets)).unwrap();
    let said = own(1, &bundle.folder);
    assert!(said.contains("ml-dsa-44"), "{said}");
}
