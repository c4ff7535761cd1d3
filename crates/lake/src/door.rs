//! The lake's permit door: nobody outside reads rows but here.

use std::sync::Arc;

use futures::TryStreamExt;
use roaring::RoaringBitmap;
use yuntu_policy::{RecordedPermit, RecordedView};
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
    /// [`LakeError::NotPermitted`] when the permit does not open the dataset or one of the columns,
    /// [`LakeError::PermitExpired`], [`LakeError::PartGone`] when the part was
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
        let tested = scan
            .predicates
            .iter()
            .flat_map(|predicate| &predicate.columns);
        let columns: Vec<_> = scan.projection.iter().chain(tested).copied().collect();
        self.check_permit(permit, snapshot, &columns)?;
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
        self.check_permit(permit, snapshot, &[])?;
        self.subjects_in(snapshot).await
    }

    /// Lists the subjects that have rows in a dataset, to be counted by what they agreed to; no column is read.
    ///
    /// # Errors
    /// [`LakeError::NoDataset`] when the view counts another enterprise's people; else as [`Lake::open_part`].
    ///
    /// # Clause
    /// U4
    pub async fn subjects_counted(
        &self,
        view: &RecordedView,
        snapshot: &DatasetSnapshot,
    ) -> Result<RoaringBitmap, LakeError> {
        if !view.counts_people_of(snapshot.enterprise) {
            return Err(LakeError::NoDataset(snapshot.dataset));
        }
        self.subjects_in(snapshot).await
    }

    async fn subjects_in(&self, snapshot: &DatasetSnapshot) -> Result<RoaringBitmap, LakeError> {
        let mut found = RoaringBitmap::new();
        if snapshot.kind == DatasetKind::Lookup {
            return Ok(found);
        }
        for part in &snapshot.parts {
            self.key_of(snapshot, part).await?;
            found |= &*self.subjects_of(snapshot, part).await?;
        }
        Ok(found)
    }
}

impl Lake {
    /// Lists the subjects of a part, read once: every run asks for them.
    async fn subjects_of(
        &self,
        snapshot: &DatasetSnapshot,
        part: &Part,
    ) -> Result<Arc<RoaringBitmap>, LakeError> {
        if let Some(known) = self.known_subjects(part.id) {
            return Ok(known);
        }
        let mut found = RoaringBitmap::new();
        let scan = PartScan::columns(vec![0]);
        let mut reader = self.read_part(snapshot, part, scan).await?;
        while let Some(batch) = reader.try_next().await? {
            collect_subjects(&batch, &mut found)?;
        }
        found.optimize();
        let found = Arc::new(found);
        self.keep_subjects(part.id, Arc::clone(&found));
        Ok(found)
    }

    /// Refuses a permit that is not in force or does not open the dataset and the columns.
    fn check_permit(
        &self,
        permit: &RecordedPermit,
        snapshot: &DatasetSnapshot,
        columns: &[usize],
    ) -> Result<(), LakeError> {
        clause::hit!(U4);
        if !permit.is_in_force(self.clock().now()) {
            return Err(LakeError::PermitExpired {
                clause: ClauseId::u(4),
            });
        }
        let refused = LakeError::NotPermitted {
            clause: ClauseId::u(4),
            dataset: snapshot.dataset,
        };
        let opened = permit.dataset(snapshot.dataset);
        let Some(opened) = opened.filter(|_opened| permit.enterprise() == snapshot.enterprise)
        else {
            return Err(refused);
        };
        let schema = snapshot.schema();
        for column in columns {
            let field = schema.fields().get(*column).ok_or(LakeError::NoColumn)?;
            let subject = *column == 0 && snapshot.kind == DatasetKind::Persons;
            if !subject && opened.class_of(field.name()).is_none() {
                return Err(refused);
            }
        }
        Ok(())
    }
}
