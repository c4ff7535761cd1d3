use std::collections::BTreeMap;

use serde::Deserialize;
use yuntu_terms::ClauseId;

use crate::error::StoreError;

const EMBEDDED: &str = include_str!("../columns.toml");

/// What one column holds, about whom, what for, how long, and what erasure does to it.
///
/// # Clause
/// R14
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnRule {
    /// What it holds.
    pub class: RowClass,
    /// About whom.
    pub subject: RowSubject,
    /// The categories of the statement that it holds, of a person who acts for an enterprise or of the enterprise.
    #[serde(default)]
    pub categories: Vec<String>,
    /// What for, by code.
    pub purpose: String,
    /// How long, by code.
    pub retention: String,
    /// What erasure does to it.
    pub on_erase: OnErase,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowClass {
    /// Data about a person.
    Personal,
    /// Data about a person whose misuse easily harms.
    Sensitive,
    /// Data of an enterprise.
    Business,
    /// What the platform needs to run.
    Operational,
}

/// About whom a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowSubject {
    /// A person who acts for an enterprise.
    Representative,
    /// A person in an enterprise's data.
    DataSubject,
    /// Nobody.
    None,
}

/// What erasure does to a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum OnErase {
    /// The value goes.
    Erase,
    /// The value stays and points to nobody once the key is destroyed.
    Anonymise,
    /// The value stays, for the sake of this clause.
    Keep(ClauseId),
}

impl TryFrom<String> for OnErase {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        match text.as_str() {
            "erase" => Ok(Self::Erase),
            "anonymise" => Ok(Self::Anonymise),
            other => other
                .strip_prefix("keep:")
                .and_then(|clause| clause.parse().ok())
                .map(Self::Keep)
                .ok_or("expected erase, anonymise or keep:CLAUSE"),
        }
    }
}

/// The rules of every column, by table and column.
pub type ColumnRules = BTreeMap<String, BTreeMap<String, ColumnRule>>;

/// Reads the rules that belong to this program's schema.
///
/// # Errors
/// [`StoreError::Encoding`] when the file in the program cannot be read, which a test excludes.
///
/// # Clause
/// R14
pub fn column_rules() -> Result<ColumnRules, StoreError> {
    toml::from_str(EMBEDDED).map_err(|_unreadable| StoreError::Encoding {
        what: "column rules",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_personal_column_is_about_somebody_and_no_other_is() {
        for (table, columns) in column_rules().unwrap() {
            for (column, rule) in columns {
                let personal = matches!(rule.class, RowClass::Personal | RowClass::Sensitive);
                assert_eq!(
                    personal,
                    rule.subject != RowSubject::None,
                    "{table}.{column}"
                );
            }
        }
    }

    #[test]
    fn every_column_about_a_representative_says_what_it_holds_of_her() {
        for (table, columns) in column_rules().unwrap() {
            for (column, rule) in columns {
                let named = !rule.categories.is_empty();
                match (rule.class, rule.subject) {
                    (_, RowSubject::Representative) => assert!(named, "{table}.{column}"),
                    (RowClass::Business, RowSubject::None) => {}
                    (_, RowSubject::DataSubject | RowSubject::None) => {
                        assert!(!named, "{table}.{column}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_sealed_column_goes_on_erasure() {
        for (table, columns) in column_rules().unwrap() {
            for (column, rule) in columns {
                if column.ends_with("_sealed") || column.ends_with("_mac") {
                    assert_eq!(rule.on_erase, OnErase::Erase, "{table}.{column}");
                }
            }
        }
    }
}
