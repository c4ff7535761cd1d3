//! The rows of one batch, made ready for the leaves that look at them.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, Float64Array, Int64Array, RecordBatch,
    UInt32Array,
};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    DataType, Decimal128Type, Float64Type, Int64Type, Schema, UInt32Type,
};
use datafusion::arrow::row::{RowConverter, Rows, SortField};
use datafusion::prelude::SessionContext;

use super::compile::RowChoice;
use super::filter::{BoundFilter, moment_type};
use super::measure::Measuring;
use crate::error::EngineError;
use crate::guard::Guard;

/// What one leaf, or one step of a sequence, looks at in the batches of one dataset.
#[derive(Debug)]
pub(super) struct View {
    filter: Option<BoundFilter>,
    span: Option<(i64, i64)>,
    /// Places in the batch.
    time: Option<usize>,
    value: Option<(usize, ValueKind)>,
}

#[derive(Debug, Clone, Copy)]
enum ValueKind {
    Number,
    Any,
}

/// The columns that some views look at together, `subject` first.
#[derive(Debug, Default)]
pub(super) struct Columns(Vec<usize>);

impl Columns {
    pub(super) fn of<'a>(
        choices: impl IntoIterator<Item = (&'a RowChoice, Option<&'a Measuring>)>,
    ) -> Self {
        let mut places = vec![0];
        for (rows, measuring) in choices {
            places.extend(
                rows.filter
                    .iter()
                    .flat_map(|filter| filter.columns.iter().copied()),
            );
            places.extend(rows.time);
            places.extend(measuring.and_then(Measuring::column));
        }
        places.sort_unstable();
        places.dedup();
        Self(places)
    }

    pub(super) fn places(&self) -> &[usize] {
        &self.0
    }

    fn at(&self, place: usize) -> Result<usize, EngineError> {
        self.0.iter().position(|p| *p == place).ok_or_else(broken)
    }

    pub(super) fn schema(&self, guard: &Guard) -> Result<Schema, EngineError> {
        guard.schema.project(&self.0).map_err(|_detail| broken())
    }

    pub(super) fn view(
        &self,
        rows: &RowChoice,
        measuring: Option<&Measuring>,
        seen: &Schema,
        context: &SessionContext,
    ) -> Result<View, EngineError> {
        let kind = match measuring {
            Some(Measuring::Distinct(_)) => ValueKind::Any,
            _ => ValueKind::Number,
        };
        let value = measuring.and_then(Measuring::column);
        Ok(View {
            filter: rows
                .filter
                .as_ref()
                .map(|filter| filter.bind(context, seen))
                .transpose()?,
            span: rows.span,
            time: rows.time.map(|place| self.at(place)).transpose()?,
            value: value
                .map(|place| Ok::<_, EngineError>((self.at(place)?, kind)))
                .transpose()?,
        })
    }
}

/// One batch as the views see it.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) subjects: UInt32Array,
    pub(super) views: Vec<SeenBy>,
}

/// The rows of a batch that one view counts, with times and values.
#[derive(Debug)]
pub(super) struct SeenBy {
    pub(super) counts: BooleanBuffer,
    pub(super) times: Option<Int64Array>,
    pub(super) values: Values,
}

/// The values that are measured.
#[derive(Debug)]
pub(super) enum Values {
    None,
    /// Whole numbers times 10 to a power.
    Exact(Decimal128Array, i8),
    Float(Float64Array),
    /// Any values, comparable as bytes, and which rows have one.
    Any(Rows, Option<datafusion::arrow::buffer::NullBuffer>),
}

impl Seen {
    pub(super) fn of(batch: &RecordBatch, views: &[View]) -> Result<Self, EngineError> {
        let subjects = batch
            .columns()
            .first()
            .and_then(|column| column.as_primitive_opt::<UInt32Type>())
            .ok_or_else(broken)?
            .clone();
        let views = views
            .iter()
            .map(|view| view.see(batch))
            .collect::<Result<_, _>>()?;
        Ok(Self { subjects, views })
    }

    /// Returns the subject of a row.
    pub(super) fn subject(&self, row: usize) -> Option<u32> {
        self.subjects.values().get(row).copied()
    }
}

impl View {
    fn see(&self, batch: &RecordBatch) -> Result<SeenBy, EngineError> {
        let rows = batch.num_rows();
        let mut counts = match &self.filter {
            Some(filter) => yes(&filter.evaluate(batch)?),
            None => BooleanBuffer::new_set(rows),
        };
        let times = self.time.map(|at| micros(column(batch, at)?)).transpose()?;
        if let (Some(times), Some((from, until))) = (&times, self.span) {
            let inside = BooleanBuffer::collect_bool(rows, |row| {
                times.is_valid(row)
                    && times
                        .values()
                        .get(row)
                        .is_some_and(|t| (from..until).contains(t))
            });
            counts = &counts & &inside;
        } else if let Some(times) = &times
            && let Some(valid) = times.nulls()
        {
            counts = &counts & valid.inner();
        }
        let values = match self.value {
            None => Values::None,
            Some((at, ValueKind::Number)) => numbers(column(batch, at)?)?,
            Some((at, ValueKind::Any)) => any(column(batch, at)?)?,
        };
        Ok(SeenBy {
            counts,
            times,
            values,
        })
    }
}

fn broken() -> EngineError {
    EngineError::internal("audience scan")
}

fn column(batch: &RecordBatch, at: usize) -> Result<&ArrayRef, EngineError> {
    batch.columns().get(at).ok_or_else(broken)
}

fn yes(answers: &BooleanArray) -> BooleanBuffer {
    match answers.nulls() {
        Some(valid) => answers.values() & valid.inner(),
        None => answers.values().clone(),
    }
}

fn micros(column: &ArrayRef) -> Result<Int64Array, EngineError> {
    let moments = cast(column, &moment_type()).map_err(|_detail| broken())?;
    let micros = cast(&moments, &DataType::Int64).map_err(|_detail| broken())?;
    micros
        .as_primitive_opt::<Int64Type>()
        .cloned()
        .ok_or_else(broken)
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "numbers of the lake are whole, decimal or floating"
)]
fn numbers(column: &ArrayRef) -> Result<Values, EngineError> {
    match column.data_type() {
        DataType::Float64 => {
            let floats = column
                .as_primitive_opt::<Float64Type>()
                .cloned()
                .ok_or_else(broken)?;
            Ok(Values::Float(floats))
        }
        DataType::Decimal128(_, scale) => {
            let exact = column
                .as_primitive_opt::<Decimal128Type>()
                .cloned()
                .ok_or_else(broken)?;
            Ok(Values::Exact(exact, *scale))
        }
        _ => {
            let exact = cast(column, &DataType::Decimal128(38, 0)).map_err(|_detail| broken())?;
            let exact = exact
                .as_primitive_opt::<Decimal128Type>()
                .cloned()
                .ok_or_else(broken)?;
            Ok(Values::Exact(exact, 0))
        }
    }
}

fn any(column: &ArrayRef) -> Result<Values, EngineError> {
    let field = SortField::new(column.data_type().clone());
    let rows = RowConverter::new(vec![field])
        .and_then(|converter| converter.convert_columns(&[Arc::clone(column)]))
        .map_err(|_detail| broken())?;
    Ok(Values::Any(rows, column.nulls().cloned()))
}
