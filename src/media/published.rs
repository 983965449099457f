//! A folder that was written: read back from the medium, and compared by whoever knows what should be in it.

use std::io::{self, Read};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{Advice, FileType};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::error::{Error, Unreadable};
use super::in_file::InFile;
use super::limits::Limits;
use super::listing::Listing;
use super::name::{Shown, Source};
use super::volume;

/// A folder that stands on the medium under its own name, durable. Several threads may read it back together, which a
/// medium of many small files rewards.
#[derive(Debug)]
pub struct Published {
    folder: OwnedFd,
    path: Arc<Path>,
}

impl Published {
    pub(super) fn new(folder: OwnedFd, path: PathBuf) -> Self {
        Self { folder, path: Arc::from(path) }
    }

    /// The folder's path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// SHA-256 and length in octets of a file as it now is. The kernel is asked to forget its copy first, so that the
    /// octets come from the medium.
    ///
    /// # Errors
    /// [`Error::Unreadable`] and why; [`Error::Gone`] for a medium that was pulled.
    pub fn read_back(&self, path: &str) -> Result<([u8; 32], u64), Error> {
        self.open(path, u64::MAX)?.finish()
    }

    /// Opens a file of at most so many octets as [`Published::read_back`] does, for whoever wants to see the octets too.
    ///
    /// # Errors
    /// As [`Published::read_back`].
    pub fn open(&self, path: &str, octets_max: u64) -> Result<ReadBack, Error> {
        let shown = self.shown(path.as_bytes());
        let source = || Source::in_folder(&self.path, path.as_bytes());
        let opened = volume::open_file(self.folder.as_fd(), path.as_bytes(), octets_max, source);
        let file = opened.and_then(|file| {
            rustix::fs::fadvise(file.file(), 0, None, Advice::DontNeed).map_err(Unreadable::from_errno)?;
            Ok(file)
        });
        match file {
            Ok(file) => Ok(ReadBack { shown, file, hash: Sha256::new(), octets: 0, failed: None }),
            Err(reason) => Err(reading_back(shown, reason)),
        }
    }

    /// Counts the regular files in the folder and all folders beneath it, from what the medium lists now.
    ///
    /// # Errors
    /// [`Error::Foreign`] for anything that is neither a regular file nor a folder; [`Error::Gone`], [`Error::Io`].
    pub fn count_files(&self) -> Result<u64, Error> {
        self.count(self.folder.as_fd(), &mut Vec::new(), FOLDERS_DEEP_MAX)
    }

    fn count(&self, folder: BorrowedFd<'_>, path: &mut Vec<u8>, deeper: usize) -> Result<u64, Error> {
        let limits = Limits::STANDARD;
        let error = |path: &[u8], reason| match reason {
            Unreadable::Io { errno } => {
                Error::from_errno(self.shown(path), "listing what was written", errno)
            }
            reason => Error::Unreadable { path: self.shown(path), reason },
        };
        let again = volume::open_folder(folder, b".", None).map_err(|reason| error(path, reason))?;
        let names = Listing::read(again, limits.files_max, limits.names_octets_max)
            .map_err(|stop| stop.into_error(self.shown(path), &limits))?;
        let mut files = 0;
        let prefix = path.len();
        for name in (0..).map_while(|at| names.name(at)) {
            path.truncate(prefix);
            path.extend_from_slice(name);
            let stat = volume::peek(folder, name).map_err(|reason| error(path, reason))?;
            match (FileType::from_raw_mode(stat.st_mode), deeper.checked_sub(1)) {
                (FileType::RegularFile, _) => files += 1,
                (FileType::Directory, Some(deeper)) => {
                    let inner = volume::open_folder(folder, name, Some(&stat))
                        .map_err(|reason| error(path, reason))?;
                    path.push(b'/');
                    files += self.count(inner.as_fd(), path, deeper)?;
                }
                _ => return Err(Error::Foreign { path: self.shown(path) }),
            }
        }
        path.truncate(prefix);
        Ok(files)
    }

    fn shown(&self, path: &[u8]) -> Shown {
        use std::os::unix::ffi::OsStrExt as _;
        Shown::path(&self.path.join(std::ffi::OsStr::from_bytes(path)))
    }
}

/// A file that is being read back. Digests what is read of it.
#[derive(Debug)]
pub struct ReadBack {
    shown: Shown,
    file: InFile,
    hash: Sha256,
    octets: u64,
    failed: Option<Unreadable>,
}

impl ReadBack {
    /// Reads what is left of the file: SHA-256 and number of all octets that were read of it.
    ///
    /// # Errors
    /// As [`Published::read_back`]; also the failure of any earlier read.
    pub fn finish(mut self) -> Result<([u8; 32], u64), Error> {
        let buffer_octets = usize::try_from(self.file.size()).unwrap_or(usize::MAX).clamp(1, BUFFER_OCTETS);
        // Wiped when it goes: some files have secrets.
        let mut buffer = Zeroizing::new(vec![0; buffer_octets]);
        loop {
            if let Some(reason) = self.failed {
                return Err(reading_back(self.shown, reason));
            }
            if let Ok(0) = self.read(&mut buffer) {
                return Ok((self.hash.finalize().into(), self.octets));
            }
        }
    }
}

impl Read for ReadBack {
    /// As [`InFile`] reads. [`ReadBack::finish`] gives the failure again with its noun and its hint.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.file.read(buffer) {
            Ok(octets) => {
                self.hash.update(&buffer[..octets]);
                self.octets += octets as u64;
                Ok(octets)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                let reason = Unreadable::from(error);
                self.failed = Some(reason.clone());
                Err(io::Error::other(reason))
            }
        }
    }
}

fn reading_back(shown: Shown, reason: Unreadable) -> Error {
    match reason {
        Unreadable::Io { errno } => Error::from_errno(shown, "reading back", errno),
        reason => Error::Unreadable { path: shown, reason },
    }
}

/// More folders inside folders than an outbox writes.
const FOLDERS_DEEP_MAX: usize = 16;

/// Octets read at one time.
const BUFFER_OCTETS: usize = 256 << 10;
