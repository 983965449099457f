//! Standards that a profile can promise to keep, and what each demands of the profile itself. What it demands of a request
//! and its CA is judged by the plan, and of the finished octets by the lint.

use crate::pki::{
    key::{Curve, HashAlgorithm, KeyAlgorithm},
    oid,
    time::Time,
};

use super::{
    BeyondIssuer, CRL_SIGN, DATA_ENCIPHERMENT, DIGITAL_SIGNATURE, EmptySubject, End, KEY_CERT_SIGN,
    KEY_ENCIPHERMENT, KeyIdentifier, NON_REPUDIATION, Profile, ProfileError, SubjectKind,
};

/// A standard beyond RFC 5280.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Standard {
    /// RFC 5280 alone.
    #[default]
    Rfc5280,
    /// A hardware module name (RFC 4108 §5) in a critical subjectAltName and no subject, as Wi-SUN FAN and IEEE 2030.5
    /// name devices.
    HardwareModule,
    /// An initial device identifier, IEEE 802.1AR-2018 clause 8.
    Idevid,
    /// A Matter device attestation certificate, Matter Core Specification 6.2.2.3.
    MatterDac,
    /// A Matter product attestation intermediate, Matter Core Specification 6.2.2.4.
    MatterPai,
    /// An OPC UA application instance certificate, OPC 10000-6 §6.2.2.
    OpcUa,
}

impl Standard {
    /// Its name with the clause, for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Rfc5280 => "RFC 5280",
            Self::HardwareModule => "a hardware module name (RFC 4108 §5)",
            Self::Idevid => "IEEE 802.1AR-2018 clause 8",
            Self::MatterDac => "Matter 6.2.2.3",
            Self::MatterPai => "Matter 6.2.2.4",
            Self::OpcUa => "OPC 10000-6 §6.2.2",
        }
    }

    /// Whether it is one of Matter's.
    #[must_use]
    pub fn is_matter(self) -> bool {
        matches!(self, Self::MatterDac | Self::MatterPai)
    }

    /// Checks what it demands of a profile.
    pub(super) fn check(self, profile: &Profile) -> Result<(), ProfileError> {
        let demands = match self {
            Self::Rfc5280 => Vec::new(),
            Self::HardwareModule => hardware_module(profile),
            Self::Idevid => idevid(profile),
            Self::MatterDac => matter(
                profile,
                ("end-entity", profile.kind == SubjectKind::EndEntity),
                ("exactly digitalSignature", profile.key_usage == DIGITAL_SIGNATURE),
            ),
            Self::MatterPai => matter(
                profile,
                (
                    "a subordinate CA of path length 0",
                    profile.kind == SubjectKind::SubordinateCa { path_length: 0 },
                ),
                (
                    "keyCertSign and cRLSign, and nothing but digitalSignature beside them",
                    profile.key_usage & !DIGITAL_SIGNATURE == KEY_CERT_SIGN | CRL_SIGN,
                ),
            ),
            Self::OpcUa => opc_ua(profile),
        };
        match demands.into_iter().find(|(_, _, met)| !met) {
            Some((key, what, _)) => Err(ProfileError::Standard { standard: self.words(), key, what }),
            None => Ok(()),
        }
    }
}

/// A key, what is demanded of it, and whether that is so.
type Demand = (&'static str, &'static str, bool);

fn allows_alternative_name(profile: &Profile) -> Demand {
    let allowed = profile.allowed_extensions.iter().any(|allowed| allowed == oid::SUBJECT_ALT_NAME);
    ("allow-extensions", "that subjectAltName be allowed", allowed)
}

fn end_entity(profile: &Profile) -> Demand {
    ("kind", "an end entity", profile.kind == SubjectKind::EndEntity)
}

fn hardware_module(profile: &Profile) -> Vec<Demand> {
    let nameless = profile.empty_subject == EmptySubject::WithAlternativeName;
    vec![
        end_entity(profile),
        allows_alternative_name(profile),
        ("empty-subject", "that an empty subject be taken with an alternative name", nameless),
    ]
}

fn idevid(profile: &Profile) -> Vec<Demand> {
    let usage = profile.key_usage & !KEY_ENCIPHERMENT == DIGITAL_SIGNATURE;
    let shortened = profile.beyond_issuer == BeyondIssuer::Shorten;
    vec![
        end_entity(profile),
        ("not-after", "a certificate without end: \"no-expiry\"", profile.end == End::At(Time::NO_EXPIRY)),
        ("beyond-issuer", "\"keep\" or \"refuse\": shortened, it would have an end", !shortened),
        ("empty-subject", "a subject", profile.empty_subject == EmptySubject::Refuse),
        ("subject-key-identifier", "none in an end entity", profile.key_identifier == KeyIdentifier::Absent),
        ("key-usage", "digitalSignature, and nothing but keyEncipherment beside it", usage),
        ("extended-key-usage", "no extended key usage", profile.extended_key_usage.is_empty()),
    ]
}

fn matter(profile: &Profile, kind: (&'static str, bool), usage: (&'static str, bool)) -> Vec<Demand> {
    let hash = profile.signature_hash.is_none_or(|hash| hash == HashAlgorithm::Sha256);
    vec![
        ("kind", kind.0, kind.1),
        ("key-usage", usage.0, usage.1),
        ("keys", "P-256 and nothing else", profile.keys == [KeyAlgorithm::Ec(Curve::P256)]),
        ("signature-hash", "SHA-256", hash),
        ("empty-subject", "a subject", profile.empty_subject == EmptySubject::Refuse),
        (
            "subject-key-identifier",
            "a subject key identifier",
            profile.key_identifier == KeyIdentifier::Present,
        ),
    ]
}

fn opc_ua(profile: &Profile) -> Vec<Demand> {
    let four = DIGITAL_SIGNATURE | NON_REPUDIATION | KEY_ENCIPHERMENT | DATA_ENCIPHERMENT;
    let side = profile.grants(const_oid::db::rfc5280::ID_KP_SERVER_AUTH)
        || profile.grants(const_oid::db::rfc5280::ID_KP_CLIENT_AUTH);
    vec![
        end_entity(profile),
        allows_alternative_name(profile),
        ("empty-subject", "a subject", profile.empty_subject == EmptySubject::Refuse),
        (
            "key-usage",
            "digitalSignature, nonRepudiation, keyEncipherment and dataEncipherment",
            profile.key_usage & four == four,
        ),
        ("extended-key-usage", "serverAuth or clientAuth", side),
    ]
}
