//! Writing a medium: one new folder, whole or not at all.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{self, AtFlags, FlockOperation, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use super::error::{Error, Unreadable};
use super::limits::Limits;
use super::listing::{Listing, Stop};
use super::name::{PARTIAL_PREFIX, SafeName, Shown};
use super::out_file::OutFile;
use super::published::Published;
use super::volume::{self, BENEATH, Volume};

/// A folder being written. All of it grows under a temporary name and appears under its own when it is
/// [published](Outbox::publish); dropped before, it is removed. Nothing that exists is ever written over.
///
/// Durability: an fsync for each of 200,000 files would take a stick an hour. Instead all of them are written, one
/// `syncfs` makes the whole file system durable, then the folder is renamed and the folder above it fsynced. `syncfs`
/// reports every write-back error since this outbox opened its folder (Linux 5.8), so a failed write is never lost
/// between the file and the rename. Bundles of up to 1,000 files are fsynced file by file as well, for
/// file systems that report their errors only there.
#[derive(Debug)]
pub struct Outbox {
    target: Volume,
    name: String,
    partial: String,
    /// Held open, and locked, from the beginning: `syncfs` reports the errors since then.
    folder: OwnedFd,
    /// The folders made so far, with the records each takes on FAT32.
    folders: BTreeMap<String, u32>,
    /// The folders used last, the latest at the end.
    open: Vec<(String, OwnedFd)>,
    /// The files made, as long as there are few enough to fsync each.
    paths: Vec<String>,
    created: u64,
    finished: Arc<AtomicU64>,
    state: State,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Writing,
    Published,
}

impl Outbox {
    /// Begins a new folder in an existing one. What an earlier crash left under the temporary name of the same folder
    /// is removed first.
    ///
    /// # Errors
    /// [`Error::BadName`], [`Error::Exists`] when anything of that name is there, [`Error::Missing`] or
    /// [`Error::NotAFolder`] for the target, [`Error::Busy`], [`Error::ReadOnly`], [`Error::Full`], [`Error::Gone`].
    pub fn create(target: &Path, folder: &str) -> Result<Self, Error> {
        let name = checked(folder, folder)?.as_str().to_owned();
        let partial = format!("{PARTIAL_PREFIX}{name}");
        let target = Volume::open(target)?;
        let shown = Shown::path(&target.given().join(&name));
        if exists(target.folder(), &name, &shown)? {
            return Err(Error::Exists { path: shown });
        }
        remove_left_over(&target, &partial)?;
        remove_others_left_over(&target);
        fs::mkdirat(target.folder(), partial.as_str(), FOLDER_MODE)
            .map_err(|errno| Error::from_errno(shown.clone(), "making the folder", errno))?;
        let folder = open(target.folder(), &partial, &shown)?;
        lock(&folder, &shown)?;
        Ok(Self {
            target,
            name,
            partial,
            folder,
            folders: BTreeMap::from([(String::new(), 0)]),
            open: Vec::new(),
            paths: Vec::new(),
            created: 0,
            finished: Arc::default(),
            state: State::Writing,
        })
    }

    /// Begins a new file, its path relative to the folder and separated by `/`; folders on the way are made. Each
    /// component is a [`SafeName`]. Several files may be open at the same time.
    ///
    /// # Errors
    /// [`Error::BadName`], [`Error::Exists`] (also for names that differ in case alone, on a medium that does not tell
    /// them apart), [`Error::FolderTooFull`], [`Error::Full`], [`Error::ReadOnly`], [`Error::Gone`], [`Error::Io`].
    pub fn create_file(&mut self, path: &str) -> Result<OutFile, Error> {
        self.new_file(path, FILE_MODE)
    }

    /// The same for a file with a secret, which on media that know owners only its owner can read.
    ///
    /// # Errors
    /// As [`Outbox::create_file`].
    pub fn create_secret_file(&mut self, path: &str) -> Result<OutFile, Error> {
        self.new_file(path, SECRET_MODE)
    }

    fn new_file(&mut self, path: &str, mode: Mode) -> Result<OutFile, Error> {
        let (parent, name) = split(path);
        for component in path.split('/') {
            checked(component, path)?;
        }
        if path.split('/').count() > COMPONENTS_MAX {
            return Err(Error::BadName {
                name: Shown::new(path.as_bytes()),
                why: "more than 8 names in one path",
            });
        }
        self.ensure(parent)?;
        self.count_name(parent, name)?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = fs::openat2(self.opened(parent), name, flags, mode, BENEATH)
            .map_err(|errno| Error::from_errno(self.shown(path), "making the file", errno))?;
        if self.paths.len() < FSYNC_FILES_MAX + 1 {
            self.paths.push(path.to_owned());
        }
        self.created += 1;
        Ok(OutFile::new(path, self.shown(path), file.into(), Arc::clone(&self.finished)))
    }

