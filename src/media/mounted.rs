//! Media that are mounted: found in the kernel's table of mounts, and watched as they come and go.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::StatVfsMountFlags;
use rustix::io::Errno;

use super::device::{Device, Presence, SYSFS};
use super::error::Error;
use super::name::Shown;

/// A medium as it is mounted. Its texts are octets from outside.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mounted {
    /// Whether it can be written.
    pub access: Access,
    /// The device, `/dev/sdb1`, or what a file system without one calls itself.
    pub device: OsString,
    /// The file system's type, `vfat`.
    pub filesystem: OsString,
    /// The label that was given to the file system, where there is one.
    pub label: Option<OsString>,
    /// The folder at which it stands.
    pub mount_point: PathBuf,
    /// Octets of the whole file system.
    pub octets: u64,
    /// Octets that an ordinary user may still write.
    pub octets_free: u64,
}

/// Whether a medium can be written.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Access {
    /// It can be read only.
    ReadOnly,
    /// It can be read and written.
    ReadWrite,
}

impl Mounted {
    /// All media that are mounted, sorted by mount point: what stands below `/media`, `/run/media` or `/mnt`, and
    /// whatever stands on a device that can be taken away, but nothing of the disk the machine runs from. A medium
    /// that was pulled and not unmounted is not among them.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Denied`] or [`Error::Io`] where the table of mounts cannot be read.
    pub fn all() -> Result<Vec<Self>, Error> {
        let table = read_table(Path::new(MOUNTS))?;
        let sysfs = Path::new(SYSFS);
        let mounts = removable(&table, sysfs);
        let labels = if mounts.is_empty() { HashMap::new() } else { labels(Path::new(LABELS)) };
        Ok(mounts.into_iter().filter_map(|mount| described(mount, &labels)).collect())
    }
}

/// Waits for media to be mounted, unmounted or pulled.
#[derive(Debug)]
pub struct MountWatch {
    table: File,
    seen: Vec<Mount>,
}

impl MountWatch {
    /// Begins to watch. What changes from here on is told.
    ///
    /// # Errors
    /// As [`Mounted::all`].
    pub fn open() -> Result<Self, Error> {
        let table = open(Path::new(MOUNTS))?;
        let seen = removable(&read_table(Path::new(MOUNTS))?, Path::new(SYSFS));
        Ok(Self { table, seen })
    }

    /// Waits at most this long (in steps of milliseconds) and says whether the media are others than before. Returns
    /// as soon as the kernel tells of a mount; a medium that was pulled without being unmounted is seen at the end of
    /// the time, so that a caller that waits a second at a time learns of it within a second.
    ///
    /// # Errors
    /// As [`Mounted::all`].
    pub fn changed(&mut self, within: Duration) -> Result<bool, Error> {
        let until = Instant::now() + within.min(WAIT_MAX);
        loop {
            let told = self.wait(until.saturating_duration_since(Instant::now()))?;
            let now = removable(&read_table(Path::new(MOUNTS))?, Path::new(SYSFS));
            if now != self.seen {
                self.seen = now;
                return Ok(true);
            }
            // Other mounts than media come and go as well.
            if !told || Instant::now() >= until {
                return Ok(false);
            }
        }
    }

    /// Whether the kernel told of a change in time.
    fn wait(&self, within: Duration) -> Result<bool, Error> {
        let mut sources = [PollFd::new(&self.table, PollFlags::PRI | PollFlags::ERR)];
        let timeout = Timespec::try_from(within).unwrap_or(Timespec { tv_sec: 0, tv_nsec: 0 });
        match poll(&mut sources, Some(&timeout)) {
            Ok(told) => Ok(told > 0),
            // A signal; whoever waits looks whether it was meant for them.
            Err(Errno::INTR) => Ok(false),
            Err(errno) => Err(Error::from_errno(Shown::new(MOUNTS.as_bytes()), "waiting for mounts", errno)),
        }
    }
}

/// A line of the table of mounts: `proc_pid_mountinfo(5)`.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Mount {
    device: Device,
    filesystem: OsString,
    place: PathBuf,
    source: OsString,
}

