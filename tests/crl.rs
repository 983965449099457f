//! Revoking and CRLs with the real program on SoftHSM, judged by OpenSSL and `GnuTLS`; killed between the steps; moved in
//! from `openssl ca`; and of a million entries (`COLDSIGN_LONG=1`; twenty thousand otherwise).

mod support;

use std::{
    fs,
    io::{BufWriter, Write as _},
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use coldsign::{
    ceremony::{
        Appliance, ApprovedCrl, Class, CrlApproval, CrlScope, Home, PublishedCrls, Reins, TokenState, Watch,
        crl_id,
    },
    pki::{
        certificate::Certificate,
        crl::{
            CrlNumber, CrlSerial, Reason, RevokedEntry,
            writer::{self, CrlFields, Extent},
        },
        fingerprint::Digest,
        key::{PublicKey, RsaScheme, WholeMessage},
        pem,
        time::{DAY_SECONDS, Time},
    },
    register::{Head, NewAuthority, Register, StoredCrl},
    token::{
        module::Module,
        pin::{Activation, Pin},
        uri::TokenUri,
    },
};
use support::{
    Delivery, Sandbox, TOKEN,
    disk::{SmallDisk, copy},
    elsewhere::{import_key, openssl_ca},
    long_form, material,
    measured::measured,
    module, openssl, openssl_req,
    request::{self, Algorithm, Key, Request},
    said, shim, succeed, tool,
};

/// Issues certificates for devices 0 to `count` and delivers them.
fn devices(sandbox: &Sandbox, ca: &str, count: u32) -> Delivery {
    let stick = sandbox.folder(&format!("stick-{ca}"));
    for index in 0..count {
        let der = Request::named(&format!("{ca}-{index}")).der(&Key::generate(Algorithm::P256));
        let file = Path::new(&stick).join(format!("{ca}-{index}.csr"));
        fs::write(file, request::pem("CERTIFICATE REQUEST", &der)).unwrap();
    }
    let out = sandbox.folder("out");
    sandbox.issue(ca, "device", &[&stick], &out, &[])
}

/// The serial numbers of a plan, in its order.
fn serials(sandbox: &Sandbox, bundle: &Delivery) -> Vec<String> {
    let rows = sandbox.json(["register", "list", "--plan", &bundle.planned.id]);
    rows.iter().map(|row| row["serial"].as_str().unwrap().to_owned()).collect()
}

fn crl_arguments(sandbox: &Sandbox, ca: &str) -> Vec<String> {
    let (out, pin) = (sandbox.folder("out"), sandbox.text("pin"));
    ["crl", "--ca", ca, "--to", &out, "--pin-file", &pin].map(str::to_owned).into()
}

/// Makes a CRL and delivers it: what was said, and the folder.
fn crl(sandbox: &Sandbox, ca: &str) -> (serde_json::Value, PathBuf) {
    let made = sandbox.json(crl_arguments(sandbox, ca)).pop().expect("crl ends with a summary");
    let folder = PathBuf::from(made["folder"].as_str().expect("a folder"));
    (made, folder)
}

/// What `openssl verify -crl_check` says of a certificate.
fn openssl_status(bundle: &Delivery, crl: &Path, certificate: &Path) -> String {
    let mut verify = openssl(&["verify", "-crl_check", "-x509_strict", "-no-CApath", "-no-CAstore"]);
    verify.arg("-CAfile").arg(bundle.folder.join("root.pem"));
    verify.arg("-untrusted").arg(bundle.folder.join("ca.pem")).arg("-CRLfile").arg(crl).arg(certificate);
    said(&verify.output().unwrap())
}

fn verify(sandbox: &Sandbox, folder: &Path) -> Output {
    let root = folder.join("root.pem");
    let (folder, root) = (folder.to_str().unwrap(), root.to_str().unwrap());
    sandbox.run(["verify", folder, "--trust", root])
}

#[test]
fn openssl_and_gnutls_see_what_is_revoked_and_what_is_not() {
    let sandbox = Sandbox::with_issuing("crl", "p256");
    for (ca, key) in [("rsa", "rsa2048"), ("p384", "p384"), ("ed", "ed25519")] {
        sandbox.root(ca, key);
    }
    for ca in ["issuing", "rsa", "p384", "ed"] {
        let bundle = devices(&sandbox, ca, 4);
        let serials = serials(&sandbox, &bundle);
        // Colons, capitals and zeros in front are how other programs show a serial number.
        let spelled = format!("00:{}", serials[0].to_uppercase());
        sandbox.ok([
            "revoke",
            "--ca",
            ca,
            &spelled,
            "--reason",
            "keyCompromise",
            "--invalidity-date",
            "2026-01-01T00:00:00Z",
        ]);
        sandbox.ok(["revoke", "--ca", ca, &serials[1], &serials[2], "--reason", "certificateHold"]);
        let (made, folder) = crl(&sandbox, ca);
        assert_eq!((made["number"].as_str(), made["entries"].as_u64()), (Some("1"), Some(3)), "{made}");
        sandbox.ok(["revoke", "--ca", ca, &serials[1], "--release"]);
        let (made_again, latest) = crl(&sandbox, ca);
        assert_eq!(made_again["left"].as_u64(), Some(1), "{made_again}");
        let left = fs::read_to_string(latest.join("left.csv")).unwrap();
        assert_eq!(left, format!("serial,why\n{},released\n", serials[1]));

        for (folder, revoked) in [(&folder, [true, true, true, false]), (&latest, [true, false, true, false])]
        {
            let (der, pem) = (folder.join("crl.der"), folder.join("crl.pem"));
            let mut check = openssl(&["crl", "-noout", "-inform", "DER", "-in"]);
            let checked = succeed(check.arg(&der).arg("-CAfile").arg(folder.join("ca.pem")));
            assert!(checked.contains("verify OK"), "{ca}: {checked}");
            for (index, is_revoked) in revoked.into_iter().enumerate() {
                let certificate = bundle.file("certs", &format!("{ca}-{index}.pem"));
                let status = openssl_status(&bundle, &pem, &certificate);
                let expected = if is_revoked { "certificate revoked" } else { ": OK" };
                assert!(status.contains(expected), "{ca} {index}: {status}");
            }
            let mut certtool = tool("certtool", "apt-get install gnutls-bin");
            certtool.arg("--verify-crl").arg("--load-ca-certificate").arg(folder.join("ca.pem"));
            let judged = succeed(certtool.arg("--infile").arg(&pem));
            assert!(judged.contains("Verified"), "{ca}: {judged}");
            let verdict = verify(&sandbox, folder);
            assert!(verdict.status.success(), "{ca}: {}", said(&verdict));
        }
        let shown = sandbox.json(["crl", "show", latest.join("crl.pem").to_str().unwrap()]);
        assert_eq!(shown.len(), 3, "{shown:?}");
        assert_eq!(sandbox.json(["crl", "list", "--ca", ca]).len(), 2);
    }
    sandbox.exits(0, ["register", "audit"]);
}

#[test]
fn a_ca_signs_its_crls_as_it_signs_certificates() {
    let sandbox = Sandbox::new("crl-pss");
    let algorithm = |ca: &str| {
        let (_, folder) = crl(&sandbox, ca);
        let mut show = openssl(&["crl", "-noout", "-text", "-inform", "DER", "-in"]);
        let shown = succeed(show.arg(folder.join("crl.der")).arg("-CAfile").arg(folder.join("ca.pem")));
        assert!(shown.contains("verify OK"), "{ca}: {shown}");
        let verdict = verify(&sandbox, &folder);
        assert!(verdict.status.success(), "{ca}: {}", said(&verdict));
        shown.lines().find(|line| line.contains("Signature Algorithm")).unwrap().trim().to_owned()
    };
    sandbox.root("plain", "rsa2048");
    let path = sandbox.path("home/authority.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("rsa-scheme = \"pkcs1\"", "rsa-scheme = \"pss\"")).unwrap();
    sandbox.root("pss", "rsa2048");
    // The key signs as it signed its certificate, whatever is configured since.
    assert_eq!(algorithm("plain"), "Signature Algorithm: sha256WithRSAEncryption");
    assert_eq!(algorithm("pss"), "Signature Algorithm: rsassaPss");
    sandbox.exits(0, ["register", "audit"]);
}

