//! The life of a CA after it was made: renewed with its key, re-keyed, cross-certified, warned of, and side by side with
//! others in one home and one token. `OpenSSL` judges every path, those that hold and those that must not.

mod support;

use std::{fs, path::Path, process::Command};

use coldsign::{
    ceremony::read_certificates,
    register::{MarkState, MarkedToken, Register},
};
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

/// Exports a CA; its folder.
fn exported(sandbox: &Sandbox, name: &str) -> String {
    let stick = sandbox.folder(&format!("export-{name}"));
    of(&sandbox.json(["ca", "export", name, "--to", &stick]), "folder")
}

/// Re-keys a root and links both keys.
fn rekeyed(sandbox: &Sandbox, before: &str, name: &str, key: &str) {
    let pin = sandbox.text("pin");
    sandbox.ok(["ca", "rekey", before, name, "--key", key, "--days", "9000", "--pin-file", &pin]);
}

#[test]
fn a_new_key_takes_the_place_of_a_root_and_links_lead_both_ways() {
    let sandbox = Sandbox::with_issuing("ca-life-rekey", "p256");
    let pin = sandbox.text("pin");
    let nothing = sandbox.exits(2, ["ca", "link", "root", "--pin-file", &pin]);
    assert!(nothing.contains("there are no two keys to link"), "{nothing}");
    let taken = ["ca", "rekey", "root", "issuing", "--key", "p256", "--days", "9000", "--pin-file", &pin];
    assert!(sandbox.exits(2, taken).contains("there is a CA named issuing already"));
    rekeyed(&sandbox, "root", "root-2", "p384");
    let shown = sandbox.json(["ca", "show", "root-2"]).remove(0);
    let before = sandbox.json(["ca", "show", "root"]).remove(0);
    assert_eq!((&shown["succeeds"], &shown["subject"]), (&"root".into(), &before["subject"]));
    assert_ne!(shown["spki_sha256"], before["spki_sha256"]);
    let again = ["ca", "rekey", "root", "root-3", "--key", "p256", "--days", "9000", "--pin-file", &pin];
    let again = sandbox.exits(2, again);
    assert!(again.contains("CA root-2 has taken the place of root already"), "{again}");

    let (old, new) = (certificate(&sandbox, "root", "old.pem"), certificate(&sandbox, "root-2", "new.pem"));
    let issuing = certificate(&sandbox, "issuing", "issuing.pem");
    let (by_old, _) = device(&sandbox, "issuing", "by-old");
    let (by_new, _) = device(&sandbox, "root-2", "by-new");
    // Without links each root stands for itself.
    holds(&old, &[&issuing], &by_old);
    holds(&new, &[], &by_new);
    fails(&new, &[&issuing], &by_old);
    fails(&old, &[], &by_new);

    let links = sandbox.json(["ca", "link", "root-2", "--pin-file", &pin]);
    let kinds: Vec<_> = links.iter().map(|link| link["link"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["new-with-old", "old-with-new"]);
    // RFC 4210 §4.4: each begins with the key that it certifies, and both end with the old one.
    assert_eq!(
        (&links[0]["not_before"], &links[1]["not_before"]),
        (&shown["not_before"], &before["not_before"])
    );
    assert_eq!(
        (&links[0]["not_after"], &links[1]["not_after"]),
        (&before["not_after"], &before["not_after"])
    );
    // Asked for again, the same ones are named and nothing is signed.
    assert_eq!(sandbox.json(["ca", "link", "root-2", "--pin-file", &pin]), links);

    let new_with_old = format!("{}/root-2-chain-2.pem", exported(&sandbox, "root-2"));
    let old_with_new = format!("{}/root-chain-2.pem", exported(&sandbox, "root"));
    let below = format!("{}/issuing-chain-2.pem", exported(&sandbox, "issuing"));
    holds(&old, &[&new_with_old], &by_new);
    holds(&new, &[&issuing, &old_with_new], &by_old);
    holds(&new, &[&below], &by_old);
    // The wrong link leads nowhere.
    fails(&old, &[&old_with_new], &by_new);
    fails(&new, &[&issuing, &new_with_old], &by_old);
    clean(&sandbox);
    let closing = sandbox.json(["register", "list"]);
    assert!(closing.iter().any(|plan| plan["profile"] == "link"), "{closing:?}");
}

#[test]
fn a_subordinate_ca_is_rekeyed_by_a_request_of_the_same_subject() {
    let sandbox = Sandbox::with_issuing("ca-life-rekey-subordinate", "p256");
    let (pin, to) = (sandbox.text("pin"), sandbox.folder("rekeyed"));
    let days = ["ca", "rekey", "issuing", "issuing-2", "--key", "p384", "--days", "99", "--pin-file", &pin];
    assert!(sandbox.exits(2, days).contains("is no root: its superior CA certifies its new key"));
    let arguments = ["ca", "rekey", "issuing", "issuing-2", "--key", "p384", "--to", &to, "--pin-file", &pin];
    let request = of(&sandbox.json(arguments), "request");
    let issued = sandbox.issue("root", "subordinate-ca-renewal", &[&request], &to, &[]);
    let own = support::files(&issued.folder.join("certs"));
    let installed = sandbox.json(["ca", "install", "issuing-2", own[0].to_str().unwrap()]).remove(0);
    let before = sandbox.json(["ca", "show", "issuing"]).remove(0);
    assert_eq!(installed["subject"], before["subject"]);
    let root = certificate(&sandbox, "root", "root.pem");
    let (old, new) =
        (certificate(&sandbox, "issuing", "old.pem"), certificate(&sandbox, "issuing-2", "new.pem"));
    let (by_old, _) = device(&sandbox, "issuing", "by-old");
    let (by_new, _) = device(&sandbox, "issuing-2", "by-new");
    for (between, leaf, other) in [(&old, &by_old, &new), (&new, &by_new, &old)] {
        holds(&root, &[between], leaf);
        holds(&root, &[other, between], leaf);
        fails(&root, &[other], leaf);
    }
    clean(&sandbox);
}

#[test]
fn a_root_of_others_is_cross_certified_and_both_roots_lead_to_its_devices() {
    let ours = Sandbox::with_root("ca-life-cross", "p256");
    let theirs = Sandbox::new("ca-life-crossed");
    theirs.root("other", "p384");
    let pin = ours.text("pin");
    let (our_root, other) =
        (certificate(&ours, "root", "root.pem"), certificate(&theirs, "other", "other.pem"));
    let (leaf, _) = device(&theirs, "other", "leaf");

    let device_profile = ours.exits(2, ["ca", "cross", "--ca", "root", "--profile", "device", &other]);
    assert!(device_profile.contains("the profile `device` makes no CAs (profile-kind)"), "{device_profile}");
    let no_ca = ours.exits(2, ["ca", "cross", "--ca", "root", "--profile", "subordinate-ca", &leaf]);
    assert!(no_ca.contains("no certificate in it is self-signed"), "{no_ca}");
    let own = ours.exits(2, ["ca", "cross", "--ca", "root", "--profile", "subordinate-ca", &our_root]);
    assert!(
        own.contains("key-is-issuer") || own.contains("the public key is that of the CA itself"),
        "{own}"
    );

    let planned = ours.json(["ca", "cross", "--ca", "root", "--profile", "subordinate-ca", &other]).remove(0);
    let id = planned["plan"].as_str().unwrap().to_owned();
    // No command stands for its approval: words are typed.
    assert!(ours.exits(6, ["sign", &id, "--pin-file", &pin]).contains("is not approved"));
    ours.ok(["approve", &id, "--words", planned["words"].as_str().unwrap()]);
    ours.ok(["sign", &id, "--pin-file", &pin]);
    let out = ours.folder("out");
    let folder = of(&ours.json(["deliver", &id, "--to", &out, "--pin-file", &pin]), "folder");
    let cross = format!("{folder}/certificates.pem");
    ours.ok(["verify", &folder, "--trust", &our_root]);
    holds(&other, &[], &leaf);
    fails(&our_root, &[], &leaf);
    holds(&our_root, &[&cross], &leaf);
    let twice = ours.exits(2, ["ca", "cross", "--ca", "root", "--profile", "subordinate-ca", &other]);
    assert!(twice.contains("certified before"), "{twice}");

    // The other CA keeps it beside its own and exports both paths.
    let chain = theirs.path("chain.pem");
    fs::copy(&our_root, &chain).unwrap();
    let installed = ["ca", "install", "other", &cross, "--chain", chain.to_str().unwrap(), "--beside"];
    let instead = theirs.exits(2, &installed[..6]);
    assert!(
        instead.contains("certifies itself") && instead.contains("install it with --beside"),
        "{instead}"
    );
    theirs.ok(installed);
    let shown = theirs.json(["ca", "show", "other"]).remove(0);
    assert_eq!(shown["issuer"], shown["subject"], "it issues under its own certificate");
    let (later, _) = device(&theirs, "other", "later");
    let path = format!("{}/other-chain-2.pem", exported(&theirs, "other"));
    holds(&our_root, &[&path], &later);
    holds(&other, &[], &later);
    clean(&ours);
    clean(&theirs);
}

#[test]
fn a_cross_certificate_keeps_the_names_and_the_identifier_that_it_has() {
    let sandbox = Sandbox::with_root("ca-life-cross-limits", "p256");
    let limited = "\n[profiles.partner]\nkind = \"subordinate-ca\"\npath-length = 0\nvalidity-days = 300\n\
                   key-usage = [\"keyCertSign\", \"cRLSign\"]\nkeys = [\"P-256\", \"RSA-2048\"]\n\
                   permitted-names = [\"dn:O=Partner\"]\n";
    let path = sandbox.path("home").join("authority.toml");
    fs::write(&path, fs::read_to_string(&path).unwrap() + limited).unwrap();
    // A CA of OpenSSL: its key identifier is made by SHA-1, and what it issued names it.
    let made = |arguments: &[&str]| {
        let mut openssl = tool("openssl", "apt-get install openssl");
        succeed(openssl.current_dir(sandbox.path("")).args(arguments))
    };
    let root = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "p.key", "-out", "p.pem"];
    made(
        &[
            &root[..],
            // Its certificate says nothing of the key's usage, so that it is limited in none.
            &["-days", "3000", "-subj", "/O=Partner/CN=Partner Root"],
        ]
        .concat(),
    );
    for (name, subject) in [("in", "/O=Partner/CN=in"), ("out", "/O=Elsewhere/CN=out")] {
        let (key, request, leaf) = (format!("{name}.key"), format!("{name}.csr"), format!("{name}.pem"));
        made(&["req", "-newkey", "rsa:2048", "-nodes", "-keyout", &key, "-out", &request, "-subj", subject]);
        fs::write(
            sandbox.path("leaf.ext"),
            "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always\n",
        )
        .unwrap();
        let sign = ["x509", "-req", "-in", &request, "-CA", "p.pem", "-CAkey", "p.key", "-days", "30"];
        made(&[&sign[..], &["-extfile", "leaf.ext", "-out", &leaf]].concat());
    }
    let planned = sandbox
        .json(["ca", "cross", "--ca", "root", "--profile", "partner", &sandbox.text("p.pem")])
        .remove(0);
    let id = planned["plan"].as_str().unwrap();
    let pin = sandbox.text("pin");
    let shown = sandbox.json(["register", "show", id]).remove(0);
    let limits = &shown["makes_authorities"];
    assert_eq!((&limits["path_length"], &limits["names_below"]), (&0.into(), &"only dn:O=Partner".into()));
    sandbox.ok(["approve", id, "--words", planned["words"].as_str().unwrap()]);
    sandbox.ok(["sign", id, "--pin-file", &pin]);
    for inside in [sandbox.text("home"), sandbox.folder("home/out")] {
        let refused = sandbox.exits(2, ["deliver", id, "--to", &inside, "--pin-file", &pin]);
        assert!(refused.contains("is inside this machine's home"), "{refused}");
    }
    let folder =
        of(&sandbox.json(["deliver", id, "--to", &sandbox.folder("out"), "--pin-file", &pin]), "folder");
    let cross = format!("{folder}/certificates.pem");
    let trust = certificate(&sandbox, "root", "root.pem");
    holds(&trust, &[&cross], &sandbox.text("in.pem"));
    let outside = fail(&mut verify(&trust, &[&cross], &sandbox.text("out.pem")));
    assert!(outside.contains("permitted subtree violation"), "{outside}");
    let text = made(&["x509", "-in", &cross, "-noout", "-text"]);
    assert!(
        text.contains("CA:TRUE, pathlen:0") && text.contains("X509v3 Name Constraints: critical"),
        "{text}"
    );
    clean(&sandbox);
}

