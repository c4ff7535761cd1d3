use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use yuntu_lake::{
    CancelToken, ColumnRole, DatasetKind, DatasetSnapshot, ImportPlan, ImportReport, LakeError,
    Mapping, Progress, Source,
};
use yuntu_policy::{Action, MissingFact, Refusal, Standing, StopReason};
use yuntu_store::{
    About, Dataset, DatasetColumn, ImportProgress, ImportStatus, NewDataset, NewImport, Tx,
};
use yuntu_terms::{ClauseId, DatasetId, Digest, ImportId, clause};

use crate::caller::{Caller, entry};
use crate::error::{AppError, Said};
use crate::platform::Platform;
use crate::running::{Task, Work};

/// What came of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The import.
    pub id: ImportId,
    /// What the lake did.
    pub report: ImportReport,
}

impl Platform {
    /// Creates a dataset whose columns are those of a confirmed mapping; it waits until its source is declared.
    ///
    /// # Errors
    /// [`AppError::Lake`] when the mapping does not hold together; [`AppError::Refused`] when the caller may not import.
    /// # Clause
    /// U3, R8
    pub async fn create_dataset(
        &self,
        caller: &Caller,
        name: &str,
        mapping: &Mapping,
    ) -> Result<DatasetId, AppError> {
        mapping.check()?;
        self.authorise(caller, Action::ImportData).await?;
        let actor = self.pseudonym(caller).await?;
        let new = NewDataset {
            name: name.to_owned(),
            about: match mapping.kind {
                DatasetKind::Persons => About::Persons,
                DatasetKind::Lookup => About::Things,
            },
            region: self.inner.region,
            columns: columns_of(mapping)?,
        };
        self.store()
            .run_tx("dataset.create", async |tx: Tx| {
                let id = tx.create_dataset(caller.enterprise, &new).await?;
                tx.confirm_columns(caller.enterprise, id, caller.representative)
                    .await?;
                let body = json!({
                    "enterprise": caller.enterprise, "dataset": id, "columns": new.columns.len(),
                });
                let clauses = [ClauseId::u(3), ClauseId::r(8)];
                tx.append_own(
                    caller,
                    &entry(&tx, "dataset.created", &clauses, actor, body)?,
                )
                .await?;
                Ok(id)
            })
            .await
    }

