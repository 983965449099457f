//! Approval of a CRL: by its words, which an officer typed, or by the command that names it.

use crate::register::CrlOrigin;

use super::{super::error::Error, PreparedCrl};

/// What approval of a CRL rests on.
#[derive(Clone, Copy, Debug)]
pub enum CrlApproval<'a> {
    /// The officer's command names the CA; the PIN is given after the CRL's words were shown.
    Command,
    /// The words that an officer typed.
    Words(&'a str),
}

/// A CRL that was approved and may be signed. Made from a [`PreparedCrl`] only.
#[derive(Clone, Debug)]
pub struct ApprovedCrl {
    pub(super) prepared: PreparedCrl,
    pub(super) origin: CrlOrigin,
}

impl PreparedCrl {
    /// Approves exactly this CRL.
    ///
    /// # Errors
    /// [`Error::NotApproved`] where other words were typed.
    pub fn approve(&self, given: CrlApproval<'_>) -> Result<ApprovedCrl, Error> {
        let origin = match given {
            CrlApproval::Command => CrlOrigin::Command,
            CrlApproval::Words(words) if self.stored.tbs_sha256.matches_words(words) => CrlOrigin::Words,
            CrlApproval::Words(_) => {
                return Err(Error::NotApproved {
                    what: format!("the words are not those of {}", self.id()),
                    hint: "compare them with those on the screen, and type all of them".to_owned(),
                });
            }
        };
        Ok(ApprovedCrl { prepared: self.clone(), origin })
    }
}

impl ApprovedCrl {
    /// The CRL.
    #[must_use]
    pub fn prepared(&self) -> &PreparedCrl {
        &self.prepared
    }
}
