//! Errors as problem documents (RFC 9457), or as pages where a person asked: the one place that knows status codes.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an error without words of its own is shown by its kind, whichever it is"
)]

use std::collections::BTreeMap;
use std::error::Error as _;
use std::fmt::Write as _;

use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::IntoResponses;
use utoipa::openapi::{self, Content, Ref, RefOr, ResponseBuilder};
use yuntu_app::accounts::AccountError;
use yuntu_app::engine::EngineError;
use yuntu_app::lake::{LakeError, SourceFault};
use yuntu_app::policy::{DeclarationGap, PartnerGap, Refusal, StopReason, WouldReach};
use yuntu_app::{AppError, engine_text};
use yuntu_terms::{ClauseId, ConsentKind, ErrorKind, Lang, Text};

use crate::input::language;
use crate::metrics::route_of;
use crate::pages;
use crate::state::Site;

/// Why a request was not answered as asked; it becomes text once the language of the caller is known.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    title: Text,
    detail: Option<Text>,
    reasons: Vec<ReasonView>,
    /// What only the log may know.
    cause: Option<String>,
}

/// A problem document (RFC 9457).
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ProblemView {
    /// Names the kind of problem: `urn:yuntu:problem:refused` and the like.
    r#type: String,
    /// The kind of problem in words, in the language of the caller.
    title: String,
    /// The status of the response.
    status: u16,
    /// What is wrong with this request.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// The clause of the statement that refuses; the first where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    clause: Option<String>,
    /// Every reason of a refusal.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<ReasonView>,
}

/// Why a request is refused, in both languages.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub(crate) struct ReasonView {
    /// The clause that refuses.
    pub(crate) clause: String,
    /// The fact that is missing, by code.
    pub(crate) fact: String,
    /// The dataset or class of column it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) about: Option<String>,
    /// What is missing.
    pub(crate) what: TextView,
    /// What would change the answer.
    pub(crate) remedy: TextView,
    /// Whom of the dataset the request would reach, where consent is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reach: Option<WouldReachView>,
}

/// Whom a request would reach for which nobody's consent is there; distinct people, who add up to all of the dataset.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
pub(crate) struct WouldReachView {
    /// Everybody with a row.
    people: u64,
    /// Those who have not said no: it reaches them once they agree.
    to_ask: u64,
    /// Those who said no or took their consent back.
    declined: u64,
    /// Those whom no consent would admit.
    barred: u64,
    /// The kind of consent it takes: `expressed`, `explicit` or `separate`.
    #[schema(value_type = String)]
    kind: ConsentKind,
}

impl From<WouldReach> for WouldReachView {
    fn from(it: WouldReach) -> Self {
        Self {
            people: it.people,
            to_ask: it.to_ask,
            declined: it.declined,
            barred: it.barred,
            kind: it.kind,
        }
    }
}

/// A text in both languages.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub(crate) struct TextView {
    /// Chinese.
    pub(crate) zh: String,
    /// English.
    pub(crate) en: String,
}

