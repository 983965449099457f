//! Which block lists keys were looked up in, as a plan keeps it: a later reader sees what was asked, and that nothing was.

use super::Format;
use crate::pki::fingerprint::Digest;

/// Longest name of a list, in characters: the name of a file.
pub const NAME_CHARS_MAX: usize = 64;

/// Whether a list can have this name: `a` to `z`, digits and hyphens, so that it is one word in every form it is told in.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let is_plain = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '-';
    (1..=NAME_CHARS_MAX).contains(&name.len()) && !name.starts_with('-') && name.chars().all(is_plain)
}

/// A list that was asked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AskedList {
    /// Its name.
    pub name: String,
    /// How it names keys.
    pub format: Format,
    /// How many keys it holds, each counted once.
    pub keys: u64,
    /// SHA-256 of the file that it was made from.
    pub source_sha256: Digest,
}

impl AskedList {
    /// Whether both were made from the same file, whatever they are named.
    #[must_use]
    pub fn is_of_same_file(&self, other: &Self) -> bool {
        (self.format, self.source_sha256) == (other.format, other.source_sha256)
    }

    fn line(&self) -> String {
        format!("{} {} {} {}\n", self.name, self.format.name(), self.keys, self.source_sha256)
    }

    fn from_line(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let list = Self {
            name: words.next().filter(|name| is_name(name))?.to_owned(),
            format: Format::from_name(words.next()?)?,
            keys: words.next()?.parse().ok()?,
            source_sha256: Digest::from_hex(words.next()?)?,
        };
        words.next().is_none().then_some(list)
    }
}

/// Lists in the one form that is stored: a line each; no text where none was asked.
#[must_use]
pub fn written(lists: &[AskedList]) -> String {
    lists.iter().map(AskedList::line).collect()
}

/// Reads [`written`]; `None` where it is not that.
#[must_use]
pub fn read(text: &str) -> Option<Vec<AskedList>> {
    let lists: Vec<AskedList> = text.lines().map(AskedList::from_line).collect::<Option<_>>()?;
    (written(&lists) == text).then_some(lists)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_back_as_they_were_written_and_nothing_else_does() {
        let list = |name: &str, of: &[u8]| AskedList {
            name: name.to_owned(),
            format: Format::SpkiSha256,
            keys: 7,
            source_sha256: Digest::of(of),
        };
        let lists = [list("lost-keys", b"a"), list("zz", b"b")];
        let text = written(&lists);
        assert_eq!(read(&text), Some(lists.to_vec()));
        assert_eq!(read(""), Some(vec![]));
        let wrong = [text.trim_end(), &text.replace("zz", "z z"), &text.replace(" 7 ", " 07 "), "\n", "x\n"];
        for wrong in wrong {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
        assert!(lists[0].is_of_same_file(&list("other", b"a")));
        assert!(!lists[0].is_of_same_file(&lists[1]));
    }
}
