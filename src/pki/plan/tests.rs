//! What a plan grants, drops and refuses; the octets are read again by two other readers.

mod profiles;

use std::sync::OnceLock;

use const_oid::db::{rfc5280, rfc5912::ID_EXTENSION_REQ};
use der::{Decode as _, Encode as _};
use p256::{
    ecdsa::{DerSignature, SigningKey, signature::Signer as _},
    pkcs8::EncodePublicKey as _,
};
use proptest::prelude::*;

use super::*;
use crate::pki::{
    certificate::{Certificate, CertificateError, SignedCertificate, join},
    constraint::NameConstraints,
    der::{element, sequence, tag},
    key::{Curve, KeyAlgorithm, RsaScheme},
    naming::{
        alternative::{AlternativeRule, Demand, NameKind},
        rules::{Presence, Unlisted},
    },
    profile::{
        BeyondIssuer, CRL_SIGN, DIGITAL_SIGNATURE, DuplicateKeys, DuplicateSubjects, EmptySubject, End,
        KEY_CERT_SIGN, KEY_ENCIPHERMENT, KeyIdentifier, tests::device,
    },
    request::ParsedRequest,
};

const NOW: &str = "2026-03-01T12:00:00Z";

fn at(text: &str) -> Time {
    Time::from_rfc3339(text).expect(text)
}

pub(in crate::pki) fn facts(serial: u8) -> Facts {
    Facts { now: at(NOW), serial: SerialNumber::from_random([serial; 20]) }
}

/// A software key of a fixed scalar: tests only.
fn key(seed: u8) -> SigningKey {
    SigningKey::from_slice(&[seed; 32]).expect("a scalar")
}

fn public(key: &SigningKey) -> PublicKey {
    let spki = key.verifying_key().to_public_key_der().expect("SPKI");
    PublicKey::from_spki(spki.as_bytes()).expect("a sound key")
}

fn sign(key: &SigningKey, octets: &[u8]) -> Vec<u8> {
    let signature: DerSignature = key.sign(octets);
    signature.as_bytes().to_vec()
}

fn name(text: &str) -> Name {
    Name::from_text(text).expect(text)
}

fn root_fields(seed: u8, path_length: Option<u32>) -> RootFields {
    let public_key = public(&key(seed));
    let rsa_scheme = RsaScheme::Pkcs1;
    RootFields { name: name("CN=Test Root,O=Tests"), public_key, rsa_scheme, days: 7300, path_length }
}

pub(in crate::pki) fn root(path_length: Option<u32>) -> IssuingCa {
    root_of(&root_fields(1, path_length))
}

fn root_of(fields: &RootFields) -> IssuingCa {
    let planned = plan_root(fields, facts(1)).expect("a root");
    let signature = sign(&key(1), planned.tbs());
    let signed =
        SignedCertificate::assemble_root(planned.tbs(), &signature, &fields.public_key).expect("signed");
    IssuingCa::new(Certificate::parse(signed.der()).expect("parsed"), Vec::new()).expect("fit to issue")
}

pub(in crate::pki) fn issuer() -> &'static IssuingCa {
    static ISSUER: OnceLock<IssuingCa> = OnceLock::new();
    ISSUER.get_or_init(|| root(None))
}

