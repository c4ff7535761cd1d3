//! Writing parts anew for erasure, and clearing away what a crash left.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::compute::{concat_batches, filter_record_batch};
use arrow::datatypes::UInt32Type;
use futures::TryStreamExt;
use object_store::ObjectMeta;
use object_store::path::Path;
use roaring::RoaringBitmap;
use sha2::{Digest as _, Sha256};
use yuntu_terms::{DatasetId, Digest, EnterpriseId, PartId, Timestamp, clause};
use yuntu_vault::KeyScope;

use crate::error::LakeError;
use crate::identity::RETRIES;
use crate::import::blocking;
use crate::lake::Lake;
use crate::local;
use crate::manifest::{DatasetSnapshot, Manifest, Part, Retired};
use crate::part_write::Sorted;
use crate::reader::PartScan;
use crate::storage::{Loaded, Replaced};

/// What writing a dataset anew did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RewriteReport {
    /// Parts that were written anew or dropped.
    pub parts_replaced: u64,
    /// Rows that are gone.
    pub rows_removed: u64,
    /// The version of the dataset afterwards.
    pub version: u64,
}

/// What clearing away found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CollectReport {
    /// Files that no manifest names.
    pub orphans: u64,
    /// Parts that had been replaced and are now destroyed.
    pub retired: u64,
}

impl Lake {
    /// Removes the rows of some subjects from a dataset: writes the parts anew that hold any, then destroys the old
    /// files and their keys.
    ///
    /// # Errors
    /// [`LakeError::NoDataset`], [`LakeError::Contended`], [`LakeError::Storage`], [`LakeError::Damaged`]; the call can be
    /// repeated and goes on.
    ///
    /// # Clause
    /// R26
    pub async fn rewrite_without(
        &self,
        enterprise: EnterpriseId,
        dataset: DatasetId,
        subjects: &RoaringBitmap,
    ) -> Result<RewriteReport, LakeError> {
        clause::hit!(R26);
        let lock = self.writer(dataset);
        let _alone = lock.lock().await;
        for _ in 0..RETRIES {
            let loaded = self.manifest(enterprise, dataset).await?;
            let Loaded { value, version } = loaded.ok_or(LakeError::NoDataset(dataset))?;
            let mut report = RewriteReport::default();
            let mut next = value.clone();
            next.snapshot.parts.clear();
            for part in &value.snapshot.parts {
                if !may_hold(part, subjects) {
                    next.snapshot.parts.push(part.clone());
                    continue;
                }
                let kept = self.kept_rows(&value.snapshot, part, subjects).await?;
                let rows = u64::try_from(kept.num_rows()).unwrap_or(u64::MAX);
                if rows == part.rows {
                    next.snapshot.parts.push(part.clone());
                    continue;
                }
                report.parts_replaced += 1;
                report.rows_removed += part.rows.saturating_sub(rows);
                next.retired.push(Retired {
                    id: part.id,
                    at: self.clock().now(),
                });
                if rows > 0 {
                    let sorted = Sorted {
                        bucket: part.bucket,
                        batch: kept,
                    };
                    let kind = value.snapshot.kind;
                    let part = self.write_part(enterprise, dataset, kind, sorted).await?;
                    next.snapshot.parts.push(part);
                }
            }
            // What was replaced earlier may hold the subjects as well.
            if report.parts_replaced == 0 && value.retired.is_empty() {
                report.version = value.snapshot.version;
                return Ok(report);
            }
            match self.replace_manifest(&mut next, Some(version)).await? {
                Replaced::Overtaken => {}
                Replaced::Done(version) => {
                    let done = Loaded {
                        value: next,
                        version,
                    };
                    report.version = self.destroy_retired(done, None).await?.snapshot.version;
                    return Ok(report);
                }
            }
        }
        Err(LakeError::Contended)
    }