#[test]
fn says_what_is_wrong_with_what_is_asked() {
    let sandbox = Sandbox::with_root("crl-refused", "p256");
    let bundle = devices(&sandbox, "root", 1);
    let serial = serials(&sandbox, &bundle).pop().unwrap();
    let refused = |arguments: &[&str], words: &str| {
        let printed = sandbox.exits(2, arguments);
        assert!(printed.contains(words), "{arguments:?}: {printed}");
    };
    refused(&["revoke", "--ca", "root", "01", "--reason", "superseded"], "issued no certificate 01");
    refused(
        &["revoke", "--ca", "root", &serial, "--reason", "removeFromCRL"],
        "there is no reason removeFromCRL",
    );
    refused(&["revoke", "--ca", "root", &serial, "--reason", "keycompromise"], "there is no reason");
    refused(&["revoke", "--ca", "root", &serial], "--reason");
    refused(&["revoke", "--ca", "root", "xyz", "--release"], "xyz is no serial number");
    refused(&["revoke", "--ca", "nobody", &serial, "--release"], "there is no CA named nobody");
    refused(&["revoke", "--ca", "root", &serial, "--release"], "is not on hold");
    let out = sandbox.folder("out");
    refused(&["crl", "--ca", "root", "--to", &out, "--days", "0"], "give --days from 1 to 7299");
    refused(&["crl", "--ca", "root", "--to", &out, "--days", "7300"], "the CA ends at");
    refused(&["crl", "--ca", "root", "--to", &out, "--days", "0"], "it would be due at once");
    refused(&["crl", "--ca", "root", "--to", &out, "--latest"], "has no CRL that was made here yet");
    // A wrong PIN leaves no CRL behind.
    fs::write(sandbox.path("wrong"), "999999\n").unwrap();
    let wrong = sandbox.text("wrong");
    sandbox.exits(3, ["crl", "--ca", "root", "--to", &out, "--pin-file", &wrong]);
    assert!(register(&sandbox).unsigned_crl("root", CrlScope::Full).unwrap().is_none());
    let (made, folder) = crl(&sandbox, "root");
    assert_eq!(made["number"].as_str(), Some("1"));
    // Serial numbers out of a file; a folder that stands is not written over.
    fs::write(sandbox.path("serials"), format!("\n{serial}\r\n")).unwrap();
    sandbox.ok(["revoke", "--ca", "root", "--from", &sandbox.text("serials"), "--reason", "superseded"]);
    let shown = sandbox.json(["register", "show", &serial]);
    assert_eq!(
        (shown[0]["state"].as_str(), shown[0]["reason"].as_str()),
        (Some("revoked"), Some("superseded"))
    );
    sandbox.exits(4, ["crl", "--ca", "root", "--to", &out, "--latest"]);
    fs::remove_dir_all(&folder).unwrap();
    let pin = sandbox.text("pin");
    let again = sandbox.json(["crl", "--ca", "root", "--to", &out, "--latest", "--pin-file", &pin]);
    assert_eq!(again[0]["sha256"], made["sha256"]);
    sandbox.exits(0, ["register", "audit"]);
}

#[test]
fn verify_sees_every_alteration_of_a_delivered_crl() {
    let sandbox = Sandbox::with_root("crl-altered", "p256");
    let bundle = devices(&sandbox, "root", 2);
    let serials = serials(&sandbox, &bundle);
    let (_, older) = crl(&sandbox, "root");
    sandbox.ok(["revoke", "--ca", "root", &serials[0], "--reason", "superseded"]);
    let (_, folder) = crl(&sandbox, "root");
    let good = verify(&sandbox, &folder);
    assert!(good.status.success(), "{}", said(&good));
    for file in support::files(&folder) {
        let octets = fs::read(&file).unwrap();
        let mut bent = octets.clone();
        let at = bent.len() / 2;
        bent[at] ^= 1;
        fs::write(&file, &bent).unwrap();
        let name = file.file_name().unwrap().to_str().unwrap();
        let verdict = if name == "root.pem" {
            // The receiver's own copy of the root is another file.
            sandbox.run([
                "verify",
                folder.to_str().unwrap(),
                "--trust",
                older.join("root.pem").to_str().unwrap(),
            ])
        } else {
            verify(&sandbox, &folder)
        };
        assert_eq!(verdict.status.code(), Some(1), "{name}: {}", said(&verdict));
        fs::write(&file, &octets).unwrap();
    }
    // An older CRL under the newer name is not what the manifest says.
    let newer = fs::read(folder.join("crl.der")).unwrap();
    fs::copy(older.join("crl.der"), folder.join("crl.der")).unwrap();
    let verdict = said(&verify(&sandbox, &folder));
    assert!(verdict.contains("another number") && verdict.contains("crl.pem is not crl.der"), "{verdict}");
    fs::write(folder.join("crl.der"), newer).unwrap();
    fs::write(folder.join("more"), "x").unwrap();
    assert!(said(&verify(&sandbox, &folder)).contains("file-extra"));
    fs::remove_file(folder.join("more")).unwrap();
    assert!(verify(&sandbox, &folder).status.success());
}

fn register(sandbox: &Sandbox) -> Register {
    Register::open_to_read(&sandbox.path("home/register.db")).unwrap()
}

