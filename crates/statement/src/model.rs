//! The parts of a statement, as they stand in its files.

mod clause;
pub(crate) mod coded;
mod collect;
mod commitments;
mod exception;
mod keep;
mod meta;
mod people;
mod purpose;

pub use clause::{Clause, Control, ControlId, PromiseId};
pub use collect::{
    About, Category, CategoryId, Cookie, CookieCategory, CookieChoice, NotCollected, SameSite,
};
pub use commitments::{
    Acceptance, AcceptanceAct, AcceptanceItem, Aggregates, Assessments, BreakGlass, Cessation,
    Channel, Codes, Commitments, Incident, IncidentItem, Minors, Provision, ProvisionItem,
    Publication, Revision, Succession, SuccessionItem, WhenReduced,
};
pub use exception::{Exception, ExceptionList, Invoker, Proof, ProofForm};
pub use keep::{
    CrossBorder, DeletionTrigger, ExportCondition, Mechanism, RegionRule, RetentionEnd,
    RetentionException, RetentionId, RetentionRule, RetentionStart,
};
pub use meta::{Meta, StatementVersion, Surface};
pub use people::{Contact, ContactId, ContactSlot, Partner, PartnerRole, Right, RightRule};
pub use purpose::{ProcessingRole, PurposeRule};
