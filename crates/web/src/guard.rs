//! What holds for every response and every form: headers that keep pages to themselves, limits of time, no forged posts.

use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY, RETRY_AFTER,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::uri::Authority;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use yuntu_app::engine::TIME_MAX;

use crate::problem::Problem;

/// What a page may load and where its forms may go; scripts come from nowhere.
const CONTENT: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// The same of a page that has a script.
const CONTENT_WITH_SCRIPT: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// The same of a page whose script sends a file.
const CONTENT_WITH_UPLOAD: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const ALWAYS: [(HeaderName, &str); 7] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // Not `no-referrer`: browsers would send `Origin: null` with our own forms.
    (REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=()",
    ),
    (HeaderName::from_static("x-frame-options"), "DENY"),
    (
        STRICT_TRANSPORT_SECURITY,
        "max-age=63072000; includeSubDomains",
    ),
];

/// Marks a response as a page that has a script; no other may run one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WithScript {
    /// Whether the script sends a file to this site.
    pub(crate) sends: bool,
}

/// How long a request may take that runs work on business data: as long as a run may, and a minute for the decision before it
/// and the receipt after it. A run that takes longer is ended by its own limit, which the answer names.
pub(crate) const RUN_MAX: Duration = TIME_MAX.saturating_add(Duration::from_mins(1));

/// When who was sent away because too much is going on may come again; a full queue of passwords is done by then.
///
/// # Units
/// Seconds.
const RETRY_AFTER_S: &str = "5";

/// Sets the headers of every response; what names no cache of its own is not kept, and who was sent away is told when to
/// come again.
pub(crate) async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let content = match response.extensions().get::<WithScript>() {
        Some(WithScript { sends: true }) => CONTENT_WITH_UPLOAD,
        Some(WithScript { sends: false }) => CONTENT_WITH_SCRIPT,
        None => CONTENT,
    };
    let busy = response.status() == StatusCode::SERVICE_UNAVAILABLE;
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(content));
    for (header, value) in ALWAYS {
        headers.insert(header, HeaderValue::from_static(value));
    }
    if busy {
        headers
            .entry(RETRY_AFTER)
            .or_insert(HeaderValue::from_static(RETRY_AFTER_S));
    }
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Ends a request that takes longer than it may.
pub(crate) async fn time(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_elapsed) => Problem::too_slow().into_response(),
    }
}

/// What a proxy says of whom it speaks for, by any of the names that are in use.
const FORWARDED: [&str; 4] = ["forwarded", "via", "x-forwarded-for", "x-real-ip"];

/// Lets through only what a program on this machine asks for itself; for everybody else there is nothing. A request that
/// came over no connection was made in this process.
pub(crate) async fn own_machine(request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let near = peer.is_none_or(|ConnectInfo(peer)| peer.ip().to_canonical().is_loopback());
    let headers = request.headers();
    if near && !FORWARDED.iter().any(|name| headers.contains_key(*name)) {
        next.run(request).await
    } else {
        Problem::not_found().into_response()
    }
}

/// Lets a form through only when it comes from a page of this site.
///
/// # Clause
/// R9, R22
pub(crate) async fn same_site(request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD);
    if safe || is_own(&request) {
        next.run(request).await
    } else {
        Problem::forged().into_response()
    }
}

fn is_own(request: &Request) -> bool {
    let header = |name: HeaderName| request.headers().get(name)?.to_str().ok();
    if let Some(site) = header(HeaderName::from_static("sec-fetch-site")) {
        return site == "same-origin";
    }
    let host = header(HOST).or_else(|| request.uri().authority().map(Authority::as_str));
    let origin = header(ORIGIN).and_then(|origin| origin.split_once("://"));
    matches!((origin, host), (Some((_, origin)), Some(host)) if origin == host)
}
