//! How far each CA has come: from its key to a certificate that it issues under.

use crate::{
    pki::text::Printable,
    register::{AuthorityRecord, InstalledCertificate, StoredPlan},
};

use super::{
    error::Error,
    expiry::CaWarning,
    opening::{Appliance, now},
    provisioning::requested_subject,
};

/// A CA, and how far it has come.
#[derive(Clone, Debug)]
pub struct Authority {
    /// What the register holds of it.
    pub record: AuthorityRecord,
    /// How far it has come.
    pub stage: Stage,
    /// What of it ends soon.
    pub warnings: Vec<CaWarning>,
    /// The CA that has taken its place.
    pub succeeded_by: Option<String>,
    /// Its other certificates, the last recorded one first: those that it issued under before, and those beside.
    pub others: Vec<InstalledCertificate>,
    /// How its key came from outside; `None` where it was made in the token.
    pub from_outside: Option<Printable>,
}

/// How far a CA has come.
#[derive(Clone, Debug, PartialEq)]
pub enum Stage {
    /// It has its certificate and issues.
    Issues,
    /// It has its request and waits for the certificate of a superior CA.
    Requested,
    /// It is a root whose making was interrupted: this plan of its certificate is to be signed.
    Unfinished(Box<StoredPlan>),
    /// It is a root whose making was interrupted before its certificate was planned: its name and key stay unused.
    Abandoned,
}

impl Authority {
    /// Its subject: that of its certificate, else the requested one; none where there is neither.
    #[must_use]
    pub fn subject(&self) -> Option<Printable> {
        let requested = || requested_subject(self.record.request.as_deref()?).ok();
        let certified = self.record.certificate.as_ref().map(|(own, _)| own.subject().clone());
        certified.or_else(requested).map(|subject| subject.to_printable())
    }
}

impl Appliance {
    /// All CAs and how far they have come, in the order they were made.
    ///
    /// # Errors
    /// [`Error::Register`].
    pub fn standings(&self) -> Result<Vec<Authority>, Error> {
        self.authorities()?.into_iter().map(|record| self.standing(record)).collect()
    }

    /// How far the CA of this name has come.
    ///
    /// # Errors
    /// [`Error::Authority`] where there is none, [`Error::Register`].
    pub fn standing_of(&self, name: &str) -> Result<Authority, Error> {
        self.standing(self.authority(name)?)
    }

    fn standing(&self, record: AuthorityRecord) -> Result<Authority, Error> {
        let stage = if record.certificate.is_some() {
            Stage::Issues
        } else if record.request.is_some() {
            Stage::Requested
        } else {
            self.unfinished_root(&record.name)?
                .map_or(Stage::Abandoned, |plan| Stage::Unfinished(Box::new(plan)))
        };
        let warnings = self.ending(&record, now()?);
        let succeeded_by = self.successor(&record.name)?;
        let in_use = record.certificate.as_ref().map(|(own, _)| own.sha256());
        let mut others = self.register.certificates_of(&record.name)?;
        others.retain(|one| Some(one.certificate.sha256()) != in_use);
        let from_outside = self.adoption_told(&record.name)?;
        Ok(Authority { record, stage, warnings, succeeded_by, others, from_outside })
    }
}
