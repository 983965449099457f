//! The screens of the main job from the plan to its delivery, fed with news and keys, without a terminal or a token.

#[path = "support/plan.rs"]
mod stored;

use std::{path::PathBuf, sync::Arc, time::Duration};

use coldsign::{
    ceremony::{
        Access, Aftermath, Agreement, BundleReport, Class, Counts, CrlOrigin, CrlRow, Delivered, EntryKind,
        FolderContents, FolderEntry, FolderListing, FormObstacle, Format, FormsNotHad, FoundBy, FoundIn,
        HeadAfter, InTheWay, Issued, Motion, MountedVolume, Outcome, Phase, PlanSummary, Planned,
        PlannedAuthorities, PlannedRow, Progress, ProofFile, Reach, Remaining, RevokedCount, RevokedSince,
        StoredPlan,
    },
    export::verification::TrustedRoot,
    pki::{
        fingerprint::Digest,
        key::{Curve, KeyAlgorithm},
        platform::Platform,
        profile::End,
        text::Printable,
    },
    tui::{
        key::Key,
        message::{Effect, Failure, Message},
        model::{Busy, Ending, Model},
        screen::{
            Screen, approval::Approval, delivery::Delivery, plan::Plan, proving::Proving, requests::Requests,
            rooms::Rooms, signing::Signing, triage::TriageScreen,
        },
        theme::Theme,
        update::update,
        view,
        work::{
            Asked, FolderCount, FormsWithKeys, Generation, Job, News, PlanShown,
            proving::{CaChoice, ProvingJob, ProvingNews},
            revocation::RevocationJob,
        },
    },
};
use ratatui::{buffer::Buffer, layout::Rect};
use stored::{now, stored_plan};

/// Certificates of the plan: more than one page of it.
const ACCEPTED: u64 = 998;

/// A plan of many certificates.
fn plan() -> StoredPlan {
    let mut plan = stored_plan();
    plan.accepted = ACCEPTED;
    plan.digest = Digest::of(b"a plan");
    plan
}

fn row(index: u64) -> PlannedRow {
    PlannedRow {
        index,
        serial: format!("{index:040x}"),
        subject: Printable::new(&format!("CN=device-{index}")),
        source: Printable::new(&format!("line/{index}.csr")),
        not_before: now(),
        not_after: now(),
        spki_sha256: Digest::of(b"key"),
        notes: Vec::new(),
        state: None,
    }
}

fn shown(plan: &StoredPlan, approved: bool, issued: u64) -> News {
    let remaining = match (approved, issued) {
        (false, _) => Remaining::Approval,
        (true, ACCEPTED) => Remaining::Delivery,
        (true, _) => Remaining::Signing,
    };
    News::PlanShown(Box::new(PlanShown {
        summary: PlanSummary {
            plan: plan.clone(),
            not_before: (now(), now()),
            not_after: (now(), now()),
            notes: vec![("csr-pem".to_owned(), 12)],
            authorities: None,
            from_outside: None,
            lint_rules: 20,
            waived: Vec::new(),
            approved,
            accepted_since: None,
            issued,
            deliveries: Vec::new(),
            remaining: Some(remaining),
            withdrawn: None,
            forms_not_had: FormsNotHad::default(),
            revoked_above: Vec::new(),
        },
        rows: (1..=200).map(row).collect(),
        last: Some(row(ACCEPTED)),
        estimate: None,
    }))
}

fn rows(model: &mut Model) -> String {
    let mut cells = Buffer::empty(Rect { x: 0, y: 0, width: view::COLUMNS_MIN, height: view::ROWS_MIN });
    view::draw(model, &mut cells, Theme::of(Some("1"), None));
    let width = usize::from(view::COLUMNS_MIN);
    let symbols: Vec<&str> = cells.content.iter().map(ratatui::buffer::Cell::symbol).collect();
    symbols.chunks(width).map(|row| row.concat() + "\n").collect()
}

#[track_caller]
fn sees(model: &mut Model, text: &str) {
    let rows = rows(model);
    assert!(rows.contains(text), "{text:?} is not in\n{rows}");
}

fn key(model: &mut Model, key: Key) -> Vec<Effect> {
    update(model, Message::Key(key))
}

fn letters(model: &mut Model, text: &str) {
    for c in text.chars() {
        assert!(key(model, Key::Char(c)).is_empty());
    }
}

fn tick(model: &mut Model, milliseconds: u64) -> Vec<Effect> {
    let since = Duration::from_millis(milliseconds);
    update(model, Message::Tick { clock: Some(now()), since })
}

fn done(model: &mut Model, news: News) -> Vec<Effect> {
    update(model, Message::Done(Box::new(news)))
}

fn failed(model: &mut Model, class: Class) -> Vec<Effect> {
    failed_with(model, class, Aftermath::Nothing)
}

fn failed_with(model: &mut Model, class: Class, aftermath: Aftermath) -> Vec<Effect> {
    let failure = Failure { what: "it went wrong".to_owned(), hint: "mend it".to_owned(), class, aftermath };
    update(model, Message::Failed(failure))
}

