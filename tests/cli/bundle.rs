//! What a delivered bundle contains, what its receiver is told, and what must never stand anywhere.

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    fs,
    os::unix::{ffi::OsStrExt as _, fs::PermissionsExt as _},
    path::Path,
};

use coldsign::pki::fingerprint::Digest;

use crate::{
    bench::{copy, names},
    support::{
        PIN, Sandbox, files, lines, openssl_req,
        request::{self, Algorithm, Key, Request},
        said, succeed,
    },
};

/// File names that a stick may hold and that FAT32, a shell or a screen would take for something else.
const HOSTILE: [&[u8]; 16] = [
    b"CON.csr",
    b"nul.csr",
    b"a:b.csr",
    b"..\\..\\win.csr",
    b"new\nline.csr",
    b"\x1b[31mred.csr",
    b"\xff\xfe.csr",
    b"-rf.csr",
    b"=cmd.csr",
    b"trailing .csr",
    b"UPPER.csr",
    b"upper.csr",
    b"a,b;\"c.csr",
    "\u{202e}txt.csr".as_bytes(),
    b"%s%n.csr",
    b"dots...csr",
];

fn write(folder: &str, name: &[u8], octets: impl AsRef<[u8]>) {
    fs::write(Path::new(folder).join(OsStr::from_bytes(name)), octets).unwrap();
}

fn fresh(name: &str) -> String {
    request::pem("CERTIFICATE REQUEST", &Request::named(name).der(&Key::generate(Algorithm::P256)))
}

#[test]
fn who_delivers_again_what_was_revoked_since_is_told() {
    let sandbox = Sandbox::with_root("cli-bundle-revoked", "p256");
    let (stick, out, pin) = (sandbox.folder("stick"), sandbox.folder("out"), sandbox.text("pin"));
    for name in ["one", "two", "three"] {
        write(&stick, format!("{name}.csr").as_bytes(), fresh(name));
    }
    let plan = sandbox.issue("root", "device", &[&stick], &out, &[]).planned.id;
    let listed = sandbox.json(["register", "list", "--plan", &plan]);
    let serial = |at: usize| listed[at]["serial"].as_str().unwrap();
    sandbox.ok(["revoke", "--ca", "root", serial(0), "--reason", "keyCompromise"]);
    sandbox.ok(["revoke", "--ca", "root", serial(1), "--reason", "certificateHold"]);
    let again = sandbox.folder("again");
    let deliver = ["deliver", &plan, "--to", &again, "--pin-file", &pin];
    let output = sandbox.run(deliver.into_iter().chain(["--for", "aws"]));
    assert!(output.status.success(), "{}", said(&output));
    let told = said(&output);
    let beware = "BEWARE: 1 of 3 certificates is revoked since, and 1 is on hold";
    // Before the PIN is given, and with what was delivered.
    assert_eq!(told.matches(beware).count(), 2, "{told}");
    assert!(told.contains(&format!(
        "{} {}, keyCompromise",
        serial(0),
        listed[0]["subject"].as_str().unwrap()
    )));
    assert!(told.contains("next, at AWS IoT Core:\n  1. "), "{told}");
    let once_more = sandbox.folder("once-more");
    let value = sandbox.json(["deliver", &plan, "--to", &once_more, "--pin-file", &pin]).pop().unwrap();
    assert_eq!((&value["revoked"], &value["held"]), (&1.into(), &1.into()), "{value}");
}

