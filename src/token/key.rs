//! A key in the token: how it is made, what it must be, and its public half.

use cryptoki::error::{Error as CryptokiError, RvError};
use cryptoki::object::{Attribute, AttributeType, KeyType, MlDsaParameterSetType, ObjectClass, ObjectHandle};
use cryptoki::session::Session as Cryptoki;

use crate::pki::der;
use crate::pki::key::{Curve, KeyAlgorithm, KeyError, MlDsa, PublicKey};
use crate::pki::text::Printable;

use super::error::Error;
use super::mechanism;
use super::uri::KeyId;
use super::waiver::{Promise, Waiver};

/// A private key in the token whose attributes were found to be those of a CA key, and its public half.
#[derive(Clone, Debug)]
pub struct TokenKey {
    authentication: Authentication,
    handle: ObjectHandle,
    id: KeyId,
    label: Printable,
    public: PublicKey,
    unpromised: Vec<Promise>,
}

/// When a key wants the PIN.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Authentication {
    /// For each signature (`CKA_ALWAYS_AUTHENTICATE`).
    EachSignature,
    /// At log-in.
    Login,
}

impl TokenKey {
    /// The `CKA_ID`.
    #[must_use]
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// The `CKA_LABEL`.
    #[must_use]
    pub fn label(&self) -> &Printable {
        &self.label
    }

    /// The public half, sound by itself. That it belongs to the private half is shown by each signature, which is
    /// checked with it.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// What the token does not promise of the key.
    #[must_use]
    pub fn unpromised(&self) -> &[Promise] {
        &self.unpromised
    }

    /// When the key wants the PIN.
    #[must_use]
    pub fn authentication(&self) -> Authentication {
        self.authentication
    }

    /// Proves that this is the key of a certificate.
    ///
    /// # Errors
    /// [`Error::KeyMismatch`].
    pub fn matches(&self, certified: &PublicKey) -> Result<(), Error> {
        if self.public == *certified { Ok(()) } else { Err(Error::KeyMismatch { key: self.id.clone() }) }
    }

    pub(super) fn handle(&self) -> ObjectHandle {
        self.handle
    }

    /// Reads a private key's attributes and public half, and refuses what is no CA key: what it lacks and is not waived.
    pub(super) fn read(
        session: &Cryptoki,
        id: KeyId,
        private: ObjectHandle,
        public: Option<ObjectHandle>,
        waiver: &Waiver,
    ) -> Result<Self, Error> {
        let private = Object { session, handle: private };
        let unpromised = unpromised(&private)?;
        let mut findings = findings(&private)?;
        findings.extend(
            unpromised.iter().copied().filter(|promise| !waiver.covers(*promise)).filter_map(missing),
        );
        if !findings.is_empty() {
            return Err(Error::KeyNotAsAsked { findings: findings.join(", "), key: id });
        }
        let authentication = match private.flag(AttributeType::AlwaysAuthenticate)? {
            Some(true) => Authentication::EachSignature,
            Some(false) | None => Authentication::Login,
        };
        // The private object may hold the public parts too; where both do, they must agree.
        let beside =
            public.map(|handle| public_half(&Object { session, handle }, &id)).transpose()?.flatten();
        let within = public_half(&private, &id)?;
        if let (Some(beside), Some(within)) = (&beside, &within)
            && beside != within
        {
            let findings = "its public key object is of another key".to_owned();
            return Err(Error::KeyNotAsAsked { findings, key: id });
        }
        let public = beside.or(within).ok_or_else(|| Error::PublicKeyMissing { key: id.clone() })?;
        let label = Printable::from_octets(&private.octets(AttributeType::Label)?.unwrap_or_default());
        Ok(Self { authentication, handle: private.handle, id, label, public, unpromised })
    }
}

