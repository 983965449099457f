//! What people get to read, as fixed pages; and that no octets whatever break it.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::pki::{
    der::{element, sequence, tag},
    oid,
    text::is_shown,
};

/// A tree as people read it: offset, depth, header and contents in octets, type, value, remark.
fn page(tree: &Tree) -> String {
    let mut page = String::new();
    for node in &tree.nodes {
        let place = if node.place == Place::Encapsulated { "~" } else { "" };
        let _ = write!(
            page,
            "{:4} {:indent$}{place}{} {}+{}",
            node.offset,
            "",
            node.name(),
            node.header_octets,
            node.octets,
            indent = 2 * usize::from(node.depth)
        );
        if !node.value.as_str().is_empty() {
            let _ = write!(page, " {}", node.value);
        }
        if let Some(remark) = &node.remark {
            let _ = write!(page, " ({remark})");
        }
        page.push('\n');
    }
    if let Some(fault) = &tree.fault {
        let _ = writeln!(page, "fault at {}: {}", fault.offset, fault.what);
    }
    page
}

#[track_caller]
fn walked(octets: &[u8], expected: &str) {
    let lines: Vec<&str> =
        expected.lines().map(|line| line.strip_prefix("    |").expect("a margin")).collect();
    assert_eq!(page(&tree(octets)), lines.join("\n") + "\n");
}

fn attribute(kind: &[u8], value: &[u8]) -> Vec<u8> {
    sequence(&[&element(tag::OID, kind), &element(tag::SET, value)])
}

fn extension(kind: &[u8], value: &[u8]) -> Vec<u8> {
    sequence(&[&element(tag::OID, kind), &element(tag::OCTET_STRING, value)])
}

#[test]
fn an_extension_is_followed_into_its_value() {
    let names = sequence(&[&element(0x82, b"host.example"), &element(0x87, &[192, 0, 2, 1])]);
    walked(
        &extension(oid::SUBJECT_ALT_NAME, &names),
        "    |   0 SEQUENCE 2+29
    |   2   OBJECT IDENTIFIER 2+3 subjectAltName (2.5.29.17)
    |   7   OCTET STRING 2+22 22 octets: 3014820c686f73742e6578616d706c658704c0000201
    |   9     ~SEQUENCE 2+20
    |  11       ~[2] 2+12 host.example
    |  25       ~[7] 2+4 4 octets: c0000201",
    );
    walked(
        &extension(oid::KEY_USAGE, &[3, 2, 1, 6]),
        "    |   0 SEQUENCE 2+11
    |   2   OBJECT IDENTIFIER 2+3 keyUsage (2.5.29.15)
    |   7   OCTET STRING 2+4 4 octets: 03020106
    |   9     ~BIT STRING 2+2 7 bits: 0000011",
    );
}

#[test]
fn octets_that_are_der_by_chance_are_not_followed() {
    // The same octets where nothing names what they are.
    walked(
        &sequence(&[&element(tag::OCTET_STRING, &[3, 2, 1, 6])]),
        "    |   0 SEQUENCE 2+6
    |   2   OCTET STRING 2+4 4 octets: 03020106",
    );
    // A SEQUENCE that ends before its string does.
    walked(&element(tag::BIT_STRING, &[0, 0x30, 1, 5, 0]), "    |   0 BIT STRING 2+5 32 bits: 30010500");
    walked(
        &element(tag::BIT_STRING, &[0, 0x30, 2, 5, 0]),
        "    |   0 BIT STRING 2+5 32 bits: 30020500
    |   3   ~SEQUENCE 2+2
    |   5     ~NULL 2+0",
    );
}

