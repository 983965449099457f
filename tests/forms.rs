//! Forms of delivery before the software that they are for: what it takes, and what it must refuse.

#[path = "forms/brokers.rs"]
mod brokers;
#[path = "forms/codes.rs"]
mod codes;
mod support;

use std::{fs, path::Path, process::Command, sync::OnceLock};

use coldsign::export::{esp_at, esp_secure_cert};
use support::{
    Sandbox, fail,
    lab::Lab,
    openssl, python,
    request::{self, Algorithm, Request},
    said, succeed, tool,
};

/// Partition tables of an ESP32's firmware, older and newer.
const SECTIONS: &str = r#"
[deliver.esp-at]
uses = ["client", "mqtt"]
partitions = '''
# Name,Type,SubType,Offset,Size
client_cert,0x40,5,0x2a000,8K
client_ca,0x40,7,0x2e000,8K
mqtt_cert,0x40,12,0x37000,8K
mqtt_ca,0x40,14,0x3B000,8K
'''

[deliver.esp-nvs]
uses = ["client", "mqtt"]
partitions = '''
# Name, Type, SubType, Offset, Size
mfg_nvs, data, nvs, 0x21000, 112K
'''

[deliver.pkcs12]
password = "not-a-secret"
"#;

/// The forms that need no more than a device's certificate.
const FORMS: &[&str] = &[
    "azure",
    "emqx",
    "esp-at",
    "esp-nvs",
    "esp-secure-cert",
    "hivemq",
    "jks",
    "mosquitto",
    "pkcs12",
    "qr",
    "tar",
];

/// The devices.
const DEVICES: [(&str, Algorithm); 3] =
    [("ec", Algorithm::P256), ("p384", Algorithm::P384), ("rsa", Algorithm::Rsa(2048))];

/// Three devices and a server below an issuing CA, delivered in every form.
fn lab() -> &'static Lab {
    static LAB: OnceLock<Lab> = OnceLock::new();
    LAB.get_or_init(|| {
        let sandbox = Sandbox::with_issuing("forms", "p256");
        append(&sandbox, SECTIONS);
        Lab::new(sandbox, &DEVICES, FORMS)
    })
}

/// Adds to authority.toml.
fn append(sandbox: &Sandbox, text: &str) {
    let path = sandbox.path("home/authority.toml");
    let own = fs::read_to_string(&path).unwrap();
    fs::write(&path, own + text).unwrap();
}

/// Changes a line of a profile.
fn change(sandbox: &Sandbox, profile: &str, from: &str, to: &str) {
    let path = sandbox.path("home/authority.toml");
    let text = fs::read_to_string(&path).unwrap();
    let head = format!("[profiles.{profile}]\n");
    let (before, section) = text.split_once(&head).expect("the profile");
    assert!(section.contains(from), "{section}");
    fs::write(&path, format!("{before}{head}{}", section.replacen(from, to, 1))).unwrap();
}