impl From<Text> for TextView {
    fn from(text: Text) -> Self {
        Self {
            zh: text.zh,
            en: text.en,
        }
    }
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, zh: &str, en: &str) -> Self {
        Self {
            status,
            code,
            title: Text::new(zh, en),
            detail: None,
            reasons: Vec::new(),
            cause: None,
        }
    }

    fn of_kind(kind: ErrorKind) -> Self {
        let (status, code, zh, en) = match kind {
            ErrorKind::Refused => (StatusCode::FORBIDDEN, "refused", "拒绝", "Refused"),
            ErrorKind::NotFound => (
                StatusCode::NOT_FOUND,
                "not-found",
                "没有此对象",
                "Not found",
            ),
            ErrorKind::Conflict => (
                StatusCode::CONFLICT,
                "conflict",
                "对象已存在或已改变",
                "It exists already or has changed",
            ),
            ErrorKind::Invalid => (
                StatusCode::BAD_REQUEST,
                "invalid",
                "输入不正确",
                "The input is not valid",
            ),
            ErrorKind::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "暂时无法提供服务，请稍后再试",
                "A part does not answer; try again later",
            ),
            ErrorKind::Internal => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "平台内部故障",
                "A fault of the platform",
            ),
        };
        Self::new(status, code, zh, en)
    }

    pub(crate) fn unauthenticated() -> Self {
        let status = StatusCode::UNAUTHORIZED;
        let mut problem = Self::new(status, "unauthenticated", "需要令牌", "A token is needed");
        problem.detail = Some(Text::new(
            "令牌缺失、未知、已到期或已撤销；请以 Authorization: Bearer 提供企业成员在控制台（/console/tokens）生成的令牌",
            "the token is missing, unknown, ended or revoked; send one that a member of the enterprise made in the console (/console/tokens) as Authorization: Bearer",
        ));
        problem
    }

    pub(crate) fn not_found() -> Self {
        Self::of_kind(ErrorKind::NotFound).saying(Text::new(
            "地址或编号有误，或该对象不属于您的企业",
            "the address or id is wrong, or the thing is not your enterprise's",
        ))
    }

    /// An address of another site to which no page of ours leads; it is not shown again.
    pub(crate) fn no_way_out() -> Self {
        let status = StatusCode::NOT_FOUND;
        let (zh, en) = (
            "本站没有通往该地址的链接",
            "No page of this site leads to that address",
        );
        Self::new(status, "no-way-out", zh, en).saying(Text::new(
            "从这里只能前往本站页面上确有链接的地址。如果是别处的链接把您带到这里，请不要相信它：它借用了我们的名义",
            "from here one gets only to where pages of this site link; if a link elsewhere brought you here, do not trust it: it used our name",
        ))
    }

    pub(crate) fn method() -> Self {
        let status = StatusCode::METHOD_NOT_ALLOWED;
        let (zh, en) = ("不支持此方法", "This method is not possible here");
        Self::new(status, "method", zh, en).saying(Text::new(
            "请使用接口说明（/api/v1/openapi.json）中列出的方法",
            "use a method that the description of the API names (/api/v1/openapi.json)",
        ))
    }

    pub(crate) fn too_large() -> Self {
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        let (zh, en) = ("请求过大", "The request is too large");
        Self::new(status, "too-large", zh, en).saying(Text::new(
            "JSON 与映射最大 1 MiB（附文件的 JSON 8 MiB），同意文件 64 MiB，数据文件 8 GiB；请分成几次",
            "JSON and a mapping may have 1 MiB (JSON with a paper 8 MiB), a file of consents 64 MiB, a file of data 8 GiB; send it in parts",
        ))
    }

    pub(crate) fn unanswered() -> Self {
        Self::of_kind(ErrorKind::Conflict).saying(Text::new(
            "使用此 Idempotency-Key 的请求已经生效或正在执行，其答复未能保留；请先读取现状，如需再做一次请换用新的 Idempotency-Key",
            "the request with this `Idempotency-Key` took effect or is still running, and its answer was not kept; read what there is now, and use a new key to do it once more",
        ))
    }

    pub(crate) fn other_request() -> Self {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        let (zh, en) = ("密钥已用于其他请求", "The key belongs to another request");
        Self::new(status, "key-reused", zh, en).saying(Text::new(
            "此 Idempotency-Key 已用于内容不同的请求；请换用新的",
            "this `Idempotency-Key` came with another request; use a new one",
        ))
    }

    pub(crate) fn broken_off() -> Self {
        Self::invalid(
            "上传中断，未记录任何内容；请重新上传",
            "the upload broke off and nothing was recorded; send it again",
        )
    }

    pub(crate) fn too_slow() -> Self {
        let status = StatusCode::GATEWAY_TIMEOUT;
        let (zh, en) = ("请求超时", "The request took too long");
        Self::new(status, "timeout", zh, en).saying(Text::new(
            "请缩小问题的范围，或稍后重试",
            "ask for less, or try again later",
        ))
    }

    pub(crate) fn media_type(zh: &str, en: &str) -> Self {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        Self::new(
            status,
            "media-type",
            "内容类型不符",
            "Another content type is needed",
        )
        .saying(Text::new(zh, en))
    }

    pub(crate) fn forged() -> Self {
        let status = StatusCode::FORBIDDEN;
        let (zh, en) = (
            "请求并非来自本站页面",
            "The request does not come from a page of this site",
        );
        Self::new(status, "cross-site", zh, en)
    }

    /// A form whose mark is not the one that the browser keeps.
    pub(crate) fn stale_form() -> Self {
        Self::forged().saying(Text::new(
            "表单已过期，或浏览器没有保存必要的 Cookie：请重新打开该页面再提交",
            "the form is out of date, or the browser does not keep the necessary cookie: open the page again and send it from there",
        ))
    }

    pub(crate) fn invalid(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::of_kind(ErrorKind::Invalid).saying(Text::new(zh, en))
    }

    /// A form whose button no page of this site has.
    pub(crate) fn no_such_act() -> Self {
        Self::invalid("没有此操作", "there is no such act")
    }

    pub(crate) fn internal(cause: &str) -> Self {
        let mut problem = Self::of_kind(ErrorKind::Internal);
        problem.cause = Some(cause.to_owned());
        problem
    }

    /// What a person is told of her account; it is nobody's fault but may need another status than its kind has.
    fn account(error: &AccountError) -> Self {
        let mut problem = Self::of_kind(error.kind());
        match error {
            AccountError::TooOften { .. } => {
                let status = StatusCode::TOO_MANY_REQUESTS;
                problem = Self::new(status, "too-often", "过于频繁", "Too often");
            }
            AccountError::WrongPassword | AccountError::SignedOut => {
                let status = StatusCode::UNAUTHORIZED;
                problem = Self::new(status, "unauthenticated", "未登录", "Not signed in");
            }
            _ => {}
        }
        problem.saying(error.text())
    }

    /// Work that was under way and was stopped by a measure, a withdrawal or the like.
    fn stopped(reason: StopReason) -> Self {
        let mut problem = Self::new(StatusCode::CONFLICT, "stopped", "已停止", "Stopped");
        let both = |said: fn(StopReason, Lang) -> &'static str| TextView {
            zh: said(reason, Lang::Zh).to_owned(),
            en: said(reason, Lang::En).to_owned(),
        };
        problem.reasons = vec![ReasonView {
            clause: reason.clause().to_string(),
            fact: reason.code().to_owned(),
            about: None,
            what: both(StopReason::what),
            remedy: both(StopReason::remedy),
            reach: None,
        }];
        problem.saying(reason.text())
    }

    fn saying(mut self, detail: Text) -> Self {
        self.detail = Some(detail);
        self
    }

    /// Returns the status with which a page that says what is wrong is answered.
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) fn reasons(&self) -> &[ReasonView] {
        &self.reasons
    }

    fn view(self, lang: Lang) -> ProblemView {
        ProblemView {
            r#type: format!("urn:yuntu:problem:{}", self.code),
            title: self.title.get(lang).to_owned(),
            status: self.status.as_u16(),
            detail: self.detail.map(|it| it.get(lang).to_owned()),
            clause: self.reasons.first().map(|it| it.clause.clone()),
            reasons: self.reasons,
        }
    }
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        let mut problem = Self::of_kind(error.kind());
        match &error {
            AppError::Refused(refusal) => problem.reasons = reasons(refusal),
            AppError::Stopped(reason) => problem = Self::stopped(*reason),
            AppError::Declaration(gaps) => problem.reasons = gap_reasons(gaps),
            AppError::Partner(gaps) => problem.reasons = partner_reasons(gaps),
            AppError::Account(account) => problem = Self::account(account),
            AppError::Lake(LakeError::Source(SourceFault::TooLarge(_))) => {
                problem = Self::too_large().saying(error.text());
            }
            AppError::Engine(engine) if error.kind() == ErrorKind::Refused => {
                problem.reasons = vec![engine_reason(engine)];
            }
            other if error.kind() != ErrorKind::Internal => problem.detail = Some(other.text()),
            _ => {}
        }
        if problem.status.is_server_error() {
            problem.cause = Some(chain(&error));
        }
        problem
    }
}

