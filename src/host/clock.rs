//! The host's clock. An offline machine's clock is often wrong: whoever plans shows its time to a person first.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970-01-01T00:00:00Z, leap seconds not counted; negative before. Fractions are dropped towards the
/// past.
#[must_use]
pub fn unix_seconds() -> i64 {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        Err(before) => {
            let before = before.duration();
            let seconds = i64::try_from(before.as_secs()).unwrap_or(i64::MAX);
            -seconds - i64::from(before.subsec_nanos() > 0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_a_time_after_this_was_written() {
        assert!(unix_seconds() > 1_750_000_000);
    }
}
