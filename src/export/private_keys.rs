//! Devices' private keys in a bundle: which forms have them, and where the file of one device has its key.

use serde::{Deserialize, Serialize};

/// Whether a form has devices' private keys in it.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum PrivateKeys {
    /// Those that the operator carries in, in the clear.
    CarriedIn,
    /// None: the device keeps its own.
    #[default]
    None,
}

impl PrivateKeys {
    /// Whether there are none; a setting that says so is left out.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's way to ask")]
    pub(super) fn are_none(&self) -> bool {
        *self == Self::None
    }
}

/// A form's file of one device, with the device's private key in it.
pub(super) struct KeyFile {
    /// Its path in the bundle.
    pub(super) path: String,
    /// What it has at most.
    pub(super) octets_max: u64,
    /// Finds the key in it.
    pub(super) key: fn(&[u8]) -> Option<&[u8]>,
}