/// The one job among effects.
#[track_caller]
fn job(effects: Vec<Effect>) -> Job {
    let mut jobs: Vec<Job> = effects
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::Work(job) => Some(job),
            _ => None,
        })
        .collect();
    assert_eq!(jobs.len(), 1, "{jobs:?}");
    jobs.remove(0)
}

/// The frame is read anew after a step.
#[track_caller]
fn reopened(model: &mut Model, effects: Vec<Effect>) {
    assert!(matches!(job(effects), Job::OpenHome));
    model.about.busy = None;
}

fn model(screen: Screen) -> Model {
    let mut model = Model::new(screen);
    tick(&mut model, 0);
    model
}

fn plan_screen(approved: bool, issued: u64) -> Model {
    let plan = plan();
    let counts = Counts { accepted: ACCEPTED, refused: 7, skipped: 2 };
    let mut model = Model::new(Screen::Plan(Plan::new(plan.clone(), counts)));
    assert!(matches!(job(tick(&mut model, 250)), Job::ShowPlan(asked) if asked == plan));
    let effects = done(&mut model, shown(&plan, approved, issued));
    reopened(&mut model, effects);
    model
}

#[test]
fn a_plan_is_read_when_it_is_shown_and_in_pages_where_one_moves() {
    let mut model = plan_screen(false, 0);
    assert!(tick(&mut model, 500).is_empty(), "it is read once");
    for text in [
        "NOT APPROVED",
        "998 to sign",
        "20 rules passed; 12 notes",
        "CN=device-1 ",
        "2026-11-21 14:03:22 UTC",
    ] {
        sees(&mut model, text);
    }
    let Job::PlannedPage { from, .. } = job(key(&mut model, Key::End)) else { panic!("a page") };
    assert!((201..=ACCEPTED).contains(&from));
    assert!(done(&mut model, News::PlannedPage((from..=ACCEPTED).map(row).collect())).is_empty());
    sees(&mut model, "CN=device-998 ");
    assert!(matches!(job(key(&mut model, Key::Enter)), Job::PlannedCertificate { index: ACCEPTED, .. }));
}

#[test]
fn a_plan_names_the_requests_that_something_was_found_in() {
    let mut model = plan_screen(false, 0);
    sees(&mut model, "f findings");
    assert!(matches!(job(key(&mut model, Key::Char('f'))), Job::PlanFindings(_)));
    let by = |outcome, control: &str, count, source: &str| FoundBy {
        control: Printable::new(control),
        outcome,
        count,
        hint: Printable::new("have the device make a key of its own"),
        requests: vec![FoundIn { source: Printable::new(source), message: Printable::new("it is said why") }],
    };
    let found = vec![
        by(Outcome::Refused, "duplicate-in-register", 7, "line/0007.csr"),
        by(Outcome::Noted, "quirk", 1, "line/0009.csr"),
    ];
    assert!(done(&mut model, News::PlanFindings(found)).is_empty());
    for text in [
        "x refused by duplicate-in-register: 7 requests",
        "line/0007.csr",
        "it is said why",
        "and 6 more, not shown",
        "! planned, with a note of quirk: 1 request",
        "line/0009.csr",
    ] {
        sees(&mut model, text);
    }
    key(&mut model, Key::Esc);
    sees(&mut model, "NOT APPROVED");
}

#[test]
fn forms_that_cannot_be_had_are_told_before_anything_is_approved() {
    let obstacle = |format, requests| FormObstacle {
        format,
        what: Printable::new("it takes no device with a key of Ed25519 (line/0009.csr)"),
        hint: Printable::new("issue the other devices as a batch of their own"),
        requests,
    };
    let of = |count| Some(InTheWay { first: Printable::new("line/0009.csr"), count });
    let mut planned = shown(&plan(), false, 0);
    if let News::PlanShown(shown) = &mut planned {
        let obstacles = vec![
            obstacle(Format::Alibaba, None),
            obstacle(Format::Aws, of(1)),
            obstacle(Format::Microchip, of(3)),
            obstacle(Format::Tencent, of(1)),
        ];
        shown.summary.forms_not_had = FormsNotHad { obstacles, looked_at: ACCEPTED, of: ACCEPTED };
    }
    let mut model = model(Screen::Plan(Plan::stored(plan())));
    let effects = done(&mut model, planned);
    reopened(&mut model, effects);
    sees(&mut model, "CANNOT BE HAD     aws, tencent, microchip, for 1 to 3 of 998 requests; see Tab");
    sees(&mut model, "certificate 1 of 998");
    assert!(key(&mut model, Key::Tab).is_empty());
    for text in
        ["Looked at: the CA, authority.toml, and 998 requests.", "NO aws: for 1 request", "line/0009.csr"]
    {
        sees(&mut model, text);
    }
    key(&mut model, Key::End);
    sees(&mut model, "NO alibaba: for the CA or settings");
    key(&mut model, Key::Esc);
    sees(&mut model, "NOT APPROVED");
}

