//! Profiles (RFC 3647 §7): what a certificate contains.
//!
//! Read [`Profile`] first; [`Profile::validated`] holds what every profile must be, whoever wrote it.

use const_oid::{ObjectIdentifier, db::rfc5280};
use thiserror::Error;

use super::{
    key::{KeyAlgorithm, RsaScheme},
    naming::Naming,
    time::Time,
};

/// keyUsage digitalSignature, bit 0 of RFC 5280 §4.2.1.3.
pub const DIGITAL_SIGNATURE: u16 = 1 << 0;
/// keyUsage nonRepudiation (contentCommitment), bit 1.
pub const NON_REPUDIATION: u16 = 1 << 1;
/// keyUsage keyEncipherment, bit 2.
pub const KEY_ENCIPHERMENT: u16 = 1 << 2;
/// keyUsage dataEncipherment, bit 3.
pub const DATA_ENCIPHERMENT: u16 = 1 << 3;
/// keyUsage keyAgreement, bit 4.
pub const KEY_AGREEMENT: u16 = 1 << 4;
/// keyUsage keyCertSign, bit 5.
pub const KEY_CERT_SIGN: u16 = 1 << 5;
/// keyUsage cRLSign, bit 6.
pub const CRL_SIGN: u16 = 1 << 6;
/// keyUsage encipherOnly, bit 7.
pub const ENCIPHER_ONLY: u16 = 1 << 7;
/// keyUsage decipherOnly, bit 8.
pub const DECIPHER_ONLY: u16 = 1 << 8;

/// The names of the keyUsage bits (RFC 5280 §4.2.1.3), bit 0 first.
pub const KEY_USAGE_NAMES: [&str; 9] = [
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
];

/// The names of the keyUsage bits that are set, for people.
#[must_use]
pub fn key_usage_names(bits: u16) -> String {
    let names = KEY_USAGE_NAMES.iter().enumerate().filter(|(bit, _)| bits & 1 << bit != 0);
    names.map(|(_, name)| *name).collect::<Vec<_>>().join(", ")
}

/// Most days a profile may give: the years 1950 to 9999 hold no more.
pub const DAYS_MAX: u32 = 2_940_000;

/// Longest set-back of notBefore, in seconds: a week, more than any device's clock lags that still keeps time.
pub const BACKDATE_SECONDS_MAX: u32 = 7 * 86_400;

/// Largest pathLenConstraint: a path of more certificates is verified nowhere.
pub const PATH_LENGTH_MAX: u32 = 16;

/// Smallest RSA modulus taken, in bits (NIST SP 800-131A).
pub const RSA_BITS_MIN: u32 = 2048;

/// Largest RSA modulus taken, in bits: a larger one only costs time to whoever checks it.
pub const RSA_BITS_MAX: u32 = 8192;

/// What kind of subject a profile makes certificates for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SubjectKind {
    /// A device or a server: CA:FALSE.
    EndEntity,
    /// A subordinate CA: CA:TRUE with this path length.
    SubordinateCa {
        /// pathLenConstraint of the certificates made.
        path_length: u32,
    },
    /// A verification certificate: proof to a platform that the CA's key is held; CA:FALSE, no clientAuth.
    Verification,
}

impl SubjectKind {
    /// What it is, in a few words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::EndEntity => "devices and servers",
            Self::SubordinateCa { .. } => "subordinate CAs",
            Self::Verification => "proof to a platform",
        }
    }
}

/// When a certificate ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum End {
    /// So many days after it begins.
    Days(u32),
    /// At a fixed moment; [`Time::NO_EXPIRY`] for none.
    At(Time),
}

/// What happens where a certificate would outlive its issuer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BeyondIssuer {
    /// The request is refused.
    Refuse,
    /// The certificate ends with its issuer, and a note says so.
    Shorten,
}

/// What happens to a public key that stands twice in a batch or was certified before.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DuplicateKeys {
    /// The later one is refused.
    Refuse,
    /// A note on the request.
    Note,
}

