//! What only the inside of the register can arrange: a full disk, and a plan of very many rows.

use std::{ops::ControlFlow, time::Instant};

use super::{plan::NewRow, *};
use crate::pki::{
    crl::CrlSerial,
    der::{element, sequence, tag},
    key::{HashAlgorithm, PublicKey, SignatureAlgorithm},
    name::Name,
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
        waivers: &[],
        approval: Approval::Unattended,
        duplicate_keys: DuplicateKeys::Refuse,
        crl_points: &[],
        block_lists: None,
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
        subject: &Name::from_common_name(&format!("Device {number:07}")).unwrap(),
        notes: &[],
        request: Some(&[0x30; 320]),
        tbs: &tbs(&serial),
    })
}

/// Records rows as if a key had signed them; how many.
fn record(register: &mut Register, plan: &ApprovedPlan, rows: &[PlannedRow]) -> Result<usize, Error> {
    record_at(register, plan, rows, 0)
}

/// The same, so many seconds later.
fn record_at(
    register: &mut Register,
    plan: &ApprovedPlan,
    rows: &[PlannedRow],
    later: i64,
) -> Result<usize, Error> {
    let signature = [0x5a; 70];
    let ders: Vec<_> = rows
        .iter()
        .map(|row| crate::pki::certificate::join(&row.tbs, issued::algorithm(&row.tbs).unwrap(), &signature))
        .collect();
    let group: Vec<_> =
        rows.iter().zip(&ders).map(|(row, der)| (row.index, &signature[..], &der[..])).collect();
    Ok(register.record_group(plan, &group, now().plus_seconds(later))?.len())
}

/// A plan of devices of these numbers, approved.
fn planned(register: &mut Register, numbers: std::ops::Range<u64>) -> ApprovedPlan {
    let mut writer = begin(register);
    numbers.for_each(|number| add(&mut writer, number).unwrap());
    let plan = writer.store(Issuer::OwnKey, now()).unwrap();
    register.approve(&plan, Approver::Unattended, now()).unwrap()
}

