//! Samples of values as a person may see them who says what a column holds: enough to recognise, never a whole one.

use yuntu_terms::ColumnClass;

/// How many samples a column shows.
const SAMPLES: usize = 3;
/// How many rows of the sample must share a value before it is shown whole: then it tells of nobody.
const SHARED_BY: usize = 5;
/// How long a sample is shown.
const CHARS_MAX: usize = 24;
const DOT: char = '•';

/// Masks some of a column's values.
pub(crate) fn samples(values: &[String], class: ColumnClass) -> Vec<String> {
    let mut shown: Vec<String> = Vec::with_capacity(SAMPLES);
    for value in values {
        let sample = match class {
            ColumnClass::Sensitive => DOT.to_string().repeat(4),
            ColumnClass::Identifier => ends(value),
            ColumnClass::Personal | ColumnClass::NonPersonal => {
                let rows = values.iter().filter(|other| *other == value).count();
                if rows >= SHARED_BY {
                    cut(value)
                } else {
                    beginning(value)
                }
            }
        };
        if !shown.contains(&sample) {
            shown.push(sample);
        }
        if shown.len() == SAMPLES {
            break;
        }
    }
    shown
}

/// Leaves a sixth at each end, three characters at most; of what is short, nothing.
fn ends(value: &str) -> String {
    let length = value.chars().count();
    let open = (length / 6).min(3);
    let masked = |(place, sign)| {
        if place < open || place + open >= length {
            sign
        } else {
            DOT
        }
    };
    cut(&value.chars().enumerate().map(masked).collect::<String>())
}

/// Leaves a quarter at the beginning, four characters at most, and every sign between words and digits; of a value that has
/// nothing else to hide, nothing.
fn beginning(value: &str) -> String {
    let open = (value.chars().count() / 4).min(4);
    if !value.chars().skip(open).any(char::is_alphanumeric) {
        return cut(&DOT.to_string().repeat(value.chars().count()));
    }
    let masked = |(place, sign): (usize, char)| {
        if place < open || !sign.is_alphanumeric() {
            sign
        } else {
            DOT
        }
    };
    cut(&value.chars().enumerate().map(masked).collect::<String>())
}

fn cut(value: &str) -> String {
    let visible = |sign: char| if sign.is_control() { ' ' } else { sign };
    let mut shown: String = value.chars().take(CHARS_MAX).map(visible).collect();
    if value.chars().nth(CHARS_MAX).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[&str], class: ColumnClass) -> Vec<String> {
        let values: Vec<_> = values.iter().map(|text| (*text).to_owned()).collect();
        samples(&values, class)
    }

    #[test]
    fn a_sample_is_recognised_and_tells_of_nobody() {
        assert_eq!(
            of(&["13912345678", "13812345679"], ColumnClass::Identifier),
            ["1•••••••••8", "1•••••••••9"]
        );
        assert_eq!(of(&["m12", "m13"], ColumnClass::Identifier), ["•••"]);
        assert_eq!(of(&["diabetes", "none"], ColumnClass::Sensitive), ["••••"]);
        assert_eq!(
            of(
                &["2026-03-21", "1,234.50", "北京市朝阳区"],
                ColumnClass::Personal
            ),
            ["20••-••-••", "1,•••.••", "北•••••"]
        );
        let shared = ["f", "m", "f", "m", "f", "m", "f", "m", "f", "m", "x"];
        assert_eq!(of(&shared, ColumnClass::Personal), ["f", "m", "•"]);
        assert_eq!(of(&["¹ ﹨:"], ColumnClass::Personal), ["••••"]);
        assert_eq!(of(&[], ColumnClass::Personal), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn no_value_of_one_row_is_shown_whole(value in "[\\PC\n]{1,40}", class in 0..4_usize) {
            let classes = [
                ColumnClass::NonPersonal,
                ColumnClass::Personal,
                ColumnClass::Sensitive,
                ColumnClass::Identifier,
            ];
            prop_assume!(value.chars().any(|sign| sign != DOT));
            let shown = of(&[value.as_str()], classes[class]);
            prop_assert!(shown.iter().all(|sample| !sample.contains(&value)));
        }
    }
}
