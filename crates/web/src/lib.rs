//! The surfaces of Yuntu that people and programs see: API, console, reports and charts.
//!
//! Handlers parse, call one use-case of `app` and show its answer; nothing here decides.

pub mod charts;
pub mod report;
mod serve;

pub use serve::{router, serve};
