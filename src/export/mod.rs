//! Bundles: what is delivered, as pure functions of what was issued.
