//! A device's private key that its owner carries in, to be handed on with its certificate.
//!
//! Octets from a medium until [`DeviceKey::parse`] took them: PKCS #8 (RFC 5958), SEC 1 (RFC 5915) or PKCS #1 (RFC 8017 §A.1.2),
//! as PEM or DER, not encrypted. What is kept is the one form that it is handed on in, wiped when it is dropped. It signs
//! nothing here.

use p256::elliptic_curve::{
    AffinePoint, CurveArithmetic, FieldBytesSize, SecretKey,
    sec1::{FromSec1Point, ModulusSize, ToSec1Point, ValidatePublicKey},
};
use rsa::{
    RsaPrivateKey,
    pkcs1::{DecodeRsaPrivateKey as _, EncodeRsaPrivateKey as _},
    pkcs8::{AssociatedOid, ObjectIdentifier, PrivateKeyInfoRef},
    traits::PublicKeyParts as _,
};
use thiserror::Error;
use zeroize::Zeroizing;

use super::{
    der::{DerError, Reader, tag},
    key::{Curve, PublicKey, RSA_BITS_MAX},
};

/// Longest file of a key, in octets: PKCS #8 of RSA-8192 as PEM has some 6,400, and there may be attributes before it.
pub const FILE_OCTETS_MAX: usize = 16 * 1024;

/// Longest INTEGER of an `RSAPrivateKey`, in octets: the longest modulus and the zero before it. What is longer costs
/// the arithmetic of a size that no key has.
const RSA_INTEGER_OCTETS_MAX: usize = RSA_BITS_MAX as usize / 8 + 1;

/// How the label of every private key ends, encrypted or not (RFC 7468 §§10, 11; OpenSSL's own).
const LABEL_END: &str = "PRIVATE KEY";
/// RFC 7468 §10.
const PKCS8_LABEL: &str = "PRIVATE KEY";
/// RFC 7468 §11.
const ENCRYPTED_LABEL: &str = "ENCRYPTED PRIVATE KEY";
/// OpenSSL's, as the next one.
const EC_LABEL: &str = "EC PRIVATE KEY";
const RSA_LABEL: &str = "RSA PRIVATE KEY";

/// id-ecPublicKey (RFC 5480 §2.1.1).
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// rsaEncryption (RFC 8017 §A.1).
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// Why octets are no private key that can be handed on.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum DeviceKeyError {
    /// It wants a password, and none is asked for.
    #[error("the private key is encrypted")]
    Encrypted,
    /// Not one private key, or its numbers do not belong together.
    #[error("it is not one sound private key of RSA, P-256, P-384 or P-521 in PKCS #8, SEC 1 or PKCS #1")]
    Malformed,
    /// Another kind of key.
    #[error("the private key is neither RSA nor of P-256, P-384 or P-521")]
    Unsupported,
}

/// A device's private key.
///
/// ```compile_fail
/// fn shown(key: coldsign::pki::device_key::DeviceKey) { println!("{key:?}"); }
/// ```
/// ```compile_fail
/// fn copied(key: &coldsign::pki::device_key::DeviceKey) -> coldsign::pki::device_key::DeviceKey { key.clone() }
/// ```
pub struct DeviceKey {
    pem: Zeroizing<String>,
    public_key: PublicKey,
}

impl DeviceKey {
    /// Reads one private key, and computes its public key from it.
    ///
    /// # Errors
    /// [`DeviceKeyError`].
    pub fn parse(octets: &[u8]) -> Result<Self, DeviceKeyError> {
        // Every form of a key is a SEQUENCE, and no PEM begins so.
        if octets.first() == Some(&tag::SEQUENCE) {
            return Self::from_der(octets, label_of(octets)?);
        }
        let text = str::from_utf8(octets).map_err(|_| DeviceKeyError::Malformed)?;
        let (label, block) = one_block(text)?;
        let der = der_of(block)?;
        if label_of(&der)? != label {
            return Err(DeviceKeyError::Malformed);
        }
        Self::from_der(&der, label)
    }

    /// From the form that a label names.
    fn from_der(der: &[u8], label: &str) -> Result<Self, DeviceKeyError> {
        match label {
            EC_LABEL => Self::from_ec(der, None),
            RSA_LABEL => Self::from_rsa(der),
            PKCS8_LABEL => {
                Self::from_info(&PrivateKeyInfoRef::try_from(der).map_err(|_| DeviceKeyError::Malformed)?)
            }
            _ => Err(DeviceKeyError::Malformed),
        }
    }

    /// Its public key, computed from the private one.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// Its PEM as OpenSSL writes it by itself: SEC 1 with the curve's name and the public key, or PKCS #1.
    #[must_use]
    pub fn pem(&self) -> &[u8] {
        self.pem.as_bytes()
    }

    fn from_info(info: &PrivateKeyInfoRef<'_>) -> Result<Self, DeviceKeyError> {
        let octets = info.private_key.as_bytes();
        match info.algorithm.oid {
            EC => {
                let curve = info.algorithm.parameters_oid().map_err(|_| DeviceKeyError::Unsupported)?;
                Self::from_ec(octets, Some(curve))
            }
            RSA => Self::from_rsa(octets),
            _ => Err(DeviceKeyError::Unsupported),
        }
    }

