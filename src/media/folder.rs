//! One folder of a medium, as a person looks into it.

use std::os::fd::AsFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use super::error::{Error, Unreadable};
use super::limits::Limits;
use super::listing::Listing;
use super::name::{Shown, is_litter};
use super::volume;

/// What stands directly in a folder.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Folder {
    /// At most [`FOLDER_ENTRIES_MAX`] entries, the first by name: folders first, then all others, each in the order
    /// of their names' octets.
    pub entries: Vec<FolderEntry>,
    /// Names beyond those.
    pub more: u64,
}

/// One name in a folder.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FolderEntry {
    /// What stands under it.
    pub kind: EntryKind,
    /// The name, in raw octets.
    pub name: Box<[u8]>,
    /// Octets of a file; 0 for all others.
    pub octets: u64,
}

/// What stands under a name.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum EntryKind {
    /// A folder that can be entered.
    Folder,
    /// A regular file.
    File,
    /// What operating systems leave behind; not read by an intake.
    Litter,
    /// A symbolic link, wherever it leads; not followed.
    SymbolicLink,
    /// A pipe, device, socket, mount point, or what cannot be looked at.
    Other,
}

/// Entries of one folder that are shown: nobody scrolls further, and each costs three system calls.
pub const FOLDER_ENTRIES_MAX: usize = 10_000;

impl Folder {
    /// Looks into a folder. No symbolic link on the way to it is followed, so that no link on a medium leads out of
    /// it; a path with a slash at its end is resolved first, for whoever means the folder behind the link.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::NotAFolder`], [`Error::Denied`], [`Error::Gone`]; [`Error::Unreadable`] for a
    /// symbolic link on the way; [`Error::TooManyFiles`] and [`Error::NamesTooLong`] beyond [`Limits::STANDARD`].
    pub fn list(path: &Path) -> Result<Self, Error> {
        Self::list_within(path, FOLDER_ENTRIES_MAX)
    }

    fn list_within(path: &Path, entries_max: usize) -> Result<Self, Error> {
        let shown = || Shown::path(path);
        let resolved = match path.as_os_str().as_bytes() {
            [.., b'/'] => std::fs::canonicalize(path).map_err(|error| {
                let errno = Errno::from_io_error(&error).unwrap_or(Errno::IO);
                Error::from_errno(shown(), "opening the folder", errno)
            })?,
            _ => path.to_owned(),
        };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let no_links = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        let folder = rustix::fs::openat2(CWD, &resolved, flags, Mode::empty(), no_links).map_err(
            |errno| match errno {
                Errno::LOOP => Error::Unreadable { path: shown(), reason: Unreadable::SymbolicLink },
                errno => Error::from_errno(shown(), "opening the folder", errno),
            },
        )?;
        volume::check_presence(&folder, &shown())?;
        let limits = Limits::STANDARD;
        let names = Listing::read(&folder, limits.files_max, limits.names_octets_max)
            .map_err(|stop| stop.into_error(shown(), &limits))?;
        let mut entries = Vec::new();
        for name in (0..entries_max).map_while(|at| names.name(at)) {
            let entry = match volume::peek(folder.as_fd(), name) {
                Ok(stat) => seen(name, &stat),
                Err(_) => FolderEntry { kind: EntryKind::Other, name: name.into(), octets: 0 },
            };
            entries.push(entry);
        }
        // A medium that was pulled meanwhile has an empty folder, or one full of names without anything behind them.
        volume::check_presence(&folder, &shown())?;
        entries.sort_by(|a, b| {
            let rank = |entry: &FolderEntry| entry.kind != EntryKind::Folder;
            (rank(a), &a.name).cmp(&(rank(b), &b.name))
        });
        Ok(Self { more: names.len() - entries.len() as u64, entries })
    }
}

fn seen(name: &[u8], stat: &rustix::fs::Stat) -> FolderEntry {
    let kind = match FileType::from_raw_mode(stat.st_mode) {
        _ if is_litter(name) => EntryKind::Litter,
        FileType::Directory => EntryKind::Folder,
        FileType::RegularFile => EntryKind::File,
        FileType::Symlink => EntryKind::SymbolicLink,
        _ => EntryKind::Other,
    };
    let octets = if kind == EntryKind::File { volume::octets_of(stat) } else { 0 };
    FolderEntry { kind, name: name.into(), octets }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn lines(folder: &Folder) -> Vec<String> {
        let line = |entry: &FolderEntry| {
            format!("{} {:?} {}", String::from_utf8_lossy(&entry.name), entry.kind, entry.octets)
        };
        folder.entries.iter().map(line).collect()
    }

    #[test]
    fn shows_folders_first_and_says_what_each_name_is() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["z", "A", ".Trash-1000", "System Volume Information"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        fs::write(dir.path().join("b.csr"), "four").unwrap();
        fs::write(dir.path().join(".DS_Store"), "x").unwrap();
        symlink("z", dir.path().join("link")).unwrap();
        symlink("a.csr", dir.path().join("broken")).unwrap();
        rustix::fs::mkfifoat(CWD, dir.path().join("pipe"), Mode::RUSR).unwrap();
        let folder = Folder::list(dir.path()).unwrap();
        let expected = [
            "A Folder 0",
            "z Folder 0",
            ".DS_Store Litter 0",
            ".Trash-1000 Litter 0",
            "System Volume Information Litter 0",
            "b.csr File 4",
            "broken SymbolicLink 0",
            "link SymbolicLink 0",
            "pipe Other 0",
        ];
        assert_eq!(lines(&folder), expected);
        assert_eq!(folder.more, 0);
    }

    #[test]
    fn counts_what_it_does_not_show() {
        let dir = tempfile::tempdir().unwrap();
        for number in 0..7 {
            fs::write(dir.path().join(format!("{number}")), "").unwrap();
        }
        let folder = Folder::list_within(dir.path(), 5).unwrap();
        assert_eq!((folder.entries.len(), folder.more), (5, 2));
        assert_eq!(lines(&folder)[4], "4 File 0");
    }

    #[test]
    fn no_link_leads_out_of_a_medium_unless_it_is_asked_for() {
        let dir = tempfile::tempdir().unwrap();
        // Where the folder of temporary files is itself behind a link.
        let root = fs::canonicalize(dir.path()).unwrap();
        fs::create_dir_all(root.join("outside/below")).unwrap();
        fs::create_dir(root.join("stick")).unwrap();
        symlink("../outside", root.join("stick/link")).unwrap();
        for path in ["stick/link", "stick/link/below"] {
            let error = Folder::list(&root.join(path)).unwrap_err();
            assert!(error.to_string().ends_with("a symbolic link, not followed"), "{error}");
        }
        assert_eq!(lines(&Folder::list(&root.join("stick/link/")).unwrap()), ["below Folder 0"]);
    }

    #[test]
    fn names_why_a_folder_cannot_be_listed() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("file"), "").unwrap();
        let check = |name: &str, expected: &str| {
            let error = Folder::list(&dir.path().join(name)).unwrap_err();
            assert!(error.to_string().ends_with(expected), "{error}");
            assert!(!error.hint().is_empty());
        };
        check("absent", "/absent: no such file or folder");
        check("absent/", "/absent/: no such file or folder");
        check("file", "/file: not a folder");
    }
}
