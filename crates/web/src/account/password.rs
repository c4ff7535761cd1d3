//! Setting a password or taking it away; both ask for a fresh proof.

use axum::extract::State;
use axum::response::Response;
use yuntu_app::AppError;
use yuntu_app::accounts::AccountError;
use yuntu_app::vault::{Password, SignInFactors};
use yuntu_terms::{Lang, clause};

use super::told::{Need, Wrong, section, shown, why};
use super::{Person, to, to_with};
use crate::forms::{Fields, FormMark, Sent};
use crate::input::Language;
use crate::problem::Problem;
use crate::report::{Block, FormView, InputView};
use crate::state::Site;

const PATH: &str = "/account/password";

pub(super) async fn page(
    State(site): State<Site>,
    person: Person,
    Language(lang): Language,
    mark: FormMark,
) -> Result<Response, Problem> {
    if !site.platform.is_freshly_proven(&person.session) {
        return Ok(to_with("/account/proof", lang, &[("next", PATH)]));
    }
    form(&site, &person, lang, &mark, Wrong::default()).await
}

pub(super) async fn sent(
    State(site): State<Site>,
    person: Person,
    Language(lang): Language,
    mark: FormMark,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    clause::hit!(R24);
    let password = match fields.one("act") {
        "remove" => None,
        "set" => match Password::new(fields.one("password").to_owned()) {
            Ok(password) => Some(password),
            Err(fault) => {
                let wrong = Wrong::field("password", fault.text());
                return form(&site, &person, lang, &mark, wrong).await;
            }
        },
        _ => return Err(Problem::invalid("没有此操作", "there is no such act")),
    };
    match site.platform.set_password(&person.session, password).await {
        Ok(()) => Ok(to_with("/account", lang, &[("done", "password")])),
        Err(AppError::Account(AccountError::ProofNeeded)) => {
            Ok(to_with("/account/proof", lang, &[("next", PATH)]))
        }
        Err(AppError::Account(AccountError::SignedOut)) => Ok(to("/account/sign-in", lang)),
        Err(error) => form(&site, &person, lang, &mark, Wrong::of(error)?).await,
    }
}

async fn form(
    site: &Site,
    person: &Person,
    lang: Lang,
    mark: &FormMark,
    wrong: Wrong,
) -> Result<Response, Problem> {
    let status = wrong.status();
    let statement = site.platform.statement();
    let factors = if site.platform.factors_held(&person.session).await?.any() {
        SignInFactors::WithSecondFactor
    } else {
        SignInFactors::PasswordAlone
    };
    let least = factors.chars_min();
    let rule = lang.pick(
        format!("至少 {least} 个字符，不限种类；不要用您的姓名、邮箱或常见的词句。"),
        format!(
            " At least {least} characters of any kind; not your name, your address or a common phrase."
        ),
    );
    let why = why(statement, "password", "account", Need::Optional, lang);
    let label = lang.pick("新密码", "New password");
    let mut acts = vec![(
        "set",
        lang.pick("设置密码", "Set the password").to_owned(),
        false,
    )];
    if person.own.account.password_changed.is_some() {
        let remove = lang.pick(
            "取消密码，只用验证码登录",
            "Take the password away: codes only",
        );
        acts.push(("remove", remove.to_owned(), true));
    }
    let view = FormView {
        id: "password",
        action: format!("{PATH}?lang={}", lang.pick("zh", "en")),
        mark: mark.text(),
        inputs: vec![
            InputView::secret("password", label, "new-password")
                .because(format!("{why}{rule}"))
                .linked(super::safety::link(lang))
                .needed(),
        ],
        acts,
        ..FormView::default()
    };
    let view = wrong.into_form(view, lang);
    let note = lang.pick(
        "其他会话随即结束，您的邮箱和手机都会收到通知。",
        "Your other sessions end, and each of your addresses is told.",
    );
    let title = lang.pick("密码", "Password");
    let blocks = vec![Block::Form(Box::new(view)), Block::Note(note.to_owned())];
    let heading = lang.pick("设置新密码", "Set a new one");
    let sections = vec![section("password", heading, blocks)];
    let frame = person.frame(lang, title, PATH, mark);
    shown(site, mark, frame, "", sections, status)
}
