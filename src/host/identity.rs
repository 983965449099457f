//! What runs here: digests of the program's own file and of others, to compare with what was noted elsewhere.
//!
//! A program that was altered can say what it likes of itself; the digest serves against a mistaken file, and its value
//! against an attacker comes from reading the same file with other software too.

use std::{
    fs::OpenOptions,
    io::{self, Read as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use rustix::fs::OFlags;
use sha2::{Digest as _, Sha256};

/// Largest file digested, in octets: a program or a module has some megabytes; with debug symbols, hundreds.
pub const FILE_OCTETS_MAX: u64 = 2 * 1024 * 1024 * 1024;

/// Octets read at a time.
const CHUNK_OCTETS: usize = 64 * 1024;

/// SHA-256 of the file that this process was started from, also where it was replaced or removed since.
///
/// # Errors
/// As the system says.
pub fn program_sha256() -> io::Result<[u8; 32]> {
    file_sha256(Path::new("/proc/self/exe"))
}

/// SHA-256 of a regular file; symbolic links are followed.
///
/// # Errors
/// As the system says; [`io::ErrorKind::FileTooLarge`] past [`FILE_OCTETS_MAX`].
pub fn file_sha256(path: &Path) -> io::Result<[u8; 32]> {
    // A pipe must not hold up who looks at it, and a terminal must not become the process's own.
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    digest_limited(file, FILE_OCTETS_MAX)
}

fn digest_limited(source: impl io::Read, octets_max: u64) -> io::Result<[u8; 32]> {
    let mut source = source.take(octets_max + 1);
    let (mut hash, mut chunk) = (Sha256::new(), vec![0; CHUNK_OCTETS]);
    loop {
        match source.read(&mut chunk) {
            Ok(0) if source.limit() == 0 => {
                let what = format!("more than {octets_max} octets");
                return Err(io::Error::new(io::ErrorKind::FileTooLarge, what));
            }
            Ok(0) => return Ok(hash.finalize().into()),
            Ok(octets) => hash.update(&chunk[..octets]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_a_file_of_several_chunks_and_its_last_octet() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("module.so");
        let mut octets = vec![7; 3 * CHUNK_OCTETS + 1];
        std::fs::write(&path, &octets).unwrap();
        assert_eq!(file_sha256(&path).unwrap(), <[u8; 32]>::from(Sha256::digest(&octets)));
        *octets.last_mut().unwrap() = 8;
        assert_ne!(file_sha256(&path).unwrap(), <[u8; 32]>::from(Sha256::digest(&octets)));
    }

    #[test]
    fn digests_the_running_program() {
        assert_eq!(program_sha256().unwrap(), file_sha256(&std::env::current_exe().unwrap()).unwrap());
    }

    #[test]
    fn reads_nothing_without_an_end() {
        let kind = |octets: &[u8], max| digest_limited(octets, max).map_err(|error| error.kind());
        assert!(kind(b"1234", 4).is_ok());
        assert_eq!(kind(b"12345", 4), Err(io::ErrorKind::FileTooLarge));
        assert!(file_sha256(Path::new("/dev/zero")).is_err());
        assert!(file_sha256(Path::new("/proc")).is_err());
    }
}