#[test]
fn what_ends_soon_is_told_where_something_can_still_be_done() {
    let sandbox = Sandbox::new("ca-life-warnings");
    let pin = sandbox.text("pin");
    for (ca, days) in [("long", "7300"), ("month", "30"), ("soon", "500")] {
        let of = ["--key", "p256", "--subject", &format!("/CN={ca}"), "--days", days, "--pin-file", &pin];
        sandbox.ok(["ca", "create", ca].into_iter().chain(of));
    }
    let warnings = || -> Vec<(String, String)> {
        let list = sandbox.json(["ca", "list"]);
        let of = |ca: &Value| -> Vec<(String, String)> {
            let warnings = ca["warnings"].as_array().expect("warnings").iter();
            let kind = |one: &Value| one["kind"].as_str().unwrap().to_owned();
            warnings.map(|one| (ca["ca"].as_str().unwrap().to_owned(), kind(one))).collect()
        };
        list.iter().flat_map(of).collect()
    };
    let pair = |ca: &str, kind: &str| (ca.to_owned(), kind.to_owned());
    // A CA of 500 days can issue for the 397 days of a server for 103 days more; one of 30 never could.
    assert_eq!(warnings(), [pair("month", "ends"), pair("soon", "full-length")]);
    let listed = sandbox.exits(0, ["ca", "list"]);
    assert!(listed.contains("warning: CA month: its certificate ends in 29 days, at "), "{listed}");
    assert!(listed.contains("coldsign ca renew month --days N"), "{listed}");
    assert!(listed.contains("the last moment for certificates of 397 days (profile server)"), "{listed}");
    assert!(!listed.contains("CA long"), "{listed}");

    // At plan time, of the CA and the profile that are meant.
    let stick = stick(&sandbox, "device");
    let planned = sandbox.run(["plan", "--ca", "soon", "--profile", "server", &stick]);
    let told = String::from_utf8(planned.stderr).unwrap();
    assert!(told.contains("warning: CA soon: ") && told.contains("from then on they are refused"), "{told}");
    let quiet = sandbox.run(["plan", "--ca", "long", "--profile", "device", &stick]);
    assert!(!String::from_utf8(quiet.stderr).unwrap().contains("warning"));

    // The span is the home's to choose.
    let path = sandbox.path("home").join("authority.toml");
    let text = fs::read_to_string(&path).unwrap();
    let with =
        |line: &str| fs::write(&path, text.replacen("version = 1\n", &format!("version = 1\n{line}\n"), 1));
    with("ca-warning-days = 29").unwrap();
    assert_eq!(warnings(), []);
    with("ca-warning-days = 31").unwrap();
    assert_eq!(warnings(), [pair("month", "ends")]);
    with("ca-warning-days = 0").unwrap();
    let wrong = sandbox.exits(2, ["ca", "list"]);
    assert!(wrong.contains("ca-warning-days") && wrong.contains("write 180"), "{wrong}");
    fs::write(&path, text).unwrap();

    // Renewed, nothing is to be told; and re-keyed, whoever issues under the old key is.
    sandbox.ok(["ca", "renew", "month", "--days", "7000", "--pin-file", &pin]);
    assert_eq!(warnings(), [pair("soon", "full-length")]);
    rekeyed(&sandbox, "long", "long-2", "p256");
    let old = sandbox.run(["plan", "--ca", "long", "--profile", "device", &stick]);
    let told = String::from_utf8(old.stderr).unwrap();
    assert!(told.contains("warning: CA long-2 has taken the place of CA long"), "{told}");
}

