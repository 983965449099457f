//! Certification paths (RFC 5280 §6.1), as far as this appliance issues them.

use super::{certificate::Certificate, time::Time};

/// Checks a path: `leaf` first issued by `above[0]`, and so on to `anchor`. Signatures, names, key identifiers,
/// basic constraints, path lengths, key usage and validity at `at` (`None`: not checked) are verified; an unknown
/// critical extension refuses.
///
/// # Errors
/// A sentence that says which certificate fails and why.
pub fn verify(
    _leaf: &Certificate,
    _above: &[Certificate],
    _anchor: &Certificate,
    _at: Option<Time>,
) -> Result<(), String> {
    todo!()
}
