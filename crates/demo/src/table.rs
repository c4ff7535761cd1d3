//! Reading columns of the demo's tables.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "whatever is neither a number nor a time is read as text"
)]

use std::fs::File;
use std::path::Path;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Int64Type, TimeUnit, TimestampMicrosecondType};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::error::DemoError;
use crate::source::Tables;

/// A value of a cell, as far as the demo needs to tell them apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cell {
    Null,
    Int(i64),
    Text(String),
    /// Microseconds since 1970, without time zone.
    Time(i64),
}

/// Reads the named columns of a table, row by row.
pub(crate) fn read<const N: usize>(
    tables: &Tables,
    table: &'static str,
    columns: [&'static str; N],
) -> Result<Vec<[Cell; N]>, DemoError> {
    let path = tables.path(table);
    let mut rows = Vec::new();
    for batch in open(&path, table, &columns)? {
        let batch = batch.map_err(|_detail| DemoError::Table { table, column: "*" })?;
        let mut arrays = Vec::with_capacity(N);
        for column in columns {
            arrays.push(normal(&batch, column).ok_or(DemoError::Table { table, column })?);
        }
        for row in 0..batch.num_rows() {
            let mut cells = std::array::from_fn(|_| Cell::Null);
            for (to, array) in cells.iter_mut().zip(&arrays) {
                *to = cell(array, row);
            }
            rows.push(cells);
        }
    }
    Ok(rows)
}

fn open(
    path: &Path,
    table: &'static str,
    columns: &[&'static str],
) -> Result<parquet::arrow::arrow_reader::ParquetRecordBatchReader, DemoError> {
    let file = File::open(path).map_err(|e| DemoError::file(path, e))?;
    let unreadable = |_detail| DemoError::Table { table, column: "*" };
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(unreadable)?;
    let mask = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
    builder.with_projection(mask).build().map_err(unreadable)
}

fn normal(batch: &RecordBatch, column: &str) -> Option<ArrayRef> {
    let array = batch.column_by_name(column)?;
    let target = match array.data_type() {
        DataType::Int64 | DataType::Int32 => DataType::Int64,
        DataType::Timestamp(..) => DataType::Timestamp(TimeUnit::Microsecond, None),
        _ => DataType::Utf8,
    };
    arrow::compute::cast(array, &target).ok()
}

fn cell(array: &ArrayRef, row: usize) -> Cell {
    if array.is_null(row) {
        return Cell::Null;
    }
    match array.data_type() {
        DataType::Int64 => Cell::Int(array.as_primitive::<Int64Type>().value(row)),
        DataType::Timestamp(..) => {
            Cell::Time(array.as_primitive::<TimestampMicrosecondType>().value(row))
        }
        _ => Cell::Text(array.as_string::<i32>().value(row).to_owned()),
    }
}
