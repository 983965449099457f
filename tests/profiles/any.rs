//! Any profile and any request: what is planned reads back to itself, and builder and lint never disagree.

use std::sync::atomic::{AtomicUsize, Ordering};

use coldsign::{
    config,
    pki::{
        certificate::{Certificate, SignedCertificate, join, signature_algorithm},
        constraint::Subtree,
        issuer::IssuingCa,
        key::{HashAlgorithm, MlDsa, PublicKey, RsaScheme},
        name::Name,
        plan::{Facts, PlannedCertificate, RootFields, plan, plan_root},
        policy::Control,
        profile::{
            BeyondIssuer, Criticality, CustomExtension, End, KeyIdentifier, Policy, Presence, Profile,
        },
        request::{ParsedRequest, VerifiedRequest},
        serial::SerialNumber,
        time::Time,
    },
};
use proptest::{prelude::*, test_runner::TestRunner};
use x509_cert::der::{Decode as _, Encode as _};

use super::{
    PROFILES,
    support::{
        self,
        request::{self, Algorithm, Key},
    },
    wanted,
};

const NOW: &str = "2026-03-01T12:00:00Z";

fn facts(serial: [u8; 20]) -> Facts {
    Facts { now: Time::from_rfc3339(NOW).unwrap(), serial: SerialNumber::from_random(serial) }
}

/// A root of each kind of key, made once: RSA keys take their time.
fn issuers() -> &'static [IssuingCa] {
    static ISSUERS: std::sync::OnceLock<Vec<IssuingCa>> = std::sync::OnceLock::new();
    ISSUERS.get_or_init(|| {
        let kinds = [
            Algorithm::P256,
            Algorithm::P384,
            Algorithm::P521,
            Algorithm::Ed25519,
            Algorithm::Rsa(2048),
            Algorithm::MlDsa(MlDsa::Set65),
        ];
        kinds.map(|kind| root(&Key::generate(kind))).into()
    })
}

fn root(key: &Key) -> IssuingCa {
    let fields = RootFields {
        name: Name::from_text("CN=Any Root,O=Works,MatterVID=FFF1").unwrap(),
        public_key: PublicKey::from_spki(&key.spki()).unwrap(),
        rsa_scheme: RsaScheme::Pkcs1,
        days: 7000,
        path_length: None,
    };
    let planned = plan_root(&fields, facts([1; 20])).unwrap();
    let signature = key.sign(planned.tbs());
    let signed = SignedCertificate::assemble_root(planned.tbs(), &signature, &fields.public_key).unwrap();
    IssuingCa::new(Certificate::parse(signed.der()).unwrap(), Vec::new()).unwrap()
}

/// One turn that a profile can take; what contradicts the rest is found by its own check.
#[derive(Clone, Debug)]
enum Turn {
    Backdate(u32),
    Beyond(BeyondIssuer),
    Crl,
    Custom(Vec<u8>, Criticality),
    End(End),
    Hash(HashAlgorithm),
    InhibitAnyPolicy(u32),
    KeyIdentifier(KeyIdentifier),
    KeyUsage(u16),
    Names(Vec<&'static str>, Vec<&'static str>),
    NoCheck,
    Ocsp,
    Policies(Vec<u8>, Criticality),
    PolicyConstraints(Option<u32>, Option<u32>),
    Scheme(RsaScheme),
    Staple,
}

