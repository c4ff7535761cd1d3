use std::collections::BTreeSet;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, prelude::Uuid};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use yuntu_terms::{
    DatasetId, DepositId, Digest, EnterpriseId, ImportId, InstructionId, RepresentativeId,
    Timestamp,
};
use yuntu_vault::{KeyScope, SealContext, Sealed};

use crate::entity::import_job;
use crate::error::StoreError;
use crate::read::Reader;
use crate::rows::{Place, moment, moment_if, to_json};
use crate::store::Store;

mod change;

const TABLE: &str = "import_job";

/// How far an import has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportStatus {
    /// Recorded, not begun.
    Queued,
    /// Rows are being read.
    Running,
    /// Every row is loaded or in quarantine.
    Done,
    /// It was cancelled; what was committed by then is live, and importing the same again goes on from there.
    Cancelled,
    /// It failed; what was committed by then is live, and importing the same again goes on from there.
    Failed,
}

impl ImportStatus {
    /// Says whether nothing more will come of it.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Cancelled | Self::Failed)
    }
}

/// Where the rows of an import come from, as a person knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceLabel {
    /// A file that was uploaded under this name.
    Upload(String),
    /// An object of the drop area at this path.
    Path(String),
    /// Rows that were sent one by one.
    Events,
}

/// The label of a source, sealed for its import and not written yet: names and paths may be about a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedSource {
    id: ImportId,
    bytes: Vec<u8>,
}

impl SealedSource {
    /// Returns the import that it belongs to.
    #[must_use]
    pub const fn import(&self) -> ImportId {
        self.id
    }
}

/// An import to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewImport {
    /// Into which dataset.
    pub dataset: DatasetId,
    /// On which instruction.
    pub instruction: Option<InstructionId>,
    /// How the columns are mapped, as the lake writes it.
    pub mapping: Value,
    /// Who asked for it.
    pub by: Option<RepresentativeId>,
    /// From where; an import without it is done by whoever recorded it.
    pub source: Option<SealedSource>,
    /// The deposit that holds the rows.
    pub deposit: Option<DepositId>,
    /// How long the source is.
    pub bytes_total: u64,
}

/// The present run of an import, of which each kill begins another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportRun {
    /// When it began.
    pub started: Timestamp,
    /// How many rows were read by then.
    pub rows: u64,
    /// How many bytes were read by then.
    pub bytes: u64,
}

/// How many rows an import has handled, and from where it goes on after a crash.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportProgress {
    /// Rows read.
    pub rows_read: u64,
    /// Rows loaded.
    pub rows_loaded: u64,
    /// Rows in quarantine.
    pub rows_quarantined: u64,
    /// Rows whose second identifier belonged to another person.
    pub conflicts: u64,
    /// Bytes of the source that are done.
    pub bytes_done: u64,
    /// Bytes of the source.
    pub bytes_total: u64,
    /// From where to go on, as the lake writes it.
    pub checkpoint: Option<Value>,
}

/// An import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The id.
    pub id: ImportId,
    /// Whose it is.
    pub enterprise: EnterpriseId,
    /// Into which dataset.
    pub dataset: DatasetId,
    /// How the columns are mapped.
    pub mapping: Value,
    /// How far it has come.
    pub status: ImportStatus,
    /// The rows handled.
    pub progress: ImportProgress,
    /// What the lake knows it by, from the digest of the source and the mapping, once a worker has begun it.
    pub source: Option<Digest>,
    /// Why it failed, by code.
    pub failure: Option<String>,
    /// Who asked for it.
    pub by: Option<RepresentativeId>,
    /// On which instruction; imports from before they cited one have none.
    pub instruction: Option<InstructionId>,
    /// The deposit that holds its rows.
    pub deposit: Option<DepositId>,
    /// Its present or last run.
    pub run: Option<ImportRun>,
    /// How many runs in a row have ended without reading anything new.
    pub runs_in_vain: u64,
    /// Since when it is to be cancelled.
    pub cancel_asked: Option<Timestamp>,
    /// Another import that had brought the same rows in; then this one changed nothing.
    pub same_as: Option<ImportId>,
    /// When it was recorded.
    pub created: Timestamp,
    /// When something was noted of it last.
    pub updated: Timestamp,
    /// When it ended.
    pub finished: Option<Timestamp>,
    source_sealed: Option<Vec<u8>>,
}

fn context(row: &[u8]) -> SealContext<'_> {
    SealContext {
        table: TABLE,
        row,
        column: "source_sealed",
    }
}

impl Store {
    /// Seals the label of a source for an import that is about to be recorded.
    ///
    /// # Errors
    /// [`StoreError::Vault`].
    ///
    /// # Clause
    /// R22
    pub async fn seal_source(
        &self,
        enterprise: EnterpriseId,
        id: ImportId,
        label: &SourceLabel,
    ) -> Result<SealedSource, StoreError> {
        let (scope, uuid) = (KeyScope::Enterprise(enterprise), id.uuid());
        let plain = to_json(label, "source of an import")?;
        let context = context(uuid.as_bytes());
        let sealed = self.vault.seal(&scope, &context, plain.as_bytes()).await?;
        let bytes = sealed.into_bytes();
        Ok(SealedSource { id, bytes })
    }