    /// Clears away what no manifest names and what was replaced, once it is older than the configured age.
    ///
    /// # Errors
    /// [`LakeError::Storage`], [`LakeError::Vault`], [`LakeError::Damaged`].
    pub async fn collect(&self) -> Result<CollectReport, LakeError> {
        let mut report = CollectReport::default();
        let before = self.clock().now().minus(self.config().orphan_age);
        if let Some(root) = self.config().local_root.clone() {
            report.orphans += blocking(move || {
                local::sweep(&root, before)
                    .map_err(|error| LakeError::damaged_by("the folder cannot be listed", error))
            })
            .await?;
        }
        let prefix = self.config().prefix.clone();
        let top = self.config().store.list_with_delimiter(Some(&prefix));
        for folder in top.await?.common_prefixes {
            self.collect_under(&folder, before, &mut report).await?;
        }
        Ok(report)
    }

    /// Clears away in the folder of one enterprise, so that memory follows its files and not those of all.
    async fn collect_under(
        &self,
        folder: &Path,
        before: Timestamp,
        report: &mut CollectReport,
    ) -> Result<(), LakeError> {
        let prefix = self.config().prefix.clone();
        let mut listed = self.config().store.list(Some(folder));
        let mut folders: BTreeMap<_, Vec<(PartId, ObjectMeta)>> = BTreeMap::new();
        while let Some(file) = listed.try_next().await? {
            if let Some(place) = Place::of(&prefix, &file.location) {
                let owner = (place.enterprise, place.dataset);
                folders.entry(owner).or_default().push((place.part, file));
            }
        }
        for ((enterprise, dataset), files) in folders {
            let named: BTreeSet<PartId> = match dataset {
                Some(dataset) => match self.manifest(enterprise, dataset).await? {
                    Some(loaded) => {
                        let (parts, retired) =
                            (&loaded.value.snapshot.parts, &loaded.value.retired);
                        let waiting = retired.len();
                        // What is destroyed here was listed before, and is no remains of a crash.
                        let named = parts.iter().map(|part| part.id);
                        let named = named.chain(retired.iter().map(|part| part.id)).collect();
                        let left = self.destroy_retired(loaded, Some(before)).await?;
                        report.retired += u64::try_from(waiting - left.retired.len()).unwrap_or(0);
                        named
                    }
                    None => BTreeSet::new(),
                },
                None => self.identity_files(enterprise).await?,
            };
            for (part, file) in files {
                let age = Timestamp::from_micros(file.last_modified.timestamp_micros());
                if age < before && !named.contains(&part) {
                    self.destroy_part(enterprise, part, &file.location).await?;
                    report.orphans += 1;
                }
            }
        }
        Ok(())
    }

    /// Compares every live part of a dataset with the digest in its manifest.
    ///
    /// # Errors
    /// [`LakeError::Damaged`] at the first difference, [`LakeError::PartGone`], [`LakeError::NoDataset`],
    /// [`LakeError::Storage`].
    pub async fn verify(
        &self,
        enterprise: EnterpriseId,
        dataset: DatasetId,
    ) -> Result<DatasetSnapshot, LakeError> {
        let found = self.snapshot(enterprise, dataset).await?;
        let snapshot = found.ok_or(LakeError::NoDataset(dataset))?;
        for part in &snapshot.parts {
            let path = self.part_path(enterprise, dataset, part.id);
            let (bytes, _) = self
                .read(&path)
                .await?
                .ok_or(LakeError::PartGone(part.id))?;
            let digest = part.digest;
            blocking(move || {
                if Digest::new(Sha256::digest(&bytes).into()) == digest {
                    Ok(())
                } else {
                    Err(LakeError::damaged(
                        "a part is not the one that its manifest names",
                    ))
                }
            })
            .await?;
        }
        Ok(snapshot)
    }

