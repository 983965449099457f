//! Software by others accepts what is delivered, and refuses what it should.

#[path = "interop/aws.rs"]
mod aws;
#[path = "interop/microchip.rs"]
mod microchip;
mod support;
#[path = "interop/vendors.rs"]
mod vendors;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use support::{Sandbox, fail, files, lab::Lab, openssl, request::Algorithm, succeed, tool};

/// The devices of the delivered bundle: one of each algorithm.
const DEVICES: [(&str, Algorithm); 5] = [
    ("device-p256", Algorithm::P256),
    ("device-p384", Algorithm::P384),
    ("device-p521", Algorithm::P521),
    ("device-ed25519", Algorithm::Ed25519),
    ("device-rsa", Algorithm::Rsa(2048)),
];

/// A root, an issuing CA below it, a bundle of devices and one of a server, made once for all tests here.
fn lab() -> &'static Lab {
    static LAB: OnceLock<Lab> = OnceLock::new();
    LAB.get_or_init(|| Lab::new(Sandbox::with_issuing("interop", "p256"), &DEVICES, &[]))
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

/// A program of this test's own folder.
fn beside(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop").join(name)
}

fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let name = |path: &Path| path.strip_prefix(folder).unwrap().to_owned();
    files(folder).iter().map(|path| (name(path), fs::read(path).unwrap())).collect()
}
