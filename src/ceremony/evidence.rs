//! Evidence: what is known of keys beyond the request at hand, brought to every judgement.

use std::sync::Arc;

use crate::pki::{
    key::PublicKey,
    policy::{Finding, KeyEvidence},
};

use super::{
    block_lists::BlockLists,
    error::Error,
    opening::Appliance,
    progress::Watch,
    shared_primes::{Batch, SharedPrimes},
};

/// The block lists of this machine, and what the keys of the batch have in common.
#[derive(Clone, Debug, Default)]
pub(super) struct Evidence {
    pub lists: Arc<BlockLists>,
    pub shared: Arc<SharedPrimes>,
}

impl Appliance {
    /// What is known of the keys of a batch: the block lists of this machine, and what they have in common with each other
    /// and with those of the register.
    ///
    /// # Errors
    /// Those of [`SharedPrimes::survey`]; [`Error::Usage`] where a list cannot be read.
    pub(super) fn evidence(&self, batch: &Batch<'_>, watch: &mut Watch<'_>) -> Result<Evidence, Error> {
        let lists = self.block_lists()?;
        let shared = SharedPrimes::survey(batch, Some(&self.register), watch)?;
        Ok(Evidence { lists, shared: Arc::new(shared) })
    }
}

impl KeyEvidence for Evidence {
    fn weigh(&self, key: &PublicKey, findings: &mut Vec<Finding>) {
        self.lists.weigh(key, findings);
        self.shared.weigh(key, findings);
    }
}
