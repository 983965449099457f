//! A `TBSCertificate` written with the `RustCrypto` encoders, so that the lint's reader is other code.
//!
//! Names, keys and copied values go in as raw octets: nothing of a request is decoded and encoded again.

use der::{
    AnyRef, DateTime, Decode as _, Encode as _, Sequence,
    asn1::{IntRef, ObjectIdentifier, OctetString},
    flagset::FlagSet,
};
use thiserror::Error;
use x509_cert::{
    ext::{
        Extension,
        pkix::{
            AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages,
            SubjectKeyIdentifier,
        },
    },
    time::{Time as X509Time, Validity},
};

use const_oid::db::rfc5280;

use crate::pki::{key::SignatureAlgorithm, profile::Criticality, serial::SerialNumber, time::Time};

/// The plan could not be written down as octets: a value that certificates cannot hold.
#[derive(Debug, Error)]
pub(super) enum TbsError {
    #[error("a value cannot be written: {0}")]
    Der(#[from] der::Error),
    #[error("the key usage has bits that do not exist")]
    KeyUsage,
    #[error("a path length of {0} cannot be written")]
    PathLength(u32),
    #[error("a subtree of names is of a form that is not written")]
    Subtree,
    #[error("the moment {0} cannot be written")]
    Time(Time),
}

/// Everything that a `TBSCertificate` is made of.
pub(super) struct Tbs<'a> {
    pub serial: SerialNumber,
    pub algorithm: SignatureAlgorithm,
    /// The issuer's subject, DER.
    pub issuer: &'a [u8],
    pub not_before: Time,
    pub not_after: Time,
    /// The subject, DER as the request had it.
    pub subject: &'a [u8],
    /// The `SubjectPublicKeyInfo`, DER.
    pub spki: &'a [u8],
    pub extensions: &'a [PlannedExtension],
}

/// What an extension of the certificate says.
#[derive(Clone, Debug)]
pub(super) enum PlannedExtension {
    AuthorityKeyIdentifier(Vec<u8>),
    /// CA:FALSE.
    EndEntity,
    /// CA:TRUE with or without a pathLenConstraint.
    Authority {
        path_length: Option<u32>,
    },
    ExtendedKeyUsage {
        usages: Vec<Vec<u8>>,
        criticality: Criticality,
    },
    /// One of the profile's own, of fixed content.
    Fixed(Extension),
    KeyUsage(u16),
    SubjectKeyIdentifier(Vec<u8>),
    /// Copied from the request, value octet for octet.
    Copied {
        oid: Vec<u8>,
        critical: bool,
        value: Vec<u8>,
    },
}

/// RFC 5280 §4.1.2, with foreign elements as they came.
#[derive(Sequence)]
struct RawTbs<'a> {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    version: u8,
    serial: IntRef<'a>,
    signature: AnyRef<'a>,
    issuer: AnyRef<'a>,
    validity: Validity,
    subject: AnyRef<'a>,
    spki: AnyRef<'a>,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT")]
    extensions: Vec<Extension>,
}

impl Tbs<'_> {
    /// The `TBSCertificate`'s DER.
    pub fn to_der(&self) -> Result<Vec<u8>, TbsError> {
        let signature = self.algorithm.der();
        let validity = Validity::new(moment(self.not_before)?, moment(self.not_after)?);
        let extensions = self.extensions.iter().map(PlannedExtension::encode).collect::<Result<_, _>>()?;
        let raw = RawTbs {
            // v3
            version: 2,
            serial: IntRef::new(self.serial.as_octets())?,
            signature: AnyRef::from_der(&signature)?,
            issuer: AnyRef::from_der(self.issuer)?,
            validity,
            subject: AnyRef::from_der(self.subject)?,
            spki: AnyRef::from_der(self.spki)?,
            extensions,
        };
        Ok(raw.to_der()?)
    }
}

/// RFC 5280 §4.1.2.5: `UTCTime` through 2049, `GeneralizedTime` from 2050.
fn moment(time: Time) -> Result<X509Time, TbsError> {
    let (year, month, day, hour, minute, second) = time.civil();
    let small = |field: u32| u8::try_from(field).map_err(|_| TbsError::Time(time));
    let year = u16::try_from(year).map_err(|_| TbsError::Time(time))?;
    let moment =
        DateTime::new(year, small(month)?, small(day)?, small(hour)?, small(minute)?, small(second)?)
            .map_err(|_| TbsError::Time(time))?;
    Ok(X509Time::from(moment))
}

impl PlannedExtension {
    pub fn encode(&self) -> Result<Extension, TbsError> {
        let (extn_id, critical, value) = match self {
            Self::AuthorityKeyIdentifier(identifier) => {
                let value = AuthorityKeyIdentifier {
                    key_identifier: Some(OctetString::new(identifier.as_slice())?),
                    ..AuthorityKeyIdentifier::default()
                };
                (rfc5280::ID_CE_AUTHORITY_KEY_IDENTIFIER, false, value.to_der()?)
            }
            Self::Authority { path_length } => {
                let narrow = |length: u32| u8::try_from(length).map_err(|_| TbsError::PathLength(length));
                let path_len_constraint = path_length.map(narrow).transpose()?;
                let value = BasicConstraints { ca: true, path_len_constraint };
                (rfc5280::ID_CE_BASIC_CONSTRAINTS, true, value.to_der()?)
            }
            Self::EndEntity => {
                let value = BasicConstraints { ca: false, path_len_constraint: None };
                (rfc5280::ID_CE_BASIC_CONSTRAINTS, true, value.to_der()?)
            }
            Self::ExtendedKeyUsage { usages, criticality } => {
                let usages = usages.iter().map(|oid| identifier(oid)).collect::<Result<_, _>>()?;
                let critical = *criticality == Criticality::Critical;
                (rfc5280::ID_CE_EXT_KEY_USAGE, critical, ExtendedKeyUsage(usages).to_der()?)
            }
            Self::Fixed(extension) => return Ok(extension.clone()),
            Self::KeyUsage(bits) => {
                let flags = FlagSet::<KeyUsages>::new(*bits).map_err(|_| TbsError::KeyUsage)?;
                (rfc5280::ID_CE_KEY_USAGE, true, KeyUsage(flags).to_der()?)
            }
            Self::SubjectKeyIdentifier(identifier) => {
                let value = SubjectKeyIdentifier(OctetString::new(identifier.as_slice())?);
                (rfc5280::ID_CE_SUBJECT_KEY_IDENTIFIER, false, value.to_der()?)
            }
            Self::Copied { oid, critical, value } => (identifier(oid)?, *critical, value.clone()),
        };
        Ok(Extension { extn_id, critical, extn_value: OctetString::new(value)? })
    }
}

pub(super) fn identifier(oid: &[u8]) -> Result<ObjectIdentifier, TbsError> {
    Ok(ObjectIdentifier::from_bytes(oid).map_err(der::Error::from)?)
}