#[test]
fn a_last_moment_that_has_passed_stays_told() {
    let sandbox = Sandbox::new("ca-life-passed");
    let pin = sandbox.text("pin");
    // As long as a subordinate CA by its profile: whole in the first second, and refused from then on.
    let of = ["--key", "p256", "--subject", "/CN=root", "--days", "3650", "--pin-file", &pin];
    sandbox.ok(["ca", "create", "root"].into_iter().chain(of));
    std::thread::sleep(std::time::Duration::from_secs(2));
    let list = sandbox.json(["ca", "list"]);
    let [warning] = list[0]["warnings"].as_array().expect("warnings").as_slice() else { panic!("{list:?}") };
    assert_eq!(warning["kind"], "full-length");
    let message = warning["message"].as_str().expect("a message");
    assert!(
        message.starts_with("CA root: since ") && message.ends_with("would outlive it, and are refused"),
        "{message}"
    );
    assert_eq!(warning["hint"], "renew root, or give the profile fewer days");
}

#[test]
fn two_roots_and_two_cas_in_one_home_do_not_mix() {
    let sandbox = Sandbox::with_issuing("ca-life-several", "p256");
    let pin = sandbox.text("pin");
    sandbox.root("second-root", "p384");
    let requested = sandbox.folder("second-requested");
    let key = ["--key", "p384", "--subject", "/O=Rehearsal/CN=Issuing CA", "--to", &requested];
    let arguments = ["ca", "request", "second"].into_iter().chain(key).chain(["--pin-file", &pin]);
    let request = of(&sandbox.json(arguments), "request");
    // The two issuing CAs have one subject; only their keys tell them apart, and the officer is told.
    let refused = sandbox.run(["plan", "--ca", "second-root", "--profile", "subordinate-ca", &request]);
    assert!(support::said(&refused).contains("a certificate was issued for the subject before"));
    let issued = sandbox.issue("second-root", "subordinate-ca-renewal", &[&request], &requested, &[]);
    let own = support::files(&issued.folder.join("certs"))[0].to_str().unwrap().to_owned();
    let wrong = sandbox.exits(2, ["ca", "install", "issuing", &own]);
    assert!(wrong.contains("for another key than that of issuing"), "{wrong}");
    sandbox.ok(["ca", "install", "second", &own]);

    let roots = ["root", "second-root"].map(|ca| certificate(&sandbox, ca, &format!("{ca}.pem")));
    let cas = ["issuing", "second"].map(|ca| certificate(&sandbox, ca, &format!("{ca}.pem")));
    // Plans of both lie beside each other before either is signed.
    let plans = ["issuing", "second"]
        .map(|ca| sandbox.approved(ca, "device", &[&stick(&sandbox, &format!("of-{ca}"))]));
    let out = sandbox.folder("out");
    let bundles: Vec<String> = plans
        .iter()
        .rev()
        .map(|plan| {
            sandbox.ok(["sign", &plan.id, "--pin-file", &pin]);
            of(&sandbox.json(["deliver", &plan.id, "--to", &out, "--pin-file", &pin]), "folder")
        })
        .collect();
    let bundles = [&bundles[1], &bundles[0]];
    for (at, bundle) in bundles.iter().enumerate() {
        let leaf = format!("{bundle}/certificates.pem");
        holds(&roots[at], &[&cas[at]], &leaf);
        holds(&roots[at], &[&cas[1 - at], &cas[at]], &leaf);
        fails(&roots[at], &[&cas[1 - at]], &leaf);
        fails(&roots[1 - at], &[&cas[0], &cas[1]], &leaf);
        sandbox.ok(["verify", bundle, "--trust", &roots[at]]);
        assert!(sandbox.run(["verify", bundle, "--trust", &roots[1 - at]]).status.code() != Some(0));
    }

    // What one issued is not the other's to revoke; each has its own numbers.
    let serial = of(&sandbox.json(["register", "list", "--plan", &plans[0].id]), "serial");
    let foreign = sandbox.exits(2, ["revoke", "--ca", "second", &serial, "--reason", "superseded"]);
    assert!(foreign.contains("CA second issued no certificate"), "{foreign}");
    sandbox.ok(["revoke", "--ca", "issuing", &serial, "--reason", "superseded"]);
    for (at, ca) in ["issuing", "second"].into_iter().enumerate() {
        sandbox.ok(["crl", "--ca", ca, "--to", &out, "--days", "14", "--pin-file", &pin]);
        let folder = format!("{out}/crl-{ca}-1");
        sandbox.ok(["verify", &folder, "--trust", &roots[at]]);
        let text = fs::read_to_string(format!("{folder}/manifest.json")).unwrap();
        let manifest: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(manifest["entries"], i32::from(at == 0), "{text}");
    }
    let checked = |at: usize, list: &str| {
        let (list, leaf) =
            (format!("{out}/crl-{list}-1/crl.pem"), format!("{}/certificates.pem", bundles[at]));
        verify_by(&roots[at], &["-untrusted", &cas[at], "-crl_check", "-CRLfile", &list], &leaf)
    };
    assert!(fail(&mut checked(0, "issuing")).contains("certificate revoked"));
    succeed(&mut checked(1, "second"));
    // Of one name but another key: the other CA's list is none for this certificate.
    assert!(fail(&mut checked(0, "second")).contains("unable to get certificate CRL"));
    clean(&sandbox);
}

