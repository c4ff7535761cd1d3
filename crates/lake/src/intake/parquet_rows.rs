//! Parquet files, row by row.

use std::io::BufReader;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryViewArray, BooleanArray, Date32Array, Decimal128Array,
    Float64Array, Int64Array, RecordBatch, StringViewArray, TimestampMicrosecondArray, UInt64Array,
};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float64Type, Int64Type, Schema, SchemaRef, TimeUnit,
    TimestampMicrosecondType, UInt64Type,
};
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder,
};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::reader::{ChunkReader, Length};

use super::cells::Cell;
use super::chunk::Chunk;
use super::parquet_guard;
use crate::error::{LakeError, SourceFault};
use crate::manifest::Position;
use crate::mapping::{ColumnRole, Mapping};
use crate::report::RowFault;
use crate::source::{Source, SourceReader};

const BATCH_ROWS: usize = 4_096;
const DAMAGED: SourceFault = SourceFault::Parquet("its contents are damaged");

/// A source as the Parquet reader wants it.
#[derive(Debug, Clone)]
struct Ranges(Source);

impl Length for Ranges {
    fn len(&self) -> u64 {
        self.0.len()
    }
}

impl ChunkReader for Ranges {
    type T = BufReader<SourceReader>;

    fn get_read(&self, start: u64) -> ParquetResult<Self::T> {
        Ok(BufReader::new(self.0.reader(start)))
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        let end = u64::try_from(length)
            .ok()
            .and_then(|length| start.checked_add(length));
        if end.is_none_or(|end| end > self.0.len()) {
            return Err(ParquetError::EOF(
                "a range lies outside the file".to_owned(),
            ));
        }
        let mut bytes = vec![0; length];
        std::io::Read::read_exact(&mut self.0.reader(start), &mut bytes)?;
        Ok(bytes.into())
    }
}

/// An opened Parquet file whose declarations were checked.
#[derive(Debug)]
pub(crate) struct ParquetFile {
    source: Source,
    footer: ArrowReaderMetadata,
}

impl ParquetFile {
    pub(crate) fn open(source: &Source) -> Result<Self, SourceFault> {
        parquet_guard::check_frame(source)?;
        // Decoders of others may panic on damage; here that is damage like any other.
        let load = || {
            let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
            ArrowReaderMetadata::load(&Ranges(source.clone()), options)
        };
        let footer = catch_unwind(AssertUnwindSafe(load))
            .map_err(|_panic| SourceFault::Parquet("its footer is damaged"))?
            .map_err(|_malformed| SourceFault::Parquet("its footer is damaged"))?;
        parquet_guard::check_contents(source, footer.metadata())?;
        let options = ArrowReaderOptions::new()
            .with_skip_arrow_metadata(true)
            .with_schema(views(footer.schema()));
        let footer = ArrowReaderMetadata::try_new(Arc::clone(footer.metadata()), options)
            .map_err(|_odd| SourceFault::Parquet("its schema cannot be read"))?;
        Ok(Self {
            source: source.clone(),
            footer,
        })
    }

    pub(crate) fn schema(&self) -> &SchemaRef {
        self.footer.schema()
    }

    /// Reads from a row on, only the given columns.
    pub(crate) fn batches(
        &self,
        columns: &[usize],
        first_row: u64,
    ) -> Result<ParquetRecordBatchReader, SourceFault> {
        let mask = ProjectionMask::roots(self.footer.parquet_schema(), columns.iter().copied());
        let build = || {
            ParquetRecordBatchReaderBuilder::new_with_metadata(
                Ranges(self.source.clone()),
                self.footer.clone(),
            )
            .with_projection(mask)
            .with_batch_size(BATCH_ROWS)
            .with_offset(usize::try_from(first_row).unwrap_or(usize::MAX))
            .build()
        };
        catch_unwind(AssertUnwindSafe(build))
            .map_err(|_panic| DAMAGED)?
            .map_err(|_malformed| DAMAGED)
    }

    fn rows(&self) -> u64 {
        u64::try_from(self.footer.metadata().file_metadata().num_rows()).unwrap_or(0)
    }
}

