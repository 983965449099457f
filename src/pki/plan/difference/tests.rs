//! What is kept, dropped, added and overridden, line by line, and which requests are alike.

use super::*;
use crate::pki::{
    der::element,
    issuer::IssuingCa,
    plan::{
        plan,
        tests::{NAME_VALUE, facts, issuer, profile, request, root, wish},
    },
    profile::{EmptySubject, KeyIdentifier, Profile, SubjectKind},
};

const SERVER: &[u8] = b"\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01";

fn compared(request: &VerifiedRequest, profile: &Profile, issuer: &IssuingCa) -> Difference {
    let planned = plan(request.clone(), profile, issuer, facts(2)).expect("planned");
    compare(request, &planned).expect("compared")
}

fn asking(seed: u8, subject: &str, wishes: &[Vec<u8>]) -> VerifiedRequest {
    request(seed, Name::from_text(subject).expect(subject).der(), wishes)
}

/// A line as text: what, change, asked → issued.
fn told(difference: &Difference) -> Vec<String> {
    let side = |text: &Option<Printable>| text.as_ref().map_or("-", Printable::as_str).to_owned();
    let line = |line: &Line| {
        format!("{}: {}: {} > {}", line.what, line.change.word(), side(&line.asked), side(&line.issued))
    };
    difference.lines.iter().map(line).collect()
}

/// The lines of a device's certificate that no request changes.
const ALWAYS: [&str; 3] = [
    "issuer: added: - > CN=Test Root,O=Tests",
    "valid from: added: - > 2026-03-01T12:00:00Z",
    "valid until: added: - > 2031-02-28T11:59:59Z",
];

/// The lines for wishes of an ordinary device, but for those that stand in every difference and those on names of keys.
fn check(change: impl FnOnce(&mut Profile), wishes: &[Vec<u8>], expected: &[&str]) {
    let mut profile = profile("device");
    change(&mut profile);
    let difference = compared(&asking(7, "CN=dev-1", wishes), &profile, issuer());
    let lines = told(&difference);
    assert_eq!(lines[..2], ["subject CN: kept: dev-1 > dev-1", "public key: kept: P-256 > P-256"]);
    let unchanged = |line: &&String| {
        ALWAYS.contains(&line.as_str()) || line.starts_with("authority key identifier: added: - > ")
    };
    assert_eq!(lines.iter().filter(unchanged).count(), 4, "{lines:#?}");
    let rest: Vec<&str> = lines[2..].iter().filter(|line| !unchanged(line)).map(String::as_str).collect();
    assert_eq!(rest, expected);
}

fn without_identifier(profile: &mut Profile) {
    profile.key_identifier = KeyIdentifier::Absent;
}

#[test]
fn shows_what_the_profile_adds() {
    check(
        without_identifier,
        &[],
        &[
            "basic constraints: added: - > CA:FALSE",
            "key usage: added: - > digitalSignature",
            "extended key usage: added: - > clientAuth",
        ],
    );
    let with_one = compared(&asking(7, "CN=dev-1", &[]), &profile("device"), issuer());
    let line = told(&with_one).into_iter().find(|line| line.starts_with("subject key")).expect("a line");
    let identifier = hex(&asking(7, "CN=d", &[]).public_key().key_identifier());
    assert_eq!(line, format!("subject key identifier: added: - > {identifier}"));
}

#[test]
fn shows_what_was_asked_for_and_what_became_of_it() {
    let constraints = "basic constraints: added: - > CA:FALSE";
    let usage = "key usage: added: - > digitalSignature";
    let purpose = "extended key usage: added: - > clientAuth";
    check(
        without_identifier,
        &[wish(15, "critical", &[3, 2, 5, 0xa0])],
        &[
            constraints,
            "key usage: kept: digitalSignature > digitalSignature",
            "key usage: dropped: keyEncipherment > -",
            purpose,
        ],
    );
    check(
        without_identifier,
        &[wish(37, "", SERVER)],
        &[constraints, usage, "extended key usage: dropped: serverAuth > -", purpose],
    );
    check(
        without_identifier,
        &[wish(14, "", &[4, 1, 1]), wish(19, "critical", &[0x30, 0]), wish(17, "", NAME_VALUE)],
        &[
            "alternative name DNS: kept: a.example > a.example",
            "basic constraints: kept: CA:FALSE > CA:FALSE",
            usage,
            purpose,
            "subject key identifier: dropped: 01 > -",
        ],
    );
    let digest = Digest::of(&element(4, &[7; 40]));
    check(
        |profile| {
            without_identifier(profile);
            profile.allowed_extensions = vec![vec![0x55, 0x1d, 32]];
        },
        &[
            wish(32, "critical", &[0x30, 5, 0x30, 3, 6, 1, 0x2a]),
            wish(17, "", NAME_VALUE),
            wish(9, "", &element(4, &[7; 40])),
        ],
        &[
            "alternative name DNS: dropped: a.example > -",
            constraints,
            usage,
            purpose,
            "extension certificatePolicies: overridden: critical, 3005300306012a > 3005300306012a",
            &format!("extension subjectDirectoryAttributes: dropped: 42 octets, SHA-256 {digest} > -"),
        ],
    );
}

