//! What the worker is asked to do for a CA that moves in, and what it answers.

use std::path::PathBuf;

use crate::{
    ceremony::{Authority, CrlFile, HeadAfter, LooseKey, Takeover},
    pki::{certificate::Certificate, fingerprint::Digest},
};

/// A CA that is to move in, as chosen and typed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Newcomer {
    /// Its name here.
    pub name: String,
    /// Its key in the token.
    pub key_uri: String,
    /// The file with its certificate.
    pub certificate: PathBuf,
    /// The file with the certificates above it.
    pub chain: Option<PathBuf>,
    /// Where the key comes from.
    pub origin: String,
}

/// What the words of an adoption stand for.
#[derive(Clone, Debug)]
pub struct Statement {
    /// The CA's name here.
    pub name: String,
    /// Where its key comes from.
    pub origin: String,
    /// What cannot be promised of the key, each with the attribute that does not say it: attribute, words.
    pub unpromised: Vec<(&'static str, &'static str)>,
    /// The CA's own certificate.
    pub own: Certificate,
    /// The root that it leads to.
    pub root: Certificate,
    /// The digest of all of it, whose words are typed.
    pub digest: Digest,
}

/// What a CA that moved in did before, as chosen and typed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Before {
    /// It made CRLs elsewhere.
    Crl {
        /// The latest.
        crl: PathBuf,
        /// The list of what it issued.
        list: Option<PathBuf>,
    },
    /// It was imported; this list adds to it.
    Imported(PathBuf),
    /// It never made a CRL.
    NoCrl {
        /// Its name, as typed; the ceremony compares.
        typed: String,
        /// The list of what it issued.
        list: Option<PathBuf>,
    },
}

/// Something to do for a CA that moves in.
#[derive(Clone, Debug)]
pub enum AdoptionJob {
    /// Lets it move in.
    Adopt {
        /// The digest of the statement that was shown.
        digest: Digest,
        /// The words, as typed; the ceremony compares.
        words: String,
    },
    /// The keys of the token that are of no CA.
    Keys,
    /// Reads the head and the end of a CRL; nothing is recorded.
    LookAtCrl(PathBuf),
    /// Looks at its key and its certificate; nothing is recorded.
    Propose(Newcomer),
    /// Takes what it did before.
    TakePast {
        /// The CA's name.
        ca: String,
        /// What it did.
        before: Before,
    },
}

/// What was found or done.
#[derive(Clone, Debug)]
pub enum AdoptionNews {
    /// It moved in.
    Adopted {
        /// It.
        authority: Box<Authority>,
        /// What became of the register's head.
        head: HeadAfter,
    },
    /// A CRL as it was read.
    Crl(Box<CrlFile>),
    /// The keys of no CA.
    Keys(Vec<LooseKey>),
    /// It can move in by the words.
    Proposed(Box<Statement>),
    /// What it did before is recorded.
    Taken(Takeover),
}

impl AdoptionJob {
    /// What is being done, for the frame.
    #[must_use]
    pub fn words(&self) -> &'static str {
        match self {
            Self::Adopt { .. } => "recording the CA that moves in",
            Self::Keys => "looking at the token's keys",
            Self::LookAtCrl(_) => "reading the CRL",
            Self::Propose(_) => "looking at the key and the certificate",
            Self::TakePast { .. } => "taking what it did before",
        }
    }
}
