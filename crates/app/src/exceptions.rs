//! Lawful exceptions to consent (R7, R21): invoked by whom the statement names, on the proofs it asks for, and opened by a
//! second person. None is a default, and none is an exception to notice.

use std::collections::BTreeSet;

use yuntu_policy::{Action, Refusal, Role, decide_exception_control};
use yuntu_statement::{Exception, ExceptionList, Invoker, ProcessingRole, PurposeRule};
use yuntu_store::ExceptionUse;
use yuntu_terms::{ClauseId, ExceptionUseId, LegalBasis, clause};

use crate::caller::Caller;
use crate::error::{AppError, Said};
use crate::platform::Platform;

mod control;
mod error;
mod invoke;
mod show;

pub use error::ExceptionError;
pub use invoke::{EXCEPTION_DATASETS_MAX, EXCEPTION_TEXT_CHARS_MAX, ProofInput};
pub use show::{EXCEPTION_USES_PAGE, ExceptionAct, ExceptionRow, ExceptionUseView, ExceptionsView};

/// How long a reason may be.
const REASON_CHARS_MAX: usize = 200;

/// The exception on whose ground a run asks to be done.
pub(crate) struct Claim {
    pub(crate) exception: &'static Exception,
    pub(crate) basis: LegalBasis,
}

impl Platform {
    /// Finds the exception that a run claims by the use of it; whether that is in force is for the policy.
    ///
    /// # Clause
    /// R7, R21
    pub(crate) async fn claim(
        &self,
        caller: &Caller,
        id: ExceptionUseId,
    ) -> Result<Claim, AppError> {
        let found = self.own_exception_use(caller, id).await?;
        let exception = self.exception(found.facts.clause)?;
        let basis = grounded(exception)?;
        Ok(Claim { exception, basis })
    }

    fn exception(&self, clause: ClauseId) -> Result<&'static Exception, AppError> {
        let found = self.inner.statement.exception(clause);
        found.ok_or(AppError::Missing { what: "exception" })
    }

    async fn own_exception_use(
        &self,
        caller: &Caller,
        id: ExceptionUseId,
    ) -> Result<ExceptionUse, AppError> {
        let read = self.store().read();
        let found = read.find_exception_use(caller.enterprise, id).await?;
        found.ok_or(AppError::Missing {
            what: "exception use",
        })
    }

    /// Returns the functions that the owner gave the caller.
    async fn own_functions(&self, caller: &Caller) -> Result<BTreeSet<Invoker>, AppError> {
        let read = self.store().read();
        let mut all = read.list_functions(caller.enterprise).await?;
        Ok(all.remove(&caller.representative).unwrap_or_default())
    }

    /// Asks whether the caller may confirm, decline or end uses of an exception and read what proves them.
    async fn may_control(
        &self,
        caller: &Caller,
        clause: ClauseId,
    ) -> Result<(Role, BTreeSet<Invoker>), AppError> {
        let role = self.authorise(caller, Action::ConfirmException).await?;
        let functions = self.own_functions(caller).await?;
        self.hold(
            caller,
            Action::ConfirmException,
            decide_exception_control(clause, role, &functions),
        )
        .await?;
        Ok((role, functions))
    }

    /// Passes a verdict on; a refusal is in the ledger before it is told.
    async fn hold<T>(
        &self,
        caller: &Caller,
        action: Action,
        verdict: Result<T, Refusal>,
    ) -> Result<T, AppError> {
        match verdict {
            Ok(done) => Ok(done),
            Err(refusal) => Err(self.refuse(caller, action, refusal).await?),
        }
    }

    /// Lists the purposes of business data that an exception opens: those for which the statement admits its ground, and an
    /// operation of its list.
    fn opened_by(&self, exception: &Exception) -> Vec<&'static PurposeRule> {
        let opens = |rule: &&PurposeRule| {
            rule.role == ProcessingRole::Processor
                && exception
                    .grounded()
                    .is_some_and(|ground| rule.bases.contains(&ground))
                && rule
                    .operations
                    .iter()
                    .any(|operation| ExceptionList::of(*operation) == exception.list)
        };
        let rules = self.inner.statement.purposes().iter();
        rules.filter(opens).collect()
    }
}

/// Returns the ground of an exception; one without is refused with the statement's reason.
fn grounded(exception: &Exception) -> Result<LegalBasis, ExceptionError> {
    clause::hit!(R7);
    clause::hit!(R21);
    exception
        .grounded()
        .ok_or_else(|| ExceptionError::Unavailable {
            clause: exception.clause,
            because: exception.unavailable.clone(),
        })
}

fn checked_reason(reason: &str) -> Result<&str, AppError> {
    let reason = reason.trim();
    let length = reason.chars().count();
    if length == 0 || length > REASON_CHARS_MAX || reason.contains(char::is_control) {
        return Err(AppError::Invalid {
            what: "reason",
            reason: Said::new(
                "请写明理由，单行，最多 200 个字符",
                "say why, in one line of at most 200 characters",
            ),
        });
    }
    Ok(reason)
}
