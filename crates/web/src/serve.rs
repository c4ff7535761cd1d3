//! The server: routes joined, limits and headers around them, and an orderly end.

use std::future::{Future, IntoFuture as _};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::uri::PathAndQuery;
use axum::http::{StatusCode, Uri};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use axum::serve::ListenerExt as _;
use tokio::net::{TcpListener, TcpSocket};
use yuntu_app::Platform;
use yuntu_statement::Statement;

use crate::problem::Problem;
use crate::state::Site;
use crate::statement::Versions;
use crate::tls::{self, Certificates};
use crate::workers::Workers;
use crate::{
    account, api, console, cookies, guard, leave, ledger, metrics, minors, operator, pages,
    problem, statement,
};

/// How much of an answer may wait in the machine for a reader who is slow: nobody takes that back when an export is cut.
const UNSENT_BYTES_MAX: u32 = 128 << 10;

/// How many visitors may wait to be let in.
const WAITING_MAX: u32 = 1_024;

/// Listens on an address; what is accepted there holds little of an answer that is not read.
///
/// # Errors
/// [`io::Error`] when the address is taken or not this machine's.
/// # Clause
/// U5
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.set_reuseaddr(true)?;
    socket.set_send_buffer_size(UNSENT_BYTES_MAX)?;
    socket.bind(address)?;
    socket.listen(WAITING_MAX)
}

/// Where the server is reached.
#[derive(Debug)]
pub struct Doors {
    /// Takes the requests.
    pub listener: TcpListener,
    /// With a certificate the listener speaks TLS 1.3 alone; without one a proxy must, or nobody reaches it from elsewhere.
    pub certificates: Option<Arc<Certificates>>,
    /// Sends whoever comes here without TLS to the origin of the site.
    pub plain: Option<TcpListener>,
}

impl From<TcpListener> for Doors {
    /// One door, without TLS.
    fn from(listener: TcpListener) -> Self {
        Self {
            listener,
            certificates: None,
            plain: None,
        }
    }
}

/// Serves until the future ends; running requests are finished.
///
/// # Errors
/// [`io::Error`] when a listener fails.
/// # Clause
/// R22
pub async fn serve(
    doors: Doors,
    platform: Platform,
    stopped: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let site = site(platform.clone(), Statement::all().unwrap_or_default());
    let mut workers = Workers::start(&platform, &site.metrics);
    let service = routes(site.clone(), Router::new());
    let service = service.into_make_service_with_connect_info::<SocketAddr>();
    let redirected = doors.plain.zip(platform.origin());
    let redirected = redirected
        .map(|(plain, origin)| tokio::spawn(axum::serve(plain, redirect(origin)).into_future()));
    let served = if let Some(certificates) = doors.certificates {
        workers.keep_certificates(&certificates, &site.metrics);
        let listener = tls::guarded(doors.listener, certificates).map_err(io::Error::other)?;
        // The library tells of a visitor's address only through a listener that is looked at.
        let listener = listener.tap_io(|_stream| ());
        let serving = axum::serve(listener, service);
        serving.with_graceful_shutdown(stopped).await
    } else {
        let serving = axum::serve(doors.listener, service);
        serving.with_graceful_shutdown(stopped).await
    };
    if let Some(redirected) = redirected {
        redirected.abort();
    }
    workers.stop().await;
    // What was acknowledged last goes into the ledger too; if it cannot now, the next start does it.
    if platform.sequence().await.is_err() {
        tracing::warn!("the ledger could not take in its last entries");
    }
    served
}

/// Answers everything with the same place under the origin of the site, for good.
fn redirect(origin: &str) -> Router {
    let origin = origin.to_owned();
    Router::new().fallback(async move |place: Uri| {
        let path = place.path_and_query().map_or("/", PathAndQuery::as_str);
        Redirect::permanent(&format!("{origin}{path}"))
    })
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
    let api = api::router(&site);
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(measured).layer(from_fn(guard::own_machine)))
        .merge(pages::router())
        .merge(statement::router())
        .merge(ledger::router())
        .merge(cookies::router())
        .merge(leave::router())
        .merge(minors::router())
        .merge(account::router())
        .merge(console::router())
        .merge(operator::router())
        .merge(more.with_state(()))
        .merge(api)
        .merge(api::document_route(&api::openapi()))
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
    (form, site.metrics.text(site.platform.database_statements()))
}