/// Asks for text as views: a long text that a dictionary repeats is then not copied for each row.
fn views(schema: &Schema) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| {
        let view = if matches!(field.data_type(), DataType::Utf8 | DataType::LargeUtf8) {
            DataType::Utf8View
        } else if matches!(field.data_type(), DataType::Binary | DataType::LargeBinary) {
            DataType::BinaryView
        } else {
            return Arc::clone(field);
        };
        Arc::new(field.as_ref().clone().with_data_type(view))
    });
    Arc::new(Schema::new_with_metadata(
        fields.collect::<Vec<_>>(),
        schema.metadata().clone(),
    ))
}

/// Reads the next batch, or says that the file is damaged.
pub(crate) fn next_batch(
    reader: &mut ParquetRecordBatchReader,
) -> Result<Option<RecordBatch>, SourceFault> {
    let next = catch_unwind(AssertUnwindSafe(|| reader.next())).map_err(|_panic| DAMAGED)?;
    next.transpose().map_err(|_malformed| DAMAGED)
}

/// A column in one of the few types that cells come from.
#[derive(Debug)]
pub(crate) enum Values {
    Text(StringViewArray),
    Bytes(BinaryViewArray),
    Int(Int64Array),
    Wide(UInt64Array),
    Float(Float64Array),
    Bool(BooleanArray),
    Micros(TimestampMicrosecondArray),
    LocalMicros(TimestampMicrosecondArray),
    Day(Date32Array),
    Decimal(Decimal128Array, u8),
}

impl Values {
    /// Brings an array to such a type, or nothing when it has none.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "a type that comes to exist elsewhere is unknown here until somebody writes how to read it"
    )]
    pub(crate) fn new(array: &ArrayRef) -> Option<Self> {
        let micros = |zone: Option<Arc<str>>| {
            let wanted = DataType::Timestamp(TimeUnit::Microsecond, zone);
            Some(
                cast(array, &wanted)
                    .ok()?
                    .as_primitive::<TimestampMicrosecondType>()
                    .clone(),
            )
        };
        Some(match array.data_type() {
            DataType::Utf8View => Self::Text(array.as_string_view().clone()),
            DataType::BinaryView => Self::Bytes(array.as_binary_view().clone()),
            DataType::Boolean => Self::Bool(array.as_boolean().clone()),
            DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::UInt8
            | DataType::UInt16
            | DataType::UInt32 => Self::Int(
                cast(array, &DataType::Int64)
                    .ok()?
                    .as_primitive::<Int64Type>()
                    .clone(),
            ),
            DataType::UInt64 => Self::Wide(array.as_primitive::<UInt64Type>().clone()),
            DataType::Float16 | DataType::Float32 | DataType::Float64 => Self::Float(
                cast(array, &DataType::Float64)
                    .ok()?
                    .as_primitive::<Float64Type>()
                    .clone(),
            ),
            DataType::Timestamp(_, None) => Self::LocalMicros(micros(None)?),
            DataType::Timestamp(_, Some(zone)) => Self::Micros(micros(Some(Arc::clone(zone)))?),
            DataType::Date32 => Self::Day(array.as_primitive::<Date32Type>().clone()),
            DataType::Decimal128(_, scale) => Self::Decimal(
                array.as_primitive::<Decimal128Type>().clone(),
                u8::try_from(*scale).ok()?,
            ),
            _ => return None,
        })
    }

    fn array(&self) -> &dyn Array {
        match self {
            Self::Text(array) => array,
            Self::Bytes(array) => array,
            Self::Int(array) => array,
            Self::Wide(array) => array,
            Self::Float(array) => array,
            Self::Bool(array) => array,
            Self::Micros(array) | Self::LocalMicros(array) => array,
            Self::Day(array) => array,
            Self::Decimal(array, _) => array,
        }
    }

    pub(crate) fn cell(&self, row: usize) -> Result<Cell<'_>, RowFault> {
        if row >= self.array().len() || self.array().is_null(row) {
            return Ok(Cell::Missing);
        }
        Ok(match self {
            Self::Text(array) => Cell::Text(array.value(row)),
            Self::Bytes(array) => Cell::Text(
                std::str::from_utf8(array.value(row)).map_err(|_malformed| RowFault::Encoding)?,
            ),
            Self::Int(array) => Cell::Int(array.value(row)),
            Self::Wide(array) => {
                let number = array.value(row);
                i64::try_from(number).map_or(Cell::Wide(number), Cell::Int)
            }
            // Data frames write a missing number as "not a number".
            Self::Float(array) if array.value(row).is_nan() => Cell::Missing,
            Self::Float(array) => Cell::Float(array.value(row)),
            Self::Bool(array) => Cell::Bool(array.value(row)),
            Self::Micros(array) => Cell::Micros(array.value(row)),
            Self::LocalMicros(array) => Cell::LocalMicros(array.value(row)),
            Self::Day(array) => Cell::Day(array.value(row)),
            Self::Decimal(array, scale) => Cell::Decimal {
                value: array.value(row),
                scale: *scale,
            },
        })
    }
}

