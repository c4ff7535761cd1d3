//! What a leaf remembers of one person while that person's rows pass by.

use std::collections::BTreeSet;

use super::compile::{EventLeaf, SequenceLeaf};
use super::measure::{Measuring, of_int};
use super::rows::{SeenBy, Values};

/// The measure of one leaf over one person's rows.
#[derive(Debug, Default)]
pub(super) struct Tally {
    count: i64,
    exact: i128,
    scale: i8,
    float: f64,
    least: Option<f64>,
    most: Option<f64>,
    distinct: BTreeSet<Box<[u8]>>,
}

impl Tally {
    /// Takes in one row that counts.
    pub(super) fn add(&mut self, seen: &SeenBy, row: usize, measuring: &Measuring) {
        match measuring {
            Measuring::Count => self.count += 1,
            Measuring::FirstTime | Measuring::LastTime => {
                if let Some(time) = seen
                    .times
                    .as_ref()
                    .and_then(|times| times.values().get(row))
                {
                    self.value(of_int(*time));
                }
            }
            Measuring::Distinct(_) => {
                if let Values::Any(rows, valid) = &seen.values
                    && valid.as_ref().is_none_or(|valid| valid.is_valid(row))
                {
                    let value = rows.row(row);
                    if !self.distinct.contains(value.as_ref()) {
                        self.distinct.insert(value.as_ref().into());
                    }
                }
            }
            Measuring::Sum(_) | Measuring::Average(_) | Measuring::Min(_) | Measuring::Max(_) => {
                self.number(&seen.values, row);
            }
        }
    }

    fn number(&mut self, values: &Values, row: usize) {
        use datafusion::arrow::array::Array;
        match values {
            Values::Exact(numbers, scale) if numbers.is_valid(row) => {
                if let Some(n) = numbers.values().get(row) {
                    self.exact = self.exact.saturating_add(*n);
                    self.scale = *scale;
                    self.value(scaled(*n, *scale));
                }
            }
            Values::Float(numbers) if numbers.is_valid(row) => {
                if let Some(x) = numbers.values().get(row) {
                    self.float += x;
                    self.value(*x);
                }
            }
            Values::None | Values::Exact(..) | Values::Float(_) | Values::Any(..) => {}
        }
    }

    fn value(&mut self, x: f64) {
        self.count += 1;
        self.least = Some(self.least.map_or(x, |least| least.min(x)));
        self.most = Some(self.most.map_or(x, |most| most.max(x)));
    }

    fn sum(&self) -> f64 {
        scaled(self.exact, self.scale) + self.float
    }

    /// Returns the measure and begins anew; there is none where there was nothing to measure.
    pub(super) fn take(&mut self, measuring: &Measuring) -> Option<f64> {
        let done = std::mem::take(self);
        match measuring {
            Measuring::Count => Some(of_int(done.count)),
            Measuring::Distinct(_) => i64::try_from(done.distinct.len()).ok().map(of_int),
            Measuring::Sum(_) => Some(done.sum()),
            Measuring::Average(_) => (done.count > 0).then(|| done.sum() / of_int(done.count)),
            Measuring::Min(_) | Measuring::FirstTime => done.least,
            Measuring::Max(_) | Measuring::LastTime => done.most,
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "sums are compared with literals of 53 bits"
)]
fn scaled(n: i128, scale: i8) -> f64 {
    n as f64 / 10_f64.powi(scale.into())
}

impl EventLeaf {
    /// Says whether a person with rows belongs to the leaf.
    pub(super) fn has(&self, tally: &mut Tally) -> bool {
        match tally.take(&self.measuring) {
            Some(measure) => self.test.wants(measure),
            None => false,
        }
    }
}

impl SequenceLeaf {
    /// Says whether events, as (microseconds, step), hold the sequence.
    pub(super) fn holds(&self, events: &mut [(i64, u8)]) -> bool {
        events.sort_unstable();
        let times = |step: usize| {
            events
                .iter()
                .filter(move |(_, s)| usize::from(*s) == step)
                .map(|(t, _)| *t)
        };
        let (done, absent) = if self.last_is_absent {
            (self.steps.len() - 1, self.steps.last())
        } else {
            (self.steps.len(), None)
        };
        let mut reached: Vec<i64> = times(0).collect();
        for (number, step) in self.steps.iter().enumerate().take(done).skip(1) {
            // The latest earlier event leaves the smallest gap, so it alone decides.
            reached = times(number)
                .filter(|t| {
                    let earlier = reached.partition_point(|r| r < t);
                    let latest = earlier.checked_sub(1).and_then(|i| reached.get(i));
                    latest.is_some_and(|r| within(*r, *t, step.max_gap_micros))
                })
                .collect();
        }
        match absent {
            None => !reached.is_empty(),
            Some(step) => {
                let unwanted: Vec<i64> = times(done).collect();
                reached.iter().any(|r| {
                    let next = unwanted.get(unwanted.partition_point(|t| t <= r));
                    next.is_none_or(|t| !within(*r, *t, step.max_gap_micros))
                })
            }
        }
    }
}

fn within(from: i64, to: i64, max_gap_micros: Option<i64>) -> bool {
    max_gap_micros.is_none_or(|gap| to.saturating_sub(from) <= gap)
}
