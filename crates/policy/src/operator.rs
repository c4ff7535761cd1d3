//! Who may what of those who work for the platform: the verdicts of `policies/operator.cedar`, asked once for each
//! role, action and tie.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::str::FromStr;
use std::sync::LazyLock;

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid,
    PolicySet, Request, RestrictedExpression, Schema, ValidationMode, Validator,
};
use yuntu_terms::{Lang, clause};

use crate::role::coded;
use crate::{MissingFact, Reason, Refusal, WhoMayError};

const SCHEMA: &str = include_str!("../policies/operator.cedarschema");
const POLICIES: &str = include_str!("../policies/operator.cedar");

coded! {
    /// What a person is who works for the operator of the platform.
    ///
    /// # Clause
    /// R23
    OperatorRole {
        /// Certifies enterprises.
        Reviewer = "reviewer";
        /// Answers people.
        Support = "support";
        /// Stops abuse.
        Security = "security";
        /// Serves the rights of people.
        Privacy = "privacy";
        /// Looks at what was done.
        Auditor = "auditor";
        /// Keeps the register of operators.
        Administrator = "administrator";
    }
}

impl OperatorRole {
    /// Returns the name in one language.
    #[must_use]
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Reviewer => lang.pick("审核员", "reviewer"),
            Self::Support => lang.pick("客服", "support"),
            Self::Security => lang.pick("安全员", "security"),
            Self::Privacy => lang.pick("隐私专员", "privacy"),
            Self::Auditor => lang.pick("审计员", "auditor"),
            Self::Administrator => lang.pick("管理员", "administrator"),
        }
    }
}

/// The text names no role of an operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown role: expected reviewer, support, security, privacy, auditor or administrator")]
pub struct UnknownOperatorRole(());

impl FromStr for OperatorRole {
    type Err = UnknownOperatorRole;

    fn from_str(text: &str) -> Result<Self, UnknownOperatorRole> {
        Self::from_code(text).ok_or(UnknownOperatorRole(()))
    }
}

coded! {
    /// What an operator wants to do by herself.
    ///
    /// # Clause
    /// R23
    OperatorAction {
        /// Review the certification of enterprises.
        ReviewCertification = "review_certification";
        /// Open a value that is masked.
        OpenMaskedValue = "open_masked_value";
        /// Answer somebody's message.
        AnswerPerson = "answer_person";
        /// Serve somebody's rights.
        ServeRights = "serve_rights";
        /// Suspend an account of the public.
        SuspendAccount = "suspend_account";
        /// See who works for the platform.
        ViewOperators = "view_operators";
        /// Suspend an operator.
        SuspendOperator = "suspend_operator";
        /// Read the messages that cannot leave, while no service is configured that would carry them.
        ReadOutbox = "read_outbox";
        /// Give the technical help that an enterprise asks for and approves (U2).
        GiveHelp = "give_help";
        /// Read the ledger.
        ViewLedger = "view_ledger";
        /// See the dangerous acts that wait.
        ViewProposals = "view_proposals";
        /// Look into and decide reports of minors' accounts.
        ReviewMinorReports = "review_minor_reports";
        /// Record an impact assessment with its report.
        RecordAssessment = "record_assessment";
        /// See the impact assessments and their reports.
        ViewAssessments = "view_assessments";
        /// See what the platform has to do again and again, what was done and what was found.
        ViewDuties = "view_duties";
        /// See the measures against enterprises.
        ViewMeasures = "view_measures";
        /// Take, confirm and lift measures, and answer appeals.
        TakeMeasure = "take_measure";
        /// Record an audit of compliance, and that a finding of one is closed.
        RecordAudit = "record_audit";
        /// Record a training or an exercise, and that a finding of one is closed.
        RecordTraining = "record_training";
    }
}

