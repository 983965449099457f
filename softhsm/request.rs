//! Key pairs and certification requests (RFC 2986) for the demonstration and the tests, right ones and wrong ones.
//!
//! Everything is written by hand with [`coldsign::pki::der`], because most libraries refuse to write what some devices
//! send and what an attacker would. Keys are fresh at each run and worth nothing. Read [`Request`] first.

use coldsign::pki::{
    der::{element, sequence, tag},
    key::MlDsa,
    oid,
};
use ed25519_dalek::pkcs8::EncodePrivateKey as _;
use getrandom::{SysRng, rand_core::UnwrapErr};
use ml_dsa::{MlDsa44, MlDsa65, MlDsa87, MlDsaParams, Signature, SignatureEncoding};
use rsa::pkcs1::EncodeRsaPublicKey as _;
use sha2::Sha256;
use signature::{Keypair as _, Signer as _};

/// What a device's key is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Algorithm {
    /// ECDSA on NIST P-256.
    P256,
    /// ECDSA on NIST P-384.
    P384,
    /// ECDSA on NIST P-521.
    P521,
    /// Ed25519 (RFC 8410).
    Ed25519,
    /// ML-DSA (RFC 9881).
    MlDsa(MlDsa),
    /// RSA with a modulus of so many bits.
    Rsa(usize),
}

/// A device's key pair.
pub enum Key {
    /// ECDSA on NIST P-256.
    P256(p256::ecdsa::SigningKey),
    /// ECDSA on NIST P-384.
    P384(p384::ecdsa::SigningKey),
    /// ECDSA on NIST P-521.
    P521(p521::ecdsa::SigningKey),
    /// Ed25519.
    Ed25519(ed25519_dalek::SigningKey),
    /// ML-DSA: the seed that all of the key follows from (FIPS 204 §5.1).
    MlDsa(MlDsa, [u8; 32]),
    /// RSA.
    Rsa(Box<rsa::RsaPrivateKey>),
}

impl Key {
    /// A fresh key pair from the system's random numbers.
    ///
    /// # Panics
    /// Where the system has no random numbers.
    #[must_use]
    pub fn generate(algorithm: Algorithm) -> Self {
        match algorithm {
            // A seed outside 1..n is as likely as guessing the key; the next seed will do.
            Algorithm::P256 => {
                Self::P256(first(|| p256::ecdsa::SigningKey::from_slice(&random::<32>()).ok()))
            }
            Algorithm::P384 => {
                Self::P384(first(|| p384::ecdsa::SigningKey::from_slice(&random::<48>()).ok()))
            }
            Algorithm::P521 => Self::P521(first(|| {
                // The order of P-521 has 521 bits: one bit of the first octet.
                let mut scalar = random::<66>();
                scalar[0] &= 1;
                p521::ecdsa::SigningKey::from_slice(&scalar).ok()
            })),
            Algorithm::Ed25519 => Self::Ed25519(ed25519_dalek::SigningKey::from_bytes(&random())),
            Algorithm::MlDsa(set) => Self::MlDsa(set, random()),
            Algorithm::Rsa(bits) => Self::Rsa(Box::new(
                rsa::RsaPrivateKey::new(&mut UnwrapErr(SysRng), bits).expect("a size that RSA has"),
            )),
        }
    }

    /// The `SubjectPublicKeyInfo`, DER (RFC 5280 §4.1.2.7).
    #[must_use]
    pub fn spki(&self) -> Vec<u8> {
        match self {
            Self::P256(key) => ec_spki(oid::SECP256R1, key.verifying_key().to_sec1_point(false).as_bytes()),
            Self::P384(key) => ec_spki(oid::SECP384R1, key.verifying_key().to_sec1_point(false).as_bytes()),
            Self::P521(key) => ec_spki(oid::SECP521R1, key.verifying_key().to_sec1_point(false).as_bytes()),
            Self::Ed25519(key) => {
                spki(&algorithm(oid::ED25519, Parameters::Absent), key.verifying_key().as_bytes())
            }
            Self::MlDsa(set, seed) => {
                let public = match set {
                    MlDsa::Set44 => lattice::<MlDsa44>(seed).verifying_key().encode().to_vec(),
                    MlDsa::Set65 => lattice::<MlDsa65>(seed).verifying_key().encode().to_vec(),
                    MlDsa::Set87 => lattice::<MlDsa87>(seed).verifying_key().encode().to_vec(),
                };
                spki(&algorithm(set.oid(), Parameters::Absent), &public)
            }
            Self::Rsa(key) => {
                let public = key.to_public_key().to_pkcs1_der().expect("an RSA key has a DER form");
                spki(&algorithm(oid::RSA_ENCRYPTION, Parameters::Null), public.as_bytes())
            }
        }
    }

