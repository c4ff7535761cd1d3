//! The lake's permit door: nobody outside reads rows but here.

use futures::TryStreamExt;
use roaring::RoaringBitmap;
use yuntu_policy::RecordedPermit;
use yuntu_terms::{ClauseId, clause};

use crate::error::LakeError;
use crate::lake::Lake;
use crate::manifest::{DatasetSnapshot, Part};
use crate::mapping::DatasetKind;
use crate::reader::{PartReader, PartScan};
use crate::scan::collect_subjects;

impl Lake {
    /// Opens a part for reading; columns that are not asked for are not read, rows that are not selected not decoded.
    ///
    /// # Errors
    /// [`LakeError::NotPermitted`] when the permit does not name the dataset, [`LakeError::PartGone`] when the part was
    /// merged, rewritten or its key destroyed, [`LakeError::Damaged`] when the file is not what was written. The
    /// stream gives [`LakeError::Damaged`] where the damage lies.
    ///
    /// # Clause
    /// U4, R22
    pub async fn open_part(
        &self,
        permit: &RecordedPermit,
        snapshot: &DatasetSnapshot,
        part: &Part,
        scan: PartScan,
    ) -> Result<PartReader, LakeError> {
        check_permit(permit, snapshot)?;
        self.read_part(snapshot, part, scan).await
    }

    /// Lists the subjects that have rows in a dataset, reading no other column.
    ///
    /// # Errors
    /// As [`Lake::open_part`].
    ///
    /// # Clause
    /// U4, R22
    pub async fn subjects(
        &self,
        permit: &RecordedPermit,
        snapshot: &DatasetSnapshot,
    ) -> Result<RoaringBitmap, LakeError> {
        check_permit(permit, snapshot)?;
        let mut found = RoaringBitmap::new();
        if snapshot.kind == DatasetKind::Lookup {
            return Ok(found);
        }
        for part in &snapshot.parts {
            let mut reader = self
                .read_part(snapshot, part, PartScan::columns(vec![0]))
                .await?;
            while let Some(batch) = reader.try_next().await? {
                collect_subjects(&batch, &mut found)?;
            }
        }
        Ok(found)
    }
}

/// Refuses a permit that does not name the dataset.
///
/// # Clause
/// U4
fn check_permit(permit: &RecordedPermit, snapshot: &DatasetSnapshot) -> Result<(), LakeError> {
    clause::hit!(U4);
    let permit = permit.permit();
    if permit.enterprise() == snapshot.enterprise && permit.dataset(snapshot.dataset).is_some() {
        Ok(())
    } else {
        Err(LakeError::NotPermitted {
            clause: ClauseId::u(4),
            dataset: snapshot.dataset,
        })
    }
}
