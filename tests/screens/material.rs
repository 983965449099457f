//! Values as the ceremony gives them, the same on every machine and every day.

use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};

use coldsign::{
    ceremony::{
        Access, Aftermath, AuditReport, Beginning, BundleReport, Capability, CertificateState, Check,
        CheckedKey, Class, Closing, Counts, Deeds, Delivered, Detail, DoneSince, Due, EntryKind,
        FolderContents, FolderEntry, FolderListing, FormObstacle, Format, FormsNotHad, HandedOver, HeadAfter,
        HeadSignature, InTheWay, Initialised, Issued, IssuedRow, Judgement, LooseKey, Mark, MountedVolume,
        Nearness, Overview, Phase, PinEntry, PinWarning, PlanSummary, PlannedAuthorities, PlannedRow,
        Progress, ProofFile, Reach, Reading, Rehearsal, Remaining, RevokedSince, Rng, SignedHead, SlotState,
        Space, Standing, StoredPlan, Support, TokenCheck, TokenMark, TokenState, TokenTexts, Unfinished,
        UserPin, Verdict, Waived, Writing,
    },
    export::{
        manifest::Counts as BundleCounts,
        verification::{Flaw, FlawId, Summary, TrustedRoot},
    },
    pki::{
        der::{element, sequence, tag},
        fingerprint::Digest,
        key::{Curve, HashAlgorithm, KeyAlgorithm, SignatureAlgorithm},
        pem,
        plan::difference::{Change, Difference, Line},
        policy::{Control, Finding},
    },
    register::{AuditFinding, PlanKind},
    tui::{
        message::{Failure, PinAsk, PinLasts},
        work::{Asked, PlanShown, proving::CaChoice},
    },
};
use p256::ecdsa::{SigningKey, signature::Signer as _};

use super::outside::{Outside, printable};

#[path = "../support/plan.rs"]
mod stored;
use stored::stored_plan;
pub use stored::{now, public_key};

/// A plan of 998 certificates; from a register, because nothing else makes one.
pub fn plan(outside: &Outside) -> StoredPlan {
    static PLAN: OnceLock<StoredPlan> = OnceLock::new();
    let mut plan = PLAN.get_or_init(stored_plan).clone();
    "p-20261121-1f2e3d4c".clone_into(&mut plan.id);
    plan.digest = Digest::of(b"a plan");
    plan.authority = printable(&outside.authority).to_string();
    plan.kind = PlanKind::Batch;
    plan.profile = printable(&outside.profile).to_string();
    (plan.accepted, plan.refused, plan.skipped) = (998, 7, 2);
    plan
}

/// A rule that a plan waives, for so many certificates; the reason is of the configuration.
pub fn waived(outside: &Outside, certificates: u64) -> Waived {
    let rule = if certificates == 0 { "rfc5280-4.2.1.12-purpose-usage" } else { "matter-6.1.3-size" };
    Waived { rule, reason: printable(&outside.profile), certificates }
}

/// The counts of reading that plan.
pub fn counts() -> Counts {
    Counts { accepted: 998, refused: 7, skipped: 2 }
}

/// What the frame shows of a home.
pub fn overview(outside: &Outside) -> Overview {
    Overview {
        rehearsal: Rehearsal::Rehearsal,
        token_label: printable(&outside.token),
        token_serial: Some(printable(SERIAL)),
        authorities: vec![printable(&outside.authority).to_string(), "second".to_owned()],
        entry: 1_204,
        head: Digest::of(b"head"),
        head_words: "anchor velvet harbour".to_owned(),
    }
}

/// What the self-check finds.
pub fn checks(outside: &Outside) -> Vec<Check> {
    let check = |subject, mark, found: &str, hint: Option<&str>| Check {
        subject,
        mark,
        found: printable(found),
        hint: hint.map(str::to_owned),
    };
    vec![
        check("program", Mark::Good, &format!("SHA-256 {}", Digest::of(b"program")), None),
        check("clock", Mark::Attention, "2026-11-21 14:03:22 UTC", Some("compare it with a clock you trust")),
        check("network", Mark::Bad, "eth0 is up", Some("pull the cable or switch the interface off")),
        check("module", Mark::Good, &format!("/usr/lib/{}", outside.token), None),
    ]
}