    /// The `AlgorithmIdentifier` of this key's signatures, with the parameters that its standard asks for.
    #[must_use]
    pub fn signature_algorithm(&self) -> Vec<u8> {
        match self {
            Self::P256(_) => algorithm(oid::ECDSA_WITH_SHA256, Parameters::Absent),
            Self::P384(_) => algorithm(oid::ECDSA_WITH_SHA384, Parameters::Absent),
            Self::P521(_) => algorithm(oid::ECDSA_WITH_SHA512, Parameters::Absent),
            Self::Ed25519(_) => algorithm(oid::ED25519, Parameters::Absent),
            Self::MlDsa(set, _) => algorithm(set.oid(), Parameters::Absent),
            Self::Rsa(_) => algorithm(oid::SHA256_WITH_RSA, Parameters::Null),
        }
    }

    /// A signature over the message, as it stands in X.509's BIT STRING.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::P256(key) => {
                let signature: p256::ecdsa::DerSignature = key.sign(message);
                signature.as_bytes().to_vec()
            }
            Self::P384(key) => {
                let signature: p384::ecdsa::DerSignature = key.sign(message);
                signature.as_bytes().to_vec()
            }
            Self::P521(key) => {
                let signature: p521::ecdsa::DerSignature = key.sign(message);
                signature.as_bytes().to_vec()
            }
            Self::Ed25519(key) => key.sign(message).to_bytes().to_vec(),
            Self::MlDsa(set, seed) => match set {
                MlDsa::Set44 => octets(&lattice::<MlDsa44>(seed).sign(message)),
                MlDsa::Set65 => octets(&lattice::<MlDsa65>(seed).sign(message)),
                MlDsa::Set87 => octets(&lattice::<MlDsa87>(seed).sign(message)),
            },
            Self::Rsa(key) => {
                let signer = rsa::pkcs1v15::SigningKey::<Sha256>::new(key.as_ref().clone());
                signer.sign(message).to_vec()
            }
        }
    }

    /// The private key in PKCS #8, PEM.
    ///
    /// # Panics
    /// Never: every key made here has that form.
    #[must_use]
    pub fn private_pem(&self) -> String {
        let document = match self {
            Self::P256(key) => key.to_pkcs8_der(),
            Self::P384(key) => key.to_pkcs8_der(),
            Self::P521(key) => key.to_pkcs8_der(),
            Self::Ed25519(key) => key.to_pkcs8_der(),
            Self::MlDsa(set, seed) => {
                // RFC 9881 §6: the form that is the seed alone.
                let seed = element(tag::OCTET_STRING, &element(tag::context(0), seed));
                let algorithm = algorithm(set.oid(), Parameters::Absent);
                return pem("PRIVATE KEY", &sequence(&[&[tag::INTEGER, 1, 0], &algorithm, &seed]));
            }
            Self::Rsa(key) => key.to_pkcs8_der(),
        };
        pem("PRIVATE KEY", document.expect("a key has a PKCS #8 form").as_bytes())
    }
}

/// The parameters of an `AlgorithmIdentifier`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Parameters {
    /// None at all.
    Absent,
    /// A NULL.
    Null,
}

/// How the attributes [0] of a request are written (RFC 2986 §4.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Attributes {
    /// Present, empty where nothing is asked for.
    Present,
    /// Left out, which RFC 2986 does not allow and some devices do.
    Omitted,
}

/// How a request's own signature comes out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Signed {
    /// Right.
    Well,
    /// Over other octets than the request's.
    Badly,
}

