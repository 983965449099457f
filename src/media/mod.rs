//! Removable media: names and octets in, new folders out. Knows nothing of what the octets mean.
//!
//! A medium is hostile: its names are octets that may hold anything, its files may be links, pipes or devices, may be
//! endless, and may change while they are read. Reading goes through [`Intake`], which yields regular files alone,
//! in one fixed order, within [`Limits`]. Writing goes through [`Outbox`], which makes one new folder, whole or not
//! at all, and never writes over anything. Both open a folder once and resolve every further name beneath it in the
//! kernel (`openat2`, Linux 5.6): no symbolic link, no `..`, no mount point is crossed.
//!
//! Read [`Intake`] first, then [`Outbox`].

mod device;
mod error;
mod folder;
mod in_file;
mod intake;
mod limits;
mod listing;
mod mounted;
mod name;
mod out_file;
mod outbox;
mod published;
mod volume;

pub use error::{Error, Unreadable};
pub use folder::{EntryKind, FOLDER_ENTRIES_MAX, Folder, FolderEntry};
pub use in_file::InFile;
pub use intake::{Entry, Intake};
pub use limits::Limits;
pub use mounted::{Access, MountWatch, Mounted};
pub use name::{NAME_CHARS_MAX, Named, SafeName, Shown, Source};
pub use out_file::{FILE_OCTETS_MAX, OutFile, Written};
pub use outbox::Outbox;
pub use published::{Published, ReadBack};
pub use volume::{Volume, free_octets};
