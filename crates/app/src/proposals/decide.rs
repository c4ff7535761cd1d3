use serde_json::json;
use yuntu_policy::{ProposalKind, Standing, Tie, operator_may_decide, operator_may_propose};
use yuntu_store::{
    AccountStanding, NewAccount, Proposal, ProposalStanding, ProposalTexts, Realm, SealedAccount,
    Tx,
};
use yuntu_terms::{ClauseId, Digest, Lang, OperatorId, ProposalId, Timestamp, clause};
use yuntu_vault::SessionSecret;

use super::Object;
use super::propose::refusal;
use crate::caller::entry;
use crate::error::{AppError, Said};
use crate::operators::{ENROLMENT_LIFE, OperatorAdded, OperatorCaller, taken};
use crate::platform::Platform;

/// What came of an approval.
#[derive(Debug)]
pub enum Approved {
    /// It is done.
    Done,
    /// An operator was added, who enrols with this.
    Added(OperatorAdded),
}

/// What an approval needs before its transaction.
struct Approval<'a> {
    proposal: Proposal,
    object: Object,
    caller: &'a OperatorCaller,
    /// The account of a new operator.
    account: Option<SealedAccount>,
    until: Timestamp,
}

impl Platform {
    /// Approves what another operator proposed, and does it, all at once. The digest is that of what she was shown, so
    /// that she approves what she read.
    ///
    /// # Errors
    /// [`AppError::Refused`] when her role may not decide it, she proposed it herself, it is about her, or its proposer
    /// may no longer propose it; [`AppError::Missing`] when it no longer waits; [`AppError::Invalid`] when it is not
    /// what she read.
    /// # Clause
    /// R23
    pub async fn approve_proposal(
        &self,
        caller: &OperatorCaller,
        id: ProposalId,
        shown: Digest,
    ) -> Result<Approved, AppError> {
        clause::hit!(R23);
        let (proposal, object) = self.decidable(caller, id).await?;
        self.still_proposed(&proposal).await?;
        let store = self.store();
        let texts = store.proposal_texts(id).await?;
        let texts = texts.ok_or(AppError::Missing { what: "proposal" })?;
        let kept = store
            .proposal_digest(proposal.kind, &proposal.object, &texts.particulars)
            .await?;
        if shown != proposal.digest || kept != proposal.digest {
            return Err(AppError::Invalid {
                what: "proposal",
                reason: Said::new(
                    "提案与您所见的不一致，请重新打开页面核对",
                    "the proposal is not what you were shown; open the page again and read it",
                ),
            });
        }
        let account = self.new_account(&proposal, texts).await?;
        let approval = Approval {
            proposal,
            object,
            caller,
            account,
            until: self.now().plus(ENROLMENT_LIFE),
        };
        let actor = store.account_pseudonym(caller.account).await?;
        let added = store
            .run_tx("proposal.approve", async |tx: Tx| {
                let added = approval.run(&tx).await?;
                let proposal = &approval.proposal;
                let body = json!({
                    "proposal": id, "kind": proposal.kind.code(), "object": proposal.object,
                    "digest": proposal.digest, "operator": added.as_ref().map(|(id, _)| id),
                });
                let clauses = [ClauseId::r(23)];
                let done = entry(&tx, "proposal.approved", &clauses, actor, body)?;
                tx.append_own(caller, &done).await?;
                Ok::<_, AppError>(added)
            })
            .await?;
        Ok(match added {
            None => Approved::Done,
            Some((operator, secret)) => Approved::Added(OperatorAdded {
                operator,
                secret,
                expires: approval.until,
            }),
        })
    }

    /// Declines what another operator proposed.
    ///
    /// # Errors
    /// As [`Platform::approve_proposal`].
    /// # Clause
    /// R23
    pub async fn decline_proposal(
        &self,
        caller: &OperatorCaller,
        id: ProposalId,
    ) -> Result<(), AppError> {
        self.decidable(caller, id).await?;
        self.end_proposal(caller, id, ProposalStanding::Declined)
            .await
    }

