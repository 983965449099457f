//! The names in one folder, sorted, in as little memory as they need.

use std::os::fd::AsFd;

use rustix::fs::RawDir;
use rustix::io::Errno;

/// The names of one folder in the order of their octets. They stand in one arena, each behind its length, with four
/// octets of index a name: a million names of 16 octets take 22 MB.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Where each name's length stands in the arena, in order of the names.
    index: Vec<u32>,
    arena: Vec<u8>,
}

/// Why a folder was not listed.
#[derive(Debug)]
pub(super) enum Stop {
    /// The operating system refuses.
    Errno(Errno),
    /// More names than allowed.
    Names,
    /// More octets of names than allowed.
    Octets,
}

impl Listing {
    /// Reads all names but `.` and `..`. The folder must have been opened for this, nobody having read it before.
    pub(super) fn read(folder: impl AsFd, names_max: u64, octets_max: u32) -> Result<Self, Stop> {
        let mut buffer = Vec::with_capacity(READ_OCTETS);
        let mut entries = RawDir::new(folder, buffer.spare_capacity_mut());
        let mut listing = Self::default();
        while let Some(entry) = entries.next() {
            let entry = entry.map_err(Stop::Errno)?;
            let name = entry.file_name().to_bytes();
            if name == b"." || name == b".." {
                continue;
            }
            if listing.index.len() as u64 >= names_max {
                return Err(Stop::Names);
            }
            listing.push(name, octets_max).ok_or(Stop::Octets)?;
        }
        listing.sort();
        Ok(listing)
    }

    /// The name at a place in the order.
    pub(super) fn name(&self, at: usize) -> Option<&[u8]> {
        self.index.get(at).map(|&start| name_at(&self.arena, start))
    }

    /// How many names.
    pub(super) fn len(&self) -> u64 {
        self.index.len() as u64
    }

    /// Octets of the arena.
    pub(super) fn octets(&self) -> u32 {
        u32::try_from(self.arena.len()).unwrap_or(u32::MAX)
    }

    fn push(&mut self, name: &[u8], octets_max: u32) -> Option<()> {
        let start = u32::try_from(self.arena.len()).ok()?;
        let length = u16::try_from(name.len()).ok()?;
        if self.arena.len() + LENGTH_OCTETS + name.len() > octets_max as usize {
            return None;
        }
        self.index.push(start);
        self.arena.extend_from_slice(&length.to_le_bytes());
        self.arena.extend_from_slice(name);
        Some(())
    }

    fn sort(&mut self) {
        let arena = &self.arena;
        self.index.sort_unstable_by(|&a, &b| name_at(arena, a).cmp(name_at(arena, b)));
    }
}

fn name_at(arena: &[u8], start: u32) -> &[u8] {
    let start = start as usize;
    let length = usize::from(u16::from_le_bytes([arena[start], arena[start + 1]]));
    &arena[start + LENGTH_OCTETS..][..length]
}

const LENGTH_OCTETS: usize = 2;

/// Octets of names taken from the kernel at one time.
const READ_OCTETS: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_names_in_the_order_of_their_octets() {
        let mut listing = Listing::default();
        for name in [&b"b"[..], b"\xff", b"", b"a.csr", b"a", b"B"] {
            listing.push(name, 100).unwrap();
        }
        listing.sort();
        let names: Vec<_> = (0..).map_while(|at| listing.name(at)).collect();
        assert_eq!(names, [&b""[..], b"B", b"a", b"a.csr", b"b", b"\xff"]);
        assert_eq!((listing.len(), listing.octets()), (6, 6 * 2 + 9));
    }

    #[test]
    fn takes_no_more_octets_than_allowed() {
        let mut listing = Listing::default();
        assert_eq!(listing.push(&[b'a'; 8], 10), Some(()));
        assert_eq!(listing.push(b"", 10), None);
        assert_eq!(Listing::default().push(&[b'a'; 9], 10), None);
    }
}