/// Two volumes.
pub fn volumes(outside: &Outside) -> Vec<MountedVolume> {
    let volume = |place: &str, label: Option<&str>, access, free| MountedVolume {
        mount_point: PathBuf::from(place),
        shown: printable(place),
        device: printable("/dev/sdb1"),
        label: label.map(printable),
        filesystem: printable("vfat"),
        access,
        octets: 16_000_000_000,
        octets_free: free,
    };
    vec![
        volume("/media/stick", Some(&outside.volume), Access::ReadWrite, 15_200_000_000),
        volume("/media/other", None, Access::ReadOnly, 640_000),
    ]
}

/// A folder with one of each.
pub fn folder(outside: &Outside) -> FolderListing {
    let entry = |name: &str, kind, octets| FolderEntry {
        path: PathBuf::from("/media/stick").join(name.replace('\0', "")),
        shown: printable(name),
        kind,
        octets,
    };
    FolderListing {
        path: PathBuf::from("/media/stick"),
        shown: printable("/media/stick"),
        entries: vec![
            entry("batch-7", EntryKind::Folder, 0),
            entry(&outside.file, EntryKind::File, 512),
            entry("lock-0002.csr", EntryKind::File, 1_204_000),
            entry("pipe", EntryKind::Other, 0),
        ],
        more: 0,
    }
}

/// The folder in it, with one request and a folder.
pub fn subfolder(outside: &Outside) -> FolderListing {
    let listing = folder(outside);
    let path = listing.entries[0].path.clone();
    let within = |entry: &FolderEntry| FolderEntry {
        path: path.join(entry.path.file_name().unwrap_or_default()),
        ..entry.clone()
    };
    FolderListing {
        shown: listing.entries[0].shown.clone(),
        entries: listing.entries[..2].iter().map(within).collect(),
        more: 12_000,
        path,
    }
}

/// What signing that plan came to.
pub fn issued() -> Issued {
    Issued {
        now: 998,
        all: 998,
        unrecorded: 0,
        seconds: 4.2,
        head: HeadAfter::Signed,
        next: Some(Remaining::Delivery),
    }
}

/// How far signing has come.
pub fn signing(done: u64) -> Progress {
    Progress { recorded: Some(done / 128 * 128), ..Progress::new(Phase::Signing, done, Some(998)) }
}

/// What delivering it came to.
pub fn delivered() -> Delivered {
    Delivered {
        folder: "p-20261121-1f2e3d4c".to_owned(),
        certificates: 998,
        files: 2_004,
        audit_key_sha256: Digest::of(b"audit key"),
        manifest_sha256: Digest::of(b"manifest"),
        formats: Vec::new(),
        private_keys: Vec::new(),
        revoked: RevokedSince::default(),
        root: TrustedRoot { subject: printable("CN=Factory Root"), sha256: Digest::of(b"root") },
        head: HeadAfter::Signed,
    }
}

/// The files of a proof.
pub fn proof_files(platform: &str) -> [ProofFile; 2] {
    [("verification", 0x5a), ("ca", 0xa5)].map(|(file, octet)| ProofFile {
        path: format!("{platform}/{file}.pem"),
        pem: pem::encode("CERTIFICATE", &[octet; 100]),
    })
}

/// The end of a day.
pub fn closing(outside: &Outside) -> Closing {
    let head = Digest::of(b"head");
    Closing {
        entry: 1_204,
        head,
        words: head.words(),
        checkpoint: Some(SignedHead {
            entry: 1_200,
            head: Digest::of(b"earlier"),
            key_sha256: Digest::of(b"audit key"),
            at: now(),
        }),
        signature: HeadSignature::Wanting,
        qr_text: format!("COLDSIGN/1204/{}", head.to_string().to_uppercase()),
        plans: vec![Unfinished {
            id: "p-20261120-0a0b0c0d".to_owned(),
            authority: printable(&outside.authority).to_string(),
            planned: 40,
            issued: 12,
            remaining: Remaining::Signing,
        }],
        due: vec![Due {
            what: printable(&outside.subject),
            at: now().plus_seconds(86_400 * 300),
            nearness: Nearness::Soon,
        }],
    }
}

/// What was done on it.
pub fn done() -> DoneSince {
    DoneSince {
        beginning: Beginning { entry: 1_180, at: now().plus_seconds(-5_400) },
        deeds: Deeds {
            entries: 24,
            plans: 2,
            approvals: 2,
            certificates: 180,
            handed_over: HandedOver { bundles: 1, proofs: 0, crls: 1 },
            authorities: 1,
            installed: 1,
            checkpoints: 3,
            revocations: 1,
            crls: 1,
            withdrawals: 0,
        },
    }
}

