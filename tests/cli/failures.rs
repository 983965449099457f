//! Every failure is one pair, the exit code of its class, and nothing on standard output.

use std::{fs, path::Path, process::Stdio};

use crate::{
    bench::{SmallDisk, all_fail, audited, copy, failed, names, requests},
    support::{Sandbox, request, said, secret},
};

#[test]
#[expect(clippy::too_many_lines, reason = "a table of one line a case")]
fn failures_are_a_pair_and_the_code_of_their_class() {
    let sandbox = Sandbox::with_root("cli-failures", "p256");
    requests(&sandbox.folder("stick"), "dev", 2);
    sandbox.folder("out");
    sandbox.folder("empty");
    fs::write(sandbox.path("file"), "not a folder").unwrap();
    secret(&sandbox.path("wrong-pin"), "00000000");
    fs::write(sandbox.path("no-pin"), "\n").unwrap();
    let planned = sandbox.json(["plan", "--ca", "root", "--profile", "device", &sandbox.text("stick")]);
    let plan = planned[0]["plan"].as_str().unwrap();
    let with = |line: &str| line.replace("PLAN", plan);
    all_fail(
        &sandbox,
        &[
            ("nosuch", 2, "unrecognized subcommand"),
            ("plan", 2, "required arguments"),
            ("plan --ca root --profile device --frob stick", 2, "--frob"),
            ("inspect", 2, "required arguments"),
            ("inspect --ca root stick", 2, "--profile"),
            ("ca create x --key dsa --subject /CN=x --days 1", 2, "dsa"),
            ("prove --ca root --for aws --to out", 2, "--code"),
            ("prove --ca root --for aws --code a --csr b --to out", 2, "cannot be used with"),
            ("prove --ca root --for nosuch --code a --to out", 2, "no platform named nosuch"),
            (&with("deliver PLAN --to out --for nosuch"), 2, "nosuch"),
            ("--home nosuch plan --ca root --profile device stick", 2, "there is no home"),
            ("--home nosuch sign x", 2, "there is no home"),
            ("--home nosuch register audit", 2, "there is no home"),
            ("setup --module /nosuch.so --token t", 2, "stands already"),
            ("--home new setup --module rel.so --token t", 2, "not absolute"),
            ("--home new setup --module /nosuch.so --token t", 3, "no such PKCS#11 module"),
            ("token list --module /nosuch.so", 3, "no such PKCS#11 module"),
            ("token check", 2, "no terminal to ask for the user PIN"),
            ("token check --pin-file nosuch", 2, "cannot be read"),
            ("token check --pin-file no-pin", 2, "the user PIN is empty"),
            ("ca create x --key p256 --subject /CN=x --days 0 --pin-file pin", 2, "validity of 0 days"),
            ("ca create x --key p256 --subject= --days 1 --pin-file pin", 2, "the name is empty"),
            (
                "ca create x --key p256 --subject /CN=x --days 10951 --pin-file pin",
                2,
                "more than the profile",
            ),
            ("ca create x --key p256 --subject x --days 1 --pin-file pin", 2, "subject was not taken"),
            (
                "ca create root --key p256 --subject /CN=x --days 1 --pin-file pin",
                2,
                "a CA named root already",
            ),
            ("ca create X! --key p256 --subject /CN=x --days 1 --pin-file pin", 2, "`X!` cannot be a name"),
            (
                "ca request sub --key p256 --subject /CN=x --to nosuch --pin-file pin",
                4,
                "no such file or folder",
            ),
            ("ca show nosuch", 2, "no CA"),
            ("ca install nosuch pin", 2, "no CA named nosuch"),
            ("profile show nosuch", 2, "no profile"),
            ("plan --ca nosuch --profile device stick", 2, "no CA named nosuch"),
            ("plan --ca root --profile nosuch stick", 2, "no profile nosuch"),
            ("plan --ca root --profile device empty", 4, "there are no requests"),
            ("plan --ca root --profile device nosuch", 4, "nosuch: no such file or folder"),
            ("inspect nosuch", 4, "nosuch: no such file or folder"),
            ("sign nosuch", 2, "no plan nosuch"),
            ("approve nosuch --words x", 2, "no plan nosuch"),
            ("register show nosuch", 2, "no plan"),
            ("register list --plan nosuch", 2, "no plan nosuch"),
            (&with("sign PLAN --pin-file pin"), 6, "is not approved"),
            (&with("deliver PLAN --to out --pin-file pin"), 6, "is not signed whole"),
            (&with("approve PLAN --words wrong"), 6, "the words are not those"),
            (
                "issue --ca root --profile device --from stick --to out --yes --pin-file pin",
                6,
                "typed approval",
            ),
            ("issue --ca root --profile device --from stick --to out --pin-file pin", 6, "no terminal"),
            ("issue --ca root --profile nosuch --from stick --to out --pin-file pin", 2, "no profile nosuch"),
            (
                "issue --ca nosuch --profile device --from stick --to out --pin-file pin",
                2,
                "no CA named nosuch",
            ),
            ("verify nosuch --trust pin", 2, "no certificate"),
            ("verify nosuch --trust nosuch", 2, "nosuch"),
        ],
    );
    let plans = sandbox.json(["register", "list"]);
    let root = plans[0]["plan"].as_str().unwrap();
    let words = planned[0]["words"].as_str().unwrap();
    sandbox.ok(["approve", plan, "--words", words]);
    // Each row runs twice, and SoftHSM counts no wrong PINs down to a lock.
    all_fail(
        &sandbox,
        &[
            (&with("approve PLAN --words wrong"), 2, "is approved already; nothing was recorded now"),
            (&with("sign PLAN"), 2, "no terminal to ask for the user PIN"),
            (&with("sign PLAN --pin-file wrong-pin"), 3, "PIN is wrong"),
        ],
    );
    sandbox.ok(["sign", plan, "--pin-file", &sandbox.text("pin")]);
    all_fail(
        &sandbox,
        &[
            (&format!("deliver {root} --to out"), 2, "made the root CA root, which is not delivered"),
            (&with("deliver PLAN --to nosuch"), 4, "no such file or folder"),
            (&with("deliver PLAN --to file"), 4, "not a folder"),
            (&with("deliver PLAN --to out --pin-file wrong-pin"), 3, "PIN is wrong"),
        ],
    );
    assert!(names(&sandbox.text("out")).is_empty());
    sandbox.ok(["deliver", plan, "--to", &sandbox.text("out"), "--pin-file", &sandbox.text("pin")]);
    all_fail(&sandbox, &[(&with("deliver PLAN --to out --pin-file pin"), 4, "exists already")]);
    assert_eq!(names(&sandbox.text("out")), [plan]);
    // What was refused before the token was asked left no key and no name behind.
    let pin = sandbox.text("pin");
    sandbox.ok([
        "ca",
        "create",
        "x",
        "--key",
        "p256",
        "--subject",
        "/CN=x",
        "--days",
        "1",
        "--pin-file",
        &pin,
    ]);
    audited(&sandbox, 4);
}