#[test]
fn a_plan_leads_to_what_comes_next_and_is_read_again_afterwards() {
    for (approved, issued, next, title) in
        [(false, 0, 'a', "Approval"), (true, 10, 's', "Signing"), (true, ACCEPTED, 'd', "Delivery: onto")]
    {
        let mut model = plan_screen(approved, issued);
        for other in ['a', 's', 'd'].into_iter().filter(|other| *other != next) {
            assert!(key(&mut model, Key::Char(other)).is_empty() && model.depth() == 1, "{other}");
        }
        assert!(key(&mut model, Key::Char(next)).is_empty());
        sees(&mut model, title);
        assert!(key(&mut model, Key::Esc).is_empty());
        assert!(matches!(job(tick(&mut model, 750)), Job::ShowPlan(_)));
        // Until then, what was known stays on the screen.
        sees(&mut model, "rules passed; 12 notes");
    }
}

#[test]
fn a_wrong_word_is_told_by_its_number_and_what_was_typed_is_kept() {
    let plan = plan();
    let words = plan.words();
    let mut typed: Vec<&str> = words.split(' ').collect();
    typed[6] = "wrong";
    let mut model = model(Screen::Approval(Approval::new(plan)));
    letters(&mut model, &typed.join(" "));
    sees(&mut model, "Word 7 is not the plan's.");
    sees(&mut model, "11 right");
    let Job::Approve { words: given, .. } = job(key(&mut model, Key::Enter)) else { panic!("an approval") };
    assert_eq!(given, typed.join(" "));
    assert!(failed(&mut model, Class::NotApproved).is_empty());
    assert!(model.dialog.is_none());
    sees(&mut model, "Nothing was approved: word 7");
    sees(&mut model, " wrong ");
}

/// CAs that a plan makes.
fn authorities(count: u64, names: &[&str]) -> PlannedAuthorities {
    let names = names.iter().map(|name| Printable::new(name)).collect();
    PlannedAuthorities {
        count,
        names,
        path_length: Some(0),
        names_below: Printable::new("only dns:a.example"),
    }
}

#[test]
fn whoever_approves_a_ca_is_told_that_it_is_one() {
    let mut planned = shown(&plan(), false, 0);
    if let News::PlanShown(shown) = &mut planned {
        shown.summary.authorities = Some(authorities(1, &["CN=Factory CA"]));
    }
    let mut model = model(Screen::Plan(Plan::stored(plan())));
    done(&mut model, planned);
    sees(&mut model, "THIS MAKES        A CA, no device: no CA may stand below it");
    sees(&mut model, "names below it    only dns:a.example");
    sees(&mut model, "words");
    key(&mut model, Key::Char('a'));
    sees(&mut model, "THIS MAKES A CA: whoever holds its key can issue certificates");
    sees(&mut model, "name          CN=Factory CA");
    sees(&mut model, "no CA may stand below it");
    sees(&mut model, "names below   only dns:a.example");
    sees(&mut model, "valid until ");
    sees(&mut model, "type all 12 words");
}

#[test]
fn of_many_cas_the_first_are_named_and_the_words_still_stand_there() {
    let approval = Approval::new(plan()).making(Some(authorities(998, &["CN=A", "CN=B", "CN=C"])));
    let mut model = model(Screen::Approval(approval));
    sees(&mut model, "THIS MAKES 998 CAs");
    sees(&mut model, "995 more in the plan; no CA may stand below it");
    let last = plan().words().split(' ').next_back().expect("a word").to_uppercase();
    let spaced: Vec<String> = last.chars().map(String::from).collect();
    sees(&mut model, &spaced.join(" "));
}

#[test]
fn what_is_approved_is_the_ceremonys_word_not_the_screens() {
    let plan = plan();
    let mut model = model(Screen::Approval(Approval::new(plan.clone())));
    assert!(matches!(job(key(&mut model, Key::Enter)), Job::Approve { words, .. } if words.is_empty()));
    failed(&mut model, Class::NotApproved);
    sees(&mut model, "0 of 12 words were typed");
    let effects = done(&mut model, News::Approved(plan));
    reopened(&mut model, effects);
    sees(&mut model, "The plan is approved.");
    // Nothing is signed by Enter or a blank.
    assert!(key(&mut model, Key::Enter).is_empty() && key(&mut model, Key::Char(' ')).is_empty());
    assert!(matches!(job(key(&mut model, Key::Char('s'))), Job::Sign(_)));
}

fn progress(done: u64, recorded: u64, motion: Motion) -> Message {
    let of = Some(ACCEPTED);
    Message::Progress(Progress { phase: Phase::Signing, done, of, recorded: Some(recorded), motion })
}

