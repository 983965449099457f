//! A good TBS, made by a few lines that write DER, and one wrong turn for every rule.

mod standard;

use super::{
    super::{
        der::{element, sequence, tag},
        fingerprint::Digest,
    },
    *,
};

/// The fields of a TBS as octets, to be bent one at a time.
struct Draft {
    kind: Kind,
    standard: Standard,
    version: Vec<u8>,
    serial: Vec<u8>,
    signature: Vec<u8>,
    issuer: Vec<u8>,
    not_before: Vec<u8>,
    not_after: Vec<u8>,
    subject: Vec<u8>,
    spki: Vec<u8>,
    unique_id: Vec<u8>,
    extensions: Vec<Vec<u8>>,
    tail: Vec<u8>,
}

const CRITICAL: &[u8] = &[0x01, 0x01, 0xff];
const PLAIN: &[u8] = &[];
const ISSUER_KEY: [u8; 20] = [7; 20];

fn common_name(text: &[u8]) -> Vec<u8> {
    let attribute = sequence(&[&element(tag::OID, &[0x55, 4, 3]), &element(tag::UTF8_STRING, text)]);
    sequence(&[&element(tag::SET, &attribute)])
}

fn spki() -> Vec<u8> {
    let algorithm = sequence(&[&element(tag::OID, &[0x2b, 0x65, 0x70])]);
    sequence(&[&algorithm, &element(tag::BIT_STRING, &[&[0], &[9; 32][..]].concat())])
}

fn key_identifier() -> Vec<u8> {
    Digest::of(&[9; 32]).as_octets()[..20].to_vec()
}

fn extension(last_arc: u8, critical: &[u8], value: &[u8]) -> Vec<u8> {
    sequence(&[&element(tag::OID, &[0x55, 0x1d, last_arc]), critical, &element(tag::OCTET_STRING, value)])
}

fn aki(identifier: &[u8]) -> Vec<u8> {
    sequence(&[&element(tag::context(0), identifier)])
}

fn san(names: &[(u8, &[u8])]) -> Vec<u8> {
    let names: Vec<Vec<u8>> = names.iter().map(|(tag, content)| element(*tag, content)).collect();
    element(tag::SEQUENCE, &names.concat())
}

fn good(kind: Kind) -> Draft {
    let (basic, usage): (&[u8], &[u8]) = match kind {
        Kind::EndEntity => (&[0x30, 0], &[3, 2, 7, 0x80]),
        Kind::SubordinateCa | Kind::Root => (&[0x30, 6, 1, 1, 0xff, 2, 1, 0], &[3, 2, 1, 0x06]),
    };
    let issuer = common_name(b"issuer");
    let (subject, issuer_key) = match kind {
        Kind::Root => (issuer.clone(), key_identifier()),
        Kind::EndEntity | Kind::SubordinateCa => (common_name(b"subject"), ISSUER_KEY.to_vec()),
    };
    Draft {
        kind,
        standard: Standard::Rfc5280,
        version: vec![0xa0, 3, 2, 1, 2],
        serial: element(tag::INTEGER, &[0x41; 20]),
        signature: ALGORITHMS[0].to_vec(),
        issuer,
        not_before: element(tag::UTC_TIME, b"260101000000Z"),
        not_after: element(tag::GENERALIZED_TIME, b"99991231235959Z"),
        subject,
        spki: spki(),
        unique_id: Vec::new(),
        extensions: vec![
            extension(19, CRITICAL, basic),
            extension(15, CRITICAL, usage),
            extension(14, PLAIN, &element(tag::OCTET_STRING, &key_identifier())),
            extension(35, PLAIN, &aki(&issuer_key)),
            extension(37, PLAIN, &sequence(&[&element(tag::OID, &[0x2b, 6, 1, 5, 5, 7, 3, 2])])),
            extension(17, PLAIN, &san(&[(0x82, b"device.example"), (0x87, &[192, 0, 2, 1])])),
        ],
        tail: Vec::new(),
    }
}

