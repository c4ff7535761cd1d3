//! The rows that did not fit: where they stand in the source and what is wrong with them, without their values.

use bytes::Bytes;
use futures::Stream;
use object_store::ObjectStoreExt;
use yuntu_terms::{DatasetId, Digest, EnterpriseId};

use crate::error::LakeError;
use crate::lake::Lake;
use crate::report::{ImportPlan, QuarantinedRow};
use crate::storage::Loaded;

impl Lake {
    /// Lists the rows that an import put into quarantine, in batches, so that a file of nothing but bad rows fits as well.
    ///
    /// # Errors
    /// [`LakeError::NoDataset`] when there is no such dataset, [`LakeError::Storage`], [`LakeError::Damaged`].
    pub async fn quarantine_batches(
        &self,
        enterprise: EnterpriseId,
        dataset: DatasetId,
        import: Digest,
    ) -> Result<impl Stream<Item = Result<Vec<QuarantinedRow>, LakeError>> + Send + use<>, LakeError>
    {
        let loaded = self.manifest(enterprise, dataset).await?;
        let Loaded { value, .. } = loaded.ok_or(LakeError::NoDataset(dataset))?;
        let state = value.imports.get(&import).cloned().unwrap_or_default();
        let folder = self.dataset_folder(enterprise, dataset).join("quarantine");
        let files = (self.clone(), folder, state.quarantine.into_iter());
        Ok(futures::stream::try_unfold(
            files,
            async |(lake, folder, mut files)| {
                let Some(file) = files.next() else {
                    return Ok(None);
                };
                let found = lake.read(&folder.clone().join(&*file)).await?;
                let (bytes, _) = found.ok_or(LakeError::damaged("a quarantine file is missing"))?;
                let rows = serde_json::Deserializer::from_slice(&bytes).into_iter();
                let rows = rows.collect::<Result<Vec<_>, _>>().map_err(|error| {
                    LakeError::damaged_by("a quarantine file is of another format", error)
                })?;
                Ok(Some((rows, (lake, folder, files))))
            },
        ))
    }

    /// Lists the rows that an import put into quarantine.
    ///
    /// # Errors
    /// As [`Lake::quarantine_batches`].
    pub async fn quarantine(
        &self,
        enterprise: EnterpriseId,
        dataset: DatasetId,
        import: Digest,
    ) -> Result<Vec<QuarantinedRow>, LakeError> {
        use futures::TryStreamExt as _;
        let batches = self.quarantine_batches(enterprise, dataset, import).await?;
        batches.try_concat().await
    }

    pub(crate) async fn write_quarantine(
        &self,
        plan: &ImportPlan,
        file: &str,
        rows: &[QuarantinedRow],
    ) -> Result<(), LakeError> {
        let mut text = Vec::new();
        for row in rows {
            serde_json::to_writer(&mut text, row)
                .map_err(|error| LakeError::Columns(Box::new(error)))?;
            text.push(b'\n');
        }
        let folder = self
            .dataset_folder(plan.enterprise, plan.dataset)
            .join("quarantine");
        // The same chunk always gives the same rows, so one that is repeated may write over its own file.
        self.config()
            .store
            .put(&folder.join(file), Bytes::from(text).into())
            .await?;
        Ok(())
    }
}
