//! Which certificates of a CA are revoked or on hold now, page by page.

use crate::{
    pki::{crl::CrlSerial, name::Name, text::Printable},
    register::Revoked,
};

use super::super::{error::Error, opening::Appliance};

/// A certificate that is revoked or on hold; harmless on a screen.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RevokedRow {
    /// Its place in the history of revocations: the next page begins after it.
    pub place: u64,
    /// The serial number, hexadecimal digits.
    pub serial: String,
    /// Its subject; `None` for one that was issued elsewhere.
    pub subject: Option<Printable>,
    /// What holds for it.
    pub revoked: Revoked,
}

impl Appliance {
    /// Certificates of a CA that are revoked or on hold, in the order in which that was recorded, after a place (0: from
    /// the first), at most `limit`.
    ///
    /// # Errors
    /// [`Error::Register`].
    pub fn revoked_rows(&self, ca: &str, after: u64, limit: u32) -> Result<Vec<RevokedRow>, Error> {
        let found = self.register.in_force(ca, after, limit)?;
        found.into_iter().map(|found| self.revoked_row(ca, found)).collect()
    }

    pub(super) fn revoked_row(
        &self,
        ca: &str,
        (place, serial, revoked): (u64, CrlSerial, Revoked),
    ) -> Result<RevokedRow, Error> {
        let subject = self.subject_of(ca, &serial)?;
        Ok(RevokedRow { place, serial: serial.to_string(), subject, revoked })
    }

    /// The subject of a certificate that a CA issued here. A serial number of a CA that moved in may be one that another
    /// CA gave, too.
    pub(super) fn subject_of(&self, ca: &str, serial: &CrlSerial) -> Result<Option<Printable>, Error> {
        Ok(match self.register.find_serial(serial.as_octets())? {
            Some(found) if self.issuer_name(&found)? == ca => Some(Name::to_printable(found.subject())),
            Some(_) | None => None,
        })
    }
}