    /// Makes everything durable and gives the folder its name. After an error nothing stays on the medium.
    ///
    /// # Errors
    /// [`Error::Unfinished`]; [`Error::Exists`] when the name was taken meanwhile; [`Error::Full`] and [`Error::Gone`]
    /// as late as here, for this is where the octets reach the medium.
    pub fn publish(mut self) -> Result<Published, Error> {
        let files = self.created - self.finished.load(Ordering::Acquire);
        if files > 0 {
            return Err(Error::Unfinished { files, path: self.shown("") });
        }
        self.open.clear();
        self.sync()?;
        let folder = self.folder.try_clone().map_err(|error| {
            self.error("", "keeping the folder open", Errno::from_io_error(&error).unwrap_or(Errno::MFILE))
        })?;
        let target = self.target.folder();
        rename_new(target, &self.partial, &self.name)
            .map_err(|errno| self.error("", "giving the folder its name", errno))?;
        if let Err(errno) = fsync_folder(target) {
            // The folder must not look delivered; what remains is removed when self is dropped.
            if rename_new(target, &self.name, &self.partial).is_err() {
                return Err(Error::NotDurable { errno, path: self.shown("") });
            }
            return Err(self.error("", "making the folder's name durable", errno));
        }
        self.state = State::Published;
        Ok(Published::new(folder, self.path()))
    }

    fn sync(&self) -> Result<(), Error> {
        fs::syncfs(&self.folder).map_err(|errno| self.error("", "making the files durable", errno))?;
        if self.paths.len() <= FSYNC_FILES_MAX {
            for path in &self.paths {
                let file = volume::open_file(self.folder.as_fd(), path.as_bytes(), u64::MAX, || {
                    super::name::Source::in_folder(self.target.given(), path.as_bytes())
                });
                let file = file.map_err(|reason| Error::Unreadable { path: self.shown(path), reason })?;
                fs::fsync(file.file()).map_err(|errno| self.error(path, "making the file durable", errno))?;
            }
            for path in self.folders.keys().filter(|path| !path.is_empty()) {
                let folder = open(self.folder.as_fd(), path, &self.shown(path))?;
                fsync_folder(folder.as_fd())
                    .map_err(|errno| self.error(path, "making the folder durable", errno))?;
            }
        }
        fsync_folder(self.folder.as_fd()).map_err(|errno| self.error("", "making the folder durable", errno))
    }

    /// Makes and opens a folder, and those above it.
    fn ensure(&mut self, path: &str) -> Result<(), Error> {
        if path.is_empty() {
            return Ok(());
        }
        if let Some(at) = self.open.iter().position(|(opened, _)| opened == path) {
            self.open[at..].rotate_left(1);
            return Ok(());
        }
        if !self.folders.contains_key(path) {
            let (parent, name) = split(path);
            self.ensure(parent)?;
            self.count_name(parent, name)?;
            fs::mkdirat(self.opened(parent), name, FOLDER_MODE)
                .map_err(|errno| self.error(path, "making the folder", errno))?;
            // FAT32 keeps the records of "." and ".." in every folder but the medium's own.
            self.folders.insert(path.to_owned(), 2);
        }
        let folder = open(self.folder.as_fd(), path, &self.shown(path))?;
        if self.open.len() == OPEN_FOLDERS_MAX {
            self.open.remove(0);
        }
        self.open.push((path.to_owned(), folder));
        Ok(())
    }

    /// The folder that was ensured last, or the outbox's own.
    fn opened(&self, path: &str) -> BorrowedFd<'_> {
        match self.open.last() {
            Some((opened, folder)) if opened == path => folder.as_fd(),
            _ => self.folder.as_fd(),
        }
    }

    fn count_name(&mut self, folder: &str, name: &str) -> Result<(), Error> {
        let records = self.folders.get_mut(folder).map(|records| {
            *records += fat_records(name);
            *records
        });
        if records.is_some_and(|records| records > FOLDER_RECORDS_MAX) {
            return Err(Error::FolderTooFull { path: self.shown(folder) });
        }
        Ok(())
    }

    fn error(&self, path: &str, doing: &'static str, errno: Errno) -> Error {
        Error::from_errno(self.shown(path), doing, errno)
    }

    // The name it will have: the temporary one is nobody's concern.
    fn shown(&self, path: &str) -> Shown {
        Shown::path(&if path.is_empty() { self.path() } else { self.path().join(path) })
    }

    fn path(&self) -> PathBuf {
        self.target.given().join(&self.name)
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        if self.state == State::Writing {
            self.open.clear();
            // Best effort: on a medium that is gone there is nothing to remove.
            let _ = remove_tree(self.target.folder(), &self.partial, COMPONENTS_MAX + 1);
        }
    }
}

