//! The functions that may invoke a lawful exception: given and taken by an owner.

use serde_json::json;
use yuntu_policy::Action;
use yuntu_statement::Invoker;
use yuntu_store::Tx;
use yuntu_terms::{ClauseId, RepresentativeId, clause};

use crate::caller::{Caller, entry};
use crate::error::AppError;
use crate::platform::Platform;

impl Platform {
    /// Gives a function to a member of the caller's enterprise, or takes it; what she invoked before stands.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller does not own the enterprise; [`AppError::Missing`] when there is no such member.
    /// # Clause
    /// R7, R21, R23
    pub async fn set_function(
        &self,
        caller: &Caller,
        member: RepresentativeId,
        function: Invoker,
        given: bool,
    ) -> Result<(), AppError> {
        clause::hit!(R7);
        clause::hit!(R21);
        self.authorise(caller, Action::SetFunction).await?;
        self.member(caller, member).await?;
        let kind = if given {
            "member.function_given"
        } else {
            "member.function_taken"
        };
        let actor = self.pseudonym(caller).await?;
        self.store()
            .run_tx("member.function", async |tx: Tx| {
                let (enterprise, by) = (caller.enterprise, caller.representative);
                let changed = tx.set_function(enterprise, (member, function), given, by);
                // What is so already is nothing to note.
                if !changed.await? {
                    return Ok(());
                }
                let body = json!({
                    "enterprise": enterprise, "representative": member, "function": function,
                });
                let clauses = [ClauseId::r(7), ClauseId::r(21)];
                let noted = entry(&tx, kind, &clauses, actor, body)?;
                tx.append_own(caller, &noted).await?;
                Ok::<_, AppError>(())
            })
            .await
    }
}
