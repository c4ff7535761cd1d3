//! Technical help of the enterprise of the token: asked for, approved, ended, and every look (U2).

use std::collections::BTreeSet;

use axum::Json;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use yuntu_app::help::{
    HelpToAsk, HelpView as SeenHelp, HelpWords, OfferView as SeenOffer, ShownLook,
};
use yuntu_app::policy::{HelpEnd, HelpScope, OperatorRole, Standing};
use yuntu_app::store::{Help, HelpLookOutcome};
use yuntu_terms::{
    DatasetId, HelpId, HelpLookId, HelpOfferId, InstructionId, OperatorId, PermitId, Purpose,
    ReceiptId, Sink, Timestamp,
};

use crate::api::{After, Items, Made};
use crate::input::{Asks, Bearer, Body, Named};
use crate::problem::Problem;
use crate::state::Site;

/// Makes the routes.
pub(super) fn router() -> OpenApiRouter<Site> {
    OpenApiRouter::new()
        .routes(routes!(ask, list))
        .routes(routes!(show))
        .routes(routes!(looks))
        .routes(routes!(approve))
        .routes(routes!(end))
}

/// A request for technical help.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HelpBody {
    /// On which datasets, 1 to 10 of them.
    #[schema(value_type = Vec<String>)]
    datasets: BTreeSet<DatasetId>,
    /// Under which instruction.
    #[schema(value_type = String)]
    instruction: InstructionId,
    /// What for.
    #[schema(value_type = String)]
    purpose: Purpose,
    /// What may be looked at: `structure`, `rows`.
    #[schema(value_type = Vec<String>)]
    scope: BTreeSet<HelpScope>,
    /// What help is needed with: 10 to 2000 characters.
    words: String,
}

/// Which offer is approved, and until when.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApprovalBody {
    /// The offer.
    #[schema(value_type = String)]
    offer: HelpOfferId,
    /// Until when (exclusive), eight hours ahead at most.
    #[schema(value_type = String, format = DateTime)]
    until: Timestamp,
}

/// Technical help.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HelpView {
    /// The id.
    #[schema(value_type = String)]
    id: HelpId,
    /// The datasets.
    #[schema(value_type = Vec<String>)]
    datasets: Vec<DatasetId>,
    /// The instruction.
    #[schema(value_type = String)]
    instruction: InstructionId,
    /// What for.
    #[schema(value_type = String)]
    purpose: Purpose,
    /// What may be looked at.
    #[schema(value_type = Vec<String>)]
    scope: BTreeSet<HelpScope>,
    /// When it was asked.
    #[schema(value_type = String, format = DateTime)]
    asked: Timestamp,
    /// `pending` until it is approved, `active`, or `ended`.
    #[schema(value_type = String)]
    standing: Standing,
    /// How it ended: `enterprise`, `given_up`, `time` or `lapsed`.
    ended: Option<&'static str>,
    /// Who was approved.
    #[schema(value_type = Option<String>)]
    operator: Option<OperatorId>,
    /// Until when, where it was approved; until when it waits, where it was not.
    #[schema(value_type = String, format = DateTime)]
    until: Timestamp,
}

/// Technical help with its words and offers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WholeHelp {
    /// The help.
    #[serde(flatten)]
    help: HelpView,
    /// What help is needed with.
    words: String,
    /// Who offers, the first first.
    offers: Vec<OfferView>,
}

/// An operator's offer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OfferView {
    /// The id.
    #[schema(value_type = String)]
    id: HelpOfferId,
    /// Who offers.
    #[schema(value_type = String)]
    operator: OperatorId,
    /// Her name.
    name: String,
    /// What she is.
    role: Option<&'static str>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    offered: Timestamp,
    /// Whether she took it back.
    withdrawn: bool,
}

/// A look of an operator.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LookView {
    /// The id.
    #[schema(value_type = String)]
    id: HelpLookId,
    /// Who looked.
    #[schema(value_type = String)]
    operator: OperatorId,
    /// What was looked at: `structure` or `rows`.
    #[schema(value_type = String)]
    scope: HelpScope,
    /// The statement, where rows were looked at.
    statement: Option<String>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// `refused`, `opened` (the structure was opened to her), `permitted` (no receipt, and no row was shown), `stopped` or `done`.
    outcome: &'static str,
    /// By what it was stopped, by code.
    stopped: Option<&'static str>,
    /// Why it was refused.
    #[schema(value_type = Option<Object>)]
    refusal: Option<Value>,
    /// The permit that was asked for.
    #[schema(value_type = Option<String>)]
    permit: Option<PermitId>,
    /// The receipt of what was shown.
    #[schema(value_type = Option<String>)]
    receipt: Option<ReceiptId>,
    /// The number of the look; the `before` of the next page.
    number: i64,
}

impl HelpView {
    fn of(help: Help, now: Timestamp) -> Self {
        let approved = help.approved.as_ref();
        Self {
            id: help.id,
            standing: help.standing(now),
            ended: help.end(now).map(HelpEnd::code),
            operator: approved.map(|(_, operator, _)| *operator),
            until: approved.map_or(help.waits_until, |(.., period)| period.until),
            datasets: help.asked.datasets,
            instruction: help.asked.instruction,
            purpose: help.asked.purpose,
            scope: help.asked.scopes,
            asked: help.asked_at,
        }
    }
}