/// A certification request to be written.
#[derive(Clone, Debug)]
pub struct Request {
    /// The subject, DER of a Name; [`name`] makes one.
    pub subject: Vec<u8>,
    /// Requested extensions, each the DER of an Extension.
    pub extensions: Vec<Vec<u8>>,
    /// The attributes field.
    pub attributes: Attributes,
    /// The signature algorithm's `AlgorithmIdentifier`, where it is not the key's usual one.
    pub signature_algorithm: Option<Vec<u8>>,
    /// The signature.
    pub signed: Signed,
}

impl Request {
    /// A plain request: this subject, no extensions.
    #[must_use]
    pub fn new(subject: Vec<u8>) -> Self {
        Self {
            subject,
            extensions: Vec::new(),
            attributes: Attributes::Present,
            signature_algorithm: None,
            signed: Signed::Well,
        }
    }

    /// A plain request for a common name.
    #[must_use]
    pub fn named(common_name: &str) -> Self {
        Self::new(name(&[(COMMON_NAME, tag::UTF8_STRING, common_name.as_bytes())]))
    }

    /// The same with one more requested extension.
    #[must_use]
    pub fn with(mut self, extension: Vec<u8>) -> Self {
        self.extensions.push(extension);
        self
    }

    /// The request, DER, signed with the key.
    #[must_use]
    pub fn der(&self, key: &Key) -> Vec<u8> {
        let info = self.info(&key.spki());
        let signature = match self.signed {
            Signed::Well => key.sign(&info),
            Signed::Badly => key.sign(b"other octets"),
        };
        let algorithm = self.signature_algorithm.clone().unwrap_or_else(|| key.signature_algorithm());
        sequence(&[&info, &algorithm, &bit_string(&signature)])
    }

    fn info(&self, spki: &[u8]) -> Vec<u8> {
        let attributes = match self.attributes {
            Attributes::Omitted => Vec::new(),
            Attributes::Present if self.extensions.is_empty() => element(tag::context_constructed(0), &[]),
            Attributes::Present => {
                let wishes = element(tag::SEQUENCE, &self.extensions.concat());
                let attribute =
                    sequence(&[&element(tag::OID, EXTENSION_REQUEST), &element(tag::SET, &wishes)]);
                element(tag::context_constructed(0), &attribute)
            }
        };
        sequence(&[&[tag::INTEGER, 1, 0], &self.subject, spki, &attributes])
    }
}

/// A Name (RFC 5280 §4.1.2.4) of one attribute an RDN: type (DER content octets), string tag, value.
#[must_use]
pub fn name(attributes: &[(&[u8], u8, &[u8])]) -> Vec<u8> {
    let rdns: Vec<Vec<u8>> = attributes
        .iter()
        .map(|(kind, string, value)| {
            element(tag::SET, &sequence(&[&element(tag::OID, kind), &element(*string, value)]))
        })
        .collect();
    element(tag::SEQUENCE, &rdns.concat())
}

/// An `AlgorithmIdentifier`.
#[must_use]
pub fn algorithm(kind: &[u8], parameters: Parameters) -> Vec<u8> {
    let parameters: &[u8] = match parameters {
        Parameters::Absent => &[],
        Parameters::Null => &[tag::NULL, 0],
    };
    sequence(&[&element(tag::OID, kind), parameters])
}

/// Whether an extension says that it is critical.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Critical {
    /// It does.
    Yes,
    /// It does not.
    No,
}

/// An Extension: its OID (content octets) and the DER that its OCTET STRING holds.
#[must_use]
pub fn extension(kind: &[u8], critical: Critical, value: &[u8]) -> Vec<u8> {
    let critical: &[u8] = match critical {
        Critical::Yes => &[tag::BOOLEAN, 1, 0xff],
        Critical::No => &[],
    };
    sequence(&[&element(tag::OID, kind), critical, &element(tag::OCTET_STRING, value)])
}

/// subjectAltName with these dNSNames (RFC 5280 §4.2.1.6).
#[must_use]
pub fn alternative_names(hosts: &[&str]) -> Vec<u8> {
    let names: Vec<Vec<u8>> = hosts.iter().map(|host| element(tag::context(2), host.as_bytes())).collect();
    extension(SUBJECT_ALT_NAME, Critical::No, &element(tag::SEQUENCE, &names.concat()))
}

