//! Any profile and any request: what is planned reads back to itself, and builder and lint never disagree.

use std::sync::{
    OnceLock,
    atomic::{AtomicUsize, Ordering},
};

use coldsign::{
    config::{self, Authority, Rehearsal},
    pki::{
        certificate::{Certificate, SignedCertificate, join, signature_algorithm},
        constraint::Subtree,
        issuer::IssuingCa,
        key::{HashAlgorithm, MlDsa, PublicKey, RsaScheme},
        name::{Name, attribute::by_name},
        naming::{
            Part, SubjectNaming,
            alternative::{AlternativeTemplate, NameKind},
            rules::Unlisted,
            template::Template,
        },
        oid,
        plan::{Facts, PlannedCertificate, RootFields, plan, plan_root},
        policy::Control,
        profile::{
            BeyondIssuer, Criticality, CustomExtension, End, KeyIdentifier, Policy, Presence, Profile,
            SubjectKind,
        },
        request::{ParsedRequest, VerifiedRequest},
        serial::SerialNumber,
        time::Time,
    },
};
use proptest::{prelude::*, test_runner::TestRunner};
use x509_cert::der::{Decode as _, Encode as _};

use super::{
    MORE,
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

/// Every profile that makes certificates for requests: those that are built in, and three with all that can be fixed.
fn profiles() -> &'static [Profile] {
    static PROFILES: OnceLock<Vec<Profile>> = OnceLock::new();
    PROFILES.get_or_init(|| {
        let text = config::initial("/m.so", "pkcs11:token=t", Rehearsal::Real) + MORE;
        let authority = Authority::parse(&text).unwrap();
        authority.profiles().filter(|profile| profile.kind != SubjectKind::Root).cloned().collect()
    })
}

/// A key of each kind that a request has, made once: RSA keys take their time.
fn keys() -> &'static [Key] {
    static KEYS: OnceLock<Vec<Key>> = OnceLock::new();
    KEYS.get_or_init(|| {
        let kinds = [
            Algorithm::P256,
            Algorithm::P384,
            Algorithm::Ed25519,
            Algorithm::Rsa(2048),
            Algorithm::MlDsa(MlDsa::Set44),
            Algorithm::MlDsa(MlDsa::Set87),
        ];
        kinds.map(Key::generate).into()
    })
}

/// A root of each kind of key, one that lets no CA stand below it, and a CA with limits of names and purposes.
const ISSUERS: usize = 8;

fn issuers() -> &'static [IssuingCa] {
    static ISSUERS_MADE: OnceLock<Vec<IssuingCa>> = OnceLock::new();
    ISSUERS_MADE.get_or_init(|| {
        let kinds = [
            Algorithm::P256,
            Algorithm::P384,
            Algorithm::P521,
            Algorithm::Ed25519,
            Algorithm::Rsa(2048),
            Algorithm::MlDsa(MlDsa::Set65),
        ];
        let mut made: Vec<_> = kinds.map(|kind| root(&Key::generate(kind), None)).into();
        made.push(root(&Key::generate(Algorithm::P256), Some(0)));
        made.push(limited());
        assert_eq!(made.len(), ISSUERS);
        made
    })
}

/// A CA by the profile `limited-ca`.
fn limited() -> IssuingCa {
    let (above, own) = (Key::generate(Algorithm::P256), Key::generate(Algorithm::P256));
    let root = root(&above, None);
    let profile = profiles().iter().find(|profile| profile.name == "limited-ca").unwrap();
    let planned = plan(asked("limited-ca", &own, None, None), profile, &root, facts([2; 20])).unwrap();
    let signed = SignedCertificate::assemble(planned.tbs(), &above.sign(planned.tbs()), &root).unwrap();
    let certificate = Certificate::parse(signed.der()).unwrap();
    IssuingCa::new(certificate, vec![root.certificate().clone()]).unwrap()
}

fn root(key: &Key, path_length: Option<u32>) -> IssuingCa {
    let fields = RootFields {
        name: Name::from_text("CN=Any Root,O=Works,MatterVID=FFF1").unwrap(),
        public_key: PublicKey::from_spki(&key.spki()).unwrap(),
        rsa_scheme: RsaScheme::Pkcs1,
        days: 7000,
        path_length,
    };
    let planned = plan_root(&fields, facts([1; 20])).unwrap();
    let signature = key.sign(planned.tbs());
    let signed = SignedCertificate::assemble_root(planned.tbs(), &signature, &fields.public_key).unwrap();
    IssuingCa::new(Certificate::parse(signed.der()).unwrap(), Vec::new()).unwrap()
}

