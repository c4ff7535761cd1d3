//! The classes that a dataset's columns have today.

use yuntu_terms::{ColumnClass, DatasetId, EnterpriseId, clause};

use crate::error::LakeError;
use crate::identity::RETRIES;
use crate::lake::Lake;
use crate::storage::{Loaded, Replaced};

impl Lake {
    /// Gives columns of a dataset the class they were confirmed with; says whether any had another. A dataset into which
    /// nothing was loaded has none to change.
    ///
    /// # Errors
    /// [`LakeError::Contended`], [`LakeError::Storage`], [`LakeError::Damaged`]; the call can be repeated.
    ///
    /// # Clause
    /// R8
    pub async fn set_classes(
        &self,
        enterprise: EnterpriseId,
        dataset: DatasetId,
        classes: &[(String, ColumnClass)],
    ) -> Result<bool, LakeError> {
        clause::hit!(R8);
        let lock = self.writer(dataset);
        let _alone = lock.lock().await;
        for _ in 0..RETRIES {
            let Some(Loaded { value, version }) = self.manifest(enterprise, dataset).await? else {
                return Ok(false);
            };
            let mut next = value.clone();
            for column in &mut next.snapshot.columns {
                if let Some((_, class)) = classes.iter().find(|(name, _)| *name == column.name) {
                    column.class = *class;
                }
            }
            if next.snapshot.columns == value.snapshot.columns {
                return Ok(false);
            }
            match self.replace_manifest(&mut next, Some(version)).await? {
                Replaced::Overtaken => {}
                Replaced::Done(_) => return Ok(true),
            }
        }
        Err(LakeError::Contended)
    }
}
