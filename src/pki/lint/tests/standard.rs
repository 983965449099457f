//! The rules of standards, and the comparison with a plan.

use super::*;

/// A subject of these attributes, each in a set of its own.
fn subject(attributes: &[(&[u8], u8, &[u8])]) -> Vec<u8> {
    let sets = attributes.iter().map(|(oid, form, text)| {
        element(tag::SET, &sequence(&[&element(tag::OID, oid), &element(*form, text)]))
    });
    element(tag::SEQUENCE, &sets.collect::<Vec<_>>().concat())
}

const VENDOR: &[u8] = &[0x2b, 6, 1, 4, 1, 0x82, 0xa2, 0x7c, 2, 1];
const PRODUCT: &[u8] = &[0x2b, 6, 1, 4, 1, 0x82, 0xa2, 0x7c, 2, 2];

/// A hardware module name of type 1.2.3 and serial number `x`.
const MODULE: &[u8] = b"\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x04\xa0\x09\x30\x07\x06\x02\x2a\x03\x04\x01x";

/// P-256 (secp256r1) and P-384 (secp384r1).
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
const P384: &[u8] = &[0x2b, 0x81, 4, 0, 0x22];

/// A point as the lint sees it: octets of the key, which only the key's own reader judges.
const POINT: [u8; 65] = [4; 65];

/// The `SubjectPublicKeyInfo` of a key on this curve.
fn ec_spki(curve: &[u8]) -> Vec<u8> {
    let key = element(tag::OID, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1]);
    let algorithm = sequence(&[&key, &element(tag::OID, curve)]);
    sequence(&[&algorithm, &element(tag::BIT_STRING, &[&[0], &POINT[..]].concat())])
}

/// The draft for a key on this curve, with the identifier of that.
fn on_curve(mut draft: Draft, curve: &[u8]) -> Draft {
    draft.spki = ec_spki(curve);
    draft.set(14, PLAIN, &element(tag::OCTET_STRING, &Digest::of(&POINT).as_octets()[..20]));
    draft
}

/// Digital signature alone, or keyCertSign and cRLSign: a draft that keeps Matter's rules for this kind of certificate.
fn matter(standard: Standard) -> Draft {
    let kind = if standard == Standard::MatterPai { Kind::SubordinateCa } else { Kind::EndEntity };
    let mut draft = Draft { kind, ..keeping(standard) };
    if kind == Kind::SubordinateCa {
        draft.set(19, CRITICAL, &[0x30, 6, 1, 1, 0xff, 2, 1, 0]);
        draft.set(15, CRITICAL, &[3, 2, 1, 0x06]);
    }
    on_curve(draft, P256)
}

/// A certificate that keeps a standard; the key is one that no rule looks into but Matter's.
fn keeping(standard: Standard) -> Draft {
    let mut draft = good(Kind::EndEntity);
    draft.standard = standard;
    match standard {
        Standard::HardwareModule => {
            draft.subject = vec![0x30, 0];
            draft.set(17, CRITICAL, &san(&[(0xa0, MODULE)]));
        }
        Standard::Idevid => [14, 37].into_iter().for_each(|arc| draft.remove(arc)),
        Standard::OpcUa => {
            draft.subject = subject(&[(&[0x55, 4, 3], 12, b"app"), (&[0x55, 4, 10], 12, b"Works")]);
            draft.set(17, PLAIN, &san(&[(0x86, b"urn:works:app"), (0x82, b"host")]));
        }
        Standard::MatterDac | Standard::MatterPai => {
            draft.subject = subject(&[(VENDOR, 12, b"FFF1"), (PRODUCT, 12, b"8000")]);
        }
        Standard::Rfc5280 => {}
    }
    draft
}