impl OperatorAction {
    /// Returns what it is to do it, in one language.
    #[must_use]
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::ReviewCertification => lang.pick("审核企业认证", "review certifications"),
            Self::OpenMaskedValue => lang.pick(
                "查看被遮盖的值（先记录理由）",
                "open a masked value, recorded with its reason first",
            ),
            Self::AnswerPerson => lang.pick("答复来信", "answer messages"),
            Self::ServeRights => lang.pick("响应个人权利请求", "serve the rights of people"),
            Self::SuspendAccount => lang.pick("停用帐号", "suspend an account"),
            Self::ViewOperators => lang.pick("查看运营人员名册", "see the operators"),
            Self::SuspendOperator => lang.pick("停用运营人员", "suspend an operator"),
            Self::ReadOutbox => lang.pick(
                "查看未能发出的消息（每次记入账本）",
                "read the messages that cannot leave, each look recorded",
            ),
            Self::GiveHelp => lang.pick(
                "提供企业申请并批准的技术协助",
                "give the technical help that an enterprise asks for and approves",
            ),
            Self::ViewLedger => lang.pick("查看账本", "read the ledger"),
            Self::ViewProposals => lang.pick(
                "查看待双人核准的操作",
                "see the acts that wait for a second person",
            ),
            Self::ReviewMinorReports => lang.pick(
                "核实未成年人帐号举报",
                "look into and decide reports of minors' accounts",
            ),
            Self::RecordAssessment => lang.pick("登记影响评估", "record an impact assessment"),
            Self::ViewAssessments => lang.pick("查看影响评估", "see the impact assessments"),
            Self::ViewDuties => {
                lang.pick("查看审计、培训与演练", "see audits, training and exercises")
            }
            Self::ViewMeasures => {
                lang.pick("查看对企业的措施", "see the measures against enterprises")
            }
            Self::TakeMeasure => lang.pick(
                "采取、确认或解除措施，答复申诉",
                "take, confirm and lift measures, and answer appeals",
            ),
            Self::RecordAudit => lang.pick("登记合规审计", "record a compliance audit"),
            Self::RecordTraining => lang.pick("登记培训与演练", "record a training or an exercise"),
        }
    }

    const fn resource(self) -> &'static str {
        match self {
            Self::ReviewCertification | Self::OpenMaskedValue => "Application",
            Self::AnswerPerson
            | Self::ServeRights
            | Self::SuspendAccount
            | Self::ReviewMinorReports => "Account",
            Self::ViewOperators | Self::SuspendOperator => "Register",
            Self::ReadOutbox => "Outbox",
            Self::GiveHelp => "Help",
            Self::ViewLedger => "Ledger",
            Self::ViewProposals => "Proposal",
            Self::RecordAssessment | Self::ViewAssessments => "Assessment",
            Self::ViewMeasures | Self::TakeMeasure => "Measure",
            Self::ViewDuties | Self::RecordAudit | Self::RecordTraining => "Duty",
        }
    }
}

coded! {
    /// A dangerous act, which one operator proposes and another decides.
    ///
    /// # Clause
    /// R23
    ProposalKind {
        /// Close an enterprise.
        CloseEnterprise = "close_enterprise";
        /// Take the account of an enterprise back.
        ReclaimEnterprise = "reclaim_enterprise";
        /// Open the number of a bank account.
        UnmaskBankAccount = "unmask_bank_account";
        /// Add an operator.
        AddOperator = "add_operator";
        /// Change what an operator is.
        ChangeOperatorRole = "change_operator_role";
        /// Let a suspended operator in again.
        RestoreOperator = "restore_operator";
        /// Put an impact assessment in force.
        EnforceAssessment = "enforce_assessment";
    }
}

impl ProposalKind {
    /// Returns the name in one language.
    #[must_use]
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::CloseEnterprise => lang.pick("关闭企业", "close an enterprise"),
            Self::ReclaimEnterprise => {
                lang.pick("收回企业帐户", "take the account of an enterprise back")
            }
            Self::UnmaskBankAccount => {
                lang.pick("查看完整银行账号", "open the number of a bank account")
            }
            Self::AddOperator => lang.pick("新增运营人员", "add an operator"),
            Self::EnforceAssessment => {
                lang.pick("使影响评估生效", "put an impact assessment in force")
            }
            Self::ChangeOperatorRole => {
                lang.pick("变更运营人员角色", "change the role of an operator")
            }
            Self::RestoreOperator => {
                lang.pick("恢复已停用的运营人员", "let a suspended operator in again")
            }
        }
    }
}

