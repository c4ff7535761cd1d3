//! Imports: asked for by a deposit, a path or a file in a form; followed, cancelled, and what did not fit.

use std::time::Duration;

use axum::Json;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{DefaultBodyLimit, FromRequest as _, Multipart, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use futures::StreamExt as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use yuntu_app::Caller;
use yuntu_app::imports::{ImportFault, ImportFrom, ImportView, Lowered};
use yuntu_app::lake::Mapping;
use yuntu_app::store::{ImportStatus, SourceLabel};
use yuntu_terms::{DatasetId, DepositId, ImportId, InstructionId, Text, Timestamp};

use super::deposits::check_length;
use crate::api::{Items, JSON_BYTES_MAX};
use crate::input::{Bearer, Body, InPath, Language, Named, of_status};
use crate::problem::Problem;
use crate::quarantine;
use crate::state::{Site, to_its_end};

/// How large a mapping may be.
const MAPPING_BYTES_MAX: usize = 1 << 20;
/// How long the answer to a form waits for the end of the import.
const WAIT_MAX: Duration = Duration::from_mins(10);

/// An import.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportState {
    /// The id.
    #[schema(value_type = String)]
    id: ImportId,
    /// Into which dataset.
    #[schema(value_type = String)]
    dataset: DatasetId,
    /// `queued`, `running`, `done`, `cancelled` or `failed`.
    #[schema(value_type = String)]
    status: ImportStatus,
    /// `imported`, `resumed` or `already_imported`, once it is done.
    outcome: Option<&'static str>,
    /// From where its rows come.
    source: Option<SourceView>,
    /// Rows that are live because of it.
    rows: u64,
    /// Rows in quarantine.
    quarantined: u64,
    /// Rows whose identifiers belonged to two people already. They are one person, and the strictest of what either says counts,
    /// whenever it was said. A person has at most 16 numbers: a row that leads beyond is counted and joins nobody.
    conflicts: u64,
    /// Bytes of the source that are done.
    bytes_done: u64,
    /// Bytes of the source.
    bytes_total: u64,
    /// Rows in a second, while it runs.
    rows_per_second: Option<u64>,
    /// How many seconds it still takes, while it runs.
    seconds_left: Option<u64>,
    /// Whether it went on after an interruption.
    resumed: bool,
    /// Whether it is to be cancelled.
    cancelling: bool,
    /// Another import that had brought the same rows in; then this one changed nothing.
    #[schema(value_type = Option<String>)]
    same_as: Option<ImportId>,
    /// Why it failed.
    failure: Option<FailureView>,
    /// The instruction on which it is done; whoever asks for an import gives it.
    #[schema(value_type = Option<String>)]
    instruction: Option<InstructionId>,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    created: Timestamp,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    finished: Option<Timestamp>,
}

/// From where rows come.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SourceView {
    /// `upload`, `path` or `events`.
    kind: &'static str,
    /// The name of the file, or the path in the drop area.
    name: Option<String>,
}

/// Why an import failed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FailureView {
    /// The code; what it is about follows a colon.
    code: String,
    /// In Chinese.
    zh: String,
    /// In English.
    en: String,
}

impl From<ImportView> for ImportState {
    fn from(view: ImportView) -> Self {
        let ImportView {
            import,
            source,
            pace,
            resumed,
        } = view;
        let outcome = match (import.status, import.same_as) {
            (ImportStatus::Done, Some(_)) => Some("already_imported"),
            (ImportStatus::Done, None) if resumed => Some("resumed"),
            (ImportStatus::Done, None) => Some("imported"),
            _ => None,
        };
        let named = |kind, name| SourceView { kind, name };
        let failure = import.failure.map(|code| {
            let Text { zh, en } = ImportFault::text(&code);
            FailureView { code, zh, en }
        });
        Self {
            id: import.id,
            dataset: import.dataset,
            status: import.status,
            outcome,
            source: source.map(|source| match source {
                SourceLabel::Upload(name) => named("upload", Some(name)),
                SourceLabel::Path(path) => named("path", Some(path)),
                SourceLabel::Events => named("events", None),
            }),
            rows: import.progress.rows_loaded,
            quarantined: import.progress.rows_quarantined,
            conflicts: import.progress.conflicts,
            bytes_done: import.progress.bytes_done,
            bytes_total: import.progress.bytes_total,
            rows_per_second: pace.map(|pace| pace.rows_per_second),
            seconds_left: pace.map(|pace| pace.seconds_left),
            resumed,
            cancelling: import.cancel_asked.is_some(),
            same_as: import.same_as,
            failure,
            instruction: import.instruction,
            created: import.created,
            finished: import.finished,
        }
    }
}

