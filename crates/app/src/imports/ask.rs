//! Asking for an import: the file is laid down, or named in the drop area, and a job is recorded.

use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use serde_json::{Value, json};
use yuntu_lake::{Deposit, DropArea, LakeError, Mapping, PathFault, SourceFault};
use yuntu_ledger::Pseudonym;
use yuntu_policy::Action;
use yuntu_store::{NewImport, NewJob, SealedSource, SourceLabel, Tx};
use yuntu_terms::{ClauseId, DatasetId, DepositId, ImportId, clause};

use super::lanes::Lane;
use super::propose::{Lowered, lowered};
use super::under::instruction_to_import;
use crate::caller::{Caller, entry};
use crate::datasets::{is_mapping_of, to_value};
use crate::error::{AppError, Said};
use crate::platform::Platform;

/// How long a name of a file is kept; what is beyond tells nobody anything.
const NAME_CHARS_MAX: usize = 200;

/// From where the rows of an import come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportFrom {
    /// From a file that was laid down.
    Deposit(DepositId),
    /// From the drop area: one file, or every file below a folder in the order of their names.
    Path(String),
}

/// A file for a new dataset, and what a person says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelivery {
    /// The file, or the files.
    pub from: ImportFrom,
    /// The name of the dataset.
    pub name: String,
    /// What the columns are.
    pub mapping: Mapping,
    /// Why classes are lower than was proposed.
    pub lowered: Vec<Lowered>,
}

/// One import to be recorded.
pub(super) struct Wanted {
    pub(super) source: SealedSource,
    pub(super) deposit: Option<DepositId>,
    pub(super) bytes: u64,
}

impl Platform {
    /// Lays a file down while it arrives: sealed, in pages, until its import has ended, and for seven days where nobody imports it.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not import; [`AppError::Lake`] when the file is empty, too large or breaks
    /// off, of which nothing stays then.
    /// # Clause
    /// U3, R13, R22
    pub async fn lay_deposit<S>(
        &self,
        caller: &Caller,
        name: &str,
        content: S,
    ) -> Result<Deposit, AppError>
    where
        S: Stream<Item = std::io::Result<Bytes>> + Send,
    {
        self.authorise(caller, Action::ImportData).await?;
        let most = self.inner.intake.file_bytes_max;
        self.lay(caller, &shown_name(name), content, most).await
    }

    pub(super) async fn lay<S>(
        &self,
        caller: &Caller,
        name: &str,
        content: S,
        most: u64,
    ) -> Result<Deposit, AppError>
    where
        S: Stream<Item = std::io::Result<Bytes>> + Send,
    {
        clause::hit!(U3);
        let id: DepositId = self.new_id()?;
        let (store, enterprise) = (self.store(), caller.enterprise);
        store.begin_deposit(enterprise, id, name).await?;
        let laid = self.inner.lake.deposit(enterprise, id, content, most).await;
        let deposit = match laid {
            Ok(deposit) => deposit,
            Err(error) => {
                // The first error is the one to tell; a row that stays is swept within a day.
                drop(self.forget_deposit(enterprise, id).await);
                return Err(error.into());
            }
        };
        let actor = self.pseudonym(caller).await?;
        store
            .run_tx("deposit.lay", async |tx: Tx| {
                tx.finish_deposit(enterprise, id, deposit.bytes).await?;
                let body = json!({"enterprise": enterprise, "deposit": id, "bytes": deposit.bytes});
                let clauses = [ClauseId::u(3), ClauseId::r(22)];
                let laid = entry(&tx, "deposit.laid", &clauses, actor, body)?;
                tx.append_own(caller, &laid).await?;
                Ok::<_, AppError>(())
            })
            .await?;
        Ok(deposit)
    }

    /// Makes a dataset of a file whose columns a person has confirmed, and asks for its import; returns the first import.
    ///
    /// # Errors
    /// [`AppError::Invalid`] when a class was lowered without a reason; else as [`Platform::create_dataset`] and
    /// [`Platform::begin_import`].
    /// # Clause
    /// U3, R8
    pub async fn create_from(
        &self,
        caller: &Caller,
        new: &NewDelivery,
    ) -> Result<(DatasetId, ImportId), AppError> {
        new.mapping.check()?;
        self.authorise(caller, Action::ImportData).await?;
        self.check_meanings(caller, &new.mapping).await?;
        let (_, proposal) = self.proposal(caller, &new.from).await?;
        let lowered = lowered(&proposal, &new.mapping, &new.lowered)?;
        let wanted = self.wanted(caller, &new.from).await?;
        let actor = self.pseudonym(caller).await?;
        let dataset = self.described(&new.name, &new.mapping)?;
        let mapping = to_value(&new.mapping)?;
        let small = self.inner.intake.small_bytes_max;
        self.store()
            .run_tx("dataset.create", async |tx: Tx| {
                let id = tx.create_dataset(caller.enterprise, &dataset).await?;
                tx.confirm_columns(caller.enterprise, id, caller.representative)
                    .await?;
                tx.keep_mapping(caller.enterprise, id, &mapping).await?;
                let body = json!({
                    "enterprise": caller.enterprise, "dataset": id,
                    "columns": dataset.columns.len(), "lowered": lowered,
                });
                let clauses = [ClauseId::u(3), ClauseId::r(8)];
                let created = entry(&tx, "dataset.created", &clauses, actor, body)?;
                tx.append_own(caller, &created).await?;
                let (mapping, wanted) = ((&mapping, &[][..]), (wanted.as_slice(), small));
                let imports = record(&tx, (caller, actor), id, mapping, wanted).await?;
                let first = imports.first().copied();
                Ok((id, first.ok_or(AppError::Internal { what: "import" })?))
            })
            .await
    }