/// From now on the shim stands before the token.
fn through_shim(sandbox: &Sandbox) {
    let path = sandbox.path("home/authority.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace(&module(), shim())).unwrap();
}

/// Makes a CRL of CA root and delivers it, with the shim told what to do.
fn crl_through_shim(sandbox: &Sandbox, (variable, value): (&str, &str)) -> Output {
    let mut command = sandbox.coldsign();
    command.env("SHIM_MODULE", module()).env(variable, value).args(crl_arguments(sandbox, "root"));
    command.output().unwrap()
}

#[test]
fn a_crl_that_the_token_cannot_sign_is_not_stored() {
    let sandbox = Sandbox::with_root("crl-unsignable", "p256");
    through_shim(&sandbox);
    // CKM_ECDSA; SoftHSM has none that hashes by itself.
    let refused = crl_through_shim(&sandbox, ("SHIM_LACKS", "1041"));
    assert_eq!(refused.status.code(), Some(3), "{}", said(&refused));
    assert!(
        said(&refused).contains("the token cannot sign with P-256 keys in this way"),
        "{}",
        said(&refused)
    );
    assert_eq!(register(&sandbox).unsigned_crl("root", CrlScope::Full).unwrap(), None);
    let made = crl_through_shim(&sandbox, ("SHIM_FAULT", ""));
    assert!(made.status.success(), "{}", said(&made));
    sandbox.exits(0, ["register", "audit"]);
}

/// Waits until the token has signed, for the shim's log says so, does something, and lets the token go on.
fn once_signed<T>(log: &Path, go_on: &Path, act: impl FnOnce() -> T) -> T {
    let began = std::time::Instant::now();
    while !fs::read_to_string(log).is_ok_and(|calls| calls.contains("C_Sign")) {
        assert!(began.elapsed().as_secs() < 50, "the token was not asked");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let done = act();
    fs::write(go_on, "").unwrap();
    done
}

#[test]
fn a_disk_that_fills_while_a_crl_is_signed_still_takes_the_signature() {
    let sandbox = Sandbox::with_root("crl-disk", "p256");
    through_shim(&sandbox);
    let (folder, log, go_on) = (sandbox.path("disk"), sandbox.path("calls"), sandbox.path("go-on"));
    let Some(disk) = SmallDisk::mount(&folder, 24 * 1_024) else { return };
    let home = folder.join("home");
    copy(&sandbox.path("home"), &home);
    let mut command = sandbox.coldsign();
    command.env("COLDSIGN_HOME", &home).env("SHIM_MODULE", module()).env("SHIM_LOG", &log);
    command.env("SHIM_FAULT", "sign 1 wait").env("SHIM_WAIT", &go_on);
    command.args(crl_arguments(&sandbox, "root")).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    once_signed(&log, &go_on, || disk.fill());
    let output = child.wait_with_output().unwrap();
    let register = Register::open_to_read(&home.join("register.db")).unwrap();
    assert_eq!(register.unsigned_crl("root", CrlScope::Full).unwrap(), None, "{}", said(&output));
    assert!(register.latest_crl("root", CrlScope::Full).unwrap().is_some());
}

/// The environment variable that turns the test below into the one who signs, and says what is in the way then.
const HOLDER: &str = "COLDSIGN_TEST_CRL_HOLDER";

/// The same CRL, once it is stored, as it would be signed now.
fn approved(appliance: &mut Appliance) -> ApprovedCrl {
    let (mut quiet, reins, published) = (|_| {}, Reins::new(), PublishedCrls::default());
    let mut watch = Watch::new(&mut quiet, &reins);
    let prepared = appliance.prepare_crl("root", CrlScope::Full, None, &published, &mut watch).unwrap();
    prepared.approve(CrlApproval::Command).unwrap()
}

#[test]
fn a_crl_that_the_register_cannot_take_stays_in_hand_and_is_not_signed_anew() {
    let case = "a_crl_that_the_register_cannot_take_stays_in_hand_and_is_not_signed_anew";
    if let Ok(way) = std::env::var(HOLDER) {
        return hold_a_crl(&way);
    }
    // What is in the way of signing keeps nothing from being recorded: a copy that signed meanwhile, or no token at all.
    for way in ["nothing", "another copy", "no token"] {
        let sandbox = Sandbox::with_root("crl-in-hand", "p256");
        through_shim(&sandbox);
        let mut child = Command::new(std::env::current_exe().unwrap());
        sandbox.prepare(&mut child);
        child.env(HOLDER, way).env("SHIM_MODULE", module()).env("SHIM_FAULT", "sign 1 wait");
        child.env("SHIM_LOG", sandbox.path("calls")).env("SHIM_WAIT", sandbox.path("go-on"));
        let output = child.args(["--exact", case, "--nocapture"]).output().unwrap();
        assert!(output.status.success() && said(&output).contains("1 passed"), "{way}: {}", said(&output));
        sandbox.exits(0, ["register", "audit"]);
    }
}

fn hold_a_crl(way: &str) {
    let path = |variable: &str| PathBuf::from(std::env::var_os(variable).unwrap());
    let (home, log, go_on) = (path("COLDSIGN_HOME"), path("SHIM_LOG"), path("SHIM_WAIT"));
    let mut appliance = Appliance::open(Home::new(home.clone())).unwrap();
    let pin = zeroize::Zeroizing::new(support::PIN.as_bytes().to_vec());
    let mut custodian = |_: &TokenState| Ok(Activation::Pin(Pin::new(pin.clone()).unwrap()));
    let session = appliance.login(&mut custodian).unwrap();
    let first = approved(&mut appliance);
    let register = home.join("register.db");
    let file = register.clone();
    let locker = std::thread::spawn(move || {
        // Another program writes into the file and does not end.
        once_signed(&log, &go_on, || {
            let connection = rusqlite::Connection::open(file).unwrap();
            connection.execute_batch("BEGIN IMMEDIATE").unwrap();
            connection
        })
    });
    let (mut quiet, reins) = (|_| {}, Reins::new());
    let mut watch = Watch::new(&mut quiet, &reins);
    let failed = appliance.issue_crl(&first, &session, &mut watch).unwrap_err();
    assert_eq!(failed.class(), Class::Register, "{failed}");
    drop(locker.join().unwrap());
    let calls = || fs::read_to_string(path("SHIM_LOG")).unwrap().matches("C_Sign").count();
    assert_eq!(calls(), 1);
    let held = approved(&mut appliance);
    let label = Register::open_to_read(&register).unwrap().mark_label();
    let another = Head { entry: 1_000_000, hash: Digest::of(b"another copy") };
    let (issued, signatures) = match way {
        "another copy" => {
            session.keep_mark(&label, &another.to_mark()).unwrap();
            (appliance.issue_crl(&held, &session, &mut watch).unwrap(), 1)
        }
        "no token" => {
            drop(session);
            (appliance.record_crl_in_hand(&held).unwrap().expect("it is in hand"), 1)
        }
        // The other signature is that of the register's head.
        _ => (appliance.issue_crl(&held, &session, &mut watch).unwrap(), 2),
    };
    assert_eq!(issued.stored(), held.prepared().stored());
    assert_eq!(calls(), signatures, "{way}");
    let recorded = Register::open_to_read(&register).unwrap().latest_crl("root", CrlScope::Full).unwrap();
    assert_eq!(recorded.map(|crl| crl.sha256()), Some(issued.sha256()), "{way}");
    assert!(appliance.record_crl_in_hand(&held).unwrap().is_none());
}

/// The process is killed before and after each signature that the token makes: of the CRL, of the register's head, of the
/// manifest. Whatever was stored is signed as it is, under its number, and no number is given twice.
#[test]
fn a_killed_process_signs_the_same_octets_again() {
    let sandbox = Sandbox::with_root("crl-killed", "p256");
    let bundle = devices(&sandbox, "root", 12);
    let mut serials = serials(&sandbox, &bundle);
    through_shim(&sandbox);
    let run = |fault: &str| crl_through_shim(&sandbox, ("SHIM_FAULT", fault));
    let mut numbers = Vec::new();
    for signature in 1..=4 {
        for kind in ["die-before", "die-after"] {
            let serial = serials.pop().unwrap();
            sandbox.ok(["revoke", "--ca", "root", &serial, "--reason", "superseded"]);
            let killed = run(&format!("sign {signature} {kind}"));
            assert_eq!(killed.status.signal(), Some(9), "{signature} {kind}: {}", said(&killed));
            sandbox.exits(0, ["register", "audit"]);
            let (waiting, latest) = {
                let register = register(&sandbox);
                (
                    register.unsigned_crl("root", CrlScope::Full).unwrap(),
                    register.latest_crl("root", CrlScope::Full).unwrap(),
                )
            };
            // The first signature is that of the CRL.
            assert_eq!(waiting.is_some(), signature == 1, "{signature} {kind}");
            // What is revoked meanwhile does not get onto a CRL that is stored.
            if waiting.is_some() {
                let meanwhile = serials.pop().unwrap();
                sandbox.ok(["revoke", "--ca", "root", &meanwhile, "--reason", "superseded"]);
            }
            let done = run("");
            assert!(done.status.success(), "{signature} {kind}: {}", said(&done));
            let issued = register(&sandbox).latest_crl("root", CrlScope::Full).unwrap().unwrap();
            match waiting {
                // It is signed as it is, and out of date: the next one is handed over.
                Some(waiting) => {
                    let all = register(&sandbox).issued_crls("root").unwrap();
                    assert_eq!(*all[all.len() - 2].stored(), waiting);
                    let folder = |crl: &StoredCrl| sandbox.path("out").join(crl_id(crl));
                    assert!(!folder(&waiting).exists() && folder(issued.stored()).exists());
                }
                None => {
                    assert!(
                        issued.stored().number > latest.and_then(|latest| latest.stored().number.clone())
                    );
                }
            }
        }
    }
    for issued in register(&sandbox).issued_crls("root").unwrap() {
        numbers.push(issued.stored().number.clone().unwrap().to_string());
    }
    let expected: Vec<String> = (1..=numbers.len()).map(|number| number.to_string()).collect();
    assert_eq!(numbers, expected);
    sandbox.exits(0, ["register", "audit"]);
}

#[test]
fn a_ca_of_openssl_moves_in() {
    let sandbox = Sandbox::with_root("crl-moved", "p256");
    let elsewhere = openssl_ca(&sandbox);
    let ca = Certificate::parse(&pem::certificates(&fs::read(elsewhere.join("ca.pem")).unwrap()).unwrap()[0])
        .unwrap();
    {
        let mut register = Register::open(&sandbox.path("home/register.db")).unwrap();
        adopt(&mut register, "elsewhere", &ca, ca.public_key(), ca.not_before());
    }
    let path = |name: &str| elsewhere.join(name).to_str().unwrap().to_owned();
    let import = ["crl", "import", "--ca", "elsewhere", &path("crl.pem"), "--list", &path("index.txt")]
        .map(str::to_owned);
    // Nothing is taken of a list that says something else, or of a CRL of another CA.
    let index = fs::read_to_string(path("index.txt")).unwrap();
    fs::write(path("index.txt"), index.replace(",keyCompromise", ",nonsense")).unwrap();
    assert!(sandbox.exits(2, &import).contains("line 1 of the list"));
    fs::write(path("index.txt"), &index).unwrap();
    let mut foreign = import.clone();
    foreign[3] = "root".to_owned();
    assert!(sandbox.exits(2, &foreign).contains("not one of this CA"));
    let taken = sandbox.json(&import).pop().unwrap();
    assert_eq!((taken["entries"].as_u64(), taken["listed"].as_u64()), (Some(2), Some(5)), "{taken}");
    sandbox.exits(2, &import);
    let listed = sandbox.json(["crl", "list", "--ca", "elsewhere"]);
    assert_eq!((listed[0]["number"].as_str(), listed[0]["origin"].as_str()), (Some("255"), Some("imported")));
    // What others made is not handed over as if it had been made here.
    let out = sandbox.folder("out");
    let latest = sandbox.exits(2, ["crl", "--ca", "elsewhere", "--to", &out, "--latest"]);
    assert!(latest.contains("has no CRL that was made here yet"), "{latest}");
    sandbox.ok(["revoke", "--ca", "elsewhere", "03", "--reason", "superseded"]);
    sandbox.ok(["revoke", "--ca", "elsewhere", "02", "--release"]);
    let refused = sandbox.exits(2, ["revoke", "--ca", "elsewhere", "01", "--release"]);
    assert!(refused.contains("is revoked already (keyCompromise)"), "{refused}");
    sandbox.exits(2, ["revoke", "--ca", "elsewhere", "06", "--reason", "superseded"]);
    sandbox.exits(0, ["register", "audit"]);
}

/// Other people's CRLs: those with an algorithm that signs nothing any more, with more than one CRL in a file, or of a part
/// of the certificates are refused for that reason; the others are read to their end.
#[test]
fn reads_the_crls_of_others_or_says_why_not() {
    let Some(corpus) = material("COLDSIGN_CORPUS", "../shared/corpus") else { return };
    let (mut counts, mut parts) = ([0; 4], 0);
    for path in support::files(&corpus.join("vectors/crl-mbedtls")) {
        let name = path.file_name().unwrap().to_str().unwrap();
        let mut entries = 0_u64;
        let read = coldsign::ceremony::read_crl_file(&path, &mut |_| entries += 1);
        // What OpenSSL reads of it, where it reads anything.
        let mut shown = openssl(&["crl", "-noout", "-text", "-in"]);
        let shown = said(&shown.arg(&path).output().unwrap());
        let algorithm = shown.lines().find(|line| line.contains("Signature Algorithm")).unwrap_or_default();
        let algorithm = algorithm.to_lowercase();
        let which = match read {
            Ok(crl) => {
                assert_eq!(crl.end.entries, entries, "{name}");
                let listed = shown.lines().filter(|line| line.trim().starts_with("Serial Number:")).count();
                assert_eq!(listed as u64, entries, "{name}");
                assert!(crl.end.number.is_none() || shown.contains("X509v3 CRL Number"), "{name}");
                let critical = shown.contains("Issuing Distribution Point: critical");
                assert_eq!(crl.end.point.is_some(), critical, "{name}");
                parts += u32::from(critical);
                0
            }
            Err(error) if error.to_string().contains("signature algorithm is not supported") => {
                // SHA-1, MD5, SHA-224; or PSS with a salt that is not as long as the hash.
                let weak = ["sha1", "sha224", "md5", "rsassapss"];
                assert!(weak.iter().any(|word| algorithm.contains(word)), "{name}: {shown}");
                1
            }
            Err(error) if error.to_string().contains("issuingDistributionPoint") => {
                // RFC 5280 §5.2.5: it has to be critical.
                assert!(shown.contains("Issuing Distribution Point: \n"), "{name}: {shown}");
                2
            }
            Err(error) => {
                assert!(name.contains("crl_cat") || name.contains("malformed"), "{name}: {error}");
                let words =
                    if name.contains("badpem") { "its PEM is malformed" } else { "another PEM object" };
                assert!(error.to_string().contains(words), "{name}: {error}");
                3
            }
        };
        counts[which] += 1;
    }
    println!("read, weak, of a part that is not critical, malformed: {counts:?}; of a part: {parts}");
    let [read, weak, not_critical, malformed] = counts;
    assert!(read > 8 && weak > 1 && malformed > 1 && counts.iter().sum::<u32>() > 30, "{counts:?}");
    assert_eq!((parts, not_critical), (1, 1));
}

#[test]
fn a_ca_whose_key_may_not_sign_crls_signs_none() {
    let sandbox = Sandbox::with_root("crl-not-signing", "p256");
    let folder = PathBuf::from(sandbox.folder("elsewhere"));
    succeed(
        openssl_req("-x509", "ca.key", "ca.pem")
            .args(["-subj", "/CN=No CRLs", "-days", "3650", "-addext", "keyUsage=critical,keyCertSign"])
            .current_dir(&folder),
    );
    let octets = fs::read(folder.join("ca.pem")).unwrap();
    let ca = Certificate::parse(&pem::certificates(&octets).unwrap()[0]).unwrap();
    let mut register = Register::open(&sandbox.path("home/register.db")).unwrap();
    adopt(&mut register, "mute", &ca, ca.public_key(), ca.not_before());
    drop(register);
    let out = sandbox.folder("out");
    for arguments in [
        vec!["revoke", "--ca", "mute", "01", "--reason", "superseded"],
        vec!["crl", "--ca", "mute", "--to", &out],
        vec!["crl", "import", "--ca", "mute", "latest.crl", "--list", "index.txt"],
    ] {
        let printed = sandbox.exits(2, &arguments);
        assert!(printed.contains("does not let its key sign CRLs"), "{arguments:?}: {printed}");
    }
}

/// Records a CA whose key is not in this token.
fn adopt(register: &mut Register, name: &str, certificate: &Certificate, key: &PublicKey, now: Time) {
    let new = NewAuthority { name, key_uri: "pkcs11:token=elsewhere;id=%01", public_key: key, request: None };
    register.add_authority(&new, now).unwrap();
    register.install_certificate(name, certificate, &[], now).unwrap();
}

/// A CRL of a million entries: taken over, planned, signed, delivered and verified, all of it in pieces.
#[test]
fn a_crl_of_a_million_entries_streams() {
    let count: u32 = if long_form() { 1_000_000 } else { 20_000 };
    let sandbox = Sandbox::with_root("crl-million", "p256");
    let (crl_path, index_path) = (sandbox.text("large.crl"), sandbox.text("index.txt"));
    write_large(&sandbox, count, &crl_path, &index_path);
    let import = ["crl", "import", "--ca", "root", &crl_path, "--list", &index_path].map(str::to_owned);
    let imported = measured(&sandbox, &import).mib;
    let made = measured(&sandbox, &crl_arguments(&sandbox, "root")).mib;
    let folder = sandbox.path("out/crl-root-8");
    let verified = {
        let root = folder.join("root.pem");
        let arguments =
            ["verify", folder.to_str().unwrap(), "--trust", root.to_str().unwrap()].map(str::to_owned);
        measured(&sandbox, &arguments).mib
    };
    println!("{count} entries: import {imported} MiB, crl {made} MiB, verify {verified} MiB at most");
    // The register's page cache is 32 MiB; what was imported is sorted in memory, 48 octets an entry.
    assert!(imported < 128 && made < 224 && verified < 64, "{imported} {made} {verified}");
    let mut check = openssl(&["crl", "-noout", "-inform", "DER", "-in"]);
    let checked = succeed(check.arg(folder.join("crl.der")).arg("-CAfile").arg(folder.join("ca.pem")));
    assert!(checked.contains("verify OK"), "{checked}");
    let listed = sandbox.json(["crl", "list", "--ca", "root"]);
    assert_eq!(listed[1]["entries"].as_u64(), Some(u64::from(count)));
    sandbox.exits(0, ["register", "audit"]);
}

/// A CRL number 7 of `count` entries, signed by the token's key as another program would have, and the list for it.
fn write_large(sandbox: &Sandbox, count: u32, crl_path: &str, index_path: &str) {
    let shown = sandbox.json(["ca", "show", "root"]);
    let begins = Time::from_rfc3339(shown[0]["not_before"].as_str().unwrap()).unwrap();
    let (certificate, uri) = {
        let record = register(sandbox).authority("root").unwrap().unwrap();
        (record.certificate.unwrap().0, record.key_uri)
    };
    let entries = || {
        (1..=count).map(move |number| RevokedEntry {
            serial: CrlSerial::from_octets(&[&[0x10; 12][..], &number.to_be_bytes()].concat()).unwrap(),
            date: begins,
            reason: Reason::Superseded,
            invalidity_date: None,
        })
    };
    let mut extent = Extent::default();
    for entry in entries() {
        extent.add(&entry);
    }
    let algorithm = certificate.public_key().signing_algorithm(RsaScheme::Pkcs1);
    let number = CrlNumber::from_octets(&[7]).unwrap();
    let fields = CrlFields {
        algorithm,
        issuer: certificate.subject().der(),
        key_identifier: certificate.subject_key_identifier().unwrap(),
        this_update: begins,
        next_update: begins.plus_seconds(DAY_SECONDS),
        number: &number,
        point: None,
    };
    let frame = writer::frame(&fields, extent).unwrap();
    let tbs_path = sandbox.path("large.tbs");
    let mut tbs = BufWriter::new(fs::File::create_new(&tbs_path).unwrap());
    tbs.write_all(&frame.before).unwrap();
    for entry in entries() {
        tbs.write_all(&writer::entry(&entry)).unwrap();
    }
    tbs.write_all(&frame.behind).unwrap();
    tbs.flush().unwrap();
    let signature = token_signature(sandbox, &uri, &tbs_path);
    let tbs = fs::read(&tbs_path).unwrap();
    let envelope = writer::envelope(algorithm, tbs.len() as u64, &signature).unwrap();
    fs::write(crl_path, [envelope.before, tbs, envelope.behind].concat()).unwrap();
    let mut list = BufWriter::new(fs::File::create_new(index_path).unwrap());
    let date = begins.to_string().replace(['-', ':', 'T'], "")[2..].to_owned();
    for entry in entries() {
        writeln!(list, "R\t400101000000Z\t{date},superseded\t{}\tunknown\t/CN=device", entry.serial).unwrap();
    }
    list.flush().unwrap();
}

/// The environment variable that turns the test below into the one who signs.
const SIGNER: &str = "COLDSIGN_TEST_CRL_SIGNER";

/// Has the CA's key sign octets with this digest, as another program would; `SoftHSM` finds its configuration in the
/// environment, so another process does it.
fn token_signature(sandbox: &Sandbox, uri: &str, tbs: &Path) -> Vec<u8> {
    let result = sandbox.path("signature");
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "signs_for_the_test_of_a_million", "--nocapture"])
        .env("SOFTHSM2_CONF", sandbox.path("softhsm2.conf"))
        .env(SIGNER, format!("{uri}\n{}\n{}", tbs.display(), result.display()))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    fs::read(result).unwrap()
}

