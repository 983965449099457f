//! What the screens' frame, start and close show of an appliance, on real tokens of `SoftHSM` 2.
//!
//! `SoftHSM` reads its configuration from the environment when it is loaded, so each case runs in a process of its own,
//! which gets the environment of its sandbox.

mod support;

use std::{path::PathBuf, process::Command, sync::Arc};

use coldsign::{
    ceremony::{
        Activation, Appliance, AuditReport, Beginning, Class, CrlApproval, CrlFreshness, CrlOrigin, CrlScope,
        Deeds, DeliveryWanted, Error, Format, HandedOver, HeadSignature, Home, Initialised, Mark, Outcome,
        Pin, PublishedCrls, Rehearsal, Reins, Remaining, RevocationAct, RevocationOrder, TokenState, UserPin,
        Watch, self_check,
    },
    pki::{
        crl::{CrlSerial, Reason},
        fingerprint::Digest,
        platform::Platform,
        time::{DAY_SECONDS, Time},
    },
    token::uri::TokenUri,
};
use support::{
    PIN, Sandbox, TOKEN, files,
    request::{self, Algorithm, Key, Request},
    said,
};
use zeroize::Zeroizing;

/// Set in the process of a case's own.
const CHILD: &str = "COLDSIGN_TEST_APPLIANCE";

/// Runs a case, named as its test, in a process with the sandbox' environment.
fn in_sandbox(case: &str, sandbox: impl FnOnce(&str) -> Sandbox, body: impl FnOnce(Home)) {
    if std::env::var_os(CHILD).is_some() {
        let home = std::env::var_os("COLDSIGN_HOME").expect("the sandbox names its home");
        return body(Home::new(PathBuf::from(home)));
    }
    let sandbox = sandbox(&format!("appliance-{case}"));
    let mut child = Command::new(std::env::current_exe().unwrap());
    sandbox.prepare(&mut child);
    let output = child.args(["--exact", case, "--nocapture"]).env(CHILD, "1").output().unwrap();
    // A name that matches no test would pass without a word.
    assert!(output.status.success() && said(&output).contains("1 passed"), "{}", said(&output));
}

#[test]
fn tells_the_frame_what_it_shows_without_touching_the_token() {
    let sandbox = |name: &str| {
        let sandbox = Sandbox::with_issuing(name, "p256");
        // The token is pulled: nothing that follows may need it.
        std::fs::remove_dir_all(sandbox.path("tokens")).unwrap();
        std::fs::create_dir(sandbox.path("tokens")).unwrap();
        sandbox
    };
    in_sandbox("tells_the_frame_what_it_shows_without_touching_the_token", sandbox, |home| {
        let appliance = Appliance::open_to_read(home).unwrap();
        let overview = appliance.overview().unwrap();
        assert_eq!(overview.rehearsal, Rehearsal::Rehearsal);
        assert_eq!(overview.token_label.as_str(), TOKEN);
        // authority.toml names the token by its label; the keys' own URIs know which device it was.
        let serial = overview.token_serial.unwrap();
        assert_eq!(serial.as_str().len(), 16, "{serial}");
        assert_eq!(overview.authorities, ["root", "issuing"]);
        let words = overview.head.words();
        assert!(words.starts_with(&format!("{} ", overview.head_words)), "{words}");
        assert_eq!(overview.head_words.split(' ').count(), 3);
        assert!(overview.entry > 10, "{}", overview.entry);

        let error = appliance.token_state().unwrap_err();
        assert!(error.to_string().contains("no initialised token"), "{error}");
    });
}

#[test]
fn tells_a_new_home_from_one_in_use() {
    in_sandbox("tells_a_new_home_from_one_in_use", Sandbox::new, |home| {
        let overview = Appliance::open(home).unwrap().overview().unwrap();
        assert_eq!(overview.token_label.as_str(), TOKEN);
        assert_eq!((overview.token_serial, overview.entry), (None, 1));
        assert!(overview.authorities.is_empty());
    });
}

