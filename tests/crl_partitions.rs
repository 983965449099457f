//! CRLs of partitions beside the full one, with the real program on SoftHSM, judged by OpenSSL.

mod support;
#[path = "support/tamper.rs"]
mod tamper;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use coldsign::{
    ceremony::{Appliance, CrlScope, Format, Home},
    pki::fingerprint::hex,
};
use support::{
    Delivery, Sandbox, openssl,
    request::{self, Algorithm, Key, Request},
    said, succeed,
};

const PARTITIONS: u64 = 3;

/// Issues certificates of the profile `device` and tells their files with their serial numbers.
fn devices(sandbox: &Sandbox, batch: &str, count: u32) -> Vec<(PathBuf, String)> {
    let stick = sandbox.folder(&format!("stick-{batch}"));
    for index in 0..count {
        let der = Request::named(&format!("{batch}-{index:02}")).der(&Key::generate(Algorithm::P256));
        let file = Path::new(&stick).join(format!("{batch}-{index:02}.csr"));
        fs::write(file, request::pem("CERTIFICATE REQUEST", &der)).unwrap();
    }
    let bundle: Delivery = sandbox.issue("root", "device", &[&stick], &sandbox.folder("out"), &[]);
    let rows = sandbox.json(["register", "list", "--plan", &bundle.planned.id]);
    let serial = |row: &serde_json::Value| row["serial"].as_str().unwrap().to_owned();
    let file = |index| bundle.file("certs", &format!("{batch}-{index:02}.pem"));
    rows.iter().enumerate().map(|(index, row)| (file(index), serial(row))).collect()
}

/// Divides the certificates of the profile `device` from now on.
fn divide(sandbox: &Sandbox) {
    let path = sandbox.path("home/authority.toml");
    let text = fs::read_to_string(&path).unwrap();
    let keys = format!(
        "[profiles.device]\ncrl = [\"http://crl.example/{{partition}}.crl\", \"http://b.example/p{{partition}}\"]\n\
         crl-partitions = {PARTITIONS}\n"
    );
    assert!(text.contains("[profiles.device]\n"));
    fs::write(&path, text.replace("[profiles.device]\n", &keys)).unwrap();
}

/// The partition by a serial number in hexadecimal digits, counted from 1.
fn partition_of(serial: &str) -> u64 {
    serial.chars().fold(0, |rest, digit| (rest * 16 + u64::from(digit.to_digit(16).unwrap())) % PARTITIONS)
        + 1
}

/// Makes CRLs and tells the folder of each, by its partition; 0 is the full one.
fn crls(sandbox: &Sandbox, more: &[&str]) -> BTreeMap<u64, (PathBuf, serde_json::Value)> {
    let (out, pin) = (sandbox.folder("out"), sandbox.text("pin"));
    let mut arguments = vec!["crl", "--ca", "root", "--to", &out, "--pin-file", &pin];
    arguments.extend(more);
    let made = sandbox.json(arguments);
    made.into_iter()
        .map(|made| {
            let folder = PathBuf::from(made["folder"].as_str().unwrap());
            (made["partition"].as_u64().unwrap_or(0), (folder, made))
        })
        .collect()
}

/// What OpenSSL says of a certificate by one CRL alone.
fn status(folder: &Path, certificate: &Path) -> String {
    let mut verify = openssl(&["verify", "-crl_check", "-extended_crl", "-x509_strict", "-no-CApath"]);
    verify.arg("-no-CAstore").arg("-CAfile").arg(folder.join("root.pem"));
    verify.arg("-CRLfile").arg(folder.join("crl.pem")).arg(certificate);
    said(&verify.output().unwrap())
}

fn text(command: &str, file: &Path) -> String {
    let mut show = openssl(&[command, "-noout", "-text", "-in"]);
    succeed(show.arg(file))
}

