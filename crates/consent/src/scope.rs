use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use yuntu_terms::{ConsentKind, LegalBasis, Operation, Purpose, Recipient, Timestamp};

/// What a dataset declares its people have consented to.
///
/// It speaks for a person only as long as the person has no record of their own that bears on the purpose: one
/// permitting or negative record at the purpose or above it, of whatever operation, recipient or time, silences it.
/// Records that change nothing (unknown, requested, deferred) do not.
///
/// # Clause
/// U4
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatasetScope {
    /// The purposes; each covers the purposes below it.
    pub purposes: BTreeSet<Purpose>,
    /// The operations.
    pub operations: BTreeSet<Operation>,
    /// The recipients.
    pub recipients: BTreeSet<Recipient>,
    /// How the consent was expressed.
    pub kind: ConsentKind,
    /// When the scope takes effect.
    pub from: Timestamp,
    /// When it stops being valid (exclusive).
    pub until: Option<Timestamp>,
}

impl DatasetScope {
    /// Says whether the scope allows what the question asks, whatever the time.
    #[must_use]
    pub fn covers(&self, question: &Question) -> bool {
        self.covers_kind(question, question.kind_required())
    }

    /// Says whether whatever this scope allows, the other allows too.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        let covered = |purpose| other.purposes.iter().any(|it| it.covers(purpose));
        let ends = match (self.until, other.until) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(own), Some(until)) => own <= until,
        };
        self.purposes.iter().all(covered)
            && self.operations.is_subset(&other.operations)
            && self.recipients.is_subset(&other.recipients)
            && self.kind <= other.kind
            && self.from >= other.from
            && ends
    }

    /// Says whether the scope is inside its period.
    #[must_use]
    pub fn in_period(&self, now: Timestamp) -> bool {
        self.from <= now && self.until.is_none_or(|until| now < until)
    }

    pub(crate) fn covers_kind(&self, question: &Question, kind: ConsentKind) -> bool {
        self.covers_purpose(question)
            && self.operations.contains(&question.operation)
            && self.recipients.contains(&question.recipient)
            && self.kind >= kind
    }

    pub(crate) fn covers_purpose(&self, question: &Question) -> bool {
        self.purposes
            .iter()
            .any(|purpose| purpose.covers(&question.purpose))
    }
}

/// What a run asks of consent: may this be done, for this purpose, towards this recipient?
///
/// # Units
/// `population` counts the subject numbers the enterprise has handed out; whoever lies beyond is not admitted.
/// # Clause
/// U4
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The purpose.
    pub purpose: Purpose,
    /// The operation.
    pub operation: Operation,
    /// The recipient.
    pub recipient: Recipient,
    /// The least kind of consent that serves; [`Question::kind_required`] may ask for more.
    pub kind: ConsentKind,
    /// The ground: on another ground than consent only the bars (erased, restricted, minor) exclude, and a person's refusal
    /// where [`Question::hears_refusal`] says so.
    pub basis: LegalBasis,
    /// Whether the purpose is one that a person may refuse on other grounds too, as marketing is.
    pub refusable: bool,
    /// The dataset's declared default, where it has one.
    pub scope: Option<DatasetScope>,
    /// How many subject numbers the enterprise has handed out.
    pub population: u32,
}

impl Question {
    /// Asks on the ground of consent, with no declared default, of the subjects `0..population`.
    #[must_use]
    pub const fn new(
        purpose: Purpose,
        operation: Operation,
        recipient: Recipient,
        population: u32,
    ) -> Self {
        Self {
            purpose,
            operation,
            recipient,
            kind: ConsentKind::Expressed,
            basis: LegalBasis::Consent,
            refusable: false,
            scope: None,
            population,
        }
    }

    /// Adds the dataset's declared default.
    #[must_use]
    pub fn with_scope(mut self, scope: Option<DatasetScope>) -> Self {
        self.scope = scope;
        self
    }

    /// Asks for a stronger kind of consent than the operation needs by itself.
    #[must_use]
    pub fn with_kind(mut self, kind: ConsentKind) -> Self {
        self.kind = self.kind.max(kind);
        self
    }

    /// Asks on another ground.
    #[must_use]
    pub const fn on_basis(mut self, basis: LegalBasis) -> Self {
        self.basis = basis;
        self
    }

    /// Says whether the purpose is one that a person may refuse on other grounds too.
    #[must_use]
    pub const fn refusable(mut self, refusable: bool) -> Self {
        self.refusable = refusable;
        self
    }

    /// Says whether a person's "no" keeps her out; see [`hears_refusal`].
    #[must_use]
    pub const fn hears_refusal(&self) -> bool {
        hears_refusal(self.basis, self.refusable)
    }

    /// Returns the kind of consent that serves: to provide, transfer or publicise takes separate consent (PIPL 23, 25).
    #[must_use]
    pub fn kind_required(&self) -> ConsentKind {
        self.kind.max(kind_for(self.operation))
    }
}

/// Returns the least kind of consent an operation needs.
#[must_use]
pub const fn kind_for(operation: Operation) -> ConsentKind {
    match operation {
        Operation::Process => ConsentKind::Expressed,
        Operation::Share | Operation::Transfer | Operation::Publicise => ConsentKind::Separate,
    }
}

/// Says whether a person's "no" keeps her out on a ground, for a purpose that may be refused or one that may not.
///
/// What is lawfully public is never used against her refusal (PIPL 27), and marketing on no ground (PIPL 24) but those that
/// leave her no say: what a law demands, and an emergency.
///
/// # Clause
/// U4, R7
#[must_use]
pub const fn hears_refusal(basis: LegalBasis, refusable: bool) -> bool {
    match basis {
        LegalBasis::Consent | LegalBasis::LawfullyPublic => true,
        LegalBasis::Contract | LegalBasis::PublicInterestNews => refusable,
        LegalBasis::LegalDuty | LegalBasis::Emergency | LegalBasis::OtherLaw => false,
    }
}