/// What to import: `deposit` or `path`, one of them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewImport {
    /// A file that was laid down.
    #[schema(value_type = Option<String>)]
    deposit: Option<DepositId>,
    /// A file in the enterprise's folder of the drop area, or a folder: then every file below it, in the order of their names.
    path: Option<String>,
    /// Another mapping than the confirmed one, which makes the same columns.
    #[schema(value_type = Option<Object>)]
    mapping: Option<Mapping>,
    /// Why the class of a column is lower than identifier or sensitive, as proposed; with the first file of a dataset that was
    /// made without one.
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    lowered: Vec<Lowered>,
}

/// The two parts of a form, in this order.
#[derive(Debug, ToSchema)]
#[expect(
    dead_code,
    reason = "it describes the form; the parts are read one by one"
)]
pub(crate) struct Upload {
    /// The mapping with which the dataset was made.
    #[schema(value_type = Object)]
    mapping: String,
    /// The file.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// Imports into a dataset.
///
/// With JSON the import is recorded and answered at once (202); a worker does it. With a form the file comes along, and the
/// answer is its end (201), or how far it is after ten minutes or the seconds of `Prefer: wait=` (202). The same file twice changes nothing; bad rows go to
/// quarantine and the rest is imported. The first file of a dataset that was made
/// without one is held against what is proposed of it: a class that is lower needs its reason in `lowered`, which JSON has and a
/// form has not. An `Idempotency-Key` is taken with JSON, not with a form.
#[utoipa::path(
    post, path = "/api/v1/datasets/{dataset}/imports", tag = "imports",
    request_body(content((NewImport = "application/json"), (Upload = "multipart/form-data"))),
    params(
        ("dataset" = String, Path, description = "the id of the dataset"),
        ("Prefer" = Option<String>, Header, description = "`wait=` and how many seconds a form waits for its end, 600 at most")
    ),
    responses((status = 202, body = Items<ImportState>), (status = 201, body = ImportState), Problem)
)]
pub(crate) async fn import(
    Bearer { site, caller }: Bearer,
    Named(dataset): Named<DatasetId>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    // Before a large file is taken: is there such a dataset?
    site.platform.view_dataset(&caller, dataset).await?;
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default();
    if kind.starts_with("multipart/form-data") {
        check_length(&site, &headers)?;
        let wait_max = wait_of(&headers);
        return whole(&site, caller, dataset, request, wait_max).await;
    }
    if !kind.starts_with("application/json") {
        return Err(Problem::media_type(
            "请使用 application/json 或 multipart/form-data",
            "use application/json or multipart/form-data",
        ));
    }
    // What comes along as a form has no limit here; the wish alone does.
    let mut request = request;
    DefaultBodyLimit::max(JSON_BYTES_MAX).apply(&mut request);
    let Body(new) = Body::<NewImport>::from_request(request, &site).await?;
    let from = match (new.deposit, new.path) {
        (Some(deposit), None) => ImportFrom::Deposit(deposit),
        (None, Some(path)) => ImportFrom::Path(path),
        (Some(_), Some(_)) | (None, None) => {
            return Err(Problem::invalid(
                "请给出 deposit 与 path 之一",
                "give either `deposit` or `path`",
            ));
        }
    };
    let platform = &site.platform;
    let begun = platform
        .begin_import_lowered(
            &caller,
            dataset,
            &from,
            (new.mapping.as_ref(), &new.lowered),
        )
        .await?;
    let mut items = Vec::with_capacity(begun.len());
    for id in begun {
        items.push(platform.view_import(&caller, dataset, id).await?.into());
    }
    let items: Items<ImportState> = Items { items };
    Ok((StatusCode::ACCEPTED, Json(items)).into_response())
}

/// Reads how long the sender would wait (RFC 7240).
fn wait_of(headers: &HeaderMap) -> Duration {
    let asked = headers
        .get_all("prefer")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|wish| wish.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("wait"))
        .and_then(|(_, seconds)| seconds.trim().trim_matches('"').parse().ok());
    asked.map_or(WAIT_MAX, |seconds| {
        Duration::from_secs(seconds).min(WAIT_MAX)
    })
}