/// One turn that a profile can take; what contradicts the rest is found by its own check.
#[derive(Clone, Debug)]
enum Turn {
    Allow(u8),
    Alternative(Vec<(NameKind, &'static str)>),
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
    Purposes(Vec<u8>, Criticality),
    Scheme(RsaScheme),
    Staple,
    Subject(Vec<(&'static str, &'static str)>),
    Unlisted(Unlisted),
}

fn turns() -> impl Strategy<Value = Turn> {
    use Criticality::{Critical, NonCritical};
    let criticality = || prop_oneof![Just(Critical), Just(NonCritical)];
    let names = || {
        let texts = vec!["dns:a.example", "ip:10.0.0.0/8", "dn:O=Works", "email:a.example", "uri:.example"];
        prop::sample::subsequence(texts, 0..=5)
    };
    let alternative = vec![
        (NameKind::Dns, "{request.key.short}.example.com"),
        (NameKind::Dns, "{request.cn}.example.com"),
        (NameKind::Email, "{request.cn}@example.com"),
        (NameKind::Ip, "192.0.2.7"),
        (NameKind::Uri, "urn:dev:{request.cn}"),
        (NameKind::Uri, "{request.san.uri}"),
    ];
    let subject =
        vec![("O", "Works"), ("OU", "{request.o}"), ("CN", "{request.cn}"), ("CN", "{request.key.short}")];
    prop_oneof![
        prop::sample::select(vec![17_u8, 18, 32]).prop_map(Turn::Allow),
        prop::sample::subsequence(alternative, 1..=3).prop_map(Turn::Alternative),
        prop::sample::subsequence(subject, 1..=4).prop_map(Turn::Subject),
        prop_oneof![Just(Unlisted::Take), Just(Unlisted::Refuse)].prop_map(Turn::Unlisted),
        (prop::collection::btree_set(1_u8..10, 0..3), criticality())
            .prop_map(|(purposes, critical)| Turn::Purposes(purposes.into_iter().collect(), critical)),
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
        Turn::Allow(number) => profile.allowed_extensions.push(vec![0x55, 0x1d, number]),
        Turn::Alternative(names) => {
            let names =
                names.into_iter().map(|(kind, text)| (kind, Template::parse(text).unwrap())).collect();
            profile.naming.alternative = Some(AlternativeTemplate { names, hardware: None });
        }
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
        Turn::Purposes(numbers, criticality) => {
            let purpose = |number| vec![0x2b, 6, 1, 5, 5, 7, 3, number];
            profile.extended_key_usage = numbers.into_iter().map(purpose).collect();
            profile.extended_key_usage_criticality = criticality;
        }
        Turn::Scheme(scheme) => profile.rsa_scheme = scheme,
        Turn::Staple => fixed.must_staple = Presence::Present,
        Turn::Subject(lines) => {
            let part = |(name, value): (&str, &str)| Part {
                kind: by_name(name).unwrap(),
                value: Template::parse(value).unwrap(),
            };
            profile.naming.subject = SubjectNaming::Rebuilt(lines.into_iter().map(part).collect());
        }
        Turn::Unlisted(unlisted) => profile.naming.attributes.unlisted = unlisted,
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

/// What a request is, to compare with what becomes of it.
struct Asked {
    subject: Name,
    key: PublicKey,
    alternative_names: Option<Vec<u8>>,
}

impl Asked {
    fn of(request: &VerifiedRequest) -> Self {
        let wish = request.requested().iter().find(|wish| wish.oid == oid::SUBJECT_ALT_NAME);
        Self {
            subject: request.subject().clone(),
            key: request.public_key().clone(),
            alternative_names: wish.map(|wish| wish.value.clone()),
        }
    }
}

fn check(
    planned: &PlannedCertificate,
    asked: &Asked,
    profile: &Profile,
    issuer: &IssuingCa,
) -> Result<(), TestCaseError> {
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
    prop_assert_eq!(certificate.public_key(), &asked.key);
    prop_assert_eq!(certificate.key_usage(), Some(profile.key_usage_for(asked.key.algorithm())));
    prop_assert_eq!(certificate.extended_key_usage(), &profile.extended_key_usage[..]);
    prop_assert_eq!(certificate.subject(), planned.subject());
    let kept = profile.naming.subject == SubjectNaming::Kept;
    prop_assert!(!kept || certificate.subject() == &asked.subject);
    let names = certificate.subject_alt_name();
    match &profile.naming.alternative {
        Some(template) => prop_assert!(names.is_some_and(|names| names.len() > 4 * template.names.len())),
        None if profile.allowed_extensions.iter().any(|allowed| allowed == oid::SUBJECT_ALT_NAME) => {
            prop_assert_eq!(names, asked.alternative_names.as_deref());
        }
        None => prop_assert_eq!(names, None),
    }
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
        // RSA is one of ten: to judge such a key takes a hundred times as long.
        (
            0..profiles().len(),
            prop_oneof![5 => Just(0_usize), 1 => Just(1), 1 => Just(2), 1 => Just(3), 1 => Just(4), 1 => Just(5)],
        ),
        0..ISSUERS,
        prop::collection::vec(turns(), 0..6),
        prop::option::of(any::<u8>()),
        prop::option::of(1_u8..10),
        any::<[u8; 20]>(),
    );
    let (planned, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let one = |((which, key), under, turns, usage, purpose, serial): (
        (usize, usize),
        usize,
        Vec<Turn>,
        _,
        _,
        _,
    )| {
        let mut profile = profiles()[which].clone();
        for turn in turns {
            take(&mut profile, turn);
        }
        // What contradicts itself is refused before anything is planned.
        let Ok(profile) = profile.validated() else { return Ok(()) };
        let request = asked(&profile.name, &keys()[key], usage, purpose);
        let (issuer, what) = (&issuers()[under], Asked::of(&request));
        match plan(request, &profile, issuer, facts(serial)) {
            Ok(certificate) => {
                planned.fetch_add(1, Ordering::Relaxed);
                check(&certificate, &what, &profile, issuer)
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
