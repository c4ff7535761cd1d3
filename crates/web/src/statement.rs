//! The statement for everybody: the version in force and every other one, to read, compare, print and download.

mod article;
mod compare;
mod lists;
mod versions;

use askama::Template;
use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use yuntu_statement::{Statement, render};
use yuntu_terms::{Lang, clause};

use crate::input::Language;
use crate::pages::{Frame, show};
use crate::problem::Problem;
use crate::report::Link;
use crate::state::Site;
use article::{Document, html_of};

pub(crate) use article::links_in;
pub(crate) use versions::Versions;

/// Makes the routes of the statement.
pub(crate) fn router() -> Router<Site> {
    Router::new()
        .route("/statement", get(in_force))
        .route(
            "/statement.md",
            get(async |s, l| file(s, l, Form::Markdown)),
        )
        .route("/statement.txt", get(async |s, l| file(s, l, Form::Plain)))
        .route("/statement.html", get(async |s, l| file(s, l, Form::Html)))
        .route("/statement/versions", get(versions::list))
        .route("/statement/v/{version}", get(one))
        .route("/statement/compare", get(compare::page))
        .route("/statement/collected", get(lists::collected))
        .route("/statement/provided", get(lists::provided))
}

#[derive(Debug, Template)]
#[template(path = "statement.html")]
struct StatementPage {
    frame: Frame,
    /// How the version stands to the one in force.
    note: String,
    /// Whether it is the one in force.
    current: bool,
    version: String,
    /// The address without language.
    address: String,
    /// Which facts about the operator are not known here.
    missing: Vec<&'static str>,
    document: Document,
}

#[derive(Debug, Template)]
#[template(path = "statement_file.html")]
struct StatementFile {
    lang: Lang,
    title: String,
    document: Document,
}

/// The form of a download.
#[derive(Debug, Clone, Copy)]
enum Form {
    Markdown,
    Plain,
    Html,
}

impl Form {
    const ALL: [Self; 3] = [Self::Markdown, Self::Plain, Self::Html];

    fn ending(self) -> &'static str {
        match self {
            Self::Markdown => "md",
            Self::Plain => "txt",
            Self::Html => "html",
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Markdown => "text/markdown; charset=utf-8",
            Self::Plain => "text/plain; charset=utf-8",
            Self::Html => "text/html; charset=utf-8",
        }
    }
}

async fn in_force(State(site): State<Site>, Language(lang): Language) -> Result<Response, Problem> {
    page(&site, site.platform.statement(), lang, "/statement")
}

/// Shows a version, or hands it out as a file when the path ends like one.
///
/// # Clause
/// R27
async fn one(
    State(site): State<Site>,
    Language(lang): Language,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let text = path.map(|Path(text)| text).unwrap_or_default();
    if let Some(statement) = site.versions.find(&text) {
        return page(&site, statement, lang, &format!("/statement/v/{text}"));
    }
    for form in Form::ALL {
        let version = text.strip_suffix(form.ending());
        let version = version.and_then(|text| text.strip_suffix('.'));
        if let Some(statement) = version.and_then(|text| site.versions.find(text)) {
            return download(&site, statement, lang, form);
        }
    }
    versions::unknown(&site, lang)
}

/// Shows a version, with who runs this installation or what is not known of them.
///
/// # Clause
/// R26, R27
fn page(
    site: &Site,
    statement: &'static Statement,
    lang: Lang,
    address: &str,
) -> Result<Response, Problem> {
    clause::hit!(R26);
    let operator = site.platform.operator();
    let text = render::markdown(statement, lang, operator);
    let current = statement.version() == site.platform.statement().version();
    let missing = operator.missing(statement).into_iter();
    let version = statement.version().to_string();
    let title = statement.meta().title.get(lang);
    let title = if current {
        title.to_owned()
    } else {
        lang.pick(
            format!("{title}（{version}）"),
            format!("{title} ({version})"),
        )
    };
    let up = Link {
        address: format!("/statement/versions?lang={}", lang.pick("zh", "en")),
        text: lang.pick("历次版本", "All versions").to_owned(),
        note: String::new(),
    };
    show(&StatementPage {
        frame: Frame {
            up: Some(up),
            ..Frame::open(lang, title, address)
        },
        note: site.versions.standing(statement, site.platform.now(), lang),
        current,
        address: format!("/statement/v/{version}"),
        version,
        missing: missing.map(|slot| slot.name(lang)).collect(),
        document: html_of(&text, |link| site.ways_out.through(link, address, lang)),
    })
}

fn file(
    State(site): State<Site>,
    Language(lang): Language,
    form: Form,
) -> Result<Response, Problem> {
    download(&site, site.platform.statement(), lang, form)
}

/// Hands out a version as one file that needs nothing else.
///
/// # Clause
/// R27
fn download(
    site: &Site,
    statement: &Statement,
    lang: Lang,
    form: Form,
) -> Result<Response, Problem> {
    let operator = site.platform.operator();
    let text = match form {
        Form::Markdown => render::markdown(statement, lang, operator),
        Form::Plain => render::plain(statement, lang, operator),
        Form::Html => StatementFile {
            lang,
            title: statement.meta().title.get(lang).to_owned(),
            // A file is read far from our pages: what its links lead to stands in it as text.
            document: html_of(&render::markdown(statement, lang, operator), |link| {
                link.starts_with('#').then(|| link.to_owned())
            }),
        }
        .render()
        .map_err(|_detail| Problem::internal("a file that cannot be rendered"))?,
    };
    let name = format!(
        "attachment; filename=\"yuntu-statement-{}.{}.{}\"",
        statement.version(),
        lang.pick("zh", "en"),
        form.ending()
    );
    let headers = [
        (CONTENT_TYPE, form.content_type().to_owned()),
        (CONTENT_DISPOSITION, name),
    ];
    Ok((headers, text).into_response())
}
