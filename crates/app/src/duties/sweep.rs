use serde_json::json;
use yuntu_store::{DUTY_KEPT_DAYS, Tx};
use yuntu_terms::{ClauseId, clause};

use crate::caller::entry;
use crate::error::AppError;
use crate::platform::Platform;

/// How many old records one turn erases.
const ERASED_MAX: u64 = 50;

impl Platform {
    /// Erases records of duties whose time is over, with what was found and the reports; returns how many.
    ///
    /// # Errors
    /// [`AppError::Store`].
    /// # Clause
    /// R14, R23
    pub async fn sweep_duties(&self) -> Result<u64, AppError> {
        clause::hit!(R14);
        let actor = self.store().platform_pseudonym().await?;
        self.store()
            .run_tx("duty.sweep", async |tx: Tx| {
                let rows = tx.erase_old_duties(ERASED_MAX).await?;
                if rows > 0 {
                    let body = json!({
                        "table": "duty_record", "rows": rows,
                        "kept_days": DUTY_KEPT_DAYS,
                    });
                    let clauses = [ClauseId::r(14)];
                    tx.append(&entry(&tx, "upkeep.ended", &clauses, actor, body)?)
                        .await?;
                }
                Ok::<_, AppError>(rows)
            })
            .await
    }
}
