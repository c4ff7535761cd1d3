//! Datasets: what they hold, where they come from, what their people agreed to.

use std::collections::BTreeSet;

use axum::Json;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use yuntu_app::consent::DatasetScope;
use yuntu_app::imports::{ImportFrom, Lowered, NewDelivery};
use yuntu_app::lake::Mapping;
use yuntu_app::store::{About, Dataset};
use yuntu_terms::{
    ConsentKind, DatasetId, DepositId, Digest, Operation, Purpose, Recipient, Timestamp,
};

use crate::api::{Items, Made};
use crate::input::{Bearer, Body, Named};
use crate::problem::Problem;
use crate::state::to_its_end;

/// A dataset to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDataset {
    /// Its name.
    name: String,
    /// How the columns of its files become columns of the dataset, as a person confirmed it.
    #[schema(value_type = Object)]
    mapping: Mapping,
    /// A deposit with which the dataset begins: its mapping is compared with what is proposed, and it is imported.
    #[schema(value_type = Option<String>)]
    deposit: Option<DepositId>,
    /// The same by a path in the drop area.
    path: Option<String>,
    /// Why the class of a column is lower than identifier or sensitive, as proposed; beside a deposit only.
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    lowered: Vec<Lowered>,
}

/// A dataset.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DatasetView {
    /// The id.
    #[schema(value_type = String, example = "dst_0192f0c1000070008000000000000001")]
    id: DatasetId,
    /// The name.
    name: String,
    /// Whether its rows are about `persons` or `things`.
    about: &'static str,
    /// Where it is stored.
    region: String,
    /// Whether it may be used: `active`, `pending`, `frozen` or `ended`.
    standing: String,
    /// The reason of a measure against it.
    standing_reason: Option<String>,
    /// The columns.
    columns: Vec<ColumnView>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created: Timestamp,
}

/// A column of a dataset.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ColumnView {
    /// The name.
    name: String,
    /// What it is for.
    role: String,
    /// How closely it is tied to a person.
    class: String,
}

impl From<Dataset> for DatasetView {
    fn from(dataset: Dataset) -> Self {
        let column = |it: yuntu_app::store::DatasetColumn| ColumnView {
            name: it.name,
            role: it.role,
            class: it.class.code().to_owned(),
        };
        Self {
            id: dataset.id,
            name: dataset.name,
            about: match dataset.about {
                About::Persons => "persons",
                About::Things => "things",
            },
            region: dataset.region.to_string(),
            standing: dataset.standing.to_string(),
            standing_reason: dataset.standing_reason,
            columns: dataset.columns.into_iter().map(column).collect(),
            created: dataset.created,
        }
    }
}

/// Makes a dataset.
///
/// It waits in quarantine until its source is declared. With a deposit, its file is imported at once.
#[utoipa::path(
    post, path = "/api/v1/datasets", tag = "datasets", request_body = NewDataset,
    responses((status = 201, body = Made), Problem)
)]
pub(crate) async fn create(
    Bearer { site, caller }: Bearer,
    Body(new): Body<NewDataset>,
) -> Result<(StatusCode, Json<Made>), Problem> {
    let NewDataset {
        name,
        mapping,
        deposit,
        path,
        lowered,
    } = new;
    let platform = site.platform.clone();
    let from = deposit
        .map(ImportFrom::Deposit)
        .or(path.map(ImportFrom::Path));
    let id = if let Some(from) = from {
        let delivery = NewDelivery {
            from,
            name,
            mapping,
            lowered,
        };
        let work = async move { platform.create_from(&caller, &delivery).await };
        to_its_end(work).await?.0
    } else {
        platform.create_dataset(&caller, &name, &mapping).await?
    };
    Ok((StatusCode::CREATED, Made::new(&id)))
}

/// Lists the datasets of the enterprise.
#[utoipa::path(
    get, path = "/api/v1/datasets", tag = "datasets",
    responses((status = 200, body = Items<DatasetView>), Problem)
)]
pub(crate) async fn list(
    Bearer { site, caller }: Bearer,
) -> Result<Json<Items<DatasetView>>, Problem> {
    let found = site.platform.list_datasets(&caller).await?;
    Ok(Items::of(found))
}

/// Shows a dataset.
#[utoipa::path(
    get, path = "/api/v1/datasets/{dataset}", tag = "datasets",
    params(("dataset" = String, Path, description = "the id of the dataset")),
    responses((status = 200, body = DatasetView), Problem)
)]
pub(crate) async fn show(
    Bearer { site, caller }: Bearer,
    Named(dataset): Named<DatasetId>,
) -> Result<Json<DatasetView>, Problem> {
    let found = site.platform.view_dataset(&caller, dataset).await?;
    Ok(Json(found.into()))
}

/// Declares what the people of a dataset agreed to, for those without a record of their own (U4).
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
pub(crate) async fn scope(
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
