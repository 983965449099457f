//! What became of a plan's certificates since they were issued: whoever delivers them is told.

use crate::{
    export::pem,
    pki::{certificate::Certificate, crl::CrlSerial, issuer::IssuingCa, text::Printable},
    register::{self, Revoked, RevokedCount, RevokedCounts, StoredPlan},
};

use super::{
    super::{
        error::Error,
        opening::Appliance,
        progress::{Phase, Watch},
    },
    RevokedRow,
    held::is_of,
};

/// Certificates that are named, at most: a large terminal has as many rows for them.
const NAMED_MAX: usize = 5;

/// Of a plan's certificates, those that are revoked or on hold now.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RevokedSince {
    /// How many.
    pub count: RevokedCount,
    /// The first of them.
    pub first: Vec<RevokedRow>,
    /// The CAs above them that are revoked or on hold: with them all certificates below.
    pub above: Vec<RevokedCa>,
}

/// A CA whose own certificate was revoked, or put on hold, by a CA of this home.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RevokedCa {
    /// Its subject.
    pub subject: Printable,
    /// What holds for its certificate.
    pub revoked: Revoked,
}

impl RevokedCa {
    /// What nobody may overlook who issues below it or hands over what it issued.
    #[must_use]
    pub fn words(&self) -> String {
        let subject = &self.subject;
        match self.revoked {
            Revoked::Revoked(entry) => {
                format!("CA {subject} is revoked ({}): nothing that it issued is good", entry.reason.name())
            }
            Revoked::Held(_) | Revoked::Released(_) => {
                format!("CA {subject} is on hold: nothing that it issued is good meanwhile")
            }
        }
    }
}

impl Appliance {
    /// Which certificates of a plan are revoked or on hold now, and how many.
    ///
    /// # Errors
    /// [`Error::Register`].
    pub fn revoked_since(&self, plan: &StoredPlan) -> Result<RevokedSince, Error> {
        let (count, first) = self.register.revoked_of(plan, NAMED_MAX)?;
        let rows = first.into_iter().map(|found| self.revoked_row(&plan.authority, found));
        let above = self.revoked_above(&self.issuer_of(plan)?)?;
        Ok(RevokedSince { count, first: rows.collect::<Result<_, _>>()?, above })
    }

    /// A CA and those above it, as far as their certificates are revoked or on hold by CAs of this home.
    pub(in crate::ceremony) fn revoked_above(&self, issuer: &IssuingCa) -> Result<Vec<RevokedCa>, Error> {
        let records = self.register.authorities()?;
        let path: Vec<&Certificate> = pem::authorities(issuer).collect();
        let mut revoked = Vec::new();
        for (certificate, above) in path.iter().zip(path.iter().skip(1)) {
            let Some(record) = records.iter().find(|record| is_of(record, above)) else { continue };
            let Some(serial) = CrlSerial::from_octets(certificate.serial()) else { continue };
            let found = self.register.revoked(&record.name, &serial)?;
            if let Some(found @ (Revoked::Held(_) | Revoked::Revoked(_))) = found {
                revoked.push(RevokedCa { subject: certificate.subject().to_printable(), revoked: found });
            }
        }
        Ok(revoked)
    }

    /// How many certificates of each plan are revoked or on hold now; `None` where the operator stopped the count.
    ///
    /// # Errors
    /// [`Error::Register`].
    pub fn revoked_counts(&self, watch: &mut Watch<'_>) -> Result<Option<RevokedCounts>, Error> {
        match self.register.revoked_counts(&mut |done| watch.step(Phase::Searching, done, None)) {
            Err(register::Error::Stopped) => Ok(None),
            counts => Ok(Some(counts?)),
        }
    }
}
