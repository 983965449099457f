//! Extensions whose content a profile fixes, the same in every certificate made with it.

use const_oid::{
    ObjectIdentifier,
    db::{rfc5280, rfc6960},
};

use crate::pki::{
    constraint::{NameConstraints, SUBTREES_MAX},
    der::{Reader, tag},
    text::Printable,
};

use super::{MANAGED_EXTENSIONS, PATH_LENGTH_MAX, Profile, ProfileError, SubjectKind};

/// id-pe-tlsfeature, 1.3.6.1.5.5.7.1.24 (RFC 7633).
pub const TLS_FEATURE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.1.24");

/// Most URIs of one kind: more only lengthen what every device carries.
pub const URIS_MAX: usize = 8;

/// Longest URI, in octets.
pub const URI_OCTETS_MAX: usize = 512;

/// Most certificate policies.
pub const POLICIES_MAX: usize = 16;

/// Most custom extensions.
pub const CUSTOM_MAX: usize = 16;

/// Largest value of a custom extension, in octets: a certificate is carried by every handshake.
pub const CUSTOM_OCTETS_MAX: usize = 4096;

/// Whether an extension is critical.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Criticality {
    /// Who does not know it refuses the certificate (RFC 5280 §4.2).
    Critical,
    /// Who does not know it passes over it.
    #[default]
    NonCritical,
}

/// Whether an extension without a choice of contents is there.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Presence {
    /// It is not.
    #[default]
    Absent,
    /// It is.
    Present,
}

/// A certificate policy (RFC 5280 §4.2.1.4).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Policy {
    /// Its OID, DER content octets.
    pub oid: Vec<u8>,
    /// The URI of its practice statement, the only qualifier written.
    pub cps: Option<String>,
}

/// What a CA demands of policies below it (RFC 5280 §4.2.1.11); numbers count certificates in between.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct PolicyConstraints {
    /// requireExplicitPolicy.
    pub require_explicit: Option<u32>,
    /// inhibitPolicyMapping.
    pub inhibit_mapping: Option<u32>,
}

/// An extension that only the operator knows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CustomExtension {
    /// Its OID, DER content octets.
    pub oid: Vec<u8>,
    /// Whether it is critical.
    pub criticality: Criticality,
    /// Its value: one element of strict DER.
    pub value: Vec<u8>,
}

/// All extensions of fixed content; the default fixes none.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FixedExtensions {
    /// authorityInfoAccess: URIs of OCSP responders (RFC 5280 §4.2.2.1).
    pub ocsp: Vec<String>,
    /// authorityInfoAccess: URIs of the issuer's certificate.
    pub ca_issuers: Vec<String>,
    /// cRLDistributionPoints: URIs of one CRL, each another way to it (RFC 5280 §4.2.1.13).
    pub crl: Vec<String>,
    /// Among how many CRLs the certificates are divided, each with the URIs of `crl` for its number; `None`: all of them
    /// are on the CA's full CRL, and the URIs lead to that.
    pub crl_partitions: Option<u32>,
    /// certificatePolicies.
    pub policies: Vec<Policy>,
    /// Whether certificatePolicies is critical.
    pub policies_criticality: Criticality,
    /// nameConstraints of a subordinate CA.
    pub names: NameConstraints,
    /// policyConstraints of a subordinate CA.
    pub policy_constraints: PolicyConstraints,
    /// inhibitAnyPolicy of a subordinate CA (RFC 5280 §4.2.1.14).
    pub inhibit_any_policy: Option<u32>,
    /// TLS feature `status_request`, "must staple" (RFC 7633).
    pub must_staple: Presence,
    /// id-pkix-ocsp-nocheck (RFC 6960 §4.2.2.2.1).
    pub ocsp_no_check: Presence,
    /// Extensions that only the operator knows.
    pub custom: Vec<CustomExtension>,
}

