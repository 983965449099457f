//! What can go wrong in a ceremony, as a pair for people and a class for scripts.

use thiserror::Error;

use crate::{
    config,
    export::format::FormatError,
    media,
    pki::{
        naming::table::TableError,
        platform::{Platform, PlatformError},
        text::{Printable, size},
    },
    register::{self, StoredPlan},
    token,
};

use super::{
    closing::Remaining,
    inspection::Counts,
    issuance::{Issued, so_far},
    reasons::Reasons,
};

/// Which part of the house an error belongs to; each class has its own exit code on the command line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Class {
    /// Usage or configuration.
    Configuration,
    /// The token, its module or a PIN.
    Token,
    /// The medium: reading requests or writing bundles.
    Medium,
    /// The register.
    Register,
    /// Every request was refused; nothing was stored.
    NoneAccepted,
    /// Something was to be signed that nobody approved.
    NotApproved,
    /// The operator stopped the work; what was done is recorded.
    Stopped,
}

/// An error of a ceremony: [`std::fmt::Display`] says what is wrong, [`Error::hint`] what to do.
#[derive(Debug, Error)]
pub enum Error {
    /// The authority cannot issue as asked.
    #[error("{what}")]
    Authority {
        /// What is wrong.
        what: String,
        /// What to do.
        hint: String,
    },
    /// A bundle has its name on the medium, whole as far as anybody can see; what was to follow failed.
    #[error("{failure}; folder {folder} {wanting}, and is not recorded as delivered")]
    BundleStands {
        /// What failed.
        failure: Box<Error>,
        /// The bundle's folder on the medium.
        folder: String,
        /// What was not done with it.
        wanting: Wanting,
        /// The command that delivers it again.
        again: String,
    },
    /// A form of delivery that is not known.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// authority.toml is not sound.
    #[error(transparent)]
    Configuration(#[from] config::Error),
    /// A medium cannot be read or written.
    #[error(transparent)]
    Medium(#[from] media::Error),
    /// What was read back from the medium is not what was written.
    #[error("{path}: read back, it is not what was written")]
    MediumAltered {
        /// The file, relative to the bundle.
        path: String,
    },
    /// A medium failed in the middle of the work.
    #[error("{failure}; {what}")]
    MediumFailed {
        /// How it failed.
        failure: media::Error,
        /// What is safe, and what is not done.
        what: String,
        /// What to do.
        hint: String,
    },
    /// Nothing on the medium is a request, or looks like one.
    #[error("there are no requests under the given paths")]
    NoRequests,
    /// Every request was refused or skipped, so there is nothing to plan.
    #[error(
        "no request was accepted: {} refused, {} skipped{reasons}; nothing was stored",
        .counts.refused, .counts.skipped
    )]
    NoneAccepted {
        /// How many there were.
        counts: Counts,
        /// Why.
        reasons: Reasons,
    },
    /// The plan was not approved, or the typed words are not its words.
    #[error("{what}")]
    NotApproved {
        /// What is wrong.
        what: String,
        /// What to do.
        hint: String,
    },
    /// A platform would refuse the CA, the code or the proof.
    #[error(transparent)]
    Platform(#[from] PlatformError),
    /// The plan of a proof is stored and approved; it was not signed, or not delivered.
    #[error("{failure}; the verification certificate is {}", match .remaining {
        Remaining::Delivery => "issued, and not delivered",
        Remaining::Approval | Remaining::Signing => "planned, and not issued",
    })]
    ProofUnfinished {
        /// What failed.
        failure: Box<Error>,
        /// The plan to go on with.
        plan: Box<StoredPlan>,
        /// Whose form it is delivered in.
        platform: Platform,
        /// What is to be done with it first.
        remaining: Remaining,
    },
    /// The register refused or failed.
    #[error(transparent)]
    Register(#[from] register::Error),
    /// A request is read again, and is not what it was.
    #[error("{path}: {what}")]
    RequestChanged {
        /// The request's source.
        path: Printable,
        /// In what it differs.
        what: String,
    },
    /// Signing ended before its end.
    #[error("{}", ended(.failure, .plan, *.of, .issued))]
    SigningEnded {
        /// Why.
        failure: Box<Error>,
        /// The plan's id.
        plan: String,
        /// Certificates of the plan.
        of: u64,
        /// How far it came.
        issued: Box<Issued>,
    },
    /// The operator stopped the work.
    #[error("stopped by the operator; {what}")]
    Stopped {
        /// What is done and recorded, and what is not.
        what: String,
        /// How to go on.
        hint: String,
    },
    /// A table of devices is not sound.
    #[error("{path}: {error}")]
    Table {
        /// The file.
        path: Printable,
        /// What is wrong with it.
        error: TableError,
    },
    /// The token refused or failed.
    #[error(transparent)]
    Token(#[from] token::error::Error),
    /// The token made something that does not verify.
    #[error("{what}")]
    TokenOutput {
        /// What is wrong.
        what: String,
        /// What to do.
        hint: String,
    },
    /// More requests, or longer names, than one table holds.
    #[error(
        "the medium holds more than {rows_max} requests, or {} of names and subjects",
        size(*.text_octets_max as u64)
    )]
    TooManyRequests {
        /// Most requests.
        rows_max: usize,
        /// Most octets of names and subjects.
        text_octets_max: usize,
    },
    /// The command cannot be carried out as given.
    #[error("{what}")]
    Usage {
        /// What is wrong.
        what: String,
        /// What to do.
        hint: String,
    },
}

