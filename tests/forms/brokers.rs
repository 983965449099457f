//! Mosquitto with the files of a bundle: which devices it lets in, and which not.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{
    lab,
    support::{fail, lab::Lab, openssl, succeed, tool},
};

#[test]
fn mosquitto_with_the_configuration_of_the_bundle_takes_good_devices_only() {
    let lab = lab();
    let broker = Broker::start(lab, "plain", &lab.file("mosquitto"));
    for name in ["ec", "p384", "rsa"] {
        broker.takes(lab, name);
    }
    // What Azure's file has, up to the root: the file as it is gets in, the certificate alone does not, as there.
    let whole = lab.file("azure/000/ec.pem");
    succeed(&mut broker.publish(lab, Some((&whole, &lab.key("ec")))));
    // Without the issuing CA; the CA first; a CA of the same name; a server's certificate; none at all.
    let key = lab.key("ec");
    fail(&mut broker.publish(lab, Some((&lab.certificate("ec"), &key))));
    let reversed = lab.sandbox.path("reversed.pem");
    fs::write(&reversed, [lab.read("ca.pem"), lab.read("certs/000/ec.pem")].concat()).unwrap();
    fail(&mut broker.publish(lab, Some((&reversed, &key))));
    fail(&mut broker.publish(lab, Some((&rogue(lab), &key))));
    let server = lab.server.file("chains", "server.pem");
    fail(&mut broker.publish(lab, Some((&server, &lab.key("server")))));
    fail(&mut broker.publish(lab, None));
    broker.takes(lab, "ec");
}

#[test]
fn mosquitto_refuses_revoked_devices_by_the_crls_that_are_delivered_with_its_configuration() {
    let lab = lab();
    let sandbox = &lab.sandbox;
    let (out, pin) = (sandbox.folder("crls"), sandbox.text("pin"));
    let folder_of = |said: Vec<Value>| PathBuf::from(said[0]["folder"].as_str().expect("a folder"));
    let crl = |ca: &str, rest: &[&str]| {
        let given = ["crl", "--ca", ca, "--to", &out, "--pin-file", &pin];
        folder_of(sandbox.json(given.into_iter().chain(rest.iter().copied())))
    };
    let root = lab.root();
    let verify = |folder: &Path| {
        let folder = folder.to_str().expect("a path");
        sandbox.ok(["verify", folder, "--trust", root.to_str().expect("a path")])
    };
    let configuration = |folder: &Path| fs::read_to_string(folder.join("mosquitto/coldsign.conf")).unwrap();
    let deliver = |to: &str| {
        let (plan, to) = (&lab.devices.planned.id, sandbox.folder(to));
        let said = ["deliver", plan, "--to", &to, "--for", "mosquitto,emqx,hivemq", "--pin-file", &pin];
        folder_of(sandbox.json(said))
    };
    // With the CRL of one CA alone nobody would get in, so it does not name it.
    crl("issuing", &[]);
    let half = deliver("half");
    let said = configuration(&half);
    assert!(
        said.contains("CN=Issuing CA,O=Rehearsal: CRL 1, the next one by ")
            && said.contains("CN=root,O=Rehearsal: none"),
        "{said}"
    );
    assert!(said.contains("\n#crlfile "), "{said}");
    verify(&half);
    crl("root", &[]);
    let whole = deliver("whole");
    let said = configuration(&whole);
    assert!(
        said.contains("CN=root,O=Rehearsal: CRL 1, the next one by ") && said.contains("\ncrlfile "),
        "{said}"
    );
    assert_eq!(
        fs::read(whole.join("mosquitto/crl.pem")).unwrap(),
        ["issuing", "root"].map(|ca| fs::read(format!("{out}/crl-{ca}-1/crl.pem")).unwrap()).concat()
    );
    verify(&whole);
    let broker = Broker::start(lab, "crl-1", &whole.join("mosquitto"));
    broker.takes(lab, "ec");
    broker.takes(lab, "rsa");
    // An update is the CRL in the broker's form, beside what it has.
    sandbox.ok(["revoke", "--ca", "issuing", &serial(&lab.certificate("rsa")), "--reason", "keyCompromise"]);
    let update = crl("issuing", &["--for", "mosquitto"]);
    verify(&update);
    fs::copy(update.join("mosquitto/crl.pem"), whole.join("mosquitto/crl.pem")).unwrap();
    let broker = Broker::start(lab, "crl-2", &whole.join("mosquitto"));
    broker.takes(lab, "ec");
    fail(&mut broker.publish(lab, Some((&lab.chain("rsa"), &lab.key("rsa")))));
    // Once a CRL is overdue nobody gets in, so none is delivered then.
    let broker = Broker::start_later(lab, "crl-3", &whole.join("mosquitto"), "+40d");
    fail(&mut broker.publish(lab, Some((&lab.chain("ec"), &lab.key("ec")))));
    let mut late = later("+40d", env!("CARGO_BIN_EXE_coldsign"));
    sandbox.prepare(&mut late);
    let (plan, late_out) = (&lab.devices.planned.id, sandbox.folder("late"));
    late.args(["deliver", plan, "--to", &late_out, "--for", "mosquitto", "--pin-file", &pin]);
    let said = fail(&mut late);
    assert!(said.contains("mosquitto: the newest CRL of CA issuing ended at "), "{said}");
    assert!(said.contains("make the next one first: coldsign crl --ca issuing --to DIR"), "{said}");
    // The bundle whose CRL was replaced is not the one that was delivered.
    sandbox.exits(1, ["verify", whole.to_str().unwrap(), "--trust", root.to_str().unwrap()]);
}

