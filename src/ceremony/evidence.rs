//! Evidence: what is known of keys beyond the request at hand, brought to every judgement.

use std::sync::Arc;

use crate::pki::{
    key::PublicKey,
    policy::{Finding, KeyEvidence},
};

use super::{block_lists::BlockLists, shared_primes::SharedPrimes};

/// The block lists of this machine, and what the keys of the batch have in common.
#[derive(Clone, Debug, Default)]
pub(super) struct Evidence {
    pub lists: Arc<BlockLists>,
    pub shared: Arc<SharedPrimes>,
}

impl KeyEvidence for Evidence {
    fn weigh(&self, key: &PublicKey, findings: &mut Vec<Finding>) {
        self.lists.weigh(key, findings);
        self.shared.weigh(key, findings);
    }
}
