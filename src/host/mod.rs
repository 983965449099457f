//! The host: clock, entropy, memory and process hardening, files of the home. Knows nothing of PKI.

pub mod clock;
pub mod entropy;
pub mod file;
pub mod memory;
