//! The register from outside: what it records, what it refuses, and that its audit sees every change to its file.
//!
//! Keys are software keys of fixed octets; certificates and requests are real, so that the audit has everything to
//! verify.

use std::{ops::ControlFlow, path::PathBuf};

use coldsign::{
    config,
    pki::{
        certificate::{Certificate, SignedCertificate},
        der::{element, sequence, tag},
        fingerprint::Digest,
        issuer::IssuingCa,
        key::{Curve, HashAlgorithm, KeyAlgorithm, PublicKey, RsaScheme, SignatureAlgorithm},
        name::Name,
        plan::{Facts, PlannedCertificate, RootFields, plan, plan_root},
        policy::{Control, Finding, Refusal},
        profile::{Approval, DIGITAL_SIGNATURE, DuplicateKeys, DuplicateSubjects, End, Profile},
        request::ParsedRequest,
        serial::SerialNumber,
        time::Time,
    },
    register::{
        ApprovedPlan, Approver, Checkpoint, Delivery, Error, Head, IssuedCertificate, Issuer, LaterCrls,
        MarkState, MarkedToken, NewAuthority, NewPlan, PlanKind, Register, Rehearsal, StoredPlan, Verdict,
    },
};
#[path = "register/altered.rs"]
mod altered;
#[path = "register/older.rs"]
mod older;
#[path = "register/revocation.rs"]
mod revocation;
#[path = "support/tamper.rs"]
mod tamper;

use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};
use rusqlite::Connection;
use tempfile::TempDir;

fn now() -> Time {
    Time::from_rfc3339("2026-11-21T10:00:00Z").unwrap()
}

fn key(number: u16) -> SigningKey {
    let mut octets = [1; 32];
    octets[30..].copy_from_slice(&number.to_be_bytes());
    SigningKey::from_slice(&octets).unwrap()
}

fn public_key(key: &SigningKey) -> PublicKey {
    PublicKey::from_ec_point(Curve::P256, key.verifying_key().to_sec1_point(false).as_bytes()).unwrap()
}

fn sign(key: &SigningKey, message: &[u8]) -> Vec<u8> {
    let signature: Signature = key.sign(message);
    signature.to_der().as_bytes().to_vec()
}

fn serial(number: u16) -> SerialNumber {
    let mut octets = [0; 20];
    octets[18..].copy_from_slice(&number.to_be_bytes());
    SerialNumber::from_random(octets)
}

/// A certification request (RFC 2986) without attributes.
fn request(number: u16) -> Vec<u8> {
    let key = key(number);
    let name = Name::from_text(&format!("CN=device-{number}")).unwrap();
    let info = sequence(&[
        &element(tag::INTEGER, &[0]),
        name.der(),
        public_key(&key).spki(),
        &element(tag::context_constructed(0), &[]),
    ]);
    let signature = [&[0][..], &sign(&key, &info)].concat();
    sequence(&[
        &info,
        &SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256).der(),
        &element(tag::BIT_STRING, &signature),
    ])
}

fn profile() -> Profile {
    Profile {
        end: End::Days(30),
        backdate_seconds: 0,
        key_usage: DIGITAL_SIGNATURE,
        extended_key_usage: Vec::new(),
        allowed_extensions: Vec::new(),
        keys: vec![KeyAlgorithm::Ec(Curve::P256)],
        duplicate_subjects: DuplicateSubjects::Accept,
        ..config::built_in("device").expect("a profile")
    }
}

fn new_plan(kind: PlanKind, duplicate_keys: DuplicateKeys) -> NewPlan<'static> {
    NewPlan {
        authority: "factory",
        kind,
        profile: "device",
        profile_text: "[profile.device]\nkind = \"end-entity\"\n",
        waivers: &[],
        approval: Approval::Typed,
        duplicate_keys,
        crl_points: &[],
        block_lists: None,
    }
}

/// A register with a root CA in it.
struct Home {
    folder: TempDir,
    register: Register,
    ca: IssuingCa,
    /// What is said of CRLs that were published since an older register was accepted.
    later: LaterCrls,
}

const CA_KEY: u16 = 60_000;

