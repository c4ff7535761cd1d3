use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use yuntu_terms::{ColumnClass, DatasetId, Digest, EnterpriseId, PartId, SubjectId, Timestamp};

use crate::mapping::{ColumnRole, ColumnType, DatasetKind};
use crate::report::Progress;

/// The name of column 0 of a dataset about persons.
pub const SUBJECT: &str = "subject";

/// A column of a dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    pub column_type: ColumnType,
    /// How closely it is tied to a person.
    pub class: ColumnClass,
    /// What it is for; never an identifier.
    #[serde(flatten)]
    pub role: ColumnRole,
}

/// One row group of a part: how many rows, and which subjects they may belong to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowGroupIndex {
    /// How many rows.
    pub rows: u64,
    /// The lowest subject and one above the highest; empty for a lookup dataset.
    pub subjects: Range<u32>,
}

/// One live file of a dataset: the rows of one bucket of subjects, sorted by subject, then by event time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its id, which also names its key.
    pub id: PartId,
    /// The version of its key in the vault.
    pub key_version: u32,
    /// Which subjects: `subject / 2^20`; 0 for a lookup dataset.
    pub bucket: u32,
    /// How many rows.
    pub rows: u64,
    /// The lowest subject and one above the highest; empty for a lookup dataset.
    pub subjects: Range<u32>,
    /// The row groups, in order.
    pub row_groups: Vec<RowGroupIndex>,
    /// The size of the file.
    pub size_bytes: u64,
    /// SHA-256 of the file.
    pub digest: Digest,
}

impl Part {
    /// Lists the rows that may belong to a subject: those of the row groups whose range holds it.
    #[must_use]
    pub fn rows_of(&self, subject: SubjectId) -> Vec<Range<u64>> {
        let mut start = 0;
        let mut found = Vec::new();
        for group in &self.row_groups {
            let end = start + group.rows;
            if group.subjects.contains(&subject.get()) {
                found.push(start..end);
            }
            start = end;
        }
        found
    }
}

/// How far an import is, in terms of its source; committed together with the parts that come from before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Position {
    /// The byte where the next row begins; unused for Parquet.
    pub(crate) offset: u64,
    /// The line of that byte, or how many rows of a Parquet file are done.
    pub(crate) line: u64,
}

/// What is known of an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub(crate) struct ImportState {
    pub(crate) position: Position,
    pub(crate) chunks: u64,
    pub(crate) rows: u64,
    pub(crate) quarantined: u64,
    pub(crate) conflicts: u64,
    pub(crate) done: bool,
    pub(crate) quarantine: Vec<String>,
}

impl ImportState {
    /// Says how far the import is in terms of a source of this length.
    pub(crate) const fn progress(&self, bytes_total: u64) -> Progress {
        Progress {
            rows: self.rows,
            quarantined: self.quarantined,
            conflicts: self.conflicts,
            bytes_done: self.position.offset,
            bytes_total,
        }
    }
}

/// The manifest of a dataset: what is live, what was imported, and what is still to be destroyed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) snapshot: DatasetSnapshot,
    pub(crate) imports: BTreeMap<Digest, ImportState>,
    pub(crate) retired: Vec<Retired>,
}

/// A part that is no longer live and still to be destroyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Retired {
    pub(crate) id: PartId,
    pub(crate) at: Timestamp,
}

impl Manifest {
    pub(crate) fn new(
        enterprise: EnterpriseId,
        dataset: DatasetId,
        kind: DatasetKind,
        columns: Vec<Column>,
    ) -> Self {
        let snapshot = DatasetSnapshot {
            enterprise,
            dataset,
            kind,
            version: 0,
            columns,
            parts: Vec::new(),
            digest: Digest::new([0; 32]),
        };
        Self {
            snapshot,
            imports: BTreeMap::new(),
            retired: Vec::new(),
        }
    }
}

/// What is live in a dataset at one version; receipts cite its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetSnapshot {
    /// Whose data it is.
    pub enterprise: EnterpriseId,
    /// Which dataset.
    pub dataset: DatasetId,
    /// Whether its rows are about persons.
    pub kind: DatasetKind,
    /// Counts the changes of the manifest.
    pub version: u64,
    /// The columns without `subject`; column `i` of the file is `columns[i - 1]` for persons, `columns[i]` for a lookup.
    pub columns: Vec<Column>,
    /// The live files.
    pub parts: Vec<Part>,
    /// SHA-256 over enterprise, dataset, kind, version, columns and parts.
    pub digest: Digest,
}

impl DatasetSnapshot {
    /// Computes the digest over everything else in the snapshot.
    pub(crate) fn compute_digest(&self) -> Result<Digest, serde_json::Error> {
        let body = serde_json::to_vec(&(
            ("yuntu/lake/snapshot/1", self.enterprise, self.dataset),
            (self.kind, self.version, &self.columns, &self.parts),
        ))?;
        Ok(Digest::new(Sha256::digest(&body).into()))
    }

    /// Counts the rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.parts.iter().map(|part| part.rows).sum()
    }

    /// Returns the schema of the parts: `subject: UInt32` first in a dataset about persons.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        schema_of(self.kind, &self.columns)
    }

    /// Returns the class of each column of [`Self::schema`]; `subject` is an identifier.
    #[must_use]
    pub fn classes(&self) -> Vec<ColumnClass> {
        let subject = match self.kind {
            DatasetKind::Persons => Some(ColumnClass::Identifier),
            DatasetKind::Lookup => None,
        };
        subject
            .into_iter()
            .chain(self.columns.iter().map(|c| c.class))
            .collect()
    }
}

/// Returns the schema of a dataset's parts.
#[must_use]
pub fn schema_of(kind: DatasetKind, columns: &[Column]) -> SchemaRef {
    let mut fields = Vec::with_capacity(columns.len() + 1);
    if kind == DatasetKind::Persons {
        fields.push(Field::new(SUBJECT, DataType::UInt32, false));
    }
    for column in columns {
        fields.push(Field::new(
            &column.name,
            data_type(column.column_type),
            true,
        ));
    }
    Arc::new(Schema::new(fields))
}

/// Returns the Arrow type of a column.
pub(crate) fn data_type(column_type: ColumnType) -> DataType {
    match column_type {
        ColumnType::Text => DataType::Utf8,
        ColumnType::Int => DataType::Int64,
        ColumnType::Float => DataType::Float64,
        ColumnType::Decimal { precision, scale } => {
            DataType::Decimal128(precision, i8::try_from(scale).unwrap_or(i8::MAX))
        }
        ColumnType::Bool => DataType::Boolean,
        ColumnType::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("+00:00".into())),
        ColumnType::Date => DataType::Date32,
    }
}
