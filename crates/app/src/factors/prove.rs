use serde_json::json;
use yuntu_policy::NextProof;
use yuntu_store::{FailureQuotas, Session, Tx};
use yuntu_terms::{ClauseId, Pii, SessionId};
use yuntu_vault::SessionSecret;

use super::second::{Second, Shown, Used};
use crate::accounts::AccountError;
use crate::caller::entry;
use crate::error::AppError;
use crate::platform::Platform;

impl Platform {
    /// Shows with a second factor that the person of a session is still there. The session gets a new secret.
    ///
    /// # Errors
    /// [`AccountError`] when the factor is wrong, locked, or was tried too often.
    /// # Clause
    /// R2
    pub async fn prove_by_second(
        &self,
        session: &Session,
        second: Second,
        network: &Pii<String>,
    ) -> Result<SessionSecret, AppError> {
        let account = session.account;
        let counted = self.counted_of(account, network).await?;
        self.check_brake(&counted).await?;
        let shown = self.shown(account, NextProof::Factor, &second).await?;
        let method = shown.method_alone();
        let actor = self.store().account_pseudonym(account).await?;
        let attempt: SessionId = self.new_id()?;
        let stranger = self.store().stranger_pseudonym(attempt).await?;
        let quotas = FailureQuotas::default();
        let clauses = [ClauseId::r(2)];
        let outcome: Result<SessionSecret, AccountError> = self
            .store()
            .run_tx("session.prove_second", async |tx: Tx| {
                let (address, network) = (&counted.address, &counted.network);
                let read = tx.read();
                let limit = read.brake(address, network, &quotas, tx.now()).await?;
                if let Some(limit) = limit {
                    return Ok(Err(AccountError::TooOften { until: limit.until }));
                }
                if shown.use_up(&tx, account).await? != Used::Right {
                    tx.count_failure(address, network).await?;
                    tx.record_try(&counted.from, method).await?;
                    let body = json!({ "method": shown.code() });
                    tx.append(&entry(&tx, "sign_in.failed", &clauses, stranger, body)?)
                        .await?;
                    return Ok(Err(AccountError::WrongProof));
                }
                if let Shown::Recovery(_) = shown {
                    let body = json!({ "session": session.id });
                    let used = entry(&tx, "recovery_code.used", &clauses, actor, body)?;
                    tx.append_own(session, &used).await?;
                }
                let secret = tx.prove_session(account, session.id, method).await?;
                let body = json!({ "session": session.id, "method": method.code() });
                let proven = entry(&tx, "session.proven", &clauses, actor, body)?;
                tx.append_own(session, &proven).await?;
                Ok::<_, AppError>(Ok(secret))
            })
            .await?;
        Ok(outcome?)
    }

    /// Refuses a change of second factors unless the person has just shown who she is, with a second factor where she
    /// has one.
    pub(super) async fn needs_second_proof(&self, session: &Session) -> Result<(), AppError> {
        self.needs_fresh_proof(session)?;
        let read = self.store().read();
        let held = read.factors_held(session.account).await?;
        if !held.any() || session.method.has_second() {
            Ok(())
        } else {
            Err(AccountError::ProofNeeded.into())
        }
    }
}
