//! Profiles (RFC 3647 §7): what a certificate contains.
//!
//! Read [`Profile`] first; [`Profile::validated`] holds what every profile must be, whoever wrote it.

mod error;
mod fixed;
mod partition;
mod standard;
#[cfg(test)]
pub(super) mod tests;
mod usage;

use const_oid::{ObjectIdentifier, db::rfc5280};

use super::{
    key::{HashAlgorithm, KeyAlgorithm, RsaScheme},
    lint::waiver::Waiver,
    naming::Naming,
    time::Time,
};

pub use error::ProfileError;
pub use fixed::{
    CUSTOM_OCTETS_MAX, Criticality, CustomExtension, FixedExtensions, Policy, PolicyConstraints, Presence,
    TLS_FEATURE,
};
pub use partition::PARTITIONS_MAX;
pub use standard::Standard;
pub use usage::*;

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
    /// A self-signed root: CA:TRUE; made by `ca create` alone, never from a request.
    Root,
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
            Self::Root => "roots",
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
    /// The certificate outlives it, and a note says so: for device identities that are to have no end.
    Keep,
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

/// What becomes of a subject that stands in the batch or the register already.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DuplicateSubjects {
    /// Nothing: devices of this profile are told apart by their keys.
    Accept,
    /// A note on the request.
    Note,
    /// The second one is refused.
    Refuse,
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
    /// The hash that certificates are signed over; `None`: it follows the CA's key.
    pub signature_hash: Option<HashAlgorithm>,
    /// Whether extKeyUsage is critical.
    pub extended_key_usage_criticality: Criticality,
    /// Extensions of fixed content.
    pub fixed: FixedExtensions,
    /// The standard that is kept beyond RFC 5280.
    pub standard: Standard,
    /// Duplicate public keys.
    pub duplicate_keys: DuplicateKeys,
    /// Subjects that another certificate has.
    pub duplicate_subjects: DuplicateSubjects,
    /// Which names are taken, and where they come from.
    pub naming: Naming,
    /// Rules of the lint that are set aside, in their order.
    pub waivers: Vec<Waiver>,
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
        self.check_authority()?;
        if self.kind == SubjectKind::Root && !self.waivers.is_empty() {
            return Err(ProfileError::WaiverRoot);
        }
        self.fixed.check(&self)?;
        self.standard.check(&self)?;
        Ok(self)
    }

    /// Whether it grants an extended key usage.
    #[must_use]
    pub fn grants(&self, usage: ObjectIdentifier) -> bool {
        self.extended_key_usage.iter().any(|granted| granted == usage.as_bytes())
    }

    /// Whether it makes CAs.
    #[must_use]
    pub fn makes_authorities(&self) -> bool {
        matches!(self.kind, SubjectKind::Root | SubjectKind::SubordinateCa { .. })
    }

    fn check_authority(&self) -> Result<(), ProfileError> {
        if !self.makes_authorities() {
            return Ok(());
        }
        if self.approval == Approval::Unattended {
            return Err(ProfileError::UnattendedAuthority);
        }
        if self.empty_subject != EmptySubject::Refuse {
            return Err(ProfileError::EmptySubject);
        }
        if self.key_identifier == KeyIdentifier::Absent {
            return Err(ProfileError::SubjectKeyIdentifier);
        }
        if self.fixed.custom.iter().any(|custom| custom.criticality == Criticality::Critical) {
            return Err(ProfileError::CustomCritical);
        }
        match self.kind {
            SubjectKind::SubordinateCa { path_length } if path_length > PATH_LENGTH_MAX => {
                Err(ProfileError::PathLength(path_length))
            }
            SubjectKind::SubordinateCa { .. } if self.grants(rfc5280::ID_KP_OCSP_SIGNING) => {
                Err(ProfileError::ExtendedKeyUsageOcsp)
            }
            SubjectKind::Root if !self.extended_key_usage.is_empty() => {
                Err(ProfileError::ExtendedKeyUsageRoot)
            }
            SubjectKind::Root if !self.allowed_extensions.is_empty() => Err(ProfileError::ExtensionRoot),
            _ => Ok(()),
        }
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
        if self.key_usage & (ENCIPHER_ONLY | DECIPHER_ONLY) != 0 && self.key_usage & KEY_AGREEMENT == 0 {
            return Err(ProfileError::KeyUsageOneWay);
        }
        match self.kind {
            SubjectKind::Root | SubjectKind::SubordinateCa { .. } if self.key_usage & KEY_CERT_SIGN == 0 => {
                return Err(ProfileError::KeyUsageMissing);
            }
            SubjectKind::Root | SubjectKind::SubordinateCa { .. } => {}
            SubjectKind::EndEntity | SubjectKind::Verification => {
                if self.key_usage & (KEY_CERT_SIGN | CRL_SIGN) != 0 {
                    return Err(ProfileError::KeyUsageAuthority);
                }
            }
        }
        let readable = |oid: &Vec<u8>| ObjectIdentifier::from_bytes(oid).is_ok();
        if !self.extended_key_usage.iter().all(readable) {
            return Err(ProfileError::Oid("extended-key-usage"));
        }
        if !self.allowed_extensions.iter().all(readable) {
            return Err(ProfileError::Oid("allow-extensions"));
        }
        for (oid, name) in MANAGED_EXTENSIONS {
            if self.allowed_extensions.iter().any(|allowed| allowed == oid.as_bytes()) {
                return Err(ProfileError::ExtensionManaged(name));
            }
        }
        self.check_extended_usages()
    }

    fn check_extended_usages(&self) -> Result<(), ProfileError> {
        if self.grants(rfc5280::ANY_EXTENDED_KEY_USAGE) {
            return Err(ProfileError::ExtendedKeyUsageAny);
        }
        if self.kind == SubjectKind::Verification && self.grants(rfc5280::ID_KP_CLIENT_AUTH) {
            return Err(ProfileError::ExtendedKeyUsageClient);
        }
        let critical = self.extended_key_usage_criticality == Criticality::Critical;
        if critical && self.extended_key_usage.is_empty() {
            return Err(ProfileError::CriticalNothing("extended-key-usage-critical"));
        }
        // A CA's extKeyUsage is a limit to what it may certify, and its criticality is its own affair.
        if !self.makes_authorities() && self.grants(rfc5280::ID_KP_TIME_STAMPING) {
            if self.extended_key_usage.len() > 1 {
                return Err(ProfileError::TimeStamping("extended-key-usage"));
            }
            if !critical {
                return Err(ProfileError::TimeStamping("extended-key-usage-critical"));
            }
        }
        Ok(())
    }

    /// The purposes granted to an end entity that no part of a key usage serves (RFC 5280 §4.2.1.12), by name.
    #[must_use]
    pub fn purposes_unserved(&self, key_usage: u16) -> Vec<String> {
        if self.makes_authorities() {
            // There they limit what is below.
            return Vec::new();
        }
        let unserved = SERVED_BY.iter().filter(|(_, by)| key_usage & by == 0);
        let granted = unserved.filter(|(purpose, _)| self.grants(*purpose));
        granted.map(|(purpose, _)| super::plan::name_of(purpose.as_bytes())).collect()
    }

    /// What it makes, in a few words: the subject's kind, what its certificates may be used for, and the standard kept.
    #[must_use]
    pub fn summary(&self) -> String {
        let uses: Vec<String> = self.extended_key_usage.iter().map(|oid| super::plan::name_of(oid)).collect();
        let made = match uses.as_slice() {
            [] => self.kind.words().to_owned(),
            uses => format!("{}: {}", self.kind.words(), uses.join(", ")),
        };
        match self.standard {
            Standard::Rfc5280 => made,
            standard => format!("{made}; {}", standard.words()),
        }
    }

    /// How long its certificates last and which keys it takes, in a sentence without an end.
    #[must_use]
    pub fn terms(&self) -> String {
        let last = match self.end {
            End::Days(days) => format!("certificates last {days} days"),
            End::At(Time::NO_EXPIRY) => "certificates have no end".to_owned(),
            End::At(end) => format!("certificates end on {end}"),
        };
        let beyond = match self.beyond_issuer {
            BeyondIssuer::Keep => "even where the CA ends before",
            BeyondIssuer::Refuse => "refused where the CA ends before",
            BeyondIssuer::Shorten => "shortened to the end of the CA",
        };
        let largest = self.keys.iter().any(|key| matches!(key, KeyAlgorithm::Rsa { .. }));
        let keys: Vec<String> = self.keys.iter().map(ToString::to_string).collect();
        let more = if largest { " and larger" } else { "" };
        format!("{last}, {beyond}; keys: {}{more}", keys.join(", "))
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
    /// algorithm cannot serve (RFC 3279 §2.3.1 for RSA, RFC 8813 §3 for EC, RFC 9295 §3 for Ed25519, RFC 9881
    /// §5 for ML-DSA).
    #[must_use]
    pub fn key_usage_for(&self, key: KeyAlgorithm) -> u16 {
        let agreement = KEY_AGREEMENT | ENCIPHER_ONLY | DECIPHER_ONLY;
        let unfit = match key {
            KeyAlgorithm::Rsa { .. } => agreement,
            KeyAlgorithm::Ec(_) => KEY_ENCIPHERMENT | DATA_ENCIPHERMENT,
            KeyAlgorithm::Ed25519 | KeyAlgorithm::MlDsa(_) => {
                KEY_ENCIPHERMENT | DATA_ENCIPHERMENT | agreement
            }
        };
        self.key_usage & !unfit
    }
}