/// A profile of each kind; what the others differ in stands beside the device's.
pub(in crate::pki) fn profile(name: &str) -> Profile {
    let device = Profile {
        name: name.to_owned(),
        end: End::Days(1825),
        backdate_seconds: 300,
        keys: vec![KeyAlgorithm::Ec(Curve::P256), KeyAlgorithm::Rsa { bits: 2048 }],
        ..device()
    };
    let profile = match name {
        "device" => device,
        "server" => Profile {
            end: End::Days(397),
            extended_key_usage: vec![rfc5280::ID_KP_SERVER_AUTH.as_bytes().to_vec()],
            empty_subject: EmptySubject::WithAlternativeName,
            ..device
        },
        "subordinate-ca" => Profile {
            kind: SubjectKind::SubordinateCa { path_length: 0 },
            end: End::Days(3650),
            key_usage: DIGITAL_SIGNATURE | KEY_CERT_SIGN | CRL_SIGN,
            extended_key_usage: Vec::new(),
            allowed_extensions: Vec::new(),
            ..device
        },
        "verification" => Profile {
            kind: SubjectKind::Verification,
            end: End::Days(7),
            beyond_issuer: BeyondIssuer::Shorten,
            key_usage: DIGITAL_SIGNATURE,
            extended_key_usage: Vec::new(),
            allowed_extensions: Vec::new(),
            duplicate_keys: DuplicateKeys::Note,
            duplicate_subjects: DuplicateSubjects::Note,
            ..device
        },
        other => panic!("no profile {other}"),
    };
    profile.validated().expect(name)
}

/// One extension of a request: number under id-ce, critical or not, value.
pub(in crate::pki) fn wish(number: u8, criticality: &str, value: &[u8]) -> Vec<u8> {
    let flag: &[u8] = if criticality == "critical" { &[1, 1, 0xff] } else { &[] };
    let oid = element(tag::OID, &[0x55, 0x1d, number]);
    sequence(&[&oid, flag, &element(tag::OCTET_STRING, value)])
}

/// A dNSName a.example.
pub(in crate::pki) const NAME_VALUE: &[u8] = b"\x30\x0b\x82\x09a.example";

pub(in crate::pki) fn request(seed: u8, subject: &[u8], wishes: &[Vec<u8>]) -> VerifiedRequest {
    let public = public(&key(seed));
    let attribute = if wishes.is_empty() {
        Vec::new()
    } else {
        let wishes: Vec<&[u8]> = wishes.iter().map(Vec::as_slice).collect();
        let oid = element(tag::OID, ID_EXTENSION_REQ.as_bytes());
        sequence(&[&oid, &element(tag::SET, &sequence(&wishes))])
    };
    let attributes = element(tag::context_constructed(0), &attribute);
    let info = sequence(&[&element(tag::INTEGER, &[0]), subject, public.spki(), &attributes]);
    let der = assemble_request(&info, &public, RsaScheme::Pkcs1, &sign(&key(seed), &info)).expect("signed");
    ParsedRequest::parse(&der).expect("well-formed").verify_possession().expect("possession")
}

/// Every finding's control, those that refuse with a `!`.
fn told(findings: &[Finding]) -> Vec<String> {
    let mark = |finding: &Finding| if finding.severity == Severity::Refuse { "!" } else { "" };
    findings.iter().map(|finding| format!("{}{}", mark(finding), finding.control.id())).collect()
}

struct Case {
    profile: Profile,
    subject: Vec<u8>,
    wishes: Vec<Vec<u8>>,
    seed: u8,
}

impl Case {
    fn new(name_of_profile: &str) -> Self {
        let subject = name("CN=dev-1").der().to_vec();
        Self { profile: profile(name_of_profile), subject, wishes: Vec::new(), seed: 7 }
    }
    fn run(self, issuer: &IssuingCa) -> Result<PlannedCertificate, Refusal> {
        plan(request(self.seed, &self.subject, &self.wishes), &self.profile, issuer, facts(2))
    }
}

/// The findings of a plan after one change to an ordinary request and profile.
fn check(name_of_profile: &str, change: impl FnOnce(&mut Case), expected: &[&str]) {
    let mut case = Case::new(name_of_profile);
    change(&mut case);
    let found = case.run(issuer()).map_or_else(|refusal| told(&refusal.findings), |plan| told(&plan.notes));
    assert_eq!(found, expected);
}

fn read(planned: &PlannedCertificate) -> Certificate {
    let algorithm = issuer().certificate().signature_algorithm();
    Certificate::parse(&join(planned.tbs(), algorithm, &[0; 64])).expect("a certificate")
}

