//! The use-cases of Yuntu: each loads facts, asks the policy, calls a door, and writes result and ledger entry in one
//! transaction.

pub mod accounts;
pub mod assessments;
mod audiences;
mod audits;
mod caller;
mod census;
pub mod certification;
mod consents;
mod datasets;
mod declarations;
pub mod duties;
mod endings;
mod enrol;
mod error;
pub mod exceptions;
pub mod factors;
pub mod help;
pub mod imports;
mod instructions;
mod keys;
mod labels;
mod lists;
pub mod measures;
mod members;
pub mod minors;
pub mod operators;
mod overview;
pub mod partners;
mod platform;
mod proofs;
pub mod proposals;
mod references;
mod repeats;
mod running;
mod runs;
mod seats;
mod signer;
mod tokens;
mod upkeep;
pub mod words;

pub use audiences::{AudienceSize, AudienceSpec, Evaluation, SavedView};
pub use audits::{Audit, AuditedAct};
pub use caller::Caller;
pub use consents::{
    AskList, ConsentCounts, ConsentInput, ConsentQuestion, ConsentsRecorded, LineFault,
    PersonConsents, PersonRecord, Reach, Widening,
};
pub use datasets::Imported;
pub use declarations::{
    Confirmer, DECLARATION_TEXT_CHARS_MAX, DeclarationOutcome, DeclarationView, EvidenceView,
    NewEvidence, SourceView, TypedDeclaration,
};
pub use enrol::Enrolment;
pub use error::{AppError, Said};
pub use instructions::{INSTRUCTIONS_PAGE, JOBS_PAGE};
pub use labels::ClassesView;
pub use lists::{Collected, CollectedEntry, Provided};
pub use members::{Invited, LetterView, MemberView, OpenInvitation, SignedLetter};
pub use overview::{DatasetUse, Overview, Waiting};
pub use platform::{Platform, PlatformConfig};
pub use proofs::{ReceiptFlaw, VerifiedReceipt, verify_receipt};
pub use repeats::{Once, Repeat};
pub use runs::{Answer, Ask, Done};
pub use seats::Seat;
pub use tokens::TOKEN_DAYS_MAX;
pub use upkeep::Upkeep;
pub use words::{engine_text, provider_text};
pub use yuntu_consent as consent;
pub use yuntu_engine as engine;
pub use yuntu_lake as lake;
pub use yuntu_outbound as outbound;
pub use yuntu_policy as policy;
pub use yuntu_store as store;
pub use yuntu_vault as vault;