/// Whether a certificate carries a subjectKeyIdentifier.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyIdentifier {
    /// It does (RFC 5280 §4.2.1.2).
    Present,
    /// It does not.
    Absent,
}

/// Whether a batch may be issued without a typed approval (`issue --yes`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Approval {
    /// An officer types the words of the plan digest.
    Typed,
    /// The configuration lets scripts issue.
    Unattended,
}

/// A profile, validated. Made by `config` from authority.toml.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Profile {
    /// Its name in authority.toml.
    pub name: String,
    /// Kind of subject.
    pub kind: SubjectKind,
    /// Whether scripts may issue.
    pub approval: Approval,
    /// When certificates end.
    pub end: End,
    /// How far notBefore is set back, in seconds, for devices whose clock lags.
    pub backdate_seconds: u32,
    /// At the issuer's end.
    pub beyond_issuer: BeyondIssuer,
    /// keyUsage bits granted (bit n as in RFC 5280 §4.2.1.3); what a request asks beyond is dropped.
    pub key_usage: u16,
    /// extKeyUsage granted, OIDs as DER content octets; empty: no such extension.
    pub extended_key_usage: Vec<Vec<u8>>,
    /// Extensions (OIDs as DER content octets) that are copied from the request when it asks for them.
    pub allowed_extensions: Vec<Vec<u8>>,
    /// Whether an empty subject is taken (then a SAN is needed and becomes critical, RFC 5280 §4.1.2.6).
    pub empty_subject: EmptySubject,
    /// Key algorithms taken; RSA as the smallest size in bits with everything above it up to 8192.
    pub keys: Vec<KeyAlgorithm>,
    /// subjectKeyIdentifier.
    pub key_identifier: KeyIdentifier,
    /// How an RSA CA signs.
    pub rsa_scheme: RsaScheme,
    /// Duplicate public keys.
    pub duplicate_keys: DuplicateKeys,
    /// Which names are taken, and where they come from.
    pub naming: Naming,
}

/// What makes a profile contradict itself or a law of this appliance.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum ProfileError {
    /// notBefore is set back too far.
    #[error("notBefore is set back {seconds} seconds, more than {BACKDATE_SECONDS_MAX}")]
    Backdate {
        /// How far, in seconds.
        seconds: u32,
    },
    /// A validity of no days, or of more than there are.
    #[error("a validity of {days} days is not between 1 and {DAYS_MAX}")]
    Days {
        /// How many.
        days: u32,
    },
    /// A CA must have a subject name (RFC 5280 §4.1.2.6).
    #[error("a subordinate CA cannot have an empty subject")]
    EmptySubject,
    /// The profile allows an extension that it decides itself.
    #[error("the extension {0} is decided by the profile and cannot be copied from a request")]
    ExtensionManaged(&'static str),
    /// An extendedKeyUsage that this kind of profile may not grant.
    #[error("a verification certificate cannot have clientAuth, or it could stand for a device")]
    ExtendedKeyUsageClient,
    /// anyExtendedKeyUsage makes the whole extension void (RFC 5280 §4.2.1.12).
    #[error("anyExtendedKeyUsage grants everything")]
    ExtendedKeyUsageAny,
    /// keyUsage without any bit, or with bits that do not exist (RFC 5280 §4.2.1.3).
    #[error("the key usage grants nothing, or bits that do not exist")]
    KeyUsage,
    /// keyCertSign or cRLSign for a subject that is not a CA.
    #[error("only a subordinate CA may have the key usage keyCertSign or cRLSign")]
    KeyUsageAuthority,
    /// A subordinate CA without keyCertSign.
    #[error("a subordinate CA needs the key usage keyCertSign")]
    KeyUsageMissing,
    /// No key algorithm is taken.
    #[error("no key algorithm is taken")]
    Keys,
    /// An OBJECT IDENTIFIER that cannot be written.
    #[error("an object identifier is malformed")]
    Oid,
    /// A path length that nobody verifies.
    #[error("a path length of {0} is more than {PATH_LENGTH_MAX}")]
    PathLength(u32),
    /// An RSA size out of bounds.
    #[error("RSA-{0} is not between RSA-{RSA_BITS_MIN} and RSA-{RSA_BITS_MAX}")]
    RsaBits(u32),
    /// A CA's certificate needs its key identifier (RFC 5280 §4.2.1.2).
    #[error("a subordinate CA needs its subject key identifier")]
    SubjectKeyIdentifier,
}

