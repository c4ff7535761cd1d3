//! How much a statement may give: rows, and bytes where one cell could hold a whole table.

use std::fmt;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};

use crate::error::{Budget, EngineError};

/// What is left of what a result may have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// How many rows.
    pub(crate) rows: u64,
    /// How many bytes all cells together, written as text; none is without a bound.
    pub(crate) bytes: Option<u64>,
}

impl Bounds {
    /// Takes a batch off what is left.
    pub(crate) fn take(&mut self, batch: &RecordBatch) -> Result<(), EngineError> {
        let rows = self.rows.checked_sub(batch.num_rows() as u64);
        self.rows = rows.ok_or(EngineError::Budget(Budget::Rows))?;
        if let Some(left) = &mut self.bytes {
            take_cells(batch, left)?;
        }
        Ok(())
    }
}

fn take_cells(batch: &RecordBatch, left: &mut u64) -> Result<(), EngineError> {
    let unwritten = |_detail| EngineError::internal("the size of a result");
    let options = FormatOptions::default();
    let mut counter = Counter { left, over: false };
    for column in batch.columns() {
        let cells = ArrayFormatter::try_new(column, &options).map_err(unwritten)?;
        for row in 0..batch.num_rows() {
            let written = cells.value(row).write(&mut counter);
            if counter.over {
                return Err(EngineError::Budget(Budget::Bytes));
            }
            written.map_err(unwritten)?;
        }
    }
    Ok(())
}

/// Counts what is written and keeps none of it, so that the largest cell costs no memory.
struct Counter<'a> {
    left: &'a mut u64,
    over: bool,
}

impl fmt::Write for Counter<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let left = self.left.checked_sub(text.len() as u64);
        self.over = left.is_none();
        *self.left = left.ok_or(fmt::Error)?;
        Ok(())
    }
}
