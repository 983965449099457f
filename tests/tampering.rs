//! What somebody can do who edits the home's files, names files on the medium, or interrupts: the real binary on a
//! real `SoftHSM`.

mod support;
#[path = "support/tamper.rs"]
mod tamper;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use coldsign::{
    pki::{
        key::{Curve, KeyAlgorithm, RsaScheme},
        name::Name,
        plan::{Facts, RootFields, plan_root},
        profile::{Approval, DuplicateKeys},
        serial::SerialNumber,
        text::is_harmless,
        time::Time,
    },
    register::{Approver, Issuer, NewAuthority, NewPlan, PlanKind, Register},
    token::{
        module::Module,
        pin::{Activation, Pin},
        uri::TokenUri,
    },
};
use support::{modules::softhsm, openssl, openssl_req, succeed};
use zeroize::Zeroizing;

const PIN: &str = "1234abcd";

/// A home with a token of its own.
struct Lab {
    folder: tempfile::TempDir,
    module: PathBuf,
}

impl Lab {
    fn new() -> Self {
        let lab = Self { folder: tempfile::tempdir().expect("a folder"), module: softhsm() };
        let tokens = lab.path("tokens");
        fs::create_dir(&tokens).expect("a folder");
        fs::create_dir(lab.path("out")).expect("a folder");
        let text = format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
            tokens.display()
        );
        fs::write(lab.path("softhsm2.conf"), text).expect("written");
        fs::write(lab.path("pin"), PIN).expect("written");
        let module = lab.module.display().to_string();
        lab.done(&["setup", "--module", &module, "--token", "lab", "--rehearsal"]);
        let listed = lab.done(&["token", "list", "--json"]);
        let slot: serde_json::Value =
            serde_json::from_str(listed.lines().next().expect("a slot")).expect("JSON");
        let slot = slot["slot"].to_string();
        let pin = lab.text("pin");
        lab.done(&[
            "token",
            "init",
            "--slot",
            &slot,
            "--label",
            "lab",
            "--so-pin-file",
            &pin,
            "--pin-file",
            &pin,
        ]);
        lab
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_coldsign"))
            .args(["--home", &self.text("home")])
            .args(arguments)
            .env("SOFTHSM2_CONF", self.path("softhsm2.conf"))
            .output()
            .expect("it runs")
    }

    /// Runs to a good end and returns standard output.
    fn done(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {}\n{said}", output.status);
        String::from_utf8(output.stdout).expect("text")
    }

    /// Runs to a bad end with these words.
    fn fails(&self, arguments: &[&str], code: i32, words: &str) {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(words), "{said:?} does not say {words:?}");
    }

    fn create_root(&self) {
        let pin = self.text("pin");
        let subject = "CN=Lab Root";
        self.done(&[
            "ca",
            "create",
            "root",
            "--key",
            "p256",
            "--subject",
            subject,
            "--days",
            "9000",
            "--pin-file",
            &pin,
        ]);
    }

    fn edit(&self, edit: impl FnOnce(String) -> String) {
        let path = self.path("home/authority.toml");
        let text = fs::read_to_string(&path).expect("a configuration");
        let edited = edit(text.clone());
        assert_ne!(edited, text);
        fs::write(path, edited).expect("written");
    }

    fn openssl(&self, arguments: &[&str]) {
        succeed(openssl(arguments).current_dir(self.folder.path()));
    }

    fn request(&self, name: &str) -> String {
        let (file, key, subject) = (format!("{name}.csr"), format!("{name}.key"), format!("/CN={name}"));
        succeed(openssl_req("-new", &key, &file).args(["-subj", &subject]).current_dir(self.folder.path()));
        self.text(&file)
    }

    /// Plans requests and approves them; the plan's id.
    fn approved(&self, ca: &str, request: &str) -> String {
        let plan = self.done(&["--json", "plan", "--ca", ca, "--profile", "device", request]);
        let plan: serde_json::Value = serde_json::from_str(&plan).expect("JSON");
        let id = plan["plan"].as_str().expect("an id").to_owned();
        self.done(&["approve", &id, "--words", plan["words"].as_str().expect("words")]);
        id
    }
}

