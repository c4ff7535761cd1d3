//! The rows of one chunk, in columns, before they have subjects.

use std::collections::HashMap;

use zeroize::{Zeroize, Zeroizing};

use super::cells::{CELL_BYTES_MAX, Cell, Sink};
use crate::error::LakeError;
use crate::manifest::Position;
use crate::mapping::{ColumnRole, DatasetKind, IdentifierForm, IdentifierKind, Mapping};
use crate::normalise::{self, Canonical};
use crate::report::{QuarantinedRow, RowFault};

/// A chunk ends when its values take about this much memory. Three are under way at a time: one is read, one waits, one is
/// sorted and written.
const CHUNK_BYTES: usize = 64 << 20;
/// About what an identifier takes beside its text: its place among those seen, and what is hashed.
const NAME_BYTES: usize = 128;
/// About what a row in quarantine takes.
const QUARANTINED_BYTES: usize = 96;
/// No value in this row.
pub(crate) const NONE: u32 = u32::MAX;

/// What a fault is about: a column of the mapping, or the row as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) column: Option<usize>,
    pub(crate) reason: RowFault,
}

impl From<RowFault> for Fault {
    fn from(reason: RowFault) -> Self {
        Self {
            column: None,
            reason,
        }
    }
}

/// Where a column of the source goes.
#[derive(Debug, Clone, Copy)]
enum Slot {
    Ignored,
    Identifier(usize),
    Column(usize),
}

/// The distinct identifiers of one column of a chunk, and which row has which.
pub(crate) struct Names {
    pub(crate) kind: IdentifierKind,
    pub(crate) form: IdentifierForm,
    pub(crate) keep_original: bool,
    seen: HashMap<Vec<u8>, u32>,
    /// How many bytes of text are kept.
    text_bytes: usize,
    /// The bytes to hash, by number.
    pub(crate) canonical: Vec<Canonical>,
    /// The normal forms, by number, when they are kept.
    pub(crate) originals: Vec<Zeroizing<String>>,
    /// The number of each row's identifier, or [`NONE`].
    pub(crate) rows: Vec<u32>,
}

impl Names {
    fn new(kind: &IdentifierKind, form: IdentifierForm, keep_original: bool) -> Self {
        Self {
            kind: kind.clone(),
            form,
            keep_original,
            seen: HashMap::new(),
            text_bytes: 0,
            canonical: Vec::new(),
            originals: Vec::new(),
            rows: Vec::new(),
        }
    }

    /// Says about how much memory they take.
    fn bytes(&self) -> usize {
        self.seen.len() * NAME_BYTES + self.text_bytes + self.rows.len() * size_of::<u32>()
    }

    fn push(&mut self, cell: Cell<'_>) -> Result<(), RowFault> {
        let number = match cell {
            Cell::Missing => NONE,
            Cell::Text(text) => self.number_of(text)?,
            Cell::Int(_)
            | Cell::Wide(_)
            | Cell::Float(_)
            | Cell::Bool(_)
            | Cell::Micros(_)
            | Cell::LocalMicros(_)
            | Cell::Day(_)
            | Cell::Decimal { .. } => {
                let mut text = Zeroizing::new(String::new());
                if !cell.write_to(&mut text) {
                    return Err(RowFault::WrongType);
                }
                self.number_of(&text)?
            }
        };
        self.rows.push(number);
        Ok(())
    }

    /// Finds the number of an identifier; each spelling is normalised and hashed once per chunk.
    fn number_of(&mut self, text: &str) -> Result<u32, RowFault> {
        if let Some(number) = self.seen.get(text.as_bytes()) {
            return Ok(*number);
        }
        let canonical = normalise::canonical(&self.kind, self.form, text)?;
        let number = match canonical {
            None => NONE,
            Some(canonical) => {
                let number = u32::try_from(self.canonical.len())
                    .map_err(|_beyond| RowFault::NotAnIdentifier)?;
                if self.keep_original {
                    let normal = normalise::normal(&self.kind, text)?.unwrap_or_default();
                    self.originals.push(normal);
                }
                self.canonical.push(canonical);
                number
            }
        };
        self.text_bytes += 3 * text.len();
        self.seen.insert(text.as_bytes().to_vec(), number);
        Ok(number)
    }
}

impl Drop for Names {
    fn drop(&mut self) {
        self.seen.drain().for_each(|(mut text, _)| text.zeroize());
    }
}

impl std::fmt::Debug for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Names")
            .field("rows", &self.rows.len())
            .finish_non_exhaustive()
    }
}

/// The rows of one stretch of a source.
#[derive(Debug)]
pub(crate) struct Chunk {
    slots: Vec<Slot>,
    names_of: Vec<String>,
    event_time: Option<usize>,
    kind: DatasetKind,
    rows: usize,
    /// Rows of the source that went in, quarantined ones too.
    taken: usize,
    /// The columns of the dataset, in order.
    pub(crate) columns: Vec<Sink>,
    /// The identifier columns, in order.
    pub(crate) names: Vec<Names>,
    /// The rows that did not go in.
    pub(crate) quarantine: Vec<QuarantinedRow>,
    /// Where the source goes on.
    pub(crate) position: Position,
    /// How many bytes of the source are done.
    pub(crate) bytes_done: u64,
    /// Whether nothing follows.
    pub(crate) last: bool,
}

