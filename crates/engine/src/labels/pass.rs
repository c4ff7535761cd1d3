//! The walk over a plan that follows each column to the inputs it comes from.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchemaRef};
use datafusion::logical_expr::{Distinct, Expr, Join, LogicalPlan, Subquery, TableScan};
use yuntu_terms::ColumnClass;

use super::trace::Trace;
use super::{LabelCause, LabelRule, TableClasses};

/// The columns an expression may name, by the schemas they come from.
type Frame = Vec<(DFSchemaRef, Vec<Trace>)>;

pub(super) struct Pass<'a> {
    tables: &'a dyn TableClasses,
    /// What every column of the result is at least, and by which inputs.
    floor: ColumnClass,
    floor_causes: BTreeSet<LabelCause>,
    anywhere: ColumnClass,
    /// What a sub-query or a lateral join sees of the queries around it, innermost last.
    outer: Vec<Frame>,
    /// Whether columns are looked at to choose rows, not to give their values.
    choosing: bool,
}

impl<'a> Pass<'a> {
    /// Begins a walk; `anywhere` is the strictest class of any input of the plan.
    pub(super) const fn new(tables: &'a dyn TableClasses, anywhere: ColumnClass) -> Self {
        Self {
            tables,
            floor: ColumnClass::NonPersonal,
            floor_causes: BTreeSet::new(),
            anywhere,
            outer: Vec::new(),
            choosing: false,
        }
    }

    /// Returns what every column of the result is at least, and by which inputs.
    pub(super) fn into_floor(self) -> (ColumnClass, BTreeSet<LabelCause>) {
        (self.floor, self.floor_causes)
    }

    /// Follows each column of a plan.
    pub(super) fn traces(&mut self, plan: &LogicalPlan) -> Vec<Trace> {
        let width = plan.schema().fields().len();
        match plan {
            LogicalPlan::TableScan(scan) => self.scan(scan),
            LogicalPlan::EmptyRelation(_) => vec![Trace::nothing(); width],
            LogicalPlan::Values(values) => {
                let trace = self.merged(values.values.iter().flatten(), &Frame::new());
                vec![trace; width]
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
                let grouped = Trace::all(&groups);
                self.raise_by(&grouped.of_choice());
                // Grouping sets widen the group columns and add one of their own.
                let group_width = width.saturating_sub(aggregates.len());
                let each = (group_width == groups.len()).then_some(groups);
                let groups = each.unwrap_or_else(|| vec![grouped; group_width]);
                groups.into_iter().chain(aggregates).collect()
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
            LogicalPlan::SubqueryAlias(node) => self.traces(&node.input),
            LogicalPlan::Subquery(node) => self.traces(&node.subquery),
            LogicalPlan::Limit(node) => self.traces(&node.input),
            LogicalPlan::Union(node) => {
                let mut traces = vec![Trace::nothing(); width];
                for input in &node.inputs {
                    for (trace, other) in traces.iter_mut().zip(self.traces(input)) {
                        trace.add(&other);
                    }
                }
                traces
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
        let traces = self.traces(input);
        vec![(Arc::clone(input.schema()), traces)]
    }

    fn scan(&mut self, scan: &TableScan) -> Vec<Trace> {
        let table = scan.table_name.table();
        if self.tables.is_about_persons(table) {
            self.floor = self.floor.combine(ColumnClass::Personal);
            self.floor_causes.insert(LabelCause {
                class: ColumnClass::Personal,
                rule: LabelRule::Persons,
                table: table.to_owned(),
                column: None,
            });
        }
        let fields = scan.projected_schema.fields();
        let traces = fields.iter().map(|field| {
            let class = self.tables.class_of(table, field.name());
            let class = class.unwrap_or(ColumnClass::Identifier);
            Trace::of_column(table, field.name(), class)
        });
        let frame = vec![(Arc::clone(&scan.projected_schema), traces.collect())];
        self.raise(&scan.filters, &frame);
        own(frame)
    }

    fn join(&mut self, node: &Join, width: usize) -> Vec<Trace> {
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
            vec![Trace::all(&both); width]
        }
    }

    /// What keeps the columns of one input and looks at all of them, or is not known.
    fn others(&mut self, plan: &LogicalPlan, width: usize) -> Vec<Trace> {
        let inputs: Vec<_> = plan
            .inputs()
            .into_iter()
            .map(|input| self.traces(input))
            .collect();
        let all = Trace::all(inputs.iter().flatten());
        self.raise_by(&all.of_choice());
        // One input whose columns are kept one by one, as where equal rows are left out.
        match inputs.as_slice() {
            [only] if matches!(plan, LogicalPlan::Distinct(Distinct::All(_))) => only.clone(),
            _ => vec![all; width],
        }
    }

    fn each(&mut self, exprs: &[Expr], frame: &Frame) -> Vec<Trace> {
        exprs.iter().map(|expr| self.of(expr, frame)).collect()
    }

    fn raise<'e>(&mut self, exprs: impl IntoIterator<Item = &'e Expr>, frame: &Frame) {
        let before = std::mem::replace(&mut self.choosing, true);
        let trace = self.merged(exprs, frame);
        self.choosing = before;
        self.raise_by(&trace);
    }

    fn raise_by(&mut self, chosen: &Trace) {
        self.floor = self.floor.combine(chosen.class());
        self.floor_causes.extend(chosen.causes());
    }

    fn merged<'e>(&mut self, exprs: impl IntoIterator<Item = &'e Expr>, frame: &Frame) -> Trace {
        let mut all = Trace::nothing();
        for expr in exprs {
            all.add(&self.of(expr, frame));
        }
        all
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "only names and sub-queries bring data in"
    )]
    fn of(&mut self, expr: &Expr, frame: &Frame) -> Trace {
        let mut trace = Trace::nothing();
        let mut subqueries: Vec<Subquery> = Vec::new();
        let walked = expr.apply(|e| {
            match e {
                Expr::Column(column) => trace.add(&self.seen(find(frame, column))),
                Expr::OuterReferenceColumn(_, column) => {
                    let found = self
                        .outer
                        .iter()
                        .rev()
                        .find_map(|frame| find(frame, column));
                    trace.add(&self.seen(found));
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
            return Trace::unknown(ColumnClass::Identifier);
        }
        for subquery in subqueries {
            self.outer.push(frame.clone());
            let choosing = std::mem::replace(&mut self.choosing, false);
            let inner = Trace::all(&self.traces(&subquery.subquery));
            self.choosing = choosing;
            self.outer.pop();
            let chosen = inner.of_choice();
            self.raise_by(&chosen);
            trace.add(if choosing { &chosen } else { &inner });
        }
        trace
    }

    fn seen(&self, found: Option<&Trace>) -> Trace {
        let trace = found.map_or_else(|| Trace::unknown(self.anywhere), Clone::clone);
        if self.choosing {
            trace.of_choice()
        } else {
            trace
        }
    }
}

fn find<'f>(frame: &'f Frame, column: &Column) -> Option<&'f Trace> {
    frame.iter().find_map(|(schema, traces)| {
        let place = schema.maybe_index_of_column(column)?;
        traces.get(place)
    })
}

fn own(frame: Frame) -> Vec<Trace> {
    frame.into_iter().flat_map(|(_, traces)| traces).collect()
}
