//! What the worker is asked to do, and what it answers.

pub mod authorities;
pub mod proving;
pub mod register;
pub mod tokens;

use std::{path::PathBuf, time::Duration};

use crate::ceremony::{
    Check, Closing, Counts, Delivered, FolderListing, Format, HomeState, Issued, Overview, StoredPlan,
};

use super::model::OnBack;
use authorities::{AuthorityJob, AuthorityNews};
use proving::{ProvingJob, ProvingNews};
use register::{RegisterJob, RegisterNews};
use tokens::{TokenJob, TokenNews};

/// A job for the worker. It carries no secret: PINs come by the PIN door.
#[derive(Clone, Debug)]
pub enum Job {
    /// Looks over the host, the home and the register.
    CheckSelf,
    /// Opens the home for work.
    OpenHome,
    /// Makes a home.
    SetUp {
        /// The PKCS#11 module's path.
        module: PathBuf,
        /// The token's label.
        token: String,
        /// What the home is for.
        kind: HomeKind,
    },
    /// Logs the token out.
    LogOut,
    /// Lists a folder of a medium.
    ListFolder(PathBuf),
    /// The CAs that can issue and the profiles there are.
    Choices,
    /// Reads, judges and plans.
    Plan {
        /// The CA's name.
        ca: String,
        /// The profile's name.
        profile: String,
        /// What is read.
        paths: Vec<PathBuf>,
    },
    /// Records an approval by the words typed.
    Approve {
        /// The plan.
        plan: StoredPlan,
        /// The words, as typed.
        words: String,
    },
    /// Signs what is planned and approved.
    Sign(StoredPlan),
    /// Writes the bundle and reads it back.
    Deliver {
        /// The plan.
        plan: StoredPlan,
        /// The folder on the medium.
        to: PathBuf,
        /// The forms besides PEM.
        formats: Vec<Format>,
    },
    /// What closing shows.
    Close,
    /// Does something for a CA.
    Authority(AuthorityJob),
    /// Does something with a module or a token.
    Token(TokenJob),
    /// Looks something up in the register.
    Register(RegisterJob),
    /// Proves a CA to a platform.
    Proving(ProvingJob),
}

/// What a home is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum HomeKind {
    /// For live work.
    Live,
    /// For rehearsals.
    Rehearsal,
}

/// A profile to choose.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProfileChoice {
    /// Its name.
    pub name: String,
    /// What it makes, in a few words.
    pub summary: String,
}

/// What the worker answers.
#[derive(Debug)]
pub enum News {
    /// The self-check's findings.
    SelfChecked {
        /// What was looked at.
        checks: Vec<Check>,
        /// Whether there is a home.
        home: HomeState,
    },
    /// The home is open, or was looked at again.
    Opened {
        /// What the frame shows of it.
        overview: Overview,
        /// The token is logged out when nobody pressed a key for so long.
        lock_after: Duration,
    },
    /// The home was made.
    SetUp,
    /// The token is logged out.
    LoggedOut,
    /// A folder's entries.
    Folder(FolderListing),
    /// CAs and profiles.
    Choices {
        /// Names of the CAs that can issue.
        authorities: Vec<String>,
        /// The profiles.
        profiles: Vec<ProfileChoice>,
    },
    /// A plan was stored.
    Planned {
        /// The plan.
        plan: StoredPlan,
        /// The counts of the reading.
        counts: Counts,
    },
    /// The plan is approved.
    Approved(StoredPlan),
    /// The plan is signed and recorded.
    Signed(Issued),
    /// The bundle was written and read back.
    Delivered(Delivered),
    /// What closing shows.
    Closing(Closing),
    /// What was found or done for a CA.
    Authority(AuthorityNews),
    /// What was found or done with a module or a token.
    Token(TokenNews),
    /// What the register holds.
    Register(RegisterNews),
    /// Of proving a CA to a platform.
    Proving(ProvingNews),
}

impl Job {
    /// What Esc does while it is in hand.
    #[must_use]
    pub fn on_back(&self) -> OnBack {
        match self {
            Self::Plan { .. } => OnBack::Stop,
            _ => OnBack::Wait,
        }
    }

    /// What is being done, for the frame.
    #[must_use]
    pub fn words(&self) -> &'static str {
        match self {
            Self::CheckSelf => "checking this machine",
            Self::OpenHome => "opening the home",
            Self::SetUp { .. } => "making the home",
            Self::LogOut => "logging the token out",
            Self::ListFolder(_) => "listing the folder",
            Self::Choices => "looking for CAs and profiles",
            Self::Plan { .. } => "reading, judging and planning",
            Self::Approve { .. } => "recording the approval",
            Self::Sign(_) => "signing",
            Self::Deliver { .. } => "writing and reading back",
            Self::Close => "closing",
            Self::Authority(job) => job.words(),
            Self::Token(job) => job.words(),
            Self::Register(job) => job.words(),
            Self::Proving(job) => job.words(),
        }
    }
}
