//! What platforms take: a folder of each as it was looked at once, in `tests/bundle/NAME/`, made of a CA and certificates of
//! fixed keys. `COLDSIGN_REWRITE=1` writes them anew.

use std::fs;

use super::*;

/// Two devices whose names every platform takes.
fn devices() -> &'static Issued {
    static DEVICES: OnceLock<Issued> = OnceLock::new();
    DEVICES.get_or_init(|| {
        Issued::of(&["sensor-1.csr", "sensor-2.csr"], |index| {
            Name::from_text(&format!("/C=DE/O=Example/OU=Line 3/serialNumber=A{index}/CN=sensor-{index}"))
                .expect("a name")
        })
    })
}

/// A verification certificate: the code is all that it names.
fn proof() -> &'static Issued {
    static PROOF: OnceLock<Issued> = OnceLock::new();
    PROOF.get_or_init(|| {
        Issued::of(&["code"], |_| {
            Name::from_common_name("13274673-8f90-4630-bea1-9cccb25756ad").expect("a code")
        })
    })
}

/// The bundle of the devices with one form, by settings in TOML.
fn bundle(format: Format, settings: &str) -> Bundle {
    bundle_of(devices(), format, settings)
}

fn bundle_of(issued: &Issued, format: Format, settings: &str) -> Bundle {
    let text = format!("[deliver.{}]\n{settings}", format.name());
    let mut forms = Forms::default();
    match config::deliver_sections(&text).expect("TOML").pop().filter(|_| format.settings_path().is_some()) {
        Some(section) => section.read(|settings| forms.add(format, Some(settings))).expect("settings"),
        None => forms.add_usual(format),
    }
    issued.bundle_of(&[format], forms)
}

/// All files below a folder, by their paths in it.
fn kept_files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let entry = entry.expect("an entry");
        let name = entry.file_name().into_string().expect("a name");
        if entry.file_type().expect("a type").is_dir() {
            files.extend(
                kept_files(&entry.path())
                    .into_iter()
                    .map(|(path, octets)| (format!("{name}/{path}"), octets)),
            );
        } else {
            files.insert(name, fs::read(entry.path()).expect("a file"));
        }
    }
    files
}

/// The forms with private keys that a bundle's manifest names.
fn private_keys_of(bundle: &Bundle) -> Vec<String> {
    let header: Header = manifest::read(bundle.files[MANIFEST].as_slice(), |_| {}).expect("a manifest");
    header.private_keys
}

/// Compares files, by their paths below a folder, with those that are kept as `kept`.
fn compare(kept: &str, files: &BTreeMap<&str, &Vec<u8>>) {
    assert!(!files.is_empty(), "{kept}");
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bundle").join(kept);
    if std::env::var("COLDSIGN_REWRITE").as_deref() == Ok("1") {
        for (path, octets) in files {
            let path = golden.join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, octets).expect("written");
        }
    }
    let expected = kept_files(&golden);
    assert!(files.keys().copied().eq(expected.keys().map(String::as_str)), "{kept}: {:?}", files.keys());
    for (path, octets) in files {
        let expected = &expected[*path];
        let texts = (String::from_utf8_lossy(octets), String::from_utf8_lossy(expected));
        assert!(*octets == expected, "{kept}/{path}:\n{}\nkept:\n{}", texts.0, texts.1);
    }
}

/// Compares a form's folder with the one that is kept as `kept`, and has the bundle judged, altered and judged again.
fn check(kept: &str, format: Format, folder: &str, settings: &str) {
    check_of(devices(), kept, (format, settings), folder);
}

