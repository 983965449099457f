//! A folder of this machine: who may enter it, and how much still fits.

use std::{fs, io, os::unix::fs::MetadataExt as _, path::Path};

use rustix::process::geteuid;

/// Who may enter a folder.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Access {
    /// The permission bits, 0 to 0o7777.
    pub mode: u32,
    /// Whose it is.
    pub owner: Owner,
}

/// Whose a folder is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Owner {
    /// Another user's, with this number.
    Another(u32),
    /// The user's who runs this process.
    Ours,
}

impl Access {
    /// Whether the folder's group or everybody may write into it: files in it can be replaced.
    #[must_use]
    pub fn others_write(self) -> bool {
        self.mode & 0o022 != 0
    }

    /// Whether the folder's group or everybody may do anything with it.
    #[must_use]
    pub fn others_enter(self) -> bool {
        self.mode & 0o077 != 0
    }
}

/// Who may enter a folder; symbolic links are followed.
///
/// # Errors
/// As the system says; [`io::ErrorKind::NotADirectory`] where it is none.
pub fn access(folder: &Path) -> io::Result<Access> {
    let metadata = fs::metadata(folder)?;
    if !metadata.is_dir() {
        return Err(io::Error::new(io::ErrorKind::NotADirectory, "not a folder"));
    }
    let owner = match metadata.uid() {
        uid if uid == geteuid().as_raw() => Owner::Ours,
        uid => Owner::Another(uid),
    };
    Ok(Access { mode: metadata.mode() & 0o7777, owner })
}

/// How much this user can still write into a folder's file system, in octets.
///
/// # Errors
/// As the system says.
pub fn free_octets(folder: &Path) -> io::Result<u64> {
    let space = rustix::fs::statvfs(folder)?;
    Ok(space.f_bavail.saturating_mul(space.f_frsize))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn tells_who_may_enter() {
        let folder = tempfile::tempdir().unwrap();
        let with_mode = |mode| {
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
            access(folder.path()).unwrap()
        };
        let private = with_mode(0o700);
        assert_eq!(private, Access { mode: 0o700, owner: Owner::Ours });
        assert!(!private.others_enter() && !private.others_write());
        let readable = with_mode(0o750);
        assert!(readable.others_enter() && !readable.others_write());
        assert!(with_mode(0o1702).others_write());
    }

    #[test]
    fn tells_a_folder_from_a_file_and_from_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        assert_eq!(access(&file).unwrap_err().kind(), io::ErrorKind::NotFound);
        fs::write(&file, "").unwrap();
        assert_eq!(access(&file).unwrap_err().kind(), io::ErrorKind::NotADirectory);
    }

    #[test]
    fn tells_how_much_fits() {
        let folder = tempfile::tempdir().unwrap();
        assert!(free_octets(folder.path()).unwrap() > 4096);
        // A file system of the kernel, in which nothing fits.
        assert_eq!(free_octets(Path::new("/proc")).unwrap(), 0);
        assert!(free_octets(&folder.path().join("absent")).is_err());
    }
}
