//! The lint's rules on extensions whose content a profile fixes: their own clauses, and that they say what was planned.

use std::collections::BTreeSet;

use super::{
    super::{
        constraint::Subtree,
        der::{DerError, Element, Reader, tag},
        profile::{Criticality, FixedExtensions, Presence},
    },
    AIA, CRL_POINTS, Expected, Faults, INHIBIT_ANY_POLICY, Kind, NAME_CONSTRAINTS, NO_CHECK, POLICIES,
    POLICY_CONSTRAINTS, TLS_FEATURE,
    extensions::{self, Extension, one_element, sentence},
};

// id-pe is 1.3.6.1.5.5.7.1, id-ad 1.3.6.1.5.5.7.48, id-qt 1.3.6.1.5.5.7.2 (RFC 5280 appendix A).
pub(super) const ID_AIA: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 1, 1];
pub(super) const ID_TLS_FEATURE: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 1, 24];
const ID_OCSP: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 48, 1];
pub(super) const ID_NO_CHECK: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 48, 1, 5];
const ID_CA_ISSUERS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 48, 2];
const ID_CPS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 2, 1];
pub(super) const ID_CRL_POINTS: &[u8] = &[0x55, 0x1d, 31];
const URI: u8 = tag::context(6);

/// Judges the extensions of fixed content.
pub(super) fn lint(all: &[Extension<'_>], expected: &Expected<'_>, faults: &mut Faults) {
    let fixed = expected.granted.as_ref().map(|granted| granted.fixed);
    let copied = |oid: &[u8]| {
        expected
            .granted
            .as_ref()
            .is_some_and(|granted| granted.copied.iter().any(|(copied, _)| *copied == oid))
    };
    let mut judge = |rule, oid: &[u8], read: Read| {
        let found = match all.iter().find(|extension| extension.oid == oid) {
            None => None,
            Some(extension) => match read(extension, expected.kind) {
                Ok(found) => Some(found),
                Err(message) => return faults.add(rule, message),
            },
        };
        // What was copied is compared octet for octet elsewhere.
        let Some(fixed) = fixed.filter(|_| !copied(oid)) else { return };
        let planned = planned(rule, fixed);
        match (found, planned) {
            (None, None) => {}
            (Some(found), Some(planned)) if found == planned => {}
            (Some(_), None) => faults.add(rule, "an extension stands there that was not planned"),
            (None, Some(_)) => faults.add(rule, "an extension is missing that was planned"),
            (Some(_), Some(_)) => faults.add(rule, "an extension says something else than was planned"),
        }
    };
    judge(AIA, ID_AIA, information_access);
    judge(CRL_POINTS, ID_CRL_POINTS, distribution_points);
    judge(POLICIES, extensions::ID_POLICIES, policies);
    judge(NAME_CONSTRAINTS, extensions::ID_NAME_CONSTRAINTS, name_constraints);
    judge(POLICY_CONSTRAINTS, extensions::ID_POLICY_CONSTRAINTS, policy_constraints);
    judge(INHIBIT_ANY_POLICY, extensions::ID_INHIBIT_ANY_POLICY, inhibit_any_policy);
    judge(TLS_FEATURE, ID_TLS_FEATURE, tls_feature);
    judge(NO_CHECK, ID_NO_CHECK, no_check);
}

type Read = fn(&Extension<'_>, Kind) -> Result<Content, String>;

/// What an extension says, as a list that can be compared: entries of a kind and its octets.
type Content = Vec<(Vec<u8>, Vec<u8>)>;

fn entry(kind: &[u8], octets: &[u8]) -> (Vec<u8>, Vec<u8>) {
    (kind.to_vec(), octets.to_vec())
}

/// What the plan says that the extension of this rule says; `None`: it is absent.
fn planned(rule: &str, fixed: &FixedExtensions) -> Option<Content> {
    let uris = |kind: &[u8], uris: &[String]| -> Content {
        uris.iter().map(|uri| entry(kind, uri.as_bytes())).collect()
    };
    let number = |kind: u8, number: Option<u32>| number.map(|number| entry(&[kind], &number.to_be_bytes()));
    let found: Content = match rule {
        AIA => [uris(ID_OCSP, &fixed.ocsp), uris(ID_CA_ISSUERS, &fixed.ca_issuers)].concat(),
        CRL_POINTS => uris(b"", &fixed.crl),
        POLICIES => {
            let flag = entry(b"critical", &[u8::from(fixed.policies_criticality == Criticality::Critical)]);
            let list = fixed
                .policies
                .iter()
                .map(|policy| entry(&policy.oid, policy.cps.as_deref().unwrap_or_default().as_bytes()));
            if fixed.policies.is_empty() { Vec::new() } else { [flag].into_iter().chain(list).collect() }
        }
        NAME_CONSTRAINTS => {
            let list = |which: u8, list: &[Subtree]| -> Content {
                list.iter().map(|subtree| entry(&[which, subtree.form()], &subtree_octets(subtree))).collect()
            };
            [list(0, &fixed.names.permitted), list(1, &fixed.names.excluded)].concat()
        }
        POLICY_CONSTRAINTS => {
            let both = fixed.policy_constraints;
            [number(0, both.require_explicit), number(1, both.inhibit_mapping)]
                .into_iter()
                .flatten()
                .collect()
        }
        INHIBIT_ANY_POLICY => number(0, fixed.inhibit_any_policy).into_iter().collect(),
        TLS_FEATURE if fixed.must_staple == Presence::Present => vec![entry(b"", &[5])],
        NO_CHECK if fixed.ocsp_no_check == Presence::Present => vec![entry(b"", &[])],
        _ => Vec::new(),
    };
    if found.is_empty() { None } else { Some(found) }
}

fn subtree_octets(subtree: &Subtree) -> Vec<u8> {
    match subtree {
        Subtree::Address(octets) => octets.clone(),
        Subtree::Directory(name) => name.der().to_vec(),
        Subtree::Dns(text) | Subtree::Email(text) | Subtree::Uri(text) => text.as_bytes().to_vec(),
        Subtree::Other { .. } => Vec::new(),
    }
}

fn demand(extension: &Extension<'_>, wanted: Criticality, noun: &str) -> Result<(), String> {
    match wanted {
        _ if extension.criticality == wanted => Ok(()),
        Criticality::Critical => Err(format!("{noun} is not critical")),
        Criticality::NonCritical => Err(format!("{noun} is critical")),
    }
}

fn of_authority(kind: Kind, noun: &str) -> Result<(), String> {
    if kind == Kind::EndEntity { Err(format!("{noun} stands in an end entity")) } else { Ok(()) }
}

fn location(element: &Element<'_>) -> Result<Vec<u8>, String> {
    match element.tag {
        URI if extensions::is_visible(element.content) && extensions::scheme(element.content) => {
            Ok(element.content.to_vec())
        }
        _ => Err("a location is not a sound URI".to_owned()),
    }
}

/// RFC 5280 §4.2.2.1.
fn information_access(extension: &Extension<'_>, _: Kind) -> Result<Content, String> {
    demand(extension, Criticality::NonCritical, "authorityInfoAccess")?;
    let mut list = one_element(extension, tag::SEQUENCE, "AuthorityInfoAccessSyntax")?.reader();
    let mut found = Vec::new();
    while !list.is_empty() {
        let mut description = list.sequence("AccessDescription").map_err(sentence)?;
        let method = description.oid("accessMethod").map_err(sentence)?;
        let place = description.any().map_err(sentence)?;
        description.finish("accessLocation").map_err(sentence)?;
        found.push((method.to_vec(), location(&place)?));
    }
    if found.is_empty() { Err("authorityInfoAccess is empty".to_owned()) } else { Ok(found) }
}

/// RFC 5280 §4.2.1.13: one point, its full name, no reasons and no other issuer.
fn distribution_points(extension: &Extension<'_>, _: Kind) -> Result<Content, String> {
    demand(extension, Criticality::NonCritical, "cRLDistributionPoints")?;
    let mut list = one_element(extension, tag::SEQUENCE, "CRLDistributionPoints")?.reader();
    let names = (|| {
        let mut point = list.sequence("DistributionPoint")?;
        list.clone().finish("the distribution point")?;
        let mut name = point.expect(tag::context_constructed(0), "distributionPoint")?.reader();
        point.finish("distributionPoint")?;
        let names = name.expect(tag::context_constructed(0), "fullName")?;
        name.finish("fullName")?;
        Ok(names)
    })()
    .map_err(|error: DerError| error.to_string())?;
    let mut names = names.reader();
    let mut found = Vec::new();
    while !names.is_empty() {
        found.push((Vec::new(), location(&names.any().map_err(sentence)?)?));
    }
    if found.is_empty() { Err("a distribution point has no name".to_owned()) } else { Ok(found) }
}

/// RFC 5280 §4.2.1.4: no policy twice; the practice statement's URI is the only qualifier.
fn policies(extension: &Extension<'_>, _: Kind) -> Result<Content, String> {
    let mut list = one_element(extension, tag::SEQUENCE, "CertificatePolicies")?.reader();
    let mut found = vec![entry(b"critical", &[u8::from(extension.criticality == Criticality::Critical)])];
    let mut seen = BTreeSet::new();
    while !list.is_empty() {
        let mut information = list.sequence("PolicyInformation").map_err(sentence)?;
        let policy = information.oid("policyIdentifier").map_err(sentence)?;
        if !seen.insert(policy) {
            return Err("certificatePolicies has a policy twice".to_owned());
        }
        let statement = if information.is_empty() { b"".to_vec() } else { statement(&mut information)? };
        information.finish("policyQualifiers").map_err(sentence)?;
        found.push((policy.to_vec(), statement));
    }
    if seen.is_empty() { Err("certificatePolicies is empty".to_owned()) } else { Ok(found) }
}

fn statement(information: &mut Reader<'_>) -> Result<Vec<u8>, String> {
    let uri = (|| {
        let mut qualifiers = information.sequence("policyQualifiers")?;
        let mut qualifier = qualifiers.sequence("PolicyQualifierInfo")?;
        qualifiers.finish("the policy qualifier")?;
        let kind = qualifier.oid("policyQualifierId")?;
        let uri = qualifier.expect(tag::IA5_STRING, "cPSuri")?;
        qualifier.finish("cPSuri")?;
        Ok((kind, uri))
    })();
    match uri.map_err(|error: DerError| error.to_string())? {
        (ID_CPS, uri) if extensions::is_visible(uri.content) && extensions::scheme(uri.content) => {
            Ok(uri.content.to_vec())
        }
        _ => Err("a policy qualifier is not the URI of a practice statement".to_owned()),
    }
}

/// RFC 5280 §4.2.1.10.
fn name_constraints(extension: &Extension<'_>, kind: Kind) -> Result<Content, String> {
    of_authority(kind, "nameConstraints")?;
    demand(extension, Criticality::Critical, "nameConstraints")?;
    let mut lists = one_element(extension, tag::SEQUENCE, "NameConstraints")?.reader();
    let mut found = Vec::new();
    for which in [0, 1] {
        let Some(list) = lists.optional(tag::context_constructed(which)).map_err(sentence)? else { continue };
        let mut subtrees = list.reader();
        if subtrees.is_empty() {
            return Err("a list of subtrees is empty".to_owned());
        }
        while !subtrees.is_empty() {
            let mut subtree = subtrees.sequence("GeneralSubtree").map_err(sentence)?;
            let base = subtree.any().map_err(sentence)?;
            subtree.finish("a subtree's base").map_err(sentence)?;
            found.push((vec![which, base.tag], base.content.to_vec()));
        }
    }
    lists.finish("excludedSubtrees").map_err(sentence)?;
    if found.is_empty() { Err("nameConstraints is empty".to_owned()) } else { Ok(found) }
}

/// `SkipCerts`, a number of certificates: never negative, and few.
fn skip(content: &[u8]) -> Result<Vec<u8>, String> {
    match content {
        [number] if number & 0x80 == 0 => Ok(u32::from(*number).to_be_bytes().to_vec()),
        _ => Err("a number of certificates is negative or larger than any path".to_owned()),
    }
}

/// RFC 5280 §4.2.1.11.
fn policy_constraints(extension: &Extension<'_>, kind: Kind) -> Result<Content, String> {
    of_authority(kind, "policyConstraints")?;
    demand(extension, Criticality::Critical, "policyConstraints")?;
    let mut fields = one_element(extension, tag::SEQUENCE, "PolicyConstraints")?.reader();
    let mut found = Vec::new();
    for which in [0, 1] {
        if let Some(field) = fields.optional(tag::context(which)).map_err(sentence)? {
            found.push((vec![which], skip(field.content)?));
        }
    }
    fields.finish("inhibitPolicyMapping").map_err(sentence)?;
    if found.is_empty() { Err("policyConstraints is empty".to_owned()) } else { Ok(found) }
}

/// RFC 5280 §4.2.1.14.
fn inhibit_any_policy(extension: &Extension<'_>, kind: Kind) -> Result<Content, String> {
    of_authority(kind, "inhibitAnyPolicy")?;
    demand(extension, Criticality::Critical, "inhibitAnyPolicy")?;
    let number = one_element(extension, tag::INTEGER, "InhibitAnyPolicy")?;
    Ok(vec![(vec![0], skip(number.content)?)])
}

/// RFC 7633 §4: numbers of TLS extensions.
fn tls_feature(extension: &Extension<'_>, _: Kind) -> Result<Content, String> {
    demand(extension, Criticality::NonCritical, "the TLS feature extension")?;
    let mut list = one_element(extension, tag::SEQUENCE, "Features")?.reader();
    let mut found = Vec::new();
    while !list.is_empty() {
        found.push((Vec::new(), list.integer("a TLS feature").map_err(sentence)?.to_vec()));
    }
    if found.is_empty() { Err("the TLS feature extension is empty".to_owned()) } else { Ok(found) }
}

/// RFC 6960 §4.2.2.2.1: NULL, and should not be critical.
fn no_check(extension: &Extension<'_>, _: Kind) -> Result<Content, String> {
    demand(extension, Criticality::NonCritical, "ocsp-nocheck")?;
    let null = one_element(extension, tag::NULL, "NULL")?;
    Ok(vec![(Vec::new(), null.content.to_vec())])
}
