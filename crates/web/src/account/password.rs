//! Setting a password or taking it away; both ask for a fresh proof.

use axum::response::Response;
use yuntu_app::AppError;
use yuntu_app::accounts::AccountError;
use yuntu_app::vault::{Password, SignInFactors};
use yuntu_terms::clause;

use super::Own;
use super::told::{Need, why};
use crate::forms::{Fields, Sent};
use crate::problem::Problem;
use crate::report::{Block, FormView, InputView, section};
use crate::view::{Wrong, to_with};

const PATH: &str = "/account/password";

pub(super) async fn page(own: Own) -> Result<Response, Problem> {
    if !own.site.platform.is_freshly_proven(&own.who.session) {
        return Ok(to_with("/account/proof", own.lang, &[("next", PATH)]));
    }
    show(&own, Wrong::default()).await
}

pub(super) async fn sent(own: Own, Sent(fields): Sent<Fields>) -> Result<Response, Problem> {
    clause::hit!(R24);
    let password = match fields.one("act") {
        "remove" => None,
        "set" => match Password::new(fields.one("password").to_owned()) {
            Ok(password) => Some(password),
            Err(fault) => return show(&own, Wrong::field("password", fault.text())).await,
        },
        _ => return Err(Problem::no_such_act()),
    };
    let platform = &own.site.platform;
    match platform.set_password(&own.who.session, password).await {
        Ok(()) => Ok(own.on_to("/account", "password")),
        Err(AppError::Account(AccountError::ProofNeeded)) => {
            Ok(to_with("/account/proof", own.lang, &[("next", PATH)]))
        }
        Err(AppError::Account(AccountError::SignedOut)) => Ok(own.on_to("/account/sign-in", "")),
        Err(error) => show(&own, Wrong::of(error)?).await,
    }
}

async fn show(own: &Own, wrong: Wrong) -> Result<Response, Problem> {
    let (lang, platform) = (own.lang, &own.site.platform);
    let status = wrong.status();
    let statement = platform.statement();
    let factors = if platform.factors_held(&own.who.session).await?.any() {
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
    let mut acts = vec![("set", own.t("设置密码", "Set the password"), false)];
    if own.who.own.account.password_changed.is_some() {
        let remove = lang.pick(
            "取消密码，只用验证码登录",
            "Take the password away: codes only",
        );
        acts.push(("remove", remove.to_owned(), true));
    }
    let form = FormView {
        inputs: vec![
            InputView::secret("password", label, "new-password")
                .because(format!("{why}{rule}"))
                .linked(super::safety::link(lang))
                .needed(),
        ],
        acts,
        ..own.form("password", PATH)
    };
    let form = wrong.into_form(form, lang);
    let note = lang.pick(
        "其他会话随即结束，您的邮箱和手机都会收到通知。",
        "Your other sessions end, and each of your addresses is told.",
    );
    let blocks = vec![Block::Form(Box::new(form)), Block::Note(note.to_owned())];
    let heading = lang.pick("设置新密码", "Set a new one");
    let sections = vec![section("password", heading, blocks)];
    let frame = own.frame(lang.pick("密码", "Password"), PATH);
    own.shown(frame, "", sections, status)
}