    /// Reads a part without the rows of some subjects.
    pub(crate) async fn kept_rows(
        &self,
        snapshot: &DatasetSnapshot,
        part: &Part,
        without: &RoaringBitmap,
    ) -> Result<RecordBatch, LakeError> {
        let schema = snapshot.schema();
        let all = (0..schema.fields().len()).collect();
        let reader = self
            .read_part(snapshot, part, PartScan::columns(all))
            .await?;
        let batches: Vec<RecordBatch> = reader.try_collect().await?;
        let without = without.clone();
        blocking(move || {
            let mut kept = Vec::with_capacity(batches.len());
            for batch in batches {
                let subjects = batch.columns().first().and_then(|column| {
                    column
                        .as_primitive_opt::<UInt32Type>()
                        .filter(|_column| !without.is_empty())
                });
                kept.push(match subjects {
                    None => batch.clone(),
                    Some(subjects) => {
                        let keep: BooleanArray = subjects
                            .values()
                            .iter()
                            .map(|subject| Some(!without.contains(*subject)))
                            .collect();
                        filter_record_batch(&batch, &keep).map_err(fault)?
                    }
                });
            }
            concat_batches(&schema, &kept).map_err(fault)
        })
        .await
    }

    /// Destroys replaced parts, all or those of before a moment, and takes them off the manifest.
    async fn destroy_retired(
        &self,
        loaded: Loaded<Manifest>,
        before: Option<Timestamp>,
    ) -> Result<Manifest, LakeError> {
        let Loaded {
            value: manifest,
            version,
        } = loaded;
        let due = |retired: &Retired| before.is_none_or(|before| retired.at < before);
        if !manifest.retired.iter().any(due) {
            return Ok(manifest);
        }
        let (enterprise, dataset) = (manifest.snapshot.enterprise, manifest.snapshot.dataset);
        for retired in manifest.retired.iter().filter(|retired| due(retired)) {
            let path = self.part_path(enterprise, dataset, retired.id);
            self.destroy_part(enterprise, retired.id, &path).await?;
        }
        let mut next = manifest.clone();
        next.retired.retain(|retired| !due(retired));
        match self.replace_manifest(&mut next, Some(version)).await? {
            Replaced::Done(_) => Ok(next),
            // They are destroyed; another call takes them off.
            Replaced::Overtaken => Ok(manifest),
        }
    }

    /// Destroys a part: its key first, so that whatever becomes of the file, nobody reads it.
    pub(crate) async fn destroy_part(
        &self,
        enterprise: EnterpriseId,
        part: PartId,
        path: &Path,
    ) -> Result<(), LakeError> {
        self.vault()
            .destroy(&KeyScope::Part(enterprise, part))
            .await?;
        self.drop_part(part);
        self.delete(path).await
    }

    async fn identity_files(
        &self,
        enterprise: EnterpriseId,
    ) -> Result<BTreeSet<PartId>, LakeError> {
        let identities = self.identities_of(enterprise);
        let mut state = identities.state.write().await;
        self.refresh_identities(enterprise, &mut state).await?;
        Ok(state.document.files().collect())
    }
}

/// Whose file a path is: a part of a dataset or a segment of an identity map.
struct Place {
    enterprise: EnterpriseId,
    dataset: Option<DatasetId>,
    part: PartId,
}

impl Place {
    fn of(prefix: &Path, path: &Path) -> Option<Self> {
        let words: Vec<_> = path.prefix_match(prefix)?.collect();
        let words: Vec<_> = words.iter().map(AsRef::as_ref).collect();
        match words.as_slice() {
            [enterprise, "datasets", dataset, "parts", file] => Some(Self {
                enterprise: enterprise.parse().ok()?,
                dataset: Some(dataset.parse().ok()?),
                part: file.strip_suffix(".parquet")?.parse().ok()?,
            }),
            [enterprise, "identity", "segments", file] => Some(Self {
                enterprise: enterprise.parse().ok()?,
                dataset: None,
                part: file.parse().ok()?,
            }),
            _ => None,
        }
    }
}

fn may_hold(part: &Part, subjects: &RoaringBitmap) -> bool {
    part.row_groups
        .iter()
        .any(|group| subjects.range_cardinality(group.subjects.clone()) > 0)
}

pub(crate) fn fault(error: arrow::error::ArrowError) -> LakeError {
    LakeError::Columns(Box::new(error))
}
