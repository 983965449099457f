//! An entry of the register that was noted elsewhere, on paper for most: whether the history still holds it.

use crate::{
    pki::{fingerprint::Digest, text::counted, time::Time},
    register::{Entry, Head},
};

use super::{
    error::Error,
    opening::Appliance,
    progress::{Phase, Watch},
};

/// Words of a hash ([`Digest::words`]).
const WORDS: usize = 12;

/// Entries read at a time, some hundred octets each.
const PAGE: u32 = 1_000;

/// What was noted, looked for in the register.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Noted {
    /// The history holds it: its words are those that were noted.
    Held {
        /// The entry that was noted.
        entry: HeldEntry,
        /// Entries recorded after it.
        after: u64,
    },
    /// The history has an entry of that number, with other words: it is another history.
    OtherWords(HeldEntry),
    /// The history has an entry of that number. Any history that is long enough has one: whether it is the noted one, its
    /// words show.
    There {
        /// The entry of that number.
        entry: HeldEntry,
        /// Entries recorded after it.
        after: u64,
    },
    /// The history has no such entry: it is another one, or its end was cut off.
    Absent {
        /// Its newest entry.
        newest: Head,
    },
}

/// An entry that the history holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HeldEntry {
    /// Its number, from 1.
    pub number: u64,
    /// When it was recorded.
    pub time: Time,
    /// What it records: `plan`, `approval`, `issued` …
    pub kind: String,
    /// Its hash, which stands for all before it.
    pub hash: Digest,
}

/// What was typed.
struct Typed {
    number: Option<u64>,
    /// Twelve words, or none.
    words: String,
}

impl Appliance {
    /// Looks for an entry by its number, by its twelve words, or by both as closing shows them: the number first. An
    /// audit shows that the entries hang together; this, that a noted one is among them.
    ///
    /// # Errors
    /// [`Error::Usage`] for anything else than a number and twelve words; [`Error::Register`], [`Error::Stopped`].
    pub fn noted(&self, typed: &str, watch: &mut Watch<'_>) -> Result<Noted, Error> {
        let typed = parse(typed)?;
        let newest = self.register.head()?;
        let found = match typed.number {
            Some(number) => {
                let at = self.register.journal(Some(number.saturating_sub(1)), 1)?;
                at.into_iter().find(|entry| entry.seq == number)
            }
            None => self.entry_of_words(&typed.words, newest, watch)?,
        };
        let Some(entry) = found else { return Ok(Noted::Absent { newest }) };
        let after = newest.entry.saturating_sub(entry.seq);
        let entry = HeldEntry { number: entry.seq, time: entry.time, kind: entry.kind, hash: entry.hash };
        Ok(match typed.words.as_str() {
            "" => Noted::There { entry, after },
            words if entry.hash.matches_words(words) => Noted::Held { entry, after },
            _ => Noted::OtherWords(entry),
        })
    }

    fn entry_of_words(
        &self,
        words: &str,
        newest: Head,
        watch: &mut Watch<'_>,
    ) -> Result<Option<Entry>, Error> {
        let mut after = 0;
        loop {
            watch.tell(Phase::Auditing, after, Some(newest.entry));
            watch.check_stop("not all entries were looked at", "look for the entry again")?;
            let entries = self.register.journal(Some(after), PAGE)?;
            let Some(last) = entries.last() else { return Ok(None) };
            after = last.seq;
            if let Some(found) = entries.into_iter().find(|entry| entry.hash.matches_words(words)) {
                return Ok(Some(found));
            }
        }
    }
}

/// A number, which may be written in groups of digits, then twelve words; one of the two may be missing.
fn parse(typed: &str) -> Result<Typed, Error> {
    let is_digits = |part: &&str| part.bytes().all(|octet| octet.is_ascii_digit());
    let digits: String = typed.split_whitespace().take_while(is_digits).collect();
    let words: Vec<&str> = typed.split_whitespace().skip_while(is_digits).collect();
    let number = match digits.as_str() {
        "" => None,
        digits => Some(digits.parse().map_err(|_| {
            Error::usage("this number is too large for an entry", "type it as it was noted at closing")
        })?),
    };
    let hint =
        "type the entry's number, its twelve words, or the number and then the words, as they were noted";
    match (number, words.len()) {
        (None, 0) => Err(Error::usage("no entry was typed", hint)),
        (_, 0 | WORDS) => Ok(Typed { number, words: words.join(" ") }),
        (_, count) => {
            let what = format!("an entry has {WORDS} words, and {} typed", were(count));
            Err(Error::usage(what, hint))
        }
    }
}

fn were(count: usize) -> String {
    let verb = if count == 1 { "was" } else { "were" };
    format!("{} {verb}", counted(count, "word"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(typed: &str, expected: Option<(Option<u64>, usize)>) {
        let parsed = parse(typed).ok().map(|typed| (typed.number, typed.words.split_whitespace().count()));
        assert_eq!(parsed, expected, "{typed}");
    }

    #[test]
    fn takes_a_number_and_twelve_words_or_one_of_the_two() {
        let words = Digest::of(b"abc").words();
        check("1204", Some((Some(1204), 0)));
        check(" 1 204 ", Some((Some(1204), 0)));
        check(&words, Some((None, 12)));
        check(&format!("1 204  {words}"), Some((Some(1204), 12)));
        for refused in
            ["", " ", "one", "12 palace inflict", "99999999999999999999", &format!("{words} palace")]
        {
            check(refused, None);
        }
    }
}