/// Nothing was done.
pub fn nothing_done() -> DoneSince {
    DoneSince { beginning: Beginning { entry: 1, at: now() }, deeds: Deeds::default() }
}

/// The end of a day on which nothing was ever done.
pub fn empty_closing() -> Closing {
    Closing {
        entry: 1,
        checkpoint: None,
        signature: HeadSignature::NoAuditKey,
        plans: Vec::new(),
        due: Vec::new(),
        ..closing(&Outside::usual())
    }
}

/// A token's failure.
pub fn token_failure() -> Failure {
    Failure {
        what: "the token is gone: CKR_DEVICE_REMOVED".to_owned(),
        hint: "put the token in again and go on with the plan; what was signed is recorded".to_owned(),
        class: Class::Token,
        aftermath: Aftermath::Signing { recorded: 384, unrecorded: 0 },
    }
}

/// A medium's failure, naming a file.
pub fn medium_failure(outside: &Outside) -> Failure {
    Failure {
        what: format!("{}: the medium cannot be read: input/output error", printable(&outside.file)),
        hint: "put the medium in again and repeat the step".to_owned(),
        class: Class::Medium,
        aftermath: Aftermath::Nothing,
    }
}

/// A form that one of the certificates stands in the way of.
pub fn form_failure(outside: &Outside) -> Failure {
    Failure {
        what: format!("apsaramq: {}: it takes no such device", printable(&outside.file)),
        hint: "key and name are in the certificate: issue the other devices as a batch of their own, or leave the form \
               apsaramq out"
            .to_owned(),
        class: Class::Configuration,
        aftermath: Aftermath::FormImpossible("apsaramq"),
    }
}

/// Work that was asked to stop.
pub fn stopped() -> Failure {
    Failure {
        what: "stopped where nothing is half done".to_owned(),
        hint: "begin again when you are ready".to_owned(),
        class: Class::Stopped,
        aftermath: Aftermath::Nothing,
    }
}

/// The question for the user PIN.
pub fn pin_ask(outside: &Outside) -> PinAsk {
    PinAsk {
        noun: "user PIN",
        label: printable(&outside.token),
        serial: printable(SERIAL),
        purpose: "to sign 998 certificates of plan p-20261121-1f2e3d4c".to_owned(),
        warning: Some("one more wrong PIN locks the token"),
        entry: PinEntry::Program,
        lasts: PinLasts::UntilLocked,
    }
}

/// The time since the interface began, in all samples.
pub const SINCE: Duration = Duration::from_secs(754);

/// A request (RFC 2986) with a common name of any octets and a key of its own, signed soundly.
pub fn request(outside: &Outside) -> Vec<u8> {
    let key = SigningKey::from_slice(&[2; 32]).unwrap();
    let common_name = sequence(&[
        &element(tag::OID, &[0x55, 0x04, 0x03]),
        &element(tag::UTF8_STRING, outside.subject.as_bytes()),
    ]);
    let info = sequence(&[
        &element(tag::INTEGER, &[0]),
        &sequence(&[&element(tag::SET, &common_name)]),
        public_key(2).spki(),
        &element(tag::context_constructed(0), &[]),
    ]);
    let signature: p256::ecdsa::Signature = key.sign(&info);
    sequence(&[
        &info,
        &SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256).der(),
        &element(tag::BIT_STRING, &[&[0][..], signature.to_der().as_bytes()].concat()),
    ])
}

/// What is asked for, and read.
pub fn asked(outside: &Outside) -> Asked {
    Asked {
        ca: printable(&outside.authority).to_string(),
        profile: printable(&outside.profile).to_string(),
        paths: vec![PathBuf::from("/media/stick")],
    }
}

fn judgement(source: &str, subject: Option<&str>, verdict: Verdict, findings: Vec<Finding>) -> Judgement {
    Judgement {
        source: printable(source),
        sha256: Some(Digest::of(source.as_bytes())),
        verdict,
        subject: subject.map(printable),
        key: subject.map(|_| KeyAlgorithm::Ec(Curve::P256)),
        findings,
    }
}

