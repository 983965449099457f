//! Punycode (RFC 3492 §6.2), as far as it takes to know that a label can be decoded.

const BASE: u32 = 36;
const SKEW: u32 = 38;
const DAMP: u32 = 700;

/// Whether the text after `xn--` decodes to at least one character outside ASCII.
pub(super) fn is_decodable(text: &str) -> bool {
    decoded(text).is_some_and(|characters| characters.iter().any(|character| !character.is_ascii()))
}

fn decoded(text: &str) -> Option<Vec<char>> {
    let (basic, extended) = text.rsplit_once('-').unwrap_or(("", text));
    let mut out: Vec<char> = basic.chars().collect();
    let (mut code, mut index, mut bias) = (128_u32, 0_u32, 72_u32);
    let mut digits = extended.bytes().peekable();
    while digits.peek().is_some() {
        let before = index;
        let mut weight = 1_u32;
        let mut step = BASE;
        loop {
            let digit = match digits.next()? {
                letter @ (b'a'..=b'z' | b'A'..=b'Z') => u32::from(letter.to_ascii_lowercase() - b'a'),
                digit @ b'0'..=b'9' => u32::from(digit - b'0') + 26,
                _ => return None,
            };
            index = index.checked_add(digit.checked_mul(weight)?)?;
            let threshold = step.saturating_sub(bias).clamp(1, 26);
            if digit < threshold {
                break;
            }
            weight = weight.checked_mul(BASE - threshold)?;
            step += BASE;
        }
        let length = u32::try_from(out.len()).ok()? + 1;
        bias = adapted(index - before, length, before == 0);
        code = code.checked_add(index / length)?;
        index %= length;
        out.insert(index as usize, char::from_u32(code)?);
        index += 1;
    }
    Some(out)
}

fn adapted(delta: u32, length: u32, first: bool) -> u32 {
    let mut delta = if first { delta / DAMP } else { delta / 2 };
    delta += delta / length;
    let mut steps = 0;
    while delta > (BASE - 1) * 26 / 2 {
        delta /= BASE - 1;
        steps += BASE;
    }
    steps + BASE * delta / (delta + SKEW)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        let found: Option<String> = decoded(text).map(|characters| characters.into_iter().collect());
        assert_eq!(found.as_deref(), expected, "{text}");
    }

    #[test]
    fn decodes_what_the_rfc_encodes() {
        check("mnchen-3ya", Some("münchen"));
        check("fiqs8s", Some("中国"));
        check("99999999999", None);
        check("a-!", None);
        assert!(is_decodable("mnchen-3ya"));
        assert!(!is_decodable("abc-"));
        assert!(!is_decodable(""));
    }
}
