//! The relational rows: one [`Store`] over SQLite and PostgreSQL, real migrations, named retrying transactions.
//!
//! Reading goes through [`Store::read`], changing through [`Store::run_tx`], and a transaction that changes rows puts
//! an entry into the ledger or fails. Personal values of representatives are sealed by the vault, bound to table, row and
//! column, before a transaction begins; they are found again by keyed hash.

mod acceptances;
mod account_checks;
mod accounts;
mod acts;
mod addresses;
mod applications;
mod assessments;
mod audiences;
mod audit;
mod bulk;
mod ceremonies;
mod choices;
mod cited;
mod classes;
mod closing;
mod codes;
mod columns;
mod config;
mod consent_proofs;
mod consents;
mod database;
mod datasets;
mod declarations;
mod deliveries;
mod deposits;
mod devices;
mod dialect;
mod documents;
mod duties;
mod ending_notices;
mod endings;
mod enterprises;
mod entity;
mod error;
mod exceptions;
mod factors;
mod facts;
mod functions;
mod helps;
mod imports;
mod instructions;
mod invitations;
mod jobs;
mod letters;
mod limits;
mod link;
mod looks;
mod measures;
mod members;
mod migration;
mod minor_reports;
mod operators;
mod outbox;
mod papers;
mod partners;
mod permits;
mod proposals;
mod queue;
mod read;
mod realm;
mod receipts;
mod recipients;
mod repeats;
mod representatives;
mod rows;
mod scopes;
mod sequencer;
mod sessions;
mod shelf;
mod standings;
mod stops;
mod store;
mod tickets;
mod tokens;
mod tries;
mod tx;
mod views;

pub use acceptances::AcceptedStatement;
pub use account_checks::{AccountCheck, NewAccountCheck};
pub use accounts::{
    Account, AccountContact, AccountStanding, FormerContact, NewAccount, SealedAccount,
    SealedContact, SealedNickname, SealedPassword,
};
pub use acts::{OwnEntry, SealedOrigin, Whose};
pub use addresses::{AddressMac, NetworkMac};
pub use applications::{
    Application, ApplicationValues, CodeMac, Note, NoteAuthor, SealedNote, SealedValue,
};
pub use assessments::{Assessment, NewAssessment};
pub use audiences::{Audience, NewAudience, SealedSnapshot, Snapshot, SnapshotOrigin};
pub use audit::EntryCount;
pub use ceremonies::{CEREMONY_LIFE, CEREMONY_QUOTA, CeremonyGoal, NewCeremony};
pub use choices::{AccountAcceptance, Choice, RecordedChoice};
pub use cited::{Cited, CitedOutcome, CitedWork};
pub use classes::{ClassedColumn, ColumnChange};
pub use closing::ClosedAccount;
pub use codes::{
    CODE_LIFE, CODE_NETWORK_QUOTAS, CODE_QUOTAS, CODE_TRIES_MAX, CodeIssue, CodeOutcome, CodeUse,
    NewCode, ProvenAddress, SealedCode, TypedCode,
};
pub use columns::{ColumnRule, ColumnRules, OnErase, RowClass, RowSubject, column_rules};
pub use config::{DatabaseConfig, Migrate};
pub use consent_proofs::{ConsentProof, NoticeShown, SealedProof};
pub use consents::{EventBatch, EventPages, NumberedEvent};
pub use database::Database;
pub use datasets::{About, Dataset, DatasetColumn, NewDataset};
pub use declarations::{
    Declaration, EVIDENCE_MAX, EvidencePaper, NewDeclaration, RecordedDeclaration,
    SealedDeclaration,
};
pub use deliveries::{Delivery, NewDelivery};
pub use deposits::DepositRow;
pub use devices::{DEVICES_MAX, ListedDevice, Meeting, SealedDevice};
pub use documents::{
    CheckedFile, DOCUMENTS_MAX, Document, FILE_BYTES_MAX, FileFault, FileKind, OpenedDocument,
    SealedDocument,
};
pub use duties::{
    DUTY_KEPT_DAYS, DutyFinding, DutyRecord, DutyTexts, NewDutyRecord, SealedClosing, SealedDuty,
};
pub use ending_notices::EndingOf;
pub use endings::Ending;
pub use enterprises::{Enterprise, NewEnterprise};
pub use error::{DatabaseFault, FaultClass, StoreError};
pub use exceptions::{
    EXCEPTION_USES_MAX, ExceptionEnd, ExceptionProof, ExceptionUse, NewExceptionProof,
    NewExceptionUse, NoticeGiven,
};
pub use factors::{
    Confirmed, FactorKind, FactorsHeld, HeldPasskey, HeldTotp, ListedFactor, SealedFactor,
    SealedLabel, SealedUse, TOTP_FAILURES_MAX,
};
pub use facts::FactReader;
pub use helps::{
    HELP_REFUSALS_QUOTA, Help, HelpLook, HelpLookOutcome, HelpOffer, HelpRow, NewHelp, NewLook,
    SealedHelp, SealedHelpLook, SealedOffer,
};
pub use imports::{
    Import, ImportProgress, ImportRun, ImportStatus, NewImport, SealedSource, SourceLabel,
};
pub use instructions::{Instruction, NewInstruction};
pub use invitations::{
    INVITATION_ADDRESS_QUOTAS, INVITATION_CERTIFIED_QUOTA, INVITATION_QUOTA, Invitation,
    NewInvitation, SealedInvitation,
};
pub use jobs::{LeasedJob, NewJob};
pub use letters::{LETTERS_MAX, Letter};
pub use limits::{FailureQuotas, FailuresLately, Limit, Limited, Quota};
pub use looks::LookedAt;
pub use measures::{
    Measure, MeasureMessage, MeasureMessageKind, MeasureTexts, NewMeasure, SealedMeasure,
    SealedMeasureMessage,
};
pub use members::Member;
pub use minor_reports::{
    MinorReport, MinorReportTexts, NewMinorReport, REPORT_NETWORK_QUOTAS, ReportMove,
    SealedMinorReport, SealedReportWords,
};
pub use operators::Operator;
pub use outbox::{LeasedMessage, SealedMessage, WaitingMessage};
pub use papers::{OpenedPaper, Paper, PaperLook, PaperOf, SealedPaper};
pub use partners::{
    NewPartnerAgreement, PARTNER_PAPERS_MAX, PARTNERS_MAX, Partner, PartnerPaperRow,
    PartnerVersion, SealedPartnerAgreement,
};
pub use permits::{Decided, DecisionRecord};
pub use proposals::{NewProposal, Proposal, ProposalStanding, ProposalTexts, SealedProposal};
pub use queue::AfterFailure;
pub use read::Reader;
pub use realm::Realm;
pub use receipts::{NewReceipt, Receipt};
pub use repeats::{REPEAT_LIFE, RepeatClaim, Repeated};
pub use representatives::{Contact, ContactKind, Representative, SealedRepresentative};
pub use scopes::ScopeVersion;
pub use sequencer::Sequenced;
pub use sessions::{
    ListedSession, NewSession, SealedSession, Session, SessionEnd, SignInMethod, TOUCH_EVERY,
};
pub use shelf::RowShelf;
pub use standings::{Standings, StandsOn};
pub use stops::RunStop;
pub use store::Store;
pub use tickets::{TICKET_LIFE, TICKET_TRIES_MAX, Ticket, TicketGoal};
pub use tokens::{ApiToken, NewApiToken};
pub use tries::{FailedTry, SealedTry};
pub use tx::{LeafId, Tx};
pub use views::OWN_VIEW;
