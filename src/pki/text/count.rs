//! Counting things in words: `1 certificate`, `2 entries`, `15 GB`.

use std::fmt::Display;

/// A noun as it stands behind a number. The plural is regular: `s`, and `ies` for a `y` behind a consonant.
#[must_use]
pub fn noun(count: u64, one: &str) -> String {
    if count == 1 {
        return one.to_owned();
    }
    match one.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'i', 'o', 'u']) => format!("{stem}ies"),
        _ => format!("{one}s"),
    }
}

/// How many there are of something, in words. What counts the members of a collection gives a `usize`, what counts rows
/// a `u64`.
#[must_use]
pub fn counted<N: Display + TryInto<u64>>(count: N, one: &str) -> String {
    let shown = count.to_string();
    // What does not fit is more than one.
    let count = count.try_into().unwrap_or(u64::MAX);
    format!("{shown} {}", noun(count, one))
}

/// Octets as people say them, rounded down: 1 kB is 1,000 octets, 1 MB a million, 1 GB a billion, as media are sold.
#[must_use]
pub fn size(octets: u64) -> String {
    match octets {
        0..10_000 => format!("{octets} B"),
        10_000..10_000_000 => format!("{} kB", octets / 1_000),
        10_000_000..10_000_000_000 => format!("{} MB", octets / 1_000_000),
        _ => format!("{} GB", octets / 1_000_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_not_said_in_the_plural() {
        assert_eq!(counted(0_u64, "request"), "0 requests");
        assert_eq!(counted(1_u64, "request"), "1 request");
        assert_eq!(counted(2_usize, "request"), "2 requests");
        assert_eq!(counted(1_usize, "entry"), "1 entry");
        assert_eq!(counted(3_u32, "entry"), "3 entries");
        assert_eq!(counted(2_i64, "day"), "2 days");
        assert_eq!(counted(-1_i64, "day"), "-1 days");
    }

    #[test]
    fn octets_are_said_in_the_largest_unit_of_which_there_are_ten() {
        for (octets, words) in [
            (0, "0 B"),
            (9_999, "9999 B"),
            (10_000, "10 kB"),
            (9_999_999, "9999 kB"),
            (10_000_000, "10 MB"),
            (9_999_999_999, "9999 MB"),
            (10_000_000_000, "10 GB"),
            (u64::MAX, "18446744073 GB"),
        ] {
            assert_eq!(size(octets), words);
        }
    }
}
