//! The floor under the statement: what law and the house demand of every version, as functions.
//!
//! A statement may promise more than the floor, never less. Each [`Floor`] names its source.

mod consent;
mod duties;
mod finding;
mod keep;
mod language;
mod people;
mod references;
mod whole;

pub use finding::{Finding, Floor};

use crate::statement::Statement;
use finding::Notes;

/// Checks a statement against every floor and returns what falls short, floor by floor.
///
/// # Clause
/// R0, R27, R30
#[must_use]
pub fn check(statement: &Statement) -> Vec<Finding> {
    let mut findings = Vec::new();
    for floor in floors() {
        floor.run(statement, &mut Notes::new(floor, &mut findings));
    }
    findings
}

/// Lists every floor, so that a report can say what was checked.
pub fn floors() -> impl Iterator<Item = &'static Floor> {
    [
        whole::FLOORS,
        consent::FLOORS,
        keep::FLOORS,
        people::FLOORS,
        duties::FLOORS,
    ]
    .into_iter()
    .flatten()
}

#[cfg(test)]
mod tests;
