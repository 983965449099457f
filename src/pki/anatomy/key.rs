//! The public key: what kind it is, and its digest in digits and words.

use crate::pki::{
    der::{DerError, Element, tag},
    key::{Curve, HashAlgorithm, KeyError, PublicKey, SignatureAlgorithm},
    oid,
};

use super::{
    description::{Field, digest},
    identifier,
};

const KIND: &str = "kind";

/// The fields of a `SubjectPublicKeyInfo`. The digest is that of the key's canonical form, which is its name in the
/// register, or of the octets as they came where the key cannot be read.
pub(super) fn fields(spki: &Element<'_>) -> Vec<Field> {
    let (kind, octets) = match PublicKey::from_spki(spki.whole) {
        Ok(key) => (Field::new(KIND, &key.algorithm().to_string()), key.spki().to_vec()),
        Err(error) => match compressed(spki) {
            Ok(Some(key)) => {
                let kind = Field::new(KIND, &key.algorithm().to_string());
                (kind.remarked("its point is written in compressed form"), key.spki().to_vec())
            }
            _ => (unsupported(spki, &error), spki.whole.to_vec()),
        },
    };
    let mut fields = vec![kind];
    fields.extend(digest("the key", crate::pki::fingerprint::Digest::of(&octets)));
    fields
}

fn unsupported(spki: &Element<'_>, error: &KeyError) -> Field {
    let algorithm = spki.reader().sequence("the key's algorithm");
    let kind = match algorithm.and_then(|mut algorithm| algorithm.oid("the key's algorithm")) {
        Ok(algorithm) => Field::new(KIND, &identifier::shown(algorithm)),
        Err(_) => Field::new(KIND, "cannot be read"),
    };
    let why = error.to_string();
    // The key was read by itself: offsets in what is said of it count from its own start.
    if why.contains(" at octet ") { kind.remarked(&format!("{why} of the key")) } else { kind.remarked(&why) }
}

/// A key on a named curve whose point is compressed (SEC 1 §2.3.3), which software may write and we normalise.
fn compressed(spki: &Element<'_>) -> Result<Option<PublicKey>, DerError> {
    let mut info = spki.reader();
    let mut algorithm = info.sequence("the key's algorithm")?;
    if algorithm.oid("the key's algorithm")? != oid::EC_PUBLIC_KEY {
        return Ok(None);
    }
    let named = algorithm.expect(tag::OID, "the curve")?.content;
    algorithm.finish("the curve")?;
    let point = info.bit_string_octets("the point")?;
    info.finish("the point")?;
    let curve = [Curve::P256, Curve::P384, Curve::P521].into_iter().find(|curve| curve.oid() == named);
    Ok(curve.and_then(|curve| PublicKey::from_any_ec_point(curve, point).ok()))
}

/// An `AlgorithmIdentifier` of a signature, in words.
pub(super) fn signature_algorithm(identifier: &Element<'_>) -> Field {
    const NAME: &str = "signed with";
    if let Some(algorithm) = SignatureAlgorithm::from_der(identifier.whole) {
        return Field::new(NAME, &words(algorithm));
    }
    match identifier.reader().oid("the signature algorithm") {
        Ok(algorithm) => Field::new(NAME, &identifier::shown(algorithm)),
        Err(error) => Field::unreadable(NAME, &error.to_string()),
    }
}

fn words(algorithm: SignatureAlgorithm) -> String {
    match algorithm {
        SignatureAlgorithm::Ecdsa(hash) => format!("ECDSA with {}", hash_name(hash)),
        SignatureAlgorithm::Ed25519 => "Ed25519".to_owned(),
        SignatureAlgorithm::MlDsa(set) => set.to_string(),
        SignatureAlgorithm::RsaPkcs1(hash) => format!("RSA (PKCS #1 v1.5) with {}", hash_name(hash)),
        SignatureAlgorithm::RsaPss(hash) => format!("RSASSA-PSS with {}", hash_name(hash)),
    }
}

fn hash_name(hash: HashAlgorithm) -> &'static str {
    match hash {
        HashAlgorithm::Sha256 => "SHA-256",
        HashAlgorithm::Sha384 => "SHA-384",
        HashAlgorithm::Sha512 => "SHA-512",
    }
}
