//! From a source to chunks of rows.

use std::collections::{BTreeSet, HashMap};

use tokio::sync::mpsc::Sender;
use yuntu_terms::Digest;

use self::chunk::Chunk;
use self::csv_rows::{CsvRows, Split, Splitter};
use self::hashing::HashingReader;
use self::ndjson_rows::NdjsonRows;
use self::parquet_rows::{ParquetFile, ParquetRows};
use crate::error::{LakeError, Look, SourceFault};
use crate::manifest::Position;
use crate::mapping::{COLUMNS_MAX, Encoding, Mapping, SourceFormat};
use crate::report::CancelToken;
use crate::source::Source;

pub(crate) mod cells;
pub(crate) mod chunk;
pub(crate) mod csv_rows;
pub(crate) mod hashing;
pub(crate) mod ndjson_rows;
mod parquet_guard;
pub(crate) mod parquet_rows;
pub(crate) mod times;

/// How many rows pass between two looks at the cancel token.
const ROWS_BETWEEN_LOOKS: usize = 1_024;

/// The rows of a source of any format.
#[derive(Debug)]
enum Rows {
    Csv(Box<CsvRows>),
    Ndjson(Box<NdjsonRows>),
    Parquet(Box<ParquetRows>),
}

impl Rows {
    fn open(source: &Source, mapping: &Mapping, start: Position) -> Result<Self, LakeError> {
        if source.is_empty() {
            return Err(SourceFault::Empty.into());
        }
        match &mapping.source {
            SourceFormat::Csv {
                delimiter,
                header,
                encoding,
            } => {
                check_text(source, "delimited text")?;
                if *encoding == Encoding::Gb18030 && !matches!(delimiter, b',' | b';' | b'\t') {
                    return Err(SourceFault::EncodingOfFormat.into());
                }
                let (fields, first) = csv_fields(source, mapping, *delimiter, *header, *encoding)?;
                let start = if start == Position::default() {
                    first
                } else {
                    start
                };
                let input = HashingReader::new(source, start.offset).map_err(SourceFault::Read)?;
                let splitter = Splitter::new(input, *delimiter, start);
                let rows = CsvRows::new(splitter, *encoding, fields, &mapping.nulls);
                Ok(Self::Csv(Box::new(rows)))
            }
            SourceFormat::Ndjson => {
                check_text(source, "JSON lines")?;
                let columns: HashMap<_, _> = mapping
                    .columns
                    .iter()
                    .enumerate()
                    .map(|(index, column)| (column.source.clone(), index))
                    .collect();
                let input = HashingReader::new(source, start.offset).map_err(SourceFault::Read)?;
                let rows = NdjsonRows::new(input, start, columns, &mapping.nulls);
                Ok(Self::Ndjson(Box::new(rows)))
            }
            SourceFormat::Parquet => {
                let file = ParquetFile::open(source)?;
                let names = file
                    .schema()
                    .fields()
                    .iter()
                    .map(|field| field.name().clone());
                match_columns(&names.collect::<Vec<_>>(), mapping)?;
                Ok(Self::Parquet(Box::new(ParquetRows::new(
                    &file, mapping, start,
                )?)))
            }
        }
    }

    fn read_into(&mut self, chunk: &mut Chunk) -> Result<bool, LakeError> {
        match self {
            Self::Csv(rows) => rows.read_into(chunk),
            Self::Ndjson(rows) => rows.read_into(chunk),
            Self::Parquet(rows) => rows.read_into(chunk),
        }
    }

    /// Makes sure, at the end, that what was read is what the import began with.
    fn check(self, source: &Source, wanted: Digest) -> Result<(), LakeError> {
        match self {
            Self::Csv(rows) => rows.into_input().check(wanted)?,
            Self::Ndjson(rows) => rows.into_input().check(wanted)?,
            Self::Parquet(_) => {
                let now = hashing::digest(source, || true).map_err(SourceFault::Read)?;
                if now != Some(wanted) {
                    return Err(SourceFault::Changed.into());
                }
            }
        }
        Ok(())
    }
}

/// What the reading of a source needs to know.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    pub(crate) source: Source,
    pub(crate) mapping: Mapping,
    pub(crate) start: Position,
    pub(crate) digest: Digest,
    pub(crate) chunk_rows: usize,
    pub(crate) cancel: CancelToken,
}

