//! Names: those found on a medium, which are octets and may be anything, and those written, which are safe.

use std::ffi::OsStr;
use std::fmt::{self, Write as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A name or path for people: nothing in it moves the cursor, reorders or hides text, and it fits a few lines.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Shown(String);

impl Shown {
    /// Makes octets harmless: control characters, bidirectional overrides, invisible characters and octets that are
    /// not UTF-8 are written as escapes, a backslash doubled, and the middle of what exceeds 256 characters is left
    /// out, with a mark that says how much.
    #[must_use]
    pub fn new(octets: &[u8]) -> Self {
        let mut text = String::with_capacity(octets.len());
        for chunk in octets.utf8_chunks() {
            for c in chunk.valid().chars() {
                if c == '\\' {
                    text.push_str("\\\\");
                } else if is_harmless(c) {
                    text.push(c);
                } else {
                    let _ = write!(text, "\\u{{{:x}}}", u32::from(c));
                }
            }
            for octet in chunk.invalid() {
                let _ = write!(text, "\\x{octet:02x}");
            }
        }
        Self(without_middle(text))
    }

    /// As [`Shown::new`], for a path.
    #[must_use]
    pub fn path(path: &Path) -> Self {
        Self::new(path.as_os_str().as_bytes())
    }

    /// The harmless text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How the operator came to a file.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Named {
    /// The file itself was named.
    Directly,
    /// A folder above it was named.
    InFolder,
}

/// Where on a medium something stands, in raw octets. Shown, it is harmless; its octets are not.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Source {
    given: Arc<Path>,
    relative: Box<[u8]>,
    named: Named,
}

impl Source {
    pub(super) fn directly(given: &Arc<Path>) -> Self {
        Self { given: Arc::clone(given), relative: Box::default(), named: Named::Directly }
    }

    pub(super) fn in_folder(given: &Arc<Path>, relative: &[u8]) -> Self {
        Self { given: Arc::clone(given), relative: relative.into(), named: Named::InFolder }
    }

    /// The path as it was given, for a file that was named; else relative to the folder that was named.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        match self.named {
            Named::Directly => self.given.as_os_str().as_bytes(),
            Named::InFolder => &self.relative,
        }
    }

    /// The path that was given, and below it the way to this file.
    #[must_use]
    pub fn as_given(&self) -> PathBuf {
        match self.named {
            Named::Directly => self.given.to_path_buf(),
            Named::InFolder => self.given.join(OsStr::from_bytes(&self.relative)),
        }
    }

    /// The folder that was named; `None` for a file that was.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        match self.named {
            Named::Directly => None,
            Named::InFolder => Some(&self.given),
        }
    }

    /// How the operator came to it.
    #[must_use]
    pub fn named(&self) -> Named {
        self.named
    }

    /// The last component, in raw octets.
    #[must_use]
    pub fn file_name(&self) -> &[u8] {
        let octets = self.octets();
        match octets.iter().rposition(|&octet| octet == b'/') {
            Some(at) => &octets[at + 1..],
            None => octets,
        }
    }

    /// What follows the last dot of the file name, in raw octets; `None` when there is no dot, or only a leading one.
    #[must_use]
    pub fn extension(&self) -> Option<&[u8]> {
        let name = self.file_name();
        match name.iter().rposition(|&octet| octet == b'.') {
            None | Some(0) => None,
            Some(at) => Some(&name[at + 1..]),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Shown::new(&self.as_given().into_os_string().into_vec()).fmt(f)
    }
}

/// A file or folder name that FAT32, exFAT, NTFS and every Unix file system take, that no shell or program takes for
/// an option or a device, and that people can read to each other.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SafeName<'a>(&'a str);

