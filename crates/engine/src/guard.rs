//! The only way to rows: a dataset as one permit and one consent snapshot let it be seen.
//!
//! Architecture invariant: nothing else in this crate opens a part of the lake, and nothing a query says reaches the
//! choice of subjects and columns made here.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions, UInt32Array,
};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::compute::{BatchCoalescer, filter_record_batch, nullif};
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::physical_plan::PhysicalExpr;
use futures::stream::{BoxStream, StreamExt, TryStreamExt};
use roaring::RoaringBitmap;
use yuntu_consent::SubjectSet;
use yuntu_lake::{DatasetKind, DatasetSnapshot, Lake, Part, PartScan, Predicate};
use yuntu_policy::RecordedPermit;
use yuntu_terms::{ColumnClass, clause};

use crate::error::EngineError;

mod exec;
mod predicate;
mod provider;
mod slices;
mod watch;

pub(crate) use provider::GuardedTable;
pub use watch::Cancel;
pub(crate) use watch::{EndWithWaiter, Watch};

/// A column that exists for the run.
#[derive(Debug, Clone)]
pub(crate) struct VisibleColumn {
    /// Its place in the files.
    pub(crate) place: usize,
    pub(crate) class: ColumnClass,
}

/// One dataset as the run may see it.
#[derive(Debug)]
pub(crate) struct Guard {
    pub(crate) name: String,
    pub(crate) snapshot: Arc<DatasetSnapshot>,
    pub(crate) schema: SchemaRef,
    pub(crate) columns: Vec<VisibleColumn>,
    lake: Lake,
    permit: Arc<RecordedPermit>,
    /// Who is admitted; nobody is asked for in a lookup dataset.
    pub(crate) admitted: Arc<SubjectSet>,
    /// Who gave the separate consent that sensitive values need.
    sensitive: Arc<SubjectSet>,
    pub(crate) watch: Arc<Watch>,
    slices: Vec<Arc<SubjectSet>>,
    /// What EXPLAIN shows.
    title: String,
    batch_size: usize,
}

/// What a guard is made of.
pub(crate) struct GuardParts {
    pub(crate) name: String,
    pub(crate) snapshot: Arc<DatasetSnapshot>,
    pub(crate) lake: Lake,
    pub(crate) permit: Arc<RecordedPermit>,
    pub(crate) admitted: Arc<SubjectSet>,
    pub(crate) sensitive: Arc<SubjectSet>,
    pub(crate) watch: Arc<Watch>,
    pub(crate) consent_version: u64,
    pub(crate) partitions: usize,
    pub(crate) batch_size: usize,
}

/// What a caller wants of a guarded dataset; columns are places in [`Guard::schema`].
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    pub(crate) projection: Vec<usize>,
    /// Leak-proof tests over the schema of `filter_columns`.
    pub(crate) filters: Vec<Arc<dyn PhysicalExpr>>,
    /// The columns the tests see, ascending.
    pub(crate) filter_columns: Vec<usize>,
    /// The people the tests name one by one; everybody when `None`. Only their row groups are opened.
    pub(crate) subjects: Option<RoaringBitmap>,
    pub(crate) limit: Option<usize>,
}

/// How many rows a person is taken to have when joins are ordered.
const ROWS_PER_PERSON_GUESS: u64 = 64;

impl Guard {
    /// Guesses how many rows the scan yields, so that joins keep the smaller side in memory.
    ///
    /// For a dataset about persons it is a function of who is admitted and of nothing else.
    pub(crate) fn rows_guess(&self) -> usize {
        let rows = if self.is_about_persons() {
            self.admitted.len().saturating_mul(ROWS_PER_PERSON_GUESS)
        } else {
            self.snapshot.rows()
        };
        usize::try_from(rows).unwrap_or(usize::MAX)
    }

