use serde::{Deserialize, Serialize};
use yuntu_terms::{ClauseId, Purpose, Region, Text};

use super::coded::{coded, slug};
use super::collect::CategoryId;

/// A region where data may be stored.
///
/// # Clause
/// R13
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegionRule {
    /// The country code.
    pub code: Region,
    /// The name.
    pub name: Text,
    /// The clause.
    pub clause: ClauseId,
}

coded! {
    /// A lawful way for personal data to leave the country (PIPL 38).
    Mechanism {
        SecurityAssessment = "security_assessment", "数据出境安全评估", "security assessment";
        StandardContract = "standard_contract", "个人信息出境标准合同", "standard contract";
        Certification = "certification", "个人信息保护认证", "certification";
    }
}

coded! {
    /// What must be on record before personal data leaves the country.
    ExportCondition {
        SeparateConsent = "separate_consent", "个人的单独同意", "separate consent of the person";
        FiledMechanism = "filed_mechanism", "已完成的法定出境机制", "a completed statutory mechanism";
        RecipientNotice = "recipient_notice", "告知境外接收方", "notice of the recipient abroad";
        ImpactAssessment = "impact_assessment", "个人信息保护影响评估", "an impact assessment";
    }
}

/// When personal data may cross the border.
///
/// # Clause
/// R13
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrossBorder {
    /// The clause.
    pub clause: ClauseId,
    /// The mechanisms of which one must be in place.
    pub mechanisms: Vec<Mechanism>,
    /// What must all be on record.
    pub conditions: Vec<ExportCondition>,
}

slug! {
    /// The id of a retention rule.
    RetentionId
}

coded! {
    /// The moment from which a retention period runs.
    RetentionStart {
        Recorded = "recorded", "记录之日", "the record";
        LastUse = "last_use", "最后使用之日", "the last use";
        AccountClosed = "account_closed", "注销帐号之日", "closing the account";
        Resolved = "resolved", "办结之日", "the resolution";
        AuthorityEnded = "authority_ended", "授权终止之日", "the end of the authority to act";
        ContractEnded = "contract_ended", "协议终止之日", "the end of the agreement";
    }
}

coded! {
    /// What happens when a retention period ends.
    RetentionEnd {
        Erase = "erase", "删除", "erased";
        Anonymise = "anonymise", "匿名化", "anonymised";
        ReturnOrErase = "return_or_erase", "返还或删除", "returned or erased";
    }
}

/// How long data is kept for a purpose, and what happens then.
///
/// # Units
/// Days of 24 hours. `days_min` is what a law demands; `days_max` is never passed.
/// # Clause
/// R14
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetentionRule {
    /// The id.
    pub id: RetentionId,
    /// The purpose.
    pub purpose: Purpose,
    /// The categories it covers; empty where the enterprise brings the data.
    #[serde(default)]
    pub categories: Vec<CategoryId>,
    /// From when the days count.
    pub starts: RetentionStart,
    /// How long the data must be kept by law; 0 where no law asks.
    pub days_min: u32,
    /// After how many days it is gone.
    pub days_max: u32,
    /// What happens at the end.
    pub end: RetentionEnd,
    /// Whether the actor is replaced by a pseudonym as soon as the account is closed.
    #[serde(default)]
    pub pseudonymise_on_deregistration: bool,
    /// Why this long.
    pub because: Text,
    /// The clause.
    pub clause: ClauseId,
}

/// A case in which data outlives its period, always locked: stored and protected, used for nothing else.
///
/// # Clause
/// R14
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetentionException {
    /// The id.
    pub id: RetentionId,
    /// The case.
    pub name: Text,
    /// The law that permits it.
    pub law: Text,
    /// When it ends.
    pub ends: Text,
    /// Whether nothing but storage and protection is done meanwhile (PIPL 47).
    pub storage_only: bool,
    /// The clause.
    pub clause: ClauseId,
}

coded! {
    /// An event after which data is erased without being asked (PIPL 47).
    DeletionTrigger {
        PurposeEnded = "purpose_ended", "目的已实现、无法实现或不再必要", "the purpose is reached, cannot be reached or needs the data no more";
        ServiceStopped = "service_stopped", "停止提供服务或保存期限届满", "the service stops or the period ends";
        ConsentWithdrawn = "consent_withdrawn", "个人撤回同意", "consent is withdrawn";
        Unlawful = "unlawful", "违法或违约处理", "the processing breaks a law or an agreement";
        OtherLaw = "other_law", "法律、行政法规规定的其他情形", "another case laid down by law";
    }
}
