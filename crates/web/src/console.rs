//! The console: a session opened by a token, the audiences of the enterprise, each on a page of its own.

mod audience;
mod session;

use askama::Template;
use axum::Router;
use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use yuntu_app::Caller;
use yuntu_terms::{ApiSecret, Lang};

use crate::forms::{FormMark, Marked, Sent};
use crate::guard;
use crate::input::Language;
use crate::pages::{Frame, Page, show};
use crate::problem::Problem;
use crate::report::{Block, Link, Section};
use crate::state::Site;

pub(crate) use session::Sessions;

/// How long a page may take.
const PAGE_MAX: std::time::Duration = std::time::Duration::from_secs(30);

/// Makes the routes of the console.
pub(crate) fn router() -> Router<Site> {
    Router::new()
        .route("/console", get(list))
        .route("/console/sign-in", get(form).post(sign_in))
        .route("/console/sign-out", post(sign_out))
        .route("/console/audiences/{audience}", get(audience::show_one))
        .layer(axum::extract::DefaultBodyLimit::max(4_096))
        .layer(from_fn(guard::same_site))
        .layer(from_fn_with_state(PAGE_MAX, guard::time))
}

/// The caller whose session the cookie names; without one, the way leads to the form.
#[derive(Debug, Clone, Copy)]
struct SignedIn(Caller);

/// Why there is no caller.
enum NotSignedIn {
    Form(Lang),
    Fault(Problem),
}

impl IntoResponse for NotSignedIn {
    fn into_response(self) -> Response {
        match self {
            Self::Form(lang) => to("/console/sign-in", lang),
            Self::Fault(problem) => problem.into_response(),
        }
    }
}

impl FromRequestParts<Site> for SignedIn {
    type Rejection = NotSignedIn;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, NotSignedIn> {
        let lang = crate::input::language(&parts.headers, &parts.uri);
        let now = site.platform.now();
        let token = session::cookie_of(&parts.headers)
            .and_then(|id| site.sessions.token(id, now))
            .ok_or(NotSignedIn::Form(lang))?;
        // A token that was revoked meanwhile ends the session with it.
        let found = site.platform.caller_of_token(&token).await;
        let found = found.map_err(|error| NotSignedIn::Fault(error.into()))?;
        found.map(Self).ok_or(NotSignedIn::Form(lang))
    }
}

fn to(path: &str, lang: Lang) -> Response {
    Redirect::to(&format!("{path}?lang={}", lang.pick("zh", "en"))).into_response()
}

#[derive(Debug, Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    frame: Frame,
    mark: String,
    wrong: bool,
}

fn sign_in_page(
    site: &Site,
    lang: Lang,
    mark: &FormMark,
    wrong: bool,
) -> Result<Response, Problem> {
    let title = lang.pick("登录", "Sign in");
    let page = show(&SignInPage {
        frame: Frame::open(lang, title, "/console/sign-in"),
        mark: mark.text(),
        wrong,
    })?;
    mark.keep(site, page)
}

async fn form(
    State(site): State<Site>,
    Language(lang): Language,
    mark: FormMark,
) -> Result<Response, Problem> {
    sign_in_page(&site, lang, &mark, false)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignIn {
    mark: String,
    token: ApiSecret,
}

impl Marked for SignIn {
    fn mark(&self) -> &str {
        &self.mark
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignOut {
    mark: String,
}

impl Marked for SignOut {
    fn mark(&self) -> &str {
        &self.mark
    }
}

async fn sign_in(
    State(site): State<Site>,
    Language(lang): Language,
    mark: FormMark,
    Sent(SignIn { token, .. }): Sent<SignIn>,
) -> Result<Response, Problem> {
    let token = ApiSecret::new(token.expose().trim().to_owned());
    if site.platform.caller_of_token(&token).await?.is_none() {
        let mut page = sign_in_page(&site, lang, &mark, true)?;
        *page.status_mut() = StatusCode::UNAUTHORIZED;
        return Ok(page);
    }
    let platform = &site.platform;
    let (id, life) = site
        .sessions
        .open(token, platform.now(), platform.entropy())?;
    let mut response = to("/console", lang);
    let cookie = session::cookie(&site.register, &id, life)?;
    response.headers_mut().append(SET_COOKIE, cookie);
    Ok(response)
}

async fn sign_out(
    State(site): State<Site>,
    Language(lang): Language,
    headers: axum::http::HeaderMap,
    Sent(SignOut { .. }): Sent<SignOut>,
) -> Response {
    if let Some(id) = session::cookie_of(&headers) {
        site.sessions.close(id);
    }
    let mut response = to("/console/sign-in", lang);
    if let Some(gone) = session::no_cookie() {
        response.headers_mut().append(SET_COOKIE, gone);
    }
    response
}

async fn list(
    State(site): State<Site>,
    SignedIn(caller): SignedIn,
    Language(lang): Language,
    mark: FormMark,
) -> Result<Response, Problem> {
    let found = site.platform.list_audiences(caller).await?;
    let enterprise = site.platform.enterprise_name(caller.enterprise).await?;
    let code = lang.pick("zh", "en");
    let links: Vec<_> = found
        .into_iter()
        .map(|(id, name, purpose)| Link {
            address: format!("/console/audiences/{id}?lang={code}"),
            text: name,
            note: audience::purpose_name(site.platform.statement(), &purpose, lang),
        })
        .collect();
    let block = if links.is_empty() {
        let text = lang.pick("还没有人群。", "There is no audience yet.");
        Block::Text(text.to_owned())
    } else {
        Block::Links(links)
    };
    let page = show(&Page {
        frame: Frame {
            signed_in: Some(mark.text()),
            ..Frame::open(lang, lang.pick("人群", "Audiences"), "/console")
        },
        lead: enterprise,
        sections: vec![Section {
            anchor: "audiences",
            title: lang.pick("已保存的人群", "Saved audiences").to_owned(),
            blocks: vec![block],
        }],
    })?;
    mark.keep(&site, page)
}
