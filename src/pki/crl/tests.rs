//! CRLs written and read back: any set of revocations, and any octet altered.

mod partition;

use std::collections::BTreeMap;

use der::{Decode as _, Encode as _};
use proptest::prelude::*;

use super::{
    lint::{CrlLint, Expected, Maker, RULES},
    succession::{self, Counts, Leaving, LeavingFacts, Released, SuccessionError},
    writer::{CrlFields, Extent, envelope, frame},
    *,
};
use crate::pki::{
    der::{element, sequence, tag},
    key::{HashAlgorithm, SignatureAlgorithm},
    name::Name,
    time::{DAY_SECONDS, Time},
};

fn time(text: &str) -> Time {
    Time::from_rfc3339(text).unwrap()
}

fn this_update() -> Time {
    time("2026-11-21T10:00:00Z")
}

fn issuer() -> Name {
    Name::from_text("CN=Factory Root,O=Example").unwrap()
}

fn serial(octets: &[u8]) -> CrlSerial {
    CrlSerial::from_octets(octets).unwrap()
}

fn revoked(octets: &[u8], reason: Reason) -> RevokedEntry {
    let date = time("2026-10-01T00:00:00Z");
    RevokedEntry { serial: serial(octets), date, reason, invalidity_date: None }
}

/// The whole TBS of entries in the order that they have.
fn tbs(entries: &[RevokedEntry], next_update: Time, number: &CrlNumber) -> Vec<u8> {
    tbs_for(None, entries, next_update, number)
}

fn tbs_for(
    point: Option<&CrlPoint>,
    entries: &[RevokedEntry],
    next_update: Time,
    number: &CrlNumber,
) -> Vec<u8> {
    let mut extent = Extent::default();
    for entry in entries {
        extent.add(entry);
    }
    let issuer = issuer();
    let fields = CrlFields {
        algorithm: SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256),
        issuer: issuer.der(),
        key_identifier: &[7; 20],
        this_update: this_update(),
        next_update,
        number,
        point,
    };
    let frame = frame(&fields, extent).unwrap();
    let entries: Vec<u8> = entries.iter().flat_map(writer::entry).collect();
    [frame.before, entries, frame.behind].concat()
}

fn plain(entries: &[RevokedEntry]) -> Vec<u8> {
    tbs(entries, time("2026-12-21T10:00:00Z"), &CrlNumber::first())
}

type Contents = (CrlHead, Vec<RevokedEntry>, CrlEnd);

fn read(octets: &[u8], shape: Shape, piece: usize) -> Result<Contents, CrlError> {
    let mut pieces = octets.chunks(piece);
    let crl = |error| match error {
        ReadError::Crl(error) => error,
        ReadError::Source(never) => match never {},
    };
    let source = || Ok::<_, std::convert::Infallible>(pieces.next().map(<[u8]>::to_vec));
    let mut reader = CrlReader::begin(source, shape).map_err(crl)?;
    let mut entries = Vec::new();
    while let Some(entry) = reader.next_entry().map_err(crl)? {
        entries.push(entry);
    }
    let head = reader.head().clone();
    Ok((head, entries, reader.finish().map_err(crl)?))
}

/// The ids of the rules that a CRL breaks; `None` where it cannot be read.
fn lint(octets: &[u8], entries: u64, number: &CrlNumber) -> Option<Vec<&'static str>> {
    lint_for(None, octets, entries, number)
}

fn lint_for(
    point: Option<&CrlPoint>,
    octets: &[u8],
    entries: u64,
    number: &CrlNumber,
) -> Option<Vec<&'static str>> {
    let (head, found, end) = read(octets, Shape::Tbs, 1000).ok()?;
    let issuer = issuer();
    let expected = Expected {
        issuer: issuer.der(),
        key_identifier: &[7; 20],
        validity: (time("2026-01-01T00:00:00Z"), time("2060-01-01T00:00:00Z")),
        maker: Maker::Writer { number, entries, point },
    };
    let judged = |maker| {
        let mut lint = CrlLint::begin(&head, Expected { maker, ..expected.clone() });
        for entry in &found {
            lint.entry(entry);
        }
        lint.finish(&end).into_iter().map(|fault| fault.rule).collect::<Vec<_>>()
    };
    let rules = judged(expected.maker);
    // Whoever knows less sees less, and nothing else.
    for fewer in [judged(Maker::Here), judged(Maker::Anyone)] {
        assert!(fewer.iter().all(|rule| rules.contains(rule)), "{fewer:?} of {rules:?}");
    }
    Some(rules)
}

