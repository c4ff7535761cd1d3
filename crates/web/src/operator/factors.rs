//! An operator's second factors, on the page that accounts have too.

use axum::response::Response;
use yuntu_terms::clause;

use super::Desk;
use crate::account::factors;
use crate::forms::{Fields, Sent};
use crate::problem::Problem;
use crate::view::Asked;
use crate::visit::Visitor;

pub(super) async fn page(desk: Desk, asked: Asked) -> Result<Response, Problem> {
    factors::show(desk, &asked).await
}

pub(super) async fn sent(
    desk: Desk,
    visitor: Visitor,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    clause::hit!(R23);
    factors::act(desk, &visitor, &fields).await
}
