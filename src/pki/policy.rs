//! What we are willing to sign: controls, findings, refusals.
//!
//! A control has one id, the same in code, register, `refused.csv`, docs/CONTROLS.md and tests. All findings of a
//! request are gathered; one of severity `refuse` refuses it.

use super::text::Printable;

pub use super::request::{judge, judge_against};

/// Whether a finding refuses the request or is a remark on it.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Severity {
    /// The request can still be issued; the remark is shown and recorded.
    Note,
    /// The request is not issued.
    Refuse,
}

macro_rules! controls {
    ($( $(#[doc = $doc:literal])+ $variant:ident = $id:literal, )+) => {
        /// A named check. Ids are stable; docs/CONTROLS.md tells of each.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum Control { $( $(#[doc = $doc])+ $variant, )+ }

        impl Control {
            /// Every control, in the order of docs/CONTROLS.md.
            pub const ALL: &[Self] = &[$( Self::$variant, )+];

            /// The stable id.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self { $( Self::$variant => $id, )+ }
            }
        }
    };
}

controls! {
    /// The request is larger than one request may be.
    CsrSize = "csr-size",
    /// Not a certification request at all: other text, another object.
    CsrForm = "csr-form",
    /// A line of a file of events is no event of a certificate provider.
    CsrEvent = "csr-event",
    /// The PEM armour or its base64 is malformed (RFC 7468).
    CsrPem = "csr-pem",
    /// Not strict DER (X.690 §10), or not the structure of RFC 2986.
    CsrDer = "csr-der",
    /// The version is not v1(0) (RFC 2986 §4.1).
    CsrVersion = "csr-version",
    /// Attributes that contradict themselves: twice, of several values, or in both dialects.
    CsrAttributes = "csr-attributes",
    /// The public key is malformed or not on its curve.
    KeyMalformed = "key-malformed",
    /// The key's algorithm, curve or size is not one this CA certifies.
    KeyAlgorithm = "key-algorithm",
    /// The RSA exponent is even, too small or too large.
    KeyExponent = "key-exponent",
    /// A small prime divides the RSA modulus.
    KeySmallFactor = "key-small-factor",
    /// The two primes of the RSA modulus are so close that Fermat's method finds them.
    KeyClosePrimes = "key-close-primes",
    /// The RSA modulus is a prime, or a power of a number: no product of two primes.
    KeyModulus = "key-modulus",
    /// The key is a point of small order: its "signatures" prove nothing.
    KeySmallOrder = "key-small-order",
    /// The key's own octets show that it can be broken (ROCA, CVE-2017-15361).
    KeyWeak = "key-weak",
    /// The private key is known to everybody: printed in a standard, or a tiny number.
    KeyPublished = "key-published",
    /// The key stands on a block list of this machine.
    KeyBlocked = "key-blocked",
    /// The key is the CA's own.
    KeyIsIssuer = "key-is-issuer",
    /// The request is signed with an algorithm that proves nothing (MD5, SHA-1) or that is not known.
    SignatureAlgorithm = "signature-algorithm",
    /// The signature over the request does not verify (RFC 2986 §4.2).
    Possession = "possession",
    /// The subject is malformed.
    NameMalformed = "name-malformed",
    /// The subject or an alternative name carries control characters or text that is not what its type says.
    NameCharacters = "name-characters",
    /// A name exceeds a bound (RFC 5280 appendix A.1).
    NameLength = "name-length",
    /// The subject is empty.
    NameEmpty = "name-empty",
    /// The subject is the name of the CA itself or of a CA above it.
    NameIsIssuer = "name-is-issuer",
    /// A name is outside the name constraints of the CA or of a CA above it (RFC 5280 §4.2.1.10).
    NameConstraints = "name-constraints",
    /// The names are not those that the profile's standard demands.
    NameStandard = "name-standard",
    /// A template of the profile cannot be filled for this request, or not with something that may stand in a name.
    NameTemplate = "name-template",
    /// An attribute of the subject breaks a rule of the profile.
    NameRule = "name-rule",
    /// An extension request is malformed.
    ExtensionMalformed = "extension-malformed",
    /// An extension is requested twice.
    ExtensionDuplicate = "extension-duplicate",
    /// More extensions or names than a request may have.
    ExtensionLimit = "extension-limit",
    /// An alternative name that cannot be true or is malformed (RFC 5280 §4.2.1.6).
    AlternativeName = "alternative-name",
    /// An alternative name breaks a rule of the profile.
    AlternativeNameRule = "alternative-name-rule",
    /// A request without a row of the table, a second one with the same row, or a row without a request.
    CsvRow = "csv-row",
    /// The request asks to be a CA, or for a CA's key usage.
    AuthorityRequested = "authority-requested",
    /// A critical extension that the profile does not know is requested.
    ExtensionCritical = "extension-critical",
    /// A requested extension is not on the profile's list and was left out.
    ExtensionDropped = "extension-dropped",
    /// An encoding that is not quite right but has one meaning only; named in the message.
    Quirk = "quirk",
    /// The request carries a challenge password, which is neither used nor shown nor recorded.
    ChallengePassword = "challenge-password",
    /// An extended key usage that the CA's own certificate, or one above it, does not let through.
    UsageIssuer = "usage-issuer",
    /// No policy of the certificate is valid on the CA's path, which demands one (RFC 5280 §6.1.5).
    PolicyIssuer = "policy-issuer",
    /// The CA is not one that the profile's standard lets issue.
    IssuerStandard = "issuer-standard",
    /// The profile is not for requests, or not for this CA.
    ProfileKind = "profile-kind",
    /// The certificate would outlive its issuer.
    ValidityIssuer = "validity-issuer",
    /// The certificate would be over before it could be used.
    ValidityPeriod = "validity-period",
    /// The same public key stands in this batch already.
    DuplicateInBatch = "duplicate-in-batch",
    /// The same public key was certified before.
    DuplicateInRegister = "duplicate-in-register",
    /// The same subject stands in this batch already.
    SubjectInBatch = "subject-in-batch",
    /// A certificate was issued for the same subject before.
    SubjectInRegister = "subject-in-register",
    /// The RSA key has a prime in common with another of this batch.
    SharedPrimeInBatch = "shared-prime-in-batch",
    /// The RSA key has a prime in common with one that was certified before.
    SharedPrimeInRegister = "shared-prime-in-register",
    /// The finished octets did not pass the built-in lint.
    Lint = "lint",
    /// The finished octets break a rule of the lint that the profile sets aside.
    LintWaived = "lint-waived",
    /// The file cannot be read from the medium as a request: a link, a device, too large, too deep.
    MediumEntry = "medium-entry",
}

/// The result of a control on one request: what is wrong, and what to do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// Which control.
    pub control: Control,
    /// Refuse, or note.
    pub severity: Severity,
    /// What is wrong: lower case, no full stop.
    pub message: Printable,
    /// What to do about it.
    pub hint: &'static str,
}

