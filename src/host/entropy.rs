//! The system's random numbers (getrandom(2): blocks until the kernel's generator is seeded).

use thiserror::Error;

/// The system gave no random numbers.
#[derive(Debug, Error)]
#[error("the system gives no random numbers: {0}")]
pub struct EntropyError(getrandom::Error);

impl EntropyError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        "check that the kernel offers getrandom(2), and start again"
    }
}

/// Fills a buffer with random octets.
///
/// # Errors
/// [`EntropyError`]; nothing in the buffer may be used then.
pub fn fill(octets: &mut [u8]) -> Result<(), EntropyError> {
    getrandom::fill(octets).map_err(EntropyError)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_the_whole_buffer_differently_each_time() {
        let (mut one, mut other) = ([0; 64], [0; 64]);
        fill(&mut one).unwrap();
        fill(&mut other).unwrap();
        assert_ne!(one, other);
        assert_ne!(one[32..], [0; 32]);
    }
}