    /// Makes the guard of a dataset; a column whose class the permit does not admit does not exist from here on.
    ///
    /// # Clause
    /// U4, R8
    pub(crate) fn new(
        parts: GuardParts,
        admits: impl Fn(&str, ColumnClass) -> Option<ColumnClass>,
    ) -> Self {
        let about_persons = parts.snapshot.kind == DatasetKind::Persons;
        let file = parts.snapshot.schema();
        let classes = parts.snapshot.classes();
        let mut columns = Vec::new();
        let mut fields: Vec<Arc<Field>> = Vec::new();
        for (place, (field, class)) in file.fields().iter().zip(classes).enumerate() {
            let is_subject = about_persons && place == 0;
            let class = if is_subject {
                Some(class)
            } else {
                admits(field.name(), class)
            };
            if let Some(class) = class {
                columns.push(VisibleColumn { place, class });
                fields.push(Arc::clone(field));
            }
        }
        let permit = &parts.permit;
        let title = format!(
            "dataset={}, purpose={}, operation={}, consent_version={}",
            parts.name,
            permit.purpose(),
            permit.operation(),
            parts.consent_version
        );
        Self {
            schema: Arc::new(Schema::new(fields)),
            columns,
            slices: slices::slices(&parts.admitted, parts.partitions),
            title,
            name: parts.name,
            snapshot: parts.snapshot,
            lake: parts.lake,
            permit: parts.permit,
            admitted: parts.admitted,
            sensitive: parts.sensitive,
            watch: parts.watch,
            batch_size: parts.batch_size,
        }
    }

    pub(crate) fn is_about_persons(&self) -> bool {
        self.snapshot.kind == DatasetKind::Persons
    }

    pub(crate) fn partitions(&self) -> usize {
        self.slices.len()
    }

    pub(crate) fn title(&self) -> &str {
        &self.title
    }

    /// Streams the admitted rows of one partition, in batches whose borders depend on admitted rows only.
    ///
    /// Each part is read with the row groups of the partition's subjects; where a group holds others too, the subject
    /// column is decoded first and every other column only for the rows that stay. Sensitive values become null unless
    /// their subject gave separate consent. Only then the leak-proof tests run.
    ///
    /// # Clause
    /// U4
    pub(crate) fn stream(
        self: &Arc<Self>,
        partition: usize,
        wanted: &Wanted,
    ) -> BoxStream<'static, Result<RecordBatch, EngineError>> {
        let reading = Reading::plan(self, wanted);
        let parts = self.parts_of(partition, wanted);
        let guard = Arc::clone(self);
        let opened = futures::stream::iter(parts).then(move |(part, rows)| {
            let guard = Arc::clone(&guard);
            let places = reading.places.clone();
            async move { guard.open(&part, rows, places).await }
        });
        let reading = Reading::plan(self, wanted);
        let guard = Arc::clone(self);
        let admitted = opened.try_flatten().map(move |batch| {
            guard.watch.check()?;
            reading.admit(&guard, &batch?)
        });
        let reading = Reading::plan(self, wanted);
        rebatch(admitted.boxed(), reading, self.batch_size, wanted.limit)
    }

    /// Streams the admitted rows of one part, sorted by subject.
    pub(crate) fn stream_part(
        self: &Arc<Self>,
        part: &Part,
        wanted: &Wanted,
    ) -> BoxStream<'static, Result<RecordBatch, EngineError>> {
        let Some(rows) = self.rows_of(part, &self.admitted) else {
            return futures::stream::empty().boxed();
        };
        let reading = Reading::plan(self, wanted);
        let (guard, part, places) = (Arc::clone(self), part.clone(), reading.places.clone());
        let opened = futures::stream::once(async move { guard.open(&part, rows, places).await });
        let guard = Arc::clone(self);
        opened
            .try_flatten()
            .map(move |batch| {
                guard.watch.check()?;
                let batch = reading.admit(&guard, &batch?)?;
                reading.project(&batch)
            })
            .boxed()
    }

    fn parts_of(&self, partition: usize, wanted: &Wanted) -> Vec<(Part, OpenRows)> {
        let Some(slice) = self.slices.get(partition) else {
            return Vec::new();
        };
        // Who is named by the query is cut with who is admitted, so a refused person and one that does not exist
        // open the same files: none.
        let slice = &wanted.subjects.as_ref().map_or_else(
            || Arc::clone(slice),
            |named| Arc::new(SubjectSet::from_bitmap(slice.bitmap() & named)),
        );
        self.snapshot
            .parts
            .iter()
            .enumerate()
            .filter_map(|(index, part)| {
                if !self.is_about_persons() && index % self.partitions() != partition {
                    return None;
                }
                Some((part.clone(), self.rows_of(part, slice)?))
            })
            .collect()
    }

    fn rows_of(&self, part: &Part, slice: &Arc<SubjectSet>) -> Option<OpenRows> {
        if !self.is_about_persons() {
            return Some(OpenRows {
                ranges: None,
                probe: None,
            });
        }
        let rows = slices::part_rows(part, slice)?;
        Some(OpenRows {
            ranges: Some(rows.ranges),
            probe: rows.mixed.then(|| Arc::clone(slice)),
        })
    }

    async fn open(
        self: Arc<Self>,
        part: &Part,
        rows: OpenRows,
        places: Vec<usize>,
    ) -> Result<BoxStream<'static, Result<RecordBatch, EngineError>>, EngineError> {
        self.watch.check()?;
        clause::hit!(U4);
        let predicates = rows.probe.into_iter().map(subject_probe).collect();
        let scan = PartScan {
            projection: places,
            selection: rows.ranges,
            predicates,
            batch_size: self.batch_size,
        };
        let reader = self
            .lake
            .open_part(&self.permit, &self.snapshot, part, scan)
            .await
            .map_err(|error| EngineError::of_lake(&error))?;
        Ok(reader.map_err(|error| EngineError::of_lake(&error)).boxed())
    }
}

