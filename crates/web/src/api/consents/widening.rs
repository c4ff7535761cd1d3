//! What another purpose would reach, the list of those to ask, and how many agreed to what.

use axum::Json;
use axum::body::{Body as Content, Bytes};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use yuntu_app::consent::Standings;
use yuntu_app::lake::IdentifierKind;
use yuntu_app::{AskList, ConsentQuestion, Reach, Widening};
use yuntu_terms::{DatasetId, InstructionId, Operation, Purpose, Recipient, Timestamp};

use crate::input::{Bearer, Body};
use crate::problem::Problem;
use crate::state::to_its_end;

/// A wish to use a dataset for more than its people agreed to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    /// The dataset.
    #[schema(value_type = String)]
    dataset: DatasetId,
    /// The purpose to which those who are asked agreed already; the permit is for this one.
    #[schema(value_type = String, example = "marketing.insight")]
    agreed: Purpose,
    /// The instruction to work for that purpose.
    #[schema(value_type = String)]
    instruction: InstructionId,
    /// The purpose that is wanted.
    #[schema(value_type = String, example = "marketing.activation")]
    wanted: Purpose,
    /// What would be done for it; `process` when left out.
    #[serde(default = "process")]
    #[schema(value_type = String)]
    operation: Operation,
    /// Who would receive the result; `enterprise` when left out.
    #[serde(default = "enterprise")]
    #[schema(value_type = Object)]
    recipient: Recipient,
}

const fn process() -> Operation {
    Operation::Process
}

const fn enterprise() -> Recipient {
    Recipient::Enterprise
}

impl From<Wish> for Widening {
    fn from(wish: Wish) -> Self {
        Self {
            dataset: wish.dataset,
            agreed: wish.agreed,
            instruction: wish.instruction,
            wanted: wish.wanted,
            operation: wish.operation,
            recipient: wish.recipient,
        }
    }
}

/// How many people a wish would reach; `people` is the sum of `reached`, `to_ask`, `declined` and `barred`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReachView {
    /// Everybody with a row.
    people: u64,
    /// Those who agreed to the purpose of the instruction.
    agreed: u64,
    /// Those whom the wanted purpose reaches at once.
    reached: u64,
    /// Those who lack consent and have not said no.
    to_ask: u64,
    /// Those of them who agreed to the purpose of the instruction: the list has whose identifier was kept.
    to_ask_listed: u64,
    /// Those who said no or took their consent back: they are not asked again.
    declined: u64,
    /// Those whom no consent would admit: erased, restricted, minors.
    barred: u64,
}

impl From<Reach> for ReachView {
    fn from(reach: Reach) -> Self {
        Self {
            people: reach.people,
            agreed: reach.agreed,
            reached: reach.reached,
            to_ask: reach.to_ask,
            to_ask_listed: reach.to_ask_listed,
            declined: reach.declined,
            barred: reach.barred,
        }
    }
}

/// Says how many people another purpose would reach, how many are to be asked, and how many said no (U4).
#[utoipa::path(
    post, path = "/api/v1/consents/what-if", tag = "consents", request_body = Wish,
    responses((status = 200, body = ReachView), Problem)
)]
pub(crate) async fn reach(
    Bearer { site, caller }: Bearer,
    Body(wish): Body<Wish>,
) -> Result<Json<ReachView>, Problem> {
    let platform = site.platform.clone();
    let wish = Widening::from(wish);
    let work = async move { platform.consent_reach(&caller, &wish).await };
    Ok(Json(to_its_end(work).await?.into()))
}

/// A wish, and by which identifier those to ask are listed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Listed {
    /// The wish.
    wish: Wish,
    /// `member_id`, `phone`, `email`, `oaid` or `idfa`; only identifiers that were kept sealed at the import can be listed.
    #[schema(value_type = String)]
    identifier: IdentifierKind,
}