#[test]
fn each_standard_has_its_rule() {
    use Standard::{HardwareModule, Idevid, OpcUa, Rfc5280};
    let check = |standard, rule: &str, bend: fn(&mut Draft)| {
        let mut draft = keeping(standard);
        bend(&mut draft);
        assert_eq!(draft.faults(), [rule]);
    };
    for standard in [Rfc5280, HardwareModule, Idevid, OpcUa] {
        assert_eq!(keeping(standard).faults(), [""; 0], "{standard:?}");
    }
    let stamping = [0x30, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 8];
    let mut alone = good(Kind::EndEntity);
    alone.set(37, CRITICAL, &stamping);
    assert_eq!(alone.faults(), [""; 0]);
    check(Rfc5280, TIME_STAMPING, |d| d.set(37, PLAIN, &[0x30, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 8]));
    check(Rfc5280, TIME_STAMPING, |d| {
        d.set(37, CRITICAL, &[0x30, 13, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 8, 6, 1, 42]);
    });
    for standard in [HardwareModule, OpcUa] {
        check(standard, TIME_STAMPING, |d| d.set(37, PLAIN, &[0x30, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 8]));
    }
    check(HardwareModule, HARDWARE_MODULE, |d| d.set(17, CRITICAL, &san(&[(0x82, b"a.example")])));
    check(HardwareModule, HARDWARE_MODULE, |d| {
        d.set(17, CRITICAL, &san(&[(0xa0, MODULE), (0x82, b"a.example")]));
    });
    check(HardwareModule, HARDWARE_MODULE, |d| {
        d.subject = common_name(b"x");
        d.set(17, PLAIN, &san(&[(0xa0, MODULE)]));
    });
    check(Idevid, IDEVID, |d| d.set(14, PLAIN, &element(4, &key_identifier())));
    check(Idevid, IDEVID, |d| d.set(37, PLAIN, &[0x30, 3, 6, 1, 42]));
    check(Idevid, IDEVID, |d| d.not_after = element(tag::UTC_TIME, b"490101000000Z"));
    check(Idevid, IDEVID, |d| d.set(15, CRITICAL, &[3, 2, 6, 0x40]));
    check(OpcUa, OPC_UA, |d| d.subject = common_name(b"app"));
    check(OpcUa, OPC_UA, |d| d.set(17, PLAIN, &san(&[(0x82, b"host")])));
    check(OpcUa, OPC_UA, |d| d.set(17, PLAIN, &san(&[(0x86, b"urn:a:b"), (0x86, b"urn:a:c")])));
}

#[test]
fn matter_has_a_demand_on_every_part() {
    use Standard::{MatterDac, MatterPai};
    let check = |standard, rules: &[&str], bend: fn(&mut Draft)| {
        let mut draft = matter(standard);
        bend(&mut draft);
        assert_eq!(draft.faults_for(&ec_spki(P256)), rules, "{standard:?}");
    };
    let id = |kind: &'static [u8], text: &'static [u8]| (kind, tag::UTF8_STRING, text);
    let (vendor, product) = (id(VENDOR, b"FFF1"), id(PRODUCT, b"8000"));
    for standard in [MatterDac, MatterPai] {
        check(standard, &[], |_| {});
        check(standard, &[MATTER], |d| d.signature = ALGORITHMS[1].to_vec());
        let other = on_curve(matter(standard), P384);
        assert_eq!(other.faults_for(&ec_spki(P384)), [MATTER]);
    }
    check(MatterDac, &[MATTER_SIZE], |d| {
        d.extensions.push(extension(99, PLAIN, &element(tag::OCTET_STRING, &[0; 300])));
    });
    check(MatterDac, &[MATTER], |d| d.set(15, CRITICAL, &[3, 2, 6, 0xc0]));
    check(MatterDac, &[MATTER], |d| d.remove(15));
    check(MatterDac, &[MATTER], |d| d.remove(14));
    // Any CA has one, by RFC 5280 too.
    check(MatterPai, &[SKI, MATTER], |d| d.remove(14));
    check(MatterPai, &[], |d| d.set(15, CRITICAL, &[3, 2, 1, 0x86]));
    check(MatterPai, &[MATTER], |d| d.set(15, CRITICAL, &[3, 2, 2, 0x04]));
    check(MatterPai, &[MATTER], |d| d.set(15, CRITICAL, &[3, 2, 1, 0x46]));
    let named = |standard, rules: &[&str], attributes: &[(&[u8], u8, &[u8])]| {
        let mut draft = matter(standard);
        draft.subject = subject(attributes);
        assert_eq!(draft.faults_for(&ec_spki(P256)), rules, "{standard:?} {attributes:02x?}");
    };
    named(MatterPai, &[], &[vendor]);
    named(MatterDac, &[MATTER], &[vendor]);
    for standard in [MatterDac, MatterPai] {
        named(standard, &[], &[vendor, product]);
        named(standard, &[MATTER], &[product]);
        named(standard, &[MATTER], &[vendor, vendor, product]);
        named(standard, &[MATTER], &[vendor, product, product]);
        named(standard, &[MATTER], &[id(VENDOR, b"fff1"), product]);
        named(standard, &[MATTER], &[id(VENDOR, b"FFF"), product]);
        named(standard, &[MATTER], &[vendor, id(PRODUCT, b"80000")]);
        named(standard, &[MATTER], &[vendor, id(PRODUCT, b"800G")]);
        named(standard, &[MATTER], &[(VENDOR, tag::PRINTABLE_STRING, b"FFF1"), product]);
    }
}

