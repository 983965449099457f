//! The requested key, judged: algorithm, size, exponent, and weaknesses that its octets show.

use crate::pki::{
    der::{DerError, Reader, tag},
    key::{Curve, KeyAlgorithm, KeyError, PublicKey, RSA_BITS_MAX, RSA_BITS_MIN, RSA_EXPONENT_OCTETS_MAX},
    oid,
    policy::{Control, Finding},
};

use super::{Quirk, modulus, published};

/// Smallest RSA modulus certified, in bits (NIST SP 800-131A: 112 bits of security).
const RSA_BITS_CERTIFIED_MIN: usize = 2048;

/// Smallest RSA exponent (FIPS 186-5 §5.1).
const RSA_EXPONENT_MIN: u64 = 65_537;

const HINT_KEY: &str = "use RSA of 2048 to 8192 bits, P-256, P-384, P-521, Ed25519 or ML-DSA";
const HINT_NEW: &str = "ask for a request with a new key pair";

/// Reads the `SubjectPublicKeyInfo`; `None` after a finding that refuses it.
pub(super) fn read(octets: &[u8], findings: &mut Vec<Finding>) -> Option<PublicKey> {
    match try_read(octets, findings) {
        Ok(key) => {
            findings.extend(published::judge(&key));
            Some(key)
        }
        Err(finding) => {
            findings.push(finding);
            None
        }
    }
}

fn try_read(octets: &[u8], findings: &mut Vec<Finding>) -> Result<PublicKey, Finding> {
    let malformed = |error: DerError| refused(&KeyError::Malformed(error.to_string()));
    let mut info = Reader::new(octets).sequence("the subjectPKInfo").map_err(malformed)?;
    let mut algorithm = info.sequence("the key's algorithm").map_err(malformed)?;
    let name = algorithm.oid("the key's algorithm").map_err(malformed)?;
    let bits = info.bit_string_octets("the subjectPublicKey").map_err(malformed)?;
    info.finish("the subjectPublicKey").map_err(malformed)?;
    if name == oid::RSA_ENCRYPTION {
        judge_rsa(bits, findings)?;
    }
    if name == oid::EC_PUBLIC_KEY && matches!(bits.first(), Some(2 | 3)) {
        let named = algorithm.expect(tag::OID, "the curve").map_err(malformed)?;
        algorithm.finish("the curve").map_err(malformed)?;
        let curve =
            [Curve::P256, Curve::P384, Curve::P521].into_iter().find(|curve| curve.oid() == named.content);
        let unsupported = || refused(&KeyError::Unsupported(format!("curve {}", oid::dotted(named.content))));
        let key = PublicKey::from_any_ec_point(curve.ok_or_else(unsupported)?, bits);
        let key = key.map_err(|error| refused(&error))?;
        Quirk::CompressedPoint.note(findings);
        return Ok(key);
    }
    PublicKey::from_spki(octets).map_err(|error| refused(&error))
}

/// The size that the `SubjectPublicKeyInfo` of an RSA key says, whether such a key is certified or not.
pub(super) fn rsa_kind(octets: &[u8]) -> Option<KeyAlgorithm> {
    let mut info = Reader::new(octets).sequence("the subjectPKInfo").ok()?;
    let mut algorithm = info.sequence("the key's algorithm").ok()?;
    if algorithm.oid("the key's algorithm").ok()? != oid::RSA_ENCRYPTION {
        return None;
    }
    let (modulus, _) = rsa_numbers(info.bit_string_octets("the subjectPublicKey").ok()?).ok()?;
    let bits = bits_of(odd_magnitude(modulus)?).try_into().ok()?;
    Some(KeyAlgorithm::Rsa { bits })
}

