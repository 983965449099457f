//! What a CA itself needs: its self-signed root certificate, or its request to a superior CA.

use const_oid::db::rfc5912::ID_EXTENSION_REQ;
use der::{Encode as _, asn1::ObjectIdentifier};

use crate::pki::{
    certificate::{
        Certificate, CertificateError,
        extensions::{self, Extensions},
    },
    constraint::NameConstraints,
    der::{Reader, element, sequence, tag},
    key::{HashAlgorithm, KeyError, PublicKey, RsaScheme},
    lint,
    name::Name,
    profile::{
        CRL_SIGN, Criticality, DAYS_MAX, FixedExtensions, KEY_CERT_SIGN, KeyIdentifier, PATH_LENGTH_MAX,
        Profile, Standard,
    },
    time::Time,
};

use super::{
    Facts, PlannedCertificate, fixed, linted,
    tbs::{PlannedExtension, Tbs},
};

/// What a self-signed root is made of.
#[derive(Clone, Debug)]
pub struct RootFields {
    /// Subject and issuer.
    pub name: Name,
    /// The token's public key.
    pub public_key: PublicKey,
    /// How an RSA key signs.
    pub rsa_scheme: RsaScheme,
    /// Days from now until notAfter.
    pub days: u32,
    /// pathLenConstraint, if any.
    pub path_length: Option<u32>,
}

/// What a root's profile decides beyond [`RootFields`].
#[derive(Clone, Debug)]
pub struct RootTerms {
    /// keyUsage; keyCertSign among it.
    pub key_usage: u16,
    /// The hash that it is signed over; `None`: it follows the key.
    pub signature_hash: Option<HashAlgorithm>,
    /// How far notBefore is set back, in seconds.
    pub backdate_seconds: u32,
    /// Extensions of fixed content.
    pub fixed: FixedExtensions,
    /// The subjectKeyIdentifier that the key has in a certificate that is renewed; `None`: that of RFC 7093.
    pub known_as: Option<Vec<u8>>,
}

impl RootTerms {
    /// keyCertSign and cRLSign, the key's own hash, valid from now, nothing fixed.
    #[must_use]
    pub fn plain() -> Self {
        Self {
            key_usage: KEY_CERT_SIGN | CRL_SIGN,
            signature_hash: None,
            backdate_seconds: 0,
            fixed: FixedExtensions::default(),
            known_as: None,
        }
    }

    /// Those of a profile of kind [`SubjectKind::Root`](crate::pki::profile::SubjectKind::Root).
    #[must_use]
    pub fn of(profile: &Profile) -> Self {
        Self {
            key_usage: profile.key_usage,
            signature_hash: profile.signature_hash,
            backdate_seconds: profile.backdate_seconds,
            fixed: profile.fixed.clone(),
            known_as: None,
        }
    }

    /// The same for a key that is known by the identifier in this certificate.
    #[must_use]
    pub fn known_as_in(self, renewed: &Certificate) -> Self {
        Self { known_as: renewed.subject_key_identifier().map(<[u8]>::to_vec), ..self }
    }
}

/// What is typed for a root, judged before its key is made: a key whose certificate cannot be would stay in the token.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn check_root(name: &Name, days: u32, path_length: Option<u32>) -> Result<(), String> {
    if name.is_empty() {
        return Err("a CA needs a subject name".into());
    }
    if !(1..=DAYS_MAX).contains(&days) {
        return Err(format!("a validity of {days} days is not between 1 and {DAYS_MAX}"));
    }
    match path_length {
        Some(length) if length > PATH_LENGTH_MAX => {
            Err(format!("a path length of {length} is more than {PATH_LENGTH_MAX}"))
        }
        _ => Ok(()),
    }
}

/// notAfter so many days from now on.
///
/// # Errors
/// A sentence, where that is not before [`Time::NO_EXPIRY`], which nobody asked for then.
pub fn end_of_days(now: Time, days: u32) -> Result<Time, String> {
    now.end_of_days(days)
        .ok_or_else(|| format!("{days} days from now are after the year 9999, where no certificate ends"))
}

/// Decides a self-signed root certificate; the lint for roots has passed. It is valid from now for exactly so many
/// days, both ends included, and may sign certificates and CRLs and nothing else.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn plan_root(fields: &RootFields, facts: Facts) -> Result<PlannedCertificate, String> {
    plan_root_by(fields, &RootTerms::plain(), facts)
}

