use serde::{Deserialize, Serialize};
use yuntu_terms::{ClauseId, Text};

use super::coded::slug;
use super::people::Right;

slug! {
    /// The id of one promise inside a clause; it may never disappear without express consent (R30).
    PromiseId
}

slug! {
    /// The id of a mechanism that makes promises true.
    ControlId
}

/// One clause of the statement: a row of the requirements, or a part of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clause {
    /// The id, with a letter when the row has several parts.
    pub id: ClauseId,
    /// The heading.
    pub title: Text,
    /// The words that bind; blank lines part paragraphs.
    pub body: Text,
    /// What it promises, as ids that software can compare.
    pub promises: Vec<PromiseId>,
    /// The rights it grants.
    #[serde(default)]
    pub rights: Vec<Right>,
    /// The mechanisms that make it true.
    pub controls: Vec<ControlId>,
}

/// A mechanism of the product that makes promises true.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// The id that clauses use.
    pub id: ControlId,
    /// What it is, in a few words.
    pub name: Text,
}
