//! The PKCS#11 token: keys are made in it, never leave it, and sign octets.
//!
//! Knows nothing of policy, files or the register. The only module that names the cryptoki crate.
