//! The PKCS#11 token: keys are made in it, never leave it, and sign octets.
//!
//! Knows nothing of policy, files or the register. The only module that names the cryptoki crate. Read
//! [`module::Module`] first, then [`session::Session`] and [`signer::Signer`].

pub mod module;
pub mod slot;
pub mod uri;
pub mod waiver;

pub mod pin;
pub mod provision;
pub mod session;

pub mod key;
mod mark;
pub mod mechanism;
mod raw;
pub mod signer;

pub mod random;

pub mod error;
