//! Folders of a medium: what stands below them.

use std::path::PathBuf;

use crate::ceremony::{self, Class, Watch};

use super::{
    super::work::{FolderCount, Generation, News},
    Teller, Worker,
};

impl Worker {
    /// Counts what stands in a folder and below it. Nobody asked for it, so nobody is told why it cannot be done.
    pub(super) fn count_folder(&self, path: PathBuf, generation: Generation) -> News {
        let mut teller = Teller::new(&self.messages, &self.reins);
        let contents = teller.watched(|watch: &mut Watch<'_>| ceremony::folder_contents(&path, watch));
        let counted = match contents {
            Ok(contents) => FolderCount::Known(contents),
            Err(error) if error.class() == Class::Stopped => FolderCount::Stopped,
            Err(_) => FolderCount::Unknown,
        };
        News::FolderCounted { path, generation, counted }
    }
}
