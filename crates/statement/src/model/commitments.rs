use serde::{Deserialize, Serialize};
use yuntu_terms::{ClauseId, ConsentKind};

use super::coded::coded;
use super::keep::DeletionTrigger;

/// The promises that are numbers or lists, so that software can keep and compare them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commitments {
    /// How the statement is accepted.
    pub acceptance: Acceptance,
    /// Access of staff to business data for technical help.
    pub break_glass: BreakGlass,
    /// Codes sent for sign-up and sign-in.
    pub codes: Codes,
    /// Days before a refused cookie category may be asked for again.
    pub cookie_reask_days_min: u32,
    /// Age limits.
    pub minors: Minors,
    /// What a person learns of an incident, and when the regulator does.
    pub incident: Incident,
    /// Providing personal data to another controller.
    pub provision: Provision,
    /// Making personal data public.
    pub publication: Publication,
    /// A merger, sale or other succession.
    pub succession: Succession,
    /// Figures another party can see.
    pub aggregates: Aggregates,
    /// Impact assessments and audits.
    pub assessments: Assessments,
    /// After which events data is erased without being asked.
    pub deletion_triggers: Vec<DeletionTrigger>,
    /// The end of the service.
    pub cessation: Cessation,
    /// A new version of the statement.
    pub revision: Revision,
}

coded! {
    /// By what the statement is accepted.
    AcceptanceAct {
        Explicit = "explicit", "主动明确的行为", "an explicit act";
        Deemed = "deemed", "以继续使用推定", "going on, taken as acceptance";
    }
}

coded! {
    /// What is recorded of an acceptance.
    AcceptanceItem {
        Version = "version", "声明版本", "the version of the statement";
        Digest = "digest", "声明摘要值", "the digest of the statement";
        Time = "time", "时间", "the time";
        Person = "person", "作出同意的人", "the person";
        Surface = "surface", "所在页面或终端", "the page or program";
    }
}

/// How the statement is accepted.
///
/// # Clause
/// U1, R0
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// The clause.
    pub clause: ClauseId,
    /// The act that counts.
    pub act: AcceptanceAct,
    /// What is recorded of it.
    pub records: Vec<AcceptanceItem>,
}

/// Access of staff to business data for technical help the enterprise asked for.
///
/// # Clause
/// U2
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BreakGlass {
    /// The clause.
    pub clause: ClauseId,
    /// How long one grant lasts at most.
    pub hours_max: u32,
}

/// Codes sent for sign-up and sign-in.
///
/// # Clause
/// R2
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Codes {
    /// The clause.
    pub clause: ClauseId,
    /// How long a code is valid at most.
    pub valid_minutes_max: u32,
    /// How often a code may be used.
    pub uses_max: u32,
    /// After how many wrong tries a code is void.
    pub attempts_max: u32,
}

/// Age limits.
///
/// # Clause
/// R29
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Minors {
    /// The clause.
    pub clause: ClauseId,
    /// From which age a person may represent an enterprise.
    pub adult_age: u32,
    /// Below which age a guardian consents and the data is sensitive.
    pub guardian_age: u32,
    /// Days within which data of a reported minor is removed.
    pub removal_days_max: u32,
}

coded! {
    /// One thing an incident notice says.
    IncidentItem {
        Facts = "facts", "事件的基本情况", "what happened";
        Categories = "categories", "涉及的信息种类", "which categories of data";
        Cause = "cause", "原因", "the cause";
        Effect = "effect", "可能的影响和危害", "the likely effect and harm";
        Measures = "measures", "已采取和将采取的措施", "the measures taken and to come";
        SelfHelp = "self_help", "您可以自行采取的措施", "what you can do yourself";
        Remedies = "remedies", "对您的补救", "what we do for you";
        Contact = "contact", "我们的联系方式", "how to reach us";
    }
}

coded! {
    /// A way to reach a person.
    Channel {
        Push = "push", "站内推送", "push message";
        Mail = "mail", "邮件", "email";
        Letter = "letter", "信函", "letter";
        Sms = "sms", "短信", "SMS";
        PublicNotice = "public_notice", "公告", "public notice";
    }
}

