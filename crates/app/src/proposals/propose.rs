use serde_json::json;
use yuntu_policy::{
    MissingFact, OperatorAction, ProposalKind, Refusal, Standing, Tie, decide_proposal_view,
    operator_may_propose,
};
use yuntu_store::{AccountStanding, NewProposal, Proposal, ProposalStanding, Tx};
use yuntu_terms::{ApplicationId, ClauseId, Pii, ProposalId, Sink, clause};

use super::{APPROVAL_LIFE, Object, PROPOSAL_LIFE, Proposed};
use crate::caller::entry;
use crate::error::{AppError, Said};
use crate::operators::OperatorCaller;
use crate::platform::Platform;

/// The newest proposals that are shown.
const SHOWN_MAX: u64 = 200;

/// Why something dangerous should be done: 10 to 1000 characters, for the second person and for those who audit.
#[derive(Debug)]
pub struct ProposalReason(Pii<String>);

impl ProposalReason {
    /// Takes a reason as a person types it.
    ///
    /// # Errors
    /// [`AppError::Invalid`].
    /// # Clause
    /// R23
    pub fn parse(typed: &str) -> Result<Self, AppError> {
        let text = typed.trim();
        let fits = (10..=1_000).contains(&text.chars().count());
        if fits
            && !text
                .chars()
                .any(|sign| sign.is_control() && sign != '\n' && sign != '\r')
        {
            Ok(Self(Pii::new(text.to_owned())))
        } else {
            Err(AppError::Invalid {
                what: "reason",
                reason: Said::new(
                    "请写明理由（10 至 1000 个字符），供第二人和审计查看",
                    "say why in 10 to 1000 characters, for the second person and for those who audit",
                ),
            })
        }
    }
}

/// A proposal as an operator sees it.
#[derive(Debug)]
pub struct ShownProposal {
    /// The proposal.
    pub proposal: Proposal,
    /// The address of a new operator, where it is about one.
    pub address: Option<String>,
    /// The name of the enterprise, where one is to be closed.
    pub enterprise: Option<String>,
    /// Why.
    pub reason: String,
}

impl Platform {
    /// Proposes a dangerous act; it waits for another operator, [three days](PROPOSAL_LIFE) at most.
    ///
    /// # Errors
    /// [`AppError::Refused`] when her role may not propose it, or it is about herself; [`AppError::Missing`] or
    /// [`AppError::Invalid`] when there is nothing to do it to.
    /// # Clause
    /// R23
    pub async fn propose(
        &self,
        caller: &OperatorCaller,
        proposed: Proposed,
        reason: &ProposalReason,
    ) -> Result<ProposalId, AppError> {
        clause::hit!(R23);
        let role = self.role_of(caller).await?;
        let tie = if proposed.concerns() == Some(caller.operator) {
            Tie::Concerned
        } else {
            Tie::None
        };
        let kind = proposed.kind();
        if !operator_may_propose(role, kind, tie) {
            return Err(self.refuse_operator(caller, kind.code(), refusal()).await?);
        }
        self.can_be_done(&proposed).await?;
        let (object, expires) = (proposed.object(), self.now().plus(PROPOSAL_LIFE));
        let particulars = match proposed {
            Proposed::AddOperator { address, .. } => address.into_pii(),
            Proposed::CloseEnterprise(_)
            | Proposed::ReclaimEnterprise(_)
            | Proposed::UnmaskBankAccount(_)
            | Proposed::EnforceAssessment(_)
            | Proposed::ChangeOperatorRole { .. }
            | Proposed::RestoreOperator(_) => Pii::new(String::new()),
        };
        let store = self.store();
        let sealed = store
            .seal_proposal(&NewProposal {
                kind,
                object: &object,
                particulars: &particulars,
                reason: &reason.0,
                proposer: caller.operator,
                expires,
            })
            .await?;
        let actor = store.account_pseudonym(caller.account).await?;
        store
            .run_tx("proposal.make", async |tx: Tx| {
                tx.propose(&sealed).await?;
                let body = json!({
                    "proposal": sealed.id(), "kind": kind.code(), "object": object,
                    "digest": sealed.digest(), "expires": expires,
                });
                let clauses = [ClauseId::r(23)];
                let made = entry(&tx, "proposal.made", &clauses, actor, body)?;
                tx.append_own(caller, &made).await?;
                Ok::<_, AppError>(())
            })
            .await?;
        Ok(sealed.id())
    }