#[test]
fn grants_what_the_profile_says() {
    let mut case = Case::new("device");
    case.wishes = vec![wish(17, "", NAME_VALUE)];
    let planned = case.run(issuer()).expect("planned");
    let certificate = read(&planned);
    assert_eq!(told(planned.notes()), [""; 0]);
    assert_eq!(certificate.subject(), planned.subject());
    assert_eq!(certificate.serial(), planned.serial().as_octets());
    assert!(!certificate.is_ca());
    assert_eq!(certificate.key_usage(), Some(DIGITAL_SIGNATURE));
    assert_eq!(certificate.extended_key_usage(), [rfc5280::ID_KP_CLIENT_AUTH.as_bytes()]);
    assert_eq!(certificate.authority_key_identifier(), issuer().certificate().subject_key_identifier());
    assert_eq!(certificate.subject_key_identifier(), Some(&public(&key(7)).key_identifier()[..]));
    assert_eq!(certificate.not_before(), at(NOW));
    assert_eq!(certificate.not_after().unix() - at(NOW).unix(), 1825 * 86_400 - 1);
    assert!(planned.tbs().windows(NAME_VALUE.len()).any(|octets| octets == NAME_VALUE));
    let mut case = Case::new("device");
    case.profile.key_identifier = KeyIdentifier::Absent;
    assert_eq!(read(&case.run(issuer()).expect("planned")).subject_key_identifier(), None);
}

#[test]
fn drops_wishes_beyond_the_profile_and_says_so() {
    check("device", |_| {}, &[]);
    check("device", |c| c.wishes = vec![wish(15, "critical", &[3, 2, 7, 0x80])], &[]);
    check("device", |c| c.wishes = vec![wish(15, "critical", &[3, 2, 5, 0xa0])], &["extension-dropped"]);
    check("device", |c| c.wishes = vec![wish(19, "critical", &[0x30, 0])], &[]);
    check("device", |c| c.wishes = vec![wish(30, "", &[0x30, 0])], &["extension-dropped"]);
    check("device", |c| c.wishes = vec![wish(14, "", &[4, 1, 1])], &["extension-dropped"]);
    let server = b"\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01";
    check("device", |c| c.wishes = vec![wish(37, "", server)], &["extension-dropped"]);
    check("server", |c| c.wishes = vec![wish(37, "", server)], &[]);
    check("verification", |c| c.wishes = vec![wish(17, "", NAME_VALUE)], &["extension-dropped"]);
    check(
        "device",
        |c| {
            c.profile.allowed_extensions.push(vec![0x55, 0x1d, 32]);
            c.wishes = vec![wish(32, "critical", &[0x30, 5, 0x30, 3, 6, 1, 0x2a])];
        },
        &["extension-dropped"],
    );
}

#[test]
fn refuses_a_request_that_asks_for_authority() {
    let authority: &[u8] = &[0x30, 3, 1, 1, 0xff];
    check("device", |c| c.wishes = vec![wish(19, "critical", authority)], &["!authority-requested"]);
    check("verification", |c| c.wishes = vec![wish(19, "", authority)], &["!authority-requested"]);
    check("device", |c| c.wishes = vec![wish(15, "", &[3, 2, 2, 0x04])], &["!authority-requested"]);
    check("device", |c| c.wishes = vec![wish(15, "", &[3, 2, 1, 0x02])], &["!authority-requested"]);
    check("device", |c| c.wishes = vec![wish(30, "critical", &[0x30, 0])], &["!extension-critical"]);
    check("subordinate-ca", |c| c.wishes = vec![wish(30, "critical", &[0x30, 0])], &["!extension-critical"]);
    let all = vec![wish(30, "", &[0x30, 0]), wish(19, "", authority), wish(15, "", &[3, 2, 2, 0x04])];
    let expected = ["!authority-requested", "!authority-requested", "extension-dropped"];
    check("device", |c| c.wishes = all, &expected);
}

