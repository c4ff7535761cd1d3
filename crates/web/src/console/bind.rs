//! Binding an enterprise to the statement in force: by an owner, by an act of its own, in words that say so.

use axum::response::Response;
use yuntu_app::accounts::AccountError;
use yuntu_app::words::minute;
use yuntu_terms::clause;

use super::Console;
use crate::account::version_of;
use crate::forms::{Fields, Sent};
use crate::problem::Problem;
use crate::report::{Block, FormView, InputView, section};
use crate::view::Wrong;

pub(super) const PATH: &str = "/console/statement";

pub(super) async fn page(console: Console) -> Result<Response, Problem> {
    show(&console, Wrong::default()).await
}

/// Records the acceptance of the version that was shown; going on without the tick is none.
pub(super) async fn sent(
    console: Console,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    clause::hit!(U1);
    let platform = &console.site.platform;
    let in_force = platform.statement().version().to_string();
    if fields.one("accept") != "yes" || fields.one("version") != in_force {
        let wrong = Wrong::field("accept", AccountError::NotAccepted.text());
        return show(&console, wrong).await;
    }
    platform
        .accept_statement(&console.who.caller, console.lang)
        .await?;
    Ok(console.on_to(PATH, ""))
}

async fn show(console: &Console, wrong: Wrong) -> Result<Response, Problem> {
    let (lang, platform) = (console.lang, &console.site.platform);
    let enterprise = console.who.caller.enterprise;
    let status = wrong.status();
    let accepted = platform.accepted_statement(enterprise).await?;
    let in_force = platform.statement().version().to_string();
    let mut blocks = Vec::new();
    match &accepted {
        Some(accepted) => {
            let (version, at) = (&accepted.version, minute(accepted.at));
            blocks.push(Block::Text(lang.pick(
                format!("本企业于 {at} 接受了隐私声明 {version} 版；记录在账本中，可以核验。"),
                format!("The enterprise accepted version {version} of the privacy statement at {at}; this is in the ledger and can be verified."),
            )));
        }
        None => blocks.push(Block::Text(console.t(
            "本企业尚未接受隐私声明，因此还不能导入数据、下达指示或运行查询。",
            "The enterprise has not accepted the privacy statement yet, so it cannot import data, give instructions or run queries.",
        ))),
    }
    if accepted.is_none_or(|accepted| accepted.version != in_force) {
        let form = wrong.into_form(form(console, &in_force), lang);
        blocks.push(Block::Form(Box::new(form)));
    }
    let title = lang.pick("企业与隐私声明", "The enterprise and the privacy statement");
    let frame = console.frame(title, PATH).below(console.up());
    let lead = platform.enterprise_name(enterprise).await?;
    let heading = lang.pick("接受声明", "Acceptance");
    let sections = vec![section("acceptance", heading, blocks)];
    console.shown(frame, lead, sections, status)
}

fn form(console: &Console, version: &str) -> FormView {
    let lang = console.lang;
    let label = lang.pick(
        format!("我代表本企业接受隐私声明 {version} 版"),
        format!("I accept version {version} of the privacy statement for the enterprise"),
    );
    let note = lang.pick(
        "接受后，声明对本企业有约束力：平台只按贵企业的指示处理数据，贵企业对数据来源与个人同意负责。只有持有效授权书的所有者可以接受。",
        "Once accepted, the statement binds the enterprise: the platform works on its data by its instructions only, and the enterprise answers for where data comes from and what people consented to. Only an owner whose letter of authorisation is in force can accept.",
    );
    let statement = format!("/statement/v/{version}");
    let tick = InputView::tick("accept", "yes", label).linked(console.link(
        &statement,
        "阅读全文",
        "Read it whole",
    ));
    FormView {
        hidden: vec![version_of(&console.site)],
        inputs: vec![tick.because(note).needed()],
        acts: vec![("accept", console.t("接受", "Accept"), false)],
        ..console.form("bind", PATH)
    }
}