/// The purposes of RFC 5280 §4.2.1.12, and the key usages that are consistent with each.
const SERVED_BY: [(ObjectIdentifier, u16); 6] = [
    (rfc5280::ID_KP_SERVER_AUTH, DIGITAL_SIGNATURE | KEY_ENCIPHERMENT | KEY_AGREEMENT),
    (rfc5280::ID_KP_CLIENT_AUTH, DIGITAL_SIGNATURE | KEY_AGREEMENT),
    (rfc5280::ID_KP_CODE_SIGNING, DIGITAL_SIGNATURE),
    (rfc5280::ID_KP_EMAIL_PROTECTION, DIGITAL_SIGNATURE | NON_REPUDIATION | KEY_ENCIPHERMENT | KEY_AGREEMENT),
    (rfc5280::ID_KP_TIME_STAMPING, DIGITAL_SIGNATURE | NON_REPUDIATION),
    (rfc5280::ID_KP_OCSP_SIGNING, DIGITAL_SIGNATURE | NON_REPUDIATION),
];

/// Extensions whose content the profile and the plan decide; a request can wish for them, but never brings them in.
/// The last four say what is valid below a CA, should be critical, and are for its superior to decide.
const MANAGED_EXTENSIONS: [(ObjectIdentifier, &str); 9] = [
    (rfc5280::ID_CE_BASIC_CONSTRAINTS, "basicConstraints"),
    (rfc5280::ID_CE_KEY_USAGE, "keyUsage"),
    (rfc5280::ID_CE_EXT_KEY_USAGE, "extKeyUsage"),
    (rfc5280::ID_CE_SUBJECT_KEY_IDENTIFIER, "subjectKeyIdentifier"),
    (rfc5280::ID_CE_AUTHORITY_KEY_IDENTIFIER, "authorityKeyIdentifier"),
    (rfc5280::ID_CE_NAME_CONSTRAINTS, "nameConstraints"),
    (rfc5280::ID_CE_POLICY_CONSTRAINTS, "policyConstraints"),
    (rfc5280::ID_CE_INHIBIT_ANY_POLICY, "inhibitAnyPolicy"),
    (rfc5280::ID_CE_POLICY_MAPPINGS, "policyMappings"),
];

/// Whether a request without a subject name is taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EmptySubject {
    /// It is refused.
    Refuse,
    /// It is taken where it asks for an alternative name that the profile allows.
    WithAlternativeName,
}