/// A folder with so many requests of fresh keys.
fn stick(sandbox: &Sandbox, name: &str, devices: usize) -> String {
    let folder = sandbox.folder(name);
    for number in 0..devices {
        let der = Request::named(&format!("{name}-{number}")).der(&Key::generate(Algorithm::P256));
        let path = sandbox.path(name).join(format!("{number}.csr"));
        std::fs::write(path, request::pem("CERTIFICATE REQUEST", &der)).unwrap();
    }
    folder
}

#[test]
fn forms_that_cannot_take_a_key_are_told_before_one_is_chosen() {
    let sandbox = |name: &str| {
        let sandbox = Sandbox::with_root(name, "p256");
        let folder = stick(&sandbox, "in", 2);
        sandbox.ok(["plan", "--ca", "root", "--profile", "device", &folder]);
        let der = Request::named("other").der(&Key::generate(Algorithm::Ed25519));
        std::fs::write(sandbox.path("in/9.csr"), request::pem("CERTIFICATE REQUEST", &der)).unwrap();
        sandbox.ok(["plan", "--ca", "root", "--profile", "device", &folder]);
        sandbox
    };
    let case = "forms_that_cannot_take_a_key_are_told_before_one_is_chosen";
    in_sandbox(case, sandbox, |home| {
        let home_folder = home.folder().to_owned();
        let appliance = Appliance::open_to_read(home).unwrap();
        let plans = appliance.closing().unwrap().plans;
        let obstacle = |planned: u64| {
            let plan = plans.iter().find(|plan| plan.planned == planned).expect("the plan");
            let plan = appliance.stored_plan(&plan.id).unwrap();
            let obstacles = appliance.form_obstacles(&plan).unwrap();
            obstacles.into_iter().find(|obstacle| obstacle.format == Format::ApsaraMq)
        };
        assert_eq!(obstacle(2), None, "two of P-256");
        let found = obstacle(3).expect("one of Ed25519");
        let expected = "ApsaraMQ for MQTT takes no device with a key of Ed25519 (9.csr)";
        assert_eq!(found.what.as_str(), expected);
        let requests = found.requests.expect("requests are in the way");
        assert_eq!((requests.first.as_str(), requests.count), ("9.csr", 1));

        // Before there is a plan, an inspection says the same of the requests.
        let folder = home_folder.parent().unwrap().join("in");
        let (mut listener, reins) = (|_| (), Reins::new());
        let mut watch = Watch::new(&mut listener, &reins);
        let of = (&[folder][..], None);
        let inspected = appliance.inspect(("root", "device"), of, &Arc::default(), &mut watch, &mut |_| ());
        let (counts, forms) = inspected.unwrap();
        assert_eq!((counts.accepted, forms.of, forms.looked_at), (3, 3, 3));
        let groups = forms.of_requests();
        let [group] = groups.as_slice() else { panic!("{groups:?}") };
        assert!(group.forms.contains(&"apsaramq") && group.forms.contains(&"aws"), "{group:?}");
        assert_eq!((group.requests.count, group.requests.first.as_str().ends_with("/in/9.csr")), (1, true));
        assert!(found.hint.as_str().ends_with("or leave the form apsaramq out"), "{}", found.hint);
    });
}

