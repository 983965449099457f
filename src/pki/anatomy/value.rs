//! What a primitive element says, in one line.

use crate::pki::{
    der::tag,
    fingerprint::hex,
    name::read_string,
    text::{Printable, counted},
    time::Time,
};

use super::{identifier, tree::Class};

/// Octets of a value shown in hexadecimal: a whole serial number or key identifier, a SHA-256 digest. The octets
/// follow the tree, whole.
const OCTETS_SHOWN_MAX: usize = 32;

/// Octets of the largest number shown in decimal.
const DECIMAL_OCTETS_MAX: usize = 8;

/// Bits of a BIT STRING that are shown one by one: flags, such as those of key usage.
const BITS_SHOWN_MAX: usize = 16;

/// The value of a primitive element, and what people should know of it.
pub(super) fn of(class: Class, number: u32, content: &[u8]) -> (Printable, Option<String>) {
    match (class, u8::try_from(number)) {
        (Class::Universal, Ok(number)) => universal(number, content),
        // Most implicit strings are names of hosts and mailboxes.
        _ if content.len() > 2 && content.iter().all(|octet| (b' '..=b'~').contains(octet)) => {
            Printable::from_octets_with_remark(content)
        }
        _ => (octets(content), None),
    }
}

fn universal(number: u8, content: &[u8]) -> (Printable, Option<String>) {
    let flawed = |remark: &str| (octets(content), Some(remark.to_owned()));
    let plain = |text: &str| (Printable::new(text), None);
    match (number, content) {
        (0 | tag::NULL, []) => plain(""),
        (tag::NULL, _) => flawed("a NULL has no contents"),
        (tag::BOOLEAN, [0]) => plain("FALSE"),
        (tag::BOOLEAN, [0xff]) => plain("TRUE"),
        (tag::BOOLEAN, _) => flawed("neither 00 nor FF"),
        (tag::INTEGER | ENUMERATED, []) => flawed("a number without octets"),
        (tag::INTEGER | ENUMERATED, _) => (Printable::new(&integer(content)), None),
        (tag::BIT_STRING, _) => bits(content).map_or_else(|| flawed("no BIT STRING"), |text| plain(&text)),
        (tag::OID, _) if identifier::is_sound(content) => plain(&identifier::shown(content)),
        (tag::OID, _) => flawed("no OBJECT IDENTIFIER"),
        (tag::UTC_TIME | tag::GENERALIZED_TIME, _) => moment(number, content),
        _ if is_string(number) => match read_string(number, content) {
            Some(text) => Printable::with_remark(&text),
            None => flawed("not what its string type says"),
        },
        _ => (octets(content), None),
    }
}

fn moment(tag: u8, content: &[u8]) -> (Printable, Option<String>) {
    if let Some(time) = time(tag, content) {
        return (Printable::new(&words(time)), None);
    }
    let wrong = "no time as RFC 5280 writes it";
    let (text, remark) = Printable::from_octets_with_remark(content);
    (text, Some(remark.map_or_else(|| wrong.to_owned(), |remark| format!("{wrong}; {remark}"))))
}

const ENUMERATED: u8 = 0x0a;

fn is_string(tag: u8) -> bool {
    matches!(
        tag,
        tag::UTF8_STRING
            | tag::NUMERIC_STRING
            | tag::PRINTABLE_STRING
            | tag::TELETEX_STRING
            | tag::IA5_STRING
            | tag::VISIBLE_STRING
            | tag::UNIVERSAL_STRING
            | tag::BMP_STRING
    )
}

/// `20 octets: 1f2e…`, at most [`OCTETS_SHOWN_MAX`] of them.
pub(super) fn octets(content: &[u8]) -> Printable {
    let count = match content.len() {
        0 => return Printable::new("empty"),
        count => counted(count, "octet"),
    };
    Printable::new(&format!("{count}: {}", digits(content)))
}

/// Hexadecimal digits of the first [`OCTETS_SHOWN_MAX`] octets, and a mark where there are more.
fn digits(content: &[u8]) -> String {
    let shown = hex(&content[..content.len().min(OCTETS_SHOWN_MAX)]);
    if content.len() > OCTETS_SHOWN_MAX { shown + "…" } else { shown }
}

/// Small numbers in decimal, large ones in hexadecimal with their size.
pub(super) fn integer(content: &[u8]) -> String {
    let negative = content.first().is_some_and(|first| first & 0x80 != 0);
    if content.len() <= DECIMAL_OCTETS_MAX {
        let start = if negative { -1_i64 } else { 0 };
        let number = content.iter().fold(start, |number, octet| number << 8 | i64::from(*octet));
        return number.to_string();
    }
    let zeros = content.iter().take_while(|octet| **octet == 0).count();
    let magnitude = &content[zeros..];
    if magnitude.is_empty() {
        return "0".to_owned();
    }
    if negative {
        return format!("negative, {}: 0x{}", counted(content.len(), "octet"), digits(content));
    }
    let bits = magnitude.len() * 8 - magnitude.first().map_or(0, |first| first.leading_zeros() as usize);
    format!("{bits} bits: 0x{}", digits(magnitude))
}