coded! {
    /// How an operator is tied to a proposal.
    Tie {
        /// Not at all.
        None = "none";
        /// She proposed it.
        Proposer = "proposer";
        /// It is about her.
        Concerned = "concerned";
    }
}

/// Says whether an operator may do this by herself.
///
/// # Clause
/// R23
#[must_use]
pub fn operator_may(role: OperatorRole, action: OperatorAction) -> bool {
    clause::hit!(R23);
    TABLE.contains(&(role, Asked::Act(action)))
}

/// Says whether an operator may propose such an act; nobody proposes about herself.
///
/// # Clause
/// R23
#[must_use]
pub fn operator_may_propose(role: OperatorRole, kind: ProposalKind, tie: Tie) -> bool {
    clause::hit!(R23);
    TABLE.contains(&(role, Asked::Propose(kind, tie)))
}

/// Says whether an operator may approve or decline such a proposal: nobody her own, nor one about herself.
///
/// # Clause
/// R23
#[must_use]
pub fn operator_may_decide(role: OperatorRole, kind: ProposalKind, tie: Tie) -> bool {
    clause::hit!(R23);
    TABLE.contains(&(role, Asked::Decide(kind, tie)))
}

/// Decides whether an operator may do this by herself.
///
/// # Errors
/// [`Refusal`] with clause, fact and remedy.
///
/// # Clause
/// R23
pub fn decide_operator_act(role: OperatorRole, action: OperatorAction) -> Result<(), Refusal> {
    if operator_may(role, action) {
        Ok(())
    } else {
        Err(Refusal::one(Reason::of(MissingFact::OperatorRole)))
    }
}

/// A question to the policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Asked {
    Act(OperatorAction),
    Propose(ProposalKind, Tie),
    Decide(ProposalKind, Tie),
}

static TABLE: LazyLock<BTreeSet<(OperatorRole, Asked)>> = LazyLock::new(|| {
    // Rules that cannot be used permit nothing; a test shows that the embedded ones can.
    Rules::parse(SCHEMA, POLICIES)
        .and_then(|rules| rules.table())
        .unwrap_or_default()
});

/// The parsed policies with their schema.
struct Rules {
    schema: Schema,
    policies: PolicySet,
}

impl Rules {
    fn parse(schema: &str, policies: &str) -> Result<Self, WhoMayError> {
        let (schema, _warnings) =
            Schema::from_cedarschema_str(schema).map_err(|e| WhoMayError::Schema(Box::new(e)))?;
        let policies =
            PolicySet::from_str(policies).map_err(|e| WhoMayError::Policies(Box::new(e)))?;
        let findings = Validator::new(schema.clone()).validate(&policies, ValidationMode::Strict);
        if findings.validation_passed_without_warnings() {
            Ok(Self { schema, policies })
        } else {
            Err(WhoMayError::Invalid(findings.to_string()))
        }
    }

    fn ask(&self, role: OperatorRole, asked: Asked) -> Result<bool, WhoMayError> {
        let me = uid("Operator", "me")?;
        let (action, kind, tie) = match asked {
            Asked::Act(action) => (action.code(), ProposalKind::CloseEnterprise, Tie::None),
            Asked::Propose(kind, tie) => ("propose", kind, tie),
            Asked::Decide(kind, tie) => ("decide", kind, tie),
        };
        let resource = match asked {
            Asked::Act(action) => action.resource(),
            Asked::Propose(..) | Asked::Decide(..) => "Proposal",
        };
        let resource = uid(resource, "x")?;
        let thing = if resource.type_name().basename() == "Proposal" {
            proposal(&resource, &me, kind, tie)?
        } else {
            Entity::new(resource.clone(), HashMap::new(), HashSet::new()).map_err(question)?
        };
        let roles = HashSet::from([uid("Role", role.code())?]);
        let entities = [
            Entity::new(me.clone(), HashMap::new(), roles).map_err(question)?,
            thing,
        ];
        let entities = Entities::from_entities(entities, Some(&self.schema)).map_err(question)?;
        let action = uid("Action", action)?;
        let schema = Some(&self.schema);
        let request = Request::new(me, action, resource, Context::empty(), schema);
        let request = request.map_err(question)?;
        let response = Authorizer::new().is_authorized(&request, &self.policies, &entities);
        let clean = response.diagnostics().errors().next().is_none();
        Ok(clean && response.decision() == Decision::Allow)
    }

