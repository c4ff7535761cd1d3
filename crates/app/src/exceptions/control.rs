//! What a second person does: confirm, decline or end the use of an exception; and telling people afterwards.

use serde_json::json;
use yuntu_policy::{Action, StopReason, decide_exception_control, decide_second_person};
use yuntu_store::{CheckedFile, ExceptionEnd, PaperOf, StoreError, Tx};
use yuntu_terms::{ClauseId, Digest, ExceptionUseId, clause};

use super::invoke::proved;
use super::{ExceptionError, checked_reason, grounded};
use crate::caller::{Caller, entry};
use crate::certification::CertificationError;
use crate::error::{AppError, Said};
use crate::platform::Platform;

impl Platform {
    /// Confirms what another one invoked: what was shown is named by its digest. From here on it opens what it names, inside
    /// its period.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not confirm, or invoked it herself; [`ExceptionError::Changed`] when it does
    /// not wait for a second person or is not what was shown.
    /// # Clause
    /// R7, R21, R23
    pub async fn confirm_exception(
        &self,
        caller: &Caller,
        id: ExceptionUseId,
        shown: Digest,
    ) -> Result<(), AppError> {
        clause::hit!(R21);
        let found = self.own_exception_use(caller, id).await?;
        let exception = self.exception(found.facts.clause)?;
        self.may_control(caller, exception.clause).await?;
        grounded(exception)?;
        if found.digest.is_none() {
            return Err(ExceptionError::Changed.into());
        }
        let verdict = decide_second_person(
            exception.clause,
            found.facts.invoked_by,
            caller.representative,
        );
        self.hold(caller, Action::ConfirmException, verdict).await?;
        proved(&found, exception, self.now())?;
        let actor = self.pseudonym(caller).await?;
        self.store()
            .run_tx("exception.confirm", async |tx: Tx| {
                let of = (caller.enterprise, id);
                let done = tx
                    .confirm_exception(of, caller.representative, shown)
                    .await?;
                if !done {
                    return Err(ExceptionError::Changed.into());
                }
                let body = json!({
                    "enterprise": caller.enterprise, "exception_use": id,
                    "exception": exception.clause, "digest": shown,
                });
                let clauses = [exception.clause, ClauseId::r(23)];
                let noted = entry(&tx, "exception.confirmed", &clauses, actor, body)?;
                tx.append_own(caller, &noted).await?;
                Ok::<_, AppError>(())
            })
            .await
    }

    /// Declines to confirm what another one invoked; it opens nothing and is over.
    ///
    /// # Errors
    /// [`AppError::Refused`] as [`Platform::confirm_exception`]; [`AppError::Invalid`] without a reason.
    /// # Clause
    /// R7, R21, R23
    pub async fn decline_exception(
        &self,
        caller: &Caller,
        id: ExceptionUseId,
        reason: &str,
    ) -> Result<(), AppError> {
        let found = self.own_exception_use(caller, id).await?;
        let clause = found.facts.clause;
        self.may_control(caller, clause).await?;
        let by = caller.representative;
        let verdict = decide_second_person(clause, found.facts.invoked_by, by);
        self.hold(caller, Action::ConfirmException, verdict).await?;
        self.finish(caller, (id, clause), ExceptionEnd::Declined, reason)
            .await
    }

    /// Ends the use of an exception at once: what runs on its ground is stopped, and the next run is refused.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller neither drafted or invoked it nor may confirm it; [`AppError::Invalid`] without a
    /// reason; [`ExceptionError::Changed`] when it has ended already.
    /// # Clause
    /// R7, R21
    pub async fn end_exception(
        &self,
        caller: &Caller,
        id: ExceptionUseId,
        reason: &str,
    ) -> Result<(), AppError> {
        clause::hit!(R7);
        let found = self.own_exception_use(caller, id).await?;
        let clause = found.facts.clause;
        let role = self.authorise(caller, Action::ConfirmException).await?;
        let by = caller.representative;
        let own = found.drafted.0 == by || found.facts.invoked_by == Some(by);
        if !own {
            let functions = self.own_functions(caller).await?;
            let verdict = decide_exception_control(clause, role, &functions);
            self.hold(caller, Action::ConfirmException, verdict).await?;
        }
        self.finish(caller, (id, clause), ExceptionEnd::Ended, reason)
            .await
    }

    async fn finish(
        &self,
        caller: &Caller,
        (id, clause): (ExceptionUseId, ClauseId),
        end: ExceptionEnd,
        reason: &str,
    ) -> Result<(), AppError> {
        let reason = checked_reason(reason)?;
        let kind = match end {
            ExceptionEnd::Declined => "exception.declined",
            ExceptionEnd::Ended => "exception.ended",
        };
        let actor = self.pseudonym(caller).await?;
        self.store()
            .run_tx("exception.end", async |tx: Tx| {
                let of = (caller.enterprise, id);
                let done = tx.end_exception(of, (caller.representative, end), reason);
                if !done.await? {
                    return Err(ExceptionError::Changed.into());
                }
                let body = json!({
                    "enterprise": caller.enterprise, "exception_use": id, "exception": clause,
                });
                let noted = entry(&tx, kind, &[clause], actor, body)?;
                tx.append_own(caller, &noted).await?;
                Ok::<_, AppError>(())
            })
            .await?;
        self.stop_where(StopReason::ExceptionEnded, |work| {
            work.exception == Some(id)
        });
        Ok(())
    }

    /// Records that people were told of what was done in an emergency, with the paper that shows it.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not confirm exceptions; [`CertificationError::File`] when the file cannot be
    /// taken; [`AppError::Invalid`] when no notice is due.
    /// # Clause
    /// R7, R21
    pub async fn record_exception_notice(
        &self,
        caller: &Caller,
        id: ExceptionUseId,
        (name, bytes): (&str, Vec<u8>),
    ) -> Result<(), AppError> {
        clause::hit!(R7);
        let found = self.own_exception_use(caller, id).await?;
        let clause = found.facts.clause;
        self.may_control(caller, clause).await?;
        let file = CheckedFile::check(name, bytes).map_err(CertificationError::File)?;
        let of = PaperOf::Enterprise(caller.enterprise);
        let sealed = self.store().seal_paper(of, &file).await?;
        let actor = self.pseudonym(caller).await?;
        self.store()
            .run_tx("exception.notice", async |tx: Tx| {
                let of = (caller.enterprise, id);
                let done = tx.record_exception_notice(of, caller.representative, &sealed);
                if !done.await? {
                    return Err(StoreError::Missing { what: "notice" }.into());
                }
                let body = json!({
                    "enterprise": caller.enterprise, "exception_use": id,
                    "paper": sealed.id(), "digest": sealed.digest(),
                });
                let noted = entry(&tx, "exception.notice_recorded", &[clause], actor, body)?;
                tx.append_own(caller, &noted).await?;
                Ok::<_, AppError>(())
            })
            .await
            .map_err(of_notice)
    }
}

fn of_notice(error: AppError) -> AppError {
    if let AppError::Store(StoreError::Missing { what: "notice" }) = error {
        return AppError::Invalid {
            what: "day of the notice",
            reason: Said::new("没有待登记的告知", "no notice is due"),
        };
    }
    error
}
