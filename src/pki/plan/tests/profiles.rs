//! What a profile fixes, what its standard demands, and what the CA's own path lets through.

use super::*;
use crate::pki::{
    constraint::{NameConstraints, Subtree},
    key::{HashAlgorithm, SignatureAlgorithm},
    oid,
    profile::{Criticality, CustomExtension, FixedExtensions, Policy, PolicyConstraints, Presence, Standard},
};

fn everything() -> FixedExtensions {
    FixedExtensions {
        ocsp: vec!["http://ocsp.example/".into()],
        ca_issuers: vec!["http://pki.example/ca.cer".into()],
        crl: vec!["http://pki.example/ca.crl".into(), "ldap://pki.example/cn=ca".into()],
        policies: vec![
            Policy { oid: vec![0x2a, 3], cps: Some("https://pki.example/cps".into()) },
            Policy { oid: vec![0x2a, 4], cps: None },
        ],
        custom: vec![CustomExtension {
            oid: vec![0x2a, 3, 4],
            criticality: Criticality::NonCritical,
            value: vec![0x0c, 1, b'A'],
        }],
        ..FixedExtensions::default()
    }
}

#[test]
fn fixes_extensions_whatever_the_request_says() {
    let mut case = Case::new("server");
    case.profile.fixed = FixedExtensions { must_staple: Presence::Present, ..everything() };
    let planned = case.run(issuer()).expect("planned");
    let holds = |octets: &[u8]| planned.tbs().windows(octets.len()).any(|window| window == octets);
    // Written by hand: authorityInfoAccess, cRLDistributionPoints, the policies, the TLS feature, the custom one.
    let uri = |text: &str| element(0x86, text.as_bytes());
    let access =
        |last: u8, text: &str| sequence(&[&element(tag::OID, &[0x2b, 6, 1, 5, 5, 7, 48, last]), &uri(text)]);
    let value = sequence(&[&access(1, "http://ocsp.example/"), &access(2, "http://pki.example/ca.cer")]);
    assert!(holds(&sequence(&[
        &element(tag::OID, &[0x2b, 6, 1, 5, 5, 7, 1, 1]),
        &element(tag::OCTET_STRING, &value)
    ])));
    let names = [uri("http://pki.example/ca.crl"), uri("ldap://pki.example/cn=ca")].concat();
    let point = sequence(&[&sequence(&[&element(0xa0, &element(0xa0, &names))])]);
    assert!(holds(&sequence(&[&element(tag::OID, &[0x55, 0x1d, 31]), &element(tag::OCTET_STRING, &point)])));
    assert!(holds(&element(tag::IA5_STRING, b"https://pki.example/cps")));
    assert!(holds(&sequence(&[
        &element(tag::OID, &[0x2b, 6, 1, 5, 5, 7, 1, 24]),
        &element(tag::OCTET_STRING, &[0x30, 3, 2, 1, 5])
    ])));
    assert!(holds(&sequence(&[
        &element(tag::OID, &[0x2a, 3, 4]),
        &element(tag::OCTET_STRING, &[0x0c, 1, b'A'])
    ])));
    assert_eq!(read(&planned).policies(), Some(&[vec![0x2a, 3], vec![0x2a, 4]][..]));
    let other = x509_cert::TbsCertificate::from_der(planned.tbs()).expect("decodes");
    assert_eq!(other.to_der().expect("encodes"), planned.tbs());
}

#[test]
fn says_where_a_request_asks_for_another_content_than_the_profile_fixes() {
    let told_of = |value: &[u8]| {
        let mut case = Case::new("server");
        case.profile.fixed =
            FixedExtensions { policies: vec![Policy { oid: vec![0x2a], cps: None }], ..everything() };
        case.wishes = vec![wish(32, "critical", value)];
        told(case.run(issuer()).expect("planned").notes())
    };
    assert_eq!(told_of(&[0x30, 5, 0x30, 3, 6, 1, 0x2a]), [""; 0]);
    assert_eq!(told_of(&[0x30, 5, 0x30, 3, 6, 1, 0x2b]), ["extension-dropped"]);
}

#[test]
fn the_hash_follows_the_ca_unless_the_profile_says_otherwise() {
    let algorithm = |hash| {
        let mut case = Case::new("device");
        case.profile.signature_hash = hash;
        crate::pki::certificate::signature_algorithm(case.run(issuer()).expect("planned").tbs())
    };
    assert_eq!(algorithm(None), Some(SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256)));
    assert_eq!(
        algorithm(Some(HashAlgorithm::Sha384)),
        Some(SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha384))
    );
    let request_under_a_root = |c: &mut Case| {
        c.profile.kind = SubjectKind::Root;
        c.profile.key_usage = KEY_CERT_SIGN;
    };
    let mut case = Case::new("device");
    request_under_a_root(&mut case);
    let refusal = case.run(issuer()).expect_err("a root profile");
    assert!(told(&refusal.findings).contains(&"!profile-kind".to_owned()));
}