#[test]
fn signs_for_the_test_of_a_million() {
    let Ok(task) = std::env::var(SIGNER) else { return };
    let lines: Vec<&str> = task.lines().collect();
    let uri = TokenUri::parse(lines[0]).unwrap();
    let token = Module::load(Path::new(&module())).unwrap().find(&uri).unwrap();
    let pin = Pin::new(zeroize::Zeroizing::new(support::PIN.as_bytes().to_vec())).unwrap();
    let session = token.login(Activation::Pin(pin)).unwrap();
    let key = session.find(&uri).unwrap();
    let algorithm = key.public_key().signing_algorithm(RsaScheme::Pkcs1);
    let message = WholeMessage::of(algorithm, &fs::read(lines[1]).unwrap());
    let signature = session.signer(&key, algorithm).unwrap().sign_message(&message).unwrap();
    fs::write(lines[2], signature).unwrap();
}

/// The words of a statement that was shown.
fn words_of(said: &str) -> String {
    let (_, words) = said.split_once("words:\n").expect("words");
    words.lines().take(3).collect::<Vec<_>>().join(" ")
}

fn adopt_arguments(sandbox: &Sandbox, elsewhere: &Path, words: Option<&str>) -> Vec<String> {
    let (certificate, pin) = (elsewhere.join("ca.pem"), sandbox.text("pin"));
    let key = format!("pkcs11:token={TOKEN};id=%77");
    let mut arguments: Vec<String> = ["ca", "adopt", "elsewhere", "--key", &key, "--pin-file", &pin]
        .into_iter()
        .chain(["--certificate", certificate.to_str().unwrap(), "--origin", "openssl ca on host old, 2026"])
        .map(str::to_owned)
        .collect();
    arguments.extend(words.into_iter().flat_map(|words| ["--words".to_owned(), words.to_owned()]));
    arguments
}

