use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::datatypes::UInt32Type;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use futures::TryStreamExt;
use roaring::RoaringBitmap;
use yuntu_terms::ColumnClass;

use super::admission::Admitted;
use crate::error::{Budget, EngineError, Problem};
use crate::guard::{Guard, Wanted};
use crate::insight::{CellCounts, cell};
use crate::labels::{Label, LabelCause, LabelRule};
use crate::outcome::{Profile, ProfileDimension};
use crate::query::{Dimension, ProfileQuery};

/// How many different values one feature may have.
const VALUES_MAX: usize = 10_000;

/// Who has which value of a feature.
type People = BTreeMap<String, RoaringBitmap>;

/// Sets a target against a base, feature by feature.
pub(super) async fn profile(
    admitted: &Admitted,
    query: &ProfileQuery,
    target: &RoaringBitmap,
    base: &RoaringBitmap,
) -> Result<(Profile, Vec<Label>), EngineError> {
    let mut dimensions = Vec::new();
    let mut labels = Vec::new();
    for (i, dimension) in query.dimensions.iter().enumerate() {
        let place = format!("dimensions[{i}]");
        let (guard, column) = find(admitted, dimension, &place)?;
        let class = guard
            .columns
            .get(column)
            .map_or(ColumnClass::Identifier, |c| c.class);
        let (table, name) = (&dimension.dataset, &dimension.column);
        labels.push(Label {
            column: format!("{table}.{name}"),
            class: class.combine(ColumnClass::Personal),
            because: vec![
                LabelCause {
                    class,
                    rule: LabelRule::Value,
                    table: table.clone(),
                    column: Some(name.clone()),
                },
                LabelCause {
                    class: ColumnClass::Personal,
                    rule: LabelRule::Persons,
                    table: table.clone(),
                    column: None,
                },
            ],
        });
        let people = people_by_value(guard, column).await?;
        let known = people
            .values()
            .fold(RoaringBitmap::new(), |any, one| any | one)
            & base;
        let cells = people.into_iter().filter_map(|(value, people)| {
            let counts = CellCounts {
                target_with_feature: people.intersection_len(target),
                target: target.len(),
                base_with_feature: people.intersection_len(base),
                base: base.len(),
            };
            // A value that nobody of the base has says nothing about it.
            (counts.base_with_feature > 0).then(|| cell(Some(value), counts, query.group_min))
        });
        dimensions.push(ProfileDimension {
            dataset: dimension.dataset.clone(),
            column: dimension.column.clone(),
            cells: cells.collect(),
            known: known.len(),
        });
    }
    let profile = Profile {
        target: target.len(),
        base_population: base.len(),
        dimensions,
        base: admitted.base,
    };
    Ok((profile, labels))
}

fn find<'a>(
    admitted: &'a Admitted,
    dimension: &Dimension,
    place: &str,
) -> Result<(&'a Arc<Guard>, usize), EngineError> {
    let guard = admitted
        .guards
        .iter()
        .find(|guard| guard.name == dimension.dataset)
        .ok_or_else(|| EngineError::invalid(place, Problem::UnknownDataset))?;
    if !guard.is_about_persons() {
        return Err(EngineError::invalid(place, Problem::NotAboutPersons));
    }
    let column = guard
        .schema
        .index_of(&dimension.column)
        .map_err(|_detail| EngineError::invalid(place, Problem::UnknownColumn))?;
    Ok((guard, column))
}

async fn people_by_value(guard: &Arc<Guard>, column: usize) -> Result<People, EngineError> {
    let wanted = Wanted {
        projection: vec![0, column],
        ..Wanted::default()
    };
    let mut people = People::new();
    for partition in 0..guard.partitions() {
        let mut batches = guard.stream(partition, &wanted);
        while let Some(batch) = batches.try_next().await? {
            take_in(&batch, &mut people)?;
            if people.len() > VALUES_MAX {
                return Err(EngineError::Budget(Budget::Rows));
            }
        }
    }
    Ok(people)
}

fn take_in(batch: &RecordBatch, people: &mut People) -> Result<(), EngineError> {
    let broken = || EngineError::internal("profile scan");
    let [subjects, values] = batch.columns() else {
        return Err(broken());
    };
    let subjects = subjects
        .as_primitive_opt::<UInt32Type>()
        .ok_or_else(broken)?;
    let mut put = |subject: u32, value: &str| {
        if let Some(known) = people.get_mut(value) {
            known.insert(subject);
        } else {
            people.insert(value.to_owned(), RoaringBitmap::from_iter([subject]));
        }
    };
    if let Some(texts) = values.as_string_opt::<i32>() {
        for (subject, text) in subjects.values().iter().zip(texts) {
            if let Some(text) = text {
                put(*subject, text);
            }
        }
        return Ok(());
    }
    let options = FormatOptions::default();
    let formatter = ArrayFormatter::try_new(values, &options).map_err(|_detail| broken())?;
    for (row, subject) in subjects.values().iter().enumerate() {
        if values.is_valid(row) {
            let text = formatter
                .value(row)
                .try_to_string()
                .map_err(|_detail| broken())?;
            put(*subject, &text);
        }
    }
    Ok(())
}
