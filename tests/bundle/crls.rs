//! CRLs that stand in a broker's folder or in a bundle of their own: each is judged as what it is, by the lint that it was
//! made by, and what the configuration or the manifest says of it with it.

use coldsign::{
    export::{
        bundle::{CRL_DER, CRL_LEFT, CRL_PEM, crl_opening},
        held_crls::HeldCrl,
        manifest::{CRL_FORM, CrlHeader},
        verification::LEFT_HEAD,
    },
    pki::{
        crl::{
            CrlNumber, CrlPoint, CrlSerial, Reason, RevokedEntry,
            writer::{self, CrlFields, Extent},
        },
        pem,
    },
};

use super::*;

const CRLS: &str = "mosquitto/crl.pem";

/// What a CRL says.
#[derive(Clone, Copy)]
struct Said<'a> {
    number: u8,
    next: &'a str,
    entries: &'a [RevokedEntry],
    point: Option<&'a CrlPoint>,
}

/// The first one, of nothing.
const FIRST_CRL: Said<'_> = Said { number: 1, next: "2026-03-31T12:00:00Z", entries: &[], point: None };

fn moment(text: &str) -> Time {
    Time::from_rfc3339(text).expect("a moment")
}

fn revoked(serial: u8, date: &str, invalidity_date: Option<&str>) -> RevokedEntry {
    RevokedEntry {
        serial: CrlSerial::from_octets(&[serial]).expect("a serial number"),
        date: moment(date),
        reason: Reason::KeyCompromise,
        invalidity_date: invalidity_date.map(moment),
    }
}

/// The octets that are signed of a CRL.
fn tbs(ca: &Certificate, key: &Key, said: Said<'_>) -> Vec<u8> {
    let mut extent = Extent::default();
    said.entries.iter().for_each(|entry| extent.add(entry));
    let number = CrlNumber::from_octets(&[said.number]).expect("a number");
    let fields = CrlFields {
        algorithm: key.public().signing_algorithm(RsaScheme::Pkcs1),
        issuer: ca.subject().der(),
        key_identifier: ca.subject_key_identifier().expect("an identifier"),
        this_update: now(),
        next_update: moment(said.next),
        number: &number,
        point: said.point,
    };
    let frame = writer::frame(&fields, extent).expect("a CRL");
    [frame.before, said.entries.iter().flat_map(writer::entry).collect(), frame.behind].concat()
}

fn signed(key: &Key, tbs: &[u8]) -> Vec<u8> {
    join(tbs, key.public().signing_algorithm(RsaScheme::Pkcs1), &key.sign(tbs))
}

fn crl(ca: &Certificate, key: &Key, said: Said<'_>) -> String {
    pem::encode("X509 CRL", &signed(key, &tbs(ca, key, said)))
}

/// A bundle whose form was told of the CRL number 1 of each CA, with this file.
fn with(text: &str) -> Report {
    with_at(text, now())
}

fn with_at(text: &str, at: Time) -> Report {
    let held = |authority| HeldCrl {
        authority,
        number: CrlNumber::from_octets(&[1]),
        next_update: Time::from_rfc3339("2026-03-31T12:00:00Z"),
        place: None,
    };
    let mut forms = Forms::default();
    forms.add_usual(Format::Mosquitto);
    forms.hold(Format::Mosquitto, &[held(0), held(1)]);
    let mut bundle = issued().bundle_of(&[Format::Mosquitto], forms);
    if !text.is_empty() {
        bundle.files.insert(CRLS.to_owned(), text.as_bytes().to_vec());
    }
    bundle.seal(&issued().header(&[Format::Mosquitto]), &issued().audit);
    verify(&bundle, &issued().root, Some(at))
}

/// A bundle of a CRL of the issuing CA, with a manifest that agrees with it.
fn crl_bundle(said: Said<'_>) -> Bundle {
    let key = Key::new(2);
    let ca = issued().issuer.certificate();
    let tbs = tbs(ca, &key, said);
    let digest = Digest::of(&tbs);
    let der = signed(&key, &tbs);
    let of_devices = issued().header(&[]);
    let header = CrlHeader {
        form: CRL_FORM.to_owned(),
        standing: of_devices.standing,
        crl: "crl-factory-1".to_owned(),
        number: said.number.to_string(),
        digest: digest.to_string(),
        words: digest.words(),
        this_update: now().to_string(),
        next_update: moment(said.next).to_string(),
        distribution_point: Vec::new(),
        entries: said.entries.len() as u64,
        left: 0,
        formats: Vec::new(),
        authority: of_devices.authority,
        issuer: of_devices.issuer,
        root: of_devices.root,
        audit_key_sha256: of_devices.audit_key_sha256,
        register: of_devices.register,
    };
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for part in crl_opening(&issued().issuer, &issued().audit.public()) {
        let Part::File { path, octets } = part else { panic!("a piece that grows") };
        files.insert(path, octets);
    }
    files.insert(CRL_PEM.to_owned(), pem::encode("X509 CRL", &der).into_bytes());
    files.insert(CRL_DER.to_owned(), der);
    files.insert(CRL_LEFT.to_owned(), format!("{LEFT_HEAD}\n").into_bytes());
    let mut bundle = Bundle { files, listed_only: None };
    bundle.seal(&header, &issued().audit);
    bundle
}

