//! Configuration: text in, trusted values out.
//!
//! No input or output here: whoever has a file reads it and brings the text. Unknown keys are refused with line and
//! key. Read [`Authority`] first.

mod authority;
mod deliver;
mod error;
mod extensions;
mod naming;
mod profile;
mod section;
mod written;

#[cfg(test)]
mod tests;

pub use authority::{
    AUTHORITY_OCTETS_MAX, Authority, Rehearsal, built_in, initial, with_audit_key, with_authority,
};
pub use deliver::{DeliverSection, deliver_sections};
pub use error::Error;
pub use section::profile_text;