impl Chunk {
    pub(crate) fn new(mapping: &Mapping) -> Result<Self, LakeError> {
        let mut chunk = Self {
            slots: Vec::with_capacity(mapping.columns.len()),
            names_of: mapping
                .columns
                .iter()
                .map(|column| column.source.clone())
                .collect(),
            event_time: None,
            kind: mapping.kind,
            rows: 0,
            taken: 0,
            columns: Vec::new(),
            names: Vec::new(),
            quarantine: Vec::new(),
            position: Position::default(),
            bytes_done: 0,
            last: false,
        };
        for column in &mapping.columns {
            let slot = match &column.role {
                ColumnRole::Ignored => Slot::Ignored,
                ColumnRole::Identifier {
                    kind,
                    form,
                    keep_original,
                } => {
                    chunk.names.push(Names::new(kind, *form, *keep_original));
                    Slot::Identifier(chunk.names.len() - 1)
                }
                ColumnRole::Attribute
                | ColumnRole::EventType
                | ColumnRole::EventTime
                | ColumnRole::Property
                | ColumnRole::ConsentFlag => {
                    if column.role == ColumnRole::EventTime {
                        chunk.event_time = Some(chunk.columns.len());
                    }
                    chunk.columns.push(Sink::new(column, &mapping.time_zone)?);
                    Slot::Column(chunk.columns.len() - 1)
                }
            };
            chunk.slots.push(slot);
        }
        Ok(chunk)
    }

    /// Counts the rows that are in.
    pub(crate) const fn rows(&self) -> usize {
        self.rows
    }

    /// Returns the place of the event time among the columns.
    pub(crate) const fn event_time(&self) -> Option<usize> {
        self.event_time
    }

    /// Says whether the chunk has taken enough.
    pub(crate) fn is_full(&self, rows_max: usize) -> bool {
        // Counted at every 16th row: at most 128 MiB come between two looks.
        let heavy = self.taken.is_multiple_of(16) && self.bytes() > CHUNK_BYTES;
        self.taken >= rows_max || heavy
    }

    /// Says about how much memory the chunk takes.
    fn bytes(&self) -> usize {
        let columns: usize = self.columns.iter().map(Sink::bytes).sum();
        let names: usize = self.names.iter().map(Names::bytes).sum();
        columns + names + self.quarantine.len() * QUARANTINED_BYTES
    }

    /// Puts a row in, whole or not at all.
    pub(crate) fn push_row<'a>(
        &mut self,
        line: u64,
        lines: u64,
        mut cell: impl FnMut(usize) -> Result<Cell<'a>, RowFault>,
    ) {
        self.taken += 1;
        let mut fault = None;
        for (index, slot) in self.slots.iter().enumerate() {
            let done = match slot {
                Slot::Ignored => match cell(index).and_then(check) {
                    // What is left out may have any form, but must be readable: it may hide where a row went wrong.
                    Ok(_) | Err(RowFault::NestedValue) => Ok(()),
                    Err(reason) => Err(reason),
                },
                Slot::Identifier(place) => match self.names.get_mut(*place) {
                    Some(names) => cell(index)
                        .and_then(check)
                        .and_then(|cell| names.push(cell)),
                    None => Ok(()),
                },
                Slot::Column(place) => match self.columns.get_mut(*place) {
                    Some(sink) => cell(index).and_then(check).and_then(|cell| sink.push(cell)),
                    None => Ok(()),
                },
            };
            if let Err(reason) = done {
                fault = Some(Fault {
                    column: Some(index),
                    reason,
                });
                break;
            }
        }
        let fault = fault.or_else(|| self.find_gap());
        match fault {
            None => self.rows += 1,
            Some(fault) => {
                self.take_back();
                self.note(line, lines, fault);
            }
        }
    }

    /// Puts a row into quarantine that could not even be split into cells.
    pub(crate) fn refuse_row(&mut self, line: u64, lines: u64, reason: RowFault) {
        self.taken += 1;
        self.note(line, lines, reason.into());
    }

    /// Looks for what a row must have: somebody it belongs to, and its time.
    fn find_gap(&self) -> Option<Fault> {
        let nameless = || {
            self.names
                .iter()
                .all(|names| names.rows.last().is_none_or(|number| *number == NONE))
        };
        if self.kind == DatasetKind::Persons && nameless() {
            return Some(RowFault::NoIdentifier.into());
        }
        let time = self.event_time.and_then(|place| self.columns.get(place))?;
        (!time.last_present()).then(|| RowFault::NoEventTime.into())
    }

    fn take_back(&mut self) {
        for sink in &mut self.columns {
            sink.truncate(self.rows);
        }
        for names in &mut self.names {
            names.rows.truncate(self.rows);
        }
    }

    fn note(&mut self, line: u64, lines: u64, fault: Fault) {
        let column = fault
            .column
            .and_then(|column| self.names_of.get(column))
            .cloned();
        self.quarantine.push(QuarantinedRow {
            line,
            lines,
            column,
            reason: fault.reason,
        });
    }
}

fn check(cell: Cell<'_>) -> Result<Cell<'_>, RowFault> {
    if let Cell::Text(text) = cell {
        if text.len() > CELL_BYTES_MAX {
            return Err(RowFault::CellTooLong);
        }
        if text.as_bytes().contains(&0) {
            return Err(RowFault::NulByte);
        }
    }
    Ok(cell)
}
