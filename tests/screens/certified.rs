//! CAs with certificates, as a ceremony gives them: read from files and held against a register's record.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, OnceLock},
};

use coldsign::{
    ceremony::{
        Appliance, Authority, AuthorityRecord, CrlFile, Error, FittingCertificate, Home, Rehearsal, Role,
        Setup, Stage, read_crl_file,
    },
    pki::{
        certificate::Certificate,
        der::{element, sequence, tag},
        fingerprint::Digest,
        key::{HashAlgorithm, SignatureAlgorithm},
    },
    register::{NewAuthority, Register},
};
use p256::ecdsa::{SigningKey, signature::Signer as _};
use tempfile::TempDir;

use super::{
    material,
    outside::{Outside, printable},
};

/// The numbers of the root's key and the CA's.
const ROOT: u8 = 4;
const OWN: u8 = 3;

/// Longest common name made: certificates of more than 64 KiB are not read, and CRLs of an issuer of more than 16 KiB.
const COMMON_NAME_OCTETS_MAX: usize = 15 * 1024;

/// A CA below a root; its subject is the text of that role.
pub fn issuing(outside: &Outside) -> Authority {
    let certificate = |der: &[u8]| Certificate::parse(der).unwrap();
    Authority {
        record: AuthorityRecord {
            name: printable(&outside.authority).to_string(),
            key_uri: "pkcs11:token=rehearsal;object=factory".to_owned(),
            public_key: material::public_key(OWN),
            created: material::now(),
            request: None,
            succeeds: None,
            certificate: Some((certificate(&own(outside)), vec![certificate(&root())])),
        },
        stage: Stage::Issues,
        warnings: Vec::new(),
        succeeded_by: None,
        others: Vec::new(),
        from_outside: None,
    }
}

/// Its certificate as the ceremony finds it to fit, which alone makes such a value; what it says where it does not.
pub fn fitting(outside: &Outside) -> Result<FittingCertificate, Error> {
    static WAITING: OnceLock<Mutex<(TempDir, Appliance)>> = OnceLock::new();
    let waiting = WAITING.get_or_init(|| Mutex::new(waiting())).lock().unwrap();
    let file = |name: &str, der: Vec<u8>| -> PathBuf {
        let path = waiting.0.path().join(name);
        fs::write(&path, der).unwrap();
        path
    };
    let (own, above) = (file("own.der", own(outside)), file("above.der", root()));
    waiting.1.examine("factory", &own, Some(&above), Role::Issues)
}

/// A home whose CA `factory` has its key and waits for its certificate. No token is needed for that.
fn waiting() -> (TempDir, Appliance) {
    let folder = tempfile::tempdir().unwrap();
    let home = || Home::new(folder.path().join("home"));
    // Some file: the module is loaded where a token is needed.
    let module = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let setup = Setup { module: &module, token: "rehearsal", serial: None, rehearsal: Rehearsal::Rehearsal };
    coldsign::ceremony::setup(&home(), &setup).unwrap();
    let mut register = Register::open(&home().register_path()).unwrap();
    let new = NewAuthority {
        name: "factory",
        key_uri: "pkcs11:token=rehearsal;object=factory",
        public_key: &material::public_key(OWN),
        request: None,
    };
    register.add_authority(&new, material::now()).unwrap();
    drop(register);
    let appliance = Appliance::open_to_read(home()).unwrap();
    (folder, appliance)
}

fn own(outside: &Outside) -> Vec<u8> {
    certificate(&common_name(outside), OWN)
}

/// The subject as far as it is read: longer ones are refused.
fn common_name(outside: &Outside) -> String {
    let mut octets = 0;
    let fits = |c: &char| {
        octets += c.len_utf8();
        octets <= COMMON_NAME_OCTETS_MAX
    };
    outside.subject.chars().take_while(fits).collect()
}

/// A CRL of that name (RFC 5280 §5.1) that lists nothing, as the ceremony reads it; nobody looks at its signature there.
pub fn crl(outside: &Outside) -> CrlFile {
    let algorithm = SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256).der();
    let number = sequence(&[
        &element(tag::OID, &[0x55, 0x1d, 20]),
        &element(tag::OCTET_STRING, &element(tag::INTEGER, &[7])),
    ]);
    let tbs = sequence(&[
        &element(tag::INTEGER, &[1]),
        &algorithm,
        &name(&common_name(outside)),
        &element(tag::UTC_TIME, b"260101000000Z"),
        &element(tag::UTC_TIME, b"270101000000Z"),
        &element(tag::context_constructed(0), &sequence(&[&number])),
    ]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("crl.der");
    fs::write(&file, sequence(&[&tbs, &algorithm, &element(tag::BIT_STRING, &[0; 80])])).unwrap();
    read_crl_file(&file, &mut |_| {}).unwrap()
}

fn root() -> Vec<u8> {
    certificate("Factory Root", ROOT)
}

fn name(common_name: &str) -> Vec<u8> {
    let common_name = sequence(&[
        &element(tag::OID, &[0x55, 0x04, 0x03]),
        &element(tag::UTF8_STRING, common_name.as_bytes()),
    ]);
    sequence(&[&element(tag::SET, &common_name)])
}

/// A CA certificate (RFC 5280 §4.1) of any common name, issued by the root, for as long as anybody runs tests.
fn certificate(common_name: &str, number: u8) -> Vec<u8> {
    let algorithm = SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256).der();
    let extension = |last: u8, value: &[u8]| {
        let critical = element(tag::BOOLEAN, &[0xff]);
        sequence(&[
            &element(tag::OID, &[0x55, 0x1d, last]),
            // basicConstraints and keyUsage are critical, key identifiers never.
            if matches!(last, 15 | 19) { &critical } else { &[] },
            &element(tag::OCTET_STRING, value),
        ])
    };
    let identifier = |number: u8| Digest::of(&[number]).as_octets()[..20].to_vec();
    let extensions = sequence(&[
        &extension(19, &sequence(&[&element(tag::BOOLEAN, &[0xff])])),
        &extension(15, &element(tag::BIT_STRING, &[1, 0x06])),
        &extension(14, &element(tag::OCTET_STRING, &identifier(number))),
        &extension(35, &sequence(&[&element(tag::context(0), &identifier(ROOT))])),
    ]);
    let tbs = sequence(&[
        &element(tag::context_constructed(0), &element(tag::INTEGER, &[2])),
        &element(tag::INTEGER, &[0x4f, number]),
        &algorithm,
        &name("Factory Root"),
        &sequence(&[
            &element(tag::UTC_TIME, b"200101000000Z"),
            &element(tag::GENERALIZED_TIME, b"20991231235959Z"),
        ]),
        &name(common_name),
        material::public_key(number).spki(),
        &element(tag::context_constructed(3), &extensions),
    ]);
    let signature: p256::ecdsa::Signature = SigningKey::from_slice(&[ROOT; 32]).unwrap().sign(&tbs);
    sequence(&[
        &tbs,
        &algorithm,
        &element(tag::BIT_STRING, &[&[0][..], signature.to_der().as_bytes()].concat()),
    ])
}
