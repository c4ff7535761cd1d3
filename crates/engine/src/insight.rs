//! Metrics over sets of people, each with the base it stands on.
//!
//! A ratio is `None`, shown as "-", when its denominator is 0 or the group in it is smaller than the smallest group the
//! run may show.

use serde::{Deserialize, Serialize};

mod overlap;
mod profile;

pub use overlap::{Overlap, overlap};
pub use profile::{Cell, CellCounts, Interval, TGI_CELL_MIN, cell, tgi_interval};

/// What a metric stands on; without it a gap in consent looks like a fact of the market.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Base {
    /// People whose consent, or another basis, admits this purpose.
    pub eligible_base: u64,
    /// All people of the enterprise, admitted or not.
    pub all: u64,
    /// `eligible_base` / `all`.
    pub coverage: Option<f64>,
}

impl Base {
    /// Sets the admitted people against all.
    #[must_use]
    pub fn new(eligible_base: u64, all: u64) -> Self {
        Self {
            eligible_base,
            all,
            coverage: ratio(eligible_base, all),
        }
    }
}

/// Divides two counts; there is no ratio over nothing.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of people are below 2^32, exact in f64"
)]
pub fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Divides two counts where the whole is a group large enough to be shown.
fn ratio_of_group(part: u64, whole: u64, group_min: u64) -> Option<f64> {
    if whole < group_min {
        None
    } else {
        ratio(part, whole)
    }
}
