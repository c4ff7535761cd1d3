use yuntu_terms::{Timestamp, clause};

use crate::Period;

/// Finds the period in which letters of authorisation let somebody act at this moment, or the nearest one.
///
/// The letters are those that were not revoked, the first recorded first. A letter takes the place of the earlier ones
/// from its own beginning on, so that a renewal can be recorded ahead of time and a shorter letter cuts a longer one.
/// The end is the one that the person will meet: a renewal without a gap moves it.
///
/// # Clause
/// R3
#[must_use]
pub fn authority(letters: &[Period], now: Timestamp) -> Option<Period> {
    clause::hit!(R3);
    let begun = letters.iter().rposition(|letter| letter.from <= now);
    let Some(place) = begun else {
        return letters.last().copied();
    };
    let mut found = *letters.get(place)?;
    for next in letters.get(place + 1..).unwrap_or_default() {
        if next.from <= found.until {
            found.until = next.until;
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: i32) -> Timestamp {
        Timestamp::from_micros(0).plus_days(number)
    }

    fn letter(from: i32, until: i32) -> Period {
        Period {
            from: day(from),
            until: day(until),
        }
    }

    #[test]
    fn a_letter_counts_from_its_own_beginning_on() {
        let _mark = clause::check!(R3);
        let (first, renewal) = (letter(0, 30), letter(25, 60));
        assert_eq!(authority(&[], day(1)), None);
        assert_eq!(authority(&[first], day(40)), Some(first));
        // A renewal that was recorded ahead takes nothing away before it begins, and no gap ends anything.
        let both = [first, renewal];
        assert_eq!(authority(&both, day(10)), Some(letter(0, 60)));
        assert_eq!(authority(&both, day(26)), Some(renewal));
        assert_eq!(authority(&both, day(60)), Some(renewal));
        // With a gap the first one ends by itself.
        let gap = [first, letter(31, 60)];
        assert_eq!(authority(&gap, day(10)), Some(first));
        assert!(!authority(&gap, day(30)).unwrap().holds(day(30)));
        assert!(authority(&gap, day(31)).unwrap().holds(day(31)));
        // A later letter that ends earlier cuts the earlier one.
        let cut = [first, letter(5, 10)];
        assert_eq!(authority(&cut, day(4)), Some(letter(0, 10)));
        assert!(!authority(&cut, day(12)).unwrap().holds(day(12)));
        // What has not begun is told of, and opens nothing.
        let ahead = authority(&[renewal], day(1)).unwrap();
        assert_eq!(ahead, renewal);
        assert!(!ahead.holds(day(1)));
    }
}
