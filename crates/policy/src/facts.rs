//! What a decision needs to know. A fact that is absent is unknown, and what is unknown is refused.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use yuntu_consent::DatasetScope;
use yuntu_terms::{
    ClauseId, ColumnClass, ConsentKind, DatasetId, DeclarationId, Digest, EnterpriseId,
    InstructionId, LegalBasis, Operation, PartnerId, Purpose, Recipient, Region, RepresentativeId,
    Timestamp,
};

use crate::{
    About, Action, ExceptionFacts, HelpFacts, MeasureFacts, MissingFact, Reason, Refusal, Role,
};

/// Everything a decision looks at; it holds no personal data.
///
/// # Clause
/// U2, U3, U4
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// The moment of the decision.
    pub now: Timestamp,
    /// The statement that binds.
    pub statement: Option<StatementFacts>,
    /// The purpose, as that statement has it.
    pub purpose: Option<PurposeFacts>,
    /// The enterprise.
    pub enterprise: Option<EnterpriseFacts>,
    /// The representative who asks.
    pub actor: Option<ActorFacts>,
    /// The instruction that is cited.
    pub instruction: Option<InstructionFacts>,
    /// The datasets that were found; one of another enterprise is as good as not found.
    pub datasets: Vec<DatasetFacts>,
    /// The partner, where the recipient is one.
    pub partner: Option<PartnerFacts>,
    /// The exception that is claimed, where the ground is not consent.
    pub exception: Option<ExceptionFacts>,
    /// The technical help under which an operator looks, where the request names one.
    #[serde(default)]
    pub help: Option<HelpFacts>,
    /// The consent index.
    pub consent: Option<ConsentFacts>,
}

impl Facts {
    /// Starts with nothing known but the time.
    #[must_use]
    pub const fn nothing(now: Timestamp) -> Self {
        Self {
            now,
            statement: None,
            purpose: None,
            enterprise: None,
            actor: None,
            instruction: None,
            datasets: Vec::new(),
            partner: None,
            exception: None,
            help: None,
            consent: None,
        }
    }
}

/// A period that includes its start and not its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// The start.
    pub from: Timestamp,
    /// The end (exclusive); every period has one.
    pub until: Timestamp,
}

impl Period {
    /// Says whether it lasts no longer than so many days.
    #[must_use]
    pub fn is_within_days(&self, days: u32) -> bool {
        let days = i32::try_from(days).unwrap_or(i32::MAX);
        self.until <= self.from.plus_days(days)
    }

    /// Says whether the moment lies inside.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        self.from <= now && now < self.until
    }
}

/// The statement whose rules decide, and its acceptance by the enterprise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatementFacts {
    /// The version whose rules decide.
    pub version: String,
    /// Its digest.
    pub digest: Digest,
    /// When that version came into force.
    pub effective: Timestamp,
    /// What the enterprise accepted.
    pub accepted: Option<AcceptanceFacts>,
}

/// The enterprise's acceptance of a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptanceFacts {
    /// The version that was accepted.
    pub version: String,
    /// When.
    pub at: Timestamp,
}

/// What the statement says about a purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PurposeFacts {
    /// The purpose.
    pub id: Purpose,
    /// The clause that speaks of it.
    pub clause: ClauseId,
    /// The grounds it may stand on.
    pub bases: Vec<LegalBasis>,
    /// How consent must be expressed, where the purpose asks for more than the operation.
    pub consent: Option<ConsentKind>,
    /// The classes of column it may read.
    pub classes: Vec<ColumnClass>,
    /// What may be done for it.
    pub operations: Vec<Operation>,
    /// Whether a person's refusal counts on other grounds than consent too.
    pub refusable: bool,
}

crate::role::coded! {
    /// Whether the platform serves an enterprise, a representative, a dataset, a partner or an instruction.
    ///
    /// # Clause
    /// U5
    Standing {
        /// Everything is as it should be.
        Active = "active";
        /// Not yet let in: under review or in quarantine.
        Pending = "pending";
        /// Stopped by a measure of the operator or of the enterprise, which can be lifted.
        Frozen = "frozen";
        /// Ended for good: closed, revoked, removed.
        Ended = "ended";
    }
}

/// The enterprise that asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnterpriseFacts {
    /// The enterprise.
    pub id: EnterpriseId,
    /// Its standing.
    pub standing: Option<Standing>,
    /// The period of its certification (U1, R3).
    pub certified: Option<Period>,
    /// The measures in force against the enterprise (U5); unknown is refused.
    pub measures: Option<Vec<MeasureFacts>>,
}

/// The representative who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActorFacts {
    /// The representative.
    pub id: RepresentativeId,
    /// The enterprise for which the person acts.
    pub enterprise: Option<EnterpriseId>,
    /// The role there.
    pub role: Option<Role>,
    /// The standing there.
    pub standing: Option<Standing>,
    /// The period of the letter of authorisation (R3).
    pub letter: Option<Period>,
    /// What the token is good for with which a program acts for her; nothing is said when she acts herself.
    #[serde(default)]
    pub scopes: Option<BTreeSet<Action>>,
}

