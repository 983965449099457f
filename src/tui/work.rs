//! What the worker is asked to do, and what it answers.

pub mod adoption;
pub mod authorities;
pub mod block_lists;
pub mod ca_life;
pub mod proving;
pub mod register;
pub mod revocation;
pub mod tokens;

use std::{path::PathBuf, sync::Arc, time::Duration};

use crate::ceremony::{
    BundleReport, Check, Closing, Delivered, Detail, DoneSince, Estimate, FolderContents, FolderListing,
    FormObstacle, Format, FoundBy, HomeState, Issued, Order, Overview, PlanSummary, Planned, PlannedRow,
    Reading, Rehearsal, RevokedSince, Seen, Space, StoredPlan, UnfinishedWork,
};

use super::model::OnBack;
use adoption::{AdoptionJob, AdoptionNews};
use authorities::{AuthorityJob, AuthorityNews};
use block_lists::{BlockListJob, BlockListNews};
use ca_life::{CaLifeJob, CaLifeNews};
use proving::{ProvingJob, ProvingNews};
use register::{RegisterJob, RegisterNews};
use revocation::{RevocationJob, RevocationNews};
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
        /// Its serial number, where another token has the same label.
        serial: Option<String>,
        /// What the home is for.
        kind: Rehearsal,
    },
    /// Logs the token out.
    LogOut,
    /// Lists a folder of a medium.
    ListFolder(PathBuf),
    /// The CAs that can issue and the profiles there are.
    Choices,
    /// Reads and judges, and changes nothing.
    Read(Asked),
    /// Makes an order of the requests that were read; afterwards it is there at once.
    PutInOrder {
        /// What was read.
        reading: Arc<Reading>,
        /// The order.
        order: Order,
    },
    /// Reads one request again, with all that is found in it.
    Detail {
        /// What was read.
        reading: Arc<Reading>,
        /// Under what it was judged.
        asked: Asked,
        /// Its row in the table.
        row: usize,
    },
    /// Reads, judges and plans.
    Plan {
        /// The CA's name.
        ca: String,
        /// The profile's name.
        profile: String,
        /// What is read.
        paths: Vec<PathBuf>,
        /// What was read before.
        seen: Seen,
    },
    /// Summarises a stored plan and reads its first certificates.
    ShowPlan(StoredPlan),
    /// Reads which requests of a plan something was found in.
    PlanFindings(StoredPlan),
    /// Reads some of a plan's certificates.
    PlannedPage {
        /// The plan.
        plan: StoredPlan,
        /// The first one's place in the plan, from 1.
        from: u64,
    },
    /// Reads a planned certificate's octets.
    PlannedCertificate {
        /// The plan.
        plan: StoredPlan,
        /// Its place in the plan, from 1.
        index: u64,
    },
    /// Finds a stored plan by its id.
    FindPlan(String),
    /// Counts what stands in a folder and below it: nobody asks for that, so it gives way to all other work.
    CountFolder {
        /// The folder.
        path: PathBuf,
        /// The browser's state for which it is counted.
        generation: Generation,
    },
    /// Lists a folder that is unfolded in place.
    Unfold {
        /// The folder.
        path: PathBuf,
        /// The browser's state that asks for it.
        generation: Generation,
    },
    /// Compares what a plan's bundle takes with what is free.
    Measure {
        /// The plan.
        plan: StoredPlan,
        /// The folder on the medium.
        to: PathBuf,
        /// The forms besides PEM.
        formats: Vec<Format>,
    },
    /// Records an approval by the words typed.
    Approve {
        /// The plan.
        plan: StoredPlan,
        /// The words, as typed.
        words: String,
    },
    /// Puts a plan away.
    Withdraw {
        /// The plan.
        plan: StoredPlan,
        /// Why, as typed.
        reason: String,
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
        /// The folder with the devices' private keys, where a form holds them.
        keys: Option<PathBuf>,
    },
    /// Judges a delivered bundle as its receiver will.
    Judge {
        /// The plan.
        plan: StoredPlan,
        /// The folder on the medium that received the bundle.
        to: PathBuf,
    },
    /// Which of a plan's certificates are revoked or on hold.
    RevokedSince(StoredPlan),
    /// Which forms a plan's bundle cannot have here.
    FormObstacles(StoredPlan),
    /// Counts the plans that are not finished: nobody asks for that either.
    Unfinished,
    /// What closing shows.
    Close,
    /// Signs the register's head with the audit key, then shows closing.
    SignHead,
    /// Writes the register's head into a folder on a medium.
    WriteHead(PathBuf),
    /// Does something for a CA that moves in.
    Adoption(AdoptionJob),
    /// Does something for a CA.
    Authority(AuthorityJob),
    /// Does something with block lists.
    BlockList(BlockListJob),
    /// Does something for a CA that was made before.
    CaLife(CaLifeJob),
    /// Does something with a module or a token.
    Token(TokenJob),
    /// Looks something up in the register.
    Register(RegisterJob),
    /// Proves a CA to a platform.
    Proving(ProvingJob),
    /// Does something about revocations and CRLs.
    Revocation(RevocationJob),
}