/// The same by the terms of a profile.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn plan_root_by(
    fields: &RootFields,
    terms: &RootTerms,
    facts: Facts,
) -> Result<PlannedCertificate, String> {
    check_root(&fields.name, fields.days, fields.path_length)?;
    let made = fields.public_key.key_identifier();
    let key_identifier: &[u8] = terms.known_as.as_deref().unwrap_or(&made);
    let not_before = facts.now.plus_seconds(-i64::from(terms.backdate_seconds));
    let not_after = end_of_days(facts.now, fields.days)?;
    let mut extensions = vec![
        PlannedExtension::Authority { path_length: fields.path_length },
        PlannedExtension::KeyUsage(terms.key_usage),
        PlannedExtension::SubjectKeyIdentifier(key_identifier.to_vec()),
        PlannedExtension::AuthorityKeyIdentifier(key_identifier.to_vec()),
    ];
    let fixed = fixed::encode(&terms.fixed).map_err(|error| error.to_string())?;
    extensions.extend(fixed.into_iter().map(PlannedExtension::Fixed));
    let tbs = Tbs {
        serial: facts.serial,
        algorithm: fields.public_key.signing_algorithm_over(fields.rsa_scheme, terms.signature_hash),
        issuer: fields.name.der(),
        not_before,
        not_after,
        subject: fields.name.der(),
        spki: fields.public_key.spki(),
        extensions: &extensions,
    };
    let expected = lint::Expected {
        issuer: fields.name.der(),
        issuer_key_identifier: key_identifier,
        spki: fields.public_key.spki(),
        known_as: terms.known_as.as_deref(),
        kind: lint::Kind::Root,
        standard: Standard::Rfc5280,
        granted: Some(lint::Granted {
            serial: facts.serial.as_octets(),
            subject: fields.name.der(),
            not_before,
            not_after,
            key_usage: terms.key_usage,
            path_length: fields.path_length,
            extended_key_usage: &[],
            extended_key_usage_criticality: Criticality::NonCritical,
            key_identifier: KeyIdentifier::Present,
            fixed: &terms.fixed,
            copied: Vec::new(),
        }),
    };
    let (octets, _) = linted(&tbs, &expected, &[]).map_err(|faults| faults.join("; "))?;
    Ok(PlannedCertificate {
        tbs: octets,
        serial: facts.serial,
        subject: fields.name.clone(),
        spki_sha256: fields.public_key.spki_sha256(),
        not_before,
        not_after,
        notes: Vec::new(),
    })
}

/// What makes a certificate one of a CA.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AuthorityTerms {
    /// pathLenConstraint, if any.
    pub path_length: Option<u32>,
    /// What the names below it may be (RFC 5280 §4.2.1.10).
    pub names: NameConstraints,
}

/// What `TBSCertificate` octets say of a CA (RFC 5280 §4.2.1.9); `None` where they are not a CA's.
///
/// # Errors
/// [`CertificateError`] where the octets are none.
pub fn authority_terms(tbs: &[u8]) -> Result<Option<AuthorityTerms>, CertificateError> {
    let mut outer = Reader::new(tbs);
    let mut fields = outer.sequence("TBSCertificate")?;
    outer.finish("TBSCertificate")?;
    fields.expect(tag::context_constructed(0), "version")?;
    fields.integer("serialNumber")?;
    for noun in ["signature", "issuer", "validity", "subject", "subjectPublicKeyInfo"] {
        fields.expect(tag::SEQUENCE, noun)?;
    }
    let extensions = extensions::read(&mut fields)?;
    fields.finish("extensions")?;
    let Extensions { is_ca, path_length, name_constraints: names, .. } = extensions;
    Ok(is_ca.then_some(AuthorityTerms { path_length, names }))
}

/// The `CertificationRequestInfo` of a CA that asks a superior CA for its certificate: subject, key, and a request for
/// CA:TRUE, keyCertSign and cRLSign. The token signs these octets; [`assemble_request`] joins them.
///
/// # Panics
/// Never: two extensions of a fixed content can be written.
#[must_use]
pub fn request_info(name: &Name, public_key: &PublicKey) -> Vec<u8> {
    let wishes = [
        PlannedExtension::Authority { path_length: None },
        PlannedExtension::KeyUsage(KEY_CERT_SIGN | CRL_SIGN),
    ];
    let extensions: Vec<_> =
        wishes.iter().map(|wish| wish.encode().expect("a wish of fixed content can be written")).collect();
    let extensions = extensions.to_der().expect("two extensions can be written");
    let attribute = sequence(&[&oid(ID_EXTENSION_REQ), &element(tag::SET, &extensions)]);
    sequence(&[
        // RFC 2986 §4.1: version v1(0); attributes [0] IMPLICIT SET OF.
        &element(tag::INTEGER, &[0]),
        name.der(),
        public_key.spki(),
        &element(tag::context_constructed(0), &attribute),
    ])
}

/// Joins a `CertificationRequestInfo` and its signature, after checking it.
///
/// # Errors
/// [`KeyError`].
pub fn assemble_request(
    info: &[u8],
    public_key: &PublicKey,
    rsa_scheme: RsaScheme,
    signature: &[u8],
) -> Result<Vec<u8>, KeyError> {
    let algorithm = public_key.signing_algorithm(rsa_scheme);
    public_key.verify(algorithm, info, signature)?;
    let bits = element(tag::BIT_STRING, &[&[0], signature].concat());
    Ok(sequence(&[info, &algorithm.der(), &bits]))
}

fn oid(identifier: ObjectIdentifier) -> Vec<u8> {
    element(tag::OID, identifier.as_bytes())
}
