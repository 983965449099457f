//! Reading a medium: what was named, walked lazily and in one order.

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{AtFlags, CWD, FileType};
use rustix::io::Errno;

use super::error::{Error, Unreadable};
use super::in_file::InFile;
use super::limits::Limits;
use super::listing::{Listing, Stop};
use super::name::{Named, Shown, Source, is_litter};
use super::volume::{self, Volume};

/// Walks what the operator named: each path a folder or one file, in the order given. Inside a folder the order is
/// that of the names' octets, files and folders mixed, a folder's content in its place: the same medium always gives
/// the same sequence. Holds the names of the folders from the named one down to the current one, and nothing else.
#[derive(Debug)]
pub struct Intake {
    limits: Limits,
    named: std::vec::IntoIter<Start>,
    chain: Vec<Level>,
    /// Path of the current entry, relative to the named folder.
    path: Vec<u8>,
    given: Arc<Path>,
    files_left: u64,
    names_octets_left: u32,
    /// What is being read: the folder that is walked, or the one in which a named file stands.
    current: Option<(Volume, Named)>,
    read_errors: u32,
    state: State,
}

/// What stands on the medium under one name. Folders are walked, not reported.
#[derive(Debug)]
pub enum Entry {
    /// A regular file within the limits, open.
    File(InFile),
    /// What operating systems leave behind; not opened, not descended into.
    Litter {
        /// Where it stands.
        source: Source,
    },
    /// Something that is not read; the walk goes on.
    Unreadable {
        /// Where it stands.
        source: Source,
        /// Why.
        reason: Unreadable,
    },
}

#[derive(Debug)]
enum Start {
    Named(Arc<Path>),
    Folder(Volume),
}

#[derive(Debug)]
struct Level {
    folder: OwnedFd,
    names: Listing,
    next: usize,
    /// How much of the path leads to this folder.
    prefix_octets: usize,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Running,
    Stopped,
}

