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

use super::key::{Curve, PublicKey};

/// Longest file of a key, in octets: PKCS #8 of RSA-8192 as PEM has some 6,400.
pub const FILE_OCTETS_MAX: usize = 16 * 1024;

/// The labels that a key's PEM has (RFC 7468 §10; the other two are OpenSSL's).
const LABELS: [&str; 3] = ["PRIVATE KEY", EC_LABEL, RSA_LABEL];
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
        let der = der_of(octets)?;
        match PrivateKeyInfoRef::try_from(der.as_slice()) {
            Ok(info) => Self::from_info(&info),
            Err(_) => Self::from_ec(&der, None).or_else(|_| Self::from_rsa(&der)),
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
        let readers: [(ObjectIdentifier, Curve, Reader); 3] = [
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
type Reader = fn(&[u8]) -> Option<(Zeroizing<Vec<u8>>, Vec<u8>)>;

fn of_curve<C>(octets: &[u8]) -> Option<(Zeroizing<Vec<u8>>, Vec<u8>)>
where
    C: AssociatedOid + CurveArithmetic + ValidatePublicKey,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    let key = SecretKey::<C>::from_sec1_der(octets).ok()?;
    Some((key.to_sec1_der().ok()?, key.public_key().to_sec1_point(false).as_bytes().to_vec()))
}

/// The DER in a file, which is PEM or DER itself.
fn der_of(octets: &[u8]) -> Result<Zeroizing<Vec<u8>>, DeviceKeyError> {
    // Every form of a key is a SEQUENCE, and no PEM begins so.
    if octets.first() == Some(&0x30) {
        return Ok(Zeroizing::new(octets.to_vec()));
    }
    let text = str::from_utf8(octets).map_err(|_| DeviceKeyError::Malformed)?;
    // PKCS #8 has it in the label, OpenSSL's older form in a header.
    if text.contains("ENCRYPTED") {
        return Err(DeviceKeyError::Encrypted);
    }
    // OpenSSL writes the curve's name before an EC key, in a block of its own.
    let begins = LABELS.iter().find_map(|label| text.find(&format!("-----BEGIN {label}-----")));
    let block = begins.map(|at| text[at..].trim_end()).ok_or(DeviceKeyError::Malformed)?;
    let (_, der) = ::der::pem::decode_vec(block.as_bytes()).map_err(|_| DeviceKeyError::Malformed)?;
    Ok(Zeroizing::new(der))
}

fn pem(label: &'static str, der: &[u8]) -> Result<Zeroizing<String>, DeviceKeyError> {
    let text = ::der::pem::encode_string(label, ::der::pem::LineEnding::LF, der);
    text.map(Zeroizing::new).map_err(|_| DeviceKeyError::Malformed)
}
