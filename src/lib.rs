//! coldsign: an offline signing appliance.
//!
//! A plan is frozen, approved, and only then signed: read → verify → plan → approve → sign → check → record →
//! deliver. Modules stand in the order of their layers; each looks down only (`tests/tidy.rs` holds that).

pub mod pki;

pub mod host;
pub mod media;

pub mod config;
pub mod register;
pub mod token;

pub mod export;

pub mod ceremony;

pub mod cli;
pub mod tui;