/// Makes a key pair with the attributes of a CA key.
pub(super) fn generate(
    session: &Cryptoki,
    algorithm: KeyAlgorithm,
    id: &KeyId,
    label: &str,
) -> Result<(ObjectHandle, ObjectHandle), Error> {
    let name = [Attribute::Id(id.as_octets().to_vec()), Attribute::Label(label.as_bytes().to_vec())];
    let mut public = vec![Attribute::Token(true), Attribute::Private(false), Attribute::Verify(true)];
    public.extend(name.iter().cloned());
    public.extend(parameters(algorithm));
    let mut private = vec![
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Sign(true),
        Attribute::SignRecover(false),
        Attribute::Decrypt(false),
        Attribute::Unwrap(false),
        Attribute::Derive(false),
    ];
    private.extend(name);
    session.generate_key_pair(&mechanism::generation(algorithm), &public, &private).map_err(Error::from_call)
}

/// What a private key has that a CA key must not have, or lacks.
fn findings(key: &Object<'_>) -> Result<Vec<&'static str>, Error> {
    let mut findings = Vec::new();
    for (kind, wanted, finding) in [
        (AttributeType::Token, true, "it is not kept in the token (CKA_TOKEN)"),
        (AttributeType::Private, true, "it can be seen without a PIN (CKA_PRIVATE)"),
        (AttributeType::Sensitive, true, "it is not sensitive (CKA_SENSITIVE)"),
        (AttributeType::Extractable, false, "it can be extracted (CKA_EXTRACTABLE)"),
        (AttributeType::Sign, true, "it does not sign (CKA_SIGN)"),
    ] {
        // An attribute that the token does not tell is a finding: these are the ones every token has.
        if key.flag(kind)? != Some(wanted) {
            findings.push(finding);
        }
    }
    Ok(findings)
}

/// What the token does not promise of a key.
fn unpromised(key: &Object<'_>) -> Result<Vec<Promise>, Error> {
    let mut unpromised = Vec::new();
    for (kind, promise) in [
        (AttributeType::AlwaysSensitive, Promise::AlwaysSensitive),
        (AttributeType::Local, Promise::Local),
        (AttributeType::NeverExtractable, Promise::NeverExtractable),
    ] {
        if key.flag(kind)? != Some(true) {
            unpromised.push(promise);
        }
    }
    for (kind, promise) in [
        (AttributeType::Decrypt, Promise::NoDecryption),
        (AttributeType::Derive, Promise::NoDerivation),
        (AttributeType::SignRecover, Promise::NoSignatureWithRecovery),
        (AttributeType::Unwrap, Promise::NoUnwrapping),
    ] {
        // Absent is well: a token need not know uses that a kind of key cannot have.
        if key.flag(kind)? == Some(true) {
            unpromised.push(promise);
        }
    }
    Ok(unpromised)
}

/// Why a key without this promise is no CA key; not every token tells where a key was made.
fn missing(promise: Promise) -> Option<&'static str> {
    match promise {
        Promise::AlwaysSensitive => Some("it was not always sensitive (CKA_ALWAYS_SENSITIVE)"),
        Promise::Local => None,
        Promise::NeverExtractable => {
            Some("it was extractable once, or came from outside (CKA_NEVER_EXTRACTABLE)")
        }
        Promise::NoDecryption => Some("it decrypts (CKA_DECRYPT)"),
        Promise::NoDerivation => Some("it derives keys (CKA_DERIVE)"),
        Promise::NoSignatureWithRecovery => Some("it signs with recovery (CKA_SIGN_RECOVER)"),
        Promise::NoUnwrapping => Some("it unwraps keys (CKA_UNWRAP)"),
    }
}