#[test]
fn what_is_not_der_is_followed_and_told_at_its_offset() {
    walked(
        &[0x30, 0x80, 0x02, 0x01, 0x05, 0x00, 0x00],
        "    |   0 SEQUENCE 2+3
    |   2   INTEGER 2+1 5
    |   5   END OF CONTENTS 2+0
    |fault at 0: an indefinite length, which DER has not",
    );
    walked(
        &[0x30, 0x80, 0x02, 0x01, 0x05],
        "    |   0 SEQUENCE 2+3
    |   2   INTEGER 2+1 5
    |fault at 0: an indefinite length, which DER has not",
    );
    walked(
        &[0x05, 0x00, 0xaa, 0xbb],
        "    |   0 NULL 2+0
    |fault at 2: behind the end: 2 octets",
    );
    walked(
        &[0x30, 0x10, 0x02, 0x01, 0x07, 0x04, 0x05, 0xaa],
        "    |   0 SEQUENCE 2+6
    |   2   INTEGER 2+1 7
    |   5   OCTET STRING 2+1 1 octet: aa
    |fault at 0: the element says 16 octets, and has 6",
    );
    walked(
        &[0x30, 0x04, 0x02, 0x81, 0x01, 0x05],
        "    |   0 SEQUENCE 2+4
    |   2   INTEGER 3+1 5
    |fault at 2: a length is not in its shortest form",
    );
    walked(
        &[0x30, 0x03, 0x05, 0x00, 0x1f],
        "    |   0 SEQUENCE 2+3
    |   2   NULL 2+0
    |fault at 4: an element's tag and length are cut short",
    );
    walked(
        &[0x30, 0x03, 0xdf, 0x81, 0x00],
        "    |   0 SEQUENCE 2+3
    |fault at 2: an element's tag and length are cut short",
    );
    walked(&[0xdf, 0x81, 0x01, 0x00], "    |   0 [PRIVATE 129] 4+0 empty");
    walked(&[0x30, 0xff], "    |fault at 0: a length of the reserved form");
    assert_eq!(tree(&[]), Tree::default());
}

#[test]
fn a_challenge_password_is_nowhere_shown() {
    let password =
        [element(tag::UTF8_STRING, b"tr0ub4dor&3"), element(tag::OCTET_STRING, &[0x30, 0])].concat();
    let octets =
        sequence(&[&attribute(oid::CHALLENGE_PASSWORD, &password), &attribute(oid::EMAIL_ADDRESS, &[5, 0])]);
    walked(
        &octets,
        "    |   0 SEQUENCE 2+49
    |   2   SEQUENCE 2+30
    |   4     OBJECT IDENTIFIER 2+9 challengePassword (1.2.840.113549.1.9.7)
    |  15     SET 2+17
    |  17       UTF8String 2+11 (a challenge password, not shown)
    |  30       OCTET STRING 2+2 (a challenge password, not shown)
    |  34   SEQUENCE 2+15
    |  36     OBJECT IDENTIFIER 2+9 emailAddress (1.2.840.113549.1.9.1)
    |  47     SET 2+2
    |  49       NULL 2+0",
    );
    let tree = tree(&octets);
    assert_eq!(tree.hidden, [19..30, 32..34]);
    let lines: Vec<String> =
        (0..hex_lines(octets.len())).filter_map(|line| hex_line(&octets, &tree.hidden, line)).collect();
    assert_eq!(lines[1], "000010  11 0c 0b ** ** ** ** **  ** ** ** ** ** ** 04 02  ...***********..");
    assert_eq!(lines[2].get(..33), Some("000020  ** ** 30 0f 06 09 2a 86  "));
    // Even where its encoding is broken: a string that reaches beyond its end, and what is no element at all.
    for broken in [&[0x31, 0x20, 0x0c, 0x20, b's', b'e', b'c'][..], &[0x31, 0x04, 0x1f, 0xff, 0xff, 0xff]] {
        let octets = sequence(&[&element(tag::OID, oid::CHALLENGE_PASSWORD), broken]);
        let hidden = super::tree(&octets).hidden;
        assert!(hidden.iter().any(|range| range.end == octets.len()), "{hidden:?}");
    }
}

#[test]
fn hostile_text_is_harmless_and_marked() {
    walked(
        &element(tag::UTF8_STRING, "a\x1b[2J\u{202e}漢".as_bytes()),
        "    |   0 UTF8String 2+11 a\\u{1b}[2J\\u{202e}漢 (contains 2 characters that are not shown as they are: ESC, U+202E)",
    );
}

#[test]
fn budgets_hold_and_the_rest_is_counted() {
    let many = element(tag::SEQUENCE, &[5, 0].repeat(5000));
    let found = tree(&many);
    assert_eq!((found.nodes.len(), found.more, found.fault), (NODES_MAX, 5001 - NODES_MAX as u64, None));
    let mut deep = vec![0x30, 0];
    for _ in 0..2000 {
        deep = element(tag::SEQUENCE, &deep);
    }
    let found = tree(&deep);
    assert_eq!(found.nodes.len(), usize::from(DEPTH_MAX) + 1);
    assert!(found.fault.is_some_and(|fault| fault.what.as_str().contains("too deep")));
    // Strings within strings, each of which might be followed.
    let mut strings = vec![0x30, 0];
    for _ in 0..2000 {
        strings = element(tag::SEQUENCE, &element(tag::OCTET_STRING, &strings));
    }
    assert_eq!(tree(&strings).nodes.len(), usize::from(DEPTH_MAX) + 1);
    assert!(tree(&[0x30, 0x80].repeat(30_000)).nodes.len() <= NODES_MAX);
}