/// A certificate for a CA's public key and subject from a root that a stranger made, and that root.
fn stolen(sandbox: &Sandbox, (ca, subject): (&str, &str), key_usage: &str) -> (String, String) {
    let files =
        ["key", "strange-root.pem", "public", "extensions", "stolen.pem"].map(|name| sandbox.text(name));
    let [key, root, public, extensions, stolen] = &files;
    let own = certificate(sandbox, ca, "own.pem");
    let public_key =
        succeed(tool("openssl", "apt-get install openssl").args(["x509", "-in", &own, "-pubkey", "-noout"]));
    fs::write(public, public_key).unwrap();
    let text = succeed(tool("openssl", "apt-get install openssl").args([
        "x509",
        "-in",
        &own,
        "-ext",
        "subjectKeyIdentifier",
        "-noout",
    ]));
    let identifier = text.lines().last().unwrap().trim().to_owned();
    let wanted = format!(
        "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,{key_usage}\n\
         subjectKeyIdentifier={identifier}\nauthorityKeyIdentifier=keyid\n"
    );
    fs::write(extensions, wanted).unwrap();
    let mut made = tool("openssl", "apt-get install openssl");
    made.args([
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-keyout",
        key,
    ]);
    succeed(made.args([
        "-out",
        root,
        "-days",
        "4000",
        "-subj",
        "/CN=Strange Root",
        "-addext",
        "keyUsage=critical,keyCertSign,cRLSign",
    ]));
    let mut certified = tool("openssl", "apt-get install openssl");
    certified.args(["x509", "-new", "-force_pubkey", public, "-subj", subject, "-CA", root]);
    succeed(certified.args(["-CAkey", key, "-days", "900", "-extfile", extensions, "-out", stolen]));
    (stolen.clone(), root.clone())
}