#[test]
fn every_certificate_is_on_the_crl_of_its_partition_and_on_the_full_one() {
    let sandbox = Sandbox::with_root("crl-partitions", "p256");
    let older = devices(&sandbox, "older", 2);
    divide(&sandbox);
    let parts = devices(&sandbox, "part", 12);
    for (file, serial) in &parts {
        let shown = text("x509", file);
        let number = partition_of(serial);
        for uri in
            [format!("URI:http://crl.example/{number}.crl\n"), format!("URI:http://b.example/p{number}\n")]
        {
            assert!(shown.contains(&uri), "{serial}: {shown}");
        }
    }
    let revoked = |index: usize| index.is_multiple_of(2);
    for (index, (_, serial)) in parts.iter().enumerate().filter(|(index, _)| revoked(*index)) {
        let reason = if index == 0 { "certificateHold" } else { "superseded" };
        sandbox.ok(["revoke", "--ca", "root", serial, "--reason", reason]);
    }
    sandbox.ok(["revoke", "--ca", "root", &older[0].1, "--reason", "keyCompromise"]);

    let (out, pin) = (sandbox.folder("out"), sandbox.text("pin"));
    let alone = ["crl", "--ca", "root", "--partition", "1", "--to", &out, "--pin-file", &pin];
    let told = sandbox.exits(2, alone.into_iter().chain(["--for", "mosquitto"]));
    assert!(told.contains("CA root has no full CRL yet, which mosquitto wants"), "{told}");
    let made = crls(&sandbox, &[]);
    assert_eq!(made.keys().copied().collect::<Vec<_>>(), [0, 1, 2, 3]);
    let entries = |number: u64| made[&number].1["entries"].as_u64().unwrap();
    assert_eq!((entries(0), entries(1) + entries(2) + entries(3)), (7, 6));
    for (number, (folder, made)) in &made {
        assert_eq!(made["number"].as_str(), Some("1"), "{made}");
        let shown = text("crl", &folder.join("crl.pem"));
        let point = "X509v3 Issuing Distribution Point: critical\n";
        assert_eq!(shown.contains(point), *number > 0, "{shown}");
        assert_eq!(shown.contains(&format!("URI:http://crl.example/{number}.crl\n")), *number > 0, "{shown}");
        let root = folder.join("root.pem");
        let verdict = sandbox.run(["verify", folder.to_str().unwrap(), "--trust", root.to_str().unwrap()]);
        assert!(verdict.status.success(), "{}", said(&verdict));
        let shown = sandbox.json(["crl", "show", folder.join("crl.der").to_str().unwrap()]).pop().unwrap();
        let uris = if *number == 0 { 0 } else { 2 };
        assert_eq!(shown["distribution_point"].as_array().unwrap().len(), uris, "{shown}");
    }
    for (index, (file, serial)) in parts.iter().enumerate() {
        let expected = if revoked(index) { "certificate revoked" } else { ": OK" };
        for number in 0..=PARTITIONS {
            let status = status(&made[&number].0, file);
            let own = number == 0 || number == partition_of(serial);
            let expected = if own { expected } else { "CRL scope" };
            assert!(status.contains(expected), "{serial} by {number}: {status}");
        }
    }
    // What was issued before has no distribution point: the full CRL is for it, and no other.
    assert!(status(&made[&0].0, &older[0].0).contains("certificate revoked"));
    assert!(status(&made[&0].0, &older[1].0).contains(": OK"));
    assert!(status(&made[&1].0, &older[1].0).contains("CRL scope"));
    sandbox.exits(0, ["register", "audit"]);
}

#[test]
fn the_crls_of_each_partition_go_on_by_themselves() {
    let sandbox = Sandbox::with_root("crl-partition-numbers", "p256");
    divide(&sandbox);
    let parts = devices(&sandbox, "part", 12);
    let (first, second) = (&parts[0].1, &parts[1].1);
    sandbox.ok(["revoke", "--ca", "root", first, "--reason", "certificateHold"]);
    crls(&sandbox, &[]);
    // Only one of them: the others keep their numbers.
    let number = partition_of(first).to_string();
    let again = crls(&sandbox, &["--partition", &number]);
    assert_eq!(again.len(), 1);
    sandbox.ok(["revoke", "--ca", "root", first, "--release"]);
    sandbox.ok(["revoke", "--ca", "root", second, "--reason", "keyCompromise"]);
    let made = crls(&sandbox, &[]);
    for partition in 0..=PARTITIONS {
        let made = &made[&partition].1;
        let expected = if partition == partition_of(first) { "3" } else { "2" };
        assert_eq!(made["number"].as_str(), Some(expected), "{made}");
        let has = |serial: &str| partition == 0 || partition == partition_of(serial);
        assert_eq!(made["left"].as_u64(), Some(u64::from(has(first))), "{made}");
        assert_eq!(made["came"].as_u64(), Some(u64::from(has(second))), "{made}");
        assert_eq!(made["stayed"].as_u64(), Some(0), "{made}");
    }
    let (other, pin) = (sandbox.folder("other"), sandbox.text("pin"));
    let latest = |more: &[&str]| {
        let mut arguments = vec!["crl", "--ca", "root", "--to", &other, "--pin-file", &pin, "--latest"];
        arguments.extend(more);
        sandbox.json(arguments).pop().unwrap()["crl"].as_str().unwrap().to_owned()
    };
    assert_eq!(latest(&[]), "crl-root-2");
    assert_eq!(latest(&["--partition", &number]), format!("crl-root.{number}-3"));
    let refused =
        sandbox.exits(2, ["crl", "--ca", "root", "--to", &other, "--partition", "4", "--pin-file", &pin]);
    assert!(refused.contains("has no partition 4") && refused.contains("from 1 to 3"), "{refused}");
    assert_eq!(sandbox.json(["crl", "list", "--ca", "root"]).len(), 9);
    sandbox.exits(0, ["register", "audit"]);
}