#[test]
fn the_list_is_absent_where_nothing_is_revoked() {
    let octets = plain(&[]);
    let (head, entries, end) = read(&octets, Shape::Tbs, 7).unwrap();
    assert_eq!((head.version, entries.len(), end.entries), (2, 0, 0));
    let parsed = x509_cert::crl::TbsCertList::<x509_cert::certificate::Rfc5280>::from_der(&octets).unwrap();
    assert!(parsed.revoked_certificates.is_none());
    // The same with an empty list.
    let inner = crate::pki::der::Reader::new(&octets).sequence("TBSCertList").unwrap();
    let mut fields = inner.clone();
    let mut parts: Vec<&[u8]> = Vec::new();
    while !fields.is_empty() {
        parts.push(fields.any().unwrap().whole);
    }
    assert_eq!(parts.len(), 6);
    parts.insert(5, &[0x30, 0]);
    let with_list = sequence(&parts);
    assert!(
        matches!(read(&with_list, Shape::Tbs, 7), Err(CrlError::Malformed(what)) if what.contains("empty"))
    );
}

#[test]
fn never_writes_unspecified_and_refuses_what_no_full_crl_has() {
    let entry = writer::entry(&revoked(&[5], Reason::Unspecified));
    assert_eq!(entry, b"\x30\x12\x02\x01\x05\x17\x0d261001000000Z");
    // One entry by hand, with this reason code.
    let with_code = |code: u8| {
        let value = element(tag::ENUMERATED, &[code]);
        let extension = sequence(&[&[6, 3, 0x55, 0x1d, 21], &element(tag::OCTET_STRING, &value)]);
        let date = element(tag::UTC_TIME, b"261001000000Z");
        let entry = sequence(&[&[2, 1, 5], &date, &element(tag::SEQUENCE, &extension)]);
        let good = writer::entry(&revoked(&[5], Reason::Superseded));
        assert_eq!(good.len(), entry.len());
        let octets = plain(&[revoked(&[5], Reason::Superseded)]);
        let at = octets.windows(good.len()).position(|window| window == good).unwrap();
        [&octets[..at], &entry, &octets[at + entry.len()..]].concat()
    };
    let number = CrlNumber::first();
    assert_eq!(lint(&with_code(4), 1, &number), Some(vec![]));
    assert_eq!(lint(&with_code(0), 1, &number), Some(vec!["rfc5280-5.3.1-reason-code"]));
    // removeFromCRL, the code that is not used, and beyond.
    for code in [7, 8, 11] {
        assert_eq!(lint(&with_code(code), 1, &number), None, "{code}");
    }
}

#[test]
fn every_rule_names_its_clause() {
    for (rule, demand) in RULES {
        assert!(rule.starts_with("rfc5280-5."), "{rule}");
        assert!(!demand.is_empty(), "{rule}");
    }
}

