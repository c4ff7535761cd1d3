//! Verdicts: may this be done with this data, by this person, for this purpose, now?
//!
//! [`decide`] turns a [`Request`] and the [`Facts`] into a [`Permit`] or a [`Refusal`]. It is pure: no I/O, no clock, no
//! randomness, and it fails closed. A fact that is absent is unknown, and what is unknown is refused; a prohibition is never
//! the presence of a fact, so that losing one cannot open anything. Who may do what is written as Cedar policies under
//! `policies/`, answered by [`may`].

mod account_check;
mod act;
mod arrival;
mod assessment;
mod certification;
mod decide;
mod declaration;
mod duty;
mod ending;
mod errand;
mod error;
mod exception;
mod facts;
mod help;
mod letter;
mod look;
mod measure;
mod minors;
mod missing;
mod operator;
mod partner;
mod permit;
mod refusal;
mod request;
mod role;
mod stop;
mod view;
mod who;

pub use account_check::{
    AccountCheckFacts, AccountCheckReason, AccountCheckResult, is_account_verified,
};
pub use act::decide_act;
pub use arrival::{
    ADDRESS_FAILURES, ArrivalFacts, Arrived, Browser, FirstProof, NextProof, OTHERS_BY_CODE,
    OTHERS_BY_PASSWORD, decide_arrival, other_proof,
};
pub use assessment::{
    AssessmentFacts, AssessmentResult, AssessmentView, decide_assessment_view, may_ask_sensitive,
};
pub use certification::{
    ApplicationField, ApplicationState, LookReason, ReviewView, decide_review_view,
    decide_review_words,
};
pub use decide::{consent_kind, consent_kind_asked, decide, recipient_fits};
pub use declaration::{
    Collected, Confirms, DECLARATION_DAYS_MAX, DeclarationAbout, DeclarationGap, DeclarationPart,
    Declared, Evidence, EvidenceKind, SourceKind,
};
pub use duty::{
    DutyKind, DutyReportView, DutyResult, PERSONS_MANY, PERSONS_MOST, PromisedAudits,
    decide_duty_report, reminder_at,
};
pub use ending::{EndingAbout, EndingStep};
pub use errand::{Errand, MessageWarrant, NoErrand, decide_errand, decide_showing};
pub use error::WhoMayError;
pub use exception::{
    ExceptionFacts, ExceptionState, ProofFacts, decide_exception_control, decide_invocation,
    decide_second_person,
};
pub use facts::{
    AcceptanceFacts, ActorFacts, AgreementFacts, ColumnFacts, ConsentFacts, CrossBorderFacts,
    DatasetFacts, DeclarationFacts, EnterpriseFacts, Facts, InstructionFacts, Mechanism,
    PartnerFacts, Period, PurposeFacts, Standing, StatementFacts,
};
pub use help::{
    HELP_LASTS_MAX, HELP_WAITS, HelpApproval, HelpClaim, HelpEnd, HelpFacts, HelpGrant,
    HelpRequest, HelpScope, RecordedHelp, decide_help, decide_help_statement,
};
pub use letter::authority;
pub use look::{Look, LookFacts, LookRequest, NoLook, RecordedLook, decide_look};
pub use measure::{MeasureEnd, MeasureFacts, MeasureGround, MeasureKind, limitable};
pub use minors::{
    MinorReportState, RecordedReportLook, ReportLook, ReportLookReason, ReportWords,
    decide_report_look, decide_report_words,
};
pub use missing::MissingFact;
pub use operator::{
    OperatorAction, OperatorRole, ProposalKind, Tie, UnknownOperatorRole, decide_operator_act,
    operator_may, operator_may_decide, operator_may_propose,
};
pub use partner::{
    AgreementAbout, BorderGround, PARTNER_DAYS_MAX, PartnerAgreement, PartnerAssessment,
    PartnerGap, PartnerPaper, PartnerPaperKind, PartnerPart, PartnerRole, SubProcessing,
};
pub use permit::{PERMIT_LIFETIME, Permit, PermitDataset, PermitHelp, RecordedPermit};
pub use refusal::{About, Reason, Refusal, WouldReach};
pub use request::{Request, Wants};
pub use role::{Action, Resource, Role, UnknownRole};
pub use stop::StopReason;
pub use view::{
    PageView, RecordedView, View, decide_colleagues, decide_consent_counts, decide_consent_view,
    decide_declaration_view, decide_duty_view, decide_exception_view, decide_help_view,
    decide_measure_view, decide_operator_register, decide_own, decide_own_certification,
    decide_own_help, decide_own_measures, decide_partner_view, decide_proposal_view,
};
pub use who::{Grounds, may, may_on};
