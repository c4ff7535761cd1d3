//! Binding an enterprise to the statement in force: by an owner, by an act of its own, in words that say so.

use axum::extract::State;
use axum::response::Response;
use yuntu_app::accounts::AccountError;
use yuntu_app::words::minute;
use yuntu_terms::{Lang, clause};

use super::Seated;
use crate::account::told::{Wrong, section, shown};
use crate::account::{to, version_of};
use crate::forms::{Fields, FormMark, Sent};
use crate::input::Language;
use crate::problem::Problem;
use crate::report::{Block, FormView, InputView, Link};
use crate::state::Site;

pub(super) const PATH: &str = "/console/statement";

pub(super) async fn page(
    State(site): State<Site>,
    seated: Seated,
    Language(lang): Language,
    mark: FormMark,
) -> Result<Response, Problem> {
    view(&site, &seated, lang, &mark, Wrong::default()).await
}

/// Records the acceptance of the version that was shown; going on without the tick is none.
pub(super) async fn sent(
    State(site): State<Site>,
    seated: Seated,
    Language(lang): Language,
    mark: FormMark,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    clause::hit!(U1);
    let in_force = site.platform.statement().version().to_string();
    if fields.one("accept") != "yes" || fields.one("version") != in_force {
        let wrong = Wrong::field("accept", AccountError::NotAccepted.text());
        return view(&site, &seated, lang, &mark, wrong).await;
    }
    site.platform.accept_statement(&seated.caller, lang).await?;
    Ok(to(PATH, lang))
}

async fn view(
    site: &Site,
    seated: &Seated,
    lang: Lang,
    mark: &FormMark,
    wrong: Wrong,
) -> Result<Response, Problem> {
    let platform = &site.platform;
    let status = wrong.status();
    let accepted = platform
        .accepted_statement(seated.caller.enterprise)
        .await?;
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
        None => blocks.push(Block::Text(
            lang.pick(
                "本企业尚未接受隐私声明，因此还不能导入数据、下达指示或运行查询。",
                "The enterprise has not accepted the privacy statement yet, so it cannot import data, give instructions or run queries.",
            )
            .to_owned(),
        )),
    }
    if accepted.is_none_or(|accepted| accepted.version != in_force) {
        let form = wrong.into_form(form(site, lang, mark, &in_force), lang);
        blocks.push(Block::Form(Box::new(form)));
    }
    let title = lang.pick("企业与隐私声明", "The enterprise and the privacy statement");
    let mut frame = seated.person.frame(lang, title, PATH, mark);
    frame.up = Some(Link {
        address: format!("/console?lang={}", lang.pick("zh", "en")),
        text: lang.pick("控制台", "Console").to_owned(),
        note: String::new(),
    });
    let lead = platform.enterprise_name(seated.caller.enterprise).await?;
    let heading = lang.pick("接受声明", "Acceptance");
    let sections = vec![section("acceptance", heading, blocks)];
    shown(site, mark, frame, lead, sections, status)
}

fn form(site: &Site, lang: Lang, mark: &FormMark, version: &str) -> FormView {
    let label = lang.pick(
        format!("我代表本企业接受隐私声明 {version} 版"),
        format!("I accept version {version} of the privacy statement for the enterprise"),
    );
    let note = lang.pick(
        "接受后，声明对本企业有约束力：平台只按贵企业的指示处理数据，贵企业对数据来源与个人同意负责。只有持有效授权书的所有者可以接受。",
        "Once accepted, the statement binds the enterprise: the platform works on its data by its instructions only, and the enterprise answers for where data comes from and what people consented to. Only an owner whose letter of authorisation is in force can accept.",
    );
    let tick = InputView {
        link: Some(Link {
            address: format!("/statement/v/{version}?lang={}", lang.pick("zh", "en")),
            text: lang.pick("阅读全文", "Read it whole").to_owned(),
            note: String::new(),
        }),
        ..InputView::tick("accept", "yes", label)
    };
    FormView {
        id: "bind",
        action: format!("{PATH}?lang={}", lang.pick("zh", "en")),
        mark: mark.text(),
        hidden: vec![version_of(site)],
        inputs: vec![tick.because(note).needed()],
        acts: vec![("accept", lang.pick("接受", "Accept").to_owned(), false)],
        ..FormView::default()
    }
}
