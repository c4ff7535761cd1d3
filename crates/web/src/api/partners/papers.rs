//! The papers of a partner: the agreement, the assessment, what was filed for the way abroad.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use yuntu_app::partners::NewPartnerPaper;
use yuntu_app::policy::PartnerPaperKind;
use yuntu_terms::{PaperId, PartnerId};

use crate::api::Made;
use crate::files::attachment;
use crate::input::{Bearer, InPath, InQuery, Named, of_status};
use crate::problem::Problem;

/// What a paper shows, and what it is called.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Told {
    kind: Option<String>,
    name: String,
}

/// Adds a paper to a partner: the body is the file itself, a PDF, PNG or JPEG of at most 5 MiB, known by its content. The next
/// version that is put in force rests on the newest of each kind.
#[utoipa::path(
    post, path = "/api/v1/partners/{partner}/papers", tag = "partners",
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    params(
        ("partner" = String, Path, description = "the id of the partner"),
        ("kind" = Option<String>, Query, description = "what it shows: agreement, which it is without, assessment or cross_border"),
        ("name" = String, Query, description = "the name of the file"),
    ),
    responses((status = 201, body = Made), Problem)
)]
pub(crate) async fn add(
    Bearer { site, caller }: Bearer,
    Named(partner): Named<PartnerId>,
    InQuery(told): InQuery<Told>,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<Made>), Problem> {
    let bytes = bytes.map_err(|rejection| of_status(rejection.status()))?;
    let kind = match told.kind.as_deref() {
        None => PartnerPaperKind::Agreement,
        Some(code) => PartnerPaperKind::from_code(code).ok_or_else(|| {
            Problem::invalid(
                "kind 须为 agreement、assessment 或 cross_border",
                "`kind` is agreement, assessment or cross_border",
            )
        })?,
    };
    let new = NewPartnerPaper {
        kind,
        name: told.name,
        bytes: bytes.to_vec(),
    };
    let platform = &site.platform;
    let id = platform.add_partner_paper(&caller, partner, new).await?;
    Ok((StatusCode::CREATED, Made::new(&id)))
}

/// Hands out a paper of a partner; the look is on record before the file leaves.
#[utoipa::path(
    get, path = "/api/v1/partners/{partner}/papers/{paper}", tag = "partners",
    params(
        ("partner" = String, Path, description = "the id of the partner"),
        ("paper" = String, Path, description = "the id of the paper"),
    ),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"), Problem)
)]
pub(crate) async fn open(
    Bearer { site, caller }: Bearer,
    InPath((partner, paper)): InPath<(PartnerId, PaperId)>,
) -> Result<Response, Problem> {
    let platform = &site.platform;
    attachment(platform.open_partner_paper(&caller, partner, paper).await?)
}
