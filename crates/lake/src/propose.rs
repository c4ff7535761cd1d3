//! Proposing a mapping from the data, for a person to confirm.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use yuntu_terms::{ColumnClass, clause};

use self::guess::{Guess, guess};
use crate::error::{LakeError, SourceFault};
use crate::import::blocking;
use crate::intake::cells::Cell;
use crate::lake::Lake;
use crate::mapping::{ColumnMapping, ColumnRole, DatasetKind, Mapping, TimeFormat};
use crate::mask;
use crate::sample::{self, SampledColumn};
use crate::source::Source;

mod guess;

/// A mapping that the data suggests, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// The mapping, to be looked at by a person before it is used.
    pub mapping: Mapping,
    /// What speaks for each column's proposal, in the order of the mapping's columns.
    pub evidence: Vec<Evidence>,
    /// Some values of each column, masked.
    pub samples: Vec<Vec<String>>,
}

/// What a proposal rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// The values carry right check digits.
    CheckDigits,
    /// The values have the shape of the kind.
    Shape,
    /// The name of the column says so.
    Name,
    /// Nothing speaks for a kind; the type alone is proposed.
    Type,
}

impl Lake {
    /// Proposes a mapping from the beginning of a source, on a thread that may wait for the storage.
    ///
    /// # Errors
    /// As [`propose`].
    ///
    /// # Clause
    /// R8
    pub async fn propose(&self, source: Source) -> Result<Proposal, LakeError> {
        blocking(move || propose(&source)).await
    }
}

/// Proposes a mapping from the beginning of a source.
///
/// # Errors
/// [`LakeError::Source`] when the source is in no format or encoding that can be read.
///
/// # Clause
/// R8
pub fn propose(source: &Source) -> Result<Proposal, LakeError> {
    clause::hit!(R8);
    let sample = sample::take(source)?;
    if sample.columns.is_empty() {
        return Err(SourceFault::Empty.into());
    }
    let mut names = BTreeSet::new();
    let mut columns = Vec::with_capacity(sample.columns.len());
    let mut evidence = Vec::with_capacity(sample.columns.len());
    for column in &sample.columns {
        let Guess {
            role,
            class,
            column_type,
            evidence: found,
        } = guess(column)?;
        columns.push(ColumnMapping {
            source: column.name.clone(),
            name: free_name(&column.name, &mut names),
            role,
            class,
            column_type,
            time_format: TimeFormat::Iso,
        });
        evidence.push(found);
    }
    let about_persons = columns
        .iter()
        .any(|column| matches!(column.role, ColumnRole::Identifier { .. }));
    let kind = if about_persons {
        DatasetKind::Persons
    } else {
        DatasetKind::Lookup
    };
    settle_roles(&mut columns, about_persons);
    let nulls = placeholders(&sample.columns, &columns);
    let mapping = Mapping {
        source: sample.format,
        kind,
        columns,
        time_zone: "Asia/Shanghai".to_owned(),
        nulls,
        consents: Vec::new(),
    };
    let classes = mapping.columns.iter().map(|column| column.class);
    let samples = sample.columns.iter().zip(classes);
    let samples = samples.map(|(column, class)| mask::samples(&column.values, class));
    Ok(Proposal {
        samples: samples.collect(),
        mapping,
        evidence,
    })
}

/// What people write where they know no identifier; taken for one, it would make one person of many.
const PLACEHOLDERS: &[&str] = &[
    "-", "--", "---", "—", "——", "/", "n/a", "na", "null", "nil", "none", "无", "暂无", "未知",
    "空",
];
/// The same, which elsewhere are values: they are proposed only where no other column holds them.
const ZEROS: &[&str] = &["0", "00000000000"];

fn is_one_of(words: &[&str], text: &str) -> bool {
    words.contains(&text.trim().to_lowercase().as_str())
}

/// Finds placeholders in the columns that identify people, as they are written there.
fn placeholders(sampled: &[SampledColumn], columns: &[ColumnMapping]) -> Vec<String> {
    let (named, others): (Vec<_>, Vec<_>) = sampled
        .iter()
        .zip(columns)
        .partition(|(_, column)| matches!(column.role, ColumnRole::Identifier { .. }));
    let elsewhere = |text: &String| others.iter().any(|(other, _)| other.values.contains(text));
    let values = named.iter().flat_map(|(column, _)| &column.values);
    let found = values
        .filter(|text| is_one_of(PLACEHOLDERS, text) || is_one_of(ZEROS, text) && !elsewhere(text));
    let found: BTreeSet<&String> = found.collect();
    found.into_iter().cloned().collect()
}

/// Makes the roles fit together: one event time at most, properties beside it, and nothing personal in a lookup unless people
/// are named in it.
fn settle_roles(columns: &mut [ColumnMapping], about_persons: bool) {
    // Whoever names people in a file says something of them in the rest of it.
    let about_nobody = !about_persons
        && columns
            .iter()
            .all(|column| column.class < ColumnClass::Sensitive);
    let is_event = columns
        .iter()
        .any(|column| column.role == ColumnRole::EventTime);
    let mut time_taken = false;
    for column in columns {
        if column.role == ColumnRole::EventTime {
            if time_taken || !about_persons {
                column.role = ColumnRole::Property;
            }
            time_taken = true;
        }
        let of_persons = matches!(column.role, ColumnRole::Property | ColumnRole::ConsentFlag);
        if !about_persons && of_persons {
            column.role = ColumnRole::Attribute;
        }
        if about_persons && is_event && column.role == ColumnRole::Attribute {
            column.role = ColumnRole::Property;
        }
        if about_nobody && column.class == ColumnClass::Personal {
            column.class = ColumnClass::NonPersonal;
        }
    }
}

/// Makes a name that no other column of the dataset has.
fn free_name(source: &str, taken: &mut BTreeSet<String>) -> String {
    let mut name: String = source
        .trim()
        .to_lowercase()
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { '_' })
        .take(40)
        .collect();
    if name.is_empty() || name == crate::SUBJECT {
        name.push_str("_column");
    }
    let mut free = name.clone();
    let mut number = 2;
    while !taken.insert(free.clone()) {
        free = format!("{name}_{number}");
        number += 1;
    }
    free
}

/// Shows a cell as text, for looking at it.
pub(crate) fn shown(cell: &Cell<'_>) -> Option<String> {
    let mut text = String::new();
    cell.write_to(&mut text).then_some(text)
}

#[cfg(test)]
mod tests;