fn check_of(issued: &Issued, kept: &str, (format, settings): (Format, &str), folder: &str) {
    let made = bundle_of(issued, format, settings);
    let report = verify(&made, &issued.root, Some(now()));
    assert!(report.is_sound(), "{kept}: {:#?}", report.flaws);
    let below: BTreeMap<&str, &Vec<u8>> =
        made.files.iter().filter_map(|(path, octets)| Some((path.strip_prefix(folder)?, octets))).collect();
    compare(kept, &below);
    for path in below.keys() {
        // Sealed anew by whoever holds the audit key: the form itself is what gives an alteration away.
        let mut bent = made.clone();
        bent.files.get_mut(&format!("{folder}{path}")).expect("a file").push(b'\n');
        let header = Header { private_keys: private_keys_of(&made), ..issued.header(&[format]) };
        bent.seal(&header, &issued.audit);
        let report = verify(&bent, &issued.root, Some(now()));
        assert!(ids(&report).contains(&FlawId::Form), "{kept}/{path}: {:#?}", report.flaws);
    }
}

const JITP: &str = r#"
provisioning = "jitp"
role-arn = "arn:aws:iam::123456789012:role/JITPRole"
thing-type = "sensor"
thing-groups = ["line-3", "all"]
attributes = { maker = "Organization", serial = "SerialNumber" }
policy-document = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"*"}]}'
"#;

#[test]
fn every_platform_has_the_folder_that_is_kept_of_it() {
    check("alibaba", Format::Alibaba, "alibaba/", "");
    check("apsaramq", Format::ApsaraMq, "apsaramq/", "");
    check("aws-jitp", Format::Aws, "aws/", JITP);
    check(
        "aws-sni-only",
        Format::Aws,
        "aws/",
        "mode = \"sni-only\"\nprovisioning = \"jitr\"\nthing-name = \"Id\"\n",
    );
    check("aws-certificate-provider", Format::AwsCertificateProvider, "aws-certificate-provider/", "");
    check("azure", Format::Azure, "azure/", "");
    check("azure-adr", Format::AzureAdr, "azure-adr/", "");
    check("huawei", Format::Huawei, "huawei/", "");
    check("tencent", Format::Tencent, "tencent/", "");
}

#[test]
fn every_platform_is_shown_the_proof_that_is_kept_of_it() {
    for &platform in Platform::ALL {
        let format = Format::Proof(platform);
        check_of(proof(), format.name(), (format, ""), &format!("{}/", platform.name()));
    }
}

#[test]
fn every_bundle_has_the_files_that_are_kept_of_one() {
    let made = bundle(Format::Pem, "");
    compare("pem", &made.files.iter().map(|(path, octets)| (path.as_str(), octets)).collect());
}

#[test]
fn a_bundle_with_other_private_keys_than_its_certificates_is_found_out() {
    let settings = "private-keys = \"carried-in\"\n";
    let made = bundle(Format::EspSecureCert, settings);
    let named = private_keys_of(&made);
    assert_eq!(named, ["esp-secure-cert"]);
    let check = |bundle: &mut Bundle, private_keys: &[String], flaws: &[FlawId], words: &str| {
        let private_keys = private_keys.to_vec();
        let header = Header { private_keys, ..devices().header(&[Format::EspSecureCert]) };
        bundle.seal(&header, &devices().audit);
        let report = verify(bundle, &devices().root, Some(now()));
        assert_eq!(ids(&report), flaws, "{:#?}", report.flaws);
        assert!(report.flaws.iter().any(|flaw| flaw.message.as_str().contains(words)), "{:#?}", report.flaws);
    };
    let image = "esp-secure-cert/000/sensor-1.bin";
    // An image without a key, and one with the key of another device, sums and all.
    let without = bundle(Format::EspSecureCert, "").files[image].clone();
    let certificate = &made.files["certs/000/sensor-1.pem"];
    let other = DeviceKey::parse(Key::new(9).0.to_pkcs8_der().expect("a key").as_bytes()).expect("a key");
    let other = esp_secure_cert::image(&made.files["ca.pem"], certificate, Some(&other)).expect("an image");
    for octets in [without, other.to_vec(), b"BADC".to_vec(), Vec::new()] {
        let mut bent = made.clone();
        bent.files.insert(image.to_owned(), octets);
        check(&mut bent, &named, &[FlawId::Form], "has no private key that is its certificate's");
    }
    check(&mut made.clone(), &[], &[FlawId::ManifestMalformed], "does not name the forms");
    let mut none = bundle(Format::EspSecureCert, "");
    check(&mut none, &named, &[FlawId::ManifestMalformed], "does not name the forms");
}