/// What was not done with a bundle that has its name on the medium.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Wanting {
    /// It was not read back whole, or is not what was written.
    Proof,
    /// It was read back and compared; the register did not take the delivery.
    Record,
}

impl std::fmt::Display for Wanting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Proof => "was not read back whole",
            Self::Record => "was read back and compared",
        })
    }
}

/// What an error leaves behind: the faces show it, and go on from there.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Aftermath {
    /// A folder stands on the medium that looks like a bundle and is not recorded as delivered.
    BundleStands(String),
    /// Nothing was begun, because the form of this name cannot be had.
    FormImpossible(&'static str),
    /// Nothing beyond what the error itself tells.
    #[default]
    Nothing,
    /// The plan of a proof is there to go on with.
    Proof {
        /// The plan.
        plan: Box<StoredPlan>,
        /// Whose form it is delivered in.
        platform: Platform,
        /// What is to be done with it first.
        remaining: Remaining,
    },
    /// A plan is signed in part, or not at all.
    Signing {
        /// Certificates of the plan that are issued and recorded.
        recorded: u64,
        /// Certificates that are signed and in hand, not recorded.
        unrecorded: u64,
    },
}

/// What ended a signing and how far it had come.
fn ended(failure: &Error, plan: &str, of: u64, issued: &Issued) -> String {
    let mut text = failure.to_string();
    // A stop says so itself.
    if !matches!(failure, Error::Stopped { .. }) {
        text = format!("{text}; {}", so_far(plan, issued.all, of));
    }
    if issued.unrecorded > 0 {
        text = format!("{text}, {} more are signed and could not be recorded", issued.unrecorded);
    }
    match issued.head.wanting() {
        Some((wanting, _)) => format!("{text}; {wanting}"),
        None => text,
    }
}

