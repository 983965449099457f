//! What the worker is asked of revocations and CRLs, and what it answers.

use std::path::PathBuf;

use crate::{
    ceremony::{
        Brought, CrlRow, CrlScope, CrlShown, CrlStanding, CrlsOfCa, Format, JudgedRevocation, RevocationAct,
        RevokedRow,
    },
    pki::fingerprint::Digest,
};

/// Certificates as a person names them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Named {
    /// A file with one serial number on each line.
    Listed(PathBuf),
    /// Serial numbers as typed.
    Typed(String),
}

/// What is to become of certificates, as chosen and typed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Wish {
    /// The CA's name.
    pub ca: String,
    /// Which certificates.
    pub named: Named,
    /// What becomes of them.
    pub act: RevocationAct,
    /// Since when the keys are, or may be, in other hands, as typed; empty where that is not known.
    pub since: String,
}

/// Something to do about revocations and CRLs.
#[derive(Clone, Debug)]
pub enum RevocationJob {
    /// Approves the CRL that was prepared last, by the words typed.
    Approve {
        /// The digest of the one that was shown.
        digest: Digest,
        /// The words, as typed; the ceremony compares.
        words: String,
    },
    /// Takes in a CRL that was published before an older register was accepted.
    Bring {
        /// The CA's name.
        ca: String,
        /// The file.
        crl: PathBuf,
    },
    /// Writes a CA's latest CRL and reads it back.
    Deliver {
        /// The CA's name.
        ca: String,
        /// The CRL that is meant.
        id: String,
        /// The folder on the medium.
        to: PathBuf,
        /// The forms besides DER and PEM.
        formats: Vec<Format>,
    },
    /// Which forms a CRL cannot be delivered in.
    FormObstacles {
        /// The CA's name.
        ca: String,
        /// The CRL that is meant.
        id: String,
    },
    /// What is revoked and on hold of a CA's certificates.
    InForce {
        /// The CA's name.
        ca: String,
        /// The place after which; 0 for the first.
        after: u64,
    },
    /// Judges a delivered CRL as its receiver will.
    JudgeDelivered {
        /// The CA's name.
        ca: String,
        /// The CRL that is meant.
        id: String,
        /// The folder on the medium.
        to: PathBuf,
    },
    /// Judges what is asked; nothing is recorded.
    Judge(Wish),
    /// Compares what a CRL's folder takes with what is free.
    Measure {
        /// The CA's name.
        ca: String,
        /// The CRL that is meant.
        id: String,
        /// The folder on the medium.
        to: PathBuf,
        /// The forms besides DER and PEM.
        formats: Vec<Format>,
    },
    /// The CRLs of a scope of a CA.
    Page(String, CrlScope),
    /// Prepares the next CRL of a scope of a CA; nothing is stored.
    Prepare(String, CrlScope),
    /// Records what was judged.
    Record(Box<JudgedRevocation>),
    /// Says that no CRL of a scope of a CA was published since an older register was accepted.
    SayNone {
        /// The CA's name.
        ca: String,
        /// Of which CRLs.
        scope: CrlScope,
        /// The CA's name, as typed; the ceremony compares.
        typed: String,
    },
    /// Signs the CRL that was approved.
    Sign(Digest),
    /// How the CRLs of all CAs stand.
    Standings,
}

/// What is known of revocations and CRLs.
#[derive(Clone, Debug)]
pub enum RevocationNews {
    /// The CRL is approved.
    Approved,
    /// What came of a CRL that was brought.
    Brought(Box<Brought>),
    /// Certificates that are revoked or on hold.
    InForce {
        /// The place after which.
        after: u64,
        /// They.
        rows: Vec<RevokedRow>,
        /// Whether there may be certificates behind them.
        more: More,
    },
    /// What would be recorded.
    Judged(Box<JudgedRevocation>),
    /// It is said that none was published.
    NoneSaid,
    /// The CRLs of a CA.
    Page {
        /// How they stand.
        standing: Box<CrlStanding>,
        /// They, newest first.
        rows: Vec<CrlRow>,
    },
    /// The CRL, which was stored before, is signed and recorded, and out of date: the next one is to be handed over.
    Outdated(Box<CrlRow>),
    /// A CRL to look at.
    Prepared(Box<CrlShown>),
    /// The next CRL waits for what was published before an older register was accepted, by this entry.
    PublishedWanted(u64),
    /// What was judged is recorded.
    Recorded {
        /// How many certificates.
        certificates: u64,
        /// Changes that are on no CRL yet.
        waiting: u64,
    },
    /// The CRL is signed and recorded.
    Signed(Box<CrlRow>),
    /// How the CRLs stand.
    Standings(Vec<CrlsOfCa>),
}

/// Whether there are certificates behind those that were read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum More {
    /// They were fewer than are read at a time.
    None,
    /// They were as many as are read at a time.
    Some,
}

impl RevocationJob {
    /// What is being done, for the frame.
    #[must_use]
    pub fn words(&self) -> &'static str {
        match self {
            Self::Approve { .. } => "comparing the words",
            Self::Bring { .. } => "taking in the CRL",
            Self::Deliver { .. } => "writing and reading back",
            Self::FormObstacles { .. } => "looking at the forms",
            Self::InForce { .. } => "looking at what is revoked",
            Self::Judge(_) => "looking at the certificates",
            Self::JudgeDelivered { .. } => "judging the CRL as its receiver will",
            Self::Measure { .. } => "comparing the CRL with the free space",
            Self::Page(..) | Self::Standings => "looking at the CRLs",
            Self::Prepare(..) => "preparing the CRL",
            Self::Record(_) => "recording",
            Self::SayNone { .. } => "comparing the name",
            Self::Sign(_) => "storing, signing and recording the CRL",
        }
    }
}
