//! The host: clock, entropy, memory and process hardening. Knows nothing of PKI.

pub mod clock;
pub mod entropy;
pub mod memory;
