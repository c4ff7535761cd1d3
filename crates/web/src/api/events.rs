//! Rows that are sent one by one.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use yuntu_terms::DatasetId;

use super::imports::ImportState;
use crate::input::{Bearer, Named, of_status};
use crate::problem::Problem;

/// How large the rows of one request may be together.
pub(crate) const EVENTS_BYTES_MAX: usize = 16 << 20;

/// Sends rows: JSON objects, one a line or in one array, with the names of the columns of the dataset's files.
///
/// The answer says that they are kept; a worker brings them in. The same rows sent twice change nothing, and rows that do
/// not fit go to the quarantine of the import.
#[utoipa::path(
    post, path = "/api/v1/datasets/{dataset}/events", tag = "imports",
    request_body(content = String, content_type = "application/x-ndjson"),
    params(("dataset" = String, Path, description = "the id of the dataset")),
    responses((status = 202, body = ImportState), Problem)
)]
pub(crate) async fn send(
    Bearer { site, caller }: Bearer,
    Named(dataset): Named<DatasetId>,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<ImportState>), Problem> {
    let text = body.map_err(|rejection| of_status(rejection.status()))?;
    let platform = &site.platform;
    let id = platform.send_events(&caller, dataset, text).await?;
    let begun = platform.view_import(&caller, dataset, id).await?;
    Ok((StatusCode::ACCEPTED, Json(begun.into())))
}
