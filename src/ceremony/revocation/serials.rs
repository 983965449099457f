//! Serial numbers out of a file: one a line.

use std::path::Path;

use crate::{host, pki::crl::CrlSerial};

use super::super::{error::Error, opening::printable_path};

/// Largest file, in octets: a million serial numbers of 20 octets each fit.
const FILE_OCTETS_MAX: u64 = 64 * 1024 * 1024;

/// Reads serial numbers, hexadecimal, one a line; empty lines do not count.
///
/// # Errors
/// [`Error::Usage`] naming file and line.
pub fn read_serials(path: &Path) -> Result<Vec<CrlSerial>, Error> {
    let shown = printable_path(path);
    let octets = host::file::read_limited(path, FILE_OCTETS_MAX).map_err(|error| {
        Error::usage(format!("{shown}: it cannot be read: {error}"), "check the path and its permissions")
    })?;
    let mut serials = Vec::new();
    for (at, line) in octets.split(|&octet| octet == b'\n').enumerate() {
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        let serial = std::str::from_utf8(line).ok().and_then(CrlSerial::from_hex).ok_or_else(|| {
            Error::usage(
                format!("{shown}: line {} is no serial number", at + 1),
                "write one serial number a line, in hexadecimal digits",
            )
        })?;
        serials.push(serial);
    }
    if serials.is_empty() {
        return Err(Error::usage(
            format!("{shown}: there is no serial number in it"),
            "write one serial number a line, in hexadecimal digits",
        ));
    }
    Ok(serials)
}