impl Draft {
    fn tbs(&self) -> Vec<u8> {
        let extensions = match self.extensions.as_slice() {
            [] => Vec::new(),
            list => element(0xa3, &element(tag::SEQUENCE, &list.concat())),
        };
        let validity = sequence(&[&self.not_before, &self.not_after]);
        sequence(&[
            &self.version,
            &self.serial,
            &self.signature,
            &self.issuer,
            &validity,
            &self.subject,
            &self.spki,
            &self.unique_id,
            &extensions,
            &self.tail,
        ])
    }

    fn faults(&self) -> Vec<&'static str> {
        self.faults_for(&spki())
    }

    /// Where the certificate is to be for this key.
    fn faults_for(&self, spki: &[u8]) -> Vec<&'static str> {
        let own = key_identifier();
        let issuer = common_name(b"issuer");
        let issuer_key_identifier = if self.kind == Kind::Root { &own } else { &ISSUER_KEY[..] };
        let expected = Expected {
            issuer: &issuer,
            issuer_key_identifier,
            spki,
            known_as: None,
            kind: self.kind,
            standard: self.standard,
            granted: None,
        };
        lint(&self.tbs(), &expected).into_iter().map(|fault| fault.rule).collect()
    }

    /// Replaces the extension 2.5.29.n.
    fn set(&mut self, last_arc: u8, critical: &[u8], value: &[u8]) {
        self.remove(last_arc);
        self.extensions.push(extension(last_arc, critical, value));
    }

    fn remove(&mut self, last_arc: u8) {
        self.extensions.retain(|octets| octets[4..7] != [0x55, 0x1d, last_arc]);
    }
}

const RSA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
const EC: &[u8] = b"\x2a\x86\x48\xce\x3d\x02\x01";

/// A key of this algorithm, as far as keyUsage looks at it.
fn key_of(algorithm: &[u8]) -> Vec<u8> {
    sequence(&[&sequence(&[&element(tag::OID, algorithm)]), &[3, 2, 0, 1]])
}

/// Bends a good TBS and expects that one rule, and no other, fires.
fn check(kind: Kind, rule: &str, bend: impl FnOnce(&mut Draft)) {
    let mut draft = good(kind);
    bend(&mut draft);
    assert_eq!(draft.faults(), [rule]);
}

/// The same for an end entity with a key of this algorithm; the good octets have one of Ed25519.
fn check_key(algorithm: &[u8], rule: &str, bend: impl FnOnce(&mut Draft)) {
    let mut draft = good(Kind::EndEntity);
    draft.spki = key_of(algorithm);
    draft.remove(14);
    bend(&mut draft);
    assert_eq!(draft.faults_for(&draft.spki), [rule]);
}

#[test]
fn finds_nothing_in_good_octets() {
    for kind in [Kind::EndEntity, Kind::SubordinateCa, Kind::Root] {
        assert_eq!(good(kind).faults(), [""; 0], "{kind:?}");
        for algorithm in ALGORITHMS {
            let draft = Draft { signature: algorithm.to_vec(), ..good(kind) };
            assert_eq!(draft.faults(), [""; 0], "{algorithm:02x?}");
        }
    }
    let mut nameless = good(Kind::EndEntity);
    nameless.subject = vec![0x30, 0];
    nameless.set(17, CRITICAL, &san(&[(0x86, b"urn:uuid:1")]));
    assert_eq!(nameless.faults(), [""; 0]);
    let mut root = good(Kind::Root);
    root.remove(35);
    assert_eq!(root.faults(), [""; 0]);
    let mut plain = good(Kind::EndEntity);
    for arc in [14, 15, 17, 37] {
        plain.remove(arc);
    }
    assert_eq!(plain.faults(), [""; 0]);
}

