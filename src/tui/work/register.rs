//! What the worker is asked of the register, and what it answers.

use crate::ceremony::{
    AuditReport, IssuedRow, Noted, Remaining, Revoked, RevokedCount, StoredPlan, Wanted, Withdrawn,
};

/// Something to look up in the register.
#[derive(Clone, Debug)]
pub enum RegisterJob {
    /// Numbers what is issued now.
    Open,
    /// Certificates from a number on.
    Page {
        /// The first number, from 1.
        from: u64,
        /// Most rows wanted.
        limit: u32,
    },
    /// The certificate of a number, whole.
    Read(u64),
    /// Looks for certificates.
    Search {
        /// What is looked for.
        wanted: Wanted,
        /// Where from.
        from: SearchFrom,
    },
    /// All plans, and what is left to do with each.
    Plans,
    /// Audits the whole register.
    Audit,
    /// Looks for an entry that was noted elsewhere, as it was typed.
    Noted(String),
}

/// Where a search begins.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SearchFrom {
    /// At the first certificate.
    Beginning,
    /// Where the search before ended.
    Onward,
}

/// What the register holds.
#[derive(Clone, Debug)]
pub enum RegisterNews {
    /// What is issued is numbered.
    Opened {
        /// How many certificates are issued.
        issued: u64,
    },
    /// Certificates.
    Page {
        /// The number of the first one, from 1.
        from: u64,
        /// They, one number after the other.
        rows: Vec<IssuedRow>,
    },
    /// A certificate.
    Read {
        /// Its number.
        number: u64,
        /// Its octets, compared with the digest recorded.
        der: Vec<u8>,
        /// The CA that issued it.
        ca: String,
        /// What holds for it, where it was revoked, held or released.
        revoked: Option<Revoked>,
    },
    /// What a search found.
    Found {
        /// Certificates.
        rows: Vec<IssuedRow>,
        /// How the search ended.
        end: SearchEnd,
    },
    /// The plans, newest first.
    Plans(Vec<PlanLine>),
    /// What the audit found.
    Audited(Box<AuditReport>),
    /// Whether the history holds an entry that was noted.
    Noted(Noted),
}

/// How a search ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SearchEnd {
    /// All was looked through.
    All,
    /// A page is full; there may be more.
    Full,
    /// It was stopped; it can go on.
    Stopped,
}

/// A plan and how far it has come.
#[derive(Clone, Debug)]
pub struct PlanLine {
    /// The plan.
    pub plan: StoredPlan,
    /// Certificates issued.
    pub issued: u64,
    /// What is to be done first; `None` where nothing is.
    pub remaining: Option<Remaining>,
    /// How many of its certificates are revoked or on hold; `None` where the count was stopped.
    pub revoked: Option<RevokedCount>,
    /// When it was put away and why, where it was.
    pub withdrawn: Option<Withdrawn>,
}

impl RegisterJob {
    /// What is being done, for the frame.
    #[must_use]
    pub fn words(&self) -> &'static str {
        match self {
            Self::Open => "opening the register",
            Self::Page { .. } | Self::Read(_) => "reading the register",
            Self::Search { .. } => "searching the register",
            Self::Plans => "looking at the plans",
            Self::Audit => "auditing the register",
            Self::Noted(_) => "looking for the entry",
        }
    }
}
