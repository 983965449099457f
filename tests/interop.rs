//! Software by others accepts what is delivered, and refuses what it should.

#[path = "interop/aws.rs"]
mod aws;
mod support;

use std::{
    collections::BTreeMap,
    fs,
    io::Write as _,
    net::{TcpListener, TcpStream},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::Child,
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

use support::{
    Delivery, Sandbox, fail, files, openssl, openssl_req,
    request::{self, Algorithm, Key, Request},
    succeed, tool,
};

/// The devices of the delivered bundle: one of each algorithm.
const DEVICES: [(&str, Algorithm); 5] = [
    ("device-p256", Algorithm::P256),
    ("device-p384", Algorithm::P384),
    ("device-p521", Algorithm::P521),
    ("device-ed25519", Algorithm::Ed25519),
    ("device-rsa", Algorithm::Rsa(2048)),
];

/// A root, an issuing CA below it, a bundle of devices and one of a server, made once for all tests here.
struct Lab {
    sandbox: Sandbox,
    devices: Delivery,
    server: Delivery,
}

fn lab() -> &'static Lab {
    static LAB: OnceLock<Lab> = OnceLock::new();
    LAB.get_or_init(|| {
        let sandbox = Sandbox::with_issuing("interop", "p256");
        let (stick, out) = (sandbox.folder("stick"), sandbox.folder("out"));
        for (name, algorithm) in DEVICES {
            write_request(&sandbox, &stick, name, algorithm, &Request::named(name));
        }
        let servers = sandbox.folder("servers");
        let server = Request::named("localhost").with(request::alternative_names(&["localhost"]));
        write_request(&sandbox, &servers, "server", Algorithm::P256, &server);
        let devices = sandbox.issue("issuing", "device", &[&stick], &out, &[]);
        assert_eq!((devices.planned.accepted, devices.planned.refused), (DEVICES.len() as u64, 0));
        let server = sandbox.issue("issuing", "server", &[&servers], &out, &[]);
        Lab { sandbox, devices, server }
    })
}

/// A request on the stick, its key beside it.
fn write_request(sandbox: &Sandbox, stick: &str, name: &str, algorithm: Algorithm, wishes: &Request) {
    let key = Key::generate(algorithm);
    let der = wishes.der(&key);
    fs::write(Path::new(stick).join(format!("{name}.csr")), request::pem("CERTIFICATE REQUEST", &der))
        .unwrap();
    let path = sandbox.path(&format!("{name}.key"));
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).unwrap();
    file.write_all(key.private_pem().as_bytes()).unwrap();
}

impl Lab {
    fn root(&self) -> PathBuf {
        self.devices.folder.join("root.pem")
    }

    fn chain(&self, name: &str) -> PathBuf {
        self.devices.file("chains", &format!("{name}.pem"))
    }

    fn certificate(&self, name: &str) -> PathBuf {
        self.devices.file("certs", &format!("{name}.pem"))
    }
}

#[test]
fn openssl_accepts_every_device_and_the_server() {
    let lab = lab();
    let issuing = lab.devices.folder.join("ca.pem");
    let verify = |purpose: &str, certificate: &Path| {
        let mut command = openssl(&[
            "verify",
            "-x509_strict",
            "-check_ss_sig",
            "-no-CApath",
            "-no-CAstore",
            "-purpose",
            purpose,
        ]);
        command.arg("-CAfile").arg(lab.root()).arg("-untrusted").arg(&issuing).arg(certificate);
        command
    };
    for (name, _) in DEVICES {
        succeed(&mut verify("sslclient", &lab.certificate(name)));
        // A device is no server: the extended key usage holds.
        fail(&mut verify("sslserver", &lab.certificate(name)));
    }
    succeed(&mut verify("sslserver", &lab.server.file("certs", "server.pem")));
}

#[test]
fn gnutls_accepts_every_device() {
    let lab = lab();
    for (name, _) in DEVICES {
        let mut command = tool("certtool", "apt-get install gnutls-bin");
        command.args(["--verify", "--verify-profile", "medium", "--verify-purpose", "1.3.6.1.5.5.7.3.2"]);
        command.arg("--load-ca-certificate").arg(lab.root()).arg("--infile").arg(lab.chain(name));
        let said = succeed(&mut command);
        assert!(said.contains("Chain verification output: Verified."), "{said}");
    }
}

#[test]
fn go_accepts_every_device() {
    let lab = lab();
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/verify.go");
    let go = |chains: &[PathBuf]| {
        let mut command = tool("go", "apt-get install golang-go");
        command.arg("run").arg(&program).arg(lab.root()).args(chains);
        command.env("GOCACHE", lab.sandbox.path("go-cache")).env("GOPATH", lab.sandbox.path("go"));
        command.env("GOFLAGS", "").env("GOPROXY", "off").current_dir(lab.sandbox.path(""));
        command
    };
    let chains: Vec<PathBuf> = DEVICES.iter().map(|(name, _)| lab.chain(name)).collect();
    assert_eq!(succeed(&mut go(&chains)).matches("verified ").count(), DEVICES.len());
    // Without the issuing CA there is no path.
    fail(&mut go(&[lab.certificate("device-p256")]));
}

