//! The pace of work that counts: how fast it is now, and how fast it was over the whole run, in bounded memory.

use std::{collections::VecDeque, time::Duration};

/// The pace shown is that of the last seconds: long enough to be steady, short enough to follow.
const RECENT: Duration = Duration::from_secs(5);

/// Columns kept of a run; where there would be more, two become one. More than the widest console has.
const COLUMNS_MAX: usize = 256;

/// What the first columns span.
const FIRST_SPAN: Duration = Duration::from_millis(500);

/// The pace of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Rate {
    began: Option<(Duration, u64)>,
    /// Counts of the last seconds, oldest first.
    recent: VecDeque<(Duration, u64)>,
    span: Duration,
    /// Items done in each whole span since the run began.
    columns: Vec<u64>,
    /// The count at the end of the last whole column.
    counted: u64,
}

impl Default for Rate {
    fn default() -> Self {
        Self { began: None, recent: VecDeque::new(), span: FIRST_SPAN, columns: Vec::new(), counted: 0 }
    }
}

impl Rate {
    /// The count stood at `done` when so much time had passed. Both never go back.
    pub fn note(&mut self, since: Duration, done: u64) {
        let (began, _) = *self.began.get_or_insert_with(|| {
            self.counted = done;
            (since, done)
        });
        match self.recent.back_mut() {
            Some((at, count)) if *at == since => *count = done,
            _ => self.recent.push_back((since, done)),
        }
        // The last one before the window stays: the pace is that between it and now.
        while self.recent.get(1).is_some_and(|(at, _)| since.saturating_sub(*at) >= RECENT) {
            self.recent.pop_front();
        }
        while since.saturating_sub(began)
            >= self.span * (u32::try_from(self.columns.len()).unwrap_or(u32::MAX) + 1)
        {
            self.columns.push(done.saturating_sub(self.counted));
            self.counted = done;
            if self.columns.len() == COLUMNS_MAX {
                self.columns = self.columns.chunks(2).map(|pair| pair.iter().sum()).collect();
                self.span *= 2;
            }
        }
    }

    /// Items a second over the last seconds; `None` before anything can be said.
    #[must_use]
    pub fn now(&self) -> Option<f64> {
        let ((from, before), (to, after)) = (self.recent.front()?, self.recent.back()?);
        per_second(after.saturating_sub(*before), to.saturating_sub(*from))
    }

    /// Time since the run began.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        match (self.began, self.recent.back()) {
            (Some((began, _)), Some((last, _))) => last.saturating_sub(began),
            _ => Duration::ZERO,
        }
    }

    /// Items a second in each of at most so many columns, oldest first.
    #[must_use]
    pub fn columns(&self, columns_max: usize) -> Vec<f64> {
        let merged = self.columns.len().div_ceil(columns_max.max(1)).max(1);
        self.columns
            .chunks(merged)
            .map(|chunk| {
                let span = self.span * u32::try_from(chunk.len()).unwrap_or(1);
                per_second(chunk.iter().sum(), span).unwrap_or(0.0)
            })
            .collect()
    }
}

fn per_second(items: u64, span: Duration) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a rate for people to read")]
    let items = items as f64;
    (span > Duration::from_millis(400)).then(|| items / span.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run noted four times a second, at 100 a second until `slow_at` and 10 a second from there on.
    fn run(seconds: u64, slow_at: u64) -> Rate {
        let (mut rate, mut tenths) = (Rate::default(), 0);
        for quarter in 0..=seconds * 4 {
            rate.note(Duration::from_millis(10_000 + quarter * 250), tenths / 10);
            tenths += if quarter < slow_at * 4 { 250 } else { 25 };
        }
        rate
    }

    #[test]
    fn the_pace_is_that_of_the_last_seconds_and_the_run_is_kept() {
        let rate = run(20, 10);
        assert!((rate.now().unwrap() - 10.0).abs() < 0.5, "{:?}", rate.now());
        assert_eq!(rate.elapsed(), Duration::from_secs(20));
        let columns = rate.columns(10);
        assert_eq!(columns.len(), 10);
        assert!((columns[0] - 100.0).abs() < 1.0 && (columns[9] - 10.0).abs() < 1.0, "{columns:?}");
    }

    #[test]
    fn says_nothing_before_there_is_something_to_say() {
        let mut rate = Rate::default();
        assert_eq!((rate.now(), rate.elapsed()), (None, Duration::ZERO));
        rate.note(Duration::from_secs(1), 5);
        assert_eq!(rate.now(), None);
        assert!(rate.columns(10).is_empty());
    }

    #[test]
    fn a_day_takes_no_more_room_than_a_minute() {
        let rate = run(86_400, 80_000);
        assert!(rate.columns.len() < COLUMNS_MAX && rate.recent.len() < 30);
        assert!((rate.columns(78)[0] - 100.0).abs() < 1.0);
    }
}
