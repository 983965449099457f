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
use sha2::{Digest as _, Sha256};
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
fn secure_cert_images_are_those_of_espressifs_tool_for_every_size() {
    let step = if long_form() { 1 } else { 61 };
    // Two heads and sums, the last entry, and a NUL behind each value take 82 octets of 8,192.
    let mut lengths: Vec<[usize; 2]> = Vec::new();
    for authority in [0, 700, 4_063] {
        let limit = 8_110 - authority;
        lengths.extend((0..limit).step_by(step).map(|device| [authority, device]));
        lengths.extend((limit - 40..limit + 40).map(|device| [authority, device]));
    }
    let answers =
        oracle(lengths.iter().map(|[authority, device]| format!("tlv-octets {authority} {device}")));
    assert_eq!(answers.len(), lengths.len());
    let mut refused = 0;
    for ([authority, device], answer) in lengths.iter().zip(answers) {
        let made = esp_secure_cert::image(&value(0, *authority), &value(1, *device), None);
        let made = made.map_or_else(|_| "refused".to_owned(), |image| Digest::of(&image).to_string());
        assert_eq!(made, answer, "{authority} {device}");
        refused += usize::from(made == "refused");
    }
    println!("{} images are the same, {refused} refused by both", lengths.len());
    assert!(refused > 30 && refused * 2 < lengths.len(), "{refused} of {}", lengths.len());
}

/// What a partition of ESP-AT holds, as most modules have it.
const AT_PKI_OCTETS: usize = 8_192;

/// SHA-256 over the images of one, two and three items of every length that fits, one behind the other, as AtPKI.py of
/// v2.4.2.0 made them. That tool is on no registry: where it is at hand, it is asked anew.
const AT_PKI: [(Kind, &str, [&str; 3]); 2] = [
    (
        Kind::Authority,
        "ca",
        [
            "617306ac82c2aa09630cffede44e884f0b671a46f5b5e32bdce38ff520099f8a",
            "0a5cf5eff11ff561bb7c224a0d24ff6a36b7e42c32a3659a4f0074485e93401e",
            "878271512a2847b0d645caf35fd31e2efa557f6198022736ab0edac1ddd8ce40",
        ],
    ),
    (
        Kind::Certificate,
        "cert",
        [
            "6c782c52b1f6c7a6b650565b71f417d7a7f4e44b5a20e61fffccfe3a8ee0e86f",
            "5ca8e06b4ea8d47fb5efe19d4276dac194a63051358bcb6dce05b6b71c5a12ed",
            "e2217f4d2932b4eea27e038c8d0246634a07ee6e4aec2254007a73b19816816d",
        ],
    ),
];

#[test]
fn at_pki_images_are_those_of_espressifs_tool_for_every_size() {
    let tools = esp_at_tools();
    for (kind, name, expected) in AT_PKI {
        for (count, expected) in (1..).zip(expected) {
            let values: Vec<Vec<u8>> = (0..count).map(|index| value(index, AT_PKI_OCTETS)).collect();
            let (mut digest, mut length) = (Sha256::new(), 0);
            let of = |length: usize| values.iter().map(|value| &value[..length]).collect::<Vec<_>>();
            while let Ok(image) = esp_at::image(kind, &of(length), AT_PKI_OCTETS) {
                digest.update(image);
                length += 1;
            }
            // A head of 8 octets, and one of 4 before each content, which is padded to 4.
            assert_eq!(length, (AT_PKI_OCTETS - 8) / count / 4 * 4 - 4 + 1, "{name} {count}");
            let made = Digest::from_octets(digest.finalize().into()).to_string();
            if let Some(tools) = &tools {
                let mut tool = Command::new("python3");
                tool.arg(beside("at_pki.py")).arg(tools);
                let answer = answers(tool, [format!("{name} {count} {}", length - 1)]);
                assert_eq!(made, answer[0], "{name} {count}");
            }
            assert_eq!(made, expected, "{name} {count}");
            println!("{count} {name}: {length} images are the same");
        }
    }
}

#[test]
fn at_pki_images_of_contents_that_are_too_long_are_made_by_espressifs_tool_alone() {
    let Some(tools) = esp_at_tools() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (content, out) = (folder.path().join("content"), folder.path().join("out.bin"));
    let theirs = |length: usize| {
        fs::write(&content, value(1, length)).unwrap();
        let mut tool = Command::new("python3");
        tool.arg(tools.join("AtPKI.py")).args(["generate_bin", "-b"]);
        succeed(tool.args([out.as_path(), Path::new("cert"), &content]));
        fs::read(&out).unwrap()
    };
    let ours = |length: usize| esp_at::image(Kind::Certificate, &[&value(1, length)], 1 << 20);
    for length in [8_181, 65_534, 65_535] {
        assert!(ours(length).unwrap() == theirs(length), "{length}");
    }
    // What that tool does with 70,000 octets is why this program refuses them.
    assert_eq!(theirs(70_000)[10..12], [0x70, 0x11]);
    assert_eq!(ours(70_000), Err(PkiImageError::ContentTooLong { octets: 70_000 }));
}

#[test]
fn the_reader_of_esp_at_reads_nvs_images() {
    let Some(tools) = esp_at_tools() else { return };
    let folder = tempfile::tempdir().unwrap();
    for lengths in [&[0][..], &[481, 1_200], &[3_000, 3_000, 1_500], &[9_000]] {
        let image = folder.path().join("mfg_nvs.bin");
        fs::write(&image, nvs(0x5000, lengths).unwrap()).unwrap();
        let read = succeed(python().arg(beside("read_nvs.py")).arg(&tools).arg(&image));
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
    let mut tools = python();
    tools.arg(beside("oracle.py"));
    answers(tools, requests)
}

/// What a program answers, a line each.
fn answers(mut program: Command, requests: impl IntoIterator<Item = String>) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let mut child = program
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

/// A program of this test's own folder.
fn beside(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/espressif").join(name)
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