impl ActorFacts {
    /// Says whether what she comes with is good for an act.
    #[must_use]
    pub fn token_covers(&self, action: Action) -> bool {
        let scopes = self.scopes.as_ref();
        scopes.is_none_or(|scopes| scopes.contains(&action))
    }
}

/// A recorded instruction (U2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstructionFacts {
    /// The instruction.
    pub id: InstructionId,
    /// The enterprise that instructs.
    pub enterprise: EnterpriseId,
    /// The representative who gave it.
    pub by: RepresentativeId,
    /// The purposes; each covers the purposes below it.
    pub purposes: Vec<Purpose>,
    /// The operations.
    pub operations: Vec<Operation>,
    /// The recipients.
    pub recipients: Vec<Recipient>,
    /// The datasets.
    pub datasets: Vec<DatasetId>,
    /// When it was recorded.
    pub recorded: Timestamp,
    /// Its period.
    pub period: Option<Period>,
    /// Its standing.
    pub standing: Option<Standing>,
}

/// A dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatasetFacts {
    /// The dataset.
    pub id: DatasetId,
    /// Whose it is.
    pub enterprise: EnterpriseId,
    /// Its standing.
    pub standing: Option<Standing>,
    /// The measures in force against it (U5); unknown is refused.
    pub measures: Option<Vec<MeasureFacts>>,
    /// Where it is stored.
    pub region: Option<Region>,
    /// Whether its rows are about persons; `false` is believed only when no column is personal.
    pub about_persons: Option<bool>,
    /// The columns.
    pub columns: Option<Vec<ColumnFacts>>,
    /// The declaration of source and lawfulness (U3).
    pub declaration: Option<DeclarationFacts>,
    /// The consent it declares for its people (U4).
    pub scope: Option<DatasetScope>,
    /// How many consent records its people have of their own.
    pub own_records: Option<u64>,
}

impl DatasetFacts {
    /// Refuses an act that a measure against the dataset stops; what is unknown stops it.
    #[must_use]
    pub fn stopped(&self, action: Action, now: Timestamp) -> Option<Refusal> {
        let reason = match &self.measures {
            None => Some(Reason::of(MissingFact::Measure)),
            Some(measures) => measures
                .iter()
                .find(|it| it.stops(action, now))
                .map(Reason::of_measure),
        };
        reason.map(|reason| Refusal::one(reason.about(About::Dataset(self.id))))
    }

    /// Says whether a column is about persons though the rows name nobody, so that no consent can admit any.
    #[must_use]
    pub fn lacks_subject(&self) -> bool {
        self.about_persons == Some(false) && self.columns.is_some() && self.is_about_persons()
    }

    /// Says whether rows must be admitted person by person.
    #[must_use]
    pub fn is_about_persons(&self) -> bool {
        let personal = |column: &ColumnFacts| column.class.is_personal();
        let impersonal = self.about_persons == Some(false)
            && self
                .columns
                .as_ref()
                .is_some_and(|columns| !columns.iter().any(personal));
        !impersonal
    }
}

/// A column of a dataset.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnFacts {
    /// How closely it is tied to a person.
    pub class: ColumnClass,
    /// The name.
    pub name: String,
}

/// A declaration of source and lawfulness (U3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclarationFacts {
    /// The declaration.
    pub id: DeclarationId,
    /// Whether it is complete and signed.
    pub complete: bool,
    /// Whether the papers it rests on are still there.
    pub proved: bool,
    /// The period it speaks for.
    pub period: Option<Period>,
    /// The grounds it claims.
    pub bases: Vec<LegalBasis>,
}

/// A partner in the register (R15).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartnerFacts {
    /// The partner.
    pub id: PartnerId,
    /// The enterprise in whose register it is.
    pub enterprise: EnterpriseId,
    /// Its standing.
    pub standing: Option<Standing>,
    /// Where it works.
    pub region: Option<Region>,
    /// The agreement.
    pub agreement: Option<AgreementFacts>,
    /// Until when the impact assessment stands on which data may be entrusted or provided (PIPL 55).
    pub assessed_until: Option<Timestamp>,
    /// The recorded ground for sending data across a border (R13).
    pub cross_border: Option<CrossBorderFacts>,
}

/// An agreement with a partner (R15, R16).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgreementFacts {
    /// Its period.
    pub period: Period,
    /// The purposes; each covers the purposes below it.
    pub purposes: Vec<Purpose>,
    /// The operations.
    pub operations: Vec<Operation>,
    /// The classes of column.
    pub classes: Vec<ColumnClass>,
}

/// A filed mechanism for sending data across a border (R13, PIPL 38).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrossBorderFacts {
    /// The region data may leave.
    pub from: Region,
    /// The region it may enter.
    pub to: Region,
    /// Which mechanism: assessment, certification or standard contract.
    pub mechanism: Mechanism,
    /// Its period.
    pub period: Period,
}

crate::role::coded! {
    /// The three ways of PIPL 38.
    ///
    /// # Clause
    /// R13
    Mechanism {
        /// A security assessment.
        Assessment = "assessment";
        /// A certification.
        Certification = "certification";
        /// The standard contract.
        StandardContract = "standard_contract";
    }
}

/// The state of the consent index that the run will use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentFacts {
    /// The number of the last event.
    pub version: u64,
    /// The digest of what decides.
    pub root: Digest,
}