impl<'a> SafeName<'a> {
    /// Takes a name of at most [`NAME_CHARS_MAX`] characters out of `A-Z a-z 0-9 . _ -`, that does not begin with a
    /// dot or a hyphen, does not end with a dot, and is no device name of DOS (with or without an extension). Names
    /// that differ in case alone are one name on FAT32: whoever chooses them keeps them apart.
    ///
    /// # Errors
    /// What is wrong with the name.
    pub fn parse(name: &'a str) -> Result<Self, &'static str> {
        if name.is_empty() {
            return Err("empty");
        }
        if name.len() > NAME_CHARS_MAX {
            return Err("longer than 64 characters");
        }
        if !name.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"._-".contains(&octet)) {
            return Err("has characters other than letters, digits, dot, hyphen and underscore");
        }
        if name.starts_with(['.', '-']) {
            return Err("begins with a dot or a hyphen");
        }
        if name.ends_with('.') {
            return Err("ends with a dot");
        }
        if is_dos_device(name) {
            return Err("a device name of Windows");
        }
        Ok(Self(name))
    }

    /// The name.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        self.0
    }
}

/// Characters of one name that is written: enough for a device's name and an extension, and five 32-octet records of
/// a FAT32 folder.
pub const NAME_CHARS_MAX: usize = 64;

/// Prefix of the folder in which an outbox writes before it is published.
pub(super) const PARTIAL_PREFIX: &str = ".coldsign-partial-";

/// Whether a name is what operating systems leave behind on removable media. A wastebasket holds what somebody
/// deleted on purpose; none of it is read.
pub(super) fn is_litter(name: &[u8]) -> bool {
    const NAMES: [&[u8]; 11] = [
        b"$recycle.bin",
        b".ds_store",
        b".fseventsd",
        b".spotlight-v100",
        b".trash",
        b".trashes",
        b"autorun.inf",
        b"desktop.ini",
        b"lost+found",
        b"system volume information",
        b"thumbs.db",
    ];
    const PREFIXES: [&[u8]; 3] = [b"._", b".trash-", PARTIAL_PREFIX.as_bytes()];
    // No pattern is longer; the bound keeps a long name from being copied.
    let mut lower = [0; 25];
    let head = &name[..name.len().min(lower.len())];
    let lower = &mut lower[..head.len()];
    lower.copy_from_slice(head);
    lower.make_ascii_lowercase();
    (name.len() == lower.len() && NAMES.contains(&&*lower)) || PREFIXES.iter().any(|p| lower.starts_with(p))
}

fn is_dos_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).to_ascii_uppercase();
    match stem.as_str() {
        "AUX" | "CON" | "NUL" | "PRN" => true,
        _ => {
            stem.len() == 4
                && (stem.starts_with("COM") || stem.starts_with("LPT"))
                && stem.ends_with(|c: char| c.is_ascii_digit())
        }
    }
}

/// Characters shown of a long path: its beginning, which says the medium, and its end, which says the file.
const SHOWN_CHARS_MAX: usize = 256;
const SHOWN_HEAD_CHARS: usize = 96;

fn without_middle(text: String) -> String {
    let chars = text.chars().count();
    if chars <= SHOWN_CHARS_MAX {
        return text;
    }
    let head: String = text.chars().take(SHOWN_HEAD_CHARS).collect();
    let left_out = chars - SHOWN_CHARS_MAX;
    let tail: String = text.chars().skip(SHOWN_HEAD_CHARS + left_out).collect();
    format!("{head}…({left_out} more)…{tail}")
}

