//! Proof of possession: the algorithms a request may be signed with, as software in the field writes them.

use crate::pki::{
    der::{DerError, Element, Reader, tag},
    key::{HashAlgorithm, KeyError, MlDsa, PublicKey, SignatureAlgorithm},
    oid,
    policy::{Control, Finding},
};

use super::Quirk;

/// Longest PSS salt, in octets: the longest that a modulus of 8192 bits has room for with SHA-256.
const SALT_OCTETS_MAX: usize = 990;

/// The salt length where it is not written (RFC 4055 §3.1).
const SALT_OCTETS_DEFAULT: usize = 20;

const HINT: &str =
    "sign the request with SHA-256, SHA-384 or SHA-512, or by Ed25519 or ML-DSA in its pure form";

/// How a request is signed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Proof {
    /// An algorithm in the form this appliance itself writes, quirks apart.
    Plain(SignatureAlgorithm),
    /// RSASSA-PSS with MGF1 over the same hash and a salt of this many octets.
    Pss { hash: HashAlgorithm, salt_octets: usize },
}

impl Proof {
    /// Reads the signatureAlgorithm; `None` after a finding that refuses it.
    pub(super) fn read(octets: &[u8], findings: &mut Vec<Finding>) -> Option<Self> {
        let refused = |what: &str| Finding::refuse(Control::SignatureAlgorithm, what, HINT);
        match Self::try_read(octets, findings) {
            Ok(Ok(proof)) => return Some(proof),
            Ok(Err(what)) => findings.push(refused(&what)),
            Err(error) => findings.push(refused(&error.to_string())),
        }
        None
    }

    fn try_read(octets: &[u8], findings: &mut Vec<Finding>) -> Result<Result<Self, String>, DerError> {
        let mut identifier = Reader::new(octets).sequence("the signatureAlgorithm")?;
        let name = identifier.oid("the signatureAlgorithm")?;
        let parameters = if identifier.is_empty() { None } else { Some(identifier.any()?) };
        identifier.finish("the parameters of the signatureAlgorithm")?;
        let is_null = parameters.is_some_and(|parameters| parameters.whole == [tag::NULL, 0]);
        if name == oid::RSASSA_PSS {
            return match parameters {
                Some(parameters) if parameters.tag == tag::SEQUENCE => pss(&parameters),
                _ => Ok(Err("RSASSA-PSS without its parameters".to_owned())),
            };
        }
        let Some(algorithm) = by_oid(name) else {
            return Ok(Err(format!("the signature algorithm {} proves nothing here", shown(name))));
        };
        let quirk = match (algorithm, parameters) {
            (
                SignatureAlgorithm::Ecdsa(_) | SignatureAlgorithm::Ed25519 | SignatureAlgorithm::MlDsa(_),
                None,
            ) => None,
            (SignatureAlgorithm::Ecdsa(_), Some(_)) if is_null => Some(Quirk::EcdsaNullParameters),
            (SignatureAlgorithm::RsaPkcs1(_), Some(_)) if is_null => None,
            (SignatureAlgorithm::RsaPkcs1(_), None) => Some(Quirk::RsaWithoutNull),
            _ => {
                return Ok(Err("the signature algorithm has parameters that do not belong to it".to_owned()));
            }
        };
        if let Some(quirk) = quirk {
            quirk.note(findings);
        }
        Ok(Ok(Self::Plain(algorithm)))
    }

    /// Checks the signature over the original octets.
    pub(super) fn verify(self, key: &PublicKey, message: &[u8], signature: &[u8]) -> Result<(), KeyError> {
        match self {
            Self::Plain(algorithm) => key.verify(algorithm, message, signature),
            Self::Pss { hash, salt_octets } => key.verify_pss(hash, salt_octets, message, signature),
        }
    }
}