    /// Finds a proposal that waits, if this operator may decide it.
    async fn decidable(
        &self,
        caller: &OperatorCaller,
        id: ProposalId,
    ) -> Result<(Proposal, Object), AppError> {
        let role = self.role_of(caller).await?;
        let now = self.now();
        let found = self.store().read().find_proposal(id).await?;
        let proposal = found
            .filter(|it| it.standing == ProposalStanding::Open && now < it.expires)
            .ok_or(AppError::Missing { what: "proposal" })?;
        let object = Object::of(&proposal).ok_or(AppError::Internal {
            what: "the object of a proposal",
        })?;
        if operator_may_decide(role, proposal.kind, tie(caller, &proposal, object)) {
            Ok((proposal, object))
        } else {
            let act = proposal.kind.code();
            Err(self.refuse_operator(caller, act, refusal()).await?)
        }
    }

    /// Refuses what somebody proposed who could not propose it any more.
    async fn still_proposed(&self, proposal: &Proposal) -> Result<(), AppError> {
        let read = self.store().read();
        let found = read.find_operator(proposal.proposer).await?;
        let proposer = found.ok_or(AppError::Missing { what: "operator" })?;
        let account = read.find_account(proposer.account).await?;
        let active = account.is_some_and(|it| it.standing == AccountStanding::Active);
        if active && operator_may_propose(proposer.role, proposal.kind, Tie::None) {
            Ok(())
        } else {
            Err(refusal().into())
        }
    }

    async fn new_account(
        &self,
        proposal: &Proposal,
        texts: ProposalTexts,
    ) -> Result<Option<SealedAccount>, AppError> {
        if proposal.kind != ProposalKind::AddOperator {
            return Ok(None);
        }
        let new = NewAccount {
            nickname: None,
            phone: None,
            email: Some(texts.particulars),
            password: None,
            lang: Lang::default(),
        };
        let sealed = self.store().seal_account(&new).await?;
        Ok(Some(sealed.in_realm(Realm::Operator)))
    }
}

impl Approval<'_> {
    /// Does what was proposed. What the decider is, is asked again here, in the transaction that relies on it.
    async fn run(&self, tx: &Tx) -> Result<Option<(OperatorId, SessionSecret)>, AppError> {
        let (read, proposal) = (tx.read(), &self.proposal);
        let decider = read.find_operator(self.caller.operator).await?;
        let account = read.find_account(self.caller.account).await?;
        let active = account.is_some_and(|it| it.standing == AccountStanding::Active);
        let tie = tie(self.caller, proposal, self.object);
        let may = decider.is_some_and(|it| operator_may_decide(it.role, proposal.kind, tie));
        if !active || !may {
            return Err(refusal().into());
        }
        let approved = ProposalStanding::Approved;
        let decider = self.caller.operator;
        if !tx.decide_proposal(proposal.id, approved, decider).await? {
            return Err(AppError::Missing { what: "proposal" });
        }
        match self.object {
            Object::Enterprise(enterprise) => {
                let ended = Standing::Ended;
                tx.set_enterprise_standing(enterprise, ended, Some("closed by proposal"))
                    .await?;
                tx.revoke_invitations_of(enterprise, None).await?;
                Ok(None)
            }
            // The approval itself is what opens the value, for its proposer and a day.
            Object::Application => Ok(None),
            Object::Assessment(assessment) => {
                tx.enforce_assessment(assessment).await?;
                Ok(None)
            }
            Object::Role(operator, role) => {
                tx.set_operator_role(operator, role).await?;
                Ok(None)
            }
            Object::Restored(operator) => {
                let found = read.find_operator(operator).await?;
                let account = found.ok_or(AppError::Missing { what: "operator" })?.account;
                tx.set_account_standing(account, AccountStanding::Active)
                    .await?;
                Ok(None)
            }
            Object::NewOperator(role) => {
                let account = self.account.as_ref().ok_or(AppError::Internal {
                    what: "the account of a new operator",
                })?;
                tx.create_account(account).await.map_err(taken)?;
                let added = tx.add_operator(account.id(), role, self.until).await?;
                Ok(Some(added))
            }
        }
    }
}

fn tie(caller: &OperatorCaller, proposal: &Proposal, object: Object) -> Tie {
    if proposal.proposer == caller.operator {
        Tie::Proposer
    } else if object.concerns() == Some(caller.operator) {
        Tie::Concerned
    } else {
        Tie::None
    }
}