impl Error {
    /// The class, for the exit code.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::Register(register::Error::Revocation(error)) if error.is_a_slip() => Class::Configuration,
            // A plan that was never made, or cannot be withdrawn, is a slip of the hand, not a fault of the register.
            Self::Authority { .. }
            | Self::Configuration(_)
            | Self::Format(_)
            | Self::Platform(_)
            | Self::Register(
                register::Error::PlanAmbiguous(_)
                | register::Error::PlanNotWithdrawable(_)
                | register::Error::PlanSigned(_)
                | register::Error::PlanUnknown(_)
                | register::Error::WithdrawalReason,
            )
            | Self::Usage { .. } => Class::Configuration,
            Self::Medium(_)
            | Self::MediumAltered { .. }
            | Self::MediumFailed { .. }
            | Self::NoRequests
            | Self::RequestChanged { .. }
            | Self::Table { .. }
            | Self::TooManyRequests { .. } => Class::Medium,
            Self::BundleStands { failure, .. }
            | Self::ProofUnfinished { failure, .. }
            | Self::SigningEnded { failure, .. } => failure.class(),
            Self::NoneAccepted { .. } => Class::NoneAccepted,
            Self::NotApproved { .. } | Self::Register(register::Error::PlanWithdrawn(_)) => {
                Class::NotApproved
            }
            Self::Register(_) => Class::Register,
            Self::Stopped { .. } => Class::Stopped,
            Self::Token(_) | Self::TokenOutput { .. } => Class::Token,
        }
    }

    /// What to do.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::BundleStands { failure, wanting, again, .. } => {
                let first = match wanting {
                    Wanting::Proof => "do not hand it over".to_owned(),
                    Wanting::Record => failure.hint(),
                };
                format!(
                    "{first}: remove the folder or use another medium, then deliver it again ({again}); \
                     everything issued is in the register"
                )
            }
            Self::Configuration(error) => error.hint(),
            Self::Format(error) => error.hint(),
            Self::Platform(error) => error.hint().to_owned(),
            Self::Medium(error) => error.hint().to_string(),
            Self::NoRequests => {
                "check that the right medium is mounted, and name the folder with the requests".to_owned()
            }
            Self::NoneAccepted { reasons, .. } => {
                format!("{}; coldsign inspect PATH says of each request what is wrong", reasons.hint())
            }
            Self::MediumAltered { .. } => {
                "use another medium; everything issued is in the register".to_owned()
            }
            Self::ProofUnfinished { failure, plan, platform, remaining } => {
                let deliver = format!("coldsign deliver {} --to DIR --for {}", plan.id, platform.name());
                let way = match remaining {
                    Remaining::Delivery => deliver,
                    Remaining::Approval | Remaining::Signing => {
                        format!("coldsign sign {}, then {deliver}", plan.id)
                    }
                };
                format!("{}; then go on with this plan ({way})", failure.hint())
            }
            Self::Register(error) => error.hint().to_string(),
            Self::SigningEnded { failure, plan, issued, .. } if issued.unrecorded > 0 => format!(
                "{}, and sign the plan again (coldsign sign {plan}); while the program stays open, what it has in \
                 hand is recorded first and not signed anew",
                failure.hint()
            ),
            Self::SigningEnded { failure, .. } => failure.hint(),
            Self::Table { error, .. } => error.hint().to_owned(),
            Self::Token(error) => error.hint().to_string(),
            Self::RequestChanged { .. } => {
                "put the medium back in that was read, or read the requests anew".to_owned()
            }
            Self::TooManyRequests { .. } => {
                "split the medium's content over several batches, or use shorter names".to_owned()
            }
            Self::Authority { hint, .. }
            | Self::MediumFailed { hint, .. }
            | Self::NotApproved { hint, .. }
            | Self::Stopped { hint, .. }
            | Self::TokenOutput { hint, .. }
            | Self::Usage { hint, .. } => hint.clone(),
        }
    }

    /// What it leaves behind.
    #[must_use]
    pub fn aftermath(&self) -> Aftermath {
        match self {
            Self::BundleStands { folder, .. } => Aftermath::BundleStands(folder.clone()),
            Self::Format(FormatError::Impossible { form, .. }) => Aftermath::FormImpossible(form),
            Self::ProofUnfinished { plan, platform, remaining, .. } => {
                Aftermath::Proof { plan: plan.clone(), platform: *platform, remaining: *remaining }
            }
            Self::SigningEnded { issued, .. } => {
                Aftermath::Signing { recorded: issued.all, unrecorded: issued.unrecorded }
            }
            _ => Aftermath::Nothing,
        }
    }

    /// A file of the medium is not what was written.
    #[must_use]
    pub fn altered(path: &str) -> Self {
        Self::MediumAltered { path: path.to_owned() }
    }

    /// Says of a medium's failure what it left done and undone; every other error stays as it is.
    #[must_use]
    pub fn amid(self, what: &str) -> Self {
        match self {
            Self::Medium(failure) => {
                let hint = failure.hint().to_owned();
                Self::MediumFailed { failure, what: what.to_owned(), hint }
            }
            other => other,
        }
    }

    /// A usage error.
    #[must_use]
    pub fn usage(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Usage { what: what.into(), hint: hint.into() }
    }

    /// An error about an authority.
    #[must_use]
    pub fn authority(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Authority { what: what.into(), hint: hint.into() }
    }
}