#[test]
fn each_field_has_its_rule() {
    use Kind::{EndEntity, Root, SubordinateCa};
    check(EndEntity, STRUCTURE, |d| d.tail = vec![0x05, 0x00]);
    check(EndEntity, STRUCTURE, |d| d.serial = vec![]);
    check(EndEntity, STRUCTURE, |d| d.issuer = vec![0x30, 0x81, 0x00]);
    check(EndEntity, VERSION, |d| d.version = vec![]);
    check(EndEntity, VERSION, |d| d.version = vec![0xa0, 3, 2, 1, 1]);
    check(EndEntity, SERIAL, |d| d.serial = element(tag::INTEGER, &[0x41; 19]));
    check(EndEntity, SERIAL, |d| d.serial = element(tag::INTEGER, &[0x41; 21]));
    check(EndEntity, SERIAL, |d| d.serial = element(tag::INTEGER, &[0xc1; 20]));
    check(EndEntity, SERIAL, |d| d.serial = element(tag::INTEGER, &[0x00; 20]));
    check(EndEntity, SERIAL, |d| d.serial = element(tag::INTEGER, &[]));
    check(EndEntity, SIGNATURE, |d| d.signature = sequence(&[&ALGORITHMS[0][2..], &[5, 0]]));
    check(EndEntity, SIGNATURE, |d| d.signature = ALGORITHMS[7][..13].to_vec().tap(|o| o[1] = 0x0b));
    check(EndEntity, ISSUER, |d| d.issuer = common_name(b"another"));
    check(EndEntity, ISSUER, |d| d.issuer = vec![0x30, 0]);
    check(EndEntity, ISSUER, |d| d.issuer = vec![0x30, 2, 0x31, 0]);
    check(EndEntity, VALIDITY, |d| d.not_before = element(tag::UTC_TIME, b"2601010000Z"));
    check(EndEntity, VALIDITY, |d| d.not_before = element(tag::UTC_TIME, b"260101000000+0000"));
    check(EndEntity, VALIDITY, |d| d.not_before = element(tag::UTC_TIME, b"260230000000Z"));
    check(EndEntity, VALIDITY, |d| d.not_before = element(tag::GENERALIZED_TIME, b"20260101000000Z"));
    check(EndEntity, VALIDITY, |d| d.not_after = element(tag::GENERALIZED_TIME, b"20500101000000.5Z"));
    check(EndEntity, VALIDITY, |d| d.not_after = element(tag::UTC_TIME, b"251231235959Z"));
    check(EndEntity, VALIDITY, |d| d.not_after = element(tag::UTF8_STRING, b"270101000000Z"));
    check(EndEntity, SUBJECT, |d| d.subject = vec![0x30, 2, 0x31, 0]);
    check(EndEntity, SUBJECT, |d| d.subject = common_name(b""));
    check(SubordinateCa, SUBJECT, |d| {
        d.subject = vec![0x30, 0];
        d.set(17, CRITICAL, &san(&[(0x82, b"ca.example")]));
    });
    check(Root, SUBJECT, |d| d.subject = common_name(b"another"));
    let named = |number: u8, form: u8, text: &[u8]| {
        let attribute = sequence(&[&element(tag::OID, &[0x55, 4, number]), &element(form, text)]);
        sequence(&[&element(tag::SET, &attribute)])
    };
    check(EndEntity, ATTRIBUTES, |d| d.subject = common_name(&[b'x'; 65]));
    check(EndEntity, ATTRIBUTES, |d| d.subject = named(6, tag::PRINTABLE_STRING, b"DEU"));
    check(EndEntity, ATTRIBUTES, |d| d.subject = named(6, tag::UTF8_STRING, b"DE"));
    check(EndEntity, ATTRIBUTES, |d| d.subject = named(10, tag::BMP_STRING, b"odd"));
    check(EndEntity, ATTRIBUTES, |d| d.subject = named(10, tag::UTF8_STRING, &[0xff]));
    check(EndEntity, SPKI, |d| d.spki = sequence(&[&d.spki[2..], &[5, 0]]));
    check(EndEntity, UNIQUE_ID, |d| d.unique_id = vec![0x81, 2, 0, 1]);
    check(EndEntity, UNIQUE_ID, |d| d.unique_id = vec![0x82, 2, 0, 1]);
}