/// Requests that were read: accepted, refused, skipped, of two kinds.
pub fn reading(outside: &Outside) -> Arc<Reading> {
    let dropped = Finding::note(Control::ExtensionDropped, "key agreement is left out", "nothing");
    let forged = Finding::refuse(
        Control::Possession,
        "proof of possession failed",
        "ask the applicant to sign the request again",
    );
    let text = Finding::refuse(Control::CsrForm, "not a request", "leave it out");
    let source = |name: &str| format!("/media/stick/{name}");
    let mut reading = Reading::default();
    for judged in [
        judgement(&source(&outside.file), Some(&outside.subject), Verdict::Accepted, vec![dropped]),
        judgement(&source("lock-0002.csr"), Some("CN=lock-0002,O=Example"), Verdict::Accepted, Vec::new()),
        judgement(&source("forged.csr"), Some("CN=forged"), Verdict::Refused, vec![forged]),
        judgement(&source("readme.txt"), None, Verdict::Skipped, vec![text]),
    ] {
        reading.triage.push(&judged).unwrap();
    }
    let line = |what: &str, change, asked: Option<&str>, issued: Option<&str>| Line {
        what: printable(what),
        change,
        asked: asked.map(printable),
        issued: issued.map(printable),
    };
    let lines = [
        line("subject CN", Change::Kept, Some(&outside.subject), Some(&outside.subject)),
        line("key usage", Change::Dropped, Some("keyAgreement"), None),
        line("basic constraints", Change::Overridden, Some("CA, path length 3"), Some("no CA")),
        line("authority key identifier", Change::Added, None, Some("4f 5e 6d 7c")),
    ];
    for (name, kind) in [(outside.file.as_str(), 1), ("lock-0002.csr", 1), ("pump-0001.csr", 2)] {
        let kept = if kind == 1 { lines.len() } else { 1 };
        let difference = Difference { lines: lines[..kept].to_vec(), likeness: Digest::of(&[kind]) };
        reading.differences.add(&printable(name), difference);
    }
    Arc::new(reading)
}

/// A plan as it stands.
pub fn plan_shown(outside: &Outside) -> PlanShown {
    let end = now().plus_seconds(86_400 * 365);
    let row = |index: u64, subject: &str, source: &str| PlannedRow {
        index,
        serial: format!("4f5e6d7c8b9a0f1e2d3c4b5a69788796a5b4{index:04x}"),
        subject: printable(subject),
        source: printable(source),
        not_before: now(),
        not_after: end,
        spki_sha256: Digest::of(subject.as_bytes()),
        notes: vec![("extension-dropped".to_owned(), printable("key agreement is left out"))],
        state: None,
    };
    PlanShown {
        summary: PlanSummary {
            plan: plan(outside),
            not_before: (now(), now()),
            not_after: (end, end),
            notes: vec![("extension-dropped".to_owned(), 12)],
            authorities: None,
            from_outside: None,
            lint_rules: 60,
            waived: Vec::new(),
            approved: false,
            accepted_since: None,
            issued: 0,
            deliveries: Vec::new(),
            remaining: Some(Remaining::Approval),
            withdrawn: None,
            forms_not_had: FormsNotHad { obstacles: form_obstacles(outside), looked_at: 998, of: 998 },
            revoked_above: Vec::new(),
        },
        rows: vec![
            row(1, &outside.subject, &outside.file),
            row(2, "CN=lock-0002,O=Example", "lock-0002.csr"),
        ],
        last: Some(row(998, "CN=lock-0998,O=Example", "lock-0998.csr")),
        estimate: None,
    }
}

/// The CAs that a plan makes.
pub fn authorities(outside: &Outside) -> PlannedAuthorities {
    PlannedAuthorities {
        count: 998,
        names: [outside.subject.as_str(), "CN=Second Factory CA", "CN=Third Factory CA"]
            .map(printable)
            .into(),
        path_length: Some(0),
        names_below: printable("only dns:factory.example, dn:O=Example; never ip:10.0.0.0/8"),
    }
}

/// The same, with more limits than a screen has rows for.
pub fn authorities_of_many_limits(outside: &Outside) -> PlannedAuthorities {
    let trees: Vec<String> =
        (1..=12).map(|at| format!("dn:O=Example {at}, OU=Line of a long name")).collect();
    PlannedAuthorities {
        names_below: printable(&format!("only {}", trees.join(", "))),
        ..authorities(outside)
    }
}

/// A row of the register.
pub fn issued_row(number: u64, outside: &Outside) -> IssuedRow {
    IssuedRow {
        number,
        serial: format!("4f5e6d7c8b9a0f1e2d3c4b5a69788796a5b4{number:04x}"),
        subject: printable(&outside.subject),
        source: printable(&outside.file),
        authority: printable(&outside.authority).to_string(),
        plan: "p-20261121-1f2e3d4c".to_owned(),
        index: number,
        issued: now(),
        not_before: now(),
        not_after: now().plus_seconds(86_400 * 365),
        spki_sha256: Digest::of(&number.to_be_bytes()),
        certificate_sha256: Digest::of(outside.subject.as_bytes()),
        state: CertificateState::OnHold,
    }
}

