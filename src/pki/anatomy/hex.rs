//! Octets in hexadecimal, a line at a time: an offset, sixteen octets, and what of them is ASCII.

use std::{fmt::Write as _, ops::Range};

/// Octets of one line: with offset and ASCII they fit 80 columns.
pub const LINE_OCTETS: usize = 16;

/// How many lines so many octets take.
#[must_use]
pub fn hex_lines(octets: usize) -> usize {
    octets.div_ceil(LINE_OCTETS)
}

/// One line, 76 columns of ASCII where the offset has six digits: the offset in hexadecimal, the octets, and those of
/// them that are graphic ASCII, the others as dots. `hidden` are the ranges of [`super::Tree::hidden`]: their octets
/// are shown as stars. `None` behind the last line.
#[must_use]
pub fn hex_line(der: &[u8], hidden: &[Range<usize>], line: usize) -> Option<String> {
    let start = line.checked_mul(LINE_OCTETS)?;
    let octets = der.get(start..).filter(|rest| !rest.is_empty())?;
    let octets = &octets[..octets.len().min(LINE_OCTETS)];
    let mut text = format!("{start:06x}  ");
    let mut ascii = String::with_capacity(LINE_OCTETS);
    for column in 0..LINE_OCTETS {
        if column == LINE_OCTETS / 2 {
            text.push(' ');
        }
        match octets.get(column) {
            None => text.push_str("   "),
            Some(_) if is_hidden(hidden, start + column) => {
                text.push_str("** ");
                ascii.push('*');
            }
            Some(octet) => {
                let _ = write!(text, "{octet:02x} ");
                ascii.push(if (b' '..=b'~').contains(octet) { char::from(*octet) } else { '.' });
            }
        }
    }
    text.push(' ');
    text.push_str(&ascii);
    Some(text)
}

fn is_hidden(hidden: &[Range<usize>], offset: usize) -> bool {
    let after = hidden.partition_point(|range| range.start <= offset);
    after > 0 && hidden[after - 1].contains(&offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_sixteen_octets_a_line_and_nothing_that_moves_the_cursor() {
        let octets: Vec<u8> = (0..=255).chain(*b"ab\x1b").collect();
        assert_eq!(hex_lines(octets.len()), 17);
        assert_eq!(
            hex_line(&octets, &[], 3).as_deref(),
            Some("000030  30 31 32 33 34 35 36 37  38 39 3a 3b 3c 3d 3e 3f  0123456789:;<=>?")
        );
        assert_eq!(
            hex_line(&octets, &[], 16).as_deref(),
            Some("000100  61 62 1b                                          ab.")
        );
        for line in 0..17 {
            let text = hex_line(&octets, &[], line).expect("a line");
            assert!(text.len() <= 76 && text.bytes().all(|octet| (b' '..=b'~').contains(&octet)), "{text}");
        }
        assert_eq!(hex_line(&octets, &[], 17), None);
        assert_eq!(hex_line(&octets, &[], usize::MAX), None);
        assert_eq!(hex_line(&[], &[], 0), None);
        assert_eq!(hex_lines(0), 0);
    }

    #[test]
    fn hides_what_must_not_be_shown() {
        let shown = hex_line(b"abcdef", &[1..3, 5..9], 0).expect("a line");
        assert!(shown.starts_with("000000  61 ** ** 64 65 **  "), "{shown}");
        assert!(shown.ends_with("  a**de*"), "{shown}");
    }
}
