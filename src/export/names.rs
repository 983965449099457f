//! File names inside a bundle: from a request's name, safe on any medium, unique in the whole bundle.

use std::collections::HashMap;

use crate::pki::fingerprint::Digest;

/// Longest name, in characters, without the extension: folder, name and extension stay far below the 255 of FAT32.
pub const NAME_CHARS_MAX: usize = 48;

/// Files in one folder of a bundle, at most: FAT32 looks a folder through from its start, and people open folders.
pub const FOLDER_FILES_MAX: u64 = 1_000;

/// What a suffix leaves of a name: room for `-` and seven digits, ten million requests of one name.
const STEM_CHARS_MAX: usize = NAME_CHARS_MAX - 8;

/// Extensions of request files, which say nothing about a certificate.
const REQUEST_EXTENSIONS: &[&str] = &[".csr", ".pem", ".req", ".p10", ".der", ".pkcs10", ".jsonl"];

/// Names that DOS and Windows keep for devices, whatever extension follows.
const RESERVED: &[&str] = &["aux", "con", "conin$", "conout$", "nul", "prn"];

/// Gives names out, each once. Keeps a 64-bit hash a name; two names of one hash cost a suffix, no more.
#[derive(Debug, Default)]
pub struct SafeNames {
    /// The hash of each name given out, and of each stem the next suffix to try.
    next: HashMap<u64, u32>,
}

impl SafeNames {
    /// No name given out yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A name for a request: ASCII letters, digits, `.`, `_`, `-`; at most [`NAME_CHARS_MAX`] of them; no name that a
    /// medium without capital letters, DOS or a shell would take for another.
    pub fn name(&mut self, source: &str) -> String {
        let name = safe(source);
        if self.take(&name) {
            return name;
        }
        let stem = name.get(..STEM_CHARS_MAX).unwrap_or(&name).to_owned();
        // A counter for all names that are cut to this stem, so that a million equal names cost a million steps.
        let counter = hash(&format!("{stem}-"));
        loop {
            let next = self.next.entry(counter).or_insert(1);
            *next += 1;
            let candidate = format!("{stem}-{next}");
            if self.take(&candidate) {
                return candidate;
            }
        }
    }

    fn take(&mut self, name: &str) -> bool {
        self.next.insert(hash(name), 0).is_none()
    }
}

/// Whether a name has the length and the characters of those that [`SafeNames`] gives.
pub(super) fn is_safe(name: &str) -> bool {
    (1..=NAME_CHARS_MAX).contains(&name.len()) && name.chars().all(is_kept)
}

/// The characters of names.
fn is_kept(c: char) -> bool {
    c.is_ascii_alphanumeric() || "._-".contains(c)
}

/// The sub-folder for the certificate at a place in the plan (from 1): `000` for the first thousand.
#[must_use]
pub fn folder(index: u64) -> String {
    format!("{:03}", index.saturating_sub(1) / FOLDER_FILES_MAX)
}

fn hash(name: &str) -> u64 {
    let digest = Digest::of(name.to_ascii_lowercase().as_bytes());
    digest.as_octets()[..8].iter().fold(0, |hash, &octet| hash << 8 | u64::from(octet))
}

/// The file that a request came from, and its number there, where it has one: `batch.pem#17` is the seventeenth of a file.
pub(super) fn numbered(source: &str) -> (&str, Option<&str>) {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
    match source.rsplit_once('#').filter(|(_, number)| is_number(number)) {
        Some((path, number)) => (path, Some(number)),
        None => (source, None),
    }
}

fn safe(source: &str) -> String {
    let (path, number) = numbered(source);
    let file = path.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or_default();
    let file = without_extension(file);
    let number = number.map(|number| format!("-{}", &number[..number.len().min(12)])).unwrap_or_default();
    let mut name = String::new();
    for c in file.chars() {
        let c = if is_kept(c) { c } else { '-' };
        if name.len() + number.len() == NAME_CHARS_MAX {
            break;
        }
        // A leading dot hides a file, a leading hyphen makes it an option of a command.
        if !(name.is_empty() && ".-".contains(c)) {
            name.push(c);
        }
    }
    let kept = name.trim_end_matches(['.', '-']).len();
    name.truncate(kept);
    if name.is_empty() {
        name.push_str("request");
    }
    if is_reserved(&name) {
        name.insert_str(0, "x-");
    }
    name.truncate(NAME_CHARS_MAX - number.len());
    name + &number
}

