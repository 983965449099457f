//! What only the inside of the register can arrange: a full disk, and a plan of very many rows.

use super::{plan::NewRow, *};
use crate::pki::{
    der::{element, sequence, tag},
    key::{HashAlgorithm, PublicKey, SignatureAlgorithm},
    profile::{Approval, DuplicateKeys},
};

fn now() -> Time {
    Time::from_rfc3339("2026-11-21T10:00:00Z").unwrap()
}

/// A register with one authority, whose key is the base point of P-256.
fn register(folder: &tempfile::TempDir) -> Register {
    let path = folder.path().join("register.db");
    let mut register = Register::create(&path, [7; 16], Rehearsal::Live, now()).unwrap();
    let key = p256::ecdsa::SigningKey::from_slice(&[1; 32]).unwrap();
    let point = key.verifying_key().to_sec1_point(false);
    let public_key = PublicKey::from_ec_point(crate::pki::key::Curve::P256, point.as_bytes()).unwrap();
    let authority =
        NewAuthority { name: "ca", key_uri: "pkcs11:object=ca", public_key: &public_key, request: None };
    register.add_authority(&authority, now()).unwrap();
    register
}

/// The beginning of a `TBSCertificate`, as far as the register reads it, made as long as a device's.
fn tbs(serial: &[u8]) -> Vec<u8> {
    sequence(&[
        &element(tag::context_constructed(0), &[2, 1, 2]),
        &element(tag::INTEGER, serial),
        &SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256).der(),
        &element(tag::OCTET_STRING, &[0x5a; 380]),
    ])
}

fn begin(register: &mut Register) -> PlanWriter<'_> {
    let new = NewPlan {
        authority: "ca",
        kind: PlanKind::Root,
        profile: "device",
        profile_text: "",
        approval: Approval::Unattended,
        duplicate_keys: DuplicateKeys::Refuse,
    };
    register.begin_plan(&new, now()).unwrap()
}

fn add(writer: &mut PlanWriter<'_>, number: u64) -> Result<(), Error> {
    // Scattered over the index, as random numbers are.
    let spki_sha256 = Digest::of(&number.to_be_bytes());
    let mut serial = spki_sha256.as_octets()[..20].to_vec();
    serial[0] = serial[0] & 0x3f | 0x40;
    assert_eq!(writer.holds_key(&spki_sha256)?, None);
    assert_eq!(writer.issued_key(&spki_sha256)?, None);
    writer.add_row(&NewRow {
        source: &format!("requests/{:03}/device-{number:07}.csr", number / 1000),
        serial: &serial,
        spki_sha256,
        not_before: now(),
        not_after: now(),
        subject: &[0x30, 0],
        notes: &[],
        request: Some(&[0x30; 320]),
        tbs: &tbs(&serial),
    })
}

#[test]
fn loses_nothing_on_a_full_disk_and_goes_on_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let mut register = register(&folder);
    let pages: i64 = register.connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    let limit = |register: &Register, pages: i64| {
        register.connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(())).unwrap();
    };
    limit(&register, pages + 40);
    let head = register.head().unwrap();
    let mut writer = begin(&mut register);
    let full = (0..10_000).find_map(|number| add(&mut writer, number).err()).unwrap();
    assert!(matches!(full, Error::DiskFull), "{full:?}");
    assert!(matches!(add(&mut writer, 20_000), Err(Error::PlanBroken)));
    assert!(matches!(writer.store(Issuer::OwnKey, now()), Err(Error::PlanBroken)));
    assert_eq!(register.head().unwrap(), head);
    assert!(register.plans().unwrap().is_empty());

    limit(&register, 1_000_000);
    let mut writer = begin(&mut register);
    (0..500).for_each(|number| add(&mut writer, number).unwrap());
    let plan = writer.store(Issuer::OwnKey, now()).unwrap();
    let approved = register.approve(&plan, Approver::Unattended, now()).unwrap();
    let pages: i64 = register.connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    limit(&register, pages + 2);
    let mut recorded = 0;
    let mut refused = 0;
    loop {
        let rows = register.unissued(&approved, None, 20).unwrap();
        if rows.is_empty() {
            break;
        }
        let signature = [0x5a; 400];
        let ders: Vec<_> = rows
            .iter()
            .map(|row| {
                crate::pki::certificate::join(&row.tbs, issued::algorithm(&row.tbs).unwrap(), &signature)
            })
            .collect();
        let group: Vec<_> =
            rows.iter().zip(&ders).map(|(row, der)| (row.index, &signature[..], &der[..])).collect();
        match register.record_group(&approved, &group, now()) {
            Ok(issued) => recorded += issued.len() as u64,
            Err(error) => {
                assert!(matches!(error, Error::DiskFull), "{error:?}");
                assert_eq!(register.issued_count(&plan).unwrap(), recorded);
                refused += 1;
                limit(&register, 1_000_000);
            }
        }
    }
    assert_eq!((recorded, refused), (500, 1));
}

/// Its size is set by `COLDSIGN_ROWS`, in requests. A million, with the rate and the memory that it needed, is
/// `COLDSIGN_ROWS=1000000 cargo test --release --lib streams_a_plan -- --nocapture`.
#[test]
fn streams_a_plan_of_any_size() {
    let folder = tempfile::tempdir().unwrap();
    let mut register = register(&folder);
    let rows = std::env::var("COLDSIGN_ROWS").map_or(5_000, |rows| rows.parse().expect("a number of rows"));
    let start = std::time::Instant::now();
    let mut writer = begin(&mut register);
    (0..rows).for_each(|number| add(&mut writer, number).unwrap());
    assert_eq!(writer.counts(), (rows, 0, 0));
    let added = start.elapsed();
    let plan = writer.store(Issuer::OwnKey, now()).unwrap();
    let stored = start.elapsed();
    let approved = register.approve(&plan, Approver::Unattended, now()).unwrap();
    register.check_signable(&approved).unwrap();
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let memory = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    println!("{rows} rows: added {added:?}, stored {stored:?}, checked {:?}, {memory}", start.elapsed());
    assert_eq!(plan.accepted, rows);
    let last = register.unissued(&approved, Some(rows - 1), 20).unwrap();
    assert_eq!(last.iter().map(|row| row.index).collect::<Vec<_>>(), [rows]);
}