fn catalogue(register: &Register) -> Catalogue {
    register.catalogue(&mut |_, _| ControlFlow::Continue(())).unwrap()
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
    limit(&register, pages + 1);
    let mut recorded = 0;
    let mut refused = 0;
    loop {
        let rows = register.unissued(&approved, None, 20).unwrap();
        if rows.is_empty() {
            break;
        }
        match record(&mut register, &approved, &rows) {
            Ok(issued) => recorded += issued as u64,
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
    let start = Instant::now();
    let mut writer = begin(&mut register);
    (0..rows).for_each(|number| add(&mut writer, number).unwrap());
    let added = start.elapsed();
    let plan = writer.store(Issuer::OwnKey, now()).unwrap();
    let stored = start.elapsed();
    let approved = register.approve(&plan, Approver::Unattended, now()).unwrap();
    register.check_signable(&approved).unwrap();
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let memory = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    println!("{rows} rows: added {added:?}, stored {stored:?}, checked {:?}, {memory}", start.elapsed());
    assert_eq!((plan.accepted, plan.refused, plan.skipped), (rows, 0, 0));
    let last = register.unissued(&approved, Some(rows - 1), 20).unwrap();
    assert_eq!(last.iter().map(|row| row.index).collect::<Vec<_>>(), [rows]);
}

/// Three plans: one whole, one of which nothing is issued, one with gaps.
fn three_plans(register: &mut Register) -> Vec<ApprovedPlan> {
    let plans: Vec<_> = [0..300, 300..310, 310..400].map(|numbers| planned(register, numbers)).into();
    let rows = register.unissued(&plans[0], None, 1000).unwrap();
    for group in rows.chunks(97) {
        record(register, &plans[0], group).unwrap();
    }
    let mut rows = register.unissued(&plans[2], None, 1000).unwrap();
    rows.retain(|row| row.index % 3 != 1 && row.index < 80);
    for group in rows.chunks(20) {
        record(register, &plans[2], group).unwrap();
    }
    plans
}

#[test]
fn counts_what_was_recorded_after_an_entry() {
    let folder = tempfile::tempdir().unwrap();
    let mut register = register(&folder);
    assert_eq!(register.deeds_since(0).unwrap(), Deeds { entries: 2, authorities: 1, ..Deeds::default() });
    let before = register.head().unwrap().entry;
    assert_eq!(register.deeds_since(before).unwrap(), Deeds::default());
    three_plans(&mut register);
    let head = register.head().unwrap().entry;
    let expected =
        Deeds { entries: head - before, plans: 3, approvals: 3, certificates: 352, ..Deeds::default() };
    assert_eq!(register.deeds_since(before).unwrap(), expected);
    let last = register.deeds_since(head - 1).unwrap();
    assert!(last.entries == 1 && last.certificates > 0 && last.plans == 0, "{last:?}");
    assert_eq!(register.deeds_since(u64::MAX).unwrap(), Deeds::default());
}

/// All that is issued, in the order of the plans, without a catalogue.
fn listed(register: &Register) -> Vec<Listed> {
    let text = format!(
        "SELECT {} FROM issued JOIN planned USING (key) JOIN plan ON plan.number = planned.plan ORDER BY key",
        search::LISTED_COLUMNS
    );
    let mut statement = register.connection.prepare(&text).unwrap();
    let mut rows = statement.query(()).unwrap();
    let mut all = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        all.push(search::listed(row).unwrap());
    }
    all
}

#[test]
fn the_catalogue_numbers_what_is_issued_over_plans_and_gaps() {
    let folder = tempfile::tempdir().unwrap();
    let mut register = register(&folder);
    assert_eq!(catalogue(&register).issued(), 0);
    assert!(register.catalogued(&catalogue(&register), 1, 10).unwrap().is_empty());
    let plans = three_plans(&mut register);
    let catalogue = catalogue(&register);
    let listed = listed(&register);
    assert_eq!((catalogue.issued(), listed.len()), (352, 352));
    let plan_of = |number| register.catalogued(&catalogue, number, 1).unwrap().pop().unwrap().1.plan;
    for (number, plan) in [(1, &plans[0]), (300, &plans[0]), (301, &plans[2]), (352, &plans[2])] {
        assert_eq!(plan_of(number), plan.plan().id, "{number}");
    }
    for from in [1, 2, 299, 300, 301, 302, 330, 352] {
        let page = register.catalogued(&catalogue, from, 7).unwrap();
        let at = usize::try_from(from).unwrap() - 1;
        let expected: Vec<_> = (from..).zip(listed[at..].iter().take(7).cloned()).collect();
        assert_eq!(page, expected, "from {from}");
        let whole = register.catalogued_certificate(&catalogue, from).unwrap().unwrap();
        assert_eq!((whole.serial(), whole.index()), (&page[0].1.serial[..], page[0].1.index));
        assert_eq!(register.catalogued_at(&catalogue, page[0].1.place()).unwrap().unwrap(), page[0]);
    }
    assert!(register.catalogued(&catalogue, 353, 7).unwrap().is_empty());
    assert!(register.catalogued_certificate(&catalogue, 353).unwrap().is_none());
    assert!(register.catalogued_certificate(&catalogue, 0).unwrap().is_none());

    // What is issued later is not in it, and moves none of its numbers.
    let rows = register.unissued(&plans[2], None, 5).unwrap();
    record(&mut register, &plans[2], &rows).unwrap();
    assert_eq!(register.catalogued(&catalogue, 1, 1000).unwrap(), (1..).zip(listed).collect::<Vec<_>>());
}

#[test]
fn finds_what_is_issued_by_serial_number_key_digest_and_text() {
    let folder = tempfile::tempdir().unwrap();
    let mut register = register(&folder);
    let plans = three_plans(&mut register);
    let catalogue = catalogue(&register);
    let all = register.catalogued(&catalogue, 1, 1000).unwrap();

    let mut by_serial = all.clone();
    by_serial.sort_by(|a, b| a.1.serial.cmp(&b.1.serial));
    for prefix in ["4", "5", "7f", "4:1", "412"] {
        let digits = prefix.replace(':', "");
        let prefix = SerialPrefix::from_hex(prefix).unwrap();
        let expected: Vec<_> = by_serial
            .iter()
            .filter(|(_, listed)| crate::pki::fingerprint::hex(&listed.serial).starts_with(&digits))
            .cloned()
            .collect();
        let mut found: Vec<(u64, Listed)> = Vec::new();
        loop {
            let last = found.last().map(|(_, listed)| listed.clone());
            let page = register.find_serial_prefix(&catalogue, &prefix, last.as_ref(), 9).unwrap();
            if page.is_empty() {
                break;
            }
            found.extend(page);
        }
        assert_eq!(found, expected, "{digits}");
        let whole = register.serials_beginning("ca", &prefix, 9).unwrap();
        let expected: Vec<_> = expected
            .iter()
            .filter_map(|(_, listed)| CrlSerial::from_octets(&listed.serial))
            .take(9)
            .collect();
        assert_eq!(whole, expected, "{digits}");
        assert_eq!(register.serials_beginning("another", &prefix, 9).unwrap(), []);
    }
    for none in ["", ":", "4g", "-1", "\u{664}", &"0".repeat(41)] {
        assert_eq!(SerialPrefix::from_hex(none), None, "{none:?}");
    }

    let one = &all[321];
    let found = register.find_spki(&catalogue, &one.1.spki_sha256, None, 9).unwrap();
    assert_eq!(found, std::slice::from_ref(one));
    let unissued = &register.unissued(&plans[1], None, 1).unwrap()[0];
    assert_eq!(unissued.index, 1);
    let key = Digest::of(&300_u64.to_be_bytes());
    assert!(register.find_spki(&catalogue, &key, None, 9).unwrap().is_empty());

    let (mut after, mut texts, mut found, mut done) = (None, Vec::new(), Vec::new(), 0);
    while let Some(stretch) = catalogue.stretch(after, 41) {
        assert!(stretch.done > done && stretch.done <= catalogue.issued());
        done = stretch.done;
        after = Some(stretch.end());
        found.extend(register.find_certificate_in(&stretch, &one.1.certificate_sha256).unwrap());
        texts.extend(register.texts_in(&stretch).unwrap());
    }
    assert_eq!((found, done), (vec![one.1.place()], catalogue.issued()));
    let issued: Vec<_> =
        texts.iter().filter_map(|texts| register.catalogued_at(&catalogue, texts.place).unwrap()).collect();
    assert_eq!(issued, all);
}

/// Records groups of ten, each so many seconds after the beginning.
fn record_groups(register: &mut Register, plan: &ApprovedPlan, times: &[i64]) {
    for &later in times {
        let rows = register.unissued(plan, None, 10).unwrap();
        assert_eq!(record_at(register, plan, &rows, later).unwrap(), 10);
    }
}

#[test]
fn knows_how_fast_the_last_run_was() {
    let folder = tempfile::tempdir().unwrap();
    let mut register = register(&folder);
    let plan = planned(&mut register, 0..200);
    assert_eq!(register.last_run("ca").unwrap(), None);
    // What one group or two seconds take says nothing.
    record_groups(&mut register, &plan, &[0]);
    record_groups(&mut register, &plan, &[20, 22]);
    assert_eq!(register.last_run("ca").unwrap(), None);
    let run = |certificates, seconds, ended| {
        Some(Run {
            authority: "ca".to_owned(),
            plan: plan.plan().id.clone(),
            certificates,
            seconds,
            ended: now().plus_seconds(ended),
        })
    };
    record_groups(&mut register, &plan, &[100, 102, 104, 107]);
    assert_eq!(register.last_run("ca").unwrap(), run(30, 7, 107));
    // Halted for a while, then too short a run: the one before counts.
    record_groups(&mut register, &plan, &[200, 201]);
    assert_eq!(register.last_run("ca").unwrap(), run(30, 7, 107));
    record_groups(&mut register, &plan, &[203]);
    assert_eq!(register.last_run("ca").unwrap(), run(20, 3, 203));
    // A clock that was set back, and another plan, begin new runs.
    record_groups(&mut register, &plan, &[50, 52]);
    let other = planned(&mut register, 300..400);
    record_groups(&mut register, &other, &[53, 54]);
    assert_eq!(register.last_run("ca").unwrap(), run(20, 3, 203));
    assert_eq!(register.last_run("nobody").unwrap(), None);
}

/// Its size is set by `COLDSIGN_ROWS`, in certificates, half of them in each of two plans; with the times and the memory
/// `COLDSIGN_ROWS=1000000 cargo test --release --lib browses_a_register -- --nocapture`.
#[test]
fn browses_a_register_of_any_size() {
    let folder = tempfile::tempdir().unwrap();
    let mut register = register(&folder);
    let rows: u64 =
        std::env::var("COLDSIGN_ROWS").map_or(4_000, |rows| rows.parse().expect("a number of rows"));
    for numbers in [0..rows / 2, rows / 2..rows] {
        let plan = planned(&mut register, numbers);
        let mut after = None;
        loop {
            let group = register.unissued(&plan, after, 1000).unwrap();
            let Some(last) = group.last() else { break };
            after = Some(last.index);
            record(&mut register, &plan, &group).unwrap();
        }
    }
    let octets = std::fs::metadata(folder.path().join("register.db")).unwrap().len();
    let register = Register::open_to_read(&folder.path().join("register.db")).unwrap();
    let timed = |what: &str, began: Instant| println!("{what}: {:?}", began.elapsed());
    println!("{rows} certificates, {octets} octets");
    let began = Instant::now();
    let catalogue = catalogue(&register);
    timed("catalogue", began);
    assert_eq!(catalogue.issued(), rows / 2 * 2);
    let mut slowest = std::time::Duration::ZERO;
    for step in 0..100 {
        let from = 1 + (rows - 40) * step / 99;
        let began = Instant::now();
        let page = register.catalogued(&catalogue, from, 40).unwrap();
        slowest = slowest.max(began.elapsed());
        assert_eq!((page.len(), page[0].0), (40, from));
    }
    println!("slowest of 100 pages of 40: {slowest:?}");
    let page = register.catalogued(&catalogue, rows / 3, 1).unwrap();
    let (number, one) = &page[0];
    let began = Instant::now();
    let prefix = SerialPrefix::from_hex(&crate::pki::fingerprint::hex(&one.serial)[..9]).unwrap();
    let found = register.find_serial_prefix(&catalogue, &prefix, None, 40).unwrap();
    timed("serial number by its beginning", began);
    assert!(found.iter().any(|(own, _)| own == number));
    let began = Instant::now();
    assert_eq!(register.find_spki(&catalogue, &one.spki_sha256, None, 40).unwrap().len(), 1);
    timed("key", began);
    let began = Instant::now();
    assert_eq!(register.catalogued_certificate(&catalogue, *number).unwrap().unwrap().serial(), one.serial);
    timed("whole certificate", began);
    let began = Instant::now();
    let (mut after, mut found) = (None, None);
    while let (Some(stretch), None) = (catalogue.stretch(after, 20_000), found) {
        after = Some(stretch.end());
        found = register.find_certificate_in(&stretch, &Digest::of(b"none")).unwrap();
    }
    timed("no certificate by its digest", began);
    let (began, mut after, mut texts) = (Instant::now(), None, 0);
    while let Some(stretch) = catalogue.stretch(after, 8_192) {
        after = Some(stretch.end());
        texts += register.texts_in(&stretch).unwrap().len() as u64;
    }
    timed("all texts", began);
    assert_eq!(texts, catalogue.issued());
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    println!("{}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap());
}
