//! What rows say of people, handed on before they become live: whether they agreed, and who is one person.

use std::future::Future;
use std::pin::Pin;

use serde::{Deserialize, Serialize};
use yuntu_terms::{ConsentKind, Digest, Operation, Purpose, Recipient, Timestamp};

use crate::error::{LakeError, MappingFault};
use crate::intake::chunk::Chunk;
use crate::mapping::{ColumnRole, DatasetKind, Mapping};

/// How many meanings a mapping may give to its columns of consent.
const MEANINGS_MAX: usize = 256;

/// What a column of consent speaks of: *yes* gives this consent, *no* refuses it, and an empty cell says nothing.
///
/// # Clause
/// U4
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlagMeaning {
    /// The column, by its name in the dataset; one column may speak of several purposes.
    pub column: String,
    /// The purpose.
    pub purpose: Purpose,
    /// The operation.
    pub operation: Operation,
    /// The recipient.
    pub recipient: Recipient,
    /// How it was expressed.
    pub kind: ConsentKind,
    /// Since when the column speaks, for rows that bear no time of their own: not later than the file was made. A "no" that
    /// was recorded after it is not undone by the file.
    pub from: Timestamp,
    /// Until when a *yes* holds, where it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// What one column of consent says in the rows of a chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlagColumn {
    /// Its name in the dataset.
    pub name: String,
    /// What each row says, in their order.
    pub said: Vec<Option<bool>>,
}

/// The columns of consent of a chunk whose rows are about to become live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlagChunk {
    /// The import, known by its digest.
    pub import: Digest,
    /// How many rows of the import came before.
    pub start: u64,
    /// The person of each row.
    pub subjects: Vec<u32>,
    /// The time of each row, where the dataset has one.
    pub times: Option<Vec<Timestamp>>,
    /// The columns.
    pub columns: Vec<FlagColumn>,
}

/// What takes note of columns of consent, and of numbers that turned out to be one person.
///
/// It is told of a chunk before its rows are live, so that no run reads a row of somebody whose "no" stands beside it. A
/// chunk may come again after a crash, and then with another number of rows: `start` tells which of them are known.
pub trait FlagSink: Send + Sync {
    /// Makes durable what the columns say; the chunk does not become live when it fails.
    fn note<'a>(
        &'a self,
        chunk: FlagChunk,
    ) -> Pin<Box<dyn Future<Output = Result<(), LakeError>> + Send + 'a>>;

    /// Makes durable that these pairs of numbers are one person each, since rows of the chunk name both; the chunk does not
    /// become live when it fails. It comes after [`FlagSink::note`], and may come again after a crash.
    fn join<'a>(
        &'a self,
        pairs: Vec<(u32, u32)>,
    ) -> Pin<Box<dyn Future<Output = Result<(), LakeError>> + Send + 'a>>;
}

/// Takes note of nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NoFlags;

impl FlagSink for NoFlags {
    fn note<'a>(
        &'a self,
        _chunk: FlagChunk,
    ) -> Pin<Box<dyn Future<Output = Result<(), LakeError>> + Send + 'a>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn join<'a>(
        &'a self,
        _pairs: Vec<(u32, u32)>,
    ) -> Pin<Box<dyn Future<Output = Result<(), LakeError>> + Send + 'a>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

impl Mapping {
    /// Finds what is wrong with what is said of the columns of consent.
    pub(crate) fn find_meaning_fault(&self) -> Option<MappingFault> {
        if self.consents.len() > MEANINGS_MAX {
            return Some(MappingFault::ColumnCount);
        }
        let mute = self.kept().find(|column| {
            let meant = || self.consents.iter().any(|it| it.column == column.name);
            column.role == ColumnRole::ConsentFlag && !meant()
        });
        if let Some(mute) = mute {
            // Nobody would hear the "no" that stands in it.
            let name = mute.name.clone();
            return Some(match self.kind {
                DatasetKind::Persons => MappingFault::MeaningMissing(name),
                DatasetKind::Lookup => MappingFault::Meaning(name),
            });
        }
        self.consents.iter().find_map(|meaning| {
            let column = self.kept().find(|column| column.name == meaning.column);
            let flag = column.is_some_and(|column| column.role == ColumnRole::ConsentFlag);
            let period = meaning.until.is_none_or(|until| meaning.from < until);
            let fits = flag && period && self.kind == DatasetKind::Persons;
            (!fits).then(|| MappingFault::Meaning(meaning.column.clone()))
        })
    }
}

/// Reads the columns of consent of a chunk; nothing when the mapping gives none a meaning.
pub(crate) fn flags_of(
    mapping: &Mapping,
    chunk: &Chunk,
    subjects: &[u32],
    (import, start): (Digest, u64),
) -> Option<FlagChunk> {
    if mapping.consents.is_empty() || subjects.is_empty() {
        return None;
    }
    let meant = |name: &str| mapping.consents.iter().any(|it| it.column == name);
    let columns = mapping.kept().zip(&chunk.columns);
    let columns = columns.filter(|(column, _)| meant(&column.name));
    let columns = columns.filter_map(|(column, sink)| {
        Some(FlagColumn {
            name: column.name.clone(),
            said: sink.bools()?,
        })
    });
    let times = chunk
        .event_time()
        .and_then(|place| chunk.columns.get(place))
        .and_then(crate::intake::cells::Sink::moments);
    Some(FlagChunk {
        import,
        start,
        subjects: subjects.to_vec(),
        times,
        columns: columns.collect(),
    })
}
