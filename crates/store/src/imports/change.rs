//! What happens to an import: recorded, begun anew after each kill, cancelled, ended.

use sea_orm::sea_query::SimpleExpr;
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, UpdateMany, prelude::Uuid,
};
use yuntu_terms::{DepositId, Digest, EnterpriseId, ImportId, InstructionId, RepresentativeId};

use super::{Import, ImportProgress, ImportStatus, NewImport, TABLE, import_of};
use crate::entity::import_job::{self, Column};
use crate::error::StoreError;
use crate::rows::{insert, number, one_row, to_code, to_json};
use crate::store::Store;
use crate::tx::Tx;

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
        let id: ImportId = match &new.source {
            Some(source) => source.id,
            None => self.new_id()?,
        };
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
            representative_id: new.by.map(RepresentativeId::uuid),
            deposit_id: new.deposit.map(DepositId::uuid),
            source_sealed: new.source.as_ref().map(|source| source.bytes.clone()),
            bytes_done: Some(0),
            bytes_total: Some(number(new.bytes_total)),
            conflicts: Some(0),
            run_started_at: None,
            run_rows: None,
            run_bytes: None,
            runs_in_vain: Some(0),
            cancel_asked_at: None,
            same_as: None,
        };
        insert(&self.link, row).await?;
        Ok(id)
    }

    /// Asks that an import stops; one that nobody has begun ends at once.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such import, [`StoreError::Conflict`] when it has ended.
    ///
    /// # Clause
    /// U2
    pub async fn cancel_import(
        &self,
        enterprise: EnterpriseId,
        id: ImportId,
    ) -> Result<ImportStatus, StoreError> {
        let found = self.read().find_import(enterprise, id).await?;
        let found = found.ok_or(StoreError::Missing { what: TABLE })?;
        if found.status.is_final() {
            return Err(StoreError::Conflict { what: "import" });
        }
        let now = self.now().as_micros();
        let mut update = under_way(enterprise, id)
            .col_expr(Column::CancelAskedAt, now.into())
            .col_expr(Column::UpdatedAt, now.into());
        let begun = found.status == ImportStatus::Running;
        if !begun {
            let status = to_code(&ImportStatus::Cancelled, "status")?;
            update = update
                .col_expr(Column::Status, status.into())
                .col_expr(Column::FinishedAt, now.into());
        }
        one_row(update.exec(&self.link).await?.rows_affected, TABLE)?;
        Ok(if begun {
            ImportStatus::Running
        } else {
            ImportStatus::Cancelled
        })
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
            Ok(digest) => (digest, None),
            Err(code) => (None, Some(code.to_owned())),
        };
        let mut update = noting(under_way(enterprise, id), progress);
        if let Some(source) = source {
            let same = self.find_same_import(enterprise, id, source).await?;
            update = update.col_expr(Column::SameAs, same.into()).col_expr(
                Column::SourceDigest,
                Some(source.as_bytes().to_vec()).into(),
            );
        }
        let done = update
            .col_expr(Column::Status, to_code(&status, "status")?.into())
            .col_expr(Column::Failure, failure.into())
            .col_expr(Column::UpdatedAt, now.into())
            .col_expr(Column::FinishedAt, now.into())
            .exec(&self.link)
            .await?;
        one_row(done.rows_affected, TABLE)
    }

    /// Finds another import that brought the same rows into the same dataset before.
    async fn find_same_import(
        &self,
        enterprise: EnterpriseId,
        id: ImportId,
        source: Digest,
    ) -> Result<Option<Uuid>, StoreError> {
        let Some(import) = self.read().find_import(enterprise, id).await? else {
            return Ok(None);
        };
        let row = import_job::Entity::find()
            .filter(Column::DatasetId.eq(import.dataset.uuid()))
            .filter(Column::SourceDigest.eq(source.as_bytes().to_vec()))
            .filter(Column::Status.eq(to_code(&ImportStatus::Done, "status")?))
            .filter(Column::Id.ne(id.uuid()))
            .order_by_asc(Column::FinishedAt)
            .limit(1)
            .one(&self.link)
            .await?;
        Ok(row.map(|row| row.id))
    }
}

impl Store {
    /// Notes that a worker has begun an import or goes on with it, from where, and what the lake knows it by; returns the
    /// import as it stands then.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the enterprise has no such import that is under way.
    pub async fn begin_import_run(
        &self,
        enterprise: EnterpriseId,
        id: ImportId,
        known: Digest,
        progress: &ImportProgress,
    ) -> Result<Import, StoreError> {
        self.run_exempt("import.run", async |tx: Tx| {
            let missing = StoreError::Missing { what: TABLE };
            let found = tx
                .read()
                .find_import(enterprise, id)
                .await?
                .ok_or(missing)?;
            let rows = progress.rows_read;
            let in_vain = match found.run {
                Some(run) if run.rows == rows => found.runs_in_vain + 1,
                Some(_) | None => 0,
            };
            let now = tx.now().as_micros();
            let bytes: SimpleExpr = number(progress.bytes_done).into();
            let done = noting(under_way(enterprise, id), progress)
                .col_expr(
                    Column::Status,
                    to_code(&ImportStatus::Running, "status")?.into(),
                )
                .col_expr(Column::UpdatedAt, now.into())
                .col_expr(Column::SourceDigest, Some(known.as_bytes().to_vec()).into())
                .col_expr(Column::RunStartedAt, now.into())
                .col_expr(Column::RunRows, number(rows).into())
                .col_expr(Column::RunBytes, bytes)
                .col_expr(Column::RunsInVain, number(in_vain).into())
                .exec(&tx.link)
                .await?;
            one_row(done.rows_affected, TABLE)?;
            let row = import_job::Entity::find_by_id(id.uuid())
                .one(&tx.link)
                .await?;
            import_of(row.ok_or(StoreError::Missing { what: TABLE })?)
        })
        .await
    }

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
            let done = noting(under_way(enterprise, id), progress)
                .col_expr(
                    Column::Status,
                    to_code(&ImportStatus::Running, "status")?.into(),
                )
                .col_expr(Column::Checkpoint, checkpoint.into())
                .col_expr(Column::UpdatedAt, tx.now().as_micros().into())
                .exec(&tx.link)
                .await?;
            one_row(done.rows_affected, TABLE)
        })
        .await
    }
}

fn under_way(enterprise: EnterpriseId, id: ImportId) -> UpdateMany<import_job::Entity> {
    import_job::Entity::update_many()
        .filter(Column::Id.eq(id.uuid()))
        .filter(Column::EnterpriseId.eq(enterprise.uuid()))
        .filter(Column::FinishedAt.is_null())
}

fn noting(
    update: UpdateMany<import_job::Entity>,
    progress: &ImportProgress,
) -> UpdateMany<import_job::Entity> {
    let counts = [
        (Column::RowsRead, progress.rows_read),
        (Column::RowsLoaded, progress.rows_loaded),
        (Column::RowsQuarantined, progress.rows_quarantined),
        (Column::Conflicts, progress.conflicts),
        (Column::BytesDone, progress.bytes_done),
        (Column::BytesTotal, progress.bytes_total),
    ];
    let note =
        |update: UpdateMany<_>, (column, count)| update.col_expr(column, number(count).into());
    counts.into_iter().fold(update, note)
}
