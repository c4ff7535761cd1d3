//! Datasets: what they hold, what they wait for, who used them.

use axum::Json;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use yuntu_app::imports::{ImportFrom, Lowered, NewDelivery};
use yuntu_app::lake::Mapping;
use yuntu_app::store::{About, Dataset};
use yuntu_app::words::waiting_text;
use yuntu_app::{Overview, Waiting};
use yuntu_terms::{DatasetId, DepositId, PermitId, Purpose, ReceiptId, Timestamp};

use crate::api::{Items, Made};
use crate::input::{Bearer, Body, Named};
use crate::problem::{Problem, TextView};
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
    /// Why the class of a column is lower than identifier or sensitive, as proposed; beside a deposit or a path only.
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
    /// What it waits for before it can be used; nothing when it can.
    waiting: Vec<WaitingView>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created: Timestamp,
}

/// What a dataset waits for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WaitingView {
    /// `columns`, `subject`, `import`, `declaration`, `declaration_complete`, `declaration_proof`, `declaration_beginning`,
    /// `declaration_renewal`, `measure`, `lifting` or `ended`.
    code: &'static str,
    /// In both languages.
    what: TextView,
}

/// A dataset at a glance.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OverviewView {
    /// The dataset.
    #[serde(flatten)]
    dataset: DatasetView,
    /// How many rows are live.
    rows: u64,
    /// The newest runs that read it, newest first, at most 20.
    uses: Vec<UseView>,
}

/// A run that read a dataset.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UseView {
    /// Its receipt.
    #[schema(value_type = String)]
    receipt: ReceiptId,
    /// The permit under which it took place.
    #[schema(value_type = String)]
    permit: PermitId,
    /// What for.
    #[schema(value_type = String)]
    purpose: Purpose,
    /// When it was recorded.
    #[schema(value_type = String, format = DateTime)]
    recorded: Timestamp,
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

impl From<(Dataset, Vec<Waiting>)> for DatasetView {
    fn from((dataset, waiting): (Dataset, Vec<Waiting>)) -> Self {
        let waits = |it: &Waiting| WaitingView {
            code: it.code(),
            what: waiting_text(it).into(),
        };
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
            waiting: waiting.iter().map(waits).collect(),
            created: dataset.created,
        }
    }
}

impl From<Overview> for OverviewView {
    fn from(found: Overview) -> Self {
        let uses = found.uses.into_iter().map(|it| UseView {
            receipt: it.receipt,
            permit: it.permit,
            purpose: it.purpose,
            recorded: it.recorded,
        });
        Self {
            uses: uses.collect(),
            rows: found.rows,
            dataset: (found.dataset, found.waiting).into(),
        }
    }
}

/// Makes a dataset.
///
/// It waits in quarantine until its source is declared. With a deposit or a path, what lies there is imported at once; without
/// either its first import is held against what is proposed then.
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
    let from = match (deposit, path) {
        (Some(_), Some(_)) => {
            return Err(Problem::invalid(
                "deposit 与 path 只能给出其一",
                "give `deposit` or `path`, not both",
            ));
        }
        (Some(deposit), None) => Some(ImportFrom::Deposit(deposit)),
        (None, path) => path.map(ImportFrom::Path),
    };
    if from.is_none() && !lowered.is_empty() {
        return Err(Problem::invalid(
            "lowered 须与 deposit 或 path 一同给出；若不随文件建立数据集，请在第一次导入时给出",
            "`lowered` stands beside `deposit` or `path`; for a dataset that is made without a file it goes with the first import",
        ));
    }
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

/// Lists the datasets of the enterprise, each with what it waits for.
#[utoipa::path(
    get, path = "/api/v1/datasets", tag = "datasets",
    responses((status = 200, body = Items<DatasetView>), Problem)
)]
pub(crate) async fn list(
    Bearer { site, caller }: Bearer,
) -> Result<Json<Items<DatasetView>>, Problem> {
    let found = site.platform.datasets_at_a_glance(&caller).await?;
    Ok(Items::of(found))
}

/// Shows a dataset: what it waits for, how many rows are live, who used it.
#[utoipa::path(
    get, path = "/api/v1/datasets/{dataset}", tag = "datasets",
    params(("dataset" = String, Path, description = "the id of the dataset")),
    responses((status = 200, body = OverviewView), Problem)
)]
pub(crate) async fn show(
    Bearer { site, caller }: Bearer,
    Named(dataset): Named<DatasetId>,
) -> Result<Json<OverviewView>, Problem> {
    let found = site.platform.dataset_overview(&caller, dataset).await?;
    Ok(Json(found.into()))
}