#[test]
fn makes_no_authority_of_a_request_that_says_it_is_for_none() {
    let device = &[0x30, 0];
    check("subordinate-ca", |c| c.wishes = vec![wish(19, "", device)], &["!authority-requested"]);
    check("subordinate-ca", |c| c.wishes = vec![wish(15, "", &[3, 2, 7, 0x80])], &["!authority-requested"]);
    check("device", |c| c.wishes = vec![wish(19, "", device), wish(15, "", &[3, 2, 7, 0x80])], &[]);
    // A request that says nothing is for whatever the profile makes.
    check("subordinate-ca", |_| {}, &[]);
}

#[test]
fn makes_a_subordinate_authority_below_the_issuers_path_length() {
    let authority = wish(19, "critical", &[0x30, 6, 1, 1, 0xff, 2, 1, 0]);
    let usage = wish(15, "critical", &[3, 2, 1, 0x06]);
    check("subordinate-ca", |c| c.wishes = vec![authority.clone(), usage], &[]);
    let only_lists = wish(15, "critical", &[3, 2, 1, 0x02]);
    check("subordinate-ca", |c| c.wishes = vec![authority.clone(), only_lists], &["!authority-requested"]);
    let deeper = wish(19, "critical", &[0x30, 6, 1, 1, 0xff, 2, 1, 3]);
    check("subordinate-ca", |c| c.wishes = vec![deeper], &["extension-dropped"]);

    let mut case = Case::new("subordinate-ca");
    case.profile.kind = SubjectKind::SubordinateCa { path_length: 5 };
    let planned = case.run(&root(Some(2))).expect("planned");
    assert_eq!(told(planned.notes()), ["authority-requested"]);
    let certificate = read(&planned);
    assert!(certificate.is_ca());
    assert_eq!(certificate.path_length(), Some(1));
    let usage = DIGITAL_SIGNATURE | KEY_CERT_SIGN | CRL_SIGN;
    assert_eq!(certificate.key_usage(), Some(usage));

    let refusal = Case::new("subordinate-ca").run(&root(Some(0))).expect_err("path length 0");
    assert_eq!(told(&refusal.findings), ["!authority-requested"]);
}

#[test]
fn refuses_keys_and_names_that_are_not_the_subjects_to_have() {
    check("device", |c| c.seed = 1, &["!key-is-issuer"]);
    check("device", |c| c.profile.keys = vec![KeyAlgorithm::Ed25519], &["!key-algorithm"]);
    check("device", |c| c.profile.key_usage = KEY_ENCIPHERMENT, &["!key-algorithm"]);
    check("device", |c| c.subject = name("CN=Test Root,O=Tests").der().to_vec(), &["!name-is-issuer"]);
    check("device", |c| c.subject = name("CN=test  ROOT,O=tests").der().to_vec(), &["!name-is-issuer"]);
    // One relative name of two attributes; the request has them in the other order, which is only a quirk.
    let pair = |number: u8, text: &[u8]| {
        sequence(&[&[6, 3, 0x55, 4, number], element(tag::UTF8_STRING, text).as_slice()])
    };
    let (first, second) = (pair(3, b"Root"), pair(11, b"Unit"));
    let named = |list: &[&[u8]]| sequence(&[&element(tag::SET, &list.concat())]);
    let mut fields = root_fields(1, None);
    fields.name = Name::parse(&named(&[&first, &second])).expect("a name");
    let mut case = Case::new("device");
    case.subject = named(&[&second, &first]);
    let refusal = case.run(&root_of(&fields)).expect_err("the issuer's name");
    assert_eq!(told(&refusal.findings), ["!name-is-issuer", "quirk"]);
}

#[test]
fn takes_an_empty_subject_only_with_an_alternative_name() {
    let empty = vec![0x30, 0];
    check("device", |c| c.subject = empty.clone(), &["!name-empty"]);
    check("server", |c| c.subject = empty.clone(), &["!name-empty"]);
    check(
        "device",
        |c| {
            c.subject = empty.clone();
            c.wishes = vec![wish(17, "critical", NAME_VALUE)];
        },
        &["!name-empty"],
    );
    let mut case = Case::new("device");
    case.subject = empty;
    case.profile.empty_subject = EmptySubject::WithAlternativeName;
    case.wishes = vec![wish(17, "", NAME_VALUE)];
    let planned = case.run(issuer()).expect("planned");
    let critical = [b"\x06\x03\x55\x1d\x11\x01\x01\xff".as_slice()].concat();
    assert!(planned.tbs().windows(critical.len()).any(|octets| octets == critical));
}

