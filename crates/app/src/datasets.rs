use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use yuntu_lake::{
    CancelToken, ColumnRole, DatasetKind, DatasetSnapshot, ImportPlan, ImportReport, LakeError,
    Mapping, Progress, Source,
};
use yuntu_ledger::Pseudonym;
use yuntu_policy::{Action, MissingFact, Refusal, Standing, StopReason};
use yuntu_store::{
    About, Dataset, DatasetColumn, ImportProgress, ImportStatus, NewDataset, NewImport, Tx,
};
use yuntu_terms::{ClauseId, DatasetId, Digest, ImportId};

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
        let new = self.described(name, mapping)?;
        let kept = to_value(mapping)?;
        self.store()
            .run_tx("dataset.create", async |tx: Tx| {
                let id = tx.create_dataset(caller.enterprise, &new).await?;
                tx.confirm_columns(caller.enterprise, id, caller.representative)
                    .await?;
                tx.keep_mapping(caller.enterprise, id, &kept).await?;
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

    /// Describes a dataset as its mapping makes it.
    pub(crate) fn described(&self, name: &str, mapping: &Mapping) -> Result<NewDataset, AppError> {
        Ok(NewDataset {
            name: name.to_owned(),
            about: match mapping.kind {
                DatasetKind::Persons => About::Persons,
                DatasetKind::Lookup => About::Things,
            },
            region: self.inner.region,
            columns: columns_of(mapping)?,
        })
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
        self.authorise(caller, Action::ImportData).await?;
        self.own_dataset(caller, dataset).await?;
        let actor = self.pseudonym(caller).await?;
        let instruction = self.instruct_import((caller, actor), dataset).await?;
        let work = Work {
            instruction: Some(instruction),
            ..Work::of(Task::Import, caller, [dataset])
        };
        let entered = self.enter(work, watch.1.clone());
        // Once more, for what was decided before the work was registered.
        self.authorise(caller, Action::ImportData).await?;
        let mapping = &self
            .confirmed_mapping(caller, dataset, Some(mapping))
            .await?;
        let new = NewImport {
            dataset,
            instruction: Some(instruction),
            mapping: to_value(mapping)?,
            by: Some(caller.representative),
            source: None,
            deposit: None,
            bytes_total: source.len(),
        };
        let id = self.create_import((caller, actor), &new).await?;
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

    async fn create_import(
        &self,
        (caller, actor): (&Caller, Pseudonym),
        new: &NewImport,
    ) -> Result<ImportId, AppError> {
        self.store()
            .run_tx("import.create", async |tx: Tx| {
                let id = tx.create_import(caller.enterprise, new).await?;
                let body = json!({
                    "enterprise": caller.enterprise, "dataset": new.dataset, "import": id,
                    "instruction": new.instruction,
                });
                let started = entry(&tx, "import.started", &[ClauseId::u(3)], actor, body)?;
                tx.append_own(caller, &started).await?;
                Ok(id)
            })
            .await
    }

    /// Finds a dataset of the caller's enterprise that nobody froze or ended.
    pub(crate) async fn fillable(
        &self,
        caller: &Caller,
        dataset: DatasetId,
    ) -> Result<Dataset, AppError> {
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

    /// Gives a mapping the classes that its dataset was made with, so that a delivery is known again whatever class changed
    /// since. It names the classes of then or of now.
    ///
    /// # Errors
    /// [`AppError::Invalid`] when it names another.
    pub(crate) async fn as_made(
        &self,
        dataset: DatasetId,
        mapping: &Mapping,
    ) -> Result<Mapping, AppError> {
        let classes = self.store().read().list_classes(dataset).await?;
        let mut mapping = mapping.clone();
        for column in &mut mapping.columns {
            if let Some(known) = classes.iter().find(|it| it.name == column.name) {
                let first = known.changes.first().map(|it| it.from);
                let first = first.unwrap_or(known.class);
                if ![known.class, first].contains(&column.class) {
                    return Err(AppError::Invalid {
                        what: "mapping",
                        reason: Said::new(
                            "字段的类别与已确认的不同；更改类别请在数据集的标签页进行",
                            "the class of a column is not the one that was confirmed; a class is changed on the page of the labels",
                        ),
                    });
                }
                column.class = first;
            }
        }
        Ok(mapping)
    }

    pub(crate) async fn snapshot(
        &self,
        caller: &Caller,
        dataset: DatasetId,
    ) -> Result<Option<Arc<DatasetSnapshot>>, AppError> {
        let (lake, enterprise) = (&self.inner.lake, caller.enterprise);
        let Some(found) = lake.snapshot(enterprise, dataset).await? else {
            return Ok(None);
        };
        // A class that changed before anything was loaded, or just before a crash, has not reached the files yet.
        let described = self.own_dataset(caller, dataset).await?;
        let classes = described.columns.into_iter().map(|it| (it.name, it.class));
        let classes: Vec<_> = classes.collect();
        let is_stale = found.columns.iter().any(|column| {
            let mut known = classes.iter().filter(|(name, _)| *name == column.name);
            known.any(|(_, class)| *class != column.class)
        });
        if !is_stale {
            return Ok(Some(Arc::new(found)));
        }
        lake.set_classes(enterprise, dataset, &classes).await?;
        Ok(lake.snapshot(enterprise, dataset).await?.map(Arc::new))
    }
}

/// Says whether a mapping makes the columns of a dataset. Their classes may have changed since, and then those of the dataset
/// count.
pub(crate) fn is_mapping_of(mapping: &Mapping, dataset: &Dataset) -> Result<bool, AppError> {
    let made = columns_of(mapping)?;
    let alike = |(one, other): (&DatasetColumn, &DatasetColumn)| {
        (&one.name, &one.role, &one.data_type) == (&other.name, &other.role, &other.data_type)
    };
    Ok(made.len() == dataset.columns.len() && made.iter().zip(&dataset.columns).all(alike))
}

pub(crate) fn columns_of(mapping: &Mapping) -> Result<Vec<DatasetColumn>, AppError> {
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

pub(crate) fn to_value(value: &impl serde::Serialize) -> Result<serde_json::Value, AppError> {
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
        ..ImportProgress::default()
    };
    (status, done, source)
}
