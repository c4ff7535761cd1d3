//! Reading parts.

use std::fs::File;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{SchemaRef, UInt32Type};
use futures::{FutureExt, StreamExt};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowPredicate, ArrowPredicateFn, ArrowReaderMetadata, ArrowReaderOptions, RowFilter,
    RowSelection,
};
use parquet::arrow::async_reader::ParquetRecordBatchStreamBuilder;
use parquet::errors::ParquetError;
use parquet::file::metadata::PageIndexPolicy;
use roaring::RoaringBitmap;
use yuntu_terms::PartId;
use yuntu_vault::{DataKey, KeyScope, VaultError};

use crate::error::LakeError;
use crate::lake::Lake;
use crate::manifest::{DatasetSnapshot, Part};
use crate::part_file::{self, PartFile};
use crate::reader::{PartReader, PartScan, Predicate};

impl Lake {
    /// Reads a part without a permit: for the lake's own rewriting, never for a caller.
    pub(crate) async fn read_part(
        &self,
        snapshot: &DatasetSnapshot,
        part: &Part,
        scan: PartScan,
    ) -> Result<PartReader, LakeError> {
        let schema = snapshot.schema();
        let mut columns = scan.projection.clone();
        columns.sort_unstable();
        let projected = Arc::new(
            schema
                .project(&columns)
                .map_err(|_bounds| LakeError::NoColumn)?,
        );
        let mut file = self.open_file(snapshot, part)?;
        let footer = self.footer_of(snapshot, part, &mut file, &schema).await?;
        let mask = |columns: &[usize]| {
            ProjectionMask::leaves(footer.parquet_schema(), columns.iter().copied())
        };
        let broken = Arc::new(AtomicBool::new(false));
        let mut tests: Vec<Box<dyn ArrowPredicate>> = Vec::with_capacity(scan.predicates.len());
        for Predicate { columns, mut test } in scan.predicates {
            if columns
                .iter()
                .any(|column| *column >= schema.fields().len())
            {
                return Err(LakeError::NoColumn);
            }
            let broken = Arc::clone(&broken);
            tests.push(Box::new(ArrowPredicateFn::new(
                mask(&columns),
                move |batch| test(batch).inspect_err(|_told| broken.store(true, Ordering::SeqCst)),
            )));
        }
        let mut builder = ParquetRecordBatchStreamBuilder::new_with_metadata(file, footer.clone())
            .with_projection(mask(&columns))
            .with_batch_size(scan.batch_size.max(1));
        if !tests.is_empty() {
            builder = builder.with_row_filter(RowFilter::new(tests));
        }
        if let Some(ranges) = &scan.selection {
            builder = builder.with_row_selection(selection(ranges, part)?);
        }
        let id = part.id;
        let batches = builder.build().map_err(|error| failed(id, error))?;
        // A decoder of others that meets damage may panic: here that is one more way to find damage.
        let batches = AssertUnwindSafe(batches)
            .catch_unwind()
            .map(move |next| match next {
                Ok(Ok(batch)) => Ok(batch),
                Ok(Err(error)) if broken.load(Ordering::SeqCst) => {
                    Err(LakeError::Columns(Box::new(error)))
                }
                Ok(Err(error)) => Err(failed(id, error)),
                Err(_panic) => Err(LakeError::damaged("a part does not decode")),
            });
        Ok(PartReader {
            schema: projected,
            batches: batches.boxed(),
        })
    }

