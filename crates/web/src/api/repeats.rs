//! `Idempotency-Key`: a writing request that comes twice is done once and answered alike.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use yuntu_app::store::{RepeatClaim, Repeated};
use yuntu_terms::clause;

use super::measures::PAPER_JSON_BYTES_MAX;
use crate::input::Bearer;
use crate::problem::Problem;
use crate::state::Site;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Says that an answer is that of an earlier request.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// How long a key may be.
const KEY_CHARS_MAX: usize = 255;

/// Lets a request through that has no key, or is the first with its key; else answers as before.
///
/// # Clause
/// U2
pub(super) async fn once(State(site): State<Site>, request: Request, next: Next) -> Response {
    let Some(key) = request.headers().get(KEY).cloned() else {
        return next.run(request).await;
    };
    if request.method() == Method::GET {
        return next.run(request).await;
    }
    match with_key(&site, &key, request, next).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn with_key(
    site: &Site,
    key: &HeaderValue,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    clause::hit!(U2);
    let visible = |text: &&str| {
        (1..=KEY_CHARS_MAX).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_graphic())
    };
    let key = key.to_str().ok().filter(visible).ok_or_else(|| {
        Problem::invalid(
            "Idempotency-Key 应为 1 至 255 个可见的 ASCII 字符，不含空格",
            "`Idempotency-Key` has 1 to 255 visible ASCII characters and no blank",
        )
    })?;
    let (mut parts, body) = request.into_parts();
    let Bearer { caller, .. } = Bearer::from_request_parts(&mut parts, site).await?;
    let body = to_bytes(body, PAPER_JSON_BYTES_MAX)
        .await
        .map_err(|_long| Problem::too_large())?;
    let asked = [
        parts.method.as_str().as_bytes(),
        parts
            .uri
            .path_and_query()
            .map_or("", |it| it.as_str())
            .as_bytes(),
        &body,
    ];
    match site.platform.repeated(&caller, key, &asked).await? {
        Repeated::Answered { status, body } => replayed(status, body),
        Repeated::Unanswered => Err(Problem::unanswered()),
        Repeated::Other => Err(Problem::other_request()),
        Repeated::New(claim) => {
            parts.extensions.insert(claim.clone());
            let request = Request::from_parts(parts, Body::from(body));
            answer(site, &claim, next.run(request).await).await
        }
    }
}

/// Keeps the answer to what was done; what was refused or could not be read is asked anew.
async fn answer(site: &Site, claim: &RepeatClaim, response: Response) -> Result<Response, Problem> {
    if !response.status().is_success() {
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body: Bytes = to_bytes(body, usize::MAX)
        .await
        .map_err(|_broken| Problem::internal("an answer that cannot be read"))?;
    // Done is done: that its answer could not be kept is told to whoever repeats the request.
    let kept = site
        .platform
        .keep_answer(claim, parts.status.as_u16(), &body)
        .await;
    if let Err(error) = kept {
        tracing::warn!(%error, "the answer to a request with a key is not kept");
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn replayed(status: u16, body: Vec<u8>) -> Result<Response, Problem> {
    let status = StatusCode::from_u16(status)
        .map_err(|_number| Problem::internal("the status of an answer that was kept"))?;
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    if status != StatusCode::NO_CONTENT {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    Ok(response)
}