/// Writes an error with its causes, for the log.
pub(crate) fn chain(error: &AppError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    // Below this one speaks the library of columns, which may quote a value.
    if matches!(error, AppError::Lake(LakeError::Columns(_))) {
        source = None;
        text.push_str(": columnar data could not be made");
    }
    while let Some(cause) = source {
        // Writing to a string does not fail.
        let _written = write!(text, ": {cause}");
        source = cause.source();
    }
    text
}

/// Shows the reasons of a refusal.
pub(crate) fn reasons(refusal: &Refusal) -> Vec<ReasonView> {
    refusal
        .reasons()
        .map(|reason| {
            let fact = reason.fact();
            let both = |f: &dyn Fn(Lang) -> String| TextView {
                zh: f(Lang::Zh),
                en: f(Lang::En),
            };
            ReasonView {
                clause: reason.clause().to_string(),
                fact: fact.code().to_owned(),
                about: reason.about_what().map(|about| about.to_string()),
                what: both(&|lang| reason.what(lang)),
                remedy: both(&|lang| reason.remedy(lang)),
                reach: reason.reach().map(WouldReachView::from),
            }
        })
        .collect()
}

/// Shows what a declaration lacks.
fn gap_reasons(gaps: &[DeclarationGap]) -> Vec<ReasonView> {
    let reason = |gap: &DeclarationGap| ReasonView {
        clause: ClauseId::u(3).to_string(),
        fact: gap.code().to_owned(),
        about: Some(gap.part().code().to_owned()),
        what: gap.what().into(),
        remedy: gap.remedy().into(),
        reach: None,
    };
    gaps.iter().map(reason).collect()
}

