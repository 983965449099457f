//! What the worker is asked of modules and tokens, and what it answers.

use std::path::PathBuf;

use crate::ceremony::{KnownModule, SlotState, TokenCheck, TokenState};

/// Something to do with a module or a token.
#[derive(Clone, Debug)]
pub enum TokenJob {
    /// The modules that stand at well-known places.
    Modules,
    /// The slots of a module; of the home's module where none is named.
    Slots(Option<PathBuf>),
    /// Initialises the token of a slot; PINs come by the PIN door.
    Initialise {
        /// The PKCS#11 module's path.
        module: PathBuf,
        /// The slot's number.
        slot: u64,
        /// The new token's label.
        label: String,
    },
    /// Checks the home's token: what it can do, the CAs' keys, its rate.
    Check,
}

/// What was found or done.
#[derive(Clone, Debug)]
pub enum TokenNews {
    /// Modules.
    Modules(Vec<KnownModule>),
    /// Slots.
    Slots {
        /// The PKCS#11 module's path.
        module: PathBuf,
        /// Its slots.
        slots: Vec<SlotState>,
    },
    /// A token was initialised.
    Initialised {
        /// The PKCS#11 module's path.
        module: PathBuf,
        /// The token's state now.
        state: TokenState,
    },
    /// The home's token was checked.
    Checked(TokenCheck),
}

impl TokenJob {
    /// What is being done, for the frame.
    #[must_use]
    pub fn words(&self) -> &'static str {
        match self {
            Self::Modules => "looking for PKCS#11 modules",
            Self::Slots(_) => "looking into the module's slots",
            Self::Initialise { .. } => "initialising the token",
            Self::Check => "checking the token",
        }
    }
}