#[test]
fn mosquitto_accepts_the_device_chain_and_nothing_less() {
    let lab = lab();
    let broker = Broker::start(lab);
    let publish = |certificate: &Path, key: &Path| {
        let mut command = tool("timeout", "apt-get install coreutils");
        command.args([
            "20",
            "mosquitto_pub",
            "-h",
            "localhost",
            "-q",
            "1",
            "-t",
            "JITP/test",
            "-i",
            "x",
            "-m",
            "Hello",
        ]);
        command.args(["--tls-version", "tlsv1.2", "-d", "-p", &broker.port.to_string()]);
        command.arg("--cafile").arg(lab.root()).arg("--cert").arg(certificate).arg("--key").arg(key);
        command
    };
    tool("mosquitto_pub", "apt-get install mosquitto-clients");
    for name in ["device-p256", "device-p384", "device-rsa"] {
        let said = succeed(&mut publish(&lab.chain(name), &lab.sandbox.path(&format!("{name}.key"))));
        assert!(said.contains("received PUBACK"), "{said}");
    }
    // The broker trusts the root alone: a device must bring the issuing CA along.
    fail(&mut publish(&lab.certificate("device-p256"), &lab.sandbox.path("device-p256.key")));
    // A CA of the same name with another key.
    let rogue = rogue(lab);
    fail(&mut publish(&rogue, &lab.sandbox.path("device-p256.key")));
}

/// A mosquitto that wants certificates, on the loopback.
struct Broker {
    child: Child,
    port: u16,
}

impl Broker {
    fn start(lab: &Lab) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        // As root it would drop its privileges and could not read the key.
        let configuration = format!(
            "listener {port} 127.0.0.1\ncafile {root}\ncertfile {chain}\nkeyfile {key}\nrequire_certificate true\n\
             use_identity_as_username true\nallow_anonymous false\nuser root\n",
            root = lab.root().display(),
            chain = lab.server.file("chains", "server.pem").display(),
            key = lab.sandbox.path("server.key").display(),
        );
        let path = lab.sandbox.path("mosquitto.conf");
        fs::write(&path, configuration).unwrap();
        let log = fs::File::create(lab.sandbox.path("mosquitto.log")).unwrap();
        let mut command = tool("mosquitto", "apt-get install mosquitto");
        command.arg("-v").arg("-c").arg(&path).stdout(log.try_clone().unwrap()).stderr(log);
        let broker = Self { child: command.spawn().unwrap(), port };
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(
                began.elapsed() < Duration::from_secs(20),
                "mosquitto did not start; see {}",
                path.display()
            );
            thread::sleep(Duration::from_millis(50));
        }
        broker
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A certificate for a request, from a CA that has our issuing CA's name and not its key: rogue.pem.
fn rogue_signs(sandbox: &Sandbox, request: &str, certificate: &str) {
    let (key, ca) = (sandbox.text("rogue.key"), sandbox.text("rogue.pem"));
    let mut made = openssl_req("-x509", key.clone(), ca.clone());
    succeed(made.args(["-days", "30", "-subj", "/O=Rehearsal/CN=Issuing CA"]));
    let how = ["x509", "-req", "-days", "30", "-set_serial", "7"];
    succeed(openssl(&how).args(["-in", request, "-CA", &ca, "-CAkey", &key, "-out", certificate]));
}

/// A chain for the first device's key from a CA that has our issuing CA's name and not its key.
fn rogue(lab: &Lab) -> PathBuf {
    let path = |name: &str| lab.sandbox.text(name);
    rogue_signs(&lab.sandbox, &path("stick/device-p256.csr"), &path("rogue-device.pem"));
    let chain = [fs::read(path("rogue-device.pem")).unwrap(), fs::read(path("rogue.pem")).unwrap()].concat();
    fs::write(path("rogue-chain.pem"), chain).unwrap();
    path("rogue-chain.pem").into()
}

#[test]
fn a_bundle_survives_a_fat32_stick() {
    let lab = lab();
    let image = lab.sandbox.text("stick.img");
    succeed(tool("mkfs.vfat", "apt-get install dosfstools").args(["-F", "32", "-C", &image, "40000"]));
    let bundle = &lab.devices.folder;
    let name = bundle.file_name().unwrap().to_str().unwrap();
    let mtools = |name: &str| {
        let mut command = tool(name, "apt-get install mtools");
        command.env("MTOOLS_SKIP_CHECK", "1").env("MTOOLS_NO_VFAT", "0");
        command
    };
    succeed(mtools("mcopy").args(["-s", "-i", &image]).arg(bundle).arg("::"));
    let back = lab.sandbox.folder("back");
    succeed(mtools("mcopy").args(["-s", "-n", "-i", &image, &format!("::{name}"), &back]));
    assert_eq!(contents(bundle), contents(&Path::new(&back).join(name)));
    lab.sandbox.exits(0, ["verify", &format!("{back}/{name}"), "--trust", lab.root().to_str().unwrap()]);
}

fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let name = |path: &Path| path.strip_prefix(folder).unwrap().to_owned();
    files(folder).iter().map(|path| (name(path), fs::read(path).unwrap())).collect()
}
