//! What the tests of the whole program share: a home with a token of its own on SoftHSM, the program itself, and
//! other people's tools. Everything lies below target/tmp, where it can be looked at until the next run erases it.

// Each test file uses its own part of this module; the compiler sees them one at a time.
#![expect(dead_code, reason = "no test file uses all of it")]

pub mod desk;
pub mod disk;
pub mod elsewhere;
pub mod lab;
pub mod measured;
pub mod medium;
pub mod modules;
#[path = "../../softhsm/request.rs"]
pub mod request;
#[path = "../../softhsm/stick.rs"]
pub mod stick;

use std::{
    ffi::OsStr,
    fs,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::OnceLock,
};

use request::{Algorithm, Key, Request};
use serde_json::Value;

/// The user PIN of every token the tests make.
pub const PIN: &str = "31415926";
/// Its security officer's.
pub const SO_PIN: &str = "27182818";
/// Its label.
pub const TOKEN: &str = "coldsign-test";

/// A folder of its own with a SoftHSM that knows one token, and a coldsign home.
pub struct Sandbox {
    folder: PathBuf,
}

impl Sandbox {
    /// An empty folder with a SoftHSM configuration and PIN files; no token, no home yet. The name is the test's own:
    /// tests run side by side.
    pub fn empty(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        fs::create_dir_all(&folder).unwrap();
        let sandbox = Self { folder };
        fs::create_dir(sandbox.path("tokens")).unwrap();
        let tokens = sandbox.path("tokens");
        let configuration = format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n",
            tokens.display()
        );
        fs::write(sandbox.path("softhsm2.conf"), configuration).unwrap();
        let database = sandbox.path("kryoptic.sql");
        let configuration =
            format!("[[slots]]\nslot = 42\ndbtype = \"sqlite\"\ndbargs = \"{}\"\n", database.display());
        fs::write(sandbox.path("kryoptic.conf"), configuration).unwrap();
        secret(&sandbox.path("pin"), PIN);
        secret(&sandbox.path("so-pin"), SO_PIN);
        sandbox
    }

    /// With an initialised token and a rehearsal home on it.
    pub fn new(name: &str) -> Self {
        Self::on(name, &module())
    }

    /// The same on a token of another module.
    pub fn on(name: &str, module: &str) -> Self {
        let sandbox = Self::empty(name);
        let slots = sandbox.json(["token", "list", "--module", module]);
        let free = slots.iter().find(|slot| slot["token"]["initialised"] == Value::Bool(false));
        let slot =
            free.and_then(|slot| slot["slot"].as_u64()).expect("the module has a free slot").to_string();
        let (pin, so_pin) = (sandbox.text("pin"), sandbox.text("so-pin"));
        sandbox.ok([
            "token",
            "init",
            "--module",
            module,
            "--slot",
            &slot,
            "--label",
            TOKEN,
            "--so-pin-file",
            &so_pin,
            "--pin-file",
            &pin,
        ]);
        sandbox.ok(["setup", "--module", module, "--token", TOKEN, "--rehearsal"]);
        sandbox
    }

    /// With a root CA `root` of this key.
    pub fn with_root(name: &str, key: &str) -> Self {
        let sandbox = Self::new(name);
        sandbox.root("root", key);
        sandbox
    }

    /// With a root CA `root` and below it an issuing CA `issuing`, both of this key.
    pub fn with_issuing(name: &str, key: &str) -> Self {
        let sandbox = Self::with_root(name, key);
        sandbox.issuing(key);
        sandbox
    }

    /// An issuing CA `issuing` of this key below the root CA `root`.
    pub fn issuing(&self, key: &str) {
        let pin = self.text("pin");
        let (requested, issued) = (self.folder("requested"), self.folder("issued"));
        let request = self.json([
            "ca",
            "request",
            "issuing",
            "--key",
            key,
            "--subject",
            "/O=Rehearsal/CN=Issuing CA",
            "--to",
            &requested,
            "--pin-file",
            &pin,
        ]);
        let path = request[0]["request"].as_str().expect("the request's path").to_owned();
        let bundle = self.issue("root", "subordinate-ca", &[&path], &issued, &[]).folder;
        let text = |name: &str| bundle.join(name).to_str().unwrap().to_owned();
        self.ok(["ca", "install", "issuing", &text("certificates.pem"), "--chain", &text("root.pem")]);
    }

    /// A root CA of this name and key.
    pub fn root(&self, name: &str, key: &str) {
        let (pin, subject) = (self.text("pin"), format!("/O=Rehearsal/CN={name}"));
        self.ok([
            "ca",
            "create",
            name,
            "--key",
            key,
            "--subject",
            &subject,
            "--days",
            "7300",
            "--pin-file",
            &pin,
        ]);
    }

    /// A request `NAME.csr` in a folder, and its key as `NAME.key` in this one.
    pub fn request(&self, folder: &str, name: &str, algorithm: Algorithm, wishes: &Request) {
        let key = Key::generate(algorithm);
        let pem = request::pem("CERTIFICATE REQUEST", &wishes.der(&key));
        fs::write(Path::new(folder).join(format!("{name}.csr")), pem).unwrap();
        secret(&self.path(&format!("{name}.key")), &key.private_pem());
    }

    /// A certificate for a request, from a CA that has our issuing CA's name and not its key: rogue.pem.
    pub fn rogue_signs(&self, request: &str, certificate: &str) {
        let (key, ca) = (self.text("rogue.key"), self.text("rogue.pem"));
        succeed(openssl_req("-x509", key.clone(), ca.clone()).args([
            "-days",
            "30",
            "-subj",
            "/O=Rehearsal/CN=Issuing CA",
        ]));
        let how = ["x509", "-req", "-days", "30", "-set_serial", "7"];
        succeed(openssl(&how).args(["-in", request, "-CA", &ca, "-CAkey", &key, "-out", certificate]));
    }

    /// A path below the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The same as text.
    pub fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// A folder below it, made where it is not there yet.
    pub fn folder(&self, name: &str) -> String {
        fs::create_dir_all(self.path(name)).unwrap();
        self.text(name)
    }

    /// The program, ready to be given arguments.
    pub fn coldsign(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_coldsign"));
        self.prepare(&mut command);
        command
    }

    /// Gives a command this sandbox' token and home, and no terminal.
    pub fn prepare(&self, command: &mut Command) {
        command
            .env("SOFTHSM2_CONF", self.path("softhsm2.conf"))
            .env("KRYOPTIC_CONF", self.path("kryoptic.conf"))
            .env("COLDSIGN_HOME", self.path("home"))
            .env("NO_COLOR", "1")
            .stdin(Stdio::null());
    }

    /// Runs the program; any exit code.
    pub fn run<I: IntoIterator<Item = A>, A: AsRef<OsStr>>(&self, arguments: I) -> Output {
        self.coldsign().args(arguments).output().unwrap()
    }

    /// Runs the program, which must end with 0 or, where requests were refused, with 1.
    pub fn ok<I: IntoIterator<Item = A>, A: AsRef<OsStr>>(&self, arguments: I) -> String {
        let output = self.run(arguments);
        assert!(matches!(output.status.code(), Some(0 | 1)), "{}: {}", output.status, said(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs the program, which must end with this exit code; both its streams.
    pub fn exits<I: IntoIterator<Item = A>, A: AsRef<OsStr>>(&self, code: i32, arguments: I) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(code), "{}", said(&output));
        said(&output)
    }

    /// Runs the program with `--json` and reads its lines.
    pub fn json<I: IntoIterator<Item = A>, A: AsRef<OsStr>>(&self, arguments: I) -> Vec<Value> {
        let output = self.coldsign().arg("--json").args(arguments).output().unwrap();
        assert!(matches!(output.status.code(), Some(0 | 1)), "{}: {}", output.status, said(&output));
        lines(&output.stdout)
    }

    /// Runs the program with the interposer for its module, which makes a fault (`SHIM_FAULT` of `shim.c`).
    pub fn with_fault<I: IntoIterator<Item = A>, A: AsRef<OsStr>>(
        &self,
        fault: &str,
        arguments: I,
    ) -> Output {
        let path = self.path("home/authority.toml");
        let exchange = |from: &str, to: &str| {
            let text = fs::read_to_string(&path).unwrap();
            fs::write(&path, text.replace(from, to)).unwrap();
        };
        exchange(&module(), shim());
        let mut command = self.coldsign();
        command.env("SHIM_MODULE", module()).env("SHIM_FAULT", fault);
        let output = command.args(arguments).output().unwrap();
        exchange(shim(), &module());
        output
    }

    /// Lets a register that was put back from a copy go on, by its words.
    pub fn accept_older(&self) {
        let accept = ["register", "accept-older", "--pin-file", &self.text("pin")];
        let told = self.exits(6, accept);
        let words = told.lines().find_map(|line| line.strip_prefix("words for going on all the same: "));
        self.exits(0, [&accept[..], &["--words", words.expect(&told)]].concat());
    }

    /// Plans and approves; nothing is signed yet.
    pub fn approved(&self, ca: &str, profile: &str, from: &[&str]) -> Planned {
        let mut arguments = vec!["plan", "--ca", ca, "--profile", profile];
        arguments.extend(from);
        let summary = self.json(arguments).pop().expect("plan ends with a summary");
        let word = |key: &str| summary[key].as_str().unwrap_or_default().to_owned();
        let count = |key: &str| summary[key].as_u64().unwrap_or_else(|| panic!("no {key} in {summary}"));
        let planned = Planned {
            id: word("plan"),
            accepted: count("accepted"),
            refused: count("refused"),
            skipped: count("skipped"),
        };
        self.ok(["approve", &planned.id, "--words", &word("words")]);
        planned
    }

    /// Plans, approves, signs and delivers.
    pub fn issue(&self, ca: &str, profile: &str, from: &[&str], to: &str, formats: &[&str]) -> Delivery {
        let planned = self.approved(ca, profile, from);
        let pin = self.text("pin");
        self.ok(["sign", &planned.id, "--pin-file", &pin]);
        let mut arguments = vec!["deliver", &planned.id, "--to", to, "--pin-file", &pin];
        let formats = formats.join(",");
        if !formats.is_empty() {
            arguments.extend(["--for", &formats]);
        }
        let delivered = self.json(arguments).pop().expect("deliver ends with a summary");
        Delivery { folder: delivered["folder"].as_str().expect("the bundle's folder").into(), planned }
    }
}