    /// Asks for the import of a file, or of each file below a folder of the drop area; a worker brings the rows in.
    ///
    /// Without a mapping, the one counts that was confirmed for the dataset. The first file of a dataset that was made without
    /// one is held against what is proposed of it.
    ///
    /// # Errors
    /// [`AppError::Refused`] when the caller may not import, [`AppError::Missing`] when the enterprise has no such dataset
    /// or deposit, [`AppError::Invalid`] when the mapping is not the one whose classes were confirmed or a class was lowered
    /// without a reason, [`AppError::Lake`] when the drop area has nothing there.
    /// # Clause
    /// U3, R8, R13
    pub async fn begin_import(
        &self,
        caller: &Caller,
        dataset: DatasetId,
        from: &ImportFrom,
        mapping: Option<&Mapping>,
    ) -> Result<Vec<ImportId>, AppError> {
        self.begin_import_lowered(caller, dataset, from, (mapping, &[]))
            .await
    }

    /// Asks for an import as [`Platform::begin_import`] does, and says why classes are lower than is proposed of the first file.
    ///
    /// # Errors
    /// As [`Platform::begin_import`].
    /// # Clause
    /// U3, R8, R13
    pub async fn begin_import_lowered(
        &self,
        caller: &Caller,
        dataset: DatasetId,
        from: &ImportFrom,
        (mapping, reasons): (Option<&Mapping>, &[Lowered]),
    ) -> Result<Vec<ImportId>, AppError> {
        self.authorise(caller, Action::ImportData).await?;
        let mapping = self.confirmed_mapping(caller, dataset, mapping).await?;
        let compared = (from, &mapping, reasons);
        let lowered = self.compare_first(caller, dataset, compared).await?;
        let wanted = self.wanted(caller, from).await?;
        self.record_imports(caller, dataset, (&mapping, &lowered), &wanted)
            .await
    }

    /// Holds the first file of a dataset that was made without one against what is proposed of it; returns what the ledger
    /// keeps of the classes that are lower. A dataset that was made of a file has an import from its first moment on.
    pub(super) async fn compare_first(
        &self,
        caller: &Caller,
        dataset: DatasetId,
        (from, mapping, reasons): (&ImportFrom, &Mapping, &[Lowered]),
    ) -> Result<Vec<Value>, AppError> {
        let read = self.store().read();
        let imports = read.list_imports(caller.enterprise, dataset, 1).await?;
        if imports.is_empty() {
            let (_, proposal) = self.proposal(caller, from).await?;
            return lowered(&proposal, mapping, reasons);
        }
        if reasons.is_empty() {
            return Ok(Vec::new());
        }
        Err(AppError::Invalid {
            what: "lowered",
            reason: Said::new(
                "仅可随数据集的第一个文件提供；此后更改类别请使用字段类别的接口或标签页",
                "it goes with the first file of a dataset; afterwards a class is changed by its own request or on the page of the labels",
            ),
        })
    }

    pub(super) async fn record_imports(
        &self,
        caller: &Caller,
        dataset: DatasetId,
        (mapping, lowered): (&Mapping, &[Value]),
        wanted: &[Wanted],
    ) -> Result<Vec<ImportId>, AppError> {
        let actor = self.pseudonym(caller).await?;
        let mapping = to_value(mapping)?;
        let small = self.inner.intake.small_bytes_max;
        self.store()
            .run_tx("import.create", async |tx: Tx| {
                let (mapping, wanted) = ((&mapping, lowered), (wanted, small));
                record(&tx, (caller, actor), dataset, mapping, wanted).await
            })
            .await
    }

    /// Returns the mapping with which files of the dataset are read: the given one, which must make the columns that were
    /// confirmed, or the confirmed one.
    pub(crate) async fn confirmed_mapping(
        &self,
        caller: &Caller,
        dataset: DatasetId,
        given: Option<&Mapping>,
    ) -> Result<Mapping, AppError> {
        let described = self.fillable(caller, dataset).await?;
        let mapping = match given {
            Some(mapping) => mapping.clone(),
            None => self.kept_mapping(caller, dataset).await?,
        };
        mapping.check()?;
        if !is_mapping_of(&mapping, &described)? {
            return Err(AppError::Invalid {
                what: "mapping",
                reason: Said::new(
                    "字段与数据集的不同",
                    "its columns are not those of the dataset",
                ),
            });
        }
        let mapping = self.as_made(dataset, &mapping).await?;
        self.check_meanings(caller, &mapping).await?;
        Ok(mapping)
    }

