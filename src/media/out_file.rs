//! A file being written into an outbox.

use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::io::Errno;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::error::Error;
use super::name::Shown;

/// A new file. Buffers what is written, digests it, and counts its octets. It belongs to its outbox once it is
/// [finished](OutFile::finish); an outbox with an unfinished file is not published.
#[derive(Debug)]
pub struct OutFile {
    path: String,
    shown: Shown,
    file: File,
    /// Wiped when it goes: some files have secrets.
    buffer: Zeroizing<Vec<u8>>,
    hash: Sha256,
    octets: u64,
    finished: Arc<AtomicU64>,
    failed: Option<Errno>,
}

/// A file that was written and closed. Durable only when its outbox is published.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Written {
    /// Octets in the file.
    pub octets: u64,
    /// Relative to the folder that is published, components separated by `/`.
    pub path: String,
    /// SHA-256 (FIPS 180-4) of the octets as they were handed to the file.
    pub sha256: [u8; 32],
}

/// Octets that FAT32 can hold in one file.
pub const FILE_OCTETS_MAX: u64 = u32::MAX as u64;

impl OutFile {
    pub(super) fn new(path: &str, shown: Shown, file: File, finished: Arc<AtomicU64>) -> Self {
        Self {
            path: path.to_owned(),
            shown,
            file,
            buffer: Zeroizing::default(),
            hash: Sha256::new(),
            octets: 0,
            finished,
            failed: None,
        }
    }

    /// Appends octets. As [`Write::write_all`], with this layer's error.
    ///
    /// # Errors
    /// [`Error::Full`], [`Error::Gone`], [`Error::FileTooLarge`] beyond [`FILE_OCTETS_MAX`], [`Error::Io`]. After one
    /// error every further call gives the same.
    pub fn append(&mut self, octets: &[u8]) -> Result<(), Error> {
        self.take(octets).map_err(|errno| self.error(errno))
    }

    /// Writes what is buffered, closes the file and gives its digest.
    ///
    /// # Errors
    /// As [`OutFile::append`]; also the first error of any earlier write.
    pub fn finish(mut self) -> Result<Written, Error> {
        self.drain().map_err(|errno| self.error(errno))?;
        self.finished.fetch_add(1, Ordering::Release);
        Ok(Written { octets: self.octets, path: self.path, sha256: self.hash.finalize().into() })
    }

    fn take(&mut self, octets: &[u8]) -> Result<(), Errno> {
        if let Some(errno) = self.failed {
            return Err(errno);
        }
        let total = self.octets + octets.len() as u64;
        if total > FILE_OCTETS_MAX {
            self.failed = Some(Errno::FBIG);
            return Err(Errno::FBIG);
        }
        self.octets = total;
        self.hash.update(octets);
        if self.buffer.len() + octets.len() > BUFFER_OCTETS {
            self.drain()?;
        }
        if octets.len() > BUFFER_OCTETS {
            return self.put(octets);
        }
        self.buffer.extend_from_slice(octets);
        Ok(())
    }

    fn drain(&mut self) -> Result<(), Errno> {
        if let Some(errno) = self.failed {
            return Err(errno);
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        let result = self.put(&buffer);
        buffer.clear();
        self.buffer = buffer;
        result
    }

    fn put(&mut self, octets: &[u8]) -> Result<(), Errno> {
        self.file.write_all(octets).map_err(|error| {
            let errno = Errno::from_io_error(&error).unwrap_or(Errno::IO);
            self.failed = Some(errno);
            errno
        })
    }

    fn error(&self, errno: Errno) -> Error {
        Error::from_errno(self.shown.clone(), "writing", errno)
    }
}

impl Write for OutFile {
    /// Takes all octets or fails. [`OutFile::finish`] gives the failure again with its noun and its hint.
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.take(octets)?;
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(self.drain()?)
    }
}

/// Octets gathered before they are written: a medium is slow with small writes. Most files are smaller than this and
/// take no more memory than they have octets.
const BUFFER_OCTETS: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_the_octet_that_fat32_cannot_hold_and_all_after_it() {
        let dir = tempfile::tempdir().unwrap();
        let shown = Shown::new(b"large");
        let open = || std::fs::File::create(dir.path().join("large")).unwrap();
        let mut file = OutFile::new("large", shown.clone(), open(), Arc::default());
        file.octets = FILE_OCTETS_MAX - 1;
        let refused = Error::FileTooLarge { path: shown };
        assert_eq!(file.append(b"a"), Ok(()));
        assert_eq!(file.append(b"b"), Err(refused.clone()));
        assert_eq!(file.append(b""), Err(refused.clone()));
        assert_eq!(file.finish().unwrap_err(), refused);
    }
}
