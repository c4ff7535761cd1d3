use std::time::Duration;

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use yuntu_consent::{DatasetScope, Question, hears_refusal};
use yuntu_terms::{
    ClauseId, ColumnClass, ConsentKind, DatasetId, DeclarationId, Digest, EnterpriseId,
    ExceptionUseId, HelpId, InstructionId, LegalBasis, Operation, PermitId, Purpose, Recipient,
    Region, RepresentativeId, Sink, Timestamp, Warrant,
};

use crate::{ColumnFacts, Role};

/// How long a permit holds at most.
pub const PERMIT_LIFETIME: Duration = Duration::from_mins(15);

/// The only thing that lets data move; made by [`decide`](crate::decide) alone.
///
/// Nobody else can make one:
///
/// ```compile_fail,E0451
/// fn forge(permit: yuntu_policy::Permit) -> yuntu_policy::Permit {
///     yuntu_policy::Permit { expires_at: yuntu_terms::Timestamp::from_micros(i64::MAX), ..permit }
/// }
/// ```
///
/// ```compile_fail,E0277
/// fn forge(text: &str) -> yuntu_policy::Permit {
///     serde_json::from_str(text).unwrap()
/// }
/// ```
///
/// ```compile_fail,E0277
/// fn forge() -> yuntu_policy::Permit {
///     <yuntu_policy::Permit as Default>::default()
/// }
/// ```
///
/// ```compile_fail,E0616
/// fn stretch(permit: &mut yuntu_policy::Permit) {
///     permit.expires_at = yuntu_terms::Timestamp::from_micros(i64::MAX);
/// }
/// ```
///
/// # Clause
/// U2, U4
// INVARIANT: the fields stand in the order of their names, so that the JSON is canonical.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[must_use = "a permit is recorded before it is used"]
pub struct Permit {
    pub(crate) actor: RepresentativeId,
    pub(crate) basis: LegalBasis,
    pub(crate) clauses: Vec<ClauseId>,
    pub(crate) consent_kind: ConsentKind,
    pub(crate) consent_root: Digest,
    pub(crate) consent_version: u64,
    pub(crate) datasets: Vec<PermitDataset>,
    pub(crate) enterprise: EnterpriseId,
    pub(crate) exception: Option<ClauseId>,
    pub(crate) exception_use: Option<ExceptionUseId>,
    pub(crate) expires_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) help: Option<PermitHelp>,
    pub(crate) id: PermitId,
    pub(crate) instruction: InstructionId,
    pub(crate) issued_at: Timestamp,
    pub(crate) operation: Operation,
    pub(crate) purpose: Purpose,
    pub(crate) recipient: Recipient,
    pub(crate) refusable: bool,
    pub(crate) role: Role,
    pub(crate) statement_digest: Digest,
    pub(crate) statement_version: String,
}

/// What a permit opens of one dataset.
// INVARIANT: as above.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PermitDataset {
    pub(crate) about_persons: bool,
    pub(crate) columns: Vec<ColumnFacts>,
    pub(crate) dataset: DatasetId,
    pub(crate) declaration: DeclarationId,
    pub(crate) region: Region,
    pub(crate) scope: Option<DatasetScope>,
}

/// The technical help under which an operator looks by a permit.
// INVARIANT: as above.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PermitHelp {
    pub(crate) help: HelpId,
    pub(crate) operator: Digest,
}

impl PermitHelp {
    /// Returns the help.
    #[must_use]
    pub const fn help(&self) -> HelpId {
        self.help
    }

    /// Returns the name under which the ledger knows the operator.
    #[must_use]
    pub const fn operator(&self) -> Digest {
        self.operator
    }
}

impl PermitDataset {
    /// Returns the dataset.
    #[must_use]
    pub const fn dataset(&self) -> DatasetId {
        self.dataset
    }

    /// Says whether rows are admitted person by person.
    #[must_use]
    pub const fn is_about_persons(&self) -> bool {
        self.about_persons
    }

    /// Lists the admitted columns.
    #[must_use]
    pub fn columns(&self) -> &[ColumnFacts] {
        &self.columns
    }

    /// Returns the class of an admitted column; nothing for any other.
    #[must_use]
    pub fn class_of(&self, column: &str) -> Option<ColumnClass> {
        self.columns
            .iter()
            .find(|admitted| admitted.name == column)
            .map(|admitted| admitted.class)
    }

    /// Says whether a column of this class is admitted.
    #[must_use]
    pub fn admits_class(&self, class: ColumnClass) -> bool {
        self.columns.iter().any(|column| column.class == class)
    }

    /// Returns the declaration of source and lawfulness.
    #[must_use]
    pub const fn declaration(&self) -> DeclarationId {
        self.declaration
    }

    /// Returns where the dataset is stored.
    #[must_use]
    pub const fn region(&self) -> Region {
        self.region
    }

    /// Returns the consent the dataset declares for its people.
    #[must_use]
    pub const fn scope(&self) -> Option<&DatasetScope> {
        self.scope.as_ref()
    }
}

impl Permit {
    /// Returns the id.
    #[must_use]
    pub const fn id(&self) -> PermitId {
        self.id
    }

    /// Returns who may.
    #[must_use]
    pub const fn actor(&self) -> RepresentativeId {
        self.actor
    }

    /// Returns the role in which the actor may.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Returns for which enterprise.
    #[must_use]
    pub const fn enterprise(&self) -> EnterpriseId {
        self.enterprise
    }

    /// Returns what for.
    #[must_use]
    pub const fn purpose(&self) -> &Purpose {
        &self.purpose
    }

    /// Returns what may be done.
    #[must_use]
    pub const fn operation(&self) -> Operation {
        self.operation
    }

    /// Returns who may receive the result.
    #[must_use]
    pub const fn recipient(&self) -> Recipient {
        self.recipient
    }