/// All that people would read of some octets, each view; panics where something in it is not harmless.
fn read_all(octets: &[u8]) {
    let tree = tree(octets);
    assert!(tree.nodes.len() <= NODES_MAX);
    assert!(tree.hidden.windows(2).all(|pair| pair[0].end <= pair[1].start), "{:?}", tree.hidden);
    let mut said = page(&tree);
    for node in &tree.nodes {
        assert!(node.offset + usize::from(node.header_octets) + node.octets <= octets.len());
    }
    for description in [describe_certificate(octets), describe_request(octets)] {
        assert!(description.sections.iter().all(|section| !section.fields.is_empty()));
        for field in description.sections.into_iter().flat_map(|section| section.fields) {
            said.extend([field.name, field.value.to_string(), field.remark.unwrap_or_default()]);
        }
        said.extend(description.fault.map(|fault| fault.what.to_string()));
    }
    said.extend((0..hex_lines(octets.len())).filter_map(|line| hex_line(octets, &tree.hidden, line)));
    assert!(said.chars().all(|c| c == '\n' || is_shown(c)), "{said:?}");
}

/// A request with everything in it, its signature wrong.
fn sample() -> Vec<u8> {
    let text = |kind: &[u8], value: &[u8]| {
        element(tag::SET, &sequence(&[&element(tag::OID, kind), &element(tag::UTF8_STRING, value)]))
    };
    let subject =
        [text(&[0x55, 4, 10], b"Example\x1b[31m"), text(&[0x55, 4, 3], "pump-7 \u{202e}漢".as_bytes())]
            .concat();
    let names = [
        element(0x82, b"pump-7.example"),
        element(0x87, &[192, 0, 2, 7]),
        element(0x87, &[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7]),
        element(0x86, b"urn:\x07"),
        element(0xa4, &sequence(&[&text(&[0x55, 4, 3], b"\x1b")])),
    ]
    .concat();
    let critical = |kind: &[u8], value: &[u8]| {
        sequence(&[&element(tag::OID, kind), &[1, 1, 0xff], &element(tag::OCTET_STRING, value)])
    };
    let extensions = [
        critical(oid::BASIC_CONSTRAINTS, &[0x30, 6, 1, 1, 0xff, 2, 1, 0]),
        critical(oid::KEY_USAGE, &[3, 2, 1, 6]),
        extension(oid::EXTENDED_KEY_USAGE, &sequence(&[&element(tag::OID, &[0x2b, 6, 1, 5, 5, 7, 3, 2])])),
        extension(oid::SUBJECT_ALT_NAME, &element(tag::SEQUENCE, &names)),
        extension(&[0x2a, 3, 4], &[5, 0]),
    ];
    let attributes = [
        attribute(oid::CHALLENGE_PASSWORD, &element(tag::UTF8_STRING, b"secret")),
        attribute(oid::EXTENSION_REQUEST, &element(tag::SEQUENCE, &extensions.concat())),
    ];
    // The generator of P-256 is a point as good as any (SEC 2 §2.4.2).
    let mut point = vec![0, 4];
    for half in [
        "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
    ] {
        point.extend(crate::pki::fingerprint::Digest::from_hex(half).expect("hex").as_octets());
    }
    let curve = sequence(&[&element(tag::OID, oid::EC_PUBLIC_KEY), &element(tag::OID, oid::SECP256R1)]);
    let info = sequence(&[
        &[2, 1, 0],
        &element(tag::SEQUENCE, &subject),
        &sequence(&[&curve, &element(tag::BIT_STRING, &point)]),
        &element(0xa0, &attributes.concat()),
    ]);
    let algorithm = sequence(&[&element(tag::OID, oid::ECDSA_WITH_SHA256)]);
    sequence(&[&info, &algorithm, &element(tag::BIT_STRING, &[0, 0x30, 6, 2, 1, 1, 2, 1, 1])])
}

/// A description as people read it.
fn words(description: &Description) -> String {
    let mut page = String::new();
    for section in &description.sections {
        let _ = writeln!(page, "[{}]", section.title);
        for field in &section.fields {
            let remark = field.remark.as_ref().map(|remark| format!(" ({remark})")).unwrap_or_default();
            let note = field.note.map(|note| format!(" [{note}]")).unwrap_or_default();
            let _ = writeln!(page, "{}: {}{remark}{note}", field.name, field.value);
        }
    }
    if let Some(fault) = &description.fault {
        let _ = writeln!(page, "fault at {}: {}", fault.offset, fault.what);
    }
    page
}