impl Mount {
    /// Reads one line. `None` for one of another form: it is no medium then.
    fn parse(line: &[u8]) -> Option<Self> {
        let mut fields = line.split(|&octet| octet == b' ');
        let (_id, _parent) = (fields.next()?, fields.next()?);
        let device = Device::parse(std::str::from_utf8(fields.next()?).ok()?)?;
        let _root = fields.next()?;
        let place = PathBuf::from(unescaped(fields.next()?, Radix::Octal));
        let _options = fields.next()?;
        // Any number of optional fields, up to a hyphen.
        fields.by_ref().find(|field| *field == b"-")?;
        let filesystem = unescaped(fields.next()?, Radix::Octal);
        let source = unescaped(fields.next()?, Radix::Octal);
        let whole = place.is_absolute() && !filesystem.is_empty();
        whole.then_some(Self { device, filesystem, place, source })
    }
}

fn open(path: &Path) -> Result<File, Error> {
    File::open(path).map_err(|error| failed(path, &error))
}

/// The table, at most [`TABLE_OCTETS_MAX`]; what is beyond is not looked at.
fn read_table(path: &Path) -> Result<Vec<u8>, Error> {
    let mut table = Vec::new();
    open(path)?.take(TABLE_OCTETS_MAX).read_to_end(&mut table).map_err(|error| failed(path, &error))?;
    Ok(table)
}

fn failed(path: &Path, error: &std::io::Error) -> Error {
    let errno = Errno::from_io_error(error).unwrap_or(Errno::IO);
    Error::from_errno(Shown::path(path), "reading the table of mounts", errno)
}

/// The mounts of a table that are media and there, by mount point. Of several at one place the last is seen.
fn removable(table: &[u8], sysfs: &Path) -> Vec<Mount> {
    let lines = table.split(|&octet| octet == b'\n').take(LINES_MAX);
    let mounts: Vec<Mount> = lines.filter_map(Mount::parse).collect();
    let own = mounts.iter().rfind(|mount| mount.place == Path::new("/"));
    let own_disk = own.and_then(|mount| mount.device.disk(sysfs));
    let is_medium = |mount: &Mount| {
        let in_a_place_for_media = PLACES.iter().any(|place| mount.place.starts_with(place))
            && !NOT_MEDIA.iter().any(|name| mount.filesystem == *name);
        let can_be_taken_away = || {
            mount.device.is_removable(sysfs)
                && mount.place != Path::new("/")
                && (own_disk.is_none() || mount.device.disk(sysfs) != own_disk)
        };
        (in_a_place_for_media || can_be_taken_away()) && mount.device.presence(sysfs) == Presence::Present
    };
    // What is mounted later at the same folder, or at one above, hides what was there.
    let is_hidden = |(at, mount): (usize, &Mount)| {
        mounts[at + 1..].iter().any(|later| mount.place.starts_with(&later.place))
    };
    let mut found: Vec<Mount> = mounts
        .iter()
        .enumerate()
        .filter(|(at, mount)| is_medium(mount) && !is_hidden((*at, mount)))
        .map(|(_, mount)| mount.clone())
        .take(MEDIA_MAX)
        .collect();
    found.sort_by(|a, b| a.place.as_os_str().cmp(b.place.as_os_str()));
    found
}

/// What a mount is, `None` when it does not answer (any more).
fn described(mount: Mount, labels: &HashMap<u64, OsString>) -> Option<Mounted> {
    let facts = rustix::fs::statvfs(&mount.place).ok()?;
    let number = fs::metadata(Path::new(&mount.source)).map(|metadata| metadata.rdev()).ok();
    let access =
        if facts.f_flag.contains(StatVfsMountFlags::RDONLY) { Access::ReadOnly } else { Access::ReadWrite };
    Some(Mounted {
        access,
        device: mount.source,
        filesystem: mount.filesystem,
        label: number.and_then(|number| labels.get(&number).cloned()),
        mount_point: mount.place,
        octets: facts.f_blocks.saturating_mul(facts.f_frsize),
        octets_free: facts.f_bavail.saturating_mul(facts.f_frsize),
    })
}

/// The labels that udev found, by the number of the device each belongs to.
fn labels(folder: &Path) -> HashMap<u64, OsString> {
    let Ok(links) = fs::read_dir(folder) else { return HashMap::new() };
    links
        .take(LABELS_MAX)
        .flatten()
        .filter_map(|link| {
            let number = fs::metadata(link.path()).ok()?.rdev();
            Some((number, unescaped(link.file_name().as_bytes(), Radix::Hexadecimal)))
        })
        .collect()
}

/// How octets that would end a word are written.
#[derive(Clone, Copy)]
enum Radix {
    /// `\040`: the kernel's tables.
    Octal,
    /// `\x20`: the names udev makes.
    Hexadecimal,
}

