use serde_json::json;
use yuntu_policy::{
    OperatorAction, OperatorRole, PageView, RecordedView, Refusal, decide_operator_act,
};
use yuntu_store::{
    FactorsHeld, Operator, Realm, SealedOrigin, Session, SignInMethod, TicketGoal, Whose,
};
use yuntu_terms::{AccountId, OperatorId, SessionId, clause};
use yuntu_vault::Password;

use crate::accounts::sign_in::First;
use crate::accounts::{AccountError, Address, Asked, SecondStep, SignInStep, SignedIn, Visit};
use crate::caller::{clauses_of, missing_of};
use crate::error::AppError;
use crate::factors::Second;
use crate::platform::Platform;

/// Who acts for the operator of the platform, in a session that opened after a second factor.
///
/// # Clause
/// R23
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorCaller {
    /// The operator.
    pub operator: OperatorId,
    /// Her account.
    pub account: AccountId,
    /// What she is.
    pub role: OperatorRole,
    /// The session.
    pub session: SessionId,
    /// From where she acts, for her own log.
    origin: Option<SealedOrigin>,
}

impl OperatorCaller {
    /// Takes from where she acts from her session.
    #[must_use]
    pub fn within(self, session: &Session) -> Self {
        Self {
            origin: session.origin.clone(),
            ..self
        }
    }
}

impl<'a> From<&'a OperatorCaller> for Whose<'a> {
    fn from(caller: &'a OperatorCaller) -> Self {
        Self::of_account(caller.account, caller.origin.as_ref())
    }
}

impl Platform {
    /// Takes the password of an operator; the second factor is always asked for.
    ///
    /// # Errors
    /// [`AccountError`]: wrong, not enrolled, too many tries, or suspended.
    /// # Clause
    /// R2, R23
    pub async fn sign_in_operator(
        &self,
        address: &Address,
        password: Password,
        visit: Visit,
    ) -> Result<SecondStep, AppError> {
        let (account, renewed) = self
            .check_sign_in_password(Realm::Operator, address, password, &visit)
            .await?;
        // Who has no second factor has not enrolled, and no session opens.
        if !self.store().read().factors_held(account).await?.any() {
            return Err(AccountError::WrongPassword.into());
        }
        let first = First {
            account,
            method: SignInMethod::Password,
            goal: TicketGoal::SignIn,
            renewed: renewed.as_ref(),
        };
        match self.after_first(first, visit).await? {
            SignInStep::Second(
                step @ SecondStep {
                    asked: Asked::Factor(_),
                    ..
                },
            ) => Ok(step),
            // The factor went at this very moment; what was opened is not told and ends by itself.
            SignInStep::Second(_) | SignInStep::Done(_) => Err(AccountError::WrongPassword.into()),
        }
    }

    /// Opens an operator's session for whoever shows the second factor after the password.
    ///
    /// # Errors
    /// As [`Platform::finish_sign_in`].
    /// # Clause
    /// R2, R23
    pub async fn finish_operator_sign_in(
        &self,
        ticket: &str,
        second: Second,
        visit: Visit,
    ) -> Result<SignedIn, AppError> {
        let operator = Realm::Operator;
        self.finish_in(operator, ticket, second, visit).await
    }

    /// Says what an operator's second step may be done with.
    ///
    /// # Errors
    /// [`AccountError::SpentTicket`] when the ticket is no longer good.
    /// # Clause
    /// R2
    pub async fn operator_second_step(&self, ticket: &str) -> Result<FactorsHeld, AppError> {
        self.second_step_in(Realm::Operator, ticket).await
    }

    /// Finds the operator's session whose secret a cookie brings back, and who she is at this moment.
    ///
    /// # Errors
    /// [`AccountError::SignedOut`] when there is none that is good, the operator is suspended, or no second factor
    /// opened it.
    /// # Clause
    /// R2, R23
    pub async fn operator_session(
        &self,
        cookie: &str,
    ) -> Result<(Session, OperatorCaller), AppError> {
        clause::hit!(R23);
        let session = self.session_in(Realm::Operator, cookie).await?;
        let read = self.store().read();
        let operator = read.find_operator_of(session.account).await?;
        let operator: Operator = operator
            .filter(|operator| operator.enrolled.is_some())
            .ok_or(AccountError::SignedOut)?;
        if !session.method.has_second() {
            return Err(AccountError::SignedOut.into());
        }
        let caller = OperatorCaller {
            operator: operator.id,
            account: operator.account,
            role: operator.role,
            session: session.id,
            origin: session.origin.clone(),
        };
        Ok((session, caller))
    }

    /// Asks the policy whether an operator may do this by herself, as she is at this moment. A refusal is in the ledger and
    /// in her own log before it is told.
    ///
    /// # Errors
    /// [`AppError::Refused`] with clause, fact and remedy.
    /// # Clause
    /// R23
    pub async fn authorise_operator(
        &self,
        caller: &OperatorCaller,
        action: OperatorAction,
    ) -> Result<(), AppError> {
        let role = self.role_of(caller).await?;
        match decide_operator_act(role, action) {
            Ok(()) => Ok(()),
            Err(refusal) => Err(self.refuse_operator(caller, action.code(), refusal).await?),
        }
    }

    /// Notes in the ledger and in an operator's own log that an act is refused to her; returns what she is told.
    pub(crate) async fn refuse_operator(
        &self,
        caller: &OperatorCaller,
        act: &'static str,
        refusal: Refusal,
    ) -> Result<AppError, AppError> {
        let actor = self.store().account_pseudonym(caller.account).await?;
        let body = json!({
            "operator": caller.operator, "action": act, "missing": missing_of(&refusal),
        });
        self.note_refused((actor, caller.into()), &clauses_of(&refusal), body)
            .await?;
        Ok(refusal.into())
    }

    /// Makes it durable that an operator looks at a page of what is kept sealed, before it is opened.
    pub(crate) async fn view_as_operator(
        &self,
        caller: &OperatorCaller,
        view: PageView,
    ) -> Result<RecordedView, AppError> {
        let actor = self.store().account_pseudonym(caller.account).await?;
        let who = (actor, caller.into());
        Ok(self.store().record_view(view, who).await?)
    }

    /// Returns what an operator is at this moment, if she can act at all.
    pub(crate) async fn role_of(&self, caller: &OperatorCaller) -> Result<OperatorRole, AppError> {
        self.active(caller.account).await?;
        let read = self.store().read();
        let operator = read.find_operator(caller.operator).await?;
        let operator = operator.filter(|operator| operator.account == caller.account);
        Ok(operator.ok_or(AccountError::SignedOut)?.role)
    }
}
