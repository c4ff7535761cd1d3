//! The page before one leaves for another site. It leads only where a page of ours leads, so that nobody can lend our name
//! to an address of his own.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use url::form_urlencoded::byte_serialize;
use url::{Position, Url};
use yuntu_app::Platform;
use yuntu_statement::Statement;
use yuntu_statement::render;
use yuntu_terms::{Lang, clause};

use crate::input::{InQuery, Language};
use crate::pages::{Frame, show};
use crate::problem::Problem;
use crate::state::Site;
use crate::statement::links_in;
use crate::view::next_of;

const PATH: &str = "/leave";

/// Makes the route of the page.
pub(crate) fn router() -> Router<Site> {
    Router::new().route(PATH, get(page))
}

/// The addresses of other sites that pages of ours lead to.
#[derive(Debug, Clone)]
pub(crate) struct WaysOut {
    /// The origin of this site; a link to it does not leave.
    own: Option<String>,
    /// Each address as browsers write it, with the host as it was written for people.
    all: Arc<BTreeMap<String, String>>,
}

impl WaysOut {
    /// Gathers the links of every version of the statement as this installation shows it.
    pub(crate) fn of(platform: &Platform, versions: &[&'static Statement]) -> Self {
        let shown = versions.iter().flat_map(|version| {
            let text = |lang| render::markdown(version, lang, platform.operator());
            Lang::ALL.map(text)
        });
        let links = shown.flat_map(|text| links_in(&text));
        Self::new(platform.origin(), links)
    }

    fn new(own: Option<&str>, links: impl Iterator<Item = String>) -> Self {
        let read = links.filter_map(|link| Some((read(&link)?.into(), host_in(&link).to_owned())));
        Self {
            own: own.map(str::to_owned),
            all: Arc::new(read.collect()),
        }
    }

    /// Returns the address that stands in a page for a link of its text, which is that of the page before one leaves where
    /// the link leads to another site. What was not gathered leads nowhere.
    pub(crate) fn through(&self, link: &str, from: &str, lang: Lang) -> Option<String> {
        if link.starts_with('#') || next_of(link).is_some() {
            return Some(link.to_owned());
        }
        let url = read(link)?;
        if self.own.as_deref() == Some(url.origin().ascii_serialization().as_str()) {
            return Some(url.into());
        }
        let (url, _) = self.find(link)?;
        let asked = asked(url.as_str(), from);
        Some(format!("{PATH}?{asked}lang={}", lang.pick("zh", "en")))
    }

    /// Finds one of the addresses, with its host as it was written.
    fn find(&self, typed: &str) -> Option<(Url, &str)> {
        let url = read(typed)?;
        let written = self.all.get(url.as_str())?;
        Some((url, written))
    }
}

/// Reads the address of a page on the web. A name or password before the host would make the host look like another.
fn read(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let web = matches!(url.scheme(), "http" | "https") && url.has_host();
    let open = url.username().is_empty() && url.password().is_none();
    (web && open).then_some(url)
}

/// Finds the host as it is written in an address.
fn host_in(address: &str) -> &str {
    let (_, rest) = address.split_once("://").unwrap_or_default();
    let end = rest.find(['/', '?', '#', ':']);
    end.and_then(|end| rest.get(..end)).unwrap_or(rest)
}

/// Writes what the address of the page asks, each pair with its `&`.
fn asked(to: &str, from: &str) -> String {
    let escape = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    format!("to={}&from={}&", escape(to), escape(from))
}

#[derive(Debug, Default, Deserialize)]
struct Asked {
    /// The address of the other site.
    #[serde(default)]
    to: String,
    /// The page on which the link stands.
    #[serde(default)]
    from: String,
}

#[derive(Debug, Template)]
#[template(path = "leave.html")]
struct LeavePage {
    frame: Frame,
    address: String,
    /// The address in three parts, the host in the middle.
    parts: [String; 3],
    /// The host as it was written, where it has letters that the address cannot show.
    written: Option<String>,
    /// Whether others can read along on the way.
    open: bool,
    back: String,
}

/// Shows where a link leads and that the statement ends there. Nobody is led on without pressing the link.
///
/// # Clause
/// R24
async fn page(
    State(site): State<Site>,
    Language(lang): Language,
    InQuery(asked): InQuery<Asked>,
) -> Result<Response, Problem> {
    clause::hit!(R24);
    let Some((url, written)) = site.ways_out.find(&asked.to) else {
        return Err(Problem::no_way_out());
    };
    let back = next_of(&asked.from).unwrap_or("/");
    let host = url[Position::BeforeHost..Position::AfterPort].to_owned();
    let is_foreign = host.split('.').any(|label| label.starts_with("xn--"));
    let title = lang.pick("您即将离开云图", "You are about to leave Yuntu");
    show(&LeavePage {
        frame: Frame {
            query: self::asked(url.as_str(), back),
            ..Frame::open(lang, title, PATH)
        },
        parts: [
            url[..Position::BeforeHost].to_owned(),
            host,
            url[Position::AfterPort..].to_owned(),
        ],
        written: is_foreign.then(|| written.to_owned()),
        open: url.scheme() == "http",
        back: format!("{back}?lang={}", lang.pick("zh", "en")),
        address: url.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ways(links: &[&str]) -> WaysOut {
        let links = links.iter().map(|it| (*it).to_owned());
        WaysOut::new(Some("https://yuntu.example"), links)
    }

    #[test]
    fn a_link_stays_leads_through_the_page_or_leads_nowhere() {
        let ways = ways(&[
            "https://a.example/b?c=d&e",
            "https://yuntu.example.evil.example",
        ]);
        let through = |link| ways.through(link, "/statement", Lang::Zh);
        for own in ["#U2", "/cookies", "https://yuntu.example/a?b=c"] {
            assert_eq!(through(own).as_deref(), Some(own));
        }
        let way = "/leave?to=https%3A%2F%2Fa.example%2Fb%3Fc%3Dd%26e&from=%2Fstatement&lang=zh";
        assert_eq!(through("https://A.example/b?c=d&e").as_deref(), Some(way));
        let near = through("https://yuntu.example.evil.example/");
        assert!(near.is_some_and(|it| it.starts_with(PATH)));
        for bad in [
            "https://a.example/other",
            "//a.example",
            "/\\a.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "mailto:a@b.example",
            "ftp://a.example",
            "https://yuntu.example@a.example/",
            "https://",
            "x",
            "",
        ] {
            assert_eq!(through(bad), None, "{bad}");
        }
    }

    #[test]
    fn only_what_is_linked_is_found_however_its_host_is_spelt() {
        let ways = ways(&["https://例子.example:8443/a", "javascript:alert(1)"]);
        for same in [
            "https://例子.example:8443/a",
            "HTTPS://xn--fsqu00a.EXAMPLE:8443/a",
        ] {
            let (url, written) = ways.find(same).unwrap();
            assert_eq!(url.as_str(), "https://xn--fsqu00a.example:8443/a");
            assert_eq!(written, "例子.example");
        }
        for other in [
            "https://例子.example/a",
            "http://例子.example:8443/a",
            "https://例子.example:8443/",
            "https://例子.example:8443/a?b",
            "https://例子.example:8443/a#b",
            "https://x@例子.example:8443/a",
            "https://例子.example.evil.example:8443/a",
            "javascript:alert(1)",
            "",
        ] {
            assert!(ways.find(other).is_none(), "{other}");
        }
    }
}
