use serde::{Deserialize, Serialize};

use super::{ratio, ratio_of_group};

/// How many people of the target a cell needs before its TGI is shown.
pub const TGI_CELL_MIN: u64 = 30;

/// The sizes behind one cell of a profile; B is the base, T the target, F the people with the feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellCounts {
    /// |T∩F|
    pub target_with_feature: u64,
    /// |T|
    pub target: u64,
    /// |B∩F|
    pub base_with_feature: u64,
    /// |B|
    pub base: u64,
}

/// The range that holds the true value in 95 of 100 repetitions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// The metrics of one value of one feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// The value of the feature; `None` where it is empty.
    pub value: Option<String>,
    /// The sizes.
    pub counts: CellCounts,
    /// 占比, |T∩F| / |T|.
    pub share: Option<f64>,
    /// |B∩F| / |B|.
    pub base_share: Option<f64>,
    /// 渗透率, |T∩F| / |F|.
    pub penetration: Option<f64>,
    /// 100 × share / base share; 100 is average.
    pub tgi: Option<f64>,
    /// The 95 % interval of the TGI.
    pub tgi_interval: Option<Interval>,
}

/// Computes the metrics of one value of one feature.
///
/// A TGI is shown only when the cell has [`TGI_CELL_MIN`] people of the target and `group_min` people of the base.
#[must_use]
pub fn cell(value: Option<String>, counts: CellCounts, group_min: u64) -> Cell {
    let CellCounts {
        target_with_feature,
        target,
        base_with_feature,
        base,
    } = counts;
    let share = ratio_of_group(target_with_feature, target, group_min);
    let base_share = ratio_of_group(base_with_feature, base, group_min);
    let shown = target_with_feature >= TGI_CELL_MIN && base_with_feature >= group_min;
    let tgi = match (share, base_share) {
        (Some(share), Some(base_share)) if shown && base_with_feature > 0 => {
            Some(100.0 * share / base_share)
        }
        _ => None,
    };
    Cell {
        value,
        counts,
        share,
        base_share,
        penetration: ratio_of_group(target_with_feature, base_with_feature, group_min),
        tgi,
        tgi_interval: tgi.and_then(|tgi| tgi_interval(tgi, counts)),
    }
}

/// Returns the 95 % interval of a TGI by the delta method on its logarithm.
///
/// The target is part of the base, so the two shares are not independent: the variance is that of the ratio of the
/// target's share to the mixture of target and rest.
#[must_use]
pub fn tgi_interval(tgi: f64, counts: CellCounts) -> Option<Interval> {
    const Z: f64 = 1.959_963_984_540_054;
    let rest = counts.base.checked_sub(counts.target)?;
    let rest_with_feature = counts
        .base_with_feature
        .checked_sub(counts.target_with_feature)?;
    let weight = ratio(counts.target, counts.base)?;
    let in_target = ratio(counts.target_with_feature, counts.target)?;
    let in_base = ratio(counts.base_with_feature, counts.base)?;
    if in_target <= 0.0 || in_base <= 0.0 {
        return None;
    }
    let binomial =
        |share: f64, people: u64| ratio(1, people).map_or(0.0, |one| share * (1.0 - share) * one);
    let from_target =
        (1.0 / in_target - weight / in_base).powi(2) * binomial(in_target, counts.target);
    let in_rest = ratio(rest_with_feature, rest).unwrap_or(0.0);
    let from_rest = ((1.0 - weight) / in_base).powi(2) * binomial(in_rest, rest);
    let spread = (Z * (from_target + from_rest).sqrt()).exp();
    Some(Interval {
        low: tgi / spread,
        high: tgi * spread,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(tf: u64, t: u64, bf: u64, b: u64) -> CellCounts {
        CellCounts {
            target_with_feature: tf,
            target: t,
            base_with_feature: bf,
            base: b,
        }
    }

    #[test]
    fn the_formulas_hold_on_a_small_case() {
        let c = cell(None, counts(40, 100, 200, 1_000), 10);
        assert_eq!(
            (c.share, c.base_share, c.penetration),
            (Some(0.4), Some(0.2), Some(0.2))
        );
        assert!((c.tgi.unwrap() - 200.0).abs() < 1e-9);
        let interval = c.tgi_interval.unwrap();
        assert!(interval.low < 200.0 && 200.0 < interval.high);
    }

    #[test]
    fn the_whole_base_is_average_without_doubt() {
        let c = cell(None, counts(200, 1_000, 200, 1_000), 10);
        assert!((c.tgi.unwrap() - 100.0).abs() < 1e-9);
        let interval = c.tgi_interval.unwrap();
        assert!((interval.high - interval.low).abs() < 1e-9);
    }

    #[test]
    fn small_cells_show_no_index() {
        assert_eq!(cell(None, counts(29, 100, 200, 1_000), 10).tgi, None);
        assert_eq!(cell(None, counts(30, 100, 49, 1_000), 50).tgi, None);
        let none = cell(None, counts(0, 0, 0, 0), 0);
        assert_eq!(
            (none.share, none.base_share, none.penetration, none.tgi),
            (None, None, None, None)
        );
    }

    #[test]
    fn the_interval_covers_the_truth_about_as_often_as_it_says() {
        let draw = yuntu_terms::SeededEntropy::new(5);
        let chance = |percent: u64| draw.next_u64() % 100 < percent;
        let (target, rest, runs) = (400_u64, 1_600_u64, 600_u64);
        // True shares 30 % in the target and 15 % in the rest: TGI 100 × 0.30 / 0.18.
        let truth = 100.0 * 0.30 / 0.18;
        let covered = (0..runs)
            .filter(|_| {
                let tf = (0..target).filter(|_| chance(30)).count() as u64;
                let rf = (0..rest).filter(|_| chance(15)).count() as u64;
                let c = cell(None, counts(tf, target, tf + rf, target + rest), 1);
                c.tgi_interval
                    .is_some_and(|i| i.low <= truth && truth <= i.high)
            })
            .count() as u64;
        assert!(covered * 100 >= runs * 92, "{covered} of {runs}");
        assert!(covered * 100 <= runs * 98, "{covered} of {runs}");
    }
}
