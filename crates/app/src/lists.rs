//! What is collected from the people who act for enterprises, and to whom it is handed: from the schema, the statement
//! and the configuration that run here.

use std::collections::BTreeSet;

use yuntu_outbound::Provider;
use yuntu_statement::{Category, Partner, ProcessingRole, PurposeRule, RetentionRule};
use yuntu_store::column_rules;

use crate::error::AppError;
use crate::platform::Platform;

/// What is collected for one purpose.
#[derive(Debug)]
pub struct Collected {
    /// The purpose.
    pub purpose: &'static PurposeRule,
    /// Its categories, as the statement orders them.
    pub entries: Vec<CollectedEntry>,
}

/// A category of data that a purpose needs.
#[derive(Debug)]
pub struct CollectedEntry {
    /// The category.
    pub category: &'static Category,
    /// How long it is kept for this purpose.
    pub keeps: Option<&'static RetentionRule>,
    /// Where this program keeps it, each as table and column; nowhere when no function of it collects it.
    pub columns: Vec<(String, String)>,
}

/// To whom data of these people is handed.
#[derive(Debug)]
pub struct Provided {
    /// Partners that the statement names.
    pub partners: &'static [Partner],
    /// Whoever carries messages for the platform, as configured here.
    pub carriers: Vec<Provider>,
}

impl Platform {
    /// Lists what is collected, for each purpose of the platform's own.
    ///
    /// # Errors
    /// [`AppError::Store`] when the rules of the columns cannot be read, which a test excludes.
    /// # Clause
    /// R27
    pub fn collected(&self) -> Result<Vec<Collected>, AppError> {
        let (statement, rules) = (self.statement(), column_rules()?);
        let columns = |category: &Category| {
            let all = rules.iter().flat_map(|(table, columns)| {
                let held = columns.iter().filter(|(_, rule)| {
                    let named = rule.categories.iter();
                    named.clone().any(|it| it == category.id.as_str())
                });
                held.map(move |(column, _)| (table.clone(), column.clone()))
            });
            all.collect::<BTreeSet<_>>().into_iter().collect()
        };
        let own = statement.purposes().iter();
        let own = own.filter(|rule| rule.role == ProcessingRole::Controller);
        Ok(own
            .map(|purpose| {
                let categories = purpose.categories.iter();
                let categories = categories.filter_map(|id| statement.category(id));
                let entries = categories.map(|category| CollectedEntry {
                    category,
                    keeps: statement.retention().iter().find(|it| {
                        it.purpose == purpose.id && it.categories.contains(&category.id)
                    }),
                    columns: columns(category),
                });
                Collected {
                    purpose,
                    entries: entries.collect(),
                }
            })
            .collect())
    }

    /// Lists to whom data is handed.
    ///
    /// # Clause
    /// R27
    #[must_use]
    pub fn provided(&self) -> Provided {
        Provided {
            partners: self.statement().partners(),
            carriers: self.inner.outbound.providers(),
        }
    }
}

#[cfg(test)]
mod tests {
    use yuntu_statement::Statement;

    use super::*;

    #[test]
    fn the_schema_holds_no_category_that_the_statement_does_not_give_a_necessary_purpose() {
        let statement = Statement::in_force().unwrap();
        let mut named = 0;
        for (table, columns) in column_rules().unwrap() {
            for (column, rule) in columns {
                for category in &rule.categories {
                    let uses = statement.purposes().iter();
                    // A column for an optional purpose must come with what empties it when the purpose is refused.
                    let necessary = uses.filter(|it| it.necessary).any(|purpose| {
                        let ids = purpose.categories.iter();
                        ids.clone().any(|id| id.as_str() == category)
                    });
                    assert!(necessary, "{table}.{column}: {category}");
                    named += 1;
                }
            }
        }
        assert!(named > 50);
    }
}