impl FixedExtensions {
    /// The types of the extensions that are fixed, with the configuration's key.
    #[must_use]
    pub fn types(&self) -> Vec<(Vec<u8>, &'static str)> {
        let PolicyConstraints { require_explicit, inhibit_mapping } = self.policy_constraints;
        let known = [
            (rfc5280::ID_PE_AUTHORITY_INFO_ACCESS, "ocsp", !self.ocsp.is_empty()),
            (rfc5280::ID_PE_AUTHORITY_INFO_ACCESS, "ca-issuers", !self.ca_issuers.is_empty()),
            (rfc5280::ID_CE_CRL_DISTRIBUTION_POINTS, "crl", !self.crl.is_empty()),
            (rfc5280::ID_CE_CERTIFICATE_POLICIES, "certificate-policies", !self.policies.is_empty()),
            (rfc5280::ID_CE_NAME_CONSTRAINTS, "permitted-names", !self.names.permitted.is_empty()),
            (rfc5280::ID_CE_NAME_CONSTRAINTS, "excluded-names", !self.names.excluded.is_empty()),
            (rfc5280::ID_CE_POLICY_CONSTRAINTS, "require-explicit-policy", require_explicit.is_some()),
            (rfc5280::ID_CE_POLICY_CONSTRAINTS, "inhibit-policy-mapping", inhibit_mapping.is_some()),
            (rfc5280::ID_CE_INHIBIT_ANY_POLICY, "inhibit-any-policy", self.inhibit_any_policy.is_some()),
            (TLS_FEATURE, "must-staple", self.must_staple == Presence::Present),
            (rfc6960::ID_PKIX_OCSP_NOCHECK, "ocsp-no-check", self.ocsp_no_check == Presence::Present),
        ];
        let known = known.iter().filter(|(_, _, fixed)| *fixed);
        let known = known.map(|(oid, key, _)| (oid.as_bytes().to_vec(), *key));
        known.chain(self.custom.iter().map(|custom| (custom.oid.clone(), "custom-extensions"))).collect()
    }

    /// Checks what is fixed against itself and against the profile it is part of.
    pub(super) fn check(&self, profile: &Profile) -> Result<(), ProfileError> {
        self.check_partitions(profile.kind)?;
        let crl = self.longest_crl_uris();
        for (key, uris) in [("ocsp", &self.ocsp), ("ca-issuers", &self.ca_issuers), ("crl", &crl)] {
            check_uris(key, uris)?;
        }
        self.check_policies()?;
        self.check_custom()?;
        for (oid, key) in self.types() {
            if profile.allowed_extensions.contains(&oid) {
                return Err(ProfileError::ExtensionFixed(key));
            }
        }
        self.check_authority(profile.kind)?;
        let grants = |usage: ObjectIdentifier| profile.grants(usage);
        if self.must_staple == Presence::Present
            && (!grants(rfc5280::ID_KP_SERVER_AUTH) || self.ocsp.is_empty())
        {
            return Err(ProfileError::MustStaple);
        }
        if self.ocsp_no_check == Presence::Present && !grants(rfc5280::ID_KP_OCSP_SIGNING) {
            return Err(ProfileError::OcspNoCheck);
        }
        Ok(())
    }

    /// What limits a CA stands in a subordinate CA only: an end entity issues nothing, and a root's own are not looked at
    /// (RFC 5280 §6.1: the trust anchor is no part of the path).
    fn check_authority(&self, kind: SubjectKind) -> Result<(), ProfileError> {
        let limits = [
            ("permitted-names", !self.names.permitted.is_empty()),
            ("excluded-names", !self.names.excluded.is_empty()),
            ("require-explicit-policy", self.policy_constraints.require_explicit.is_some()),
            ("inhibit-policy-mapping", self.policy_constraints.inhibit_mapping.is_some()),
            ("inhibit-any-policy", self.inhibit_any_policy.is_some()),
        ];
        match limits.iter().find(|(_, fixed)| *fixed) {
            Some((key, _)) if !matches!(kind, SubjectKind::SubordinateCa { .. }) => {
                return Err(ProfileError::LimitsNoAuthority(key));
            }
            _ => {}
        }
        for (key, list) in
            [("permitted-names", &self.names.permitted), ("excluded-names", &self.names.excluded)]
        {
            if list.len() > SUBTREES_MAX {
                return Err(ProfileError::TooMany { key, max: SUBTREES_MAX });
            }
        }
        let numbers = [
            ("require-explicit-policy", self.policy_constraints.require_explicit),
            ("inhibit-policy-mapping", self.policy_constraints.inhibit_mapping),
            ("inhibit-any-policy", self.inhibit_any_policy),
        ];
        match numbers.into_iter().find(|(_, number)| number.is_some_and(|number| number > PATH_LENGTH_MAX)) {
            Some((key, _)) => Err(ProfileError::SkipCertificates(key)),
            None => Ok(()),
        }
    }