#[test]
fn a_failure_while_signing_says_what_is_safe_and_s_goes_on() {
    let mut model = model(Screen::Signing(Signing::resumed(plan(), 100)));
    assert!(matches!(job(key(&mut model, Key::Char('s'))), Job::Sign(_)));
    update(&mut model, progress(100, 100, Motion::Moving));
    for quarter in 1..=8 {
        tick(&mut model, quarter * 250);
        update(&mut model, progress(100 + quarter * 25, 200, Motion::Moving));
    }
    sees(&mut model, "100 a second");
    sees(&mut model, "200, and 100 signed and checked since");
    let aftermath = Aftermath::Signing { recorded: 200, unrecorded: 120 };
    let effects = failed_with(&mut model, Class::Token, aftermath);
    reopened(&mut model, effects);
    assert!(model.dialog.is_none());
    sees(&mut model, "it went wrong");
    sees(&mut model, "200 certificates signed, checked and recorded");
    sees(&mut model, "798 certificates not issued. Of them signed, but not");
    assert!(matches!(job(key(&mut model, Key::Char('s'))), Job::Sign(_)));
    let issued = Issued {
        now: 798,
        all: ACCEPTED,
        unrecorded: 0,
        seconds: 4.0,
        head: HeadAfter::Signed,
        next: Some(Remaining::Delivery),
    };
    let effects = done(&mut model, News::Signed(issued));
    reopened(&mut model, effects);
    sees(&mut model, "All certificates of the plan are signed");
    sees(&mut model, "100 %");
}

#[test]
fn signing_pauses_goes_on_and_stops_by_one_key_each() {
    let mut model = model(Screen::Signing(Signing::new(plan())));
    key(&mut model, Key::Char('s'));
    update(&mut model, progress(10, 0, Motion::Moving));
    assert!(matches!(key(&mut model, Key::Char('p'))[..], [Effect::Pause]));
    sees(&mut model, "pausing: what is in hand is ended first");
    update(&mut model, progress(12, 12, Motion::Halted));
    sees(&mut model, "PAUSED: all that is signed is recorded");
    assert!(matches!(key(&mut model, Key::Char('p'))[..], [Effect::Resume]));
    assert!(matches!(key(&mut model, Key::Char('s'))[..], [Effect::Stop]));
    assert!(key(&mut model, Key::Char('s')).is_empty(), "it is stopping already");
    let aftermath = Aftermath::Signing { recorded: 12, unrecorded: 0 };
    let effects = failed_with(&mut model, Class::Stopped, aftermath);
    reopened(&mut model, effects);
    sees(&mut model, "Stopped");
    sees(&mut model, "12 certificates signed, checked and recorded");
}

fn volume(access: Access) -> MountedVolume {
    MountedVolume {
        mount_point: PathBuf::from("/media/stick"),
        shown: Printable::new("/media/stick"),
        device: Printable::new("/dev/sdb1"),
        label: None,
        filesystem: Printable::new("vfat"),
        access,
        octets: 8_000_000_000,
        octets_free: 4_000_000_000,
    }
}

fn listing(path: &str) -> News {
    let listing = FolderListing {
        path: PathBuf::from(path),
        shown: Printable::new(path),
        entries: Vec::new(),
        more: 0,
    };
    News::Folder(listing)
}

/// With a medium mounted and a folder on it open.
fn in_folder(screen: Screen, access: Access) -> Model {
    let mut model = model(screen);
    update(&mut model, Message::Volumes(vec![volume(access)]));
    assert!(matches!(job(key(&mut model, Key::Enter)), Job::ListFolder(_)));
    assert!(done(&mut model, listing("/media/stick")).is_empty());
    model
}

#[test]
fn a_folder_that_stands_already_is_told_before_anything_is_written() {
    let folder = plan().id;
    let mut model = model(Screen::Delivery(Delivery::new(plan())));
    update(&mut model, Message::Volumes(vec![volume(Access::ReadWrite)]));
    key(&mut model, Key::Enter);
    let News::Folder(mut taken) = listing("/media/stick") else { panic!("a folder") };
    taken.entries.push(FolderEntry {
        path: taken.path.join(&folder),
        shown: Printable::new(&folder),
        kind: EntryKind::Folder,
        octets: 0,
    });
    done(&mut model, News::Folder(taken));
    sees(&mut model, "not here          STANDS THERE ALREADY and is not changed: open another folder");
    assert!(key(&mut model, Key::Char('w')).is_empty());
    sees(&mut model, "stands in this folder already; nothing was");
    key(&mut model, Key::Enter);
    done(&mut model, listing("/media/stick"));
    assert!(matches!(job(key(&mut model, Key::Char('w'))), Job::Deliver { .. }));
}

#[test]
fn a_form_with_private_keys_is_written_once_their_folder_is_chosen() {
    let mut model = in_folder(Screen::Delivery(Delivery::new(plan())), Access::ReadWrite);
    assert!(matches!(job(tick(&mut model, 250)), Job::Measure { .. }));
    model.about.busy = None;
    key(&mut model, Key::Tab);
    assert!(matches!(job(tick(&mut model, 250)), Job::FormObstacles(_)));
    let with_keys = FormsWithKeys(vec!["esp-secure-cert"]);
    assert!(done(&mut model, News::FormObstacles(Vec::new(), with_keys)).is_empty());
    for _ in Format::ALL.iter().take_while(|format| **format != Format::EspSecureCert) {
        key(&mut model, Key::Down);
    }
    assert!(key(&mut model, Key::Char('p')).is_empty(), "no form with keys is chosen");
    sees(&mut model, "esp-secure-cert           images with the devices' PRIVATE KEYS");
    key(&mut model, Key::Char(' '));
    sees(&mut model, "PRIVATE KEYS      will be in the bundle: open their folder and press p");
    assert!(key(&mut model, Key::Char('w')).is_empty());
    sees(&mut model, "esp-secure-cert holds the devices' private keys by authority.toml");
    key(&mut model, Key::Enter);
    key(&mut model, Key::Char('p'));
    sees(&mut model, "PRIVATE KEYS      in the bundle, in the clear; from /media/stick");
    let Job::Deliver { formats, keys, .. } = job(key(&mut model, Key::Char('w'))) else {
        panic!("a delivery")
    };
    assert_eq!((formats, keys), (vec![Format::EspSecureCert], Some(PathBuf::from("/media/stick"))));
    let delivered = Delivered { certificates: 998, private_keys: vec!["esp-secure-cert"], ..delivered() };
    done(&mut model, News::Delivered(delivered));
    sees(&mut model, "PRIVATE KEYS in esp-secure-cert: who has this medium has the devices");
}