#[test]
fn the_files_of_a_proof_are_those_on_its_medium() {
    let sandbox = |name: &str| {
        let sandbox = Sandbox::with_root(name, "p256");
        let (out, pin) = (sandbox.folder("out"), sandbox.text("pin"));
        let given = ["prove", "--ca", "root", "--for", "azure", "--code", "0123456789ABCDEF", "--to", &out];
        sandbox.ok(given.into_iter().chain(["--pin-file", &pin]));
        sandbox
    };
    in_sandbox("the_files_of_a_proof_are_those_on_its_medium", sandbox, |home| {
        let out = home.folder().parent().unwrap().join("out");
        let folder = std::fs::read_dir(&out).unwrap().next().unwrap().unwrap().path();
        let appliance = Appliance::open_to_read(home).unwrap();
        let plan = appliance.stored_plan(folder.file_name().unwrap().to_str().unwrap()).unwrap();
        let files = appliance.proof_files(&plan, Platform::Azure).unwrap();
        assert_eq!(
            files.each_ref().map(|file| file.path.as_str()),
            ["azure/verification.pem", "azure/ca.pem"]
        );
        for file in &files {
            assert_eq!(std::fs::read_to_string(folder.join(&file.path)).unwrap(), file.pem, "{}", file.path);
        }
    });
}

/// Plans in every state, each named by how many certificates it has.
fn with_plans(name: &str) -> Sandbox {
    let sandbox = Sandbox::with_issuing(name, "p256");
    let approved = |devices: usize| {
        let stick = stick(&sandbox, &format!("in-{devices}"), devices);
        sandbox.approved("issuing", "device", &[&stick]).id
    };
    let not_approved = stick(&sandbox, "in-2", 2);
    sandbox.ok(["plan", "--ca", "issuing", "--profile", "device", &not_approved]);
    approved(3);
    let pin = sandbox.text("pin");
    sandbox.ok(["sign", &approved(4), "--pin-file", &pin]);
    let (done, out) = (stick(&sandbox, "in-5", 5), sandbox.folder("out"));
    sandbox.issue("issuing", "device", &[&done], &out, &[]);
    sandbox
}

#[test]
fn a_day_ends_with_a_signed_head() {
    let sandbox = |name: &str| {
        let sandbox = Sandbox::with_issuing(name, "p256");
        let requests = stick(&sandbox, "in", 2);
        sandbox.ok(["plan", "--ca", "issuing", "--profile", "device", &requests]);
        sandbox
    };
    in_sandbox("a_day_ends_with_a_signed_head", sandbox, |home| {
        let mut appliance = Appliance::open(home).unwrap();
        let beginning = appliance.beginning().unwrap();
        let before = appliance.closing().unwrap();
        assert_eq!((before.entry, before.signature), (beginning.entry, HeadSignature::Wanting));
        let pin = Zeroizing::new(PIN.as_bytes().to_vec());
        let mut custodian = |_: &TokenState| Ok(Activation::Pin(Pin::new(pin.clone()).unwrap()));
        let session = appliance.login(&mut custodian).unwrap();
        appliance.sign_newest(&session).unwrap();
        let after = appliance.closing().unwrap();
        assert_eq!((after.entry, after.signature), (before.entry + 1, HeadSignature::Signed));
        let signed = after.checkpoint.unwrap();
        assert_eq!((signed.entry, signed.head), (before.entry, before.head));
        // What is signed is not signed again.
        appliance.sign_newest(&session).unwrap();
        assert_eq!(appliance.closing().unwrap().entry, after.entry);
        let done = appliance.done_since(beginning).unwrap().deeds;
        assert_eq!(done, Deeds { entries: 1, checkpoints: 1, ..Deeds::default() });
        assert!(audit(&appliance).clean());
    });
}

