//! Volumes: the media that are mounted, what stands on them, and how many requests that may be.

use std::{
    ffi::OsStr,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use crate::{
    media::{Entry, Folder, Intake, Limits, MountWatch, Mounted, Unreadable},
    pki::text::Printable,
};

use super::{
    error::Error,
    intake::promises_request,
    opening::printable_path,
    progress::{Phase, Watch},
};

pub use crate::media::Access;

/// A removable medium as it is mounted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MountedVolume {
    /// The folder at which it stands.
    pub mount_point: PathBuf,
    /// The same, for people.
    pub shown: Printable,
    /// The device, `/dev/sdb1`.
    pub device: Printable,
    /// The label that was given to it, where there is one.
    pub label: Option<Printable>,
    /// The file system's type, `vfat`.
    pub filesystem: Printable,
    /// Whether it can be written.
    pub access: Access,
    /// Octets of the whole file system.
    pub octets: u64,
    /// Octets that can still be written.
    pub octets_free: u64,
}

/// All removable media that are mounted, sorted by mount point.
///
/// # Errors
/// [`Error::Medium`] where the system's table of mounts cannot be read.
pub fn mounted_volumes() -> Result<Vec<MountedVolume>, Error> {
    Ok(Mounted::all()?.into_iter().map(MountedVolume::from).collect())
}

impl From<Mounted> for MountedVolume {
    fn from(mounted: Mounted) -> Self {
        let printable = |text: &OsStr| Printable::from_octets(text.as_bytes());
        Self {
            shown: printable_path(&mounted.mount_point),
            device: printable(&mounted.device),
            label: mounted.label.as_deref().map(printable),
            filesystem: printable(&mounted.filesystem),
            access: mounted.access,
            octets: mounted.octets,
            octets_free: mounted.octets_free,
            mount_point: mounted.mount_point,
        }
    }
}

/// Tells when media come and go.
#[derive(Debug)]
pub struct VolumeWatch(MountWatch);

impl VolumeWatch {
    /// Begins to watch.
    ///
    /// # Errors
    /// [`Error::Medium`] where the system's table of mounts cannot be read.
    pub fn open() -> Result<Self, Error> {
        Ok(Self(MountWatch::open()?))
    }

    /// Waits, at most this long, and says whether media came or went. Mounting and unmounting is told at once; a
    /// medium that was pulled without being unmounted is seen when the time is over, so wait a second at a time.
    /// Where the system cannot say it, a change is supposed: [`mounted_volumes`] then has the reason.
    pub fn changed(&mut self, within: Duration) -> bool {
        self.0.changed(within).unwrap_or_else(|_| {
            // Nobody shall ask again and again without pause.
            thread::sleep(within);
            true
        })
    }
}

/// What stands directly in a folder.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FolderListing {
    /// The folder.
    pub path: PathBuf,
    /// The same, for people.
    pub shown: Printable,
    /// At most [`FOLDER_ENTRIES_MAX`], folders first, each kind in the order of the names' octets.
    pub entries: Vec<FolderEntry>,
    /// Names beyond those.
    pub more: u64,
}

/// One name in a folder.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FolderEntry {
    /// The whole path to it.
    pub path: PathBuf,
    /// Its name, for people.
    pub shown: Printable,
    /// What stands under it.
    pub kind: EntryKind,
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
    /// What an intake does not read: links, pipes, devices, mount points, what operating systems leave behind.
    Other,
}

pub use crate::media::FOLDER_ENTRIES_MAX;

/// Looks into a folder. No symbolic link on the way to it is followed; with a slash at its end the path is resolved
/// first, for whoever means the folder behind a link.
///
/// # Errors
/// [`Error::Medium`] where there is no such folder, it cannot be read, or its medium was pulled.
pub fn list_folder(path: &Path) -> Result<FolderListing, Error> {
    let folder = Folder::list(path)?;
    let entry = |entry: crate::media::FolderEntry| FolderEntry {
        path: path.join(OsStr::from_bytes(&entry.name)),
        shown: Printable::from_octets(&entry.name),
        kind: EntryKind::from(entry.kind),
        octets: entry.octets,
    };
    Ok(FolderListing {
        path: path.to_owned(),
        shown: printable_path(path),
        entries: folder.entries.into_iter().map(entry).collect(),
        more: folder.more,
    })
}

impl From<crate::media::EntryKind> for EntryKind {
    fn from(kind: crate::media::EntryKind) -> Self {
        use crate::media::EntryKind as Kind;
        match kind {
            Kind::Folder => Self::Folder,
            Kind::File => Self::File,
            Kind::Litter | Kind::SymbolicLink | Kind::Other => Self::Other,
        }
    }
}

/// What stands in a folder and in all folders beneath it, as far as an intake would read it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct FolderContents {
    /// Files.
    pub files: u64,
    /// Octets in all of them.
    pub octets: u64,
    /// Those among them that look like requests, by their extension. A file may hold several requests.
    pub requests: u64,
    /// Octets in these.
    pub request_octets: u64,
    /// Whether all were counted.
    pub reach: Reach,
}

/// How far a count went.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Reach {
    /// To the end.
    #[default]
    Whole,
    /// To [`COUNT_ENTRIES_MAX`] entries, or not into what an intake refuses as too deep or too large: there is at least
    /// as much as was counted.
    AtLeast,
}