#[test]
fn keeps_a_validity_beyond_the_issuer_only_where_the_profile_says_so() {
    let mut case = Case::new("device");
    case.profile.end = End::At(Time::NO_EXPIRY);
    case.profile.beyond_issuer = BeyondIssuer::Keep;
    let planned = case.run(issuer()).expect("planned");
    assert_eq!(planned.not_after(), Time::NO_EXPIRY);
    assert_eq!(told(planned.notes()), ["validity-issuer"]);
}

/// A subordinate CA of key 9 with these extensions of fixed content and purposes.
fn limited(fixed: FixedExtensions, purposes: &[&[u8]]) -> IssuingCa {
    let mut case = Case::new("subordinate-ca");
    case.seed = 9;
    case.subject = name("O=Works,CN=Limited CA").der().to_vec();
    case.profile.fixed = fixed;
    case.profile.extended_key_usage = purposes.iter().map(|purpose| purpose.to_vec()).collect();
    let profile = case.profile.clone().validated().expect("a profile");
    case.profile = profile;
    let planned = case.run(issuer()).expect("planned");
    let signed =
        SignedCertificate::assemble(planned.tbs(), &sign(&key(1), planned.tbs()), issuer()).expect("signed");
    let certificate = Certificate::parse(signed.der()).expect("parsed");
    IssuingCa::new(certificate, vec![issuer().certificate().clone()]).expect("fit to issue")
}

fn check_below(issuer: &IssuingCa, subject: &str, change: impl FnOnce(&mut Case), expected: &[&str]) {
    let mut case = Case::new("device");
    case.subject = name(subject).der().to_vec();
    case.wishes = vec![wish(17, "", NAME_VALUE)];
    change(&mut case);
    let found = case.run(issuer).map_or_else(|refusal| told(&refusal.findings), |plan| told(&plan.notes));
    assert_eq!(found, expected, "{subject}");
}

#[test]
fn issues_within_the_limits_of_the_ca() {
    let subtree = |text: &str| Subtree::from_text(text).expect(text);
    let names = NameConstraints {
        permitted: vec![subtree("dns:example"), subtree("dn:O=Works")],
        excluded: vec![subtree("dns:b.example"), subtree("ip:0.0.0.0/0")],
    };
    let narrow = limited(FixedExtensions { names, ..FixedExtensions::default() }, &[]);
    check_below(&narrow, "CN=dev-1,O=Works", |_| {}, &[]);
    check_below(&narrow, "CN=dev-1,O=Other", |_| {}, &["!name-constraints"]);
    let address = wish(17, "", b"\x30\x06\x87\x04\xc0\x00\x02\x01");
    check_below(&narrow, "CN=dev-1,O=Works", |c| c.wishes = vec![address], &["!name-constraints"]);
    let excluded = wish(17, "", b"\x30\x0b\x82\x09b.example");
    check_below(&narrow, "CN=dev-1,O=Works", |c| c.wishes = vec![excluded], &["!name-constraints"]);

    let servers = limited(FixedExtensions::default(), &[rfc5280::ID_KP_SERVER_AUTH.as_bytes()]);
    check_below(&servers, "CN=dev-1", |_| {}, &["!usage-issuer"]);
    check_below(&servers, "CN=dev-1", |c| c.profile = profile("server"), &[]);

    let fixed = FixedExtensions {
        policies: vec![Policy { oid: vec![0x2a, 3], cps: None }],
        policy_constraints: PolicyConstraints { require_explicit: Some(0), inhibit_mapping: Some(0) },
        inhibit_any_policy: Some(0),
        ..FixedExtensions::default()
    };
    let strict = limited(fixed, &[]);
    check_below(&strict, "CN=dev-1", |_| {}, &["!policy-issuer"]);
    check_below(
        &strict,
        "CN=dev-1",
        |c| c.profile.fixed.policies = vec![Policy { oid: vec![0x2a, 3], cps: None }],
        &[],
    );
}

#[test]
fn policies_that_a_request_brings_in_count_as_the_profiles_do() {
    let fixed = FixedExtensions {
        policies: vec![Policy { oid: vec![0x2a, 3], cps: None }],
        policy_constraints: PolicyConstraints { require_explicit: Some(0), inhibit_mapping: None },
        ..FixedExtensions::default()
    };
    let strict = limited(fixed, &[]);
    let asking = |value: &[u8]| {
        let value = wish(32, "", value);
        move |c: &mut Case| {
            c.profile.allowed_extensions = vec![oid::CERTIFICATE_POLICIES.to_vec()];
            c.wishes = vec![value];
        }
    };
    check_below(&strict, "CN=dev-1", asking(&[0x30, 6, 0x30, 4, 6, 2, 0x2a, 3]), &[]);
    check_below(&strict, "CN=dev-1", asking(&[0x30, 6, 0x30, 4, 6, 2, 0x2a, 4]), &["!policy-issuer"]);
    let malformed = ["!extension-malformed", "!policy-issuer"];
    check_below(&strict, "CN=dev-1", asking(&[0x30, 0]), &malformed);
    check_below(&strict, "CN=dev-1", asking(&[0x30, 4, 6, 2, 0x2a, 3]), &malformed);
}

