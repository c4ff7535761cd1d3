//! Public pages: where to begin, the statement in force, and what a page says when something is wrong.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use yuntu_statement::render::{self, Installation};
use yuntu_terms::Lang;

use crate::input::Language;
use crate::problem::{Problem, ProblemView};
use crate::report::{Block, Link, RefusalView, Section};
use crate::state::Site;

/// What surrounds every page.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) lang: Lang,
    pub(crate) title: String,
    /// The path of the page, for the switch of language.
    pub(crate) path: String,
    pub(crate) signed_in: bool,
}

impl Frame {
    /// Makes the frame of a page that anybody may see.
    pub(crate) fn open(lang: Lang, title: impl Into<String>, path: impl Into<String>) -> Self {
        Self {
            lang,
            title: title.into(),
            path: path.into(),
            signed_in: false,
        }
    }

    pub(crate) fn word(&self, zh: &'static str, en: &'static str) -> &'static str {
        self.lang.pick(zh, en)
    }

    pub(crate) fn code(&self) -> &'static str {
        self.lang.pick("zh", "en")
    }

    /// Returns code, tag and name of the other language.
    pub(crate) fn other(&self) -> (&'static str, &'static str, &'static str) {
        self.lang
            .pick(("en", "en", "English"), ("zh", "zh-CN", "中文"))
    }
}

/// A page of sections.
#[derive(Debug, Clone, Template)]
#[template(path = "page.html")]
pub(crate) struct Page {
    pub(crate) frame: Frame,
    pub(crate) lead: String,
    pub(crate) sections: Vec<Section>,
}

impl Page {
    fn word(&self, zh: &'static str, en: &'static str) -> &'static str {
        self.frame.word(zh, en)
    }
}

#[derive(Debug, Template)]
#[template(path = "statement.html")]
struct StatementPage {
    frame: Frame,
    article: String,
}

/// Renders a page.
pub(crate) fn show(template: &impl Template) -> Result<Response, Problem> {
    let html = template
        .render()
        .map_err(|_detail| Problem::internal("a page that cannot be rendered"))?;
    Ok(Html(html).into_response())
}

/// Makes the routes of the public pages.
pub(crate) fn router() -> Router<Site> {
    Router::new()
        .route("/", get(landing))
        .route("/statement", get(statement))
        .route("/statement.md", get(markdown))
        .route("/statement.txt", get(plain))
        .route("/assets/app.css", get(style))
}

async fn style() -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "text/css; charset=utf-8"),
        (CACHE_CONTROL, "public, max-age=3600"),
    ];
    (headers, include_str!("../assets/app.css"))
}

async fn landing(Language(lang): Language) -> Result<Response, Problem> {
    let link = |address: &str, zh: &str, en: &str, note_zh: &str, note_en: &str| Link {
        address: address.to_owned(),
        text: lang.pick(zh, en).to_owned(),
        note: lang.pick(note_zh, note_en).to_owned(),
    };
    let code = lang.pick("zh", "en");
    let links = vec![
        link(
            &format!("/console?lang={code}"),
            "控制台",
            "Console",
            "人群、规模与排除漏斗",
            "audiences, their sizes and exclusion funnels",
        ),
        link(
            &format!("/statement?lang={code}"),
            "隐私声明",
            "Privacy statement",
            "现行版本全文",
            "the whole text in force",
        ),
        link(
            "/api/v1/openapi.json",
            "接口说明",
            "API description",
            "OpenAPI 3.1",
            "OpenAPI 3.1",
        ),
    ];
    let lead = lang.pick(
        "隐私声明即程序：没有许可，数据不动；每个数字都可核验。",
        "The privacy statement is a program: no data moves without a permit, and every figure can be verified.",
    );
    show(&Page {
        frame: Frame::open(
            lang,
            lang.pick("云图客户数据平台", "Yuntu customer-data platform"),
            "/",
        ),
        lead: lead.to_owned(),
        sections: vec![Section {
            anchor: "begin",
            title: lang.pick("从这里开始", "Begin here").to_owned(),
            blocks: vec![Block::Links(links)],
        }],
    })
}

async fn statement(
    State(site): State<Site>,
    Language(lang): Language,
) -> Result<Response, Problem> {
    let statement = site.platform.statement();
    let text = render::markdown(statement, lang, &Installation::default());
    let title = statement.meta().title.get(lang);
    show(&StatementPage {
        frame: Frame::open(lang, title, "/statement"),
        article: html_of(&text),
    })
}

async fn markdown(State(site): State<Site>, Language(lang): Language) -> impl IntoResponse {
    let text = render::markdown(site.platform.statement(), lang, &Installation::default());
    ([(CONTENT_TYPE, "text/markdown; charset=utf-8")], text)
}

async fn plain(State(site): State<Site>, Language(lang): Language) -> impl IntoResponse {
    let text = render::plain(site.platform.statement(), lang, &Installation::default());
    ([(CONTENT_TYPE, "text/plain; charset=utf-8")], text)
}

/// Turns Markdown into HTML; markup inside it becomes text, and a wide table scrolls by itself.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the library may add variants; they are treated like the rest"
)]
fn html_of(markdown: &str) -> String {
    let events = Parser::new_ext(markdown, Options::ENABLE_TABLES).flat_map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => vec![Event::Text(text)],
        Event::Start(Tag::Table(alignment)) => vec![
            Event::Html("<div class=\"scroll\" tabindex=\"0\">".into()),
            Event::Start(Tag::Table(alignment)),
        ],
        Event::End(TagEnd::Table) => vec![Event::End(TagEnd::Table), Event::Html("</div>".into())],
        other => vec![other],
    });
    let mut html = String::with_capacity(markdown.len() * 2);
    pulldown_cmark::html::push_html(&mut html, events);
    html
}

/// Shows a problem to a person.
pub(crate) fn problem(view: &ProblemView, lang: Lang) -> Result<Response, Problem> {
    let (title, detail, reasons) = view.parts();
    let mut blocks = Vec::new();
    if !reasons.is_empty() {
        let reason = |it: &crate::problem::ReasonView| {
            let (what, remedy) =
                lang.pick((&it.what.zh, &it.remedy.zh), (&it.what.en, &it.remedy.en));
            (it.clause.clone(), what.clone(), remedy.clone())
        };
        blocks.push(Block::Refusal(RefusalView {
            asked: String::new(),
            reasons: reasons.iter().map(reason).collect(),
        }));
    }
    blocks.push(Block::Links(vec![Link {
        address: format!("/?lang={}", lang.pick("zh", "en")),
        text: lang.pick("返回首页", "Back to the first page").to_owned(),
        note: String::new(),
    }]));
    show(&Page {
        frame: Frame::open(lang, title, "/"),
        lead: detail.unwrap_or_default().to_owned(),
        sections: vec![Section {
            anchor: "next",
            title: lang.pick("接下来", "What next").to_owned(),
            blocks,
        }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_markdown_becomes_text() {
        let html = html_of("# A\n\n<script>alert(1)</script>\n\nb <i onclick=x>c</i>\n");
        assert!(!html.contains("<script") && !html.contains("<i "), "{html}");
        assert!(html.contains("<h1>A</h1>"));
    }
}
