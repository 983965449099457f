//! certificates.tar: the folders `certs` and `chains` as one file, for those who move a million files less gladly than one.
//!
//! POSIX.1-1988 (`ustar`), and nothing in it that depends on when or by whom it was made: the same plan gives the same
//! octets.

use super::{
    bundle::{Part, append},
    form::{Form, Item},
    pem,
};
use crate::pki::certificate::Certificate;

/// Its path in the bundle.
const PATH: &str = "tar/certificates.tar";

/// A record, in octets: heads have one, contents fill up theirs.
pub(super) const RECORD_OCTETS: usize = 512;

/// Writes the archive.
#[derive(Debug, Default)]
pub(super) struct Archive {
    /// What a device sends behind its own certificate.
    sent: Vec<u8>,
}

impl Form for Archive {
    fn opening(&mut self, authorities: &[Certificate]) -> Vec<Part> {
        self.sent = pem::sent_with_device(authorities);
        vec![append(PATH, Vec::new())]
    }

    fn certificate(&mut self, item: &Item<'_>) -> Vec<Part> {
        let certificate = pem::certificate(item.der);
        let chain = [&certificate[..], &self.sent].concat();
        let files = [(item.place.certificate(), certificate), (item.place.chain(), chain)];
        vec![append(PATH, files.iter().flat_map(|(path, octets)| entry(path, octets)).collect())]
    }

    /// Two records of zeros end an archive.
    fn closing(&mut self) -> Vec<Part> {
        vec![append(PATH, vec![0; 2 * RECORD_OCTETS])]
    }
}

/// A file that everybody may read, of nobody, of 1970. The path of a [`super::bundle::Place`] has under 100 characters.
fn entry(path: &str, octets: &[u8]) -> Vec<u8> {
    let mut head = [0; RECORD_OCTETS];
    let mut field = |at: usize, text: &[u8]| head[at..at + text.len()].copy_from_slice(text);
    field(0, path.as_bytes());
    field(100, b"0000444\0");
    field(108, b"0000000\0");
    field(116, b"0000000\0");
    field(124, format!("{:011o}\0", octets.len()).as_bytes());
    field(136, b"00000000000\0");
    // The sum is taken with blanks in its place.
    field(148, b"        ");
    field(156, b"0");
    field(257, b"ustar\x0000");
    let sum: u32 = head.iter().copied().map(u32::from).sum();
    head[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut entry = [&head[..], octets].concat();
    entry.resize(entry.len().next_multiple_of(RECORD_OCTETS), 0);
    entry
}