impl Home {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("register.db");
        let mut register = Register::create(&path, [7; 16], Rehearsal::Rehearsal, now()).unwrap();
        let public_key = public_key(&key(CA_KEY));
        register
            .add_authority(
                &NewAuthority {
                    name: "factory",
                    key_uri: "pkcs11:token=demo;object=factory",
                    public_key: &public_key,
                    request: None,
                },
                now(),
            )
            .unwrap();
        let root = plan_root(
            &RootFields {
                name: Name::from_text("CN=Factory Root").unwrap(),
                public_key: public_key.clone(),
                rsa_scheme: RsaScheme::Pkcs1,
                days: 3650,
                path_length: None,
            },
            Facts { now: now(), serial: serial(CA_KEY) },
        )
        .unwrap();
        let mut writer = register.begin_plan(&new_plan(PlanKind::Root, DuplicateKeys::Note), now()).unwrap();
        writer.add("factory", None, &root).unwrap();
        let stored = writer.store(Issuer::OwnKey, now()).unwrap();
        let approved = register.approve(&stored, Approver::Words(&stored.words()), now()).unwrap();
        let signed =
            SignedCertificate::assemble_root(root.tbs(), &sign(&key(CA_KEY), root.tbs()), &public_key)
                .unwrap();
        let issued = register.record_issued(&approved, &[(1, signed)], now()).unwrap();
        let certificate = Certificate::parse(issued[0].der()).unwrap();
        register.install_certificate("factory", &certificate, &[], now()).unwrap();
        let ca = IssuingCa::new(certificate, Vec::new()).unwrap();
        Self { folder, register, ca, later: LaterCrls::Unsaid }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("register.db")
    }

    fn planned(&self, number: u16, serial_number: u16) -> PlannedCertificate {
        let request = ParsedRequest::parse(&request(number)).unwrap().verify_possession().unwrap();
        plan(request, &profile(), &self.ca, Facts { now: now(), serial: serial(serial_number) }).unwrap()
    }

    /// Stores a plan for devices of these numbers, serial numbers being `base` more; two are not to be signed.
    fn store(&mut self, numbers: &[u16], base: u16) -> StoredPlan {
        let planned: Vec<_> = numbers.iter().map(|&number| self.planned(number, base + number)).collect();
        let mut writer =
            self.register.begin_plan(&new_plan(PlanKind::Batch, DuplicateKeys::Refuse), now()).unwrap();
        for (number, planned) in numbers.iter().zip(&planned) {
            writer.add(&format!("device-{number}.csr"), Some(&request(*number)), planned).unwrap();
        }
        let finding = Finding::refuse(Control::Possession, "proof of possession failed", "ask again");
        let refusal = Refusal { findings: vec![finding], subject: None, key: None };
        writer.refuse("bad.csr", Some(Digest::of(b"bad")), &refusal).unwrap();
        let reason = Finding::note(Control::CsrForm, "not a request", "leave it out");
        writer.skip("readme.txt", None, &reason).unwrap();
        writer.store(Issuer::Certificate(&self.ca), now()).unwrap()
    }

    fn approve(&mut self, plan: &StoredPlan) -> ApprovedPlan {
        self.register.approve(plan, Approver::Words(&plan.words()), now()).unwrap()
    }

    fn signed(&self, plan: &ApprovedPlan) -> Vec<(u64, SignedCertificate)> {
        let unissued = self.register.unissued(plan, None, 1000).unwrap();
        unissued.iter().map(|row| (row.index, self.assemble(&row.tbs))).collect()
    }

    fn assemble(&self, tbs: &[u8]) -> SignedCertificate {
        SignedCertificate::assemble(tbs, &sign(&key(CA_KEY), tbs), &self.ca).unwrap()
    }

    /// Everything that a register can hold.
    fn full() -> (Self, StoredPlan) {
        let mut home = Self::new();
        let plan = home.store(&[1, 2, 3, 4], 0);
        let approved = home.approve(&plan);
        let signed = home.signed(&approved);
        home.register.record_issued(&approved, &signed[..2], now()).unwrap();
        home.register.record_issued(&approved, &signed[2..3], now()).unwrap();
        let delivery = Delivery {
            time: now(),
            folder: plan.id.clone(),
            manifest_sha256: Digest::of(b"manifest"),
            certificates: 3,
        };
        home.register.record_delivery(&plan, &delivery).unwrap();
        revocation::fill(&mut home);
        let token = MarkedToken { label: "token", serial: "1" };
        home.register.record_mark(token, MarkState::Begun, now()).unwrap();
        let seen = Head { entry: 1_000, hash: Digest::of(b"lost") };
        let words = home.register.older_digest(&seen).unwrap().words();
        home.register.accept_older(&seen, &words, now()).unwrap();
        let checkpoint = home.checkpoint();
        home.register.add_checkpoint(&checkpoint, now()).unwrap();
        (home, plan)
    }

    /// The newest entry, signed with the audit key.
    fn checkpoint(&self) -> Checkpoint {
        let head = self.register.head().unwrap();
        let audit_key = key(50_000);
        Checkpoint {
            head,
            public_key: public_key(&audit_key),
            algorithm: SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256),
            signature: sign(&audit_key, &self.register.checkpoint_message(&head)),
        }
    }

    fn findings(&self) -> Vec<&'static str> {
        audit(&Register::open_to_read(&self.path()).unwrap())
    }
}