fn turns() -> impl Strategy<Value = Turn> {
    use Criticality::{Critical, NonCritical};
    let criticality = || prop_oneof![Just(Critical), Just(NonCritical)];
    let names = || {
        let texts = vec!["dns:a.example", "ip:10.0.0.0/8", "dn:O=Works", "email:a.example", "uri:.example"];
        prop::sample::subsequence(texts, 0..=5)
    };
    prop_oneof![
        (0_u32..600_000).prop_map(Turn::Backdate),
        prop_oneof![Just(BeyondIssuer::Keep), Just(BeyondIssuer::Refuse), Just(BeyondIssuer::Shorten)]
            .prop_map(Turn::Beyond),
        Just(Turn::Crl),
        (prop::collection::vec(any::<u8>(), 0..300), criticality())
            .prop_map(|(octets, critical)| Turn::Custom(octets, critical)),
        (1_u32..100_000).prop_map(|days| Turn::End(End::Days(days))),
        Just(Turn::End(End::At(Time::NO_EXPIRY))),
        prop_oneof![Just(HashAlgorithm::Sha256), Just(HashAlgorithm::Sha384), Just(HashAlgorithm::Sha512)]
            .prop_map(Turn::Hash),
        (0_u32..17).prop_map(Turn::InhibitAnyPolicy),
        prop_oneof![Just(KeyIdentifier::Present), Just(KeyIdentifier::Absent)].prop_map(Turn::KeyIdentifier),
        (0_u16..512).prop_map(Turn::KeyUsage),
        (names(), names()).prop_map(|(permitted, excluded)| Turn::Names(permitted, excluded)),
        Just(Turn::NoCheck),
        Just(Turn::Ocsp),
        (prop::collection::vec(1_u8..100, 1..4), criticality())
            .prop_map(|(numbers, critical)| Turn::Policies(numbers, critical)),
        (prop::option::of(0_u32..17), prop::option::of(0_u32..17))
            .prop_map(|(explicit, mapping)| Turn::PolicyConstraints(explicit, mapping)),
        prop_oneof![Just(RsaScheme::Pkcs1), Just(RsaScheme::Pss)].prop_map(Turn::Scheme),
        Just(Turn::Staple),
    ]
}

fn take(profile: &mut Profile, turn: Turn) {
    let read = |texts: Vec<&str>| texts.into_iter().map(|text| Subtree::from_text(text).unwrap()).collect();
    let fixed = &mut profile.fixed;
    match turn {
        Turn::Backdate(seconds) => profile.backdate_seconds = seconds,
        Turn::Beyond(beyond) => profile.beyond_issuer = beyond,
        Turn::Crl => fixed.crl = vec!["http://pki.example/ca.crl".into(), "ldap://pki.example/".into()],
        Turn::Custom(octets, criticality) => fixed.custom.push(CustomExtension {
            oid: vec![0x2a, 3, u8::try_from(fixed.custom.len()).unwrap()],
            criticality,
            value: coldsign::pki::der::element(4, &octets),
        }),
        Turn::End(end) => profile.end = end,
        Turn::Hash(hash) => profile.signature_hash = Some(hash),
        Turn::InhibitAnyPolicy(skip) => fixed.inhibit_any_policy = Some(skip),
        Turn::KeyIdentifier(presence) => profile.key_identifier = presence,
        Turn::KeyUsage(bits) => profile.key_usage = bits,
        Turn::Names(permitted, excluded) => {
            (fixed.names.permitted, fixed.names.excluded) = (read(permitted), read(excluded));
        }
        Turn::NoCheck => fixed.ocsp_no_check = Presence::Present,
        Turn::Ocsp => {
            fixed.ocsp = vec!["http://ocsp.example/".into()];
            fixed.ca_issuers = vec!["https://pki.example/ca.cer".into()];
        }
        Turn::Policies(numbers, criticality) => {
            fixed.policies_criticality = criticality;
            fixed.policies = numbers
                .into_iter()
                .map(|number| Policy {
                    oid: vec![0x2a, number],
                    cps: (number % 2 == 0).then(|| "https://pki.example/cps".into()),
                })
                .collect();
        }
        Turn::PolicyConstraints(explicit, mapping) => {
            fixed.policy_constraints.require_explicit = explicit;
            fixed.policy_constraints.inhibit_mapping = mapping;
        }
        Turn::Scheme(scheme) => profile.rsa_scheme = scheme,
        Turn::Staple => fixed.must_staple = Presence::Present,
    }
}