/// Takes escapes back; a backslash that begins none stands for itself.
fn unescaped(text: &[u8], radix: Radix) -> OsString {
    let escape = |rest: &[u8]| {
        let (digits, radix) = match radix {
            Radix::Octal => (rest.get(1..4)?, 8),
            Radix::Hexadecimal => (rest.strip_prefix(br"\x")?.get(..2)?, 16),
        };
        let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
        u8::from_str_radix(digits, radix).ok()
    };
    let mut octets = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&octet) = text.get(at) {
        if let Some(meant) = escape(&text[at..]).filter(|_| octet == b'\\') {
            octets.push(meant);
            at += ESCAPE_OCTETS;
        } else {
            octets.push(octet);
            at += 1;
        }
    }
    OsString::from_vec(octets)
}

/// Octets of an escape of either kind.
const ESCAPE_OCTETS: usize = 4;

/// The kernel's table of the mounts this process sees.
const MOUNTS: &str = "/proc/self/mountinfo";

/// Where udev links labels to devices.
const LABELS: &str = "/dev/disk/by-label";

/// Where people and desktops mount media.
const PLACES: [&str; 3] = ["/media", "/run/media", "/mnt"];

/// File systems that are no medium wherever they stand: asking a server or a mount on demand may wait without end.
const NOT_MEDIA: [&str; 6] = ["9p", "autofs", "cifs", "nfs", "nfs4", "smb3"];

/// Octets of the table that are read: four thousand mounts with long names.
const TABLE_OCTETS_MAX: u64 = 4 << 20;

/// Mounts that are looked at: a machine full of containers has a thousand.
const LINES_MAX: usize = 4_096;

/// Media shown: more than anybody plugs in.
const MEDIA_MAX: usize = 256;

/// Labels read: a link for each partition of each disk.
const LABELS_MAX: usize = 1_024;

