//! The lint's rule that a certificate is what was planned: nothing less, nothing more, nothing else.

use super::{
    super::{
        der::{Reader, tag},
        profile::{Criticality, KeyIdentifier},
        time::Time,
    },
    Expected, Faults, Fields, Granted, Kind, PLAN,
    extensions::{self, Extension},
    moment,
};

/// Compares the fields with the plan.
pub(super) fn fields(fields: &Fields<'_>, granted: &Granted<'_>, faults: &mut Faults) {
    let mut differs = |what: &str| faults.add(PLAN, format!("{what} is not the one that was planned"));
    if fields.serial.content != granted.serial {
        differs("the serial number");
    }
    if fields.subject.whole != granted.subject {
        differs("the subject");
    }
    let mut validity = fields.validity.reader();
    let mut reads =
        |noun: &str, planned: Time| moment(&mut validity, noun).is_ok_and(|found| found == planned);
    // Both are read, one after the other.
    let same = [reads("notBefore", granted.not_before), reads("notAfter", granted.not_after)];
    if same != [true, true] {
        differs("the validity");
    }
}

/// Compares the extensions with the plan, but for the content of those that have rules of their own.
pub(super) fn extensions(
    all: &[Extension<'_>],
    expected: &Expected<'_>,
    granted: &Granted<'_>,
    faults: &mut Faults,
) {
    let find = |oid: &[u8]| all.iter().find(|extension| extension.oid == oid);
    let mut differs = |what: &str| faults.add(PLAN, what.to_owned());
    let usage = find(extensions::ID_KEY_USAGE).and_then(|extension| bits(extension.value));
    if usage != Some(granted.key_usage) {
        differs("the key usage is not the one that was planned");
    }
    let length = find(extensions::ID_BASIC_CONSTRAINTS).and_then(|extension| path_length(extension.value));
    if expected.kind != Kind::EndEntity && length != granted.path_length {
        differs("the path length is not the one that was planned");
    }
    let purposes =
        find(extensions::ID_EKU).map(|extension| (purposes(extension.value), extension.criticality));
    let planned = (granted.extended_key_usage.to_vec(), granted.extended_key_usage_criticality);
    if purposes != Some(planned).filter(|(usages, _)| !usages.is_empty()) {
        differs("the extended key usage is not the one that was planned");
    }
    if find(extensions::ID_SKI).is_some() != (granted.key_identifier == KeyIdentifier::Present) {
        differs("the subject key identifier is there against the plan, or missing against it");
    }
    for (oid, value) in &granted.copied {
        if find(oid).is_none_or(|found| found.value != *value) {
            differs("an extension that was to be copied is missing or altered");
        }
    }
    for custom in &granted.fixed.custom {
        let same = find(&custom.oid)
            .is_some_and(|found| found.value == custom.value && found.criticality == custom.criticality);
        if !same {
            differs("a custom extension is missing or altered");
        }
    }
    let fixed = granted.fixed.types();
    for extension in all {
        let known = extensions::OF_EVERY_PROFILE.contains(&extension.oid)
            || fixed.iter().any(|(oid, _)| oid == extension.oid)
            || granted.copied.iter().any(|(oid, _)| *oid == extension.oid);
        if !known {
            differs("an extension stands there that was not planned");
        }
    }
}

/// Whether the plan says that an extension of a type that nobody knows is critical.
pub(super) fn is_critical(extension: &Extension<'_>, granted: Option<&Granted<'_>>) -> bool {
    granted.is_some_and(|granted| {
        let custom = granted.fixed.custom.iter();
        custom.filter(|own| own.oid == extension.oid).any(|own| own.criticality == Criticality::Critical)
    })
}

fn bits(value: &[u8]) -> Option<u16> {
    let content = Reader::new(value).expect(tag::BIT_STRING, "KeyUsage").ok()?.content;
    let octets = content.get(1..)?;
    let octet = |at: usize| u16::from(octets.get(at).copied().unwrap_or(0).reverse_bits());
    Some(octet(0) | octet(1) << 8)
}

fn path_length(value: &[u8]) -> Option<u32> {
    let mut fields = Reader::new(value).sequence("BasicConstraints").ok()?;
    fields.boolean("cA").ok()?;
    match fields.integer("pathLenConstraint").ok()? {
        [length] => Some(u32::from(*length)),
        _ => None,
    }
}

fn purposes(value: &[u8]) -> Vec<Vec<u8>> {
    let Ok(mut list) = Reader::new(value).sequence("ExtKeyUsageSyntax") else { return Vec::new() };
    let mut found = Vec::new();
    while let Ok(purpose) = list.oid("KeyPurposeId") {
        found.push(purpose.to_vec());
    }
    found
}
