//! Who is signed in, by the cookie of her session.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Redirect, Response};
use yuntu_app::AppError;
use yuntu_app::accounts::{AccountError, OwnValues};
use yuntu_app::store::{Measure, Session};
use yuntu_app::vault::SessionSecret;
use yuntu_terms::Lang;

use super::visit::Visitor;
use crate::cookies::{self, Register};
use crate::forms::FormMark;
use crate::inside::{self, Door, Inside};
use crate::pages::Frame;
use crate::problem::Problem;
use crate::report::{Link, opened};
use crate::state::Site;

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
    /// Makes the frame of a page of hers.
    pub(crate) fn frame(
        &self,
        lang: Lang,
        title: impl Into<String>,
        path: impl Into<String>,
        mark: &FormMark,
    ) -> Frame {
        let mut frame = self.inside().frame(lang, title, path, mark);
        frame.warning = self.warning(lang);
        frame
    }

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

    /// Returns what her pages share with those of operators.
    pub(crate) fn inside(&self) -> Inside<'_> {
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

/// Takes the path to which somebody wants to go on, if it is one of this site that can stand in an address as it is.
pub(crate) fn next_of(path: &str) -> Option<&str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte);
    let own = path.starts_with('/') && !path.starts_with("//") && path.len() <= 200;
    Some(path).filter(|path| own && !path.contains("..") && path.bytes().all(plain))
}

/// Leads to a page in the same language.
pub(crate) fn to(path: &str, lang: Lang) -> Response {
    to_with(path, lang, &[])
}

/// Leads to a page in the same language, with what its address asks beside; empty values are left out.
pub(crate) fn to_with(path: &str, lang: Lang, asked: &[(&str, &str)]) -> Response {
    let mut address = format!("{path}?lang={}", lang.pick("zh", "en"));
    for (name, value) in asked.iter().filter(|(_, value)| !value.is_empty()) {
        address.push('&');
        address.push_str(name);
        address.push('=');
        address.push_str(value);
    }
    Redirect::to(&address).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_goes_on_inside_this_site_only() {
        for good in [
            "/",
            "/console/audiences/aud_0192",
            "/join/00ff",
            "/statement/v/1.0",
        ] {
            assert_eq!(next_of(good), Some(good));
        }
        let long = format!("/{}", "a".repeat(200));
        for bad in [
            "",
            "console",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a?b=c",
            "/a#b",
            "/a%0d%0a",
            "/a b",
            "/../x",
            &long,
        ] {
            assert_eq!(next_of(bad), None, "{bad}");
        }
    }
}
