//! Merging the small parts of a bucket, one group at a time, so that memory follows a group and not the dataset.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{Int32Type, Int64Type, UInt32Type};
use roaring::RoaringBitmap;
use yuntu_terms::{DatasetId, EnterpriseId, PartId};

use crate::error::LakeError;
use crate::import::blocking;
use crate::lake::Lake;
use crate::manifest::{DatasetSnapshot, Part, Retired};
use crate::mapping::{ColumnRole, ColumnType, DatasetKind};
use crate::part_write::{self, Sorted};
use crate::report::CancelToken;
use crate::rewrite::fault;
use crate::storage::{Loaded, Replaced};

/// How many rows a merged part has at most.
const ROWS_MAX: u64 = 4 << 20;

/// Parts that become one, with their rows.
#[derive(Debug, Default)]
struct Group {
    parts: BTreeSet<PartId>,
    batches: Vec<RecordBatch>,
    rows: u64,
    bytes: usize,
}

impl Group {
    /// Says whether another part fits in as well.
    fn has_room(&self, part: &Part, bytes: usize, bytes_max: usize) -> bool {
        self.rows + part.rows <= ROWS_MAX && self.bytes.saturating_add(bytes) <= bytes_max
    }

    fn push(&mut self, part: &Part, batch: RecordBatch) {
        self.parts.insert(part.id);
        self.rows += part.rows;
        self.bytes += batch.get_array_memory_size();
        self.batches.push(batch);
    }
}

/// Parts that were written in the place of others and are not live yet.
#[derive(Debug)]
struct Merged {
    instead_of: BTreeSet<PartId>,
    written: Vec<Part>,
}

impl Lake {
    /// Merges the small parts of the buckets that have many; readers of an older snapshot keep the old ones for a while.
    ///
    /// Each bucket is published by itself. Being cancelled or overtaken ends it early, and the next import goes on.
    pub(crate) async fn merge_parts(
        &self,
        enterprise: EnterpriseId,
        dataset: DatasetId,
        cancel: &CancelToken,
    ) -> Result<(), LakeError> {
        let loaded = self.manifest(enterprise, dataset).await?;
        let Loaded { value, .. } = loaded.ok_or(LakeError::NoDataset(dataset))?;
        let snapshot = value.snapshot;
        for small in self.small_parts(&snapshot) {
            let merged = self.merge_bucket(&snapshot, small, cancel).await?;
            if !self.put_in_place(&snapshot, merged).await? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Writes the small parts of a bucket anew in groups that memory has room for, as far as it gets.
    async fn merge_bucket(
        &self,
        snapshot: &DatasetSnapshot,
        small: Vec<&Part>,
        cancel: &CancelToken,
    ) -> Result<Vec<Merged>, LakeError> {
        let bytes_max = self.config().merged_bytes;
        let nobody = RoaringBitmap::new();
        let (mut group, mut merged) = (Group::default(), Vec::new());
        for part in small {
            if cancel.is_cancelled() {
                return Ok(merged);
            }
            let batch = self.kept_rows(snapshot, part, &nobody).await?;
            // It goes, so that what is remembered of it would only take memory from others.
            self.drop_part(part.id);
            if !group.has_room(part, batch.get_array_memory_size(), bytes_max) {
                let full = std::mem::take(&mut group);
                merged.extend(self.merge_group(snapshot, full).await?);
            }
            group.push(part, batch);
        }
        merged.extend(self.merge_group(snapshot, group).await?);
        Ok(merged)
    }

    /// Lists the small parts of each bucket that has too many of them.
    fn small_parts<'a>(&self, snapshot: &'a DatasetSnapshot) -> Vec<Vec<&'a Part>> {
        // Packed rows unfold to several times their size: what is larger would be alone in its group.
        let size_max = u64::try_from(self.config().merged_bytes / 16).unwrap_or(u64::MAX);
        let mut buckets: BTreeMap<u32, Vec<&Part>> = BTreeMap::new();
        for part in &snapshot.parts {
            if part.rows <= ROWS_MAX / 4 && part.size_bytes <= size_max {
                buckets.entry(part.bucket).or_default().push(part);
            }
        }
        let many = |small: &Vec<&Part>| small.len() > self.config().parts_per_bucket;
        buckets.into_values().filter(many).collect()
    }

