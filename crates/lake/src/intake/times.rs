//! Moments and days as sources write them.

use jiff::civil::DateTime;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::TimeZone;

use crate::error::{LakeError, MappingFault};
use crate::mapping::TimeFormat;

pub(crate) const MICROS_PER_DAY: i64 = 86_400_000_000;
const MICROS_PER_SECOND: i64 = 1_000_000;

/// Reads moments and days in one format; what names no offset is in one zone.
#[derive(Debug, Clone)]
pub(crate) struct Times {
    format: TimeFormat,
    zone: Option<TimeZone>,
}

/// A day and a time of day as written, and the offset if one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Written {
    day: i64,
    micros: i64,
    offset_seconds: Option<i64>,
}

impl Times {
    /// Makes a reader; the zone is an IANA name.
    pub(crate) fn new(format: &TimeFormat, zone: &str) -> Result<Self, LakeError> {
        let zone = match zone {
            "UTC" | "Etc/UTC" => None,
            name => Some(
                TimeZone::get(name)
                    .map_err(|_unknown| LakeError::Mapping(MappingFault::TimeZone))?,
            ),
        };
        Ok(Self {
            format: format.clone(),
            zone,
        })
    }

    /// Reads a moment as microseconds since 1970.
    pub(crate) fn moment(&self, text: &str) -> Option<i64> {
        let text = text.trim();
        match &self.format {
            TimeFormat::Iso => {
                let written = iso(text)?;
                let micros = written
                    .day
                    .checked_mul(MICROS_PER_DAY)?
                    .checked_add(written.micros)?;
                match written.offset_seconds {
                    Some(offset) => micros.checked_sub(offset * MICROS_PER_SECOND),
                    None => self.local(micros),
                }
            }
            TimeFormat::UnixSeconds => text.parse::<i64>().ok()?.checked_mul(MICROS_PER_SECOND),
            TimeFormat::UnixMillis => text.parse::<i64>().ok()?.checked_mul(1_000),
            TimeFormat::Pattern(pattern) => {
                let parsed = BrokenDownTime::parse(pattern, text).ok()?;
                if parsed.offset().is_some() {
                    return parsed
                        .to_timestamp()
                        .ok()
                        .map(jiff::Timestamp::as_microsecond);
                }
                let date_time = parsed.to_datetime().or_else(|_no_time| {
                    parsed
                        .to_date()
                        .map(|date| date.to_datetime(jiff::civil::Time::midnight()))
                });
                self.zoned(date_time.ok()?)
            }
        }
    }

    /// Takes microseconds on the wall clock of the zone as a moment; where a clock goes back, the first of the two.
    pub(crate) fn local(&self, micros: i64) -> Option<i64> {
        if self.zone.is_none() {
            return Some(micros);
        }
        let wall = jiff::Timestamp::from_microsecond(micros).ok()?;
        self.zoned(TimeZone::UTC.to_datetime(wall))
    }

    fn zoned(&self, wall: DateTime) -> Option<i64> {
        let zone = self.zone.clone().unwrap_or(TimeZone::UTC);
        zone.to_timestamp(wall)
            .ok()
            .map(jiff::Timestamp::as_microsecond)
    }

    /// Takes whole numbers as the format says they are meant.
    pub(crate) fn number(&self, number: i64) -> Option<i64> {
        match self.format {
            TimeFormat::UnixSeconds => number.checked_mul(MICROS_PER_SECOND),
            TimeFormat::UnixMillis => number.checked_mul(1_000),
            TimeFormat::Iso | TimeFormat::Pattern(_) => None,
        }
    }

    /// Reads a day as days since 1970.
    pub(crate) fn day(&self, text: &str) -> Option<i32> {
        let text = text.trim();
        let day = match &self.format {
            TimeFormat::Iso => iso(text)?.day,
            TimeFormat::UnixSeconds | TimeFormat::UnixMillis => {
                self.moment(text)?.div_euclid(MICROS_PER_DAY)
            }
            TimeFormat::Pattern(pattern) => {
                let date = BrokenDownTime::parse(pattern, text).ok()?.to_date().ok()?;
                days(
                    i64::from(date.year()),
                    date.month().into(),
                    date.day().into(),
                )?
            }
        };
        i32::try_from(day).ok()
    }
}

/// Reads digits from the front; between `min` and `max` of them.
fn digits(text: &mut &[u8], min: usize, max: usize) -> Option<i64> {
    let mut value = 0;
    let mut count = 0;
    while count < max
        && let [digit @ b'0'..=b'9', rest @ ..] = *text
    {
        value = value * 10 + i64::from(digit - b'0');
        *text = rest;
        count += 1;
    }
    (count >= min).then_some(value)
}

fn sign(text: &mut &[u8], wanted: &[u8]) -> Option<u8> {
    let [first, rest @ ..] = *text else {
        return None;
    };
    if !wanted.contains(first) {
        return None;
    }
    *text = rest;
    Some(*first)
}

fn iso(text: &str) -> Option<Written> {
    let mut rest = text.as_bytes();
    let year = digits(&mut rest, 4, 4)?;
    let (month, day) = match sign(&mut rest, b"-/.") {
        Some(separator) => {
            let month = digits(&mut rest, 1, 2)?;
            sign(&mut rest, &[separator])?;
            (month, digits(&mut rest, 1, 2)?)
        }
        None => (digits(&mut rest, 2, 2)?, digits(&mut rest, 2, 2)?),
    };
    let day = days(year, month, day)?;
    if rest.is_empty() {
        return Some(Written {
            day,
            micros: 0,
            offset_seconds: None,
        });
    }
    sign(&mut rest, b"T t")?;
    let micros = time_of_day(&mut rest)?;
    let offset_seconds = offset(&mut rest)?;
    rest.is_empty().then_some(Written {
        day,
        micros,
        offset_seconds,
    })
}