/// The issuing CA of a sandbox, and its subject as OpenSSL writes it.
const ISSUING: (&str, &str) = ("issuing", "/O=Rehearsal/CN=Issuing CA");

/// The SHA-256 of the last certificate that a CA keeps beside its own.
fn beside(sandbox: &Sandbox, ca: &str) -> String {
    let shown = sandbox.json(["ca", "show", ca]).remove(0);
    let all = shown["certificates"].as_array().unwrap();
    let one = all.iter().find(|one| one["role"] == "beside").expect("one is beside");
    one["sha256"].as_str().unwrap().to_owned()
}

#[test]
fn a_ca_comes_under_another_root_only_by_that_roots_words() {
    let sandbox = Sandbox::with_issuing("ca-life-other-root", "p256");
    let before = sandbox.json(["ca", "show", "issuing"]).remove(0);
    let (mute, root) = stolen(&sandbox, ISSUING, "keyCertSign");
    let lost = sandbox.exits(2, ["ca", "install", "issuing", &mute, "--chain", &root]);
    assert!(lost.contains("could sign no CRLs"), "{lost}");
    let (stolen, root) = stolen(&sandbox, ISSUING, "keyCertSign,cRLSign");
    let install = ["ca", "install", "issuing", &stolen, "--chain", &root];
    let refused = sandbox.exits(6, install);
    assert!(
        refused.contains("under another root than before") && refused.contains("--root-words"),
        "{refused}"
    );
    let wrong = "abandon ".repeat(12);
    let refused = sandbox.exits(6, install.into_iter().chain(["--root-words", &wrong]));
    assert!(refused.contains("not the words of the root"), "{refused}");
    assert_eq!(sandbox.json(["ca", "show", "issuing"]).remove(0), before);

    let words =
        refused.split("with: ").nth(1).and_then(|rest| rest.split(';').next()).expect("the words").to_owned();
    let installed = sandbox.json(install.into_iter().chain(["--root-words", &words])).remove(0);
    assert_eq!(installed["root_subject"], "CN=Strange Root");
    clean(&sandbox);
}

