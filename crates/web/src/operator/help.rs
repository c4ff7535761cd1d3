//! Technical help as operators see it: what enterprises ask for, and what was approved for her.

mod one;

pub(super) use one::{page as one, sent};

use axum::extract::State;
use axum::response::Response;
use yuntu_app::help::OfferedHelp;
use yuntu_app::policy::Standing;
use yuntu_app::words::minute;
use yuntu_terms::Lang;

use super::OperatorIn;
use crate::account::told::{section, shown};
use crate::forms::FormMark;
use crate::input::Language;
use crate::problem::Problem;
use crate::report::{Block, Link};
use crate::state::Site;

const PATH: &str = "/operator/help";

pub(super) async fn page(
    State(site): State<Site>,
    operator: OperatorIn,
    Language(lang): Language,
    mark: FormMark,
) -> Result<Response, Problem> {
    let found = site.platform.helps_offered(&operator.caller).await?;
    let (waiting, given): (Vec<_>, Vec<_>) =
        found.iter().partition(|it| it.row.help.approved.is_none());
    let list = |anchor, zh, en, rows: Vec<&OfferedHelp>| {
        let links: Vec<_> = rows.into_iter().map(|it| link(it, lang)).collect();
        let block = if links.is_empty() {
            Block::Text(lang.pick("没有。", "None.").to_owned())
        } else {
            Block::Links(links)
        };
        section(anchor, lang.pick(zh, en), vec![block])
    };
    let sections = vec![
        list("waiting", "等待协助的申请", "Requests that wait", waiting),
        list(
            "given",
            "企业批准由您提供的协助",
            "Help that was approved for you",
            given,
        ),
    ];
    let title = lang.pick("技术协助", "Technical help");
    let frame = operator.inside().frame(lang, title, PATH, &mark);
    let lead = lang.pick(
        "没有企业的批准，看不到任何业务数据。您的每一次查看，连同语句与结果，都列在企业自己的日志里。",
        "Without an enterprise's approval no business data can be seen. Each look of yours stands in the enterprise's own log, with its statement and what came of it.",
    );
    shown(
        &site,
        &mark,
        frame,
        lead,
        sections,
        axum::http::StatusCode::OK,
    )
}

fn link(it: &OfferedHelp, lang: Lang) -> Link {
    let help = &it.row.help;
    let code = lang.pick("zh", "en");
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
        address: format!("{PATH}/{}?lang={code}", help.id),
        text: format!("{} · {}", it.enterprise, minute(help.asked_at)),
        note: lang.pick(format!("{asked}；{state}"), format!("{asked}; {state}")),
    }
}
