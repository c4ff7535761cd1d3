use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};
use yuntu_terms::{DatasetId, Digest, EnterpriseId};

use crate::mapping::Mapping;

/// What to import into which dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportPlan {
    /// Whose data it is.
    pub enterprise: EnterpriseId,
    /// The dataset that receives the rows; it comes to exist with its first import.
    pub dataset: DatasetId,
    /// How the source becomes rows.
    pub mapping: Mapping,
}

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportReport {
    /// The identity of the import: digest of source, mapping and dataset.
    pub import: Digest,
    /// How it went.
    pub outcome: ImportOutcome,
    /// Rows that are live in the dataset because of this import, earlier runs included.
    pub rows: u64,
    /// Rows in quarantine.
    pub quarantined: u64,
    /// Rows whose identifiers belonged to two people already: the first decides whose the row is, and both are one person, as
    /// long as that person has no more numbers than one may have.
    pub conflicts: u64,
    /// The version of the dataset after the import.
    pub version: u64,
}

/// How an import went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportOutcome {
    /// The source was read from its beginning.
    Imported,
    /// An earlier run had stopped; this one went on from there.
    Resumed,
    /// The same source had been imported already; nothing was done.
    AlreadyImported,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Progress {
    /// Rows that are live so far.
    pub rows: u64,
    /// Rows in quarantine so far.
    pub quarantined: u64,
    /// Rows whose second identifier already belonged to another person.
    pub conflicts: u64,
    /// Bytes of the source that are done.
    pub bytes_done: u64,
    /// Bytes of the source.
    pub bytes_total: u64,
}

/// A row that was not imported, without its values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuarantinedRow {
    /// The line of the source where the row begins, or the number of the row in a Parquet file; from 1.
    pub line: u64,
    /// How many lines of the source the row covers; an open quotation mark can swallow many.
    pub lines: u64,
    /// The column that is wrong, when it is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub column: Option<String>,
    /// What is wrong.
    pub reason: RowFault,
}

/// Why a row went to quarantine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowFault {
    /// The row has another number of fields than the header.
    FieldCount,
    /// A cell is longer than 1 MiB.
    CellTooLong,
    /// The row is longer than 8 MiB.
    RowTooLong,
    /// The text is not in the encoding of the file.
    Encoding,
    /// The text holds a NUL.
    NulByte,
    /// Not a whole number of 64 bits.
    NotAnInteger,
    /// Not a finite number.
    NotANumber,
    /// Not a decimal that fits.
    NotADecimal,
    /// Not yes or no.
    NotABool,
    /// Not a moment in the given format.
    NotATimestamp,
    /// Not a day in the given format.
    NotADate,
    /// Not a telephone number.
    NotAPhone,
    /// Not a mail address.
    NotAnEmail,
    /// Not a device id.
    NotADeviceId,
    /// Not a hash of the given form.
    NotAHash,
    /// Not a usable identifier: too long or of no kind that names a person.
    NotAnIdentifier,
    /// No identifier has a value.
    NoIdentifier,
    /// The event time is missing.
    NoEventTime,
    /// The line is not a JSON object.
    NotAnObject,
    /// The object has a field that the mapping does not speak of.
    UnknownField,
    /// The object has a field twice.
    DuplicateField,
    /// A value is a list or an object.
    NestedValue,
    /// A value has a type that cannot become the column's.
    WrongType,
}

/// Stops an import between two rows; clones share one flag.
#[derive(Clone, Default)]
pub struct CancelToken(Arc<AtomicBool>);

impl CancelToken {
    /// Makes a token that is not cancelled.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the import to stop.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Says whether it was asked to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

impl fmt::Debug for CancelToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CancelToken")
            .field(&self.is_cancelled())
            .finish()
    }
}
