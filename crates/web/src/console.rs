//! The console: what a person does for the enterprise in whose seat she acts.

mod audience;
mod bind;

mod certification;
mod choices;
mod consents;
mod datasets;
mod deliveries;
mod exceptions;
mod help;
mod instructions;
mod labels;
mod measures;
mod members;
mod partners;
mod receipts;
pub(crate) mod source;
mod tokens;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequestParts};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use yuntu_app::Caller;
use yuntu_terms::{DatasetId, Lang, RepresentativeId};

use crate::account::{Nobody, Person};
use crate::files::UPLOAD_BYTES_MAX;
use crate::forms::FormMark;
use crate::guard::{self, RUN_MAX};
use crate::pages::Frame;
use crate::problem::Problem;
use crate::report::{Block, Link, section};
use crate::state::Site;
use crate::view::{Comer, View, next_of, to, to_with};

/// How long a page may take.
const PAGE_MAX: std::time::Duration = std::time::Duration::from_secs(30);

/// How long a page may take that carries a file of consents.
const FILE_MAX: std::time::Duration = std::time::Duration::from_hours(1);

/// Makes the routes of the console.
pub(crate) fn router() -> Router<Site> {
    Router::new()
        .route("/console", get(list))
        .route("/console/audiences/{audience}", get(audience::show_one))
        .route(datasets::PATH, get(datasets::page))
        .route("/console/datasets/{dataset}", get(datasets::one::page))
        .route(
            instructions::PATH,
            get(instructions::page).post(instructions::sent),
        )
        .route(
            "/console/instructions/{instruction}",
            get(instructions::one::page).post(instructions::one::sent),
        )
        .route(help::PATH, get(help::page).post(help::sent))
        .route(
            "/console/help/{help}",
            get(help::one::page).post(help::one::sent),
        )
        .route("/console/receipts/{receipt}", get(receipts::page))
        .route("/console/receipts/{receipt}/file", get(receipts::file))
        .route(tokens::PATH, get(tokens::page).post(tokens::sent))
        .route(consents::PATH, get(consents::page))
        .route(
            "/console/consents/person",
            get(consents::person::page).post(consents::person::sent),
        )
        .route(
            "/console/datasets/{dataset}/consent/papers",
            post(consents::of_dataset::paper).layer(DefaultBodyLimit::max(UPLOAD_BYTES_MAX)),
        )
        .route(bind::PATH, get(bind::page).post(bind::sent))
        .route(
            measures::PATH,
            get(measures::page)
                .post(measures::sent)
                .layer(DefaultBodyLimit::max(UPLOAD_BYTES_MAX)),
        )
        .route("/console/members", get(members::page).post(members::sent))
        .route(
            "/console/members/{representative}",
            get(members::one::page).post(members::one::sent),
        )
        .route(
            "/console/members/{representative}/letters",
            post(members::letters::add).layer(DefaultBodyLimit::max(UPLOAD_BYTES_MAX)),
        )
        .route(
            "/console/members/{representative}/letters/{number}",
            get(members::letters::file),
        )
        .merge(certification::router())
        .merge(exceptions::router())
        .merge(labels::router())
        .merge(partners::router())
        .merge(source::router())
        .layer(DefaultBodyLimit::max(16_384))
        .layer(from_fn(guard::same_site))
        .layer(from_fn_with_state(PAGE_MAX, guard::time))
        .merge(uploads())
        .merge(runs())
        .merge(deliveries::router())
}

/// Makes the routes of forms that run work on business data.
fn runs() -> Router<Site> {
    Router::new()
        .route(
            "/console/datasets/{dataset}/consent",
            get(consents::of_dataset::page).post(consents::of_dataset::sent),
        )
        .layer(DefaultBodyLimit::max(16_384))
        .layer(from_fn(guard::same_site))
        .layer(from_fn_with_state(RUN_MAX, guard::time))
}

/// Makes the routes of forms whose file may take long.
fn uploads() -> Router<Site> {
    Router::new()
        .route(
            "/console/consents/file",
            post(consents::file::sent).layer(DefaultBodyLimit::disable()),
        )
        .layer(from_fn(guard::same_site))
        .layer(from_fn_with_state(FILE_MAX, guard::time))
}