#[test]
fn who_issues_by_a_ca_that_was_revoked_is_told() {
    let sandbox = Sandbox::with_issuing("cli-bundle-ca-revoked", "p256");
    let (stick, out, pin) = (sandbox.folder("stick"), sandbox.folder("out"), sandbox.text("pin"));
    write(&stick, b"one.csr", fresh("one"));
    let plan = sandbox.issue("issuing", "device", &[&stick], &out, &[]).planned.id;
    let all = sandbox.json(["register", "list"]);
    let serials: Vec<String> = all
        .iter()
        .flat_map(|plan| sandbox.json(["register", "list", "--plan", plan["plan"].as_str().unwrap()]))
        .filter(|row| row["subject"].as_str().unwrap().contains("Issuing CA"))
        .map(|row| row["serial"].as_str().unwrap().to_owned())
        .collect();
    let [serial] = serials.as_slice() else { panic!("{serials:?}") };
    sandbox.ok(["revoke", "--ca", "root", serial, "--reason", "keyCompromise"]);
    let beware =
        "BEWARE: CA O=Rehearsal,CN=Issuing CA is revoked (keyCompromise): nothing that it issued is good";
    let told = |arguments: &[&str]| {
        let output = sandbox.run(arguments);
        assert!(output.status.success(), "{}", said(&output));
        said(&output)
            .replace("CN=Issuing CA,O=Rehearsal", "O=Rehearsal,CN=Issuing CA")
            .matches(beware)
            .count()
    };
    let again = sandbox.folder("again");
    assert_eq!(told(&["deliver", &plan, "--to", &again, "--pin-file", &pin]), 2);
    let more = sandbox.folder("more");
    write(&more, b"two.csr", fresh("two"));
    assert_eq!(told(&["plan", "--ca", "issuing", "--profile", "device", &more]), 1);
    // Of the root's own certificates nothing is said.
    write(&more, b"three.csr", fresh("three"));
    assert_eq!(told(&["plan", "--ca", "root", "--profile", "device", &more]), 0);
}

#[test]
fn a_bundle_is_what_the_contract_says_whatever_the_requests_are_called() {
    let sandbox = Sandbox::with_issuing("cli-bundle", "p256");
    let (stick, out) = (sandbox.folder("stick"), sandbox.folder("out"));
    for (number, name) in HOSTILE.iter().enumerate() {
        write(&stick, name, fresh(&format!("dev-{number}")));
    }
    write(&stick, b"broken \x1b[2J.csr", "nothing");
    let delivery = sandbox.issue("issuing", "device", &[&stick], &out, &["der"]);
    assert_eq!((delivery.planned.accepted, delivery.planned.refused), (HOSTILE.len() as u64, 1));
    let folder = &delivery.folder;
    let expected = [
        "SHA256SUMS",
        "audit.pem",
        "ca-chain.p7b",
        "ca-chain.pem",
        "ca.pem",
        "certificates.pem",
        "certs",
        "chains",
        "der",
        "devices.csv",
        "manifest.json",
        "manifest.sig",
        "refused.csv",
        "root.pem",
    ];
    assert_eq!(names(folder.to_str().unwrap()), expected);
    let mut without_case = BTreeSet::new();
    for path in files(folder) {
        let inside = path.strip_prefix(folder).unwrap().to_str().expect("UTF-8").to_owned();
        for name in inside.split('/') {
            let stem = name.split('.').next().unwrap().to_lowercase();
            assert!(
                name.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"._-".contains(&octet)),
                "{name:?}"
            );
            assert!(!name.starts_with(['.', '-']) && !name.ends_with('.') && name.len() <= 64, "{name:?}");
            assert!(!["con", "nul", "prn", "aux"].contains(&stem.as_str()), "{name:?}");
        }
        assert!(without_case.insert(inside.to_lowercase()), "{inside} twice where case does not count");
        let octets = fs::read(&path).unwrap();
        if !path.extension().is_some_and(|end| end == "der" || end == "p7b") && inside != "manifest.sig" {
            let text = String::from_utf8(octets).unwrap_or_else(|_| panic!("{inside} is not UTF-8"));
            let raw = |c: char| (c.is_control() && c != '\n' && c != '\r') || c == '\u{202e}';
            assert!(!text.contains(raw), "{inside} has raw control characters");
        }
    }
    let rows = |name: &str| -> Vec<Vec<String>> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(folder.join(name)).unwrap();
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
    };
    let devices = rows("devices.csv");
    assert_eq!(
        devices[0].join(","),
        "source,file,serial,subject,not_before,not_after,spki_sha256,certificate_sha256"
    );
    assert_eq!(devices.len(), HOSTILE.len() + 1);
    // A spreadsheet must not take a cell for a formula.
    for cell in devices.iter().chain(&rows("refused.csv")).flatten() {
        assert!(!cell.starts_with(['=', '@', '\t', '\r']), "{cell:?} would be computed");
    }
    let refused = rows("refused.csv");
    assert_eq!(refused[0].join(","), "source,control,reason,hint");
    assert_eq!(refused.len(), 2);
    assert_eq!(&refused[1][..2], ["broken \\u{1b}[2J.csr", "csr-form"]);
    assert!(refused[1][3].len() > 10);
}

