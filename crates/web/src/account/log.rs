//! A person's own operation log, a page at a time.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use yuntu_app::words::minute;
use yuntu_terms::{Lang, Pii, clause};

use super::sessions::device;
use super::told::{section, shown};
use super::{Asked, Person};
use crate::forms::FormMark;
use crate::input::Language;
use crate::inside::Inside;
use crate::problem::Problem;
use crate::report::{Block, Link, Table};
use crate::state::Site;

pub(super) async fn page(
    State(site): State<Site>,
    person: Person,
    Language(lang): Language,
    mark: FormMark,
    asked: Asked,
) -> Result<Response, Problem> {
    show(&site, person.inside(), lang, &mark, &asked).await
}

/// Shows the own log of whoever is signed in, at either door.
pub(crate) async fn show(
    site: &Site,
    inside: Inside<'_>,
    lang: Lang,
    mark: &FormMark,
    asked: &Asked,
) -> Result<Response, Problem> {
    clause::hit!(R1);
    let path = inside.door.log();
    let before = match asked.before.as_str() {
        "" => None,
        text => Some(text.parse().map_err(|_number| Problem::not_found())?),
    };
    let found = site.platform.own_acts(inside.session, before).await?;
    let t = |zh: &str, en: &str| lang.pick(zh, en).to_owned();
    let rows = found.acts.iter().map(|act| {
        let clauses: Vec<String> = act.clauses.iter().map(ToString::to_string).collect();
        let read = |value: Option<&Pii<String>>| value.and_then(|it| inside.own.read(it));
        let unknown = || String::from("–");
        let agent = read(act.agent.as_ref()).and_then(|agent| device(&agent));
        vec![
            minute(act.at),
            act.text.get(lang).to_owned(),
            act.result.text().get(lang).to_owned(),
            read(act.network.as_ref()).unwrap_or_else(unknown),
            agent.unwrap_or_else(unknown),
            clauses.join(" "),
        ]
    });
    let table = Table {
        caption: t("最新的在前", "The newest first"),
        head: vec![
            t("时间", "Time"),
            t("操作", "What"),
            t("结果", "Result"),
            t("网络", "Network"),
            t("浏览器", "Browser"),
            t("条款", "Clauses"),
        ],
        rows: rows.collect(),
        ..Table::default()
    };
    let mut blocks = vec![Block::Table(table)];
    if let Some(older) = found.older {
        let code = lang.pick("zh", "en");
        blocks.push(Block::Links(vec![Link {
            address: format!("{path}?lang={code}&before={older}"),
            text: t("更早的记录", "Older entries"),
            note: String::new(),
        }]));
    }
    let lead = lang.pick(
        "以您的帐号做过的操作（包括为企业所做的和被拒绝的），以及在您的邮箱或手机号上未成功的登录尝试，保存六个月。未成功的尝试不一定是您本人。",
        "What was done under your account, for enterprises too, what was refused, and the sign-ins at your addresses that failed, kept for six months. Those that failed need not have been yours.",
    );
    let title = lang.pick("操作日志", "Operation log");
    let heading = lang.pick("我的操作", "What I did");
    let sections = vec![section("log", heading, blocks)];
    let frame = inside.frame(lang, title, path, mark);
    shown(site, mark, frame, lead, sections, StatusCode::OK)
}