    async fn kept_mapping(&self, caller: &Caller, dataset: DatasetId) -> Result<Mapping, AppError> {
        let read = self.store().read();
        let kept = read.find_mapping(caller.enterprise, dataset).await?;
        let kept = if kept.is_some() {
            kept
        } else {
            // A dataset from before mappings were kept has that of its last import.
            let imports = read.list_imports(caller.enterprise, dataset, 1).await?;
            imports.into_iter().next().map(|import| import.mapping)
        };
        let kept = kept.ok_or(AppError::Invalid {
            what: "mapping",
            reason: Said::new(
                "该数据集还没有映射；请随第一次导入提供",
                "the dataset has no mapping yet; give it with the first import",
            ),
        })?;
        serde_json::from_value(kept).map_err(|_other| AppError::Internal {
            what: "a mapping that was kept",
        })
    }

    /// Returns where enterprises put files by themselves.
    pub(super) fn drop_area(&self) -> Result<&DropArea, AppError> {
        let none = || LakeError::from(SourceFault::Path(PathFault::NoDropArea));
        Ok(self.inner.intake.drop_area.as_ref().ok_or_else(none)?)
    }

    /// Finds what there is to import, and seals how a person knows it.
    async fn wanted(&self, caller: &Caller, from: &ImportFrom) -> Result<Vec<Wanted>, AppError> {
        let (store, enterprise) = (self.store(), caller.enterprise);
        let seal = async |label: &SourceLabel| {
            let id: ImportId = self.new_id()?;
            Ok::<_, AppError>(store.seal_source(enterprise, id, label).await?)
        };
        match from {
            ImportFrom::Deposit(deposit) => {
                let found = store.find_deposit(enterprise, *deposit).await?;
                let missing = AppError::Missing { what: "deposit" };
                let Some((name, bytes)) = found.and_then(|row| Some((row.name, row.bytes?))) else {
                    return Err(missing);
                };
                let source = seal(&SourceLabel::Upload(name)).await?;
                let deposit = Some(*deposit);
                Ok(vec![Wanted {
                    source,
                    deposit,
                    bytes,
                }])
            }
            ImportFrom::Path(path) => {
                let area = self.drop_area()?;
                let mut wanted = Vec::new();
                for path in area.list(enterprise, path).await? {
                    let source = seal(&SourceLabel::Path(path)).await?;
                    let deposit = None;
                    wanted.push(Wanted {
                        source,
                        deposit,
                        bytes: 0,
                    });
                }
                Ok(wanted)
            }
        }
    }
}

/// Records imports and their jobs, which run in this order.
async fn record(
    tx: &Tx,
    (caller, actor): (&Caller, Pseudonym),
    dataset: DatasetId,
    (mapping, lowered): (&Value, &[Value]),
    (wanted, small_bytes_max): (&[Wanted], u64),
) -> Result<Vec<ImportId>, AppError> {
    let instruction = instruction_to_import(tx, (caller, actor), dataset).await?;
    let mut imports = Vec::with_capacity(wanted.len());
    for (place, one) in (0..).zip(wanted) {
        // The oldest is taken first.
        let before = Duration::from_micros(wanted.len() as u64 - place);
        let new = NewImport {
            dataset,
            instruction: Some(instruction),
            mapping: mapping.clone(),
            by: Some(caller.representative),
            source: Some(one.source.clone()),
            deposit: one.deposit,
            bytes_total: one.bytes,
        };
        let lane = Lane::of(one.deposit, one.bytes, small_bytes_max);
        let id = tx.create_import(caller.enterprise, &new).await?;
        tx.enqueue_job(&NewJob {
            kind: lane.kind().to_owned(),
            enterprise: Some(caller.enterprise),
            payload: json!({ "import": id }),
            run_at: tx.now().minus(before),
            // Each kill takes an attempt; an import that comes no further is given up by its own count.
            attempts_max: u32::MAX,
            dedupe_key: Some(id.to_string()),
        })
        .await?;
        let body = json!({
            "enterprise": caller.enterprise, "dataset": dataset, "import": id,
            "instruction": instruction, "lowered": lowered,
        });
        let started = entry(tx, "import.started", &[ClauseId::u(3)], actor, body)?;
        tx.append_own(caller, &started).await?;
        imports.push(id);
    }
    Ok(imports)
}

/// Takes the last part of a name, in one line and not too long; some browsers send whole paths.
fn shown_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let visible = last.chars().filter(|sign| !sign.is_control());
    visible.take(NAME_CHARS_MAX).collect()
}