/// Which rows of a part to open, and whether each must be looked at.
struct OpenRows {
    ranges: Option<Vec<std::ops::Range<u64>>>,
    probe: Option<Arc<SubjectSet>>,
}

fn subject_probe(admitted: Arc<SubjectSet>) -> Predicate {
    admitted.freeze();
    Predicate::new(vec![0], move |batch| {
        let subjects = batch
            .columns()
            .first()
            .and_then(|column| column.as_any().downcast_ref::<UInt32Array>())
            .ok_or_else(|| ArrowError::SchemaError("no subject column".into()))?;
        // A row without a subject is nobody's and stays out.
        let known = subjects.nulls();
        let stays = |row: usize| {
            known.is_none_or(|known| known.is_valid(row))
                && subjects
                    .values()
                    .get(row)
                    .is_some_and(|subject| admitted.contains(*subject))
        };
        let stay = BooleanBuffer::collect_bool(subjects.len(), stays);
        Ok(BooleanArray::new(stay, None))
    })
}

/// The columns a scan decodes, and how they become what was wanted.
#[derive(Debug, Clone)]
struct Reading {
    /// Places in the files, ascending.
    places: Vec<usize>,
    schema: SchemaRef,
    /// For each column read, whether its values need separate consent.
    sensitive: Vec<bool>,
    filters: Vec<Arc<dyn PhysicalExpr>>,
    /// Where the tests' columns are among the columns read.
    filter_at: Vec<usize>,
    /// Where the wanted columns are among the columns read.
    output_at: Vec<usize>,
    output: SchemaRef,
}

impl Reading {
    fn plan(guard: &Guard, wanted: &Wanted) -> Self {
        let mut visible: Vec<usize> = wanted
            .projection
            .iter()
            .chain(&wanted.filter_columns)
            .copied()
            .collect();
        let is_sensitive = |i: &usize| {
            guard
                .columns
                .get(*i)
                .is_some_and(|c| c.class == ColumnClass::Sensitive)
        };
        // The subject is needed to judge sensitive values, and something must be read to count rows.
        if visible.is_empty() || (guard.is_about_persons() && visible.iter().any(is_sensitive)) {
            visible.push(0);
        }
        visible.sort_unstable();
        visible.dedup();
        let at = |wanted: &[usize]| -> Vec<usize> {
            wanted
                .iter()
                .filter_map(|i| visible.iter().position(|v| v == i))
                .collect()
        };
        let fields = |places: &[usize]| {
            let fields: Vec<_> = places
                .iter()
                .filter_map(|i| guard.schema.fields().get(*i).cloned())
                .collect();
            Arc::new(Schema::new(fields))
        };
        Self {
            places: visible
                .iter()
                .filter_map(|i| guard.columns.get(*i).map(|c| c.place))
                .collect(),
            schema: fields(&visible),
            sensitive: visible.iter().map(is_sensitive).collect(),
            filters: wanted.filters.clone(),
            filter_at: at(&wanted.filter_columns),
            output_at: at(&wanted.projection),
            output: fields(&wanted.projection),
        }
    }