fn time_of_day(rest: &mut &[u8]) -> Option<i64> {
    let hour = digits(rest, 1, 2)?;
    sign(rest, b":")?;
    let minute = digits(rest, 2, 2)?;
    let second = match sign(rest, b":") {
        Some(_) => digits(rest, 2, 2)?,
        None => 0,
    };
    let mut fraction = 0;
    if sign(rest, b".,").is_some() {
        let before = rest.len();
        fraction = digits(rest, 1, 6)?;
        for _ in (before - rest.len())..6 {
            fraction *= 10;
        }
        // Finer than a microsecond is dropped.
        while sign(rest, b"0123456789").is_some() {}
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    Some(((hour * 60 + minute) * 60 + second) * MICROS_PER_SECOND + fraction)
}

/// Reads an offset to the end: nothing, `Z`, `+08`, `+0800`, `+08:00`.
#[expect(
    clippy::option_option,
    reason = "no offset and a bad offset are two answers"
)]
fn offset(rest: &mut &[u8]) -> Option<Option<i64>> {
    while rest.first() == Some(&b' ') {
        sign(rest, b" ")?;
    }
    if rest.is_empty() {
        return Some(None);
    }
    if sign(rest, b"Zz").is_some() {
        return Some(Some(0));
    }
    let negative = sign(rest, b"+-")? == b'-';
    let hours = digits(rest, 2, 2)?;
    let minutes = if rest.is_empty() {
        0
    } else {
        sign(rest, b":");
        digits(rest, 2, 2)?
    };
    if hours > 23 || minutes > 59 {
        return None;
    }
    let seconds = (hours * 60 + minutes) * 60;
    Some(Some(if negative { -seconds } else { seconds }))
}

/// Counts the days since 1970 of a date in the Gregorian calendar, or nothing when there is no such day.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    if !(1..=9_999).contains(&year) || !(1..=last).contains(&day) {
        return None;
    }
    // Years begin in March here, so that the leap day comes last.
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

#[cfg(test)]
mod tests {
    use jiff::civil::Date;
    use proptest::prelude::*;

    use super::*;

    fn iso_in(zone: &str) -> Times {
        Times::new(&TimeFormat::Iso, zone).unwrap()
    }

    fn micros(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>().unwrap().as_microsecond()
    }

    #[test]
    fn common_spellings_of_a_moment_agree() {
        let times = iso_in("Asia/Shanghai");
        let wanted = micros("2026-03-21T00:05:09.25Z");
        for text in [
            "2026-03-21 08:05:09.25",
            "2026/3/21 8:05:09.250",
            "20260321T08:05:09.250000999",
            "2026-03-21T00:05:09.25Z",
            "2026-03-21 08:05:09.25+0800",
            "2026-03-21T02:05:09.25 +02:00",
            " 2026-03-20 19:05:09,25-05 ",
        ] {
            assert_eq!(times.moment(text), Some(wanted), "{text}");
        }
        assert_eq!(
            times.moment("2026-03-21"),
            Some(micros("2026-03-20T16:00:00Z"))
        );
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        let times = iso_in("UTC");
        for text in [
            "",
            "2026",
            "2026-13-01",
            "2026-02-29",
            "2026-03-21 24:00",
            "2026-03-21 08:00:60",
            "2026-03-21x",
            "21.03.2026",
            "2026-03-21 08:00 +8",
            "0000-01-01",
            "2026-03/21",
        ] {
            assert_eq!(times.moment(text), None, "{text}");
        }
    }

    #[test]
    fn daylight_saving_time_is_respected() {
        let times = iso_in("America/New_York");
        assert_eq!(
            times.moment("2017-01-01 06:53:26"),
            Some(micros("2017-01-01T11:53:26Z"))
        );
        assert_eq!(
            times.moment("2017-07-01 06:53:26"),
            Some(micros("2017-07-01T10:53:26Z"))
        );
        // The hour that comes twice is its first coming, the hour that never comes is moved on.
        assert_eq!(
            times.moment("2017-11-05 01:30:00"),
            Some(micros("2017-11-05T05:30:00Z"))
        );
        assert_eq!(
            times.moment("2017-03-12 02:30:00"),
            Some(micros("2017-03-12T07:30:00Z"))
        );
        assert!(Times::new(&TimeFormat::Iso, "Mars/Base").is_err());
    }

    #[test]
    fn patterns_and_counts_of_seconds_are_read() {
        let pattern = TimeFormat::Pattern("%d.%m.%Y %H:%M".to_owned());
        let times = Times::new(&pattern, "Asia/Shanghai").unwrap();
        assert_eq!(
            times.moment("21.03.2026 08:00"),
            Some(micros("2026-03-21T00:00:00Z"))
        );
        assert_eq!(times.moment("2026"), None);
        let times = Times::new(&TimeFormat::UnixMillis, "UTC").unwrap();
        assert_eq!(times.moment("1500"), Some(1_500_000));
        assert_eq!(times.day("86400000"), Some(1));
    }

    proptest! {
        #[test]
        fn days_agree_with_the_calendar_library(day in -719_162_i32..2_932_896) {
            let date = Date::new(1970, 1, 1).unwrap()
                .checked_add(jiff::Span::new().days(day)).unwrap();
            prop_assert_eq!(iso_in("UTC").day(&date.to_string()), Some(day));
        }

        #[test]
        fn reading_never_panics(text in "[0-9TZ:+./ -]{0,40}") {
            let _answer = iso_in("Asia/Shanghai").moment(&text);
        }
    }
}