/// Whether a character changes nothing around it on a screen. Faces show fewer still as they are, by a list of what is
/// shown; this layer uses no other and leaves that to them.
fn is_harmless(c: char) -> bool {
    !c.is_control()
        && !matches!(u32::from(c),
            0x00ad | 0x034f | 0x061c | 0x115f | 0x1160 | 0x17b4 | 0x17b5 | 0x180b..=0x180f
            | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0x3164 | 0xfe00..=0xfe0f
            | 0xfeff | 0xffa0 | 0xfff0..=0xfffb | 0x1d173..=0x1d17a | 0xe0000..=0xe0fff)
        && !matches!(u32::from(c), 0xe000..=0xf8ff | 0xf0000..=0x0010_ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_names_without_what_could_move_the_cursor() {
        fn check(octets: &[u8], expected: &str) {
            assert_eq!(Shown::new(octets).as_str(), expected);
        }
        check("gerät-漢字.csr".as_bytes(), "gerät-漢字.csr");
        check(b"new\nline", "new\\u{a}line");
        check(b"\x1b[2Jred", "\\u{1b}[2Jred");
        check(b"\xff\xfe\x80.csr", "\\xff\\xfe\\x80.csr");
        check("\u{202e}csr.exe".as_bytes(), "\\u{202e}csr.exe");
        check("zero\u{200b}width".as_bytes(), "zero\\u{200b}width");
        check(b"c1\xc2\x9b31m", "c1\\u{9b}31m");
        check(b"..\\win", "..\\\\win");
        check(b"\\x41", "\\\\x41");
    }

    #[test]
    fn shows_both_ends_of_a_long_path() {
        let long = [b"/stick/".as_slice(), &[b'a'; 5000], b"/dev.csr"].concat();
        let shown = Shown::new(&long);
        assert!(shown.as_str().starts_with("/stick/aaa") && shown.as_str().ends_with("aaa/dev.csr"));
        assert!(shown.as_str().contains("…(4759 more)…"), "{shown}");
    }

    #[test]
    fn knows_the_parts_of_a_source() {
        fn check(relative: &str, name: &str, extension: Option<&str>) {
            let source = Source::in_folder(&Arc::from(Path::new("/stick")), relative.as_bytes());
            assert_eq!(source.file_name(), name.as_bytes());
            assert_eq!(source.extension(), extension.map(str::as_bytes));
            assert_eq!(source.octets(), relative.as_bytes());
            assert_eq!(source.to_string(), format!("/stick/{relative}"));
        }
        check("a/b.c/dev", "dev", None);
        check("a/dev.csr", "dev.csr", Some("csr"));
        check("dev.tar.gz", "dev.tar.gz", Some("gz"));
        check(".hidden", ".hidden", None);
        check("dot.", "dot.", Some(""));
        let direct = Source::directly(&Arc::from(Path::new("x/dev.csr")));
        assert_eq!((direct.octets(), direct.file_name()), (&b"x/dev.csr"[..], &b"dev.csr"[..]));
    }

    #[test]
    fn writes_only_names_that_every_medium_takes() {
        fn check(name: &str, expected: Result<(), &str>) {
            assert_eq!(SafeName::parse(name).map(|_| ()), expected, "{name}");
        }
        let charset = "has characters other than letters, digits, dot, hyphen and underscore";
        check("dev-0001.pem", Ok(()));
        check("SHA256SUMS", Ok(()));
        check("console.pem", Ok(()));
        check("com10", Ok(()));
        check(&"a".repeat(64), Ok(()));
        check(&"a".repeat(65), Err("longer than 64 characters"));
        check("", Err("empty"));
        check(".", Err("begins with a dot or a hyphen"));
        check("..", Err("begins with a dot or a hyphen"));
        check(".hidden", Err("begins with a dot or a hyphen"));
        check("-rf", Err("begins with a dot or a hyphen"));
        check("dot.", Err("ends with a dot"));
        check("a/b", Err(charset));
        check("a b", Err(charset));
        check("a:b", Err(charset));
        check("ä", Err(charset));
        check("a\0", Err(charset));
        check("con", Err("a device name of Windows"));
        check("Nul.pem", Err("a device name of Windows"));
        check("aux.tar.gz", Err("a device name of Windows"));
        check("COM1", Err("a device name of Windows"));
        check("lpt9.csr", Err("a device name of Windows"));
    }

    #[test]
    fn knows_the_litter_of_operating_systems() {
        fn check(name: &str, expected: bool) {
            assert_eq!(is_litter(name.as_bytes()), expected, "{name}");
        }
        check(".DS_Store", true);
        check("._good.csr", true);
        check("Thumbs.db", true);
        check("thumbs.DB", true);
        check("Desktop.ini", true);
        check("AUTORUN.INF", true);
        check("System Volume Information", true);
        check(".Trash-1000", true);
        check(".Trashes", true);
        check("$RECYCLE.BIN", true);
        check("lost+found", true);
        check(".fseventsd", true);
        check(".Spotlight-V100", true);
        check(".coldsign-partial-2026", true);
        check(".hidden.csr", false);
        check("System Volume Information.csr", false);
        check("thumbs.db.csr", false);
        check("dev.csr", false);
        check("", false);
    }
}
