//! Reports of minors' accounts: what waits, and one of them, masked until a look with a reason, decided in words.

mod view;

use axum::extract::State;
use axum::response::Response;
use yuntu_app::AppError;
use yuntu_app::minors::{EraseWhen, OpenedReport, ReportLinks, ReportText, Uphold};
use yuntu_app::policy::ReportLookReason;
use yuntu_terms::{MinorReportId, clause};

use super::OperatorIn;
use crate::account::to_with;
use crate::account::told::Wrong;
use crate::forms::{Fields, FormMark, Sent};
use crate::input::{Here, Language, Named};
use crate::minors;
use crate::problem::Problem;
use crate::state::Site;

use view::View;

pub(super) const PATH: &str = "/operator/minors";

pub(super) async fn list(
    State(site): State<Site>,
    operator: OperatorIn,
    Language(lang): Language,
    mark: FormMark,
) -> Result<Response, Problem> {
    let (open, settled) = site.platform.minor_reports(&operator.caller).await?;
    let title = lang.pick("未成年人帐号举报", "Reports of minors' accounts");
    let frame = operator.inside().frame(lang, title, PATH, &mark);
    let shown = view::list(&open, &settled, site.platform.now(), frame)?;
    mark.keep(&site, shown)
}

pub(super) async fn page(
    State(site): State<Site>,
    operator: OperatorIn,
    Language(lang): Language,
    mark: FormMark,
    Named(id): Named<MinorReportId>,
) -> Result<Response, Problem> {
    let found = site
        .platform
        .review_minor_report(&operator.caller, id)
        .await?;
    let view = View {
        site: &site,
        operator: &operator,
        lang,
        mark: &mark,
        typed: None,
    };
    view.show(&found, &OpenedReport::default(), Wrong::default())
}

pub(super) async fn sent(
    State(site): State<Site>,
    operator: OperatorIn,
    (Language(lang), here, mark): (Language, Here, FormMark),
    Named(id): Named<MinorReportId>,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    clause::hit!(R29);
    let (platform, caller) = (&site.platform, &operator.caller);
    let mut opened = OpenedReport::default();
    let mut wrong = Wrong::default();
    match fields.one("act") {
        "look" => {
            let reason = ReportLookReason::from_code(fields.one("reason"));
            let reason = reason.ok_or_else(Problem::not_found)?;
            opened = platform.look_into_report(caller, id, reason).await?;
        }
        act @ ("uphold" | "dismiss") => {
            match decide(&site, &operator, &here, id, (act, &fields)).await {
                Ok(()) => {
                    let path = format!("{PATH}/{id}");
                    return Ok(to_with(&path, lang, &[]));
                }
                Err(error) => wrong = Wrong::of(error)?,
            }
        }
        _ => return Err(Problem::invalid("没有此操作", "there is no such act")),
    }
    let found = platform.review_minor_report(caller, id).await?;
    let view = View {
        site: &site,
        operator: &operator,
        lang,
        mark: &mark,
        typed: Some(&fields),
    };
    view.show(&found, &opened, wrong)
}

async fn decide(
    site: &Site,
    operator: &OperatorIn,
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
    let (platform, caller) = (&site.platform, &operator.caller);
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
