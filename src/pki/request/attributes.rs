//! The attributes of a request (RFC 2986 §4.1): extension requests in both dialects, a challenge password, others.

use crate::pki::{
    der::{DerError, Element, Reader, tag},
    extension::{Meaning, RequestedExtension},
    oid,
    policy::{Control, Finding},
};

use super::{Quirk, alternative_name};

/// Most attributes: software writes up to five.
const ATTRIBUTES_MAX: usize = 32;

/// Most requested extensions: real requests have ten.
const EXTENSIONS_MAX: usize = 32;

/// Most extended key usages in one request: real ones have three.
const USAGES_MAX: usize = 32;

const HINT: &str = "ask for a request made with a current tool";

/// Reads the attributes; what is wrong with them is added to the findings.
pub(super) fn read(attributes: Option<Element<'_>>, findings: &mut Vec<Finding>) -> Vec<RequestedExtension> {
    let Some(attributes) = attributes else {
        Quirk::AttributesAbsent.note(findings);
        return Vec::new();
    };
    match try_read(&attributes, findings) {
        Ok(extensions) => extensions,
        Err(error) => {
            findings.push(Finding::refuse(Control::CsrAttributes, &error.to_string(), HINT));
            Vec::new()
        }
    }
}

fn try_read(set: &Element<'_>, findings: &mut Vec<Finding>) -> Result<Vec<RequestedExtension>, DerError> {
    let mut reader = set.reader();
    let (mut types, mut members) = (Vec::new(), Vec::new());
    let mut request: Option<Element<'_>> = None;
    let refuse = |message: &str| Finding::refuse(Control::CsrAttributes, message, HINT);
    while !reader.is_empty() {
        let attribute = reader.expect(tag::SEQUENCE, "an attribute")?;
        if members.len() == ATTRIBUTES_MAX {
            findings.push(refuse(&format!("there are more than {ATTRIBUTES_MAX} attributes")));
            return Ok(Vec::new());
        }
        members.push(attribute.whole);
        let mut parts = attribute.reader();
        let name = parts.oid("an attribute's type")?;
        let mut values = parts.expect(tag::SET, "an attribute's values")?.reader();
        parts.finish("an attribute's values")?;
        if types.contains(&name) {
            findings.push(refuse(&format!("the attribute {} stands there twice", oid::dotted(name))));
        }
        types.push(name);
        if values.is_empty() {
            Quirk::AttributeWithoutValue.note(findings);
            continue;
        }
        let first = values.any()?;
        let mut others = 0;
        while !values.is_empty() {
            values.any()?;
            others += 1;
        }
        match name {
            oid::CHALLENGE_PASSWORD => findings.push(Finding::note(
                Control::ChallengePassword,
                "the request carries a challenge password; it is not used, shown or recorded",
                "leave it out of requests to this CA",
            )),
            oid::EXTENSION_REQUEST | oid::EXTENSION_REQUEST_MICROSOFT => {
                if others > 0 {
                    findings.push(refuse("the extension request has several values"));
                }
                if request.replace(first).is_some() {
                    findings.push(refuse("there is more than one extension request"));
                }
            }
            _ => {}
        }
    }
    if !members.is_sorted() {
        Quirk::AttributesUnsorted.note(findings);
    }
    let Some(request) = request else { return Ok(Vec::new()) };
    Ok(read_extensions(&request, findings).unwrap_or_else(|error| {
        findings.push(malformed(&error.to_string()));
        Vec::new()
    }))
}

fn malformed(message: &str) -> Finding {
    Finding::refuse(Control::ExtensionMalformed, message, HINT)
}

fn read_extensions(
    request: &Element<'_>,
    findings: &mut Vec<Finding>,
) -> Result<Vec<RequestedExtension>, DerError> {
    let mut outer = Reader::new(request.whole);
    let mut reader = outer.sequence("the extension request")?;
    if reader.is_empty() {
        Quirk::ExtensionRequestEmpty.note(findings);
    }
    let mut extensions: Vec<RequestedExtension> = Vec::new();
    while !reader.is_empty() {
        let mut parts = reader.sequence("a requested extension")?;
        let name = parts.oid("a requested extension's type")?;
        let critical = match parts.peek() {
            Some(tag::BOOLEAN) => {
                let critical = parts.boolean("the critical flag")?;
                if !critical {
                    Quirk::DefaultWritten.note(findings);
                }
                critical
            }
            _ => false,
        };
        let value = parts.expect(tag::OCTET_STRING, "a requested extension's value")?.content;
        parts.finish("a requested extension's value")?;
        if extensions.len() == EXTENSIONS_MAX {
            let message = format!("more than {EXTENSIONS_MAX} extensions are requested");
            findings.push(Finding::refuse(Control::ExtensionLimit, &message, HINT));
            return Ok(extensions);
        }
        if extensions.iter().any(|other| other.oid == name) {
            let message = format!("the extension {} is requested twice", oid::dotted(name));
            findings.push(Finding::refuse(Control::ExtensionDuplicate, &message, HINT));
        }
        let meaning = read_meaning(name, value, findings).unwrap_or_else(|error| {
            findings.push(malformed(&format!("the requested extension {}: {error}", oid::dotted(name))));
            Meaning::Opaque
        });
        extensions.push(RequestedExtension { oid: name.to_vec(), critical, value: value.to_vec(), meaning });
    }
    Ok(extensions)
}

