//! What the worker is asked for in proving a CA to a platform, and what it answers.

use std::path::PathBuf;

use crate::{
    ceremony::{Delivered, Platform, ProofFile, RepeatedCode, StoredPlan},
    pki::{key::KeyAlgorithm, profile::End, text::Printable, time::Time},
};

/// Something to do towards a proof.
#[derive(Clone, Debug)]
pub enum ProvingJob {
    /// The CAs that can issue, and how long a verification certificate lives.
    Choices,
    /// Reads the code out of a verification CSR.
    ReadRequest {
        /// The file.
        path: PathBuf,
        /// The platform that gave the code.
        platform: Platform,
    },
    /// Issues the verification certificate and delivers it.
    Issue {
        /// The CA's name.
        ca: String,
        /// The platform.
        platform: Platform,
        /// Where the code comes from.
        code: CodeSource,
        /// The folder on the medium.
        to: PathBuf,
    },
}

/// Where a code comes from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum CodeSource {
    /// It was typed, twice the same.
    Typed(RepeatedCode),
    /// It is the CN of a verification CSR.
    Request {
        /// The CSR's file.
        path: PathBuf,
        /// The code in it, to be shown.
        code: Printable,
    },
}

/// A CA that can be proved.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CaChoice {
    /// Its name.
    pub name: String,
    /// Its subject.
    pub subject: Printable,
    /// Its key.
    pub key: KeyAlgorithm,
    /// The last second of its certificate.
    pub not_after: Time,
}

/// What came of it.
#[derive(Clone, Debug)]
pub enum ProvingNews {
    /// CAs.
    Choices {
        /// They.
        choices: Vec<CaChoice>,
        /// When a verification certificate ends.
        end: End,
    },
    /// The code that a CSR asks for.
    Requested {
        /// The file.
        path: PathBuf,
        /// The code.
        code: Printable,
    },
    /// The verification certificate was issued, written and read back.
    Proved {
        /// Its plan.
        plan: Box<StoredPlan>,
        /// What was written.
        delivered: Box<Delivered>,
        /// The last second of the verification certificate.
        ends: Time,
        /// The verification certificate, and the CA's.
        files: [ProofFile; 2],
    },
}

impl ProvingJob {
    /// What is being done, for the frame.
    #[must_use]
    pub fn words(&self) -> &'static str {
        match self {
            Self::Choices => "looking for CAs",
            Self::ReadRequest { .. } => "reading the CSR",
            Self::Issue { .. } => "issuing the verification certificate",
        }
    }
}
