//! How closely each column of a result is tied to persons, and from which inputs and by which rule it came to be so (R8).

use std::collections::BTreeSet;

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::logical_expr::LogicalPlan;
use serde::{Deserialize, Serialize};
use yuntu_terms::{ColumnClass, clause};

mod pass;
mod planned;
mod trace;

use pass::Pass;
pub use planned::TableShape;
pub(crate) use planned::labels_of;

/// How many inputs a label names at most; those of the strictest class come first.
pub const LABEL_CAUSES_MAX: usize = 24;

/// The class of one column of a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// The column.
    pub column: String,
    /// Its class.
    pub class: ColumnClass,
    /// How it came about: the strictest first. A receipt from before there was one has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<LabelCause>,
}

/// One input that a label came from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelCause {
    /// The class it brings.
    pub class: ColumnClass,
    /// By which rule.
    pub rule: LabelRule,
    /// The table; empty when it is not known.
    pub table: String,
    /// The column, where the rule is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
}

/// By which rule an input makes a column what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelRule {
    /// The column is computed from it.
    Value,
    /// Each row of the table is about a person, so that which rows there are says something about persons.
    Persons,
    /// Which rows there are was chosen by it: a filter, a join, a group or an order looked at it.
    Choice,
    /// Where it came from could not be followed, so that the strictest input counts.
    Unknown,
}

impl LabelRule {
    /// Every rule.
    pub const ALL: [Self; 4] = [Self::Value, Self::Persons, Self::Choice, Self::Unknown];

    /// Returns the stable code used in files and APIs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Persons => "persons",
            Self::Choice => "choice",
            Self::Unknown => "unknown",
        }
    }
}

impl Label {
    /// Makes the label of a column whose class follows from what was asked, not from a plan.
    pub(crate) fn plain(column: impl Into<String>, class: ColumnClass) -> Self {
        Self {
            column: column.into(),
            class,
            because: Vec::new(),
        }
    }
}

/// What the label pass must know of a table.
pub(crate) trait TableClasses: Sync {
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
/// strictest class of the inputs. Each label names the inputs that it came from.
///
/// # Clause
/// R8
pub(crate) fn label(plan: &LogicalPlan, tables: &dyn TableClasses) -> Vec<Label> {
    clause::hit!(R8);
    let mut pass = Pass::new(tables, strictest_scanned(plan, tables));
    let traces = pass.traces(plan);
    let (floor, chosen) = pass.into_floor();
    plan.schema()
        .fields()
        .iter()
        .enumerate()
        .map(|(i, field)| {
            let (class, mut causes) = traces.get(i).map_or_else(
                || (ColumnClass::Identifier, BTreeSet::new()),
                |trace| (trace.class(), trace.causes()),
            );
            causes.extend(chosen.iter().cloned());
            Label {
                column: field.name().clone(),
                class: class.combine(floor),
                because: strictest_first(causes),
            }
        })
        .collect()
}

fn strictest_first(causes: BTreeSet<LabelCause>) -> Vec<LabelCause> {
    let mut causes: Vec<_> = causes.into_iter().collect();
    causes.sort_by(|a, b| b.class.cmp(&a.class).then_with(|| a.cmp(b)));
    causes.truncate(LABEL_CAUSES_MAX);
    causes
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
