//! Base64 (RFC 4648 §4): the one alphabet, padding at the end only, no bits left over.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Encodes with padding and without line ends.
pub(in crate::pki) fn encode(octets: &[u8]) -> String {
    let mut out = String::with_capacity(octets.len().div_ceil(3) * 4);
    for group in octets.chunks(3) {
        let word =
            group.iter().fold(0_u32, |word, &octet| word << 8 | u32::from(octet)) << (8 * (3 - group.len()));
        for index in 0..4 {
            let sextet = (word >> (18 - 6 * index) & 0x3f) as usize;
            out.push(if index <= group.len() { char::from(ALPHABET[sextet]) } else { '=' });
        }
    }
    out
}

/// The value of a character; `NONE` for octets that are none.
const VALUES: [u8; 256] = {
    let mut values = [NONE; 256];
    let mut index: u8 = 0;
    while index < 64 {
        values[ALPHABET[index as usize] as usize] = index;
        index += 1;
    }
    values
};

const NONE: u8 = 0xff;

/// Whether the octet is one of the 64 characters or the padding mark.
pub(super) fn is_base64(octet: u8) -> bool {
    VALUES[usize::from(octet)] != NONE || octet == b'='
}

/// Decodes; white space between characters is the caller's to judge and is passed over.
pub(in crate::pki) fn decode(text: &[u8]) -> Result<Vec<u8>, &'static str> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut word, mut count, mut padding) = (0_u32, 0_u32, 0_u32);
    for &octet in text.iter().filter(|octet| !matches!(octet, b' ' | b'\t' | b'\r' | b'\n')) {
        let sextet = match VALUES[usize::from(octet)] {
            NONE if octet == b'=' && count >= 2 => {
                padding += 1;
                0
            }
            NONE if octet == b'=' => return Err("padding stands where none belongs"),
            NONE => return Err("a character outside the base64 alphabet stands in it"),
            _ if padding > 0 => return Err("characters stand after the padding"),
            sextet => u32::from(sextet),
        };
        word = word << 6 | sextet;
        count += 1;
        if count == 4 {
            let octets = [(word >> 16 & 0xff) as u8, (word >> 8 & 0xff) as u8, (word & 0xff) as u8];
            let kept = 3 - padding as usize;
            if octets[kept..].iter().any(|&octet| octet != 0) {
                return Err("bits are left over before the padding");
            }
            out.extend_from_slice(&octets[..kept]);
            (word, count) = (0, 0);
        }
    }
    if count != 0 {
        return Err("it is cut short or its padding is missing");
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&[u8]>) {
        assert_eq!(decode(text.as_bytes()).ok().as_deref(), expected, "{text}");
    }

    #[test]
    fn decodes_one_spelling_only() {
        check("", Some(b""));
        check("Zg==", Some(b"f"));
        check("Zm8=", Some(b"fo"));
        check("Zm9v", Some(b"foo"));
        check("Zm9v\nZg= =\r\n", Some(b"foof"));
        check("Zh==", None);
        check("Zm9=", None);
        check("Zg=", None);
        check("Zg", None);
        check("Z===", None);
        check("====", None);
        check("Zg==Zg==", None);
        check("Zg=v", None);
        check("Zm9-", None);
        check("Zm9_", None);
        check("Zm9!", None);
        check("Zm\u{0}9v", None);
    }

    #[test]
    fn reads_back_what_it_writes() {
        let octets: Vec<u8> = (0..=255).collect();
        for length in 0..=octets.len() {
            assert_eq!(decode(encode(&octets[..length]).as_bytes()).as_deref(), Ok(&octets[..length]));
        }
    }
}