/// Takes a form with a mapping and a file, and waits for the end of the import.
async fn whole(
    site: &Site,
    caller: Caller,
    dataset: DatasetId,
    request: Request,
    wait_max: Duration,
) -> Result<Response, Problem> {
    let form = Multipart::from_request(request, site).await;
    let mut form = form.map_err(|rejection| of_status(rejection.status()))?;
    let mapping = mapping_of(form.next_field().await.map_err(|e| broken(&e))?).await?;
    let field = form.next_field().await.map_err(|e| broken(&e))?;
    let field = field
        .filter(|it| it.name() == Some("file"))
        .ok_or_else(parts)?;
    let name = field.file_name().unwrap_or_default().to_owned();
    let content = field.map(|piece| piece.map_err(std::io::Error::other));
    let laid = site.platform.lay_deposit(&caller, &name, content).await?;
    if form.next_field().await.map_err(|e| broken(&e))?.is_some() {
        return Err(parts());
    }
    let platform = site.platform.clone();
    let work = async move {
        let from = ImportFrom::Deposit(laid.id);
        let how = (Some(&mapping), wait_max);
        Box::pin(platform.import_now(&caller, dataset, &from, how)).await
    };
    let reached = to_its_end(work).await?;
    let status = if reached.import.status.is_final() {
        StatusCode::CREATED
    } else {
        StatusCode::ACCEPTED
    };
    Ok((status, Json(ImportState::from(reached))).into_response())
}

async fn mapping_of(field: Option<Field<'_>>) -> Result<Mapping, Problem> {
    let mut field = field
        .filter(|it| it.name() == Some("mapping"))
        .ok_or_else(parts)?;
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|e| broken(&e))? {
        if bytes.len() + chunk.len() > MAPPING_BYTES_MAX {
            return Err(Problem::too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&bytes).map_err(|_quotes_the_text| {
        Problem::invalid(
            "mapping 不是映射的 JSON",
            "the part `mapping` is not the JSON of a mapping",
        )
    })
}

fn parts() -> Problem {
    Problem::invalid(
        "表单应依次有 mapping 与 file 两部分",
        "the form has the parts `mapping` and `file`, in this order",
    )
}

fn broken(error: &MultipartError) -> Problem {
    of_status(error.status())
}

/// Lists the imports into a dataset, newest first.
#[utoipa::path(
    get, path = "/api/v1/datasets/{dataset}/imports", tag = "imports",
    params(("dataset" = String, Path, description = "the id of the dataset")),
    responses((status = 200, body = Items<ImportState>), Problem)
)]
pub(crate) async fn list(
    Bearer { site, caller }: Bearer,
    Named(dataset): Named<DatasetId>,
) -> Result<Json<Items<ImportState>>, Problem> {
    let found = site.platform.list_imports(&caller, dataset).await?;
    Ok(Items::of(found))
}

/// Shows how far an import is.
#[utoipa::path(
    get, path = "/api/v1/datasets/{dataset}/imports/{import}", tag = "imports",
    params(("dataset" = String, Path, description = "the id of the dataset"), ("import" = String, Path, description = "the id of the import")),
    responses((status = 200, body = ImportState), Problem)
)]
pub(crate) async fn show(
    Bearer { site, caller }: Bearer,
    InPath((dataset, import)): InPath<(DatasetId, ImportId)>,
) -> Result<Json<ImportState>, Problem> {
    let found = site.platform.view_import(&caller, dataset, import).await?;
    Ok(Json(found.into()))
}

/// Stops an import: what was committed stays, and the same file imported again goes on from there.
#[utoipa::path(
    post, path = "/api/v1/datasets/{dataset}/imports/{import}/cancellation", tag = "imports",
    params(("dataset" = String, Path, description = "the id of the dataset"), ("import" = String, Path, description = "the id of the import")),
    responses((status = 202, body = ImportState), Problem)
)]
pub(crate) async fn cancel(
    Bearer { site, caller }: Bearer,
    InPath((dataset, import)): InPath<(DatasetId, ImportId)>,
) -> Result<(StatusCode, Json<ImportState>), Problem> {
    let platform = &site.platform;
    platform.cancel_import(&caller, dataset, import).await?;
    let found = platform.view_import(&caller, dataset, import).await?;
    Ok((StatusCode::ACCEPTED, Json(found.into())))
}

/// Lists the rows that did not fit, as CSV: where they stand and why, without their values.
#[utoipa::path(
    get, path = "/api/v1/datasets/{dataset}/imports/{import}/quarantine", tag = "imports",
    params(("dataset" = String, Path, description = "the id of the dataset"), ("import" = String, Path, description = "the id of the import")),
    responses((status = 200, body = String, content_type = "text/csv"), Problem)
)]
pub(crate) async fn quarantined(
    Bearer { site, caller }: Bearer,
    Language(lang): Language,
    InPath((dataset, import)): InPath<(DatasetId, ImportId)>,
) -> Result<Response, Problem> {
    let platform = &site.platform;
    let found = platform
        .quarantine_of_import(&caller, dataset, import)
        .await?;
    Ok(quarantine::csv(found, lang))
}