/// A plan that was stored and approved.
pub struct Planned {
    pub id: String,
    pub accepted: u64,
    pub refused: u64,
    pub skipped: u64,
}

/// A delivered bundle.
pub struct Delivery {
    pub folder: PathBuf,
    pub planned: Planned,
}

impl Delivery {
    /// The one file of this name below a folder of the bundle (`certs`, `chains`).
    pub fn file(&self, below: &str, name: &str) -> PathBuf {
        let found: Vec<PathBuf> = files(&self.folder.join(below))
            .into_iter()
            .filter(|path| path.file_name().is_some_and(|own| own == name))
            .collect();
        assert_eq!(found.len(), 1, "{name} below {below}: {found:?}");
        found.into_iter().next().unwrap()
    }
}

/// Every file below a folder, in one order.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// `SoftHSM`'s module.
pub fn module() -> String {
    modules::softhsm().into_os_string().into_string().unwrap()
}

/// A module that stands before SoftHSM and makes it behave as cards, readers and faults do (`shim.c`), compiled.
pub fn shim() -> &'static str {
    static SHIM: OnceLock<String> = OnceLock::new();
    SHIM.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("token-shim");
        fs::create_dir_all(&folder).unwrap();
        let (source, library) =
            (Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/shim.c"), folder.join("shim.so"));
        let mut cc = tool("cc", "apt-get install gcc libc6-dev");
        cc.args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-O1", "-shared", "-fPIC", "-o"]);
        succeed(cc.arg(&library).arg(source).arg("-ldl"));
        library.to_str().unwrap().to_owned()
    })
}