#[test]
fn each_extension_has_its_rule() {
    use Kind::{EndEntity, Root, SubordinateCa};
    check(EndEntity, EXTENSIONS, |d| d.extensions.clear());
    check(EndEntity, EXTENSIONS, |d| d.extensions = vec![vec![]]);
    check(EndEntity, EXTENSIONS, |d| d.set(99, PLAIN, &[0x30]));
    check(EndEntity, EXTENSIONS, |d| d.set(99, PLAIN, &[5, 0, 5, 0]));
    check(EndEntity, EXTENSIONS, |d| d.extensions.push(vec![0x30, 0]));
    check(EndEntity, EXTENSION_DUPLICATE, |d| d.extensions.push(d.extensions[2].clone()));
    check(EndEntity, EXTENSION_CRITICAL, |d| d.set(99, CRITICAL, &[5, 0]));
    check(EndEntity, DEFAULT, |d| d.set(99, &[1, 1, 0], &[5, 0]));
    check(EndEntity, BOOLEAN, |d| d.set(19, &[1, 1, 1], &[0x30, 0]));
    check(EndEntity, AKI, |d| d.remove(35));
    check(SubordinateCa, AKI, |d| d.remove(35));
    check(EndEntity, AKI, |d| d.set(35, CRITICAL, &aki(&ISSUER_KEY)));
    check(EndEntity, AKI, |d| d.set(35, PLAIN, &aki(&[8; 20])));
    check(EndEntity, AKI, |d| d.set(35, PLAIN, &[0x30, 0]));
    check(Root, AKI, |d| d.set(35, PLAIN, &aki(&[8; 20])));
    check(EndEntity, SKI, |d| d.set(14, CRITICAL, &element(4, &key_identifier())));
    check(EndEntity, SKI, |d| d.set(14, PLAIN, &element(4, &[8; 20])));
    check(EndEntity, SKI, |d| d.set(14, PLAIN, &element(4, &[8; 32])));
    check(EndEntity, SKI, |d| d.set(14, PLAIN, &element(5, &[])));
    check(Root, SKI, |d| d.remove(14));
    check(EndEntity, BASIC_CONSTRAINTS, |d| d.remove(19));
    check(EndEntity, BASIC_CONSTRAINTS, |d| d.set(19, PLAIN, &[0x30, 0]));
    check(EndEntity, BASIC_CONSTRAINTS, |d| d.set(19, CRITICAL, &[0x30, 3, 1, 1, 0xff]));
    check(EndEntity, BASIC_CONSTRAINTS, |d| d.set(19, CRITICAL, &[0x30, 3, 1, 1, 0]));
    check(EndEntity, BASIC_CONSTRAINTS, |d| d.set(19, CRITICAL, &[0x30, 3, 2, 1, 0]));
    check(Root, BASIC_CONSTRAINTS, |d| d.set(19, CRITICAL, &[0x30, 0]));
    check(Root, BASIC_CONSTRAINTS, |d| d.set(19, CRITICAL, &[0x30, 6, 1, 1, 0xff, 2, 1, 0xff]));
    check(EndEntity, KEY_USAGE, |d| d.set(15, PLAIN, &[3, 2, 7, 0x80]));
    check(EndEntity, KEY_USAGE, |d| d.set(15, CRITICAL, &[3, 1, 0]));
    check(EndEntity, KEY_USAGE, |d| d.set(15, CRITICAL, &[3, 0]));
    check(EndEntity, KEY_USAGE, |d| d.set(15, CRITICAL, &[3, 2, 0, 0]));
    check(EndEntity, KEY_USAGE, |d| d.set(15, CRITICAL, &[3, 2, 6, 0x80]));
    check(EndEntity, KEY_USAGE, |d| d.set(15, CRITICAL, &[3, 3, 7, 0x80, 0]));
    check(EndEntity, KEY_USAGE, |d| d.set(15, CRITICAL, &[3, 3, 6, 0x80, 0x40]));
    check(EndEntity, KEY_USAGE, |d| d.set(15, CRITICAL, &[3, 2, 2, 0x84]));
    check_key(EC, KEY_USAGE, |d| d.set(15, CRITICAL, &[3, 2, 0, 0x81]));
    check_key(EC, KEY_USAGE, |d| d.set(15, CRITICAL, &[3, 3, 7, 0x80, 0x80]));
    check(EndEntity, KEY_USAGE, |d| d.set(15, CRITICAL, &[3, 2, 1, 0x82]));
    check(SubordinateCa, KEY_USAGE, |d| d.set(15, CRITICAL, &[3, 2, 7, 0x80]));
    check(SubordinateCa, KEY_USAGE, |d| d.remove(15));
    check(EndEntity, EKU, |d| d.set(37, PLAIN, &[0x30, 0]));
    check(EndEntity, EKU, |d| d.set(37, PLAIN, &[0x30, 6, 6, 4, 0x55, 0x1d, 37, 0]));
    check(EndEntity, EKU, |d| d.set(37, PLAIN, &[0x30, 6, 6, 1, 0x2a, 6, 1, 0x2a]));
    let purpose = |last: u8| sequence(&[&element(tag::OID, &[0x2b, 6, 1, 5, 5, 7, 3, last])]);
    // Certificates for signing alone, with a key that only agrees; then those for agreement, with one that only enciphers.
    for last in [3, 9] {
        check_key(EC, PURPOSE, |d| {
            d.set(37, PLAIN, &purpose(last));
            d.set(15, CRITICAL, &[3, 2, 3, 0x08]);
        });
    }
    check_key(RSA, PURPOSE, |d| d.set(15, CRITICAL, &[3, 2, 5, 0x20]));
    check(EndEntity, PURPOSE, |d| {
        d.set(37, PLAIN, &purpose(1));
        d.set(15, CRITICAL, &[3, 2, 6, 0x40]);
    });
    check(EndEntity, SAN, |d| d.set(17, PLAIN, &san(&[])));
    check(EndEntity, SAN, |d| d.set(17, CRITICAL, &san(&[(0x82, b"a.example")])));
    check(EndEntity, SAN, |d| d.subject = vec![0x30, 0]);
    check(EndEntity, SAN, |d| {
        d.subject = vec![0x30, 0];
        d.remove(17);
    });
    for unsound in [
        (0x82, &b""[..]),
        (0x82, b"a..b"),
        (0x82, b"a b"),
        (0x82, b"a\0b"),
        (0x82, &[b'a'; 64]),
        (0x81, b"nobody"),
        (0x81, b"@example"),
        (0x86, b"no-scheme"),
        (0x87, &[1, 2, 3]),
        (0x88, &[0x80]),
        (0xa0, &[]),
        (0xa4, &[0x30, 0]),
        (0x89, &[1]),
    ] {
        check(EndEntity, SAN, |d| d.set(17, PLAIN, &san(&[unsound])));
    }
}