#[test]
fn a_delivery_that_fails_says_what_is_safe_and_goes_to_another_medium() {
    let mut model = in_folder(Screen::Delivery(Delivery::new(plan())), Access::ReadWrite);
    assert!(matches!(job(tick(&mut model, 250)), Job::Measure { .. }));
    model.about.busy = None;
    // PEM stands further down and is always there.
    key(&mut model, Key::Tab);
    for _ in Format::ALL.iter().take_while(|format| **format != Format::Der) {
        key(&mut model, Key::Down);
    }
    key(&mut model, Key::Char(' '));
    sees(&mut model, "> [x] der                       a DER file for each certificate");
    sees(&mut model, "forms             pem, der");
    key(&mut model, Key::End);
    sees(&mut model, "  [x] pem                       PEM files, in every bundle (always)");
    assert!(key(&mut model, Key::Enter).is_empty(), "Enter writes nothing");
    let Job::Deliver { formats, to, .. } = job(key(&mut model, Key::Char('w'))) else { panic!("a delivery") };
    assert_eq!((formats, to), (vec![Format::Der], PathBuf::from("/media/stick")));
    update(&mut model, Message::Progress(Progress::new(Phase::Delivering, 499, Some(ACCEPTED))));
    sees(&mut model, "certificates written: 499 of 998");
    assert!(failed(&mut model, Class::Medium).is_empty());
    for text in ["Nothing was delivered", "the register, 998 certificates", "it went wrong", "mend it"] {
        sees(&mut model, text);
    }
    key(&mut model, Key::Enter);
    sees(&mut model, "new folder        /media/stick/p-");
    assert_eq!(model.depth(), 1);
}

#[test]
fn whoever_chose_a_form_that_cannot_be_had_is_led_back_to_it() {
    let mut model = in_folder(Screen::Delivery(Delivery::new(plan())), Access::ReadWrite);
    key(&mut model, Key::Tab);
    key(&mut model, Key::Down);
    key(&mut model, Key::Char(' '));
    sees(&mut model, "forms             pem, apsaramq");
    key(&mut model, Key::Tab);
    assert!(matches!(job(key(&mut model, Key::Char('w'))), Job::Deliver { .. }));
    failed_with(&mut model, Class::Configuration, Aftermath::FormImpossible("apsaramq"));
    sees(&mut model, "Here: press Enter and Space, which leaves out");
    sees(&mut model, "apsaramq; then w.");
    key(&mut model, Key::Enter);
    sees(&mut model, "> [x] apsaramq");
    key(&mut model, Key::Char(' '));
    sees(&mut model, "forms             pem ");
}

#[test]
fn a_crl_is_written_in_the_brokers_forms_that_are_chosen_and_can_be_had() {
    let row = CrlRow {
        id: "crl-root-8".to_owned(),
        words: "CRL number 8 of CA root".to_owned(),
        number: Some("8".to_owned()),
        this_update: now(),
        next_update: Some(now()),
        entries: 1,
        origin: CrlOrigin::Words,
        tbs_sha256: Digest::of(b"a CRL"),
        octets: 400,
        deliveries: 0,
    };
    let mut model = in_folder(Screen::Delivery(Delivery::crl("root".to_owned(), row)), Access::ReadWrite);
    sees(&mut model, "forms             crl.der, crl.pem ");
    let Job::Revocation(RevocationJob::Measure { formats, .. }) = job(tick(&mut model, 250)) else {
        panic!("its space is measured")
    };
    assert!(formats.is_empty());
    model.about.busy = None;
    key(&mut model, Key::Tab);
    let Job::Revocation(RevocationJob::FormObstacles { ca, id }) = job(tick(&mut model, 250)) else {
        panic!("it is asked what is in the way")
    };
    assert_eq!((ca.as_str(), id.as_str()), ("root", "crl-root-8"));
    let emqx = FormObstacle {
        format: Format::Emqx,
        what: Printable::new("the newest CRL of CA above is overdue"),
        hint: Printable::new("make the next one first"),
        requests: None,
    };
    assert!(done(&mut model, News::FormObstacles(vec![emqx], FormsWithKeys::default())).is_empty());
    // The forms of devices' certificates are not among them, nor is one chosen that cannot be had.
    sees(&mut model, "> [ ] emqx ");
    sees(&mut model, "NO: the newest CRL of CA above is overdue");
    sees(&mut model, "What to do: make the next one first.");
    key(&mut model, Key::Char(' '));
    sees(&mut model, "the form emqx cannot be had here");
    key(&mut model, Key::Enter);
    key(&mut model, Key::Down);
    key(&mut model, Key::Char(' '));
    sees(&mut model, "forms             crl.der, crl.pem, mosquitto ");
    sees(&mut model, " 2 forms ");
    // What it takes is measured again, with the form.
    let Job::Revocation(RevocationJob::Measure { formats, .. }) = job(tick(&mut model, 500)) else {
        panic!("its space is measured again")
    };
    assert_eq!(formats, [Format::Mosquitto]);
    model.about.busy = None;
    let Job::Revocation(RevocationJob::Deliver { id, to, formats, .. }) =
        job(key(&mut model, Key::Char('w')))
    else {
        panic!("it is written")
    };
    assert_eq!((id.as_str(), to, formats), ("crl-root-8", "/media/stick".into(), vec![Format::Mosquitto]));
}

