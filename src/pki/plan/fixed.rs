//! A profile's extensions of fixed content, written with the `RustCrypto` encoders.

use const_oid::{
    AssociatedOid,
    db::{rfc5280, rfc6960},
};
use der::{
    Decode as _, Encode,
    asn1::{Any, Ia5String, Null, ObjectIdentifier, OctetString},
};
use x509_cert::ext::{
    Extension,
    pkix::{
        AccessDescription, AuthorityInfoAccessSyntax, CertificatePolicies, CrlDistributionPoints,
        InhibitAnyPolicy, NameConstraints, PolicyConstraints,
        certpolicy::{PolicyInformation, PolicyQualifierInfo},
        constraints::name::{GeneralSubtree, GeneralSubtrees},
        crl::dp::DistributionPoint,
        name::{DistributionPointName, GeneralName},
    },
};

use crate::pki::{
    constraint::Subtree,
    profile::{Criticality, FixedExtensions, Policy, Presence, TLS_FEATURE},
};

use super::tbs::{TbsError, identifier};

/// Number of the TLS extension `status_request` (RFC 6066 §8), the feature that is demanded.
const STATUS_REQUEST: u8 = 5;

/// Every extension that is fixed, in one order.
pub(super) fn encode(fixed: &FixedExtensions) -> Result<Vec<Extension>, TbsError> {
    let mut found = Vec::new();
    if !(fixed.ocsp.is_empty() && fixed.ca_issuers.is_empty()) {
        found.push(known(Criticality::NonCritical, &information_access(fixed)?)?);
    }
    if !fixed.crl.is_empty() {
        found.push(known(Criticality::NonCritical, &distribution_points(&fixed.crl)?)?);
    }
    if !fixed.policies.is_empty() {
        let policies = fixed.policies.iter().map(policy).collect::<Result<_, _>>()?;
        found.push(known(fixed.policies_criticality, &CertificatePolicies(policies))?);
    }
    // RFC 5280 §4.2.1.10, §4.2.1.11 and §4.2.1.14: these three must be critical.
    if !fixed.names.is_empty() {
        let value = NameConstraints {
            permitted_subtrees: subtrees(&fixed.names.permitted)?,
            excluded_subtrees: subtrees(&fixed.names.excluded)?,
        };
        found.push(known(Criticality::Critical, &value)?);
    }
    let constraints = fixed.policy_constraints;
    if constraints.require_explicit.is_some() || constraints.inhibit_mapping.is_some() {
        let value = PolicyConstraints {
            require_explicit_policy: constraints.require_explicit,
            inhibit_policy_mapping: constraints.inhibit_mapping,
        };
        found.push(known(Criticality::Critical, &value)?);
    }
    if let Some(skip) = fixed.inhibit_any_policy {
        found.push(known(Criticality::Critical, &InhibitAnyPolicy(skip))?);
    }
    if fixed.must_staple == Presence::Present {
        found.push(extension(TLS_FEATURE, Criticality::NonCritical, vec![STATUS_REQUEST].to_der()?)?);
    }
    if fixed.ocsp_no_check == Presence::Present {
        found.push(extension(rfc6960::ID_PKIX_OCSP_NOCHECK, Criticality::NonCritical, Null.to_der()?)?);
    }
    for custom in &fixed.custom {
        found.push(extension(identifier(&custom.oid)?, custom.criticality, custom.value.clone())?);
    }
    Ok(found)
}

fn known<T: AssociatedOid + Encode>(criticality: Criticality, value: &T) -> Result<Extension, TbsError> {
    extension(T::OID, criticality, value.to_der()?)
}

fn extension(oid: ObjectIdentifier, criticality: Criticality, value: Vec<u8>) -> Result<Extension, TbsError> {
    let critical = criticality == Criticality::Critical;
    Ok(Extension { extn_id: oid, critical, extn_value: OctetString::new(value)? })
}

fn uri(text: &str) -> Result<GeneralName, TbsError> {
    Ok(GeneralName::UniformResourceIdentifier(Ia5String::new(text)?))
}

fn information_access(fixed: &FixedExtensions) -> Result<AuthorityInfoAccessSyntax, TbsError> {
    let ocsp = fixed.ocsp.iter().map(|text| (rfc5280::ID_AD_OCSP, text));
    let issuers = fixed.ca_issuers.iter().map(|text| (rfc5280::ID_AD_CA_ISSUERS, text));
    let access = ocsp
        .chain(issuers)
        .map(|(access_method, text)| Ok(AccessDescription { access_method, access_location: uri(text)? }));
    Ok(AuthorityInfoAccessSyntax(access.collect::<Result<_, TbsError>>()?))
}

/// One distribution point with all the URIs: they are ways to the same CRL (RFC 5280 §4.2.1.13).
fn distribution_points(uris: &[String]) -> Result<CrlDistributionPoints, TbsError> {
    let names = uris.iter().map(|text| uri(text)).collect::<Result<_, _>>()?;
    let point = DistributionPoint {
        distribution_point: Some(DistributionPointName::FullName(names)),
        reasons: None,
        crl_issuer: None,
    };
    Ok(CrlDistributionPoints(vec![point]))
}

fn policy(policy: &Policy) -> Result<PolicyInformation, TbsError> {
    let qualifier = |cps: &String| -> Result<_, TbsError> {
        let qualifier = Any::encode_from(&Ia5String::new(cps)?)?;
        Ok(vec![PolicyQualifierInfo { policy_qualifier_id: rfc5280::ID_QT_CPS, qualifier: Some(qualifier) }])
    };
    Ok(PolicyInformation {
        policy_identifier: identifier(&policy.oid)?,
        policy_qualifiers: policy.cps.as_ref().map(qualifier).transpose()?,
    })
}

fn subtrees(list: &[Subtree]) -> Result<Option<GeneralSubtrees>, TbsError> {
    if list.is_empty() {
        return Ok(None);
    }
    let subtree = |subtree: &Subtree| Ok(GeneralSubtree { base: base(subtree)?, minimum: 0, maximum: None });
    list.iter().map(subtree).collect::<Result<_, TbsError>>().map(Some)
}

fn base(subtree: &Subtree) -> Result<GeneralName, TbsError> {
    Ok(match subtree {
        Subtree::Address(octets) => GeneralName::IpAddress(OctetString::new(octets.as_slice())?),
        Subtree::Directory(name) => GeneralName::DirectoryName(x509_cert::name::Name::from_der(name.der())?),
        Subtree::Dns(text) => GeneralName::DnsName(Ia5String::new(text)?),
        Subtree::Email(text) => GeneralName::Rfc822Name(Ia5String::new(text)?),
        Subtree::Other { .. } => return Err(TbsError::Subtree),
        Subtree::Uri(text) => uri(text)?,
    })
}
