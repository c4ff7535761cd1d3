//! What the consent index promises, held against a naive oracle and a written truth table.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails by panicking")]

mod build;
mod log;
mod oracle;
mod property;
mod rebuild;
mod tally;
mod verdicts;