fn audit(register: &Register) -> Vec<&'static str> {
    let report = register.audit(&mut |_| ControlFlow::Continue(())).unwrap();
    report.findings.iter().map(|finding| finding.id).collect()
}

#[test]
fn issues_what_was_planned_and_approved_and_audits_clean() {
    let (home, plan) = Home::full();
    let register = &home.register;
    assert_eq!((plan.accepted, plan.refused, plan.skipped), (4, 1, 1));
    assert_eq!(register.issued_count(&plan).unwrap(), 3);
    let issued = register.issued(&plan, None, 10).unwrap();
    assert_eq!(issued.iter().map(IssuedCertificate::index).collect::<Vec<_>>(), [1, 2, 3]);
    let certificate = Certificate::parse(issued[1].der()).unwrap();
    assert_eq!(certificate.sha256(), issued[1].certificate_sha256());
    assert_eq!((issued[1].source(), certificate.serial()), ("device-2.csr", issued[1].serial()));
    assert_eq!(register.find_serial(issued[2].serial()).unwrap().as_ref(), Some(&issued[2]));
    assert_eq!(register.issued(&plan, Some(2), 10).unwrap(), issued[2..]);

    let refused = register.refused(&plan, None, 10).unwrap();
    assert_eq!(
        refused.iter().map(|row| row.verdict).collect::<Vec<_>>(),
        [Verdict::Refused, Verdict::Skipped]
    );
    assert_eq!(refused[0].findings[0].control, "possession");

    let catalogue = register.catalogue(&mut |_, _| ControlFlow::Continue(())).unwrap();
    assert_eq!(catalogue.issued(), 4);
    // The first certificate is the root's own.
    let page = |from| register.catalogued(&catalogue, from, 2).unwrap();
    let (first, second) = (page(2), page(4));
    assert_eq!((first.len(), second.len(), second[0].1.index), (2, 1, 3));
    assert_eq!(second[0].1.plan, plan.id);

    let report = register.audit(&mut |_| ControlFlow::Continue(())).unwrap();
    assert!(report.clean(), "{:?}", report.findings);
    assert_eq!((report.plans, report.planned, report.issued, report.checkpoints), (2, 5, 4, 1));
    assert_eq!(report.head, Some(register.head().unwrap()));
}

#[test]
fn finds_again_after_a_crash_what_was_stored_but_not_signed() {
    let mut home = Home::new();
    let plan = home.store(&[1, 2, 3], 0);
    let approved = home.approve(&plan);
    let before = home.register.unissued(&approved, None, 10).unwrap();
    let path = home.path();
    let Home { folder, register, ca, later } = home;
    drop(register);
    let register = Register::open(&path).unwrap();
    let mut home = Home { folder, register, ca, later };
    let plan = home.register.plan(&plan.id[..12]).unwrap();
    let approved = home.register.approved(&plan).unwrap().unwrap();
    assert_eq!(home.register.unissued(&approved, None, 10).unwrap(), before);
    home.register.check_signable(&approved).unwrap();
    let signed = home.signed(&approved);
    home.register.record_issued(&approved, &signed, now()).unwrap();
    assert!(home.register.unissued(&approved, None, 10).unwrap().is_empty());
    assert_eq!(home.findings(), [""; 0]);
}

#[test]
fn keeps_nothing_of_a_plan_that_was_not_stored() {
    let mut home = Home::new();
    let planned = home.planned(1, 1);
    let head = home.register.head().unwrap();
    let mut writer =
        home.register.begin_plan(&new_plan(PlanKind::Batch, DuplicateKeys::Refuse), now()).unwrap();
    writer.add("device-1.csr", Some(&request(1)), &planned).unwrap();
    drop(writer);
    assert_eq!(home.register.head().unwrap(), head);
    assert_eq!(home.register.plans().unwrap().len(), 1);
    // The serial number is free again.
    home.store(&[1], 0);
}