#[test]
fn what_the_token_saw_of_another_copy_meanwhile_is_not_overwritten() {
    let case = "what_the_token_saw_of_another_copy_meanwhile_is_not_overwritten";
    let sandbox = |name: &str| {
        let sandbox = Sandbox::with_issuing(name, "p256");
        let plans = ["in", "in-2"]
            .map(|folder| sandbox.approved("issuing", "device", &[&stick(&sandbox, folder, 1)]).id);
        std::fs::write(sandbox.path("home/plans"), plans.join(" ")).unwrap();
        sandbox
    };
    in_sandbox(case, sandbox, |home| {
        let folder = PathBuf::from(std::env::var_os("COLDSIGN_HOME").unwrap());
        let copy = folder.with_file_name("copy");
        support::disk::copy(&folder, &copy);
        let plans = std::fs::read_to_string(folder.join("plans")).unwrap();
        let (first, second) = plans.split_once(' ').unwrap();

        let mut appliance = Appliance::open(home).unwrap();
        let pin = Zeroizing::new(PIN.as_bytes().to_vec());
        let mut custodian = |_: &TokenState| Ok(Activation::Pin(Pin::new(pin.clone()).unwrap()));
        let session = appliance.login(&mut custodian).unwrap();
        // The copy signs one of the plans while this one stays logged in.
        std::fs::write(copy.join("pin"), PIN).unwrap();
        let sign = |plan: &str| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_coldsign"));
            command.arg("--home").arg(&copy).args(["sign", plan, "--pin-file"]).arg(copy.join("pin"));
            let output = command.output().unwrap();
            assert!(output.status.success(), "{}", said(&output));
        };
        sign(first);

        let behind = |error: Error| assert!(error.to_string().contains("the token has seen"), "{error}");
        let plan = appliance.stored_plan(second).unwrap();
        let (mut listener, reins) = (|_| {}, Reins::new());
        behind(appliance.sign(&plan, &session, &mut Watch::new(&mut listener, &reins)).unwrap_err());
        behind(appliance.sign_newest(&session).unwrap_err());
        drop(session);
        // What it saw of the copy still holds: the copy goes on.
        sign(second);
    });
}

#[test]
fn a_plan_names_the_requests_that_something_was_found_in() {
    let sandbox = |name: &str| {
        let sandbox = Sandbox::with_issuing(name, "p256");
        let (first, out) = (stick(&sandbox, "in", 3), sandbox.folder("out"));
        sandbox.issue("issuing", "device", &[&first], &out, &[]);
        // Two of the keys are certified already, one request is new, one file is none.
        let mixed = sandbox.path(&stick(&sandbox, "mixed", 1));
        for (from, to) in [("0.csr", "old-0.csr"), ("2.csr", "old-2.csr")] {
            std::fs::copy(sandbox.path("in").join(from), mixed.join(to)).unwrap();
        }
        std::fs::write(mixed.join("photo.csr"), "nothing").unwrap();
        sandbox.approved("issuing", "device", &[mixed.to_str().unwrap()]);
        sandbox
    };
    in_sandbox("a_plan_names_the_requests_that_something_was_found_in", sandbox, |home| {
        let appliance = Appliance::open_to_read(home).unwrap();
        let closing = appliance.closing().unwrap();
        let plan = appliance.stored_plan(&closing.plans[0].id).unwrap();
        let (mut listener, reins) = (|_| (), Reins::new());
        let found = appliance.plan_findings(&plan, &mut Watch::new(&mut listener, &reins)).unwrap();
        let said: Vec<(String, Outcome, u64)> =
            found.iter().map(|by| (by.control.to_string(), by.outcome, by.count)).collect();
        let expected = [("csr-form", Outcome::Refused, 1), ("duplicate-in-register", Outcome::Refused, 2)];
        assert_eq!(said, expected.map(|(control, outcome, count)| (control.to_owned(), outcome, count)));
        let sources: Vec<&str> = found[1].requests.iter().map(|one| one.source.as_str()).collect();
        assert_eq!(sources, ["old-0.csr", "old-2.csr"]);
        assert!(found[1].requests[0].message.as_str().contains("certified before"));
        assert!(!found[1].hint.as_str().is_empty());
    });
}

