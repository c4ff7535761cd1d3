use std::collections::BTreeMap;

use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use yuntu_terms::{Digest, Timestamp};

use crate::audience::Audience;
use crate::error::EngineError;
use crate::outcome::{QueryResult, Rows};
use crate::query::{Query, RunInput, SavedAudience};
use crate::receipt::{canonical_json, digest};
use crate::stage::StageRules;

/// All that decides what a run computes, beside the data.
#[derive(Serialize)]
struct Plan<'a> {
    query: &'a Query,
    as_of: Timestamp,
    rules: &'a BTreeMap<String, StageRules>,
    audiences: BTreeMap<String, PlanAudience<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum PlanAudience<'a> {
    Dynamic(&'a Audience),
    Fixed(Digest),
}

pub(super) fn of_plan(input: &RunInput, query: &Query) -> Result<Digest, EngineError> {
    let audiences = input.audiences.iter().map(|(id, saved)| {
        let saved = match saved {
            SavedAudience::Dynamic(audience) => PlanAudience::Dynamic(audience),
            SavedAudience::Fixed(people) => PlanAudience::Fixed(people.digest()),
        };
        (id.to_string(), saved)
    });
    let plan = Plan {
        query,
        as_of: input.as_of,
        rules: &input.rules,
        audiences: audiences.collect(),
    };
    Ok(digest("yuntu plan 1", canonical_json(&plan)?.as_bytes()))
}

pub(super) fn of_result(result: &QueryResult) -> Result<Digest, EngineError> {
    let of_json = |json: String| digest("yuntu result 1", json.as_bytes());
    match result {
        QueryResult::Rows(rows) => of_rows(rows),
        QueryResult::People(people) => Ok(people.digest()),
        QueryResult::Stages(stages) => canonical_json(stages).map(of_json),
        QueryResult::Flow(flow) => canonical_json(&**flow).map(of_json),
        QueryResult::Profile(profile) => canonical_json(profile).map(of_json),
        QueryResult::Overlap(pairs) => canonical_json(pairs).map(of_json),
    }
}

/// Hashes rows as text, each cell with its length before it, so that batches and their borders do not matter.
fn of_rows(rows: &Rows) -> Result<Digest, EngineError> {
    let failed = |_detail| EngineError::internal("result digest");
    let mut hash = Sha256::new();
    let mut cell = |text: &str| {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    };
    cell("yuntu rows 1");
    for field in rows.schema.fields() {
        cell(field.name());
        cell(&field.data_type().to_string());
    }
    let options = FormatOptions::default().with_null("\u{0}null");
    for batch in &rows.batches {
        let columns = batch
            .columns()
            .iter()
            .map(|column| ArrayFormatter::try_new(column, &options).map_err(failed))
            .collect::<Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows() {
            for column in &columns {
                cell(&column.value(row).try_to_string().map_err(failed)?);
            }
        }
    }
    Ok(Digest::new(hash.finalize().into()))
}

pub(super) fn rows_out(result: &QueryResult) -> u64 {
    match result {
        QueryResult::Rows(rows) => rows.len(),
        QueryResult::People(people) => people.len(),
        QueryResult::Stages(stages) => stages.stages.len() as u64,
        QueryResult::Flow(flow) => flow.flow.cells.iter().flatten().count() as u64,
        QueryResult::Profile(profile) => profile
            .dimensions
            .iter()
            .map(|d| d.cells.len() as u64)
            .sum(),
        QueryResult::Overlap(pairs) => pairs.len() as u64,
    }
}
