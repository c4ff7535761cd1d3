//! What a column of a plan is computed from.

use std::collections::BTreeSet;

use yuntu_terms::ColumnClass;

use super::{LabelCause, LabelRule};

/// The class of a column of a plan with the inputs it is computed from.
#[derive(Debug, Clone)]
pub(super) struct Trace {
    class: ColumnClass,
    inputs: BTreeSet<LabelCause>,
}

impl Trace {
    /// Computed from no input.
    pub(super) const fn nothing() -> Self {
        Self {
            class: ColumnClass::NonPersonal,
            inputs: BTreeSet::new(),
        }
    }

    /// A column of a table.
    pub(super) fn of_column(table: &str, column: &str, class: ColumnClass) -> Self {
        Self::of(LabelCause {
            class,
            rule: LabelRule::Value,
            table: table.to_owned(),
            column: Some(column.to_owned()),
        })
    }

    /// Something that could not be followed.
    pub(super) fn unknown(class: ColumnClass) -> Self {
        Self::of(LabelCause {
            class,
            rule: LabelRule::Unknown,
            table: String::new(),
            column: None,
        })
    }

    fn of(cause: LabelCause) -> Self {
        Self {
            class: cause.class,
            inputs: BTreeSet::from([cause]),
        }
    }

    pub(super) const fn class(&self) -> ColumnClass {
        self.class
    }

    pub(super) fn causes(&self) -> BTreeSet<LabelCause> {
        self.inputs.clone()
    }

    /// Adds what another column is computed from.
    pub(super) fn add(&mut self, other: &Self) {
        self.class = self.class.combine(other.class);
        self.inputs.extend(other.inputs.iter().cloned());
    }

    /// Returns what all of these are computed from.
    pub(super) fn all<'t>(traces: impl IntoIterator<Item = &'t Self>) -> Self {
        let mut all = Self::nothing();
        for trace in traces {
            all.add(trace);
        }
        all
    }

    /// Returns what the inputs say about rows that were chosen by them.
    pub(super) fn of_choice(&self) -> Self {
        let chosen = self.inputs.iter().map(|input| LabelCause {
            class: of_choice(input.class),
            rule: match input.rule {
                LabelRule::Value | LabelRule::Choice => LabelRule::Choice,
                other @ (LabelRule::Persons | LabelRule::Unknown) => other,
            },
            ..input.clone()
        });
        Self {
            class: of_choice(self.class),
            inputs: chosen.collect(),
        }
    }
}

/// Returns what a column says about rows that were chosen by it.
fn of_choice(class: ColumnClass) -> ColumnClass {
    if class == ColumnClass::Identifier {
        ColumnClass::Personal
    } else {
        class
    }
}