/// Somebody who is signed in, accepted the statement in force and has taken a seat.
#[derive(Debug)]
pub(crate) struct Seated {
    pub(crate) person: Person,
    pub(crate) caller: Caller,
}

impl Comer for Seated {
    fn frame(&self, lang: Lang, title: String, path: String, mark: &FormMark) -> Frame {
        self.person.frame(lang, title, path, mark)
    }
}

/// A page of the console.
type Console<P = ()> = View<Seated, P>;

impl<P> Console<P> {
    /// Leads back to where one begins.
    fn up(&self) -> Link {
        self.link("/console", "控制台", "Console")
    }

    /// Leads to a dataset by its name.
    fn dataset_link(&self, dataset: DatasetId, name: String) -> Link {
        self.named(&format!("{}/{dataset}", datasets::PATH), name)
    }

    /// Says who of the enterprise did something. Names are for who manages members; others read the number of the seat.
    fn colleague(&self, by: RepresentativeId) -> String {
        if by == self.who.caller.representative {
            self.t("您", "you")
        } else {
            by.to_string()
        }
    }
}

/// Why nobody sits there.
pub(crate) enum NotSeated {
    /// She is not signed in.
    Nobody(Nobody),
    /// She has not accepted the version in force, and comes back to this path.
    Accept(Lang, String),
    /// She acts for nobody yet, or has to say for whom.
    Seat(Lang),
    /// Something does not work.
    Fault(Problem),
}

impl From<Problem> for NotSeated {
    fn from(problem: Problem) -> Self {
        Self::Fault(problem)
    }
}

impl IntoResponse for NotSeated {
    fn into_response(self) -> Response {
        match self {
            Self::Nobody(nobody) => nobody.into_response(),
            Self::Accept(lang, path) => {
                let next = next_of(&path).unwrap_or_default();
                to_with("/account/accept", lang, &[("next", next)])
            }
            Self::Seat(lang) => to("/account/seats", lang),
            Self::Fault(problem) => problem.into_response(),
        }
    }
}

impl FromRequestParts<Site> for Seated {
    type Rejection = NotSeated;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, NotSeated> {
        let lang = crate::input::language(&parts.headers, &parts.uri);
        let person = <Person as FromRequestParts<Site>>::from_request_parts(parts, site).await;
        let mut person = person.map_err(NotSeated::Nobody)?;
        let fault = |error: yuntu_app::AppError| NotSeated::Fault(error.into());
        let accepted = site.platform.has_accepted(&person.session).await;
        if !accepted.map_err(fault)? {
            return Err(NotSeated::Accept(lang, parts.uri.path().to_owned()));
        }
        let caller = site.platform.caller(&person.session).await.map_err(fault)?;
        let caller = caller.ok_or(NotSeated::Seat(lang))?;
        let standing = site.platform.standing_measures(&caller).await;
        person.measures = standing.map_err(fault)?;
        Ok(Self { person, caller })
    }
}

async fn list(console: Console) -> Result<Response, Problem> {
    let (lang, platform, caller) = (console.lang, &console.site.platform, &console.who.caller);
    if !platform.is_certified(caller.enterprise).await? {
        return uncertified(&console).await;
    }
    let found = platform.list_audiences(caller).await?;
    let links = found
        .into_iter()
        .map(|(id, name, purpose)| Link {
            address: console.address(&format!("/console/audiences/{id}")),
            text: name,
            note: console.purpose(&purpose),
        })
        .collect();
    let block = Block::links(
        links,
        console.t("还没有人群。", "There is no audience yet."),
    );
    let waiting = platform.datasets_at_a_glance(caller).await?;
    let waiting = datasets::waiting_note(&waiting, lang);
    let enterprise = Block::Links(of_enterprise(&console, binding(&console).await?));
    let heading = lang.pick("已保存的人群", "Saved audiences");
    let mut sections = vec![section("audiences", heading, vec![block])];
    let owed = exceptions::owed(&console).await?;
    let partners = partners::ending_note(&console).await?;
    let data = Block::Links(of_data(&console, [waiting, owed, partners]));
    sections.push(section("data", lang.pick("数据", "Data"), vec![data]));
    let heading = lang.pick("企业", "The enterprise");
    sections.push(section("enterprise", heading, vec![enterprise]));
    let frame = console.frame(lang.pick("人群", "Audiences"), "/console");
    let lead = platform.enterprise_name(caller.enterprise).await?;
    console.shown(frame, lead, sections, StatusCode::OK)
}

