//! What the register holds, to look at: CAs, plans and what was issued under them. The register itself stays below: a
//! face cannot reach what would write.

use crate::register::{AuthorityRecord, IssuedCertificate, StoredPlan};

use super::{error::Error, opening::Appliance};

impl Appliance {
    /// All CAs, in the order they were made.
    ///
    /// # Errors
    /// [`Error::Register`].
    pub fn authorities(&self) -> Result<Vec<AuthorityRecord>, Error> {
        Ok(self.register.authorities()?)
    }

    /// The CA of this name, also one that waits for its certificate.
    ///
    /// # Errors
    /// [`Error::Authority`] where there is none, [`Error::Register`].
    pub fn authority(&self, name: &str) -> Result<AuthorityRecord, Error> {
        self.register.authority(name)?.ok_or_else(|| {
            Error::authority("there is no CA of this name", "see Authorities, or coldsign ca list")
        })
    }

    /// All plans, oldest first.
    ///
    /// # Errors
    /// [`Error::Register`].
    pub fn plans(&self) -> Result<Vec<StoredPlan>, Error> {
        Ok(self.register.plans()?)
    }

    /// How many certificates of a plan are issued.
    ///
    /// # Errors
    /// [`Error::Register`].
    pub fn issued_count(&self, plan: &StoredPlan) -> Result<u64, Error> {
        Ok(self.register.issued_count(plan)?)
    }

    /// The certificates of a plan in its order, those after an index, at most `limit`.
    ///
    /// # Errors
    /// [`Error::Register`].
    pub fn issued(
        &self,
        plan: &StoredPlan,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<IssuedCertificate>, Error> {
        Ok(self.register.issued(plan, after, limit)?)
    }

    /// The issued certificate with a serial number, given as its content octets.
    ///
    /// # Errors
    /// [`Error::Register`].
    pub fn issued_serial(&self, serial: &[u8]) -> Result<Option<IssuedCertificate>, Error> {
        Ok(self.register.find_serial(serial)?)
    }
}
