//! Lawful exceptions to consent: the lists, the uses, what proves them, and who opens them (R7, R21).

use axum::Json;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use yuntu_app::exceptions::{ExceptionRow, ExceptionUseView};
use yuntu_app::policy::{ExceptionState, Period};
use yuntu_app::store::{ExceptionUse, NewExceptionUse};
use yuntu_statement::{Invoker, Proof};
use yuntu_terms::{
    ClauseId, DatasetId, Digest, ExceptionUseId, LegalBasis, Operation, PaperId, Purpose,
    Recipient, Timestamp,
};

use super::instructions::JobView;
use crate::api::{After, Items, Made};
use crate::input::{Asks, Bearer, Body, Named};
use crate::problem::{Problem, TextView};

pub(crate) mod acts;

/// An exception of the statement.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExceptionShown {
    /// The lettered part of R7 or R21.
    #[schema(value_type = String, example = "R7g")]
    clause: ClauseId,
    /// `collection` or `provision`.
    list: &'static str,
    /// The case.
    name: TextView,
    /// What it opens, and no more.
    opens: TextView,
    /// The ground of law; nothing where it is not available.
    #[schema(value_type = Option<String>)]
    ground: Option<LegalBasis>,
    /// The article of that ground.
    article: Option<TextView>,
    /// How many days one use may last.
    days_max: Option<u32>,
    /// The functions that may invoke it.
    #[schema(value_type = Vec<String>)]
    invokers: Vec<Invoker>,
    /// The proofs that it asks for.
    #[schema(value_type = Vec<String>)]
    proofs: Vec<Proof>,
    /// Why it is not available.
    not_available_because: Option<TextView>,
    /// The purposes that it opens at present.
    #[schema(value_type = Vec<String>)]
    purposes: Vec<Purpose>,
    /// Whether you may invoke it.
    may_invoke: bool,
}

impl From<ExceptionRow> for ExceptionShown {
    fn from(row: ExceptionRow) -> Self {
        let it = row.exception;
        Self {
            clause: it.clause,
            list: it.list.code(),
            name: it.name.clone().into(),
            opens: it.opens.clone().into(),
            ground: it.ground,
            article: it.article.clone().map(Into::into),
            days_max: it.days_max,
            invokers: it.invokers.clone(),
            proofs: it.proofs.clone(),
            not_available_because: it.unavailable.clone().map(Into::into),
            purposes: row.purposes.iter().map(|rule| rule.id.clone()).collect(),
            may_invoke: row.may_invoke,
        }
    }
}

/// A use of an exception to be drafted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExceptionUseBody {
    /// The lettered part of R7 or R21.
    #[schema(value_type = String, example = "R7g")]
    clause: ClauseId,
    /// The datasets, ten at most.
    #[schema(value_type = Vec<String>)]
    datasets: Vec<DatasetId>,
    /// The purpose, and none below it.
    #[schema(value_type = String)]
    purpose: Purpose,
    /// `process` for R7; `share`, `transfer` or `publicise` for R21.
    #[schema(value_type = String)]
    operation: Operation,
    /// `"enterprise"`, `"public"` or `{"partner": id}`.
    #[schema(value_type = Object)]
    recipient: Recipient,
    /// From when it opens.
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// Until when (exclusive).
    #[schema(value_type = String, format = DateTime)]
    until: Timestamp,
    /// Why, without personal data.
    why: String,
}

/// A proof on record.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProofShown {
    /// Which it is.
    #[schema(value_type = String)]
    proof: Proof,
    /// The digest of the file, or of what is said.
    #[schema(value_type = String)]
    digest: Digest,
    /// When it was put on record.
    #[schema(value_type = String, format = DateTime)]
    recorded: Timestamp,
    /// The file, where it is one.
    #[schema(value_type = Option<String>)]
    paper: Option<PaperId>,
    /// The words, where a law is cited.
    words: Option<String>,
}

/// A use of an exception.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExceptionUseShown {
    /// The id, which a run claims as `exception`.
    #[schema(value_type = String)]
    id: ExceptionUseId,
    /// The lettered part of R7 or R21.
    #[schema(value_type = String)]
    clause: ClauseId,
    /// `draft`, `invoked`, `ahead`, `in_force`, `over` or `ended`.
    state: &'static str,
    /// The datasets.
    #[schema(value_type = Vec<String>)]
    datasets: Vec<DatasetId>,
    /// The purpose.
    #[schema(value_type = String)]
    purpose: Purpose,
    /// The operation.
    #[schema(value_type = String)]
    operation: Operation,
    /// The recipient.
    #[schema(value_type = Object)]
    recipient: Recipient,
    /// From when it opens.
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Until when (exclusive).
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// Why.
    why: String,
    /// The function in which it was invoked.
    #[schema(value_type = Option<String>)]
    invoked_as: Option<Invoker>,
    /// When it was invoked.
    #[schema(value_type = Option<String>, format = DateTime)]
    invoked: Option<Timestamp>,
    /// The digest of what was invoked: a second person confirms this.
    #[schema(value_type = Option<String>)]
    digest: Option<Digest>,
    /// When a second person confirmed it.
    #[schema(value_type = Option<String>, format = DateTime)]
    confirmed: Option<Timestamp>,
    /// `declined` or `ended`.
    ended_as: Option<&'static str>,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended: Option<Timestamp>,
    /// Why it ended.
    reason: Option<String>,
    /// The proofs on record.
    proofs: Vec<ProofShown>,
    /// The day by which people are told.
    #[schema(value_type = Option<String>, format = DateTime)]
    notice_due: Option<Timestamp>,
    /// When that was put on record.
    #[schema(value_type = Option<String>, format = DateTime)]
    notice_given: Option<Timestamp>,
}

