use serde_json::Value;
use yuntu_ledger::{Entry, EntryKind, Pseudonym};
use yuntu_policy::{Action, Facts, Role, decide_act};
use yuntu_store::Tx;
use yuntu_terms::{ClauseId, EnterpriseId, RepresentativeId};

use crate::error::AppError;
use crate::platform::Platform;

/// On whose behalf a use-case runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// The enterprise.
    pub enterprise: EnterpriseId,
    /// The representative who acts for it.
    pub representative: RepresentativeId,
}

impl Platform {
    /// Asks the policy whether the caller may do something that moves no data.
    ///
    /// # Errors
    /// [`AppError::Refused`] with clause, fact and remedy.
    /// # Clause
    /// R3, R23
    pub async fn authorise(&self, caller: Caller, action: Action) -> Result<Role, AppError> {
        let (reader, now) = (self.store().facts(), self.now());
        let facts = Facts {
            enterprise: reader.enterprise(caller.enterprise).await?,
            actor: reader
                .actor(caller.enterprise, caller.representative, now)
                .await?,
            ..Facts::nothing(now)
        };
        Ok(decide_act(
            action,
            caller.enterprise,
            caller.representative,
            &facts,
        )?)
    }

    pub(crate) async fn pseudonym(&self, caller: Caller) -> Result<Pseudonym, AppError> {
        Ok(self.store().pseudonym(caller.representative).await?)
    }
}

/// Makes the ledger entry of an act that a transaction does.
pub(crate) fn entry(
    tx: &Tx,
    kind: &'static str,
    clauses: &[ClauseId],
    actor: Pseudonym,
    body: Value,
) -> Result<Entry, AppError> {
    let kind = kind.parse().map_err(|_kind| AppError::Internal {
        what: "kind of entry",
    })?;
    Ok(Entry {
        kind: EntryKind::clone(&kind),
        at: tx.now(),
        clauses: clauses.to_vec(),
        actor,
        body,
    })
}
