//! Technical help that an enterprise asks for (U2): what it opened, to whom and until when; and the verdict on one look.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use yuntu_terms::{
    DatasetId, Digest, EnterpriseId, HelpId, HelpLookId, InstructionId, Lang, OperatorId, Purpose,
    RepresentativeId, Timestamp, clause,
};

use crate::role::coded;
use crate::{
    Action, Facts, MissingFact, OperatorAction, OperatorRole, Period, Reason, Refusal, Standing,
    decide_act, operator_may,
};

/// How long an approval lasts at most, as the statement promises.
pub const HELP_LASTS_MAX: Duration = Duration::from_hours(8);
/// How long a request waits for its approval before it lapses.
pub const HELP_WAITS: Duration = Duration::from_hours(7 * 24);

coded! {
    /// What technical help may look at.
    ///
    /// # Clause
    /// U2
    HelpScope {
        /// Columns, labels, standings, gaps of declarations, imports and what did not fit: no value of any row.
        Structure = "structure";
        /// Rows, by statements under the instruction.
        Rows = "rows";
    }
}

coded! {
    /// How technical help ended.
    ///
    /// # Clause
    /// U2
    HelpEnd {
        /// The enterprise ended it.
        Enterprise = "enterprise";
        /// The operator gave it up.
        GivenUp = "given_up";
        /// Its time was over.
        Time = "time";
        /// Nobody approved it in time.
        Lapsed = "lapsed";
    }
}

impl HelpScope {
    /// Returns the name in one language.
    #[must_use]
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Structure => lang.pick(
                "结构（字段、标签、状态、导入与隔离原因，不含任何值）",
                "structure (columns, labels, standings, imports and why rows did not fit; no value)",
            ),
            Self::Rows => lang.pick(
                "数据行（在所列指示与目的之下查询，每次最多 100 行、共 64 KiB）",
                "rows (statements under the instruction and purpose named, 100 rows and 64 KiB at most each)",
            ),
        }
    }
}

impl HelpEnd {
    /// Returns the name in one language.
    #[must_use]
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Enterprise => lang.pick("企业已结束", "ended by the enterprise"),
            Self::GivenUp => lang.pick("协助人员已放弃", "given up by the operator"),
            Self::Time => lang.pick("已到期", "its time was over"),
            Self::Lapsed => lang.pick(
                "七天内未获批准，已失效",
                "lapsed: nobody approved it within seven days",
            ),
        }
    }
}

/// Under which help an operator looks; a request that names none is never touched by any.
///
/// # Clause
/// U2
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HelpClaim {
    /// The help.
    pub help: HelpId,
    /// Who looks.
    pub operator: OperatorId,
    /// Under which name the ledger knows her.
    pub pseudonym: Digest,
}

/// A request for help and what the enterprise approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HelpFacts {
    /// The help.
    pub id: HelpId,
    /// The enterprise that asked for it.
    pub enterprise: EnterpriseId,
    /// On which datasets.
    pub datasets: Vec<DatasetId>,
    /// Under which instruction.
    pub instruction: InstructionId,
    /// What for.
    pub purpose: Purpose,
    /// What may be looked at.
    pub scopes: Vec<HelpScope>,
    /// Pending until it is approved, active from then on, ended by button or time.
    pub standing: Option<Standing>,
    /// What the enterprise approved.
    pub approval: Option<HelpApproval>,
}

/// What an enterprise approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HelpApproval {
    /// Who approved it, and in whose name each look is decided.
    pub by: RepresentativeId,
    /// For how long.
    pub period: Period,
    /// Whom.
    pub operator: OperatorId,
    /// What she is now.
    pub role: Option<OperatorRole>,
    /// Whether she can still act for the platform.
    pub operator_standing: Option<Standing>,
}

/// What an operator wants to look at.
///
/// # Clause
/// U2
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelpRequest {
    /// Under which help, and who she is.
    pub claim: HelpClaim,
    /// Whose data.
    pub enterprise: EnterpriseId,
    /// What of it.
    pub scope: HelpScope,
}

/// A look of an operator that was decided; the one way in which an operator comes to act in an enterprise, and for no more
/// than this one look.
///
/// Nobody else can make one:
///
/// ```compile_fail,E0451
/// fn forge(grant: yuntu_policy::HelpGrant) -> yuntu_policy::HelpGrant {
///     yuntu_policy::HelpGrant { scope: yuntu_policy::HelpScope::Rows, ..grant }
/// }
/// ```
///
/// # Clause
/// U2
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a look is recorded before anything is shown"]
pub struct HelpGrant {
    request: HelpRequest,
    by: RepresentativeId,
    datasets: Vec<DatasetId>,
    instruction: InstructionId,
    purpose: Purpose,
    until: Timestamp,
}

impl HelpGrant {
    /// Returns what was asked.
    #[must_use]
    pub const fn request(&self) -> &HelpRequest {
        &self.request
    }

    /// Returns who approved the help; what is looked at is decided in her name.
    #[must_use]
    pub const fn by(&self) -> RepresentativeId {
        self.by
    }

    /// Lists the datasets that may be looked at.
    #[must_use]
    pub fn datasets(&self) -> &[DatasetId] {
        &self.datasets
    }

    /// Returns the instruction under which is looked.
    #[must_use]
    pub const fn instruction(&self) -> InstructionId {
        self.instruction
    }

    /// Returns what for.
    #[must_use]
    pub const fn purpose(&self) -> &Purpose {
        &self.purpose
    }

    /// Returns when it is over (exclusive).
    #[must_use]
    pub const fn until(&self) -> Timestamp {
        self.until
    }
}

/// A look whose entry in the enterprise's log is durable; only then something is shown.
///
/// Only what has made the entry durable calls it so, which the house checks hold.
///
/// # Clause
/// U2, R23
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedHelp {
    grant: HelpGrant,
    look: HelpLookId,
}