#[test]
fn the_lint_sees_other_facts() {
    let entries = [revoked(&[1], Reason::Superseded), revoked(&[2], Reason::KeyCompromise)];
    let number = CrlNumber::first();
    let good = plain(&entries);
    assert_eq!(lint(&good, 2, &number), Some(vec![]));
    assert_eq!(lint(&good, 3, &number), Some(vec!["rfc5280-5.1.2.6-revoked-certificates"]));
    assert_eq!(lint(&good, 2, &number.next().unwrap()), Some(vec!["rfc5280-5.2.3-crl-number"]));
    let unordered = plain(&[entries[1], entries[0]]);
    assert_eq!(lint(&unordered, 2, &number), Some(vec!["rfc5280-5.1.2.6-revoked-certificates"]));
    let twice = plain(&[entries[0], entries[0]]);
    assert_eq!(lint(&twice, 2, &number), Some(vec!["rfc5280-5.1.2.6-revoked-certificates"]));
    let mut future = entries[0];
    future.date = time("2026-11-21T10:00:01Z");
    assert_eq!(lint(&plain(&[future]), 1, &number), Some(vec!["rfc5280-5.1.2.6-revoked-certificates"]));
    future = entries[0];
    future.invalidity_date = Some(time("2026-11-21T10:00:01Z"));
    assert_eq!(lint(&plain(&[future]), 1, &number), Some(vec!["rfc5280-5.3.2-invalidity-date"]));
    for (next, rules) in [
        ("2026-11-21T10:00:00Z", vec!["rfc5280-5.1.2.5-next-update"]),
        ("2060-01-01T00:00:00Z", vec![]),
        ("2060-01-01T00:00:01Z", vec!["rfc5280-5.1.2.5-next-update"]),
    ] {
        assert_eq!(lint(&tbs(&entries, time(next), &number), 2, &number), Some(rules), "{next}");
    }
}

/// The fields of a `TBSCertList`.
fn fields(octets: &[u8]) -> Vec<Vec<u8>> {
    let mut fields = crate::pki::der::Reader::new(octets).sequence("TBSCertList").unwrap();
    let mut parts = Vec::new();
    while !fields.is_empty() {
        parts.push(fields.any().unwrap().whole.to_vec());
    }
    parts
}

