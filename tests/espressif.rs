//! Flash images against Espressif's own tools: the same octets, for every size that fits, and the same refusals.
//!
//! Vectors made with these tools lie in `COLDSIGN_VECTORS` or ../shared/vectors. The tools that `PyPI` has are installed by
//! tests/run. AtPKI.py and at.py are on no registry: `COLDSIGN_ESP_AT` names a folder that has both, of
//! github.com/espressif/esp-at `tools/AtPKI.py` of tag v2.4.2.0 and `tools/at.py` of v5.0.1.0.

mod support;

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use coldsign::{
    export::{
        esp_at::{self, Kind, PkiImageError},
        esp_nvs::{self, Blob, NvsError},
        esp_secure_cert,
    },
    pki::{device_key::DeviceKey, fingerprint::Digest},
};
use support::{long_form, material, succeed};

#[test]
fn images_are_those_of_the_vectors() {
    let Some(vectors) = material("COLDSIGN_VECTORS", "../shared/vectors") else { return };
    let vectors = vectors.join("esp");
    let read = |path: &str| fs::read(vectors.join(path)).unwrap();
    let commands = String::from_utf8(read("atpki/COMMANDS.tsv")).unwrap();
    let mut compared = 0;
    for line in commands.lines() {
        let (name, arguments) = line.split_once('\t').unwrap();
        let (kind, path) = arguments.split_once(' ').unwrap();
        let kind = match kind {
            "ca" => Kind::Authority,
            "cert" => Kind::Certificate,
            // Private keys are in no bundle.
            _ => continue,
        };
        let made = esp_at::image(kind, &[&read(path)], 8_192).unwrap();
        assert!(made == read(&format!("atpki/{name}.bin")), "{name}");
        compared += 1;
    }
    assert_eq!(compared, 5);
    let blob = Blob { namespace: "client_cert", key: "client_cert.0", value: &read("in/dev0.crt") };
    assert!(esp_nvs::image(&[blob], 0x1c000).unwrap() == read("nvs/mfg_one.v2.bin"));
}

#[test]
fn nvs_images_are_those_of_espressifs_tool_for_every_size() {
    let mut requests: Vec<(usize, Vec<usize>)> = Vec::new();
    // Of a small partition every length up to one that does not fit; else around what fills an entry, a page, all.
    let step = if long_form() { 1 } else { 61 };
    requests.extend((0..8_100).step_by(step).map(|length| (0x3000, vec![length])));
    for full in [0, 32, 3_968, 4_000, 7_936] {
        requests.extend((full - full.min(40)..full + 40).map(|length| (0x3000, vec![length])));
    }
    let lengths: &[usize] =
        if long_form() { &[0, 1, 31, 32, 33, 700, 3_936, 3_968, 4_000] } else { &[0, 31, 32, 1_400] };
    for &second in lengths {
        requests.extend((0..8_100).step_by(step * 7).map(|first| (0x3000, vec![first, second])));
        requests.extend((0..8_100).step_by(step * 7).map(|first| (0x4000, vec![first, second, 1_200])));
    }
    // The partition of an ESP32: 26 pages of values.
    let step = if long_form() { 251 } else { 20_011 };
    requests.extend((0..108_000).step_by(step).map(|length| (0x1c000, vec![length])));
    requests.extend(
        (103_700..104_000).step_by(if long_form() { 1 } else { 23 }).map(|length| (0x1c000, vec![length])),
    );

    let lines = requests.iter().map(|(size, lengths)| {
        let lengths: Vec<String> = lengths.iter().map(ToString::to_string).collect();
        format!("nvs {size} {}", lengths.join(" "))
    });
    let answers = oracle(lines);
    assert_eq!(answers.len(), requests.len());
    let mut refused = 0;
    for ((size, lengths), answer) in requests.iter().zip(answers) {
        let made = match nvs(*size, lengths) {
            Ok(image) => Digest::of(&image).to_string(),
            Err(NvsError::Full { octets }) => {
                assert_eq!(octets, *size);
                refused += 1;
                "refused".to_owned()
            }
            Err(error) => panic!("{size} {lengths:?}: {error}"),
        };
        assert_eq!(made, answer, "{size} {lengths:?}");
    }
    println!("{} images are the same, {refused} refused by both", requests.len());
    assert!(refused > 10 && refused * 2 < requests.len(), "{refused} of {}", requests.len());
}

