//! How much of a medium is read at most.

/// Upper bounds of one [`super::Intake`]. A medium beyond a count is refused whole, a file beyond its own limit alone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Folders inside folders; the folder that was named is 0. An endless tree (600 deep and more) would hold a file
    /// descriptor and a listing for each level.
    pub depth_max: u32,
    /// Octets of one file. A sparse file can claim 1 TiB on a small stick; the largest honest file is a million
    /// requests in one text file, about 1.5 GiB.
    pub file_octets_max: u64,
    /// Names read in one intake: files, folders and litter together. One batch is at most a million files and their
    /// folders; each name costs memory and several system calls.
    pub files_max: u64,
    /// Octets of one name. Linux allows 255; a FAT or NTFS driver may give up to three octets for each of 255
    /// characters, and no honest request needs that.
    pub name_octets_max: usize,
    /// Octets of names held at one time, for all folders from the named one down to the current one: what a folder of
    /// a million names may cost in memory.
    pub names_octets_max: u32,
    /// Files that the medium may fail to give (an input or output error, not a refusal) before it is taken for a
    /// failing one. A single bad spot costs a file or two; a stick that was pulled, all that were left on it.
    pub read_errors_max: u32,
    /// Folders named to one intake: each is held open from the start.
    pub volumes_max: usize,
}

impl Limits {
    /// The limits of the appliance.
    pub const STANDARD: Self = Self {
        depth_max: 32,
        file_octets_max: 2 << 30,
        files_max: 1_200_000,
        name_octets_max: 255,
        names_octets_max: 96 << 20,
        read_errors_max: 16,
        volumes_max: 256,
    };
}
