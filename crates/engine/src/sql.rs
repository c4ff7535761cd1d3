//! Statements of users: one SELECT over guarded tables, and nothing else.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::execution::SessionState;
use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::execute_stream;
use futures::TryStreamExt;
use yuntu_terms::{ColumnClass, Timestamp};

use crate::error::{EngineError, Problem};
use crate::guard::{Guard, Watch};
use crate::labels::{Label, TableClasses, label};
use crate::outcome::Rows;

mod bounds;
mod failure;
mod people;
mod session;
mod statement;
mod watched;

pub(crate) use bounds::Bounds;
pub(crate) use session::{SessionLimits, offer_people, planning_session, session};

/// A statement that was read, planned and labelled, but has not run.
pub(crate) struct Planned {
    state: SessionState,
    plan: LogicalPlan,
    pub(crate) labels: Vec<Label>,
}

/// Reads and plans a statement; nothing of the data is touched.
pub(crate) async fn plan(
    state: SessionState,
    tables: &dyn TableClasses,
    sql: &str,
    as_of: Timestamp,
) -> Result<Planned, EngineError> {
    let statement = statement::parse(sql, as_of)?;
    let plan = state
        .statement_to_plan(statement)
        .await
        .map_err(|error| failure::of_planning(&error))?;
    SQLOptions::new()
        .with_allow_ddl(false)
        .with_allow_dml(false)
        .with_allow_statements(false)
        .verify_plan(&plan)
        .map_err(|_detail| EngineError::invalid("statement", Problem::NotAQuery))?;
    let labels = if let LogicalPlan::Explain(_) = &plan {
        // What EXPLAIN prints is made of the statement and the schema.
        let fields = plan.schema().fields().iter();
        let label = |name: &String| Label::plain(name, ColumnClass::NonPersonal);
        fields.map(|field| label(field.name())).collect()
    } else {
        label(&plan, tables)
    };
    Ok(Planned {
        state,
        plan,
        labels,
    })
}

impl Planned {
    /// Runs the statement and hands each batch on.
    pub(crate) async fn for_each(
        self,
        watch: &Arc<Watch>,
        mut take: impl FnMut(RecordBatch) -> Result<(), EngineError>,
    ) -> Result<datafusion::arrow::datatypes::SchemaRef, EngineError> {
        watch.check()?;
        let running = |error| failure::of_running(&error);
        let plan = self
            .state
            .create_physical_plan(&self.plan)
            .await
            .map_err(running)?;
        let plan = watched::watched(plan, watch).map_err(running)?;
        let mut stream = execute_stream(plan, self.state.task_ctx()).map_err(running)?;
        let schema = stream.schema();
        while let Some(batch) = stream.try_next().await.map_err(running)? {
            watch.check()?;
            take(batch)?;
        }
        Ok(schema)
    }

    /// Runs the statement and keeps its rows.
    pub(crate) async fn rows(
        self,
        watch: &Arc<Watch>,
        bounds: Bounds,
    ) -> Result<Rows, EngineError> {
        let mut batches = Vec::new();
        let mut left = bounds;
        let schema = self
            .for_each(watch, |batch| {
                left.take(&batch)?;
                batches.push(batch);
                Ok(())
            })
            .await?;
        Ok(Rows { schema, batches })
    }
}

/// What the labels of a run must know of its tables.
pub(crate) struct Classes<'a>(pub(crate) &'a [Arc<Guard>]);

impl TableClasses for Classes<'_> {
    fn class_of(&self, table: &str, column: &str) -> Option<ColumnClass> {
        let guard = self.0.iter().find(|guard| guard.name == table)?;
        let place = guard.schema.index_of(column).ok()?;
        guard.columns.get(place).map(|column| column.class)
    }

    fn is_about_persons(&self, table: &str) -> bool {
        self.0
            .iter()
            .find(|guard| guard.name == table)
            .is_none_or(|guard| guard.is_about_persons())
    }
}
