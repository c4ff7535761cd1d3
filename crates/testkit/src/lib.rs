//! What tests need and the product does not: ephemeral databases of both kinds, with a store, a vault and a
//! clock, and a mail server.
//!
//! The parts are the real ones. A part that is missing fails the test with the command that installs it; nothing is
//! skipped.

mod parties;
mod people;
mod postgres;
mod smtp;
mod stores;

pub use parties::{Party, contact, instruction, period, scope};
pub use people::{Person, new_account};
pub use postgres::Postgres;
pub use smtp::{SmtpIdentity, SmtpLogin, SmtpSecurity, SmtpServer};
pub use stores::{Backend, TestStore};