/// A revocation that rows of the past get beside the CRLs that were made after them.
#[test]
fn the_audit_looks_for_each_act_on_the_first_crl_of_its_partition() {
    let sandbox = Sandbox::with_root("crl-partition-audit", "p256");
    divide(&sandbox);
    let parts = devices(&sandbox, "part", 6);
    sandbox.ok(["revoke", "--ca", "root", &parts[0].1, "--reason", "superseded"]);
    crls(&sandbox, &[]);
    sandbox.ok(["revoke", "--ca", "root", &parts[1].1, "--reason", "superseded"]);
    crls(&sandbox, &[]);
    sandbox.exits(0, ["register", "audit"]);
    let file = sandbox.path("home/register.db");
    let sound = fs::read(&file).unwrap();
    // Row 1 is of before the first CRLs, row 2 of before the second.
    for row in [1, 2] {
        let serial = &parts[2].1;
        let earlier = format!(
            "INSERT INTO revocation SELECT 3, entry, authority, \
             (SELECT serial FROM planned WHERE hex(serial) LIKE '%' || upper('{serial}')), act, reason, date, \
             invalidity_date FROM revocation WHERE number = {row}"
        );
        tamper::tamper(&file, &earlier);
        let told = sandbox.exits(5, ["register", "audit"]);
        let missing = |scope: &str| told.contains(&format!("CRL {row}{scope} of root does not say of "));
        assert!(missing(""), "{told}");
        for partition in 1..=PARTITIONS {
            let own = partition == partition_of(serial);
            assert_eq!(missing(&format!(" of partition {partition}")), own, "{partition}: {told}");
        }
        fs::write(&file, &sound).unwrap();
    }
}

#[test]
fn partitions_of_a_plan_that_nobody_approved_have_no_crls() {
    let sandbox = Sandbox::with_root("crl-partition-withdrawn", "p256");
    divide(&sandbox);
    let stick = sandbox.folder("stick");
    let der = Request::named("one").der(&Key::generate(Algorithm::P256));
    fs::write(Path::new(&stick).join("one.csr"), request::pem("CERTIFICATE REQUEST", &der)).unwrap();
    let plan = ["plan", "--ca", "root", "--profile", "device", &stick];
    let planned = sandbox.json(plan).pop().unwrap();
    let alone = |sandbox: &Sandbox| crls(sandbox, &[]).into_keys().collect::<Vec<_>>();
    assert_eq!(alone(&sandbox), [0]);
    sandbox.ok(["withdraw", planned["plan"].as_str().unwrap(), "--reason", "the URI was mistyped"]);
    assert_eq!(alone(&sandbox), [0]);
    let pin = sandbox.text("pin");
    let one = ["crl", "--ca", "root", "--to", &stick, "--partition", "1", "--pin-file", &pin];
    assert!(sandbox.exits(2, one).contains("not divided among CRLs"));
    // Planned again, and approved: they have their numbers.
    sandbox.issue("root", "device", &[&stick], &sandbox.folder("out"), &[]);
    assert_eq!(alone(&sandbox), (0..=PARTITIONS).collect::<Vec<_>>());
    sandbox.exits(0, ["register", "audit"]);
}

/// Makes a CRL of a register that somebody changed, which is refused, and puts the register back.
#[track_caller]
fn refused_after(sandbox: &Sandbox, change: &str, scope: &[&str], words: &str) {
    let file = sandbox.path("home/register.db");
    let sound = fs::read(&file).unwrap();
    tamper::tamper(&file, change);
    let (out, pin) = (sandbox.folder("refused"), sandbox.text("pin"));
    let mut arguments = vec!["crl", "--ca", "root", "--to", &out, "--pin-file", &pin];
    arguments.extend(scope);
    let said = sandbox.exits(5, arguments);
    assert!(said.contains(words), "{change}: {said}");
    fs::write(&file, sound).unwrap();
}