#[test]
fn records_a_group_whole_or_not_at_all_and_nothing_twice() {
    let mut home = Home::new();
    let plan = home.store(&[1, 2, 3], 0);
    let approved = home.approve(&plan);
    let signed = home.signed(&approved);
    home.register.record_issued(&approved, &signed[1..2], now()).unwrap();
    let again = home.register.record_issued(&approved, &signed, now());
    assert!(matches!(again, Err(Error::AlreadyIssued { index: 2, .. })), "{again:?}");
    assert_eq!(home.register.issued_count(&plan).unwrap(), 1);
    let twice = [signed[0].clone(), signed[0].clone()];
    assert!(matches!(
        home.register.record_issued(&approved, &twice, now()),
        Err(Error::AlreadyIssued { index: 1, .. })
    ));
    let swapped = [(1, signed[2].1.clone())];
    assert!(matches!(
        home.register.record_issued(&approved, &swapped, now()),
        Err(Error::UnplannedOctets { index: 1, .. })
    ));
    let beyond = [(4, signed[2].1.clone())];
    assert!(matches!(
        home.register.record_issued(&approved, &beyond, now()),
        Err(Error::NotPlanned { index: 4, .. })
    ));
    assert_eq!(home.register.issued_count(&plan).unwrap(), 1);
    assert_eq!(home.findings(), [""; 0]);
}

#[test]
fn takes_the_words_of_the_plan_and_no_others() {
    let mut home = Home::new();
    let (plan, other) = (home.store(&[1], 0), home.store(&[2], 0));
    let wrong = home.register.approve(&plan, Approver::Words(&other.words()), now());
    assert!(matches!(wrong, Err(Error::Words(_))), "{wrong:?}");
    let unattended = home.register.approve(&plan, Approver::Unattended, now());
    assert!(matches!(unattended, Err(Error::UnattendedNotAllowed(_))), "{unattended:?}");
    let mut altered = plan.clone();
    altered.digest = other.digest;
    let altered = home.register.approve(&altered, Approver::Words(&other.words()), now());
    assert!(matches!(altered, Err(Error::PlanUnknown(_))), "{altered:?}");
    assert_eq!(home.register.approved(&plan).unwrap(), None);
    home.approve(&plan);
    assert!(home.register.approved(&plan).unwrap().is_some());
    assert!(matches!(home.register.plan("p-"), Err(Error::PlanAmbiguous(_))));
    assert!(matches!(home.register.plan("q"), Err(Error::PlanUnknown(_))));
}

#[test]
fn knows_keys_and_serial_numbers_that_were_used() {
    let mut home = Home::new();
    let plan = home.store(&[1, 2], 0);
    let rival = home.store(&[2], 100);
    let spki = public_key(&key(2)).spki_sha256();
    let issued_key = |register: &mut Register| {
        let writer = register.begin_plan(&new_plan(PlanKind::Batch, DuplicateKeys::Refuse), now()).unwrap();
        writer.issued_key(&spki).unwrap()
    };
    assert_eq!(issued_key(&mut home.register), None);
    let (approved, rival) = (home.approve(&plan), home.approve(&rival));
    home.register.check_signable(&rival).unwrap();
    let signed = home.signed(&approved);
    home.register.record_issued(&approved, &signed, now()).unwrap();
    let earlier = issued_key(&mut home.register).unwrap();
    assert_eq!((earlier.plan.as_deref(), earlier.index), (Some(plan.id.as_str()), 2));
    let refused = home.register.check_signable(&rival);
    assert!(matches!(refused, Err(Error::KeyCertified { index: 1, .. })), "{refused:?}");

    let (first, second) = (home.planned(5, 5), home.planned(6, 5));
    let mut writer =
        home.register.begin_plan(&new_plan(PlanKind::Batch, DuplicateKeys::Refuse), now()).unwrap();
    assert_eq!(writer.holds_key(&first.spki_sha256()).unwrap(), None);
    writer.add("device-5.csr", None, &first).unwrap();
    let earlier = writer.holds_key(&first.spki_sha256()).unwrap().unwrap();
    assert_eq!((earlier.plan, earlier.index, earlier.source.as_str()), (None, 1, "device-5.csr"));
    let again = writer.add("device-6.csr", None, &second);
    assert!(matches!(again, Err(Error::SerialUsed(_))), "{again:?}");
}