/// Reads a source to its end and sends its chunks; stops when nobody takes them any more.
pub(crate) fn read(
    reading: &Reading,
    chunks: &Sender<Result<Chunk, LakeError>>,
) -> Result<(), LakeError> {
    let Reading {
        source,
        mapping,
        start,
        ..
    } = reading;
    let mut rows = Rows::open(source, mapping, *start)?;
    loop {
        let mut chunk = Chunk::new(mapping)?;
        chunk.position = *start;
        let mut taken = 0_usize;
        let more = loop {
            if taken.is_multiple_of(ROWS_BETWEEN_LOOKS) && reading.cancel.is_cancelled() {
                return Err(LakeError::Cancelled);
            }
            if chunk.is_full(reading.chunk_rows) {
                break true;
            }
            if !rows.read_into(&mut chunk)? {
                break false;
            }
            taken += 1;
        };
        if more {
            if chunks.blocking_send(Ok(chunk)).is_err() {
                return Ok(());
            }
            continue;
        }
        // The last chunk is given out only when the whole source proved to be the one that was announced.
        rows.check(source, reading.digest)?;
        chunk.last = true;
        chunk.bytes_done = source.len();
        // Nobody waits for the result of a chunk that nobody takes.
        drop(chunks.blocking_send(Ok(chunk)));
        return Ok(());
    }
}

/// Refuses what is plainly no text that can be read: workbooks, packed files, documents and UTF-16.
pub(crate) fn check_text(source: &Source, wanted: &'static str) -> Result<(), SourceFault> {
    let mut head = [0; 8];
    let count = source.read_at(0, &mut head)?;
    match Look::of(head.get(..count).unwrap_or_default()) {
        Some(found) => Err(SourceFault::OtherFile { found, wanted }),
        None => Ok(()),
    }
}

/// Reads the header and finds each column's field; returns where the rows begin.
fn csv_fields(
    source: &Source,
    mapping: &Mapping,
    delimiter: u8,
    header: bool,
    encoding: Encoding,
) -> Result<(Vec<usize>, Position), SourceFault> {
    if !header {
        let names: Vec<_> = (1..=mapping.columns.len())
            .map(|n| format!("column_{n}"))
            .collect();
        return Ok((
            match_columns(&names, mapping)?,
            Position { offset: 0, line: 1 },
        ));
    }
    let (names, first) = csv_header(source, delimiter, encoding)?;
    Ok((match_columns(&names, mapping)?, first))
}

/// Reads the names in the first record.
pub(crate) fn csv_header(
    source: &Source,
    delimiter: u8,
    encoding: Encoding,
) -> Result<(Vec<String>, Position), SourceFault> {
    let mut splitter = Splitter::new(source.reader(0), delimiter, Position::default());
    match splitter.next()? {
        Split::End => return Err(SourceFault::Empty),
        Split::TooLong => return Err(SourceFault::Format("delimited text with a header")),
        Split::TooWide => return Err(SourceFault::TooManyColumns),
        Split::Record if splitter.count() > COLUMNS_MAX => {
            return Err(SourceFault::TooManyColumns);
        }
        Split::Record => {}
    }
    let mut names = Vec::with_capacity(splitter.count());
    for index in 0..splitter.count() {
        let bytes = splitter.field(index).unwrap_or_default();
        if bytes.contains(&0) {
            return Err(SourceFault::Format("delimited text with a header"));
        }
        let name = csv_rows::decode(bytes, encoding).map_err(|_malformed| SourceFault::Encoding)?;
        names.push(name.trim().to_owned());
    }
    Ok((names, splitter.position()))
}

/// Finds the place of each column of the mapping among the names of the source, which must be the same set.
fn match_columns(names: &[String], mapping: &Mapping) -> Result<Vec<usize>, SourceFault> {
    let mut places = HashMap::with_capacity(names.len());
    for (place, name) in names.iter().enumerate() {
        if places.insert(name.as_str(), place).is_some() {
            return Err(SourceFault::UnknownColumn(place + 1));
        }
    }
    let known: BTreeSet<_> = mapping.columns.iter().map(|c| c.source.as_str()).collect();
    let is_known = |name: &String| known.contains(name.as_str());
    if !names.iter().any(is_known) {
        return Err(SourceFault::NoHeader);
    }
    if let Some(place) = names.iter().position(|name| !is_known(name)) {
        return Err(SourceFault::UnknownColumn(place + 1));
    }
    mapping
        .columns
        .iter()
        .map(|column| {
            places
                .get(column.source.as_str())
                .copied()
                .ok_or_else(|| SourceFault::MissingColumn(column.source.clone()))
        })
        .collect()
}