/// Entries looked at for one count: some seconds on a slow stick. Planning itself goes much further.
pub const COUNT_ENTRIES_MAX: u64 = 100_000;

/// Counts the files in a folder and in all folders beneath, without reading them.
///
/// # Errors
/// [`Error::Medium`] where the folder is missing, the medium was pulled or exceeds a limit of reading;
/// [`Error::Stopped`].
pub fn folder_contents(path: &Path, watch: &mut Watch<'_>) -> Result<FolderContents, Error> {
    contents_within(path, COUNT_ENTRIES_MAX, watch)
}

fn contents_within(path: &Path, entries_max: u64, watch: &mut Watch<'_>) -> Result<FolderContents, Error> {
    let mut contents = FolderContents::default();
    for (entry, looked_at) in Intake::open(&[path.to_owned()], &Limits::STANDARD)?.zip(0..) {
        if looked_at == entries_max {
            contents.reach = Reach::AtLeast;
            break;
        }
        if looked_at % TELL_EVERY == 0 {
            watch.tell(Phase::Planning, looked_at, None);
            watch.check_stop("nothing was changed", "count again")?;
        }
        match entry? {
            Entry::File(file) => {
                contents.files += 1;
                contents.octets = contents.octets.saturating_add(file.size());
                if promises_request(file.source()) {
                    contents.requests += 1;
                    contents.request_octets = contents.request_octets.saturating_add(file.size());
                }
            }
            Entry::Unreadable {
                reason: Unreadable::TooDeep { .. } | Unreadable::TooLarge { .. }, ..
            } => {
                contents.reach = Reach::AtLeast;
            }
            Entry::Unreadable { .. } | Entry::Litter { .. } => {}
        }
    }
    Ok(contents)
}

/// Files between two words to whoever looks on.
const TELL_EVERY: u64 = 512;

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use crate::ceremony::Reins;

    use super::*;

    fn contents(path: &Path, entries_max: u64) -> FolderContents {
        let reins = Reins::new();
        contents_within(path, entries_max, &mut Watch::new(&mut |_| {}, &reins)).unwrap()
    }

    #[test]
    fn shows_hostile_names_harmless_and_keeps_their_octets() {
        let dir = tempfile::tempdir().unwrap();
        let name = OsStr::from_bytes(b"\x1b[2J\xff.csr");
        fs::write(dir.path().join(name), "12345").unwrap();
        fs::create_dir(dir.path().join("zz")).unwrap();
        symlink("zz", dir.path().join("a-link")).unwrap();
        fs::create_dir(dir.path().join(".Trashes")).unwrap();
        let listing = list_folder(dir.path()).unwrap();
        let seen: Vec<_> =
            listing.entries.iter().map(|entry| (entry.shown.as_str(), entry.kind, entry.octets)).collect();
        let expected = [
            ("zz", EntryKind::Folder, 0),
            ("\\u{1b}[2J\\xff.csr", EntryKind::File, 5),
            (".Trashes", EntryKind::Other, 0),
            ("a-link", EntryKind::Other, 0),
        ];
        assert_eq!(seen, expected);
        assert_eq!(listing.entries[1].path, dir.path().join(name));
        assert_eq!((listing.path.as_path(), listing.more), (dir.path(), 0));
    }

    #[test]
    fn counts_all_files_and_what_looks_like_a_request_below_all_folders() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("a/b")).unwrap();
        for (name, octets) in [("1.csr", 10), ("a/2.PEM", 20), ("a/b/3.JsonL", 30), ("a/photo.jpg", 1000)] {
            fs::write(dir.path().join(name), vec![b'x'; octets]).unwrap();
        }
        let counts = |contents: FolderContents| {
            let FolderContents { files, octets, requests, request_octets, reach } = contents;
            (files, octets, requests, request_octets, reach)
        };
        assert_eq!(counts(contents(dir.path(), 4)), (4, 1060, 3, 60, Reach::Whole));
        assert_eq!(counts(contents(dir.path(), 2)), (2, 30, 2, 30, Reach::AtLeast));
        assert_eq!(counts(contents(&dir.path().join("a/b"), 4)), (1, 30, 1, 30, Reach::Whole));
    }

    #[test]
    fn what_is_too_deep_or_too_large_to_be_read_is_told_as_more() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("1.csr"), "12345").unwrap();
        let large = fs::File::create(dir.path().join("large.pem")).unwrap();
        large.set_len(Limits::STANDARD.file_octets_max + 1).unwrap();
        let counted = contents(dir.path(), 100);
        assert_eq!((counted.octets, counted.reach), (5, Reach::AtLeast));
        fs::remove_file(dir.path().join("large.pem")).unwrap();
        let depth = Limits::STANDARD.depth_max as usize;
        fs::create_dir_all(dir.path().join("d/".repeat(depth + 1))).unwrap();
        assert_eq!(contents(dir.path(), 100).reach, Reach::AtLeast);
    }

    #[test]
    fn a_count_can_be_stopped() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("1.csr"), "").unwrap();
        let reins = Reins::new();
        reins.stop();
        let error = folder_contents(dir.path(), &mut Watch::new(&mut |_| {}, &reins));
        assert!(matches!(error, Err(Error::Stopped { .. })), "{error:?}");
    }
}