fn only_entry(folder: &Path) -> PathBuf {
    let mut entries = fs::read_dir(folder).expect("a folder");
    entries.next().expect("an entry").expect("an entry").path()
}

#[test]
fn arguments_made_of_names_on_a_medium_reach_no_screen_raw() {
    let check = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_coldsign"))
            .args(arguments)
            .env("COLDSIGN_HOME", "/nonexistent/\u{1b}[2Jhome\u{202e}")
            .output()
            .expect("it runs");
        assert!(!output.status.success(), "{arguments:?}");
        for said in [output.stdout, output.stderr] {
            let said = String::from_utf8(said).expect("text");
            assert!(said.chars().all(|c| is_harmless(c) || c == '\n'), "{arguments:?}: {said:?}");
        }
    };
    let hostile = "\u{1b}]0;owned\u{7}\u{202e}gpj";
    check(&["inspect", &format!("--{hostile}")]);
    check(&["inspect", &format!("/nonexistent/{hostile}")]);
    check(&[hostile]);
    check(&["inspect", "x", "--profile", hostile]);
    check(&["ca", "create", "x", "--key", hostile]);
    check(&["ca", "show", hostile]);
    check(&["register", "show", hostile]);
    check(&["profile", "show", hostile]);
    check(&["plan", "--ca", hostile, "--profile", hostile, hostile]);
    check(&["prove", "--ca", hostile, "--for", hostile, "--code", hostile, "--to", hostile]);
    check(&["verify", hostile, "--trust", hostile]);
    check(&["token", "list", "--module", hostile]);
    check(&["setup", "--module", hostile, "--token", hostile]);
}

#[test]
fn a_ca_key_named_as_audit_key_signs_no_checkpoint_and_no_measurement() {
    let lab = Lab::new();
    lab.create_root();
    let pin = lab.text("pin");
    let signed = lab.approved("root", &lab.request("one"));
    lab.done(&["sign", &signed, "--pin-file", &pin]);
    let plan = lab.approved("root", &lab.request("two"));
    lab.edit(|text| {
        let key_of = |section: &str| {
            let (_, rest) = text.split_once(section).expect("a section");
            rest.lines().find(|line| line.starts_with("key = ")).expect("a key").to_owned()
        };
        text.replace(&key_of("[audit]"), &key_of("[authorities.root]"))
    });
    let words = "is the key of CA root";
    lab.fails(&["token", "check", "--pin-file", &pin], 2, words);
    lab.fails(&["deliver", &signed, "--to", &lab.text("out"), "--pin-file", &pin], 2, words);
    lab.fails(&["sign", &plan, "--pin-file", &pin], 2, words);
    assert_eq!(lab.done(&["register", "list", "--plan", &plan]), "");
}

