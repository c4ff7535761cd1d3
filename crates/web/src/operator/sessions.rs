//! Where an operator is signed in, on the page that accounts have too.

use axum::extract::State;
use axum::response::Response;

use super::OperatorIn;
use crate::account::{Asked, sessions};
use crate::forms::{Fields, FormMark, Sent};
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
    sessions::show(&site, operator.inside(), lang, &mark, &asked).await
}

pub(super) async fn sent(
    State(site): State<Site>,
    operator: OperatorIn,
    Language(lang): Language,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    sessions::act(&site, operator.inside(), lang, &fields).await
}
