//! Who is signed in, at either door: what the pages of accounts and those of operators share.

use std::time::Duration;

use axum::http::header::SET_COOKIE;
use axum::response::Response;
use yuntu_app::accounts::{OPERATOR_LONGEST, OwnValues, SESSION_LONGEST};
use yuntu_app::store::Session;
use yuntu_app::vault::SessionSecret;
use yuntu_terms::Lang;

use crate::forms::FormMark;
use crate::pages::{Frame, SignedInAs};
use crate::problem::Problem;
use crate::state::Site;
use crate::view::Comer;

/// By which door somebody comes; nobody is good for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// That of whoever acts for an enterprise.
    Public,
    /// That of those who work for the platform.
    Operator,
}

impl Door {
    /// Returns the cookie of a session, as the statement declares it.
    pub(crate) const fn cookie(self) -> &'static str {
        match self {
            Self::Public => "__Host-session",
            Self::Operator => "__Host-operator",
        }
    }

    const fn longest(self) -> Duration {
        match self {
            Self::Public => SESSION_LONGEST,
            Self::Operator => OPERATOR_LONGEST,
        }
    }

    /// Returns the page on which one begins.
    pub(crate) const fn home(self) -> &'static str {
        match self {
            Self::Public => "/account",
            Self::Operator => "/operator",
        }
    }

    /// Returns the page of second factors.
    pub(crate) const fn factors(self) -> &'static str {
        match self {
            Self::Public => "/account/factors",
            Self::Operator => "/operator/factors",
        }
    }

    /// Returns the page on which one shows again who one is.
    pub(crate) const fn proof(self) -> &'static str {
        match self {
            Self::Public => "/account/proof",
            Self::Operator => "/operator/proof",
        }
    }

    /// Returns the page of one's own log.
    pub(crate) const fn log(self) -> &'static str {
        match self {
            Self::Public => "/account/log",
            Self::Operator => "/operator/log",
        }
    }

    /// Returns the page of sessions.
    pub(crate) const fn sessions(self) -> &'static str {
        match self {
            Self::Public => "/account/sessions",
            Self::Operator => "/operator/sessions",
        }
    }
}

/// Whoever has signed in before she comes to a page.
pub(crate) trait SignedIn: Comer {
    /// Returns what her pages share at either door.
    fn inside(&self) -> Inside<'_>;
}

/// Somebody who is signed in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Inside<'a> {
    pub(crate) door: Door,
    pub(crate) session: &'a Session,
    pub(crate) own: &'a OwnValues,
}

impl Inside<'_> {
    /// Makes the frame of a page of hers.
    pub(crate) fn frame(
        self,
        lang: Lang,
        title: impl Into<String>,
        path: impl Into<String>,
        mark: &FormMark,
    ) -> Frame {
        Frame {
            signed_in: Some(SignedInAs {
                name: self.own.name(),
                mark: mark.text(),
            }),
            ..Frame::at(self.door, lang, title, path)
        }
    }

    /// Lets her browser keep the secret of her session.
    pub(crate) fn keep(
        self,
        site: &Site,
        response: Response,
        secret: &SessionSecret,
    ) -> Result<Response, Problem> {
        keep(self.door, site, response, secret)
    }
}

/// Lets the browser keep the secret of a session.
pub(crate) fn keep(
    door: Door,
    site: &Site,
    mut response: Response,
    secret: &SessionSecret,
) -> Result<Response, Problem> {
    let life = u32::try_from(door.longest().as_secs()).unwrap_or(u32::MAX);
    let cookie = site.register.write(door.cookie(), &secret.text(), life)?;
    response.headers_mut().append(SET_COOKIE, cookie);
    Ok(response)
}