#[test]
fn what_was_kept_beside_is_used_only_as_it_would_be_installed() {
    let sandbox = Sandbox::with_issuing("ca-life-used-beside", "p256");
    let before = sandbox.json(["ca", "show", "issuing"]).remove(0)["sha256"].clone();
    let (mute, root) = stolen(&sandbox, ISSUING, "keyCertSign");
    sandbox.ok(["ca", "install", "issuing", &mute, "--chain", &root, "--beside"]);
    let lost = sandbox.exits(2, ["ca", "use", "issuing", &beside(&sandbox, "issuing")]);
    assert!(lost.contains("could sign no CRLs"), "{lost}");
    let (strange, root) = stolen(&sandbox, ISSUING, "keyCertSign,cRLSign");
    sandbox.ok(["ca", "install", "issuing", &strange, "--chain", &root, "--beside"]);
    let sha256 = beside(&sandbox, "issuing");
    let used = ["ca", "use", "issuing", &sha256];
    let refused = sandbox.exits(6, used);
    assert!(
        refused.contains("under another root than before") && refused.contains("--root-words"),
        "{refused}"
    );
    assert_eq!(sandbox.json(["ca", "show", "issuing"]).remove(0)["sha256"], before);
    let words =
        refused.split("with: ").nth(1).and_then(|rest| rest.split(';').next()).expect("the words").to_owned();
    let moved = sandbox.json(used.into_iter().chain(["--root-words", &words])).remove(0);
    assert_eq!(moved["root_subject"], "CN=Strange Root");
    clean(&sandbox);
}

