//! Keys are renewed by time, while everything goes on.

use serde_json::json;
use yuntu_store::Tx;
use yuntu_terms::{ClauseId, clause};
use yuntu_vault::RenewReport;

use crate::caller::entry;
use crate::error::AppError;
use crate::platform::Platform;

/// The kind of entry that a renewal leaves in the ledger.
const RENEWED: &str = "keys.renewed";
/// After how many days the platform's key and those of the enterprises are renewed.
const RENEW_AFTER_DAYS: i32 = 90;

impl Platform {
    /// Renews the keys of the platform and of every enterprise: new versions seal from now on, and wrap all keys below.
    ///
    /// # Errors
    /// [`AppError::Vault`]; nothing is unreadable then, and the call can be repeated.
    /// # Clause
    /// R22
    pub async fn renew_keys(&self) -> Result<RenewReport, AppError> {
        clause::hit!(R22);
        let done = self.store().vault().renew().await?;
        let actor = self.store().platform_pseudonym().await?;
        let body = json!({ "rotated": done.rotated, "rewrapped": done.rewrapped.rewrapped });
        self.store()
            .run_tx("keys.renew", async |tx: Tx| {
                let renewed = entry(&tx, RENEWED, &[ClauseId::r(22)], actor, body.clone())?;
                tx.append(&renewed).await?;
                Ok::<_, AppError>(())
            })
            .await?;
        Ok(done)
    }

    /// Renews the keys when the last renewal, as the ledger knows it, is long enough ago; says whether it did.
    ///
    /// # Errors
    /// As [`Platform::renew_keys`].
    /// # Clause
    /// R22
    pub async fn renew_keys_when_due(&self) -> Result<bool, AppError> {
        let last = self.store().read().last_entry(RENEWED).await?;
        let due = last.is_none_or(|at| at.plus_days(RENEW_AFTER_DAYS) <= self.now());
        if due {
            self.renew_keys().await?;
        }
        Ok(due)
    }
}
