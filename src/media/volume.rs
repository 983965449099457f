//! A folder that was opened once, and everything beneath it.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{self, FileType, Mode, OFlags, ResolveFlags, Stat};
use rustix::io::Errno;

use super::device::{Device, Presence, SYSFS};
use super::error::{Error, Unreadable};
use super::in_file::InFile;
use super::name::{Shown, Source};

/// A folder, opened once. Whatever is read from it is resolved beneath it: no symbolic link, no `..`, no mount point.
#[derive(Debug)]
pub struct Volume {
    folder: OwnedFd,
    given: Arc<Path>,
}

impl Volume {
    /// Opens a folder. Symbolic links in the path that the operator gave are followed; none is beneath it.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::NotAFolder`], [`Error::Denied`], [`Error::Gone`], [`Error::Io`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = fs::open(path, flags, Mode::empty())
            .map_err(|errno| Error::from_errno(Shown::path(path), "opening the folder", errno))?;
        Ok(Self { folder, given: Arc::from(path) })
    }

    /// Opens a regular file beneath the folder, by its path in raw octets, components separated by `/`.
    ///
    /// # Errors
    /// Why it cannot be read: [`Unreadable::Missing`], [`Unreadable::Outside`] for a path with `..`, and all others.
    pub fn open_file(&self, path: &[u8], octets_max: u64) -> Result<InFile, Unreadable> {
        check_beneath(path)?;
        open_file(self.folder.as_fd(), path, octets_max, || Source::in_folder(&self.given, path))
    }

    /// Whether the medium is still there and answers: its device is known to the kernel, and its folder is listed.
    ///
    /// # Errors
    /// [`Error::Gone`]; [`Error::Io`] where this process is at its end.
    pub fn check(&self) -> Result<(), Error> {
        check_presence(&self.folder, &self.shown())?;
        let mut buffer = Vec::with_capacity(FIRST_NAMES_OCTETS);
        match fs::RawDir::new(self.again()?, buffer.spare_capacity_mut()).next() {
            Some(Err(errno)) => Err(Error::from_errno(self.shown(), "reading", errno)),
            _ => Ok(()),
        }
    }

    /// The folder opened once more, to be listed from its beginning.
    pub(super) fn again(&self) -> Result<OwnedFd, Error> {
        open_folder(self.folder.as_fd(), b".", None).map_err(|reason| match reason {
            Unreadable::Io { errno } => Error::from_errno(self.shown(), "opening the folder", errno),
            reason => Error::Unreadable { path: self.shown(), reason },
        })
    }

    pub(super) fn folder(&self) -> BorrowedFd<'_> {
        self.folder.as_fd()
    }

    pub(super) fn given(&self) -> &Arc<Path> {
        &self.given
    }

    pub(super) fn shown(&self) -> Shown {
        Shown::path(&self.given)
    }
}

