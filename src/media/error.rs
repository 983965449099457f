//! What can be wrong with a medium as a whole, and with one file on it.

use rustix::io::Errno;

use super::name::Shown;

/// Why a medium could not be read or written. Nothing further comes from it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Error {
    /// A name to be written that some file system, shell or person would take for something else.
    #[error("{name}: not a name that every medium takes: {why}")]
    BadName {
        /// The name.
        name: Shown,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Another process holds the folder that is being written.
    #[error("{path}: another delivery is writing this folder")]
    Busy {
        /// The folder.
        path: Shown,
    },
    /// The operating system denies access.
    #[error("{path}: permission denied")]
    Denied {
        /// What was to be opened.
        path: Shown,
    },
    /// Something of that name is there already, and nothing is ever written over.
    #[error("{path}: exists already")]
    Exists {
        /// What exists.
        path: Shown,
    },
    /// More files cannot be read than a bad spot explains.
    #[error("{path}: more than {errors_max} files cannot be read: the medium is failing, or was pulled")]
    Failing {
        /// [`super::Limits::read_errors_max`].
        errors_max: u32,
        /// The file at which the limit was passed.
        path: Shown,
    },
    /// A file grew beyond what FAT32 can hold.
    #[error("{path}: larger than a FAT32 medium can hold in one file (4294 MB)")]
    FileTooLarge {
        /// The file.
        path: Shown,
    },
    /// A folder would hold more names than FAT32 allows.
    #[error("{path}: more names in one folder than a FAT32 medium can hold")]
    FolderTooFull {
        /// The folder.
        path: Shown,
    },
    /// A delivered folder holds something that was not written into it.
    #[error("{path}: is in the delivered folder but was not written by this delivery")]
    Foreign {
        /// What is there.
        path: Shown,
    },
    /// No space left, or the quota is used up.
    #[error("{path}: the medium is full")]
    Full {
        /// What was being written.
        path: Shown,
    },
    /// The medium does not answer: pulled, or broken.
    #[error("{path}: the medium does not answer while {doing} ({errno})")]
    Gone {
        /// What was being done.
        doing: &'static str,
        /// What the operating system said.
        errno: Errno,
        /// Where.
        path: Shown,
    },
    /// Any other refusal of the operating system.
    #[error("{path}: {doing} failed ({errno})")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// What the operating system said.
        errno: Errno,
        /// Where.
        path: Shown,
    },
    /// There is nothing of that name.
    #[error("{path}: no such file or folder")]
    Missing {
        /// What was asked for.
        path: Shown,
    },
    /// The names of the folders being read do not fit the memory they may take.
    #[error("{path}: the names in this folder take more than {octets_max} octets")]
    NamesTooLong {
        /// [`super::Limits::names_octets_max`].
        octets_max: u32,
        /// The folder.
        path: Shown,
    },
    /// A folder is needed and something else is there.
    #[error("{path}: not a folder")]
    NotAFolder {
        /// What is there.
        path: Shown,
    },
    /// A delivered folder has its name, and the medium failed before it was certain to keep it.
    #[error("{path}: has its name, but it is not known whether the medium kept it ({errno})")]
    NotDurable {
        /// What the operating system said.
        errno: Errno,
        /// The folder.
        path: Shown,
    },
    /// The medium cannot be written.
    #[error("{path}: the medium is read-only")]
    ReadOnly {
        /// What was to be written.
        path: Shown,
    },
    /// More names than one intake may have.
    #[error("{path}: more than {files_max} files and folders were named to be read")]
    TooManyFiles {
        /// [`super::Limits::files_max`].
        files_max: u64,
        /// The folder in which the limit was passed.
        path: Shown,
    },
    /// More folders were named than are held open.
    #[error("{path}: more than {volumes_max} folders were named to be read")]
    TooManyFolders {
        /// The first folder beyond the limit.
        path: Shown,
        /// [`super::Limits::volumes_max`].
        volumes_max: usize,
    },
    /// A folder was to be published while some of its files were not finished.
    #[error("{path}: {files} of its files are not finished")]
    Unfinished {
        /// How many.
        files: u64,
        /// The folder.
        path: Shown,
    },
    /// A file that was written cannot be read back.
    #[error("{path}: cannot be read back: {reason}")]
    Unreadable {
        /// The file.
        path: Shown,
        /// Why.
        reason: Unreadable,
    },
}