/// The public half as an object tells it; `None` where it tells none.
fn public_half(object: &Object<'_>, id: &KeyId) -> Result<Option<PublicKey>, Error> {
    let Some(Attribute::KeyType(kind)) = object.value(AttributeType::KeyType)? else { return Ok(None) };
    let key = if kind == KeyType::RSA {
        let parts = (object.octets(AttributeType::Modulus)?, object.octets(AttributeType::PublicExponent)?);
        match parts {
            (Some(modulus), Some(exponent)) => PublicKey::from_rsa(&modulus, &exponent),
            _ => return Ok(None),
        }
    } else if kind == KeyType::EC || kind == KeyType::EC_EDWARDS {
        let parts = (object.octets(AttributeType::EcParams)?, object.octets(AttributeType::EcPoint)?);
        match parts {
            (Some(parameters), Some(point)) => elliptic(&parameters, &point),
            _ => return Ok(None),
        }
    } else if kind == KeyType::ML_DSA {
        // PKCS#11 v3.2, ML-DSA keys: the public object's CKA_VALUE is the public key. The private object's is the secret
        // one, and is not asked for.
        let Some(Attribute::ParameterSet(found)) = object.value(AttributeType::ParameterSet)? else {
            return Ok(None);
        };
        let set = MlDsa::ALL.into_iter().find(|set| parameter_set(*set) == found.into());
        let is_public =
            object.value(AttributeType::Class)? == Some(Attribute::Class(ObjectClass::PUBLIC_KEY));
        let value = if is_public { object.octets(AttributeType::Value)? } else { None };
        match (set, value) {
            (Some(set), Some(value)) => PublicKey::from_ml_dsa(set, &value),
            (Some(_), None) => return Ok(None),
            (None, _) => Err(KeyError::Unsupported("this parameter set of ML-DSA".to_owned())),
        }
    } else {
        Err(KeyError::Unsupported("this type of key".to_owned()))
    };
    key.map(Some).map_err(|source| Error::PublicKey { key: id.clone(), source })
}

fn elliptic(parameters: &[u8], point: &[u8]) -> Result<PublicKey, KeyError> {
    if parameters == ED25519_NAME || parameters == ED25519_OID {
        return PublicKey::from_ed25519(unwrapped(point, 32)?);
    }
    let curve = [Curve::P256, Curve::P384, Curve::P521].into_iter().find(|&curve| parameters == named(curve));
    let curve = curve.ok_or_else(|| KeyError::Unsupported("this elliptic curve".to_owned()))?;
    // SEC 1 §2.3.3: an uncompressed point is 04 and both coordinates.
    PublicKey::from_ec_point(curve, unwrapped(point, 1 + 2 * curve.coordinate_octets())?)
}

/// The point without its OCTET STRING. By the standard it stands in one, some tokens leave it bare; both begin with
/// `04`, so the length decides, not whether it parses.
fn unwrapped(point: &[u8], octets: usize) -> Result<&[u8], KeyError> {
    match point {
        bare if bare.len() == octets => Ok(bare),
        [0x04, length, inner @ ..] if inner.len() == octets && usize::from(*length) == octets => Ok(inner),
        // DER gives a length from 128 octets on an octet of its own (P-521: 133).
        [0x04, 0x81, length, inner @ ..]
            if inner.len() == octets && octets > 127 && usize::from(*length) == octets =>
        {
            Ok(inner)
        }
        _ => Err(KeyError::Malformed("CKA_EC_POINT has a wrong length".to_owned())),
    }
}

fn parameters(algorithm: KeyAlgorithm) -> Vec<Attribute> {
    match algorithm {
        KeyAlgorithm::Ec(curve) => vec![Attribute::EcParams(named(curve))],
        KeyAlgorithm::Ed25519 => vec![Attribute::EcParams(ED25519_NAME.to_vec())],
        KeyAlgorithm::MlDsa(set) => vec![Attribute::ParameterSet(parameter_set(set).into())],
        KeyAlgorithm::Rsa { bits } => {
            vec![Attribute::ModulusBits(u64::from(bits).into()), Attribute::PublicExponent(vec![1, 0, 1])]
        }
    }
}

/// `CKA_PARAMETER_SET` of an ML-DSA key (PKCS#11 v3.2).
fn parameter_set(set: MlDsa) -> MlDsaParameterSetType {
    match set {
        MlDsa::Set44 => MlDsaParameterSetType::ML_DSA_44,
        MlDsa::Set65 => MlDsaParameterSetType::ML_DSA_65,
        MlDsa::Set87 => MlDsaParameterSetType::ML_DSA_87,
    }
}

