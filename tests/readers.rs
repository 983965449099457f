//! Every reader of octets from outside, over seeds that the program itself and `openssl` made, and over what chance makes
//! of them: the short form of what fuzzing does without end (`tests/fuzz/README.md`). `COLDSIGN_LONG=1` draws four hundred
//! times as often, from other numbers each time. `COLDSIGN_REWRITE=1` makes the seeds anew.

mod support;

#[path = "fuzz/readers.rs"]
mod readers;

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    thread,
};

use serde_json::json;
use support::{
    Sandbox, files, long_form,
    request::{self, Algorithm, Key, Request},
    succeed, tool,
};

/// How often chance has its way with each reader's seeds.
const DRAWS: usize = 2_000;
const DRAWS_LONG: usize = 400 * DRAWS;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz")
}

/// The seeds of a reader, in one order.
fn seeds(reader: &str) -> Vec<Vec<u8>> {
    let mut paths = files(&folder().join("seeds").join(reader));
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// Numbers that follow from the first: the same draws in every run of the short form.
struct Chance(u64);

impl Chance {
    fn new(stream: u64) -> Self {
        let start = if long_form() { u64::from_le_bytes(request::random()) } else { 0x9e37_79b9_7f4a_7c15 };
        Self((start ^ (stream << 32)) | 1)
    }

    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap_or(0) % end.max(1)
    }
}

/// Octets that lengths, tags and text turn on.
const TELLING: [u8; 20] = [
    0x00, 0x01, 0x02, 0x03, 0x05, 0x1b, 0x20, b'"', b',', b'-', b'\n', b'\r', b'\t', 0x30, 0x7f, 0x80, 0x81,
    0x84, 0xa0, 0xff,
];

/// What chance makes of a seed: one to five alterations, each at any place.
fn altered(seeds: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
    let mut octets = seeds[chance.below(seeds.len())].clone();
    for _ in 0..=chance.below(5) {
        let at = chance.below(octets.len() + 1);
        let scale = chance.below(8);
        let length = chance.below(1 << scale).min(octets.len() - at);
        match chance.below(8) {
            0 if at < octets.len() => octets[at] ^= 1 << chance.below(8),
            1 if at < octets.len() => octets[at] = TELLING[chance.below(TELLING.len())],
            2 if at < octets.len() => {
                octets[at] = octets[at].wrapping_add(if chance.below(2) == 0 { 1 } else { 0xff });
            }
            3 => drop(octets.drain(at..at + length)),
            4 => octets.insert(at, TELLING[chance.below(TELLING.len())]),
            5 => {
                let part = octets[at..at + length].to_vec();
                octets.splice(at..at, part);
            }
            6 => {
                let other = &seeds[chance.below(seeds.len())];
                let from = chance.below(other.len());
                let part = other[from..(from + length).min(other.len())].to_vec();
                octets.splice(at..at + length, part);
            }
            _ => octets.truncate(at),
        }
    }
    octets
}

#[test]
fn every_reader_stands_its_seeds_and_what_chance_makes_of_them() {
    if env::var("COLDSIGN_REWRITE").as_deref() == Ok("1") {
        write_seeds();
    }
    let failed: Vec<String> = thread::scope(|scope| {
        let runs = readers::ALL.map(|reader| scope.spawn(move || stands(reader)));
        runs.into_iter().filter_map(|run| run.join().unwrap().err()).collect()
    });
    assert!(failed.is_empty(), "{failed:#?}");
}

fn stands((name, read): readers::Reader) -> Result<(), String> {
    let seeds = seeds(name);
    let number = readers::ALL.iter().position(|(other, _)| *other == name).unwrap() as u64;
    let mut chance = Chance::new(number);
    let count = if long_form() { DRAWS_LONG } else { DRAWS };
    let drawn = (0..count).map(|_| altered(&seeds, &mut chance));
    for octets in seeds.iter().cloned().chain(drawn) {
        if catch_unwind(AssertUnwindSafe(|| read(&octets))).is_err() {
            let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("reader-{name}"));
            fs::write(&path, octets).unwrap();
            return Err(format!("the reader of {name} fails on {}", path.display()));
        }
    }
    Ok(())
}

