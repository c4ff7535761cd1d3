//! The statement as others meet it: files, golden tables, the catalogue against the sources.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail like the tests they serve"
)]

mod catalogue;
mod files;
mod golden;