/// `CKA_EC_PARAMS` of a named curve: its object identifier, DER (RFC 5480 §2.1.1.1).
fn named(curve: Curve) -> Vec<u8> {
    der::element(der::tag::OID, curve.oid())
}

/// `CKA_EC_PARAMS` of Ed25519: a `PrintableString` (PKCS#11 v3.0 §2.3.10) …
const ED25519_NAME: &[u8] = b"\x13\x0cedwards25519";
/// … or the identifier of RFC 8410 §3.
const ED25519_OID: &[u8] = b"\x06\x03\x2b\x65\x70";

/// An object of the token, to read.
pub(super) struct Object<'a> {
    session: &'a Cryptoki,
    handle: ObjectHandle,
}

impl<'a> Object<'a> {
    pub(super) fn new(session: &'a Cryptoki, handle: ObjectHandle) -> Self {
        Self { session, handle }
    }

    /// One attribute at a time: a token that does not know one of several may answer none of them.
    fn value(&self, kind: AttributeType) -> Result<Option<Attribute>, Error> {
        match self.session.get_attributes(self.handle, &[kind]) {
            Ok(mut found) => Ok(found.pop().filter(|found| found.attribute_type() == kind)),
            Err(CryptokiError::Pkcs11(RvError::AttributeTypeInvalid | RvError::AttributeSensitive, _)) => {
                Ok(None)
            }
            Err(error) => Err(Error::from_call(error)),
        }
    }

    fn flag(&self, kind: AttributeType) -> Result<Option<bool>, Error> {
        Ok(self.value(kind)?.and_then(|attribute| match attribute {
            Attribute::AlwaysAuthenticate(set)
            | Attribute::AlwaysSensitive(set)
            | Attribute::Decrypt(set)
            | Attribute::Derive(set)
            | Attribute::Extractable(set)
            | Attribute::Local(set)
            | Attribute::NeverExtractable(set)
            | Attribute::Private(set)
            | Attribute::Sensitive(set)
            | Attribute::Sign(set)
            | Attribute::SignRecover(set)
            | Attribute::Token(set)
            | Attribute::Unwrap(set) => Some(set),
            _ => None,
        }))
    }

    /// Octets of an attribute; an empty value counts as none (`SoftHSM` answers some attributes so).
    pub(super) fn octets(&self, kind: AttributeType) -> Result<Option<Vec<u8>>, Error> {
        let value = self.value(kind)?.and_then(|attribute| match attribute {
            Attribute::EcParams(octets)
            | Attribute::EcPoint(octets)
            | Attribute::Label(octets)
            | Attribute::Modulus(octets)
            | Attribute::PublicExponent(octets)
            | Attribute::Value(octets) => Some(octets),
            _ => None,
        });
        Ok(value.filter(|octets| !octets.is_empty()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(point: &[u8], octets: usize, expected: Option<&[u8]>) {
        assert_eq!(unwrapped(point, octets).ok(), expected);
    }

    #[test]
    fn unwraps_a_point_by_its_length() {
        let bare = [[4].as_slice(), &[7; 64]].concat();
        check(&bare, 65, Some(&bare));
        check(&[&[4, 65], bare.as_slice()].concat(), 65, Some(&bare));
        // A bare point whose first coordinate begins with 3f looks like an OCTET STRING of 63 octets.
        let misleading = [[4, 0x3f].as_slice(), &[7; 63]].concat();
        check(&misleading, 65, Some(&misleading));
        let long = [[4].as_slice(), &[7; 132]].concat();
        check(&[&[4, 0x81, 133], long.as_slice()].concat(), 133, Some(&long));
        check(&[&[4, 66], bare.as_slice()].concat(), 65, None);
        check(&bare[1..], 65, None);
        check(&[], 65, None);
        check(&[4, 0x81, 65], 65, None);
    }
}