/// A small partition of each kind, so that what is kept is small.
const ESP_AT: &str = "uses = [\"server\", \"client\"]
partitions = \"\"\"
# Name,Type,SubType,Offset,Size
server_cert,0x40,2,0x24000,8K
server_ca,0x40,4,0x28000,8K
client_cert,0x40,5,0x2a000,8K
client_ca,0x40,7,0x2e000,8K
\"\"\"";
const ESP_NVS: &str = "uses = [\"client\", \"wpa_ent\"]
device = \"certificate\"
partitions = \"mfg_nvs, data, nvs, 0x21000, 12K\"";

const MICROCHIP: &str = "model = \"ATECC608B\"
part-number = \"ATECC608B-TNGTLS\"
manufacturer = { name = \"Microchip Technology Inc\", unit = \"Secure Products Group\" }
provisioner = { name = \"Example\", unit = \"Line 3\" }";

#[test]
fn every_form_for_devices_and_brokers_has_the_folder_that_is_kept_of_it() {
    check("der", Format::Der, "der/", "");
    check("emqx", Format::Emqx, "emqx/", "");
    check("esp-at", Format::EspAt, "esp-at/", ESP_AT);
    check("esp-nvs", Format::EspNvs, "esp-nvs/", ESP_NVS);
    check("esp-secure-cert", Format::EspSecureCert, "esp-secure-cert/", "authorities = \"root\"");
    // The key is that of the CA of these tests, whose octets are known to everybody.
    check("esp-secure-cert-keys", Format::EspSecureCert, "esp-secure-cert/", "private-keys = \"carried-in\"");
    check("hivemq", Format::Hivemq, "hivemq/", "");
    check("jks", Format::Jks, "jks/", "");
    check("jsonl", Format::JsonLines, "jsonl/", "");
    check("matter", Format::Matter, "matter/", "");
    check("microchip", Format::Microchip, "microchip/", MICROCHIP);
    check("mosquitto", Format::Mosquitto, "mosquitto/", "folder = \"/etc/mosquitto/coldsign/\"");
    check("pkcs7", Format::Pkcs7, "pkcs7/", "");
    check("pkcs12", Format::Pkcs12, "pkcs12/", "password = \"not-a-secret\"");
    check("qr", Format::Qr, "qr/", "");
    check("tar", Format::Tar, "tar/", "");
}

#[test]
fn an_entry_that_the_audit_key_did_not_sign_is_found() {
    let path = "microchip/manifest.json";
    let made = bundle(Format::Microchip, MICROCHIP);
    let list = made.text(path);
    let signatures: Vec<&str> =
        list.split("\"signature\":\"").skip(1).filter_map(|rest| rest.get(..jws::SIGNATURE_CHARS)).collect();
    let rogue = jws::signature(&Key::new(0x77).sign(b"another message")).expect("a signature");
    assert_eq!(signatures.len(), 2);
    for other in [signatures[1], rogue.as_str(), &"A".repeat(jws::SIGNATURE_CHARS)] {
        let mut bent = made.clone();
        bent.replace(path, signatures[0], other);
        bent.seal(&devices().header(&[Format::Microchip]), &devices().audit);
        assert_eq!(ids(&verify(&bent, &devices().root, Some(now()))), [FlawId::Form], "{other}");
    }
}

#[test]
fn an_audit_key_that_cannot_sign_a_manifest_of_devices_is_refused_beforehand() {
    // The key of RFC 8410 §10.1.
    let spki = [
        &[0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0][..],
        &[
            0x19, 0xbf, 0x44, 0x09, 0x69, 0x84, 0xcd, 0xfe, 0x85, 0x41, 0xba, 0xc1, 0x67, 0xdc, 0x3b, 0x96,
            0xc8, 0x50, 0x86, 0xaa, 0x30, 0xb6, 0xb6, 0xcb, 0x0c, 0x5c, 0x38, 0xad, 0x70, 0x31, 0x66, 0xe1,
        ],
    ]
    .concat();
    let key = PublicKey::from_spki(&spki).expect("a key");
    let mut forms = Forms::default();
    forms.add_usual(Format::Microchip);
    assert_eq!(forms.check_audit_key(&devices().audit.public()), Ok(()));
    let error = forms.check_audit_key(&key).expect_err("another key");
    assert_eq!(error.to_string(), "microchip: a signature ES256 by a key of Ed25519 is not supported");
}

#[test]
fn a_bundle_with_other_settings_than_its_files_were_made_by_is_not_sound() {
    let mut made = bundle(Format::Aws, JITP);
    let text = made.text("aws/settings.json");
    for other in
        [text.replace("sensor", "gauge"), "{}".to_owned(), "{\"nosuch\":1}".to_owned(), "[".repeat(200_000)]
    {
        made.files.insert("aws/settings.json".to_owned(), other.into_bytes());
        made.seal(&devices().header(&[Format::Aws]), &devices().audit);
        assert!(!verify(&made, &devices().root, Some(now())).is_sound());
    }
}

#[test]
fn each_fingerprint_and_serial_number_is_the_certificates_own() {
    let made = bundle(Format::Huawei, "");
    let table = made.text("huawei/devices.csv");
    for (row, issued) in table.lines().skip(1).zip(&devices().certificates) {
        let cells: Vec<&str> = row.split(',').collect();
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("one.der");
        fs::write(&file, issued.der()).expect("written");
        for (cell, hash) in [(1, "-sha1"), (2, "-sha256")] {
            let shown = Command::new("openssl")
                .args(["x509", "-inform", "DER", "-noout", "-fingerprint", hash, "-in"])
                .arg(&file)
                .output()
                .expect("openssl");
            let text = String::from_utf8(shown.stdout).expect("text");
            let expected =
                text.trim().rsplit('=').next().expect("a fingerprint").replace(':', "").to_lowercase();
            assert_eq!(cells[cell], expected);
        }
        let serials = bundle(Format::Alibaba, "").text("alibaba/devices.csv");
        assert!(serials.contains(&format!("{},{},", cells[0], hex(issued.serial()))), "{serials}");
    }
}

#[test]
fn a_broker_may_have_its_files_in_the_root_of_its_machine() {
    let made = bundle(Format::Mosquitto, "folder = \"/\"");
    assert!(
        made.text("mosquitto/coldsign.conf").contains(" /root.pem\n"),
        "{}",
        made.text("mosquitto/coldsign.conf")
    );
    let report = verify(&made, &devices().root, Some(now()));
    assert!(report.is_sound(), "{:#?}", report.flaws);
}

#[test]
fn a_table_whose_places_are_longer_than_names_can_be_is_a_flaw_and_no_panic() {
    let mut made = bundle(Format::Tar, "");
    let long = "a".repeat(600);
    made.replace("devices.csv", "certs/000/sensor-1.pem", &format!("certs/000/{long}.pem"));
    made.seal(&devices().header(&[Format::Tar]), &devices().audit);
    assert!(ids(&verify(&made, &devices().root, Some(now()))).contains(&FlawId::DevicesCsv));
}

/// A form refuses one of these certificates, or their CA, with these words.
fn refused(format: Format, name: &str, words: &str) {
    let issued = Issued::of(&["one.csr"], |_| Name::from_text(name).expect("a name"));
    let mut forms = Forms::default();
    forms.add_usual(format);
    let authorities = [issued.issuer.certificate().clone(), issued.root.clone()];
    let certificate = Certificate::parse(issued.certificates[0].der()).expect("a certificate");
    let error = forms
        .check_authorities(&authorities)
        .and_then(|()| forms.check_certificate(&mut Named::default(), "one.csr", &certificate))
        .expect_err(words);
    assert_eq!(error.to_string(), words);
    assert!(!error.hint().is_empty());
}

#[test]
fn what_a_platform_would_refuse_is_said_of_the_certificate() {
    refused(Format::Aws, "CN=a.b", "aws: one.csr: a.b cannot be a thing's name");
    refused(
        Format::Aws,
        "O=Example",
        "aws: one.csr: the parameter CommonName needs one commonName in the subject, which has 0",
    );
    refused(Format::Alibaba, "CN=a", "alibaba: Alibaba Cloud IoT takes RSA only; this CA is P-256");
    refused(Format::Azure, "CN=a b", "azure: one.csr: a b cannot be a registration id");
    refused(Format::Azure, "CN=a.", "azure: one.csr: a. cannot be a registration id");
    refused(
        Format::Huawei,
        "O=Example",
        "huawei: one.csr: a device is named by the one CN of its subject, which has 0",
    );
    refused(
        Format::AzureAdr,
        "CN=a",
        "azure-adr: one.csr: it is no CA's: the cloud asks for an intermediate CA",
    );
}

#[test]
fn a_ca_whose_pem_is_longer_than_a_parameter_is_refused_for_aws() {
    let name: Vec<String> = (0..60).map(|index| format!("OU={index:02}{}", "u".repeat(60))).collect();
    let ca = root(&Key::new(4), &name.join(","));
    let mut forms = Forms::default();
    forms.add_usual(Format::Aws);
    let error = forms.check_authorities(&[ca]).expect_err("too long").to_string();
    assert!(
        error.starts_with("aws: the CA: its PEM has ") && error.contains("more than the 4096"),
        "{error}"
    );
    assert_eq!(forms.check_authorities(std::slice::from_ref(devices().issuer.certificate())), Ok(()));
}

#[test]
fn two_devices_of_a_batch_that_a_platform_would_take_for_one_are_refused() {
    let check = |format: Format, names: [&str; 2], words: &str| {
        let issued = Issued::of(&["one.csr", "two.csr"], |index| {
            Name::from_text(names[usize::from(index) - 1]).expect("a name")
        });
        let (mut forms, mut named) = (Forms::default(), Named::default());
        forms.add_usual(format);
        let judged: Vec<String> = issued
            .certificates
            .iter()
            .map(|one| {
                let certificate = Certificate::parse(one.der()).expect("a certificate");
                let judged = forms.check_certificate(&mut named, one.source(), &certificate);
                judged.map_or_else(|error| error.to_string(), |()| "taken".to_owned())
            })
            .collect();
        assert_eq!(judged, ["taken", words], "{format:?} {names:?}");
    };
    let there = "two.csr: a is the name of the device of certificate 1 there already";
    for format in
        [Format::Aws, Format::Azure, Format::Huawei, Format::Tencent, Format::ApsaraMq, Format::Microchip]
    {
        check(format, ["CN=a,O=1", "CN=a,O=2"], &format!("{}: {there}", format.name()));
        check(format, ["CN=a", "CN=b"], "taken");
    }
    // Azure's ids are the same in any case, the others' are not.
    check(Format::Azure, ["CN=a", "CN=A"], &format!("azure: {there}"));
    check(Format::Aws, ["CN=a", "CN=A"], "taken");
    check(Format::Huawei, ["CN=a", "CN=A"], "taken");
    // Where nothing is named by the CN, two may have one.
    check(Format::Der, ["CN=a", "CN=a"], "taken");
}