/// An audit that found one fault.
pub fn audit_report(findings: Vec<AuditFinding>) -> AuditReport {
    AuditReport {
        head: None,
        older: Vec::new(),
        adopted: vec!["second".to_owned()],
        plans: 7,
        planned: 1_204,
        issued: 1_190,
        refused: 12,
        approvals: 9,
        handed_over: HandedOver { bundles: 5, proofs: 1, crls: 2 },
        revocations: 3,
        crls: 2,
        waived: Vec::new(),
        checkpoints: 9,
        checkpoint_keys: vec![Digest::of(b"audit key")],
        signed_head: Some(1_200),
        findings,
        findings_omitted: 0,
    }
}

/// A CA that can be proved.
pub fn ca_choice(outside: &Outside) -> CaChoice {
    CaChoice {
        name: printable(&outside.authority).to_string(),
        subject: printable(&outside.subject),
        key: KeyAlgorithm::Ec(Curve::P256),
        not_after: now().plus_seconds(86_400 * 3650),
    }
}

/// The serial number of the home's token.
pub const SERIAL: &str = "4f5e6d7c8b9a0f1e";

/// A token that is ready for work, of this label and serial number.
pub fn token(slot: u64, label: &str, serial: &str) -> TokenState {
    let texts = TokenTexts { label, manufacturer: label, model: "SoftHSM v2", serial };
    let mut token = TokenState::new(slot, &texts);
    "2.6".clone_into(&mut token.firmware);
    (token.initialised, token.user_pin_state) = (Initialised::Yes, UserPin::Set);
    (token.pin_octets_min, token.pin_octets_max) = (4, 255);
    token.rng = Rng::Present;
    token
}

/// A token that was never initialised: flags as its maker left them.
pub fn fresh_token(slot: u64) -> TokenState {
    let texts = TokenTexts { label: "", manufacturer: "a maker", model: "card", serial: "77" };
    let mut token = TokenState::new(slot, &texts);
    (token.pin_octets_min, token.pin_octets_max) = (4, 255);
    token
}

/// The place of each token in [`slots`].
#[derive(Clone, Copy, Debug)]
pub enum Slot {
    /// The home's own.
    Own,
    /// Its user PIN is locked.
    Locked,
    /// One try is left for its user PIN.
    LastTry,
    /// It is not initialised.
    Fresh,
    /// Its making was interrupted: it has no user PIN.
    Interrupted,
    /// There is none in the reader.
    Missing,
    /// The reader does not answer.
    Trouble,
}

impl Slot {
    /// All of them, in their order.
    pub const ALL: [Self; 7] = [
        Self::Own,
        Self::Locked,
        Self::LastTry,
        Self::Fresh,
        Self::Interrupted,
        Self::Missing,
        Self::Trouble,
    ];

    /// The slot.
    pub fn state(self, outside: &Outside) -> SlotState {
        let number = self as u64;
        let mut other = token(number, &outside.token, &format!("0{number}"));
        let token = match self {
            Self::Own => Some(token(number, &outside.token, SERIAL)),
            Self::Locked => {
                (other.so_pin, other.user_pin) = (Some(PinWarning::CountLow), Some(PinWarning::Locked));
                other.writing = Writing::Protected;
                Some(other)
            }
            Self::LastTry => {
                (other.user_pin, other.pin_entry) = (Some(PinWarning::FinalTry), PinEntry::ReaderPad);
                other.rng = Rng::Absent;
                Some(other)
            }
            Self::Fresh => Some(fresh_token(number)),
            Self::Interrupted => {
                other.user_pin_state = UserPin::Missing;
                Some(other)
            }
            Self::Missing | Self::Trouble => None,
        };
        SlotState {
            description: printable(&outside.token),
            slot: number,
            token,
            trouble: matches!(self, Self::Trouble).then(|| "CKR_DEVICE_ERROR".to_owned()),
        }
    }
}

/// Readers with tokens in every state.
pub fn slots(outside: &Outside) -> Vec<SlotState> {
    Slot::ALL.map(|slot| slot.state(outside)).into()
}

