//! The table of judged requests over real files: read, looked into again, and measured at a million rows.

mod support;

use std::{
    ffi::OsStr,
    fs,
    os::unix::{ffi::OsStrExt as _, fs::symlink},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use coldsign::{
    ceremony::{
        self, Counts, Detail, Direction, Error, Filter, Judgement, Order, Reading, Reins, Triage, Verdict,
        Watch, Yardstick,
    },
    pki::{
        certificate::{Certificate, SignedCertificate},
        fingerprint::Digest,
        issuer::IssuingCa,
        key::{Curve, KeyAlgorithm, PublicKey, RsaScheme},
        name::{Name, attribute},
        naming::{Part, SubjectNaming, TableUse, table::Join, template::Template},
        plan::{Facts, RootFields, difference::Line, plan_root},
        policy::{Control, Finding, Severity},
        serial::SerialNumber,
        text::{Printable, is_harmless},
        time::Time,
    },
    tui::{
        key::Key as Press,
        message::Message,
        model::Model,
        screen::{Screen, triage::TriageScreen},
        theme::Theme,
        update::update,
        view,
        work::{Asked, News},
    },
};
use ratatui::{buffer::Buffer, layout::Rect};
use serde_json::json;
use support::{
    measured::memory,
    request::{self, Algorithm, Key, Request, Signed},
};

/// A folder of this test's own, empty.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn armoured(der: &[u8]) -> String {
    request::pem("CERTIFICATE REQUEST", der)
}

fn fresh(name: &str) -> Vec<u8> {
    Request::named(name).der(&Key::generate(Algorithm::P256))
}

fn read(paths: &[PathBuf]) -> Triage {
    read_by(paths, Yardstick::Soundness).triage
}

fn read_by(paths: &[PathBuf], yardstick: Yardstick<'_>) -> Reading {
    let reins = Reins::new();
    let mut listener = |_| {};
    let mut watch = Watch::new(&mut listener, &reins);
    ceremony::read_triage(paths, yardstick, &Arc::default(), &mut watch).expect("read")
}

fn detail(triage: &Triage, index: usize) -> Result<Detail, Error> {
    detail_by(triage, index, Yardstick::Soundness)
}

fn detail_by(triage: &Triage, index: usize, yardstick: Yardstick<'_>) -> Result<Detail, Error> {
    let reins = Reins::new();
    let mut listener = |_| {};
    let mut watch = Watch::new(&mut listener, &reins);
    ceremony::detail(triage, index, yardstick, &mut watch)
}

/// What `inspect` says of the same paths.
fn judgements(paths: &[PathBuf]) -> Vec<Judgement> {
    let reins = Reins::new();
    let mut listener = |_| {};
    let mut watch = Watch::new(&mut listener, &reins);
    let mut all = Vec::new();
    ceremony::inspect(paths, None, Yardstick::Soundness, &Arc::default(), &mut watch, &mut |judgement| {
        all.push(judgement.clone());
    })
    .expect("inspected");
    all
}

/// Every row is what `inspect` says, and its details are the whole judgement with the octets of its digest.
fn check(paths: &[PathBuf]) -> Triage {
    let (triage, judgements) = (read(paths), judgements(paths));
    assert_eq!(triage.len(), judgements.len());
    for (index, judgement) in judgements.iter().enumerate() {
        let row = triage.row(index).expect("a row");
        assert_eq!(row.source, judgement.source.as_str());
        assert_eq!(row.subject, judgement.subject.as_ref().map(Printable::as_str));
        assert_eq!((row.key, row.verdict, row.sha256), (judgement.key, judgement.verdict, judgement.sha256));
        for finding in &judgement.findings {
            assert!(row.findings().any(|found| found == (finding.control, finding.severity)));
        }
        let detail = detail(&triage, index).unwrap_or_else(|error| panic!("{}: {error}", row.source));
        assert_eq!(format!("{:?}", detail.judgement), format!("{judgement:?}"));
        assert_eq!(detail.der.as_deref().map(Digest::of), row.sha256);
    }
    triage
}