/// The longest wait at one time: a thread that waits can always end soon.
const WAIT_MAX: Duration = Duration::from_mins(1);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::device::tests::{pull, sysfs};
    use super::*;

    const TABLE: &str = "\
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
30 27 8:1 /data /srv rw shared:1 master:2 - ext4 /dev/sda1 rw
41 27 8:17 / /media/anna/STICK\\040\\134\\040ONE rw,nosuid - vfat /dev/sdb1 rw,fmask=0022
42 27 179:1 / /data/card ro,nosuid shared:7 - exfat /dev/mmcblk0p1 ro
43 27 0:50 / /mnt rw - tmpfs none rw
44 27 0:51 / /mnt/server rw - nfs server:/ rw
45 27 0:52 / /medial rw - tmpfs none rw
";

    fn places(table: &str, sysfs: &Path) -> Vec<String> {
        let mounts = removable(table.as_bytes(), sysfs);
        mounts.iter().map(|mount| mount.place.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn finds_media_by_their_place_and_by_their_device() {
        let sysfs = sysfs();
        let expected = ["/data/card", "/media/anna/STICK \\ ONE", "/mnt"];
        assert_eq!(places(TABLE, sysfs.path()), expected);
        let mounts = removable(TABLE.as_bytes(), sysfs.path());
        assert_eq!(
            (mounts[1].filesystem.as_os_str(), mounts[1].source.as_os_str()),
            ("vfat".as_ref(), "/dev/sdb1".as_ref())
        );
    }

    #[test]
    fn a_stick_that_was_pulled_is_no_longer_found_though_it_is_still_mounted() {
        let sysfs = sysfs();
        pull(sysfs.path());
        assert_eq!(places(TABLE, sysfs.path()), ["/data/card", "/mnt"]);
    }

    #[test]
    fn what_is_mounted_over_a_medium_hides_it() {
        let sysfs = sysfs();
        let over = |line: &str| places(&format!("{TABLE}{line}\n"), sysfs.path());
        assert_eq!(
            over("50 41 8:16 / /media/anna rw - ext4 /dev/sdb rw"),
            ["/data/card", "/media/anna", "/mnt"]
        );
        assert_eq!(over("50 41 0:60 / /data rw - ext4 none rw"), ["/media/anna/STICK \\ ONE", "/mnt"]);
    }

    #[test]
    fn the_disk_the_machine_runs_from_is_no_medium_outside_of_their_places() {
        let sysfs = sysfs();
        let table = "\
27 1 8:17 / / rw - ext4 /dev/sdb1 rw
28 27 8:16 / /boot rw - vfat /dev/sdb rw
29 27 179:1 / /boot/card rw - vfat /dev/mmcblk0p1 rw
30 27 8:16 / /mnt/same rw - vfat /dev/sdb rw
";
        assert_eq!(places(table, sysfs.path()), ["/boot/card", "/mnt/same"]);
    }

    #[test]
    fn takes_escapes_back_and_leaves_what_is_none() {
        fn check(text: &str, radix: Radix, expected: &[u8]) {
            assert_eq!(unescaped(text.as_bytes(), radix).as_bytes(), expected, "{text}");
        }
        check("/a\\040b\\011\\012\\134", Radix::Octal, b"/a b\t\n\\");
        check("\\377\\400\\04\\", Radix::Octal, b"\xff\\400\\04\\");
        check("\\+10\\x41", Radix::Octal, b"\\+10\\x41");
        check("MY\\x20STICK\\x2f\\xe4", Radix::Hexadecimal, b"MY STICK/\xe4");
        check("\\x+1\\x4\\040", Radix::Hexadecimal, b"\\x+1\\x4\\040");
    }

    #[test]
    fn lines_of_another_form_are_no_media() {
        for line in [
            "",
            " ",
            "41 27 8:17 / /media/a rw",
            "41 27 8:17 / /media/a rw -",
            "41 27 8:17 / /media/a rw - vfat",
            "41 27 8:17 / /media/a rw shared:1 vfat /dev/sdb1 rw",
            "41 27 8 / /media/a rw - vfat /dev/sdb1 rw",
            "41 27 8:17 / media/a rw - vfat /dev/sdb1 rw",
            "41 27 8:17 /  rw - vfat /dev/sdb1 rw",
            "41 27 8:17 / /media/a rw -  /dev/sdb1 rw",
        ] {
            assert_eq!(Mount::parse(line.as_bytes()), None, "{line}");
        }
        // An empty source is one that the kernel was given.
        assert!(Mount::parse(b"41 27 8:17 / /media/a rw - vfat  rw").is_some());
    }

    #[test]
    fn takes_no_more_media_than_anybody_plugs_in() {
        let line = |n: usize| format!("1 1 0:9 / /mnt/{n:05} rw - tmpfs none rw\n");
        let table: String = (0..6_000).map(line).collect();
        assert_eq!(removable(table.as_bytes(), Path::new("/nowhere")).len(), MEDIA_MAX);
    }

    #[test]
    fn a_watch_ends_in_time_when_nothing_happens() {
        let mut watch = MountWatch::open().unwrap();
        let begun = Instant::now();
        watch.changed(Duration::from_millis(20)).unwrap();
        assert!(begun.elapsed() >= Duration::from_millis(19));
        assert!(begun.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn the_table_of_this_machine_is_read() {
        for medium in Mounted::all().unwrap() {
            assert!(medium.mount_point.is_absolute() && medium.octets_free <= medium.octets, "{medium:?}");
        }
        let missing = read_table(Path::new("/proc/self/nothing")).unwrap_err();
        assert_eq!(missing.to_string(), "/proc/self/nothing: no such file or folder");
    }

    proptest! {
        #[test]
        fn no_table_makes_it_fall(table in proptest::collection::vec(any::<u8>(), 0..400)) {
            removable(&table, Path::new("/nowhere"));
        }

        #[test]
        fn no_line_that_is_nearly_right_makes_it_fall(
            line in "[0-9]{0,3} [0-9]{0,3} [0-9]{0,12}:?[0-9]{0,12} [/a] /mnt[\\\\0-9/]{0,8} rw[ a:-]{0,9}- [a-z]{0,4} [ -~]{0,9}"
        ) {
            removable(line.as_bytes(), Path::new("/nowhere"));
        }

        #[test]
        fn what_the_kernel_escapes_comes_back(name in proptest::collection::vec(1_u8.., 1..60)) {
            let escaped: Vec<u8> = name
                .iter()
                .flat_map(|&octet| match octet {
                    b' ' | b'\t' | b'\n' | b'\\' | b'#' => format!("\\{octet:03o}").into_bytes(),
                    octet => vec![octet],
                })
                .collect();
            let line = [b"1 1 0:9 / /mnt/", &escaped[..], b" rw - tmpfs none rw"].concat();
            let mount = Mount::parse(&line).unwrap();
            let expected = [b"/mnt/", &name[..]].concat();
            prop_assert_eq!(mount.place.as_os_str().as_bytes(), &expected[..]);
        }
    }
}