fn bits(content: &[u8]) -> Option<String> {
    let (unused, octets) = content.split_first()?;
    if *unused > 7 || octets.is_empty() && *unused > 0 {
        return None;
    }
    let count = octets.len() * 8 - usize::from(*unused);
    if count > BITS_SHOWN_MAX {
        return Some(format!("{count} bits: {}", digits(octets)));
    }
    let bits = octets.iter().flat_map(|octet| (0..8).map(move |bit| octet << bit & 0x80 != 0));
    let digits: String = bits.take(count).map(|set| if set { '1' } else { '0' }).collect();
    Some(format!("{count} bits: {digits}"))
}

/// A time in the forms of RFC 5280 §4.1.2.5, whichever of them belongs to its year.
pub(super) fn time(tag: u8, content: &[u8]) -> Option<Time> {
    let digits = content.strip_suffix(b"Z").filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
    let number =
        |digits: &[u8]| digits.iter().fold(0_u32, |value, digit| value * 10 + u32::from(digit - b'0'));
    let (year, rest) = match (tag, digits.len()) {
        (tag::UTC_TIME, 12) => {
            let year = number(&digits[..2]);
            (if year < 50 { 2000 + year } else { 1900 + year }, &digits[2..])
        }
        (tag::GENERALIZED_TIME, 14) => (number(&digits[..4]), &digits[4..]),
        _ => return None,
    };
    let [month, day, hour, minute, second] = [0, 2, 4, 6, 8].map(|at| number(&rest[at..at + 2]));
    Time::from_civil(i64::from(year), month, day, hour, minute, second)
}

/// `2026-11-21 13:48:23 UTC`.
pub(super) fn words(time: Time) -> String {
    let (year, month, day, hour, minute, second) = time.civil();
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(tag: u8, content: &[u8], expected: &str, remark: Option<&str>) {
        let found = of(Class::Universal, u32::from(tag), content);
        assert_eq!((found.0.as_str(), found.1.as_deref()), (expected, remark), "{tag:02x} {content:02x?}");
    }

    #[test]
    fn says_what_a_value_is_in_one_line() {
        check(tag::BOOLEAN, &[0xff], "TRUE", None);
        check(tag::BOOLEAN, &[1], "1 octet: 01", Some("neither 00 nor FF"));
        check(tag::INTEGER, &[1, 0, 1], "65537", None);
        check(tag::INTEGER, &[0xff], "-1", None);
        check(tag::INTEGER, &[0x80, 0, 0, 0, 0, 0, 0, 0], "-9223372036854775808", None);
        check(tag::INTEGER, &[0, 0x80, 0, 0, 0, 0, 0, 0, 0], "64 bits: 0x8000000000000000", None);
        check(tag::INTEGER, &[0; 20], "0", None);
        check(tag::INTEGER, &[], "empty", Some("a number without octets"));
        check(tag::BIT_STRING, &[1, 0x06], "7 bits: 0000011", None);
        check(tag::BIT_STRING, &[0, 1, 2, 3], "24 bits: 010203", None);
        check(tag::BIT_STRING, &[8, 1], "2 octets: 0801", Some("no BIT STRING"));
        check(tag::BIT_STRING, &[], "empty", Some("no BIT STRING"));
        check(tag::BIT_STRING, &[1], "1 octet: 01", Some("no BIT STRING"));
        check(tag::OID, &[0x2a, 0x03], "1.2.3", None);
        check(tag::OID, &[0x80], "1 octet: 80", Some("no OBJECT IDENTIFIER"));
        check(tag::NULL, &[], "", None);
        check(tag::UTC_TIME, b"261121134823Z", "2026-11-21 13:48:23 UTC", None);
        check(tag::GENERALIZED_TIME, b"99991231235959Z", "9999-12-31 23:59:59 UTC", None);
        check(tag::UTC_TIME, b"261321134823Z", "261321134823Z", Some("no time as RFC 5280 writes it"));
        check(
            tag::UTC_TIME,
            b"\x1b",
            "\\u{1b}",
            Some("no time as RFC 5280 writes it; contains 1 character that is not shown as it is: ESC"),
        );
        check(
            tag::UTF8_STRING,
            b"a\x1b",
            "a\\u{1b}",
            Some("contains 1 character that is not shown as it is: ESC"),
        );
        check(tag::PRINTABLE_STRING, &[0xff], "1 octet: ff", Some("not what its string type says"));
        check(tag::BMP_STRING, &[0, 0x41], "A", None);
        check(tag::OCTET_STRING, &[0xab; 33], &format!("33 octets: {}…", "ab".repeat(32)), None);
    }

    #[test]
    fn implicit_strings_are_read_as_text_where_they_are_text() {
        let text = |content: &[u8]| of(Class::ContextSpecific, 2, content).0.to_string();
        assert_eq!(text(b"host.example"), "host.example");
        assert_eq!(text(b"host\n"), "5 octets: 686f73740a");
    }
}