#[test]
fn every_row_is_read_again_from_its_own_place() {
    let folder = folder("triage-places");
    let twin = fresh("twin");
    fs::write(folder.join("alone.csr"), armoured(&fresh("alone"))).unwrap();
    fs::write(folder.join("binary.der"), fresh("binary")).unwrap();
    let badly = Request { signed: Signed::Badly, ..Request::named("forged") };
    let forged = badly.der(&Key::generate(Algorithm::Ed25519));
    let text = [armoured(&fresh("one")), armoured(&forged), "some text\n".into(), armoured(&fresh("three"))];
    fs::write(folder.join("many.pem"), text.concat()).unwrap();
    fs::write(folder.join("many.pem#2"), armoured(&fresh("named like the second of many"))).unwrap();
    let asked = |name: &str| {
        let csr = armoured(&fresh(name));
        let event = json!({ "certificateSigningRequest": csr, "principalId": "0a1b", "clientId": name });
        event.to_string()
    };
    let events = [asked("first"), String::new(), "no event".to_owned(), asked("fourth")];
    fs::write(folder.join("events.jsonl"), events.join("\n")).unwrap();
    fs::write(folder.join("event.jsonl"), asked("alone in its file")).unwrap();
    fs::write(folder.join("twin-1.csr"), armoured(&twin)).unwrap();
    fs::write(folder.join("twin-2.csr"), armoured(&twin)).unwrap();
    fs::write(folder.join("readme.txt"), "no request").unwrap();
    fs::write(folder.join("empty.csr"), "").unwrap();
    symlink("alone.csr", folder.join("link.csr")).unwrap();
    // What stands on the screen is not what stands on the medium.
    fs::write(folder.join(OsStr::from_bytes(b"\x1b[2J\xff.csr")), armoured(&fresh("escape"))).unwrap();
    fs::write(folder.join(OsStr::from_bytes(b"\\u{1b}[2J\\xff.csr")), armoured(&fresh("spelled out")))
        .unwrap();
    let hostile = [armoured(&fresh("bidi 1")), armoured(&fresh("bidi 2"))].concat();
    fs::write(folder.join("\u{202e}rsc.csr"), hostile).unwrap();
    let deep = folder.join(vec!["d"; 40].join("/"));
    fs::create_dir_all(&deep).unwrap();
    fs::write(deep.join("deep.csr"), armoured(&fresh("deep"))).unwrap();

    let triage = check(std::slice::from_ref(&folder));
    for index in 0..triage.len() {
        let row = triage.row(index).expect("a row");
        assert!(row.source.chars().chain(row.subject.unwrap_or_default().chars()).all(is_harmless));
    }
    let controls: Vec<Control> = triage.controls().iter().map(|found| found.control).collect();
    for control in [Control::Possession, Control::MediumEntry, Control::DuplicateInBatch, Control::CsrEvent] {
        assert!(controls.contains(&control), "{}", control.id());
    }
    // A file that is named like a request within another is refused for that; the request is judged.
    let alike: Vec<bool> = (0..triage.len())
        .filter_map(|index| triage.row(index).filter(|row| row.source.ends_with("many.pem#2")))
        .map(|row| row.findings().any(|(control, _)| control == Control::MediumEntry))
        .collect();
    assert_eq!(alike.iter().filter(|refused| **refused).count(), 1, "{alike:?}");
    assert_eq!(alike.len(), 2);
    // Named one by one, with and without a folder beside, and with a slash too many.
    let mut named: Vec<PathBuf> = ["many.pem", "readme.txt", "link.csr"].map(|name| folder.join(name)).into();
    named.push(format!("{}//", folder.display()).into());
    named.push(folder.join("alone.csr"));
    named.push(folder.join(OsStr::from_bytes(b"\x1b[2J\xff.csr")));
    check(&named);
}