/// What the check of the home's token finds: a key that is there and one that is not.
pub fn token_check(outside: &Outside) -> TokenCheck {
    let capability = |algorithm, generation, signatures: &[SignatureAlgorithm]| Capability {
        algorithm,
        generation,
        signatures: signatures.to_vec(),
    };
    let key = |ca, found, from_outside| CheckedKey { ca, found, from_outside };
    TokenCheck {
        mark: TokenMark::None,
        loose_keys: vec![LooseKey {
            uri: String::new(),
            id: "4f5e".to_owned(),
            label: printable(&outside.token),
            algorithm: Some(KeyAlgorithm::Ec(Curve::P256)),
            obstacle: None,
        }],
        state: token(0, &outside.token, SERIAL),
        capabilities: vec![
            capability(
                KeyAlgorithm::Ec(Curve::P256),
                Support::Present,
                &[
                    SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256),
                    SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha384),
                ],
            ),
            capability(KeyAlgorithm::Ed25519, Support::Absent, &[]),
        ],
        keys: vec![
            key(printable(&outside.authority).to_string(), Ok(()), None),
            key("second".to_owned(), Err("its key is not in the token".to_owned()), None),
            key("moved".to_owned(), Ok(()), Some(printable(&outside.subject))),
        ],
        audit_signatures_per_second: Some(1_234.5),
    }
}

/// Space on a medium for that plan's bundle, with so many octets free.
pub fn space(free: u64) -> Space {
    Space { files: 2_010, octets: 9_000_000, octets_max: 74_000_000, free }
}

/// What is in the way of forms.
pub fn form_obstacles(outside: &Outside) -> Vec<FormObstacle> {
    let obstacle = |format, what: &str, requests| FormObstacle {
        format,
        what: printable(&format!("{what} {}", outside.subject)),
        hint: printable("name its partitions in [deliver.esp-at] of authority.toml"),
        requests,
    };
    let one = InTheWay { first: printable(&outside.file), count: 1 };
    vec![
        obstacle(Format::EspAt, "the partition table has no mqtt_cert", None),
        obstacle(Format::Huawei, "it takes no CA such as", Some(one)),
    ]
}

/// A receiver's report on a delivered bundle with these flaws.
pub fn report(flaws: &[&str]) -> BundleReport {
    BundleReport {
        crl: None,
        root: Some(TrustedRoot { subject: printable("CN=Factory Root"), sha256: Digest::of(b"root") }),
        flaws: flaws
            .iter()
            .map(|message| Flaw { id: FlawId::CertificateFile, message: printable(message) })
            .collect(),
        more_flaws: 0,
        certificates: 998,
        summary: Some(Summary {
            private_keys: Vec::new(),
            waivers: vec![printable("matter-6.1.3-size the stack takes 700 octets")],
            plan: printable("p-20261121-1f2e3d4c"),
            digest: Digest::of(b"a plan"),
            manifest_sha256: Digest::of(b"manifest"),
            standing: Standing::Rehearsal,
            counts: BundleCounts { issued: 998, refused: 7, skipped: 2 },
            issuer: printable("CN=Factory"),
            audit_key_sha256: printable("00"),
        }),
    }
}

/// Files that look like requests, counted so far.
pub fn folder_contents(reach: Reach) -> FolderContents {
    FolderContents { files: 1_204, octets: 3_120_000, requests: 1_000, request_octets: 820_000, reach }
}

/// A request that was read again, with all that was found in it.
pub fn detail(outside: &Outside) -> Detail {
    let lines = |line: (&str, Change, Option<&str>, Option<&str>)| Line {
        what: printable(line.0),
        change: line.1,
        asked: line.2.map(printable),
        issued: line.3.map(printable),
    };
    let findings = vec![
        Finding::note(Control::ExtensionDropped, "key agreement is left out", "nothing"),
        Finding::note(
            Control::CsrForm,
            &format!("odd: {}", printable(&outside.subject)),
            "ask for another one",
        ),
    ];
    Detail {
        judgement: judgement(&outside.file, Some(&outside.subject), Verdict::Accepted, findings),
        der: Some(request(outside)),
        difference: Some(vec![
            lines(("subject CN", Change::Kept, Some(&outside.subject), Some(&outside.subject))),
            lines(("key usage", Change::Dropped, Some("keyAgreement"), None)),
        ]),
    }
}

/// What is no request and could not be read as one.
pub fn unreadable(outside: &Outside) -> Detail {
    let finding = Finding::refuse(Control::CsrForm, "it is no request", "leave it out");
    Detail {
        judgement: judgement(&outside.file, None, Verdict::Refused, vec![finding]),
        der: None,
        difference: None,
    }
}
