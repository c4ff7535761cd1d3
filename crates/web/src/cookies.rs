//! Cookies: only what the statement declares, and of it only what the visitor has not switched off.
//!
//! One register writes every cookie and one layer judges every response by it; no other place sets any.

mod choices;
mod layer;
mod page;
mod register;

use axum::http::HeaderMap;
use axum::http::header::COOKIE;

pub(crate) use layer::keep;
pub(crate) use page::router;
pub(crate) use register::Register;

/// Lists the cookies of a request: names and values.
fn sent(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
}

/// Finds the value of a cookie in a request.
pub(crate) fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    sent(headers)
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value)
}
