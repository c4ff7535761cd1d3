use serde::{Deserialize, Serialize};

use super::{ratio, ratio_of_group};

/// How two audiences overlap inside a base.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Overlap {
    /// |X|
    pub x: u64,
    /// |Y|
    pub y: u64,
    /// |X∩Y|
    pub both: u64,
    /// |X∩Y| / |X|
    pub rate_of_x: Option<f64>,
    /// |X∩Y| / |Y|
    pub rate_of_y: Option<f64>,
    /// |X∩Y| / |X∪Y|
    pub jaccard: Option<f64>,
    /// |X∩Y|·|B| / (|X|·|Y|): how much more often both come together than by chance.
    pub lift: Option<f64>,
}

/// Computes the overlap of two audiences from their sizes.
///
/// # Units
/// `base` is the number of people in the base population; `group_min` the smallest group a ratio may stand on.
#[must_use]
pub fn overlap(x: u64, y: u64, both: u64, base: u64, group_min: u64) -> Overlap {
    let rate_of_x = ratio_of_group(both, x, group_min);
    let rate_of_y = ratio_of_group(both, y, group_min);
    let lift = match (rate_of_x, rate_of_y, ratio(y, base)) {
        (Some(rate), Some(_), Some(share)) if y > 0 => Some(rate / share),
        _ => None,
    };
    Overlap {
        x,
        y,
        both,
        rate_of_x,
        rate_of_y,
        jaccard: ratio_of_group(both, x + y - both, group_min),
        lift,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_formulas_hold_on_a_small_case() {
        let o = overlap(200, 100, 50, 1_000, 1);
        assert_eq!(o.rate_of_x, Some(0.25));
        assert_eq!(o.rate_of_y, Some(0.5));
        assert_eq!(o.jaccard, Some(0.2));
        assert_eq!(o.lift, Some(2.5));
    }

    #[test]
    fn what_stands_on_nothing_or_on_few_is_not_shown() {
        let empty = overlap(0, 0, 0, 0, 0);
        assert_eq!(
            (empty.rate_of_x, empty.jaccard, empty.lift),
            (None, None, None)
        );
        let few = overlap(9, 100, 5, 1_000, 10);
        assert_eq!((few.rate_of_x, few.lift), (None, None));
        assert_eq!(few.rate_of_y, Some(0.05));
    }
}