    /// From an `ECPrivateKey` of the curve that PKCS #8 has around it, or else of the one that takes it: where it names its
    /// curve, no other does.
    fn from_ec(octets: &[u8], named: Option<ObjectIdentifier>) -> Result<Self, DeviceKeyError> {
        let readers: [(ObjectIdentifier, Curve, EcReader); 3] = [
            (p256::NistP256::OID, Curve::P256, of_curve::<p256::NistP256>),
            (p384::NistP384::OID, Curve::P384, of_curve::<p384::NistP384>),
            (p521::NistP521::OID, Curve::P521, of_curve::<p521::NistP521>),
        ];
        if named.is_some_and(|named| readers.iter().all(|(oid, ..)| *oid != named)) {
            return Err(DeviceKeyError::Unsupported);
        }
        let mut wanted = readers.into_iter().filter(|(oid, ..)| named.is_none_or(|named| *oid == named));
        let read = wanted.find_map(|(_, curve, read)| Some((curve, read(octets)?)));
        let (curve, (der, point)) = read.ok_or(DeviceKeyError::Malformed)?;
        let public_key = PublicKey::from_ec_point(curve, &point).map_err(|_| DeviceKeyError::Malformed)?;
        Ok(Self { pem: pem(EC_LABEL, &der)?, public_key })
    }

    /// From an `RSAPrivateKey`. What is derived in it from the primes is compared too: a device relies on it.
    fn from_rsa(octets: &[u8]) -> Result<Self, DeviceKeyError> {
        let malformed = DeviceKeyError::Malformed;
        check_integers(octets)?;
        let key = RsaPrivateKey::from_pkcs1_der(octets).map_err(|_| malformed)?;
        let der = key.to_pkcs1_der().map_err(|_| malformed)?;
        if der.as_bytes() != octets {
            return Err(malformed);
        }
        let public_key = PublicKey::from_rsa(&key.n_bytes(), &key.e_bytes()).map_err(|_| malformed)?;
        Ok(Self { pem: pem(RSA_LABEL, octets)?, public_key })
    }
}

/// Reads an `ECPrivateKey` of one curve: its DER with the curve's name and the public key, and the uncompressed public point.
type EcReader = fn(&[u8]) -> Option<(Zeroizing<Vec<u8>>, Vec<u8>)>;

fn of_curve<C>(octets: &[u8]) -> Option<(Zeroizing<Vec<u8>>, Vec<u8>)>
where
    C: AssociatedOid + CurveArithmetic + ValidatePublicKey,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    let key = SecretKey::<C>::from_sec1_der(octets).ok()?;
    Some((key.to_sec1_der().ok()?, key.public_key().to_sec1_point(false).as_bytes().to_vec()))
}

/// The label that octets would have as PEM, by what their first two elements are.
fn label_of(der: &[u8]) -> Result<&'static str, DeviceKeyError> {
    let tags = || -> Result<(u8, u8), DerError> {
        let mut elements = Reader::new(der).sequence("a private key")?;
        Ok((elements.any()?.tag, elements.any()?.tag))
    };
    match tags().map_err(|_| DeviceKeyError::Malformed)? {
        // RFC 5958 §3: an `EncryptedPrivateKeyInfo` begins with how it was encrypted.
        (tag::SEQUENCE, tag::OCTET_STRING) => Err(DeviceKeyError::Encrypted),
        (tag::INTEGER, tag::SEQUENCE) => Ok(PKCS8_LABEL),
        (tag::INTEGER, tag::OCTET_STRING) => Ok(EC_LABEL),
        (tag::INTEGER, tag::INTEGER) => Ok(RSA_LABEL),
        _ => Err(DeviceKeyError::Malformed),
    }
}

/// The one private key in a text: its label, and the text from there on. OpenSSL writes the curve's name before an EC key,
/// in a block of its own, and what a PKCS #12 file says of a key in lines before it.
fn one_block(text: &str) -> Result<(&str, &str), DeviceKeyError> {
    let mut found = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let label = line.trim_end().strip_prefix("-----BEGIN ").and_then(|rest| rest.strip_suffix("-----"));
        if let Some(label) = label.filter(|label| label.ends_with(LABEL_END))
            && found.replace((label, &text[at..])).is_some()
        {
            return Err(DeviceKeyError::Malformed);
        }
        at += line.len();
    }
    let (label, block) = found.ok_or(DeviceKeyError::Malformed)?;
    // PKCS #8 has it in the label, OpenSSL's older form in a header (RFC 1421 §4.6.1.1).
    let header = block.lines().nth(1).and_then(|line| line.strip_prefix("Proc-Type:"));
    if label == ENCRYPTED_LABEL || header.is_some_and(|kind| kind.trim_end().ends_with(",ENCRYPTED")) {
        return Err(DeviceKeyError::Encrypted);
    }
    Ok((label, block.trim_end()))
}

/// The DER of a PEM block that has nothing behind it.
fn der_of(block: &str) -> Result<Zeroizing<Vec<u8>>, DeviceKeyError> {
    // Decoded in a place that is wiped, also where it ends in the middle.
    let mut der = Zeroizing::new(vec![0; block.len()]);
    let decoded = ::der::pem::decode(block.as_bytes(), &mut der).map(|(_, der)| der.len());
    let length = decoded.map_err(|_| DeviceKeyError::Malformed)?;
    der.truncate(length);
    Ok(der)
}

/// Checks that no number of an `RSAPrivateKey` is longer than one of the longest key.
fn check_integers(octets: &[u8]) -> Result<(), DeviceKeyError> {
    let short = || -> Result<bool, DerError> {
        let mut numbers = Reader::new(octets).sequence("RSAPrivateKey")?;
        while !numbers.is_empty() {
            if numbers.any()?.content.len() > RSA_INTEGER_OCTETS_MAX {
                return Ok(false);
            }
        }
        Ok(true)
    };
    match short() {
        Ok(true) => Ok(()),
        _ => Err(DeviceKeyError::Malformed),
    }
}

fn pem(label: &'static str, der: &[u8]) -> Result<Zeroizing<String>, DeviceKeyError> {
    let text = ::der::pem::encode_string(label, ::der::pem::LineEnding::LF, der);
    text.map(Zeroizing::new).map_err(|_| DeviceKeyError::Malformed)
}