/// Other words adopt nothing; what is proposed is told to scripts, too; a key in another token is not looked for in this one.
fn nothing_else_is_adopted(sandbox: &Sandbox, elsewhere: &Path, words: &str) {
    let other = words.replacen(' ', " not ", 1);
    sandbox.exits(6, adopt_arguments(sandbox, elsewhere, Some(&other)));
    let proposed =
        sandbox.run([vec!["--json".to_owned()], adopt_arguments(sandbox, elsewhere, None)].concat());
    let proposed = support::lines(&proposed.stdout).remove(0);
    assert_eq!(
        (&proposed["adopted"], proposed["words"].as_str().unwrap().split(' ').collect::<Vec<_>>()),
        (&false.into(), words.split_whitespace().collect()),
        "{proposed}"
    );
    assert_eq!(proposed["root_words"].as_str().unwrap().split(' ').count(), 12, "{proposed}");
    assert!(proposed["not_promised"].as_array().unwrap().contains(&"CKA_LOCAL".into()), "{proposed}");
    let mut foreign = adopt_arguments(sandbox, elsewhere, Some(words));
    "pkcs11:token=another;id=%77".clone_into(&mut foreign[4]);
    assert!(sandbox.exits(2, foreign).contains("in another token than this home's"));
}

#[test]
fn a_ca_of_openssl_moves_in_with_its_key_and_goes_on_here() {
    let sandbox = Sandbox::with_root("crl-adopted", "p256");
    let elsewhere = openssl_ca(&sandbox);
    import_key(&sandbox, &elsewhere.join("ca.key"), "77");
    let before = fs::read(sandbox.path("home/authority.toml")).unwrap();

    // First it is told what cannot be promised; without its words, or with others, nothing is recorded.
    let told = sandbox.exits(6, adopt_arguments(&sandbox, &elsewhere, None));
    for text in [
        "cannot promise that there is no copy of the key",
        "CKA_NEVER_EXTRACTABLE",
        "cannot promise that nobody ever saw the key in the clear",
        "CKA_ALWAYS_SENSITIVE",
        "cannot promise that the key was made in it",
        "CKA_LOCAL",
        "nothing was recorded",
        "root: CN=Elsewhere",
        "root's words: ",
        "from: openssl ca on host old, 2026",
    ] {
        assert!(told.contains(text), "{text:?} is not in {told}");
    }
    let words = words_of(&told);
    nothing_else_is_adopted(&sandbox, &elsewhere, &words);
    assert_eq!(sandbox.json(["ca", "list"]).len(), 1);
    assert_eq!(fs::read(sandbox.path("home/authority.toml")).unwrap(), before);
    // The words stand for the origin, too.
    let mut renamed = adopt_arguments(&sandbox, &elsewhere, Some(&words));
    let origin = renamed.iter().position(|argument| argument.starts_with("openssl ca on")).unwrap();
    renamed[origin] = "a token of another house".to_owned();
    sandbox.exits(6, &renamed);
    let mut renamed = adopt_arguments(&sandbox, &elsewhere, Some(&words));
    renamed[2] = "other".to_owned();
    sandbox.exits(6, &renamed);
    // Until then the check of the token tells of the key.
    let check = || sandbox.json(["token", "check", "--pin-file", &sandbox.text("pin")]).remove(0);
    assert_eq!(check()["loose_keys"][0]["algorithm"], "P-256");
    let adopted = sandbox.run(adopt_arguments(&sandbox, &elsewhere, Some(&words)));
    assert!(adopted.status.success(), "{}", said(&adopted));
    assert_eq!(check()["loose_keys"], serde_json::json!([]));
    sandbox.exits(2, adopt_arguments(&sandbox, &elsewhere, Some(&words)));
    // Under another name it is the same key: that is said before anything is asked.
    renamed[2] = "again".to_owned();
    assert!(sandbox.exits(2, &renamed).contains("CA elsewhere has this key already"));

    // From then on it is told wherever the CA is.
    let listed = sandbox.json(["ca", "list"]);
    assert!(listed[0]["key_from_outside"].is_null(), "{listed:?}");
    let origin = listed[1]["key_from_outside"].as_str().unwrap();
    assert!(origin.contains("openssl ca on host old, 2026") && origin.contains("CKA_LOCAL"), "{origin}");
    assert!(said(&sandbox.run(["ca", "show", "elsewhere"])).contains("KEY FROM OUTSIDE since"));
    let audit = sandbox.json(["register", "audit"]).pop().unwrap();
    assert_eq!(audit["keys_from_outside"], serde_json::json!(["elsewhere"]));
    let checked = check();
    let key = checked["keys"].as_array().unwrap().iter().find(|key| key["ca"] == "elsewhere").unwrap();
    assert_eq!((&key["found"], &key["key_from_outside"]), (&true.into(), &origin.into()), "{checked}");

    // Its CRL and its list come with it; the next CRL is signed here, and others take it for the one that follows.
    let path = |name: &str| elsewhere.join(name).to_str().unwrap().to_owned();
    let unknown = "revoked before it moved in is not known here";
    assert!(sandbox.exits(2, crl_arguments(&sandbox, "elsewhere")).contains(unknown));
    let revoke = ["revoke", "--ca", "elsewhere", "03", "--reason", "superseded"];
    assert!(sandbox.exits(2, revoke).contains(unknown));
    let none = sandbox.exits(2, ["crl", "import", "--ca", "elsewhere", "--none", "another"]);
    assert!(none.contains("name was not typed"), "{none}");
    let index = fs::read_to_string(path("index.txt")).unwrap();
    let short = sandbox.path("short.txt");
    fs::write(&short, "").unwrap();
    let import = ["crl", "import", "--ca", "elsewhere", &path("crl.pem"), "--list", short.to_str().unwrap()];
    assert!(sandbox.exits(2, import).contains("names no certificate"));
    let (first, _) = index.split_once('\n').unwrap();
    fs::write(&short, format!("{first}\n")).unwrap();
    sandbox.ok(import);
    assert!(sandbox.exits(2, revoke).contains("issued no certificate"));
    sandbox.ok(["crl", "import", "--ca", "elsewhere", "--list", &path("index.txt")]);
    sandbox.ok(["revoke", "--ca", "elsewhere", "03", "--reason", "superseded"]);
    let told = said(&sandbox.run(crl_arguments(&sandbox, "elsewhere")));
    assert!(told.contains("KEY FROM OUTSIDE"), "{told}");
    assert!(told.contains("2 stay, 1 come, 0 leave"), "{told}");
    let crl = sandbox.path("out/crl-elsewhere-256/crl.pem");
    let text = succeed(openssl(&["crl", "-noout", "-text", "-in"]).arg(&crl));
    for entry in
        ["Serial Number: 01", "Serial Number: 02", "Serial Number: 03", "Key Compromise", "Superseded"]
    {
        assert!(text.contains(entry), "{entry} is not in {text}");
    }
    for (number, revoked) in [(1, true), (2, true), (3, true), (4, false), (5, false)] {
        let mut verify = openssl(&["verify", "-crl_check", "-no-CApath", "-no-CAstore", "-CAfile"]);
        verify.arg(path("ca.pem")).arg("-CRLfile").arg(&crl).arg(path(&format!("{number}.pem")));
        let said = said(&verify.output().unwrap());
        assert_eq!(said.contains("certificate revoked"), revoked, "{number}: {said}");
        assert_eq!(said.contains(": OK"), !revoked, "{number}: {said}");
    }

    // It issues, and each plan says whose key it is.
    let stick = sandbox.folder("stick");
    let der = Request::named("after-the-move").der(&Key::generate(Algorithm::P256));
    fs::write(Path::new(&stick).join("1.csr"), request::pem("CERTIFICATE REQUEST", &der)).unwrap();
    let planned = sandbox.run(["plan", "--ca", "elsewhere", "--profile", "device", &stick]);
    assert!(said(&planned).contains("KEY FROM OUTSIDE"), "{}", said(&planned));
    let planned = sandbox.json(["plan", "--ca", "elsewhere", "--profile", "device", &stick]).remove(0);
    assert_eq!(planned["key_from_outside"].as_str(), Some(origin), "{planned}");
    let (id, words) = (planned["plan"].as_str().unwrap(), planned["words"].as_str().unwrap());
    sandbox.ok(["approve", id, "--words", words]);
    let signed = sandbox.json(["sign", id, "--pin-file", &sandbox.text("pin")]).remove(0);
    assert_eq!(signed["key_from_outside"].as_str(), Some(origin), "{signed}");
    let made = sandbox.json(crl_arguments(&sandbox, "elsewhere")).remove(0);
    assert_eq!(made["key_from_outside"].as_str(), Some(origin), "{made}");
    let own = sandbox.json(crl_arguments(&sandbox, "root")).remove(0);
    assert!(own["key_from_outside"].is_null(), "{own}");
    sandbox.exits(0, ["register", "audit"]);
}

