//! What tests need and the product does not: ephemeral databases of both kinds, with a store, a vault and a
//! clock, a mail server, a provider of text messages, a browser, a proxy with TLS, a grader of headers, and the authenticators of people.
//!
//! The parts are the real ones. A part that is missing fails the test with the command that installs it; nothing is
//! skipped.

mod authenticator;
mod authority;
mod browser;
mod front;
mod observatory;
mod papers;
mod parties;
mod passkey;
mod people;
mod postgres;
mod sms;
mod smtp;
mod stores;
mod webdriver;

pub use authenticator::Authenticator;
pub use authority::Authority;
pub use browser::Browser;
pub use front::Front;
pub use observatory::{Grade, Observatory};
pub use papers::{long_pdf, pdf};
pub use parties::{Party, contact, instruction, period, scope};
pub use passkey::SoftPasskey;
pub use people::{Person, new_account};
pub use postgres::{OwnDatabase, Postgres};
pub use sms::SmsProvider;
pub use smtp::{SmtpIdentity, SmtpLogin, SmtpSecurity, SmtpServer};
pub use stores::{Backend, TestStore};