/// An extension of any type.
fn other(oid: &[u8], critical: &[u8], value: &[u8]) -> Vec<u8> {
    sequence(&[&element(tag::OID, oid), critical, &element(tag::OCTET_STRING, value)])
}

const AIA_OID: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 1, 1];
const FEATURE_OID: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 1, 24];
const NO_CHECK_OID: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 48, 1, 5];

fn access(uri: &[u8]) -> Vec<u8> {
    let method = element(tag::OID, &[0x2b, 6, 1, 5, 5, 7, 48, 1]);
    sequence(&[&sequence(&[&method, &element(0x86, uri)])])
}

fn point(uri: &[u8]) -> Vec<u8> {
    sequence(&[&sequence(&[&element(0xa0, &element(0xa0, &element(0x86, uri)))])])
}

fn policy(statement: &[u8]) -> Vec<u8> {
    let qualifier =
        sequence(&[&element(tag::OID, &[0x2b, 6, 1, 5, 5, 7, 2, 1]), &element(tag::IA5_STRING, statement)]);
    sequence(&[&sequence(&[&element(tag::OID, &[0x2a, 3]), &sequence(&[&qualifier])])])
}

fn constraints(form: u8, name: &[u8]) -> Vec<u8> {
    sequence(&[&element(0xa0, &sequence(&[&element(form, name)]))])
}

