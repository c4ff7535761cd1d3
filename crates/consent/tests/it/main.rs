//! What the consent index promises, held against a naive oracle and a written truth table.

mod build;
mod log;
mod oracle;
mod property;
mod rebuild;
mod verdicts;
