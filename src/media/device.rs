//! The block device below a file system, as the kernel describes it in sysfs.
//!
//! A medium that was pulled often still answers: names and octets that were read before come from memory, and the
//! kernel's FAT skips blocks of a folder that it cannot read, as if they were empty. Whether the device itself is
//! there is the one question whose answer does not come from memory.

use std::fs;
use std::io::{ErrorKind, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// Where the kernel describes its devices.
pub(super) const SYSFS: &str = "/sys";

/// The number of a block device.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Device {
    major: u32,
    minor: u32,
}

/// Whether a device is there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Presence {
    /// The device was there when it was looked for, or nothing speaks against it.
    Present,
    /// It was pulled, or the card was taken out of its reader.
    Gone,
}

impl Device {
    /// From the number in `st_dev` or `st_rdev`.
    pub(super) fn from_raw(number: u64) -> Self {
        Self { major: rustix::fs::major(number), minor: rustix::fs::minor(number) }
    }

    /// From `major:minor` in decimal.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (major, minor) = text.split_once(':')?;
        Some(Self { major: major.parse().ok()?, minor: minor.parse().ok()? })
    }

    /// Whether the device is there. File systems without a block device (major number 0) are always present, as are
    /// all where there is no sysfs to ask.
    pub(super) fn presence(self, sysfs: &Path) -> Presence {
        if self.major == 0 {
            return Presence::Present;
        }
        let folder = self.folder(sysfs);
        match fs::metadata(&folder) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound && sysfs.join(BLOCK).is_dir() => {
                return Presence::Gone;
            }
            Err(_) => return Presence::Present,
        }
        // A card reader stays when its card is taken out; the disk has no octets then, whatever its partitions say.
        let disk_is_empty =
            folder.join(PARTITION).exists() && read(&folder.join("../size")).as_deref() == Some(EMPTY);
        if disk_is_empty || read(&folder.join("size")).as_deref() == Some(EMPTY) || has_lost_a_part(&folder) {
            return Presence::Gone;
        }
        Presence::Present
    }

    /// Whether people can take the device away: it says so itself, or stands on USB.
    pub(super) fn is_removable(self, sysfs: &Path) -> bool {
        let folder = self.folder(sysfs);
        let says = |path: &str| read(&folder.join(path)).as_deref() == Some("1");
        let on_usb = || {
            fs::canonicalize(&folder)
                .is_ok_and(|path| path.as_os_str().as_bytes().windows(USB.len()).any(|part| part == USB))
        };
        says("removable") || (folder.join(PARTITION).exists() && says("../removable")) || on_usb()
    }

    /// The whole disk that the device is, or is a partition of.
    pub(super) fn disk(self, sysfs: &Path) -> Option<PathBuf> {
        let folder = fs::canonicalize(self.folder(sysfs)).ok()?;
        if folder.join(PARTITION).exists() { folder.parent().map(Path::to_owned) } else { Some(folder) }
    }

    fn folder(self, sysfs: &Path) -> PathBuf {
        sysfs.join(BLOCK).join(format!("{}:{}", self.major, self.minor))
    }
}

/// Whether one of the devices that this one is made of (an encrypted volume of its stick) is gone: its link leads
/// nowhere then.
fn has_lost_a_part(folder: &Path) -> bool {
    let Ok(parts) = fs::read_dir(folder.join("slaves")) else { return false };
    parts
        .take(PARTS_MAX)
        .flatten()
        .any(|part| fs::metadata(part.path()).is_err_and(|error| error.kind() == ErrorKind::NotFound))
}

/// A small file of sysfs, without the line end.
fn read(path: &Path) -> Option<String> {
    let mut text = String::new();
    fs::File::open(path).ok()?.take(ATTRIBUTE_OCTETS_MAX).read_to_string(&mut text).ok()?;
    text.truncate(text.trim_end().len());
    Some(text)
}

const BLOCK: &str = "dev/block";

/// The file that only a partition's folder has.
const PARTITION: &str = "partition";

const USB: &[u8] = b"/usb";

/// What `size` says of a disk without octets.
const EMPTY: &str = "0";

/// Octets of one attribute: sysfs gives at most a page.
const ATTRIBUTE_OCTETS_MAX: u64 = 4_096;

/// Devices below a device that are looked at: an encrypted stick has one.
const PARTS_MAX: usize = 64;

