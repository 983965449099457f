//! Cards, readers and faults that `SoftHSM` does not have, as the program meets them: tests/support/shim.c stands
//! between the program and `SoftHSM` and makes them.

mod support;

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    fs,
    io::{Read as _, Write as _},
    os::unix::ffi::OsStrExt as _,
    path::Path,
    process::Stdio,
};

use support::{
    PIN, Planned, Sandbox, TOKEN, module,
    request::{self, Algorithm, Key, Request},
    secret, shim, tool,
};

/// `CKF_PROTECTED_AUTHENTICATION_PATH`, what a person types on the pad besides.
const PAD: [(&str, &str); 2] = [("SHIM_FLAGS", "100"), ("SHIM_PAD_PIN", PIN)];
/// `CKF_USER_PIN_COUNT_LOW`, `CKF_USER_PIN_FINAL_TRY`, `CKF_USER_PIN_LOCKED`, each with those below it.
const COUNT_LOW: [(&str, &str); 1] = [("SHIM_FLAGS", "10000")];
const FINAL_TRY: [(&str, &str); 1] = [("SHIM_FLAGS", "30000")];
const LOCKED: [(&str, &str); 1] = [("SHIM_FLAGS", "70000")];

const REQUESTS: u64 = 40;

/// A sandbox whose home has the interposer as its module.
struct Lab {
    sandbox: Sandbox,
}

/// How the program ended, and the calls that reached the module.
struct Ended {
    code: Option<i32>,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    calls: Vec<String>,
}

impl Lab {
    /// With a token, a home and no CA.
    fn new(name: &str) -> Self {
        let lab = Self { sandbox: Sandbox::new(name) };
        lab.configure(&module(), shim());
        lab
    }

    /// With a root CA `root` and a plan of [`REQUESTS`] certificates, approved.
    fn approved(name: &str) -> (Self, Planned) {
        let lab = Self { sandbox: Sandbox::with_root(name, "p256") };
        let planned = lab.plan(REQUESTS);
        lab.configure(&module(), shim());
        (lab, planned)
    }

    fn plan(&self, requests: u64) -> Planned {
        let stick = self.sandbox.folder("stick");
        for index in 0..requests {
            let der = Request::named(&format!("device-{index}")).der(&Key::generate(Algorithm::P256));
            let file = Path::new(&stick).join(format!("device-{index:03}.csr"));
            fs::write(file, request::pem("CERTIFICATE REQUEST", &der)).unwrap();
        }
        let planned = self.sandbox.approved("root", "device", &[&stick]);
        assert_eq!((planned.accepted, planned.refused), (requests, 0));
        planned
    }

    /// Replaces the one place where a text stands in authority.toml.
    fn configure(&self, from: &str, to: &str) {
        let path = self.sandbox.path("home/authority.toml");
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from} does not stand in\n{text}");
        fs::write(path, text.replace(from, to)).unwrap();
    }

    fn run(&self, shim: &[(&str, &str)], arguments: &[&str]) -> Ended {
        let shim: Vec<(&str, &OsStr)> = shim.iter().map(|&(name, value)| (name, OsStr::new(value))).collect();
        self.run_raw(&shim, arguments)
    }

    fn run_raw(&self, shim: &[(&str, &OsStr)], arguments: &[&str]) -> Ended {
        let log = self.sandbox.path("calls");
        let _ = fs::remove_file(&log);
        let mut command = self.sandbox.coldsign();
        command.env("SHIM_MODULE", module()).env("SHIM_LOG", &log).envs(shim.iter().copied());
        let output = command.args(arguments).output().unwrap();
        let calls = fs::read_to_string(log).unwrap_or_default();
        Ended {
            code: output.status.code(),
            stdout: output.stdout,
            stderr: output.stderr,
            calls: calls.lines().map(str::to_owned).collect(),
        }
    }

    fn pin_file(&self, name: &str, pin: &str) -> String {
        secret(&self.sandbox.path(name), pin);
        self.sandbox.text(name)
    }

    /// The serial numbers and digests of a plan's issued certificates, as the register has them.
    fn issued(&self, planned: &Planned) -> Vec<(String, String)> {
        let ended = self.run(&[], &["--json", "register", "list", "--plan", &planned.id]).done();
        support::lines(&ended.stdout)
            .iter()
            .map(|row| {
                ["serial", "certificate_sha256"].map(|key| row[key].as_str().expect(key).to_owned()).into()
            })
            .collect()
    }

    /// All that the home keeps, but for what a database writes beside itself while it is open.
    fn kept(&self) -> [Vec<u8>; 2] {
        ["home/authority.toml", "home/register.db"].map(|name| fs::read(self.sandbox.path(name)).unwrap())
    }

    fn audit(&self) {
        let said = self.run(&[], &["register", "audit"]).done();
        assert!(text(&said.stdout).starts_with("clean: "), "{}", text(&said.stdout));
    }
}

