//! The server: routes joined, limits and headers around them, and an orderly end.

use std::future::Future;
use std::io;
use std::net::SocketAddr;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;
use yuntu_app::Platform;
use yuntu_statement::Statement;

use crate::problem::Problem;
use crate::state::Site;
use crate::statement::Versions;
use crate::workers::Workers;
use crate::{account, api, console, cookies, guard, metrics, operator, pages, problem, statement};

/// Serves until the future ends; running requests are finished.
///
/// # Errors
/// [`io::Error`] when the listener fails.
pub async fn serve(
    listener: TcpListener,
    platform: Platform,
    stopped: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let site = site(platform.clone(), Statement::all().unwrap_or_default());
    let workers = Workers::start(&platform, &site.metrics);
    let service = routes(site, Router::new());
    let service = service.into_make_service_with_connect_info::<SocketAddr>();
    let served = axum::serve(listener, service)
        .with_graceful_shutdown(stopped)
        .await;
    workers.stop().await;
    // What was acknowledged last goes into the ledger too; if it cannot now, the next start does it.
    if platform.sequence().await.is_err() {
        tracing::warn!("the ledger could not take in its last entries");
    }
    served
}

/// Joins the routes.
pub fn router(platform: Platform) -> Router {
    router_of(
        platform,
        Statement::all().unwrap_or_default(),
        Router::new(),
    )
}

/// Joins the routes of a site that shows these versions of the statement, and more routes under the same layers.
pub fn router_of(platform: Platform, versions: Vec<&'static Statement>, more: Router) -> Router {
    routes(site(platform, versions), more)
}

fn site(platform: Platform, versions: Vec<&'static Statement>) -> Site {
    let versions = Versions::new(versions, platform.statement());
    Site::new(platform, versions)
}

fn routes(site: Site, more: Router) -> Router {
    let (api, document) = api::router();
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(measured))
        .merge(pages::router())
        .merge(statement::router())
        .merge(cookies::router())
        .merge(account::router())
        .merge(console::router())
        .merge(operator::router())
        .merge(more.with_state(()))
        .merge(api)
        .merge(api::document_route(&document))
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || Problem::method())
        .layer(from_fn_with_state(site.clone(), problem::render))
        .layer(from_fn_with_state(site.clone(), metrics::count))
        .layer(from_fn(guard::headers))
        // The outermost: no answer, whoever made it, goes around the register of cookies.
        .layer(from_fn_with_state(site.clone(), cookies::keep))
        .with_state(site)
}

async fn ready(State(site): State<Site>) -> StatusCode {
    match site.platform.ready().await {
        Ok(()) => StatusCode::OK,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

async fn measured(State(site): State<Site>) -> impl IntoResponse {
    let form = [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (form, site.metrics.text())
}
