//! What an operator did, on the page that accounts have too.

use axum::response::Response;

use super::Desk;
use crate::account::log;
use crate::problem::Problem;
use crate::view::Asked;

pub(super) async fn page(desk: Desk, asked: Asked) -> Result<Response, Problem> {
    log::show(&desk, &asked).await
}
