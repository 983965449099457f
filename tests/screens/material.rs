//! Values as the ceremony gives them, the same on every machine and every day.

use std::{path::PathBuf, sync::OnceLock, time::Duration};

use coldsign::{
    ceremony::{
        Access, Check, Class, Closing, Counts, Delivered, Due, EntryKind, FolderEntry, FolderListing, Issued,
        Mark, MountedVolume, Overview, Phase, PinEntry, Progress, Rehearsal, Remaining, SignedHead,
        StoredPlan, Unfinished,
    },
    pki::{
        fingerprint::Digest,
        key::{Curve, PublicKey, RsaScheme},
        name::Name,
        plan::{Facts, RootFields, plan_root},
        profile::{Approval, DuplicateKeys},
        serial::SerialNumber,
        time::Time,
    },
    register::{Issuer, NewAuthority, NewPlan, PlanKind, Register},
    tui::message::{Failure, PinAsk},
};
use p256::ecdsa::SigningKey;

use super::outside::{Outside, printable};

/// The moment of all samples.
pub fn now() -> Time {
    Time::from_rfc3339("2026-11-21T14:03:22Z").unwrap()
}

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

fn stored_plan() -> StoredPlan {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("register.db");
    let mut register = Register::create(&path, [7; 16], Rehearsal::Rehearsal, now()).unwrap();
    let key = SigningKey::from_slice(&[1; 32]).unwrap();
    let public_key =
        PublicKey::from_ec_point(Curve::P256, key.verifying_key().to_sec1_point(false).as_bytes()).unwrap();
    let authority = NewAuthority {
        name: "factory",
        key_uri: "pkcs11:token=demo;object=factory",
        public_key: &public_key,
        request: None,
    };
    register.add_authority(&authority, now()).unwrap();
    let fields = RootFields {
        name: Name::from_text("CN=Factory Root").unwrap(),
        public_key,
        rsa_scheme: RsaScheme::Pkcs1,
        days: 3650,
        path_length: None,
    };
    let root = plan_root(&fields, Facts { now: now(), serial: SerialNumber::from_random([3; 20]) }).unwrap();
    let new = NewPlan {
        authority: "factory",
        kind: PlanKind::Root,
        profile: "device",
        profile_text: "[profile.device]\nkind = \"end-entity\"\n",
        approval: Approval::Typed,
        duplicate_keys: DuplicateKeys::Note,
    };
    let mut writer = register.begin_plan(&new, now()).unwrap();
    writer.add("factory", None, &root).unwrap();
    writer.store(Issuer::OwnKey, now()).unwrap()
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
        token_serial: Some(printable("4f5e6d7c8b9a0f1e")),
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

/// What signing that plan came to.
pub fn issued() -> Issued {
    Issued { now: 998, all: 998, seconds: 4.2 }
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
        manifest_sha256: Digest::of(b"manifest"),
    }
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
        qr_text: format!("COLDSIGN/1204/{}", head.to_string().to_uppercase()),
        plans: vec![Unfinished {
            id: "p-20261120-0a0b0c0d".to_owned(),
            authority: printable(&outside.authority).to_string(),
            planned: 40,
            issued: 12,
            remaining: Remaining::Signing,
        }],
        due: vec![Due { what: printable(&outside.subject), at: now().plus_seconds(86_400 * 300) }],
    }
}

/// The end of a day on which nothing was ever done.
pub fn empty_closing() -> Closing {
    Closing { entry: 1, checkpoint: None, plans: Vec::new(), due: Vec::new(), ..closing(&Outside::usual()) }
}

/// A token's failure.
pub fn token_failure() -> Failure {
    Failure {
        what: "the token is gone: CKR_DEVICE_REMOVED".to_owned(),
        hint: "put the token in again and go on with the plan; what was signed is recorded".to_owned(),
        class: Class::Token,
    }
}

/// A medium's failure, naming a file.
pub fn medium_failure(outside: &Outside) -> Failure {
    Failure {
        what: format!("{}: the medium cannot be read: input/output error", printable(&outside.file)),
        hint: "put the medium in again and repeat the step".to_owned(),
        class: Class::Medium,
    }
}

/// The question for the user PIN.
pub fn pin_ask(outside: &Outside) -> PinAsk {
    PinAsk {
        noun: "user PIN",
        label: printable(&outside.token),
        serial: printable("4f5e6d7c8b9a0f1e"),
        purpose: "to sign 998 certificates of plan p-20261121-1f2e3d4c".to_owned(),
        warning: Some("one more wrong PIN locks the token"),
        entry: PinEntry::Program,
    }
}

/// The time since the interface began, in all samples.
pub const SINCE: Duration = Duration::from_secs(754);
