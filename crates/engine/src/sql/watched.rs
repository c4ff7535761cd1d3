//! Every operator of a statement's plan under the watch of its run.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::{RecordBatchStream, SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::execution_plan::ReplaceChildrenOptions;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, PhysicalExpr, PlanProperties,
};
use futures::Stream;

use crate::guard::Watch;

/// How many batches an operator may make before it lets others run.
const BATCHES_IN_A_ROW: u32 = 32;

/// Puts the watch between all operators: a join may go on for hours without asking the scan for anything.
pub(super) fn watched(
    plan: Arc<dyn ExecutionPlan>,
    watch: &Arc<Watch>,
) -> Result<Arc<dyn ExecutionPlan>> {
    plan.transform_up(|operator| {
        Ok(Transformed::yes(Arc::new(Watched {
            operator,
            watch: Arc::clone(watch),
        }) as Arc<dyn ExecutionPlan>))
    })
    .data()
}

/// An operator whose every batch is handed on only while the run may go on.
#[derive(Debug)]
struct Watched {
    operator: Arc<dyn ExecutionPlan>,
    watch: Arc<Watch>,
}

impl Watched {
    fn watching(&self, operators: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        let Ok([operator]) = <[_; 1]>::try_from(operators) else {
            return datafusion::common::internal_err!("one operator is watched");
        };
        Ok(Arc::new(Self {
            operator,
            watch: Arc::clone(&self.watch),
        }))
    }
}

impl DisplayAs for Watched {
    fn fmt_as(&self, format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.operator.fmt_as(format, f)
    }
}

impl ExecutionPlan for Watched {
    fn name(&self) -> &'static str {
        "Watched"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.operator.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.operator]
    }

    fn apply_expressions(
        &self,
        _f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.watching(children)
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        _options: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.watching(children)
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        Ok(Box::pin(WatchedStream {
            batches: self.operator.execute(partition, context)?,
            watch: Arc::clone(&self.watch),
            left: BATCHES_IN_A_ROW,
        }))
    }
}

struct WatchedStream {
    batches: SendableRecordBatchStream,
    watch: Arc<Watch>,
    /// How many batches may come before others are let run.
    left: u32,
}

impl Stream for WatchedStream {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Err(ended) = self.watch.check() {
            return Poll::Ready(Some(Err(DataFusionError::External(Box::new(ended)))));
        }
        let Some(left) = self.left.checked_sub(1) else {
            self.left = BATCHES_IN_A_ROW;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        };
        let next = self.batches.as_mut().poll_next(cx);
        self.left = if next.is_ready() {
            left
        } else {
            BATCHES_IN_A_ROW
        };
        next
    }
}

impl RecordBatchStream for WatchedStream {
    fn schema(&self) -> SchemaRef {
        self.batches.schema()
    }
}
