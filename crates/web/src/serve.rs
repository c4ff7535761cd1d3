//! The server: routes joined, and an orderly end.

use std::future::Future;
use std::io;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use tokio::net::TcpListener;
use yuntu_app::Platform;

/// Serves until the future ends; running requests are finished.
///
/// # Errors
/// [`io::Error`] when the listener fails.
pub async fn serve(
    listener: TcpListener,
    platform: Platform,
    stopped: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    axum::serve(listener, router(platform))
        .with_graceful_shutdown(stopped)
        .await
}

/// Joins the routes.
pub fn router(platform: Platform) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .with_state(platform)
}

async fn ready(State(platform): State<Platform>) -> StatusCode {
    match platform.ready().await {
        Ok(()) => StatusCode::OK,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}
