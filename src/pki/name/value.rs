//! The text in an attribute value, by its string type (X.680 §41; RFC 5280 appendix A.1).

use crate::pki::der::tag;

/// Reads the content of a string type as text; `None` where the octets are not of that type or no text at all.
///
/// `TeletexString` is read as Latin-1, as all software that still writes it means it; `PrintableString` is read as
/// ASCII, and whether it keeps to its alphabet is a question of its own ([`is_printable_string`]).
#[must_use]
pub fn read_string(tag: u8, content: &[u8]) -> Option<String> {
    match tag {
        tag::UTF8_STRING => std::str::from_utf8(content).ok().map(str::to_owned),
        tag::PRINTABLE_STRING | tag::IA5_STRING | tag::VISIBLE_STRING => ascii(content),
        tag::NUMERIC_STRING => {
            let numeric = content.iter().all(|octet| octet.is_ascii_digit() || *octet == b' ');
            if numeric { ascii(content) } else { None }
        }
        tag::TELETEX_STRING => Some(content.iter().map(|&octet| char::from(octet)).collect()),
        tag::BMP_STRING => {
            let (units, []) = content.as_chunks::<2>() else { return None };
            // UCS-2: `char::from_u32` refuses surrogates, which BMPString does not have.
            units.iter().map(|unit| char::from_u32(u32::from(u16::from_be_bytes(*unit)))).collect()
        }
        tag::UNIVERSAL_STRING => {
            let (units, []) = content.as_chunks::<4>() else { return None };
            units.iter().map(|unit| char::from_u32(u32::from_be_bytes(*unit))).collect()
        }
        _ => None,
    }
}

/// Whether text keeps to the alphabet of `PrintableString` (X.680 §41.4).
#[must_use]
pub fn is_printable_string(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || " '()+,-./:=?".contains(c))
}

fn ascii(content: &[u8]) -> Option<String> {
    if content.is_ascii() { String::from_utf8(content.to_vec()).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(tag: u8, content: &[u8], expected: Option<&str>) {
        assert_eq!(read_string(tag, content).as_deref(), expected, "{tag:02x} {content:02x?}");
    }

    #[test]
    fn reads_each_string_type_in_its_own_encoding() {
        check(tag::UTF8_STRING, "ü".as_bytes(), Some("ü"));
        check(tag::UTF8_STRING, &[0xc0, 0x80], None);
        check(tag::UTF8_STRING, &[0xed, 0xa0, 0x80], None);
        check(tag::PRINTABLE_STRING, b"a_b", Some("a_b"));
        check(tag::IA5_STRING, &[0xfc], None);
        check(tag::NUMERIC_STRING, b"12 3", Some("12 3"));
        check(tag::NUMERIC_STRING, b"a", None);
        check(tag::TELETEX_STRING, &[0xfc], Some("ü"));
        check(tag::BMP_STRING, &[0x00, 0xfc], Some("ü"));
        check(tag::BMP_STRING, &[0xd8, 0x00], None);
        check(tag::BMP_STRING, &[0x00], None);
        check(tag::UNIVERSAL_STRING, &[0, 0, 0, 0x41], Some("A"));
        check(tag::UNIVERSAL_STRING, &[0, 0x11, 0, 0], None);
        check(tag::BIT_STRING, &[0, 0x41], None);
    }
}
