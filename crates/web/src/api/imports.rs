//! Imports: a mapping and a file, spooled outside memory and read once.

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};

use axum::Json;
use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use axum::extract::{Multipart, State};
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use yuntu_app::lake::{CancelToken, ImportOutcome, Mapping, Progress, Source};
use yuntu_terms::{DatasetId, ImportId};

use crate::input::{Bearer, Named, of_status};
use crate::problem::{Problem, ProblemView};
use crate::state::{Site, to_its_end};

/// How large a file may be.
const FILE_BYTES_MAX: u64 = 8 << 30;

/// How large a mapping may be.
const MAPPING_BYTES_MAX: usize = 1 << 20;

/// What came of an import.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportView {
    /// The import.
    #[schema(value_type = String)]
    id: ImportId,
    /// `imported`, `resumed` or `already_imported`.
    #[schema(value_type = String)]
    outcome: ImportOutcome,
    /// Rows that are live because of it.
    rows: u64,
    /// Rows in quarantine.
    quarantined: u64,
    /// Rows whose second identifier belonged to another person; the first decided.
    conflicts: u64,
    /// The version of the dataset afterwards.
    version: u64,
}

/// The two parts of an upload, in this order.
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

/// Imports a file into a dataset.
///
/// The same file twice changes nothing; bad rows go to quarantine and the rest is imported.
#[utoipa::path(
    post, path = "/api/v1/datasets/{dataset}/imports", tag = "datasets",
    request_body(content = Upload, content_type = "multipart/form-data"),
    params(("dataset" = String, Path, description = "the id of the dataset")),
    responses((status = 201, body = ImportView), (status = "default", body = ProblemView, content_type = "application/problem+json"))
)]
pub(crate) async fn import(
    State(site): State<Site>,
    Bearer(caller): Bearer,
    Named(dataset): Named<DatasetId>,
    form: Result<Multipart, MultipartRejection>,
) -> Result<(StatusCode, Json<ImportView>), Problem> {
    // Before a large file is taken: is there such a dataset?
    site.platform.view_dataset(&caller, dataset).await?;
    let mut form = form.map_err(|_rejection| {
        Problem::media_type("请使用 multipart/form-data", "use multipart/form-data")
    })?;
    let mapping = mapping_of(form.next_field().await.map_err(|e| broken(&e))?).await?;
    let file = spool(form.next_field().await.map_err(|e| broken(&e))?).await?;
    if form.next_field().await.map_err(|e| broken(&e))?.is_some() {
        return Err(parts());
    }
    let source = Source::new(Box::new(file))
        .map_err(|_io| Problem::internal("the spooled upload cannot be read"))?;
    let platform = site.platform.clone();
    let work = async move {
        let unwatched = |_progress: Progress| {};
        let watch: &(dyn Fn(Progress) + Send + Sync) = &unwatched;
        let cancel = CancelToken::new();
        platform
            .import(&caller, dataset, &mapping, source, (watch, &cancel))
            .await
    };
    let done = to_its_end(work).await?;
    let view = ImportView {
        id: done.id,
        outcome: done.report.outcome,
        rows: done.report.rows,
        quarantined: done.report.quarantined,
        conflicts: done.report.conflicts,
        version: done.report.version,
    };
    Ok((StatusCode::CREATED, Json(view)))
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

/// Writes the file into a temporary one that has no name, so that it is gone with this request however that ends.
async fn spool(field: Option<Field<'_>>) -> Result<File, Problem> {
    let mut field = field
        .filter(|it| it.name() == Some("file"))
        .ok_or_else(parts)?;
    let mut file = tempfile::tempfile().map_err(|_io| Problem::no_room())?;
    let mut length = 0_u64;
    while let Some(chunk) = field.chunk().await.map_err(|e| broken(&e))? {
        length += chunk.len() as u64;
        if length > FILE_BYTES_MAX {
            return Err(Problem::too_large());
        }
        let written = tokio::task::spawn_blocking(move || {
            let result = file.write_all(&chunk);
            (file, result)
        });
        let (back, result) = written
            .await
            .map_err(|_panicked| Problem::internal("spooling an upload stopped"))?;
        result.map_err(|_io| Problem::no_room())?;
        file = back;
    }
    file.seek(SeekFrom::Start(0))
        .map_err(|_io| Problem::no_room())?;
    Ok(file)
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
