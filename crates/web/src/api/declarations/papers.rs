//! The papers on which declarations of a dataset rest.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use yuntu_app::policy::EvidenceKind;
use yuntu_app::{EvidenceView, NewEvidence};
use yuntu_terms::{DatasetId, Digest, PaperId, RepresentativeId, Timestamp};

use super::of_dataset;
use crate::api::{Items, Made};
use crate::files::attachment;
use crate::input::{Bearer, Body, InPath, InQuery, Named, of_status};
use crate::problem::Problem;

/// What a paper shows, and what it is called.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Told {
    kind: Option<String>,
    name: String,
}

/// A paper of a dataset.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PaperShown {
    /// The id.
    #[schema(value_type = String)]
    id: PaperId,
    /// What it shows: `notice`, `consent_form`, `agreement`, `contract`, `publication` or `other`.
    kind: String,
    /// The SHA-256 digest of its bytes.
    #[schema(value_type = String)]
    digest: Digest,
    /// `good`, `revoked`, or `gone` when the file was erased.
    state: &'static str,
    /// `pdf`, `png` or `jpg`.
    format: Option<&'static str>,
    /// How many bytes it has.
    size_bytes: Option<u64>,
    /// Who added it.
    #[schema(value_type = String)]
    added_by: RepresentativeId,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    added: Timestamp,
    /// When it was taken back.
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked: Option<Timestamp>,
    /// Why.
    reason: Option<String>,
    /// How many looks of your own people into it are on record.
    looks: usize,
}

impl From<EvidenceView> for PaperShown {
    fn from(view: EvidenceView) -> Self {
        let it = view.paper;
        let state = match (it.revoked, &view.file) {
            (Some(_), _) => "revoked",
            (None, None) => "gone",
            (None, Some(_)) => "good",
        };
        Self {
            id: it.evidence.paper,
            kind: it.evidence.kind.to_string(),
            digest: it.evidence.digest,
            state,
            format: view.file.map(|file| file.kind.code()),
            size_bytes: view.file.map(|file| file.size_bytes),
            added_by: it.by,
            added: it.added,
            revoked: it.revoked,
            reason: it.reason,
            looks: view.looks.len(),
        }
    }
}

/// Adds a paper to a dataset: the body is the file itself, a PDF, PNG or JPEG of at most 5 MiB, known by its content.
#[utoipa::path(
    post, path = "/api/v1/datasets/{dataset}/papers", tag = "datasets",
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    params(
        ("dataset" = String, Path, description = "the id of the dataset"),
        ("kind" = Option<String>, Query, description = "what it shows: notice, consent_form, agreement, contract, publication or other, which it is without"),
        ("name" = String, Query, description = "the name of the file"),
    ),
    responses((status = 201, body = Made), Problem)
)]
pub(crate) async fn add(
    Bearer { site, caller }: Bearer,
    Named(dataset): Named<DatasetId>,
    InQuery(told): InQuery<Told>,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<Made>), Problem> {
    let bytes = bytes.map_err(|rejection| of_status(rejection.status()))?;
    let kind = match told.kind.as_deref() {
        None => EvidenceKind::Other,
        Some(code) => EvidenceKind::from_code(code).ok_or_else(|| {
            Problem::invalid(
                "kind 须为 notice、consent_form、agreement、contract、publication 或 other",
                "`kind` is notice, consent_form, agreement, contract, publication or other",
            )
        })?,
    };
    let new = NewEvidence {
        kind,
        name: told.name,
        bytes: bytes.to_vec(),
    };
    let id = site.platform.add_evidence(&caller, dataset, new).await?;
    Ok((StatusCode::CREATED, Made::new(&id)))
}

/// Lists the papers of a dataset, the first added first.
#[utoipa::path(
    get, path = "/api/v1/datasets/{dataset}/papers", tag = "datasets",
    params(("dataset" = String, Path, description = "the id of the dataset")),
    responses((status = 200, body = Items<PaperShown>), Problem)
)]
pub(crate) async fn list(
    Bearer { site, caller }: Bearer,
    Named(dataset): Named<DatasetId>,
) -> Result<Json<Items<PaperShown>>, Problem> {
    let source = site.platform.source_of(&caller, dataset).await?;
    Ok(Items::of(source.papers))
}

/// Hands out a paper of a dataset; the look is on record before the file leaves.
#[utoipa::path(
    get, path = "/api/v1/datasets/{dataset}/papers/{paper}", tag = "datasets",
    params(
        ("dataset" = String, Path, description = "the id of the dataset"),
        ("paper" = String, Path, description = "the id of the paper"),
    ),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"), Problem)
)]
pub(crate) async fn open(
    Bearer { site, caller }: Bearer,
    InPath(path): InPath<(String, String)>,
) -> Result<Response, Problem> {
    let (dataset, paper) = of_dataset(&path)?;
    attachment(site.platform.open_evidence(&caller, dataset, paper).await?)
}

/// Why a paper is taken back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Revocation {
    /// Why, without personal data.
    reason: String,
}

/// Takes a paper back: a declaration that rests on it opens nothing more unless its other papers prove enough.
#[utoipa::path(
    post, path = "/api/v1/datasets/{dataset}/papers/{paper}/revocation", tag = "datasets", request_body = Revocation,
    params(
        ("dataset" = String, Path, description = "the id of the dataset"),
        ("paper" = String, Path, description = "the id of the paper"),
    ),
    responses((status = 204), Problem)
)]
pub(crate) async fn revoke(
    Bearer { site, caller }: Bearer,
    InPath(path): InPath<(String, String)>,
    Body(why): Body<Revocation>,
) -> Result<StatusCode, Problem> {
    let (dataset, paper) = of_dataset(&path)?;
    site.platform
        .revoke_evidence(&caller, dataset, paper, &why.reason)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
