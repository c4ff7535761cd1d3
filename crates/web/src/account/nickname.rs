//! Changing what one wants to be called.

use axum::extract::State;
use axum::response::Response;
use yuntu_app::accounts::Nickname;
use yuntu_terms::Lang;

use super::told::{Need, Wrong, section, shown, why};
use super::{Person, to_with};
use crate::forms::{Fields, FormMark, Sent};
use crate::input::Language;
use crate::problem::Problem;
use crate::report::{Block, FormView, InputView};
use crate::state::Site;

const PATH: &str = "/account/nickname";

pub(super) async fn page(
    State(site): State<Site>,
    person: Person,
    Language(lang): Language,
    mark: FormMark,
) -> Result<Response, Problem> {
    let typed = person.own.nickname().unwrap_or_default();
    form(&site, &person, lang, &mark, (&typed, Wrong::default()))
}

pub(super) async fn sent(
    State(site): State<Site>,
    person: Person,
    Language(lang): Language,
    mark: FormMark,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    let typed = fields.one("nickname");
    match Nickname::parse(typed) {
        Ok(nickname) => {
            let platform = &site.platform;
            platform.set_nickname(&person.session, nickname).await?;
            Ok(to_with("/account", lang, &[("done", "nickname")]))
        }
        Err(fault) => {
            let wrong = Wrong::field("nickname", fault.text());
            form(&site, &person, lang, &mark, (typed, wrong))
        }
    }
}

fn form(
    site: &Site,
    person: &Person,
    lang: Lang,
    mark: &FormMark,
    (typed, wrong): (&str, Wrong),
) -> Result<Response, Problem> {
    let status = wrong.status();
    let statement = site.platform.statement();
    let view = FormView {
        id: "nickname",
        action: format!("{PATH}?lang={}", lang.pick("zh", "en")),
        mark: mark.text(),
        inputs: vec![
            InputView {
                autocomplete: "nickname",
                ..InputView::line("nickname", lang.pick("昵称", "Nickname"))
            }
            .with(typed)
            .because(why(statement, "nickname", "account", Need::Optional, lang)),
        ],
        acts: vec![("set", lang.pick("保存", "Save").to_owned(), false)],
        ..FormView::default()
    };
    let view = wrong.into_form(view, lang);
    let title = lang.pick("昵称", "Nickname");
    let heading = lang.pick("您希望怎样被称呼", "What you want to be called");
    let sections = vec![section(
        "nickname",
        heading,
        vec![Block::Form(Box::new(view))],
    )];
    let frame = person.frame(lang, title, PATH, mark);
    shown(site, mark, frame, "", sections, status)
}
