//! An operator's second factors, on the page that accounts have too.

use axum::extract::State;
use axum::response::Response;
use yuntu_terms::clause;

use super::OperatorIn;
use crate::account::visit::Visitor;
use crate::account::{Asked, factors};
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
    factors::show(&site, operator.inside(), lang, &mark, &asked).await
}

pub(super) async fn sent(
    State(site): State<Site>,
    operator: OperatorIn,
    Language(lang): Language,
    (mark, visitor): (FormMark, Visitor),
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    clause::hit!(R23);
    let network = visitor.visit().network;
    let inside = operator.inside();
    factors::act(&site, inside, (lang, &mark), &network, &fields).await
}
