//! Where an operator is signed in, on the page that accounts have too.

use axum::response::Response;

use super::Desk;
use crate::account::sessions;
use crate::forms::{Fields, Sent};
use crate::problem::Problem;
use crate::view::Asked;

pub(super) async fn page(desk: Desk, asked: Asked) -> Result<Response, Problem> {
    sessions::show(&desk, &asked).await
}

pub(super) async fn sent(desk: Desk, Sent(fields): Sent<Fields>) -> Result<Response, Problem> {
    sessions::act(&desk, &fields).await
}
