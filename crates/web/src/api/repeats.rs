//! `Idempotency-Key`: a writing request that comes twice is done once and answered alike, or the key is refused in words; no
//! request passes over it in silence.

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{ObjectBuilder, Required, Type};
use utoipa_axum::router::OpenApiRouter;
use yuntu_app::{Once, Repeat};
use yuntu_terms::clause;

use crate::input::Bearer;
use crate::problem::Problem;
use crate::state::Site;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Says that an answer is that of an earlier request.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// How long a key may be.
const KEY_CHARS_MAX: usize = 255;

/// How large an answer may be that is kept: no list and no file is one.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// What becomes of a key on some routes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Keys {
    /// What a writing request does is done once; its body has so many bytes at most. A form with a file takes no key.
    Once(usize),
    /// No key is taken, for each request is decided anew, on the consents, instructions and measures of its moment.
    Anew,
    /// No key is taken, for what is sent is a file, known by its content and too large to be held until it can be compared.
    File,
}

impl Keys {
    /// Says it of each operation in the description of the API.
    pub(super) fn describe(self, mut routes: OpenApiRouter<Site>) -> OpenApiRouter<Site> {
        for path in routes.get_openapi_mut().paths.paths.values_mut() {
            let writing = [&mut path.post, &mut path.put, &mut path.delete];
            for operation in writing.into_iter().flatten() {
                match self {
                    Self::Once(_) => {
                        let parameters = operation.parameters.get_or_insert_default();
                        parameters.push(key_parameter().into());
                    }
                    Self::Anew => add_words(
                        operation,
                        "It takes no `Idempotency-Key`: each request is decided anew on what holds at its moment, and what it read has a receipt of its own.",
                    ),
                    Self::File => add_words(
                        operation,
                        "It takes no `Idempotency-Key`: a file is known by its content.",
                    ),
                }
            }
        }
        routes
    }

    /// Puts what holds of keys around routes.
    pub(super) fn guard(self, routes: OpenApiRouter<Site>, site: &Site) -> OpenApiRouter<Site> {
        match self {
            Self::Once(bytes_max) => {
                let state = (site.clone(), bytes_max);
                routes.layer(from_fn_with_state(state, once))
            }
            Self::Anew => routes.layer(from_fn(refuse_anew)),
            Self::File => routes.layer(from_fn(refuse_file)),
        }
    }
}

fn key_parameter() -> Parameter {
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "1 to 255 visible ASCII characters: within a day the same request with the same key is done once",
        ))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .build()
}

fn add_words(operation: &mut Operation, words: &str) {
    let before = operation.description.take().unwrap_or_default();
    let gap = if before.is_empty() { "" } else { "\n\n" };
    operation.description = Some(format!("{before}{gap}{words}"));
}

fn has_key(request: &Request) -> bool {
    !request.method().is_safe() && request.headers().contains_key(KEY)
}

async fn refuse_anew(request: Request, next: Next) -> Response {
    if has_key(&request) {
        return Problem::invalid(
            "此请求不接受 Idempotency-Key：每次都按当时的同意、指示与措施重新判定。请去掉该请求头后重试；每次读取各有收据，可据此核对",
            "this request takes no `Idempotency-Key`: each one is decided anew, on the consents, instructions and measures of its moment; send it without the header, and tell what was read by its receipts",
        )
        .into_response();
    }
    next.run(request).await
}

fn file_takes_none() -> Problem {
    Problem::invalid(
        "上传文件的请求不接受 Idempotency-Key：文件以内容识别，同一文件导入两次不会改变任何数据。请去掉该请求头后重试",
        "a request that brings a file takes no `Idempotency-Key`: a file is known by its content, and importing it twice changes nothing; send it without the header",
    )
}

async fn refuse_file(request: Request, next: Next) -> Response {
    if has_key(&request) {
        return file_takes_none().into_response();
    }
    next.run(request).await
}

/// Lets a request through that has no key, or is the first with its key; else answers as before.
///
/// # Clause
/// U2
async fn once(
    State((site, bytes_max)): State<(Site, usize)>,
    request: Request,
    next: Next,
) -> Response {
    let key = request.headers().get(KEY).cloned();
    let Some(key) = key.filter(|_| has_key(&request)) else {
        return next.run(request).await;
    };
    let form = request.headers().get(CONTENT_TYPE);
    if form.is_some_and(|it| it.as_bytes().starts_with(b"multipart/")) {
        return file_takes_none().into_response();
    }
    match with_key(&site, (&key, bytes_max), request, next).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn with_key(
    site: &Site,
    (key, bytes_max): (&HeaderValue, usize),
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
    let body = to_bytes(body, bytes_max)
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
        Repeat::Answered { status, body } => replayed(status, body),
        Repeat::Unanswered => Err(Problem::unanswered()),
        Repeat::Other => Err(Problem::other_request()),
        Repeat::New(once) => {
            parts.extensions.insert(once.clone());
            let request = Request::from_parts(parts, Body::from(body));
            answer(site, &once, next.run(request).await).await
        }
    }
}

/// Keeps the answer to what was done; what was refused or could not be read is asked anew.
async fn answer(site: &Site, once: &Once, response: Response) -> Result<Response, Problem> {
    if !response.status().is_success() {
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, ANSWER_BYTES_MAX)
        .await
        .map_err(|_broken| Problem::internal("an answer that cannot be read"))?;
    let text = std::str::from_utf8(&body)
        .map_err(|_bytes| Problem::internal("an answer that is no text"))?;
    // Done is done: that its answer could not be kept is told to whoever repeats the request.
    let kept = site
        .platform
        .keep_answer(once, parts.status.as_u16(), text)
        .await;
    if let Err(error) = kept {
        tracing::warn!(%error, "the answer to a request with a key is not kept");
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn replayed(status: u16, body: String) -> Result<Response, Problem> {
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