/// A Parquet file as rows of a mapping.
pub(crate) struct ParquetRows {
    batches: ParquetRecordBatchReader,
    /// For each column of the mapping, its place in a batch; nothing for one that is left out.
    places: Vec<Option<usize>>,
    nulls: Vec<String>,
    batch: Vec<Values>,
    batch_rows: usize,
    row: usize,
    done: u64,
    rows: u64,
    len: u64,
}

impl std::fmt::Debug for ParquetRows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ParquetRows")
            .field("done", &self.done)
            .finish_non_exhaustive()
    }
}

impl ParquetRows {
    pub(crate) fn new(
        file: &ParquetFile,
        mapping: &Mapping,
        start: Position,
    ) -> Result<Self, LakeError> {
        let schema = file.schema();
        let mut columns = Vec::new();
        for column in &mapping.columns {
            if column.role != ColumnRole::Ignored {
                let index = schema
                    .index_of(&column.source)
                    .map_err(|_unknown| SourceFault::MissingColumn(column.source.clone()))?;
                columns.push(index);
            }
        }
        // A batch has its columns in the order of the file.
        let mut sorted = columns.clone();
        sorted.sort_unstable();
        let mut asked = columns.iter();
        let places = mapping.columns.iter().map(|column| {
            if column.role == ColumnRole::Ignored {
                return None;
            }
            asked
                .next()
                .and_then(|index| sorted.binary_search(index).ok())
        });
        let places = places.collect();
        Ok(Self {
            batches: file.batches(&columns, start.line)?,
            places,
            nulls: mapping.nulls.clone(),
            batch: Vec::new(),
            batch_rows: 0,
            row: 0,
            done: start.line,
            rows: file.rows(),
            len: file.source.len(),
        })
    }

    /// Reads one row into the chunk; false at the end.
    pub(crate) fn read_into(&mut self, chunk: &mut Chunk) -> Result<bool, LakeError> {
        while self.row >= self.batch_rows {
            let Some(batch) = next_batch(&mut self.batches)? else {
                if self.done == self.rows {
                    return Ok(false);
                }
                return Err(SourceFault::Parquet("it ends before its last row").into());
            };
            self.batch = batch
                .columns()
                .iter()
                .map(|array| {
                    Values::new(array).ok_or(SourceFault::Parquet(
                        "a column that is not left out has a nested or unknown type",
                    ))
                })
                .collect::<Result<_, _>>()?;
            self.batch_rows = batch.num_rows();
            self.row = 0;
        }
        let (batch, row) = (&self.batch, self.row);
        chunk.push_row(self.done + 1, 1, |column| {
            let place = self.places.get(column).ok_or(RowFault::FieldCount)?;
            let Some(values) = place.and_then(|place| batch.get(place)) else {
                return Ok(Cell::Missing);
            };
            let cell = values.cell(row)?;
            let missing = matches!(cell, Cell::Text(text)
                if text.is_empty() || self.nulls.iter().any(|null| null == text));
            Ok(if missing { Cell::Missing } else { cell })
        });
        self.row += 1;
        self.done += 1;
        chunk.position = Position {
            offset: 0,
            line: self.done,
        };
        // The part of the file that is done, in proportion to its rows.
        let share = u128::from(self.len) * u128::from(self.done) / u128::from(self.rows.max(1));
        chunk.bytes_done = u64::try_from(share).unwrap_or(self.len);
        Ok(true)
    }
}
