//! Consents: recorded from a file or one by one, withdrawn for one person.

use axum::Json;
use axum::body::Body as Content;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use futures::StreamExt as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use yuntu_app::ConsentsRecorded;
use yuntu_app::consent::ConsentSource;
use yuntu_app::lake::IdentifierKind;
use yuntu_terms::{Pii, Purpose};

use crate::inflow::flow;
use crate::input::{Bearer, Body};
use crate::problem::Problem;
use crate::state::to_its_end;

pub(super) mod person;
pub(super) mod records;
pub(crate) mod widening;

/// How large a file of consents may be.
pub(crate) const FILE_BYTES_MAX: u64 = 64 << 20;

/// What came of recording consents.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecordedView {
    /// How many were recorded.
    recorded: u64,
    /// How many of them were there already.
    already: u64,
    /// How many name nobody in the enterprise's data.
    unknown_people: u64,
    /// The version of the consent log afterwards.
    version: u64,
}

impl From<ConsentsRecorded> for RecordedView {
    fn from(done: ConsentsRecorded) -> Self {
        Self {
            recorded: done.recorded,
            already: done.already,
            unknown_people: done.unknown_people,
            version: done.version,
        }
    }
}

/// Records a CSV file of consents, all of it or nothing (U4).
///
/// The header names an identifier (`member_id`, `phone`, `email`, `oaid` or `idfa`), `purpose,operation,recipient,kind,
/// status,from,until` and, where there is more to say, `recorded,method,notice,language,proof,paper`. A line that permits
/// (given, renewed) names its written proof: where it lies, or a paper of a dataset by its digest. Lines that cannot be used
/// are named together, and nothing of the file is recorded then. The same file again changes nothing, but for people who were
/// unknown and are known now.
#[utoipa::path(
    post, path = "/api/v1/consents", tag = "consents", request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = RecordedView), Problem)
)]
pub(crate) async fn record(
    Bearer { site, caller }: Bearer,
    headers: HeaderMap,
    content: Content,
) -> Result<Json<RecordedView>, Problem> {
    let kind = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
    if kind.is_none_or(|it| it.split(';').next() != Some("text/csv")) {
        return Err(Problem::media_type(
            "请使用 Content-Type: text/csv",
            "use Content-Type: text/csv",
        ));
    }
    let (mut inflow, outflow) = flow(FILE_BYTES_MAX);
    let platform = site.platform.clone();
    let work = tokio::spawn(to_its_end(async move {
        let source = ConsentSource::Api;
        platform.record_consent_file(&caller, source, outflow).await
    }));
    let mut pieces = content.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_broken_off| Problem::broken_off())?;
        if !inflow.push(piece).await {
            return Err(Problem::too_large());
        }
    }
    inflow.end().await;
    let done = work
        .await
        .map_err(|_panicked| Problem::internal("a consent file that stopped"))?;
    Ok(Json(done?.into()))
}

/// A person who takes consent back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Withdrawal {
    /// What kind of identifier names the person, such as `member_id`, `phone` or `email`.
    #[schema(value_type = String)]
    identifier: IdentifierKind,
    /// The identifier.
    value: String,
    /// The purpose; those below it are withdrawn with it.
    #[schema(value_type = String, example = "marketing.insight")]
    purpose: Purpose,
}

/// Withdraws a person's consent to a purpose; once answered, no run that starts afterwards sees the person for it.
#[utoipa::path(
    post, path = "/api/v1/consents/withdrawals", tag = "consents", request_body = Withdrawal,
    responses((status = 204), Problem)
)]
pub(crate) async fn withdraw(
    Bearer { site, caller }: Bearer,
    Body(withdrawal): Body<Withdrawal>,
) -> Result<StatusCode, Problem> {
    let value = Pii::new(withdrawal.value);
    let platform = site.platform.clone();
    let (kind, purpose) = (withdrawal.identifier, withdrawal.purpose);
    let work = async move { platform.withdraw(&caller, &kind, &value, &purpose).await };
    to_its_end(work).await?;
    Ok(StatusCode::NO_CONTENT)
}