    /// Imports a file into a dataset; the same file twice changes nothing.
    ///
    /// # Errors
    /// [`AppError::Lake`] when the file cannot be read; what was committed before stays and the next call goes on there.
    /// # Clause
    /// U3, R13, R22
    pub async fn import_file(
        &self,
        caller: &Caller,
        dataset: DatasetId,
        mapping: &Mapping,
        path: &Path,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Imported, AppError> {
        let file = path.file_name().map(|it| it.to_string_lossy().into_owned());
        let source = Source::open(path).map_err(|source| AppError::File {
            file: file.unwrap_or_default(),
            source,
        })?;
        self.import(
            caller,
            dataset,
            mapping,
            source,
            (progress, &CancelToken::new()),
        )
        .await
    }

    /// Imports a source into a dataset, with a way to watch and to cancel it.
    ///
    /// # Errors
    /// As [`Platform::import_file`]; [`AppError::Invalid`] when the mapping is not the one whose classes were confirmed.
    /// # Clause
    /// U3, R13, R22
    pub async fn import(
        &self,
        caller: &Caller,
        dataset: DatasetId,
        mapping: &Mapping,
        source: Source,
        watch: (&(dyn Fn(Progress) + Send + Sync), &CancelToken),
    ) -> Result<Imported, AppError> {
        let work = Work::of(Task::Import, caller, [dataset]);
        let entered = self.enter(work, watch.1.clone());
        self.authorise(caller, Action::ImportData).await?;
        let described = self.fillable(caller, dataset).await?;
        if columns_of(mapping)? != described.columns {
            return Err(AppError::Invalid {
                what: "mapping",
                reason: Said::new(
                    "字段或其类别与建立数据集时确认的不同",
                    "its columns or their classes are not those that were confirmed for the dataset",
                ),
            });
        }
        self.check_meanings(caller, mapping).await?;
        let actor = self.pseudonym(caller).await?;
        let new = NewImport {
            dataset,
            instruction: None,
            mapping: to_value(mapping)?,
        };
        let id = self
            .store()
            .run_tx("import.create", async |tx: Tx| {
                let id = tx.create_import(caller.enterprise, &new).await?;
                let body =
                    json!({"enterprise": caller.enterprise, "dataset": dataset, "import": id});
                let started = entry(&tx, "import.started", &[ClauseId::u(3)], actor, body)?;
                tx.append_own(caller, &started).await?;
                Ok::<_, AppError>(id)
            })
            .await?;
        let flags = self.flag_log(caller, id, mapping);
        let plan = ImportPlan {
            enterprise: caller.enterprise,
            dataset,
            mapping: mapping.clone(),
        };
        let importing = self.inner.lake.import_with(&plan, source, watch, &flags);
        let outcome = entered.wind_down(importing).await;
        let outcome = outcome.unwrap_or(Err(LakeError::Cancelled));
        let (status, done, source) = ended(&outcome, watch.1, entered.stopped());
        let (loaded, quarantined) = (done.rows_loaded, done.rows_quarantined);
        self.store()
            .run_tx("import.finish", async |tx: Tx| {
                tx.finish_import(caller.enterprise, id, status, &done, source)
                    .await?;
                let body = json!({
                    "enterprise": caller.enterprise, "dataset": dataset, "import": id,
                    "status": status, "rows": loaded, "quarantined": quarantined,
                    "stopped": entered.stopped().map(StopReason::code),
                });
                let clauses = [ClauseId::u(3), ClauseId::r(22)];
                tx.append_own(
                    caller,
                    &entry(&tx, "import.finished", &clauses, actor, body)?,
                )
                .await?;
                Ok::<_, AppError>(())
            })
            .await?;
        match (outcome, entered.stopped()) {
            (Ok(report), _) => Ok(Imported { id, report }),
            (Err(_), Some(reason)) => Err(AppError::Stopped(reason)),
            (Err(error), None) => Err(error.into()),
        }
    }

    /// Finds a dataset of the caller's enterprise that nobody froze or ended.
    async fn fillable(&self, caller: &Caller, dataset: DatasetId) -> Result<Dataset, AppError> {
        let found = self.own_dataset(caller, dataset).await?;
        let read = self.store().read();
        let facts = read.facts().datasets(caller.enterprise, &[dataset]).await?;
        let stopped = facts
            .first()
            .and_then(|it| it.stopped(Action::ImportData, self.now()));
        let usable = matches!(found.standing, Standing::Active | Standing::Pending);
        let refusal = match (stopped, usable) {
            (None, true) => return Ok(found),
            (Some(refusal), _) => refusal,
            (None, false) => Refusal::for_want_of(MissingFact::DatasetStanding),
        };
        Err(self.refuse(caller, Action::ImportData, refusal).await?)
    }

    /// Freezes a dataset, or lifts the freeze: the next decision obeys, and what reads it is stopped.
    ///
    /// # Errors
    /// [`AppError::Store`] when there is no such dataset.
    /// # Clause
    /// U5
    pub async fn set_dataset_standing(
        &self,
        caller: &Caller,
        dataset: DatasetId,
        standing: Standing,
        reason: &str,
    ) -> Result<(), AppError> {
        clause::hit!(U5);
        self.authorise(caller, Action::DeclareSource).await?;
        let actor = self.pseudonym(caller).await?;
        self.store()
            .run_tx("dataset.standing", async |tx: Tx| {
                let enterprise = caller.enterprise;
                tx.set_dataset_standing(enterprise, dataset, standing, Some(reason))
                    .await?;
                let body =
                    json!({"enterprise": enterprise, "dataset": dataset, "standing": standing});
                let clauses = [ClauseId::u(5)];
                tx.append_own(
                    caller,
                    &entry(&tx, "dataset.standing", &clauses, actor, body)?,
                )
                .await?;
                Ok::<_, AppError>(())
            })
            .await?;
        if standing != Standing::Active {
            self.stop_where(StopReason::DatasetFrozen, |work| {
                work.datasets.contains(&dataset)
            });
        }
        Ok(())
    }

    /// Lists the datasets of the caller's enterprise.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not read reports.
    pub async fn list_datasets(&self, caller: &Caller) -> Result<Vec<Dataset>, AppError> {
        self.authorise(caller, Action::ViewReport).await?;
        Ok(self.store().read().list_datasets(caller.enterprise).await?)
    }

    /// Finds one dataset of the caller's enterprise.
    ///
    /// # Errors
    /// [`AppError::Missing`] when there is none, or it is another enterprise's.
    /// # Clause
    /// R23
    pub async fn own_dataset(
        &self,
        caller: &Caller,
        dataset: DatasetId,
    ) -> Result<Dataset, AppError> {
        let found = self
            .store()
            .read()
            .find_dataset(caller.enterprise, dataset)
            .await?;
        found.ok_or(AppError::Missing { what: "dataset" })
    }

    /// Shows one dataset of the caller's enterprise.
    ///
    /// # Errors
    /// [`AppError::Missing`] when there is none, or it is another enterprise's.
    /// # Clause
    /// R23
    pub async fn view_dataset(
        &self,
        caller: &Caller,
        dataset: DatasetId,
    ) -> Result<Dataset, AppError> {
        self.authorise(caller, Action::ViewReport).await?;
        self.own_dataset(caller, dataset).await
    }

    pub(crate) async fn snapshot(
        &self,
        caller: &Caller,
        dataset: DatasetId,
    ) -> Result<Option<Arc<DatasetSnapshot>>, AppError> {
        Ok(self
            .inner
            .lake
            .snapshot(caller.enterprise, dataset)
            .await?
            .map(Arc::new))
    }
}

fn columns_of(mapping: &Mapping) -> Result<Vec<DatasetColumn>, AppError> {
    let columns = mapping.kept().map(|column| {
        Ok(DatasetColumn {
            name: column.name.clone(),
            role: role_code(&column.role).to_owned(),
            class: column.class,
            data_type: to_value(&column.column_type)?.to_string(),
        })
    });
    columns.collect()
}

const fn role_code(role: &ColumnRole) -> &'static str {
    match role {
        ColumnRole::Identifier { .. } => "identifier",
        ColumnRole::Attribute => "attribute",
        ColumnRole::EventType => "event_type",
        ColumnRole::EventTime => "event_time",
        ColumnRole::Property => "property",
        ColumnRole::ConsentFlag => "consent_flag",
        ColumnRole::Ignored => "ignored",
    }
}

fn to_value(value: &impl serde::Serialize) -> Result<serde_json::Value, AppError> {
    serde_json::to_value(value).map_err(|_detail| AppError::Internal {
        what: "a value as JSON",
    })
}

/// Says how an import ended: its status, its counts, and the source's digest or the code of the failure.
fn ended(
    outcome: &Result<ImportReport, LakeError>,
    cancel: &CancelToken,
    stopped: Option<StopReason>,
) -> (
    ImportStatus,
    ImportProgress,
    Result<Option<Digest>, &'static str>,
) {
    let (status, loaded, quarantined, source) = match outcome {
        Ok(report) => (
            ImportStatus::Done,
            report.rows,
            report.quarantined,
            Ok(Some(report.import)),
        ),
        Err(_) if cancel.is_cancelled() => {
            let by = stopped.map_or(Ok(None), |reason| Err(reason.code()));
            (ImportStatus::Cancelled, 0, 0, by)
        }
        Err(_) => (ImportStatus::Failed, 0, 0, Err("lake")),
    };
    let done = ImportProgress {
        rows_read: loaded + quarantined,
        rows_loaded: loaded,
        rows_quarantined: quarantined,
        checkpoint: None,
    };
    (status, done, source)
}
