//! Following the link of an invitation.

use axum::http::StatusCode;
use axum::response::Response;
use yuntu_app::AppError;
use yuntu_app::store::StoreError;
use yuntu_app::words::minute;
use yuntu_terms::{Text, clause};

use super::Own;
use crate::forms::{Fields, Sent};
use crate::input::InPath;
use crate::problem::Problem;
use crate::report::{Block, FormView, opened, section};
use crate::view::Wrong;

pub(super) async fn page(own: Own, InPath(secret): InPath<String>) -> Result<Response, Problem> {
    show(&own, &secret, Wrong::default()).await
}

pub(super) async fn sent(
    own: Own,
    InPath(secret): InPath<String>,
    Sent(_): Sent<Fields>,
) -> Result<Response, Problem> {
    clause::hit!(R3);
    let platform = &own.site.platform;
    match platform.accept_invitation(&own.who.session, &secret).await {
        Ok(()) => Ok(own.on_to("/console", "")),
        Err(AppError::Store(StoreError::Conflict { .. })) => {
            let text = Text::new(
                "您已代表此企业，无需再次加入",
                "You act for this enterprise already.",
            );
            show(&own, &secret, Wrong::field("", text)).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn show(own: &Own, secret: &str, wrong: Wrong) -> Result<Response, Problem> {
    let (lang, platform) = (own.lang, &own.site.platform);
    let invited = platform.invitation(&own.who.session, secret).await?;
    let status = if wrong.is_nothing() {
        StatusCode::OK
    } else {
        StatusCode::CONFLICT
    };
    let facts = vec![
        (own.t("企业", "Enterprise"), invited.enterprise.clone()),
        (own.t("角色", "Role"), opened(invited.role.name(lang), lang)),
        (own.t("有效至", "Good until"), minute(invited.expires)),
    ];
    let path = format!("/account/join/{secret}");
    let mut blocks = vec![Block::Facts(facts)];
    if invited.hers {
        let label = own.t("接受邀请", "Accept the invitation");
        let form = FormView {
            acts: vec![("accept", label, false)],
            ..own.form("join", &path)
        };
        blocks.push(Block::Form(Box::new(wrong.into_form(form, lang))));
    } else {
        blocks.push(Block::Text(own.t(
            "此邀请发往另一个地址。请以拥有该地址的帐号登录，或先把它设为您帐号的邮箱或手机号。",
            "This invitation went to another address. Sign in with the account that has it, or make it an address of your account first.",
        )));
    }
    let title = lang.pick("加入一家企业", "Join an enterprise");
    let heading = lang.pick("邀请", "The invitation");
    let sections = vec![section("join", heading, blocks)];
    own.shown(own.frame(title, path), "", sections, status)
}