/// The image of values of these lengths; tests/espressif/oracle.py has the same values.
fn nvs(size: usize, lengths: &[usize]) -> Result<Vec<u8>, NvsError> {
    let keys: Vec<String> = (0..lengths.len()).map(|index| format!("client_cert.{index}")).collect();
    let values: Vec<Vec<u8>> =
        lengths.iter().enumerate().map(|(index, length)| value(index, *length)).collect();
    let blobs: Vec<Blob<'_>> =
        keys.iter().zip(&values).map(|(key, value)| Blob { namespace: "client_cert", key, value }).collect();
    esp_nvs::image(&blobs, size)
}

fn value(index: usize, length: usize) -> Vec<u8> {
    (0..length).map(|position| u8::try_from((index * 31 + position * 7) % 251).unwrap()).collect()
}

#[test]
fn secure_cert_images_are_those_of_espressifs_tool() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    // Certificates of many lengths: a name of one character more each.
    let count = if long_form() { 60 } else { 8 };
    let mut names = Vec::new();
    for index in 0..count {
        let (key, out) = (path("key"), path(&format!("{index}.pem")));
        let subject = format!("/CN={}", "n".repeat(index + 1));
        succeed(support::openssl_req("-x509", &key, &out).args(["-subj", &subject]).args([
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
        ]));
        names.push(out);
    }
    let pairs: Vec<(&String, &String)> = names.iter().zip(names.iter().rev()).collect();
    let answers = oracle(pairs.iter().map(|(authority, device)| format!("tlv {authority} {device}")));
    for ((authority, device), answer) in pairs.iter().zip(answers) {
        let [ca, leaf] = [authority, device].map(|path| fs::read(path).unwrap());
        let made = esp_secure_cert::image(&ca, &leaf, None).unwrap();
        assert_eq!(Digest::of(&made).to_string(), answer, "{authority} {device}");
        let image = path("image.bin");
        fs::write(&image, &made).unwrap();
        let read = oracle([format!("tlv-entries {image}")]);
        let expected =
            [[&ca[..], &[0]].concat(), [&leaf[..], &[0]].concat()].map(|octets| Digest::of(&octets));
        assert!(
            read[0].starts_with(&format!("0={} 1={} 9=", expected[0], expected[1])),
            "Espressif's parser reads {}",
            read[0]
        );
    }
}