#[test]
fn a_request_in_plain_words() {
    let found = words(&describe_request(&sample()));
    assert_eq!(found, include_str!("tests/request.txt"), "{found}");
}

#[test]
fn a_request_that_is_cut_short_is_described_as_far_as_it_goes() {
    let whole = sample();
    let found = words(&describe_request(&whole[..whole.len() - 30]));
    assert_eq!(found, include_str!("tests/cut.txt"), "{found}");
    // Cut within the name: what stands before the cut is read, and the fault is where the outermost element begins.
    let found = describe_request(&whole[..40]);
    assert_eq!(found.fault.map(|fault| fault.offset), Some(0));
    assert_eq!(describe_request(&[]).sections.len(), 2);
}

/// A certificate of the same key, with an odd thing or two.
fn certificate() -> Vec<u8> {
    let request = sample();
    let mut info = crate::pki::der::Reader::new(&request);
    let mut parts = info.sequence("request").expect("a request").sequence("info").expect("an info");
    parts.any().expect("a version");
    let (subject, spki) = (parts.any().expect("a subject"), parts.any().expect("a key"));
    let algorithm = |kind: &[u8]| sequence(&[&element(tag::OID, kind)]);
    let critical = [1, 1, 0xff];
    let extensions = [
        sequence(&[
            &element(tag::OID, oid::KEY_USAGE),
            &critical,
            &element(tag::OCTET_STRING, &[3, 2, 7, 0x80]),
        ]),
        extension(&[0x55, 0x1d, 14], &element(tag::OCTET_STRING, &[0x5c; 20])),
        extension(&[0x55, 0x1d, 35], &sequence(&[&element(0x80, &[0xa1; 20])])),
        extension(&[0x55, 0x1d, 31], &[0x30, 0]),
        extension(oid::EXTENDED_KEY_USAGE, &[0x30, 5, 6, 1]),
    ];
    let tbs = sequence(&[
        &element(0xa0, &[2, 1, 2]),
        &element(tag::INTEGER, &[0x41; 20]),
        &algorithm(oid::ECDSA_WITH_SHA384),
        &sequence(&[&element(
            tag::SET,
            &sequence(&[&element(tag::OID, &[0x55, 4, 3]), &element(tag::UTF8_STRING, b"Root")]),
        )]),
        &sequence(&[
            &element(tag::UTC_TIME, b"260101000000Z"),
            &element(tag::GENERALIZED_TIME, b"99991231235959Z"),
        ]),
        subject.whole,
        spki.whole,
        &element(0xa3, &element(tag::SEQUENCE, &extensions.concat())),
    ]);
    sequence(&[&tbs, &algorithm(oid::ECDSA_WITH_SHA256), &element(tag::BIT_STRING, &[0, 1, 2, 3])])
}

#[test]
fn a_certificate_in_plain_words() {
    // Its purposes are cut short; the algorithm that is signed is another one; it has no end.
    let found = words(&describe_certificate(&certificate()));
    assert_eq!(found, include_str!("tests/certificate.txt"), "{found}");
}

proptest! {
    #[test]
    fn any_octets_can_be_read(octets in proptest::collection::vec(any::<u8>(), 0..400)) {
        read_all(&octets);
    }

    #[test]
    fn a_request_or_certificate_with_octets_changed_can_be_read(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        length in any::<prop::sample::Index>(),
    ) {
        for mut octets in [sample(), certificate()] {
        for (place, octet) in &changes {
            let place = place.index(octets.len());
            octets[place] = *octet;
        }
        read_all(&octets);
        octets.truncate(length.index(octets.len()));
        read_all(&octets);
        }
    }
}

#[test]
fn a_planned_certificate_says_what_the_signed_one_will_say() {
    let certificate = certificate();
    let mut outer = crate::pki::der::Reader::new(&certificate);
    let tbs = outer.sequence("certificate").expect("a certificate").any().expect("a TBSCertificate").whole;
    let (planned, signed) = (describe_planned(tbs), describe_certificate(&certificate));
    let of = |description: &Description, title| {
        description.sections.iter().find(|section| section.title == title).cloned().expect("a section")
    };
    for title in ["issued to", "issued by", "valid", "public key", "key identifiers"] {
        assert_eq!(of(&planned, title), of(&signed, title));
    }
    let signature = of(&planned, "signature");
    assert_eq!(signature.fields.len(), 1);
    assert_eq!(signature.fields[0].remark.as_deref(), Some("it is not signed yet"));
    assert!(words(&planned).contains("SHA-256 of what will be signed: "));
    assert!(describe_planned(&tbs[..tbs.len() / 2]).fault.is_some());
    assert!(describe_planned(&[]).fault.is_some());
}