#[test]
fn what_somebody_wrote_into_the_register_is_neither_signed_nor_delivered() {
    let lab = Lab::new();
    lab.create_root();
    let (pin, out, home) = (lab.text("pin"), lab.text("out"), lab.path("home/register.db"));
    let plan = lab.approved("root", &lab.request("one"));
    lab.done(&["sign", &plan, "--pin-file", &pin]);
    let listed = lab.done(&["--json", "register", "list", "--plan", &plan]);
    let listed: serde_json::Value = serde_json::from_str(&listed).expect("JSON");
    let serial = listed["serial"].as_str().expect("a serial number");
    let crl = ["crl", "--ca", "root", "--to", &out, "--pin-file", &pin];
    lab.done(&["revoke", "--ca", "root", serial, "--reason", "keyCompromise"]);

    let sound = fs::read(&home).expect("a register");
    tamper::tamper(&home, "DELETE FROM revocation");
    lab.fails(&crl, 5, "the register is damaged");
    fs::write(&home, &sound).expect("written");
    lab.done(&crl);
    // Long over, says a column; the certificate says otherwise.
    tamper::tamper(&home, "UPDATE planned SET not_after = 1700000000");
    let made = lab.done(&["--json", "crl", "--ca", "root", "--to", &out, "--pin-file", &pin]);
    let made: serde_json::Value = serde_json::from_str(&made).expect("JSON");
    assert_eq!((&made["entries"], &made["left"]), (&1.into(), &0.into()), "{made}");
    lab.fails(&["deliver", &plan, "--to", &out, "--pin-file", &pin], 5, "the register is damaged");
    assert!(!lab.path("out").join(&plan).exists());
    // A form that is asked of each certificate ends where there are no more.
    fs::write(&home, &sound).expect("written");
    tamper::tamper(&home, "DELETE FROM planned WHERE plan = (SELECT number FROM plan WHERE kind = 'batch')");
    let deliver = ["deliver", &plan, "--to", &out, "--for", "aws", "--pin-file", &pin];
    lab.fails(&deliver, 5, "lacks certificates from 1 on");
}

#[test]
fn a_certificate_installed_meanwhile_changes_no_plan() {
    let lab = Lab::new();
    let pin = lab.text("pin");
    let out = lab.text("out");
    lab.done(&[
        "ca",
        "request",
        "sub",
        "--key",
        "p256",
        "--subject",
        "CN=Lab Sub",
        "--to",
        &out,
        "--pin-file",
        &pin,
    ]);
    let request = only_entry(&only_entry(&lab.path("out")));
    let request = request.to_str().expect("text");
    succeed(
        openssl_req("-x509", "root.key", "root.pem")
            .args(["-subj", "/CN=Outer Root", "-days", "4000", "-addext", "keyUsage=critical,keyCertSign"])
            .current_dir(lab.folder.path()),
    );
    fs::write(
        lab.path("ca.ext"),
        "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n\
         subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n",
    )
    .expect("written");
    for file in ["one.pem", "two.pem"] {
        lab.openssl(&[
            "x509",
            "-req",
            "-in",
            request,
            "-CA",
            "root.pem",
            "-CAkey",
            "root.key",
            "-CAcreateserial",
            "-days",
            "3000",
            "-extfile",
            "ca.ext",
            "-out",
            file,
        ]);
    }
    let install = |file: &str| {
        lab.done(&["ca", "install", "sub", &lab.text(file), "--chain", &lab.text("root.pem")]);
    };
    install("one.pem");
    let first = lab.approved("sub", &lab.request("first"));
    let second = lab.approved("sub", &lab.request("second"));
    lab.done(&["sign", &first, "--pin-file", &pin]);
    install("two.pem");
    lab.done(&["sign", &second, "--pin-file", &pin]);
    let one = fs::read_to_string(lab.path("one.pem")).expect("a certificate");
    for plan in [first, second] {
        lab.done(&["deliver", &plan, "--to", &out, "--pin-file", &pin]);
        let bundle = lab.path("out").join(&plan);
        assert_eq!(fs::read_to_string(bundle.join("ca.pem")).expect("the CA"), one);
        lab.done(&["verify", bundle.to_str().expect("text"), "--trust", &lab.text("root.pem")]);
    }
    lab.done(&["register", "audit"]);
}

#[test]
fn a_root_whose_making_was_cut_short_is_finished_by_sign() {
    let lab = Lab::new();
    let pin = lab.text("pin");
    lab.create_root();
    // What stands after a crash between the stored plan and the signature.
    let Some(id) = cut_short(&lab) else { return };
    lab.fails(&["plan", "--ca", "late", "--profile", "device", &lab.request("early")], 2, "no certificate");
    lab.done(&["sign", &id, "--pin-file", &pin]);
    let shown = lab.done(&["ca", "show", "late"]);
    assert!(shown.contains("CN=Late Root"), "{shown}");
    // Once more changes nothing.
    let again = lab.done(&["--json", "sign", &id, "--pin-file", &pin]);
    let again: serde_json::Value = serde_json::from_str(&again).expect("JSON");
    assert_eq!((&again["issued"], &again["accepted"]), (&1.into(), &1.into()));
    let plan = lab.approved("late", &lab.request("dev"));
    lab.done(&["sign", &plan, "--pin-file", &pin]);
    lab.done(&["register", "audit"]);
}