#[test]
fn a_crl_is_not_made_of_points_certificates_and_crls_that_were_changed_beside_the_register() {
    let sandbox = Sandbox::with_root("crl-partition-changed", "p256");
    divide(&sandbox);
    let parts = devices(&sandbox, "part", 6);
    let (_, serial) = &parts[0];
    let number = partition_of(serial).to_string();
    let scope = ["--partition", &number];
    let whole = "no entry of the journal binds the plan";
    let last_octet =
        |column: &str| format!("{column} = CAST(substr({column}, 1, length({column}) - 1) || X'7A' AS BLOB)");
    let moved = format!("UPDATE crl_partition SET {} WHERE idx = {number}", last_octet("point"));
    refused_after(&sandbox, &moved, &scope, whole);
    crls(&sandbox, &[]);
    sandbox.ok(["revoke", "--ca", "root", serial, "--reason", "keyCompromise"]);
    // With another distribution point the certificate would be on no partition's CRL.
    let tbs: Vec<u8> = {
        let register = rusqlite::Connection::open(sandbox.path("home/register.db")).unwrap();
        register
            .query_row("SELECT tbs FROM planned WHERE hex(serial) LIKE '%' || upper(?1)", [serial], |row| {
                row.get(0)
            })
            .unwrap()
    };
    let (before, after) = (format!("{number}.crl"), "9.crl");
    let at = tbs.windows(before.len()).position(|window| window == before.as_bytes()).expect("its point");
    let second = format!("/p{number}");
    let at_second = tbs.windows(second.len()).position(|window| window == second.as_bytes()).unwrap();
    let mut other = tbs.clone();
    other[at..at + after.len()].copy_from_slice(after.as_bytes());
    other[at_second + second.len() - 1] = b'9';
    let elsewhere = format!("UPDATE planned SET tbs = X'{}' WHERE tbs = X'{}'", hex(&other), hex(&tbs));
    refused_after(&sandbox, &elsewhere, &scope, whole);
    // A CRL that was taken away would have its number given out twice.
    crls(&sandbox, &[]);
    let newest =
        "(SELECT max(crl_issued.crl) FROM crl_issued JOIN crl ON crl.number = crl WHERE partition = 0)";
    let taken = format!(
        "CREATE TEMP TABLE gone AS SELECT {newest} AS crl; \
         DELETE FROM crl_delivery WHERE crl IN (SELECT crl FROM gone); \
         DELETE FROM crl_part WHERE crl IN (SELECT crl FROM gone); \
         DELETE FROM crl_issued WHERE crl IN (SELECT crl FROM gone); \
         DELETE FROM crl WHERE number IN (SELECT crl FROM gone);"
    );
    refused_after(&sandbox, &taken, &[], "made a CRL of root that is not in it");
    assert_eq!(crls(&sandbox, &[])[&0].1["number"].as_str(), Some("3"));
    sandbox.exits(0, ["register", "audit"]);
}

#[test]
fn the_crl_of_a_partition_has_no_brokers_form_before_there_is_a_full_one() {
    let sandbox = Sandbox::with_root("crl-partitions-forms", "p256");
    divide(&sandbox);
    devices(&sandbox, "part", 1);
    let obstacles = || {
        let appliance = Appliance::open_to_read(Home::new(sandbox.path("home"))).unwrap();
        let crl = appliance.latest_crl("root", CrlScope::Partition(1)).unwrap();
        appliance.crl_form_obstacles(&crl).unwrap()
    };
    crls(&sandbox, &["--partition", "1"]);
    let found = obstacles();
    let forms: Vec<Format> = found.iter().map(|obstacle| obstacle.format).collect();
    assert_eq!(forms, [Format::Emqx, Format::Mosquitto]);
    for (obstacle, form) in found.iter().zip(["emqx", "mosquitto"]) {
        let what = format!("CA root has no full CRL yet, which {form} wants");
        assert_eq!(obstacle.what.as_str(), what);
        assert!(obstacle.hint.as_str().contains("make the full CRL first"), "{}", obstacle.hint);
    }
    crls(&sandbox, &[]);
    assert_eq!(obstacles(), []);
}
