//! The host: clock, entropy, air gap, memory and process hardening, files of the home, identity of what runs, standard
//! error. Knows nothing of PKI.

pub mod airgap;
pub mod clock;
pub mod entropy;
pub mod file;
pub mod folder;
pub mod identity;
pub mod memory;
pub mod process;
pub mod reserve;
pub mod standard_error;
pub mod table;
#[cfg(test)]
mod tests;