#[test]
fn as_many_files_as_foretold_stand_on_the_medium() {
    in_sandbox("as_many_files_as_foretold_stand_on_the_medium", with_plans, |home| {
        let out = home.folder().parent().unwrap().join("here");
        let mut appliance = Appliance::open(home).unwrap();
        let closing = appliance.closing().unwrap();
        let signed = closing.plans.iter().find(|plan| plan.remaining == Remaining::Delivery).unwrap();
        let plan = appliance.stored_plan(&signed.id).unwrap();
        let pin = Zeroizing::new(PIN.as_bytes().to_vec());
        let mut custodian = |_: &TokenState| Ok(Activation::Pin(Pin::new(pin.clone()).unwrap()));
        let session = appliance.login(&mut custodian).unwrap();
        let obstacles = appliance.form_obstacles(&plan).unwrap();
        let can_be_had = |format: &&Format| obstacles.iter().all(|obstacle| obstacle.format != **format);
        let forms: Vec<&Format> = Format::ALL.iter().filter(can_be_had).collect();
        assert!(forms.len() > 15, "{obstacles:?}");
        for format in forms {
            let (folder, formats) = (format.name(), &[*format]);
            let to = out.join(folder);
            std::fs::create_dir_all(&to).unwrap();
            let foretold = appliance.space(&plan, &to, formats).unwrap().files;
            let (mut listener, reins) = (|_| (), Reins::new());
            let mut watch = Watch::new(&mut listener, &reins);
            let wanted = DeliveryWanted { to: &to, formats, keys: None };
            let delivered = appliance.deliver(&plan, &wanted, &session, &mut watch).unwrap();
            let there = support::files(&to).len() as u64;
            assert_eq!((foretold, delivered.files), (there, there), "{folder}");
        }
    });
}

#[test]
fn closes_with_what_is_left_and_what_is_due() {
    in_sandbox("closes_with_what_is_left_and_what_is_due", with_plans, |home| {
        let appliance = Appliance::open_to_read(home).unwrap();
        let (closing, overview) = (appliance.closing().unwrap(), appliance.overview().unwrap());
        assert_eq!((closing.entry, closing.head), (overview.entry, overview.head));
        assert!(closing.head.matches_words(&closing.words));
        let hash = closing.head.to_string().to_uppercase();
        assert_eq!(closing.qr_text, format!("COLDSIGN/{}/{hash}", closing.entry));

        let plans = closing.plans.iter();
        let plans: Vec<_> = plans.map(|plan| (plan.planned, plan.issued, plan.remaining)).collect();
        let expected = [(2, 0, Remaining::Approval), (3, 0, Remaining::Signing), (4, 4, Remaining::Delivery)];
        assert_eq!(plans, expected);
        assert!(closing.plans.iter().all(|plan| plan.authority == "issuing" && plan.id.starts_with("p-")));

        // The delivery that ended last signed the head before its own checkpoint.
        let signed = closing.checkpoint.unwrap();
        assert_eq!(signed.entry, closing.entry - 1);
        assert_ne!(signed.head, closing.head);
        assert_eq!(closing.signature, HeadSignature::Signed);
        let done = appliance.done_since(Beginning { entry: closing.entry - 4, at: signed.at }).unwrap();
        let handed_over = HandedOver { bundles: 1, ..HandedOver::default() };
        let expected = Deeds { entries: 4, certificates: 5, handed_over, checkpoints: 2, ..Deeds::default() };
        assert_eq!(done.deeds, expected);
        let all = appliance.done_since(Beginning { entry: 0, at: signed.at }).unwrap().deeds;
        assert_eq!((all.entries, all.authorities, all.installed), (closing.entry, 2, 2));
        let report = audit(&appliance);
        assert!(report.clean(), "{:?}", report.findings);
        assert_eq!(
            (report.signed_head, report.checkpoint_keys),
            (Some(signed.entry), vec![signed.key_sha256])
        );

        let ends = |name: &str| appliance.issuer(name).unwrap().certificate().not_after();
        let (root, issuing) = (ends("root"), ends("issuing"));
        let last = |ends: Time, days: i64| ends.plus_seconds(1 - days * DAY_SECONDS);
        let mut expected = vec![
            ("CA root: last day to issue for 3650 days (profile subordinate-ca)", last(root, 3650)),
            ("CA root: end of its certificate", root),
            ("CA issuing: last day to issue for 1825 days (profile device)", last(issuing, 1825)),
            ("CA issuing: end of its certificate", issuing),
        ];
        expected.sort_by_key(|(_, at)| *at);
        let due: Vec<(&str, Time)> = closing.due.iter().map(|due| (due.what.as_str(), due.at)).collect();
        assert_eq!(due, expected);
    });
}