#[test]
fn keeps_the_validity_within_the_issuers() {
    let ends = issuer().ends();
    check("device", |c| c.profile.end = End::Days(7300), &[]);
    check("device", |c| c.profile.end = End::Days(7301), &["!validity-issuer"]);
    check("device", |c| c.profile.end = End::At(at("2026-03-01T12:00:00Z")), &["!validity-period"]);
    check("device", |c| c.profile.end = End::At(Time::NO_EXPIRY), &["!validity-issuer"]);
    let mut case = Case::new("device");
    case.profile.end = End::At(Time::NO_EXPIRY);
    case.profile.beyond_issuer = BeyondIssuer::Shorten;
    let planned = case.run(issuer()).expect("planned");
    assert_eq!(told(planned.notes()), ["validity-issuer"]);
    assert_eq!(planned.not_after(), ends);

    let profile = profile("device");
    let late =
        |now: Time| plan(request(7, name("CN=d").der(), &[]), &profile, issuer(), Facts { now, ..facts(2) });
    let refusal = late(ends.plus_seconds(1)).expect_err("the issuer is over");
    assert_eq!(told(&refusal.findings), ["!validity-issuer"]);
    let refusal = late(issuer().begins().plus_seconds(-1)).expect_err("the issuer has not begun");
    assert_eq!(told(&refusal.findings), ["!validity-issuer"]);
    assert!(refusal.findings[0].message.as_str().contains("begins"));
    let planned = late(issuer().begins()).expect("planned");
    assert_eq!(planned.not_before(), issuer().begins());
    let planned = late(at("2026-03-01T12:10:00Z")).expect("planned");
    assert_eq!(planned.not_before(), at("2026-03-01T12:05:00Z"));
}

#[test]
fn writes_no_expiry_as_rfc_5280_does() {
    let mut case = Case::new("device");
    (case.profile.end, case.profile.beyond_issuer) = (End::At(Time::NO_EXPIRY), BeyondIssuer::Keep);
    let planned = case.run(issuer()).expect("planned");
    assert_eq!(planned.not_after(), Time::NO_EXPIRY);
    assert!(planned.tbs().windows(17).any(|octets| octets == b"\x18\x0f99991231235959Z"));
}

#[test]
fn days_beyond_the_last_year_are_refused_and_never_no_expiry() {
    let mut fields = root_fields(1, None);
    fields.days = 2_940_000;
    assert!(plan_root(&fields, facts(1)).expect_err("beyond").contains("9999"));
    let end = |days| {
        move |c: &mut Case| (c.profile.end, c.profile.beyond_issuer) = (End::Days(days), BeyondIssuer::Keep)
    };
    check("device", end(2_940_000), &["!validity-period", "validity-issuer"]);
    check("device", end(2_900_000), &["validity-issuer"]);
}

#[test]
fn judges_by_a_profile_without_a_ca() {
    let judged = |wishes: &[Vec<u8>]| {
        let found = super::check(&request(7, name("CN=d").der(), wishes), &profile("device"));
        found.map_or_else(|refusal| told(&refusal.findings), |notes| told(&notes))
    };
    assert_eq!(judged(&[]), [""; 0]);
    assert_eq!(judged(&[wish(30, "", &[0x30, 0])]), ["extension-dropped"]);
    assert_eq!(judged(&[wish(30, "critical", &[0x30, 0])]), ["!extension-critical"]);
    assert_eq!(judged(&[wish(19, "", &[0x30, 3, 1, 1, 0xff])]), ["!authority-requested"]);
}

