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

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequestParts, State};
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use yuntu_terms::Lang;

use crate::forms::{Fields, FormMark, Sent};
use crate::guard;
use crate::input::Language;
use crate::pages::Frame;
use crate::problem::Problem;
use crate::state::Site;
use crate::view::{Comer, View, to_with};
use contact::Which;

pub(crate) use accept::version as version_of;
pub(crate) use person::{Nobody, Person};
pub(crate) use told::address;

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
            get(async |own| contact::page(Which::Email, own))
                .post(async |own, sent| contact::sent(Which::Email, own, sent).await),
        )
        .route(
            "/account/phone",
            get(async |own| contact::page(Which::Phone, own))
                .post(async |own, sent| contact::sent(Which::Phone, own, sent).await),
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

/// A page of somebody's own account.
type Own<P = ()> = View<Person, P>;
/// A page for anybody.
pub(crate) type Open<P = ()> = View<Anybody, P>;

/// Somebody of whom nothing is known.
#[derive(Debug)]
pub(crate) struct Anybody;

impl<P> Open<P> {
    /// Makes the page that follows upon this one in the same answer.
    fn then<Q>(&self, about: Q) -> Open<Q> {
        View {
            site: self.site.clone(),
            who: Anybody,
            lang: self.lang,
            mark: self.mark.clone(),
            about,
        }
    }
}

impl FromRequestParts<Site> for Anybody {
    type Rejection = Problem;

    async fn from_request_parts(_parts: &mut Parts, _site: &Site) -> Result<Self, Problem> {
        Ok(Self)
    }
}

impl Comer for Anybody {
    fn frame(&self, lang: Lang, title: String, path: String, _mark: &FormMark) -> Frame {
        Frame::open(lang, title, path)
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