/// A hardware module name of type 1.2.3 and serial number `x`, in a subjectAltName.
const MODULE: &[u8] =
    b"\x30\x17\xa0\x15\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x04\xa0\x09\x30\x07\x06\x02\x2a\x03\x04\x01x";

fn keeping(standard: Standard) -> Case {
    let mut case = Case::new("device");
    let profile = &mut case.profile;
    profile.standard = standard;
    profile.keys = vec![KeyAlgorithm::Ec(Curve::P256)];
    profile.key_usage = DIGITAL_SIGNATURE;
    match standard {
        Standard::HardwareModule => {
            profile.empty_subject = EmptySubject::WithAlternativeName;
            case.subject = vec![0x30, 0];
            case.wishes = vec![wish(17, "", MODULE)];
        }
        Standard::Idevid => {
            profile.extended_key_usage.clear();
            profile.key_identifier = KeyIdentifier::Absent;
            profile.end = End::At(Time::NO_EXPIRY);
            profile.beyond_issuer = BeyondIssuer::Keep;
            case.subject = name("serialNumber=1,CN=dev-1").der().to_vec();
        }
        Standard::MatterDac | Standard::MatterPai => {
            case.subject = name("CN=dev-1,MatterVID=FFF1,MatterPID=8000").der().to_vec();
        }
        Standard::OpcUa => {
            profile.key_usage = 0b1111;
            case.subject = name("CN=app,O=Works").der().to_vec();
            case.wishes = vec![wish(17, "", b"\x30\x0d\x86\x0burn:a:b:app")];
        }
        Standard::Rfc5280 => {}
    }
    case
}

fn check_standard(standard: Standard, issuer: &IssuingCa, change: impl FnOnce(&mut Case), expected: &[&str]) {
    let mut case = keeping(standard);
    case.profile = case.profile.validated().expect("a profile");
    change(&mut case);
    let found = case.run(issuer).map_or_else(|refusal| told(&refusal.findings), |plan| told(&plan.notes));
    assert_eq!(found, expected, "{standard:?}");
}

#[test]
fn keeps_the_standard_that_the_profile_names() {
    use Standard::{HardwareModule, Idevid, OpcUa};
    let ca = issuer();
    let plain = |text: &'static str| move |c: &mut Case| c.subject = name(text).der().to_vec();
    check_standard(HardwareModule, ca, |_| {}, &[]);
    check_standard(HardwareModule, ca, plain("CN=x"), &["!name-standard"]);
    check_standard(HardwareModule, ca, |c| c.wishes = vec![wish(17, "", NAME_VALUE)], &["!name-standard"]);
    check_standard(Idevid, ca, |_| {}, &["validity-issuer"]);
    check_standard(Idevid, ca, plain("CN=x"), &["name-standard", "validity-issuer"]);
    check_standard(OpcUa, ca, |_| {}, &[]);
    check_standard(OpcUa, ca, plain("CN=x"), &["!name-standard"]);
    check_standard(OpcUa, ca, |c| c.wishes.clear(), &["!name-standard"]);
}

#[test]
fn keeps_to_matter() {
    use Standard::MatterDac;
    let above = |subject: &str| {
        let mut fields = root_fields(1, Some(1));
        fields.name = name(subject);
        let planned = plan_root(&fields, facts(1)).expect("a root");
        let signature = sign(&key(1), planned.tbs());
        let signed =
            SignedCertificate::assemble_root(planned.tbs(), &signature, &fields.public_key).expect("signed");
        IssuingCa::new(Certificate::parse(signed.der()).expect("parsed"), Vec::new()).expect("fit to issue")
    };
    let maker = above("CN=PAI,MatterVID=FFF1");
    let of = |text: &'static str| move |c: &mut Case| c.subject = name(text).der().to_vec();
    check_standard(MatterDac, &maker, |_| {}, &[]);
    check_standard(MatterDac, &above("CN=PAI,MatterVID=FFF1,MatterPID=8000"), |_| {}, &[]);
    check_standard(MatterDac, &above("CN=PAI,MatterVID=FFF2"), |_| {}, &["!issuer-standard"]);
    check_standard(MatterDac, &above("CN=PAI"), |_| {}, &["!issuer-standard"]);
    check_standard(MatterDac, &above("CN=PAI,MatterVID=FFF1,MatterPID=8001"), |_| {}, &["!issuer-standard"]);
    check_standard(MatterDac, &maker, of("CN=x,MatterVID=FFF1"), &["!name-standard"]);
    check_standard(MatterDac, &maker, of("CN=x,MatterVID=fff1,MatterPID=8000"), &["!name-standard"]);
    check_standard(MatterDac, &maker, of("CN=x,MatterPID=8000"), &["!name-standard"]);
    // Octets that no name of ours has: what the lint alone would see.
    let long = "x".repeat(64);
    let subject = format!("CN={long},O={long},OU={long},L={long},ST={long},MatterVID=FFF1,MatterPID=8000");
    check_standard(MatterDac, &maker, |c| c.subject = name(&subject).der().to_vec(), &["!lint"]);
}
