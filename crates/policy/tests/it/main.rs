//! What the policy promises, held against a naive oracle and written tables.

mod build;
mod oracle;
mod permits;
mod property;
mod refusals;
mod tables;