impl ProfileError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Backdate { .. } => "set notBefore back by at most a week",
            Self::Days { .. } => "give a number of days, or `not-after = \"no-expiry\"`",
            Self::EmptySubject => "set `empty-subject = \"refuse\"`",
            Self::ExtensionManaged(_) => "take it from `allow-extensions`; the profile's own keys decide it",
            Self::ExtendedKeyUsageClient => "leave `extended-key-usage` empty",
            Self::ExtendedKeyUsageAny => {
                "name the usages that are needed, or leave `extended-key-usage` empty"
            }
            Self::KeyUsage => "name at least one usage, such as `digitalSignature`",
            Self::KeyUsageAuthority => {
                "take keyCertSign and cRLSign away, or make it a `subordinate-ca` profile"
            }
            Self::KeyUsageMissing => "add `keyCertSign` to `key-usage`",
            Self::Keys => "name at least one, such as `P-256`",
            Self::Oid => "write it as numbers with dots, such as 1.3.6.1.5.5.7.3.2",
            Self::PathLength(_) => "give 0 where the CA issues to devices only",
            Self::RsaBits(_) => "name a size such as RSA-2048; larger keys are taken with it",
            Self::SubjectKeyIdentifier => "set `subject-key-identifier = true`",
        }
    }
}

impl Profile {
    /// Checks that the profile keeps the laws that hold for its kind; nothing plans with a profile that does not.
    ///
    /// # Errors
    /// The first [`ProfileError`].
    pub fn validated(self) -> Result<Self, ProfileError> {
        self.check_times()?;
        self.check_usages()?;
        if self.keys.is_empty() {
            return Err(ProfileError::Keys);
        }
        for key in &self.keys {
            match key {
                KeyAlgorithm::Rsa { bits } if !(RSA_BITS_MIN..=RSA_BITS_MAX).contains(bits) => {
                    return Err(ProfileError::RsaBits(*bits));
                }
                _ => {}
            }
        }
        if let SubjectKind::SubordinateCa { path_length } = self.kind {
            if path_length > PATH_LENGTH_MAX {
                return Err(ProfileError::PathLength(path_length));
            }
            if self.empty_subject != EmptySubject::Refuse {
                return Err(ProfileError::EmptySubject);
            }
            if self.key_identifier == KeyIdentifier::Absent {
                return Err(ProfileError::SubjectKeyIdentifier);
            }
        }
        Ok(self)
    }

    fn check_times(&self) -> Result<(), ProfileError> {
        if self.backdate_seconds > BACKDATE_SECONDS_MAX {
            return Err(ProfileError::Backdate { seconds: self.backdate_seconds });
        }
        match self.end {
            End::Days(days) if !(1..=DAYS_MAX).contains(&days) => Err(ProfileError::Days { days }),
            _ => Ok(()),
        }
    }

    fn check_usages(&self) -> Result<(), ProfileError> {
        if self.key_usage == 0 || self.key_usage >> KEY_USAGE_NAMES.len() != 0 {
            return Err(ProfileError::KeyUsage);
        }
        match self.kind {
            SubjectKind::SubordinateCa { .. } if self.key_usage & KEY_CERT_SIGN == 0 => {
                return Err(ProfileError::KeyUsageMissing);
            }
            SubjectKind::SubordinateCa { .. } => {}
            SubjectKind::EndEntity | SubjectKind::Verification => {
                if self.key_usage & (KEY_CERT_SIGN | CRL_SIGN) != 0 {
                    return Err(ProfileError::KeyUsageAuthority);
                }
            }
        }
        let readable = |oid: &Vec<u8>| ObjectIdentifier::from_bytes(oid).is_ok();
        if !self.extended_key_usage.iter().all(readable) || !self.allowed_extensions.iter().all(readable) {
            return Err(ProfileError::Oid);
        }
        for (oid, name) in MANAGED_EXTENSIONS {
            if self.allowed_extensions.iter().any(|allowed| allowed == oid.as_bytes()) {
                return Err(ProfileError::ExtensionManaged(name));
            }
        }
        let grants = |usage: ObjectIdentifier| {
            self.extended_key_usage.iter().any(|granted| granted == usage.as_bytes())
        };
        if grants(rfc5280::ANY_EXTENDED_KEY_USAGE) {
            return Err(ProfileError::ExtendedKeyUsageAny);
        }
        if self.kind == SubjectKind::Verification && grants(rfc5280::ID_KP_CLIENT_AUTH) {
            return Err(ProfileError::ExtendedKeyUsageClient);
        }
        Ok(())
    }

