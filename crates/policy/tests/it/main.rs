//! What the policy promises, held against a naive oracle and written tables.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a helper of a test fails by panicking"
)]

mod build;
mod oracle;
mod permits;
mod property;
mod refusals;
mod tables;
