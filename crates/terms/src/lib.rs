//! The vocabulary of Yuntu: ids, names, time, and the closed lists that law and product share.
//!
//! Everything else points down to this crate; it does no I/O, reads no clock and is never async.
//! Names follow the field's standards (W3C DPV 2.3, ISO/IEC TS 27560, PIPL); see CONTRIBUTING.md for the false friends.

mod class;
pub mod clause;
mod consent;
mod digest;
mod error;
mod id;
mod identifier;
mod lang;
mod pii;
mod purpose;
mod random;
mod region;
mod secret;
mod stage;
mod subject;
mod time;

pub use class::ColumnClass;
pub use clause::{ClauseId, InvalidClauseId};
pub use consent::{ConsentKind, ConsentStatus, LegalBasis};
pub use digest::{Digest, InvalidDigest};
pub use error::ErrorKind;
pub use id::{
    AccountId, ApiTokenId, ApplicationId, AssessmentId, AudienceId, CeremonyId, CodeId,
    ConsentRecordId, DatasetId, DeclarationId, DepositId, DeviceId, DocumentId, DutyFindingId,
    DutyRecordId, EnterpriseId, ExceptionUseId, FactorId, HelpId, HelpLookId, HelpOfferId, Id,
    ImportId, InstructionId, InvalidId, InvitationId, JobId, KeyId, Kind, LookId, MeasureId,
    MeasureMessageId, MinorReportId, OperatorId, OriginId, OutboxId, PaperId, PartId,
    PartnerAgreementId, PartnerId, PermitId, ProposalId, ReceiptId, RepeatId, RepresentativeId,
    SessionId, SignInTryId, TicketId,
};
pub use identifier::{
    BankAccount, BankCard, CitizenId, EmailAddress, EnterpriseName, IdHolder, IdentifierError,
    MobileNumber, PhoneNumber, UnifiedSocialCreditCode, read_digits,
};
pub use lang::{Lang, Text, UnknownLang};
pub use pii::{Pii, Sink, Warrant};
pub use purpose::{InvalidPurpose, Operation, Purpose, Recipient, UnknownOperation};
pub use random::{Entropy, EntropyFailure, SeededEntropy, SystemEntropy};
pub use region::{InvalidRegion, Region};
pub use secret::ApiSecret;
pub use stage::RelationStage;
pub use subject::SubjectId;
pub use time::{Clock, InvalidTimestamp, MockClock, SystemClock, Timestamp};
