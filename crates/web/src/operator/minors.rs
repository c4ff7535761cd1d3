//! Reports of minors' accounts: what waits, and one of them, masked until a look with a reason, decided in words.

mod view;

use axum::response::Response;
use yuntu_app::AppError;
use yuntu_app::minors::{EraseWhen, OpenedReport, ReportLinks, ReportText, Uphold};
use yuntu_app::policy::ReportLookReason;
use yuntu_terms::{MinorReportId, clause};

use super::Desk;
use crate::forms::{Fields, Sent};
use crate::input::{Here, Named};
use crate::minors;
use crate::problem::Problem;
use crate::view::Wrong;

use view::Topic;

pub(super) const PATH: &str = "/operator/minors";

pub(super) async fn list(desk: Desk) -> Result<Response, Problem> {
    let platform = &desk.site.platform;
    let (open, settled) = platform.minor_reports(&desk.who.caller).await?;
    view::list(&desk, &open, &settled)
}

pub(super) async fn page(desk: Desk, Named(id): Named<MinorReportId>) -> Result<Response, Problem> {
    let platform = &desk.site.platform;
    let found = platform.review_minor_report(&desk.who.caller, id).await?;
    let view = desk.about(Topic { typed: None });
    view.show(&found, &OpenedReport::default(), Wrong::default())
}

pub(super) async fn sent(
    desk: Desk,
    here: Here,
    Named(id): Named<MinorReportId>,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    clause::hit!(R29);
    let (platform, caller) = (&desk.site.platform, &desk.who.caller);
    let mut opened = OpenedReport::default();
    let mut wrong = Wrong::default();
    match fields.one("act") {
        "look" => {
            let reason = ReportLookReason::from_code(fields.one("reason"));
            let reason = reason.ok_or_else(Problem::not_found)?;
            opened = platform.look_into_report(caller, id, reason).await?;
        }
        act @ ("uphold" | "dismiss") => match decide(&desk, &here, id, (act, &fields)).await {
            Ok(()) => return Ok(desk.on_to(&format!("{PATH}/{id}"), "")),
            Err(error) => wrong = Wrong::of(error)?,
        },
        _ => return Err(Problem::no_such_act()),
    }
    let found = platform.review_minor_report(caller, id).await?;
    let view = desk.about(Topic {
        typed: Some(fields),
    });
    view.show(&found, &opened, wrong)
}

async fn decide(
    desk: &Desk,
    here: &Here,
    id: MinorReportId,
    (act, fields): (&str, &Fields),
) -> Result<(), AppError> {
    let link = |path: &str| {
        here.link(path).map_err(|_problem| AppError::Invalid {
            what: "host",
            reason: yuntu_app::Said::new(
                "本站尚未配置对外地址，无法写入通知中的链接；请先配置",
                "the site has no public address configured, which a notice must lead to; configure it first",
            ),
        })
    };
    let links = ReportLinks {
        objection: link(minors::PATH)?,
        outcome: link(minors::OUTCOME)?,
    };
    let words = ReportText::parse("words", fields.one("words"))?;
    let (platform, caller) = (&desk.site.platform, &desk.who.caller);
    if act == "dismiss" {
        return platform
            .dismiss_minor_report(caller, id, (words, &links))
            .await;
    }
    let account = fields
        .one("account")
        .parse()
        .map_err(|_id| AppError::Invalid {
            what: "account",
            reason: yuntu_app::Said::new("请选择一个帐号", "choose an account"),
        })?;
    let erase = if fields.one("at_once") == "yes" {
        EraseWhen::AtOnce
    } else {
        EraseWhen::AfterObjections
    };
    let how = Uphold {
        account,
        words,
        erase,
    };
    platform.uphold_minor_report(caller, id, how, &links).await
}