/// keyUsage, critical: the octets of its BIT STRING, unused bits first.
#[must_use]
pub fn key_usage(bits: &[u8]) -> Vec<u8> {
    extension(KEY_USAGE, Critical::Yes, &element(tag::BIT_STRING, bits))
}

/// extKeyUsage of these purposes (OID content octets).
#[must_use]
pub fn extended_key_usage(purposes: &[&[u8]]) -> Vec<u8> {
    let purposes: Vec<Vec<u8>> = purposes.iter().map(|purpose| element(tag::OID, purpose)).collect();
    extension(EXTENDED_KEY_USAGE, Critical::No, &element(tag::SEQUENCE, &purposes.concat()))
}

/// basicConstraints, critical, CA:TRUE.
#[must_use]
pub fn authority() -> Vec<u8> {
    extension(BASIC_CONSTRAINTS, Critical::Yes, &sequence(&[&[tag::BOOLEAN, 1, 0xff]]))
}

/// PEM armour around DER (RFC 7468), lines of 64 characters.
#[must_use]
pub fn pem(label: &str, der: &[u8]) -> String {
    let text = base64(der);
    let mut out = String::with_capacity(text.len() + text.len() / 64 + 80);
    out.extend(["-----BEGIN ", label, "-----\n"]);
    for line in text.as_bytes().chunks(64) {
        out.extend(line.iter().map(|&octet| char::from(octet)));
        out.push('\n');
    }
    out.extend(["-----END ", label, "-----\n"]);
    out
}

/// Random octets.
///
/// # Panics
/// Where the system has none.
#[must_use]
pub fn random<const OCTETS: usize>() -> [u8; OCTETS] {
    let mut octets = [0; OCTETS];
    getrandom::fill(&mut octets).expect("the system has random numbers");
    octets
}

/// id-at-commonName, 2.5.4.3.
pub const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
/// id-at-serialNumber, 2.5.4.5.
pub const SERIAL_NUMBER: &[u8] = &[0x55, 0x04, 0x05];
/// id-at-countryName, 2.5.4.6.
pub const COUNTRY: &[u8] = &[0x55, 0x04, 0x06];
/// id-at-organizationName, 2.5.4.10.
pub const ORGANIZATION: &[u8] = &[0x55, 0x04, 0x0a];
/// subjectAltName, 2.5.29.17.
pub const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 0x11];
/// keyUsage, 2.5.29.15.
pub const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
/// basicConstraints, 2.5.29.19.
pub const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
/// extKeyUsage, 2.5.29.37.
pub const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25];
/// id-kp-clientAuth, 1.3.6.1.5.5.7.3.2.
pub const CLIENT_AUTH: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02];
/// pkcs-9-at-extensionRequest, 1.2.840.113549.1.9.14 (RFC 2985).
const EXTENSION_REQUEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x0e];

fn lattice<P: MlDsaParams>(seed: &[u8; 32]) -> ml_dsa::SigningKey<P> {
    ml_dsa::SigningKey::from_seed(&(*seed).into())
}

fn octets<P: MlDsaParams>(signature: &Signature<P>) -> Vec<u8> {
    signature.encode().to_vec()
}

fn ec_spki(curve: &[u8], point: &[u8]) -> Vec<u8> {
    spki(&sequence(&[&element(tag::OID, oid::EC_PUBLIC_KEY), &element(tag::OID, curve)]), point)
}

fn spki(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
    sequence(&[algorithm, &bit_string(key)])
}

fn bit_string(octets: &[u8]) -> Vec<u8> {
    element(tag::BIT_STRING, &[&[0], octets].concat())
}

fn first<T>(mut attempt: impl FnMut() -> Option<T>) -> T {
    loop {
        if let Some(found) = attempt() {
            return found;
        }
    }
}

fn base64(octets: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(octets.len().div_ceil(3) * 4);
    for group in octets.chunks(3) {
        let bits =
            group.iter().fold(0_u32, |bits, &octet| bits << 8 | u32::from(octet)) << (8 * (3 - group.len()));
        for position in 0..4 {
            let digit = bits >> (18 - 6 * position) & 0x3f;
            out.push(if position <= group.len() { char::from(ALPHABET[digit as usize]) } else { '=' });
        }
    }
    out
}