#[test]
fn a_profile_that_a_ca_never_issued_by_says_nothing_of_what_is_due() {
    let sandbox = |name: &str| {
        let sandbox = Sandbox::with_root(name, "p256");
        sandbox.approved("root", "device", &[&stick(&sandbox, "in", 1)]);
        sandbox
    };
    in_sandbox("a_profile_that_a_ca_never_issued_by_says_nothing_of_what_is_due", sandbox, |home| {
        let due = Appliance::open_to_read(home).unwrap().closing().unwrap().due;
        assert_eq!(due[0].what.as_str(), "CA root: last day to issue for 1825 days (profile device)");
    });
}

#[test]
fn tells_what_is_due_of_cas_that_end_soon() {
    let sandbox = |name: &str| {
        let sandbox = Sandbox::new(name);
        let pin = sandbox.text("pin");
        for (ca, days) in [("year", "398"), ("month", "30")] {
            let subject = format!("/CN={ca}");
            let of = ["--key", "p256", "--subject", &subject, "--days", days, "--pin-file", &pin];
            sandbox.ok(["ca", "create", ca].into_iter().chain(of));
        }
        sandbox
    };
    in_sandbox("tells_what_is_due_of_cas_that_end_soon", sandbox, |home| {
        let closing = Appliance::open_to_read(home).unwrap().closing().unwrap();
        let what: Vec<&str> = closing.due.iter().map(|due| due.what.as_str()).collect();
        // What a CA is too short for is due no more; a CA of a month is too short for every profile.
        let expected = [
            "CA year: last day to issue for 397 days (profile server)",
            "CA month: end of its certificate",
            "CA year: end of its certificate",
        ];
        assert_eq!(what, expected);
        // The two roots are signed and installed: nothing is left of them.
        assert!(closing.plans.is_empty(), "{:?}", closing.plans);
    });
}

#[test]
fn checks_itself_beside_an_appliance_at_work() {
    let sandbox = |name: &str| Sandbox::with_root(name, "p256");
    in_sandbox("checks_itself_beside_an_appliance_at_work", sandbox, |home| {
        let appliance = Appliance::open(home.clone()).unwrap();
        let checks = self_check(&home);
        let of = |subject: &str| checks.iter().find(|check| check.subject == subject).unwrap();
        for subject in ["program", "home", "module", "register", "clock"] {
            assert_eq!(of(subject).mark, Mark::Good, "{:?}", of(subject));
        }
        let entry = appliance.overview().unwrap().entry;
        assert!(of("register").found.as_str().starts_with(&format!("entry {entry}, rehearsal, head ")));
        let module = std::fs::read(support::module()).unwrap();
        assert!(of("module").found.as_str().contains(&Digest::of(&module).to_string()));
        // The look at the register dropped no lock of the appliance's own.
        assert!(Appliance::open(home.clone()).is_err());
        drop(appliance);
        assert!(Appliance::open(home).is_ok());
    });
}

#[test]
fn closes_a_home_in_which_nothing_was_done() {
    in_sandbox("closes_a_home_in_which_nothing_was_done", Sandbox::new, |home| {
        let closing = Appliance::open_to_read(home).unwrap().closing().unwrap();
        assert_eq!((closing.entry, closing.checkpoint), (1, None));
        assert_eq!(closing.signature, HeadSignature::NoAuditKey);
        assert!(closing.plans.is_empty() && closing.due.is_empty());
    });
}

fn audit(appliance: &Appliance) -> AuditReport {
    appliance.audit(&mut Watch::new(&mut |_| {}, &Reins::new())).unwrap()
}