fn without_extension(file: &str) -> &str {
    let lower = file.to_ascii_lowercase();
    REQUEST_EXTENSIONS
        .iter()
        .find(|extension| lower.ends_with(**extension) && lower.len() > extension.len())
        .map_or(file, |extension| &file[..file.len() - extension.len()])
}

fn is_reserved(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let base = lower.split('.').next().unwrap_or_default();
    let port = |prefix: &str| {
        base.strip_prefix(prefix).is_some_and(|rest| rest.len() == 1 && rest.as_bytes()[0].is_ascii_digit())
    };
    RESERVED.contains(&base) || port("com") || port("lpt")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, expected: &str) {
        assert_eq!(SafeNames::new().name(source), expected, "{source:?}");
    }

    #[test]
    fn keeps_what_is_safe_of_a_file_name() {
        check("dev-0007.csr", "dev-0007");
        check("line 3/dev-0007.CSR", "dev-0007");
        check("a\\b\\c.pem", "c");
        check("batch.pem#17", "batch-17");
        check("events.jsonl#17", "events-17");
        check("serial.no.5.der", "serial.no.5");
        check("x.csr.pem", "x.csr");
        check("dev-8.pkcs10", "dev-8");
        check("no-extension", "no-extension");
        check("half#way", "half-way");
    }

    #[test]
    fn the_number_of_a_request_is_told_from_its_file() {
        assert_eq!(numbered("line 3/events.jsonl#17"), ("line 3/events.jsonl", Some("17")));
        assert_eq!(numbered("half#way.csr"), ("half#way.csr", None));
        assert_eq!(numbered("one#"), ("one#", None));
    }

    #[test]
    fn makes_hostile_names_harmless() {
        check("../../etc/passwd", "passwd");
        check("..", "request");
        check("", "request");
        check("/", "request");
        check("-rf.csr", "rf");
        check(".hidden", "hidden");
        check("dot.", "dot");
        check("CON", "x-CON");
        check("nul.csr", "x-nul");
        check("com1.txt", "x-com1.txt");
        check("com10", "com10");
        check("a\0b\x1b[2J", "a-b--2J");
        check("g\u{202e}erät", "g-er-t");
        check("漢字.csr", "request");
        check(&"n".repeat(300), &"n".repeat(48));
        check(&format!("{}#999999", "n".repeat(300)), &format!("{}-999999", "n".repeat(41)));
    }

    #[test]
    fn never_gives_a_name_twice_whatever_the_case() {
        let mut names = SafeNames::new();
        let given: Vec<String> =
            ["a.csr", "A.CSR", "b/a.csr", "a-2", "a-2.csr", "a"].map(|source| names.name(source)).into();
        assert_eq!(given, ["a", "A-2", "a-3", "a-2-2", "a-2-3", "a-4"]);
    }

    #[test]
    fn keeps_its_length_and_stays_unique_for_long_names() {
        let mut names = SafeNames::new();
        let mut given = std::collections::HashSet::new();
        for index in 0..3_000 {
            let name = names.name(&format!("{}{}", "m".repeat(45), index % 50));
            assert!(name.len() <= NAME_CHARS_MAX && given.insert(name.to_lowercase()), "{name}");
        }
    }

    #[test]
    fn a_hundred_thousand_equal_names_take_no_quadratic_time() {
        let mut names = SafeNames::new();
        let last = (0..100_000).map(|_| names.name("device.csr")).last();
        assert_eq!(last.as_deref(), Some("device-100000"));
    }

    #[test]
    fn folders_hold_a_thousand() {
        assert_eq!([1, 1_000, 1_001, 1_000_000].map(folder), ["000", "000", "001", "999"]);
    }
}