/// A request for the profile, with wishes that it may or may not grant.
fn asked(profile: &str, key: &Key, usage: Option<u8>, purpose: Option<u8>) -> VerifiedRequest {
    let mut wanted = wanted(profile, 1);
    if let Some(bits) = usage.filter(|bits| *bits != 0) {
        let unused = u8::try_from(bits.trailing_zeros()).unwrap();
        wanted = wanted.with(request::key_usage(&[unused, bits]));
    }
    if let Some(purpose) = purpose {
        wanted = wanted.with(request::extended_key_usage(&[&[0x2b, 6, 1, 5, 5, 7, 3, purpose]]));
    }
    ParsedRequest::parse(&wanted.der(key)).unwrap().verify_possession().unwrap()
}

fn check(planned: &PlannedCertificate, profile: &Profile, issuer: &IssuingCa) -> Result<(), TestCaseError> {
    // Two readers that are not the writer's own code path: the RustCrypto decoder and this crate's reader.
    let other = x509_cert::TbsCertificate::from_der(planned.tbs()).expect("decodes");
    prop_assert_eq!(other.to_der().expect("encodes"), planned.tbs());
    let algorithm = signature_algorithm(planned.tbs()).expect("an algorithm");
    prop_assert!(issuer.can_sign_with(algorithm));
    let certificate = Certificate::parse(&join(planned.tbs(), algorithm, &[0; 64])).expect("a certificate");
    prop_assert_eq!(certificate.not_before(), planned.not_before());
    prop_assert_eq!(certificate.not_after(), planned.not_after());
    prop_assert_eq!(certificate.is_ca(), profile.makes_authorities());
    prop_assert_eq!(certificate.name_constraints(), &profile.fixed.names);
    prop_assert!(certificate.not_before() >= issuer.begins());
    let beyond = certificate.not_after() > issuer.ends();
    prop_assert!(!beyond || profile.beyond_issuer == BeyondIssuer::Keep);
    Ok(())
}

#[test]
fn what_any_profile_makes_of_any_request_reads_back_to_itself() {
    let cases = if support::long_form() { 50_000 } else { 1500 };
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) };
    let inputs = (
        0..PROFILES.len(),
        0_usize..6,
        prop_oneof![
            4 => Just(Algorithm::P256),
            1 => Just(Algorithm::Ed25519),
            1 => Just(Algorithm::MlDsa(MlDsa::Set44)),
            1 => Just(Algorithm::MlDsa(MlDsa::Set87)),
        ],
        prop::collection::vec(turns(), 0..6),
        prop::option::of(any::<u8>()),
        prop::option::of(1_u8..10),
        any::<[u8; 20]>(),
    );
    let (planned, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let one = |(which, under, kind, turns, usage, purpose, serial): (usize, usize, _, Vec<Turn>, _, _, _)| {
        let name = PROFILES[which].0;
        let Some(mut profile) = config::built_in(name) else { return Ok(()) };
        for turn in turns {
            take(&mut profile, turn);
        }
        // What contradicts itself is refused before anything is planned.
        let Ok(profile) = profile.validated() else { return Ok(()) };
        let request = asked(name, &Key::generate(kind), usage, purpose);
        let issuer = &issuers()[under];
        match plan(request, &profile, issuer, facts(serial)) {
            Ok(certificate) => {
                planned.fetch_add(1, Ordering::Relaxed);
                check(&certificate, &profile, issuer)
            }
            // The lint never has the last word over a profile that is sound: writer and reader would disagree. Matter's
            // 600 octets are a limit of the finished certificate, and nothing but its octets can tell.
            Err(refusal) => {
                refused.fetch_add(1, Ordering::Relaxed);
                let linted = refusal.findings.iter().any(|finding| {
                    finding.control == Control::Lint
                        && !finding.message.as_str().contains("larger than 600 octets")
                });
                prop_assert!(!linted, "{:?}", refusal);
                Ok(())
            }
        }
    };
    TestRunner::new(config).run(&inputs, one).unwrap_or_else(|error| panic!("{error}"));
    let (planned, refused) = (planned.into_inner(), refused.into_inner());
    println!("{planned} planned, {refused} refused");
    assert!(planned > 150 && refused > 100, "{planned} planned, {refused} refused");
}