    /// Returns the ground.
    #[must_use]
    pub const fn basis(&self) -> LegalBasis {
        self.basis
    }

    /// Says whether a person's "no" takes her out, on this ground and for this purpose.
    #[must_use]
    pub const fn hears_refusal(&self) -> bool {
        hears_refusal(self.basis, self.refusable)
    }

    /// Returns the exception that was invoked, where the ground is not consent.
    #[must_use]
    pub const fn exception(&self) -> Option<ClauseId> {
        self.exception
    }

    /// Returns the technical help under which an operator looks, where one does.
    #[must_use]
    pub const fn help(&self) -> Option<PermitHelp> {
        self.help
    }

    /// Returns the use of that exception, as it was invoked and confirmed.
    #[must_use]
    pub const fn exception_use(&self) -> Option<ExceptionUseId> {
        self.exception_use
    }

    /// Returns the instruction it rests on.
    #[must_use]
    pub const fn instruction(&self) -> InstructionId {
        self.instruction
    }

    /// Lists the clauses relied on.
    #[must_use]
    pub fn clauses(&self) -> &[ClauseId] {
        &self.clauses
    }

    /// Lists what is opened of each dataset.
    #[must_use]
    pub fn datasets(&self) -> &[PermitDataset] {
        &self.datasets
    }

    /// Returns what is opened of one dataset; nothing for any other.
    #[must_use]
    pub fn dataset(&self, id: DatasetId) -> Option<&PermitDataset> {
        self.datasets.iter().find(|opened| opened.dataset == id)
    }

    /// Returns the kind of consent each person must have given.
    #[must_use]
    pub const fn consent_kind(&self) -> ConsentKind {
        self.consent_kind
    }

    /// Returns the number of the last consent event at the time of the decision.
    #[must_use]
    pub const fn consent_version(&self) -> u64 {
        self.consent_version
    }

    /// Returns the root of the consent index at that version.
    #[must_use]
    pub const fn consent_root(&self) -> Digest {
        self.consent_root
    }

    /// Returns the version of the statement that decided.
    #[must_use]
    pub fn statement_version(&self) -> &str {
        &self.statement_version
    }

    /// Returns the digest of that version.
    #[must_use]
    pub const fn statement_digest(&self) -> Digest {
        self.statement_digest
    }

    /// Returns when it was issued.
    #[must_use]
    pub const fn issued_at(&self) -> Timestamp {
        self.issued_at
    }

    /// Returns when it stops being valid (exclusive).
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// Says whether it may be used at this moment.
    #[must_use]
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.issued_at <= now && now < self.expires_at
    }

    /// Returns what a run on the dataset asks of consent; nothing when the dataset is not in the permit.
    ///
    /// # Units
    /// `population` counts the subject numbers the enterprise has handed out.
    #[must_use]
    pub fn question(&self, dataset: DatasetId, population: u32) -> Option<Question> {
        let opened = self.dataset(dataset)?;
        Some(
            Question::new(
                self.purpose.clone(),
                self.operation,
                self.recipient,
                population,
            )
            .with_kind(self.consent_kind)
            .on_basis(self.basis)
            .refusable(self.refusable)
            .with_scope(opened.scope.clone()),
        )
    }

    /// Returns the permit as canonical JSON: one line, keys in order.
    #[must_use]
    pub fn canonical_json(&self) -> String {
        // INVARIANT: every field has a JSON form, so this cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Returns the digest of the canonical JSON.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::new(Sha256::digest(self.canonical_json()).into())
    }
}

/// A permit whose ledger entry is durable; what the doors to data ask for.
///
/// It cannot be built from its parts:
///
/// ```compile_fail,E0451
/// fn forge(permit: yuntu_policy::Permit) -> yuntu_policy::RecordedPermit {
///     yuntu_policy::RecordedPermit { permit, ledger_seq: 1 }
/// }
/// ```
///
/// # Clause
/// U2, R23
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedPermit {
    permit: Permit,
    ledger_seq: u64,
}

impl RecordedPermit {
    /// Marks a permit as recorded. For `store` alone, after the transaction with the ledger entry is committed; a house
    /// check lists the callers.
    #[must_use]
    pub const fn recorded(permit: Permit, ledger_seq: u64) -> Self {
        Self { permit, ledger_seq }
    }

    /// Returns the permit.
    pub const fn permit(&self) -> &Permit {
        &self.permit
    }

    /// Returns the number of the ledger entry.
    #[must_use]
    pub const fn ledger_seq(&self) -> u64 {
        self.ledger_seq
    }
}

impl std::ops::Deref for RecordedPermit {
    type Target = Permit;

    fn deref(&self) -> &Permit {
        &self.permit
    }
}

impl Warrant for RecordedPermit {
    /// Opens sealed rows to work on; a partner's destination when identifiers were granted to a partner; a public page
    /// when publication was granted. It opens no mail, text message or report: those are the platform's own duties.
    ///
    /// A door checks [`Permit::is_in_force`] before it opens anything, because a warrant knows no time.
    fn opens(&self, sink: Sink) -> bool {
        let identifiers = self
            .permit
            .datasets
            .iter()
            .any(|opened| opened.admits_class(ColumnClass::Identifier));
        match sink {
            Sink::Row => true,
            Sink::Destination => identifiers && matches!(self.recipient, Recipient::Partner(_)),
            Sink::Page => {
                identifiers
                    && self.operation == Operation::Publicise
                    && self.recipient == Recipient::Public
            }
            // It goes back to where it came from.
            Sink::OwnFile => {
                self.operation == Operation::Process && self.recipient == Recipient::Enterprise
            }
            Sink::Json | Sink::Mail | Sink::Sms | Sink::RegulatorReport => false,
        }
    }
}
