//! The register: what was planned, approved, issued and delivered, append-only and hash-chained.