#[test]
fn refuses_a_root_that_cannot_be_one() {
    let refused = |change: fn(&mut RootFields)| {
        let mut fields = root_fields(1, None);
        change(&mut fields);
        plan_root(&fields, facts(1)).expect_err("refused")
    };
    assert!(refused(|fields| fields.days = 0).contains("days"));
    assert!(refused(|fields| fields.path_length = Some(17)).contains("path length"));
    assert!(refused(|fields| fields.name = Name::parse(&[0x30, 0]).expect("empty")).contains("name"));
}

#[test]
fn certifies_the_issuers_own_key_for_a_code_and_nothing_else() {
    let code = Name::from_common_name("0123456789abcdefABCDEF").expect("a code");
    let planned = plan_for_code(&code, &profile("verification"), issuer(), facts(3)).expect("planned");
    let certificate = read(&planned);
    assert_eq!(certificate.public_key(), issuer().certificate().public_key());
    assert_eq!(certificate.subject(), &code);
    assert!(!certificate.is_ca());
    assert_eq!(certificate.key_usage(), Some(DIGITAL_SIGNATURE));
    assert!(certificate.extended_key_usage().is_empty());
    let refusal = plan_for_code(&code, &profile("device"), issuer(), facts(3)).expect_err("not for devices");
    assert_eq!(told(&refusal.findings), ["!key-is-issuer"]);
}

#[test]
fn the_profiles_rules_hold_for_a_code_as_for_a_request() {
    let code = Name::from_common_name("code-1").expect("a code");
    let refused = |change: fn(&mut Profile)| {
        let mut profile = profile("verification");
        change(&mut profile);
        told(&plan_for_code(&code, &profile, issuer(), facts(3)).expect_err("refused").findings)
    };
    assert_eq!(refused(|p| p.keys = vec![KeyAlgorithm::Ed25519]), ["!key-algorithm"]);
    assert_eq!(refused(|p| p.naming.attributes.unlisted = Unlisted::Refuse), ["!name-rule"]);
    let demanding = |p: &mut Profile| {
        p.naming.alternative_rules.rules = vec![AlternativeRule {
            kind: NameKind::Dns,
            presence: Presence::Required,
            pattern: None,
            count_max: 1,
            demand: Demand::None,
        }];
    };
    assert_eq!(refused(demanding), ["!alternative-name-rule"]);
}

#[test]
fn assembles_only_what_the_issuer_signed() {
    let planned = Case::new("device").run(issuer()).expect("planned");
    let signature = sign(&key(1), planned.tbs());
    let signed = SignedCertificate::assemble(planned.tbs(), &signature, issuer()).expect("signed");
    let certificate = Certificate::parse(signed.der()).expect("parsed");
    assert_eq!(certificate.tbs(), planned.tbs());
    assert_eq!(certificate.signature(), signature);

    let check = |tbs: &[u8], signature: &[u8], expected: &str| {
        let error = SignedCertificate::assemble(tbs, signature, issuer()).expect_err(expected);
        assert!(error.to_string().contains(expected), "{error}");
    };
    check(planned.tbs(), &sign(&key(9), planned.tbs()), "does not verify");
    check(planned.tbs(), &signature[1..], "does not verify");
    check(planned.tbs(), &[], "does not verify");
    check(&[planned.tbs(), &[0]].concat(), &signature, "too many");
    let mut other = planned.tbs().to_vec();
    let last = other.len() - 1;
    other[last] ^= 1;
    check(&other, &signature, "does not verify");
    let own = SignedCertificate::assemble_root(planned.tbs(), &signature, &public(&key(1)));
    assert!(matches!(own, Err(CertificateError::Malformed(_))));
}