#[test]
fn a_ca_that_moved_in_is_renewed_rekeyed_and_crossed() {
    let sandbox = Sandbox::with_root("crl-adopted-life", "p256");
    let elsewhere = openssl_ca(&sandbox);
    import_key(&sandbox, &elsewhere.join("ca.key"), "77");
    let words = words_of(&sandbox.exits(6, adopt_arguments(&sandbox, &elsewhere, None)));
    sandbox.ok(adopt_arguments(&sandbox, &elsewhere, Some(&words)));
    let (pin, show) = (sandbox.text("pin"), |ca: &str| sandbox.json(["ca", "show", ca]).remove(0));
    let before = show("elsewhere");
    let device = elsewhere.join("4.pem");
    let holds = |trust: &str, between: &[&str]| {
        let mut verify = openssl(&["verify", "-x509_strict", "-partial_chain", "-no-CApath", "-no-CAstore"]);
        verify.args(["-trusted", trust]);
        for file in between {
            verify.args(["-untrusted", file]);
        }
        assert!(succeed(verify.arg(&device)).contains(": OK"));
    };

    // The same key under a further certificate is still a key from outside.
    sandbox.ok(["ca", "renew", "elsewhere", "--days", "5000", "--pin-file", &pin]);
    let renewed = show("elsewhere");
    assert_eq!(renewed["spki_sha256"], before["spki_sha256"]);
    assert_ne!(renewed["sha256"], before["sha256"]);
    assert_eq!(renewed["key_from_outside"], before["key_from_outside"]);
    let exported = sandbox.json(["ca", "export", "elsewhere", "--to", &sandbox.folder("export")]).remove(0);
    holds(&format!("{}/elsewhere.pem", exported["folder"].as_str().unwrap()), &[]);

    // Another CA certifies that key, as it stands in the certificate that it has.
    let own = elsewhere.join("ca.pem").to_str().unwrap().to_owned();
    let profile = "subordinate-ca-renewal";
    let planned = sandbox.json(["ca", "cross", "--ca", "root", "--profile", profile, &own]).remove(0);
    assert!(planned["key_from_outside"].is_null(), "the key that signs was made here: {planned}");
    let (id, words) = (planned["plan"].as_str().unwrap(), planned["words"].as_str().unwrap());
    sandbox.ok(["approve", id, "--words", words]);
    sandbox.ok(["sign", id, "--pin-file", &pin]);
    let crossed = sandbox.json(["deliver", id, "--to", &sandbox.folder("out"), "--pin-file", &pin]).remove(0);
    let folder = PathBuf::from(crossed["folder"].as_str().unwrap());
    let between = support::files(&folder.join("certs"));
    holds(folder.join("root.pem").to_str().unwrap(), &[between[0].to_str().unwrap()]);

    // A new key, made in the token, takes its place: nothing came from outside any more.
    sandbox.ok(["ca", "rekey", "elsewhere", "here", "--key", "p256", "--days", "4000", "--pin-file", &pin]);
    let here = show("here");
    assert_eq!((&here["succeeds"], &here["subject"]), (&"elsewhere".into(), &before["subject"]));
    assert!(here["key_from_outside"].is_null(), "{here}");
    let links = sandbox.json(["ca", "link", "here", "--pin-file", &pin]);
    assert_eq!(links.len(), 2, "{links:?}");
    sandbox.exits(0, ["register", "audit"]);
}

