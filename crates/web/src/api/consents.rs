//! Consents: recorded from a file, withdrawn for one person.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use yuntu_app::lake::IdentifierKind;
use yuntu_terms::{Pii, Purpose};

use crate::input::{Bearer, Body, of_bytes};
use crate::problem::{Problem, ProblemView};
use crate::state::{Site, to_its_end};

/// How large a file of consents may be.
pub(super) const FILE_BYTES_MAX: usize = 64 << 20;

/// What came of recording consents.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecordedView {
    /// How many were recorded.
    recorded: u64,
    /// How many name nobody in the enterprise's data.
    unknown_people: u64,
    /// The version of the consent log afterwards.
    version: u64,
}

/// Records a CSV file of consents (U4).
///
/// The header is `member_id,purpose,operation,recipient,kind,status,from,until`. A line that cannot be used is named
/// and nothing of the file is recorded.
#[utoipa::path(
    post, path = "/api/v1/consents", tag = "consents", request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = RecordedView), (status = "default", body = ProblemView, content_type = "application/problem+json"))
)]
pub(crate) async fn record(
    State(site): State<Site>,
    Bearer(caller): Bearer,
    headers: HeaderMap,
    content: Result<Bytes, BytesRejection>,
) -> Result<Json<RecordedView>, Problem> {
    let kind = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
    if kind.is_none_or(|it| it.split(';').next() != Some("text/csv")) {
        return Err(Problem::media_type(
            "请使用 Content-Type: text/csv",
            "use Content-Type: text/csv",
        ));
    }
    let content = content.map_err(|rejection| of_bytes(&rejection))?;
    let platform = site.platform.clone();
    let work = async move { platform.record_consent_file(&caller, &content).await };
    let done = to_its_end(work).await?;
    Ok(Json(RecordedView {
        recorded: done.recorded,
        unknown_people: done.unknown_people,
        version: done.version,
    }))
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
    responses((status = 204), (status = "default", body = ProblemView, content_type = "application/problem+json"))
)]
pub(crate) async fn withdraw(
    State(site): State<Site>,
    Bearer(caller): Bearer,
    Body(withdrawal): Body<Withdrawal>,
) -> Result<StatusCode, Problem> {
    let value = Pii::new(withdrawal.value);
    let platform = site.platform.clone();
    let (kind, purpose) = (withdrawal.identifier, withdrawal.purpose);
    let work = async move { platform.withdraw(&caller, &kind, &value, &purpose).await };
    to_its_end(work).await?;
    Ok(StatusCode::NO_CONTENT)
}