    /// Empties sensitive values without separate consent, then runs the leak-proof tests.
    fn admit(&self, guard: &Guard, batch: &RecordBatch) -> Result<RecordBatch, EngineError> {
        guard.watch.count(batch.num_rows());
        let mut batch = self.without_sensitive(guard, batch)?;
        if self.filters.is_empty() {
            return Ok(batch);
        }
        for filter in &self.filters {
            let seen = batch.project(&self.filter_at).map_err(scan_failed)?;
            let kept = filter
                .evaluate(&seen)
                .and_then(|value| value.into_array(seen.num_rows()))
                .map_err(|_detail| EngineError::internal("consent scan"))?;
            let kept = kept
                .as_any()
                .downcast_ref::<BooleanArray>()
                .ok_or_else(|| EngineError::internal("consent scan"))?;
            batch = filter_record_batch(&batch, kept).map_err(scan_failed)?;
        }
        Ok(batch)
    }

    fn without_sensitive(
        &self,
        guard: &Guard,
        batch: &RecordBatch,
    ) -> Result<RecordBatch, EngineError> {
        if !guard.is_about_persons() || !self.sensitive.contains(&true) {
            return Ok(batch.clone());
        }
        let subjects = batch
            .columns()
            .first()
            .and_then(|column| column.as_any().downcast_ref::<UInt32Array>())
            .ok_or_else(|| EngineError::internal("consent scan"))?;
        let refused: BooleanArray = subjects
            .iter()
            .map(|s| Some(!s.is_some_and(|s| guard.sensitive.contains(s))))
            .collect();
        let columns: Result<Vec<ArrayRef>, _> = batch
            .columns()
            .iter()
            .zip(&self.sensitive)
            .map(|(column, sensitive)| {
                if *sensitive {
                    nullif(column, &refused)
                } else {
                    Ok(Arc::clone(column))
                }
            })
            .collect();
        RecordBatch::try_new(Arc::clone(&self.schema), columns.map_err(scan_failed)?)
            .map_err(scan_failed)
    }

    fn project(&self, batch: &RecordBatch) -> Result<RecordBatch, EngineError> {
        let columns = self
            .output_at
            .iter()
            .filter_map(|i| batch.columns().get(*i).cloned())
            .collect();
        let rows = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(Arc::clone(&self.output), columns, &rows)
            .map_err(scan_failed)
    }
}

fn scan_failed(_detail: ArrowError) -> EngineError {
    EngineError::internal("consent scan")
}

/// Cuts a stream anew into full batches, so that where a batch ends tells nothing of what was refused.
fn rebatch(
    batches: BoxStream<'static, Result<RecordBatch, EngineError>>,
    reading: Reading,
    batch_size: usize,
    limit: Option<usize>,
) -> BoxStream<'static, Result<RecordBatch, EngineError>> {
    let full = BatchCoalescer::new(Arc::clone(&reading.schema), batch_size);
    let state = (batches, full, limit, false);
    futures::stream::try_unfold(
        state,
        |(mut batches, mut full, mut left, mut ended)| async move {
            loop {
                if let Some(batch) = full.next_completed_batch() {
                    return Ok(Some((batch, (batches, full, left, ended))));
                }
                if ended {
                    return Ok(None);
                }
                let next = if left == Some(0) {
                    None
                } else {
                    batches.try_next().await?
                };
                let Some(mut batch) = next else {
                    ended = true;
                    full.finish_buffered_batch().map_err(scan_failed)?;
                    continue;
                };
                if let Some(left) = &mut left {
                    batch = batch.slice(0, batch.num_rows().min(*left));
                    *left -= batch.num_rows();
                }
                full.push_batch(batch).map_err(scan_failed)?;
            }
        },
    )
    .and_then(move |batch: RecordBatch| futures::future::ready(reading.project(&batch)))
    .boxed()
}