#[test]
fn each_extension_of_fixed_content_has_its_rule() {
    use Kind::{EndEntity, SubordinateCa};
    let sound = [
        other(AIA_OID, PLAIN, &access(b"http://a.example/")),
        extension(31, PLAIN, &point(b"http://a.example/ca.crl")),
        extension(32, PLAIN, &policy(b"https://a.example/cps")),
        other(FEATURE_OID, PLAIN, &[0x30, 3, 2, 1, 5]),
        other(NO_CHECK_OID, PLAIN, &[5, 0]),
    ];
    let mut draft = good(EndEntity);
    draft.extensions.extend(sound);
    assert_eq!(draft.faults(), [""; 0]);
    let mut draft = good(SubordinateCa);
    draft.set(30, CRITICAL, &constraints(0x82, b"a.example"));
    draft.set(36, CRITICAL, &[0x30, 3, 0x80, 1, 0]);
    draft.set(54, CRITICAL, &[2, 1, 0]);
    assert_eq!(draft.faults(), [""; 0]);

    let add = |extension: Vec<u8>| move |draft: &mut Draft| draft.extensions.push(extension);
    check(EndEntity, AIA, |d| add(other(AIA_OID, CRITICAL, &access(b"http://a.example/")))(d));
    check(EndEntity, AIA, |d| add(other(AIA_OID, PLAIN, &access(b"no-scheme")))(d));
    check(EndEntity, AIA, |d| add(other(AIA_OID, PLAIN, &[0x30, 0]))(d));
    check(EndEntity, CRL_POINTS, |d| d.set(31, CRITICAL, &point(b"http://a.example/")));
    check(EndEntity, CRL_POINTS, |d| d.set(31, PLAIN, &point(b"")));
    check(EndEntity, CRL_POINTS, |d| d.set(31, PLAIN, &[0x30, 2, 0x30, 0]));
    check(EndEntity, POLICIES, |d| d.set(32, PLAIN, &[0x30, 0]));
    check(EndEntity, POLICIES, |d| d.set(32, PLAIN, &policy(b"here")));
    check(EndEntity, POLICIES, |d| d.set(32, PLAIN, &[0x30, 10, 0x30, 3, 6, 1, 42, 0x30, 3, 6, 1, 42]));
    check(EndEntity, NAME_CONSTRAINTS, |d| d.set(30, CRITICAL, &constraints(0x82, b"a.example")));
    check(SubordinateCa, NAME_CONSTRAINTS, |d| d.set(30, PLAIN, &constraints(0x82, b"a.example")));
    check(SubordinateCa, NAME_CONSTRAINTS, |d| d.set(30, CRITICAL, &[0x30, 0]));
    check(SubordinateCa, NAME_CONSTRAINTS, |d| d.set(30, CRITICAL, &[0x30, 2, 0xa0, 0]));
    check(EndEntity, POLICY_CONSTRAINTS, |d| d.set(36, CRITICAL, &[0x30, 3, 0x80, 1, 0]));
    check(SubordinateCa, POLICY_CONSTRAINTS, |d| d.set(36, PLAIN, &[0x30, 3, 0x80, 1, 0]));
    check(SubordinateCa, POLICY_CONSTRAINTS, |d| d.set(36, CRITICAL, &[0x30, 3, 0x80, 1, 0x80]));
    check(SubordinateCa, INHIBIT_ANY_POLICY, |d| d.set(54, PLAIN, &[2, 1, 0]));
    check(SubordinateCa, INHIBIT_ANY_POLICY, |d| d.set(54, CRITICAL, &[2, 1, 0xff]));
    check(EndEntity, TLS_FEATURE, |d| add(other(FEATURE_OID, CRITICAL, &[0x30, 3, 2, 1, 5]))(d));
    check(EndEntity, TLS_FEATURE, |d| add(other(FEATURE_OID, PLAIN, &[0x30, 0]))(d));
    check(EndEntity, NO_CHECK, |d| add(other(NO_CHECK_OID, CRITICAL, &[5, 0]))(d));
    check(EndEntity, NO_CHECK, |d| add(other(NO_CHECK_OID, PLAIN, &[4, 0]))(d));
}

