//! What the people of a dataset agreed to, for those without a record of their own: declared, read, proved.

use std::collections::BTreeSet;

use axum::Json;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use yuntu_app::consent::DatasetScope;
use yuntu_app::store::ScopeVersion;
use yuntu_terms::{
    ConsentKind, DatasetId, Digest, Operation, Purpose, Recipient, RepresentativeId, Timestamp,
};

use crate::api::Items;
use crate::input::{Bearer, Body, Named};
use crate::problem::Problem;

/// What the people of a dataset agreed to, for those without a record of their own.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScopeBody {
    /// The purposes; each covers those below it.
    #[schema(value_type = Vec<String>)]
    purposes: BTreeSet<Purpose>,
    /// `process`, `share`, `transfer`, `publicise`.
    #[schema(value_type = Vec<String>)]
    operations: BTreeSet<Operation>,
    /// `enterprise`, `public`, or partners on the register as `{"partner": id}`.
    #[schema(value_type = Vec<Object>)]
    recipients: BTreeSet<Recipient>,
    /// `expressed`, `explicit` or `separate`; to share, transfer or publicise, and sensitive values, take `separate`.
    #[schema(value_type = String)]
    kind: ConsentKind,
    /// From when it speaks.
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// Until when (exclusive).
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// The SHA-256 digests of papers of the dataset on which it rests; needed for the first version and for what goes beyond
    /// the version before.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    evidence: Vec<Digest>,
}

/// Declares what the people of a dataset agreed to, for those without a record of their own: a new version (U4).
#[utoipa::path(
    put, path = "/api/v1/datasets/{dataset}/scope", tag = "datasets", request_body = ScopeBody,
    params(("dataset" = String, Path, description = "the id of the dataset")),
    responses((status = 204), Problem)
)]
pub(crate) async fn declare(
    Bearer { site, caller }: Bearer,
    Named(dataset): Named<DatasetId>,
    Body(body): Body<ScopeBody>,
) -> Result<StatusCode, Problem> {
    let scope = DatasetScope {
        purposes: body.purposes,
        operations: body.operations,
        recipients: body.recipients,
        kind: body.kind,
        from: body.from,
        until: body.until,
    };
    site.platform
        .declare_scope(&caller, dataset, (&scope, &body.evidence))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A version of what the people of a dataset agreed to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScopeView {
    /// Its number, from 1.
    version: u64,
    /// The purposes; each covers those below it.
    #[schema(value_type = Vec<String>)]
    purposes: BTreeSet<Purpose>,
    /// The operations.
    #[schema(value_type = Vec<String>)]
    operations: BTreeSet<Operation>,
    /// The recipients.
    #[schema(value_type = Vec<Object>)]
    recipients: BTreeSet<Recipient>,
    /// How it was expressed.
    #[schema(value_type = String)]
    kind: ConsentKind,
    /// From when it speaks.
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// Until when (exclusive).
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// The SHA-256 digests of the proofs.
    #[schema(value_type = Vec<String>)]
    evidence: Vec<Digest>,
    /// Who declared it.
    #[schema(value_type = String)]
    by: RepresentativeId,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    recorded: Timestamp,
}

impl From<ScopeVersion> for ScopeView {
    fn from(it: ScopeVersion) -> Self {
        Self {
            version: it.version,
            purposes: it.scope.purposes,
            operations: it.scope.operations,
            recipients: it.scope.recipients,
            kind: it.scope.kind,
            from: it.scope.from,
            until: it.scope.until,
            evidence: it.evidence,
            by: it.by,
            recorded: it.recorded,
        }
    }
}

/// Lists every version of what the people of a dataset agreed to, the newest first; the newest counts (U4).
#[utoipa::path(
    get, path = "/api/v1/datasets/{dataset}/scope", tag = "datasets",
    params(("dataset" = String, Path, description = "the id of the dataset")),
    responses((status = 200, body = Items<ScopeView>), Problem)
)]
pub(crate) async fn list(
    Bearer { site, caller }: Bearer,
    Named(dataset): Named<DatasetId>,
) -> Result<Json<Items<ScopeView>>, Problem> {
    let found = site.platform.scopes(&caller, dataset).await?;
    Ok(Items::of(found))
}
