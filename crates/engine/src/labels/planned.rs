//! The labels of a statement that is planned and not run: no row is opened, so no permit is needed.

use yuntu_lake::{Column, DatasetKind, SUBJECT, schema_of};
use yuntu_terms::{ColumnClass, Timestamp, clause};

use super::{Label, TableClasses};
use crate::error::{Budget, EngineError};
use crate::run::{EngineConfig, pool};
use crate::sql::{self, SessionLimits};

/// A dataset as a statement that is only planned sees it: its columns with their classes, and no row.
#[derive(Debug, Clone)]
pub struct TableShape {
    /// The name in the statement.
    pub name: String,
    /// Whether its rows are about persons.
    pub kind: DatasetKind,
    /// The columns without `subject`.
    pub columns: Vec<Column>,
}

struct Shapes(Vec<TableShape>);

impl TableClasses for Shapes {
    fn class_of(&self, table: &str, column: &str) -> Option<ColumnClass> {
        let shape = self.0.iter().find(|shape| shape.name == table)?;
        if shape.kind == DatasetKind::Persons && column == SUBJECT {
            return Some(ColumnClass::Identifier);
        }
        let found = shape.columns.iter().find(|it| it.name == column)?;
        Some(found.class)
    }

    fn is_about_persons(&self, table: &str) -> bool {
        self.0
            .iter()
            .find(|shape| shape.name == table)
            .is_none_or(|shape| shape.kind == DatasetKind::Persons)
    }
}

/// Says of each column that a statement would give how closely it is tied to persons, and why.
pub(crate) async fn labels_of(
    config: EngineConfig,
    tables: Vec<TableShape>,
    sql: String,
    as_of: Timestamp,
) -> Result<Vec<Label>, EngineError> {
    clause::hit!(R8);
    let limits = SessionLimits {
        memory_bytes: config.memory_bytes,
        partitions: 1,
        batch_size: config.batch_size.max(1),
    };
    let planning = pool::run(async move {
        let schemas = tables.iter().map(|table| {
            let schema = schema_of(table.kind, &table.columns);
            (table.name.clone(), schema)
        });
        let state = sql::planning_session(schemas, limits)?;
        let planned = sql::plan(state, &Shapes(tables), &sql, as_of).await?;
        Ok(planned.labels)
    });
    tokio::time::timeout(config.time_max, planning)
        .await
        .map_err(|_elapsed| EngineError::Budget(Budget::Time))?
}