impl Error {
    /// What the operator can do.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::BadName { .. } => "use 1 to 64 letters, digits, dots, hyphens and underscores",
            Self::Busy { .. } => "wait until the other delivery ends, or stop it",
            Self::Denied { .. } => "check the owner and the mode, or run as the user who may",
            Self::Exists { .. } => "move or rename what is there, or deliver to another folder",
            Self::Failing { .. } => {
                "see that the medium is in, or copy it onto a sound one; then start this step again"
            }
            Self::FileTooLarge { .. } | Self::FolderTooFull { .. } => "deliver in smaller batches",
            Self::Foreign { .. } => "find out what wrote it; deliver again to a clean medium",
            Self::Full { .. } => "free some space or use a larger medium, then deliver again",
            Self::Gone { .. } => "put the medium back in or use another one, then start this step again",
            Self::Io { .. } => "check the medium and the system log, then start this step again",
            Self::Missing { .. } => "check the path, and that the medium is mounted",
            Self::NamesTooLong { .. } => "spread the files over several folders, or use shorter names",
            Self::NotAFolder { .. } => "name a folder",
            Self::NotDurable { .. } => "do not hand it over; deliver again to another medium",
            Self::ReadOnly { .. } => {
                "open the write-protect switch or mount it for writing, then deliver again"
            }
            Self::TooManyFiles { .. } => "split the medium's content over several batches",
            Self::TooManyFolders { .. } => "name the folder above them instead",
            Self::Unfinished { .. } => "report this as a defect; nothing was delivered",
            Self::Unreadable { .. } => "do not hand over this medium; deliver again to another one",
        }
    }

    /// Gives an error number of the operating system its noun.
    pub(super) fn from_errno(path: Shown, doing: &'static str, errno: Errno) -> Self {
        match errno {
            Errno::ACCESS | Errno::PERM => Self::Denied { path },
            Errno::EXIST | Errno::NOTEMPTY => Self::Exists { path },
            Errno::FBIG => Self::FileTooLarge { path },
            Errno::NOSPC | Errno::DQUOT => Self::Full { path },
            // A stick that is pulled answers with any of these, most often EIO.
            Errno::IO
            | Errno::NODEV
            | Errno::NOMEDIUM
            | Errno::NOTCONN
            | Errno::NXIO
            | Errno::SHUTDOWN
            | Errno::STALE => Self::Gone { doing, errno, path },
            Errno::NOENT => Self::Missing { path },
            Errno::NOTDIR => Self::NotAFolder { path },
            Errno::ROFS => Self::ReadOnly { path },
            _ => Self::Io { doing, errno, path },
        }
    }
}

/// Why one file or folder of a medium was not read. The rest of the medium is.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Unreadable {
    /// Its size, time or identity changed between opening and the last octet.
    #[error("changed while it was read")]
    Changed,
    /// A character or block device; reading one may never end.
    #[error("a device, not opened")]
    Device,
    /// A folder where a file is expected.
    #[error("a folder, not a file")]
    Directory,
    /// A named pipe; opening one waits for a writer.
    #[error("a named pipe, not opened")]
    Fifo,
    /// The operating system refuses.
    #[error("cannot be read ({errno})")]
    Io {
        /// What the operating system said.
        errno: Errno,
    },
    /// There is nothing of that name (any more).
    #[error("no such file")]
    Missing,
    /// Another file system is mounted there.
    #[error("a mount point of another file system, not entered")]
    MountPoint,
    /// The name is longer than [`super::Limits::name_octets_max`].
    #[error("its name has {octets} octets, more than {octets_max}")]
    NameTooLong {
        /// Octets of the name.
        octets: usize,
        /// The limit.
        octets_max: usize,
    },
    /// A path that leads out of the folder it should be in.
    #[error("outside the folder")]
    Outside,
    /// A socket.
    #[error("a socket, not opened")]
    Socket,
    /// A symbolic link, wherever it leads.
    #[error("a symbolic link, not followed")]
    SymbolicLink,
    /// A folder deeper than [`super::Limits::depth_max`].
    #[error("a folder more than {depth_max} folders deep, not entered")]
    TooDeep {
        /// The limit.
        depth_max: u32,
    },
    /// A file larger than [`super::Limits::file_octets_max`].
    #[error("{octets} octets, more than {octets_max}")]
    TooLarge {
        /// Octets it claims to have.
        octets: u64,
        /// The limit.
        octets_max: u64,
    },
}

