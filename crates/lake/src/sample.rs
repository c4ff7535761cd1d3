//! The beginning of a source, looked at to find its format and what its columns hold.

use std::collections::HashMap;

use arrow::datatypes::DataType;

use crate::error::{LakeError, SourceFault};
use crate::intake::csv_rows::{self, Split, Splitter};
use crate::intake::ndjson_rows::{self, Json, Line, Lines};
use crate::intake::parquet_rows::{self, ParquetFile, Values};
use crate::intake::{cells::Cell, check_text};
use crate::manifest::Position;
use crate::mapping::{COLUMNS_MAX, ColumnType, Encoding, SourceFormat};
use crate::propose::shown;
use crate::source::Source;

const ROWS_MAX: usize = 1_000;
const BYTES_MAX: usize = 1 << 20;
const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// A column and some of its values; missing ones are left out.
#[derive(Debug, Default)]
pub(crate) struct SampledColumn {
    pub(crate) name: String,
    pub(crate) values: Vec<String>,
    /// The type that the format itself gives.
    pub(crate) declared: Option<ColumnType>,
}

impl SampledColumn {
    /// Says whether so many of a hundred values pass a test; a column without values passes none.
    pub(crate) fn fits(&self, share: usize, test: &dyn Fn(&str) -> bool) -> bool {
        let passed = self.values.iter().filter(|text| test(text.trim())).count();
        passed > 0 && passed * 100 >= self.values.len() * share
    }

    /// Says whether the values count up by small steps, as numbers of things do and numbers of people do not.
    pub(crate) fn ascends(&self) -> bool {
        let numbers: Vec<u64> = self
            .values
            .iter()
            .filter_map(|text| text.parse().ok())
            .collect();
        let step = |pair: &[u64]| matches!(pair, [a, b] if b.checked_sub(*a).is_some_and(|step| (1..=1_000).contains(&step)));
        numbers.len() == self.values.len() && numbers.len() >= 10 && numbers.windows(2).all(step)
    }
}

/// What a look at a source found.
#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) format: SourceFormat,
    pub(crate) columns: Vec<SampledColumn>,
}

/// Looks at the beginning of a source.
pub(crate) fn take(source: &Source) -> Result<Sample, LakeError> {
    let head = head(source)?;
    if head.is_empty() {
        return Err(SourceFault::Empty.into());
    }
    if head.starts_with(b"PAR1") {
        return parquet(source);
    }
    check_text(source, "delimited text, JSON lines or Parquet")?;
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head);
    if text.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{') {
        return ndjson(source);
    }
    csv(source, text)
}

fn head(source: &Source) -> Result<Vec<u8>, SourceFault> {
    let mut head = Vec::new();
    let reader = source.reader(0);
    std::io::Read::read_to_end(&mut std::io::Read::take(reader, 1 << 20), &mut head)?;
    Ok(head)
}

fn csv(source: &Source, text: &[u8]) -> Result<Sample, LakeError> {
    let encoding = encoding(text, source.len() <= BYTES_MAX as u64)?;
    let allowed = |delimiter: &u8| encoding == Encoding::Utf8 || *delimiter != b'|';
    let mut best = (0, b',', Vec::new());
    for delimiter in DELIMITERS.into_iter().filter(allowed) {
        let rows = csv_rows(source, delimiter, encoding)?;
        let width = rows.first().map_or(0, Vec::len);
        let even = rows.iter().filter(|row| row.len() == width).count();
        let score = if width > 1 {
            width * even * 100 / rows.len().max(1)
        } else {
            1
        };
        if score > best.0 {
            best = (score, delimiter, rows);
        }
    }
    let (_, delimiter, rows) = best;
    let first = rows.first().ok_or(SourceFault::Empty)?;
    if first.len() > COLUMNS_MAX {
        return Err(SourceFault::TooManyColumns.into());
    }
    let header = is_header(first);
    let mut columns: Vec<SampledColumn> = first
        .iter()
        .enumerate()
        .map(|(index, name)| SampledColumn {
            name: if header {
                name.trim().to_owned()
            } else {
                format!("column_{}", index + 1)
            },
            ..SampledColumn::default()
        })
        .collect();
    for row in rows.iter().skip(usize::from(header)) {
        for (column, text) in columns.iter_mut().zip(row) {
            if !text.trim().is_empty() {
                column.values.push(text.clone());
            }
        }
    }
    Ok(Sample {
        format: SourceFormat::Csv {
            delimiter,
            header,
            encoding,
        },
        columns,
    })
}

/// Finds the encoding: UTF-8 if the text can be, else GB 18030 if it can be that.
fn encoding(text: &[u8], whole: bool) -> Result<Encoding, SourceFault> {
    let cut = |at: usize| !whole && text.len() - at < 4;
    match std::str::from_utf8(text) {
        Ok(_) => return Ok(Encoding::Utf8),
        Err(error) if error.error_len().is_none() && cut(error.valid_up_to()) => {
            return Ok(Encoding::Utf8);
        }
        Err(_) => {}
    }
    // A sample may end inside a character: whole lines do not.
    let end = text
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(text.len(), |at| at + 1);
    let lines = text
        .get(..if whole { text.len() } else { end })
        .unwrap_or_default();
    match csv_rows::decode(lines, Encoding::Gb18030) {
        Ok(decoded) if !decoded.contains('\0') => Ok(Encoding::Gb18030),
        Ok(_) | Err(_) => Err(SourceFault::Encoding),
    }
}

