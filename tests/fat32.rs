//! FAT32: what an outbox writes survives the way onto an ordinary stick and back.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use coldsign::media::{Entry, Intake, Limits, Outbox};

/// Runs a tool; its absence is a fault of the machine that runs the tests, and said as such.
fn run(tool: &str, arguments: &[&str]) {
    // mkfs.vfat lives where only root's PATH leads.
    let path = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default());
    let output = Command::new(tool).args(arguments).env("PATH", path).output().unwrap_or_else(|error| {
        panic!("{tool}: {error}; install the packages dosfstools and mtools");
    });
    assert!(output.status.success(), "{tool} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Every file below a folder, by its path.
fn files(root: &Path) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let entries = Intake::open(&[root.to_owned()], &Limits::STANDARD).unwrap();
    entries
        .map(|entry| match entry.unwrap() {
            Entry::File(mut file) => {
                let mut octets = Vec::new();
                std::io::Read::read_to_end(&mut file, &mut octets).unwrap();
                (file.source().octets().to_vec(), octets)
            }
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn copies_a_bundle_onto_a_fat32_medium_and_back() {
    let dir = tempfile::tempdir().unwrap();
    let mut outbox = Outbox::create(dir.path(), "plan-2026-11-21-0001").unwrap();
    for name in ["manifest.json", "SHA256SUMS", "ca-chain.p7b", "devices.csv"] {
        let mut file = outbox.create_file(name).unwrap();
        writeln!(file, "{name}").unwrap();
        file.finish().unwrap();
    }
    for number in 0..1_000 {
        for kind in ["certs", "chains"] {
            // The longest name there is, one that fits the short form, and those between.
            let stem = format!("{number:0>width$}", width = 4 + number % 57);
            let mut file = outbox.create_file(&format!("{kind}/{:03}/{stem}.pem", number / 250)).unwrap();
            write!(file, "{}", format!("{kind} {number}\n").repeat(1 + number % 80)).unwrap();
            file.finish().unwrap();
        }
    }
    let mut empty = outbox.create_file(&format!("empty/{}.pem", "e".repeat(60))).unwrap();
    empty.flush().unwrap();
    empty.finish().unwrap();
    let published = outbox.publish().unwrap();
    let written = files(published.path());
    assert_eq!(written.len(), 2_005);

    // FAT32 begins at 65,525 clusters: 64 MiB of single sectors.
    let image = dir.path().join("stick.img");
    fs::File::create(&image).unwrap().set_len(96 << 20).unwrap();
    let image = image.to_str().unwrap();
    run("mkfs.vfat", &["-F", "32", "-s", "1", image]);
    run("mcopy", &["-i", image, "-s", published.path().to_str().unwrap(), "::/"]);
    let back = dir.path().join("back");
    fs::create_dir(&back).unwrap();
    run("mcopy", &["-i", image, "-s", "::/plan-2026-11-21-0001", back.to_str().unwrap()]);

    let read = files(&back.join("plan-2026-11-21-0001"));
    assert!(written.keys().eq(read.keys()), "names changed on the way");
    for (name, octets) in &written {
        assert!(read[name] == *octets, "{} changed on the way", String::from_utf8_lossy(name));
    }
}