impl RecordedHelp {
    /// Says that the entry of this look is durable.
    #[must_use]
    pub const fn recorded(grant: HelpGrant, look: HelpLookId) -> Self {
        Self { grant, look }
    }

    /// Returns the decided look.
    pub const fn grant(&self) -> &HelpGrant {
        &self.grant
    }

    /// Returns the id of the look.
    #[must_use]
    pub const fn look(&self) -> HelpLookId {
        self.look
    }
}

/// Decides whether an operator may look at this: the help is the enterprise's, approved for her, in its time and not ended,
/// it reaches so far, the instruction that it names is in force, and who approved it could still approve it now.
///
/// Rows take [`decide`](crate::decide) on top, which asks all of this again beside everything it asks of every run.
///
/// # Errors
/// [`Refusal`] with every reason at once.
/// # Clause
/// U2, R23
pub fn decide_help(request: &HelpRequest, facts: &Facts) -> Result<HelpGrant, Refusal> {
    clause::hit!(U2);
    let help = facts.help.as_ref();
    let mut reasons = granted(request, help, facts.now);
    reasons.extend(help.into_iter().flat_map(|help| instructed(help, facts)));
    let mut reasons = reasons.into_iter();
    let first = reasons.next();
    let approval = help.and_then(|it| it.approval.as_ref().map(|approval| (it, approval)));
    match (first, approval) {
        (Some(first), _) => Err(Refusal::new(first, reasons.collect())),
        (None, None) => Err(Refusal::one(Reason::of(MissingFact::HelpApproval))),
        (None, Some((help, approval))) => {
            decide_act(Action::ApproveHelp, help.enterprise, approval.by, facts)?;
            Ok(HelpGrant {
                request: request.clone(),
                by: approval.by,
                datasets: help.datasets.clone(),
                instruction: help.instruction,
                purpose: help.purpose.clone(),
                until: approval.period.until,
            })
        }
    }
}

/// Lists what is wrong with the instruction under which help was approved: whoever revokes it ends every look under it.
fn instructed(help: &HelpFacts, facts: &Facts) -> Vec<Reason> {
    let found = facts.instruction.as_ref();
    let found = found.filter(|it| it.id == help.instruction && it.enterprise == help.enterprise);
    let Some(found) = found else {
        return vec![Reason::of(MissingFact::Instruction)];
    };
    let stands = found.standing == Some(Standing::Active);
    let in_period = found.period.is_some_and(|period| period.holds(facts.now));
    [
        (MissingFact::InstructionStanding, stands),
        (MissingFact::InstructionPeriod, in_period),
    ]
    .into_iter()
    .filter_map(|(fact, holds)| fact.unless(holds))
    .collect()
}

/// Decides whether a statement of a look that was decided may be asked: it names no saved audience, whose rules the
/// enterprise did not open.
///
/// # Errors
/// [`Refusal`], which is recorded like that of any look.
/// # Clause
/// U2, R23
pub fn decide_help_statement(_grant: &HelpGrant, audiences: usize) -> Result<(), Refusal> {
    clause::hit!(U2);
    let refused = MissingFact::HelpAudience.unless(audiences == 0);
    refused.map_or(Ok(()), |reason| Err(Refusal::one(reason)))
}

/// Lists what a look lacks of the help that it names.
pub(crate) fn granted(
    request: &HelpRequest,
    help: Option<&HelpFacts>,
    now: Timestamp,
) -> Vec<Reason> {
    let claim = &request.claim;
    // Another enterprise's help is as good as none.
    let Some(help) = help.filter(|it| it.id == claim.help && it.enterprise == request.enterprise)
    else {
        return vec![Reason::of(MissingFact::Help)];
    };
    let approval = help.approval.as_ref();
    // Before its approval it is pending, which is told as what it is.
    let stands = match help.standing {
        Some(Standing::Active) => true,
        Some(Standing::Pending) => approval.is_none(),
        Some(Standing::Frozen | Standing::Ended) | None => false,
    };
    let hers = approval.is_none_or(|it| {
        let helps = |role| operator_may(role, OperatorAction::GiveHelp);
        it.operator == claim.operator
            && it.operator_standing == Some(Standing::Active)
            && it.role.is_some_and(helps)
    });
    let lasts = approval.is_none_or(|it| {
        it.period.holds(now) && it.period.until <= it.period.from.plus(HELP_LASTS_MAX)
    });
    [
        (MissingFact::HelpApproval, approval.is_some()),
        (MissingFact::HelpStanding, stands),
        (MissingFact::HelpOperator, hers),
        (MissingFact::HelpPeriod, lasts),
        (MissingFact::HelpScope, help.scopes.contains(&request.scope)),
    ]
    .into_iter()
    .filter_map(|(fact, holds)| fact.unless(holds))
    .collect()
}

#[cfg(test)]
mod tests {
    use yuntu_statement::Statement;

    use super::*;

    #[test]
    fn an_approval_lasts_as_long_as_the_statement_promises_and_no_longer() {
        let statement = Statement::in_force().unwrap();
        let promised = u64::from(statement.commitments().break_glass.hours_max);
        assert_eq!(HELP_LASTS_MAX, Duration::from_hours(promised));
    }

    #[test]
    fn scopes_and_ends_are_told_in_both_languages() {
        let told = |zh: &str, en: &str| !zh.is_ascii() && en.is_ascii();
        for scope in HelpScope::ALL {
            assert!(told(scope.name(Lang::Zh), scope.name(Lang::En)), "{scope}");
        }
        for end in HelpEnd::ALL {
            assert!(told(end.name(Lang::Zh), end.name(Lang::En)), "{end}");
        }
    }
}