/// A reader that nobody fuzzes, or a target without seeds, would look like one without findings.
#[test]
fn every_reader_has_its_target_and_its_seeds() {
    let names = readers::ALL.map(|(name, _)| name);
    let manifest = fs::read_to_string(folder().join("Cargo.toml")).unwrap();
    for name in names {
        let target = format!("targets/{}.rs", name.replace('-', "_"));
        assert!(manifest.contains(&format!("name = \"{name}\"\npath = \"{target}\"")), "{name}");
        let text = fs::read_to_string(folder().join(&target)).unwrap();
        assert!(text.contains(&format!("readers::{}(octets)", name.replace('-', "_"))), "{target}");
    }
    let seeded: BTreeSet<_> = fs::read_dir(folder().join("seeds"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(seeded, names.map(str::to_owned).into());
}

/// A seed that is not taken teaches nothing of what is behind the taking.
#[test]
fn every_seed_is_taken_by_its_reader() {
    for (name, read) in readers::ALL {
        for path in files(&folder().join("seeds").join(name)) {
            assert!(read(&fs::read(&path).unwrap()), "{}", path.display());
        }
    }
}

/// Makes the seeds: a root, devices, a CRL and a bundle of the program itself, an issued list of `openssl ca`'s form.
fn write_seeds() {
    let sandbox = Sandbox::with_issuing("readers", "p256");
    let stick = sandbox.folder("stick");
    let mut found: BTreeMap<&str, Vec<(String, Vec<u8>)>> = BTreeMap::new();
    for (number, algorithm) in
        [Algorithm::P256, Algorithm::P384, Algorithm::P521, Algorithm::Ed25519, Algorithm::Rsa(2048)]
            .into_iter()
            .enumerate()
    {
        let wanted = Request::named(&format!("device-{number}"))
            .with(request::alternative_names(&["device.example"]))
            .with(request::key_usage(&[7, 0x80]));
        let der = wanted.der(&Key::generate(algorithm));
        let text = request::pem("CERTIFICATE REQUEST", &der);
        fs::write(Path::new(&stick).join(format!("{number}.csr")), &text).unwrap();
        found.entry("request").or_default().push((format!("{number}.der"), der));
        let event = json!({ "certificateSigningRequest": text, "principalId": "0a1b", "clientId": "device" });
        let event = format!("{event}\nno event\n{event}").into_bytes();
        found.entry("event").or_default().push((format!("{number}.jsonl"), event));
        found.entry("pem").or_default().push((format!("{number}.pem"), text.into_bytes()));
    }
    let out = sandbox.folder("out");
    let bundle = sandbox.issue("issuing", "device", &[&stick], &out, &["der", "pem"]);
    let rows = sandbox.json(["register", "list", "--plan", &bundle.planned.id]);
    let serial = |row: usize| rows[row]["serial"].as_str().unwrap();
    sandbox.ok(["revoke", "--ca", "issuing", serial(0), "--reason", "keyCompromise"]);
    sandbox.ok(["revoke", "--ca", "issuing", serial(1), "--reason", "certificateHold"]);
    let crl = sandbox.json(["crl", "--ca", "issuing", "--to", &out, "--pin-file", &sandbox.text("pin")]);
    let crl = PathBuf::from(crl.last().unwrap()["folder"].as_str().unwrap());
    let read = |path: PathBuf| fs::read(path).unwrap();
    for name in ["crl.der", "crl.pem"] {
        found.entry("crl").or_default().push((name.to_owned(), read(crl.join(name))));
    }
    for (name, path) in [("bundle.json", &bundle.folder), ("crl.json", &crl)] {
        found.entry("manifest").or_default().push((name.to_owned(), read(path.join("manifest.json"))));
    }
    let chain = bundle.folder.join("ca-chain.pem");
    found.entry("pem").or_default().push(("ca-chain.pem".to_owned(), read(chain.clone())));
    let mut certificates: Vec<PathBuf> = vec![bundle.folder.join("root.pem"), chain];
    certificates.extend(files(&bundle.folder.join("certs")));
    for (number, path) in certificates.iter().enumerate() {
        let mut command = tool("openssl", "openssl");
        let der = sandbox.path("certificate.der");
        succeed(command.args(["x509", "-outform", "DER", "-in"]).arg(path).arg("-out").arg(&der));
        let name = if number == 0 { "root.der".to_owned() } else { format!("{number}.der") };
        found.entry("certificate").or_default().push((name, read(der)));
    }
    found
        .entry("authority")
        .or_default()
        .push(("home.toml".to_owned(), read(sandbox.path("home/authority.toml"))));
    let texts: [(&str, &str, &str); 6] = [
        (
            "table",
            "names.csv",
            "serial,place,\"the \"\"line\"\"\"\r\nA-1,Halle,\"2, west\"\r\nA-2,,\"two lines\"\r\n",
        ),
        ("table", "keys.csv", "serial\nA-1\n"),
        (
            "issued-list",
            "index.txt",
            "V\t270101000000Z\t\t01\tunknown\t/CN=one\nR\t270101000000Z\t260101000000Z,keyCompromise\t02\tunknown\t/CN=two\n\
             R\t20510101000000Z\t260101000000Z,CAkeyTime,20250101000000Z\t0FFF\tunknown\t/CN=three\nE\t200101000000Z\t\t03\t\
             unknown\t/CN=four\n",
        ),
        ("block-list", "spki", "# keys\n0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f\n"),
        ("block-list", "openssl", "# RSA-2048\n0f0f0f0f0f0f0f0f0f0f\n1f0f0f0f0f0f0f0f0f0f\n"),
        ("block-list", "badkeys", "\u{0}\u{1}23456789abcde\u{1}\u{0}\u{2}23456789abcdf\u{2}"),
    ];
    for (reader, name, text) in texts {
        found.entry(reader).or_default().push((name.to_owned(), text.as_bytes().to_vec()));
    }
    let seeds = folder().join("seeds");
    let _ = fs::remove_dir_all(&seeds);
    for (reader, made) in found {
        fs::create_dir_all(seeds.join(reader)).unwrap();
        for (name, octets) in made {
            fs::write(seeds.join(reader).join(name), octets).unwrap();
        }
    }
}