#[test]
fn issues_only_with_a_sound_authority() {
    let device = Case::new("device").run(issuer()).expect("planned");
    let signed =
        SignedCertificate::assemble(device.tbs(), &sign(&key(1), device.tbs()), issuer()).expect("signed");
    let device = Certificate::parse(signed.der()).expect("parsed");
    let root = issuer().certificate().clone();
    assert!(IssuingCa::new(device, vec![root.clone()]).expect_err("a device").contains("not a CA"));

    let planned = Case::new("subordinate-ca").run(issuer()).expect("planned");
    let signed =
        SignedCertificate::assemble(planned.tbs(), &sign(&key(1), planned.tbs()), issuer()).expect("signed");
    let subordinate = Certificate::parse(signed.der()).expect("parsed");
    let found = IssuingCa::new(subordinate.clone(), vec![root.clone()]).expect("a CA");
    assert_eq!(found.path_length_left(), Some(0));
    assert_eq!(found.root(), &root);
    assert!(IssuingCa::new(subordinate.clone(), vec![]).expect_err("no root").contains("root"));
    let shallow = super::tests::root(Some(0)).certificate().clone();
    assert!(IssuingCa::new(subordinate, vec![shallow]).is_err());
    assert!(IssuingCa::new(root.clone(), vec![root; 9]).expect_err("too many").contains("more than 8"));
}

#[test]
fn asks_a_superior_for_a_certificate() {
    let public = public(&key(5));
    let info = request_info(&name("CN=Issuing CA"), &public);
    let der = assemble_request(&info, &public, RsaScheme::Pkcs1, &sign(&key(5), &info)).expect("signed");
    let request = ParsedRequest::parse(&der).expect("parsed").verify_possession().expect("verified");
    let planned = plan(request, &profile("subordinate-ca"), issuer(), facts(4)).expect("planned");
    assert_eq!(told(planned.notes()), [""; 0]);
    assert!(assemble_request(&info, &public, RsaScheme::Pkcs1, &sign(&key(6), &info)).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn every_planned_certificate_reads_back_to_the_same_octets(
        common_name in "[A-Za-z0-9 '()+,./:=?-]{0,20}[A-Za-z0-9]",
        serial: [u8; 20],
        seed in 2_u8..20,
        days in 1_u32..5000,
        backdate_seconds in 0_u32..600_000,
        which in 0_usize..4,
        later in 0_i64..86_400 * 365,
        named: bool,
    ) {
        let mut profile = profile(["device", "server", "subordinate-ca", "verification"][which]);
        profile.end = End::Days(days);
        profile.backdate_seconds = backdate_seconds;
        profile.beyond_issuer = BeyondIssuer::Shorten;
        let wishes = if named { vec![wish(17, "", NAME_VALUE)] } else { Vec::new() };
        let subject = Name::from_common_name(common_name.trim_start()).expect("a name");
        let facts = Facts { now: at(NOW).plus_seconds(later), serial: SerialNumber::from_random(serial) };
        let planned = plan(request(seed, subject.der(), &wishes), &profile, issuer(), facts).expect("planned");
        // Two readers that are not the writer's own code path: the RustCrypto decoder and this crate's reader.
        let other = x509_cert::TbsCertificate::from_der(planned.tbs()).expect("decodes");
        prop_assert_eq!(other.to_der().expect("encodes"), planned.tbs());
        let certificate = read(&planned);
        prop_assert_eq!(certificate.not_before(), planned.not_before());
        prop_assert_eq!(certificate.not_after(), planned.not_after());
        prop_assert!(certificate.not_after() <= issuer().ends());
        prop_assert!(certificate.not_before() >= issuer().begins());
    }
}

#[test]
fn the_octets_say_whether_they_are_a_cas() {
    let of = |path_length| AuthorityTerms { path_length, names: NameConstraints::default() };
    let terms = |profile: &str| authority_terms(Case::new(profile).run(issuer()).expect("planned").tbs());
    assert_eq!(terms("device"), Ok(None));
    assert_eq!(terms("subordinate-ca"), Ok(Some(of(Some(0)))));
    let unlimited = plan_root(&root_fields(1, None), facts(1)).expect("a root");
    assert_eq!(authority_terms(unlimited.tbs()), Ok(Some(of(None))));
    assert!(authority_terms(&unlimited.tbs()[1..]).is_err());
}
