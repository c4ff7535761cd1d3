use std::sync::Arc;

use datafusion::arrow::array::{Array, BooleanArray, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Schema, TimeUnit};
use datafusion::common::{Column, DFSchema, ScalarValue};
use datafusion::functions::expr_fn::{contains, ends_with, starts_with};
use datafusion::logical_expr::{Expr, cast, lit};
use datafusion::physical_plan::PhysicalExpr;
use datafusion::prelude::SessionContext;
use yuntu_terms::Timestamp;

use super::{Condition, Test, Value};
use crate::error::{EngineError, Problem};

/// A condition on the columns of one dataset, checked against their types.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RowFilter {
    expr: Expr,
    /// Places in the guarded schema.
    pub(crate) columns: Vec<usize>,
}

impl RowFilter {
    pub(crate) fn compile(
        condition: &Condition,
        schema: &Schema,
        as_of: Timestamp,
        place: &str,
    ) -> Result<Self, EngineError> {
        let mut columns = Vec::new();
        for name in condition.columns() {
            let column = schema
                .index_of(name)
                .map_err(|_detail| EngineError::invalid(place, Problem::UnknownColumn))?;
            columns.push(column);
        }
        columns.sort_unstable();
        columns.dedup();
        Ok(Self {
            expr: expression(condition, schema, as_of, place)?,
            columns,
        })
    }

    /// Binds the filter to the batches it will see.
    pub(crate) fn bind(
        &self,
        context: &SessionContext,
        seen: &Schema,
    ) -> Result<BoundFilter, EngineError> {
        let failed = |_detail| EngineError::internal("audience condition");
        let schema = DFSchema::try_from(seen.clone()).map_err(failed)?;
        let expr = context
            .create_physical_expr(self.expr.clone(), &schema)
            .map_err(failed)?;
        Ok(BoundFilter(expr))
    }
}

/// A filter bound to the batches it sees.
#[derive(Debug, Clone)]
pub(crate) struct BoundFilter(Arc<dyn PhysicalExpr>);

impl BoundFilter {
    /// Returns which rows meet the condition; an unknown answer is no.
    pub(crate) fn evaluate(&self, batch: &RecordBatch) -> Result<BooleanArray, EngineError> {
        let value = self
            .0
            .evaluate(batch)
            .and_then(|value| value.into_array(batch.num_rows()))
            .map_err(|_detail| EngineError::invalid("condition", Problem::Expression))?;
        value
            .as_any()
            .downcast_ref::<BooleanArray>()
            .cloned()
            .ok_or_else(|| EngineError::internal("audience condition"))
    }
}

fn expression(
    condition: &Condition,
    schema: &Schema,
    as_of: Timestamp,
    place: &str,
) -> Result<Expr, EngineError> {
    let join = |parts: &[Condition], and: bool| {
        let mut joined = lit(and);
        for (i, part) in parts.iter().enumerate() {
            let part = expression(part, schema, as_of, &format!("{place}[{i}]"))?;
            joined = if and {
                joined.and(part)
            } else {
                joined.or(part)
            };
        }
        Ok(joined)
    };
    match condition {
        Condition::Test { column, is } => {
            let data_type = schema
                .field_with_name(column)
                .map_err(|_detail| EngineError::invalid(place, Problem::UnknownColumn))?
                .data_type();
            test(column, data_type, is, as_of)
                .ok_or_else(|| EngineError::invalid(place, Problem::TypeMismatch))
        }
        Condition::All(parts) => join(parts, true),
        Condition::Any(parts) => join(parts, false),
    }
}

