//! The JSON API under `/api/v1`, described by OpenAPI.

mod audiences;
pub(crate) mod consents;
mod datasets;
mod declarations;
mod deposits;
mod events;
mod exceptions;
mod help;
mod imports;
mod insight;
mod instructions;
mod labels;
mod measures;
mod partners;
mod proofs;
mod repeats;
mod runs;
mod scopes;
mod tokens;

pub(crate) use deposits::check_length;
pub(crate) use insight::written_rows;

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yuntu_app::store::LeafId;

use crate::files::UPLOAD_BYTES_MAX;
use crate::guard::{self, RUN_MAX};
use crate::problem::{Problem, ProblemView};
use crate::state::Site;
use repeats::Keys;

/// How large a JSON body may be.
const JSON_BYTES_MAX: usize = 1 << 20;

/// How long a request may take that carries no large file and runs no work.
const REQUEST_MAX: Duration = Duration::from_mins(2);

/// How long an upload may take: 64 GiB at 10 MB a second are two hours.
const UPLOAD_MAX: Duration = Duration::from_hours(12);

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Yuntu",
        description = "Datasets, consents, instructions, audiences and insight of one enterprise. Every run cites an instruction, and what a clause of the statement forbids is refused with the clause, the missing fact and the remedy. A writing request may carry `Idempotency-Key` (1 to 255 visible ASCII characters): within a day the same request with the same key is done once and answered alike to whoever may still do it, with `Idempotent-Replayed: true`; the same key with another request is refused. Where a key is not taken the operation says so, and a request that carries one is refused. Files are known by their content: the same file twice changes nothing."
    ),
    components(schemas(ProblemView)),
    security(("token" = [])),
    modifiers(&Token)
)]
struct Described;

struct Token;

impl Modify for Token {
    fn modify(&self, document: &mut Document) {
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", scheme);
    }
}

/// The id of something that was made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Made {
    /// The id.
    id: String,
}

impl Made {
    fn new(id: &impl ToString) -> Json<Self> {
        Json(Self { id: id.to_string() })
    }
}

/// A list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Items<T> {
    /// The items.
    items: Vec<T>,
}

impl<T> Items<T> {
    fn of<S: Into<T>>(found: impl IntoIterator<Item = S>) -> Json<Self> {
        let items = found.into_iter().map(Into::into).collect();
        Json(Self { items })
    }
}

/// Where a page of a list begins.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct After<T> {
    before: Option<T>,
}

impl After<String> {
    /// Reads the id of the last item of the page before.
    fn id<T: FromStr>(self) -> Result<Option<T>, Problem> {
        let read = self.before.map(|text| text.parse()).transpose();
        read.map_err(|_id| {
            Problem::invalid(
                "before 应为上一页最后一项的标识",
                "`before` is the id of the last item of the page before",
            )
        })
    }
}

impl After<i64> {
    /// Reads the number of the last item of the page before.
    fn leaf(self) -> Option<LeafId> {
        self.before.map(LeafId::of_number)
    }
}

/// What is asked of lawful exceptions, apart from their files.
fn of_exceptions() -> OpenApiRouter<Site> {
    OpenApiRouter::new()
        .routes(routes!(exceptions::all))
        .routes(routes!(exceptions::draft, exceptions::list))
        .routes(routes!(exceptions::show))
        .routes(routes!(exceptions::acts::prove))
        .routes(routes!(exceptions::acts::open))
        .routes(routes!(exceptions::acts::invoke))
        .routes(routes!(exceptions::acts::confirm))
        .routes(routes!(exceptions::acts::decline))
        .routes(routes!(exceptions::acts::end))
        .routes(routes!(exceptions::jobs))
}

/// What is asked of the register of partners, apart from their files.
fn of_partners() -> OpenApiRouter<Site> {
    OpenApiRouter::new()
        .routes(routes!(partners::register, partners::list))
        .routes(routes!(partners::show))
        .routes(routes!(partners::correct))
        .routes(routes!(partners::enforce))
        .routes(routes!(partners::suspend))
        .routes(routes!(partners::resume))
        .routes(routes!(partners::end))
        .routes(routes!(partners::jobs))
        .routes(routes!(partners::papers::open))
}

/// What runs work on business data, on an instruction: it is waited for as long as a run may take.
fn running() -> OpenApiRouter<Site> {
    OpenApiRouter::new()
        .routes(routes!(audiences::evaluate))
        .routes(routes!(consents::widening::reach))
        .routes(routes!(consents::widening::list))
        .routes(routes!(insight::stages))
        .routes(routes!(insight::flow))
        .routes(routes!(insight::profile))
        .routes(routes!(insight::overlap))
        .routes(routes!(insight::query))
        .layer(DefaultBodyLimit::max(JSON_BYTES_MAX))
        .layer(from_fn_with_state(RUN_MAX, guard::time))
}

/// What is asked in a body, so that no log of addresses has it, and answered at once.
fn asking() -> OpenApiRouter<Site> {
    OpenApiRouter::new()
        .routes(routes!(consents::person::show))
        .routes(routes!(consents::widening::counts))
        .routes(routes!(labels::plan))
        .routes(routes!(deposits::ask))
        .layer(DefaultBodyLimit::max(JSON_BYTES_MAX))
        .layer(from_fn_with_state(REQUEST_MAX, guard::time))
}

