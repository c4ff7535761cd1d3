//! A person's own operation log, a page at a time.

use axum::http::StatusCode;
use axum::response::Response;
use yuntu_app::words::minute;
use yuntu_terms::{Pii, clause};

use super::Own;
use crate::inside::SignedIn;
use crate::problem::Problem;
use crate::report::{Block, Link, section};
use crate::view::{Asked, View};
use crate::visit::device;

pub(super) async fn page(own: Own, asked: Asked) -> Result<Response, Problem> {
    show(&own, &asked).await
}

/// Shows the own log of whoever is signed in, at either door.
pub(crate) async fn show<W: SignedIn>(view: &View<W>, asked: &Asked) -> Result<Response, Problem> {
    clause::hit!(R1);
    let (lang, inside) = (view.lang, view.who.inside());
    let path = inside.door.log();
    let before = match asked.before.as_str() {
        "" => None,
        text => Some(text.parse().map_err(|_number| Problem::not_found())?),
    };
    let found = view.site.platform.own_acts(inside.session, before).await?;
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
    let table = view.table(
        view.t("最新的在前", "The newest first"),
        &[
            ("时间", "Time"),
            ("操作", "What"),
            ("结果", "Result"),
            ("网络", "Network"),
            ("浏览器", "Browser"),
            ("条款", "Clauses"),
        ],
        rows,
    );
    let mut blocks = vec![Block::Table(table)];
    if let Some(older) = found.older {
        let here = view.address(path);
        blocks.push(Block::Links(vec![Link {
            address: format!("{here}&before={older}"),
            text: view.t("更早的记录", "Older entries"),
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
    view.shown(view.frame(title, path), lead, sections, StatusCode::OK)
}
