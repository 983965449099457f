//! The text of names, judged: characters, string types, bounds.

use crate::pki::{
    der::tag,
    name::{Attribute, Name, attribute, read_string},
    oid,
    policy::{Control, Finding},
    text::counted,
    text::is_harmless,
};

use super::Quirk;

/// Most attributes in one name: real names have ten, those of directory trees up to two hundred.
const ATTRIBUTES_MAX: usize = 256;

/// Types that tell one subject from another: two of them in one RDN would be two identities.
const IDENTIFYING: [&[u8]; 4] =
    [attribute::COMMON_NAME, attribute::SERIAL_NUMBER, attribute::USER_ID, oid::EMAIL_ADDRESS];

/// Most characters of an attribute that has no bound of its own (ub-state-name, the largest common one).
const CHARS_MAX: usize = 128;

const HINT: &str = "ask for a request with a plain subject";

/// Reads and judges the subject, which may be empty: whether that is enough is the profile's to say. `None` where its structure cannot be read.
pub(super) fn read(octets: &[u8], findings: &mut Vec<Finding>) -> Option<Name> {
    match Name::parse(octets) {
        Ok(name) => {
            judge(&name, findings);
            Some(name)
        }
        Err(error) => {
            findings.push(Finding::refuse(Control::NameMalformed, &error.to_string(), HINT));
            None
        }
    }
}

/// Judges the text of a name.
pub(super) fn judge(name: &Name, findings: &mut Vec<Finding>) {
    let rdns = name.rdns();
    if rdns.iter().map(Vec::len).sum::<usize>() > ATTRIBUTES_MAX {
        let message = format!("the name has more than {ATTRIBUTES_MAX} attributes");
        return findings.push(Finding::refuse(Control::NameLength, &message, HINT));
    }
    if name.is_unsorted() {
        Quirk::RdnUnsorted.note(findings);
    }
    for rdn in &rdns {
        for (index, attribute) in rdn.iter().enumerate() {
            let mut others = rdn[..index].iter().filter(|other| other.oid == attribute.oid).peekable();
            if others.peek().is_some() {
                // X.501 §9.3 forbids it for every type; Go's `pkix.Name` writes a list of, say, units this way.
                if IDENTIFYING.contains(&attribute.oid) || others.any(|other| other.value == attribute.value)
                {
                    let message = format!("{} stands twice in one part of the name", kind(attribute));
                    findings.push(Finding::refuse(Control::NameMalformed, &message, HINT));
                } else {
                    Quirk::RdnTypeRepeated.note(findings);
                }
            }
            judge_attribute(attribute, findings);
        }
    }
}

fn judge_attribute(attribute: &Attribute<'_>, findings: &mut Vec<Finding>) {
    let what = kind(attribute);
    let mut refuse = |control, message: &str| findings.push(Finding::refuse(control, message, HINT));
    let is_string = matches!(
        attribute.tag,
        tag::UTF8_STRING
            | tag::PRINTABLE_STRING
            | tag::IA5_STRING
            | tag::NUMERIC_STRING
            | tag::VISIBLE_STRING
            | tag::TELETEX_STRING
            | tag::BMP_STRING
            | tag::UNIVERSAL_STRING
    );
    if !is_string {
        return refuse(Control::NameMalformed, &format!("the value of {what} is not a string"));
    }
    let Some(text) = read_string(attribute.tag, attribute.value) else {
        return refuse(
            Control::NameCharacters,
            &format!("the value of {what} is not what its string type says"),
        );
    };
    if !text.chars().all(is_harmless) {
        let message = format!("{what} carries a control character, or one that hides or reorders text");
        refuse(Control::NameCharacters, &message);
    }
    let known = attribute::by_oid(attribute.oid);
    let (min, max) = known.map_or((1, CHARS_MAX), |kind| (kind.chars_min, kind.chars_max));
    let chars = text.chars().count();
    if !(min..=max).contains(&chars) {
        refuse(
            Control::NameLength,
            &format!("{what} has {}; {min} to {max} are allowed", counted(chars, "character")),
        );
    }
    // RFC 5280 appendix A.1: these types leave no choice of the string type.
    let demanded = known.and_then(|kind| match kind.charset {
        attribute::Charset::Directory => None,
        attribute::Charset::Ia5 => Some((tag::IA5_STRING, "IA5String")),
        attribute::Charset::Printable => Some((tag::PRINTABLE_STRING, "PrintableString")),
    });
    if let Some((_, name)) = demanded.filter(|(tag, _)| *tag != attribute.tag) {
        refuse(Control::NameMalformed, &format!("the value of {what} is not a {name}"));
    }
    if matches!(attribute.tag, tag::TELETEX_STRING | tag::BMP_STRING | tag::UNIVERSAL_STRING) {
        Quirk::StringTypeOld.note(findings);
    }
    if attribute.tag == tag::PRINTABLE_STRING && !crate::pki::name::is_printable_string(&text) {
        Quirk::PrintableAlphabet.note(findings);
    }
}

fn kind(attribute: &Attribute<'_>) -> String {
    attribute::by_oid(attribute.oid).map_or_else(|| oid::dotted(attribute.oid), |kind| kind.short.to_owned())
}