/// Makes a root's key and stores its approved plan, and no more. In a process of its own, because `SoftHSM` reads its
/// configuration from the environment.
fn cut_short(lab: &Lab) -> Option<String> {
    let output = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "cut_short_in_its_own_process", "--nocapture"])
        .env("COLDSIGN_TEST_CUT_SHORT", lab.folder.path())
        .env("SOFTHSM2_CONF", lab.path("softhsm2.conf"))
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let id = said.lines().find_map(|line| line.split_once("plan=")).map(|(_, id)| id.to_owned());
    assert!(id.is_some(), "{said}");
    id
}

#[test]
fn cut_short_in_its_own_process() {
    let Some(folder) = std::env::var_os("COLDSIGN_TEST_CUT_SHORT").map(PathBuf::from) else { return };
    let module = Module::load(&softhsm()).expect("it loads");
    let pin = Pin::new(Zeroizing::new(PIN.as_bytes().to_vec())).expect("a PIN");
    let session = module
        .find(&TokenUri::token("lab"))
        .expect("a token")
        .login(Activation::Pin(pin))
        .expect("a session");
    let key = session.generate(KeyAlgorithm::Ec(Curve::P256), "late").expect("a key");
    let now = Time::from_rfc3339("2026-01-01T00:00:00Z").expect("a moment");
    let fields = RootFields {
        name: Name::from_text("CN=Late Root").expect("a name"),
        public_key: key.public_key().clone(),
        rsa_scheme: RsaScheme::Pkcs1,
        days: 9_000,
        path_length: None,
    };
    let facts = Facts { now, serial: SerialNumber::from_random([9; 20]) };
    let planned = plan_root(&fields, facts).expect("a root");
    let mut register = Register::open(&folder.join("home/register.db")).expect("a register");
    let key_uri = TokenUri::token("lab").with_key(key.id()).to_string();
    let new = NewAuthority { name: "late", key_uri: &key_uri, public_key: key.public_key(), request: None };
    register.add_authority(&new, now).expect("added");
    let new = NewPlan {
        authority: "late",
        kind: PlanKind::Root,
        profile: "root",
        profile_text: "",
        waivers: &[],
        approval: Approval::Typed,
        duplicate_keys: DuplicateKeys::Refuse,
        crl_points: &[],
        block_lists: None,
    };
    let mut writer = register.begin_plan(&new, now).expect("begun");
    writer.add("ca create", None, &planned).expect("added");
    let plan = writer.store(Issuer::OwnKey, now).expect("stored");
    register.approve(&plan, Approver::Command, now).expect("approved");
    println!("plan={}", plan.id);
}

#[test]
fn a_verification_profile_made_to_issue_cas_proves_nothing() {
    let lab = Lab::new();
    lab.create_root();
    lab.edit(|text| {
        let (before, profile) = text.split_once("[profiles.verification]").expect("a profile");
        let (_, ca) = before.split_once("[profiles.subordinate-ca]").expect("a profile");
        let ca = ca.split("\n[").next().expect("a section");
        let after = profile.split_once("\n[").map_or(String::new(), |(_, rest)| format!("\n[{rest}"));
        format!("{before}[profiles.verification]{ca}{after}")
    });
    let request = lab.request("subca");
    let (out, pin) = (lab.text("out"), lab.text("pin"));
    let arguments =
        ["prove", "--ca", "root", "--for", "azure", "--csr", &request, "--to", &out, "--pin-file", &pin];
    lab.fails(&arguments, 2, "is not of the kind");
}
