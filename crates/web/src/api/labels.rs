//! How closely columns are tied to persons: those of a dataset, and those that a statement would give (R8).

use std::collections::BTreeMap;

use axum::Json;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use yuntu_app::engine::Label;
use yuntu_app::store::{ClassedColumn, ColumnChange};
use yuntu_terms::{ColumnClass, DatasetId, RepresentativeId, Timestamp};

use crate::api::Items;
use crate::input::{Bearer, Body, InPath, Named};
use crate::problem::Problem;

/// A statement whose labels are asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Planned {
    /// The datasets, by the names the statement uses.
    #[schema(value_type = Object)]
    datasets: BTreeMap<String, DatasetId>,
    /// One SELECT.
    sql: String,
}

/// Labels, each with the inputs it came from and the rule: `value`, `persons`, `choice` or `unknown`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Labels {
    /// One for each column of the result.
    #[schema(value_type = Vec<Object>)]
    labels: Vec<Label>,
}

/// Says how closely each column of a statement's result would be tied to persons, and how that came about.
///
/// The statement is planned only: it does not run and reads no row.
#[utoipa::path(
    post, path = "/api/v1/labels", tag = "datasets", request_body = Planned,
    responses((status = 200, body = Labels), Problem)
)]
pub(crate) async fn plan(
    Bearer { site, caller }: Bearer,
    Body(planned): Body<Planned>,
) -> Result<Json<Labels>, Problem> {
    let labels = site
        .platform
        .labels_of(&caller, &planned.datasets, &planned.sql)
        .await?;
    Ok(Json(Labels { labels }))
}

/// A column with who confirmed its class and how it changed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Classed {
    /// The name.
    name: String,
    /// What it is for.
    role: String,
    /// How closely it is tied to a person.
    class: String,
    /// Who confirmed it last.
    #[schema(value_type = Option<String>)]
    confirmed_by: Option<RepresentativeId>,
    /// When.
    #[schema(value_type = Option<String>, format = DateTime)]
    confirmed: Option<Timestamp>,
    /// How it changed, the first change first.
    changes: Vec<Change>,
}

/// A change of a class.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Change {
    /// What it was.
    from: String,
    /// What it became.
    to: String,
    /// Why.
    reason: String,
    /// By whom.
    #[schema(value_type = String)]
    by: RepresentativeId,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

impl From<ColumnChange> for Change {
    fn from(change: ColumnChange) -> Self {
        Self {
            from: change.from.code().to_owned(),
            to: change.to.code().to_owned(),
            reason: change.reason,
            by: change.by,
            at: change.at,
        }
    }
}

impl From<ClassedColumn> for Classed {
    fn from(column: ClassedColumn) -> Self {
        Self {
            name: column.name,
            role: column.role,
            class: column.class.code().to_owned(),
            confirmed_by: column.confirmed.map(|(by, _)| by),
            confirmed: column.confirmed.map(|(_, at)| at),
            changes: column.changes.into_iter().map(Change::from).collect(),
        }
    }
}

/// Lists the columns of a dataset with who confirmed the class of each and how it changed.
#[utoipa::path(
    get, path = "/api/v1/datasets/{dataset}/columns", tag = "datasets",
    params(("dataset" = String, Path, description = "the id of the dataset")),
    responses((status = 200, body = Items<Classed>), Problem)
)]
pub(crate) async fn columns(
    Bearer { site, caller }: Bearer,
    Named(dataset): Named<DatasetId>,
) -> Result<Json<Items<Classed>>, Problem> {
    let found = site.platform.classes_of(&caller, dataset).await?;
    Ok(Items::of(found.columns))
}

/// A new class of a column.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewClass {
    /// `non_personal`, `personal` or `sensitive`.
    #[schema(value_type = String)]
    class: ColumnClass,
    /// Why; to lower a class takes a reason.
    #[serde(default)]
    reason: String,
}

/// Changes the class of a column: the next decision goes by it. A dataset about things of which a column is raised to `personal` or `sensitive` is not used any more, since its rows name nobody who could agree: import the file as data about persons.
#[utoipa::path(
    put, path = "/api/v1/datasets/{dataset}/columns/{column}/class", tag = "datasets", request_body = NewClass,
    params(
        ("dataset" = String, Path, description = "the id of the dataset"),
        ("column" = String, Path, description = "the name of the column"),
    ),
    responses((status = 204), Problem)
)]
pub(crate) async fn change(
    Bearer { site, caller }: Bearer,
    InPath((dataset, column)): InPath<(String, String)>,
    Body(new): Body<NewClass>,
) -> Result<StatusCode, Problem> {
    let dataset = dataset.parse().map_err(|_id| Problem::not_found())?;
    site.platform
        .change_class(&caller, dataset, &column, (new.class, &new.reason))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