#[test]
fn lets_one_process_write_and_others_read() {
    let (home, plan) = Home::full();
    let second = Register::open(&home.path());
    assert!(matches!(second, Err(Error::InUse)), "{second:?}");
    let mut reader = Register::open_to_read(&home.path()).unwrap();
    assert_eq!(reader.plan(&plan.id).unwrap(), plan);
    assert!(matches!(reader.approve(&plan, Approver::Words(&plan.words()), now()), Err(Error::ReadOnly)));
    drop(home.register);
    Register::open(&home.folder.path().join("register.db")).unwrap();
}

#[test]
fn refuses_files_that_are_no_register() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("register.db");
    assert!(matches!(Register::open(&path), Err(Error::NotFound(_))));
    std::fs::write(
        &path,
        "this is a note and no database, but it is long enough to look like one".repeat(20),
    )
    .unwrap();
    assert!(matches!(Register::open(&path), Err(Error::Foreign(_))));
    assert!(matches!(Register::open_to_read(&path), Err(Error::Foreign(_))));
    assert!(matches!(Register::create(&path, [0; 16], Rehearsal::Live, now()), Err(Error::Exists(_))));
    let other = folder.path().join("other.db");
    Connection::open(&other).unwrap().execute_batch("CREATE TABLE t (a)").unwrap();
    assert!(matches!(Register::open(&other), Err(Error::Foreign(_))));
    let (home, _) = Home::full();
    Connection::open(home.path()).unwrap().pragma_update(None, "user_version", 6).unwrap();
    assert!(matches!(Register::open_to_read(&home.path()), Err(Error::Newer { found: 6, known: 5 })));
    Connection::open(home.path()).unwrap().pragma_update(None, "user_version", 1).unwrap();
    let older = Register::open_to_read(&home.path()).unwrap_err();
    assert!(matches!(older, Error::Older { found: 1, known: 5 }), "{older:?}");
    assert!(older.hint().contains("set up a new home"), "{}", older.hint());
}

const TABLES: [&str; 22] = [
    "adoption",
    "approval",
    "authority",
    "authority_certificate",
    "checkpoint",
    "crl",
    "crl_delivery",
    "crl_issued",
    "crl_left",
    "crl_part",
    "delivery",
    "head_mark",
    "issued",
    "journal",
    "listed",
    "older_register",
    "plan",
    "planned",
    "refused",
    "register",
    "revocation",
    "takeover",
];

#[test]
fn forbids_update_delete_and_replace_in_every_table_to_any_program() {
    let (home, _) = Home::full();
    // A foreign connection, with SQLite's own defaults.
    let connection = Connection::open(home.path()).unwrap();
    for table in TABLES {
        let column: String = connection
            .query_row("SELECT name FROM pragma_table_info(?1) WHERE cid = 0", [table], |row| row.get(0))
            .unwrap();
        for sql in [
            format!("UPDATE {table} SET {column} = {column}"),
            format!("DELETE FROM {table}"),
            format!("INSERT OR REPLACE INTO {table} SELECT * FROM {table} LIMIT 1"),
        ] {
            let message = connection.execute(&sql, []).unwrap_err().to_string();
            assert!(message.contains("the register is append-only"), "{sql}: {message}");
        }
    }
    assert_eq!(home.findings(), [""; 0]);
}

#[test]
fn an_older_register_is_accepted_by_the_words_for_both_ends_and_for_that_mark_alone() {
    let mut home = Home::new();
    let (ends, seen) = (home.register.head().unwrap(), Head { entry: 9, hash: Digest::of(b"lost") });
    assert!(home.register.check_seen(ends).is_ok());
    let behind = home.register.check_seen(seen).unwrap_err();
    assert_eq!(
        behind.to_string(),
        format!("this register ends at entry {}; the token has seen entry 9", ends.entry)
    );
    let words = home.register.older_digest(&seen).unwrap().words();
    let other = Head { entry: 10, ..seen };
    assert!(matches!(home.register.accept_older(&other, &words, now()), Err(Error::OlderWords)));
    home.register.accept_older(&seen, &words, now()).unwrap();
    assert!(home.register.check_seen(seen).is_ok());
    assert!(matches!(home.register.check_seen(other), Err(Error::RegisterBehind { .. })));
    let same = Head { entry: 1, ..seen };
    let other = home.register.check_seen(same).unwrap_err().to_string();
    assert_eq!(other, "entry 1 of this register is not the one that the token has seen");
    assert_eq!(home.findings(), [""; 0]);
    tamper::tamper(&home.path(), "UPDATE older_register SET digest = zeroblob(32)");
    assert_eq!(home.findings(), ["journal-body", "unbound-rows", "older-register"]);
    assert!(matches!(home.register.check_seen(seen), Err(Error::Damaged(_))));
}

