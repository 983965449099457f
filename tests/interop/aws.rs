//! The real AWS CLI, run by our own register.sh against ministack, and devices that connect to it.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};

use crate::{
    beside,
    support::{
        Delivery, Sandbox, openssl_req, python,
        request::{Algorithm, Request},
        succeed, tool,
    },
};

/// Devices come in by a template that AWS runs.
const SETTINGS: &str = "
[deliver.aws]
provisioning = \"jitp\"
role-arn = \"arn:aws:iam::123456789012:role/JITPRole\"
policy-name = \"devices\"
attributes = { name = \"CommonName\" }
";

#[test]
fn aws_takes_the_ca_by_our_script_and_a_device_of_the_bundle_connects() {
    let sandbox = Sandbox::with_issuing("interop-aws", "p256");
    let authority = sandbox.path("home/authority.toml");
    let text = fs::read_to_string(&authority).unwrap();
    fs::write(&authority, text + SETTINGS).unwrap();
    let devices = devices(&sandbox, "issuing", &["sensor-1", "sensor-2"]);
    let mut aws = Aws::start(&sandbox);
    let said = aws.succeed(&["aws", "iot", "get-registration-code", "--output", "text"]);
    let code = said.trim();
    let script = text_of(&devices.folder.join("aws/register.sh"));
    let ca = format!("file://{}", text_of(&devices.folder.join("aws/ca.pem")));
    let register = ["aws", "iot", "register-ca-certificate", "--ca-certificate", &ca];

    // What must be refused, each by the error that AWS names for it.
    aws.refuses(&register, "InvalidRequestException");
    let wrong = prove(&sandbox, &altered(code)).join("aws/verification.pem");
    aws.refuses(&["sh", &script, &text_of(&wrong)], "RegistrationCodeValidationException");
    let rogue = rogue_proof(&sandbox, code);
    aws.refuses(&["sh", &script, &rogue], "CertificateValidationException");
    let right = prove(&sandbox, code);
    let proof = text_of(&right.join("aws/verification.pem"));
    let sni_only =
        ["--certificate-mode", "SNI_ONLY", "--verification-certificate", &format!("file://{proof}")];
    aws.refuses(&[&register[..], &sni_only].concat(), "InvalidRequestException");
    aws.fails(&["sh", &script], "give the verification certificate");

    // The delivery's script with the proof of another bundle; AWS keeps the template of the kit.
    let id = aws.json(&["sh", &script, &proof])["certificateId"].as_str().expect("an id").to_owned();
    let known = aws.json(&["aws", "iot", "describe-ca-certificate", "--certificate-id", &id]);
    let kit: Value =
        serde_json::from_slice(&fs::read(devices.folder.join("aws/registration-config.json")).unwrap())
            .unwrap();
    assert_eq!(known["registrationConfig"], kit);
    assert_eq!(known["certificateDescription"]["autoRegistrationStatus"], "ENABLE");
    // The same CA by the script of the proof's own bundle: it is there already.
    aws.refuses(&["sh", &text_of(&right.join("aws/register.sh"))], "ResourceAlreadyExistsException");

    // A connection registers the device under the id that devices.csv has, and is closed; active, it is heard. A device
    // tries again, and so does this one: ministack may still hand the connection to what it knew before the CA.
    let id = certificate_id(&devices, "sensor-1");
    let describe = ["aws", "iot", "describe-certificate", "--certificate-id", &id];
    let registered = (0..CONNECTIONS_MAX).find_map(|_| {
        assert!(aws.run(&publish(&aws.broker_ca.clone(), &sandbox, &devices, "sensor-1"))["code"] != 0);
        let answer = aws.run(&describe);
        (answer["code"] == 0).then(|| answer["out"].as_str().unwrap().to_owned())
    });
    let registered: Value = serde_json::from_str(&registered.expect("a registration")).unwrap();
    assert_eq!(registered["certificateDescription"]["status"], "PENDING_ACTIVATION");
    aws.succeed(&["aws", "iot", "update-certificate", "--certificate-id", &id, "--new-status", "ACTIVE"]);
    let said = aws.succeed(&publish(&aws.broker_ca.clone(), &sandbox, &devices, "sensor-1"));
    assert!(said.contains("received PUBACK"), "{said}");

    // A line of the bulk registration, as the task would register it.
    let lines = fs::read_to_string(devices.folder.join("aws/bulk.jsonl")).unwrap();
    let line = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .find(|line| line["ThingName"] == "sensor-2");
    let line = line.expect("a line of the second device");
    let pem = |key: &str| line[key].as_str().expect("PEM").to_owned();
    let (certificate, above) = (pem("CertificatePem"), pem("CACertificatePem"));
    let pems = ["--certificate-pem", &certificate, "--ca-certificate-pem", &above];
    let registered =
        aws.json(&[&["aws", "iot", "register-certificate", "--status", "ACTIVE"][..], &pems].concat());
    assert_eq!(registered["certificateId"], certificate_id(&devices, "sensor-2"));
}

#[test]
fn aws_takes_a_ca_for_many_accounts_by_our_script_without_a_proof() {
    let sandbox = Sandbox::with_root("interop-aws-sni", "p256");
    let authority = sandbox.path("home/authority.toml");
    let text = fs::read_to_string(&authority).unwrap();
    fs::write(&authority, text + "\n[deliver.aws]\nmode = \"sni-only\"\nprovisioning = \"jitr\"\n").unwrap();
    let devices = devices(&sandbox, "root", &["sensor-1"]);
    let mut aws = Aws::start(&sandbox);
    let script = text_of(&devices.folder.join("aws/register.sh"));
    let id = aws.json(&["sh", &script])["certificateId"].as_str().expect("an id").to_owned();
    let known = aws.json(&["aws", "iot", "describe-ca-certificate", "--certificate-id", &id]);
    assert_eq!(known["certificateDescription"]["certificateMode"], "SNI_ONLY");
    let rule: Value =
        serde_json::from_slice(&fs::read(devices.folder.join("aws/jitr.json")).unwrap()).unwrap();
    assert_eq!(rule["caCertificateId"], id.as_str());
    // Each line is what the command for one account takes.
    let lines = fs::read_to_string(devices.folder.join("aws/multi-account.jsonl")).unwrap();
    let one = ["aws", "iot", "register-certificate-without-ca", "--cli-input-json", lines.trim_end()];
    assert_eq!(aws.json(&one)["certificateId"], certificate_id(&devices, "sensor-1"));
}

/// The bundle of such devices, with the kit for AWS.
fn devices(sandbox: &Sandbox, ca: &str, names: &[&str]) -> Delivery {
    let (stick, out) = (sandbox.folder("devices"), sandbox.folder("out"));
    for name in names {
        sandbox.request(&stick, name, Algorithm::P256, &Request::named(name));
    }
    let delivery = sandbox.issue(ca, "device", &[&stick], &out, &["aws"]);
    let judged =
        succeed(Command::new(python("venv")).arg(beside("aws_shapes.py")).arg(delivery.folder.join("aws")));
    assert_eq!(judged.trim(), format!("{} devices judged", names.len()));
    delivery
}

fn text_of(path: &Path) -> String {
    path.to_str().expect("text").to_owned()
}

/// The code with its last hexadecimal digit changed.
fn altered(code: &str) -> String {
    let (front, last) = code.split_at(code.len() - 1);
    format!("{front}{}", if last == "0" { "1" } else { "0" })
}

/// The bundle of a proof for this code.
fn prove(sandbox: &Sandbox, code: &str) -> PathBuf {
    let (out, pin) = (sandbox.folder("proofs"), sandbox.text("pin"));
    let code = format!("--code={code}");
    let arguments = ["prove", "--ca", "issuing", "--for", "aws", &code, "--to", &out, "--pin-file", &pin];
    let delivered = sandbox.json(arguments);
    PathBuf::from(delivered.last().expect("a summary")["folder"].as_str().expect("a folder"))
}

/// A proof for this code by a CA of the same name.
fn rogue_proof(sandbox: &Sandbox, code: &str) -> String {
    let path = |name: &str| sandbox.text(name);
    let mut request = openssl_req("-new", path("rogue-proof.key"), path("rogue-proof.csr"));
    succeed(request.args(["-subj", &format!("/CN={code}")]));
    sandbox.rogue_signs(&path("rogue-proof.csr"), &path("rogue-proof.pem"));
    path("rogue-proof.pem")
}

/// AWS' id of a device's certificate, out of devices.csv.
fn certificate_id(devices: &Delivery, name: &str) -> String {
    let table = fs::read_to_string(devices.folder.join("devices.csv")).unwrap();
    let row = table.lines().find(|row| row.contains(&format!("{name}.pem"))).expect("a row");
    row.rsplit(',').next().expect("a digest").to_owned()
}

/// A device says something.
fn publish(broker_ca: &str, sandbox: &Sandbox, devices: &Delivery, name: &str) -> Vec<String> {
    let (chain, key) =
        (text_of(&devices.file("chains", &format!("{name}.pem"))), sandbox.text(&format!("{name}.key")));
    let fixed =
        "mosquitto_pub -h localhost -p 18884 -q 1 -k 5 -t JITP/test -m Hello --tls-version tlsv1.2 -d";
    let mut words: Vec<String> = fixed.split(' ').map(str::to_owned).collect();
    let named = ["-i", name, "--cafile", broker_ca, "--cert", &chain, "--key", &key];
    words.extend(named.map(str::to_owned));
    words
}

/// How often a device connects before it counts as not registered.
const CONNECTIONS_MAX: usize = 4;

/// ministack in a network namespace of its own: it listens on all addresses.
struct Aws {
    child: Child,
    /// The certificate of the CA that its broker's is of.
    broker_ca: String,
}

impl Aws {
    fn start(sandbox: &Sandbox) -> Self {
        tool("ministack", "tests/run installs it under target/tools/venv");
        tool("ip", "apt-get install iproute2");
        tool("mosquitto_pub", "apt-get install mosquitto-clients");
        let folder = sandbox.folder("aws");
        let mut command = namespace();
        command.arg(python("venv")).arg(beside("aws.py")).arg(folder);
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut aws = Self { child, broker_ca: String::new() };
        aws.answer()["broker_ca"].as_str().expect("the broker's CA").clone_into(&mut aws.broker_ca);
        aws
    }

    /// Runs a command beside ministack.
    fn run<W: AsRef<str>>(&mut self, command: &[W]) -> Value {
        let words: Vec<&str> = command.iter().map(AsRef::as_ref).collect();
        writeln!(self.child.stdin.as_mut().unwrap(), "{}", json!({ "run": words })).unwrap();
        self.answer()
    }

    fn succeed<W: AsRef<str>>(&mut self, command: &[W]) -> String {
        let answer = self.run(command);
        assert_eq!(answer["code"], 0, "{answer}");
        answer["out"].as_str().unwrap().to_owned()
    }

    fn json(&mut self, command: &[&str]) -> Value {
        let said = self.succeed(command);
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{said}: {error}"))
    }

    fn fails(&mut self, command: &[&str], words: &str) {
        let answer = self.run(command);
        let said = answer["error"].as_str().unwrap();
        assert!(answer["code"] != 0 && said.contains(words), "{words}: {answer}");
    }

    /// AWS refuses it by this error.
    fn refuses(&mut self, command: &[&str], error: &str) {
        self.fails(command, &format!("({error})"));
    }

    fn answer(&mut self) -> Value {
        // One line at a time, unbuffered beyond it: the driver writes one for each order.
        let mut line = String::new();
        let mut reader = BufReader::with_capacity(1, self.child.stdout.as_mut().unwrap());
        reader.read_line(&mut line).unwrap();
        serde_json::from_str(&line)
            .unwrap_or_else(|error| panic!("ministack's driver said {line:?}: {error}"))
    }
}

impl Drop for Aws {
    fn drop(&mut self) {
        // Closing its input ends the driver, which ends ministack.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// A command that runs another in a network namespace of its own: who is not root becomes it in a user namespace, or
/// through sudo where the system lets nobody else make namespaces.
fn namespace() -> Command {
    tool("unshare", "apt-get install util-linux");
    let ways: [&[&str]; 3] = [&["unshare", "-n"], &["unshare", "-rn"], &["sudo", "-n", "unshare", "-n"]];
    for way in ways {
        let mut command = Command::new(way[0]);
        command.args(&way[1..]);
        let tried = Command::new(way[0])
            .args(&way[1..])
            .arg("true")
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if tried.is_ok_and(|status| status.success()) {
            return command;
        }
    }
    panic!("no network namespace can be made here (unshare -n, unshare -rn, sudo): run the tests as root");
}
