use std::fmt;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll};

use arrow::array::BooleanArray;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use futures::Stream;
use futures::stream::BoxStream;

use crate::error::LakeError;

/// Decides, over some columns, which rows go on.
type Test = Box<dyn FnMut(RecordBatch) -> Result<BooleanArray, ArrowError> + Send>;

/// A test over some columns that runs before the other columns are decoded.
pub struct Predicate {
    pub(crate) columns: Vec<usize>,
    pub(crate) test: Test,
}

impl Predicate {
    /// Makes a test; the batch it is given holds exactly the columns, in the order of the schema.
    pub fn new(
        columns: Vec<usize>,
        test: impl FnMut(RecordBatch) -> Result<BooleanArray, ArrowError> + Send + 'static,
    ) -> Self {
        Self {
            columns,
            test: Box::new(test),
        }
    }
}

impl fmt::Debug for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Predicate")
            .field("columns", &self.columns)
            .finish_non_exhaustive()
    }
}

/// What to read of a part.
#[derive(Debug)]
pub struct PartScan {
    /// The columns by their place in [`crate::DatasetSnapshot::schema`]; the output keeps the order of the schema.
    pub projection: Vec<usize>,
    /// The rows, as ascending ranges that do not overlap; all when `None`.
    pub selection: Option<Vec<Range<u64>>>,
    /// Tests that run one after another; each sees only the rows that the ones before let pass.
    pub predicates: Vec<Predicate>,
    /// How many rows a batch has at most.
    pub batch_size: usize,
}

impl PartScan {
    /// Reads some columns of all rows.
    #[must_use]
    pub fn columns(projection: Vec<usize>) -> Self {
        Self {
            projection,
            selection: None,
            predicates: Vec::new(),
            batch_size: 8_192,
        }
    }
}

/// The batches of one part.
pub struct PartReader {
    pub(crate) schema: SchemaRef,
    pub(crate) batches: BoxStream<'static, Result<RecordBatch, LakeError>>,
}

impl PartReader {
    /// Returns the schema of the batches.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        SchemaRef::clone(&self.schema)
    }
}

impl fmt::Debug for PartReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartReader")
            .field("schema", &self.schema)
            .finish_non_exhaustive()
    }
}

impl Stream for PartReader {
    type Item = Result<RecordBatch, LakeError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.batches.as_mut().poll_next(cx)
    }
}