/// What was delivered of a plan.
fn delivered() -> Delivered {
    Delivered {
        folder: "p-1".to_owned(),
        certificates: 1,
        files: 12,
        manifest_sha256: Digest::of(b"manifest"),
        audit_key_sha256: Digest::of(b"audit key"),
        formats: Vec::new(),
        private_keys: Vec::new(),
        revoked: RevokedSince::default(),
        root: TrustedRoot { subject: Printable::new("CN=Factory Root"), sha256: Digest::of(b"root") },
        head: HeadAfter::Signed,
    }
}

#[test]
fn a_delivery_that_is_done_shows_the_whole_digest_of_the_root_that_it_names() {
    let mut model = in_folder(Screen::Delivery(Delivery::new(plan())), Access::ReadWrite);
    assert!(matches!(job(key(&mut model, Key::Char('w'))), Job::Deliver { .. }));
    done(&mut model, News::Delivered(delivered()));
    let digits = Digest::of(b"root").to_string();
    let groups: Vec<&str> = (0..8).map(|at| &digits[at * 8..at * 8 + 8]).collect();
    let seen = |model: &mut Model| {
        sees(model, "root                  CN=Factory Root");
        sees(model, &format!("root SHA-256          {}", groups[..4].join(" ")));
        sees(model, &groups[4..].join(" "));
        sees(model, "Manifest in words:");
    };
    seen(&mut model);
    sees(&mut model, "root.pem              to be trusted, once its SHA-256 was compared another way");
    model.about.busy = None;
    assert!(matches!(job(key(&mut model, Key::Char('v'))), Job::Judge { .. }));
    // One that is not even read is not sound, and its files are for nobody.
    done(&mut model, News::Judged(BundleReport::default()));
    sees(&mut model, "NOT SOUND");
    seen(&mut model);
}

#[test]
fn certificates_that_were_revoked_since_are_told_before_the_delivery_and_after_it() {
    let revoked =
        RevokedSince { count: RevokedCount { revoked: 1, held: 1 }, first: Vec::new(), above: Vec::new() };
    let mut model = in_folder(Screen::Delivery(Delivery::new(plan())), Access::ReadWrite);
    assert!(matches!(job(tick(&mut model, 250)), Job::Measure { .. }));
    model.about.busy = None;
    assert!(matches!(job(tick(&mut model, 250)), Job::RevokedSince(_)));
    assert!(done(&mut model, News::RevokedSince(revoked.clone())).is_empty());
    sees(&mut model, "BEWARE: 1 of 998 certificates is revoked since, and 1 is on hold");
    assert!(tick(&mut model, 250).is_empty(), "it is asked once");
    assert!(matches!(job(key(&mut model, Key::Char('w'))), Job::Deliver { .. }));
    done(&mut model, News::Delivered(Delivered { certificates: 998, revoked, ..delivered() }));
    sees(&mut model, "BEWARE: 1 of 998 certificates is revoked since, and 1 is on hold");
}

#[test]
fn a_form_that_was_delivered_says_what_is_done_with_it_next() {
    let mut model = in_folder(Screen::Delivery(Delivery::new(plan())), Access::ReadWrite);
    assert!(matches!(job(key(&mut model, Key::Char('w'))), Job::Deliver { .. }));
    let formats = vec![Format::Der, Format::Aws];
    done(&mut model, News::Delivered(Delivered { formats, ..delivered() }));
    model.about.busy = None;
    sees(&mut model, "further");
    key(&mut model, Key::End);
    for text in [
        "der/                  a DER file for each certificate",
        "aws/                  what AWS IoT Core takes",
        "Next, at AWS IoT Core",
        "1. The CA is registered there once: sh aws/register.sh",
        "3. Devices connect with their file of chains/",
    ] {
        sees(&mut model, text);
    }
}

#[test]
fn nothing_is_written_onto_a_medium_that_is_read_only() {
    let mut model = in_folder(Screen::Delivery(Delivery::new(plan())), Access::ReadOnly);
    tick(&mut model, 250);
    model.about.busy = None;
    sees(&mut model, "READ ONLY");
    assert!(key(&mut model, Key::Char('w')).is_empty());
    assert!(model.dialog.is_some());
}

