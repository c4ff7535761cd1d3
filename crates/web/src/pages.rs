//! Public pages: where to begin, and what a page says when something is wrong.

use askama::Template;
use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use yuntu_terms::Lang;

use crate::input::Language;
use crate::inside::Door;
use crate::problem::{Problem, ProblemView};
use crate::report::{Block, InputKind, Link, RefusalView, Section};
use crate::state::Site;

/// What surrounds every page.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) lang: Lang,
    pub(crate) title: String,
    /// The path of the page, for the switch of language.
    pub(crate) path: String,
    /// What the address of the page asks beside the language, each pair with its `&`.
    pub(crate) query: String,
    /// At which door the page is.
    pub(crate) door: Door,
    /// Who is signed in, with the mark of the form to sign out.
    pub(crate) signed_in: Option<SignedInAs>,
    /// The page above this one.
    pub(crate) up: Option<Link>,
    /// What was just done; empty when one only looks.
    pub(crate) done: String,
    /// What stands against the enterprise, with the way to why.
    pub(crate) warning: Option<Link>,
}

/// Who is signed in.
#[derive(Debug, Clone)]
pub(crate) struct SignedInAs {
    /// How she is greeted.
    pub(crate) name: String,
    /// The mark of her forms.
    pub(crate) mark: String,
}

impl Frame {
    /// Makes the frame of a page that anybody may see.
    pub(crate) fn open(lang: Lang, title: impl Into<String>, path: impl Into<String>) -> Self {
        Self::at(Door::Public, lang, title, path)
    }

    /// Makes the frame of a page at one of the doors.
    pub(crate) fn at(
        door: Door,
        lang: Lang,
        title: impl Into<String>,
        path: impl Into<String>,
    ) -> Self {
        Self {
            door,
            lang,
            title: title.into(),
            path: path.into(),
            query: String::new(),
            signed_in: None,
            up: None,
            done: String::new(),
            warning: None,
        }
    }

    /// Leads to the page above this one.
    pub(crate) fn below(self, up: Link) -> Self {
        Self {
            up: Some(up),
            ..self
        }
    }

    /// Says what was just done.
    pub(crate) fn saying(self, done: impl Into<String>) -> Self {
        Self {
            done: done.into(),
            ..self
        }
    }

    pub(crate) fn word(&self, zh: &'static str, en: &'static str) -> &'static str {
        self.lang.pick(zh, en)
    }

    pub(crate) fn code(&self) -> &'static str {
        self.lang.pick("zh", "en")
    }

    /// Says whether the page is of those who work for the platform.
    pub(crate) fn is_desk(&self) -> bool {
        self.door == Door::Operator
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

    /// Lists the scripts of the page: where a passkey may be used, and where a large file may be sent. No other has one.
    pub(crate) fn scripts(&self) -> Vec<&'static str> {
        let blocks = self.sections.iter().flat_map(|section| &section.blocks);
        let (mut passkey, mut upload) = (false, false);
        for block in blocks {
            if let Block::Form(form) = block {
                passkey |= form.passkey.is_some();
                upload |= form.upload.is_some();
            }
        }
        let scripts = [(passkey, PASSKEY), (upload, UPLOAD)];
        let scripts = scripts.into_iter().filter(|(asked, _)| *asked);
        scripts.map(|(_, script)| script).collect()
    }
}

/// Where the script of passkeys is.
const PASSKEY: &str = "/assets/passkey.js";
/// Where the script of large files is.
pub(crate) const UPLOAD: &str = "/assets/upload.js";

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
        .route("/assets/app.css", get(style))
        .route(
            PASSKEY,
            get(async || script(include_str!("../assets/passkey.js"))),
        )
        .route(
            UPLOAD,
            get(async || script(include_str!("../assets/upload.js"))),
        )
}

async fn style() -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "text/css; charset=utf-8"),
        (CACHE_CONTROL, "public, max-age=3600"),
    ];
    (headers, include_str!("../assets/app.css"))
}

fn script(text: &'static str) -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (CACHE_CONTROL, "public, max-age=3600"),
    ];
    (headers, text)
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
            &format!("/statement/versions?lang={code}"),
            "声明的历次版本",
            "Versions of the statement",
            "阅读、比较、下载",
            "read, compare, download",
        ),
        link(
            &format!("/cookies?lang={code}"),
            "Cookie",
            "Cookies",
            "用途、时长与开关",
            "what each is for, how long it lasts, and your switches",
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
    let door = if path == "/operator" || path.starts_with("/operator/") {
        Door::Operator
    } else {
        Door::Public
    };
    blocks.push(Block::Links(match door {
        Door::Operator => vec![link(
            "/operator",
            "返回运营后台",
            "Back to the operators' pages",
        )],
        Door::Public => vec![
            link("/console", "前往控制台", "Go to the console"),
            link("/", "返回首页", "Back to the first page"),
        ],
    }));
    show(&Page {
        frame: Frame::at(door, lang, title, path),
        lead: detail.unwrap_or_default().to_owned(),
        sections: vec![Section {
            anchor: "next",
            title: lang.pick("接下来", "What next").to_owned(),
            blocks,
        }],
    })
}
