//! Which operator acts, by the cookie of her session.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use yuntu_app::AppError;
use yuntu_app::accounts::{AccountError, OwnValues};
use yuntu_app::operators::OperatorCaller;
use yuntu_app::store::Session;
use yuntu_terms::Lang;

use crate::cookies;
use crate::forms::FormMark;
use crate::inside::{Door, Inside, SignedIn};
use crate::pages::Frame;
use crate::problem::Problem;
use crate::state::Site;
use crate::view::Comer;
use crate::visit::Visitor;

pub(super) const NAME: &str = Door::Operator.cookie();

/// An operator who is signed in; without a session, the way leads to her door.
///
/// # Clause
/// R23
#[derive(Debug)]
pub(crate) struct OperatorIn {
    pub(crate) session: Session,
    pub(crate) caller: OperatorCaller,
    own: OwnValues,
}

impl Comer for OperatorIn {
    fn frame(&self, lang: Lang, title: String, path: String, mark: &FormMark) -> Frame {
        self.inside().frame(lang, title, path, mark)
    }
}

impl SignedIn for OperatorIn {
    fn inside(&self) -> Inside<'_> {
        Inside {
            door: Door::Operator,
            session: &self.session,
            own: &self.own,
        }
    }
}

/// Why there is no operator.
#[derive(Debug)]
pub(crate) enum NoOperator {
    SignIn(Lang),
    Fault(Problem),
}

impl From<Problem> for NoOperator {
    fn from(problem: Problem) -> Self {
        Self::Fault(problem)
    }
}

impl IntoResponse for NoOperator {
    fn into_response(self) -> Response {
        match self {
            Self::SignIn(lang) => {
                let code = lang.pick("zh", "en");
                Redirect::to(&format!("/operator/sign-in?lang={code}")).into_response()
            }
            Self::Fault(problem) => problem.into_response(),
        }
    }
}

impl FromRequestParts<Site> for OperatorIn {
    type Rejection = NoOperator;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, NoOperator> {
        let lang = crate::input::language(&parts.headers, &parts.uri);
        let Some(cookie) = cookies::find(&parts.headers, NAME) else {
            return Err(NoOperator::SignIn(lang));
        };
        match site.platform.operator_session(cookie).await {
            Ok((session, caller)) => {
                let Ok(visitor) = Visitor::from_request_parts(parts, site).await;
                let entered = enter(site, session, &visitor).await;
                let (session, own) = entered.map_err(|error| NoOperator::Fault(error.into()))?;
                Ok(Self {
                    caller: caller.within(&session),
                    session,
                    own,
                })
            }
            Err(AppError::Account(AccountError::SignedOut)) => Err(NoOperator::SignIn(lang)),
            Err(error) => Err(NoOperator::Fault(error.into())),
        }
    }
}

async fn enter(
    site: &Site,
    session: Session,
    visitor: &Visitor,
) -> Result<(Session, OwnValues), AppError> {
    let session = site.platform.seen_from(session, &visitor.visit()).await?;
    let own = site.platform.own_values(&session).await?;
    Ok((session, own))
}
