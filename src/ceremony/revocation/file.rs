//! A CRL in a file, read and shown; nothing is recorded.

use std::{io::Read as _, path::Path};

use crate::{
    media::{InFile, Volume},
    pki::crl::{CrlEnd, CrlError, CrlHead, CrlReader, ListOctets, ReadError, RevokedEntry, Shape},
};

use super::super::{error::Error, opening::printable_path};

/// Largest file taken, in octets: a CRL of ten million entries as PEM.
const FILE_OCTETS_MAX: u64 = 2 * 1024 * 1024 * 1024;
/// Octets read at a time.
const PIECE_OCTETS: usize = 64 * 1024;

/// A CRL that was read.
#[derive(Clone, Debug)]
pub struct CrlFile {
    /// What stands before the entries.
    pub head: CrlHead,
    /// What stands behind them.
    pub end: CrlEnd,
}

/// Reads a CRL, DER or PEM, and gives each entry. Its signature is not looked at.
///
/// # Errors
/// [`Error::Usage`] naming the file.
pub fn read_crl_file(path: &Path, each: &mut dyn FnMut(&RevokedEntry)) -> Result<CrlFile, Error> {
    let unread = |error: ReadError<Error>| match error {
        ReadError::Source(error) => error,
        ReadError::Crl(error) => malformed(path, &error),
    };
    let mut reader = CrlReader::begin(crl_pieces(path)?, Shape::List).map_err(unread)?;
    while let Some(entry) = reader.next_entry().map_err(unread)? {
        each(&entry);
    }
    let head = reader.head().clone();
    Ok(CrlFile { head, end: reader.finish().map_err(unread)? })
}

fn malformed(path: &Path, error: &CrlError) -> Error {
    Error::usage(
        format!("{}: {error}", printable_path(path)),
        "give a full CRL that follows RFC 5280, in DER or PEM, signed with SHA-2",
    )
}

/// The octets of a CRL in a file, piece by piece.
pub(super) fn crl_pieces(path: &Path) -> Result<impl FnMut() -> Result<Option<Vec<u8>>, Error>, Error> {
    let mut file = file_pieces(path)?;
    let mut octets = Some(ListOctets::default());
    Ok(move || {
        let Some(list) = &mut octets else { return Ok(None) };
        match file()? {
            Some(piece) => list.push(&piece).map(Some).map_err(|error| malformed(path, &error)),
            None => {
                let last = octets.take().unwrap_or_default().finish();
                last.map(Some).map_err(|error| malformed(path, &error))
            }
        }
    })
}

/// The octets of a file, piece by piece.
pub(super) fn file_pieces(path: &Path) -> Result<impl FnMut() -> Result<Option<Vec<u8>>, Error>, Error> {
    let unreadable = move |what: &dyn std::fmt::Display| {
        Error::usage(
            format!("{}: it cannot be read: {what}", printable_path(path)),
            "give the path of a file that can be read",
        )
    };
    let mut file = open(path)?.map_err(|reason| unreadable(&reason))?;
    Ok(move || {
        let mut piece = vec![0; PIECE_OCTETS];
        let read = file.read(&mut piece).map_err(|error| unreadable(&error))?;
        piece.truncate(read);
        Ok((read > 0).then_some(piece))
    })
}

/// A regular file by its path: the folder is opened as it was given, the file beneath it without following a link.
fn open(path: &Path) -> Result<Result<InFile, crate::media::Unreadable>, Error> {
    use std::os::unix::ffi::OsStrExt as _;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Some(name) = path.file_name() else {
        return Err(Error::usage(
            format!("{}: it is not the path of a file", printable_path(path)),
            "give the path of a file that can be read",
        ));
    };
    Ok(Volume::open(folder)?.open_file(name.as_bytes(), FILE_OCTETS_MAX))
}
