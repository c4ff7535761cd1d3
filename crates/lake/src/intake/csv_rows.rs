//! Delimited text, row by row, with bounded memory whatever the file holds.

use std::io::{BufRead, BufReader};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use encoding_rs::GB18030;

use super::cells::Cell;
use super::chunk::Chunk;
use super::hashing::HashingReader;
use crate::error::{LakeError, SourceFault};
use crate::manifest::Position;
use crate::mapping::{COLUMNS_MAX, Encoding};
use crate::report::RowFault;

/// A row longer than this goes to quarantine.
pub(crate) const ROW_BYTES_MAX: usize = 8 << 20;

/// Splits delimited text into records.
#[derive(Debug)]
pub(crate) struct Splitter<R> {
    input: BufReader<R>,
    parser: Reader,
    offset: u64,
    fields: Vec<u8>,
    ends: Vec<usize>,
    count: usize,
    record_line: u64,
}

/// How a record ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Split {
    /// The record is there.
    Record,
    /// The record was longer than allowed; it is passed over.
    TooLong,
    /// The record had more fields than a source may have; it is passed over.
    TooWide,
    /// Nothing is left.
    End,
}

impl<R: std::io::Read> Splitter<R> {
    /// Starts at a position of the source; `input` must begin there.
    pub(crate) fn new(input: R, delimiter: u8, start: Position) -> Self {
        let mut parser = ReaderBuilder::new().delimiter(delimiter).build();
        parser.set_line(start.line.max(1));
        Self {
            input: BufReader::with_capacity(256 << 10, input),
            parser,
            offset: start.offset,
            fields: vec![0; 4 << 10],
            ends: vec![0; 64],
            count: 0,
            record_line: start.line.max(1),
        }
    }

    /// Returns the line where the record begins.
    pub(crate) const fn record_line(&self) -> u64 {
        self.record_line
    }

    /// Passes over line ends and empty lines, so that the line of the record that follows is known.
    fn skip_line_ends(&mut self) -> Result<(), SourceFault> {
        loop {
            let input = self.input.fill_buf()?;
            let ends = input
                .iter()
                .take_while(|byte| matches!(byte, b'\n' | b'\r'))
                .count();
            let lines = input
                .iter()
                .take(ends)
                .filter(|byte| **byte == b'\n')
                .count();
            self.input.consume(ends);
            self.offset += u64::try_from(ends).unwrap_or(0);
            self.parser
                .set_line(self.parser.line() + u64::try_from(lines).unwrap_or(0));
            if ends == 0 {
                return Ok(());
            }
        }
    }

    /// Returns where the next record begins.
    pub(crate) fn position(&self) -> Position {
        Position {
            offset: self.offset,
            line: self.parser.line(),
        }
    }

    /// Reads the next record.
    pub(crate) fn next(&mut self) -> Result<Split, SourceFault> {
        self.skip_line_ends()?;
        self.record_line = self.parser.line();
        let (mut filled, mut ended) = (0, 0);
        let (mut too_long, mut too_wide) = (false, false);
        loop {
            let input = self.input.fill_buf()?;
            let (Some(fields), Some(ends)) =
                (self.fields.get_mut(filled..), self.ends.get_mut(ended..))
            else {
                return Err(SourceFault::Format("delimited text"));
            };
            let (result, read, wrote, done) = self.parser.read_record(input, fields, ends);
            self.input.consume(read);
            self.offset += u64::try_from(read).unwrap_or(0);
            filled += wrote;
            ended += done;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if self.fields.len() >= ROW_BYTES_MAX => {
                    too_long = true;
                    filled = 0;
                }
                ReadRecordResult::OutputFull => {
                    let len = (self.fields.len() * 2).min(ROW_BYTES_MAX);
                    self.fields.resize(len, 0);
                }
                ReadRecordResult::OutputEndsFull if self.ends.len() > COLUMNS_MAX => {
                    too_wide = true;
                    ended = 0;
                }
                ReadRecordResult::OutputEndsFull => {
                    let len = (self.ends.len() * 2).min(COLUMNS_MAX + 1);
                    self.ends.resize(len, 0);
                }
                ReadRecordResult::Record if too_long => {
                    self.count = 0;
                    return Ok(Split::TooLong);
                }
                ReadRecordResult::Record if too_wide => {
                    self.count = 0;
                    return Ok(Split::TooWide);
                }
                ReadRecordResult::Record => {
                    self.count = ended;
                    return Ok(Split::Record);
                }
                ReadRecordResult::End => return Ok(Split::End),
            }
        }
    }

    /// Counts the fields of the record.
    pub(crate) const fn count(&self) -> usize {
        self.count
    }

    /// Lends the bytes of a field.
    pub(crate) fn field(&self, index: usize) -> Option<&[u8]> {
        let ends = self.ends.get(..self.count)?;
        let end = *ends.get(index)?;
        let start = match index.checked_sub(1) {
            Some(before) => *ends.get(before)?,
            None => 0,
        };
        self.fields.get(start..end)
    }
}

