//! Identifiers that people type: numbers of persons and enterprises, telephone numbers, mail addresses, bank accounts.
//!
//! Each type has `normal`, which brings a spelling to the one form that is kept or hashed, and `parse`, which wraps that
//! form. Full-width signs, spaces, hyphens and the invisible signs that copying brings along are taken as people mean
//! them. Personal values are held as [`Pii`](crate::Pii): they are neither printed nor logged.

mod bank;
mod citizen_id;
mod credit_code;
mod email;
mod enterprise_name;
mod error;
mod phone;
mod signs;

pub use bank::{BankAccount, BankCard};
pub use citizen_id::{CitizenId, IdHolder};
pub use credit_code::UnifiedSocialCreditCode;
pub use email::EmailAddress;
pub use enterprise_name::EnterpriseName;
pub use error::IdentifierError;
pub use phone::{MobileNumber, PhoneNumber};
pub use signs::read_digits;