fn joined(fields: &[Vec<u8>]) -> Vec<u8> {
    sequence(&fields.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

/// What stands before the value of a critical extension; of others nothing does.
const CRITICAL: &[u8] = &[1, 1, 0xff];

/// Extension 2.5.29.`number`.
fn extension(number: u8, critical: &[u8], value: &[u8]) -> Vec<u8> {
    sequence(&[&[6, 3, 0x55, 0x1d, number], critical, &element(tag::OCTET_STRING, value)])
}

/// An empty CRL with these extensions.
fn with_extensions(extensions: &[Vec<u8>]) -> Vec<u8> {
    let mut parts = fields(&plain(&[]));
    parts[5] = element(tag::context_constructed(0), &joined(extensions));
    joined(&parts)
}

/// A CRL of one entry, with these extensions of it.
fn with_entry_extensions(extensions: &[Vec<u8>]) -> Vec<u8> {
    let mut parts = fields(&plain(&[]));
    let date = element(tag::UTC_TIME, b"261001000000Z");
    parts.insert(5, sequence(&[&sequence(&[&[2, 1, 5], &date, &joined(extensions)])]));
    joined(&parts)
}

/// authorityKeyIdentifier and cRLNumber, as [`lint`] expects them.
fn own_extensions(critical: &[u8]) -> Vec<Vec<u8>> {
    let key = sequence(&[&element(tag::context(0), &[7; 20])]);
    vec![extension(35, critical, &key), extension(20, critical, &[2, 1, 1])]
}

#[test]
fn every_rule_finds_what_it_is_there_for() {
    let number = CrlNumber::first();
    let broken = |octets: &[u8], expected: &[&'static str]| {
        let found = lint(octets, 0, &number).expect("it can be read");
        assert_eq!(found, expected);
        found
    };
    let altered = |at: usize, field: Vec<u8>| {
        let mut parts = fields(&plain(&[]));
        parts[at] = field;
        joined(&parts)
    };
    assert_eq!(lint(&with_extensions(&own_extensions(&[])), 0, &number), Some(vec![]));
    let version_1 = joined(&fields(&plain(&[]))[1..5]);
    let aki = extension(35, &[], &sequence(&[&element(tag::context(0), &[8; 20])]));
    let own = own_extensions(&[]);
    let mut found = vec![
        broken(
            &version_1,
            &[
                "rfc5280-5.1.2.1-version",
                "rfc5280-5.2.3-crl-number",
                "rfc5280-5.2.1-authority-key-identifier",
            ],
        ),
        broken(
            &altered(2, crate::pki::name::Name::from_text("CN=Other").unwrap().der().to_vec()),
            &["rfc5280-5.1.2.3-issuer"],
        ),
        broken(&altered(3, element(tag::UTC_TIME, b"251231235959Z")), &["rfc5280-5.1.2.4-this-update"]),
        broken(&altered(4, element(tag::UTC_TIME, b"261121095959Z")), &["rfc5280-5.1.2.5-next-update"]),
        broken(&with_extensions(&[aki, own[1].clone()]), &["rfc5280-5.2.1-authority-key-identifier"]),
        broken(
            &with_extensions(&[own[0].clone(), extension(20, &[], &[2, 1, 2])]),
            &["rfc5280-5.2.3-crl-number"],
        ),
        broken(
            &with_extensions(&[own[0].clone(), own[1].clone(), extension(99, &[], &[5, 0])]),
            &["rfc5280-5.2-extensions"],
        ),
        broken(&plain(&[revoked(&[1], Reason::Superseded)]), &["rfc5280-5.1.2.6-revoked-certificates"]),
        broken(
            &partition::with_issuing_point(CRITICAL, &[partition::point("a").der()]),
            &["rfc5280-5.2.5-issuing-distribution-point"],
        ),
    ];
    for (entry_extension, rule) in [
        (extension(99, &[], &[5, 0]), "rfc5280-5.3-entry-extensions"),
        (extension(21, &[], &[10, 1, 0]), "rfc5280-5.3.1-reason-code"),
        (
            extension(24, &[], &element(tag::GENERALIZED_TIME, b"20270101000000Z")),
            "rfc5280-5.3.2-invalidity-date",
        ),
    ] {
        let octets = with_entry_extensions(&[entry_extension]);
        assert_eq!(lint(&octets, 1, &number), Some(vec![rule]));
        found.push(vec![rule]);
    }
    for (rule, _) in RULES {
        assert!(found.concat().contains(rule), "{rule} was not seen to fire");
    }
}

#[test]
fn refuses_extensions_that_mean_something_else_than_they_say() {
    let refused = |octets: &[u8], words: &str| {
        let error = read(octets, Shape::Tbs, 1000).unwrap_err();
        assert!(error.to_string().contains(words), "{error} / {words}");
    };
    let own = own_extensions(&[]);
    let critical = own_extensions(CRITICAL);
    refused(&with_extensions(&[critical[0].clone(), own[1].clone()]), "2.5.29.35 is critical");
    refused(&with_extensions(&[own[0].clone(), critical[1].clone()]), "2.5.29.20 is critical");
    let since = element(tag::GENERALIZED_TIME, b"20260101000000Z");
    for (number, value) in [(21, &[10, 1, 1][..]), (24, &since)] {
        assert!(read(&with_entry_extensions(&[extension(number, &[], value)]), Shape::Tbs, 1000).is_ok());
        let octets = with_entry_extensions(&[extension(number, CRITICAL, value)]);
        refused(&octets, &format!("2.5.29.{number} is critical"));
    }
    // certificateIssuer: the entry is another CA's, whether it says that this is critical or not.
    for critical in [&[], CRITICAL] {
        let octets = with_entry_extensions(&[extension(29, critical, &sequence(&[]))]);
        refused(&octets, "certificateIssuer");
    }
}

#[test]
fn a_crl_follows_another_of_its_issuer_its_key_its_point_and_a_lower_number() {
    let (head, _, end) = read(&plain(&[]), Shape::Tbs, 100).unwrap();
    let first = CrlNumber::first();
    let second = first.next().unwrap();
    let earlier = CrlHead { this_update: this_update().plus_seconds(-1), ..head.clone() };
    let other = CrlHead { issuer: crate::pki::name::Name::from_text("CN=Other").unwrap(), ..head.clone() };
    let of = |number: Option<&CrlNumber>, key: Option<[u8; 20]>| CrlEnd {
        number: number.cloned(),
        key_identifier: key.map(|key| key.to_vec()),
        ..end.clone()
    };
    let key = Some([7; 20]);
    let check = |before: (&CrlHead, &CrlEnd), after: (&CrlHead, &CrlEnd), words: &str| {
        let found = succession::check_heads(before, after);
        match (&found, words) {
            (Ok(()), "") => {}
            (Err(SuccessionError::Head(what)), words) if !words.is_empty() && what.contains(words) => {}
            _ => panic!("{found:?} {words}"),
        }
    };
    let (one, two) = (of(Some(&first), key), of(Some(&second), key));
    let before = (&head, &one);
    check(before, (&head, &two), "");
    check((&head, &of(None, None)), (&head, &one), "");
    check((&earlier, &one), (&head, &two), "");
    check(before, (&other, &two), "another issuer");
    check(before, (&earlier, &two), "the one before of");
    check(before, (&head, &of(None, key)), "no number");
    check(before, (&head, &one), "its number is 1");
    check((&head, &two), (&head, &one), "its number is 1");
    check(before, (&head, &of(Some(&second), None)), "no key identifier");
    check(before, (&head, &of(Some(&second), Some([8; 20]))), "its key identifier is");
    let point = Some(CrlPoint::from_uris(&["http://pki.example/1.crl".to_owned()]));
    let part = CrlEnd { point, ..two.clone() };
    check(before, (&head, &part), "another issuing distribution point");
    check((&head, &CrlEnd { point: part.point.clone(), ..one.clone() }), (&head, &part), "");
}

#[test]
fn refuses_trailing_octets_and_another_outer_algorithm() {
    let octets = plain(&[revoked(&[1], Reason::Superseded)]);
    let algorithm = SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256);
    let list = |algorithm| {
        let envelope = envelope(algorithm, octets.len() as u64, &[9; 70]).unwrap();
        [envelope.before, octets.clone(), envelope.behind].concat()
    };
    let good = list(algorithm);
    let (_, _, end) = read(&good, Shape::List, 11).unwrap();
    assert_eq!(end.signature.as_deref(), Some(&[9; 70][..]));
    assert_eq!(end.tbs_sha256, crate::pki::fingerprint::Digest::of(&octets));
    assert!(read(&[&good[..], &[0]].concat(), Shape::List, 11).is_err());
    assert!(read(&good[..good.len() - 1], Shape::List, 11).is_err());
    assert!(read(&list(SignatureAlgorithm::Ed25519), Shape::List, 11).is_err());
    assert!(read(&octets, Shape::List, 11).is_err());
}

#[test]
fn keeps_the_signed_octets_for_who_wants_them() {
    let octets = plain(&[revoked(&[1], Reason::Superseded), revoked(&[2], Reason::Superseded)]);
    let mut pieces = octets.chunks(5);
    let source = || Ok::<_, ()>(pieces.next().map(<[u8]>::to_vec));
    let mut reader = CrlReader::begin(source, Shape::Tbs).unwrap();
    reader.keep_signed();
    let mut kept = Vec::new();
    while reader.next_entry().unwrap().is_some() {
        kept.extend(reader.take_signed());
    }
    kept.extend(reader.finish().unwrap().last_signed);
    assert_eq!(kept, octets);
}

type Known = BTreeMap<CrlSerial, LeavingFacts>;

fn succeed(
    before: &[RevokedEntry],
    after: &[RevokedEntry],
    known: &Known,
) -> Result<(Counts, Vec<Leaving>), SuccessionError> {
    let (mut before, mut after) = (before.iter().copied(), after.iter().copied());
    let mut left = Vec::new();
    let counts = succession::prove(
        this_update(),
        &mut || Ok(before.next()),
        &mut || Ok(after.next()),
        &mut |serial| Ok(known.get(serial).copied().unwrap_or_default()),
        &mut |_, why| {
            left.push(why);
            Ok::<_, SuccessionError>(())
        },
    )?;
    Ok((counts, left))
}

#[test]
fn an_entry_leaves_only_when_it_may() {
    let entries = [
        revoked(&[1], Reason::Superseded),
        revoked(&[2], Reason::CertificateHold),
        revoked(&[3], Reason::Unspecified),
    ];
    let none = Known::new();
    assert_eq!(succeed(&entries, &entries, &none).unwrap().0, Counts { stayed: 3, came: 0, left: 0 });
    for missing in 0..3 {
        let mut after = entries.to_vec();
        let gone = after.remove(missing).serial;
        assert_eq!(succeed(&entries, &after, &none), Err(SuccessionError::Lost { serial: gone }));
        // Expired, and on a CRL that was made after that.
        let facts = |end: &str| LeavingFacts { not_after: Some(time(end)), released: None };
        let expired = Known::from([(gone, facts("2026-11-21T09:59:59Z"))]);
        assert_eq!(succeed(&entries, &after, &expired).unwrap().1, [Leaving::Expired]);
        // Expired at that second: the CRL before was not made beyond it.
        let just = Known::from([(gone, facts("2026-11-21T10:00:00Z"))]);
        assert_eq!(succeed(&entries, &after, &just), Err(SuccessionError::Lost { serial: gone }));
        let released = Known::from([(gone, LeavingFacts { not_after: None, released: Some(Released) })]);
        let allowed = succeed(&entries, &after, &released).map(|(_, left)| left);
        if missing == 1 {
            assert_eq!(allowed, Ok(vec![Leaving::Released]));
        } else {
            assert_eq!(allowed, Err(SuccessionError::Lost { serial: gone }));
        }
    }
}

#[test]
fn an_entry_that_stays_says_what_it_said() {
    let none = Known::new();
    let check = |reason: Reason, change: &dyn Fn(&mut RevokedEntry), allowed: bool| {
        let old = revoked(&[1], reason);
        let mut new = old;
        change(&mut new);
        assert_eq!(succeed(&[old], &[new], &none).is_ok(), allowed, "{old:?} {new:?}");
    };
    check(Reason::Superseded, &|_| {}, true);
    check(Reason::Superseded, &|entry| entry.reason = Reason::KeyCompromise, true);
    check(Reason::KeyCompromise, &|entry| entry.reason = Reason::Superseded, false);
    check(Reason::KeyCompromise, &|entry| entry.reason = Reason::CaCompromise, false);
    check(Reason::Superseded, &|entry| entry.reason = Reason::CertificateHold, false);
    check(Reason::Superseded, &|entry| entry.date = this_update(), false);
    check(Reason::Superseded, &|entry| entry.invalidity_date = Some(entry.date), false);
    check(Reason::CertificateHold, &|entry| entry.reason = Reason::KeyCompromise, true);
    check(Reason::CertificateHold, &|entry| entry.reason = Reason::Unspecified, true);
    check(Reason::CertificateHold, &|entry| entry.date = this_update(), false);
    // What a hold put in doubt stays in doubt: its invalidity date may come or become earlier.
    let since = |days: i64| {
        move |entry: &mut RevokedEntry| {
            entry.reason = Reason::KeyCompromise;
            entry.invalidity_date = Some(entry.date.plus_seconds(days * DAY_SECONDS));
        }
    };
    check(Reason::CertificateHold, &since(-1), true);
    let doubted = RevokedEntry {
        invalidity_date: Some(this_update().plus_seconds(-DAY_SECONDS)),
        ..revoked(&[1], Reason::CertificateHold)
    };
    let becomes = |invalidity_date: Option<Time>| {
        let new = RevokedEntry { reason: Reason::KeyCompromise, invalidity_date, ..doubted };
        succeed(&[doubted], &[new], &none).is_ok()
    };
    assert!(becomes(doubted.invalidity_date));
    assert!(becomes(Some(this_update().plus_seconds(-2 * DAY_SECONDS))));
    assert!(!becomes(Some(this_update())) && !becomes(None));
    // Released, and held or revoked again.
    let old = revoked(&[1], Reason::CertificateHold);
    let released = Known::from([(old.serial, LeavingFacts { not_after: None, released: Some(Released) })]);
    for reason in [Reason::CertificateHold, Reason::KeyCompromise] {
        let again = RevokedEntry { date: this_update(), reason, ..old };
        assert!(succeed(&[old], &[again], &released).is_ok());
    }
    let earlier = RevokedEntry { date: time("2020-01-01T00:00:00Z"), ..old };
    assert!(succeed(&[old], &[earlier], &released).is_err());
}

fn any_time() -> impl Strategy<Value = Time> {
    // From 1970, where the other decoder begins.
    (0..=this_update().unix()).prop_map(|seconds| Time::from_unix(seconds).unwrap())
}

fn any_entries() -> impl Strategy<Value = Vec<RevokedEntry>> {
    let serial = prop::collection::vec(any::<u8>(), 1..=20).prop_map(|mut octets| {
        octets[0] &= 0x7f;
        if octets[0] == 0 && octets.len() > 1 {
            octets[0] = 1;
        }
        serial(&octets)
    });
    let reason = prop::sample::select(Reason::ALL);
    let entry = (serial, any_time(), reason, prop::option::of(any_time())).prop_map(
        |(serial, date, reason, invalidity_date)| RevokedEntry { serial, date, reason, invalidity_date },
    );
    prop::collection::btree_map(any::<u16>(), entry, 0..20).prop_map(|entries| {
        let by_serial: BTreeMap<_, _> = entries.into_values().map(|entry| (entry.serial, entry)).collect();
        by_serial.into_values().collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]
    #[test]
    fn any_revocations_give_der_that_reads_back_and_encodes_to_itself(
        entries in any_entries(), next in 1_i64..2_000_000_000, piece in 1_usize..200,
    ) {
        let number = CrlNumber::from_octets(&[0x7f; 20]).unwrap();
        let next_update = this_update().plus_seconds(next.min(time("2060-01-01T00:00:00Z").unix() - this_update().unix()));
        let octets = tbs(&entries, next_update, &number);
        let (head, found, end) = read(&octets, Shape::Tbs, piece).unwrap();
        prop_assert_eq!(&found, &entries);
        prop_assert_eq!((head.this_update, head.next_update), (this_update(), Some(next_update)));
        prop_assert_eq!(end.message.octets(), octets.len() as u64);
        prop_assert_eq!(lint(&octets, entries.len() as u64, &number), Some(vec![]));
        // Other people's decoder and encoder agree.
        let parsed = x509_cert::crl::TbsCertList::<x509_cert::certificate::Rfc5280>::from_der(&octets).unwrap();
        prop_assert_eq!(parsed.revoked_certificates.as_ref().map_or(0, Vec::len), entries.len());
        prop_assert_eq!(parsed.to_der().unwrap(), octets);
    }

    #[test]
    fn an_altered_octet_is_refused_or_changes_what_is_read(
        entries in any_entries(), at: prop::sample::Index, octet: u8,
    ) {
        let number = CrlNumber::first();
        let octets = plain(&entries);
        let mut bent = octets.clone();
        let at = at.index(bent.len());
        bent[at] = octet;
        if let Ok((head, found, end)) = read(&bent, Shape::Tbs, 50) {
            let (good_head, good, good_end) = read(&octets, Shape::Tbs, 50).unwrap();
            let same = head == good_head && found == good
                && (end.number, end.key_identifier, end.point)
                    == (good_end.number, good_end.key_identifier, good_end.point)
                && (end.other_extensions, end.other_entry_extensions)
                    == (good_end.other_extensions, good_end.other_entry_extensions)
                && end.explicit_unspecified == good_end.explicit_unspecified;
            prop_assert_eq!(same, bent == octets);
            prop_assert_eq!(end.tbs_sha256 == good_end.tbs_sha256, bent == octets);
        } else {
            prop_assert!(bent != octets);
        }
        let _ = lint(&bent, entries.len() as u64, &number);
    }

    #[test]
    fn any_octets_are_read_without_panic(octets: Vec<u8>, piece in 1_usize..50) {
        let _ = read(&octets, Shape::Tbs, piece);
        let _ = read(&octets, Shape::List, piece);
    }
}
