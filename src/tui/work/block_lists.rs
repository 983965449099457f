//! What the worker is asked of block lists, and what it answers.

use std::path::PathBuf;

use crate::ceremony::{BlockListFacts, ListFormat};

/// Something to do with the block lists of the home.
#[derive(Clone, Debug)]
pub enum BlockListJob {
    /// Takes a list from a medium.
    Add {
        /// Its file.
        path: PathBuf,
        /// Its name here; empty: made of the file's.
        name: String,
        /// Its format; `None`: found out.
        format: Option<ListFormat>,
    },
    /// The lists there are.
    List,
}

/// What was found or done.
#[derive(Clone, Debug)]
pub enum BlockListNews {
    /// The lists there are, and the name of the one that was taken just now.
    Lists {
        /// They, by name.
        lists: Vec<BlockListFacts>,
        /// The new one.
        added: Option<String>,
    },
}

impl BlockListJob {
    /// What is being done, for the frame.
    #[must_use]
    pub fn words(&self) -> &'static str {
        match self {
            Self::Add { .. } => "reading and sorting the block list",
            Self::List => "looking at the block lists",
        }
    }
}
