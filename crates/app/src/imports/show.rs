//! Imports as a person follows them: how far, how fast, why not, and which rows did not fit.

use futures::Stream;
use yuntu_lake::{LakeError, QuarantinedRow};
use yuntu_policy::Action;
use yuntu_store::{Import, ImportStatus, SourceLabel, StoreError, Tx};
use yuntu_terms::{ClauseId, DatasetId, Digest, ImportId, clause};

use serde_json::json;

use crate::caller::{Caller, entry};
use crate::error::{AppError, Said};
use crate::platform::Platform;

/// How many imports a list shows.
const IMPORTS_SHOWN: u64 = 200;

/// How fast an import goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Rows in a second, in the present run.
    pub rows_per_second: u64,
    /// How many seconds it still takes at that pace.
    pub seconds_left: u64,
}

/// An import and what goes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportView {
    /// The import.
    pub import: Import,
    /// From where its rows come.
    pub source: Option<SourceLabel>,
    /// How fast it goes, once that can be said.
    pub pace: Option<Pace>,
    /// Whether an earlier run of it was interrupted, so that this one goes on from there.
    pub resumed: bool,
}

/// Rows that did not fit, in batches: lines, columns and reasons, without values.
pub struct Quarantine {
    /// The import.
    pub import: ImportId,
    /// The batches.
    pub batches:
        std::pin::Pin<Box<dyn Stream<Item = Result<Vec<QuarantinedRow>, LakeError>> + Send>>,
}

impl std::fmt::Debug for Quarantine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Quarantine")
            .field("import", &self.import)
            .finish_non_exhaustive()
    }
}

impl Platform {
    /// Lists the imports into a dataset, newest first.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not read reports, [`AppError::Missing`] when the enterprise has no such
    /// dataset.
    /// # Clause
    /// U3, R23
    pub async fn list_imports(
        &self,
        caller: &Caller,
        dataset: DatasetId,
    ) -> Result<Vec<ImportView>, AppError> {
        self.authorise(caller, Action::ViewReport).await?;
        self.own_dataset(caller, dataset).await?;
        let read = self.store().read();
        let mut views = Vec::new();
        for import in read
            .list_imports(caller.enterprise, dataset, IMPORTS_SHOWN)
            .await?
        {
            views.push(self.shown_import(import).await?);
        }
        Ok(views)
    }

    /// Shows one import.
    ///
    /// # Errors
    /// [`AppError::Missing`] when the enterprise has no such import into the dataset; else as [`Platform::list_imports`].
    /// # Clause
    /// U3, R23
    pub async fn view_import(
        &self,
        caller: &Caller,
        dataset: DatasetId,
        id: ImportId,
    ) -> Result<ImportView, AppError> {
        self.authorise(caller, Action::ViewReport).await?;
        let import = self.own_import(caller, dataset, id).await?;
        self.shown_import(import).await
    }

    /// Opens the list of the rows that an import could not take.
    ///
    /// # Errors
    /// As [`Platform::view_import`], [`AppError::Lake`].
    /// # Clause
    /// U3, R23
    pub async fn quarantine_of_import(
        &self,
        caller: &Caller,
        dataset: DatasetId,
        id: ImportId,
    ) -> Result<Quarantine, AppError> {
        self.authorise(caller, Action::ViewReport).await?;
        let import = self.own_import(caller, dataset, id).await?;
        let nothing = Digest::new([0; 32]);
        let known = import.source.unwrap_or(nothing);
        let lake = &self.inner.lake;
        let found = lake
            .quarantine_batches(caller.enterprise, dataset, known)
            .await;
        let batches: std::pin::Pin<Box<dyn Stream<Item = _> + Send>> = match found {
            Ok(batches) => Box::pin(batches),
            // Nothing came in yet, so nothing was refused.
            Err(LakeError::NoDataset(_)) => Box::pin(futures::stream::empty()),
            Err(error) => return Err(error.into()),
        };
        Ok(Quarantine {
            import: id,
            batches,
        })
    }

    /// Asks that an import stops: one that waits ends at once, one that runs within a second or two. What was committed
    /// stays, and the same file imported again goes on from there.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not import, [`AppError::Missing`] when the enterprise has no such import,
    /// [`AppError::Invalid`] when it has ended.
    /// # Clause
    /// U2
    pub async fn cancel_import(
        &self,
        caller: &Caller,
        dataset: DatasetId,
        id: ImportId,
    ) -> Result<ImportStatus, AppError> {
        clause::hit!(U2);
        self.authorise(caller, Action::ImportData).await?;
        self.own_import(caller, dataset, id).await?;
        let actor = self.pseudonym(caller).await?;
        let asked = self
            .store()
            .run_tx("import.cancel", async |tx: Tx| {
                let status = tx.cancel_import(caller.enterprise, id).await?;
                tx.hasten_job(&id.to_string()).await?;
                let body = json!({
                    "enterprise": caller.enterprise, "dataset": dataset, "import": id, "status": status,
                });
                let cancelled = entry(&tx, "import.cancelled", &[ClauseId::u(2)], actor, body)?;
                tx.append_own(caller, &cancelled).await?;
                Ok::<_, AppError>(status)
            })
            .await;
        match asked {
            Err(AppError::Store(StoreError::Conflict { .. })) => Err(AppError::Invalid {
                what: "import",
                reason: Said::new(
                    "该导入已经结束，无法取消",
                    "it has ended already and cannot be cancelled",
                ),
            }),
            asked => asked,
        }
    }

    async fn own_import(
        &self,
        caller: &Caller,
        dataset: DatasetId,
        id: ImportId,
    ) -> Result<Import, AppError> {
        let read = self.store().read();
        let found = read.find_import(caller.enterprise, id).await?;
        let found = found.filter(|import| import.dataset == dataset);
        found.ok_or(AppError::Missing { what: "import" })
    }

    async fn shown_import(&self, import: Import) -> Result<ImportView, AppError> {
        Ok(ImportView {
            source: self.store().open_source(&import).await?,
            pace: pace(&import),
            resumed: import.run.is_some_and(|run| run.rows > 0),
            import,
        })
    }
}

fn pace(import: &Import) -> Option<Pace> {
    let run = import.run.filter(|_run| !import.status.is_final())?;
    let micros = import.updated.as_micros() - run.started.as_micros();
    let seconds = u64::try_from(micros).ok()? / 1_000_000;
    let progress = &import.progress;
    let (rows, bytes) = (
        progress.rows_read.checked_sub(run.rows)?,
        progress.bytes_done.checked_sub(run.bytes)?,
    );
    let left = progress.bytes_total.saturating_sub(progress.bytes_done);
    // Bytes are counted by billions and seconds by thousands: the product fits 128 bits.
    let seconds_left = u128::from(left) * u128::from(seconds);
    Some(Pace {
        rows_per_second: rows.checked_div(seconds)?,
        seconds_left: u64::try_from(seconds_left.checked_div(bytes.into())?).ok()?,
    })
}