#[test]
fn tells_the_token_s_state_without_disturbing_a_log_in() {
    let sandbox = |name: &str| Sandbox::with_root(name, "p256");
    in_sandbox("tells_the_token_s_state_without_disturbing_a_log_in", sandbox, |home| {
        let appliance = Appliance::open(home).unwrap();
        let state = appliance.token_state().unwrap();
        assert_eq!((state.label.as_str(), state.initialised), (TOKEN, Initialised::Yes));
        assert_eq!((state.user_pin_state, state.pin_warning()), (UserPin::Set, None));
        assert_eq!(appliance.overview().unwrap().token_serial.unwrap(), state.serial);

        let pin = Zeroizing::new(PIN.as_bytes().to_vec());
        let mut custodian = |_: &TokenState| Ok(Activation::Pin(Pin::new(pin.clone()).unwrap()));
        let session = appliance.login(&mut custodian).unwrap();
        let key = TokenUri::parse(appliance.configuration().key_uri("root").unwrap()).unwrap();
        for _ in 0..100 {
            appliance.token_state().unwrap();
        }
        // A private key shows itself to those only who are logged in.
        assert!(session.find(&key).is_ok());
    });
}

#[test]
fn a_crl_is_judged_approved_by_its_words_and_foretold() {
    let sandbox = |name: &str| {
        let sandbox = Sandbox::with_issuing(name, "p256");
        // More than there are digits: two begin with the same one.
        let (requests, out) = (stick(&sandbox, "in", 17), sandbox.folder("out"));
        sandbox.issue("issuing", "device", &[&requests], &out, &[]);
        sandbox
    };
    in_sandbox("a_crl_is_judged_approved_by_its_words_and_foretold", sandbox, |home| {
        let out = home.folder().parent().unwrap().join("out");
        let mut appliance = Appliance::open(home.clone()).unwrap();
        let (mut listener, reins) = (|_| (), Reins::new());
        let mut watch = Watch::new(&mut listener, &reins);
        let catalogue = appliance.catalogue(&mut watch).unwrap();
        let rows = appliance.issued_page(&catalogue, 1, 99).unwrap();
        let device = rows.iter().find(|row| row.source.as_str().contains("0.csr")).unwrap();
        // As many digits as only one begins with are enough to find it; it is taken whole.
        let serials = appliance.typed_serials("issuing", &format!(" {} ", &device.serial[..20])).unwrap();
        assert_eq!(serials, appliance.typed_serials("issuing", &device.serial).unwrap());
        assert_eq!(serials[0].to_string(), device.serial);
        // So few digits are a number of their own, which nobody has.
        let few = appliance.typed_serials("issuing", &device.serial[..3]).unwrap();
        assert_eq!(few, [CrlSerial::from_hex(&device.serial[..3]).unwrap()]);
        let order =
            |act| RevocationOrder { authority: "issuing", serials: &serials, act, invalidity_date: None };

        // Judging changes nothing, and judges by the rules that hold when it is recorded.
        let entry = appliance.overview().unwrap().entry;
        let hold = order(RevocationAct::Revoke(Reason::CertificateHold));
        let judged = appliance.judge_revocation(&hold).unwrap();
        assert_eq!(judged.rows[0].subject.as_ref(), Some(&device.subject));
        assert_eq!((judged.rows[0].before, judged.rows.len()), (None, 1));
        let release = appliance.judge_revocation(&order(RevocationAct::Release)).unwrap_err();
        assert!(release.to_string().contains("not on hold"), "{release}");
        let twice = [serials[0], serials[0]];
        let double = RevocationOrder { serials: &twice, ..hold };
        assert!(appliance.judge_revocation(&double).is_err());
        assert!(appliance.judge_revocation(&RevocationOrder { serials: &[], ..hold }).is_err());
        assert_eq!(appliance.overview().unwrap().entry, entry);
        assert_eq!(appliance.revoke(&judged.order()).unwrap(), 1);
        assert!(appliance.judge_revocation(&order(RevocationAct::Release)).is_ok());

        let standing = appliance.crl_standing("issuing", CrlScope::Full).unwrap();
        assert_eq!((standing.freshness, standing.waiting), (CrlFreshness::Never, 1));
        let published = PublishedCrls::default();
        let prepared =
            appliance.prepare_crl("issuing", CrlScope::Full, Some(1), &published, &mut watch).unwrap();
        let shown = appliance.shown_crl(&prepared).unwrap();
        assert_eq!(shown.reasons, [("certificateHold", 1)]);
        let changes = shown.changes.unwrap();
        assert_eq!((changes.stayed, changes.came, changes.left, changes.recorded), (0, 1, 0, 1));
        let (first, what, _) = &changes.recorded_first[0];
        assert_eq!(what, "put on hold");
        assert!(first.subject.is_some(), "it was issued here: {first:?}");
        let words = shown.row.tbs_sha256.words();
        let other = prepared.approve(CrlApproval::Words(&words[..words.len() - 1])).unwrap_err();
        assert_eq!(other.class(), Class::NotApproved);
        let approved = prepared.approve(CrlApproval::Words(&words)).unwrap();

        let pin = Zeroizing::new(PIN.as_bytes().to_vec());
        let mut custodian = |_: &TokenState| Ok(Activation::Pin(Pin::new(pin.clone()).unwrap()));
        let session = appliance.login(&mut custodian).unwrap();
        let issued = appliance.issue_crl(&approved, &session, &mut watch).unwrap();
        assert_eq!(issued.stored().origin, CrlOrigin::Words);
        let forms = [Format::Mosquitto];
        let space = appliance.crl_space(&issued, &out, &forms).unwrap();
        let delivered = appliance.deliver_crl(&issued, &out, &forms, &session, &mut watch).unwrap();
        assert_eq!(space.files, delivered.files);
        let written = files(&out.join(&delivered.folder));
        let written: u64 = written.iter().map(|path| path.metadata().unwrap().len()).sum();
        assert!(written <= space.octets && written > space.octets / 4, "{written} of {}", space.octets);
        assert!(appliance.judge_delivered_crl(&issued, &out, &mut watch).unwrap().is_sound());
        let rows = appliance.crl_rows("issuing", CrlScope::Full).unwrap();
        assert_eq!((rows.len(), rows[0].deliveries, rows[0].origin), (1, 1, CrlOrigin::Words));

        // A CRL of a day is not due soon at once.
        let standing = appliance.crl_standing("issuing", CrlScope::Full).unwrap();
        assert!(matches!(standing.freshness, CrlFreshness::Good(_)), "{standing:?}");
        assert_eq!(standing.waiting, 0);
        let due = appliance.closing().unwrap().due;
        assert_eq!(due[0].what.as_str(), "CA issuing: its next CRL");
        assert!(!self_check(&home).iter().any(|check| check.subject == "CRL"));
        let report = audit(&appliance);
        assert!(report.clean(), "{:?}", report.findings);

        // What was approved by words and handed over is counted, CRL or not, by the closing and by the audit.
        let at = Time::from_rfc3339("2026-11-21T14:03:22Z").unwrap();
        let done = appliance.done_since(Beginning { entry, at }).unwrap().deeds;
        let handed_over = HandedOver { crls: 1, ..HandedOver::default() };
        assert_eq!((done.approvals, done.revocations, done.crls, done.handed_over), (1, 1, 1, handed_over));
        let all = appliance.done_since(Beginning { entry: 0, at }).unwrap().deeds;
        assert_eq!((report.approvals, report.revocations, report.crls), (all.approvals, 1, 1));
        // The subordinate's own certificate was handed over too.
        assert_eq!((report.handed_over, all.handed_over.bundles), (all.handed_over, 2));
    });
}
