//! The surfaces of Yuntu that people and programs see: API, console, reports and charts.
//!
//! Handlers parse, call one use-case of `app` and show its answer; nothing here decides.

mod account;
mod api;
pub mod charts;
mod console;
mod cookies;
mod either;
mod files;
mod forms;
mod guard;
mod inflow;
mod input;
mod inside;
mod leave;
mod ledger;
mod metrics;
mod minors;
mod operator;
mod pages;
mod problem;
mod quarantine;
pub mod report;
mod serve;
mod state;
mod statement;
mod tls;
mod view;
mod visit;
mod visitor;
mod workers;

pub use api::openapi;
pub use serve::{Doors, listen, router, router_of, serve};
pub use tls::{Certificates, TlsFault, TlsFiles};
pub use visitor::{Shown, VisitError, Visitor};
