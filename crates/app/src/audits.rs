//! What an auditor takes away: how often each thing was done, and that the ledger which says so holds.

use serde::Serialize;
use yuntu_ledger::{LedgerError, verify_dir};
use yuntu_terms::{Digest, Timestamp, clause};

use crate::error::AppError;
use crate::platform::Platform;

/// A report over a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Audit {
    /// From when on, inclusive.
    pub from: Timestamp,
    /// Until when, exclusive.
    pub until: Timestamp,
    /// Each kind of act, by its name in the ledger.
    pub acts: Vec<AuditedAct>,
    /// How many entries the whole ledger holds, each of them recomputed for this report.
    pub entries: u64,
    /// The root over all of them.
    pub root: Digest,
    /// The signed checkpoint that vouches for the root.
    pub checkpoint: String,
}

/// How often something was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditedAct {
    /// The kind of entry.
    pub kind: String,
    /// How often.
    pub count: u64,
    /// When first in the period.
    pub first: Timestamp,
    /// When last in the period.
    pub last: Timestamp,
}

impl Platform {
    /// Recomputes the whole ledger and counts what was done in a period.
    ///
    /// # Errors
    /// [`AppError::Flaw`] when the ledger does not hold, with the place; [`AppError::Store`].
    /// # Clause
    /// R23
    pub async fn audit(&self, from: Timestamp, until: Timestamp) -> Result<Audit, AppError> {
        clause::hit!(R23);
        match self.sequence().await {
            // A server that runs on the installation takes in what waits.
            Ok(_) | Err(AppError::Ledger(LedgerError::Locked)) => {}
            Err(error) => return Err(error),
        }
        let (folder, key) = (self.inner.ledger.clone(), self.verifier().clone());
        let verified = tokio::task::spawn_blocking(move || verify_dir(&folder, Some(&key)));
        let verified = verified.await.map_err(|_stopped| AppError::Internal {
            what: "a verification that stopped",
        })??;
        let checkpoint = verified.checkpoint;
        let counted = self.store().read().count_entries(from, until).await?;
        let acts = counted.into_iter().map(|it| AuditedAct {
            kind: it.kind,
            count: it.count,
            first: it.first,
            last: it.last,
        });
        Ok(Audit {
            from,
            until,
            acts: acts.collect(),
            entries: checkpoint.size(),
            root: checkpoint.root(),
            checkpoint: checkpoint.note().to_owned(),
        })
    }
}
