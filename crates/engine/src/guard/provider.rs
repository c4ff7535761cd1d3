use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DFSchema, Result};
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;

use super::exec::ConsentExec;
use super::predicate::{is_leak_proof, named_subjects};
use super::{Guard, Wanted};

/// A guarded dataset as a table of SQL.
#[derive(Debug)]
pub(crate) struct GuardedTable(pub(crate) Arc<Guard>);

#[async_trait]
impl TableProvider for GuardedTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.0.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(filters
            .iter()
            .map(|filter| {
                if is_leak_proof(filter, &self.0.schema) {
                    TableProviderFilterPushDown::Exact
                } else {
                    TableProviderFilterPushDown::Unsupported
                }
            })
            .collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let all = || (0..self.0.schema.fields().len()).collect();
        let projection = projection.cloned().unwrap_or_else(all);
        let schema = Arc::new(self.0.schema.project(&projection)?);
        let mut filter_columns: Vec<usize> = filters
            .iter()
            .flat_map(Expr::column_refs)
            .filter_map(|column| self.0.schema.index_of(column.name()).ok())
            .collect();
        filter_columns.sort_unstable();
        filter_columns.dedup();
        let seen: Schema = self.0.schema.project(&filter_columns)?;
        let seen = DFSchema::try_from(seen)?;
        let subjects = if self.0.is_about_persons() {
            named_subjects(filters, self.0.schema.field(0).name())
        } else {
            None
        };
        let filters: Result<Vec<_>> = filters
            .iter()
            // A filter that is not leak-proof was answered `Unsupported`; were it handed down all the same, running it
            // here would be the leak, so the plan fails instead.
            .map(|filter| {
                if is_leak_proof(filter, &self.0.schema) {
                    state.create_physical_expr(unqualified(filter.clone())?, &seen)
                } else {
                    datafusion::common::internal_err!("a filter was pushed into the consent scan")
                }
            })
            .collect();
        let wanted = Wanted {
            projection,
            filters: filters?,
            filter_columns,
            subjects,
            limit,
        };
        Ok(Arc::new(ConsentExec::new(
            Arc::clone(&self.0),
            wanted,
            schema,
        )))
    }
}

fn unqualified(expr: Expr) -> Result<Expr> {
    use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
    expr.transform(|e| {
        if let Expr::Column(column) = e {
            let bare = datafusion::common::Column::new_unqualified(column.name);
            Ok(Transformed::yes(Expr::Column(bare)))
        } else {
            Ok(Transformed::no(e))
        }
    })
    .data()
}
