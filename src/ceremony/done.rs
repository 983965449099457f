//! What was done since a moment: what a closing says of the day.

use crate::{pki::time::Time, register::Deeds, token::session::Session};

use super::{
    error::Error,
    opening::{Appliance, now},
};

/// The register as it stood when work began.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Beginning {
    /// Its newest entry then, from 1.
    pub entry: u64,
    /// When that was looked at, by the host's clock.
    pub at: Time,
}

/// What was done since a beginning.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DoneSince {
    /// The beginning.
    pub beginning: Beginning,
    /// What was recorded after its entry.
    pub deeds: Deeds,
}

/// Whether the audit key signed all that was done.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum HeadSignature {
    /// There is no audit key yet: it is made with the first CA.
    NoAuditKey,
    /// The newest entry is a checkpoint.
    Signed,
    /// Something was recorded after the newest checkpoint.
    Wanting,
}

impl Appliance {
    /// The register as it stands now, for [`Appliance::done_since`].
    ///
    /// # Errors
    /// [`Error::Register`]; [`Error::Usage`] where the clock stands outside the years that certificates know.
    pub fn beginning(&self) -> Result<Beginning, Error> {
        Ok(Beginning { entry: self.register.head()?.entry, at: now()? })
    }

    /// What was recorded since a beginning, by whichever face.
    ///
    /// # Errors
    /// [`Error::Register`].
    pub fn done_since(&self, beginning: Beginning) -> Result<DoneSince, Error> {
        Ok(DoneSince { beginning, deeds: self.register.deeds_since(beginning.entry)? })
    }

    /// Signs the register's head with the audit key and records the checkpoint, so that a day ends with a head that
    /// nobody can rewrite unseen. Nothing is signed where the newest entry is such a checkpoint already.
    ///
    /// # Errors
    /// [`Error::Authority`] where authority.toml names no audit key, or a CA's key as such; [`Error::Token`];
    /// [`Error::TokenOutput`]; [`Error::Register`].
    pub fn sign_newest(&mut self, session: &Session) -> Result<(), Error> {
        match self.head_signature()? {
            HeadSignature::Signed => Ok(()),
            HeadSignature::NoAuditKey | HeadSignature::Wanting => self.sign_head(session),
        }
    }

    /// Whether the register's head is signed, or can be. A checkpoint is an entry too: it signs all before itself.
    pub(super) fn head_signature(&self) -> Result<HeadSignature, Error> {
        let head = self.register.head()?.entry;
        let signed = self.register.last_checkpoint()?.map(|(checkpoint, _)| checkpoint.head.entry);
        Ok(if signed.is_some_and(|signed| signed + 1 >= head) {
            HeadSignature::Signed
        } else if self.configuration.audit_key_uri().is_some() {
            HeadSignature::Wanting
        } else {
            HeadSignature::NoAuditKey
        })
    }
}
