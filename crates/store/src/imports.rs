use std::collections::BTreeSet;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, prelude::Uuid};
use serde_json::Value;
use yuntu_terms::{DatasetId, Digest, EnterpriseId, ImportId, InstructionId, Timestamp};

use crate::entity::import_job;
use crate::error::StoreError;
use crate::read::Reader;
use crate::rows::{Place, insert, moment, moment_if, number, one_row, to_code, to_json};
use crate::store::Store;
use crate::tx::Tx;

const TABLE: &str = "import_job";

/// How far an import has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportStatus {
    /// Recorded, not begun.
    Queued,
    /// Rows are being read.
    Running,
    /// Every row is loaded or in quarantine.
    Done,
    /// It was cancelled; nothing of it is live.
    Cancelled,
    /// It failed; nothing of it is live.
    Failed,
}

impl ImportStatus {
    const fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Cancelled | Self::Failed)
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
    /// The digest of the source, once it is read to its end.
    pub source: Option<Digest>,
    /// Why it failed, by code.
    pub failure: Option<String>,
    /// When it was recorded.
    pub created: Timestamp,
    /// When it ended.
    pub finished: Option<Timestamp>,
}

impl Tx {
    /// Records an import to begin.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such dataset.
    ///
    /// # Clause
    /// U2, U3
    pub async fn create_import(
        &self,
        enterprise: EnterpriseId,
        new: &NewImport,
    ) -> Result<ImportId, StoreError> {
        self.own_dataset(enterprise, new.dataset).await?;
        let id: ImportId = self.new_id()?;
        let now = self.now().as_micros();
        let row = import_job::Model {
            id: id.uuid(),
            enterprise_id: enterprise.uuid(),
            dataset_id: new.dataset.uuid(),
            instruction_id: new.instruction.map(InstructionId::uuid),
            status: to_code(&ImportStatus::Queued, "status")?,
            source_digest: None,
            mapping: to_json(&new.mapping, "mapping")?,
            checkpoint: None,
            rows_read: 0,
            rows_loaded: 0,
            rows_quarantined: 0,
            failure: None,
            created_at: now,
            updated_at: now,
            finished_at: None,
        };
        insert(&self.link, row).await?;
        Ok(id)
    }

    /// Ends an import, with its final counts.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when the status is not an end, [`StoreError::Missing`] when the enterprise has no such
    /// import that is under way.
    pub async fn finish_import(
        &self,
        enterprise: EnterpriseId,
        id: ImportId,
        status: ImportStatus,
        progress: &ImportProgress,
        outcome: Result<Option<Digest>, &str>,
    ) -> Result<(), StoreError> {
        if !status.is_final() {
            return Err(StoreError::Invalid {
                what: "status of the import",
                reason: "expected an end",
            });
        }
        let now = self.now().as_micros();
        let (source, failure) = match outcome {
            Ok(digest) => (digest.map(|digest| digest.as_bytes().to_vec()), None),
            Err(code) => (None, Some(code.to_owned())),
        };
        let done = import_job::Entity::update_many()
            .col_expr(
                import_job::Column::Status,
                to_code(&status, "status")?.into(),
            )
            .col_expr(
                import_job::Column::RowsRead,
                number(progress.rows_read).into(),
            )
            .col_expr(
                import_job::Column::RowsLoaded,
                number(progress.rows_loaded).into(),
            )
            .col_expr(
                import_job::Column::RowsQuarantined,
                number(progress.rows_quarantined).into(),
            )
            .col_expr(import_job::Column::SourceDigest, source.into())
            .col_expr(import_job::Column::Failure, failure.into())
            .col_expr(import_job::Column::UpdatedAt, now.into())
            .col_expr(import_job::Column::FinishedAt, now.into())
            .filter(import_job::Column::Id.eq(id.uuid()))
            .filter(import_job::Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(import_job::Column::FinishedAt.is_null())
            .exec(&self.link)
            .await?;
        one_row(done.rows_affected, TABLE)
    }
}

impl Store {
    /// Notes how far an import has come; the ledger hears of its beginning and its end only.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such import that is under way.
    pub async fn note_import_progress(
        &self,
        enterprise: EnterpriseId,
        id: ImportId,
        progress: &ImportProgress,
    ) -> Result<(), StoreError> {
        self.run_exempt("import.progress", async |tx: Tx| {
            let checkpoint = progress.checkpoint.as_ref();
            let checkpoint = checkpoint
                .map(|value| to_json(value, "checkpoint"))
                .transpose()?;
            let done = import_job::Entity::update_many()
                .col_expr(
                    import_job::Column::Status,
                    to_code(&ImportStatus::Running, "status")?.into(),
                )
                .col_expr(
                    import_job::Column::RowsRead,
                    number(progress.rows_read).into(),
                )
                .col_expr(
                    import_job::Column::RowsLoaded,
                    number(progress.rows_loaded).into(),
                )
                .col_expr(
                    import_job::Column::RowsQuarantined,
                    number(progress.rows_quarantined).into(),
                )
                .col_expr(import_job::Column::Checkpoint, checkpoint.into())
                .col_expr(import_job::Column::UpdatedAt, tx.now().as_micros().into())
                .filter(import_job::Column::Id.eq(id.uuid()))
                .filter(import_job::Column::EnterpriseId.eq(enterprise.uuid()))
                .filter(import_job::Column::FinishedAt.is_null())
                .exec(&tx.link)
                .await?;
            one_row(done.rows_affected, TABLE)
        })
        .await
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
            .limit(limit)
            .all(&self.link)
            .await?;
        rows.into_iter().map(import_of).collect()
    }
}

impl Reader {
    /// Lists the datasets of an enterprise into which something was imported.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn datasets_with_rows(
        &self,
        enterprise: EnterpriseId,
    ) -> Result<BTreeSet<DatasetId>, StoreError> {
        let done = to_code(&ImportStatus::Done, "status")?;
        let found: Vec<Uuid> = import_job::Entity::find()
            .select_only()
            .column(import_job::Column::DatasetId)
            .distinct()
            .filter(import_job::Column::EnterpriseId.eq(enterprise.uuid()))
            .filter(import_job::Column::Status.eq(done))
            .into_tuple()
            .all(&self.link)
            .await?;
        Ok(found.into_iter().map(DatasetId::from_uuid).collect())
    }
}

fn import_of(row: import_job::Model) -> Result<Import, StoreError> {
    let place = |column| Place(TABLE, column);
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
        created: moment(row.created_at),
        finished: moment_if(row.finished_at),
    })
}