#[test]
fn what_the_delivery_tells_is_what_the_receiver_compares() {
    let sandbox = Sandbox::with_issuing("cli-compared", "p256");
    let (stick, out) = (sandbox.folder("stick"), sandbox.folder("out"));
    write(&stick, b"dev.csr", fresh("dev"));
    let pin = sandbox.text("pin");
    let planned = sandbox.approved("issuing", "device", &[&stick]);
    sandbox.ok(["sign", &planned.id, "--pin-file", &pin]);
    let delivered = sandbox.json(["deliver", &planned.id, "--to", &out, "--pin-file", &pin]).pop().unwrap();
    let folder = delivered["folder"].as_str().unwrap();
    let root = Path::new(folder).join("root.pem").to_str().unwrap().to_owned();
    let told = |key: &str| delivered[key].as_str().unwrap_or_else(|| panic!("{key}: {delivered}"));

    let judged = sandbox.json(["verify", folder, "--trust", &root, "--audit-key", told("audit_key_sha256")]);
    let judged = judged.last().unwrap();
    assert_eq!(judged["sound"], true, "{judged}");
    for key in ["manifest_sha256", "manifest_words", "audit_key_sha256"] {
        assert_eq!(judged[key].as_str(), Some(told(key)), "{key}");
    }
    let manifest = Digest::of(&fs::read(Path::new(folder).join("manifest.json")).unwrap());
    assert_eq!(
        (told("manifest_sha256"), told("manifest_words")),
        (&*manifest.to_string(), &*manifest.words())
    );
    let shown = sandbox.ok(["verify", folder, "--trust", &root]);
    assert!(shown.contains(&format!("manifest   {manifest}\nwords      {}\n", manifest.words())), "{shown}");
    assert!(shown.contains("sound: 1 certificate, 0 flaws"), "{shown}");
    sandbox.exits(1, ["verify", folder, "--trust", &root, "--audit-key", told("manifest_sha256")]);
}

