//! What an operator did, on the page that accounts have too.

use axum::extract::State;
use axum::response::Response;

use super::OperatorIn;
use crate::account::{Asked, log};
use crate::forms::FormMark;
use crate::input::Language;
use crate::problem::Problem;
use crate::state::Site;

pub(super) async fn page(
    State(site): State<Site>,
    operator: OperatorIn,
    Language(lang): Language,
    mark: FormMark,
    asked: Asked,
) -> Result<Response, Problem> {
    log::show(&site, operator.inside(), lang, &mark, &asked).await
}