/// Which requests are judged, and under what.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Asked {
    /// The CA's name.
    pub ca: String,
    /// The profile's name.
    pub profile: String,
    /// What is read.
    pub paths: Vec<PathBuf>,
}

/// What a count of a folder came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FolderCount {
    /// To so much.
    Known(FolderContents),
    /// To nothing: it gave way to other work.
    Stopped,
    /// To nothing: the folder cannot be read, or holds more names than are read.
    Unknown,
}

/// A state of a browser: news that were asked for in an earlier one are stale.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Generation(u64);

impl Generation {
    /// The state after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }
}

/// A profile to choose.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProfileChoice {
    /// Its name.
    pub name: String,
    /// What it makes, in a few words.
    pub summary: String,
    /// How long that lasts, and which keys are taken.
    pub terms: String,
}

/// A plan as it stands, with its first certificates and its last one.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanShown {
    /// What it holds and how far it has come.
    pub summary: PlanSummary,
    /// Its first certificates, in order.
    pub rows: Vec<PlannedRow>,
    /// Its last certificate; `None` where `rows` are all.
    pub last: Option<PlannedRow>,
    /// How long signing takes; `None` where there is nothing to rest an estimate on.
    pub estimate: Option<Estimate>,
}

/// The register's head on a medium.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WrittenHead {
    /// The entry that it is of.
    pub entry: u64,
    /// The folder that was made for it.
    pub folder: PathBuf,
}

/// The forms that authority.toml sets to hold devices' private keys, by name.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FormsWithKeys(pub Vec<&'static str>);

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
        /// The CAs that can issue.
        authorities: Vec<proving::CaChoice>,
        /// The profiles.
        profiles: Vec<ProfileChoice>,
    },
    /// Requests were read and judged.
    Read {
        /// All of them.
        reading: Arc<Reading>,
        /// Under what they were judged.
        asked: Asked,
    },
    /// The order was made.
    InOrder(Order),
    /// One request with all that is found in it.
    Detail(Box<Detail>),
    /// A plan was stored.
    Planned(Planned),
    /// A plan as it stands.
    PlanShown(Box<PlanShown>),
    /// Which requests of a plan something was found in.
    PlanFindings(Vec<FoundBy>),
    /// Some of a plan's certificates.
    PlannedPage(Vec<PlannedRow>),
    /// A planned certificate's octets.
    PlannedCertificate {
        /// Its line.
        row: Box<PlannedRow>,
        /// Its `TBSCertificate`, DER.
        tbs: Vec<u8>,
    },
    /// The plan that was looked for.
    PlanFound(StoredPlan),
    /// What stands in a folder and below it.
    FolderCounted {
        /// The folder.
        path: PathBuf,
        /// The browser's state for which it was counted.
        generation: Generation,
        /// How much.
        counted: FolderCount,
    },
    /// The entries of a folder that is unfolded in place.
    Unfolded {
        /// The folder's entries.
        listing: FolderListing,
        /// The browser's state that asked for them.
        generation: Generation,
    },
    /// What is in the way of forms of delivery.
    FormObstacles(Vec<FormObstacle>, FormsWithKeys),
    /// Which of a plan's certificates are revoked or on hold.
    RevokedSince(RevokedSince),
    /// What a bundle takes of a medium.
    Measured(Space),
    /// The plan is approved.
    Approved(StoredPlan),
    /// The plan is put away.
    Withdrawn,
    /// The plan is signed and recorded.
    Signed(Issued),
    /// The bundle was written and read back.
    Delivered(Delivered),
    /// The delivered bundle, judged as its receiver will.
    Judged(BundleReport),
    /// The plans that are not finished.
    Unfinished(UnfinishedWork),
    /// What closing shows.
    Closing {
        /// How the register stands.
        closing: Closing,
        /// What was done since the interface opened the home.
        done: DoneSince,
    },
    /// The register's head was written onto a medium.
    HeadWritten(WrittenHead),
    /// What was found or done for a CA that moves in.
    Adoption(AdoptionNews),
    /// What was found or done for a CA.
    Authority(AuthorityNews),
    /// The block lists.
    BlockList(BlockListNews),
    /// What was found or done for a CA that was made before.
    CaLife(CaLifeNews),
    /// What was found or done with a module or a token.
    Token(TokenNews),
    /// What the register holds.
    Register(RegisterNews),
    /// Of proving a CA to a platform.
    Proving(ProvingNews),
    /// What is known of revocations and CRLs.
    Revocation(RevocationNews),
}