#[test]
fn a_bundle_in_every_form_verifies() {
    let lab = lab();
    let root = lab.file("root.pem");
    let output = Command::new(env!("CARGO_BIN_EXE_coldsign"))
        .arg("verify")
        .arg(&lab.devices.folder)
        .arg("--trust")
        .arg(root)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
fn espressifs_generator_makes_the_same_nvs_image_of_the_table() {
    let lab = lab();
    for name in ["ec", "p384", "rsa"] {
        let made = lab.sandbox.text("made.bin");
        succeed(
            Command::new(python("espressif"))
                .current_dir(&lab.devices.folder)
                .args(["-m", "esp_idf_nvs_partition_gen", "generate", "--version", "2"])
                .arg(format!("esp-nvs/000/{name}.csv"))
                .args([&made, "0x1c000"]),
        );
        assert!(fs::read(made).unwrap() == lab.read(&format!("esp-nvs/000/{name}.bin")), "{name}");
    }
}

#[test]
fn flash_images_hold_what_the_bundle_has() {
    let lab = lab();
    let ca = lab.read("esp-at/ca.bin");
    assert!(ca == esp_at::image(esp_at::Kind::Authority, &[&lab.read("root.pem")], 8_192).unwrap());
    for name in ["ec", "rsa"] {
        let chain = lab.read(&format!("chains/000/{name}.pem"));
        let image = esp_at::image(esp_at::Kind::Certificate, &[&chain], 8_192).unwrap();
        assert!(lab.read(&format!("esp-at/000/{name}.bin")) == image, "{name}");
        let certificate = lab.read(&format!("certs/000/{name}.pem"));
        let image = esp_secure_cert::image(&lab.read("ca.pem"), &certificate, None).unwrap();
        assert!(lab.read(&format!("esp-secure-cert/000/{name}.bin")) == *image, "{name}");
    }
    let table = String::from_utf8(lab.read("esp-at/flash.csv")).unwrap();
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(
        lines,
        [
            "partition,offset,octets,file",
            "client_cert,0x2a000,8192,NAME.bin",
            "mqtt_cert,0x37000,8192,NAME.bin",
            "client_ca,0x2e000,8192,ca.bin",
            "mqtt_ca,0x3b000,8192,ca.bin",
        ]
    );
}

#[test]
fn an_image_that_does_not_fit_is_refused_before_anything_is_signed() {
    let sandbox = Sandbox::with_root("forms-refused", "p256");
    change(&sandbox, "server", "unattended = false", "unattended = true");
    let home = sandbox.path("home/authority.toml");
    let sound = fs::read_to_string(&home).unwrap();
    let (stick, out, pin) = (sandbox.folder("stick"), sandbox.folder("out"), sandbox.text("pin"));
    let names: Vec<String> =
        (0..90).map(|number| format!("host-{number}.a-long-domain.example.com")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let long = Request::named("long").with(request::alternative_names(&names));
    sandbox.request(&stick, "long", Algorithm::Rsa(4096), &long);
    let issue = |form: &str| {
        let ca = ["issue", "--ca", "root", "--profile", "server", "--yes", "--pin-file", &pin];
        sandbox.exits(2, ca.into_iter().chain(["--from", &stick, "--to", &out, "--for", form]))
    };
    for form in ["esp-at", "esp-nvs"] {
        let told = issue(form);
        assert!(told.contains(&format!("{form}: there is no partition")), "{told}");
        assert!(told.contains("at_customize.csv"), "{told}");
    }
    assert!(issue("matter").contains("the issuing CA is no product attestation intermediate"));
    assert!(issue("qr").contains("a QR code holds 2953 octets"));
    let table = "client_cert,64,5,0x2a000,4K\nclient_ca,64,7,0x2e000,4K";
    append(&sandbox, &format!("\n[deliver.esp-at]\npartitions = \"\"\"{table}\"\"\"\n"));
    let told = issue("esp-at");
    assert!(told.contains("does not fit into a partition of 4096"), "{told}");
    // A table that is none is an error of authority.toml, with its line.
    append(&sandbox, "\n[deliver.esp-nvs]\npartitions = \"mfg_nvs,data,nvs,0x21000,112\"\n");
    let told = issue("pem");
    assert!(told.contains("line 1: 112 is no size of a partition"), "{told}");
    assert_eq!(fs::read_dir(&out).unwrap().count(), 0);
    fs::write(&home, sound).unwrap();
    let issued = sandbox.ok(["register", "list"]);
    assert!(!issued.contains("long"), "{issued}");
}

#[test]
fn keytool_lists_trusted_certificates() {
    let lab = lab();
    let fingerprint = |file: &str| {
        let path = lab.file(file);
        let said = succeed(&mut openssl(&[
            "x509",
            "-noout",
            "-fingerprint",
            "-sha256",
            "-in",
            path.to_str().unwrap(),
        ]));
        said.trim().rsplit_once('=').unwrap().1.to_owned()
    };
    let (root, ca) = (fingerprint("root.pem"), fingerprint("ca.pem"));
    let stores: [(&str, &str, &[&str]); 3] = [
        ("jks/truststore.jks", "changeit", &["ca-1", "ca-2"]),
        ("pkcs12/truststore.p12", "not-a-secret", &["ca-1", "ca-2"]),
        ("hivemq/truststore.jks", "changeit", &["ca-1"]),
    ];
    for (path, password, aliases) in stores {
        let list = |password: &str| {
            let mut keytool = tool("keytool", "apt-get install default-jre-headless");
            keytool
                .args(["-J-Duser.language=en", "-list", "-storepass", password, "-keystore"])
                .arg(lab.file(path));
            keytool
        };
        let listed = succeed(&mut list(password));
        for alias in aliases {
            assert!(listed.contains(&format!("{alias}, ")), "{path}: {listed}");
        }
        assert_eq!(listed.matches("trustedCertEntry").count(), aliases.len(), "{path}: {listed}");
        assert!(listed.contains(&root), "{path}: {listed}");
        assert_eq!(listed.contains(&ca), aliases.len() == 2, "{path}: {listed}");
        // It looked at the sum.
        fail(&mut list("another"));
    }
}

#[test]
fn openssl_reads_the_pkcs12_trust_store() {
    let lab = lab();
    let path = lab.file("pkcs12/truststore.p12");
    let read = |password: &str| {
        let mut command = openssl(&["pkcs12", "-nokeys", "-in", path.to_str().unwrap(), "-passin"]);
        command.arg(format!("pass:{password}"));
        command
    };
    let shown = succeed(&mut read("not-a-secret"));
    let body = |pem: &[u8]| String::from_utf8(pem.to_vec()).unwrap().lines().nth(1).unwrap().to_owned();
    for file in ["ca.pem", "root.pem"] {
        assert!(shown.contains(&body(&lab.read(file))), "{shown}");
    }
    fail(&mut read("another"));
}

#[test]
fn tar_unpacks_what_the_bundle_has() {
    let lab = lab();
    let folder = lab.sandbox.folder("unpacked");
    let archive = lab.file("tar/certificates.tar");
    let listed = succeed(Command::new("tar").arg("-tvf").arg(&archive));
    assert_eq!(listed.lines().count(), 6, "{listed}");
    succeed(Command::new("tar").args(["-xf"]).arg(&archive).args(["-C", &folder]));
    for path in ["certs/000/ec.pem", "certs/000/rsa.pem", "chains/000/ec.pem", "chains/000/rsa.pem"] {
        assert!(fs::read(Path::new(&folder).join(path)).unwrap() == lab.read(path), "{path}");
    }
}

#[test]
fn espressifs_matter_tool_takes_the_pai_and_the_dacs() {
    let sandbox = Sandbox::with_root("forms-matter", "p256");
    let (pin, requested, out) = (sandbox.text("pin"), sandbox.folder("requested"), sandbox.folder("out"));
    let request = sandbox.json([
        "ca",
        "request",
        "pai",
        "--key",
        "p256",
        "--subject",
        "CN=PAI,MatterVID=FFF1",
        "--to",
        &requested,
        "--pin-file",
        &pin,
    ]);
    let path = request[0]["request"].as_str().expect("the request's path").to_owned();
    let bundle = sandbox.issue("root", "matter-pai", &[&path], &out, &[]).folder;
    let text = |name: &str| bundle.join(name).to_str().unwrap().to_owned();
    sandbox.ok(["ca", "install", "pai", &text("certificates.pem"), "--chain", &text("root.pem")]);
    // That tool wants what it is given to end before the CA above it, which Matter does not ask for.
    change(&sandbox, "matter-dac", "not-after = \"no-expiry\"", "validity-days = 365");
    let stick = sandbox.folder("stick");
    for name in ["lock-1", "lock-2"] {
        sandbox.request(&stick, name, Algorithm::P256, &Request::new(matter_name(name)));
    }
    let bundle = sandbox.issue("pai", "matter-dac", &[&stick], &out, &["matter"]).folder;
    let file = |path: &str| bundle.join("matter").join(path);
    for ending in ["pem", "der"] {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/forms/matter.py");
        let mut judge = Command::new(python("matter"));
        judge
            .arg(script)
            .args(["FFF1", "8000"])
            .args([file(&format!("pai.{ending}")), file(&format!("paa.{ending}"))]);
        for name in ["lock-1", "lock-2"] {
            judge.arg(file(&format!("000/{name}.{ending}")));
        }
        let said = succeed(&mut judge);
        assert_eq!(said.lines().last(), Some("2 DACs are taken, another vendor's ID is not"), "{said}");
    }
}

/// The subject of a device attestation certificate.
fn matter_name(text: &str) -> Vec<u8> {
    const MATTER: [u8; 9] = [0x2b, 6, 1, 4, 1, 0x82, 0xa2, 0x7c, 2];
    let [vendor, product] = [1, 2].map(|arc| [&MATTER[..], &[arc]].concat());
    request::name(&[(&[0x55, 4, 3], 12, text.as_bytes()), (&vendor, 12, b"FFF1"), (&product, 12, b"8000")])
}