/// Decodes a field.
pub(crate) fn decode(
    bytes: &[u8],
    encoding: Encoding,
) -> Result<std::borrow::Cow<'_, str>, RowFault> {
    match encoding {
        Encoding::Utf8 => std::str::from_utf8(bytes)
            .map(Into::into)
            .map_err(|_malformed| RowFault::Encoding),
        // Splitting before decoding is safe: no byte of a longer sequence is a quotation mark, a line end, or one of the
        // delimiters that are allowed with this encoding.
        Encoding::Gb18030 => GB18030
            .decode_without_bom_handling_and_without_replacement(bytes)
            .ok_or(RowFault::Encoding),
    }
}

/// Delimited text as rows of a mapping.
#[derive(Debug)]
pub(crate) struct CsvRows {
    splitter: Splitter<HashingReader>,
    encoding: Encoding,
    /// For each column of the mapping, its field.
    fields: Vec<usize>,
    width: usize,
    nulls: Vec<String>,
    /// The decoded fields of a record that is not UTF-8.
    decoded: Vec<Option<String>>,
}

impl CsvRows {
    pub(crate) fn new(
        splitter: Splitter<HashingReader>,
        encoding: Encoding,
        fields: Vec<usize>,
        nulls: &[String],
    ) -> Self {
        Self {
            splitter,
            encoding,
            width: fields.len(),
            fields,
            nulls: nulls.to_vec(),
            decoded: Vec::new(),
        }
    }

    /// Reads one row into the chunk; false at the end.
    pub(crate) fn read_into(&mut self, chunk: &mut Chunk) -> Result<bool, LakeError> {
        let split = self.splitter.next()?;
        let line = self.splitter.record_line();
        let position = self.splitter.position();
        let lines = position.line.saturating_sub(line).max(1);
        match split {
            Split::End => return Ok(false),
            Split::TooLong => chunk.refuse_row(line, lines, RowFault::RowTooLong),
            Split::TooWide => chunk.refuse_row(line, lines, RowFault::FieldCount),
            Split::Record if self.splitter.count() != self.width => {
                chunk.refuse_row(line, lines, RowFault::FieldCount);
            }
            Split::Record => self.push(chunk, line, lines),
        }
        chunk.position = position;
        chunk.bytes_done = position.offset;
        Ok(true)
    }

    pub(crate) fn into_input(self) -> HashingReader {
        self.splitter.input.into_inner()
    }

    fn push(&mut self, chunk: &mut Chunk, line: u64, lines: u64) {
        if self.encoding != Encoding::Utf8 {
            self.decoded.clear();
            for index in 0..self.width {
                let bytes = self.splitter.field(index).unwrap_or_default();
                let text = decode(bytes, self.encoding)
                    .ok()
                    .map(std::borrow::Cow::into_owned);
                self.decoded.push(text);
            }
        }
        let Self {
            splitter,
            encoding,
            fields,
            nulls,
            decoded,
            ..
        } = self;
        chunk.push_row(line, lines, |column| {
            let field = *fields.get(column).ok_or(RowFault::FieldCount)?;
            let text = match encoding {
                Encoding::Utf8 => {
                    let bytes = splitter.field(field).ok_or(RowFault::FieldCount)?;
                    std::str::from_utf8(bytes).map_err(|_malformed| RowFault::Encoding)?
                }
                Encoding::Gb18030 => {
                    let text = decoded.get(field).ok_or(RowFault::FieldCount)?;
                    text.as_deref().ok_or(RowFault::Encoding)?
                }
            };
            if text.is_empty() || nulls.iter().any(|null| null == text) {
                return Ok(Cell::Missing);
            }
            Ok(Cell::Text(text))
        });
    }
}