    /// Says early what could never be approved.
    async fn can_be_done(&self, proposed: &Proposed) -> Result<(), AppError> {
        let read = self.store().read();
        match proposed {
            Proposed::EnforceAssessment(assessment) => {
                let found = read.find_assessment(*assessment).await?;
                let waits = found.filter(|it| it.enforced.is_none());
                waits.ok_or(AppError::Missing { what: "assessment" })?;
            }
            Proposed::CloseEnterprise(enterprise) | Proposed::ReclaimEnterprise(enterprise) => {
                let found = read.find_enterprise(*enterprise).await?;
                let open = found.filter(|it| it.standing != Standing::Ended);
                open.ok_or(AppError::Missing { what: "enterprise" })?;
            }
            // Whether there is such an application is the business of whoever opens the value.
            Proposed::UnmaskBankAccount(_) => {}
            Proposed::AddOperator { address, .. } => {
                let kind = yuntu_store::ContactKind::Email;
                let known = self.store().find_account_by(kind, address.as_pii()).await?;
                if known.is_some() {
                    return Err(AppError::Invalid {
                        what: "address",
                        reason: Said::new(
                            "此邮箱已有帐号，请使用另一个邮箱",
                            "the address has an account already; use another one",
                        ),
                    });
                }
            }
            Proposed::ChangeOperatorRole { operator, role } => {
                let found = read.find_operator(*operator).await?;
                let operator = found.ok_or(AppError::Missing { what: "operator" })?;
                if operator.role == *role {
                    return Err(AppError::Invalid {
                        what: "role",
                        reason: Said::new("该人员已是此角色", "she has that role already"),
                    });
                }
            }
            Proposed::RestoreOperator(operator) => {
                let found = read.find_operator(*operator).await?;
                let operator = found.ok_or(AppError::Missing { what: "operator" })?;
                let account = read.find_account(operator.account).await?;
                if account.is_none_or(|it| it.standing != AccountStanding::Suspended) {
                    return Err(AppError::Invalid {
                        what: "operator",
                        reason: Said::new("该人员没有被停用", "she is not suspended"),
                    });
                }
            }
        }
        Ok(())
    }

    /// Lists the newest proposals, newest first, with their reasons.
    ///
    /// # Errors
    /// [`AppError::Refused`].
    /// # Clause
    /// R23
    pub async fn proposals(&self, caller: &OperatorCaller) -> Result<Vec<ShownProposal>, AppError> {
        self.authorise_operator(caller, OperatorAction::ViewProposals)
            .await?;
        let view = decide_proposal_view(self.role_of(caller).await?)?;
        let view = self.view_as_operator(caller, view).await?;
        let store = self.store();
        let mut shown = Vec::new();
        for proposal in store.read().list_proposals(SHOWN_MAX).await? {
            let texts = store.proposal_texts(proposal.id).await?;
            let texts = texts.ok_or(AppError::Missing { what: "proposal" })?;
            let open = |text: &Pii<String>| text.open(&view, Sink::Page, Clone::clone);
            let address = match proposal.kind {
                ProposalKind::AddOperator => open(&texts.particulars),
                ProposalKind::CloseEnterprise
                | ProposalKind::ReclaimEnterprise
                | ProposalKind::UnmaskBankAccount
                | ProposalKind::EnforceAssessment
                | ProposalKind::ChangeOperatorRole
                | ProposalKind::RestoreOperator => None,
            };
            let enterprise = if let Some(Object::Enterprise(id, _)) = Object::of(&proposal) {
                Some(self.enterprise_name(id).await?)
            } else {
                None
            };
            shown.push(ShownProposal {
                address,
                enterprise,
                reason: open(&texts.reason).unwrap_or_default(),
                proposal,
            });
        }
        Ok(shown)
    }

    /// Says whether an operator may open the number of the bank account of an application now: she proposed it, and
    /// another operator approved it within [a day](APPROVAL_LIFE).
    ///
    /// # Errors
    /// [`AppError::Refused`] when not.
    /// # Clause
    /// R23
    pub async fn may_unmask(
        &self,
        caller: &OperatorCaller,
        application: ApplicationId,
    ) -> Result<(), AppError> {
        clause::hit!(R23);
        self.role_of(caller).await?;
        let since = self.now().minus(APPROVAL_LIFE);
        let kind = ProposalKind::UnmaskBankAccount;
        let object = application.to_string();
        let read = self.store().read();
        let approved = read
            .is_approved_since(kind, &object, caller.operator, since)
            .await?;
        if approved {
            Ok(())
        } else {
            Err(refusal().into())
        }
    }

    /// Takes a proposal of her own back.
    ///
    /// # Errors
    /// [`AppError::Missing`] when she has no such proposal that waits.
    /// # Clause
    /// R23
    pub async fn withdraw_proposal(
        &self,
        caller: &OperatorCaller,
        id: ProposalId,
    ) -> Result<(), AppError> {
        let missing = || AppError::Missing { what: "proposal" };
        self.role_of(caller).await?;
        let found = self.store().read().find_proposal(id).await?;
        found
            .filter(|proposal| proposal.proposer == caller.operator)
            .ok_or_else(missing)?;
        self.end_proposal(caller, id, ProposalStanding::Withdrawn)
            .await
    }

    pub(super) async fn end_proposal(
        &self,
        caller: &OperatorCaller,
        id: ProposalId,
        standing: ProposalStanding,
    ) -> Result<(), AppError> {
        let actor = self.store().account_pseudonym(caller.account).await?;
        self.store()
            .run_tx("proposal.end", async |tx: Tx| {
                if !tx.decide_proposal(id, standing, caller.operator).await? {
                    return Err(AppError::Missing { what: "proposal" });
                }
                let body = json!({ "proposal": id, "standing": standing.code() });
                let clauses = [ClauseId::r(23)];
                let ended = entry(&tx, "proposal.ended", &clauses, actor, body)?;
                tx.append_own(caller, &ended).await?;
                Ok(())
            })
            .await
    }
}

/// The refusal of who may not, or not now.
pub(super) fn refusal() -> Refusal {
    Refusal::for_want_of(MissingFact::OperatorRole)
}