impl Unreadable {
    /// What the operator can do.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Changed => "stop whatever writes to the medium, then read it again",
            Self::Device | Self::Fifo | Self::Socket => {
                "ask where the medium comes from; it should hold plain files"
            }
            Self::Directory => "name a file",
            Self::Io { .. } => "check the file's mode and the medium, or copy the file to another medium",
            Self::Missing => "check the path, and that the medium is mounted",
            Self::MountPoint => "name the mounted folder itself",
            Self::NameTooLong { .. } => "give the file a shorter name",
            Self::Outside => "name a file inside the folder",
            Self::SymbolicLink => {
                "put the file itself on the medium, or name the folder with a slash at its end"
            }
            Self::TooDeep { .. } => "move the files further up",
            Self::TooLarge { .. } => "split the file",
        }
    }

    /// Gives an error number of the operating system its reason.
    pub(super) fn from_errno(errno: Errno) -> Self {
        match errno {
            Errno::ISDIR => Self::Directory,
            Errno::LOOP => Self::SymbolicLink,
            Errno::NOENT => Self::Missing,
            Errno::XDEV => Self::MountPoint,
            _ => Self::Io { errno },
        }
    }
}

impl From<std::io::Error> for Unreadable {
    /// Takes back the reason that [`super::InFile`] wrapped for [`std::io::Read`].
    fn from(error: std::io::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(reason) => reason,
            Err(error) => Self::from_errno(Errno::from_io_error(&error).unwrap_or(Errno::IO)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_a_full_a_read_only_and_a_pulled_medium_apart() {
        fn check(errno: Errno, expected: &str) {
            let error = Error::from_errno(Shown::new(b"/stick"), "writing", errno);
            assert_eq!(error.to_string(), expected);
            assert!(!error.hint().is_empty());
        }
        check(Errno::NOSPC, "/stick: the medium is full");
        check(Errno::DQUOT, "/stick: the medium is full");
        check(Errno::ROFS, "/stick: the medium is read-only");
        check(
            Errno::IO,
            "/stick: the medium does not answer while writing (Input/output error (os error 5))",
        );
        check(
            Errno::NODEV,
            "/stick: the medium does not answer while writing (No such device (os error 19))",
        );
        check(
            Errno::NXIO,
            "/stick: the medium does not answer while writing (No such device or address (os error 6))",
        );
        check(
            Errno::NOTCONN,
            "/stick: the medium does not answer while writing (Transport endpoint is not connected (os error 107))",
        );
        check(Errno::ACCESS, "/stick: permission denied");
        check(Errno::EXIST, "/stick: exists already");
        check(Errno::NOENT, "/stick: no such file or folder");
        check(Errno::MFILE, "/stick: writing failed (Too many open files (os error 24))");
    }

    #[test]
    fn takes_back_the_reason_that_a_reader_reported() {
        assert_eq!(Unreadable::from(std::io::Error::other(Unreadable::Changed)), Unreadable::Changed);
        assert_eq!(Unreadable::from(std::io::Error::from(Errno::IO)), Unreadable::Io { errno: Errno::IO });
    }
}