/// Leads to what is about the enterprise's data.
fn of_data(console: &Console, [waiting, owed, ending]: [String; 3]) -> Vec<Link> {
    vec![
        Link {
            note: waiting,
            ..console.link(datasets::PATH, "数据集", "Datasets")
        },
        console.link(instructions::PATH, "指示", "Instructions"),
        Link {
            note: ending,
            ..console.link(partners::PATH, "合作方", "Partners")
        },
        Link {
            note: owed,
            ..console.link(exceptions::PATH, "同意的例外", "Exceptions to consent")
        },
        console.link(tokens::PATH, "接口令牌", "Tokens for the API"),
        console.link(consents::PATH, "同意", "Consents"),
        console.link(help::PATH, "技术协助", "Technical help"),
    ]
}

/// Leads to what is about the enterprise itself.
fn of_enterprise(console: &Console, statement: String) -> Vec<Link> {
    let (zh, en) = ("企业与隐私声明", "The enterprise and the privacy statement");
    vec![
        Link {
            note: statement,
            ..console.link(bind::PATH, zh, en)
        },
        console.link("/console/certification", "企业认证", "Certification"),
        console.link("/console/members", "成员与邀请", "Members and invitations"),
        console.link(measures::PATH, "措施与申诉", "Measures and appeals"),
        console.link(
            "/account/seats",
            "选择其他企业",
            "Choose another enterprise",
        ),
    ]
}

/// Says whether the statement in force binds the enterprise, unless it does.
async fn binding(console: &Console) -> Result<String, Problem> {
    let platform = &console.site.platform;
    let enterprise = console.who.caller.enterprise;
    let accepted = platform.accepted_statement(enterprise).await?;
    let in_force = platform.statement().version().to_string();
    Ok(match accepted {
        Some(accepted) if accepted.version == in_force => String::new(),
        Some(_) => console.t(
            "有新版本待接受；在此之前按原版本执行",
            "a newer version waits to be accepted; until then the accepted one holds",
        ),
        None => console.t(
            "尚未接受：接受之前不能导入、指示或查询",
            "not accepted yet: until then nothing can be imported, instructed or queried",
        ),
    })
}

/// Says plainly what an enterprise can do before its certification, and what that would open.
async fn uncertified(console: &Console) -> Result<Response, Problem> {
    let lang = console.lang;
    let text = console.t(
        "此企业没有在有效期内的认证，因此不能导入数据、下达指示或查看报告。认证核验企业的身份与您代表它的授权，通过后上述功能随即开放。",
        "This enterprise has no certification in force, so it cannot import data, give instructions or read reports. Certification checks who the enterprise is and that you may act for it; once granted, all of that opens.",
    );
    let links = vec![
        console.link(
            "/console/certification",
            "办理企业认证",
            "Apply for certification",
        ),
        console.link("/console/members", "管理成员", "Manage members"),
        console.link(measures::PATH, "措施与申诉", "Measures and appeals"),
        console.link(
            "/account/seats",
            "选择其他企业",
            "Choose another enterprise",
        ),
    ];
    let heading = lang.pick("等待认证", "Waiting for certification");
    let blocks = vec![Block::Text(text), Block::Links(links)];
    let sections = vec![section("certification", heading, blocks)];
    let frame = console.frame(lang.pick("控制台", "Console"), "/console");
    let platform = &console.site.platform;
    let lead = platform
        .enterprise_name(console.who.caller.enterprise)
        .await?;
    console.shown(frame, lead, sections, StatusCode::OK)
}