/// What a person learns of an incident, and when the regulator does.
///
/// # Clause
/// R25
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Incident {
    /// The clause.
    pub clause: ClauseId,
    /// What every notice says.
    pub notice_items: Vec<IncidentItem>,
    /// How people are reached.
    pub channels: Vec<Channel>,
    /// How those are reached who cannot be reached one by one.
    pub fallback: Channel,
    /// Hours until the first report to the regulator.
    pub report_hours_max: u32,
    /// The same where the operator runs critical infrastructure.
    pub report_critical_hours_max: u32,
    /// Days after handling until the final report.
    pub final_report_days_max: u32,
    /// Hours until a vulnerability that touches national security or the public interest is reported.
    pub vulnerability_hours_max: u32,
}

coded! {
    /// One thing a person is told before data is provided to another controller.
    ProvisionItem {
        RecipientName = "recipient_name", "接收方名称或者姓名", "the recipient's name";
        RecipientContact = "recipient_contact", "接收方联系方式", "the recipient's contact";
        Purpose = "purpose", "处理目的", "the purpose";
        Method = "method", "处理方式", "the method";
        Categories = "categories", "信息种类", "the categories of data";
    }
}

/// Providing personal data to another controller.
///
/// # Clause
/// R15, R21
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provision {
    /// The clause.
    pub clause: ClauseId,
    /// What the person is told first.
    pub notice_items: Vec<ProvisionItem>,
    /// How consent must be expressed.
    pub consent: ConsentKind,
    /// Days that records of providing and entrusting are kept.
    pub record_days_min: u32,
}

/// Making personal data public.
///
/// # Clause
/// R20
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publication {
    /// The clause.
    pub clause: ClauseId,
    /// How consent must be expressed.
    pub consent: ConsentKind,
    /// How many people must approve a penalty notice.
    pub approvals_min: u32,
}

coded! {
    /// One thing a person is told before a successor takes over.
    SuccessionItem {
        SuccessorName = "successor_name", "接收方名称或者姓名", "the successor's name";
        SuccessorContact = "successor_contact", "接收方联系方式", "the successor's contact";
        Date = "date", "转移日期", "the date";
        Choices = "choices", "您的选择", "your choices";
    }
}

/// A merger, sale or other succession.
///
/// # Clause
/// R19
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Succession {
    /// The clause.
    pub clause: ClauseId,
    /// What everyone concerned is told first.
    pub notice_items: Vec<SuccessionItem>,
    /// How consent to a changed purpose must be expressed.
    pub changed_purpose: ConsentKind,
}

/// Figures another party can see.
///
/// # Clause
/// R17
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aggregates {
    /// The clause.
    pub clause: ClauseId,
    /// The least number of people in a cell that is shown.
    pub cell_people_min: u32,
}

/// Impact assessments and audits.
///
/// # Clause
/// R23
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assessments {
    /// The clause.
    pub clause: ClauseId,
    /// Days that an impact assessment is kept.
    pub report_days_min: u32,
    /// Months between compliance audits.
    pub audit_months_max: u32,
    /// Months between audits of minors' data.
    pub minors_audit_months_max: u32,
}

/// The end of the service.
///
/// # Clause
/// R28
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cessation {
    /// The clause.
    pub clause: ClauseId,
    /// Days of notice before the end.
    pub notice_days_min: u32,
    /// Days after the end until everything personal is gone.
    pub erase_days_max: u32,
}

coded! {
    /// What a reduction of rights needs before it binds a person.
    WhenReduced {
        ExpressConsent = "express_consent", "本人明示同意", "express consent of the person";
        NoticeOnly = "notice_only", "仅作通知", "notice alone";
    }
}

/// A new version of the statement.
///
/// # Clause
/// R30
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revision {
    /// The clause.
    pub clause: ClauseId,
    /// Days between publication with notice and coming into force.
    pub notice_days_min: u32,
    /// What a reduction of rights needs.
    pub when_reduced: WhenReduced,
}
