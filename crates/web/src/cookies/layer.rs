//! The layer through which every response goes.

use axum::extract::{Request, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderValue, header::Entry};
use axum::middleware::Next;
use axum::response::Response;

use super::choices::{Choices, NAME};
use super::register::{Fault, is_name};
use crate::metrics::route_of;
use crate::state::Site;

/// Drops, logs and counts each cookie that the statement does not declare so, or whose category is off.
///
/// # Clause
/// R9, R10, R11, R12
pub(crate) async fn keep(State(site): State<Site>, request: Request, next: Next) -> Response {
    let register = &site.register;
    let now = site.platform.now();
    let mut choices = register.choices(request.headers(), now);
    let route = route_of(&request);
    let mut response = next.run(request).await;
    let set: Vec<HeaderValue> = match response.headers_mut().entry(SET_COOKIE) {
        Entry::Occupied(entry) => entry.remove_entry_mult().1.collect(),
        Entry::Vacant(_) => return response,
    };
    // What this response chooses holds for its other cookies already.
    for value in &set {
        let text = value.to_str().unwrap_or_default();
        let chosen = text.strip_prefix(NAME).and_then(|it| it.strip_prefix('='));
        if let Some(chosen) = chosen.filter(|_| register.judge(text, &choices).is_ok()) {
            let chosen = chosen.split(';').next().unwrap_or_default();
            choices = Choices::read(chosen, register.statement, now);
        }
    }
    for value in set {
        let text = value.to_str().map_err(|_bytes| Fault::Unreadable);
        match text.and_then(|text| register.judge(text, &choices)) {
            Ok(()) => {
                response.headers_mut().append(SET_COOKIE, value);
            }
            Err(fault) => {
                let cookie = named(&value);
                tracing::error!(http.route = %route, cookie, fault = fault.code(), "a cookie was dropped");
                site.metrics.dropped(fault.code());
            }
        }
    }
    response
}

/// Finds the name for the log; what stands after it never gets there.
fn named(value: &HeaderValue) -> &str {
    let name = value.to_str().ok().and_then(|text| text.split_once('='));
    name.map(|(name, _)| name)
        .filter(|name| is_name(name))
        .unwrap_or("-")
}
