//! Every version of the statement that was ever announced, and how each stands to the one in force.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use yuntu_statement::Statement;
use yuntu_statement::render::day_in_beijing;
use yuntu_terms::{Lang, Timestamp, clause};

use crate::input::Language;
use crate::pages::{Frame, Page, show};
use crate::problem::Problem;
use crate::report::{Block, Link, Section};
use crate::state::Site;

/// The versions that a site shows, the oldest first.
#[derive(Debug, Clone)]
pub(crate) struct Versions {
    all: Arc<[&'static Statement]>,
    /// The one that the program obeys.
    in_force: &'static Statement,
}

impl Versions {
    /// Takes the versions; the one in force is among them, whatever was given.
    pub(crate) fn new(mut all: Vec<&'static Statement>, in_force: &'static Statement) -> Self {
        all.retain(|it| it.version() != in_force.version());
        all.push(in_force);
        all.sort_by_key(|it| it.version());
        all.dedup_by_key(|it| it.version());
        Self {
            all: all.into(),
            in_force,
        }
    }

    /// Finds a version by its number, such as `1.0`.
    pub(super) fn find(&self, text: &str) -> Option<&'static Statement> {
        let version = text.parse().ok()?;
        self.all.iter().copied().find(|it| it.version() == version)
    }

    pub(crate) fn all(&self) -> &[&'static Statement] {
        &self.all
    }

    /// Returns the version before the one in force, or the first after it, or itself where there is no other.
    pub(super) fn beside(&self) -> &'static Statement {
        let mut others = self.all.iter().copied();
        let earlier = others.rfind(|it| it.version() < self.in_force.version());
        let later = self.all.iter().copied();
        let mut later = later.filter(|it| it.version() > self.in_force.version());
        earlier.or_else(|| later.next()).unwrap_or(self.in_force)
    }

    /// Says how a version stands to the one in force.
    pub(super) fn standing(&self, one: &Statement, now: Timestamp, lang: Lang) -> String {
        let day = day_in_beijing(one.meta().effective);
        if one.version() > self.in_force.version() {
            return lang.pick(
                format!("已公布，将自 {day} 起生效"),
                format!("announced, in force from {day}"),
            );
        }
        if one.version() == self.in_force.version() {
            let waits = now < one.meta().effective;
            return match lang {
                Lang::Zh if waits => format!("程序已按此版执行，自 {day} 起生效"),
                Lang::En if waits => format!("the program follows it already; in force from {day}"),
                Lang::Zh => format!("现行版本，自 {day} 起生效"),
                Lang::En => format!("in force since {day}"),
            };
        }
        let mut later = self.all.iter().filter(|it| it.version() > one.version());
        let until = later
            .next()
            .map_or(one.meta().effective, |it| it.meta().effective);
        let until = day_in_beijing(until);
        lang.pick(
            format!("历史版本，{day} 至 {until} 有效"),
            format!("earlier version, in force from {day} to {until}"),
        )
    }
}

/// One version in the list.
#[derive(Debug)]
struct VersionView {
    version: String,
    published: String,
    standing: String,
    digest: String,
    /// The version before it, to compare with.
    before: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "versions.html")]
struct VersionsPage {
    frame: Frame,
    versions: Vec<VersionView>,
}

/// Lists every version, the newest first.
///
/// # Clause
/// R27
pub(super) async fn list(
    State(site): State<Site>,
    Language(lang): Language,
) -> Result<Response, Problem> {
    clause::hit!(R27);
    let now = site.platform.now();
    let mut before = None;
    let mut versions = Vec::new();
    for one in site.versions.all() {
        let version = one.version().to_string();
        versions.push(VersionView {
            published: day_in_beijing(one.meta().published),
            standing: site.versions.standing(one, now, lang),
            digest: one.digest().to_string(),
            before: before.replace(version.clone()),
            version,
        });
    }
    versions.reverse();
    let title = lang.pick("声明的历次版本", "Versions of the statement");
    show(&VersionsPage {
        frame: Frame::open(lang, title, "/statement/versions"),
        versions,
    })
}

/// Says that there is no such version, and which there are.
pub(super) fn unknown(site: &Site, lang: Lang) -> Result<Response, Problem> {
    let code = lang.pick("zh", "en");
    let now = site.platform.now();
    let link = |one: &&'static Statement| Link {
        address: format!("/statement/v/{}?lang={code}", one.version()),
        text: lang.pick(
            format!("版本 {}", one.version()),
            format!("Version {}", one.version()),
        ),
        note: site.versions.standing(one, now, lang),
    };
    let mut page = show(&Page {
        frame: Frame::open(
            lang,
            lang.pick("声明没有这个版本", "The statement has no such version"),
            "/statement/versions",
        ),
        lead: lang
            .pick(
                "版本号由两个数字组成，例如 1.0。以下是公布过的全部版本。",
                "A version is two numbers joined by a dot, such as 1.0. These are all that were ever published.",
            )
            .to_owned(),
        sections: vec![Section {
            anchor: "versions",
            title: lang.pick("全部版本", "All versions").to_owned(),
            blocks: vec![Block::Links(site.versions.all().iter().rev().map(link).collect())],
        }],
    })?;
    *page.status_mut() = StatusCode::NOT_FOUND;
    Ok(page)
}