    fn table(&self) -> Result<BTreeSet<(OperatorRole, Asked)>, WhoMayError> {
        let mut table = BTreeSet::new();
        for &role in OperatorRole::ALL {
            for asked in questions() {
                if self.ask(role, asked)? {
                    table.insert((role, asked));
                }
            }
        }
        Ok(table)
    }
}

fn questions() -> Vec<Asked> {
    let mut all: Vec<Asked> = OperatorAction::ALL
        .iter()
        .copied()
        .map(Asked::Act)
        .collect();
    for &kind in ProposalKind::ALL {
        for &tie in Tie::ALL {
            all.extend([Asked::Propose(kind, tie), Asked::Decide(kind, tie)]);
        }
    }
    all
}

fn proposal(
    resource: &EntityUid,
    me: &EntityUid,
    kind: ProposalKind,
    tie: Tie,
) -> Result<Entity, WhoMayError> {
    let other = uid("Operator", "other")?;
    let (proposer, concerned) = match tie {
        Tie::None => (&other, &other),
        Tie::Proposer => (me, &other),
        Tie::Concerned => (&other, me),
    };
    let one = |uid: &EntityUid| RestrictedExpression::new_entity_uid(uid.clone());
    let kind = uid("Kind", kind.code())?;
    let attributes = HashMap::from([
        ("kind".to_owned(), one(&kind)),
        ("proposer".to_owned(), one(proposer)),
        (
            "concerned".to_owned(),
            RestrictedExpression::new_set([one(concerned)]),
        ),
    ]);
    Entity::new(resource.clone(), attributes, HashSet::new()).map_err(question)
}

fn uid(kind: &str, id: &str) -> Result<EntityUid, WhoMayError> {
    let kind = EntityTypeName::from_str(&format!("YuntuOperator::{kind}")).map_err(question)?;
    Ok(EntityUid::from_type_name_and_id(kind, EntityId::new(id)))
}

fn question(error: impl std::error::Error + Send + Sync + 'static) -> WhoMayError {
    WhoMayError::Question(Box::new(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_rules_fit_their_schema_strictly_and_are_the_cached_ones() {
        let _mark = clause::check!(R23);
        let rules = Rules::parse(SCHEMA, POLICIES).unwrap();
        assert_eq!(rules.table().unwrap(), *TABLE);
        for bad in [
            "permit (principal, action == YuntuOperator::Action::\"read_dataset\", resource);",
            "permit (principal in YuntuOperator::Role::\"king\", action, resource);",
        ] {
            assert!(Rules::parse(SCHEMA, bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn nobody_decides_what_she_proposed_or_what_is_about_her() {
        let _mark = clause::check!(R23);
        for &role in OperatorRole::ALL {
            for &kind in ProposalKind::ALL {
                for tie in [Tie::Proposer, Tie::Concerned] {
                    assert!(!operator_may_decide(role, kind, tie), "{role} {kind} {tie}");
                }
                assert!(!operator_may_propose(role, kind, Tie::Concerned));
            }
        }
    }

    #[test]
    fn every_dangerous_act_can_be_proposed_and_decided_by_somebody() {
        for &kind in ProposalKind::ALL {
            let any = |may: fn(OperatorRole, ProposalKind, Tie) -> bool| {
                OperatorRole::ALL
                    .iter()
                    .any(|role| may(*role, kind, Tie::None))
            };
            assert!(
                any(operator_may_propose) && any(operator_may_decide),
                "{kind}"
            );
        }
    }
}