/// What is read and written at once.
fn quick() -> OpenApiRouter<Site> {
    OpenApiRouter::new()
        .routes(routes!(datasets::create, datasets::list))
        .routes(routes!(datasets::show))
        .routes(routes!(declarations::declare, declarations::list))
        .routes(routes!(declarations::show))
        .routes(routes!(declarations::papers::open))
        .routes(routes!(declarations::papers::revoke))
        .routes(routes!(scopes::declare, scopes::list))
        .routes(routes!(labels::columns))
        .routes(routes!(labels::change))
        .routes(routes!(deposits::propose))
        .routes(routes!(imports::show))
        .routes(routes!(imports::cancel))
        .routes(routes!(imports::quarantined))
        .routes(routes!(consents::withdraw))
        .routes(routes!(consents::records::record))
        .routes(routes!(instructions::create, instructions::list))
        .routes(routes!(instructions::show))
        .routes(routes!(instructions::jobs))
        .routes(routes!(instructions::revoke))
        .merge(help::router())
        .merge(of_exceptions())
        .merge(measures::router())
        .merge(of_partners())
        .routes(routes!(audiences::save, audiences::list))
        .routes(routes!(audiences::show))
        .routes(routes!(proofs::receipt))
        .routes(routes!(proofs::checkpoint))
        .routes(routes!(proofs::key))
        .routes(routes!(tokens::list))
        .routes(routes!(tokens::revoke))
        .layer(DefaultBodyLimit::max(JSON_BYTES_MAX))
        .layer(from_fn_with_state(REQUEST_MAX, guard::time))
}

/// What takes a paper, rows, or the wish to import what lies there already.
fn bringing() -> OpenApiRouter<Site> {
    OpenApiRouter::new()
        .routes(routes!(
            declarations::papers::add,
            declarations::papers::list
        ))
        .routes(routes!(exceptions::acts::add))
        .routes(routes!(partners::papers::add))
        .layer(DefaultBodyLimit::max(UPLOAD_BYTES_MAX))
        .merge(
            OpenApiRouter::new()
                .routes(routes!(events::send))
                .layer(DefaultBodyLimit::max(events::EVENTS_BYTES_MAX)),
        )
        .merge(
            OpenApiRouter::new()
                .routes(routes!(imports::import, imports::list))
                .layer(DefaultBodyLimit::disable()),
        )
        .layer(from_fn_with_state(UPLOAD_MAX, guard::time))
}

/// What takes files as they come, of any size.
fn streaming() -> OpenApiRouter<Site> {
    OpenApiRouter::new()
        .routes(routes!(consents::record))
        .routes(routes!(deposits::lay))
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(UPLOAD_MAX, guard::time))
}

/// Everything, with what becomes of a key that comes with it.
fn routed() -> [(OpenApiRouter<Site>, Keys); 5] {
    [
        (quick(), Keys::Once(measures::PAPER_JSON_BYTES_MAX)),
        (bringing(), Keys::Once(UPLOAD_BYTES_MAX)),
        (running(), Keys::Anew),
        (asking(), Keys::Anew),
        (streaming(), Keys::File),
    ]
}

/// Makes the routes of the API.
pub(crate) fn router(site: &Site) -> Router<Site> {
    let guarded = routed().map(|(routes, keys)| keys.guard(routes, site));
    let all = guarded
        .into_iter()
        .fold(OpenApiRouter::new(), OpenApiRouter::merge);
    all.split_for_parts().0
}

/// Returns the description of the API.
#[must_use]
pub fn openapi() -> Document {
    let described = routed().map(|(routes, keys)| keys.describe(routes));
    let whole = OpenApiRouter::with_openapi(Described::openapi());
    let whole = described.into_iter().fold(whole, OpenApiRouter::merge);
    whole.split_for_parts().1
}

/// Makes the route under which the description is read; it needs no token.
pub(crate) fn document_route(document: &Document) -> Router<Site> {
    let text: Arc<str> = document.to_pretty_json().unwrap_or_default().into();
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, "no-cache"),
    ];
    Router::new().route(
        "/api/v1/openapi.json",
        get(async move || (headers, text.to_string())),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use yuntu_app::engine::EngineConfig;

    use super::*;

    /// Lists the paths to which a body is sent that names an instruction.
    fn instructed(document: &Document) -> Vec<String> {
        let document: Value = serde_json::to_value(document).unwrap();
        let schemas = &document["components"]["schemas"];
        let names_one = |operation: &Value| {
            let body = &operation["requestBody"]["content"]["application/json"]["schema"];
            let name = body["$ref"].as_str().and_then(|it| it.rsplit('/').next());
            name.is_some_and(|name| !schemas[name]["properties"]["instruction"].is_null())
        };
        let paths = document["paths"].as_object().unwrap().iter();
        let cited = paths.filter(|(_, methods)| methods["post"].is_object());
        cited
            .filter(|(_, methods)| names_one(&methods["post"]))
            .map(|(path, _)| path.clone())
            .collect()
    }

    #[test]
    fn whatever_runs_on_an_instruction_is_waited_for_until_the_run_is_over() {
        let run = EngineConfig::default().time_max;
        assert!(run + Duration::from_secs(30) <= RUN_MAX);
        let runs = running().split_for_parts().1.paths.paths;
        let runs: Vec<&str> = runs.keys().map(String::as_str).collect();
        let expected = [
            "/api/v1/audiences/{audience}/evaluations",
            "/api/v1/consents/to-ask",
            "/api/v1/consents/what-if",
            "/api/v1/insight/flow",
            "/api/v1/insight/overlap",
            "/api/v1/insight/profile",
            "/api/v1/insight/stages",
            "/api/v1/query",
        ];
        assert_eq!(runs, expected);
        // Asking for technical help names the instruction and runs nothing.
        let others = |path: &String| path != "/api/v1/help" && !runs.contains(&path.as_str());
        let forgotten = instructed(&openapi()).into_iter().find(others);
        assert_eq!(forgotten, None);
    }
}
