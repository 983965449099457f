//! What can go wrong with the register, each with what to do about it.

use std::{
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use thiserror::Error;

use super::journal::Head;
use crate::pki::{crl::succession::SuccessionError, text::Printable};

/// A fault of the register or of what was asked of it.
#[derive(Debug, Error)]
pub enum Error {
    /// The certificate was recorded before; nothing of the group was recorded now.
    #[error("certificate {index} of plan {plan} is issued already")]
    AlreadyIssued {
        /// The plan's id.
        plan: String,
        /// The certificate's place in the plan.
        index: u64,
    },
    /// There is an authority of that name or with that key.
    #[error("the authority {0} exists already")]
    AuthorityExists(String),
    /// There is no authority of that name.
    #[error("there is no authority {0}")]
    AuthorityUnknown(String),
    /// A certificate for another key than the authority's.
    #[error("the certificate is not for the key of {0}")]
    CertificateForOtherKey(String),
    /// The certificate that is to issue is not the authority's.
    #[error("the certificate that is to issue is not installed for {0}")]
    CertificateNotInstalled(String),
    /// The checkpoint's signature does not verify, or its head is not in the journal.
    #[error("the checkpoint cannot be recorded: {0}")]
    Checkpoint(String),
    /// What the register holds contradicts itself, or the file is damaged.
    #[error("the register is damaged: {0}")]
    Damaged(String),
    /// `SQLite` refused, for a reason that has no name of its own here.
    #[error("the register cannot be used: {0}")]
    Database(String),
    /// No room for what was to be recorded.
    #[error("the disk that holds the register is full")]
    DiskFull,
    /// A register stands where one was to be made.
    #[error("{} exists already", shown(.0))]
    Exists(PathBuf),
    /// The file is not a register.
    #[error("{} is not a coldsign register", shown(.0))]
    Foreign(PathBuf),
    /// Another process writes the register.
    #[error("another coldsign has the register open")]
    InUse,
    /// The system refused.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A planned key is certified already, and the plan's profile refuses that.
    #[error("the key of certificate {index} of plan {plan} ({source_name}) is certified by another request")]
    KeyCertified {
        /// The plan's id.
        plan: String,
        /// The certificate's place in the plan.
        index: u64,
        /// Where its request came from, harmless.
        source_name: String,
    },
    /// The register was written by a later coldsign.
    #[error("the register has format {found}; this coldsign knows format {known}")]
    Newer {
        /// The file's format.
        found: i64,
        /// The format of this program.
        known: i64,
    },
    /// The register was written by an earlier coldsign.
    #[error("the register has format {found}; this coldsign writes format {known}")]
    Older {
        /// The file's format.
        found: i64,
        /// The format of this program.
        known: i64,
    },
    /// There is no such file.
    #[error("there is no register at {}", shown(.0))]
    NotFound(PathBuf),
    /// A plan has no certificate with that index.
    #[error("plan {plan} has no certificate {index}")]
    NotPlanned {
        /// The plan's id.
        plan: String,
        /// The index asked for.
        index: u64,
    },
    /// The words typed are not those for an older register.
    #[error("these are not the words for going on from this older register")]
    OlderWords,
    /// The beginning of an id fits several plans.
    #[error("several plans begin with {0}")]
    PlanAmbiguous(String),
    /// A plan that was stored before an older register was accepted is approved by its words alone.
    #[error(
        "plan {plan} was stored before an older register was accepted (entry {accepted}): what it names may be out already"
    )]
    PlanBeforeOlder {
        /// The plan's id.
        plan: String,
        /// The entry.
        accepted: u64,
    },
    /// A request could not be added before, so the plan would lack it.
    #[error("the plan is not whole: a request could not be added to it")]
    PlanBroken,
    /// The plan of a CA's own certificate is gone on with.
    #[error("plan {0} is for a CA's own certificate and cannot be withdrawn")]
    PlanNotWithdrawable(String),
    /// A plan of which something is signed is not withdrawn.
    #[error("plan {0} has signatures and cannot be withdrawn")]
    PlanSigned(String),
    /// More requests than one plan holds.
    #[error("a plan holds at most {} requests", super::PLAN_REQUESTS_MAX)]
    PlanTooLarge,
    /// There is no such plan.
    #[error("there is no plan {0}")]
    PlanUnknown(String),
    /// The plan was put away.
    #[error("plan {0} was withdrawn")]
    PlanWithdrawn(String),
    /// The register's file or folder cannot be written.
    #[error("the register cannot be written")]
    ReadOnly,
    /// The register is not the latest: the token has seen an entry that it does not hold.
    #[error("{}", behind(.ends, .seen))]
    RegisterBehind {
        /// Its newest entry.
        ends: Head,
        /// The entry that the token has seen.
        seen: Head,
    },
    /// A revocation or a CRL that is not taken.
    #[error(transparent)]
    Revocation(#[from] super::RevocationError),
    /// The same serial number was drawn before.
    #[error("the serial number {0} is in the register already")]
    SerialUsed(String),
    /// The caller stopped the audit.
    #[error("the audit was stopped")]
    Stopped,
    /// A signed certificate's octets are not those that were planned.
    #[error("certificate {index} of plan {plan} does not have the planned octets")]
    UnplannedOctets {
        /// The plan's id.
        plan: String,
        /// The certificate's place in the plan.
        index: u64,
    },
    /// Unattended approval of a plan whose profile does not let scripts issue.
    #[error("the profile {0} does not allow issuing without a typed approval")]
    UnattendedNotAllowed(String),
    /// A withdrawal without a reason, or with a long one.
    #[error("a withdrawal wants a reason of 1 to {} characters", super::REASON_CHARS_MAX)]
    WithdrawalReason,
    /// The words typed are not those of the plan's digest.
    #[error("the words are not those of plan {0}")]
    Words(String),
}