    /// Writes a group as one part, where it is more than one.
    async fn merge_group(
        &self,
        snapshot: &DatasetSnapshot,
        group: Group,
    ) -> Result<Option<Merged>, LakeError> {
        if group.parts.len() < 2 {
            return Ok(None);
        }
        let (enterprise, dataset, kind) = (snapshot.enterprise, snapshot.dataset, snapshot.kind);
        let of = snapshot.clone();
        let merged = blocking(move || merge(&of, group.batches)).await?;
        let mut written = Vec::with_capacity(merged.len());
        for sorted in merged {
            written.push(self.write_part(enterprise, dataset, kind, sorted).await?);
        }
        Ok(Some(Merged {
            instead_of: group.parts,
            written,
        }))
    }

    /// Makes merged parts live in the place of those they were made of; says whether to go on.
    async fn put_in_place(
        &self,
        snapshot: &DatasetSnapshot,
        merged: Vec<Merged>,
    ) -> Result<bool, LakeError> {
        if merged.is_empty() {
            return Ok(true);
        }
        let (enterprise, dataset) = (snapshot.enterprise, snapshot.dataset);
        let loaded = self.manifest(enterprise, dataset).await?;
        let Loaded { value, version } = loaded.ok_or(LakeError::NoDataset(dataset))?;
        let mut next = value;
        let live: BTreeSet<PartId> = next.snapshot.parts.iter().map(|part| part.id).collect();
        let (fit, unfit): (Vec<_>, Vec<_>) = merged
            .into_iter()
            .partition(|it| it.instead_of.is_subset(&live));
        // Somebody was taken out of one of the old parts meanwhile, and would come back with the new one.
        self.destroy_merged(snapshot, unfit).await?;
        let at = self.clock().now();
        for Merged {
            instead_of,
            written,
        } in &fit
        {
            next.snapshot
                .parts
                .retain(|part| !instead_of.contains(&part.id));
            let gone = instead_of.iter().map(|id| Retired { id: *id, at });
            next.retired.extend(gone);
            next.snapshot.parts.extend(written.iter().cloned());
        }
        // Whoever was faster may be this very write, whose answer was lost: what is live after all stays, and the rest is cleared
        // away when it is a day old.
        let replaced = self.replace_manifest(&mut next, Some(version)).await?;
        Ok(matches!(replaced, Replaced::Done(_)))
    }

    async fn destroy_merged(
        &self,
        snapshot: &DatasetSnapshot,
        merged: Vec<Merged>,
    ) -> Result<(), LakeError> {
        let (enterprise, dataset) = (snapshot.enterprise, snapshot.dataset);
        for part in merged.into_iter().flat_map(|it| it.written) {
            let path = self.part_path(enterprise, dataset, part.id);
            self.destroy_part(enterprise, part.id, &path).await?;
        }
        Ok(())
    }
}

/// Puts the rows of several parts into one order.
fn merge(snapshot: &DatasetSnapshot, batches: Vec<RecordBatch>) -> Result<Vec<Sorted>, LakeError> {
    let schema = snapshot.schema();
    let all = concat_batches(&schema, &batches).map_err(fault)?;
    drop(batches);
    if snapshot.kind == DatasetKind::Lookup {
        return Ok(vec![Sorted {
            bucket: 0,
            batch: all,
        }]);
    }
    let Some((subjects, columns)) = all.columns().split_first() else {
        return Ok(Vec::new());
    };
    let subjects = subjects
        .as_primitive_opt::<UInt32Type>()
        .ok_or(LakeError::damaged("a part has no subjects"))?
        .values()
        .to_vec();
    let times = snapshot
        .columns
        .iter()
        .position(|column| column.role == ColumnRole::EventTime)
        .and_then(|place| Some((snapshot.columns.get(place)?, columns.get(place)?)))
        .and_then(|(column, array)| order_keys(column.column_type, array));
    part_write::sort(&schema, subjects, times.as_deref(), columns)
}

fn order_keys(column_type: ColumnType, array: &dyn Array) -> Option<Vec<i64>> {
    use arrow::compute::cast;
    use arrow::datatypes::DataType;
    match column_type {
        ColumnType::Timestamp => {
            let numbers = cast(array, &DataType::Int64).ok()?;
            Some(numbers.as_primitive_opt::<Int64Type>()?.values().to_vec())
        }
        ColumnType::Date => {
            let numbers = cast(array, &DataType::Int32).ok()?;
            let days = numbers.as_primitive_opt::<Int32Type>()?.values();
            Some(days.iter().copied().map(i64::from).collect())
        }
        ColumnType::Text
        | ColumnType::Int
        | ColumnType::Float
        | ColumnType::Decimal { .. }
        | ColumnType::Bool => None,
    }
}