#[test]
fn secure_cert_images_with_private_keys_are_those_of_espressifs_tool() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    succeed(support::openssl_req("-x509", &path("ca.key"), &path("ca.pem")).args(["-subj", "/CN=ca"]));
    let kinds: [&[&str]; 4] = [
        &["EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
        &["EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
        &["EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
        &["RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    ];
    for kind in kinds {
        let [key, old, leaf] = ["pkcs8.key", "old.key", "leaf.pem"].map(path);
        succeed(support::openssl(&["genpkey", "-out", &key, "-algorithm"]).args(kind));
        succeed(&mut support::openssl(&["pkey", "-traditional", "-in", &key, "-out", &old]));
        let subject = ["req", "-x509", "-subj", "/CN=device", "-key", &key, "-out", &leaf];
        succeed(&mut support::openssl(&subject));
        let [ca, device] = [path("ca.pem"), leaf.clone()].map(|path| fs::read(path).unwrap());
        for file in [&key, &old] {
            let parsed = DeviceKey::parse(&fs::read(file).unwrap()).unwrap();
            let made = esp_secure_cert::image(&ca, &device, Some(&parsed)).unwrap();
            let answer = oracle([format!("tlv {} {leaf} {file}", path("ca.pem"))]);
            assert_eq!(Digest::of(&made).to_string(), answer[0], "{kind:?} {file}");
            let image = path("image.bin");
            fs::write(&image, &*made).unwrap();
            let expected = Digest::of(&[&fs::read(&old).unwrap()[..], &[0]].concat());
            let read = oracle([format!("tlv-entries {image}")]);
            assert!(read[0].contains(&format!(" 2={expected} 9=")), "its parser reads {}", read[0]);
        }
    }
}

#[test]
fn at_pki_images_are_those_of_espressifs_tool_for_every_size() {
    let Some(tools) = esp_at_tools() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (content, out) = (folder.path().join("content"), folder.path().join("out.bin"));
    let lengths: Vec<usize> = (0..24).chain([4_096, 8_172, 8_180, 65_534, 65_535]).collect();
    for (kind, name) in [(Kind::Authority, "ca"), (Kind::Certificate, "cert")] {
        for count in 1..=3 {
            for &length in &lengths {
                let octets = value(count, length);
                fs::write(&content, &octets).unwrap();
                let mut tool = Command::new("python3");
                tool.arg(tools.join("AtPKI.py")).args(["generate_bin", "-b"]).arg(&out);
                for _ in 0..count {
                    tool.arg(name).arg(&content);
                }
                succeed(&mut tool);
                let made = esp_at::image(kind, &vec![&octets[..]; count], 1 << 20).unwrap();
                assert!(made == fs::read(&out).unwrap(), "{count} of {length}");
            }
        }
    }
    // What that tool does with 70,000 octets is why this program refuses them.
    fs::write(&content, value(1, 70_000)).unwrap();
    succeed(Command::new("python3").arg(tools.join("AtPKI.py")).args(["generate_bin", "-b"]).args([
        &out,
        Path::new("cert"),
        &content,
    ]));
    assert_eq!(fs::read(&out).unwrap()[10..12], [0x70, 0x11]);
    let refused = esp_at::image(Kind::Certificate, &[&value(1, 70_000)], 1 << 20);
    assert_eq!(refused, Err(PkiImageError::ContentTooLong { octets: 70_000 }));
}

#[test]
fn the_reader_of_esp_at_reads_nvs_images() {
    let Some(tools) = esp_at_tools() else { return };
    let folder = tempfile::tempdir().unwrap();
    for lengths in [&[0][..], &[481, 1_200], &[3_000, 3_000, 1_500], &[9_000]] {
        let image = folder.path().join("mfg_nvs.bin");
        fs::write(&image, nvs(0x5000, lengths).unwrap()).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/espressif/read_nvs.py");
        let read = succeed(python().arg(script).arg(&tools).arg(&image));
        let expected: Vec<String> = lengths
            .iter()
            .enumerate()
            .map(|(index, length)| {
                format!("client_cert client_cert.{index} {}", Digest::of(&value(index, *length)))
            })
            .collect();
        assert_eq!(read.lines().collect::<Vec<_>>(), expected);
    }
}

/// Asks Espressif's tools, a line each.
fn oracle(requests: impl IntoIterator<Item = String>) -> Vec<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/espressif/oracle.py");
    let folder = tempfile::tempdir().unwrap();
    let mut child = python()
        .arg(script)
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let text: String = requests.into_iter().map(|line| line + "\n").collect();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "the oracle failed");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// The Python that has Espressif's tools.
fn python() -> Command {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/espressif/bin/python");
    assert!(path.is_file(), "Espressif's tools are not installed: run tests/run");
    Command::new(path)
}

/// AtPKI.py and at.py, where somebody has them.
fn esp_at_tools() -> Option<PathBuf> {
    let folder = std::env::var_os("COLDSIGN_ESP_AT").map(PathBuf::from);
    if folder.is_none() {
        println!("not run: COLDSIGN_ESP_AT names no folder with AtPKI.py and at.py of esp-at");
    }
    folder
}
