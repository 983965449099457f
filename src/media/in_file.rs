//! A file of a medium, open for reading once.

use std::fs::File;
use std::io::{self, Read};

use rustix::fs::Stat;

use super::error::Unreadable;
use super::name::Source;
use super::volume::octets_of;

/// A regular file. Gives exactly the octets it had when it was opened: one that shrinks, grows or is written meanwhile
/// gives an error with its last octets, never a mixture that looks whole. Holds a file descriptor: read it and drop it
/// before taking many more.
#[derive(Debug)]
pub struct InFile {
    source: Source,
    file: File,
    opened: Stat,
    remaining: u64,
    checked: Checked,
}

/// Whether the file was compared with what it was when it was opened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Checked {
    No,
    Unchanged,
}

impl InFile {
    pub(super) fn new(source: Source, file: File, opened: &Stat) -> Self {
        Self { source, file, opened: *opened, remaining: octets_of(opened), checked: Checked::No }
    }

    /// Where it stands.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Octets it had when it was opened, at most [`super::Limits::file_octets_max`].
    #[must_use]
    pub fn size(&self) -> u64 {
        octets_of(&self.opened)
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    fn check(&mut self) -> Result<(), Unreadable> {
        let now = rustix::fs::fstat(&self.file).map_err(Unreadable::from_errno)?;
        let facts = |stat: &Stat| (stat.st_size, stat.st_mtime, stat.st_mtime_nsec);
        if facts(&now) != facts(&self.opened) {
            return Err(Unreadable::Changed);
        }
        self.checked = Checked::Unchanged;
        Ok(())
    }
}

impl Read for InFile {
    /// Reads on. An error wraps the [`Unreadable`] it can be turned back into (`Unreadable::from`).
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let wanted = usize::try_from(self.remaining).unwrap_or(usize::MAX).min(buffer.len());
        let read = if wanted == 0 { 0 } else { self.file.read(&mut buffer[..wanted])? };
        if wanted > 0 && read == 0 {
            return Err(io::Error::other(Unreadable::Changed));
        }
        self.remaining -= read as u64;
        // Compared before the last octets are handed out: a reader that takes exactly `size` octets learns it too.
        if self.remaining == 0 && self.checked == Checked::No {
            self.check().map_err(io::Error::other)?;
        }
        Ok(read)
    }
}
