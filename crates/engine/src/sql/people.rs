use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, UInt32Array};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::TableProvider;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use futures::stream;
use roaring::RoaringBitmap;

use crate::error::EngineError;

/// Admitted people as rows of one column, `subject`.
///
/// INVARIANT: the table has no statistics, so EXPLAIN prints nothing about how many they are.
struct People {
    schema: SchemaRef,
    all: RecordBatch,
}

impl fmt::Debug for People {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("People").finish_non_exhaustive()
    }
}

impl PartitionStream for People {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let (all, size) = (self.all.clone(), context.session_config().batch_size());
        let starts = (0..all.num_rows()).step_by(size.max(1));
        let batches = starts.map(move |from| Ok(all.slice(from, size.min(all.num_rows() - from))));
        Box::pin(RecordBatchStreamAdapter::new(
            Arc::clone(&self.schema),
            stream::iter(batches),
        ))
    }
}

/// Makes a table of people.
pub(super) fn table(people: &RoaringBitmap) -> Result<Arc<dyn TableProvider>, EngineError> {
    let failed = |_detail| EngineError::internal("people of a session");
    let field = Field::new("subject", DataType::UInt32, false);
    let schema = Arc::new(Schema::new(vec![field]));
    let numbers: ArrayRef = Arc::new(UInt32Array::from_iter_values(people));
    let all = RecordBatch::try_new(Arc::clone(&schema), vec![numbers])
        .map_err(|_detail| EngineError::internal("people of a session"))?;
    let people = People {
        schema: Arc::clone(&schema),
        all,
    };
    let table = StreamingTable::try_new(schema, vec![Arc::new(people)]).map_err(failed)?;
    Ok(Arc::new(table))
}