    fn check_policies(&self) -> Result<(), ProfileError> {
        const KEY: &str = "certificate-policies";
        // RFC 5280 §4.2.1.4: a policy must not stand there twice.
        check_oids(KEY, POLICIES_MAX, &self.policies, |policy| &policy.oid)?;
        for policy in &self.policies {
            check_uris(KEY, policy.cps.as_slice())?;
        }
        if self.policies.is_empty() && self.policies_criticality == Criticality::Critical {
            return Err(ProfileError::CriticalNothing("certificate-policies-critical"));
        }
        Ok(())
    }

    fn check_custom(&self) -> Result<(), ProfileError> {
        // RFC 5280 §4.2: no extension twice.
        check_oids("custom-extensions", CUSTOM_MAX, &self.custom, |custom| &custom.oid)?;
        for custom in &self.custom {
            let own = MANAGED_EXTENSIONS.iter().chain(&OWN_EXTENSIONS);
            if let Some((_, name)) = own.clone().find(|(oid, _)| oid.as_bytes() == custom.oid) {
                return Err(ProfileError::CustomManaged(name));
            }
            if custom.value.len() > CUSTOM_OCTETS_MAX {
                return Err(ProfileError::CustomSize { octets: custom.value.len() });
            }
            strict(&custom.value).map_err(ProfileError::CustomDer)?;
        }
        Ok(())
    }
}

/// Extensions that have keys of their own, beside [`MANAGED_EXTENSIONS`]: a custom one would go round their checks.
const OWN_EXTENSIONS: [(ObjectIdentifier, &str); 6] = [
    (rfc5280::ID_CE_SUBJECT_ALT_NAME, "subjectAltName"),
    (rfc5280::ID_PE_AUTHORITY_INFO_ACCESS, "authorityInfoAccess"),
    (rfc5280::ID_CE_CRL_DISTRIBUTION_POINTS, "cRLDistributionPoints"),
    (rfc5280::ID_CE_CERTIFICATE_POLICIES, "certificatePolicies"),
    (TLS_FEATURE, "tlsFeature"),
    (rfc6960::ID_PKIX_OCSP_NOCHECK, "ocsp-nocheck"),
];

/// At most so many of something that an object identifier names, each by a sound one and none twice.
fn check_oids<T>(
    key: &'static str,
    max: usize,
    list: &[T],
    oid: impl Fn(&T) -> &[u8],
) -> Result<(), ProfileError> {
    if list.len() > max {
        return Err(ProfileError::TooMany { key, max });
    }
    for (at, one) in list.iter().enumerate() {
        if ObjectIdentifier::from_bytes(oid(one)).is_err() {
            return Err(ProfileError::Oid(key));
        }
        if list[..at].iter().any(|earlier| oid(earlier) == oid(one)) {
            return Err(ProfileError::Twice(key));
        }
    }
    Ok(())
}

/// URIs that a relying party can fetch: http, https or ldap with a host (RFC 5280 §4.2.1.13, §4.2.2.1).
fn check_uris(key: &'static str, uris: &[String]) -> Result<(), ProfileError> {
    if uris.len() > URIS_MAX {
        return Err(ProfileError::TooMany { key, max: URIS_MAX });
    }
    for (at, uri) in uris.iter().enumerate() {
        let host = ["http://", "https://", "ldap://"].iter().find_map(|scheme| uri.strip_prefix(scheme));
        let host = host.and_then(|rest| rest.split(['/', '?', '#']).next());
        let sound = host.is_some_and(|host| !host.is_empty() && !host.starts_with(':'))
            && uri.len() <= URI_OCTETS_MAX
            && uri.bytes().all(|octet| octet.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&octet));
        if !sound {
            return Err(ProfileError::Uri { key, uri: Printable::new(uri) });
        }
        if uris[..at].contains(uri) {
            return Err(ProfileError::Twice(key));
        }
    }
    Ok(())
}