#[test]
fn strange_configurations_are_told_with_line_and_key() {
    let sandbox = Sandbox::new("cli-configuration");
    let file = sandbox.path("home/authority.toml");
    let sound = fs::read_to_string(&file).unwrap();
    let check = |text: &[u8], what: &str| {
        fs::write(&file, text).unwrap();
        all_fail(
            &sandbox,
            &[
                ("register list", 2, what),
                ("plan --ca root --profile device .", 2, what),
                ("inspect --profile device .", 2, what),
                ("profile list", 2, what),
            ],
        );
    };
    check(
        sound.replace("[token]", "[token]\nfrobnicate = 1").as_bytes(),
        "line 6, column 1: unknown key `frobnicate`",
    );
    check(sound.replace("version = 1", "version = \"1\"").as_bytes(), "line 2, column 11: ");
    check(sound.replace("version = 1", "version = 99").as_bytes(), "line 2, column 11: `version`: 99");
    check(sound.replace("version = 1", "version = ").as_bytes(), "line 2, ");
    check(b"", "`version` is missing");
    check(b"version = 1\n\xff\xfe", "not UTF-8 after octet 12");
    check(&vec![b'#'; 10_000_000], "more than 1048576 octets");
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    all_fail(
        &sandbox,
        &[("register list", 2, "not a regular file"), ("profile list", 2, "not a regular file")],
    );
    fs::remove_dir(&file).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, &file, rustix::fs::Mode::RUSR).unwrap();
    all_fail(&sandbox, &[("register list", 2, "not a regular file")]);
}

