//! How closely each column of a result is tied to persons (R8).

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema};
use datafusion::logical_expr::{Expr, LogicalPlan, Subquery, TableScan};
use serde::{Deserialize, Serialize};
use yuntu_terms::{ColumnClass, clause};

/// The class of one column of a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// The column.
    pub column: String,
    /// Its class.
    pub class: ColumnClass,
}

/// What the label pass must know of a table.
pub(crate) trait TableClasses {
    /// Returns the class of a column of a table; `None` for a table it does not know.
    fn class_of(&self, table: &str, column: &str) -> Option<ColumnClass>;
    /// Says whether the rows of the table are about persons.
    fn is_about_persons(&self, table: &str) -> bool;
}

/// Labels the columns of a plan: each has the strictest class of what it is computed from.
///
/// Which rows there are says something about persons as soon as one table is about persons, and about whatever a
/// filter, join, group or order looks at; no column of the result is below that floor. What the pass does not know
/// counts as the strictest class of the inputs.
///
/// # Clause
/// R8
pub(crate) fn label(plan: &LogicalPlan, tables: &dyn TableClasses) -> Vec<Label> {
    clause::hit!(R8);
    let mut pass = Pass {
        tables,
        floor: ColumnClass::NonPersonal,
        anywhere: strictest_scanned(plan, tables),
    };
    let classes = pass.classes(plan);
    plan.schema()
        .fields()
        .iter()
        .enumerate()
        .map(|(i, field)| Label {
            column: field.name().clone(),
            class: classes
                .get(i)
                .copied()
                .unwrap_or(ColumnClass::Identifier)
                .combine(pass.floor),
        })
        .collect()
}

/// Returns the strictest class of any column of any table in the plan.
fn strictest_scanned(plan: &LogicalPlan, tables: &dyn TableClasses) -> ColumnClass {
    let mut class = ColumnClass::NonPersonal;
    let walked = plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node {
            let table = scan.table_name.table();
            for field in scan.projected_schema.fields() {
                class = class.combine(
                    tables
                        .class_of(table, field.name())
                        .unwrap_or(ColumnClass::Identifier),
                );
            }
        }
        Ok(TreeNodeRecursion::Continue)
    });
    if walked.is_ok() {
        class
    } else {
        ColumnClass::Identifier
    }
}

struct Pass<'a> {
    tables: &'a dyn TableClasses,
    floor: ColumnClass,
    anywhere: ColumnClass,
}

