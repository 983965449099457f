//! The host: clock, entropy, memory and process hardening.
