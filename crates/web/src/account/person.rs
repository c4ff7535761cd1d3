//! Who is signed in, by the cookie of her session.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use yuntu_app::AppError;
use yuntu_app::accounts::{AccountError, OwnValues};
use yuntu_app::store::{Measure, Session};
use yuntu_app::vault::SessionSecret;
use yuntu_terms::Lang;

use crate::cookies::{self, Register};
use crate::forms::FormMark;
use crate::inside::{self, Door, Inside, SignedIn};
use crate::pages::Frame;
use crate::problem::Problem;
use crate::report::{Link, opened};
use crate::state::Site;
use crate::view::{Comer, next_of, to_with};
use crate::visit::Visitor;

const NAME: &str = Door::Public.cookie();

/// Somebody who is signed in; without a session, the way leads to where one signs in.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) session: Session,
    pub(crate) own: OwnValues,
    /// What stands against the enterprise for which she acts, once that is known.
    pub(crate) measures: Vec<Measure>,
}

impl Person {
    /// Warns on each page of what stands against the enterprise, and leads to why.
    fn warning(&self, lang: Lang) -> Option<Link> {
        let names: Vec<_> = self
            .measures
            .iter()
            .map(|measure| measure.facts().text(lang))
            .collect();
        (!names.is_empty()).then(|| Link {
            address: format!("/console/measures?lang={}", lang.pick("zh", "en")),
            text: lang
                .pick("查看理由、补充证明或申诉", "Read why, give proof or appeal")
                .to_owned(),
            note: opened(&names.join(lang.pick("；", "; ")), lang),
        })
    }
}

impl Comer for Person {
    fn frame(&self, lang: Lang, title: String, path: String, mark: &FormMark) -> Frame {
        Frame {
            warning: self.warning(lang),
            ..self.inside().frame(lang, title, path, mark)
        }
    }
}

impl SignedIn for Person {
    fn inside(&self) -> Inside<'_> {
        Inside {
            door: Door::Public,
            session: &self.session,
            own: &self.own,
        }
    }
}

/// Why there is nobody.
#[derive(Debug)]
pub(crate) enum Nobody {
    /// She has to sign in, and comes back to this path.
    SignIn(Lang, String),
    /// Something does not work.
    Fault(Problem),
}

impl From<Problem> for Nobody {
    fn from(problem: Problem) -> Self {
        Self::Fault(problem)
    }
}

impl IntoResponse for Nobody {
    fn into_response(self) -> Response {
        match self {
            Self::SignIn(lang, path) => {
                let next = next_of(&path).unwrap_or_default();
                to_with("/account/sign-in", lang, &[("next", next)])
            }
            Self::Fault(problem) => problem.into_response(),
        }
    }
}

impl FromRequestParts<Site> for Person {
    type Rejection = Nobody;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Nobody> {
        let lang = crate::input::language(&parts.headers, &parts.uri);
        let session = match session_of(site, &parts.headers).await {
            Ok(Some(session)) => {
                let Ok(visitor) = Visitor::from_request_parts(parts, site).await;
                let seen = site.platform.seen_from(session, &visitor.visit()).await;
                seen.map_err(|error| Nobody::Fault(error.into()))?
            }
            Ok(None) => return Err(Nobody::SignIn(lang, parts.uri.path().to_owned())),
            Err(error) => return Err(Nobody::Fault(error.into())),
        };
        let own = site.platform.own_values(&session).await;
        let own = own.map_err(|error| Nobody::Fault(error.into()))?;
        Ok(Self {
            session,
            own,
            measures: Vec::new(),
        })
    }
}

/// On pages for everybody, whoever is signed in is known too.
impl OptionalFromRequestParts<Site> for Person {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Option<Self>, Problem> {
        match <Self as FromRequestParts<Site>>::from_request_parts(parts, site).await {
            Ok(person) => Ok(Some(person)),
            Err(Nobody::SignIn(..)) => Ok(None),
            Err(Nobody::Fault(problem)) => Err(problem),
        }
    }
}

/// Finds the session that a request belongs to.
pub(crate) async fn session_of(
    site: &Site,
    headers: &HeaderMap,
) -> Result<Option<Session>, AppError> {
    let Some(cookie) = cookies::find(headers, NAME) else {
        return Ok(None);
    };
    match site.platform.session(cookie).await {
        Ok(session) => Ok(Some(session)),
        Err(AppError::Account(AccountError::SignedOut)) => Ok(None),
        Err(other) => Err(other),
    }
}

/// Lets the browser keep the secret of a session.
pub(crate) fn keep(
    site: &Site,
    response: Response,
    secret: &SessionSecret,
) -> Result<Response, Problem> {
    inside::keep(Door::Public, site, response, secret)
}

/// Writes what makes the browser forget the session.
pub(crate) fn forget() -> Option<HeaderValue> {
    Register::removal(NAME)
}
