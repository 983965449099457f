//! Numbers and times as people read them.

use crate::{
    ceremony::HeadAfter,
    pki::{
        crl::Reason,
        text::{harmless_lines, noun},
        time::Time,
    },
};

/// How many there are of something: `1 certificate`, `1 000 certificates`.
#[must_use]
pub fn counted(count: u64, one: &str) -> String {
    format!("{} {}", grouped(count), noun(count, one))
}

/// A number in groups of three digits.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// As many of these names as so many characters have room for, one at least, and how many others there are.
#[must_use]
pub fn some_of(names: &[&str], chars_max: usize) -> String {
    let in_words = |shown: usize| match names.len() - shown {
        0 => names.join(", "),
        unnamed => format!("{} and {unnamed} more", names[..shown].join(", ")),
    };
    let fits = |text: &String| text.chars().count() <= chars_max;
    (2..=names.len()).rev().map(in_words).find(fits).unwrap_or_else(|| in_words(names.len().min(1)))
}

/// A digest's digits as people compare them: in groups of eight, four groups a row.
#[must_use]
pub fn digest_rows(digits: &str) -> Vec<String> {
    let groups: Vec<&str> =
        digits.as_bytes().chunks(8).filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.chunks(4).map(|four| four.join(" ")).collect()
}

/// A moment, `2026-11-21 14:03:22 UTC`.
#[must_use]
pub fn moment(time: Time) -> String {
    time.to_string().replace('T', " ").replace('Z', " UTC")
}

/// The day of a moment, `2026-11-21`.
#[must_use]
pub fn day(time: Time) -> String {
    time.to_string().chars().take(10).collect()
}

/// A span of seconds: `42 s`, `3 min 05 s`, `2 h 03 min`.
#[must_use]
pub fn span(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}

/// What is wanting of the register's head after work that is done, and what to do; `None` where nothing is.
#[must_use]
pub fn head_wanting(head: &HeadAfter) -> Option<String> {
    let text = match (head, head.wanting()?) {
        (HeadAfter::Unsigned(failure), _) => format!(
            "the register's head is not signed: {failure}: {}. The next signing or delivery signs it, or s under Close",
            failure.hint()
        ),
        (_, (wanting, hint)) => format!("{wanting}: {hint}"),
    };
    Some(format!("All of this is done and recorded, but {}.", harmless_lines(&text)))
}

/// What a path length means: how many CAs may stand below the one that has it.
#[must_use]
pub fn below(path_length: Option<u32>) -> String {
    match path_length {
        None => "any number of CAs may stand below it".to_owned(),
        Some(0) => "no CA may stand below it".to_owned(),
        Some(1) => "one CA may stand below it, and no other below that".to_owned(),
        Some(length) => format!("at most {length} CAs in a row may stand below it"),
    }
}

/// What a reason for revocation means (RFC 5280 §5.3.1).
#[must_use]
pub fn reason_meaning(reason: Reason) -> &'static str {
    match reason {
        Reason::Unspecified => "no reason is given",
        Reason::KeyCompromise => "the private key is, or may be, in other hands",
        Reason::CaCompromise => "the key of a CA is, or may be, in other hands",
        Reason::AffiliationChanged => "its name or other facts are no longer true",
        Reason::Superseded => "another certificate took its place",
        Reason::CessationOfOperation => "it is not needed any more",
        Reason::CertificateHold => "HOLD: suspended, it can be released again",
        Reason::PrivilegeWithdrawn => "what it allows was taken back",
        Reason::AaCompromise => "the key of an attribute authority is in other hands",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_digits_and_words_spans() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_000), "1 000");
        assert_eq!(grouped(1_234_567), "1 234 567");
        assert_eq!(counted(1, "entry"), "1 entry");
        assert_eq!(counted(1_000, "entry"), "1 000 entries");
        assert_eq!(span(59), "59 s");
        assert_eq!(span(185), "3 min 05 s");
        assert_eq!(span(7_380), "2 h 03 min");
        let time = Time::from_rfc3339("2026-11-21T14:03:22Z").unwrap();
        assert_eq!(moment(time), "2026-11-21 14:03:22 UTC");
    }
}
