//! Room on a disk that is set aside beforehand, so that what must be written later finds it.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

/// Octets that nobody else can use. They are given back when this is dropped, and when the process ends in any way:
/// the file that holds them has no name any more.
#[derive(Debug)]
pub struct Reserve {
    file: File,
}

impl Drop for Reserve {
    fn drop(&mut self) {
        // Closing would do; emptied, the octets are free before the next write looks for them.
        let _ = self.file.set_len(0);
    }
}

impl Reserve {
    /// Sets so many octets aside on the disk of a folder.
    ///
    /// # Errors
    /// As the system says; [`io::ErrorKind::StorageFull`] where there is less.
    pub fn set_aside(folder: &Path, octets: u64) -> io::Result<Self> {
        let path = folder.join("reserve");
        let file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&path)?;
        fs::remove_file(&path)?;
        // Written, not promised: file systems differ in what a promise of room is worth.
        io::copy(&mut io::repeat(0).take(octets), &mut &file)?;
        Ok(Self { file })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use super::*;

    #[test]
    fn leaves_no_name_behind_and_tells_of_a_folder_that_is_not_there() {
        let folder = std::env::temp_dir().join(format!("coldsign-reserve-{}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        let reserve = Reserve::set_aside(&folder, 70_000).unwrap();
        let metadata = reserve.file.metadata().unwrap();
        assert_eq!(metadata.len(), 70_000);
        // A hole of that length would hold no room: stat(2) counts blocks of 512 octets.
        assert!(metadata.blocks() * 512 >= 70_000, "{} blocks", metadata.blocks());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        fs::remove_dir(&folder).unwrap();
        assert_eq!(Reserve::set_aside(&folder, 1).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
