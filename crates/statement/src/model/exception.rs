use serde::{Deserialize, Serialize};
use yuntu_terms::{ClauseId, LegalBasis, Operation, Text};

use super::coded::coded;

coded! {
    /// Which of the two lists an exception belongs to.
    ///
    /// # Clause
    /// R7, R21
    ExceptionList {
        Collection = "collection", "收集、使用", "collection and use";
        Provision = "provision", "提供、公开", "provision and publication";
    }
}

coded! {
    /// Who may invoke an exception.
    Invoker {
        SecurityOfficer = "security_officer", "安全负责人", "security officer";
        PrivacyOfficer = "privacy_officer", "个人信息保护负责人", "person in charge of personal information protection";
        LegalCounsel = "legal_counsel", "法务负责人", "legal counsel";
    }
}

coded! {
    /// What must be on record before an exception opens anything.
    Proof {
        CitedLaw = "cited_law", "所依据的法律条文", "the article of law relied on";
        OfficialDocument = "official_document", "有权机关文书及编号", "the authority's document and its number";
        EmergencyRecord = "emergency_record", "紧急情况记录", "a record of the emergency";
        LaterNotice = "later_notice", "紧急情况消除后的补充告知", "notice to the person once the emergency is over";
        Contract = "contract", "个人作为一方当事人的合同", "the contract to which the person is a party";
        PublicSource = "public_source", "公开来源及其合法性", "the public source and its lawfulness";
        ReasonableScope = "reasonable_scope", "合理范围的说明", "an account of why the scope is reasonable";
        NoObjection = "no_objection", "本人未明确拒绝", "that the person has not refused";
        PublicInterest = "public_interest", "公共利益的说明", "an account of the public interest";
        Necessity = "necessity", "必要性说明", "an account of the necessity";
    }
}

/// One lawful exception to consent; never a default.
///
/// Exactly one of `ground` and `unavailable` is present: an exception without a ground in law opens nothing.
///
/// # Clause
/// R7, R21
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// The lettered part of R7 or R21.
    pub clause: ClauseId,
    /// The list.
    pub list: ExceptionList,
    /// The case.
    pub name: Text,
    /// What it opens, and no more.
    pub opens: Text,
    /// The ground of PIPL 13 it stands on.
    pub ground: Option<LegalBasis>,
    /// The article of the law that this ground is, where there is one.
    pub article: Option<Text>,
    /// How many days one use of it may last; nothing where it cannot be invoked.
    pub days_max: Option<u32>,
    /// Why it cannot be invoked, where the law has no ground for it.
    pub unavailable: Option<Text>,
    /// Who may invoke it.
    #[serde(default)]
    pub invokers: Vec<Invoker>,
    /// What must be on record first.
    #[serde(default)]
    pub proofs: Vec<Proof>,
    /// Whether the person is still told; an exception to consent is none to notice.
    pub notice: bool,
}

impl Exception {
    /// Returns the ground it opens; nothing where it cannot be invoked at all.
    #[must_use]
    pub fn grounded(&self) -> Option<LegalBasis> {
        self.ground.filter(|_| self.unavailable.is_none())
    }

    /// Says whether the exception can be invoked at all.
    #[must_use]
    pub fn is_available(&self) -> bool {
        self.grounded().is_some()
    }
}

impl ExceptionList {
    /// Returns the list that speaks of an operation: to process is one thing, to provide or publish another.
    #[must_use]
    pub const fn of(operation: Operation) -> Self {
        match operation {
            Operation::Process => Self::Collection,
            Operation::Share | Operation::Transfer | Operation::Publicise => Self::Provision,
        }
    }

    /// Returns the row of the list.
    #[must_use]
    pub const fn row(self) -> ClauseId {
        match self {
            Self::Collection => ClauseId::r(7),
            Self::Provision => ClauseId::r(21),
        }
    }
}

impl Invoker {
    /// Finds the function with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.code() == code)
    }
}

impl Proof {
    /// Finds the proof with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.code() == code)
    }

    /// Says in what form it is put on record.
    #[must_use]
    pub const fn form(self) -> ProofForm {
        match self {
            Self::CitedLaw => ProofForm::Words,
            Self::LaterNotice => ProofForm::Day,
            Self::OfficialDocument
            | Self::EmergencyRecord
            | Self::Contract
            | Self::PublicSource
            | Self::ReasonableScope
            | Self::NoObjection
            | Self::PublicInterest
            | Self::Necessity => ProofForm::Paper,
        }
    }
}

/// In what form a proof is put on record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofForm {
    /// The words of the citation.
    Words,
    /// The day by which the people are told; the paper that shows it follows.
    Day,
    /// A file.
    Paper,
}