impl ExceptionUseShown {
    fn of(found: ExceptionUse, state: ExceptionState) -> Self {
        let facts = found.facts;
        let proofs = found.proofs.into_iter().map(|it| ProofShown {
            proof: it.facts.proof,
            digest: it.facts.digest,
            recorded: it.facts.recorded,
            paper: it.paper,
            words: it.words,
        });
        let (ended_as, ended, reason) = match found.ended {
            Some((end, _, at, reason)) => (Some(end.code()), Some(at), Some(reason)),
            None => (None, None, None),
        };
        Self {
            id: facts.id,
            clause: facts.clause,
            state: state.code(),
            datasets: facts.datasets,
            purpose: facts.purpose,
            operation: facts.operation,
            recipient: facts.recipient,
            from: facts.period.map(|it| it.from),
            until: facts.period.map(|it| it.until),
            why: found.why,
            invoked_as: facts.invoked_as,
            invoked: found.invoked,
            digest: found.digest,
            confirmed: found.confirmed,
            ended_as,
            ended,
            reason,
            proofs: proofs.collect(),
            notice_due: found.notice_due,
            notice_given: found.notice.map(|it| it.at),
        }
    }
}

/// Lists the twelve and the nine, with what each opens at present; what has no ground in law says why it is not available.
#[utoipa::path(
    get, path = "/api/v1/exceptions", tag = "exceptions",
    responses((status = 200, body = Items<ExceptionShown>), Problem)
)]
pub(crate) async fn all(
    Bearer { site, caller }: Bearer,
) -> Result<Json<Items<ExceptionShown>>, Problem> {
    let view = site.platform.exceptions(&caller, None).await?;
    Ok(Items::of(view.rows))
}

/// Lists the uses of exceptions by the enterprise, newest first, a hundred to a page.
#[utoipa::path(
    get, path = "/api/v1/exception-uses", tag = "exceptions",
    params(("before" = Option<String>, Query, description = "the id of the last use of the page before")),
    responses((status = 200, body = Items<ExceptionUseShown>), Problem)
)]
pub(crate) async fn list(
    Bearer { site, caller }: Bearer,
    Asks(after): Asks<After<String>>,
) -> Result<Json<Items<ExceptionUseShown>>, Problem> {
    let view = site.platform.exceptions(&caller, after.id()?).await?;
    let items = view.uses.into_iter();
    let items = items.map(|(found, state)| ExceptionUseShown::of(found, state));
    Ok(Items::of(items))
}

/// Drafts the use of an exception; it opens nothing before it is proved, invoked and confirmed by a second person.
#[utoipa::path(
    post, path = "/api/v1/exception-uses", tag = "exceptions", request_body = ExceptionUseBody,
    responses((status = 201, body = Made), Problem)
)]
pub(crate) async fn draft(
    Bearer { site, caller }: Bearer,
    Body(new): Body<ExceptionUseBody>,
) -> Result<(StatusCode, Json<Made>), Problem> {
    let new = NewExceptionUse {
        clause: new.clause,
        datasets: new.datasets,
        purpose: new.purpose,
        operation: new.operation,
        recipient: new.recipient,
        period: Period {
            from: new.from,
            until: new.until,
        },
        why: new.why,
    };
    let id = site.platform.draft_exception(&caller, &new).await?;
    Ok((StatusCode::CREATED, Made::new(&id)))
}

/// Shows the use of an exception.
#[utoipa::path(
    get, path = "/api/v1/exception-uses/{use}", tag = "exceptions",
    params(("use" = String, Path, description = "the id of the use")),
    responses((status = 200, body = ExceptionUseShown), Problem)
)]
pub(crate) async fn show(
    Bearer { site, caller }: Bearer,
    Named(id): Named<ExceptionUseId>,
) -> Result<Json<ExceptionUseShown>, Problem> {
    let ExceptionUseView { found, state, .. } =
        site.platform.view_exception_use(&caller, id).await?;
    Ok(Json(ExceptionUseShown::of(found, state)))
}

/// Lists the newest work that claimed a use, newest first: what was refused, and the receipt of what was done.
#[utoipa::path(
    get, path = "/api/v1/exception-uses/{use}/jobs", tag = "exceptions",
    params(("use" = String, Path, description = "the id of the use")),
    responses((status = 200, body = Items<JobView>), Problem)
)]
pub(crate) async fn jobs(
    Bearer { site, caller }: Bearer,
    Named(id): Named<ExceptionUseId>,
) -> Result<Json<Items<JobView>>, Problem> {
    let found = site.platform.exception_jobs(&caller, id).await?;
    Ok(Items::of(found))
}