impl Intake {
    /// Looks at every path and opens the folders among them. A path whose last component is a symbolic link is not
    /// followed, for `/media/stick/*` names whatever is on the stick; with a slash at its end it is.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Denied`] and the like for the first path that is not there or may not be read;
    /// [`Error::TooManyFiles`], [`Error::TooManyFolders`] beyond the limits.
    pub fn open(paths: &[PathBuf], limits: &Limits) -> Result<Self, Error> {
        let mut named = Vec::with_capacity(paths.len());
        let mut volumes = 0;
        for path in paths {
            let stat = rustix::fs::statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW)
                .map_err(|errno| Error::from_errno(Shown::path(path), "looking at it", errno))?;
            if FileType::from_raw_mode(stat.st_mode) != FileType::Directory {
                named.push(Start::Named(Arc::from(path.as_path())));
                continue;
            }
            volumes += 1;
            if volumes > limits.volumes_max {
                return Err(Error::TooManyFolders {
                    path: Shown::path(path),
                    volumes_max: limits.volumes_max,
                });
            }
            named.push(Start::Folder(Volume::open(path)?));
        }
        let files_left = match (limits.files_max.checked_sub(named.len() as u64), paths.first()) {
            (None, Some(first)) => {
                return Err(Error::TooManyFiles { files_max: limits.files_max, path: Shown::path(first) });
            }
            (left, _) => left.unwrap_or(0),
        };
        Ok(Self {
            limits: *limits,
            named: named.into_iter(),
            chain: Vec::new(),
            path: Vec::new(),
            given: Arc::from(Path::new("")),
            files_left,
            names_octets_left: limits.names_octets_max,
            current: None,
            read_errors: 0,
            state: State::Running,
        })
    }

    fn step(&mut self) -> Result<Option<Entry>, Error> {
        loop {
            let Some(level) = self.chain.last_mut() else {
                self.end()?;
                match self.named.next() {
                    None => return Ok(None),
                    Some(Start::Named(path)) => return self.directly(&path).map(Some),
                    Some(Start::Folder(volume)) => self.begin(volume)?,
                }
                continue;
            };
            self.path.truncate(level.prefix_octets);
            let Some(name) = level.names.name(level.next) else {
                self.leave();
                continue;
            };
            level.next += 1;
            self.path.extend_from_slice(name);
            if let Some(entry) = self.visit()? {
                return Ok(Some(entry));
            }
        }
    }

    /// Looks at the current path; a folder is entered and gives nothing.
    fn visit(&mut self) -> Result<Option<Entry>, Error> {
        let Some(level) = self.chain.last() else { return Ok(None) };
        let folder = level.folder.as_fd();
        let name = &self.path[level.prefix_octets..];
        let source = || Source::in_folder(&self.given, &self.path);
        if is_litter(name) {
            return Ok(Some(Entry::Litter { source: source() }));
        }
        if name.len() > self.limits.name_octets_max {
            let (octets, octets_max) = (name.len(), self.limits.name_octets_max);
            let reason = Unreadable::NameTooLong { octets, octets_max };
            return Ok(Some(Entry::Unreadable { source: source(), reason }));
        }
        let reason = match volume::open_file(folder, name, self.limits.file_octets_max, source) {
            Ok(file) => return Ok(Some(Entry::File(file))),
            Err(Unreadable::Directory) => match self.open_folder(folder, name) {
                Ok(opened) => {
                    self.path.push(b'/');
                    return self.enter(opened).map(|()| None);
                }
                Err(reason) => reason,
            },
            Err(reason) => reason,
        };
        let source = source();
        self.check_failure(&source, &reason)?;
        Ok(Some(Entry::Unreadable { source, reason }))
    }

    /// Tells a file that cannot be read from a medium that cannot: to be asked about every failure to read an
    /// [`Entry::File`]. Pulled in the middle, a medium would otherwise give a refusal for each of its files, or on
    /// FAT, whose unreadable folders look empty, nothing at all.
    ///
    /// # Errors
    /// [`Error::Gone`] where the medium is not there any more; [`Error::Failing`] beyond
    /// [`Limits::read_errors_max`]. The walk is over then.
    pub fn check_failure(&mut self, source: &Source, reason: &Unreadable) -> Result<(), Error> {
        let checked = self.judged(source, reason);
        if checked.is_err() {
            self.stop();
        }
        checked
    }

    fn judged(&mut self, source: &Source, reason: &Unreadable) -> Result<(), Error> {
        let shown = || Shown::path(&source.as_given());
        match reason {
            Unreadable::Io { errno } if volume::ends_everything(*errno) => {
                Err(Error::from_errno(shown(), "reading", *errno))
            }
            // The mode of this one file.
            Unreadable::Io { errno: Errno::ACCESS | Errno::PERM } => Ok(()),
            Unreadable::Io { .. } => {
                self.check_current()?;
                self.read_errors += 1;
                if self.read_errors > self.limits.read_errors_max {
                    return Err(Error::Failing { errors_max: self.limits.read_errors_max, path: shown() });
                }
                Ok(())
            }
            Unreadable::Missing | Unreadable::Changed => self.check_current(),
            _ => Ok(()),
        }
    }

    fn check_current(&self) -> Result<(), Error> {
        self.current.as_ref().map_or(Ok(()), |(volume, _)| volume.check())
    }

    /// At the end of a folder that was named: what was found in it is all there is only if the medium is still there.
    fn end(&mut self) -> Result<(), Error> {
        match self.current.take() {
            Some((volume, Named::InFolder)) => volume.check(),
            _ => Ok(()),
        }
    }

    /// A path that was named and is no folder: opened beneath the folder it stands in, with the same care as any
    /// other.
    fn directly(&mut self, path: &Arc<Path>) -> Result<Entry, Error> {
        let source = || Source::directly(path);
        let Some(name) = path.file_name() else {
            return Ok(Entry::Unreadable { source: source(), reason: Unreadable::Directory });
        };
        let parent = match path.parent() {
            Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
            Some(parent) => parent,
            None => Path::new("/"),
        };
        let (parent, _) = self.current.insert((Volume::open(parent)?, Named::Directly));
        match volume::open_file(parent.folder(), name.as_bytes(), self.limits.file_octets_max, source) {
            Ok(file) => Ok(Entry::File(file)),
            Err(reason) => {
                self.check_failure(&source(), &reason)?;
                Ok(Entry::Unreadable { source: source(), reason })
            }
        }
    }

    fn open_folder(&self, folder: BorrowedFd<'_>, name: &[u8]) -> Result<OwnedFd, Unreadable> {
        if self.chain.len() > self.limits.depth_max as usize {
            return Err(Unreadable::TooDeep { depth_max: self.limits.depth_max });
        }
        let peeked = volume::peek(folder, name)?;
        volume::open_folder(folder, name, Some(&peeked))
    }

    fn begin(&mut self, volume: Volume) -> Result<(), Error> {
        self.given = Arc::clone(volume.given());
        self.path.clear();
        let again = volume.again()?;
        self.current = Some((volume, Named::InFolder));
        self.enter(again)
    }

    fn enter(&mut self, folder: OwnedFd) -> Result<(), Error> {
        let names = Listing::read(&folder, self.files_left, self.names_octets_left).map_err(|stop| {
            let path = self.given.join(std::ffi::OsStr::from_bytes(&self.path));
            stop.into_error(Shown::path(&path), &self.limits)
        })?;
        self.files_left -= names.len();
        self.names_octets_left -= names.octets();
        self.chain.push(Level { folder, names, next: 0, prefix_octets: self.path.len() });
        Ok(())
    }

    fn stop(&mut self) {
        self.state = State::Stopped;
        self.chain.clear();
    }

    fn leave(&mut self) {
        if let Some(level) = self.chain.pop() {
            self.names_octets_left += level.names.octets();
        }
    }
}

impl Iterator for Intake {
    type Item = Result<Entry, Error>;

    /// The next entry. An error is about the medium as a whole; nothing follows it.
    fn next(&mut self) -> Option<Self::Item> {
        if self.state == State::Stopped {
            return None;
        }
        let step = self.step().transpose();
        if !matches!(step, Some(Ok(_))) {
            self.stop();
        }
        step
    }
}

impl Stop {
    /// Gives a listing that stopped its noun and its limit.
    pub(super) fn into_error(self, path: Shown, limits: &Limits) -> Error {
        match self {
            Self::Errno(errno) => Error::from_errno(path, "listing the folder", errno),
            Self::Names => Error::TooManyFiles { files_max: limits.files_max, path },
            Self::Octets => Error::NamesTooLong { octets_max: limits.names_octets_max, path },
        }
    }
}