/// Octets that an ordinary user may still write to the file system on which a path lies.
///
/// # Errors
/// As [`Volume::open`].
pub fn free_octets(path: &Path) -> Result<u64, Error> {
    let stat = fs::statvfs(path)
        .map_err(|errno| Error::from_errno(Shown::path(path), "asking for free space", errno))?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// Whether the device below an open folder or file is still there.
///
/// # Errors
/// [`Error::Gone`].
pub(super) fn check_presence(opened: impl AsFd, shown: &Shown) -> Result<(), Error> {
    let stat = fs::fstat(opened).map_err(|errno| Error::from_errno(shown.clone(), "looking at it", errno))?;
    match Device::from_raw(stat.st_dev).presence(Path::new(SYSFS)) {
        Presence::Present => Ok(()),
        Presence::Gone => Err(Error::Gone { doing: "reading", errno: Errno::NODEV, path: shown.clone() }),
    }
}

/// What a name stands for, without opening it: neither a pipe nor a device notices.
pub(super) fn peek(folder: BorrowedFd<'_>, path: &[u8]) -> Result<Stat, Unreadable> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let handle = fs::openat2(folder, path, flags, Mode::empty(), BENEATH).map_err(Unreadable::from_errno)?;
    fs::fstat(&handle).map_err(Unreadable::from_errno)
}

/// Opens a regular file for reading.
pub(super) fn open_file(
    folder: BorrowedFd<'_>,
    path: &[u8],
    octets_max: u64,
    source: impl FnOnce() -> Source,
) -> Result<InFile, Unreadable> {
    let peeked = peek(folder, path)?;
    if let Some(reason) = not_a_file(&peeked) {
        return Err(reason);
    }
    let octets = octets_of(&peeked);
    if octets > octets_max {
        return Err(Unreadable::TooLarge { octets, octets_max });
    }
    // Should a pipe or terminal have taken the name since: NONBLOCK does not wait for a writer, NOCTTY does not
    // become its terminal.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = fs::openat2(folder, path, flags, Mode::empty(), BENEATH).map_err(Unreadable::from_errno)?;
    let opened = fs::fstat(&file).map_err(Unreadable::from_errno)?;
    if !is_same(&peeked, &opened) || octets_of(&opened) != octets {
        return Err(Unreadable::Changed);
    }
    Ok(InFile::new(source(), file.into(), &opened))
}

/// Opens a folder, to list it or to resolve names beneath it. With what was peeked, it must be that very folder.
pub(super) fn open_folder(
    folder: BorrowedFd<'_>,
    path: &[u8],
    peeked: Option<&Stat>,
) -> Result<OwnedFd, Unreadable> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let opened = fs::openat2(folder, path, flags, Mode::empty(), BENEATH).map_err(Unreadable::from_errno)?;
    if let Some(peeked) = peeked {
        let stat = fs::fstat(&opened).map_err(Unreadable::from_errno)?;
        if !is_same(peeked, &stat) {
            return Err(Unreadable::Changed);
        }
    }
    Ok(opened)
}

/// Why what was peeked is no regular file; `None` when it is one.
pub(super) fn not_a_file(stat: &Stat) -> Option<Unreadable> {
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => None,
        FileType::Directory => Some(Unreadable::Directory),
        FileType::Fifo => Some(Unreadable::Fifo),
        FileType::Socket => Some(Unreadable::Socket),
        FileType::Symlink => Some(Unreadable::SymbolicLink),
        _ => Some(Unreadable::Device),
    }
}

/// Octets of a file.
pub(super) fn octets_of(stat: &Stat) -> u64 {
    u64::try_from(stat.st_size).unwrap_or(u64::MAX)
}

/// Resolution of every name: beneath the folder, no link of any kind, no other file system.
pub(super) const BENEATH: ResolveFlags = ResolveFlags::BENEATH
    .union(ResolveFlags::NO_SYMLINKS)
    .union(ResolveFlags::NO_MAGICLINKS)
    .union(ResolveFlags::NO_XDEV);

/// Whether an error number says that the medium or this process is at its end, not one file on it.
pub(super) fn ends_everything(errno: Errno) -> bool {
    matches!(
        errno,
        Errno::MFILE
            | Errno::NFILE
            | Errno::NODEV
            | Errno::NOMEDIUM
            | Errno::NOMEM
            | Errno::NOTCONN
            | Errno::NXIO
            | Errno::SHUTDOWN
            | Errno::STALE
    )
}

/// Octets for the first names of a folder: enough for one of any length.
const FIRST_NAMES_OCTETS: usize = 4_096;

fn is_same(a: &Stat, b: &Stat) -> bool {
    (a.st_dev, a.st_ino, a.st_mode) == (b.st_dev, b.st_ino, b.st_mode)
}

// The kernel refuses these as well, with the number it also uses for mount points.
fn check_beneath(path: &[u8]) -> Result<(), Unreadable> {
    let outside = path.starts_with(b"/") || path.split(|&octet| octet == b'/').any(|name| name == b"..");
    if outside { Err(Unreadable::Outside) } else { Ok(()) }
}
