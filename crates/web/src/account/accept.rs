//! Accepting the statement by an act of its own, for who has an account that somebody else made or before a new version.

use axum::response::Response;
use yuntu_app::accounts::{Acceptance, AccountError};
use yuntu_terms::{Lang, Text, clause};

use super::Own;
use crate::forms::{Fields, Sent};
use crate::problem::Problem;
use crate::report::{Block, FormView, InputKind, InputView, Link, section};
use crate::state::Site;
use crate::view::{Asked, Wrong, next_of};

const PATH: &str = "/account/accept";

/// Carries along the version that the person is shown.
pub(crate) fn version(site: &Site) -> (&'static str, String) {
    ("version", site.platform.statement().version().to_string())
}

/// Makes the box that is ticked to accept the version in force; it is never ticked beforehand.
pub(super) fn accept_input(site: &Site, lang: Lang, on: bool) -> InputView {
    let version = site.platform.statement().version();
    let label = lang.pick(
        format!("我已阅读并接受隐私声明 {version} 版"),
        format!("I have read and accept version {version} of the privacy statement"),
    );
    let note = lang.pick(
        "必需：声明说明我们如何处理您的个人信息。接受声明不等于同意任何可选目的。",
        "Necessary: the statement says how your personal information is treated. Accepting it agrees to no optional purpose.",
    );
    InputView {
        kind: InputKind::Tick { on },
        link: Some(Link {
            address: format!("/statement/v/{version}?lang={}", lang.pick("zh", "en")),
            text: lang.pick(
                format!("阅读隐私声明 {version} 版"),
                format!("Read version {version} of the privacy statement"),
            ),
            note: String::new(),
        }),
        ..InputView::tick("accept", "yes", label)
    }
    .because(note)
    .needed()
}

/// Reads the acceptance; going on without the tick is none.
pub(super) fn read(fields: &Fields, lang: Lang) -> Result<Acceptance, Text> {
    clause::hit!(R0);
    let version = fields.one("version").parse().ok();
    match version.filter(|_| fields.one("accept") == "yes") {
        Some(version) => Ok(Acceptance { version, lang }),
        None => Err(AccountError::NotAccepted.text()),
    }
}

pub(super) async fn page(own: Own, asked: Asked) -> Result<Response, Problem> {
    let next = next_of(&asked.next).unwrap_or_default();
    if own.site.platform.has_accepted(&own.who.session).await? {
        return Ok(own.on_to(next_of(next).unwrap_or("/account"), ""));
    }
    show(&own, next, Wrong::default())
}

pub(super) async fn sent(own: Own, Sent(fields): Sent<Fields>) -> Result<Response, Problem> {
    let next = next_of(fields.one("next")).unwrap_or_default();
    let wrong = match read(&fields, own.lang) {
        Err(text) => Wrong::field("accept", text),
        Ok(accepts) => match own.site.platform.accept(&own.who.session, accepts).await {
            Ok(()) => return Ok(own.on_to(next_of(next).unwrap_or("/console"), "")),
            Err(error) => Wrong::of(error)?,
        },
    };
    show(&own, next, wrong)
}

fn show(own: &Own, next: &str, wrong: Wrong) -> Result<Response, Problem> {
    let (lang, status) = (own.lang, wrong.status());
    let form = FormView {
        hidden: vec![("next", next.to_owned()), version(&own.site)],
        inputs: vec![accept_input(&own.site, lang, false)],
        acts: vec![("accept", own.t("接受", "Accept"), false)],
        ..own.form("accept", PATH)
    };
    let blocks = vec![Block::Form(Box::new(wrong.into_form(form, lang)))];
    let heading = lang.pick("现行版本", "The version in force");
    let sections = vec![section("accept", heading, blocks)];
    let lead = lang.pick(
        "您的帐号尚未接受现行版本。接受之前不能使用控制台，隐私中心不受影响。",
        "Your account has not accepted the version in force. Until it does, the console stays closed; the privacy centre does not.",
    );
    let title = lang.pick("接受隐私声明", "Accept the privacy statement");
    own.shown(own.frame(title, PATH), lead, sections, status)
}