/// Modulus and exponent of an `RSAPublicKey` (RFC 8017 §A.1.1), each as its INTEGER's content.
fn rsa_numbers(octets: &[u8]) -> Result<(&[u8], &[u8]), DerError> {
    let mut outer = Reader::new(octets);
    let mut key = outer.sequence("the RSAPublicKey")?;
    outer.finish("the RSAPublicKey")?;
    let numbers = (key.integer("the modulus")?, key.integer("the exponent")?);
    key.finish("the exponent")?;
    Ok(numbers)
}

/// The octets of a positive odd number without a leading zero; `None` for any other number.
fn odd_magnitude(content: &[u8]) -> Option<&[u8]> {
    let is_negative = content.first().is_none_or(|first| first & 0x80 != 0);
    let is_odd = content.last().is_some_and(|last| last & 1 == 1);
    (!is_negative && is_odd).then(|| content.strip_prefix(&[0]).unwrap_or(content))
}

fn bits_of(magnitude: &[u8]) -> usize {
    magnitude.len() * 8 - magnitude.first().map_or(0, |first| first.leading_zeros() as usize)
}

/// Judges modulus and exponent. Weaknesses are all told, the last of them as the error.
fn judge_rsa(octets: &[u8], findings: &mut Vec<Finding>) -> Result<(), Finding> {
    let malformed = |error: DerError| refused(&KeyError::Malformed(error.to_string()));
    let (modulus, exponent) = rsa_numbers(octets).map_err(malformed)?;
    let Some(magnitude) = odd_magnitude(modulus) else {
        let message = "the RSA modulus is not a positive odd number";
        return Err(Finding::refuse(Control::KeyMalformed, message, HINT_NEW));
    };
    let bits = bits_of(magnitude);
    let before = findings.len();
    if !(RSA_BITS_CERTIFIED_MIN..=RSA_BITS_MAX as usize).contains(&bits) {
        let message = format!("an RSA key of {bits} bits is not certified");
        let finding = Finding::refuse(Control::KeyAlgorithm, &message, HINT_KEY);
        // What else is wrong with a key that is only short is worth knowing; a longer one is not worked on.
        if !(RSA_BITS_MIN as usize..=RSA_BITS_MAX as usize).contains(&bits) {
            return Err(finding);
        }
        findings.push(finding);
    }
    if !is_sound_exponent(exponent) {
        return Err(Finding::refuse(
            Control::KeyExponent,
            "the RSA exponent is not an odd number from 65537 to 2^256-1",
            "ask for a request with a new RSA key of exponent 65537",
        ));
    }
    modulus::judge(magnitude, findings);
    if findings.len() > before { findings.pop().map_or(Ok(()), Err) } else { Ok(()) }
}

/// Whether an INTEGER's content octets, in shortest form, are a public exponent that is taken.
fn is_sound_exponent(content: &[u8]) -> bool {
    let magnitude = content.strip_prefix(&[0]).unwrap_or(content);
    let is_negative = content.first().is_some_and(|first| first & 0x80 != 0);
    let is_odd = content.last().is_some_and(|last| last & 1 == 1);
    let is_large = match <[u8; 8]>::try_from([&[0; 8][magnitude.len().min(8)..], magnitude].concat()) {
        Ok(octets) => u64::from_be_bytes(octets) >= RSA_EXPONENT_MIN,
        Err(_) => true,
    };
    // 2^256 and above leave no sound key: a private exponent short enough for Wiener's attack has a public one about
    // as long as the modulus.
    !is_negative && is_odd && is_large && magnitude.len() <= RSA_EXPONENT_OCTETS_MAX
}

fn refused(error: &KeyError) -> Finding {
    let (control, hint) = match error {
        KeyError::Malformed(_) | KeyError::Signature => (Control::KeyMalformed, HINT_NEW),
        KeyError::SmallOrder => (Control::KeySmallOrder, HINT_NEW),
        KeyError::Unsupported(_) => (Control::KeyAlgorithm, HINT_KEY),
    };
    Finding::refuse(control, &error.to_string(), hint)
}