#[test]
fn a_root_never_issues_under_what_another_ca_gave_it() {
    let sandbox = Sandbox::with_root("ca-life-root-under-another", "p256");
    let own = sandbox.json(["ca", "show", "root"]).remove(0)["sha256"].clone();
    let (cross, root) = stolen(&sandbox, ("root", "/O=Rehearsal/CN=root"), "keyCertSign,cRLSign");
    let install = ["ca", "install", "root", &cross, "--chain", &root];
    assert!(sandbox.exits(2, install).contains("certifies itself"));
    sandbox.ok(install.into_iter().chain(["--beside"]));
    let refused = sandbox.exits(2, ["ca", "use", "root", &beside(&sandbox, "root")]);
    assert!(refused.contains("certifies itself"), "{refused}");
    assert_eq!(sandbox.json(["ca", "show", "root"]).remove(0)["sha256"], own);
    clean(&sandbox);
}

#[test]
fn a_ca_that_issues_under_a_link_to_its_old_key_makes_sound_bundles() {
    let sandbox = Sandbox::with_root("ca-life-under-link", "p256");
    let pin = sandbox.text("pin");
    let old = certificate(&sandbox, "root", "old.pem");
    sandbox.ok(["ca", "rekey", "root", "root-2", "--key", "p256", "--days", "8000", "--pin-file", &pin]);
    sandbox.ok(["ca", "link", "root-2", "--pin-file", &pin]);
    sandbox.ok(["ca", "use", "root-2", &beside(&sandbox, "root-2")]);
    let folder = stick(&sandbox, "one");
    fs::copy(format!("{}/two.csr", stick(&sandbox, "two")), format!("{folder}/two.csr")).unwrap();
    let delivery = sandbox.issue("root-2", "device", &[&folder], &sandbox.folder("out"), &[]);
    let bundle = delivery.folder.to_str().unwrap();
    let told = sandbox.ok(["verify", bundle, "--trust", &old]);
    assert!(told.contains("sound: 2 certificates, 0 flaws; who made it was not compared"), "{told}");
    let verdict = sandbox.json(["verify", bundle, "--trust", &old]).remove(0);
    assert_eq!(
        (&verdict["sound"], &verdict["audit_key_compared"]),
        (&Value::from(true), &Value::from(false))
    );
    let trusted = read_certificates(Path::new(&old)).unwrap().remove(0).sha256().to_string();
    assert_eq!(verdict["root_sha256"], *trusted);
    let root = verdict["root"].as_str().expect("its subject");
    assert!(told.contains(&format!("root       {root}\ntrusted    {trusted}\n")), "{told}");
    clean(&sandbox);
}