impl Job {
    /// What Esc does while it is in hand.
    #[must_use]
    pub fn on_back(&self) -> OnBack {
        match self {
            Self::BlockList(BlockListJob::Add { .. })
            | Self::CountFolder { .. }
            | Self::Detail { .. }
            | Self::Judge { .. }
            | Self::Plan { .. }
            | Self::Read(_)
            | Self::PlanFindings(_)
            | Self::Unfinished
            | Self::Register(
                RegisterJob::Audit
                | RegisterJob::Noted(_)
                | RegisterJob::Open
                | RegisterJob::Plans
                | RegisterJob::Search { .. },
            )
            | Self::Revocation(RevocationJob::JudgeDelivered { .. } | RevocationJob::Prepare(..))
            | Self::ShowPlan(_) => OnBack::Stop,
            _ => OnBack::Wait,
        }
    }

    /// Whether nobody asked for it: it gives way to whatever is asked for.
    #[must_use]
    pub fn is_aside(&self) -> bool {
        matches!(self, Self::CountFolder { .. } | Self::Unfinished)
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
            Self::Read(_) => "reading and judging requests",
            Self::PutInOrder { .. } => "putting the requests in order",
            Self::Detail { .. } => "reading the request again",
            Self::Plan { .. } => "reading, judging and planning",
            Self::ShowPlan(_) => "reading the plan",
            Self::PlanFindings(_) => "reading what was found",
            Self::PlannedPage { .. } | Self::PlannedCertificate { .. } => "reading planned certificates",
            Self::FindPlan(_) => "looking for the plan",
            Self::CountFolder { .. } => "counting what stands in the folders",
            Self::Unfold { .. } => "unfolding the folder",
            Self::FormObstacles(_) => "looking at the forms",
            Self::RevokedSince(_) => "looking for what is revoked since",
            Self::Measure { .. } => "comparing the bundle with the free space",
            Self::Approve { .. } => "recording the approval",
            Self::Withdraw { .. } => "recording the withdrawal",
            Self::Sign(_) => "signing",
            Self::Deliver { .. } | Self::WriteHead(_) => "writing and reading back",
            Self::Judge { .. } => "judging the bundle as its receiver will",
            Self::Unfinished => "looking for unfinished plans",
            Self::Close => "closing",
            Self::SignHead => "signing the register's head",
            Self::Adoption(job) => job.words(),
            Self::Authority(job) => job.words(),
            Self::BlockList(job) => job.words(),
            Self::CaLife(job) => job.words(),
            Self::Token(job) => job.words(),
            Self::Register(job) => job.words(),
            Self::Proving(job) => job.words(),
            Self::Revocation(job) => job.words(),
        }
    }
}
