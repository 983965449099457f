//! This process as the kernel sees it: whether its memory can reach a disk.
//!
//! [`super::memory`] hardens; this module reads back what is in force now.

use std::{io, path::Path};

use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};

use super::file;

/// Longest file of /proc that is read, in octets: a page holds each of them, this holds sixteen.
const PROC_OCTETS_MAX: u64 = 64 * 1024;

/// Whether a crash can write this process's memory to a disk.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CoreDumps {
    /// `RLIMIT_CORE` is zero and the process is not dumpable, so no handler of core dumps gets its memory either.
    Off,
    /// `RLIMIT_CORE` is not zero.
    Limit,
    /// The limit is zero, but the process is dumpable: a program that takes core dumps through a pipe is not bound by
    /// the limit (core(5)).
    Dumpable,
}

/// Whether a crash can write this process's memory to a disk.
#[must_use]
pub fn core_dumps() -> CoreDumps {
    if getrlimit(Resource::Core).current != Some(0) {
        return CoreDumps::Limit;
    }
    match dumpable_behavior() {
        Ok(DumpableBehavior::NotDumpable) => CoreDumps::Off,
        _ => CoreDumps::Dumpable,
    }
}

/// An area of swap.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Swap {
    /// The device or file, as /proc/swaps writes it: text from outside.
    pub name: Vec<u8>,
    /// How much of it is in use, in KiB.
    pub used_kib: u64,
}

/// The areas of swap that are switched on.
///
/// # Errors
/// As the system says, where it does not tell; a kernel without swap has none.
pub fn swaps() -> io::Result<Vec<Swap>> {
    match file::read_limited(Path::new("/proc/swaps"), PROC_OCTETS_MAX) {
        Ok(text) => swaps_of(&text),
        // A kernel built without swap has no such file; one without /proc tells nothing.
        Err(error) if error.kind() == io::ErrorKind::NotFound && Path::new("/proc/self").exists() => {
            Ok(Vec::new())
        }
        Err(error) => Err(error),
    }
}

/// Columns of /proc/swaps under one line of titles: name (blanks escaped), type, size, used, priority.
fn swaps_of(text: &[u8]) -> io::Result<Vec<Swap>> {
    let lines = text.split(|&octet| octet == b'\n').skip(1).filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let mut columns = line.split(u8::is_ascii_whitespace).filter(|column| !column.is_empty());
            match (columns.next(), columns.nth(2).and_then(decimal)) {
                (Some(name), Some(used_kib)) => Ok(Swap { name: name.to_vec(), used_kib }),
                _ => Err(io::Error::new(io::ErrorKind::InvalidData, "/proc/swaps is not as proc(5) says")),
            }
        })
        .collect()
}

/// How much of this process's memory is locked, in KiB: locked pages never go to swap.
///
/// # Errors
/// As the system says, where it does not tell.
pub fn locked_kib() -> io::Result<u64> {
    locked_of(&file::read_limited(Path::new("/proc/self/status"), PROC_OCTETS_MAX)?)
}

fn locked_of(text: &[u8]) -> io::Result<u64> {
    text.split(|&octet| octet == b'\n')
        .find_map(|line| line.strip_prefix(b"VmLck:")?.strip_suffix(b" kB"))
        .and_then(|number| decimal(number.trim_ascii()))
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "/proc/self/status has no VmLck"))
}

fn decimal(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{memory, tests::in_own_process};

    #[test]
    fn reads_swap_as_the_kernel_writes_it() {
        let titles = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";
        assert_eq!(swaps_of(titles.as_bytes()).unwrap(), []);
        let text =
            format!("{titles}/dev/sda2 partition\t8388604\t\t1024\t\t-2\n/a\\040b\u{1b} file\t4\t0\t-3\n");
        assert_eq!(
            swaps_of(text.as_bytes()).unwrap(),
            [
                Swap { name: b"/dev/sda2".to_vec(), used_kib: 1024 },
                Swap { name: b"/a\\040b\x1b".to_vec(), used_kib: 0 },
            ]
        );
        assert!(swaps_of(format!("{titles}/dev/sda2 partition many\n").as_bytes()).is_err());
    }

    #[test]
    fn reads_locked_memory_as_the_kernel_writes_it() {
        assert_eq!(locked_of(b"Name:\tcat\nVmLck:\t     128 kB\nVmPin:\t 0 kB\n").unwrap(), 128);
        assert!(locked_of(b"Name:\tVmLck: 1 kB\n").is_err());
    }

    /// In a process of its own, because it hardens itself.
    #[test]
    fn sees_what_hardening_changed() {
        in_own_process(module_path!(), "sees_what_hardening_changed", || {
            assert_ne!(core_dumps(), CoreDumps::Off);
            assert_eq!(locked_kib().unwrap(), 0);
            assert!(swaps().is_ok());
            let hardening = memory::harden();
            assert_eq!(core_dumps(), CoreDumps::Off);
            let locked = hardening.swapping == memory::Step::Done;
            assert_eq!(locked_kib().unwrap() > 0, locked);
        });
    }
}
