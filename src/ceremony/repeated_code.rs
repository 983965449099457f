//! A platform's code that people typed twice: a code that is mistyped proves nothing, and the platform may give no
//! reason. [`RepeatedCode`] is the only way for a typed code into a proof.

use crate::pki::text::Printable;

use super::error::Error;

/// A code that was typed twice, both times the same. Nothing of it is changed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RepeatedCode(String);

/// How a code compares with what was typed of it the second time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Repetition {
    /// They are the same.
    Same,
    /// The second one is the first one as far as it goes.
    Unfinished,
    /// They differ from this character on, counted from 1.
    DiffersAt(usize),
}

impl Repetition {
    /// Compares a code with what was typed of it the second time. Capital and small letters differ.
    #[must_use]
    pub fn of(first: &str, again: &str) -> Self {
        if first == again {
            return Self::Same;
        }
        let same = first.chars().zip(again.chars()).take_while(|(one, other)| one == other).count();
        if same == again.chars().count() { Self::Unfinished } else { Self::DiffersAt(same + 1) }
    }
}

impl RepeatedCode {
    /// A code that was typed, and typed again.
    ///
    /// # Errors
    /// [`Error::Usage`] where the two are not the same, with the character they differ at.
    pub fn new(first: &str, again: &str) -> Result<Self, Error> {
        match Repetition::of(first, again) {
            Repetition::Same => Ok(Self(first.to_owned())),
            Repetition::Unfinished => Err(Error::usage(
                "the code was not typed to its end the second time",
                "type the rest of it; read it from the platform again",
            )),
            Repetition::DiffersAt(at) => Err(Error::usage(
                format!(
                    "the codes are not the same: they differ at character {at}: {} first, {} the second time",
                    character(first, at),
                    character(again, at)
                ),
                "read both against the platform, character by character, and correct the wrong one",
            )),
        }
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A character of a code, counted from 1, for people.
fn character(code: &str, at: usize) -> String {
    let character = at.checked_sub(1).and_then(|place| code.chars().nth(place));
    character.map_or_else(|| "nothing".to_owned(), |c| Printable::new(&c.to_string()).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(first: &str, again: &str, expected: Repetition) {
        assert_eq!(Repetition::of(first, again), expected, "{first:?} and {again:?}");
        assert_eq!(RepeatedCode::new(first, again).is_ok(), expected == Repetition::Same);
    }

    #[test]
    fn a_code_is_taken_when_it_was_typed_the_same_twice() {
        check("abcd", "abcd", Repetition::Same);
        check("abcd", "ab", Repetition::Unfinished);
        check("abcd", "", Repetition::Unfinished);
        check("abcd", "abcde", Repetition::DiffersAt(5));
        check("", "a", Repetition::DiffersAt(1));
        check("abcdefgh1", "abcdefgh7", Repetition::DiffersAt(9));
        check("ab", "aB", Repetition::DiffersAt(2));
        check("ab", "ab ", Repetition::DiffersAt(3));
        assert_eq!(RepeatedCode::new(" ab", " ab").unwrap().as_str(), " ab");
    }

    #[test]
    fn the_difference_is_told_character_by_character() {
        let told = |first, again| RepeatedCode::new(first, again).unwrap_err().to_string();
        assert_eq!(
            told("abcd", "abce"),
            "the codes are not the same: they differ at character 4: d first, e the second time"
        );
        assert!(told("ab", "ab\u{202e}").ends_with("nothing first, \\u{202e} the second time"));
    }
}