impl From<SeenOffer> for OfferView {
    fn from(offer: SeenOffer) -> Self {
        Self {
            id: offer.id,
            operator: offer.operator,
            name: offer.name,
            role: offer.role.map(OperatorRole::code),
            offered: offer.offered,
            withdrawn: offer.withdrawn,
        }
    }
}

impl From<ShownLook> for LookView {
    fn from(shown: ShownLook) -> Self {
        let look = shown.look;
        let (outcome, stopped, refusal, receipt) = match look.outcome {
            HelpLookOutcome::Refused(refusal) => ("refused", None, Some(refusal), None),
            HelpLookOutcome::Opened => ("opened", None, None, None),
            HelpLookOutcome::Permitted => ("permitted", None, None, None),
            HelpLookOutcome::Stopped(reason) => ("stopped", Some(reason.code()), None, None),
            HelpLookOutcome::Done(receipt) => ("done", None, None, Some(receipt)),
        };
        Self {
            id: look.id,
            operator: look.operator,
            scope: look.scope,
            statement: shown.statement,
            at: look.at,
            outcome,
            stopped,
            refusal,
            permit: look.permit,
            receipt,
            number: look.leaf.number(),
        }
    }
}

/// Asks for technical help; operators may offer, and nobody sees anything before one is approved.
#[utoipa::path(
    post, path = "/api/v1/help", tag = "help", request_body = HelpBody,
    responses((status = 201, body = Made), Problem)
)]
pub(crate) async fn ask(
    Bearer { site, caller }: Bearer,
    Body(body): Body<HelpBody>,
) -> Result<(StatusCode, Json<Made>), Problem> {
    let new = HelpToAsk {
        datasets: body.datasets,
        instruction: body.instruction,
        purpose: body.purpose,
        scopes: body.scope,
        words: HelpWords::parse(&body.words)?,
    };
    let id = site.platform.ask_help(&caller, new).await?;
    Ok((StatusCode::CREATED, Made::new(&id)))
}

/// Lists what was asked for, newest first, fifty to a page.
#[utoipa::path(
    get, path = "/api/v1/help", tag = "help",
    params(("before" = Option<String>, Query, description = "the id of the last request of the page before")),
    responses((status = 200, body = Items<HelpView>), Problem)
)]
pub(crate) async fn list(
    Bearer { site, caller }: Bearer,
    Asks(after): Asks<After<String>>,
) -> Result<Json<Items<HelpView>>, Problem> {
    let found = site.platform.list_helps(&caller, after.id()?).await?;
    let now = site.platform.now();
    let items = found.into_iter().map(|it| HelpView::of(it, now));
    Ok(Items::of(items))
}

/// Shows a request with its words and who offers.
#[utoipa::path(
    get, path = "/api/v1/help/{help}", tag = "help",
    params(("help" = String, Path, description = "the id of the help")),
    responses((status = 200, body = WholeHelp), Problem)
)]
pub(crate) async fn show(
    Bearer { site, caller }: Bearer,
    Named(id): Named<HelpId>,
) -> Result<Json<WholeHelp>, Problem> {
    let at = (None, Sink::Json);
    let (view, _) = site.platform.view_help(&caller, id, at).await?;
    let SeenHelp {
        help,
        words,
        offers,
        ..
    } = view;
    Ok(Json(WholeHelp {
        help: HelpView::of(help, site.platform.now()),
        words,
        offers: offers.into_iter().map(OfferView::from).collect(),
    }))
}

/// Lists every look under one help, newest first, fifty to a page.
#[utoipa::path(
    get, path = "/api/v1/help/{help}/looks", tag = "help",
    params(
        ("help" = String, Path, description = "the id of the help"),
        ("before" = Option<i64>, Query, description = "the number of the last look of the page before"),
    ),
    responses((status = 200, body = Items<LookView>), Problem)
)]
pub(crate) async fn looks(
    Bearer { site, caller }: Bearer,
    Named(id): Named<HelpId>,
    Asks(after): Asks<After<i64>>,
) -> Result<Json<Items<LookView>>, Problem> {
    let at = (after.leaf(), Sink::Json);
    let (_, looks) = site.platform.view_help(&caller, id, at).await?;
    Ok(Items::of(looks))
}

/// Approves an operator who offers, until a moment at most eight hours ahead.
#[utoipa::path(
    post, path = "/api/v1/help/{help}/approval", tag = "help", request_body = ApprovalBody,
    params(("help" = String, Path, description = "the id of the help")),
    responses((status = 204), Problem)
)]
pub(crate) async fn approve(
    Bearer { site, caller }: Bearer,
    Named(id): Named<HelpId>,
    Body(body): Body<ApprovalBody>,
) -> Result<StatusCode, Problem> {
    let approved = (body.offer, body.until);
    site.platform.approve_help(&caller, id, approved).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends help at once; a look that runs is stopped, and later ones are refused.
#[utoipa::path(
    post, path = "/api/v1/help/{help}/end", tag = "help",
    params(("help" = String, Path, description = "the id of the help")),
    responses((status = 204), Problem)
)]
pub(crate) async fn end(
    Bearer { site, caller }: Bearer,
    Named(id): Named<HelpId>,
) -> Result<StatusCode, Problem> {
    site.platform.end_help(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
