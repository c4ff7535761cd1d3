//! What a person does with her account: register, sign in, recover, and live with it in the privacy centre.

mod accept;
mod centre;
mod code;
mod contact;
pub(crate) mod devices;
pub(crate) mod factors;
mod held;
mod join;
mod letters;
pub(crate) mod log;
mod nickname;
mod papers;
pub(crate) mod passkey;
mod password;
mod person;
mod proof;
mod recover;
mod register;
mod safety;
mod seats;
pub(crate) mod second;
pub(crate) mod sessions;
mod sign_in;
pub(crate) mod told;
pub(crate) mod visit;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequestParts, State};
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;

use crate::forms::{Fields, FormMark, Sent};
use crate::guard;
use crate::input::{InQuery, Language};
use crate::problem::Problem;
use crate::state::Site;
use contact::Which;

pub(crate) use accept::version as version_of;
pub(crate) use person::{Nobody, Person, next_of, to, to_with};
pub(crate) use told::{Wrong, address, section, shown};

/// How long a page may take; a password takes its turn in a queue.
const PAGE_MAX: std::time::Duration = std::time::Duration::from_secs(30);

/// Makes the routes of accounts.
pub(crate) fn router() -> Router<Site> {
    Router::new()
        .route("/account", get(centre::page).post(centre::sent))
        .route(
            "/account/nickname",
            get(nickname::page).post(nickname::sent),
        )
        .route(
            "/account/email",
            get(
                async |State(s): State<Site>, p: Person, Language(l), m: FormMark| {
                    contact::page(Which::Email, &s, &p, l, &m)
                },
            )
            .post(async |s, p, l, m, f| contact::sent(Which::Email, s, p, l, m, f).await),
        )
        .route(
            "/account/phone",
            get(
                async |State(s): State<Site>, p: Person, Language(l), m: FormMark| {
                    contact::page(Which::Phone, &s, &p, l, &m)
                },
            )
            .post(async |s, p, l, m, f| contact::sent(Which::Phone, s, p, l, m, f).await),
        )
        .route(
            "/account/sessions",
            get(sessions::page).post(sessions::sent),
        )
        .route("/account/factors", get(factors::page).post(factors::sent))
        .route(
            "/account/letters/{representative}/{number}",
            get(letters::file),
        )
        .route("/account/log", get(log::page))
        .route("/account/join/{secret}", get(join::page).post(join::sent))
        .route(
            "/account/register",
            get(register::page).post(register::sent),
        )
        .route("/account/sign-in", get(sign_in::page).post(sign_in::sent))
        .route("/account/recover", get(recover::page).post(recover::sent))
        .route("/account/accept", get(accept::page).post(accept::sent))
        .route(
            "/account/password",
            get(password::page).post(password::sent),
        )
        .route("/account/proof", get(proof::page).post(proof::sent))
        .route("/account/second", post(second::sent))
        .route("/account/seats", get(seats::page).post(seats::sent))
        .route("/account/sign-out", post(sign_out))
        .route(safety::PATH, get(safety::page))
        .layer(DefaultBodyLimit::max(16_384))
        .layer(from_fn(guard::same_site))
        .layer(from_fn_with_state(PAGE_MAX, guard::time))
}

/// What the address of a page asks beside the language.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    /// Where to go on afterwards.
    #[serde(default)]
    pub(crate) next: String,
    /// What was just done.
    #[serde(default)]
    pub(crate) done: String,
    /// Before which entry a page of a list begins.
    #[serde(default)]
    pub(crate) before: String,
    /// What a form takes as its template.
    #[serde(default)]
    pub(crate) like: String,
}

impl<S: Sync> FromRequestParts<S> for Asked {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let InQuery(asked) = InQuery::from_request_parts(parts, state).await?;
        Ok(asked)
    }
}

/// Ends the session, here and in the browser; whoever has none is signed out already.
async fn sign_out(
    State(site): State<Site>,
    Language(lang): Language,
    headers: HeaderMap,
    Sent(_): Sent<Fields>,
) -> Result<Response, Problem> {
    if let Some(session) = person::session_of(&site, &headers).await? {
        site.platform.sign_out(&session).await?;
    }
    let mut response = to_with("/account/sign-in", lang, &[("done", "out")]);
    if let Some(gone) = person::forget() {
        response.headers_mut().append(SET_COOKIE, gone);
    }
    Ok(response)
}
