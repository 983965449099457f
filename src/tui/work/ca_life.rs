//! What the worker is asked to do for a CA that was made before: a new key, links, another certificate in use, a
//! cross-certificate. Whatever ends with a CA is told as [`super::authorities::AuthorityNews`].

use std::path::PathBuf;

use crate::{
    ceremony::{Authority, CrossPlanned, Links, ProfileSection},
    pki::{fingerprint::Digest, key::KeyAlgorithm},
};

/// A key that is to take the place of a CA's, as typed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Successor {
    /// The CA whose place is taken.
    pub before: String,
    /// The new one's name here.
    pub name: String,
    /// Its key.
    pub key: KeyAlgorithm,
}

/// How the new key comes to its certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Way {
    /// It certifies itself, for so many days.
    Certificate(u32),
    /// Its superior does, by a request in this folder.
    Request(PathBuf),
}

/// Something to do for a CA that was made before.
#[derive(Clone, Debug)]
pub enum CaLifeJob {
    /// Whether a root can be re-keyed so, for so many days; nothing is made.
    CheckRoot(Successor, u32),
    /// Whether a subordinate CA can be re-keyed so; nothing is made.
    CheckSubordinate(Successor),
    /// Plans a cross-certificate.
    Cross {
        /// The CA that will sign.
        ca: String,
        /// The profile.
        profile: String,
        /// The file with the other CA's self-signed certificate.
        certificate: PathBuf,
    },
    /// The profiles that cross-certificates can be made by.
    CrossProfiles,
    /// Makes the links between the keys of a re-keyed root.
    Link(String),
    /// Makes the new key.
    Rekey {
        /// What it is to be.
        successor: Successor,
        /// How it comes to its certificate.
        way: Way,
        /// What was typed to confirm it; the ceremony compares.
        typed: String,
    },
    /// Has a CA issue under another of its certificates.
    Use {
        /// The CA's name.
        ca: String,
        /// The certificate's digest.
        sha256: Digest,
    },
}

/// What was found or done.
#[derive(Clone, Debug)]
pub enum CaLifeNews {
    /// The cross-certificate is planned.
    Crossed(Box<CrossPlanned>),
    /// The links were made.
    Linked {
        /// The new CA.
        authority: Box<Authority>,
        /// They.
        links: Box<Links>,
    },
    /// The profiles.
    Profiles(Vec<ProfileSection>),
}

impl CaLifeJob {
    /// What is being done, for the frame.
    #[must_use]
    pub fn words(&self) -> &'static str {
        match self {
            Self::CheckRoot(..) | Self::CheckSubordinate(_) => "checking what was typed",
            Self::Cross { .. } => "planning the cross-certificate",
            Self::CrossProfiles => "looking for profiles",
            Self::Link(_) => "making the links",
            Self::Rekey { .. } => "making the new key",
            Self::Use { .. } => "recording which certificate is in use",
        }
    }
}
