use std::time::Duration;

use serde_json::json;
use yuntu_policy::{OperatorRole, ProposalKind, Tie, operator_may_decide};
use yuntu_store::{
    AccountStanding, NewAccount, Operator, Reader, Realm, SealedAccount, StoreError, Tx,
};
use yuntu_terms::{ClauseId, Lang, OperatorId, Timestamp, clause};
use yuntu_vault::SessionSecret;

use crate::accounts::{AccountError, Address};
use crate::caller::entry;
use crate::error::{AppError, Said};
use crate::platform::Platform;

/// How long an operator has to enrol.
pub const ENROLMENT_LIFE: Duration = Duration::from_hours(24);

/// Who becomes an operator.
#[derive(Debug)]
pub struct NewOperator {
    /// Her mail address, which no account of the public has.
    pub address: Address,
    /// What she is.
    pub role: OperatorRole,
    /// The language of messages.
    pub lang: Lang,
}

/// That somebody can enrol as an operator.
#[derive(Debug)]
pub struct OperatorAdded {
    /// The operator.
    pub operator: OperatorId,
    /// The secret of the enrolment link; it is told once, works once and ends by itself.
    pub secret: SessionSecret,
    /// Until when.
    pub expires: Timestamp,
}

impl Platform {
    /// Adds an operator at the installation's own command line, or gives one who has not enrolled another link.
    ///
    /// It is possible only until the register can decide by itself: once two operators have enrolled who may decide
    /// about a new one, and one of them may propose it, another operator is a proposal between them.
    ///
    /// # Errors
    /// [`AppError::Invalid`] when the address has an account, or the register decides by itself.
    /// # Clause
    /// R3, R23
    pub async fn add_operator(&self, new: NewOperator) -> Result<OperatorAdded, AppError> {
        clause::hit!(R23);
        let known = self.account_at(&new.address).await?;
        if let Some(account) = known {
            let read = self.store().read();
            let operator = read.find_operator_of(account.id).await?;
            let waits = operator
                .filter(|operator| operator.enrolled.is_none() && operator.role == new.role);
            return match waits {
                Some(operator) => self.renew_enrolment(&operator).await,
                None => Err(has_account()),
            };
        }
        if self.register_decides().await? {
            return Err(AppError::Invalid {
                what: "operator",
                reason: Said::new(
                    "已有两名运营人员可相互核准，新增须在 /operator/proposals 由一人提出、另一人批准",
                    "two operators can decide about a third now: one proposes it at /operator/proposals and the other approves",
                ),
            });
        }
        let sealed = self.seal_operator_account(new.address, new.lang).await?;
        let actor = self.store().stranger_pseudonym(sealed.id()).await?;
        let until = self.now().plus(ENROLMENT_LIFE);
        let secret = SessionSecret::generate(self.entropy())?;
        let operator = self
            .store()
            .run_tx("operator.add", async |tx: Tx| {
                tx.create_account(&sealed).await.map_err(taken)?;
                let enrolment = (&secret, until);
                let id = tx.add_operator(sealed.id(), new.role, enrolment).await?;
                let body = json!({ "operator": id, "role": new.role.code(), "by": "command_line" });
                let clauses = [ClauseId::r(23)];
                tx.append(&entry(&tx, "operator.added", &clauses, actor, body)?)
                    .await?;
                Ok::<_, AppError>(id)
            })
            .await?;
        Ok(OperatorAdded {
            operator,
            secret,
            expires: until,
        })
    }

    async fn renew_enrolment(&self, operator: &Operator) -> Result<OperatorAdded, AppError> {
        let actor = self.store().stranger_pseudonym(operator.id).await?;
        let until = self.now().plus(ENROLMENT_LIFE);
        let secret = self
            .store()
            .run_tx("operator.renew", async |tx: Tx| {
                let secret = tx.renew_enrolment(operator.id, until).await?;
                let body = json!({ "operator": operator.id, "by": "command_line" });
                let clauses = [ClauseId::r(23)];
                let renewed = entry(&tx, "operator.enrolment_renewed", &clauses, actor, body)?;
                tx.append(&renewed).await?;
                Ok::<_, AppError>(secret)
            })
            .await?;
        Ok(OperatorAdded {
            operator: operator.id,
            secret,
            expires: until,
        })
    }

    /// Says whether two operators can decide about a new one without the command line.
    async fn register_decides(&self) -> Result<bool, AppError> {
        let read = self.store().read();
        let deciders = deciders_of(&read, ProposalKind::AddOperator).await?;
        let administrator = |it: &Operator| it.role == OperatorRole::Administrator;
        Ok(deciders.len() >= 2 && deciders.iter().any(administrator))
    }

    pub(crate) async fn seal_operator_account(
        &self,
        address: Address,
        lang: Lang,
    ) -> Result<SealedAccount, AppError> {
        let Address::Email(_) = &address else {
            return Err(AppError::Invalid {
                what: "operator",
                reason: Said::new("运营人员须使用邮箱", "an operator has a mail address"),
            });
        };
        let new = NewAccount {
            nickname: None,
            phone: None,
            email: Some(address.into_pii()),
            password: None,
            lang,
        };
        let sealed = self.store().seal_account(&new).await?;
        Ok(sealed.in_realm(Realm::Operator))
    }
}

/// Lists the operators who have enrolled, are not suspended, and may decide proposals of this kind.
pub(super) async fn deciders_of(
    read: &Reader,
    kind: ProposalKind,
) -> Result<Vec<Operator>, AppError> {
    let mut deciders = Vec::new();
    for operator in read.list_operators().await? {
        let account = read.find_account(operator.account).await?;
        let active = account.is_some_and(|it| it.standing == AccountStanding::Active);
        let enrolled = operator.enrolled.is_some();
        if active && enrolled && operator_may_decide(operator.role, kind, Tie::None) {
            deciders.push(operator);
        }
    }
    Ok(deciders)
}

fn has_account() -> AppError {
    AppError::Invalid {
        what: "operator",
        reason: Said::new(
            "此邮箱已有帐号：运营人员不能同时是企业用户的代表，请使用另一个邮箱",
            "the address has an account already: nobody who works for the platform also acts for an enterprise; use another address",
        ),
    }
}

pub(crate) fn taken(error: StoreError) -> AppError {
    if let StoreError::Conflict { .. } = error {
        AccountError::AddressTaken.into()
    } else {
        error.into()
    }
}