#[test]
fn says_that_a_request_changed_since_it_was_read() {
    let folder = folder("triage-changed");
    let path = |name: &str| folder.join(name);
    for name in ["other.csr", "gone.csr", "shorter.csr", "folder.csr", "link.csr", "spoilt.csr"] {
        fs::write(path(name), armoured(&fresh(name)).repeat(2)).unwrap();
    }
    fs::write(path("was-none.csr"), "no request").unwrap();
    let named = path("folder.csr");
    let triage = read(&[folder.clone(), named]);
    assert_eq!(triage.len(), 15);

    fs::write(path("other.csr"), armoured(&fresh("another")).repeat(2)).unwrap();
    fs::remove_file(path("gone.csr")).unwrap();
    let text = fs::read_to_string(path("shorter.csr")).unwrap();
    fs::write(path("shorter.csr"), &text[..text.len() / 2]).unwrap();
    fs::remove_file(path("folder.csr")).unwrap();
    fs::create_dir(path("folder.csr")).unwrap();
    fs::write(path("folder.csr").join("a.csr"), armoured(&fresh("a"))).unwrap();
    fs::rename(path("link.csr"), path("elsewhere")).unwrap();
    symlink("elsewhere", path("link.csr")).unwrap();
    fs::write(path("spoilt.csr"), "x").unwrap();
    fs::write(path("was-none.csr"), armoured(&fresh("now one"))).unwrap();

    let expect = |index: usize, what: &str| {
        let error = detail(&triage, index).expect_err(what);
        assert!(matches!(error, Error::RequestChanged { .. }), "{index}: {error}");
        assert!(error.to_string().ends_with(what), "{index}: {error}");
        assert!(error.to_string().starts_with(triage.row(index).unwrap().source), "{index}: {error}");
        assert!(error.hint().contains("anew"));
    };
    // By name: folder, gone, link, other, shorter, spoilt, each twice, then the one that was none.
    expect(0, "it cannot be read again: a folder, not a file");
    expect(2, "it cannot be read again: no such file");
    expect(4, "it cannot be read again: a symbolic link, not followed");
    expect(6, "it is not the request that was read before");
    assert!(detail(&triage, 8).is_ok());
    expect(9, "it is not there any more");
    expect(10, "it is not the request that was read before");
    expect(12, "it is not the request that was read before");
    // The file that was named itself: a request stands there, but in a folder by now.
    expect(13, "it is not there any more");
    let error = detail(&triage, 15).expect_err("no such row");
    assert!(matches!(error, Error::Usage { .. }), "{error}");

    fs::remove_dir_all(&folder).unwrap();
    assert!(matches!(detail(&triage, 8), Err(Error::Medium(_))));
}

#[test]
fn reading_stops_when_it_is_asked_to() {
    let folder = folder("triage-stopped");
    fs::write(folder.join("many.pem"), armoured(&fresh("many")).repeat(600)).unwrap();
    let reins = Reins::new();
    let mut listener = |_| reins.stop();
    let mut watch = Watch::new(&mut listener, &reins);
    let paths = [folder];
    let result = ceremony::read_triage(&paths, Yardstick::Soundness, &Arc::default(), &mut watch);
    assert!(matches!(result, Err(Error::Stopped { .. })));
    reins.loosen();
    let triage = read(&paths);
    assert_eq!(triage.counts(), Counts { accepted: 1, refused: 599, skipped: 0 });
    reins.stop();
    let mut silent = |_| {};
    let mut watch = Watch::new(&mut silent, &reins);
    let result = ceremony::detail(&triage, 599, Yardstick::Soundness, &mut watch);
    assert!(matches!(result, Err(Error::Stopped { .. })));
}

/// A root CA of a fresh software key, valid from an hour ago.
fn root() -> IssuingCa {
    let key = Key::generate(Algorithm::P256);
    let public_key = PublicKey::from_spki(&key.spki()).expect("a sound key");
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let now = Time::from_unix(i64::try_from(since).expect("a moment")).expect("a moment").plus_seconds(-3600);
    let name = Name::from_text("CN=Root,O=Tests").expect("a name");
    let fields = RootFields {
        name,
        public_key: public_key.clone(),
        rsa_scheme: RsaScheme::Pkcs1,
        days: 7300,
        path_length: None,
    };
    let facts = Facts { now, serial: SerialNumber::from_random([1; 20]) };
    let planned = plan_root(&fields, facts).expect("a root");
    let signature = key.sign(planned.tbs());
    let signed = SignedCertificate::assemble_root(planned.tbs(), &signature, &public_key).expect("signed");
    IssuingCa::new(Certificate::parse(signed.der()).expect("parsed"), Vec::new()).expect("fit to issue")
}

