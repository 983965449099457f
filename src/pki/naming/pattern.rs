//! Patterns: what the whole of a value must look like.
//!
//! Matching takes time linear in the value, whatever the pattern: the value is hostile, and a pattern that looks back is
//! refused when the profile is read. Classes such as `\d` and `\w` are ASCII only, so that no look-alike digit passes.

use regex_lite::{Regex, RegexBuilder};

/// Longest pattern, in octets: a person reads it.
pub const PATTERN_OCTETS_MAX: usize = 512;

/// Most octets of a compiled pattern: `[a-z]{1,1000}` fits ten times, a pattern that multiplies itself does not.
const COMPILED_OCTETS_MAX: usize = 1 << 20;

/// A pattern that a whole value must match.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    regex: Regex,
}

impl Pattern {
    /// Reads a regular expression. It is anchored at both ends here, whether it says so itself or not.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() || text.len() > PATTERN_OCTETS_MAX {
            return Err(format!("a pattern has 1 to {PATTERN_OCTETS_MAX} octets"));
        }
        // By itself first: what is no whole expression, such as `a)|(b`, must not become one by the anchors around it.
        compiled(text)?;
        let regex = compiled(&format!("\\A(?:{text})\\z"))?;
        Ok(Self { text: text.to_owned(), regex })
    }

    /// Whether the whole of a value matches.
    #[must_use]
    pub fn takes(&self, value: &str) -> bool {
        self.regex.is_match(value)
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

fn compiled(text: &str) -> Result<Regex, String> {
    let built = RegexBuilder::new(text).size_limit(COMPILED_OCTETS_MAX).build();
    built.map_err(|error| format!("it is no regular expression: {error}"))
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, value: &str, expected: bool) {
        assert_eq!(Pattern::parse(pattern).expect(pattern).takes(value), expected, "{pattern} {value:?}");
    }

    #[test]
    fn matches_the_whole_value_or_nothing() {
        check("[A-Z]{2}", "AB", true);
        check("[A-Z]{2}", "ABC", false);
        check("[A-Z]{2}", "xAB", false);
        check("^[A-Z]{2}$", "AB", true);
        check("a|ab", "ab", true);
        check("a|b", "ab", false);
        check("a", "a\n", false);
        check("(?m)^a$", "a\nb", false);
        check("\\d+", "12", true);
        check("\\d+", "\u{0661}", false);
    }

    #[test]
    fn refuses_what_is_no_expression_or_too_large_a_one() {
        for text in ["", "(", "a)|(?:b", "(a)\\1", "(?=a)", "((a{1000}){1000}){1000}", &"a".repeat(513)] {
            assert!(Pattern::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_value_made_to_go_back_and_forth_takes_linear_time() {
        let value = "a".repeat(1_000) + "!";
        assert!(!Pattern::parse("(a*)*(a*)*(a|aa)+").expect("a pattern").takes(&value));
    }
}