#[test]
fn a_register_that_cannot_be_used_is_told_and_left_as_it_is() {
    let sandbox = Sandbox::with_root("cli-register", "p256");
    requests(&sandbox.folder("stick"), "dev", 1);
    let (home, register) = (sandbox.path("home"), sandbox.path("broken/register.db"));
    let plan = "--home broken plan --ca root --profile device stick";
    let check = |break_it: &dyn Fn(&Path), what: &str| {
        copy(&home, &sandbox.path("broken"));
        for beside in ["broken/register.db-wal", "broken/register.db-shm"] {
            let _ = fs::remove_file(sandbox.path(beside));
        }
        break_it(&register);
        let before = register.is_file().then(|| fs::read(&register).unwrap());
        all_fail(&sandbox, &[(plan, 5, what)]);
        if let Some(before) = before {
            assert!(fs::read(&register).unwrap() == before, "{what}: the file was changed");
        }
    };
    check(&|path| fs::remove_file(path).unwrap(), "there is no register at");
    check(&|path| fs::write(path, "hello").unwrap(), "is not a coldsign register");
    check(&|path| fs::write(path, "").unwrap(), "is not a coldsign register");
    check(
        &|path| {
            fs::remove_file(path).unwrap();
            fs::create_dir(path).unwrap();
        },
        "the register cannot be used",
    );
    check(&|path| fs::OpenOptions::new().write(true).open(path).unwrap().set_len(20_000).unwrap(), "damaged");
    // Another process that writes.
    let lock = fs::File::options().write(true).open(sandbox.path("home/register.db-lock")).unwrap();
    lock.lock().unwrap();
    all_fail(
        &sandbox,
        &[("plan --ca root --profile device stick", 5, "another coldsign has the register open")],
    );
    assert!(sandbox.ok(["register", "list"]).contains("root"), "a reader needs no lock");
    drop(lock);
    // A home that cannot be written.
    let Some(disk) = SmallDisk::mount(&sandbox.path("disk"), 4_096) else { return };
    copy(&home, &sandbox.path("disk/home"));
    disk.remount("ro");
    all_fail(&sandbox, &[("--home disk/home plan --ca root --profile device stick", 5, "Read-only")]);
    let output = sandbox.run(["--home", &sandbox.text("disk/home"), "register", "audit"]);
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_home_on_a_full_disk_loses_nothing() {
    let sandbox = Sandbox::with_root("cli-full-home", "p256");
    requests(&sandbox.folder("stick"), "dev", 400);
    let Some(disk) = SmallDisk::mount(&sandbox.path("disk"), 2_048) else { return };
    copy(&sandbox.path("home"), &sandbox.path("disk/home"));
    let home = sandbox.text("disk/home");
    let (stick, pin) = (sandbox.text("stick"), sandbox.text("pin"));
    let run = |arguments: &[&str]| sandbox.run([&["--home", &home, "--json"], arguments].concat());
    let plan = ["plan", "--ca", "root", "--profile", "device", &stick];
    // No octet is left while planning.
    let filler = disk.fill();
    failed(&run(&plan), 5, "full").unwrap();
    fs::remove_file(&filler).unwrap();
    disk.remount("size=8192k");
    assert_eq!(crate::support::lines(&run(&["register", "list"]).stdout).len(), 1, "only the root's plan");
    let planned = crate::support::lines(&run(&plan).stdout).pop().unwrap();
    let (id, words) = (planned["plan"].as_str().unwrap(), planned["words"].as_str().unwrap());
    assert_eq!(planned["accepted"], 400);
    assert!(run(&["approve", id, "--words", words]).status.success());
    disk.fill();
    failed(&run(&["sign", id, "--pin-file", &pin]), 5, "full").unwrap();
    fs::remove_file(&filler).unwrap();
    let signed = crate::support::lines(&run(&["sign", id, "--pin-file", &pin]).stdout).pop().unwrap();
    assert_eq!(signed["issued"], 400);
    let report = crate::support::lines(&run(&["register", "audit"]).stdout).pop().unwrap();
    assert_eq!((&report["clean"], &report["certificates"]), (&true.into(), &401.into()), "{report}");
}

#[test]
fn a_full_or_read_only_medium_keeps_nothing_half_written() {
    let sandbox = Sandbox::with_root("cli-full-medium", "p256");
    requests(&sandbox.folder("stick"), "dev", 60);
    let Some(disk) = SmallDisk::mount(&sandbox.path("disk"), 120) else { return };
    let (to, pin) = (sandbox.text("disk"), sandbox.text("pin"));
    let plan = sandbox.approved("root", "device", &[&sandbox.text("stick")]).id;
    sandbox.ok(["sign", &plan, "--pin-file", &pin]);
    let deliver = || sandbox.run(["--json", "deliver", &plan, "--to", &to, "--pin-file", &pin]);
    failed(&deliver(), 4, "the medium is full").unwrap();
    assert!(names(&to).is_empty(), "{:?}", names(&to));
    disk.remount("ro");
    failed(&deliver(), 4, "the medium is read-only").unwrap();
    // A requested CA, a proof: told before anything is signed.
    let before = fs::read(sandbox.path("home/authority.toml")).unwrap();
    all_fail(
        &sandbox,
        &[
            ("ca request sub --key p256 --subject /CN=sub --to disk --pin-file pin", 4, "read-only"),
            ("prove --ca root --for azure --code ABC --to disk --pin-file pin", 4, "read-only"),
        ],
    );
    assert_eq!(fs::read(sandbox.path("home/authority.toml")).unwrap(), before);
    audited(&sandbox, 61);
    disk.remount("rw,size=8192k");
    assert_eq!(deliver().status.code(), Some(0));
    assert_eq!(names(&to), [plan]);
}

/// Where nobody can hear what is said, the work is done all the same; where a result is lost, the exit code says so.
#[test]
fn output_that_cannot_be_written_ends_no_work_and_loses_no_result_in_silence() {
    let sandbox = Sandbox::with_root("cli-full-output", "p256");
    let full = || Stdio::from(fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    let stick = sandbox.folder("full-stick");
    requests(&stick, "dev", 1);
    let planned = sandbox.json(["plan", "--ca", "root", "--profile", "device", &stick]).pop().unwrap();
    let (plan, words) = (planned["plan"].as_str().unwrap(), planned["words"].as_str().unwrap());
    let deaf = |arguments: &[&str]| {
        let status =
            sandbox.coldsign().args(arguments).stdout(Stdio::null()).stderr(full()).status().unwrap();
        assert_eq!(status.code(), Some(0), "{arguments:?}");
    };
    let (out, pin) = (sandbox.folder("out"), sandbox.text("pin"));
    deaf(&["approve", plan, "--words", words]);
    deaf(&["sign", plan, "--pin-file", &pin]);
    deaf(&["deliver", plan, "--to", &out, "--pin-file", &pin]);
    let serial = sandbox.json(["register", "list", "--plan", plan]).remove(0)["serial"].clone();
    deaf(&["revoke", "--ca", "root", serial.as_str().unwrap(), "--reason", "superseded"]);
    deaf(&["crl", "--ca", "root", "--to", &out, "--pin-file", &pin]);
    assert!(fs::exists(Path::new(&out).join("crl-root-1/crl.der")).unwrap());

    let lost = sandbox.coldsign().args(["register", "export"]).stdout(full()).output().unwrap();
    assert_eq!(lost.status.code(), Some(4), "{}", said(&lost));
    assert!(said(&lost).contains("the results could not be written to standard output"));
}

#[test]
fn slips_about_plans_are_no_faults_of_the_register() {
    let sandbox = Sandbox::with_root("cli-withdraw", "p256");
    let stick = sandbox.folder("stick");
    let der = request::Request::named("one").der(&request::Key::generate(request::Algorithm::P256));
    fs::write(Path::new(&stick).join("one.csr"), request::pem("CERTIFICATE REQUEST", &der)).unwrap();
    let plan = || {
        let planned = sandbox.json(["plan", "--ca", "root", "--profile", "device", &stick]).pop().unwrap();
        planned["plan"].as_str().unwrap().to_owned()
    };
    let (id, pin) = (plan(), sandbox.text("pin"));
    let withdraw = |id: &str| sandbox.exits(2, ["withdraw", id, "--reason", "not wanted"]);
    assert!(sandbox.exits(2, ["withdraw", &id, "--reason", " "]).contains("reason"));
    sandbox.ok(["withdraw", &id, "--reason", "not wanted"]);
    assert!(withdraw(&id).contains("withdrawn"));
    sandbox.exits(6, ["sign", &id, "--pin-file", &pin]);
    sandbox.exits(6, ["approve", &id, "--words", "one two"]);
    let signed = sandbox.issue("root", "device", &[&stick], &sandbox.folder("out"), &[]);
    assert!(withdraw(&signed.planned.id).contains("has signatures"));
    let root = sandbox.json(["register", "list"]).remove(0)["plan"].as_str().unwrap().to_owned();
    withdraw(&root);
    // A number alone is held by any history that is long enough; with its words it is this one.
    let noted = |typed: &str| sandbox.json(["register", "audit", "--noted", typed]).pop().unwrap();
    let there = noted("2");
    assert!(there["noted"].is_null() && there["entry"] == 2, "{there}");
    let words = format!("2 {}", there["words"].as_str().unwrap());
    assert_eq!(noted(&words)["noted"], true);
    let other = "abandon ".repeat(12);
    sandbox.exits(5, ["register", "audit", "--noted", &format!("2 {other}")]);
}