fn told(lines: &[Line]) -> Vec<String> {
    lines.iter().map(|line| format!("{} {}", line.what, line.change.word())).collect()
}

#[test]
fn the_differences_of_a_batch_are_read_with_it() {
    let folder = folder("triage-differences");
    let usage = request::key_usage(&[5, 0xa0]);
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
    for number in 1..=5 {
        let request = Request::named(&format!("dev-{number}")).with(usage.clone());
        write(&format!("a-{number}.csr"), &armoured(&request.der(&Key::generate(Algorithm::P256))));
    }
    let twin = armoured(&Request::named("twin").with(usage.clone()).der(&Key::generate(Algorithm::P256)));
    write("b-twin-1.csr", &twin);
    write("b-twin-2.csr", &twin);
    for number in 1..=2 {
        let names = request::alternative_names(&[&format!("dev-{number}.example")]);
        let request = Request::named(&format!("named-{number}")).with(names);
        write(&format!("c-{number}.csr"), &armoured(&request.der(&Key::generate(Algorithm::P256))));
    }
    let refused = Request::named("a CA").with(request::authority());
    write("d-refused.csr", &armoured(&refused.der(&Key::generate(Algorithm::P256))));
    write("e.txt", "no request");

    let profile = ceremony::profile_by_name(None, "device").expect("built in");
    let issuer = root();
    let yardstick = Yardstick::Issuer(&profile, &issuer);
    let reading = read_by(std::slice::from_ref(&folder), yardstick);
    assert_eq!(reading.triage.counts(), Counts { accepted: 8, refused: 2, skipped: 1 });
    let groups = reading.differences.groups();
    let found: Vec<(u64, String)> =
        groups.iter().map(|group| (group.count, group.source.to_string())).collect();
    // The second twin is refused as one: no difference of it is counted.
    let source = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    assert_eq!(found, [(6, source("a-1.csr")), (2, source("c-1.csr"))]);
    assert_eq!(reading.differences.others(), 0);
    let device = [
        "subject CN kept",
        "public key kept",
        "basic constraints added",
        "key usage kept",
        "key usage dropped",
        "extended key usage added",
        "subject key identifier added",
        "authority key identifier added",
        "issuer added",
        "valid from added",
        "valid until added",
    ];
    assert_eq!(told(&groups[0].lines), device);

    // The details of one request have its own lines, and a refused one has none.
    let detail = |index| detail_by(&reading.triage, index, yardstick).expect("detail");
    let fifth = detail(4).difference.expect("accepted");
    assert_eq!(told(&fifth), device);
    assert_eq!(fifth[0].asked.as_ref().map(Printable::as_str), Some("dev-5"));
    let second_twin = detail(6);
    assert_eq!(second_twin.judgement.verdict, Verdict::Refused);
    assert_eq!(second_twin.judgement.findings[0].control, Control::DuplicateInBatch);
    assert_eq!(second_twin.difference, None);
    assert_eq!(detail(9).difference, None);

    let reading = read_by(&[folder], Yardstick::Profile(&profile));
    assert_eq!(reading.triage.counts(), Counts { accepted: 8, refused: 2, skipped: 1 });
    assert!(reading.differences.groups().is_empty());
}