#[test]
fn each_part_of_a_plan_is_compared() {
    let check = |bend: fn(&mut Granted<'_>), rules: &[&str]| {
        let draft = good(Kind::EndEntity);
        let moment = |text: &str| Time::from_rfc3339(text).expect(text);
        let (usage, fixed) = (vec![vec![0x2b, 6, 1, 5, 5, 7, 3, 2]], FixedExtensions::default());
        let names = san(&[(0x82, b"device.example"), (0x87, &[192, 0, 2, 1])]);
        let mut granted = Granted {
            serial: &[0x41; 20],
            subject: &draft.subject,
            not_before: moment("2026-01-01T00:00:00Z"),
            not_after: moment("9999-12-31T23:59:59Z"),
            key_usage: 1,
            path_length: None,
            extended_key_usage: &usage,
            extended_key_usage_criticality: Criticality::NonCritical,
            key_identifier: KeyIdentifier::Present,
            fixed: &fixed,
            copied: vec![(&[0x55, 0x1d, 17], &names)],
        };
        bend(&mut granted);
        let (issuer, spki) = (common_name(b"issuer"), spki());
        let expected = Expected {
            issuer: &issuer,
            issuer_key_identifier: &ISSUER_KEY,
            spki: &spki,
            known_as: None,
            kind: Kind::EndEntity,
            standard: Standard::Rfc5280,
            granted: Some(granted),
        };
        let found: Vec<_> = lint(&draft.tbs(), &expected).into_iter().map(|fault| fault.rule).collect();
        assert_eq!(found, rules);
    };
    check(|_| {}, &[]);
    check(|d| d.serial = &[0x42; 20], &[PLAN]);
    check(|d| d.subject = &[0x30, 0], &[PLAN]);
    check(|d| d.not_after = Time::NO_EXPIRY.plus_seconds(-1), &[PLAN]);
    check(|d| d.not_before = Time::NO_EXPIRY, &[PLAN]);
    check(|d| d.key_usage = 5, &[PLAN]);
    check(|d| d.extended_key_usage = &[], &[PLAN]);
    check(|d| d.extended_key_usage_criticality = Criticality::Critical, &[PLAN]);
    check(|d| d.key_identifier = KeyIdentifier::Absent, &[PLAN]);
    // The names that were copied stand there against the plan.
    check(|d| d.copied.clear(), &[PLAN]);
    check(|d| d.copied[0].1 = b"\x30\x00", &[PLAN]);
    check(|d| d.copied.push((&[0x2a], b"\x05\x00")), &[PLAN]);
}