#[test]
fn no_key_is_given_a_use_that_its_algorithm_cannot_serve() {
    const ED25519: &[u8] = b"\x2b\x65\x70";
    // The bits of keyUsage that each kind of key serves, bit 0 (digitalSignature) first; keyCertSign is for CAs.
    let served: [(&[u8], [u8; 9]); 6] = [
        (RSA, [1, 1, 1, 1, 0, 1, 1, 0, 0]),
        (EC, [1, 1, 0, 0, 1, 1, 1, 1, 1]),
        (ED25519, [1, 1, 0, 0, 0, 1, 1, 0, 0]),
        (crate::pki::oid::ML_DSA_44, [1, 1, 0, 0, 0, 1, 1, 0, 0]),
        (crate::pki::oid::ML_DSA_65, [1, 1, 0, 0, 0, 1, 1, 0, 0]),
        (crate::pki::oid::ML_DSA_87, [1, 1, 0, 0, 0, 1, 1, 0, 0]),
    ];
    for (algorithm, bits) in served {
        for (bit, serves) in bits.into_iter().enumerate() {
            let usage: &[u8] = if bit == 8 {
                &[3, 3, 7, 0, 0x80]
            } else {
                &[3, 2, 7 - u8::try_from(bit).expect("below 8"), 0x80 >> bit]
            };
            let mut draft = good(Kind::EndEntity);
            draft.spki = key_of(algorithm);
            draft.set(15, CRITICAL, usage);
            let found = draft.faults().contains(&KEY_USAGE_OF_KEY);
            assert_eq!(found, serves == 0, "bit {bit} of {algorithm:02x?}");
        }
    }
    // The good octets' key is of Ed25519: this rule alone fires.
    check(Kind::EndEntity, KEY_USAGE_OF_KEY, |d| d.set(15, CRITICAL, &[3, 2, 5, 0xa0]));
}

#[test]
fn every_rule_is_listed_and_tried_here() {
    let source = [include_str!("tests.rs"), include_str!("tests/standard.rs")].concat();
    let rules = include_str!("../lint.rs");
    for (id, _) in RULES {
        let declaration =
            rules.lines().find(|line| line.contains(&format!("= \"{id}\";"))).expect("a constant");
        let constant = declaration.trim_start_matches("const ").split(':').next().expect("a name");
        let tried = [format!(", {constant}, |d|"), format!(", &[{constant}]"), format!(", {constant}])")];
        let tried = tried.iter().any(|spelling| source.contains(spelling));
        assert!(tried, "{constant} has no test");
    }
    assert_eq!(
        RULES.len(),
        rules.lines().filter(|line| line.starts_with("const ") && line.contains("&str")).count()
    );
}

#[test]
fn every_rule_stands_in_the_documents_with_what_can_be_waived() {
    let document = include_str!("../../../docs/LINT.md");
    for (id, demand) in RULES {
        let row = document.lines().find(|line| line.starts_with(&format!("| {demand} | `{id}` |")));
        let row = row.expect(id);
        assert_eq!(row.ends_with("| yes |"), waiver::WAIVABLE.contains(id), "{id}");
    }
}

#[test]
fn takes_any_octets_without_panic() {
    for kind in [Kind::EndEntity, Kind::Root] {
        let own = key_identifier();
        let (issuer, key) = (common_name(b"issuer"), spki());
        let expected = Expected {
            issuer: &issuer,
            issuer_key_identifier: &own,
            spki: &key,
            known_as: None,
            kind,
            standard: Standard::MatterDac,
            granted: None,
        };
        let octets = good(kind).tbs();
        for at in 0..octets.len() {
            assert!(!lint(&octets[..at], &expected).is_empty());
            for flip in [0x01, 0x20, 0x80, 0xff] {
                let mut bent = octets.clone();
                bent[at] ^= flip;
                let _ = lint(&bent, &expected);
            }
        }
    }
}

trait Tap: Sized {
    fn tap(mut self, bend: impl FnOnce(&mut Self)) -> Self {
        bend(&mut self);
        self
    }
}

impl Tap for Vec<u8> {}
