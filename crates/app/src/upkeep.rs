//! What ends by time: rows go when the statement says that they are kept no longer, in batches, with their number in the
//! ledger.

use std::collections::BTreeMap;

use serde_json::json;
use yuntu_store::{Ending, Tx};
use yuntu_terms::{ClauseId, clause};

use crate::caller::entry;
use crate::error::AppError;
use crate::platform::Platform;

/// How many rows one transaction deletes, so that nobody waits long for it.
const ROWS_MAX: u64 = 500;
/// How many transactions one call makes for each kind of row, so that its caller can stop between calls.
const BATCHES_MAX: u32 = 20;

/// What a call did, and whether there is more to do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Upkeep {
    /// How many rows went, by table.
    pub rows: BTreeMap<&'static str, u64>,
    /// How many messages let go of what they said, because nobody sends them any more.
    pub forgotten: u64,
    /// How many hashes of passwords from before they were sealed are sealed now.
    pub sealed: u64,
    /// Whether a batch was full.
    pub more: bool,
}

impl Platform {
    /// Ends what is over: one kind of row after another, each for as long as `columns.toml` keeps it.
    ///
    /// # Errors
    /// [`AppError::Store`]; what was done by then stays done.
    /// # Clause
    /// R1, R14
    pub async fn upkeep(&self) -> Result<Upkeep, AppError> {
        clause::hit!(R14);
        let mut done = Upkeep::default();
        for ending in Ending::ALL {
            self.end_rows(ending, &mut done).await?;
        }
        done.forgotten = self.forget_payloads().await?;
        done.sealed = self.seal_passwords().await?;
        done.more |= done.forgotten == ROWS_MAX || done.sealed == ROWS_MAX;
        Ok(done)
    }

    /// Rewrites what the database still holds of rows that went. It waits for transactions that may still see them.
    ///
    /// # Errors
    /// [`AppError::Store`] when it waits too long: nothing is rewritten, and it is to be tried again.
    /// # Clause
    /// R14
    pub async fn scrub(&self) -> Result<(), AppError> {
        Ok(self.store().database().scrub().await?)
    }

    /// Deletes the rows of one kind whose time is over.
    async fn end_rows(&self, ending: Ending, done: &mut Upkeep) -> Result<(), AppError> {
        let days = ending.kept_days()?;
        let actor = self.store().platform_pseudonym().await?;
        for _ in 0..BATCHES_MAX {
            let rows = self
                .store()
                .run_tx("upkeep.end", async |tx: Tx| {
                    let rows = tx.delete_ended(ending, ROWS_MAX).await?;
                    if rows > 0 {
                        let body = json!({
                            "table": ending.table(), "rows": rows, "kept_days": days,
                        });
                        let clauses = [ClauseId::r(14)];
                        let ended = entry(&tx, "upkeep.ended", &clauses, actor, body)?;
                        tx.append(&ended).await?;
                    }
                    Ok::<_, AppError>(rows)
                })
                .await?;
            if rows > 0 {
                *done.rows.entry(ending.table()).or_default() += rows;
            }
            if rows < ROWS_MAX {
                return Ok(());
            }
        }
        done.more = true;
        Ok(())
    }

    /// Lets go of what messages say that nobody sends any more.
    async fn forget_payloads(&self) -> Result<u64, AppError> {
        let actor = self.store().platform_pseudonym().await?;
        self.store()
            .run_tx("upkeep.forget", async |tx: Tx| {
                let rows = tx.forget_dead_payloads(ROWS_MAX).await?;
                if rows > 0 {
                    let body = json!({ "table": "outbox", "forgotten": rows });
                    let clauses = [ClauseId::r(14)];
                    let forgotten = entry(&tx, "upkeep.forgotten", &clauses, actor, body)?;
                    tx.append(&forgotten).await?;
                }
                Ok::<_, AppError>(rows)
            })
            .await
    }

    /// Seals hashes of passwords that were written before they were sealed.
    async fn seal_passwords(&self) -> Result<u64, AppError> {
        let plain = self.store().seal_plain_passwords(ROWS_MAX).await?;
        if plain.is_empty() {
            return Ok(0);
        }
        let actor = self.store().platform_pseudonym().await?;
        self.store()
            .run_tx("upkeep.seal", async |tx: Tx| {
                let mut count = 0;
                for one in &plain {
                    count += u64::from(tx.replace_plain_password(one).await?);
                }
                let body = json!({ "table": "account", "sealed": count });
                let clauses = [ClauseId::r(22)];
                tx.append(&entry(&tx, "upkeep.sealed", &clauses, actor, body)?)
                    .await?;
                Ok::<_, AppError>(count)
            })
            .await
    }
}