    fn open_file(&self, snapshot: &DatasetSnapshot, part: &Part) -> Result<PartFile, LakeError> {
        let path = self.part_path(snapshot.enterprise, snapshot.dataset, part.id);
        let Some(root) = &self.config().local_root else {
            let store = Arc::clone(&self.config().store);
            return Ok(PartFile::Remote {
                store,
                path,
                len: part.size_bytes,
            });
        };
        let file = match File::open(root.join(path.as_ref())) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(LakeError::PartGone(part.id));
            }
            Err(error) => return Err(LakeError::damaged_by("a part cannot be opened", error)),
        };
        let len = file
            .metadata()
            .map_err(|error| LakeError::damaged_by("a part cannot be opened", error))?
            .len();
        if len != part.size_bytes {
            return Err(LakeError::damaged(
                "a part has another length than was written",
            ));
        }
        Ok(PartFile::Local {
            file: Arc::new(file),
            len,
        })
    }

    /// Returns the key of a part. Asked for every time: what memory holds of a part must not outlive the key.
    pub(crate) async fn key_of(
        &self,
        snapshot: &DatasetSnapshot,
        part: &Part,
    ) -> Result<DataKey, LakeError> {
        let scope = KeyScope::Part(snapshot.enterprise, part.id);
        match self.vault().data_key_at(&scope, part.key_version).await {
            Ok(key) => Ok(key),
            Err(VaultError::Destroyed | VaultError::NoKey) => {
                self.drop_part(part.id);
                Err(LakeError::PartGone(part.id))
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn footer_of(
        &self,
        snapshot: &DatasetSnapshot,
        part: &Part,
        file: &mut PartFile,
        schema: &SchemaRef,
    ) -> Result<ArrowReaderMetadata, LakeError> {
        let key = self.key_of(snapshot, part).await?;
        if let Some(footer) = self.footer(part.id) {
            return Ok(footer);
        }
        let decryption = part_file::decryption(&key, snapshot.dataset, part.id)
            .map_err(|error| failed(part.id, error))?;
        let options = ArrowReaderOptions::new()
            .with_schema(Arc::clone(schema))
            .with_page_index_policy(PageIndexPolicy::Optional)
            .with_file_decryption_properties(decryption);
        let footer = AssertUnwindSafe(ArrowReaderMetadata::load_async(file, options))
            .catch_unwind()
            .await
            .map_err(|_panic| LakeError::damaged("a part does not decode"))?
            .map_err(|error| failed(part.id, error))?;
        let rows = footer.metadata().file_metadata().num_rows();
        if u64::try_from(rows) != Ok(part.rows) {
            return Err(LakeError::damaged("a part holds another number of rows"));
        }
        self.keep_footer(part.id, footer.clone());
        Ok(footer)
    }
}

pub(crate) fn collect_subjects(
    batch: &RecordBatch,
    found: &mut RoaringBitmap,
) -> Result<(), LakeError> {
    let subjects = batch
        .columns()
        .first()
        .and_then(|column| column.as_primitive_opt::<UInt32Type>())
        .ok_or(LakeError::damaged("a part has no subjects"))?;
    let mut last = None;
    for subject in subjects.values() {
        if last != Some(*subject) {
            found.insert(*subject);
            last = Some(*subject);
        }
    }
    Ok(())
}

fn selection(ranges: &[std::ops::Range<u64>], part: &Part) -> Result<RowSelection, LakeError> {
    let mut end = 0;
    let mut checked = Vec::with_capacity(ranges.len());
    for range in ranges {
        if range.start < end || range.end < range.start || range.end > part.rows {
            return Err(LakeError::NoRows);
        }
        end = range.end;
        checked.push(to_usize(range.start)..to_usize(range.end));
    }
    Ok(RowSelection::from_consecutive_ranges(
        checked.into_iter(),
        to_usize(part.rows),
    ))
}

/// Returns a count as an index; one that does not fit into memory cannot be reached anyway.
fn to_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Tells a part that is gone from one that is damaged and from storage that fails.
fn failed(part: PartId, error: ParquetError) -> LakeError {
    let ParquetError::External(cause) = error else {
        return LakeError::damaged_by("a part does not open or decode", error);
    };
    match cause.downcast::<object_store::Error>() {
        Ok(cause) if matches!(*cause, object_store::Error::NotFound { .. }) => {
            LakeError::PartGone(part)
        }
        Ok(cause) => LakeError::Storage(*cause),
        Err(cause) => LakeError::Damaged {
            what: "a part cannot be read",
            cause: Some(cause),
        },
    }
}
