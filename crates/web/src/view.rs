//! What every page has at hand, so that a page says only what is its own.

mod wrong;

use std::collections::BTreeMap;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use yuntu_terms::{Lang, Purpose};

use crate::forms::FormMark;
use crate::guard::WithScript;
use crate::input::{InQuery, language};
use crate::pages::{Frame, Page, UPLOAD, show};
use crate::problem::Problem;
use crate::report::{FormView, InputView, Link, Section, Table};
use crate::state::Site;

pub(crate) use wrong::Wrong;

/// Somebody before a page: found by her cookie and let in, or led to where she can be.
pub(crate) trait Comer:
    FromRequestParts<Site, Rejection: From<Problem>> + Send + Sync
{
    /// Makes the frame of a page of hers.
    fn frame(&self, lang: Lang, title: String, path: String, mark: &FormMark) -> Frame;
}

/// A page and what is at hand on it: the site, who comes, her language, the mark of her forms. Each page names the type of
/// what is its own, which also keeps its methods apart from those of other pages.
#[derive(Debug)]
pub(crate) struct View<W, P = ()> {
    pub(crate) site: Site,
    pub(crate) who: W,
    pub(crate) lang: Lang,
    pub(crate) mark: FormMark,
    /// What the page is about beside that.
    pub(crate) about: P,
}

impl<W: Comer, P: Default> FromRequestParts<Site> for View<W, P> {
    type Rejection = W::Rejection;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, W::Rejection> {
        let who = W::from_request_parts(parts, site).await?;
        let mark = FormMark::from_request_parts(parts, site).await?;
        Ok(Self {
            site: site.clone(),
            who,
            lang: language(&parts.headers, &parts.uri),
            mark,
            about: P::default(),
        })
    }
}

impl<W> View<W> {
    /// Says what the page is about.
    pub(crate) fn about<P>(self, about: P) -> View<W, P> {
        View {
            site: self.site,
            who: self.who,
            lang: self.lang,
            mark: self.mark,
            about,
        }
    }
}

impl<W: Comer, P> View<W, P> {
    /// Says a text in her language.
    pub(crate) fn t(&self, zh: &str, en: &str) -> String {
        self.lang.pick(zh, en).to_owned()
    }

    /// Writes the address of a page in her language.
    pub(crate) fn address(&self, path: &str) -> String {
        format!("{path}?lang={}", self.lang.pick("zh", "en"))
    }

    /// Leads to a page.
    pub(crate) fn link(&self, path: &str, zh: &str, en: &str) -> Link {
        self.named(path, self.t(zh, en))
    }

    /// Leads to a page by a name that somebody gave to what is there.
    pub(crate) fn named(&self, path: &str, name: impl Into<String>) -> Link {
        Link {
            address: self.address(path),
            text: name.into(),
            note: String::new(),
        }
    }

    /// Leads on in a list, of which a page shows so many at most: to what came before the last of these.
    pub(crate) fn older<T, I: ToString>(
        &self,
        (shown, most): (&[T], u64),
        path: &str,
        id: impl Fn(&T) -> I,
        (zh, en): (&str, &str),
    ) -> Option<Link> {
        let whole = u64::try_from(shown.len()).is_ok_and(|length| length < most);
        let before = id(shown.last().filter(|_| !whole)?).to_string();
        let code = self.lang.pick("zh", "en");
        Some(Link {
            address: format!("{path}?before={before}&lang={code}"),
            text: self.t(zh, en),
            note: String::new(),
        })
    }

    /// Names a purpose as the statement does, with its id.
    pub(crate) fn purpose(&self, purpose: &Purpose) -> String {
        match self.site.platform.statement().purpose(purpose) {
            Some(rule) => self.lang.pick(
                format!("{}（{purpose}）", rule.name.zh),
                format!("{} ({purpose})", rule.name.en),
            ),
            None => purpose.to_string(),
        }
    }

    /// Makes a form without fields that is sent to a path.
    pub(crate) fn form(&self, id: &'static str, path: &str) -> FormView {
        FormView {
            id,
            action: self.address(path),
            mark: self.mark.text(),
            ..FormView::default()
        }
    }

    /// Leads on to a page, which says what was done; an empty word says nothing.
    pub(crate) fn on_to(&self, path: &str, done: &str) -> Response {
        to_with(path, self.lang, &[("done", done)])
    }

    /// Makes a list of which one is chosen, with nothing chosen beforehand; each is offered as what it sends and its name.
    pub(crate) fn pick(
        &self,
        name: &'static str,
        label: String,
        chosen: &str,
        offered: impl IntoIterator<Item = (String, String)>,
    ) -> InputView {
        let blank = (String::new(), self.t("请选择", "Please choose"));
        let all = std::iter::once(blank).chain(offered);
        let options = all.map(|(value, text)| {
            let is_chosen = value == chosen;
            (value, text, is_chosen)
        });
        InputView::one(name, label, options.collect())
    }

    /// Makes a table, the names of whose columns are given in both languages.
    pub(crate) fn table(
        &self,
        caption: String,
        head: &[(&str, &str)],
        rows: impl IntoIterator<Item = Vec<String>>,
    ) -> Table {
        Table {
            caption,
            head: head.iter().map(|(zh, en)| self.t(zh, en)).collect(),
            rows: rows.into_iter().collect(),
            links: BTreeMap::new(),
        }
    }

    /// Makes the frame of the page.
    pub(crate) fn frame(&self, title: impl Into<String>, path: impl Into<String>) -> Frame {
        let (title, path) = (title.into(), path.into());
        self.who.frame(self.lang, title, path, &self.mark)
    }

    /// Shows the page.
    pub(crate) fn shown(
        &self,
        frame: Frame,
        lead: impl Into<String>,
        sections: Vec<Section>,
        status: StatusCode,
    ) -> Result<Response, Problem> {
        let template = Page {
            frame,
            lead: lead.into(),
            sections,
        };
        let mut page = show(&template)?;
        let scripts = template.scripts();
        if !scripts.is_empty() {
            let sends = scripts.contains(&UPLOAD);
            page.extensions_mut().insert(WithScript { sends });
        }
        *page.status_mut() = status;
        self.mark.keep(&self.site, page)
    }
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