/// Writes a file that only we can read.
pub fn secret(path: &Path, text: &str) {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).unwrap();
    writeln!(file, "{text}").unwrap();
}

/// Another program; its absence is a fault of the machine, and the message names the Debian package.
pub fn tool(name: &str, package: &str) -> Command {
    // Some live where only root's PATH leads, some in the project's own environment.
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/venv/bin");
    let path = format!("{}:{}:/usr/sbin:/sbin", own.display(), std::env::var("PATH").unwrap_or_default());
    let found = path.split(':').map(|folder| Path::new(folder).join(name)).find(|file| file.is_file());
    let found = found.unwrap_or_else(|| panic!("{name} is not installed: {package}"));
    let mut command = Command::new(found);
    command.env("PATH", path).stdin(Stdio::null());
    command
}

/// The interpreter of an environment of Python programs that tests/run makes.
pub fn python(tools: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("target/tools/{tools}/bin/python"));
    assert!(path.is_file(), "{} is not there: run tests/run", path.display());
    path
}

/// OpenSSL, as a judge or as somebody else who makes keys and certificates.
pub fn openssl<A: AsRef<OsStr>>(arguments: &[A]) -> Command {
    let mut openssl = tool("openssl", "apt-get install openssl");
    openssl.args(arguments);
    openssl
}

/// `openssl req` with a fresh P-256 key in one file, and in the other what that key signs: a request where the form is
/// `-new`, a certificate of its own where it is `-x509`.
pub fn openssl_req<A: AsRef<OsStr>>(form: &str, key: A, out: A) -> Command {
    let mut req =
        openssl(&["req", form, "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout"]);
    req.arg(key).arg("-out").arg(out);
    req
}

/// Runs a command that must succeed; what it printed.
pub fn succeed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}: {}", output.status, said(&output));
    said(&output)
}

/// Runs a command that must fail; what it printed.
pub fn fail(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(!output.status.success(), "{command:?} was to fail: {}", said(&output));
    said(&output)
}

/// Both streams of a finished command.
pub fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// JSON Lines.
pub fn lines(text: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(text).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// Whether the long form of a test is asked for.
pub fn long_form() -> bool {
    std::env::var("COLDSIGN_LONG").as_deref() == Ok("1")
}

/// A folder with material made by others: from the environment or beside the project. Where it is absent the test
/// says so and passes, but not under continuous integration.
pub fn material(variable: &str, usual: &str) -> Option<PathBuf> {
    let given = std::env::var_os(variable).map(PathBuf::from);
    let folder = given.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(usual));
    if folder.is_dir() {
        return Some(folder);
    }
    assert_ne!(
        std::env::var("CI").as_deref(),
        Ok("true"),
        "{} is not there; set {variable}",
        folder.display()
    );
    println!("not run: {} is not there; set {variable}", folder.display());
    None
}