#[test]
fn a_medium_that_is_pulled_is_told_and_the_list_of_media_shown() {
    let mut model = in_folder(Screen::Requests(Requests::new()), Access::ReadWrite);
    tick(&mut model, 250);
    update(&mut model, Message::Volumes(Vec::new()));
    sees(&mut model, "The medium was taken away: /media/stick");
    sees(&mut model, "No removable medium is mounted");
    assert!(key(&mut model, Key::Char('r')).is_empty(), "there is nothing to read");
}

/// What is counted once nobody pressed a key for a while.
#[track_caller]
fn counted(model: &mut Model, milliseconds: u64) -> (PathBuf, Generation) {
    let Job::CountFolder { path, generation } = job(tick(model, milliseconds)) else { panic!("a count") };
    (path, generation)
}

#[test]
fn the_count_of_requests_begins_by_itself() {
    let mut model = in_folder(Screen::Requests(Requests::new()), Access::ReadWrite);
    assert!(tick(&mut model, 1_000).is_empty());
    assert!(tick(&mut model, 1_250).is_empty());
    let (path, generation) = counted(&mut model, 1_750);
    assert!(model.about.busy.is_none(), "screens need not wait for it");
    let contents = FolderContents {
        files: 1_204,
        octets: 3_120_000,
        requests: 1_000,
        request_octets: 820_000,
        reach: Reach::Whole,
    };
    done(&mut model, News::FolderCounted { path, generation, counted: FolderCount::Known(contents) });
    sees(&mut model, "looks like requests, here and below: 1 000 files, 820 kB");
    sees(&mut model, "nothing in it");
}

#[test]
fn a_count_gives_way_to_a_key_and_the_key_is_not_lost() {
    let mut model = in_folder(Screen::Requests(Requests::new()), Access::ReadWrite);
    tick(&mut model, 1_000);
    let (path, generation) = counted(&mut model, 1_750);
    assert!(matches!(key(&mut model, Key::Char('r'))[..], [Effect::Stop]));
    assert!(model.about.busy.is_some(), "the screen waits for its own work");
    assert!(key(&mut model, Key::Char('r')).is_empty(), "it is asked for once");
    let counted = FolderCount::Stopped;
    let effects = done(&mut model, News::FolderCounted { path, generation, counted });
    assert!(matches!(job(effects), Job::Choices));
    assert!(model.dialog.is_none());
    done(&mut model, News::Choices { authorities: Vec::new(), profiles: Vec::new() });
    assert!(matches!(model.screen(), Screen::Choice(_)));
}

#[test]
fn work_that_is_stopped_before_it_began_stops_when_it_begins() {
    let mut model = in_folder(Screen::Requests(Requests::new()), Access::ReadWrite);
    model.enter(Screen::Plan(Plan::stored(plan())));
    model.about.aside = Some(Busy::with(&Job::CheckSelf, model.place()));
    assert!(matches!(tick(&mut model, 250)[..], [Effect::Stop]));
    assert!(matches!(key(&mut model, Key::Esc)[..], [Effect::Stop]));
    let effects = failed(&mut model, Class::Stopped);
    assert!(matches!(effects[..], [Effect::Work(Job::ShowPlan(_)), Effect::Stop]), "{effects:?}");
}

#[test]
fn a_count_does_not_keep_anybody_from_leaving() {
    let mut model = in_folder(Screen::Requests(Requests::new()), Access::ReadWrite);
    tick(&mut model, 1_000);
    let (path, generation) = counted(&mut model, 1_750);
    key(&mut model, Key::Control('c'));
    assert!(matches!(key(&mut model, Key::Char('y'))[..], [Effect::Stop]));
    let counted = FolderCount::Stopped;
    let effects = done(&mut model, News::FolderCounted { path, generation, counted });
    assert!(matches!(effects[..], [Effect::Leave]));
    assert_eq!(model.ending, Some(Ending::Aside), "nothing was in hand");
}

#[test]
fn escape_while_a_plan_is_read_does_not_read_it_again() {
    let mut model = Model::new(Screen::Rooms(Rooms::default()));
    model.enter(Screen::Plan(Plan::stored(plan())));
    assert!(matches!(job(tick(&mut model, 250)), Job::ShowPlan(_)));
    assert!(matches!(key(&mut model, Key::Esc)[..], [Effect::Stop]));
    assert!(failed(&mut model, Class::Stopped).is_empty());
    assert!(model.dialog.is_none() && model.notice.is_some());
    assert!(tick(&mut model, 500).is_empty(), "it is not begun again by itself");
    key(&mut model, Key::Esc);
    assert!(matches!(model.screen(), Screen::Rooms(_)));
}