#[test]
fn a_renewal_under_a_clock_behind_or_a_wrong_audit_key_signs_nothing() {
    let sandbox = Sandbox::with_root("life-guarded", "p256");
    let pin = sandbox.text("pin");
    let renew = ["ca", "renew", "root", "--days", "9000", "--pin-file", &pin];
    let before = certificate(&sandbox, "root", "before.pem");

    // The audit key that authority.toml names is the CA's own.
    let path = sandbox.path("home/authority.toml");
    let sound = fs::read_to_string(&path).unwrap();
    let uri = |section: &str| -> String {
        let text = sound.split(section).nth(1).expect(section);
        text.split('"').find(|part| part.starts_with("pkcs11:")).expect("a URI").to_owned()
    };
    fs::write(&path, sound.replace(&uri("[audit]"), &uri("[authorities.root]"))).unwrap();
    let told = sandbox.exits(2, renew);
    assert!(told.contains("the audit key that authority.toml names is the key of CA root"), "{told}");
    fs::write(&path, sound).unwrap();

    // The newest entry is of a day that the clock has not reached.
    let mut register = Register::open(&sandbox.path("home/register.db")).unwrap();
    let today = register.journal(None, 1).unwrap()[0].time;
    let token = MarkedToken { label: "another", serial: "1" };
    register.record_mark(token, MarkState::Refused, today.plus_seconds(86_400)).unwrap();
    drop(register);
    let rekey = ["ca", "rekey", "root", "next", "--key", "p256", "--days", "9000", "--pin-file", &pin];
    let create =
        ["ca", "create", "new", "--key", "p256", "--subject", "CN=New", "--days", "9", "--pin-file", &pin];
    for late in [&renew[..], &rekey, &create] {
        let told = sandbox.exits(2, late);
        assert!(told.contains("and the register's newest entry is of"), "{told}");
    }
    let after = certificate(&sandbox, "root", "after.pem");
    assert_eq!(fs::read(before).unwrap(), fs::read(after).unwrap());
    clean(&sandbox);
}