impl Pass<'_> {
    fn classes(&mut self, plan: &LogicalPlan) -> Vec<ColumnClass> {
        let width = plan.schema().fields().len();
        match plan {
            LogicalPlan::TableScan(scan) => self.scan(scan),
            LogicalPlan::EmptyRelation(_) => vec![ColumnClass::NonPersonal; width],
            LogicalPlan::Values(values) => {
                let class = self.strictest(values.values.iter().flatten(), &DFSchema::empty(), &[]);
                vec![class; width]
            }
            LogicalPlan::Projection(node) => {
                let input = self.classes(&node.input);
                self.each(&node.expr, node.input.schema(), &input)
            }
            LogicalPlan::Window(node) => {
                let input = self.classes(&node.input);
                let computed = self.each(&node.window_expr, node.input.schema(), &input);
                input.into_iter().chain(computed).collect()
            }
            LogicalPlan::Aggregate(node) => {
                let input = self.classes(&node.input);
                self.raise(node.group_expr.iter(), node.input.schema(), &input);
                let class = |pass: &mut Self, e| pass.of(e, node.input.schema(), &input);
                let groups = node
                    .group_expr
                    .iter()
                    .map(|e| class(self, e))
                    .collect::<Vec<_>>();
                let strictest_group = strictest(&groups);
                let aggregates = node
                    .aggr_expr
                    .iter()
                    .map(|e| class(self, e))
                    .collect::<Vec<_>>();
                // Grouping sets widen the group columns and add one of their own.
                let group_width = width.saturating_sub(aggregates.len());
                std::iter::repeat_n(strictest_group, group_width)
                    .chain(aggregates)
                    .collect()
            }
            LogicalPlan::Filter(node) => {
                let input = self.classes(&node.input);
                self.raise([&node.predicate], node.input.schema(), &input);
                input
            }
            LogicalPlan::Sort(node) => {
                let input = self.classes(&node.input);
                self.raise(
                    node.expr.iter().map(|s| &s.expr),
                    node.input.schema(),
                    &input,
                );
                input
            }
            LogicalPlan::Join(node) => {
                let left = self.classes(&node.left);
                let right = self.classes(&node.right);
                let both: Vec<_> = left.iter().chain(&right).copied().collect();
                let worst = strictest(&both);
                let side = |schema: &DFSchema, classes: &[ColumnClass], column: &Column| {
                    let index = schema.maybe_index_of_column(column)?;
                    classes.get(index).copied()
                };
                let resolve = |column: &Column| {
                    side(node.left.schema(), &left, column)
                        .or_else(|| side(node.right.schema(), &right, column))
                        .unwrap_or(worst)
                };
                // Which rows meet says something about every column they are matched on.
                for key in node.on.iter().flat_map(|(l, r)| [l, r]).chain(&node.filter) {
                    let class = self.walk(key, &resolve);
                    self.floor = self.floor.combine(class);
                }
                if both.len() == width {
                    both
                } else {
                    vec![worst; width]
                }
            }
            LogicalPlan::SubqueryAlias(node) => self.classes(&node.input),
            LogicalPlan::Subquery(node) => self.classes(&node.subquery),
            LogicalPlan::Limit(node) => self.classes(&node.input),
            LogicalPlan::Distinct(_) | LogicalPlan::Repartition(_) => {
                match plan.inputs().as_slice() {
                    [input] if input.schema().fields().len() == width => {
                        let classes = self.classes(input);
                        self.floor = self.floor.combine(strictest(&classes));
                        classes
                    }
                    _ => self.unknown(plan, width),
                }
            }
            LogicalPlan::Union(node) => {
                let mut classes = vec![ColumnClass::NonPersonal; width];
                for input in &node.inputs {
                    for (class, other) in classes.iter_mut().zip(self.classes(input)) {
                        *class = class.combine(other);
                    }
                }
                classes
            }
            LogicalPlan::Statement(_)
            | LogicalPlan::Explain(_)
            | LogicalPlan::Analyze(_)
            | LogicalPlan::Extension(_)
            | LogicalPlan::Dml(_)
            | LogicalPlan::Ddl(_)
            | LogicalPlan::Copy(_)
            | LogicalPlan::DescribeTable(_)
            | LogicalPlan::Unnest(_)
            | LogicalPlan::RecursiveQuery(_) => self.unknown(plan, width),
        }
    }

    fn scan(&mut self, scan: &TableScan) -> Vec<ColumnClass> {
        let table = scan.table_name.table();
        if self.tables.is_about_persons(table) {
            self.floor = self.floor.combine(ColumnClass::Personal);
        }
        let classes: Vec<_> = scan
            .projected_schema
            .fields()
            .iter()
            .map(|f| {
                self.tables
                    .class_of(table, f.name())
                    .unwrap_or(ColumnClass::Identifier)
            })
            .collect();
        let input = classes.clone();
        self.raise(scan.filters.iter(), &scan.projected_schema, &input);
        classes
    }

    fn unknown(&mut self, plan: &LogicalPlan, width: usize) -> Vec<ColumnClass> {
        let mut class = ColumnClass::NonPersonal;
        for input in plan.inputs() {
            class = class.combine(strictest(&self.classes(input)));
        }
        self.floor = self.floor.combine(class);
        vec![class; width]
    }

    fn each(
        &mut self,
        exprs: &[Expr],
        schema: &DFSchema,
        input: &[ColumnClass],
    ) -> Vec<ColumnClass> {
        exprs.iter().map(|e| self.of(e, schema, input)).collect()
    }

    fn raise<'e>(
        &mut self,
        exprs: impl IntoIterator<Item = &'e Expr>,
        schema: &DFSchema,
        input: &[ColumnClass],
    ) {
        let class = self.strictest(exprs, schema, input);
        self.floor = self.floor.combine(class);
    }

    fn strictest<'e>(
        &mut self,
        exprs: impl IntoIterator<Item = &'e Expr>,
        schema: &DFSchema,
        input: &[ColumnClass],
    ) -> ColumnClass {
        exprs
            .into_iter()
            .fold(ColumnClass::NonPersonal, |class, e| {
                class.combine(self.of(e, schema, input))
            })
    }

    fn of(&mut self, expr: &Expr, schema: &DFSchema, input: &[ColumnClass]) -> ColumnClass {
        let worst = strictest(input);
        let resolve = |column: &Column| {
            schema
                .maybe_index_of_column(column)
                .and_then(|i| input.get(i).copied())
                .unwrap_or(worst)
        };
        self.walk(expr, &resolve)
    }

    fn walk(&mut self, expr: &Expr, resolve: &dyn Fn(&Column) -> ColumnClass) -> ColumnClass {
        let mut class = ColumnClass::NonPersonal;
        let mut subqueries: Vec<Subquery> = Vec::new();
        let walked = expr.apply(|e| {
            match e {
                Expr::Column(column) => class = class.combine(resolve(column)),
                // The outer query's columns are not in reach here.
                Expr::OuterReferenceColumn(..) => class = class.combine(self.anywhere),
                Expr::ScalarSubquery(s) => subqueries.push(s.clone()),
                Expr::InSubquery(s) => subqueries.push(s.subquery.clone()),
                Expr::Exists(s) => subqueries.push(s.subquery.clone()),
                Expr::SetComparison(s) => subqueries.push(s.subquery.clone()),
                _ => {}
            }
            Ok(TreeNodeRecursion::Continue)
        });
        if walked.is_err() {
            return ColumnClass::Identifier;
        }
        for subquery in subqueries {
            let inner = self.classes(&subquery.subquery);
            class = class.combine(strictest(&inner));
            self.floor = self.floor.combine(strictest(&inner));
        }
        class
    }
}

fn strictest(classes: &[ColumnClass]) -> ColumnClass {
    classes
        .iter()
        .fold(ColumnClass::NonPersonal, |a, b| a.combine(*b))
}
