//! Yuntu's information-protection statement as data: clauses, purposes, retention, cookies, rights, exceptions.
//!
//! The statement is written in Chinese and English under `data/`, parsed once, checked against the floor of the law
//! and compared between versions. [`catalogue`] says for each row of the requirements what makes it true so far.

mod canonical;
mod catalogue;
mod check;
mod diff;
mod error;
mod model;
pub mod render;
mod sources;
mod statement;

pub use catalogue::{ControlEntry, ControlState, catalogue};
pub use check::{Finding, Floor, check, floors};
pub use diff::{
    Change, ChangeKind, ChangedPart, Diff, Piece, Reduction, ReductionKind, Row, Section, diff,
    side_by_side,
};
pub use error::StatementError;
pub use model::{
    About, Acceptance, AcceptanceAct, AcceptanceItem, Aggregates, Assessments, BreakGlass,
    Category, CategoryId, Cessation, Channel, Clause, Codes, Commitments, Contact, ContactId,
    ContactSlot, Control, ControlId, Cookie, CookieCategory, CookieChoice, CrossBorder,
    DeletionTrigger, Exception, ExceptionList, ExportCondition, Incident, IncidentItem, Invoker,
    Mechanism, Meta, Minors, NotCollected, Partner, PartnerRole, ProcessingRole, PromiseId, Proof,
    ProofForm, Provision, ProvisionItem, Publication, PurposeRule, RegionRule, RetentionEnd,
    RetentionException, RetentionId, RetentionRule, RetentionStart, Revision, Right, RightRule,
    SameSite, StatementVersion, Succession, SuccessionItem, Surface, WhenReduced,
};
pub use sources::{FILES, Sources};
pub use statement::Statement;