/// The rules that the lint finds broken of a CRL in a bundle of its own, and of the same in a broker's file.
#[track_caller]
fn check(said: Said<'_>, own: &[&str], held: &[&str]) {
    let of_root = crl(&issued().root, &Key::new(1), FIRST_CRL);
    let of_ca = crl(issued().issuer.certificate(), &Key::new(2), said);
    for (report, expected) in [(crl_bundle(said).verify(), own), (with(&format!("{of_ca}{of_root}")), held)] {
        // The configuration was told of another nextUpdate.
        let flaws = report.flaws.iter().filter(|flaw| flaw.id != FlawId::Form);
        let found: Vec<(FlawId, &str)> = flaws.map(|flaw| (flaw.id, flaw.message.as_str())).collect();
        assert_eq!(found.len(), expected.len(), "{found:?}");
        let is_of = |(flaw, rule): (&(FlawId, &str), &&str)| flaw.0 == FlawId::Crl && flaw.1.contains(rule);
        assert!(found.iter().zip(expected).all(is_of), "{found:?}");
    }
}

fn listing(entries: &[RevokedEntry]) -> Said<'_> {
    Said { entries, ..FIRST_CRL }
}

#[test]
fn a_crl_is_judged_by_the_lint_that_it_was_made_by() {
    let (before, after) = ("2026-03-01T11:00:00Z", "2026-03-01T12:00:01Z");
    let (five, six) = (revoked(5, before, Some(before)), revoked(6, before, None));
    check(listing(&[five, six]), &[], &[]);
    let rule = "rfc5280-5.1.2.6-revoked-certificates";
    check(listing(&[revoked(5, after, None), six]), &[rule], &[rule]);
    // What other programs make, and a CA that moved in may bring, need not be sorted, nor end before the CA does.
    check(listing(&[six, five]), &[rule], &[]);
    let rule = "rfc5280-5.3.2-invalidity-date";
    check(listing(&[revoked(5, before, Some(after)), six]), &[rule], &[rule]);
    let rule = "rfc5280-5.1.2.5-next-update";
    check(Said { next: "2036-03-01T12:00:01Z", ..FIRST_CRL }, &[rule], &[]);
    check(Said { next: "2026-03-01T12:00:00Z", ..FIRST_CRL }, &[rule], &[rule]);
}

#[test]
fn crls_of_a_broker_are_judged_by_signature_order_number_and_time() {
    let (root, ca) = (&issued().root, issued().issuer.certificate());
    let (root_key, ca_key) = (Key::new(1), Key::new(2));
    let of_ca = crl(ca, &ca_key, FIRST_CRL);
    let of_root = crl(root, &root_key, FIRST_CRL);
    let second = Said { number: 2, ..FIRST_CRL };
    let check = |text: &str, expected: &[FlawId]| {
        let report = with(text);
        assert_eq!(ids(&report), expected, "{:#?}", report.flaws);
    };
    check(&format!("{of_ca}{of_root}"), &[]);
    // Another number, or none of a CA at all, than the configuration says.
    check(&format!("{}{of_root}", crl(ca, &ca_key, second)), &[FlawId::Form]);
    check(&of_ca, &[FlawId::Form]);
    check("", &[FlawId::Form]);
    check(&format!("{of_root}{of_ca}"), &[FlawId::Crl, FlawId::Form]);
    check(&format!("{}{of_root}", crl(ca, &root_key, FIRST_CRL)), &[FlawId::CrlSignature]);
    let overdue = Said { next: "2026-03-01T12:00:01Z", ..FIRST_CRL };
    let late = with_at(&format!("{}{of_root}", crl(ca, &ca_key, overdue)), moment("2026-03-01T12:00:02Z"));
    assert_eq!(ids(&late), [FlawId::CrlOverdue, FlawId::Form], "{:#?}", late.flaws);
    // Two of one CA for the same certificates: whoever reads them takes either, and one is older.
    check(&format!("{of_ca}{of_ca}{of_root}"), &[FlawId::Crl, FlawId::Form]);
    check(&format!("{of_ca}{}{of_root}", crl(ca, &ca_key, second)), &[FlawId::Crl, FlawId::Form]);
    let point = CrlPoint::from_uris(&["http://crl.example/1.crl".to_owned()]);
    let part = crl(ca, &ca_key, Said { point: Some(&point), ..FIRST_CRL });
    check(&format!("{of_ca}{part}{part}{of_root}"), &[FlawId::Crl, FlawId::Form]);
    // The configuration was made without the partition's.
    check(&format!("{of_ca}{part}{of_root}"), &[FlawId::Form]);
    // What PEM readers take and the bundle is not written as; and what follows is not read then.
    check(&format!("\n{of_ca}{of_root}"), &[FlawId::Crl, FlawId::Form]);
    check(&format!("{of_ca}{of_root}x"), &[FlawId::Crl]);
}