fn test(name: &str, data_type: &DataType, test: &Test, as_of: Timestamp) -> Option<Expr> {
    let raw = Expr::Column(Column::new_unqualified(name));
    let is_time = matches!(data_type, DataType::Timestamp(..) | DataType::Date32);
    let is_text = matches!(data_type, DataType::Utf8);
    let column = if *data_type == DataType::Date32 {
        cast(raw.clone(), moment_type())
    } else {
        raw.clone()
    };
    let value = |value: &Value| literal(data_type, value);
    let values = |vs: &[Value]| vs.iter().map(value).collect::<Option<Vec<_>>>();
    let days_before =
        |days: &u32| moment(as_of.plus_days(i32::try_from(*days).map_or(i32::MIN, |d| -d)));
    let days_after = |days: &u32| moment(as_of.plus_days(i32::try_from(*days).unwrap_or(i32::MAX)));
    let between =
        |from: Expr, until: Expr| column.clone().gt_eq(from).and(column.clone().lt(until));
    Some(match test {
        Test::Equals(v) => column.eq(value(v)?),
        Test::NotEquals(v) => column.not_eq(value(v)?),
        Test::LessThan(v) => column.lt(value(v)?),
        Test::AtMost(v) => column.lt_eq(value(v)?),
        Test::MoreThan(v) => column.gt(value(v)?),
        Test::AtLeast(v) => column.gt_eq(value(v)?),
        Test::InBand { from, until: None } => column.gt_eq(value(from)?),
        Test::InBand {
            from,
            until: Some(until),
        } => between(value(from)?, value(until)?),
        Test::AnyOf(vs) if vs.is_empty() => lit(false),
        Test::AnyOf(vs) => one_of(&column, values(vs)?),
        Test::NoneOf(vs) if vs.is_empty() => raw.is_not_null(),
        Test::NoneOf(vs) => Expr::Not(Box::new(one_of(&column, values(vs)?))),
        Test::Contains(t) if is_text => contains(column, lit(t.as_str())),
        Test::NotContains(t) if is_text => Expr::Not(Box::new(contains(column, lit(t.as_str())))),
        Test::StartsWith(t) if is_text => starts_with(column, lit(t.as_str())),
        Test::EndsWith(t) if is_text => ends_with(column, lit(t.as_str())),
        Test::Exists => raw.is_not_null(),
        Test::Missing => raw.is_null(),
        Test::Before(t) if is_time => column.lt(moment(*t)),
        Test::After(t) if is_time => column.gt_eq(moment(*t)),
        Test::WithinLastDays(n) if is_time => between(days_before(n), moment(as_of)),
        Test::WithinNextDays(n) if is_time => between(moment(as_of), days_after(n)),
        Test::BeforeLastDays(n) if is_time => column.lt(days_before(n)),
        Test::Contains(_)
        | Test::NotContains(_)
        | Test::StartsWith(_)
        | Test::EndsWith(_)
        | Test::Before(_)
        | Test::After(_)
        | Test::WithinLastDays(_)
        | Test::WithinNextDays(_)
        | Test::BeforeLastDays(_) => return None,
    })
}

fn one_of(column: &Expr, values: Vec<Expr>) -> Expr {
    values
        .into_iter()
        .map(|value| column.clone().eq(value))
        .reduce(Expr::or)
        .unwrap_or_else(|| lit(false))
}

/// Writes a value as a literal that may stand beside a column of the type, or nothing when it may not.
fn literal(data_type: &DataType, value: &Value) -> Option<Expr> {
    match (data_type, value) {
        (DataType::Utf8, Value::Text(text)) => Some(lit(text.as_str())),
        (DataType::Boolean, Value::Bool(b)) => Some(lit(*b)),
        (DataType::Int64 | DataType::Float64 | DataType::Decimal128(..), Value::Int(n)) => {
            Some(lit(*n))
        }
        (DataType::Int64 | DataType::Float64 | DataType::Decimal128(..), Value::Float(x))
            if x.is_finite() =>
        {
            Some(lit(*x))
        }
        (DataType::Timestamp(..) | DataType::Date32, Value::Text(text)) => {
            moment_of(text).map(moment)
        }
        _ => None,
    }
}

pub(crate) fn moment_type() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("+00:00".into()))
}

fn moment(at: Timestamp) -> Expr {
    Expr::Literal(
        ScalarValue::TimestampMicrosecond(Some(at.as_micros()), Some("+00:00".into())),
        None,
    )
}

/// Reads a moment (RFC 3339) or a day, which stands for its first moment in UTC.
pub(crate) fn moment_of(text: &str) -> Option<Timestamp> {
    text.parse()
        .ok()
        .or_else(|| format!("{text}T00:00:00Z").parse().ok())
}
