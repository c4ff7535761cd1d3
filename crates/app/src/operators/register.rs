use serde_json::json;
use yuntu_policy::{
    OperatorAction, ProposalKind, Tie, decide_operator_register, operator_may_decide,
};
use yuntu_store::{AccountStanding, Operator, Tx};
use yuntu_terms::{ClauseId, EmailAddress, OperatorId, Sink, Timestamp, clause};

use super::OperatorCaller;
use super::add::deciders_of;
use crate::caller::entry;
use crate::error::{AppError, Said};
use crate::platform::Platform;

/// How many must stay who can decide that somebody is let in again: who proposes it does not decide it.
const RESTORERS_LEAST: usize = 2;

/// An operator as the register shows her.
#[derive(Debug)]
pub struct ListedOperator {
    /// The operator.
    pub operator: Operator,
    /// Her mail address, most of its name hidden.
    pub address: Option<String>,
    /// Whether her account can be used.
    pub standing: AccountStanding,
    /// When she last signed in, as far back as sessions are kept.
    pub signed_in: Option<Timestamp>,
}

impl Platform {
    /// Lists the operators, the first first.
    ///
    /// # Errors
    /// [`AppError::Refused`].
    /// # Clause
    /// R23
    pub async fn operators(
        &self,
        caller: &OperatorCaller,
    ) -> Result<Vec<ListedOperator>, AppError> {
        self.authorise_operator(caller, OperatorAction::ViewOperators)
            .await?;
        let view = decide_operator_register(self.role_of(caller).await?)?;
        let warrant = self.view_as_operator(caller, view).await?;
        let store = self.store();
        let read = store.read();
        let mut listed = Vec::new();
        for operator in read.list_operators().await? {
            let account = read.find_account(operator.account).await?;
            let account = account.ok_or(AppError::Missing { what: "account" })?;
            let contact = store.account_contact(account.id).await?;
            let email = contact.and_then(|contact| contact.email);
            let masked = |text: &String| EmailAddress::parse(text).ok().map(|it| it.masked());
            listed.push(ListedOperator {
                address: email.and_then(|it| it.open(&warrant, Sink::Page, masked).flatten()),
                standing: account.standing,
                signed_in: read.last_sign_in(account.id).await?,
                operator,
            });
        }
        Ok(listed)
    }

    /// Suspends another operator: her sessions end in the same transaction. To let her in again is a
    /// [proposal](crate::proposals::Proposed::RestoreOperator), which takes two; therefore of those who can, two always stay.
    ///
    /// # Errors
    /// [`AppError::Refused`], [`AppError::Invalid`] for herself, whoever is suspended already, or one of the last two
    /// who can let others in again, [`AppError::Missing`].
    /// # Clause
    /// R23
    pub async fn suspend_operator(
        &self,
        caller: &OperatorCaller,
        operator: OperatorId,
    ) -> Result<(), AppError> {
        clause::hit!(R23);
        self.authorise_operator(caller, OperatorAction::SuspendOperator)
            .await?;
        if operator == caller.operator {
            return Err(AppError::Invalid {
                what: "operator",
                reason: Said::new("不能停用自己", "nobody suspends herself"),
            });
        }
        let found = self.store().read().find_operator(operator).await?;
        let account = found.ok_or(AppError::Missing { what: "operator" })?.account;
        let actor = self.store().account_pseudonym(caller.account).await?;
        self.store()
            .run_tx("operator.suspend", async |tx: Tx| {
                let held = tx.read().find_account(account).await?;
                if held.is_none_or(|it| it.standing != AccountStanding::Active) {
                    return Err(AppError::Invalid {
                        what: "operator",
                        reason: Said::new("该人员已停用", "she is suspended already"),
                    });
                }
                let standing = AccountStanding::Suspended;
                tx.set_account_standing(account, standing).await?;
                let kind = ProposalKind::RestoreOperator;
                let suspended = tx.read().find_operator(operator).await?;
                let decides =
                    suspended.is_some_and(|it| operator_may_decide(it.role, kind, Tie::None));
                // Counted after it, in the same transaction: of two who suspend at once the second sees the first.
                let left = deciders_of(&tx.read(), kind).await?;
                if decides && left.len() < RESTORERS_LEAST {
                    return Err(too_few());
                }
                let body = json!({ "operator": operator, "standing": standing.code() });
                let clauses = [ClauseId::r(23)];
                let changed = entry(&tx, "operator.standing_changed", &clauses, actor, body)?;
                tx.append_own(caller, &changed).await?;
                Ok::<_, AppError>(())
            })
            .await
    }
}

fn too_few() -> AppError {
    AppError::Invalid {
        what: "operator",
        reason: Said::new(
            "停用后，能核准恢复的运营人员（安全员或管理员）将不足两名，被停用者便无法恢复；请先新增一名",
            "fewer than two active operators of security or administration would be left, and to let her in again takes two; add one first",
        ),
    }
}