/// A program that finds another time on its clock: with the library that faketime names to what it starts, but without
/// faketime itself, which would stand between the program and who ends it.
fn later(offset: &str, program: &str) -> Command {
    let mut faketime = tool("faketime", "apt-get install faketime");
    let library = succeed(faketime.args(["-f", offset, "sh", "-c", "printf %s \"$LD_PRELOAD\""]));
    let mut command = Command::new(program);
    command.env("LD_PRELOAD", library).env("FAKETIME", offset);
    command
}

fn serial(certificate: &Path) -> String {
    let said = succeed(openssl(&["x509", "-noout", "-serial", "-in"]).arg(certificate));
    said.trim().trim_start_matches("serial=").to_owned()
}

/// A mosquitto with the bundle's configuration, on the loopback.
struct Broker {
    child: Child,
    port: u16,
}

impl Broker {
    /// With the files of this folder, which a bundle has for it.
    fn start(lab: &Lab, name: &str, files: &Path) -> Self {
        Self::begin(lab, name, files, tool("mosquitto", "apt-get install mosquitto"))
    }

    /// The same on a clock that is ahead.
    fn start_later(lab: &Lab, name: &str, files: &Path, offset: &str) -> Self {
        Self::begin(lab, name, files, later(offset, "mosquitto"))
    }

    fn begin(lab: &Lab, name: &str, files: &Path, mut command: Command) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        // What an operator does: the files to the folder that the configuration names.
        let folder = PathBuf::from(lab.sandbox.folder(&format!("mosquitto-{name}")));
        for file in fs::read_dir(files).unwrap().map(Result::unwrap) {
            fs::copy(file.path(), folder.join(file.file_name())).unwrap();
        }
        fs::copy(lab.server.file("chains", "server.pem"), folder.join("server-chain.pem")).unwrap();
        fs::copy(lab.key("server"), folder.join("server.key")).unwrap();
        let text = fs::read_to_string(files.join("coldsign.conf")).unwrap();
        let text = text.replace("/etc/coldsign", folder.to_str().unwrap());
        // Another port, the loopback alone; as root it would drop its privileges and could not read the key.
        let text = text.replace("listener 8883", &format!("listener {port} 127.0.0.1")) + "user root\n";
        let path = folder.join("mosquitto.conf");
        fs::write(&path, text).unwrap();
        let log = fs::File::create(folder.join("log")).unwrap();
        command.arg("-v").arg("-c").arg(&path).stdout(log.try_clone().unwrap()).stderr(log);
        let broker = Self { child: command.spawn().unwrap(), port };
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < Duration::from_secs(20), "see {}", folder.display());
            thread::sleep(Duration::from_millis(50));
        }
        broker
    }

    /// A device of the bundle gets in.
    fn takes(&self, lab: &Lab, name: &str) {
        let said = succeed(&mut self.publish(lab, Some((&lab.chain(name), &lab.key(name)))));
        assert!(said.contains("received PUBACK"), "{said}");
    }

    /// A device that says something, with this certificate and key.
    fn publish(&self, lab: &Lab, identity: Option<(&Path, &Path)>) -> Command {
        tool("mosquitto_pub", "apt-get install mosquitto-clients");
        let mut command = tool("timeout", "apt-get install coreutils");
        command.args([
            "20",
            "mosquitto_pub",
            "-h",
            "localhost",
            "-q",
            "1",
            "-t",
            "test",
            "-i",
            "x",
            "-m",
            "Hello",
        ]);
        command.args(["--tls-version", "tlsv1.2", "-d", "-p", &self.port.to_string()]);
        command.arg("--cafile").arg(lab.root());
        if let Some((certificate, key)) = identity {
            command.arg("--cert").arg(certificate).arg("--key").arg(key);
        }
        command
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A chain for a device's key from a CA that has our issuing CA's name and not its key.
fn rogue(lab: &Lab) -> PathBuf {
    let path = |name: &str| lab.sandbox.text(name);
    lab.sandbox.rogue_signs(&path("stick/ec.csr"), &path("rogue-device.pem"));
    let chain = [fs::read(path("rogue-device.pem")).unwrap(), fs::read(path("rogue.pem")).unwrap()].concat();
    fs::write(path("rogue-chain.pem"), chain).unwrap();
    path("rogue-chain.pem").into()
}