/// `RSASSA-PSS-params` (RFC 4055 §3.1). The defaults of hash and mask mean SHA-1, so these two must be there.
fn pss(parameters: &Element<'_>) -> Result<Result<Proof, String>, DerError> {
    let mut fields = parameters.reader();
    let mut hash = fields.expect(tag::context_constructed(0), "the hash of RSASSA-PSS")?.reader();
    let hash = read_hash(&mut hash)?;
    let mut mask = fields.expect(tag::context_constructed(1), "the mask of RSASSA-PSS")?.reader();
    let mut generation = mask.sequence("the mask of RSASSA-PSS")?;
    mask.finish("the mask of RSASSA-PSS")?;
    let name = generation.oid("the mask of RSASSA-PSS")?;
    let mask_hash = if name == oid::MGF1 { read_hash(&mut generation)? } else { None };
    let salt_octets = match fields.optional(tag::context_constructed(2))? {
        None => Some(SALT_OCTETS_DEFAULT),
        Some(element) => {
            let mut salt = element.reader();
            let length = salt.integer("the salt length of RSASSA-PSS")?;
            salt.finish("the salt length of RSASSA-PSS")?;
            match length {
                [first @ 0..=0x7f] => Some(usize::from(*first)),
                [first @ 0..=0x7f, second] => Some(usize::from(*first) << 8 | usize::from(*second)),
                _ => None,
            }
        }
    };
    fields.finish("the salt length of RSASSA-PSS")?;
    Ok(match (hash, mask_hash, salt_octets.filter(|octets| *octets <= SALT_OCTETS_MAX)) {
        (Some(hash), Some(mask), Some(salt_octets)) if hash == mask => Ok(Proof::Pss { hash, salt_octets }),
        _ => Err("RSASSA-PSS with another hash, mask or salt than is taken".to_owned()),
    })
}

/// An `AlgorithmIdentifier` of a hash, its parameters NULL or absent (RFC 4055 §2.1), and nothing after it.
fn read_hash(reader: &mut Reader<'_>) -> Result<Option<HashAlgorithm>, DerError> {
    let mut identifier = reader.sequence("a hash")?;
    let name = identifier.oid("a hash")?;
    if let Some(null) = identifier.optional(tag::NULL)?
        && !null.content.is_empty()
    {
        return Err(DerError::Trailing { after: "NULL", count: null.content.len() });
    }
    identifier.finish("a hash")?;
    reader.clone().finish("a hash")?;
    let known = [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512];
    Ok(known.into_iter().find(|hash| hash.oid() == name))
}

fn by_oid(name: &[u8]) -> Option<SignatureAlgorithm> {
    Some(match name {
        oid::ECDSA_WITH_SHA256 => SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256),
        oid::ECDSA_WITH_SHA384 => SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha384),
        oid::ECDSA_WITH_SHA512 => SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha512),
        oid::ED25519 => SignatureAlgorithm::Ed25519,
        oid::SHA256_WITH_RSA => SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha256),
        oid::SHA384_WITH_RSA => SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha384),
        oid::SHA512_WITH_RSA => SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha512),
        _ => return MlDsa::from_oid(name).map(SignatureAlgorithm::MlDsa),
    })
}

/// The algorithms that are refused most often, by name.
fn shown(name: &[u8]) -> String {
    let dotted = oid::dotted(name);
    match dotted.as_str() {
        "1.2.840.113549.1.1.4" => "md5WithRSAEncryption".to_owned(),
        "1.2.840.113549.1.1.5" => "sha1WithRSAEncryption".to_owned(),
        "1.2.840.10045.4.1" => "ecdsa-with-SHA1".to_owned(),
        // RFC 9881 §2: the forms that sign a digest are not used in X.509.
        "2.16.840.1.101.3.4.3.32" => "HashML-DSA-44".to_owned(),
        "2.16.840.1.101.3.4.3.33" => "HashML-DSA-65".to_owned(),
        "2.16.840.1.101.3.4.3.34" => "HashML-DSA-87".to_owned(),
        _ => dotted,
    }
}
