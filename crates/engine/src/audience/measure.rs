use datafusion::arrow::datatypes::DataType;
use yuntu_terms::Timestamp;

use super::filter::moment_of;
use super::{Measure, Test, Value};
use crate::error::{EngineError, Problem};
use crate::guard::Guard;

/// What is measured, with its column by place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Measuring {
    Count,
    Distinct(usize),
    Sum(usize),
    Average(usize),
    Min(usize),
    Max(usize),
    FirstTime,
    LastTime,
}

impl Measuring {
    pub(crate) fn compile(
        measure: &Measure,
        guard: &Guard,
        place: &str,
    ) -> Result<Self, EngineError> {
        let column = |name: &str| {
            guard
                .schema
                .index_of(name)
                .map_err(|_detail| EngineError::invalid(place, Problem::UnknownColumn))
        };
        let number = |name: &str| {
            let found = column(name)?;
            let is_number = guard.schema.fields().get(found).is_some_and(|field| {
                matches!(
                    field.data_type(),
                    DataType::Int64 | DataType::Float64 | DataType::Decimal128(..)
                )
            });
            if is_number {
                Ok(found)
            } else {
                Err(EngineError::invalid(place, Problem::TypeMismatch))
            }
        };
        Ok(match measure {
            Measure::Count => Self::Count,
            Measure::Distinct(name) => Self::Distinct(column(name)?),
            Measure::Sum(name) => Self::Sum(number(name)?),
            Measure::Average(name) => Self::Average(number(name)?),
            Measure::Min(name) => Self::Min(number(name)?),
            Measure::Max(name) => Self::Max(number(name)?),
            Measure::FirstTime => Self::FirstTime,
            Measure::LastTime => Self::LastTime,
        })
    }

    /// Returns the column that is measured, where it is not the time.
    pub(crate) fn column(&self) -> Option<usize> {
        match self {
            Self::Count | Self::FirstTime | Self::LastTime => None,
            Self::Distinct(c) | Self::Sum(c) | Self::Average(c) | Self::Min(c) | Self::Max(c) => {
                Some(*c)
            }
        }
    }

    /// Says whether a person without a row has the measure 0 rather than none.
    pub(crate) fn is_zero_without_rows(&self) -> bool {
        matches!(self, Self::Count | Self::Distinct(_) | Self::Sum(_))
    }
}

/// A test on one number, or on one moment in microseconds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ScalarTest {
    kind: Kind,
    /// Whether those are wanted who fail.
    pub(crate) inverted: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    OneOf(Vec<f64>),
    NoneOf(Vec<f64>),
    Below(f64),
    AtMost(f64),
    Above(f64),
    Band(f64, f64),
    Always,
}

impl ScalarTest {
    pub(crate) fn at_least_one() -> Self {
        Self {
            kind: Kind::Band(1.0, f64::INFINITY),
            inverted: false,
        }
    }

    pub(crate) fn compile(
        test: &Test,
        is_time: bool,
        as_of: Timestamp,
        place: &str,
    ) -> Result<Self, EngineError> {
        let mismatch = || EngineError::invalid(place, Problem::TypeMismatch);
        let number = |value: &Value| -> Result<f64, EngineError> {
            match value {
                Value::Int(n) if !is_time => Ok(of_int(*n)),
                Value::Float(x) if !is_time && x.is_finite() => Ok(*x),
                Value::Text(written) if is_time => {
                    moment_of(written).map(micros).ok_or_else(mismatch)
                }
                Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => {
                    Err(mismatch())
                }
            }
        };
        let list = |values: &[Value]| values.iter().map(number).collect::<Result<Vec<_>, _>>();
        let now = micros(as_of);
        let days =
            |days: &u32| micros(as_of.plus_days(i32::try_from(*days).map_or(i32::MIN, |d| -d)));
        let later = |days: &u32| micros(as_of.plus_days(i32::try_from(*days).unwrap_or(i32::MAX)));
        let kind = match test {
            Test::Equals(v) => Kind::OneOf(vec![number(v)?]),
            Test::NotEquals(v) => Kind::NoneOf(vec![number(v)?]),
            Test::LessThan(v) => Kind::Below(number(v)?),
            Test::AtMost(v) => Kind::AtMost(number(v)?),
            Test::MoreThan(v) => Kind::Above(number(v)?),
            Test::AtLeast(v) => Kind::Band(number(v)?, f64::INFINITY),
            Test::InBand { from, until } => {
                let until = until.as_ref().map(number).transpose()?;
                Kind::Band(number(from)?, until.unwrap_or(f64::INFINITY))
            }
            Test::AnyOf(vs) => Kind::OneOf(list(vs)?),
            Test::NoneOf(vs) => Kind::NoneOf(list(vs)?),
            Test::Exists => Kind::Always,
            Test::Before(t) if is_time => Kind::Below(micros(*t)),
            Test::After(t) if is_time => Kind::Band(micros(*t), f64::INFINITY),
            Test::WithinLastDays(n) if is_time => Kind::Band(days(n), now),
            Test::WithinNextDays(n) if is_time => Kind::Band(now, later(n)),
            Test::BeforeLastDays(n) if is_time => Kind::Below(days(n)),
            Test::Missing
            | Test::Contains(_)
            | Test::NotContains(_)
            | Test::StartsWith(_)
            | Test::EndsWith(_)
            | Test::Before(_)
            | Test::After(_)
            | Test::WithinLastDays(_)
            | Test::WithinNextDays(_)
            | Test::BeforeLastDays(_) => return Err(mismatch()),
        };
        Ok(Self {
            kind,
            inverted: false,
        })
    }

    pub(crate) fn passes(&self, x: f64) -> bool {
        match &self.kind {
            Kind::OneOf(values) => values.contains(&x),
            Kind::NoneOf(values) => !values.contains(&x),
            Kind::Below(v) => x < *v,
            Kind::AtMost(v) => x <= *v,
            Kind::Above(v) => x > *v,
            Kind::Band(from, until) => *from <= x && x < *until,
            Kind::Always => true,
        }
    }

    /// Says whether a person with this measure belongs to the leaf.
    pub(crate) fn wants(&self, x: f64) -> bool {
        self.passes(x) != self.inverted
    }
}

/// Microseconds of the years people write are below 2^53, exact in f64.
pub(crate) fn micros(moment: Timestamp) -> f64 {
    of_int(moment.as_micros())
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts, sums and moments that people write are below 2^53"
)]
pub(crate) fn of_int(n: i64) -> f64 {
    n as f64
}