/// One element of strict DER, all that is in it too: definite lengths in their shortest form, and the universal types
/// of one spelling in that spelling.
fn strict(octets: &[u8]) -> Result<(), String> {
    let mut outer = Reader::new(octets);
    let element = outer.any().map_err(|error| error.to_string())?;
    outer.finish("the value").map_err(|error| error.to_string())?;
    let mut waiting = vec![element];
    // Each turn takes one element of at least two octets: the octets are the budget.
    while let Some(element) = waiting.pop() {
        let mut one = Reader::new(element.whole);
        let sound = match element.tag {
            tag::BOOLEAN => one.boolean("BOOLEAN").map(|_| ()).map_err(|error| error.to_string()),
            tag::INTEGER => one.integer("INTEGER").map(|_| ()).map_err(|error| error.to_string()),
            tag::OID => one.oid("OBJECT IDENTIFIER").map(|_| ()).map_err(|error| error.to_string()),
            tag::NULL if !element.content.is_empty() => Err("a NULL has contents".to_owned()),
            tag::BIT_STRING => bits(element.content),
            tag::UTF8_STRING if std::str::from_utf8(element.content).is_err() => {
                Err("a UTF8String is not UTF-8".to_owned())
            }
            // X.690 §10.2: strings are primitive; a SEQUENCE and a SET are constructed.
            form if form & 0xc0 == 0 && (form & 0x20 != 0) != matches!(form & 0x1f, 8 | 11 | 16 | 17) => {
                Err(format!("tag {form:02x} is in the form that DER does not take"))
            }
            _ => Ok(()),
        };
        sound.map_err(|what| format!("at octet {}: {what}", element.at))?;
        if element.tag & 0x20 != 0 {
            let mut inner = element.reader();
            while !inner.is_empty() {
                waiting.push(inner.any().map_err(|error| error.to_string())?);
            }
        }
    }
    Ok(())
}

/// X.690 §11.2.1: unused bits are zero.
fn bits(content: &[u8]) -> Result<(), String> {
    match content {
        [0] => Ok(()),
        [unused @ 0..=7, .., last] if last.trailing_zeros() >= u32::from(*unused) => Ok(()),
        _ => Err("a BIT STRING has unused bits that are not zero".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(octets: &[u8], expected: bool) {
        assert_eq!(strict(octets).is_ok(), expected, "{octets:02x?}: {:?}", strict(octets));
    }

    #[test]
    fn takes_strict_der_only() {
        check(&[5, 0], true);
        check(&[0x30, 0], true);
        check(&[0x0c, 2, 0xc3, 0xa9], true);
        check(&[0x30, 3, 1, 1, 0xff], true);
        check(&[3, 2, 7, 0x80], true);
        check(&[0x80, 1, 7], true);
        check(&[0xa0, 2, 5, 0], true);
        check(&[], false);
        check(&[5, 0, 5, 0], false);
        check(&[5, 1, 0], false);
        check(&[0x30, 0x80, 0, 0], false);
        check(&[0x30, 0x81, 0], false);
        check(&[0x30, 3, 1, 1, 1], false);
        check(&[0x30, 4, 2, 2, 0, 1], false);
        check(&[0xa0, 4, 0x30, 2, 5, 1], false);
        check(&[0xa0, 1, 5], false);
        check(&[3, 2, 7, 0x81], false);
        check(&[3, 0], false);
        check(&[3, 1, 1], false);
        check(&[3, 2, 8, 0], false);
        check(&[0x0c, 1, 0xff], false);
        check(&[0x24, 2, 4, 0], false);
        check(&[0x10, 0], false);
        check(&[6, 0], false);
    }
}
