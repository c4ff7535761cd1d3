use serde_json::json;
use yuntu_outbound::{Link, Message};
use yuntu_policy::{
    MeasureGround, ProposalKind, StopReason, Tie, operator_may_decide, operator_may_propose,
};
use yuntu_store::{
    AccountStanding, ContactKind, NewAccount, NewMeasure, Proposal, ProposalStanding,
    ProposalTexts, Realm, SealedAccount, SealedMeasure, Tx,
};
use yuntu_terms::{ClauseId, Digest, OperatorId, ProposalId, Timestamp, clause};
use yuntu_vault::SessionSecret;

use super::Object;
use super::propose::refusal;
use crate::accounts::address::recipient;
use crate::accounts::notice::Notice;
use crate::caller::entry;
use crate::error::{AppError, Said};
use crate::measures::put;
use crate::operators::{ENROLMENT_LIFE, OperatorCaller, taken};
use crate::platform::Platform;

/// The page on which an operator enrols.
const ENROL: &str = "/operator/enrol";

/// What came of an approval.
#[derive(Debug)]
pub enum Approved {
    /// It is done.
    Done,
    /// An operator was added. The link to enrol goes to her address and to nobody else: whoever approves and had it
    /// could enrol in her place and be two.
    Added {
        /// The operator.
        operator: OperatorId,
        /// Until when her link is good.
        until: Timestamp,
    },
}

/// An operator who is to be added, with the link that is sent to her.
struct Appointed {
    account: SealedAccount,
    secret: SessionSecret,
    until: Timestamp,
    notice: Notice,
}

/// What an approval needs before its transaction.
struct Approval<'a> {
    proposal: Proposal,
    object: Object,
    caller: &'a OperatorCaller,
    appointed: Option<Appointed>,
    /// The measure that ends an enterprise, with the notices to who acts for it.
    ending: Option<(SealedMeasure, Vec<Notice>)>,
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
        let ending = match object {
            Object::Enterprise(enterprise, kind) => {
                Some(self.seal_ending(enterprise, kind, &texts.reason).await?)
            }
            Object::Application
            | Object::Assessment(_)
            | Object::NewOperator(_)
            | Object::Role(..)
            | Object::Restored(_) => None,
        };
        let appointed = self.appoint(caller, &proposal, texts).await?;
        let approval = Approval {
            proposal,
            object,
            caller,
            appointed,
            ending,
        };
        let actor = store.account_pseudonym(caller.account).await?;
        let added = store
            .run_tx("proposal.approve", async |tx: Tx| {
                let added = approval.run(&tx).await?;
                let proposal = &approval.proposal;
                let body = json!({
                    "proposal": id, "kind": proposal.kind.code(), "object": proposal.object,
                    "digest": proposal.digest, "operator": added,
                    "told": approval.appointed.as_ref().map(|new| new.notice.noted()),
                });
                let clauses = [ClauseId::r(23)];
                let done = entry(&tx, "proposal.approved", &clauses, actor, body)?;
                tx.append_own(caller, &done).await?;
                Ok::<_, AppError>(added)
            })
            .await?;
        if let Object::Enterprise(closed, _) = approval.object {
            self.stop_where(StopReason::EnterpriseClosed, |work| {
                work.enterprise == closed
            });
        }
        Ok(match added.zip(approval.appointed) {
            None => Approved::Done,
            Some((operator, new)) => Approved::Added {
                operator,
                until: new.until,
            },
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

    /// Makes what a new operator needs, who gets her messages in the language of whoever approves.
    async fn appoint(
        &self,
        caller: &OperatorCaller,
        proposal: &Proposal,
        texts: ProposalTexts,
    ) -> Result<Option<Appointed>, AppError> {
        if proposal.kind != ProposalKind::AddOperator {
            return Ok(None);
        }
        let lang = self.lang_of(caller.account).await?;
        let secret = SessionSecret::generate(self.entropy())?;
        let until = self.now().plus(ENROLMENT_LIFE);
        let no_site = || AppError::Internal {
            what: "the address of this site",
        };
        let origin = self.origin().ok_or_else(no_site)?;
        let link = format!("{origin}{ENROL}?key={}", *secret.text());
        let link = Link::try_from(link.as_str()).map_err(|_form| no_site())?;
        let new = NewAccount {
            nickname: None,
            phone: None,
            email: Some(texts.particulars),
            password: None,
            lang,
        };
        let account = self.store().seal_account(&new).await?;
        let address = new.email.ok_or(AppError::Internal {
            what: "the address of a new operator",
        })?;
        let to = recipient(ContactKind::Email, address)?;
        let message = Message::operator_added(to, lang, link, until);
        Ok(Some(Appointed {
            account: account.in_realm(Realm::Operator),
            secret,
            until,
            notice: self.seal_notice(message).await?,
        }))
    }
}

impl Approval<'_> {
    /// Does what was proposed. What the decider is, is asked again here, in the transaction that relies on it.
    async fn run(&self, tx: &Tx) -> Result<Option<OperatorId>, AppError> {
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
            Object::Enterprise(enterprise, kind) => {
                let (sealed, notices) = self.ending.as_ref().ok_or(AppError::Internal {
                    what: "the measure that ends an enterprise",
                })?;
                let new = NewMeasure {
                    enterprise,
                    dataset: None,
                    kind,
                    ground: MeasureGround::Breach,
                    actions: Vec::new(),
                    due: None,
                    follows: None,
                    by: proposal.proposer,
                    confirm_by: None,
                };
                tx.take_measure(sealed, &new).await?;
                put(tx, notices).await?;
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
                let new = self.appointed.as_ref().ok_or(AppError::Internal {
                    what: "the account of a new operator",
                })?;
                tx.create_account(&new.account).await.map_err(taken)?;
                let enrolment = (&new.secret, new.until);
                let added = tx.add_operator(new.account.id(), role, enrolment).await?;
                new.notice.put(tx).await?;
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
