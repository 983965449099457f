//! What is handed over: the certificates of a plan, or a CRL.

use std::path::{Path, PathBuf};

use super::forms::Forms;
use crate::{
    ceremony::{CrlRow, Format, NextSteps, StoredPlan},
    tui::{
        wording::counted,
        work::{Job, revocation::RevocationJob},
    },
};

/// What is handed over.
#[derive(Clone, Debug)]
pub enum Cargo {
    /// A CRL.
    Crl {
        /// The CA's name.
        ca: String,
        /// It.
        row: CrlRow,
    },
    /// The certificates of a signed plan.
    Plan(StoredPlan),
}

impl Cargo {
    /// The folder that it will have on the medium.
    #[must_use]
    pub fn folder(&self) -> &str {
        match self {
            Self::Crl { row, .. } => &row.id,
            Self::Plan(plan) => &plan.id,
        }
    }

    /// What it is, in few words.
    #[must_use]
    pub fn told(&self) -> String {
        match self {
            Self::Crl { row, .. } => format!("{}, {}", row.words, counted(row.entries, "entry")),
            Self::Plan(plan) => format!("plan {}, {}", plan.id, self.counted(plan.accepted)),
        }
    }

    /// So many of what it holds.
    #[must_use]
    pub fn counted(&self, count: u64) -> String {
        match self {
            Self::Crl { .. } => format!("1 CRL, {}", counted(count, "entry")),
            Self::Plan(_) => counted(count, "certificate"),
        }
    }

    /// What is counted while it is written.
    #[must_use]
    pub fn written(&self) -> &'static str {
        match self {
            Self::Crl { .. } => "octets written",
            Self::Plan(_) => "certificates written",
        }
    }

    /// What a failed delivery leaves safe.
    #[must_use]
    pub fn safe(&self) -> String {
        match self {
            Self::Crl { row, .. } => {
                format!("{} is signed and recorded in the register; nothing of it is lost.", row.words)
            }
            Self::Plan(plan) => format!(
                "All of plan {} is signed and recorded in the register, {}; nothing of it is lost.",
                plan.id,
                counted(plan.accepted, "certificate")
            ),
        }
    }

    /// Files that people ask for, and whom each serves.
    #[must_use]
    pub fn files(&self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Crl { .. } => &[
                ("crl.der", "to be published where the certificates say, if they do"),
                ("crl.pem", "the same for servers that read it from a file"),
                ("left.csv", "what the CRL before listed and this one no more, and why"),
            ],
            Self::Plan(_) => &[
                ("certs/, chains/", "each device's certificate; the same with its CA behind"),
                ("ca-chain.pem", "for servers that check devices: all CAs up to the root"),
                ("root.pem", "to be trusted, once its SHA-256 was compared another way"),
            ],
        }
    }

    /// What is done next with a form of it.
    #[must_use]
    pub fn next_steps(&self, format: Format) -> Option<NextSteps> {
        match self {
            Self::Crl { .. } => NextSteps::of_crl(format),
            Self::Plan(_) => NextSteps::of(format),
        }
    }

    /// Asks which of its certificates are revoked or on hold.
    #[must_use]
    pub fn ask_for_revoked(&self) -> Option<Job> {
        match self {
            Self::Crl { .. } => None,
            Self::Plan(plan) => Some(Job::RevokedSince(plan.clone())),
        }
    }

    /// How many certificates or entries it has.
    #[must_use]
    pub fn count(&self) -> u64 {
        match self {
            Self::Crl { row, .. } => row.entries,
            Self::Plan(plan) => plan.accepted,
        }
    }

    /// How it is handed over, in words.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::Crl { .. } => {
                "Choose the medium and open the folder that shall receive the CRL: one new folder, named by the CA and \
                 the CRL's number. Tab leads to the forms for brokers, in which the newest CRLs of the CAs above stand \
                 beside it; Space chooses one. NO stands beside a form that cannot be had here: one of those CRLs is \
                 overdue, or the CA has no full one yet. All is written whole, read back and compared. Nothing that \
                 stands there already is changed. A delivery that fails is begun again, onto this medium or another: the \
                 CRL is in the register."
            }
            Self::Plan(_) => {
                "Choose the medium and open the folder that shall receive the bundle: one new folder, named by the plan. \
                 Tab leads to the forms, a list with what each is; Space chooses one. NO stands beside a form that \
                 cannot be had here, because of the CA or of the keys and names of the first thousand certificates. The \
                 bundle is written whole, read back and compared. Nothing that stands there already is changed. Where a \
                 form is set to hold the devices' private keys, p takes the open folder for the one that has them. A \
                 delivery that fails is begun again, onto this medium or another: everything issued is in the register."
            }
        }
    }

    /// Asks which forms it cannot have here.
    #[must_use]
    pub fn ask_for_obstacles(&self) -> Job {
        match self {
            Self::Crl { ca, row } => {
                Job::Revocation(RevocationJob::FormObstacles { ca: ca.clone(), id: row.id.clone() })
            }
            Self::Plan(plan) => Job::FormObstacles(plan.clone()),
        }
    }

    /// The forms that it comes in.
    #[must_use]
    pub fn forms(&self) -> Forms {
        match self {
            Self::Crl { .. } => Forms::of(Format::WITH_CRLS, "crl.der, crl.pem", crl_about),
            Self::Plan(_) => Forms::of(Format::ALL, Format::Pem.name(), Format::about),
        }
    }

    /// What a form of it has.
    #[must_use]
    pub fn about(&self, format: Format) -> &'static str {
        match self {
            Self::Crl { .. } => crl_about(format),
            Self::Plan(_) => format.about(),
        }
    }

    /// Writes it.
    #[must_use]
    pub fn write(&self, to: &Path, formats: Vec<Format>, keys: Option<PathBuf>) -> Job {
        match self {
            Self::Crl { ca, row } => Job::Revocation(RevocationJob::Deliver {
                ca: ca.clone(),
                id: row.id.clone(),
                to: to.to_owned(),
                formats,
            }),
            Self::Plan(plan) => Job::Deliver { plan: plan.clone(), to: to.to_owned(), formats, keys },
        }
    }

    /// Compares what it takes with what is free.
    #[must_use]
    pub fn measure(&self, to: &Path, formats: Vec<Format>) -> Job {
        match self {
            Self::Crl { ca, row } => Job::Revocation(RevocationJob::Measure {
                ca: ca.clone(),
                id: row.id.clone(),
                to: to.to_owned(),
                formats,
            }),
            Self::Plan(plan) => Job::Measure { plan: plan.clone(), to: to.to_owned(), formats },
        }
    }

    /// Judges it as its receiver will.
    #[must_use]
    pub fn judge(&self, to: &Path) -> Job {
        match self {
            Self::Crl { ca, row } => Job::Revocation(RevocationJob::JudgeDelivered {
                ca: ca.clone(),
                id: row.id.clone(),
                to: to.to_owned(),
            }),
            Self::Plan(plan) => Job::Judge { plan: plan.clone(), to: to.to_owned() },
        }
    }
}

/// What a form of a CRL has: the list of forms asks for each of them.
fn crl_about(_: Format) -> &'static str {
    "a crl.pem of it and the newest CRLs of the CAs above"
}
