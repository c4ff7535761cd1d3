//! Insight and guarded SQL: runs that answer with figures or rows.

use arrow::json::StructMode;
use arrow::json::writer::{JsonArray, WriterBuilder};
use axum::Json;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use yuntu_app::engine::{
    FlowQuery, FlowResult, OverlapPair, OverlapQuery, Profile, ProfileQuery, Query, QueryResult,
    Rows, SqlQuery, StageDistribution, StagesQuery,
};

use crate::api::runs::{Answered, Run};
use crate::input::{Bearer, Body};
use crate::problem::Problem;

/// How many rows an answer holds unless asked otherwise, and at most.
const ROWS: (usize, usize) = (1_000, 10_000);

/// How many people each stage has.
#[utoipa::path(
    post, path = "/api/v1/insight/stages", tag = "insight", request_body = Run<Object>,
    responses((status = 200, body = Answered<Object>), Problem)
)]
pub(crate) async fn stages(
    Bearer { site, caller }: Bearer,
    Body(run): Body<Run<StagesQuery>>,
) -> Result<Json<Answered<StageDistribution>>, Problem> {
    let done = run.answer(&site, caller, Query::Stages).await?;
    let QueryResult::Stages(result) = &done.outcome.result else {
        return Err(other());
    };
    let result = result.clone();
    Ok(Json(Answered::new(done, result)))
}

/// How people moved between stages.
#[utoipa::path(
    post, path = "/api/v1/insight/flow", tag = "insight", request_body = Run<Object>,
    responses((status = 200, body = Answered<Object>), Problem)
)]
pub(crate) async fn flow(
    Bearer { site, caller }: Bearer,
    Body(run): Body<Run<FlowQuery>>,
) -> Result<Json<Answered<FlowResult>>, Problem> {
    let done = run.answer(&site, caller, Query::Flow).await?;
    let QueryResult::Flow(result) = &done.outcome.result else {
        return Err(other());
    };
    let result = FlowResult::clone(result);
    Ok(Json(Answered::new(done, result)))
}

/// What distinguishes a target from a base.
#[utoipa::path(
    post, path = "/api/v1/insight/profile", tag = "insight", request_body = Run<Object>,
    responses((status = 200, body = Answered<Object>), Problem)
)]
pub(crate) async fn profile(
    Bearer { site, caller }: Bearer,
    Body(run): Body<Run<ProfileQuery>>,
) -> Result<Json<Answered<Profile>>, Problem> {
    let done = run.answer(&site, caller, Query::Profile).await?;
    let QueryResult::Profile(result) = &done.outcome.result else {
        return Err(other());
    };
    let result = result.clone();
    Ok(Json(Answered::new(done, result)))
}

/// How audiences overlap.
#[utoipa::path(
    post, path = "/api/v1/insight/overlap", tag = "insight", request_body = Run<Object>,
    responses((status = 200, body = Answered<Object>), Problem)
)]
pub(crate) async fn overlap(
    Bearer { site, caller }: Bearer,
    Body(run): Body<Run<OverlapQuery>>,
) -> Result<Json<Answered<Vec<OverlapPair>>>, Problem> {
    let done = run.answer(&site, caller, Query::Overlap).await?;
    let QueryResult::Overlap(result) = &done.outcome.result else {
        return Err(other());
    };
    let result = result.clone();
    Ok(Json(Answered::new(done, result)))
}

/// One statement.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Statement {
    /// One SELECT, or EXPLAIN of one; `$as_of` stands for the moment of the run. A saved audience of the enterprise is a
    /// table of its id with one column, `subject`.
    sql: String,
    /// How many rows the answer holds at most.
    #[serde(default)]
    limit: Option<usize>,
}

/// Rows of a statement; each row has its values in the order of `labels`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RowsView {
    /// The rows.
    #[schema(value_type = Vec<Vec<Object>>)]
    rows: Vec<Value>,
    /// How many rows there are, those beyond the limit included.
    total: u64,
    /// Whether the limit cut the answer.
    truncated: bool,
}

/// Answers a statement over what the permit admits.
#[utoipa::path(
    post, path = "/api/v1/query", tag = "insight", request_body = Run<Statement>,
    responses((status = 200, body = Answered<RowsView>), Problem)
)]
pub(crate) async fn query(
    Bearer { site, caller }: Bearer,
    Body(run): Body<Run<Statement>>,
) -> Result<Json<Answered<RowsView>>, Problem> {
    let limit = run.ask.limit.unwrap_or(ROWS.0);
    if limit > ROWS.1 {
        return Err(Problem::invalid(
            "limit 最大为 10000",
            "`limit` is at most 10000",
        ));
    }
    let sql = |ask: Statement| Query::Sql(SqlQuery { sql: ask.sql });
    let done = run.answer(&site, caller, sql).await?;
    let QueryResult::Rows(rows) = &done.outcome.result else {
        return Err(other());
    };
    let result = rows_view(rows, limit)?;
    Ok(Json(Answered::new(done, result)))
}

fn rows_view(rows: &Rows, limit: usize) -> Result<RowsView, Problem> {
    let written = written_rows(rows, limit)?;
    let total = rows.len();
    Ok(RowsView {
        truncated: total > written.len() as u64,
        rows: written,
        total,
    })
}

/// Writes the first rows of a result, each with its values in the order of the columns.
pub(crate) fn written_rows(rows: &Rows, limit: usize) -> Result<Vec<Value>, Problem> {
    let unwritten = || Problem::internal("rows that cannot be written as JSON");
    let mut left = limit;
    let mut text = Vec::new();
    let builder = WriterBuilder::new()
        .with_explicit_nulls(true)
        .with_struct_mode(StructMode::ListOnly);
    let mut writer = builder.build::<_, JsonArray>(&mut text);
    for batch in &rows.batches {
        let taken = batch.num_rows().min(left);
        left -= taken;
        let slice = batch.slice(0, taken);
        writer.write(&slice).map_err(|_detail| unwritten())?;
    }
    writer.finish().map_err(|_detail| unwritten())?;
    drop(writer);
    if text.is_empty() {
        return Ok(Vec::new());
    }
    serde_json::from_slice(&text).map_err(|_detail| unwritten())
}

fn other() -> Problem {
    Problem::internal("a run answered another question")
}
