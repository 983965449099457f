//! Points in time as certificates know them: whole seconds, UTC, years 1950 to 9999 (RFC 5280 §4.1.2.5).

use std::fmt;

/// Seconds since 1970-01-01T00:00:00Z, within the years that a certificate can express.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Time(i64);

/// A span of one day, in seconds.
pub const DAY_SECONDS: i64 = 86_400;

impl Time {
    /// 9999-12-31T23:59:59Z, "no well-defined expiration date" (RFC 5280 §4.1.2.5).
    pub const NO_EXPIRY: Self = Self(253_402_300_799);
    /// 1950-01-01T00:00:00Z, the first moment a `UTCTime` can express.
    pub const FIRST: Self = Self(-631_152_000);

    /// From seconds since 1970; `None` outside the years 1950 to 9999.
    #[must_use]
    pub fn from_unix(seconds: i64) -> Option<Self> {
        (Self::FIRST.0..=Self::NO_EXPIRY.0).contains(&seconds).then_some(Self(seconds))
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn unix(self) -> i64 {
        self.0
    }

    /// This moment moved by a number of seconds; stops at the first and last moments that can be expressed.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds).clamp(Self::FIRST.0, Self::NO_EXPIRY.0))
    }

    /// The last moment of so many days of 86,400 seconds from this one on, which is the first (RFC 5280 §4.1.2.5: both
    /// belong to a validity); `None` where that is not before [`Time::NO_EXPIRY`], which has a meaning of its own.
    #[must_use]
    pub fn end_of_days(self, days: u32) -> Option<Self> {
        let end = self.0.checked_add(i64::from(days) * DAY_SECONDS - 1)?;
        (end < Self::NO_EXPIRY.0).then_some(Self(end))
    }

    /// From calendar fields, UTC; `None` where there is no such moment.
    #[must_use]
    pub fn from_civil(year: i64, month: u32, day: u32, hour: u32, minute: u32, second: u32) -> Option<Self> {
        if !(1950..=9999).contains(&year)
            || !(1..=12).contains(&month)
            || hour > 23
            || minute > 59
            || second > 59
        {
            return None;
        }
        if day < 1 || day > days_in_month(year, month) {
            return None;
        }
        let days = days_from_civil(year, month, day);
        Self::from_unix(days * DAY_SECONDS + i64::from(hour * 3600 + minute * 60 + second))
    }

    /// Calendar fields, UTC: year, month, day, hour, minute, second.
    #[must_use]
    pub fn civil(self) -> (i64, u32, u32, u32, u32, u32) {
        let days = self.0.div_euclid(DAY_SECONDS);
        let seconds = u32::try_from(self.0.rem_euclid(DAY_SECONDS)).unwrap_or_default();
        let (year, month, day) = civil_from_days(days);
        (year, month, day, seconds / 3600, seconds / 60 % 60, seconds % 60)
    }

    /// Reads `YYYY-MM-DDThh:mm:ssZ`, that spelling only.
    #[must_use]
    pub fn from_rfc3339(text: &str) -> Option<Self> {
        let octets = text.as_bytes();
        let punctuation = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'Z')];
        if octets.len() != 20 || punctuation.iter().any(|&(at, mark)| octets[at] != mark) {
            return None;
        }
        let number = |from: usize, to: usize| -> Option<u32> {
            octets[from..to].iter().try_fold(0, |value, digit| {
                digit.is_ascii_digit().then(|| value * 10 + u32::from(digit - b'0'))
            })
        };
        Self::from_civil(
            i64::from(number(0, 4)?),
            number(5, 7)?,
            number(8, 10)?,
            number(11, 13)?,
            number(14, 16)?,
            number(17, 19)?,
        )
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day, hour, minute, second) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in_month(year: i64, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a Gregorian date, by eras of 400 years.
fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted = i64::from((month + 9) % 12);
    let day_of_year = (153 * shifted + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, u32::try_from(month).unwrap_or_default(), u32::try_from(day).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(unix: i64, text: &str) {
        assert_eq!(Time::from_unix(unix).map(|time| time.to_string()).as_deref(), Some(text));
        assert_eq!(Time::from_rfc3339(text).map(Time::unix), Some(unix));
    }

    #[test]
    fn agrees_with_the_calendar() {
        check(0, "1970-01-01T00:00:00Z");
        check(951_782_400, "2000-02-29T00:00:00Z");
        check(2_524_607_999, "2049-12-31T23:59:59Z");
        check(2_524_608_000, "2050-01-01T00:00:00Z");
        check(-631_152_000, "1950-01-01T00:00:00Z");
        check(253_402_300_799, "9999-12-31T23:59:59Z");
    }

    #[test]
    fn refuses_moments_that_do_not_exist() {
        for text in
            ["2023-02-29T00:00:00Z", "2023-01-01T24:00:00Z", "2023-01-01 00:00:00Z", "1949-12-31T23:59:59Z"]
        {
            assert_eq!(Time::from_rfc3339(text), None, "{text}");
        }
    }

    #[test]
    fn counts_days_up_to_the_last_year_and_no_further() {
        let start = Time::from_rfc3339("2026-03-01T12:00:00Z").expect("a moment");
        assert_eq!(start.end_of_days(1), Time::from_rfc3339("2026-03-02T11:59:59Z"));
        assert_eq!(start.end_of_days(2_940_000), None);
        let eve = Time::NO_EXPIRY.plus_seconds(-DAY_SECONDS);
        assert_eq!(eve.end_of_days(1), Some(Time::NO_EXPIRY.plus_seconds(-1)));
        assert_eq!(eve.plus_seconds(1).end_of_days(1), None);
    }

    #[test]
    fn stops_at_the_last_moment() {
        assert_eq!(Time::NO_EXPIRY.plus_seconds(1), Time::NO_EXPIRY);
    }
}
