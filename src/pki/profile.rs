//! Profiles (RFC 3647 §7): what a certificate contains.

use super::{
    key::{KeyAlgorithm, RsaScheme},
    time::Time,
};

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
}

/// Whether a request without a subject name is taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EmptySubject {
    /// It is refused.
    Refuse,
    /// It is taken where it asks for an alternative name that the profile allows.
    WithAlternativeName,
}