    /// What it makes, in a few words: the subject's kind, and what its certificates may be used for.
    #[must_use]
    pub fn summary(&self) -> String {
        let uses: Vec<String> = self.extended_key_usage.iter().map(|oid| super::plan::name_of(oid)).collect();
        match uses.as_slice() {
            [] => self.kind.words().to_owned(),
            uses => format!("{}: {}", self.kind.words(), uses.join(", ")),
        }
    }

    /// Whether the profile takes a key of this algorithm; an RSA size stands for itself and all above it up to
    /// [`RSA_BITS_MAX`].
    #[must_use]
    pub fn takes(&self, key: KeyAlgorithm) -> bool {
        self.keys.iter().any(|taken| match (taken, key) {
            (KeyAlgorithm::Rsa { bits: least }, KeyAlgorithm::Rsa { bits }) => {
                (*least..=RSA_BITS_MAX).contains(&bits)
            }
            (taken, key) => *taken == key,
        })
    }

    /// The keyUsage bits that a certificate for a key of this algorithm gets: the profile's, without those that the
    /// algorithm cannot serve (RFC 3279 §2.3.1 for RSA, RFC 8813 §3 for EC, RFC 9295 §3 for Ed25519).
    #[must_use]
    pub fn key_usage_for(&self, key: KeyAlgorithm) -> u16 {
        let agreement = KEY_AGREEMENT | ENCIPHER_ONLY | DECIPHER_ONLY;
        let unfit = match key {
            KeyAlgorithm::Rsa { .. } => agreement,
            KeyAlgorithm::Ec(_) => KEY_ENCIPHERMENT | DATA_ENCIPHERMENT,
            KeyAlgorithm::Ed25519 => KEY_ENCIPHERMENT | DATA_ENCIPHERMENT | agreement,
        };
        self.key_usage & !unfit
    }
}

/// Extensions whose content the profile and the plan decide; a request can wish for them, but never brings them in.
/// The last three limit a CA, must be critical, and are for its superior to decide.
const MANAGED_EXTENSIONS: [(ObjectIdentifier, &str); 8] = [
    (rfc5280::ID_CE_BASIC_CONSTRAINTS, "basicConstraints"),
    (rfc5280::ID_CE_KEY_USAGE, "keyUsage"),
    (rfc5280::ID_CE_EXT_KEY_USAGE, "extKeyUsage"),
    (rfc5280::ID_CE_SUBJECT_KEY_IDENTIFIER, "subjectKeyIdentifier"),
    (rfc5280::ID_CE_AUTHORITY_KEY_IDENTIFIER, "authorityKeyIdentifier"),
    (rfc5280::ID_CE_NAME_CONSTRAINTS, "nameConstraints"),
    (rfc5280::ID_CE_POLICY_CONSTRAINTS, "policyConstraints"),
    (rfc5280::ID_CE_INHIBIT_ANY_POLICY, "inhibitAnyPolicy"),
];

