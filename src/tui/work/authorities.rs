//! What the worker is asked to do for CAs, and what it answers.

use std::path::PathBuf;

use crate::{
    ceremony::{
        Authority, ExportedCertificate, FittingCertificate, HeadAfter, Requested, RootRenewal, StoredPlan,
    },
    pki::{key::KeyAlgorithm, text::Printable},
};

/// What a new CA is to be, as typed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Wish {
    /// Its name here.
    pub name: String,
    /// Its key.
    pub key: KeyAlgorithm,
    /// Its subject.
    pub subject: String,
}

/// What a root's certificate says besides.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RootTerms {
    /// Days until it ends.
    pub days: u32,
    /// How many CAs may stand below it in a path; `None` for any number.
    pub path_length: Option<u32>,
}

/// Something to do for a CA.
#[derive(Clone, Debug)]
pub enum AuthorityJob {
    /// All CAs, and how far they have come.
    List,
    /// Whether a root can be made so; nothing is made.
    CheckRoot(Wish, RootTerms),
    /// Whether a subordinate CA can be requested so; nothing is made.
    CheckSubordinate(Wish),
    /// Makes a root's key and its certificate.
    MakeRoot {
        /// What it is to be.
        wish: Wish,
        /// What its certificate says besides.
        terms: RootTerms,
        /// What was typed to confirm it; the ceremony compares.
        typed: String,
    },
    /// Signs the certificate of a root whose making was interrupted.
    FinishRoot(StoredPlan),
    /// Makes a subordinate CA's key and writes its request.
    Request {
        /// What it is to be.
        wish: Wish,
        /// The folder on the medium.
        to: PathBuf,
        /// What was typed to confirm it; the ceremony compares.
        typed: String,
    },
    /// Reads a certificate and holds it against the CA; nothing is installed.
    Examine {
        /// The CA's name.
        name: String,
        /// The file with its certificate.
        certificate: PathBuf,
        /// The file with the certificates above it, where they stand in another one.
        chain: Option<PathBuf>,
    },
    /// Writes a CA's certificate onto a medium.
    Export {
        /// The CA's name.
        name: String,
        /// The folder on the medium.
        to: PathBuf,
    },
    /// Whether a root can be renewed so; nothing is made.
    CheckRenewal {
        /// The CA's name.
        name: String,
        /// Days until the new certificate ends.
        days: u32,
    },
    /// Certifies a root anew.
    RenewRoot {
        /// The CA's name.
        name: String,
        /// Days until the new certificate ends.
        days: u32,
        /// What was typed to confirm it; the ceremony compares.
        typed: String,
    },
    /// Makes a request for a further certificate of a subordinate CA.
    RequestRenewal {
        /// The CA's name.
        name: String,
        /// The folder on the medium.
        to: PathBuf,
        /// What was typed to confirm it; the ceremony compares.
        typed: String,
    },
    /// Installs a certificate that was found to fit.
    Install(Box<FittingCertificate>),
}

/// What was found or done.
#[derive(Clone, Debug)]
pub enum AuthorityNews {
    /// All CAs.
    List(Vec<Authority>),
    /// It can be made so; its subject as the certificate or the request will have it.
    Checked(Printable),
    /// The CA has its certificate and issues.
    Ready {
        /// The CA.
        authority: Box<Authority>,
        /// What became of the register's head.
        head: HeadAfter,
    },
    /// A request was written.
    Requested {
        /// The CA.
        authority: Box<Authority>,
        /// Where the request is.
        requested: Requested,
        /// The folder on the medium.
        to: PathBuf,
    },
    /// A certificate was written and read back.
    Exported {
        /// What was written.
        exported: ExportedCertificate,
        /// The folder on the medium.
        to: PathBuf,
    },
    /// A root can be renewed.
    Renewable {
        /// For so many days.
        days: u32,
        /// What it would be.
        renewal: RootRenewal,
    },
    /// The certificate fits.
    Fits(Box<FittingCertificate>),
}

impl AuthorityJob {
    /// What is being done, for the frame.
    #[must_use]
    pub fn words(&self) -> &'static str {
        match self {
            Self::List => "looking for CAs",
            Self::CheckRenewal { .. } | Self::CheckRoot(..) | Self::CheckSubordinate(_) => {
                "checking what was typed"
            }
            Self::MakeRoot { .. } => "making the root's key and its certificate",
            Self::FinishRoot(_) => "signing the root's certificate",
            Self::Request { .. } => "making the key and writing the request",
            Self::RenewRoot { .. } => "certifying the root anew",
            Self::RequestRenewal { .. } => "writing the request",
            Self::Examine { .. } => "holding the certificate against the CA",
            Self::Export { .. } => "writing the certificate and reading it back",
            Self::Install(_) => "installing the certificate",
        }
    }
}
