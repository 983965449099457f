//! Files of the appliance's own home: read with a limit, written whole or not at all.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};

use rustix::fs::OFlags;

/// Makes a folder and its parents, readable by its owner only (mode 0700).
///
/// # Errors
/// As the system says.
pub fn make_private_folder(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Whether others than its owner may write a file or into a folder; of what is not there nothing is said.
#[must_use]
pub fn is_writable_by_others(path: &Path) -> bool {
    /// Write permission of the group and of everybody (POSIX `S_IWGRP`, `S_IWOTH`).
    const OTHERS_WRITE: u32 = 0o022;
    fs::metadata(path).is_ok_and(|about| about.permissions().mode() & OTHERS_WRITE != 0)
}

/// Reads a regular file of at most `octets_max` octets.
///
/// # Errors
/// As the system says; [`io::ErrorKind::FileTooLarge`] past the limit.
pub fn read_limited(path: &Path, octets_max: u64) -> io::Result<Vec<u8>> {
    let mut octets = Vec::new();
    open_regular(path)?.take(octets_max + 1).read_to_end(&mut octets)?;
    if octets.len() as u64 > octets_max {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("more than {octets_max} octets")));
    }
    Ok(octets)
}

/// Opens a regular file to read, and nothing else.
///
/// # Errors
/// As the system says; [`io::ErrorKind::InvalidInput`].
pub fn open_regular(path: &Path) -> io::Result<File> {
    // A pipe on a medium must not hold up who looks at it, and a terminal must not become the process's own.
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    Ok(file)
}

/// Writes a new file, durable before it has its name, mode 0600; an existing one is left alone and is an error.
///
/// # Errors
/// As the system says; [`io::ErrorKind::AlreadyExists`].
pub fn write_new(path: &Path, octets: &[u8]) -> io::Result<()> {
    let draft = write_draft(path, octets)?;
    // A hard link, unlike a rename, never replaces what stands there.
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    linked?;
    sync_parent(path)
}

/// Replaces a file: the new octets are durable before they take its name, so there is never a half file.
///
/// # Errors
/// As the system says.
pub fn replace(path: &Path, octets: &[u8]) -> io::Result<()> {
    let draft = write_draft(path, octets)?;
    fs::rename(&draft, path)?;
    sync_parent(path)
}

fn write_draft(path: &Path, octets: &[u8]) -> io::Result<std::path::PathBuf> {
    let draft = path.with_extension(format!("draft-{}", std::process::id()));
    // What a crash left under this name goes; then nothing that stands or points elsewhere is ever written through.
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(octets)?;
    file.sync_all()?;
    Ok(draft)
}

fn sync_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_for_no_pipe_and_reads_no_device() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("root.pem");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, 0o600.into()).expect("a pipe");
        for path in [pipe.as_path(), Path::new("/dev/zero"), folder.path()] {
            assert!(read_limited(path, 10).is_err());
        }
    }

    #[test]
    fn writes_anew_but_never_over_and_replaces_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("authority.toml");
        write_new(&path, b"one").expect("written");
        assert_eq!(write_new(&path, b"two").expect_err("stands").kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(read_limited(&path, 3).expect("read"), b"one");
        replace(&path, b"three").expect("replaced");
        assert_eq!(read_limited(&path, 3).expect_err("too large").kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 1);
        // A link laid where the draft will stand is not followed.
        let elsewhere = folder.path().join("elsewhere");
        let draft = path.with_extension(format!("draft-{}", std::process::id()));
        std::os::unix::fs::symlink(&elsewhere, &draft).expect("linked");
        replace(&path, b"four").expect("replaced");
        assert!(!elsewhere.exists() && read_limited(&path, 4).expect("read") == b"four");
    }
}