impl Finding {
    /// A finding that refuses the request.
    #[must_use]
    pub fn refuse(control: Control, message: &str, hint: &'static str) -> Self {
        Self { control, severity: Severity::Refuse, message: Printable::new(message), hint }
    }

    /// A remark.
    #[must_use]
    pub fn note(control: Control, message: &str, hint: &'static str) -> Self {
        Self { control, severity: Severity::Note, message: Printable::new(message), hint }
    }
}

/// What is known of keys beyond the request at hand: block lists, keys that share a prime. The caller brings it, for
/// nothing here reads files.
pub trait KeyEvidence: Sync {
    /// Adds what is to be said of a sound key.
    fn weigh(&self, key: &super::key::PublicKey, findings: &mut Vec<Finding>);
}

/// Nothing is known beyond the request.
#[derive(Clone, Copy, Debug)]
pub struct NoEvidence;

impl KeyEvidence for NoEvidence {
    fn weigh(&self, _: &super::key::PublicKey, _: &mut Vec<Finding>) {}
}

/// A refused request: at least one finding refuses; notes stand beside it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// All findings, those that refuse first.
    pub findings: Vec<Finding>,
    /// The subject as far as it could be read.
    pub subject: Option<Printable>,
    /// The key as far as it could be read.
    pub key: Option<super::key::KeyAlgorithm>,
}