fn checked<'a>(name: &'a str, path: &str) -> Result<SafeName<'a>, Error> {
    SafeName::parse(name).map_err(|why| Error::BadName { name: Shown::new(path.as_bytes()), why })
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

fn exists(folder: BorrowedFd<'_>, name: &str, shown: &Shown) -> Result<bool, Error> {
    match volume::peek(folder, name.as_bytes()) {
        // A mount point is something that exists.
        Ok(_) | Err(Unreadable::MountPoint) => Ok(true),
        Err(Unreadable::Missing) => Ok(false),
        Err(Unreadable::Io { errno }) => Err(Error::from_errno(shown.clone(), "looking at it", errno)),
        Err(reason) => Err(Error::Unreadable { path: shown.clone(), reason }),
    }
}

fn open(folder: BorrowedFd<'_>, path: &str, shown: &Shown) -> Result<OwnedFd, Error> {
    volume::open_folder(folder, path.as_bytes(), None).map_err(|reason| match reason {
        Unreadable::Io { errno } => Error::from_errno(shown.clone(), "opening the folder", errno),
        reason => Error::Unreadable { path: shown.clone(), reason },
    })
}

// The lock ends with the process, however it ends: a left-over folder that is locked is no left-over.
fn lock(folder: &OwnedFd, shown: &Shown) -> Result<(), Error> {
    match fs::flock(folder, FlockOperation::NonBlockingLockExclusive) {
        Err(Errno::WOULDBLOCK) => Err(Error::Busy { path: shown.clone() }),
        // Some network and FUSE file systems have no locks.
        Ok(()) | Err(_) => Ok(()),
    }
}

fn remove_left_over(target: &Volume, partial: &str) -> Result<(), Error> {
    let shown = Shown::path(&target.given().join(partial));
    if !exists(target.folder(), partial, &shown)? {
        return Ok(());
    }
    let folder = match open(target.folder(), partial, &shown) {
        // Whatever this is, no outbox made it.
        Err(Error::NotAFolder { path } | Error::Unreadable { path, .. }) => {
            return Err(Error::Exists { path });
        }
        folder => folder?,
    };
    lock(&folder, &shown)?;
    remove_tree(target.folder(), partial, COMPONENTS_MAX + 1)
        .map_err(|errno| Error::from_errno(shown, "removing an unfinished delivery", errno))
}

/// Removes what other deliveries left unfinished here, as far as that can be done: whoever takes the medium from here on gets
/// nothing of them, which may have been secret. One that is written at this moment is locked, and stays; so does every one where the
/// medium knows no locks.
fn remove_others_left_over(target: &Volume) {
    let limits = Limits::STANDARD;
    let Ok(again) = volume::open_folder(target.folder(), b".", None) else { return };
    let Ok(names) = Listing::read(again, limits.files_max, limits.names_octets_max) else { return };
    for name in (0..).map_while(|at| names.name(at)) {
        let ours = str::from_utf8(name).ok().filter(|name| {
            name.strip_prefix(PARTIAL_PREFIX).is_some_and(|plan| SafeName::parse(plan).is_ok())
        });
        let Some(name) = ours else { continue };
        let shown = Shown::path(&target.given().join(name));
        let Ok(folder) = open(target.folder(), name, &shown) else { continue };
        if fs::flock(&folder, FlockOperation::NonBlockingLockExclusive).is_ok() {
            let _ = remove_tree(target.folder(), name, COMPONENTS_MAX + 1);
        }
    }
}

