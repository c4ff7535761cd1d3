use std::time::Duration;

use yuntu_terms::{Lang, Timestamp};

/// The clocks of the mainland, where the platform and its people are; they have no summer time.
const AHEAD_OF_UTC: Duration = Duration::from_hours(8);

/// Writes a count with its thousands apart.
///
/// # Clause
/// U4
#[must_use]
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Writes a share in percent, or a dash where it is undefined.
///
/// # Units
/// `share` is a part of 1.
/// # Clause
/// U4
#[must_use]
pub fn percent(share: Option<f64>, lang: Lang) -> String {
    share.map_or_else(
        || String::from("–"),
        |share| {
            let percent = share * 100.0;
            lang.pick(format!("{percent:.1}%"), format!("{percent:.1} %"))
        },
    )
}

/// Writes a moment to the minute, by the clocks of the mainland.
///
/// # Clause
/// U4
#[must_use]
pub fn minute(moment: Timestamp) -> String {
    let there = moment.plus(AHEAD_OF_UTC).to_string();
    let text: String = there.chars().take(16).collect();
    format!("{} UTC+8", text.replace('T', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_so_that_they_can_be_read() {
        for (count, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (20_940_529, "20,940,529"),
        ] {
            assert_eq!(grouped(count), text);
        }
        assert_eq!(percent(Some(0.5925), Lang::Zh), "59.2%");
        assert_eq!(percent(Some(1.0), Lang::En), "100.0 %");
        assert_eq!(percent(None, Lang::En), "–");
        assert_eq!(minute(Timestamp::from_micros(0)), "1970-01-01 08:00 UTC+8");
    }
}
