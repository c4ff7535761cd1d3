use yuntu_terms::{Lang, Timestamp};

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

/// Writes a moment to the minute, with its zone.
///
/// # Clause
/// U4
#[must_use]
pub fn minute(moment: Timestamp) -> String {
    let text: String = moment.to_string().chars().take(16).collect();
    format!("{} UTC", text.replace('T', " "))
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
        assert_eq!(minute(Timestamp::from_micros(0)), "1970-01-01 00:00 UTC");
    }
}
