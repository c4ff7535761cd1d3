//! Which operator acts, by the cookie of her session.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use yuntu_app::AppError;
use yuntu_app::accounts::AccountError;
use yuntu_app::operators::OperatorCaller;
use yuntu_app::store::Session;
use yuntu_terms::Lang;

use crate::cookies;
use crate::problem::Problem;
use crate::state::Site;

/// The cookie of an operator's session, as the statement declares it.
pub(super) const NAME: &str = "__Host-operator";

/// An operator who is signed in; without a session, the way leads to her door.
///
/// # Clause
/// R23
#[derive(Debug)]
pub(crate) struct OperatorIn {
    pub(crate) session: Session,
    pub(crate) caller: OperatorCaller,
}

/// Why there is no operator.
#[derive(Debug)]
pub(crate) enum NoOperator {
    SignIn(Lang),
    Fault(Problem),
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
            Ok((session, caller)) => Ok(Self { session, caller }),
            Err(AppError::Account(AccountError::SignedOut)) => Err(NoOperator::SignIn(lang)),
            Err(error) => Err(NoOperator::Fault(error.into())),
        }
    }
}
