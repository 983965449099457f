//! The lint's rule on the attributes of a subject: RFC 5280 appendix A.1 leaves no choice of their lengths.

use super::super::der::{Element, tag};

/// An attribute type of id-at (2.5.4), fewest and most characters, and the string type where there is no choice.
const BOUNDS: &[(u8, usize, usize, Option<u8>)] = &[
    (3, 1, 64, None),
    (4, 1, 32_768, None),
    (5, 1, 64, Some(tag::PRINTABLE_STRING)),
    (6, 2, 2, Some(tag::PRINTABLE_STRING)),
    (7, 1, 128, None),
    (8, 1, 128, None),
    (10, 1, 64, None),
    (11, 1, 64, None),
    (12, 1, 64, None),
    (41, 1, 32_768, None),
    (42, 1, 32_768, None),
    (43, 1, 32_768, None),
    (44, 1, 32_768, None),
    (46, 1, usize::MAX, Some(tag::PRINTABLE_STRING)),
    (65, 1, 128, None),
];

/// emailAddress and domainComponent: `IA5String`, and most characters.
const IA5: &[(&[u8], usize)] = &[
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", 255),
    (b"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19", usize::MAX),
];

/// Judges all attributes, up to the first that is wrong.
pub(super) fn attributes(subject: &[(&[u8], Element<'_>)]) -> Result<(), String> {
    subject.iter().try_for_each(|(kind, value)| attribute(kind, value))
}

fn attribute(kind: &[u8], value: &Element<'_>) -> Result<(), String> {
    let bounds = match kind {
        [0x55, 4, number] => BOUNDS.iter().find(|(known, ..)| known == number).copied(),
        other => {
            IA5.iter().find(|(known, _)| *known == other).map(|(_, max)| (0, 1, *max, Some(tag::IA5_STRING)))
        }
    };
    let Some((_, min, max, string)) = bounds else { return Ok(()) };
    if string.is_some_and(|string| string != value.tag) {
        return Err("an attribute of the subject has another string type than its own".to_owned());
    }
    match characters(value) {
        Some(count) if (min..=max).contains(&count) => Ok(()),
        _ => Err("an attribute of the subject is shorter or longer than it may be".to_owned()),
    }
}

/// How many characters a string has; `None` where it is none.
fn characters(value: &Element<'_>) -> Option<usize> {
    match value.tag {
        tag::UTF8_STRING => std::str::from_utf8(value.content).ok().map(|text| text.chars().count()),
        tag::BMP_STRING => value.content.len().is_multiple_of(2).then_some(value.content.len() / 2),
        tag::UNIVERSAL_STRING => value.content.len().is_multiple_of(4).then_some(value.content.len() / 4),
        _ => Some(value.content.len()),
    }
}