impl Error {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::AlreadyIssued { .. } => "sign the plan again: it goes on with what is not issued yet",
            Self::AuthorityExists(_) => "choose another name, or see `ca list`",
            Self::AuthorityUnknown(_) => "see `ca list` for the names there are",
            Self::CertificateForOtherKey(_) => {
                "install the certificate that was made for the request of this authority"
            }
            Self::CertificateNotInstalled(_) => "install it with `ca install` first",
            Self::Checkpoint(_) => "check that the audit key is the one that was set up",
            Self::Damaged(_) => {
                "stop, keep the file as it is, audit it (`register audit`), and compare with a copy"
            }
            Self::Database(_) => "check the disk and audit the register (`register audit`)",
            Self::DiskFull => "make room on that disk and begin again; what was recorded is safe",
            Self::Exists(_) => "choose another home, or use the register that is there",
            Self::Foreign(_) => "start with the right home (--home DIR); the file was left as it is",
            Self::InUse => "wait until it has finished, or end it",
            Self::Io { .. } => "check the folder, its owner and the disk",
            Self::KeyCertified { .. } => "plan the batch again: the request will be refused by name",
            Self::Newer { .. } => "use the coldsign that wrote it, or a later one",
            Self::NotFound(_) => "set up a home first, or start with the right one (--home DIR)",
            Self::NotPlanned { .. } | Self::PlanUnknown(_) => "see `register list` for the plans there are",
            Self::Older { .. } => {
                "go on with the coldsign that wrote it, or set up a new home for new CAs; nothing was changed"
            }
            Self::OlderWords => "read where both end and what is lost between, then type all twelve words",
            Self::PlanAmbiguous(_) => "give more of the id",
            Self::PlanBeforeOlder { .. } => {
                "look for its certificates among the bundles that went out: if any is there, leave or withdraw it and plan the \
                 requests anew; if none is, approve it by its words (coldsign approve)"
            }
            Self::PlanBroken => "plan the batch again; nothing of this plan was recorded",
            Self::PlanNotWithdrawable(_) => {
                "go on with it (coldsign sign PLAN, or under Authorities), or leave it as it is"
            }
            Self::PlanSigned(_) => "sign and deliver it, then revoke what is not wanted",
            Self::PlanTooLarge => "split the batch",
            Self::PlanWithdrawn(_) => "plan the requests again",
            Self::ReadOnly => "check the owner of the home and that its disk is mounted for writing",
            Self::RegisterBehind { .. } => {
                "bring the latest copy of the register; or, where it is lost, accept this one by its words (coldsign register accept-older)"
            }
            Self::Revocation(error) => error.hint(),
            Self::SerialUsed(_) => "check the random number generator: this does not happen by chance",
            Self::Stopped => "run it again to the end",
            Self::UnplannedOctets { .. } => "stop: the certificate was signed outside of this plan",
            Self::UnattendedNotAllowed(_) => "approve with the words of the plan",
            Self::WithdrawalReason => "say in a few words why the plan is not wanted",
            Self::Words(_) => "read the words from the plan that is to be approved and type all twelve",
        }
    }

    /// Names what was tried on the file system.
    pub(super) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}

/// How a register differs from what its token has seen.
fn behind(ends: &Head, seen: &Head) -> String {
    if seen.entry > ends.entry {
        format!("this register ends at entry {}; the token has seen entry {}", ends.entry, seen.entry)
    } else {
        format!("entry {} of this register is not the one that the token has seen", seen.entry)
    }
}

/// A path of this machine, harmless in a message.
pub(super) fn shown(path: &Path) -> Printable {
    Printable::from_octets(path.as_os_str().as_bytes())
}

impl From<SuccessionError> for Error {
    fn from(error: SuccessionError) -> Self {
        Self::Revocation(error.into())
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{
            DatabaseBusy, DatabaseCorrupt, DatabaseLocked, DiskFull, NotADatabase, ReadOnly,
        };
        match &error {
            // The shared index of the log could not be given its first pages.
            rusqlite::Error::SqliteFailure(failure, _)
                if failure.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE =>
            {
                Self::DiskFull
            }
            rusqlite::Error::SqliteFailure(failure, _) => match failure.code {
                DatabaseBusy | DatabaseLocked => Self::InUse,
                DatabaseCorrupt | NotADatabase => Self::Damaged(error.to_string()),
                DiskFull => Self::DiskFull,
                ReadOnly => Self::ReadOnly,
                _ => Self::Database(error.to_string()),
            },
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::QueryReturnedNoRows
            | rusqlite::Error::Utf8Error(..) => Self::Damaged(error.to_string()),
            _ => Self::Database(error.to_string()),
        }
    }
}