/// Removes a folder and all beneath it, without following anything out of it.
fn remove_tree(parent: BorrowedFd<'_>, name: &str, depth_left: usize) -> Result<(), Errno> {
    fn empty(folder: BorrowedFd<'_>, depth_left: usize) -> Result<(), Errno> {
        let limits = Limits::STANDARD;
        let names = match Listing::read(again(folder)?, limits.files_max, limits.names_octets_max) {
            Ok(names) => names,
            Err(Stop::Errno(errno)) => return Err(errno),
            // More than an outbox ever writes into one folder.
            Err(Stop::Names | Stop::Octets) => return Err(Errno::OVERFLOW),
        };
        for name in (0..).map_while(|at| names.name(at)) {
            match fs::unlinkat(folder, name, AtFlags::empty()) {
                Err(Errno::ISDIR | Errno::PERM) => {
                    let deeper = depth_left.checked_sub(1).ok_or(Errno::LOOP)?;
                    empty(beneath(folder, name)?.as_fd(), deeper)?;
                    fs::unlinkat(folder, name, AtFlags::REMOVEDIR)?;
                }
                result => result?,
            }
        }
        Ok(())
    }
    fn again(folder: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
        beneath(folder, b".")
    }
    fn beneath(folder: BorrowedFd<'_>, name: &[u8]) -> Result<OwnedFd, Errno> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        fs::openat2(folder, name, flags, Mode::empty(), BENEATH)
    }
    empty(beneath(parent, name.as_bytes())?.as_fd(), depth_left)?;
    fs::unlinkat(parent, name, AtFlags::REMOVEDIR)
}

/// Renames, never onto something that exists.
fn rename_new(folder: BorrowedFd<'_>, from: &str, to: &str) -> Result<(), Errno> {
    match fs::renameat_with(folder, from, folder, to, RenameFlags::NOREPLACE) {
        // Not every file system knows the flag.
        Err(Errno::INVAL | Errno::NOSYS) => look_and_rename(folder, from, to),
        result => result,
    }
}

/// Looks, and renames. Should the name be taken in between, a folder still replaces no file and no folder that has
/// anything in it.
fn look_and_rename(folder: BorrowedFd<'_>, from: &str, to: &str) -> Result<(), Errno> {
    match fs::statat(folder, to, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(_) => Err(Errno::EXIST),
        Err(Errno::NOENT) => fs::renameat(folder, from, folder, to),
        Err(errno) => Err(errno),
    }
}

fn fsync_folder(folder: BorrowedFd<'_>) -> Result<(), Errno> {
    match fs::fsync(folder) {
        // Some file systems have no fsync of folders.
        Err(Errno::INVAL) => Ok(()),
        result => result,
    }
}

/// Records of 32 octets that a name takes in a FAT32 folder: its short form, and 13 characters of the long one each.
fn fat_records(name: &str) -> u32 {
    u32::try_from(name.len().div_ceil(13)).map_or(u32::MAX, |long| long + 1)
}

/// FAT32 holds 2 MiB of records in a folder.
const FOLDER_RECORDS_MAX: u32 = 65_536;

/// Bundles of more files are made durable by `syncfs` alone.
const FSYNC_FILES_MAX: usize = 1_000;

/// Folders kept open: a bundle is written into two or three at a time.
const OPEN_FOLDERS_MAX: usize = 8;

/// Components of a path within the folder: removing it recurses this deep and no deeper.
const COMPONENTS_MAX: usize = 8;

const FILE_MODE: Mode = Mode::from_raw_mode(0o644);
const SECRET_MODE: Mode = Mode::from_raw_mode(0o600);
const FOLDER_MODE: Mode = Mode::from_raw_mode(0o755);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_the_records_of_a_fat32_folder() {
        fn check(name: &str, expected: u32) {
            assert_eq!(fat_records(name), expected, "{name}");
        }
        check("a", 2);
        check("dev-000001.pe", 2);
        check("dev-000001.pem", 3);
        check(&"a".repeat(64), 6);
    }

    #[test]
    fn renames_onto_nothing_whatever_the_file_system_knows() {
        fn check(rename: fn(BorrowedFd<'_>, &str, &str) -> Result<(), Errno>) {
            let dir = tempfile::tempdir().unwrap();
            let folder = fs::open(dir.path(), OFlags::DIRECTORY, Mode::empty()).unwrap();
            for name in ["new", "empty"] {
                std::fs::create_dir(dir.path().join(name)).unwrap();
            }
            std::fs::write(dir.path().join("file"), b"").unwrap();
            std::os::unix::fs::symlink("nowhere", dir.path().join("link")).unwrap();
            for taken in ["empty", "file", "link"] {
                assert_eq!(rename(folder.as_fd(), "new", taken), Err(Errno::EXIST), "{taken}");
            }
            assert_eq!(rename(folder.as_fd(), "new", "free"), Ok(()));
            assert!(dir.path().join("free").is_dir() && !dir.path().join("new").exists());
        }
        check(rename_new);
        check(look_and_rename);
    }
}