#[test]
fn shows_every_kind_of_alternative_name_harmless() {
    let directory = element(0xa4, Name::from_text("CN=x").expect("a name").der());
    let value = element(
        0x30,
        &[
            element(0x81, b"a@b.example"),
            element(0x86, b"https://x.example/"),
            element(0x87, &[192, 0, 2, 1]),
            element(0x87, &[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
            element(0x88, &[0x2a, 3]),
            directory,
        ]
        .concat(),
    );
    check(
        |profile| {
            without_identifier(profile);
            profile.extended_key_usage.clear();
        },
        &[wish(17, "", &value)],
        &[
            "alternative name email: kept: a@b.example > a@b.example",
            "alternative name URI: kept: https://x.example/ > https://x.example/",
            "alternative name IP address: kept: 192.0.2.1 > 192.0.2.1",
            "alternative name IP address: kept: 2001:0db8:0000:0000:0000:0000:0000:0001 > \
             2001:0db8:0000:0000:0000:0000:0000:0001",
            "alternative name registered ID: kept: 1.2.3 > 1.2.3",
            "alternative name directory name: kept: CN=x > CN=x",
            "basic constraints: added: - > CA:FALSE",
            "key usage: added: - > digitalSignature",
        ],
    );
    // Octets that no sound request has: the reader of names takes them, and nothing harmful is shown.
    let hostile =
        element(0x30, &[element(0x82, b"\x1b[2J\xff"), element(0x87, &[1]), element(0x8b, b"z")].concat());
    let shown: Vec<String> =
        issued::names(&hostile).expect("names").into_iter().map(|name| name.text).collect();
    assert_eq!(shown.len(), 3);
    assert_eq!(Printable::new(&shown[0]).as_str(), "\\u{1b}[2J\u{fffd}");
}

#[test]
fn shows_a_path_length_that_the_issuer_shortens() {
    let mut below = profile("subordinate-ca");
    below.kind = SubjectKind::SubordinateCa { path_length: 5 };
    let authority = wish(19, "critical", &[0x30, 6, 1, 1, 0xff, 2, 1, 3]);
    let difference = compared(&asking(7, "CN=Sub", &[authority]), &below, &root(Some(2)));
    let lines = told(&difference);
    let line = "basic constraints: overridden: CA:TRUE, path length 3 > CA:TRUE, path length 1".to_owned();
    assert!(lines.contains(&line), "{lines:#?}");
}

#[test]
fn requests_that_differ_in_what_is_their_own_are_alike() {
    let device = profile("device");
    let name = |text: &[u8]| wish(17, "", &element(0x30, &element(0x82, text)));
    let likeness = |request: &VerifiedRequest| compared(request, &device, issuer()).likeness;
    let one = likeness(&asking(7, "CN=dev-1,serialNumber=1,O=Acme", &[name(b"a.example")]));
    let same = |request: VerifiedRequest| assert_eq!(likeness(&request), one);
    let other = |request: VerifiedRequest| assert_ne!(likeness(&request), one);
    let policies = || wish(30, "", &[0x30, 0]);
    let attributes = || wish(9, "", &[0x30, 0]);
    let way = likeness(&asking(7, "CN=dev-1", &[policies(), attributes(), name(b"a.example")]));
    let other_way = likeness(&asking(7, "CN=dev-1", &[name(b"a.example"), attributes(), policies()]));
    assert_eq!(way, other_way);
    same(asking(9, "CN=dev-22,serialNumber=22,O=Acme", &[name(b"b.example")]));
    other(asking(7, "CN=dev-1,serialNumber=1,O=Evil", &[name(b"a.example")]));
    other(asking(7, "CN=dev-1,serialNumber=1", &[name(b"a.example")]));
    other(asking(7, "CN=dev-1,serialNumber=1,O=Acme", &[]));
    other(asking(7, "CN=dev-1,serialNumber=1,O=Acme", &[name(b"a.example"), wish(30, "", &[0x30, 0])]));
    let two = wish(17, "", &element(0x30, &[element(0x82, b"a.b"), element(0x82, b"c.d")].concat()));
    other(asking(7, "CN=dev-1,serialNumber=1,O=Acme", &[two]));
}

#[test]
fn an_opaque_value_that_is_issued_makes_a_difference_however_long_it_is() {
    let mut device = profile("device");
    device.allowed_extensions = vec![vec![0x55, 0x1d, 9]];
    let likeness = |last: u8| {
        let mut value = vec![0; 300];
        value[299] = last;
        let wish = wish(9, "", &element(0x04, &value));
        compared(&asking(7, "CN=d", &[wish]), &device, issuer()).likeness
    };
    assert_eq!(likeness(1), likeness(1));
    assert_ne!(likeness(1), likeness(2));
}

#[test]
fn an_empty_subject_has_no_line() {
    let mut device = profile("device");
    device.empty_subject = EmptySubject::WithAlternativeName;
    let request = request(7, &[0x30, 0], &[wish(17, "critical", NAME_VALUE)]);
    let lines = told(&compared(&request, &device, issuer()));
    let of_subject = |line: &&String| line.starts_with("subject ") && !line.starts_with("subject key");
    assert_eq!(lines.iter().find(of_subject), None);
    assert!(lines.contains(&"alternative name DNS: kept: a.example > a.example".to_owned()));
}

#[test]
fn pairs_equals_before_those_of_one_kind() {
    let value = |text: &str| (text.split('-').next().unwrap_or_default().to_owned(), Value::text(text));
    let pairs = |asked: &[&str], issued: &[&str]| -> Vec<String> {
        let values = |texts: &[&str]| texts.iter().map(|text| value(text)).collect::<Vec<_>>();
        let side = |value: Option<Value>| value.map_or("-".to_owned(), |value| value.text);
        let pairs = paired(values(asked), values(issued)).into_iter();
        pairs.map(|(_, asked, issued)| format!("{} {}", side(asked), side(issued))).collect()
    };
    assert_eq!(
        pairs(&["a-1", "a-2", "b-1"], &["a-2", "a-3", "c-1"]),
        ["a-1 a-3", "a-2 a-2", "b-1 -", "- c-1"]
    );
    assert_eq!(pairs(&["a-1"], &["a-1", "a-1"]), ["a-1 a-1", "- a-1"]);
    assert_eq!(pairs(&[], &[]), [""; 0]);
}