fn csv_rows(
    source: &Source,
    delimiter: u8,
    encoding: Encoding,
) -> Result<Vec<Vec<String>>, SourceFault> {
    let mut splitter = Splitter::new(source.reader(0), delimiter, Position::default());
    let mut rows = Vec::new();
    while rows.len() <= ROWS_MAX && splitter.position().offset < BYTES_MAX as u64 {
        match splitter.next()? {
            Split::End => break,
            Split::TooLong | Split::TooWide => {}
            Split::Record => {
                let fields = (0..splitter.count()).map(|index| {
                    let bytes = splitter.field(index).unwrap_or_default();
                    csv_rows::decode(bytes, encoding).map_or_else(|_| String::new(), Into::into)
                });
                rows.push(fields.collect());
            }
        }
    }
    Ok(rows)
}

/// Says whether a first row names columns: different words, none a number or a time.
fn is_header(row: &[String]) -> bool {
    let mut seen = std::collections::BTreeSet::new();
    row.iter().all(|name| {
        let name = name.trim();
        !name.is_empty()
            && name.len() <= 128
            && !name.contains(['\0', '@'])
            && !name
                .chars()
                .all(|c| c.is_ascii_digit() || "+-.:/ ".contains(c))
            && seen.insert(name.to_owned())
    })
}

fn ndjson(source: &Source) -> Result<Sample, LakeError> {
    let mut lines = Lines::new(source.reader(0), Position::default());
    let mut columns: Vec<SampledColumn> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut rows = 0;
    let mut read = 0;
    while rows < ROWS_MAX && lines.position().offset < BYTES_MAX as u64 {
        let offset = lines.position().offset;
        match lines.next().map_err(SourceFault::Read)? {
            Line::End => break,
            Line::TooLong => continue,
            Line::Read => rows += 1,
        }
        let line = ndjson_rows::strip(lines.line(), offset);
        let fields = std::str::from_utf8(line)
            .ok()
            .and_then(ndjson_rows::parse_any);
        let Some(fields) = fields else { continue };
        read += 1;
        for (name, value) in fields {
            let place = *places.entry(name.clone()).or_insert_with(|| {
                columns.push(SampledColumn {
                    name,
                    ..SampledColumn::default()
                });
                columns.len() - 1
            });
            let text = match value {
                Json::Null | Json::Nested => None,
                Json::Bool(yes) => shown(&Cell::Bool(yes)),
                Json::Int(number) => shown(&Cell::Int(number)),
                Json::Wide(number) => shown(&Cell::Wide(number)),
                Json::Float(number) => shown(&Cell::Float(number)),
                Json::Text(text) => Some(text.into_owned()).filter(|text| !text.is_empty()),
            };
            if let Some(column) = columns.get_mut(place) {
                column.values.extend(text);
            }
        }
        if columns.len() > COLUMNS_MAX {
            return Err(SourceFault::TooManyColumns.into());
        }
    }
    if read == 0 {
        return Err(SourceFault::Format("JSON lines").into());
    }
    Ok(Sample {
        format: SourceFormat::Ndjson,
        columns,
    })
}

fn parquet(source: &Source) -> Result<Sample, LakeError> {
    let file = ParquetFile::open(source)?;
    let schema = std::sync::Arc::clone(file.schema());
    let mut columns: Vec<SampledColumn> = schema
        .fields()
        .iter()
        .map(|field| SampledColumn {
            name: field.name().clone(),
            declared: declared(field.data_type()),
            values: Vec::new(),
        })
        .collect();
    let all: Vec<_> = (0..columns.len()).collect();
    let mut batches = file.batches(&all, 0)?;
    if let Some(batch) = parquet_rows::next_batch(&mut batches)? {
        for (column, array) in columns.iter_mut().zip(batch.columns()) {
            let Some(values) = Values::new(array) else {
                continue;
            };
            for row in 0..batch.num_rows().min(ROWS_MAX) {
                let text = values.cell(row).ok().and_then(|cell| shown(&cell));
                column.values.extend(text.filter(|text| !text.is_empty()));
            }
        }
    }
    Ok(Sample {
        format: SourceFormat::Parquet,
        columns,
    })
}

/// Returns the type that a Parquet column is best kept in; text is looked at instead.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a type that comes to exist elsewhere has no column here until somebody writes one"
)]
fn declared(data_type: &DataType) -> Option<ColumnType> {
    match data_type {
        DataType::Boolean => Some(ColumnType::Bool),
        DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32
        | DataType::UInt64 => Some(ColumnType::Int),
        DataType::Float16 | DataType::Float32 | DataType::Float64 => Some(ColumnType::Float),
        DataType::Timestamp(_, _) => Some(ColumnType::Timestamp),
        DataType::Date32 | DataType::Date64 => Some(ColumnType::Date),
        DataType::Decimal128(precision, scale) => Some(ColumnType::Decimal {
            precision: *precision,
            scale: u8::try_from(*scale).ok()?,
        }),
        // Text is looked at; lists and structs have no column in the lake.
        _ => None,
    }
}
