//! Changing what one wants to be called.

use axum::response::Response;
use yuntu_app::accounts::Nickname;

use super::Own;
use super::told::{Need, why};
use crate::forms::{Fields, Sent};
use crate::problem::Problem;
use crate::report::{Block, FormView, InputView, section};
use crate::view::Wrong;

const PATH: &str = "/account/nickname";

pub(super) async fn page(own: Own) -> Result<Response, Problem> {
    let typed = own.who.own.nickname().unwrap_or_default();
    show(&own, &typed, Wrong::default())
}

pub(super) async fn sent(own: Own, Sent(fields): Sent<Fields>) -> Result<Response, Problem> {
    let typed = fields.one("nickname");
    match Nickname::parse(typed) {
        Ok(nickname) => {
            let platform = &own.site.platform;
            platform.set_nickname(&own.who.session, nickname).await?;
            Ok(own.on_to("/account", "nickname"))
        }
        Err(fault) => show(&own, typed, Wrong::field("nickname", fault.text())),
    }
}

fn show(own: &Own, typed: &str, wrong: Wrong) -> Result<Response, Problem> {
    let (lang, status) = (own.lang, wrong.status());
    let statement = own.site.platform.statement();
    let form = FormView {
        inputs: vec![
            InputView {
                autocomplete: "nickname",
                ..InputView::line("nickname", lang.pick("昵称", "Nickname"))
            }
            .with(typed)
            .because(why(statement, "nickname", "account", Need::Optional, lang)),
        ],
        acts: vec![("set", own.t("保存", "Save"), false)],
        ..own.form("nickname", PATH)
    };
    let blocks = vec![Block::Form(Box::new(wrong.into_form(form, lang)))];
    let heading = lang.pick("您希望怎样被称呼", "What you want to be called");
    let sections = vec![section("nickname", heading, blocks)];
    let frame = own.frame(lang.pick("昵称", "Nickname"), PATH);
    own.shown(frame, "", sections, status)
}