    /// Opens the label of an import's source; one that never had one has none.
    ///
    /// # Errors
    /// [`StoreError::Vault`] when it cannot be opened.
    pub async fn open_source(&self, import: &Import) -> Result<Option<SourceLabel>, StoreError> {
        let Some(bytes) = &import.source_sealed else {
            return Ok(None);
        };
        let sealed = Sealed::from_bytes(bytes.clone())?;
        let (scope, uuid) = (KeyScope::Enterprise(import.enterprise), import.id.uuid());
        let context = context(uuid.as_bytes());
        let plain = self.vault.unseal(&scope, &context, &sealed).await?;
        let text = String::from_utf8_lossy(plain.expose());
        Place(TABLE, "source_sealed").json(&text).map(Some)
    }
}

impl Reader {
    /// Finds an import of this enterprise.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] when the row cannot be read, or a fault of the database.
    pub async fn find_import(
        &self,
        enterprise: EnterpriseId,
        id: ImportId,
    ) -> Result<Option<Import>, StoreError> {
        let row = import_job::Entity::find_by_id(id.uuid())
            .filter(import_job::Column::EnterpriseId.eq(enterprise.uuid()))
            .one(&self.link)
            .await?;
        row.map(import_of).transpose()
    }

    /// Lists the newest imports into a dataset, newest first.
    ///
    /// # Errors
    /// As [`Reader::find_import`].
    pub async fn list_imports(
        &self,
        enterprise: EnterpriseId,
        dataset: DatasetId,
        limit: u64,
    ) -> Result<Vec<Import>, StoreError> {
        let rows = import_job::Entity::find()
            .filter(import_job::Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(import_job::Column::DatasetId.eq(dataset.uuid()))
            .order_by_desc(import_job::Column::CreatedAt)
            .order_by_desc(import_job::Column::Id)
            .limit(limit)
            .all(&self.link)
            .await?;
        rows.into_iter().map(import_of).collect()
    }
}

impl Reader {
    /// Lists the newest imports on an instruction of this enterprise, newest first.
    ///
    /// # Errors
    /// As [`Reader::find_import`].
    ///
    /// # Clause
    /// U2
    pub async fn imports_under(
        &self,
        enterprise: EnterpriseId,
        instruction: InstructionId,
        limit: u64,
    ) -> Result<Vec<Import>, StoreError> {
        let rows = import_job::Entity::find()
            .filter(import_job::Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(import_job::Column::InstructionId.eq(instruction.uuid()))
            .order_by_desc(import_job::Column::CreatedAt)
            .order_by_desc(import_job::Column::Id)
            .limit(limit)
            .all(&self.link)
            .await?;
        rows.into_iter().map(import_of).collect()
    }

    /// Lists the datasets of an enterprise into which rows came, by an import that is done or by one that is not.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn datasets_with_rows(
        &self,
        enterprise: EnterpriseId,
    ) -> Result<BTreeSet<DatasetId>, StoreError> {
        let found: Vec<Uuid> = import_job::Entity::find()
            .select_only()
            .column(import_job::Column::DatasetId)
            .distinct()
            .filter(import_job::Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(import_job::Column::RowsLoaded.gt(0))
            .into_tuple()
            .all(&self.link)
            .await?;
        Ok(found.into_iter().map(DatasetId::from_uuid).collect())
    }
}

fn import_of(row: import_job::Model) -> Result<Import, StoreError> {
    let place = |column| Place(TABLE, column);
    // Imports from before these columns came have nothing in them.
    let count = |column, found: Option<i64>| place(column).count(found.unwrap_or(0));
    let run = match row.run_started_at {
        Some(started) => Some(ImportRun {
            started: moment(started),
            rows: count("run_rows", row.run_rows)?,
            bytes: count("run_bytes", row.run_bytes)?,
        }),
        None => None,
    };
    Ok(Import {
        id: ImportId::from_uuid(row.id),
        enterprise: EnterpriseId::from_uuid(row.enterprise_id),
        dataset: DatasetId::from_uuid(row.dataset_id),
        mapping: place("mapping").json(&row.mapping)?,
        status: place("status").code(&row.status)?,
        progress: ImportProgress {
            rows_read: place("rows_read").count(row.rows_read)?,
            rows_loaded: place("rows_loaded").count(row.rows_loaded)?,
            rows_quarantined: place("rows_quarantined").count(row.rows_quarantined)?,
            conflicts: count("conflicts", row.conflicts)?,
            bytes_done: count("bytes_done", row.bytes_done)?,
            bytes_total: count("bytes_total", row.bytes_total)?,
            checkpoint: row
                .checkpoint
                .map(|text| place("checkpoint").json(&text))
                .transpose()?,
        },
        source: row
            .source_digest
            .map(|bytes| place("source_digest").digest(&bytes))
            .transpose()?,
        failure: row.failure,
        by: row.representative_id.map(RepresentativeId::from_uuid),
        instruction: row.instruction_id.map(InstructionId::from_uuid),
        deposit: row.deposit_id.map(DepositId::from_uuid),
        run,
        runs_in_vain: count("runs_in_vain", row.runs_in_vain)?,
        cancel_asked: moment_if(row.cancel_asked_at),
        same_as: row.same_as.map(ImportId::from_uuid),
        source_sealed: row.source_sealed,
        created: moment(row.created_at),
        updated: moment(row.updated_at),
        finished: moment_if(row.finished_at),
    })
}
