//! Rows into the bytes of parts: sorted, cut at subjects, packed and encrypted.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{SchemaRef, UInt32Type};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use sha2::{Digest as _, Sha256};
use yuntu_terms::{DatasetId, Digest, PartId, SubjectId};
use yuntu_vault::DataKey;

use crate::error::LakeError;
use crate::manifest::{Part, RowGroupIndex, SUBJECT};
use crate::mapping::DatasetKind;
use crate::part_file;

/// How many rows a page has at most: what a look-up of one person unpacks of each column.
const PAGE_ROWS: usize = 8_192;

/// Rows of one bucket in their final order.
#[derive(Debug)]
pub(crate) struct Sorted {
    pub(crate) bucket: u32,
    pub(crate) batch: RecordBatch,
}

impl Sorted {
    /// Takes the rows of a lookup dataset, which keep their order.
    pub(crate) fn unsorted(schema: &SchemaRef, columns: Vec<ArrayRef>) -> Result<Self, LakeError> {
        let batch = RecordBatch::try_new(Arc::clone(schema), columns).map_err(columns_fault)?;
        Ok(Self { bucket: 0, batch })
    }
}

/// Sorts rows by subject, then by time, then by their order in the source, and parts them by bucket.
pub(crate) fn sort(
    schema: &SchemaRef,
    subjects: Vec<u32>,
    times: Option<&[i64]>,
    columns: &[ArrayRef],
) -> Result<Vec<Sorted>, LakeError> {
    let time = |row: usize| times.and_then(|times| times.get(row)).copied().unwrap_or(0);
    let mut order: Vec<(u32, i64, u32)> = subjects
        .iter()
        .enumerate()
        .map(|(row, subject)| {
            Ok((
                *subject,
                time(row),
                u32::try_from(row).map_err(columns_fault)?,
            ))
        })
        .collect::<Result<_, LakeError>>()?;
    drop(subjects);
    order.sort_unstable();
    let mut parts = Vec::new();
    let bucket = |entry: &(u32, i64, u32)| SubjectId::new(entry.0).bucket();
    for run in order.chunk_by(|a, b| bucket(a) == bucket(b)) {
        let rows: UInt32Array = run.iter().map(|(_, _, row)| *row).collect();
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(columns.len() + 1);
        arrays.push(Arc::new(
            run.iter()
                .map(|(subject, _, _)| *subject)
                .collect::<UInt32Array>(),
        ));
        for column in columns {
            arrays.push(take(column, &rows, None).map_err(columns_fault)?);
        }
        // A run has a first row.
        let bucket = run.first().map_or(0, bucket);
        let batch = RecordBatch::try_new(Arc::clone(schema), arrays).map_err(columns_fault)?;
        parts.push(Sorted { bucket, batch });
    }
    Ok(parts)
}

/// Writes a sorted batch as an encrypted part.
pub(crate) fn encode(
    sorted: &Sorted,
    (dataset, kind): (DatasetId, DatasetKind),
    (id, key): (PartId, &DataKey),
    row_group_rows: usize,
) -> Result<(Part, Bytes), LakeError> {
    let batch = &sorted.batch;
    let properties = properties(key, dataset, id)?;
    let options = ArrowWriterOptions::new()
        .with_properties(properties)
        .with_skip_arrow_metadata(true);
    let mut writer = ArrowWriter::try_new_with_options(Vec::new(), batch.schema(), options)
        .map_err(columns_fault)?;
    let subjects = match kind {
        DatasetKind::Persons => batch
            .columns()
            .first()
            .and_then(|column| column.as_primitive_opt::<UInt32Type>())
            .map(|subjects| &**subjects.values()),
        DatasetKind::Lookup => None,
    };
    let mut row_groups = Vec::new();
    let mut start = 0;
    while start < batch.num_rows() {
        let end = group_end(subjects, start, batch.num_rows(), row_group_rows);
        writer
            .write(&batch.slice(start, end - start))
            .map_err(columns_fault)?;
        writer.flush().map_err(columns_fault)?;
        let subjects = subjects.map_or(0..0, |all| span(all.get(start..end)));
        let rows = u64::try_from(end - start).map_err(columns_fault)?;
        row_groups.push(RowGroupIndex { rows, subjects });
        start = end;
    }
    let bytes = writer.into_inner().map_err(columns_fault)?;
    let part = Part {
        id,
        key_version: key.version(),
        bucket: sorted.bucket,
        rows: u64::try_from(batch.num_rows()).map_err(columns_fault)?,
        subjects: subjects.map_or(0..0, |all| span(Some(all))),
        row_groups,
        size_bytes: u64::try_from(bytes.len()).map_err(columns_fault)?,
        digest: Digest::new(Sha256::digest(&bytes).into()),
    };
    Ok((part, bytes.into()))
}

/// Finds where a row group ends: after about the wanted rows, at the end of a subject unless that has very many.
fn group_end(subjects: Option<&[u32]>, start: usize, rows: usize, wanted: usize) -> usize {
    let wanted = wanted.max(1);
    let end = start.saturating_add(wanted).min(rows);
    let Some(all) = subjects else {
        return end;
    };
    let Some(last) = end.checked_sub(1).and_then(|last| all.get(last)) else {
        return end;
    };
    let rest = all
        .get(end..rows.min(end.saturating_add(wanted)))
        .unwrap_or_default();
    end + rest.iter().take_while(|subject| *subject == last).count()
}

/// Returns the lowest of sorted subjects and one above the highest.
fn span(subjects: Option<&[u32]>) -> Range<u32> {
    match subjects {
        Some([first, .., last]) => *first..last.saturating_add(1),
        Some([only]) => *only..only.saturating_add(1),
        Some([]) | None => 0..0,
    }
}

fn properties(
    key: &DataKey,
    dataset: DatasetId,
    id: PartId,
) -> Result<WriterProperties, LakeError> {
    let encryption = part_file::encryption(key, dataset, id).map_err(columns_fault)?;
    let zstd = Compression::ZSTD(ZstdLevel::try_new(1).map_err(columns_fault)?);
    Ok(WriterProperties::builder()
        .set_compression(zstd)
        .set_created_by("yuntu".to_owned())
        .set_max_row_group_row_count(None)
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_write_batch_size(PAGE_ROWS)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_column_statistics_enabled(ColumnPath::from(SUBJECT), EnabledStatistics::Page)
        .with_file_encryption_properties(encryption)
        .build())
}

fn columns_fault(error: impl std::error::Error + Send + Sync + 'static) -> LakeError {
    LakeError::Columns(Box::new(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_group_ends_with_a_subject_unless_that_has_very_many_rows() {
        let subjects = [1, 1, 2, 2, 2, 2, 2, 2, 2, 3];
        assert_eq!(group_end(Some(&subjects), 0, 10, 2), 2);
        assert_eq!(group_end(Some(&subjects), 0, 10, 3), 6);
        assert_eq!(group_end(Some(&subjects), 2, 10, 4), 9);
        assert_eq!(group_end(Some(&subjects), 9, 10, 4), 10);
        assert_eq!(group_end(None, 0, 10, 4), 4);
    }

    #[test]
    fn a_span_covers_its_subjects() {
        assert_eq!(span(Some(&[3, 3, 9])), 3..10);
        assert_eq!(span(Some(&[7])), 7..8);
        assert!(span(None).is_empty());
    }
}