fn read_meaning(name: &[u8], value: &[u8], findings: &mut Vec<Finding>) -> Result<Meaning, DerError> {
    match name {
        oid::BASIC_CONSTRAINTS => basic_constraints(value, findings),
        oid::EXTENDED_KEY_USAGE => extended_key_usage(value, findings),
        oid::KEY_USAGE => key_usage(value, findings),
        oid::SUBJECT_ALT_NAME => {
            alternative_name::read(value, findings).map(|names| Meaning::SubjectAltName { names })
        }
        _ => Ok(Meaning::Opaque),
    }
}

/// RFC 5280 §4.2.1.9.
fn basic_constraints(value: &[u8], findings: &mut Vec<Finding>) -> Result<Meaning, DerError> {
    let mut outer = Reader::new(value);
    let mut reader = outer.sequence("basicConstraints")?;
    outer.finish("basicConstraints")?;
    let ca = match reader.peek() {
        Some(tag::BOOLEAN) => reader.boolean("cA")?,
        _ => false,
    };
    if !ca && reader.offset() > 2 {
        Quirk::DefaultWritten.note(findings);
    }
    let mut path_length = None;
    if !reader.is_empty() {
        path_length = match reader.integer("pathLenConstraint")? {
            [first @ 0..=0x7f] => Some(u32::from(*first)),
            [first @ 0..=0x7f, second] => Some(u32::from(*first) << 8 | u32::from(*second)),
            _ => {
                findings.push(malformed("pathLenConstraint is negative or larger than 32767"));
                None
            }
        };
    }
    reader.finish("pathLenConstraint")?;
    Ok(Meaning::BasicConstraints { ca, path_length })
}

/// RFC 5280 §4.2.1.12.
fn extended_key_usage(value: &[u8], findings: &mut Vec<Finding>) -> Result<Meaning, DerError> {
    let mut outer = Reader::new(value);
    let mut reader = outer.sequence("extKeyUsage")?;
    outer.finish("extKeyUsage")?;
    let mut usages = Vec::new();
    while !reader.is_empty() {
        if usages.len() == USAGES_MAX {
            let message = format!("more than {USAGES_MAX} extended key usages are requested");
            findings.push(Finding::refuse(Control::ExtensionLimit, &message, HINT));
            break;
        }
        usages.push(reader.oid("a key purpose")?.to_vec());
    }
    if usages.is_empty() {
        findings.push(malformed("extKeyUsage has no key purpose"));
    }
    Ok(Meaning::ExtendedKeyUsage(usages))
}

/// RFC 5280 §4.2.1.3: a BIT STRING of named bits, 0 to 8.
fn key_usage(value: &[u8], findings: &mut Vec<Finding>) -> Result<Meaning, DerError> {
    let mut outer = Reader::new(value);
    let element = outer.expect(tag::BIT_STRING, "keyUsage")?;
    outer.finish("keyUsage")?;
    let wrong = DerError::Unexpected { expected: "keyUsage", found: element.tag, at: element.at };
    let [unused @ 0..=7, octets @ ..] = element.content else { return Err(wrong) };
    let spare = octets.last().map_or(*unused, |last| last & ((1 << unused) - 1));
    // X.690 §11.2.1: unused bits are zero; bit 8 is the last that there is.
    if octets.len() > 2 || spare != 0 || octets.get(1).is_some_and(|second| second & 0x7f != 0) {
        return Err(wrong);
    }
    if octets.last().is_some_and(|last| last.trailing_zeros() > u32::from(*unused)) {
        Quirk::KeyUsageZeroBits.note(findings);
    }
    // Bit 0 is the highest of the first octet.
    let mut bits = 0;
    for (index, octet) in octets.iter().enumerate() {
        bits |= u16::from(octet.reverse_bits()) << (8 * index);
    }
    Ok(Meaning::KeyUsage(bits))
}
