//! The use-cases of Yuntu: each loads facts, asks the policy, calls a door, and writes result and ledger entry in one
//! transaction.

pub mod accounts;
mod audiences;
mod caller;
pub mod certification;
mod consents;
mod datasets;
mod enrol;
mod error;
pub mod factors;
mod instructions;
mod lists;
mod members;
pub mod operators;
mod platform;
mod proofs;
pub mod proposals;
mod references;
mod runs;
mod seats;
mod signer;
mod upkeep;
pub mod words;

pub use audiences::{AudienceSize, AudienceSpec, Evaluation, SavedView};
pub use caller::Caller;
pub use consents::{ConsentInput, ConsentsRecorded};
pub use datasets::Imported;
pub use enrol::Enrolment;
pub use error::{AppError, Said};
pub use lists::{Collected, CollectedEntry, Provided};
pub use members::{Invited, LetterView, MemberView, OpenInvitation, SignedLetter};
pub use platform::{Platform, PlatformConfig};
pub use proofs::{ReceiptFlaw, VerifiedReceipt, verify_receipt};
pub use runs::{Answer, Ask, Done};
pub use seats::Seat;
pub use upkeep::Upkeep;
pub use words::{engine_text, provider_text};
pub use yuntu_consent as consent;
pub use yuntu_engine as engine;
pub use yuntu_lake as lake;
pub use yuntu_outbound as outbound;
pub use yuntu_policy as policy;
pub use yuntu_store as store;
pub use yuntu_vault as vault;