/// Shows what the registration of a partner lacks.
fn partner_reasons(gaps: &[PartnerGap]) -> Vec<ReasonView> {
    let reason = |gap: &PartnerGap| ReasonView {
        clause: gap.clause().to_string(),
        fact: gap.code().to_owned(),
        about: Some(gap.part().code().to_owned()),
        what: gap.what().into(),
        remedy: gap.remedy().into(),
        reach: None,
    };
    gaps.iter().map(reason).collect()
}

/// A refusal of the engine; that of an ended permit stands on U2, as does every run.
fn engine_reason(error: &EngineError) -> ReasonView {
    let clause = match error {
        EngineError::Refused(refused) => refused.clause(),
        _ => ClauseId::u(2),
    };
    ReasonView {
        clause: clause.to_string(),
        fact: String::from("permit"),
        about: None,
        what: engine_text(error).into(),
        remedy: TextView {
            zh: String::from("请按指示所允许的目的与数据集重新提问"),
            en: String::from("Ask again for what the instruction allows"),
        },
        reach: None,
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Any request to the API may be answered so.
impl IntoResponses for Problem {
    fn responses() -> BTreeMap<String, RefOr<openapi::Response>> {
        let schema = Some(Ref::from_schema_name("ProblemView"));
        let response = ResponseBuilder::new()
            .content("application/problem+json", Content::new(schema))
            .build();
        BTreeMap::from([(String::from("default"), response.into())])
    }
}

/// Writes a problem in the language and form of the caller; logs what is our fault, once.
pub(crate) async fn render(State(site): State<Site>, request: Request, next: Next) -> Response {
    let lang = language(request.headers(), request.uri());
    let path = request.uri().path();
    let for_people = !path.starts_with("/api/");
    // The switch of language asks for the page again, which only a page that is read can bear.
    // A path that begins with two strokes would lead to another host.
    let own = !path.starts_with("//") && !path.contains('\\');
    let again = if request.method().is_safe() && own {
        path
    } else if own && path.starts_with("/operator/") {
        // Who works for the platform stays at her own door.
        "/operator"
    } else {
        "/"
    };
    let again = again.to_owned();
    let route = route_of(&request);
    let mut response = next.run(request).await;
    let Some(problem) = response.extensions_mut().remove::<Problem>() else {
        return response;
    };
    if problem.status.is_server_error() {
        let cause = problem.cause.as_deref().unwrap_or("-");
        tracing::error!(http.route = %route, http.status = problem.status.as_u16(), cause);
    }
    for reason in problem.reasons() {
        site.metrics.refused(&reason.clause);
    }
    let status = problem.status;
    let view = problem.view(lang);
    let mut shown = if for_people {
        pages::problem(&view, lang, &again).unwrap_or_else(|_unrendered| status.into_response())
    } else {
        document(&view)
    };
    *shown.status_mut() = status;
    if status == StatusCode::UNAUTHORIZED && !for_people {
        let challenge = HeaderValue::from_static("Bearer");
        shown.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    shown
}

fn document(view: &ProblemView) -> Response {
    let json = serde_json::to_vec(view).unwrap_or_default();
    let kind = HeaderValue::from_static("application/problem+json");
    ([(CONTENT_TYPE, kind)], json).into_response()
}

impl ProblemView {
    /// Takes the parts a page shows.
    pub(crate) fn parts(&self) -> (&str, Option<&str>, &[ReasonView]) {
        (&self.title, self.detail.as_deref(), &self.reasons)
    }
}
