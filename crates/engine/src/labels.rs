//! How closely each column of a result is tied to persons (R8).

use std::sync::Arc;

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchemaRef};
use datafusion::logical_expr::{Expr, Join, LogicalPlan, Subquery, TableScan};
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
/// filter, join, group or order looks at; no column of the result is below that floor. To have been matched by an
/// identifier makes a column personal; it does not make it an identifier. What the pass does not know counts as the
/// strictest class of the inputs.
///
/// # Clause
/// R8
pub(crate) fn label(plan: &LogicalPlan, tables: &dyn TableClasses) -> Vec<Label> {
    clause::hit!(R8);
    let mut pass = Pass {
        tables,
        floor: ColumnClass::NonPersonal,
        anywhere: strictest_scanned(plan, tables),
        outer: Vec::new(),
        choosing: false,
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

/// The columns an expression may name, by the schemas they come from.
type Frame = Vec<(DFSchemaRef, Vec<ColumnClass>)>;

struct Pass<'a> {
    tables: &'a dyn TableClasses,
    floor: ColumnClass,
    anywhere: ColumnClass,
    /// What a sub-query or a lateral join sees of the queries around it, innermost last.
    outer: Vec<Frame>,
    /// Whether columns are looked at to choose rows, not to give their values.
    choosing: bool,
}

impl Pass<'_> {
    fn classes(&mut self, plan: &LogicalPlan) -> Vec<ColumnClass> {
        let width = plan.schema().fields().len();
        match plan {
            LogicalPlan::TableScan(scan) => self.scan(scan),
            LogicalPlan::EmptyRelation(_) => vec![ColumnClass::NonPersonal; width],
            LogicalPlan::Values(values) => {
                let class = self.strictest(values.values.iter().flatten(), &Frame::new());
                vec![class; width]
            }
            LogicalPlan::Projection(node) => {
                let frame = self.frame(&node.input);
                self.each(&node.expr, &frame)
            }
            LogicalPlan::Window(node) => {
                let frame = self.frame(&node.input);
                let computed = self.each(&node.window_expr, &frame);
                own(frame).into_iter().chain(computed).collect()
            }
            LogicalPlan::Aggregate(node) => {
                let frame = self.frame(&node.input);
                let groups = self.each(&node.group_expr, &frame);
                let aggregates = self.each(&node.aggr_expr, &frame);
                self.floor = self.floor.combine(strictest_of_choice(&groups));
                // Grouping sets widen the group columns and add one of their own.
                let group_width = width.saturating_sub(aggregates.len());
                std::iter::repeat_n(strictest(&groups), group_width)
                    .chain(aggregates)
                    .collect()
            }
            LogicalPlan::Filter(node) => {
                let frame = self.frame(&node.input);
                self.raise([&node.predicate], &frame);
                own(frame)
            }
            LogicalPlan::Sort(node) => {
                let frame = self.frame(&node.input);
                self.raise(node.expr.iter().map(|sort| &sort.expr), &frame);
                own(frame)
            }
            LogicalPlan::Join(node) => self.join(node, width),
            LogicalPlan::SubqueryAlias(node) => self.classes(&node.input),
            LogicalPlan::Subquery(node) => self.classes(&node.subquery),
            LogicalPlan::Limit(node) => self.classes(&node.input),
            LogicalPlan::Union(node) => {
                let mut classes = vec![ColumnClass::NonPersonal; width];
                for input in &node.inputs {
                    for (class, other) in classes.iter_mut().zip(self.classes(input)) {
                        *class = class.combine(other);
                    }
                }
                classes
            }
            LogicalPlan::Distinct(_)
            | LogicalPlan::Repartition(_)
            | LogicalPlan::Statement(_)
            | LogicalPlan::Explain(_)
            | LogicalPlan::Analyze(_)
            | LogicalPlan::Extension(_)
            | LogicalPlan::Dml(_)
            | LogicalPlan::Ddl(_)
            | LogicalPlan::Copy(_)
            | LogicalPlan::DescribeTable(_)
            | LogicalPlan::Unnest(_)
            | LogicalPlan::RecursiveQuery(_) => self.others(plan, width),
        }
    }

    fn frame(&mut self, input: &LogicalPlan) -> Frame {
        let classes = self.classes(input);
        vec![(Arc::clone(input.schema()), classes)]
    }

    fn scan(&mut self, scan: &TableScan) -> Vec<ColumnClass> {
        let table = scan.table_name.table();
        if self.tables.is_about_persons(table) {
            self.floor = self.floor.combine(ColumnClass::Personal);
        }
        let fields = scan.projected_schema.fields();
        let class = |name: &str| self.tables.class_of(table, name);
        let classes: Vec<_> = fields
            .iter()
            .map(|field| class(field.name()).unwrap_or(ColumnClass::Identifier))
            .collect();
        let frame = vec![(Arc::clone(&scan.projected_schema), classes)];
        self.raise(&scan.filters, &frame);
        own(frame)
    }

    fn join(&mut self, node: &Join, width: usize) -> Vec<ColumnClass> {
        let mut frame = self.frame(&node.left);
        // The right side of a lateral join names columns of the left.
        self.outer.push(frame.clone());
        frame.extend(self.frame(&node.right));
        self.outer.pop();
        // Which rows meet says something about every column they are matched on.
        let keys = node.on.iter().flat_map(|(left, right)| [left, right]);
        self.raise(keys.chain(&node.filter), &frame);
        let both = own(frame);
        if both.len() == width {
            both
        } else {
            vec![strictest(&both); width]
        }
    }

    /// What keeps the columns of one input and looks at all of them, or is not known.
    fn others(&mut self, plan: &LogicalPlan, width: usize) -> Vec<ColumnClass> {
        let inputs: Vec<_> = plan
            .inputs()
            .into_iter()
            .map(|input| self.classes(input))
            .collect();
        let all = inputs.concat();
        self.floor = self.floor.combine(strictest_of_choice(&all));
        vec![strictest(&all); width]
    }

    fn each(&mut self, exprs: &[Expr], frame: &Frame) -> Vec<ColumnClass> {
        exprs.iter().map(|expr| self.of(expr, frame)).collect()
    }

    fn raise<'e>(&mut self, exprs: impl IntoIterator<Item = &'e Expr>, frame: &Frame) {
        let before = std::mem::replace(&mut self.choosing, true);
        let class = self.strictest(exprs, frame);
        self.choosing = before;
        self.floor = self.floor.combine(class);
    }

    fn strictest<'e>(
        &mut self,
        exprs: impl IntoIterator<Item = &'e Expr>,
        frame: &Frame,
    ) -> ColumnClass {
        exprs
            .into_iter()
            .fold(ColumnClass::NonPersonal, |class, expr| {
                class.combine(self.of(expr, frame))
            })
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "only names and sub-queries bring data in"
    )]
    fn of(&mut self, expr: &Expr, frame: &Frame) -> ColumnClass {
        let mut class = ColumnClass::NonPersonal;
        let mut subqueries: Vec<Subquery> = Vec::new();
        let walked = expr.apply(|e| {
            match e {
                Expr::Column(column) => {
                    class = class.combine(self.seen(find(frame, column)));
                }
                Expr::OuterReferenceColumn(_, column) => {
                    let found = self
                        .outer
                        .iter()
                        .rev()
                        .find_map(|frame| find(frame, column));
                    class = class.combine(self.seen(found));
                }
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
            self.outer.push(frame.clone());
            let choosing = std::mem::replace(&mut self.choosing, false);
            let inner = self.classes(&subquery.subquery);
            self.choosing = choosing;
            self.outer.pop();
            self.floor = self.floor.combine(strictest_of_choice(&inner));
            class = class.combine(if choosing {
                strictest_of_choice(&inner)
            } else {
                strictest(&inner)
            });
        }
        class
    }

    fn seen(&self, class: Option<ColumnClass>) -> ColumnClass {
        let class = class.unwrap_or(self.anywhere);
        if self.choosing {
            of_choice(class)
        } else {
            class
        }
    }
}

fn find(frame: &Frame, column: &Column) -> Option<ColumnClass> {
    frame.iter().find_map(|(schema, classes)| {
        let place = schema.maybe_index_of_column(column)?;
        classes.get(place).copied()
    })
}

fn own(frame: Frame) -> Vec<ColumnClass> {
    frame.into_iter().flat_map(|(_, classes)| classes).collect()
}

/// Returns what a column says about rows that were chosen by it.
fn of_choice(class: ColumnClass) -> ColumnClass {
    if class == ColumnClass::Identifier {
        ColumnClass::Personal
    } else {
        class
    }
}

fn strictest_of_choice(classes: &[ColumnClass]) -> ColumnClass {
    classes
        .iter()
        .fold(ColumnClass::NonPersonal, |a, b| a.combine(of_choice(*b)))
}

fn strictest(classes: &[ColumnClass]) -> ColumnClass {
    classes
        .iter()
        .fold(ColumnClass::NonPersonal, |a, b| a.combine(*b))
}
