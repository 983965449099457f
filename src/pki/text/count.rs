//! Counting things in words: `1 certificate`, `2 entries`.

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
}