/// Exports the list of those to ask, as a consent file that waits for their answers (U4).
///
/// It goes to the enterprise alone, under a permit for the purpose they did agree to; a receipt and an entry of the ledger
/// are made before the first identifier leaves. Change `requested` to what each of them says, add the proof, and send the
/// file to `/api/v1/consents`: from then on the wanted purpose reaches exactly those who agreed. The transfer breaks off,
/// and is not whole, when somebody on the list withdraws meanwhile.
#[utoipa::path(
    post, path = "/api/v1/consents/to-ask", tag = "consents", request_body = Listed,
    responses((status = 200, body = String, content_type = "text/csv"), Problem)
)]
pub(crate) async fn list(
    Bearer { site, caller }: Bearer,
    Body(listed): Body<Listed>,
) -> Result<Response, Problem> {
    let platform = site.platform.clone();
    let wish = Widening::from(listed.wish);
    let kind = listed.identifier;
    let work = async move { platform.list_to_ask(&caller, &wish, kind).await };
    download(to_its_end(work).await?).await
}

/// Streams a list as a download; what is wrong before its first piece is a problem document.
pub(crate) async fn download(mut list: AskList) -> Result<Response, Problem> {
    let fault = || Problem::internal("a header of the list of those to ask");
    let people = HeaderValue::from(list.people);
    let receipt = HeaderValue::from_str(&list.receipt.to_string()).map_err(|_sign| fault())?;
    let first = list.next().await?.unwrap_or_default();
    let rest = futures::stream::unfold(Some(list), async |list| {
        let mut list = list?;
        match list.next().await {
            Ok(Some(piece)) => Some((Ok(Bytes::from(piece)), Some(list))),
            Ok(None) => None,
            Err(cut) => Some((Err(cut), None)),
        }
    });
    let first = futures::stream::once(std::future::ready(Ok(Bytes::from(first))));
    let pieces = futures::StreamExt::chain(first, rest);
    let mut response = Response::new(Content::from_stream(pieces));
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/csv; charset=utf-8"),
    );
    headers.insert(
        CONTENT_DISPOSITION,
        HeaderValue::from_static("attachment; filename=\"to-ask.csv\""),
    );
    headers.insert("yuntu-people", people);
    headers.insert("yuntu-receipt", receipt);
    Ok(response)
}

/// What is counted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Counted {
    /// In which dataset; everybody in the enterprise's data when left out.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    dataset: Option<DatasetId>,
    /// For which purpose.
    #[schema(value_type = String, example = "marketing.insight")]
    purpose: Purpose,
    /// For which operation; `process` when left out.
    #[serde(default = "process")]
    #[schema(value_type = String)]
    operation: Operation,
    /// Towards whom; `enterprise` when left out.
    #[serde(default = "enterprise")]
    #[schema(value_type = Object)]
    recipient: Recipient,
}

/// How many people said what, at one moment.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CountsView {
    /// The moment.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Those whose own consent was in force.
    given: u64,
    /// Those who took it back.
    withdrawn: u64,
    /// Those who refused.
    refused: u64,
    /// Those whose consent was over.
    expired: u64,
    /// Those of whom no record said anything.
    unknown: u64,
}

/// How many people said what, over time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OverTime {
    /// Every thirty days of the last year and now, the earliest first.
    over_time: Vec<CountsView>,
    /// The number of the last event of the log that was counted.
    version: u64,
}

/// Counts how many people gave consent, withdrew it, refused, let it expire or said nothing, over the last year (U4).
#[utoipa::path(
    post, path = "/api/v1/consents/counts", tag = "consents", request_body = Counted,
    responses((status = 200, body = OverTime), Problem)
)]
pub(crate) async fn counts(
    Bearer { site, caller }: Bearer,
    Body(counted): Body<Counted>,
) -> Result<Json<OverTime>, Problem> {
    let asked = ConsentQuestion {
        dataset: counted.dataset,
        purpose: counted.purpose,
        operation: counted.operation,
        recipient: counted.recipient,
    };
    let found = site.platform.consent_counts(&caller, &asked).await?;
    let view = |(at, it): (Timestamp, Standings)| CountsView {
        at,
        given: it.given,
        withdrawn: it.withdrawn,
        refused: it.refused,
        expired: it.expired,
        unknown: it.unknown,
    };
    Ok(Json(OverTime {
        over_time: found.over_time.into_iter().map(view).collect(),
        version: found.version,
    }))
}