#[test]
fn a_withdrawn_plan_is_neither_approved_nor_signed() {
    let mut home = Home::new();
    let plan = home.store(&[1], 0);
    home.approve(&plan);
    for reason in ["", " \n", &"x".repeat(501)] {
        assert!(matches!(home.register.withdraw(&plan, reason, now()), Err(Error::WithdrawalReason)));
    }
    assert_eq!(home.register.withdrawn(&plan).unwrap(), None);
    home.register.withdraw(&plan, " not wanted ", now()).unwrap();
    let withdrawn = home.register.withdrawn(&plan).unwrap().unwrap();
    assert_eq!((withdrawn.time, withdrawn.reason.as_str()), (now(), "not wanted"));
    assert_eq!(home.register.approved(&plan).unwrap(), None);
    let again = home.register.approve(&plan, Approver::Words(&plan.words()), now());
    assert!(matches!(again, Err(Error::PlanWithdrawn(_))), "{again:?}");
    let again = home.register.withdraw(&plan, "not wanted", now());
    assert!(matches!(again, Err(Error::PlanWithdrawn(_))), "{again:?}");
    assert_eq!(home.findings(), [""; 0]);
    // The same requests can be planned, approved and signed once more.
    let anew = home.store(&[1], 100);
    let approved = home.approve(&anew);
    let signed = home.signed(&approved);
    home.register.record_issued(&approved, &signed, now()).unwrap();
    assert!(matches!(home.register.withdraw(&anew, "too late", now()), Err(Error::PlanSigned(_))));
    assert_eq!(home.findings(), [""; 0]);
    assert!(home.register.deeds_since(0).unwrap().withdrawals == 1);
    // It cannot be taken back by another program, nor put beside a plan that has signatures without being seen.
    let connection = Connection::open(home.path()).unwrap();
    for sql in ["DELETE FROM withdrawal", "UPDATE withdrawal SET reason = 'other'"] {
        let message = connection.execute(sql, []).unwrap_err().to_string();
        assert!(message.contains("the register is append-only"), "{sql}: {message}");
    }
    tamper::tamper(
        &home.path(),
        &format!("UPDATE withdrawal SET plan = (SELECT number FROM plan WHERE id = '{}')", anew.id),
    );
    let found = home.findings();
    assert!(found.contains(&"withdrawn") && found.contains(&"journal-body"), "{found:?}");
}

#[test]
fn the_plan_of_a_root_is_not_withdrawn() {
    let mut home = Home::new();
    let root = home.register.plans().unwrap().remove(0);
    let refused = home.register.withdraw(&root, "not wanted", now());
    assert!(matches!(refused, Err(Error::PlanNotWithdrawable(_))), "{refused:?}");
}

#[test]
fn signs_nothing_that_the_journal_does_not_bind() {
    // No trigger stands in the way of a new row.
    for entry in ["(SELECT max(seq) + 1 FROM journal)", "1000000", "(SELECT max(seq) FROM journal)"] {
        let mut home = Home::new();
        let plan = home.store(&[1], 0);
        let insert = format!(
            "INSERT INTO approval (entry, plan, time, method, digest) \
             SELECT {entry}, number, created, 'typed words', digest FROM plan WHERE id = '{}'",
            plan.id
        );
        Connection::open(home.path()).unwrap().execute_batch(&insert).unwrap();
        let approved = home.register.approved(&plan);
        assert!(matches!(approved, Err(Error::Damaged(_))), "{entry}: {approved:?}");
    }
    let mut home = Home::new();
    let plan = home.store(&[1], 0);
    let approved = home.approve(&plan);
    home.register.check_signable(&approved).unwrap();
    tamper::tamper(
        &home.path(),
        "UPDATE planned SET source = 'other.csr' WHERE key = (SELECT max(key) FROM planned)",
    );
    assert!(matches!(home.register.check_signable(&approved), Err(Error::Damaged(_))));
}