#[test]
fn a_proof_that_is_done_says_until_when_it_is_of_use_and_enter_leads_out() {
    let mut model = model(Screen::Rooms(Rooms::new()));
    key(&mut model, Key::Char('2'));
    key(&mut model, Key::Enter);
    key(&mut model, Key::Down);
    key(&mut model, Key::Enter);
    let choice = CaChoice {
        name: "factory".to_owned(),
        subject: Printable::new("CN=Factory CA"),
        key: KeyAlgorithm::Ec(Curve::P256),
        not_after: now(),
    };
    done(&mut model, News::Proving(ProvingNews::Choices { choices: vec![choice], end: End::Days(7) }));
    key(&mut model, Key::Enter);
    for _ in 0..2 {
        update(&mut model, Message::Pasted("9c1d8f0e".repeat(8)));
        key(&mut model, Key::Enter);
    }
    let folder = FolderListing {
        path: "/media/stick".into(),
        shown: Printable::new("/media/stick"),
        entries: Vec::new(),
        more: 0,
    };
    done(&mut model, News::Folder(folder));
    key(&mut model, Key::Char('w'));
    sees(&mut model, "7 days after it is issued (profile verification)");
    assert!(matches!(job(key(&mut model, Key::Char('i'))), Job::Proving(ProvingJob::Issue { .. })));
    let files = ["aws/verification.pem", "aws/ca.pem"];
    let files = files.map(|path| ProofFile { path: path.to_owned(), pem: "x".repeat(40) });
    let proved =
        ProvingNews::Proved { plan: Box::new(plan()), delivered: Box::new(delivered()), ends: now(), files };
    let effects = done(&mut model, News::Proving(proved));
    reopened(&mut model, effects);
    sees(&mut model, "Enter done");
    sees(&mut model, "ends                  2026-11-21 14:03:22 UTC");
    // The digest can be read aloud, in groups and in words.
    let digits = Digest::of(b"manifest").to_string();
    sees(&mut model, &format!("manifest SHA-256      {} {}", &digits[..8], &digits[8..16]));
    sees(&mut model, "Manifest in words:");
    // Without a medium both files are needed, and each code says whose it is.
    key(&mut model, Key::Char('c'));
    sees(&mut model, "aws/verification.pem");
    key(&mut model, Key::Tab);
    sees(&mut model, "aws/ca.pem");
    sees(&mut model, "It is the whole file.");
    key(&mut model, Key::Tab);
    sees(&mut model, "aws/verification.pem");
    key(&mut model, Key::Char('c'));
    assert!(key(&mut model, Key::Enter).is_empty());
    sees(&mut model, "What is to be done?");
}

#[test]
fn a_proof_whose_plan_is_stored_is_gone_on_with_and_not_begun_anew() {
    let choice = CaChoice {
        name: "factory".to_owned(),
        subject: Printable::new("CN=Factory CA"),
        key: KeyAlgorithm::Ec(Curve::P256),
        not_after: now(),
    };
    for (remaining, letter, seen) in [
        (Remaining::Delivery, 'd', "It is not issued again"),
        (Remaining::Signing, 's', "It is not planned again"),
    ] {
        let mut model = model(Screen::Proving(Proving::new()));
        // Azure takes any code.
        for _ in 0..3 {
            key(&mut model, Key::Down);
        }
        key(&mut model, Key::Enter);
        done(
            &mut model,
            News::Proving(ProvingNews::Choices { choices: vec![choice.clone()], end: End::Days(7) }),
        );
        key(&mut model, Key::Enter);
        for _ in 0..2 {
            letters(&mut model, "ABC");
            key(&mut model, Key::Enter);
        }
        key(&mut model, Key::Char('/'));
        letters(&mut model, "/media/stick");
        key(&mut model, Key::Enter);
        done(&mut model, listing("/media/stick"));
        key(&mut model, Key::Char('w'));
        assert!(matches!(job(key(&mut model, Key::Char('i'))), Job::Proving(ProvingJob::Issue { .. })));
        let aftermath = Aftermath::Proof { plan: Box::new(plan()), platform: Platform::Azure, remaining };
        let effects = failed_with(&mut model, Class::Medium, aftermath);
        reopened(&mut model, effects);
        sees(&mut model, seen);
        assert!(key(&mut model, Key::Char('i')).is_empty(), "a second certificate");
        key(&mut model, Key::Char(letter));
        let on = model.screen();
        assert!(matches!(
            (on, remaining),
            (Screen::Delivery(_), Remaining::Delivery) | (Screen::Signing(_), _)
        ));
        if remaining == Remaining::Delivery {
            // The platform's form is chosen already.
            sees(&mut model, "pem, azure");
        }
    }
}

#[test]
fn requests_are_planned_once() {
    let asked = Asked { ca: "factory".to_owned(), profile: "device".to_owned(), paths: Vec::new() };
    let mut model = model(Screen::Triage(TriageScreen::new(Arc::default(), asked)));
    let counts = Counts { accepted: ACCEPTED, refused: 0, skipped: 0 };
    let planned = Planned { plan: plan(), counts, agreement: Agreement::Same };
    done(&mut model, News::Planned(planned));
    assert!(matches!(model.screen(), Screen::Plan(_)));
    key(&mut model, Key::Esc);
    assert!(matches!(model.screen(), Screen::Triage(_)));
    // The same key leads to their plan.
    let asked = job(key(&mut model, Key::Char('p')));
    assert!(matches!(&asked, Job::FindPlan(id) if *id == plan().id), "{asked:?}");
    done(&mut model, News::PlanFound(plan()));
    assert!(matches!(model.screen(), Screen::Plan(_)));
}