#[test]
fn rows_of_a_table_of_devices_stand_with_the_requests_and_are_looked_into_like_them() {
    let stick = tempfile::tempdir().expect("a folder");
    let folder = stick.path().to_owned();
    fs::write(folder.join("devices.csv"), "cn,serial\na,1\nb,2\nc,3\n").unwrap();
    for (file, name) in [("1.csr", "a"), ("2.csr", "a"), ("3.csr", "b"), ("4.csr", "d")] {
        let der = Request::named(name).der(&Key::generate(Algorithm::P256));
        fs::write(folder.join(file), armoured(&der)).unwrap();
    }
    let mut profile = ceremony::profile_by_name(None, "device").expect("built in");
    let file = Some("devices.csv".to_owned());
    profile.naming.table = Some(TableUse { file, column: "cn".to_owned(), join: Join::CommonName });
    let template = Template::parse("{csv.serial}").expect("a template");
    let kind = attribute::by_name("serialNumber").expect("a kind");
    profile.naming.subject = SubjectNaming::Rebuilt(vec![Part { kind, value: template }]);
    let issuer = root();
    let yardstick = Yardstick::Issuer(&profile, &issuer);
    let reading = read_by(std::slice::from_ref(&folder), yardstick);
    let detail = |index| detail_by(&reading.triage, index, yardstick).expect("detail");
    let taken = format!("line 2 of the table belongs to {} already", folder.join("1.csr").display());
    let expected = [
        (Verdict::Accepted, None),
        (Verdict::Refused, Some(taken.as_str())),
        (Verdict::Accepted, None),
        (Verdict::Refused, Some("the table has no row for `d`")),
        (Verdict::Skipped, Some("no accepted request belongs to this row: c")),
    ];
    assert_eq!(reading.triage.len(), expected.len());
    for (index, (verdict, message)) in expected.into_iter().enumerate() {
        let row = reading.triage.row(index).expect("a row");
        let Detail { judgement, difference, .. } = detail(index);
        assert_eq!((row.verdict, judgement.verdict), (verdict, verdict), "{index}");
        let finding = judgement.findings.first();
        assert_eq!(finding.map(|finding| finding.message.as_str()), message);
        assert!(finding.is_none_or(|finding| finding.control == Control::CsvRow));
        let told = difference.as_deref().map(told).unwrap_or_default();
        assert_eq!(
            told.contains(&"subject serialNumber added".to_owned()),
            verdict == Verdict::Accepted,
            "{told:?}"
        );
    }
}

/// Prints what a large table costs; the figures stand in no assertion, for they are the machine's.
#[test]
fn a_large_table_is_measured() {
    let rows = if support::long_form() || !cfg!(debug_assertions) { 1_000_000 } else { 20_000 };
    let before = memory("VmRSS");
    let begin = Instant::now();
    let triage = large(rows);
    println!("{rows} rows made in {:?}", begin.elapsed());
    println!("memory: {} octets a row", memory("VmRSS").saturating_sub(before) / rows as u64);
    let filter = |verdict, control, search: &str| Filter { verdict, control, search: search.to_owned() };
    let all = Filter::default();
    let refused = filter(Some(Verdict::Refused), None, "");
    let possession = filter(None, Some(Control::Possession), "");
    let everywhere = filter(None, None, "dev-");
    let some = filter(None, None, "ACME GERÄTE");
    let few = filter(None, None, "0099999");
    let nowhere = filter(Some(Verdict::Accepted), None, "not there");
    let cases = [
        ("all", &all),
        ("by verdict", &refused),
        ("by control", &possession),
        ("text in every row", &everywhere),
        ("text in some rows", &some),
        ("text in few rows", &few),
        ("text nowhere", &nowhere),
    ];
    for order in [Order::Medium, Order::Source, Order::Subject, Order::Key, Order::Verdict] {
        let begin = Instant::now();
        let selection = triage.select(&all, order, Direction::Ascending);
        println!("{order:?}: first time {:?}", begin.elapsed());
        assert_eq!(selection.len(), rows);
        for (name, filter) in cases {
            let begin = Instant::now();
            let selection = triage.select(filter, order, Direction::Descending);
            println!("  {name}: {} rows in {:?}", selection.len(), begin.elapsed());
        }
    }
    assert_eq!(triage.select(&everywhere, Order::Medium, Direction::Ascending).len(), rows);
    assert_eq!(triage.select(&some, Order::Medium, Direction::Ascending).len(), rows.div_ceil(10));
    let begin = Instant::now();
    let shown: usize =
        (0..40).filter_map(|at| triage.row(rows / 2 + at)).map(|row| row.findings().count()).sum();
    println!("40 rows shown in {:?}, {shown} findings", begin.elapsed());
}

/// What the slowest of some keys costs, from the message to the last cell.
fn frame(model: &mut Model, cells: &mut Buffer, keys: &[Press]) -> Duration {
    let mut slowest = Duration::ZERO;
    for &key in keys {
        let begin = Instant::now();
        update(model, Message::Key(key));
        view::draw(model, cells, Theme::of(None, None));
        slowest = slowest.max(begin.elapsed());
    }
    slowest
}

