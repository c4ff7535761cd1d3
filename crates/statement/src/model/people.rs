use serde::{Deserialize, Serialize};
use yuntu_terms::{ClauseId, Operation, PartnerId, Purpose, Region, Text, Timestamp};

use super::coded::{coded, slug};
use super::collect::CategoryId;

coded! {
    /// A right of a person over personal data (PIPL 15, 24, 44 to 50).
    ///
    /// # Clause
    /// R26
    Right {
        Know = "know", "知情与决定", "to know and to decide";
        Access = "access", "查阅", "to look up";
        Copy = "copy", "复制", "to copy";
        Port = "port", "转移（可携带）", "to move data elsewhere";
        Rectify = "rectify", "更正与补充", "to correct and complete";
        Erase = "erase", "删除", "to erase";
        WithdrawConsent = "withdraw_consent", "撤回同意", "to withdraw consent";
        Restrict = "restrict", "限制处理", "to restrict";
        Object = "object", "拒绝处理", "to object";
        RefuseAutomated = "refuse_automated", "拒绝自动化决策", "to refuse automated decisions";
        Explain = "explain", "要求解释说明", "to an explanation";
        Deregister = "deregister", "注销帐号", "to close the account";
        Settings = "settings", "设置隐私功能", "to set privacy options";
        Complain = "complain", "投诉举报", "to complain";
        Relatives = "relatives", "近亲属行使死者权利", "of relatives of the deceased";
        Reasons = "reasons", "获知拒绝理由并起诉", "to reasons for a refusal, and to sue";
    }
}

/// How one right is exercised.
///
/// # Units
/// `answer_days_max` counts calendar days from the verified request; 0 means at once, by self-service.
/// # Clause
/// R26
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RightRule {
    /// The right.
    pub right: Right,
    /// How it is exercised.
    pub how: Text,
    /// After how many days at most the answer is given.
    pub answer_days_max: u32,
    /// Whether people in business data have it too, through the enterprise.
    pub for_subjects: bool,
    /// The law it comes from.
    pub law: Text,
    /// The clause.
    pub clause: ClauseId,
}

slug! {
    /// The id of a contact.
    ContactId
}

coded! {
    /// A value the configuration of an installation fills in.
    ContactSlot {
        OperatorName = "operator_name", "运营者名称", "name of the operator";
        OperatorAddress = "operator_address", "运营者地址", "address of the operator";
        PrivacyEmail = "privacy_email", "个人信息保护邮箱", "privacy mailbox";
        PrivacyPhone = "privacy_phone", "个人信息保护电话", "privacy telephone";
        PrivacyOfficer = "privacy_officer", "个人信息保护负责人", "person in charge of personal information protection";
        Website = "website", "官方网站", "website";
    }
}

/// A contact the statement names; its value belongs to the installation, not to the text.
///
/// # Clause
/// R26
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// The id.
    pub id: ContactId,
    /// The value the configuration fills in.
    pub slot: ContactSlot,
    /// What the contact is for.
    pub purpose: Text,
    /// Whether an installation may not open without it.
    pub required: bool,
    /// The clause.
    pub clause: ClauseId,
}

coded! {
    /// In which role a partner receives data.
    PartnerRole {
        Entrusted = "entrusted", "受托人", "entrusted processor";
        Recipient = "recipient", "接收方", "recipient";
        Joint = "joint", "共同处理者", "joint controller";
    }
}

/// A partner that receives representatives' data, as the public list names it.
///
/// # Clause
/// R15, R16
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Partner {
    /// The id.
    pub id: PartnerId,
    /// The name.
    pub name: Text,
    /// How a person reaches it.
    pub contact: String,
    /// Its role.
    pub role: PartnerRole,
    /// For what it receives data.
    pub purposes: Vec<Purpose>,
    /// Which data.
    pub categories: Vec<CategoryId>,
    /// What is done with the data.
    pub operations: Vec<Operation>,
    /// How the data is used, in words.
    pub method: Text,
    /// Where it works.
    pub region: Region,
    /// Until when the agreement runs; access ends with it.
    pub agreement_until: Timestamp,
    /// The clause.
    pub clause: ClauseId,
}