/// Whether a request without a subject name is taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EmptySubject {
    /// It is refused.
    Refuse,
    /// It is taken where it asks for an alternative name that the profile allows.
    WithAlternativeName,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::key::Curve;

    fn device() -> Profile {
        Profile {
            name: "device".into(),
            kind: SubjectKind::EndEntity,
            approval: Approval::Typed,
            end: End::Days(1),
            backdate_seconds: 0,
            beyond_issuer: BeyondIssuer::Refuse,
            key_usage: DIGITAL_SIGNATURE | KEY_ENCIPHERMENT,
            extended_key_usage: vec![rfc5280::ID_KP_CLIENT_AUTH.as_bytes().to_vec()],
            allowed_extensions: vec![rfc5280::ID_CE_SUBJECT_ALT_NAME.as_bytes().to_vec()],
            empty_subject: EmptySubject::Refuse,
            keys: vec![KeyAlgorithm::Ec(Curve::P256), KeyAlgorithm::Rsa { bits: 3072 }],
            key_identifier: KeyIdentifier::Present,
            rsa_scheme: RsaScheme::Pkcs1,
            duplicate_keys: DuplicateKeys::Refuse,
            naming: Naming::default(),
        }
    }

    fn check(change: impl FnOnce(&mut Profile), expected: Option<&ProfileError>) {
        let mut profile = device();
        change(&mut profile);
        assert_eq!(profile.validated().err().as_ref(), expected);
    }

    #[test]
    fn refuses_a_profile_that_contradicts_itself() {
        let authority = SubjectKind::SubordinateCa { path_length: 0 };
        check(|_| {}, None);
        check(|p| p.end = End::Days(0), Some(&ProfileError::Days { days: 0 }));
        check(|p| p.end = End::At(Time::NO_EXPIRY), None);
        check(|p| p.backdate_seconds = 604_801, Some(&ProfileError::Backdate { seconds: 604_801 }));
        check(|p| p.key_usage = 0, Some(&ProfileError::KeyUsage));
        check(|p| p.key_usage = 1 << 9, Some(&ProfileError::KeyUsage));
        check(|p| p.key_usage |= KEY_CERT_SIGN, Some(&ProfileError::KeyUsageAuthority));
        check(|p| p.key_usage |= CRL_SIGN, Some(&ProfileError::KeyUsageAuthority));
        check(|p| p.kind = authority, Some(&ProfileError::KeyUsageMissing));
        check(
            |p| {
                p.kind = SubjectKind::SubordinateCa { path_length: 17 };
                p.key_usage = KEY_CERT_SIGN;
            },
            Some(&ProfileError::PathLength(17)),
        );
        check(|p| p.keys.clear(), Some(&ProfileError::Keys));
        check(|p| p.keys = vec![KeyAlgorithm::Rsa { bits: 1024 }], Some(&ProfileError::RsaBits(1024)));
        check(|p| p.kind = SubjectKind::Verification, Some(&ProfileError::ExtendedKeyUsageClient));
        let any = rfc5280::ANY_EXTENDED_KEY_USAGE.as_bytes();
        check(|p| p.extended_key_usage = vec![any.to_vec()], Some(&ProfileError::ExtendedKeyUsageAny));
        check(|p| p.allowed_extensions = vec![vec![0x80]], Some(&ProfileError::Oid));
        check(
            |p| p.allowed_extensions = vec![rfc5280::ID_CE_KEY_USAGE.as_bytes().to_vec()],
            Some(&ProfileError::ExtensionManaged("keyUsage")),
        );
    }

    #[test]
    fn takes_rsa_keys_of_a_size_and_above() {
        for (bits, expected) in [(2048, false), (3072, true), (8192, true), (8200, false)] {
            assert_eq!(device().takes(KeyAlgorithm::Rsa { bits }), expected, "{bits}");
        }
        assert!(!device().takes(KeyAlgorithm::Ec(Curve::P384)));
    }

    #[test]
    fn grants_no_usage_that_the_key_cannot_serve() {
        assert_eq!(device().key_usage_for(KeyAlgorithm::Ec(Curve::P256)), DIGITAL_SIGNATURE);
        assert_eq!(
            device().key_usage_for(KeyAlgorithm::Rsa { bits: 2048 }),
            DIGITAL_SIGNATURE | KEY_ENCIPHERMENT
        );
    }
}