/// Prints what the slowest frame of each kind of work costs on the screen of a large table, from the key to the cells.
#[test]
fn the_screen_of_a_large_table_is_measured() {
    let rows = if support::long_form() || !cfg!(debug_assertions) { 1_000_000 } else { 20_000 };
    let reading = Arc::new(Reading { triage: large(rows), ..Reading::default() });
    let asked =
        Asked { ca: "root".into(), profile: "device".into(), paths: vec![PathBuf::from("/media/stick")] };
    let screen = TriageScreen::new(Arc::clone(&reading), asked);
    let mut model = Model::new(Screen::Triage(screen));
    let mut cells = Buffer::empty(Rect { x: 0, y: 0, width: 120, height: 40 });
    let moves = |key| vec![key; 200];
    let typed = |text: &str| -> Vec<Press> {
        let keys = text.chars().map(Press::Char);
        std::iter::once(Press::Char('/')).chain(keys).chain([Press::Enter]).collect()
    };
    println!("{rows} rows, the slowest frame of each kind:");
    for order in [Order::Medium, Order::Subject] {
        let begin = Instant::now();
        let all = reading.triage.select(&Filter::default(), order, Direction::Ascending);
        assert_eq!(all.len(), rows);
        println!("order {order:?} made by the worker in {:?}", begin.elapsed());
        let begin = Instant::now();
        update(&mut model, Message::Done(Box::new(News::InOrder(order))));
        println!("  put in order: {:?}", begin.elapsed());
        for (name, keys) in [
            ("row by row", moves(Press::Down)),
            ("page by page", moves(Press::PageDown)),
            ("last row and first row", vec![Press::End, Press::Home, Press::End, Press::Home, Press::End]),
            ("a search as it is typed", typed("dev-0099999")),
            ("a search with other letters", [vec![Press::Char('x')], typed("acme ger\u{e4}te")].concat()),
            ("verdict after verdict", [vec![Press::Char('x')], vec![Press::Char('v'); 4]].concat()),
            ("a control", vec![Press::Char('c'), Press::Down, Press::Down, Press::Enter]),
            ("a control's rows, searched", typed("dev-00")),
            ("all again, reversed", vec![Press::Char('x'), Press::Char('r'), Press::Char('r'), Press::Home]),
        ] {
            println!("  {name}: {:?}", frame(&mut model, &mut cells, &keys));
        }
        let shown: String = cells.content().iter().map(ratatui::buffer::Cell::symbol).collect();
        assert!(shown.contains("row 1 of "), "the table is shown whole again");
    }
    println!("memory of the process: {} MiB", memory("VmRSS") >> 20);
}

/// Rows as a large batch has them: every tenth with letters outside ASCII, every fiftieth refused.
fn large(rows: usize) -> Triage {
    let mut triage = Triage::new();
    for number in 0..rows {
        let scattered = number.wrapping_mul(2_654_435_761) % 10_000_000;
        let organisation = if number % 10 == 0 { "Acme Geräte GmbH" } else { "Example Devices Ltd" };
        let subject = format!("CN=dev-{scattered:07},OU=Line 4,O={organisation},C=DE");
        let finding = match number % 50 {
            0 => vec![Finding::refuse(Control::Possession, "no", "sign again")],
            1..10 => vec![Finding::note(Control::ExtensionDropped, "dropped", "nothing")],
            _ => Vec::new(),
        };
        let verdict = if finding.iter().any(|found| found.severity == Severity::Refuse) {
            Verdict::Refused
        } else {
            Verdict::Accepted
        };
        let judgement = Judgement {
            source: Printable::new(&format!("/media/stick/batch-17/dev-{number:07}.csr")),
            sha256: Some(Digest::of(&number.to_be_bytes())),
            verdict,
            subject: Some(Printable::new(&subject)),
            key: Some(KeyAlgorithm::Ec(Curve::P256)),
            findings: finding,
        };
        triage.push(&judgement).expect("room");
    }
    triage
}
