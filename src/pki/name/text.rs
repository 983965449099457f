//! Names as people write them: RFC 4514 and the slash form, read strictly.

use crate::pki::{
    der::{element, tag},
    text::counted,
    text::is_harmless,
};

use super::{
    attribute::{Charset, Kind, by_name},
    value::is_printable_string,
};

/// Most octets of a name's text: thirty attributes of ordinary length.
const TEXT_OCTETS_MAX: usize = 4096;

/// The DER of the name that a text means.
pub(super) fn encode(text: &str) -> Result<Vec<u8>, String> {
    if text.is_empty() {
        return Err("the name is empty".into());
    }
    if text.len() > TEXT_OCTETS_MAX {
        return Err(format!("the name has more than {TEXT_OCTETS_MAX} octets"));
    }
    let rdns = match text.strip_prefix('/') {
        Some(rest) => split(rest, '/'),
        // RFC 4514 §2.1: the text begins with the last RDN.
        None => split(text, ',').into_iter().rev().collect(),
    };
    let sets: Vec<Vec<u8>> = rdns.into_iter().map(rdn).collect::<Result<_, _>>()?;
    Ok(element(tag::SEQUENCE, &sets.concat()))
}

fn rdn(text: &str) -> Result<Vec<u8>, String> {
    let mut types = Vec::new();
    let mut members = Vec::new();
    for pair in split(text, '+') {
        let (name, value) =
            pair.split_once('=').ok_or_else(|| "every part of a name is written `type=value`".to_owned())?;
        // A blank after a separator is how people write names; it belongs to no value.
        let name = name.trim_start_matches(' ');
        let kind = kind(name)?;
        if types.contains(&kind.oid) {
            return Err(format!("{} stands twice in one relative distinguished name", kind.short));
        }
        types.push(kind.oid);
        members.push(attribute(name, &unescape(value)?)?);
    }
    // X.690 §11.6: the members of a SET OF in ascending order.
    members.sort();
    Ok(element(tag::SET, &members.concat()))
}

/// The DER of one `AttributeTypeAndValue`, the value exactly as given.
pub(super) fn attribute(name: &str, value: &str) -> Result<Vec<u8>, String> {
    let kind = kind(name)?;
    let short = kind.short;
    let chars = value.chars().count();
    if chars == 0 {
        return Err(format!("the value of {short} is empty"));
    }
    if !(kind.chars_min..=kind.chars_max).contains(&chars) {
        let (min, max) = (kind.chars_min, kind.chars_max);
        return Err(format!("{short} has {}; {min} to {max} are allowed", counted(chars, "character")));
    }
    if !value.chars().all(is_harmless) {
        return Err(format!("{short} carries a control character, or one that hides or reorders text"));
    }
    let string = match kind.charset {
        Charset::Directory => tag::UTF8_STRING,
        Charset::Ia5 if value.is_ascii() => tag::IA5_STRING,
        Charset::Printable if is_printable_string(value) => tag::PRINTABLE_STRING,
        Charset::Ia5 => return Err(format!("{short} takes ASCII characters only")),
        Charset::Printable => {
            return Err(format!("{short} takes letters, digits, blank and '()+,-./:=? only"));
        }
    };
    let pair = [element(tag::OID, kind.oid), element(string, value.as_bytes())].concat();
    Ok(element(tag::SEQUENCE, &pair))
}

fn kind(name: &str) -> Result<&'static Kind, String> {
    let shown = crate::pki::text::Printable::with_limit(name, 40);
    by_name(name).ok_or_else(|| format!("`{shown}` is not a known attribute type"))
}

/// Splits at separators that no backslash stands before.
fn split(text: &str, separator: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut escaped) = (0, false);
    for (at, c) in text.char_indices() {
        if c == separator && !escaped {
            parts.push(&text[start..at]);
            start = at + c.len_utf8();
        }
        escaped = c == '\\' && !escaped;
    }
    parts.push(&text[start..]);
    parts
}

/// Takes the escapes out of a value (RFC 4514 §2.4 and §3).
fn unescape(value: &str) -> Result<String, String> {
    if value.starts_with('#') {
        return Err("a value in the form `#hex` is not taken; write `\\#` for a number sign".into());
    }
    let mut octets = Vec::with_capacity(value.len());
    let mut ends_bare = !value.starts_with(' ');
    let mut rest = value.chars();
    while let Some(c) = rest.next() {
        ends_bare &= c != ' ' || !rest.as_str().is_empty();
        if matches!(c, ';' | '"' | '<' | '>') {
            return Err(format!("`{c}` in a value is written with a backslash before it"));
        }
        if c != '\\' {
            octets.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        let escaped = rest.next().ok_or_else(|| "a backslash stands at the end of a value".to_owned())?;
        let pair = rest.clone().next().and_then(|low| Some((escaped.to_digit(16)?, low.to_digit(16)?)));
        if let Some((high, low)) = pair {
            rest.next();
            octets.push(u8::try_from(high << 4 | low).unwrap_or_default());
        } else if escaped.is_ascii_punctuation() || escaped == ' ' {
            octets.push(u8::try_from(escaped).unwrap_or_default());
        } else {
            return Err("after a backslash stands a mark or two hexadecimal digits".into());
        }
    }
    if !ends_bare {
        return Err("a blank at an end of a value is written with a backslash before it".into());
    }
    String::from_utf8(octets).map_err(|_| "the escaped octets of a value are not UTF-8".to_owned())
}

/// Writes a value so that [`unescape`] gives it back and no part of it reads as another attribute (RFC 4514 §2.4).
pub(super) fn escape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let last = value.chars().count().saturating_sub(1);
    for (index, c) in value.chars().enumerate() {
        let at_end = index == 0 || index == last;
        if matches!(c, ',' | '+' | '"' | '\\' | '<' | '>' | ';')
            || at_end && c == ' '
            || index == 0 && c == '#'
        {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
