//! A profile's extensions of fixed content, as they are written and as they are trusted.

use toml::Spanned;

use crate::pki::{
    constraint::{NameConstraints, Subtree},
    profile::{
        CUSTOM_OCTETS_MAX, Criticality, CustomExtension, FixedExtensions, Policy, PolicyConstraints, Presence,
    },
};

use super::{
    error::Error,
    profile::{Source, dotted},
    written,
};

/// What is written as `true` where an extension is critical.
pub(super) fn criticality(critical: bool) -> Criticality {
    if critical { Criticality::Critical } else { Criticality::NonCritical }
}

fn presence(present: bool) -> Presence {
    if present { Presence::Present } else { Presence::Absent }
}

/// Reads all of them; whether they go together is the profile's own check.
pub(super) fn fixed(source: Source<'_>, written: &written::Profile) -> Result<FixedExtensions, Error> {
    let policies = written.certificate_policies.iter().map(|policy| {
        let oid = dotted(source, "certificate-policies", &policy.oid)?;
        Ok(Policy { oid, cps: policy.cps.clone() })
    });
    let custom = written.custom_extensions.iter().map(|custom| {
        Ok(CustomExtension {
            oid: dotted(source, "custom-extensions", &custom.oid)?,
            criticality: criticality(custom.critical),
            value: hexadecimal(source, &custom.der)?,
        })
    });
    Ok(FixedExtensions {
        ocsp: written.ocsp.clone(),
        ca_issuers: written.ca_issuers.clone(),
        crl: written.crl.clone(),
        crl_partitions: written.crl_partitions,
        policies: policies.collect::<Result<_, Error>>()?,
        policies_criticality: criticality(written.certificate_policies_critical),
        names: NameConstraints {
            permitted: subtrees(source, "permitted-names", &written.permitted_names)?,
            excluded: subtrees(source, "excluded-names", &written.excluded_names)?,
        },
        policy_constraints: PolicyConstraints {
            require_explicit: written.require_explicit_policy,
            inhibit_mapping: written.inhibit_policy_mapping,
        },
        inhibit_any_policy: written.inhibit_any_policy,
        must_staple: presence(written.must_staple),
        ocsp_no_check: presence(written.ocsp_no_check),
        custom: custom.collect::<Result<_, Error>>()?,
    })
}

fn subtrees(source: Source<'_>, key: &str, names: &[Spanned<String>]) -> Result<Vec<Subtree>, Error> {
    let mut found: Vec<Subtree> = Vec::new();
    for name in names {
        let subtree = Subtree::from_text(name.get_ref()).map_err(|what| {
            let message = format!("\"{}\": {what}", name.get_ref());
            let hint = "write dns:example.com, ip:192.0.2.0/24, email:example.com, uri:.example.com or \
                        dn:O=Example,C=DE";
            source.wrong(&name.span(), key, &message, hint)
        })?;
        if found.contains(&subtree) {
            let message = format!("\"{}\" stands there twice", name.get_ref());
            return Err(source.wrong(&name.span(), key, &message, "write it once"));
        }
        found.push(subtree);
    }
    Ok(found)
}

fn hexadecimal(source: Source<'_>, text: &Spanned<String>) -> Result<Vec<u8>, Error> {
    let digits = text.get_ref();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let hexadecimal = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    if digits.len() > 2 * CUSTOM_OCTETS_MAX
        || !digits.len().is_multiple_of(2)
        || digits.is_empty()
        || !hexadecimal
    {
        let hint = "write one DER element as pairs of digits, such as 0500 for a NULL";
        return Err(source.wrong(
            &text.span(),
            "custom-extensions",
            "`der` is not hexadecimal digits in pairs",
            hint,
        ));
    }
    let octets: Option<Vec<u8>> = digits.as_bytes().chunks_exact(2).map(pair).collect();
    Ok(octets.unwrap_or_default())
}
