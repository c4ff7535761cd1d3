//! Technical help as operators see it: what enterprises ask for, and what was approved for her.

mod one;

pub(super) use one::{page as one, sent};

use axum::http::StatusCode;
use axum::response::Response;
use yuntu_app::help::OfferedHelp;
use yuntu_app::policy::Standing;
use yuntu_app::words::minute;

use super::Desk;
use crate::problem::Problem;
use crate::report::{Block, Link, section};

const PATH: &str = "/operator/help";

pub(super) async fn page(desk: Desk) -> Result<Response, Problem> {
    let (lang, platform) = (desk.lang, &desk.site.platform);
    let found = platform.helps_offered(&desk.who.caller).await?;
    let (waiting, given): (Vec<_>, Vec<_>) =
        found.iter().partition(|it| it.row.help.approved.is_none());
    let list = |rows: Vec<&OfferedHelp>| {
        let links = rows.into_iter().map(|it| link(&desk, it));
        vec![Block::links(links.collect(), desk.t("没有。", "None."))]
    };
    let heading = lang.pick("等待协助的申请", "Requests that wait");
    let waiting = section("waiting", heading, list(waiting));
    let heading = lang.pick("企业批准由您提供的协助", "Help that was approved for you");
    let sections = vec![waiting, section("given", heading, list(given))];
    let frame = desk.frame(lang.pick("技术协助", "Technical help"), PATH);
    let lead = lang.pick(
        "没有企业的批准，看不到任何业务数据。您的每一次查看，连同语句与结果，都列在企业自己的日志里。",
        "Without an enterprise's approval no business data can be seen. Each look of yours stands in the enterprise's own log, with its statement and what came of it.",
    );
    desk.shown(frame, lead, sections, StatusCode::OK)
}

fn link(desk: &Desk, it: &OfferedHelp) -> Link {
    let (lang, help) = (desk.lang, &it.row.help);
    let state = match (&help.approved, it.standing) {
        (Some((.., period)), Standing::Active) => {
            let until = minute(period.until);
            lang.pick(
                format!("协助中，至 {until}"),
                format!("being given, until {until}"),
            )
        }
        (_, Standing::Pending) if it.row.offered => {
            lang.pick("您已表示可以协助", "you offered").to_owned()
        }
        (_, Standing::Pending) => lang
            .pick("等待有人表示可以协助", "waits for an offer")
            .to_owned(),
        (_, Standing::Active | Standing::Frozen | Standing::Ended) => {
            lang.pick("已结束", "has ended").to_owned()
        }
    };
    let count = help.asked.datasets.len();
    let asked = lang.pick(format!("{count} 个数据集"), format!("datasets: {count}"));
    Link {
        address: desk.address(&format!("{PATH}/{}", help.id)),
        text: format!("{} · {}", it.enterprise, minute(help.asked_at)),
        note: lang.pick(format!("{asked}；{state}"), format!("{asked}; {state}")),
    }
}
