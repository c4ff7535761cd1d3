//! Public pages: where to begin, the statement in force, and what a page says when something is wrong.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use yuntu_statement::render;
use yuntu_terms::{ClauseId, Lang, clause};

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
    /// The page above this one.
    pub(crate) up: Option<Link>,
}

impl Frame {
    /// Makes the frame of a page that anybody may see.
    pub(crate) fn open(lang: Lang, title: impl Into<String>, path: impl Into<String>) -> Self {
        Self {
            lang,
            title: title.into(),
            path: path.into(),
            signed_in: false,
            up: None,
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
    /// Which facts about the operator are not known here.
    missing: Vec<&'static str>,
    contents: Vec<(String, String)>,
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

/// Shows the statement, with who runs this installation or what is not known of them.
///
/// # Clause
/// R26, R27
async fn statement(
    State(site): State<Site>,
    Language(lang): Language,
) -> Result<Response, Problem> {
    let statement = site.platform.statement();
    clause::hit!(R26);
    let operator = site.platform.operator();
    let text = render::markdown(statement, lang, operator);
    let title = statement.meta().title.get(lang);
    let missing = operator.missing(statement).into_iter();
    let document = html_of(&text);
    show(&StatementPage {
        frame: Frame::open(lang, title, "/statement"),
        missing: missing.map(|slot| slot.name(lang)).collect(),
        contents: document.contents,
        article: document.html,
    })
}

async fn markdown(State(site): State<Site>, Language(lang): Language) -> impl IntoResponse {
    let text = render::markdown(site.platform.statement(), lang, site.platform.operator());
    ([(CONTENT_TYPE, "text/markdown; charset=utf-8")], text)
}

async fn plain(State(site): State<Site>, Language(lang): Language) -> impl IntoResponse {
    let text = render::plain(site.platform.statement(), lang, site.platform.operator());
    ([(CONTENT_TYPE, "text/plain; charset=utf-8")], text)
}

/// A document as HTML.
struct Document {
    html: String,
    /// Its parts: anchor and heading.
    contents: Vec<(String, String)>,
}

/// A heading whose text is still being read.
struct Heading {
    /// Its place among the events.
    place: usize,
    level: HeadingLevel,
    text: String,
}

impl Heading {
    /// Names the anchor: the id of a clause, so that `/statement#U2` leads to it, or the number of a part.
    fn anchor(&self, parts: usize) -> Option<String> {
        let first = self.text.split_whitespace().next()?;
        match self.level {
            HeadingLevel::H2 => Some(format!("part-{}", parts + 1)),
            HeadingLevel::H3 => first.parse::<ClauseId>().ok().map(|id| id.to_string()),
            HeadingLevel::H1 | HeadingLevel::H4 | HeadingLevel::H5 | HeadingLevel::H6 => None,
        }
    }
}

/// Turns Markdown into HTML; markup inside it becomes text, and a wide table scrolls by itself.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the library may add variants; they are treated like the rest"
)]
fn html_of(markdown: &str) -> Document {
    let mut events = Vec::new();
    let mut contents = Vec::new();
    let mut open: Option<Heading> = None;
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        match event {
            Event::Html(text) | Event::InlineHtml(text) => events.push(Event::Text(text)),
            Event::Start(Tag::Table(alignment)) => {
                events.push(Event::Html("<div class=\"scroll\" tabindex=\"0\">".into()));
                events.push(Event::Start(Tag::Table(alignment)));
            }
            Event::End(TagEnd::Table) => {
                events.push(Event::End(TagEnd::Table));
                events.push(Event::Html("</div>".into()));
            }
            Event::Start(Tag::Heading { level, .. }) => {
                open = Some(Heading {
                    place: events.len(),
                    level,
                    text: String::new(),
                });
                events.push(event);
            }
            Event::End(TagEnd::Heading(level)) => {
                if let Some(heading) = open.take()
                    && let Some(anchor) = heading.anchor(contents.len())
                    && let Some(start) = events.get_mut(heading.place)
                {
                    *start = Event::Start(Tag::Heading {
                        level,
                        id: Some(anchor.clone().into()),
                        classes: Vec::new(),
                        attrs: Vec::new(),
                    });
                    if level == HeadingLevel::H2 {
                        contents.push((anchor, heading.text));
                    }
                }
                events.push(event);
            }
            other => {
                if let (Some(heading), Event::Text(text)) = (&mut open, &other) {
                    heading.text.push_str(text);
                }
                events.push(other);
            }
        }
    }
    let mut html = String::with_capacity(markdown.len() * 2);
    pulldown_cmark::html::push_html(&mut html, events.into_iter());
    Document { html, contents }
}

/// Shows a problem to a person.
pub(crate) fn problem(view: &ProblemView, lang: Lang, path: &str) -> Result<Response, Problem> {
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
    let code = lang.pick("zh", "en");
    let link = |path: &str, zh: &str, en: &str| Link {
        address: format!("{path}?lang={code}"),
        text: lang.pick(zh, en).to_owned(),
        note: String::new(),
    };
    blocks.push(Block::Links(vec![
        link("/console", "前往控制台", "Go to the console"),
        link("/", "返回首页", "Back to the first page"),
    ]));
    show(&Page {
        frame: Frame::open(lang, title, path),
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
        let text = "# A\n\n<script>alert(1)</script>\n\nb <i onclick=x>c</i>\n";
        let html = html_of(text).html;
        assert!(!html.contains("<script") && !html.contains("<i "), "{html}");
        assert!(html.contains("<h1>A</h1>"));
    }

    #[test]
    fn clauses_and_parts_have_anchors_and_nothing_else_becomes_one() {
        let text = "## Part & one\n\n### U2 On *instruction*\n\n### \"><b> other\n\n## Two\n";
        let document = html_of(text);
        assert!(document.html.contains("<h3 id=\"U2\">U2 On "));
        assert!(document.html.contains("<h3>") && !document.html.contains("<b>"));
        let one = (String::from("part-1"), String::from("Part & one"));
        let two = (String::from("part-2"), String::from("Two"));
        assert_eq!(document.contents, [one, two]);
    }
}