#[cfg(test)]
pub(super) mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A sysfs with a stick 8:16 on USB, its partition 8:17, an encrypted volume 253:0 on that, a card reader 179:0
    /// with partition 179:1, and the disk 8:0 inside the machine with its partition 8:1.
    pub(in super::super) fn sysfs() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let make = |path: &str, files: &[(&str, &str)]| {
            let folder = dir.path().join("devices").join(path);
            fs::create_dir_all(&folder).unwrap();
            for (name, text) in files {
                fs::write(folder.join(name), format!("{text}\n")).unwrap();
            }
        };
        make("pci/usb1/1-2/block/sdb", &[("size", "1000"), ("removable", "0")]);
        make("pci/usb1/1-2/block/sdb/sdb1", &[("size", "900"), ("partition", "1")]);
        make("virtual/block/dm-0/slaves", &[]);
        make("virtual/block/dm-0", &[("size", "800"), ("removable", "0")]);
        make("mmc/block/mmcblk0", &[("size", "500"), ("removable", "1")]);
        make("mmc/block/mmcblk0/mmcblk0p1", &[("size", "400"), ("partition", "1")]);
        make("pci/ata1/block/sda", &[("size", "2000"), ("removable", "0")]);
        make("pci/ata1/block/sda/sda1", &[("size", "1900"), ("partition", "1")]);
        let stick = "../../../../pci/usb1/1-2/block/sdb/sdb1";
        symlink(stick, dir.path().join("devices/virtual/block/dm-0/slaves/sdb1")).unwrap();
        let block = dir.path().join("dev/block");
        fs::create_dir_all(&block).unwrap();
        for (number, path) in [
            ("8:16", "pci/usb1/1-2/block/sdb"),
            ("8:17", "pci/usb1/1-2/block/sdb/sdb1"),
            ("253:0", "virtual/block/dm-0"),
            ("179:0", "mmc/block/mmcblk0"),
            ("179:1", "mmc/block/mmcblk0/mmcblk0p1"),
            ("8:0", "pci/ata1/block/sda"),
            ("8:1", "pci/ata1/block/sda/sda1"),
        ] {
            symlink(Path::new("../../devices").join(path), block.join(number)).unwrap();
        }
        dir
    }

    /// Takes the stick away, as the kernel does.
    pub(in super::super) fn pull(sysfs: &Path) {
        fs::remove_dir_all(sysfs.join("devices/pci/usb1/1-2")).unwrap();
        for number in ["8:16", "8:17"] {
            fs::remove_file(sysfs.join("dev/block").join(number)).unwrap();
        }
    }

    fn device(text: &str) -> Device {
        Device::parse(text).unwrap()
    }

    #[test]
    fn knows_which_devices_people_can_take_away() {
        let sysfs = sysfs();
        let check = |number: &str, expected: bool| {
            assert_eq!(device(number).is_removable(sysfs.path()), expected, "{number}");
        };
        check("8:16", true);
        check("8:17", true);
        check("179:0", true);
        check("179:1", true);
        check("8:0", false);
        check("8:1", false);
        check("253:0", false);
        check("9:9", false);
        assert_eq!(device("8:1").disk(sysfs.path()), device("8:0").disk(sysfs.path()));
        assert_ne!(device("8:1").disk(sysfs.path()), device("8:17").disk(sysfs.path()));
        assert_eq!(device("9:9").disk(sysfs.path()), None);
    }

    #[test]
    fn sees_that_a_stick_was_pulled_and_a_card_taken_out() {
        let sysfs = sysfs();
        let check = |number: &str, expected: Presence| {
            assert_eq!(device(number).presence(sysfs.path()), expected, "{number}");
        };
        for number in ["8:16", "8:17", "253:0", "179:0", "179:1", "8:0", "8:1", "0:42"] {
            check(number, Presence::Present);
        }
        pull(sysfs.path());
        for number in ["8:16", "8:17", "253:0"] {
            check(number, Presence::Gone);
        }
        fs::write(sysfs.path().join("devices/mmc/block/mmcblk0/size"), "0\n").unwrap();
        check("179:0", Presence::Gone);
        check("179:1", Presence::Gone);
        for number in ["8:0", "8:1", "0:42"] {
            check(number, Presence::Present);
        }
        // Where there is no sysfs nothing can be known.
        assert_eq!(device("8:16").presence(&sysfs.path().join("nowhere")), Presence::Present);
    }

    #[test]
    fn reads_numbers_and_nothing_else() {
        assert_eq!(Device::parse("8:17"), Some(Device { major: 8, minor: 17 }));
        for wrong in ["", ":", "8", "8:", ":8", "8:1:1", "a:b", "-1:0", "../:1", "4294967296:0"] {
            assert_eq!(Device::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Device::from_raw(rustix::fs::makedev(8, 17)), device("8:17"));
    }
}
