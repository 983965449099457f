//! What the worker does with block lists.

use crate::{
    ceremony::{self, BlockLists, Error},
    tui::work::block_lists::{BlockListJob, BlockListNews},
};

use super::{Teller, Worker};

impl Worker {
    /// Does something with the block lists of the home.
    pub(super) fn keep_lists(&self, job: BlockListJob) -> Result<BlockListNews, Error> {
        let added = match job {
            BlockListJob::List => None,
            BlockListJob::Add { path, name, format } => {
                let name = Some(name.trim()).filter(|name| !name.is_empty());
                let mut teller = Teller::new(&self.messages, &self.reins);
                let added = teller
                    .watched(|watch| ceremony::add_block_list(&self.home, &path, name, format, watch))?;
                Some(added.name)
            }
        };
        let lists = BlockLists::of_home(&self.home)?.facts().cloned().collect();
        Ok(BlockListNews::Lists { lists, added })
    }
}
