//! What makes a profile contradict itself, which of its keys does, and what to do about it.

use thiserror::Error;

use crate::pki::text::Printable;

use super::{
    BACKDATE_SECONDS_MAX, DAYS_MAX, PATH_LENGTH_MAX, RSA_BITS_MAX, RSA_BITS_MIN, fixed::CUSTOM_OCTETS_MAX,
};

/// What makes a profile contradict itself or a law of this appliance.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum ProfileError {
    /// notBefore is set back too far.
    #[error("notBefore is set back {seconds} seconds, more than {BACKDATE_SECONDS_MAX}")]
    Backdate {
        /// How far, in seconds.
        seconds: u32,
    },
    /// An extension is to be critical that is not there.
    #[error("there is nothing that could be critical")]
    CriticalNothing(&'static str),
    /// A CA certificate with a critical extension that this appliance does not know could not be installed.
    #[error("a CA with a critical extension of its own kind could not issue anything here")]
    CustomCritical,
    /// A custom extension's value is not one element of strict DER.
    #[error("a custom extension's value is not strict DER: {0}")]
    CustomDer(String),
    /// A custom extension of a type that has keys of its own.
    #[error("the extension {0} has keys of its own and cannot be a custom one")]
    CustomManaged(&'static str),
    /// A custom extension's value is too large.
    #[error("a custom extension of {octets} octets is larger than {CUSTOM_OCTETS_MAX}")]
    CustomSize {
        /// How many octets.
        octets: usize,
    },
    /// A validity of no days, or of more than there are.
    #[error("a validity of {days} days is not between 1 and {DAYS_MAX}")]
    Days {
        /// How many.
        days: u32,
    },
    /// A CA must have a subject name (RFC 5280 §4.1.2.6).
    #[error("a CA cannot have an empty subject")]
    EmptySubject,
    /// An extension of fixed content is also to be copied from requests.
    #[error("the extension that `{0}` fixes cannot be copied from a request as well")]
    ExtensionFixed(&'static str),
    /// The profile allows an extension that it decides itself.
    #[error("the extension {0} is decided by the profile and cannot be copied from a request")]
    ExtensionManaged(&'static str),
    /// A root copies nothing from a request, for there is none.
    #[error("a root is made without a request, so nothing can be copied from one")]
    ExtensionRoot,
    /// anyExtendedKeyUsage makes the whole extension void (RFC 5280 §4.2.1.12).
    #[error("anyExtendedKeyUsage grants everything")]
    ExtendedKeyUsageAny,
    /// An extendedKeyUsage that this kind of profile may not grant.
    #[error("a verification certificate cannot have clientAuth, or it could stand for a device")]
    ExtendedKeyUsageClient,
    /// A CA with `OCSPSigning` could answer in its issuer's name for all that its issuer issued (RFC 6960 §4.2.2.2).
    #[error("a CA with OCSPSigning could speak for its issuer on every certificate")]
    ExtendedKeyUsageOcsp,
    /// A root's extendedKeyUsage limits nothing: the trust anchor is no part of the path (RFC 5280 §6.1).
    #[error("a root with an extended key usage limits nothing")]
    ExtendedKeyUsageRoot,
    /// keyUsage without any bit, or with bits that do not exist (RFC 5280 §4.2.1.3).
    #[error("the key usage grants nothing, or bits that do not exist")]
    KeyUsage,
    /// keyCertSign or cRLSign for a subject that is not a CA.
    #[error("only a CA may have the key usage keyCertSign or cRLSign")]
    KeyUsageAuthority,
    /// A CA without keyCertSign.
    #[error("a CA needs the key usage keyCertSign")]
    KeyUsageMissing,
    /// encipherOnly or decipherOnly without keyAgreement, which have no meaning then (RFC 5280 §4.2.1.3).
    #[error("encipherOnly and decipherOnly mean nothing without keyAgreement")]
    KeyUsageOneWay,
    /// No key algorithm is taken.
    #[error("no key algorithm is taken")]
    Keys,
    /// Limits of a CA in a profile for another kind of subject.
    #[error("only a subordinate CA has limits of names and policies below it")]
    LimitsNoAuthority(&'static str),
    /// "Must staple" where nothing can be stapled (RFC 7633 §4.2.2).
    #[error("a certificate that must be stapled needs serverAuth and an OCSP responder")]
    MustStaple,
    /// nocheck is for OCSP responders (RFC 6960 §4.2.2.2.1).
    #[error("only a certificate for OCSPSigning goes without a check of its revocation")]
    OcspNoCheck,
    /// An OBJECT IDENTIFIER that cannot be written.
    #[error("an object identifier is malformed")]
    Oid(&'static str),
    /// Certificates that cannot be divided among CRLs.
    #[error("certificates cannot be divided among CRLs so: {0}")]
    Partitions(&'static str),
    /// A path length that nobody verifies.
    #[error("a path length of {0} is more than {PATH_LENGTH_MAX}")]
    PathLength(u32),
    /// An RSA size out of bounds.
    #[error("RSA-{0} is not between RSA-{RSA_BITS_MIN} and RSA-{RSA_BITS_MAX}")]
    RsaBits(u32),
    /// A count of certificates that no path has.
    #[error("more than {PATH_LENGTH_MAX} certificates are in no path")]
    SkipCertificates(&'static str),
    /// The profile is not what its standard demands.
    #[error("{standard} demands {what}")]
    Standard {
        /// Which standard, with its clause.
        standard: &'static str,
        /// The key that is against it.
        key: &'static str,
        /// What it demands.
        what: &'static str,
    },
    /// A CA's certificate needs its key identifier (RFC 5280 §4.2.1.2).
    #[error("a CA needs its subject key identifier")]
    SubjectKeyIdentifier,
    /// RFC 3161 §2.3: timeStamping stands alone, and its extension is critical.
    #[error("timeStamping must be the only extended key usage, and critical (RFC 3161)")]
    TimeStamping(&'static str),
    /// A list is too long.
    #[error("there are more than {max}")]
    TooMany {
        /// The key.
        key: &'static str,
        /// Most entries.
        max: usize,
    },
    /// An entry stands twice in a list.
    #[error("an entry stands there twice")]
    Twice(&'static str),
    /// Scripts would make CAs.
    #[error("a CA is made with a typed approval only")]
    UnattendedAuthority,
    /// A URI that nobody can fetch from.
    #[error("{uri} is not an http, https or ldap URI with a host")]
    Uri {
        /// The key.
        key: &'static str,
        /// The text.
        uri: Printable,
    },
    /// No rule that can be waived speaks of a root.
    #[error("no rule that can be waived speaks of a root")]
    WaiverRoot,
}

impl ProfileError {
    /// The key of authority.toml that is at fault.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::Backdate { .. } => "backdate-minutes",
            Self::CustomCritical | Self::CustomDer(_) | Self::CustomManaged(_) | Self::CustomSize { .. } => {
                "custom-extensions"
            }
            Self::Days { .. } => "validity-days",
            Self::EmptySubject => "empty-subject",
            Self::ExtensionFixed(_) | Self::ExtensionManaged(_) | Self::ExtensionRoot => "allow-extensions",
            Self::ExtendedKeyUsageAny
            | Self::ExtendedKeyUsageClient
            | Self::ExtendedKeyUsageOcsp
            | Self::ExtendedKeyUsageRoot => "extended-key-usage",
            Self::KeyUsage | Self::KeyUsageAuthority | Self::KeyUsageMissing | Self::KeyUsageOneWay => {
                "key-usage"
            }
            Self::Keys | Self::RsaBits(_) => "keys",
            Self::MustStaple => "must-staple",
            Self::OcspNoCheck => "ocsp-no-check",
            Self::Partitions(_) => "crl-partitions",
            Self::PathLength(_) => "path-length",
            Self::SubjectKeyIdentifier => "subject-key-identifier",
            Self::UnattendedAuthority => "unattended",
            Self::CriticalNothing(key)
            | Self::LimitsNoAuthority(key)
            | Self::Oid(key)
            | Self::SkipCertificates(key)
            | Self::Standard { key, .. }
            | Self::TimeStamping(key)
            | Self::TooMany { key, .. }
            | Self::Twice(key)
            | Self::Uri { key, .. } => key,
            Self::WaiverRoot => "waivers",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Backdate { .. } => "set notBefore back by at most a week",
            Self::CriticalNothing(_) => "take the key out, or name what is to be critical",
            Self::CustomCritical => "set `critical = false`",
            Self::CustomDer(_) => "write one DER element as hexadecimal digits, such as 0500 for a NULL",
            Self::CustomManaged(_) => "use the keys of docs/CONFIGURATION.md that set it",
            Self::CustomSize { .. } => "put what is so large elsewhere, and its digest or a URI here",
            Self::Days { .. } => "give a number of days, or `not-after = \"no-expiry\"`",
            Self::EmptySubject => "set `empty-subject = \"refuse\"`",
            Self::ExtensionFixed(_) => "take it from `allow-extensions`, or do not fix it",
            Self::ExtensionManaged(_) => "take it from `allow-extensions`; the profile's own keys decide it",
            Self::ExtensionRoot => "leave `allow-extensions` empty",
            Self::ExtendedKeyUsageAny => {
                "name the usages that are needed, or leave `extended-key-usage` empty"
            }
            Self::ExtendedKeyUsageClient | Self::ExtendedKeyUsageRoot => "leave `extended-key-usage` empty",
            Self::ExtendedKeyUsageOcsp => "take OCSPSigning away; a responder gets a certificate of its own",
            Self::KeyUsage => "name at least one usage, such as `digitalSignature`",
            Self::KeyUsageAuthority => {
                "take keyCertSign and cRLSign away, or make it a `subordinate-ca` profile"
            }
            Self::KeyUsageMissing => "add `keyCertSign` to `key-usage`",
            Self::KeyUsageOneWay => "add `keyAgreement` to `key-usage`, or take them away",
            Self::Keys => "name at least one, such as `P-256`",
            Self::LimitsNoAuthority(_) => "take it out, or make it a `subordinate-ca` profile",
            Self::MustStaple => "set `ocsp` and grant serverAuth, or take `must-staple` out",
            Self::OcspNoCheck => "grant OCSPSigning, or take `ocsp-no-check` out",
            Self::Oid(_) => "write it as numbers with dots, such as 1.3.6.1.5.5.7.3.2",
            Self::Partitions(_) => {
                "write 1 to 256, and URIs with {partition} in them, such as http://pki.example.com/ca-{partition}.crl"
            }
            Self::PathLength(_) => "give 0 where the CA issues to devices only",
            Self::RsaBits(_) => "name a size such as RSA-2048; larger keys are taken with it",
            Self::SkipCertificates(_) => "give 0 where it holds from the next certificate on",
            Self::Standard { .. } => {
                "do as it demands, or take `standard` out; docs/CONFIGURATION.md has each"
            }
            Self::SubjectKeyIdentifier => "set `subject-key-identifier = true`",
            Self::TimeStamping(_) => {
                "set `extended-key-usage = [\"timeStamping\"]` and `extended-key-usage-critical = true`"
            }
            Self::TooMany { .. } => "name fewer",
            Self::Twice(_) => "write it once",
            Self::UnattendedAuthority => "set `unattended = false`",
            Self::Uri { .. } => {
                "write it whole, such as http://pki.example.com/ca.crl, in ASCII, of at most 512 octets"
            }
            Self::WaiverRoot => "take `waivers` out",
        }
    }
}
