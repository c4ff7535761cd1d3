//! Deposits that go: their import has ended, or they are a week old and nobody imports them.

use std::time::Duration;

use serde_json::json;
use yuntu_lake::CollectReport;
use yuntu_store::Tx;
use yuntu_terms::{ClauseId, DepositId, EnterpriseId, clause};

use crate::caller::entry;
use crate::error::AppError;
use crate::platform::Platform;

/// How long a deposit is kept for which no import waits; `columns.toml` says the same of its row.
const KEPT_DAYS: i32 = 7;
/// After how long an upload that did not come to its end is taken for broken off.
const BROKEN_AFTER_DAYS: i32 = 1;
/// How many go in one turn.
const MOST: u64 = 100;

impl Platform {
    /// Removes the deposits whose imports have all ended, those that broke off, and those that are seven days old and for which
    /// no import waits, as one does that a measure holds.
    ///
    /// # Errors
    /// [`AppError::Lake`], [`AppError::Store`]; what was removed by then stays removed.
    /// # Clause
    /// R14, R22
    pub async fn sweep_deposits(&self) -> Result<u64, AppError> {
        clause::hit!(R14);
        let now = self.now();
        let (old, broken) = (now.plus_days(-KEPT_DAYS), now.plus_days(-BROKEN_AFTER_DAYS));
        let due = self.store().read().deposits_due(old, broken, MOST).await?;
        let mut swept = 0;
        for (enterprise, id) in due {
            self.forget_deposit(enterprise, id).await?;
            swept += 1;
        }
        Ok(swept)
    }

    /// Removes what no row knows of, such as after the database was restored from a backup.
    ///
    /// # Errors
    /// [`AppError::Lake`].
    /// # Clause
    /// R14, R22
    pub async fn sweep_lost_deposits(&self) -> Result<u64, AppError> {
        let days = u64::from(KEPT_DAYS.unsigned_abs()) + 1;
        let kept = Duration::from_hours(24 * days);
        let awaited = self.store().read().deposits_awaited().await?;
        Ok(self.inner.lake.sweep_deposits(kept, &awaited).await?)
    }

    /// Destroys what was replaced in the lake or left there by a crash, once it is a day old: key first, then file.
    ///
    /// # Errors
    /// [`AppError::Lake`]; what was destroyed by then stays destroyed.
    /// # Clause
    /// R14
    pub async fn sweep_lake(&self) -> Result<CollectReport, AppError> {
        clause::hit!(R14);
        Ok(self.inner.lake.collect().await?)
    }

    /// Removes a deposit, then its row: a row without a deposit is swept again, a deposit without a row would stay.
    pub(super) async fn forget_deposit(
        &self,
        enterprise: EnterpriseId,
        id: DepositId,
    ) -> Result<(), AppError> {
        self.inner.lake.remove_deposit(enterprise, id).await?;
        let actor = self.store().platform_pseudonym().await?;
        self.store()
            .run_tx("deposit.forget", async |tx: Tx| {
                let was = tx.forget_deposit(id).await?;
                let body = json!({"enterprise": enterprise, "deposit": id, "was": was});
                let clauses = [ClauseId::r(14), ClauseId::r(22)];
                tx.append(&entry(&tx, "deposit.removed", &clauses, actor, body)?)
                    .await?;
                Ok::<_, AppError>(())
            })
            .await
    }
}