impl Ended {
    #[track_caller]
    fn done(self) -> Self {
        assert_eq!(self.code, Some(0), "{}", text(&self.stderr));
        self
    }

    /// Ended with this code, and one pair of what is wrong and what to do.
    #[track_caller]
    fn failed(self, code: i32, wrong: &str, hint: &str) -> Self {
        let said = text(&self.stderr);
        assert_eq!(self.code, Some(code), "{said}");
        let with = |prefix: &str| -> Vec<String> {
            said.lines().filter_map(|line| line.strip_prefix(prefix)).map(str::to_owned).collect()
        };
        let (wrongs, hints) = (with("coldsign: "), with("  to do: "));
        assert_eq!((wrongs.len(), hints.len()), (1, 1), "{said}");
        assert!(wrongs[0].contains(wrong), "{wrong:?} was to stand in {said}");
        assert!(hints[0].contains(hint), "{hint:?} was to stand in {said}");
        self
    }

    fn count(&self, call: &str) -> usize {
        self.calls.iter().filter(|made| *made == call).count()
    }

    /// Every attempt of any kind to log in.
    fn logins(&self) -> Vec<&str> {
        self.calls.iter().map(String::as_str).filter(|call| call.starts_with("C_Login")).collect()
    }
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

const CREATE: [&str; 9] = ["ca", "create", "root", "--key", "p256", "--subject", "CN=Root", "--days", "3650"];

#[test]
fn a_readers_own_pad_takes_the_pin() {
    let lab = Lab::new("faults-pad");
    let ended = lab.run(&PAD, &CREATE).done();
    let said = text(&ended.stderr);
    assert!(said.contains("token coldsign-test: enter the user PIN on the reader's own pad"), "{said}");
    assert_eq!(ended.logins(), ["C_Login pad"]);
    // Planning and approving need no PIN; the sandbox runs them without the interposer's settings.
    lab.configure(shim(), &module());
    let planned = lab.plan(3);
    lab.configure(&module(), shim());
    let ended = lab.run(&PAD, &["sign", &planned.id]).done();
    assert_eq!(ended.logins(), ["C_Login pad"]);
    assert!(text(&ended.stderr).contains("on the reader's own pad"));
    assert_eq!(lab.issued(&planned).len(), 3);
    let out = lab.sandbox.folder("out");
    lab.run(&PAD, &["deliver", &planned.id, "--to", &out]).done();
    // What was typed wrongly on the pad is not asked for again.
    let wrong = [PAD[0], ("SHIM_PAD_PIN", "not the PIN")];
    let ended = lab.run(&wrong, &["token", "check"]).failed(3, "the PIN is wrong", "find out the right PIN");
    assert_eq!(ended.logins(), ["C_Login pad"]);
    lab.audit();
}

#[test]
fn the_tokens_warnings_are_shown_before_the_pin_is_asked_for() {
    let lab = Lab::new("faults-warnings");
    let pin = lab.sandbox.text("pin");
    for (flags, warning) in [
        (COUNT_LOW, "token coldsign-test: a wrong PIN was tried since the last right one\n"),
        (FINAL_TRY, "token coldsign-test: only one try is left before the PIN locks\n"),
    ] {
        let ended = lab.run(&flags, &["token", "check"]).failed(2, "there is no terminal", "--pin-file");
        assert!(text(&ended.stderr).starts_with(warning), "{}", text(&ended.stderr));
        assert_eq!(ended.calls, [""; 0]);
        let listed = lab.run(&flags, &["token", "list"]).done();
        assert!(text(&listed.stdout).contains(warning.split(": ").nth(1).unwrap().trim()));
        assert_eq!(lab.run(&flags, &["token", "check", "--pin-file", &pin]).done().logins(), ["C_Login"]);
    }
}

#[test]
fn a_locked_pin_is_neither_asked_for_nor_tried() {
    let (lab, planned) = Lab::approved("faults-locked");
    let (pin, before) = (lab.sandbox.text("pin"), lab.kept());
    for arguments in [
        &["token", "check"][..],
        &["sign", &planned.id],
        &["sign", &planned.id, "--pin-file", &pin],
        &["ca", "create", "second", "--key", "p256", "--subject", "CN=2", "--days", "9", "--pin-file", &pin],
    ] {
        let ended = lab.run(&LOCKED, arguments).failed(3, "the PIN is locked", "unlock it with the SO PIN");
        assert_eq!(ended.calls, [""; 0], "{arguments:?}");
    }
    assert!(lab.kept() == before);
}

#[test]
fn a_wrong_pin_is_tried_once_and_leaves_nothing_behind() {
    let (lab, planned) = Lab::approved("faults-wrong-pin");
    let (wrong, before) = (lab.pin_file("wrong", "not the PIN"), lab.kept());
    for arguments in [
        &["token", "check", "--pin-file", &wrong][..],
        &["sign", &planned.id, "--pin-file", &wrong],
        &[
            "ca",
            "create",
            "second",
            "--key",
            "p256",
            "--subject",
            "CN=2",
            "--days",
            "9",
            "--pin-file",
            &wrong,
        ],
    ] {
        let ended = lab.run(&[], arguments).failed(3, "the PIN is wrong", "find out the right PIN");
        assert_eq!(ended.calls, ["C_Login"], "{arguments:?}");
    }
    // A PIN that the token cannot have is not tried at all.
    let short = lab.pin_file("short", "123");
    let ended = lab.run(&[], &["sign", &planned.id, "--pin-file", &short]);
    assert_eq!(ended.failed(3, "the PIN has fewer than 4", "no try was used up").calls, [""; 0]);
    assert!(lab.kept() == before);
}

#[test]
fn without_a_pin_and_without_a_terminal_nothing_is_tried() {
    let (lab, planned) = Lab::approved("faults-no-pin");
    for arguments in [&["token", "check"][..], &["sign", &planned.id]] {
        let ended = lab.run(&[], arguments);
        assert_eq!(
            ended.failed(2, "there is no terminal to ask for the user PIN", "--pin-file FILE").calls,
            [""; 0]
        );
    }
    // A PIN on standard input is one line.
    let mut command = lab.sandbox.coldsign();
    command.env("SHIM_MODULE", module()).args(["sign", &planned.id, "--pin-file", "-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{PIN}").unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(lab.issued(&planned).len() as u64, REQUESTS);
}

/// Runs `token check` on a terminal of its own and types this when the PIN is asked for; what the screen shows, and
/// the calls.
fn check_typed(lab: &Lab, shim: &[(&str, &str)], typed: &str, code: i32) -> (String, Vec<String>) {
    let log = lab.sandbox.path("calls");
    let _ = fs::remove_file(&log);
    let mut script = tool("script", "apt-get install bsdutils");
    lab.sandbox.prepare(&mut script);
    script.env("SHIM_MODULE", module()).env("SHIM_LOG", &log).envs(shim.iter().copied());
    script.env("TERM", "xterm").args(["--quiet", "--return", "--echo", "always", "--command"]);
    script.arg(format!("'{}' token check", env!("CARGO_BIN_EXE_coldsign"))).arg("/dev/null");
    let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut keyboard, mut screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut shown = Vec::new();
    let mut octet = [0];
    while !shown.ends_with(b"user PIN of token coldsign-test: ") && screen.read(&mut octet).unwrap() == 1 {
        shown.push(octet[0]);
    }
    keyboard.write_all(typed.as_bytes()).unwrap();
    screen.read_to_end(&mut shown).unwrap();
    drop(keyboard);
    assert_eq!(child.wait().unwrap().code(), Some(code), "{}", text(&shown));
    let calls = fs::read_to_string(log).unwrap_or_default();
    (text(&shown), calls.lines().map(str::to_owned).collect())
}

#[test]
fn a_pin_typed_at_the_prompt_is_not_shown() {
    let lab = Lab::new("faults-prompt");
    let pin = lab.sandbox.text("pin");
    lab.run(&[], &[&CREATE[..], &["--pin-file", &pin]].concat()).done();
    let (shown, calls) = check_typed(&lab, &[], &format!("{PIN}\r"), 0);
    assert!(!shown.contains(PIN) && !shown.contains('*'), "{shown}");
    assert_eq!(calls[0], "C_Login");
    // Mended with backspace, and begun anew with Ctrl-U.
    let (shown, calls) = check_typed(&lab, &FINAL_TRY, &format!("junk\u{15}{PIN}x\u{7f}\r"), 0);
    let warning = shown.find("only one try is left before the PIN locks").expect("the warning");
    assert!(warning < shown.find("user PIN of token").unwrap(), "{shown}");
    assert_eq!(calls[0], "C_Login");
    let (shown, calls) = check_typed(&lab, &[], "not the PIN\r", 3);
    assert!(!shown.contains("not the PIN") && shown.contains("the PIN is wrong"), "{shown}");
    assert_eq!(calls, ["C_Login"]);
    for stop in ["31\u{3}", "31\u{1b}"] {
        let (shown, calls) = check_typed(&lab, &[], stop, 130);
        assert!(shown.contains("stopped by the operator; no PIN was given"), "{shown}");
        assert_eq!(calls, [""; 0]);
    }
}

#[test]
fn what_is_not_there_is_named() {
    let (lab, planned) = Lab::approved("faults-missing");
    let pin = lab.sandbox.text("pin");
    let sign = ["sign", &planned.id, "--pin-file", &pin];
    let home = lab.sandbox.path("home/authority.toml");
    let sound = fs::read_to_string(&home).unwrap();
    let key = |name: &str| -> String {
        let text = fs::read_to_string(&home).unwrap();
        let section = text.split(&format!("[authorities.{name}]")).nth(1).expect("the CA's section");
        let uri = section.split('"').find(|part| part.starts_with("pkcs11:")).expect("the key's URI");
        uri.to_owned()
    };

    lab.configure(shim(), "/nonexistent/module.so");
    lab.run(&[], &sign).failed(3, "/nonexistent/module.so: no such PKCS#11 module", "absolute path");
    fs::write(&home, &sound).unwrap();

    let own = key("root");
    let id = own.rsplit('=').next().unwrap();
    lab.configure(&own, &own.replace(id, "%01%02"));
    let ended =
        lab.run(&[], &sign).failed(3, "token `coldsign-test` has no private key 0102", "the right token");
    assert_eq!(ended.count("C_Sign"), 0);
    fs::write(&home, &sound).unwrap();

    let subject = ["ca", "create", "second", "--key", "p256", "--subject", "CN=Second", "--days", "9"];
    lab.run(&[], &[&subject[..], &["--pin-file", &pin]].concat()).done();
    let (own, other) = (key("root"), key("second"));
    lab.configure(&own, &other);
    let ended = lab.run(&[], &sign).failed(3, "is not the key of the certificate", "correct the key URI");
    assert_eq!(ended.count("C_Sign"), 0);
    fs::write(&home, &sound).unwrap();

    let tokens = lab.sandbox.path("tokens");
    fs::rename(&tokens, lab.sandbox.path("away")).unwrap();
    fs::create_dir(&tokens).unwrap();
    let ended = lab.run(&[], &sign);
    ended.failed(
        3,
        "no token matches `pkcs11:token=coldsign-test`; seen: no initialised token",
        "token list",
    );
    fs::remove_dir(&tokens).unwrap();
    fs::rename(lab.sandbox.path("away"), &tokens).unwrap();

    initialise(&lab, TOKEN, &[]).done();
    let ended = lab.run(&[], &sign).failed(3, "2 tokens match `pkcs11:token=coldsign-test`", "add serial=");
    assert_eq!(ended.calls, [""; 0]);
    assert_eq!(lab.issued(&planned), []);
}

/// Initialises the token in the slot that has none yet.
fn initialise(lab: &Lab, label: &str, shim: &[(&str, &str)]) -> Ended {
    let listed = lab.run(&[], &["--json", "token", "list"]).done();
    let slots = support::lines(&listed.stdout);
    let free = slots.iter().find(|slot| slot["token"]["initialised"] == false).expect("a free slot");
    initialise_in(lab, free["slot"].as_u64().unwrap(), label, shim)
}

fn initialise_in(lab: &Lab, slot: u64, label: &str, shim: &[(&str, &str)]) -> Ended {
    let (slot, pin, so_pin) = (slot.to_string(), lab.sandbox.text("pin"), lab.sandbox.text("so-pin"));
    let options = ["--label", label, "--so-pin-file", &so_pin, "--pin-file", &pin];
    lab.run(shim, &[&["token", "init", "--slot", &slot][..], &options].concat())
}

/// A fault at the 15th signature: what was signed is recorded, and signing again ends with one certificate a request.
fn check_fault(
    lab: &Lab,
    planned: &Planned,
    fault: &str,
    wrong: &str,
    hint: &str,
    recorded: std::ops::Range<usize>,
) {
    let pin = lab.sandbox.text("pin");
    let sign = ["sign", &planned.id, "--pin-file", &pin];
    lab.run(&[("SHIM_FAULT", fault)], &sign).failed(3, wrong, hint);
    let first = lab.issued(planned);
    assert!(recorded.contains(&first.len()), "{fault}: {} are recorded", first.len());
    lab.audit();
    let ended = lab.run(&[], &sign).done();
    // The audit key signs the register's head once.
    let all = usize::try_from(planned.accepted).unwrap();
    assert_eq!(ended.count("C_Sign"), all - first.len() + 1, "{fault}");
    let second = lab.issued(planned);
    let serials: BTreeSet<&String> = second.iter().map(|(serial, _)| serial).collect();
    assert_eq!((second.len(), serials.len()), (all, all), "{fault}");
    assert!(first.iter().all(|certificate| second.contains(certificate)), "{fault}");
    lab.audit();
    // There is nothing left to sign.
    assert_eq!(lab.run(&[], &sign).done().count("C_Sign"), 0);
}

#[test]
fn a_corrupted_signature_stops_the_batch_and_signing_again_finishes_it() {
    let (lab, planned) = Lab::approved("faults-corrupt");
    check_fault(
        &lab,
        &planned,
        "sign 15 corrupt",
        "the token's output for certificate",
        "nothing of it left the appliance",
        14..40,
    );
}

#[test]
fn a_signature_that_is_too_short_stops_the_batch() {
    let (lab, planned) = Lab::approved("faults-short");
    let wrong = "the token returned a signature of 63 octets where P-256 has 64";
    check_fault(&lab, &planned, "sign 15 short", wrong, "before its vendor explains it", 14..40);
}

#[test]
fn a_token_that_is_removed_stops_the_batch() {
    let (lab, planned) = Lab::approved("faults-removed");
    let wrong = "the token was removed or does not answer";
    // CKR_DEVICE_REMOVED, from the 15th signature on.
    check_fault(&lab, &planned, "sign 15 0x32", wrong, "nothing signed is lost", 14..15);
}

#[test]
fn a_session_that_is_lost_stops_the_batch() {
    let (lab, planned) = Lab::approved("faults-session");
    let wrong = "the session with the token is over";
    // CKR_SESSION_HANDLE_INVALID, from the first signature on.
    check_fault(&lab, &planned, "sign 1 0xb3", wrong, "begin the work again", 0..1);
}

#[test]
fn a_head_that_cannot_be_signed_takes_nothing_back_of_what_is_done() {
    let (lab, planned) = Lab::approved("faults-head");
    let (pin, out) = (lab.sandbox.text("pin"), lab.sandbox.folder("out"));
    let sign = ["sign", &planned.id, "--pin-file", &pin];
    let said_so = |ended: &Ended| {
        let said = text(&ended.stderr);
        assert!(
            said.contains("done and recorded, but the register's head is not signed: the token"),
            "{said}"
        );
        assert!(!said.contains("coldsign: "), "it is no failure: {said}");
    };
    // After the last certificate, the head is what the token signs next.
    let after_all = format!("sign {} 0x32", REQUESTS + 1);
    said_so(&lab.run(&[("SHIM_FAULT", &after_all)], &sign).done());
    assert_eq!(lab.issued(&planned).len() as u64, REQUESTS);
    // The same command signs the head alone.
    assert_eq!(lab.run(&[], &sign).done().count("C_Sign"), 1);
    // Of a delivery the manifest is signed first, the head last.
    let deliver = ["deliver", &planned.id, "--to", &out, "--pin-file", &pin];
    let ended = lab.run(&[("SHIM_FAULT", "sign 2 0x32")], &deliver).done();
    said_so(&ended);
    assert!(text(&ended.stdout).contains("read back and compared"), "{}", text(&ended.stdout));
    let folder = format!("{out}/{}", planned.id);
    lab.run(&[], &["verify", &folder, "--trust", &format!("{folder}/root.pem")]).done();
    let register = rusqlite::Connection::open(lab.sandbox.path("home/register.db")).unwrap();
    let deliveries: i64 = register.query_row("SELECT count(*) FROM delivery", [], |row| row.get(0)).unwrap();
    assert_eq!(deliveries, 1, "the delivery is recorded");
    drop(register);
    assert_eq!(lab.run(&[], &sign).done().count("C_Sign"), 1);
    lab.audit();
}

#[test]
fn a_proof_that_is_not_delivered_is_delivered_and_not_issued_anew() {
    let (lab, _) = Lab::approved("faults-proof");
    let (pin, out) = (lab.sandbox.text("pin"), lab.sandbox.folder("out"));
    let prove =
        ["prove", "--ca", "root", "--for", "azure", "--code", "ABC", "--to", &out, "--pin-file", &pin];
    // The certificate, the head, and then the manifest.
    let ended = lab.run(&[("SHIM_FAULT", "sign 3 0x32")], &prove).failed(
        3,
        "the verification certificate is issued, and not delivered",
        "--to DIR --for azure)",
    );
    assert_eq!(fs::read_dir(&out).unwrap().count(), 0);
    let said = text(&ended.stderr);
    let way = said.rsplit("then go on with this plan (coldsign deliver ").next().unwrap();
    let plan = way.split(' ').next().unwrap().to_owned();
    // Without the platform's form there would be no proof in it.
    let formless = ["deliver", &plan, "--to", &out, "--pin-file", &pin];
    lab.run(&[], &formless).failed(2, "no platform's form was asked for", "aws, azure, huawei");
    lab.run(&[], &[&formless[..], &["--for", "azure"]].concat()).done();
    assert!(Path::new(&out).join(&plan).join("azure/verification.pem").exists());
    lab.audit();
}

#[test]
fn a_fault_while_a_root_is_made_is_mended_by_signing_its_plan() {
    let lab = Lab::new("faults-root");
    let pin = lab.sandbox.text("pin");
    let create = [&CREATE[..], &["--pin-file", &pin]].concat();
    let fault = [("SHIM_FAULT", "sign 1 corrupt")];
    lab.run(&fault, &create).failed(
        3,
        "over the root certificate was not taken",
        "finish with coldsign sign p-",
    );
    lab.audit();
    let wrong = "CA root has its key and its plan, but no certificate yet";
    let ended = lab.run(&[], &create).failed(2, wrong, "or with coldsign sign p-");
    assert_eq!(ended.calls, [""; 0]);
    let said = text(&ended.stderr);
    let plan = said.trim_end().rsplit(' ').next().unwrap();
    // The token is still not sound: nothing is recorded, and the way on is the same.
    let sign = ["sign", plan, "--pin-file", &pin];
    lab.run(&[("SHIM_FAULT", "sign 1 0x32")], &sign).failed(
        3,
        "the token was removed",
        "nothing signed is lost",
    );
    lab.run(&[], &sign).done();
    lab.audit();
    lab.run(&[], &create).failed(2, "a CA named root already", "choose another name");
    assert_eq!(lab.run(&[], &sign).done().count("C_Sign"), 0);
    lab.configure(shim(), &module());
    let planned = lab.plan(3);
    lab.configure(&module(), shim());
    lab.run(&[], &["sign", &planned.id, "--pin-file", &pin]).done();
    lab.audit();
}

#[test]
fn keys_that_want_the_pin_for_every_signature_get_it() {
    const ALWAYS: [(&str, &str); 1] = [("SHIM_ALWAYS", "1")];
    let lab = Lab::new("faults-always");
    let pin = lab.sandbox.text("pin");
    let ended = lab.run(&ALWAYS, &[&CREATE[..], &["--pin-file", &pin]].concat()).done();
    assert_eq!((ended.count("C_Login"), ended.count("C_Login context")), (1, ended.count("C_Sign")));
    lab.configure(shim(), &module());
    let planned = lab.plan(12);
    lab.configure(&module(), shim());

    // The token takes the PIN no longer: it is tried no more, by none of the signers.
    let sign = ["sign", &planned.id, "--pin-file", &pin];
    let refused = [("SHIM_FAULT", "context-login 5 0xa0")];
    let ended = lab.run(&refused, &sign).failed(3, "the PIN is wrong", "find out the right PIN");
    assert_eq!((ended.count("C_Login context"), ended.count("C_Sign")), (5, 4));
    assert_eq!(lab.issued(&planned).len(), 4);

    // With the reader's own pad as well.
    let ended = lab.run(&PAD, &["sign", &planned.id]).done();
    assert_eq!(
        (ended.count("C_Login pad"), ended.count("C_Login context"), ended.count("C_Sign")),
        (1, 9, 9)
    );
    assert_eq!(lab.issued(&planned).len(), 12);
    let out = lab.sandbox.folder("out");
    let ended = lab.run(&[], &["deliver", &planned.id, "--to", &out, "--pin-file", &pin]).done();
    assert_eq!(ended.count("C_Login context"), ended.count("C_Sign"));
    lab.run(&[], &["token", "check", "--pin-file", &pin]).done();
    lab.audit();
}

#[test]
fn a_token_initialised_halfway_is_shown_and_finished() {
    let lab = Lab::new("faults-halfway");
    let fault = [("SHIM_FAULT", "init-pin 1 0x31")];
    let ended = initialise(&lab, "half", &fault);
    assert_eq!(ended.calls, ["C_InitToken", "C_Login", "C_InitPIN"]);
    let hint = "run `token init` again for the slot that `token list` now shows it in";
    ended.failed(3, "token `half` is initialised, but its user PIN was not set", hint);

    let listed = text(&lab.run(&[], &["token", "list"]).done().stdout);
    let line = listed.lines().find(|line| line.contains("token half")).unwrap();
    assert!(line.contains("user PIN not set: run token init for this slot"), "{line}");
    let slot: u64 = line.split(' ').nth(1).unwrap().parse().unwrap();
    lab.configure("pkcs11:token=coldsign-test", "pkcs11:token=half");
    let pin = lab.sandbox.text("pin");
    let ended = lab.run(&[], &["token", "check", "--pin-file", &pin]);
    assert_eq!(ended.failed(3, "token `half` has no user PIN yet", "run `token init`").calls, [""; 0]);

    let ended = initialise_in(&lab, slot, "another", &[]);
    assert_eq!(ended.failed(3, "holds the initialised token `half`", "").calls, [""; 0]);
    // Finished without a second C_InitToken.
    let ended = initialise_in(&lab, slot, "half", &[]).done();
    assert_eq!(ended.calls, ["C_Login", "C_InitPIN"]);
    lab.run(&[], &[&CREATE[..], &["--pin-file", &pin]].concat()).done();
    let ended = initialise_in(&lab, slot, "half", &[]);
    assert_eq!(ended.failed(3, "holds the initialised token `half`", "choose a slot").calls, [""; 0]);
}

/// Nothing that moves a cursor, colours or reorders text, and no octets that are no text.
fn check_harmless(octets: &[u8]) {
    let text = std::str::from_utf8(octets).expect("UTF-8");
    let wrong = |c: &char| {
        (c.is_control() && *c != '\n')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    assert_eq!(text.chars().find(wrong), None, "{text:?}");
}

#[test]
fn a_tokens_own_texts_reach_the_terminal_harmless() {
    let lab = Lab::new("faults-texts");
    let pin = lab.sandbox.text("pin");
    for hostile in [
        &b"\x1b[2J\x1b]0;x\x07"[..],
        "\u{202e}tfel\u{2066}\u{200b}".as_bytes(),
        b"\xff\x9b31m\x80",
        b"a\r\n\x08b\x7f",
        "\u{9b}31m\u{85}".as_bytes(),
    ] {
        let shim = [("SHIM_TEXT", OsStr::from_bytes(hostile))];
        // By its new name the token is not the home's: the error lists what is seen.
        for (arguments, code) in [
            (&["token", "list"][..], 0),
            (&["--json", "token", "list"], 0),
            (&["token", "check", "--pin-file", &pin], 3),
        ] {
            let ended = lab.run_raw(&shim, arguments);
            assert_eq!(ended.code, Some(code), "{}", text(&ended.stderr));
            check_harmless(&ended.stdout);
            check_harmless(&ended.stderr);
        }
    }
    // A token that really has such a label, used from the first command to the last.
    let label = "\u{1b}[2J\u{202e}evil\u{7}";
    let ended = initialise(&lab, label, &[]).done();
    check_harmless(&ended.stdout);
    check_harmless(&ended.stderr);
    lab.configure("pkcs11:token=coldsign-test", "pkcs11:token=%1B%5B2J%E2%80%AEevil%07");
    let wrong = lab.pin_file("wrong", "not the PIN");
    for (shim, arguments, code) in [
        (&[][..], [&CREATE[..], &["--pin-file", &pin]].concat(), 0),
        (&COUNT_LOW, vec!["token", "check", "--pin-file", &pin], 0),
        (&[], vec!["token", "check", "--pin-file", &wrong], 3),
        (&[], vec!["token", "check"], 2),
        (&PAD, vec!["token", "check"], 0),
    ] {
        let ended = lab.run(shim, &arguments);
        assert_eq!(ended.code, Some(code), "{}", text(&ended.stderr));
        check_harmless(&ended.stdout);
        check_harmless(&ended.stderr);
    }
}
