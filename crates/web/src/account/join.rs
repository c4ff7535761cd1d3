//! Following the link of an invitation.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use yuntu_app::AppError;
use yuntu_app::store::StoreError;
use yuntu_app::words::minute;
use yuntu_terms::{Lang, Text, clause};

use super::told::{Wrong, section, shown};
use super::{Person, to};
use crate::forms::{Fields, FormMark, Sent};
use crate::input::{InPath, Language};
use crate::problem::Problem;
use crate::report::{Block, FormView, opened};
use crate::state::Site;

pub(super) async fn page(
    State(site): State<Site>,
    person: Person,
    Language(lang): Language,
    mark: FormMark,
    InPath(secret): InPath<String>,
) -> Result<Response, Problem> {
    show(&site, &person, (lang, &mark), &secret, Wrong::default()).await
}

pub(super) async fn sent(
    State(site): State<Site>,
    person: Person,
    Language(lang): Language,
    mark: FormMark,
    InPath(secret): InPath<String>,
    Sent(_): Sent<Fields>,
) -> Result<Response, Problem> {
    clause::hit!(R3);
    let platform = &site.platform;
    match platform.accept_invitation(&person.session, &secret).await {
        Ok(()) => Ok(to("/console", lang)),
        Err(AppError::Store(StoreError::Conflict { .. })) => {
            let text = Text::new(
                "您已代表此企业，无需再次加入",
                "You act for this enterprise already.",
            );
            let wrong = Wrong::field("", text);
            show(&site, &person, (lang, &mark), &secret, wrong).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn show(
    site: &Site,
    person: &Person,
    (lang, mark): (Lang, &FormMark),
    secret: &str,
    wrong: Wrong,
) -> Result<Response, Problem> {
    let invited = site.platform.invitation(&person.session, secret).await?;
    let status = if wrong.is_nothing() {
        StatusCode::OK
    } else {
        StatusCode::CONFLICT
    };
    let t = |zh: &str, en: &str| lang.pick(zh, en).to_owned();
    let facts = vec![
        (t("企业", "Enterprise"), invited.enterprise.clone()),
        (t("角色", "Role"), opened(invited.role.name(lang), lang)),
        (t("有效至", "Good until"), minute(invited.expires)),
    ];
    let path = format!("/account/join/{secret}");
    let mut blocks = vec![Block::Facts(facts)];
    if invited.hers {
        let form = FormView {
            id: "join",
            action: format!("{path}?lang={}", lang.pick("zh", "en")),
            mark: mark.text(),
            acts: vec![("accept", t("接受邀请", "Accept the invitation"), false)],
            ..FormView::default()
        };
        blocks.push(Block::Form(Box::new(wrong.into_form(form, lang))));
    } else {
        blocks.push(Block::Text(t(
            "此邀请发往另一个地址。请以拥有该地址的帐号登录，或先把它设为您帐号的邮箱或手机号。",
            "This invitation went to another address. Sign in with the account that has it, or make it an address of your account first.",
        )));
    }
    let title = lang.pick("加入一家企业", "Join an enterprise");
    let heading = lang.pick("邀请", "The invitation");
    let sections = vec![section("join", heading, blocks)];
    let frame = person.frame(lang, title, path, mark);
    shown(site, mark, frame, "", sections, status)
}
