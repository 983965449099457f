//! What was done since a moment: what a closing says of the day.

use std::sync::Arc;

use crate::{pki::time::Time, register::Deeds, token::session::Session};

use super::{
    error::Error,
    mark::Marked,
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

/// What became of the register's head after work that stands and is recorded, whatever became of the head.
#[derive(Clone, Debug)]
pub enum HeadAfter {
    /// Nobody tried to sign it: there is no audit key, or the work itself had failed.
    Left,
    /// The audit key signed it. The token keeps a new mark of it: it had lost the one from before, so that nothing told
    /// whether this register was the latest.
    Remarked,
    /// The audit key signed it.
    Signed,
    /// The audit key signed it; the token keeps no mark of it.
    Unmarked(Arc<Error>),
    /// The audit key was to sign it and could not. The next signing, delivery or closing does.
    Unsigned(Arc<Error>),
}

impl HeadAfter {
    /// Why the head is not signed, or not marked, where it was to be.
    #[must_use]
    pub fn failure(&self) -> Option<&Error> {
        match self {
            Self::Left | Self::Remarked | Self::Signed => None,
            Self::Unmarked(error) | Self::Unsigned(error) => Some(error),
        }
    }

    /// What is wanting, and what to do about it, where anything is.
    #[must_use]
    pub fn wanting(&self) -> Option<(String, String)> {
        match self {
            Self::Left | Self::Signed => None,
            Self::Remarked => Some((
                "the token had lost its mark of this register, and keeps a new one from now on".to_owned(),
                "compare the register's head with the one that was noted at the last closing: an older copy would not \
                 have been noticed"
                    .to_owned(),
            )),
            Self::Unmarked(error) => Some((error.to_string(), error.hint())),
            Self::Unsigned(error) => Some((
                format!("the register's head is not signed: {error}"),
                format!(
                    "{}; the next sign or deliver signs the head, also of a plan that is done",
                    error.hint()
                ),
            )),
        }
    }
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
    /// nobody can rewrite unseen, and which the token remembers. Nothing is signed where the newest entry is such a
    /// checkpoint already. What became of it is never [`HeadAfter::Unmarked`] or [`HeadAfter::Unsigned`].
    ///
    /// # Errors
    /// [`Error::Authority`] where authority.toml names no audit key, or a CA's key as such; [`Error::Token`];
    /// [`Error::TokenOutput`]; [`Error::Register`].
    pub fn sign_newest(&mut self, session: &Session) -> Result<HeadAfter, Error> {
        if self.head_signature()? == HeadSignature::NoAuditKey {
            return self.sign_head(session).map(|()| HeadAfter::Signed);
        }
        match self.sign_and_mark(session)? {
            Marked::Anew => Ok(HeadAfter::Remarked),
            Marked::Kept => Ok(HeadAfter::Signed),
            Marked::Refused(error) => Err(error),
        }
    }

    /// Signs the head after work that is recorded. That it fails undoes nothing of the work, so it is no error of it.
    pub(super) fn close_head(&mut self, session: &Session) -> HeadAfter {
        let signed = match self.head_signature() {
            Ok(HeadSignature::NoAuditKey) => return HeadAfter::Left,
            Ok(HeadSignature::Signed | HeadSignature::Wanting) => self.sign_and_mark(session),
            Err(error) => Err(error),
        };
        match signed {
            Ok(Marked::Anew) => HeadAfter::Remarked,
            Ok(Marked::Kept) => HeadAfter::Signed,
            Ok(Marked::Refused(error)) => HeadAfter::Unmarked(Arc::new(error)),
            Err(error) => HeadAfter::Unsigned(Arc::new(error)),
        }
    }

    pub(super) fn sign_unsigned_head(&mut self, session: &Session) -> Result<(), Error> {
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