#[test]
fn verify_tells_what_was_tampered_with() {
    let sandbox = Sandbox::with_issuing("cli-verify", "p256");
    let (stick, out) = (sandbox.folder("stick"), sandbox.folder("out"));
    write(&stick, b"dev.csr", fresh("dev"));
    let delivery = sandbox.issue("issuing", "device", &[&stick], &out, &[]);
    let root = sandbox.path("root.pem");
    fs::copy(delivery.folder.join("root.pem"), &root).unwrap();
    sandbox.root("other", "p256");
    let other = sandbox.path("other.pem");
    let exported = sandbox.json(["register", "export"]);
    let pem = exported.iter().find(|row| row["subject"] == "CN=other,O=Rehearsal").unwrap()["pem"]
        .as_str()
        .unwrap();
    fs::write(&other, pem).unwrap();
    let bundle = sandbox.path("bundle");
    let verify = |trust: &Path| {
        let mut command = sandbox.coldsign();
        // The receiver has no home and no token.
        command.env("COLDSIGN_HOME", "/nosuch").env("SOFTHSM2_CONF", "/nosuch");
        command.arg("--json").arg("verify").arg(&bundle).arg("--trust").arg(trust);
        let output = command.output().unwrap();
        let told = lines(&output.stdout);
        let flaws: Vec<String> =
            told.iter().filter_map(|line| line["flaw"].as_str().map(str::to_owned)).collect();
        assert_eq!(told.last().unwrap()["sound"].as_bool(), Some(flaws.is_empty()), "{}", said(&output));
        (output.status.code(), flaws)
    };
    copy(&delivery.folder, &bundle);
    assert_eq!(verify(&root), (Some(0), vec![]));
    // A name that only leads to the folder is not judged as one.
    let link = sandbox.path("link");
    std::os::unix::fs::symlink(&bundle, &link).unwrap();
    let linked = ["verify", link.to_str().unwrap(), "--trust", root.to_str().unwrap()];
    assert!(sandbox.exits(2, linked).contains("is a symbolic link"));
    // Nor does a home that others can write pass without a word.
    let open = fs::Permissions::from_mode(0o777);
    fs::set_permissions(sandbox.path("home"), open).unwrap();
    assert!(sandbox.exits(0, ["ca", "list"]).contains("can be written by others than its owner"));
    fs::set_permissions(sandbox.path("home"), fs::Permissions::from_mode(0o700)).unwrap();
    assert!(!sandbox.exits(0, ["ca", "list"]).contains("can be written by others"));
    let (code, flaws) = verify(&other);
    assert!(code == Some(1) && !flaws.is_empty(), "{flaws:?}");
    let check = |change: &dyn Fn(), name: &str| {
        copy(&delivery.folder, &bundle);
        change();
        let (code, flaws) = verify(&root);
        assert!(code == Some(1) && !flaws.is_empty(), "{name}: {code:?} {flaws:?}");
    };
    for path in files(&delivery.folder) {
        let inside = path.strip_prefix(&delivery.folder).unwrap();
        let name = inside.to_str().unwrap();
        let at = bundle.join(inside);
        check(
            &|| {
                let mut octets = fs::read(&at).unwrap();
                let middle = octets.len() / 2;
                octets[middle] ^= 1;
                fs::write(&at, octets).unwrap();
            },
            &format!("{name}, one bit"),
        );
        check(&|| fs::remove_file(&at).unwrap(), &format!("{name}, removed"));
        check(
            &|| fs::OpenOptions::new().write(true).open(&at).unwrap().set_len(1).unwrap(),
            &format!("{name}, cut"),
        );
    }
    check(&|| fs::write(bundle.join("more.pem"), "more").unwrap(), "a file more");
}

#[test]
fn secrets_stand_nowhere() {
    const CHALLENGE: &str = "hunter2-challenge";
    let sandbox = Sandbox::with_root("cli-secrets", "p256");
    let (stick, out) = (sandbox.folder("stick"), sandbox.folder("out"));
    let configuration = sandbox.path("request.cnf");
    let lines =
        ["[req]", "prompt = no", "distinguished_name = n", "attributes = a", "[n]", "CN = dev", "[a]"];
    fs::write(&configuration, format!("{}\nchallengePassword = {CHALLENGE}\n", lines.join("\n"))).unwrap();
    let request = Path::new(&stick).join("dev.csr");
    succeed(openssl_req("-new", sandbox.path("dev.key"), request).arg("-config").arg(&configuration));
    let (pin, plan_from) = (sandbox.text("pin"), [stick.as_str()]);
    let mut everything = Vec::new();
    for arguments in [
        vec!["--json", "inspect", &stick],
        vec!["inspect", "--profile", "device", &stick],
        vec!["token", "check", "--pin-file", &pin],
    ] {
        let output = sandbox.run(arguments);
        everything.extend([output.stdout, output.stderr].concat());
    }
    let delivery = sandbox.issue("root", "device", &plan_from, &out, &[]);
    for arguments in [vec!["register", "export"], vec!["register", "show", &delivery.planned.id]] {
        everything.extend(sandbox.run(arguments).stdout);
    }
    for path in files(&delivery.folder) {
        everything.extend(fs::read(path).unwrap());
    }
    let holds =
        |octets: &[u8], text: &str| octets.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(!holds(&everything, CHALLENGE), "the challenge password was shown or delivered");
    for path in files(&sandbox.path("home")) {
        everything.extend(fs::read(path).unwrap());
    }
    assert!(!holds(&everything, PIN), "the PIN was kept or shown");
    assert!(delivery.planned.accepted == 1 && !names(&out).is_empty());
}