#[test]
fn sees_a_change_of_any_column_of_any_table() {
    let (home, _) = Home::full();
    let bytes = backup(&home);
    let connection = Connection::open(home.path()).unwrap();
    let mut columns: Vec<(String, String, String)> = Vec::new();
    for table in TABLES {
        let mut statement = connection.prepare("SELECT name, type FROM pragma_table_info(?1)").unwrap();
        let mut rows = statement.query([table]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            columns.push((table.to_owned(), row.get(0).unwrap(), row.get(1).unwrap()));
        }
    }
    drop(connection);
    assert!(columns.len() > 70);
    for (table, column, kind) in columns {
        restore(&home, &bytes);
        let change = match kind.as_str() {
            "INTEGER" => format!("{column} + 1000"),
            "TEXT" => format!("coalesce({column}, '') || 'x'"),
            _ => format!("zeroblob(max(1, length(coalesce({column}, x''))))"),
        };
        tamper::tamper(
            &home.path(),
            &format!("UPDATE {table} SET {column} = {change} WHERE rowid = (SELECT max(rowid) FROM {table})"),
        );
        match Register::open_to_read(&home.path()) {
            Ok(register) => assert_ne!(audit(&register), [""; 0], "{table}.{column}"),
            Err(error) => assert_eq!(table, "register", "{column}: {error}"),
        }
    }
}

/// The file without its log, as octets. The register stays open and locked, and writes nothing more.
fn backup(home: &Home) -> Vec<u8> {
    let connection = Connection::open(home.path()).unwrap();
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    std::fs::read(home.path()).unwrap()
}

fn restore(home: &Home, octets: &[u8]) {
    for suffix in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(home.folder.path().join(format!("register.db{suffix}")));
    }
    std::fs::remove_file(home.path()).unwrap();
    std::fs::write(home.path(), octets).unwrap();
}

#[test]
fn names_what_was_changed() {
    let (home, _) = Home::full();
    let octets = backup(&home);
    let check = |sql: &str, expected: &[&str]| {
        restore(&home, &octets);
        tamper::tamper(&home.path(), sql);
        let found = home.findings();
        for id in expected {
            assert!(found.contains(id), "{sql}: {found:?} lacks {id}");
        }
    };
    check("UPDATE journal SET body = '{}' WHERE seq = 3", &["journal-hash", "journal-body"]);
    check("UPDATE journal SET time = 0 WHERE seq = 3", &["journal-hash"]);
    check("UPDATE journal SET hash = zeroblob(32) WHERE seq = 3", &["journal-hash", "journal-chain"]);
    check("DELETE FROM journal WHERE seq = 4", &["journal-gap", "journal-chain", "unbound-rows"]);
    check("DELETE FROM approval", &["unapproved", "journal-body"]);
    check("UPDATE approval SET method = 'unattended profile'", &["approval", "journal-body"]);
    check("UPDATE plan SET accepted = 3 WHERE number = 2", &["plan-counts", "journal-body"]);
    check("UPDATE plan SET digest = zeroblob(32) WHERE number = 2", &["plan-digest", "unapproved"]);
    check("UPDATE plan SET issuer_sha256 = zeroblob(32)", &["plan-issuer"]);
    check("UPDATE planned SET tbs_sha256 = zeroblob(32) WHERE idx = 2", &["tbs"]);
    check("UPDATE planned SET tbs = zeroblob(9) WHERE idx = 2", &["tbs", "plan-digest"]);
    check("UPDATE planned SET subject = x'3000' WHERE idx = 2", &["fields"]);
    check("UPDATE planned SET not_after = not_after + 1 WHERE idx = 2", &["fields"]);
    check("UPDATE planned SET request = zeroblob(9) WHERE idx = 2", &["request", "possession"]);
    check("UPDATE planned SET request = NULL WHERE idx = 2", &["request"]);
    check("UPDATE issued SET signature = zeroblob(70) WHERE entry = 9", &["signature", "certificate"]);
    check("UPDATE issued SET certificate_sha256 = zeroblob(32)", &["certificate"]);
    check("DELETE FROM issued WHERE entry = 9", &["journal-body", "delivery"]);
    check("DELETE FROM refused WHERE idx = 1", &["plan-counts", "journal-body"]);
    check("UPDATE checkpoint SET signature = zeroblob(70)", &["checkpoint"]);
    check("UPDATE checkpoint SET hash = zeroblob(32)", &["checkpoint"]);
    check("UPDATE delivery SET certificates = 4", &["delivery"]);
    check(
        "INSERT INTO refused SELECT key + (1 << 40), plan + 256, idx, verdict, source, sha256, subject, \
         algorithm, findings FROM refused",
        &["unbound-rows"],
    );
    check("DROP INDEX planned_spki", &["schema"]);
    check("CREATE TABLE more (a)", &["schema"]);
    restore(&home, &octets);
    assert_eq!(home.findings(), [""; 0]);
}