/// The file of the register, which nobody has open.
fn register_file(sandbox: &Sandbox) -> PathBuf {
    let file = sandbox.path("home/register.db");
    assert!(!sandbox.path("home/register.db-wal").exists(), "the register is open");
    file
}

#[test]
fn a_published_crl_is_taken_in_again_after_an_older_register_was_put_back() {
    let sandbox = Sandbox::with_root("crl-recovered", "p256");
    let bundle = devices(&sandbox, "root", 5);
    let serials = serials(&sandbox, &bundle);
    let revoke = |serial: &str, reason: &str| {
        sandbox.ok(["revoke", "--ca", "root", serial, "--reason", reason]);
    };
    revoke(&serials[0], "keyCompromise");
    revoke(&serials[1], "certificateHold");
    revoke(&serials[2], "certificateHold");
    let (_, first) = crl(&sandbox, "root");
    let backup = fs::read(register_file(&sandbox)).unwrap();

    // What the backup does not have: a release, a hold that became a revocation, a revocation, and a certificate.
    sandbox.ok(["revoke", "--ca", "root", &serials[1], "--release"]);
    revoke(&serials[2], "superseded");
    revoke(&serials[3], "keyCompromise");
    let stick = sandbox.folder("late");
    let der = Request::named("late").der(&Key::generate(Algorithm::P256));
    fs::write(Path::new(&stick).join("1.csr"), request::pem("CERTIFICATE REQUEST", &der)).unwrap();
    let late = sandbox.issue("root", "device", &[&stick], &sandbox.folder("out"), &[]);
    let late = self::serials(&sandbox, &late).remove(0);
    revoke(&late, "superseded");
    let (_, published) = crl(&sandbox, "root");
    fs::write(register_file(&sandbox), backup).unwrap();
    let (elsewhere, pin) = (sandbox.folder("elsewhere"), sandbox.text("pin"));
    let again = ["crl", "--ca", "root", "--to", &elsewhere, "--pin-file", &pin];
    assert!(sandbox.exits(5, again).contains("the token has seen entry"));
    sandbox.accept_older();

    // Somebody remembers one of them, and says another reason: what was published holds.
    revoke(&serials[3], "superseded");
    let with = |previous: &Path| {
        let mut arguments = crl_arguments(&sandbox, "root");
        arguments.extend(["--previous".to_owned(), previous.to_str().unwrap().to_owned()]);
        arguments
    };
    sandbox.root("other", "p256");
    let (_, foreign) = crl(&sandbox, "other");
    let refused = sandbox.exits(2, with(&foreign.join("crl.der")));
    assert!(refused.contains("not one of this CA"), "{refused}");
    let bent = sandbox.path("bent.der");
    let mut octets = fs::read(published.join("crl.der")).unwrap();
    *octets.last_mut().unwrap() ^= 1;
    fs::write(&bent, octets).unwrap();
    sandbox.exits(2, with(&bent));

    let made = sandbox.run(with(&published.join("crl.pem")));
    let told = said(&made);
    assert!(told.contains("CRL 2 is in the register now; 3 certificates recorded"), "{told}");
    // Its number is of its time: whoever brought another than the newest gives none twice.
    let (_, third) = told.split_once("\ncrl-root-").unwrap();
    let (third, counted) = third.split_once(": ").unwrap();
    assert!(third.parse::<u64>().unwrap() > 1_700_000_000, "{told}");
    assert!(counted.starts_with("4 certificates\n4 stay, 0 come, 0 leave"), "{told}");
    let third = sandbox.path(&format!("out/crl-root-{third}"));
    let reasons = |folder: &Path| {
        let shown = sandbox.json(["crl", "show", folder.join("crl.der").to_str().unwrap()]);
        let entries = shown.into_iter().filter(|line| line["serial"].is_string());
        entries
            .map(|line| (line["serial"].clone(), line["reason"].clone(), line["date"].clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(reasons(&third), reasons(&published));
    assert_ne!(reasons(&third), reasons(&first));
    for (index, revoked) in [(0, true), (1, false), (2, true), (3, true), (4, false)] {
        let certificate = bundle.file("certs", &format!("root-{index}.pem"));
        let status = openssl_status(&bundle, &third.join("crl.pem"), &certificate);
        assert_eq!(status.contains("certificate revoked"), revoked, "{index}: {status}");
    }
    // Taken in once is enough; and the first one was never missing.
    for known in [&published, &first] {
        let told = said(&sandbox.run(with(&known.join("crl.der"))));
        assert!(told.contains("the register has it already"), "{told}");
    }
    sandbox.exits(0, ["register", "audit"]);
}

#[test]
fn an_adoption_waives_what_was_told_and_nothing_else() {
    let sandbox = Sandbox::with_root("crl-waived", "p256");
    let elsewhere = openssl_ca(&sandbox);
    // A key that was made in the token has nothing to waive.
    let uri = {
        let register = register(&sandbox);
        register.authority("root").unwrap().unwrap().key_uri
    };
    let mut own = adopt_arguments(&sandbox, &elsewhere, None);
    own[4] = uri;
    assert!(sandbox.exits(2, &own).contains("it did not come from outside"));
    // One that is not there, or is not the certificate's.
    assert!(sandbox.exits(3, adopt_arguments(&sandbox, &elsewhere, None)).contains("77"));
    import_key(&sandbox, &elsewhere.join("1.key"), "77");
    assert!(sandbox.exits(2, adopt_arguments(&sandbox, &elsewhere, None)).contains("for another key"));
    // Nobody's word for where it comes from is no word.
    let mut nobody = adopt_arguments(&sandbox, &elsewhere, None);
    let origin = nobody.iter().position(|argument| argument.starts_with("openssl ca on")).unwrap();
    nobody[origin] = " ".to_owned();
    assert!(sandbox.exits(2, &nobody).contains("where the key comes from"));
}
