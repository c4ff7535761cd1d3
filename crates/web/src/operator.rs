//! The pages of those who work for the operator of the platform, apart from everything that enterprises use.

mod assessments;
mod caller;
mod duties;
mod enrol;
mod factors;
mod help;
mod home;
mod log;
mod measures;
mod minors;
mod outbox;
mod people;
mod proof;
pub(crate) mod proposals;
mod reviews;
mod sessions;
mod sign_in;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequestParts};
use axum::http::request::Parts;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use yuntu_terms::Lang;

use crate::files::UPLOAD_BYTES_MAX;
use crate::forms::FormMark;
use crate::guard::{self, RUN_MAX};
use crate::inside::Door;
use crate::pages::Frame;
use crate::problem::Problem;
use crate::state::Site;
use crate::view::{Comer, View};
use caller::OperatorIn;

/// A page of those who work for the platform.
type Desk<P = ()> = View<OperatorIn, P>;
/// A page at their door.
type AtDoor<P = ()> = View<Unknown, P>;

/// Somebody at the door of operators.
#[derive(Debug)]
pub(crate) struct Unknown;

impl FromRequestParts<Site> for Unknown {
    type Rejection = Problem;

    async fn from_request_parts(_parts: &mut Parts, _site: &Site) -> Result<Self, Problem> {
        Ok(Self)
    }
}

impl Comer for Unknown {
    fn frame(&self, lang: Lang, title: String, path: String, _mark: &FormMark) -> Frame {
        Frame::at(Door::Operator, lang, title, path)
    }
}

/// How long a page may take; a password takes its turn in a queue.
const PAGE_MAX: std::time::Duration = std::time::Duration::from_secs(30);

/// Makes the routes of operators.
pub(crate) fn router() -> Router<Site> {
    Router::new()
        .route("/operator", get(home::page))
        .route(
            "/operator/assessments",
            get(assessments::page)
                .post(assessments::sent)
                .layer(DefaultBodyLimit::max(UPLOAD_BYTES_MAX)),
        )
        .route(
            "/operator/assessments/{assessment}/report",
            get(assessments::report_file),
        )
        .route(
            "/operator/duties",
            get(duties::page)
                .post(duties::sent)
                .layer(DefaultBodyLimit::max(UPLOAD_BYTES_MAX)),
        )
        .route("/operator/duties/findings", post(duties::mended))
        .route("/operator/duties/{duty}/report", get(duties::report_file))
        .route("/operator/enrol", get(enrol::page).post(enrol::sent))
        .route("/operator/factors", get(factors::page).post(factors::sent))
        .route("/operator/help", get(help::page))
        .route("/operator/outbox", get(outbox::page).post(outbox::sent))
        .route("/operator/people", get(people::page).post(people::sent))
        .route("/operator/proof", get(proof::page).post(proof::sent))
        .route("/operator/log", get(log::page))
        .route(
            "/operator/sessions",
            get(sessions::page).post(sessions::sent),
        )
        .route(
            "/operator/proposals",
            get(proposals::page).post(proposals::sent),
        )
        .route("/operator/sign-in", get(sign_in::page).post(sign_in::sent))
        .route("/operator/sign-out", post(sign_in::out))
        .route(
            "/operator/measures",
            get(measures::page).post(measures::sent),
        )
        .route(
            "/operator/measures/{measure}/papers/{paper}",
            get(measures::paper),
        )
        .route("/operator/minors", get(minors::list))
        .route(
            "/operator/minors/{report}",
            get(minors::page).post(minors::sent),
        )
        .route("/operator/reviews", get(reviews::queue))
        .route(
            "/operator/reviews/{application}",
            get(reviews::page).post(reviews::sent),
        )
        .route(
            "/operator/reviews/{application}/files/{document}",
            post(reviews::file),
        )
        .layer(DefaultBodyLimit::max(65_536))
        .layer(from_fn(guard::same_site))
        .layer(from_fn_with_state(PAGE_MAX, guard::time))
        .merge(looks())
}

/// Makes the routes of looks at rows, which run a statement.
fn looks() -> Router<Site> {
    Router::new()
        .route("/operator/help/{help}", get(help::one).post(help::sent))
        .layer(DefaultBodyLimit::max(65_536))
        .layer(from_fn(guard::same_site))
        .layer(from_fn_with_state(RUN_MAX, guard::time))
}