#[test]
fn refuses_to_write_where_the_triggers_are_gone() {
    let (home, _) = Home::full();
    let path = home.path();
    let Home { folder, register, .. } = home;
    drop(register);
    Connection::open(&path).unwrap().execute_batch("DROP TRIGGER issued_delete").unwrap();
    let opened = Register::open(&path);
    assert!(matches!(opened, Err(Error::Damaged(_))), "{opened:?}");
    drop(folder);
}

#[test]
fn knows_a_history_that_was_cut_off_by_a_head_noted_elsewhere() {
    let (home, _) = Home::full();
    let head = home.register.head().unwrap();
    assert!(home.register.holds(&head).unwrap());
    tamper::tamper(
        &home.path(),
        "DELETE FROM journal WHERE seq = (SELECT max(seq) FROM journal); DELETE FROM checkpoint;",
    );
    let cut = Register::open_to_read(&home.path()).unwrap();
    // The file alone cannot show it: that is what checkpoints and noted heads are for.
    assert_eq!(audit(&cut), [""; 0]);
    assert!(!cut.holds(&head).unwrap());
}

#[test]
fn does_not_record_a_checkpoint_that_does_not_verify() {
    let mut home = Home::new();
    let good = home.checkpoint();
    let other_key = Checkpoint { public_key: public_key(&key(1)), ..good.clone() };
    assert!(matches!(home.register.add_checkpoint(&other_key, now()), Err(Error::Checkpoint(_))));
    let mut later = good.clone();
    later.head.entry += 1;
    assert!(matches!(home.register.add_checkpoint(&later, now()), Err(Error::Checkpoint(_))));
    home.register.add_checkpoint(&good, now()).unwrap();
}

#[test]
fn gives_back_the_checkpoint_that_was_recorded_last() {
    let mut home = Home::new();
    assert_eq!(home.register.last_checkpoint().unwrap(), None);
    let (first, later) = (home.checkpoint(), now().plus_seconds(60));
    home.register.add_checkpoint(&first, now()).unwrap();
    assert_eq!(home.register.last_checkpoint().unwrap(), Some((first, now())));
    let second = home.checkpoint();
    home.register.add_checkpoint(&second, later).unwrap();
    assert_eq!(home.register.last_checkpoint().unwrap(), Some((second, later)));
}

#[test]
fn takes_no_row_beside_the_journal_for_a_checkpoint() {
    let (home, _) = Home::full();
    let forged = "INSERT INTO checkpoint SELECT entry + 1, head, hash, time, algorithm, spki, signature FROM checkpoint";
    tamper::tamper(&home.path(), forged);
    let register = Register::open_to_read(&home.path()).unwrap();
    assert!(matches!(register.last_checkpoint(), Err(Error::Damaged(_))));
    let (home, _) = Home::full();
    tamper::tamper(&home.path(), "UPDATE checkpoint SET signature = x'00'");
    let register = Register::open_to_read(&home.path()).unwrap();
    assert!(matches!(register.last_checkpoint(), Err(Error::Damaged(_))));
}

#[test]
fn stops_an_audit_when_asked() {
    let (home, _) = Home::full();
    assert!(matches!(home.register.audit(&mut |_| ControlFlow::Break(())), Err(Error::Stopped)));
}

#[test]
fn is_recomputed_by_the_program_in_its_documentation() {
    let document = include_str!("../docs/REGISTER-FORMAT.md");
    let program = document.split("```python\n").nth(1).and_then(|rest| rest.split("```\n").next()).unwrap();
    let run = |home: &Home| {
        std::process::Command::new("python3").args(["-c", program]).current_dir(home.folder.path()).output()
    };
    let (home, _) = Home::full();
    let output = match run(&home) {
        Ok(output) => output,
        Err(error) if std::env::var("CI").as_deref() != Ok("true") => {
            return println!("not checked: python3: {error}");
        }
        Err(error) => panic!("python3: {error}"),
    };
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let head = home.register.head().unwrap();
    let expected = format!("the journal is whole; its head is {} {}\n", head.entry, head.hash);
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
    tamper::tamper(&home.path(), "UPDATE planned SET source = 'other.csr' WHERE idx = 2");
    assert!(!run(&home).unwrap().status.success());
}
