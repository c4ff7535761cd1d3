use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A moment in UTC with microsecond resolution, as both databases keep it; the text form is RFC 3339.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(i64);

/// The text is not a moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a time: expected RFC 3339, such as 2026-03-21T08:00:00Z")]
pub struct InvalidTimestamp(());

// The years -9999 to 9999, which is what the text form can hold.
const MICROS_MIN: i64 = -377_705_023_201_000_000;
const MICROS_MAX: i64 = 253_402_207_200_000_000;

impl Timestamp {
    /// The microseconds of one day.
    pub const MICROS_PER_DAY: i64 = 86_400_000_000;

    /// Makes a moment from microseconds since 1970; what lies outside the years of the text form is moved to its edge.
    #[must_use]
    pub fn from_micros(micros: i64) -> Self {
        Self(micros.clamp(MICROS_MIN, MICROS_MAX))
    }

    /// Returns the microseconds since 1970.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Returns the whole milliseconds since 1970, rounded down.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// Returns the moment that lies a duration later.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self::from_micros(self.0.saturating_add(micros))
    }

    /// Returns the moment that lies a duration earlier.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self::from_micros(self.0.saturating_sub(micros))
    }

    /// Returns the moment that lies whole days (of 24 hours) later, or earlier when negative.
    #[must_use]
    pub fn plus_days(self, days: i32) -> Self {
        Self::from_micros(
            self.0
                .saturating_add(i64::from(days) * Self::MICROS_PER_DAY),
        )
    }

    /// Returns the moment in the time library, for calendar arithmetic.
    #[must_use]
    pub fn to_jiff(self) -> jiff::Timestamp {
        // INVARIANT: the constructor keeps the value inside the library's range.
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }

    /// Returns the calendar day of the moment in China, by which ages and legal periods are counted.
    #[must_use]
    pub fn day_in_china(self) -> jiff::civil::Date {
        jiff::tz::offset(8).to_datetime(self.to_jiff()).date()
    }

    /// Returns the end of the calendar day in China that lies whole months later; where that month has no such day, the end
    /// of its last.
    #[must_use]
    pub fn day_end_after_months(self, months: u32) -> Self {
        let day = jiff::Span::new()
            .try_months(months)
            .and_then(|span| self.day_in_china().checked_add(span))
            .and_then(jiff::civil::Date::tomorrow);
        let moment = day.and_then(|day| {
            let midnight = day.to_datetime(jiff::civil::Time::midnight());
            jiff::tz::offset(8).to_timestamp(midnight)
        });
        // What lies beyond the calendar is moved to its edge, as everywhere.
        moment.map_or(Self(MICROS_MAX), Self::from_jiff)
    }

    /// Takes a moment of the time library, dropping what is finer than a microsecond.
    #[must_use]
    pub fn from_jiff(moment: jiff::Timestamp) -> Self {
        Self::from_micros(moment.as_microsecond())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_jiff().fmt(f)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        text.parse()
            .map(Self::from_jiff)
            .map_err(|_malformed| InvalidTimestamp(()))
    }
}

impl TryFrom<String> for Timestamp {
    type Error = InvalidTimestamp;

    fn try_from(text: String) -> Result<Self, InvalidTimestamp> {
        text.parse()
    }
}

impl From<Timestamp> for String {
    fn from(moment: Timestamp) -> Self {
        moment.to_string()
    }
}

/// Tells the time; passed as a value so that retention, expiry and proofs can be replayed.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Returns the present moment.
    fn now(&self) -> Timestamp;
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the machine's clock"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::from_jiff(jiff::Timestamp::now())
    }
}

/// A clock that stands still until moved; clones share one time.
#[derive(Debug, Clone)]
pub struct MockClock(Arc<AtomicI64>);

impl MockClock {
    /// Starts at a moment.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(now.as_micros())))
    }

    /// Moves the time forward.
    pub fn advance(&self, duration: Duration) {
        self.set(self.now().plus(duration));
    }

    /// Sets the time, forward or back.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.as_micros(), Ordering::SeqCst);
    }
}

impl Clock for MockClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_moment_survives_its_text_form(micros: i64) {
            let moment = Timestamp::from_micros(micros);
            prop_assert_eq!(moment.to_string().parse(), Ok(moment));
        }
    }

    #[test]
    fn the_edges_of_time_hold() {
        for micros in [i64::MIN, i64::MAX] {
            let edge = Timestamp::from_micros(micros);
            assert_eq!(edge.to_jiff().as_microsecond(), edge.as_micros());
            assert_eq!(edge.plus(Duration::MAX).as_micros(), MICROS_MAX);
            assert_eq!(edge.minus(Duration::MAX).as_micros(), MICROS_MIN);
        }
    }

    #[test]
    fn months_later_a_day_ends_in_china() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        for (done, months, end) in [
            // 1 March 2026 in China, from its first moment to its last.
            ("2026-02-28T16:00:00Z", 12, "2027-03-01T16:00:00Z"),
            ("2026-03-01T15:59:59Z", 12, "2027-03-01T16:00:00Z"),
            // Where the month has no such day.
            ("2028-02-29T00:00:00Z", 12, "2029-02-28T16:00:00Z"),
            ("2026-01-31T00:00:00Z", 1, "2026-02-28T16:00:00Z"),
            ("2026-01-31T00:00:00Z", 0, "2026-01-31T16:00:00Z"),
        ] {
            let found = at(done).day_end_after_months(months);
            assert_eq!(found, at(end), "{done}");
        }
        let edge = Timestamp::from_micros(i64::MAX);
        assert_eq!(edge.day_end_after_months(u32::MAX).as_micros(), MICROS_MAX);
    }

    #[test]
    fn the_day_in_china_begins_eight_hours_before_that_of_utc() {
        let day = |text: &str| text.parse::<Timestamp>().unwrap().day_in_china();
        assert_eq!(day("2026-02-28T15:59:59Z"), jiff::civil::date(2026, 2, 28));
        assert_eq!(day("2026-02-28T16:00:00Z"), jiff::civil::date(2026, 3, 1));
        // The edges of time have a day.
        for micros in [i64::MIN, i64::MAX] {
            let _day = Timestamp::from_micros(micros).day_in_china();
        }
    }

    #[test]
    fn clones_of_a_mock_clock_share_one_time() {
        let clock = MockClock::new(Timestamp::from_micros(0));
        let same = clock.clone();
        clock.advance(Duration::from_secs(5));
        assert_eq!(same.now().as_micros(), 5_000_000);
    }
}
