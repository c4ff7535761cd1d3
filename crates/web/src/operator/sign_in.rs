//! The door of operators: a passkey, or a password and a second factor always.

use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::Response;
use yuntu_app::AppError;
use yuntu_app::accounts::{AccountError, Address, Arrival, SignedIn};
use yuntu_app::store::FactorsHeld;
use yuntu_app::vault::Password;
use yuntu_terms::clause;

use super::caller::NAME;
use super::{AtDoor, Desk};
use crate::account::second::{Seconds, Ways, read};
use crate::account::{devices, passkey};
use crate::cookies::Register;
use crate::forms::{Fields, Sent};
use crate::inside::{self, Door};
use crate::problem::Problem;
use crate::report::{Block, FormView, InputView, PasskeyUse, Section, section};
use crate::view::{Asked, Wrong, to, to_with};
use crate::visit::Visitor;

const PATH: &str = "/operator/sign-in";

#[derive(Default)]
pub(super) struct Topic;

type View = AtDoor<Topic>;

pub(super) async fn page(view: View, asked: Asked) -> Result<Response, Problem> {
    let done = match asked.done.as_str() {
        "out" => view.lang.pick("您已退出登录。", "You are signed out."),
        "enrolled" => view
            .lang
            .pick("登记完成，请登录。", "You are enrolled; please sign in."),
        "spent" => view.lang.pick(
            "这一步已过期或尝试次数过多，请重新登录。",
            "That step took too long or was tried too often; please sign in again.",
        ),
        _ => "",
    };
    view.first("", Wrong::default(), done)
}

pub(super) async fn sent(
    view: View,
    visitor: Visitor,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    clause::hit!(R23);
    match (fields.one("act"), fields.one("ticket").is_empty()) {
        ("password", _) => view.password(&visitor, &fields).await,
        (passkey::ASK, _) => view.ask_passkey(&visitor, Wrong::default()).await,
        (passkey::ACT, true) => view.passkey(&visitor, &fields).await,
        ("second" | passkey::ACT, _) => view.second(&visitor, &fields).await,
        _ => Err(Problem::no_such_act()),
    }
}

/// Ends the session of an operator, here and in the browser.
pub(super) async fn out(desk: Desk, Sent(_fields): Sent<Fields>) -> Result<Response, Problem> {
    desk.site.platform.sign_out(&desk.who.session).await?;
    let mut response = to_with(PATH, desk.lang, &[("done", "out")]);
    if let Some(gone) = Register::removal(NAME) {
        response.headers_mut().append(SET_COOKIE, gone);
    }
    Ok(response)
}

impl View {
    async fn password(&self, visitor: &Visitor, fields: &Fields) -> Result<Response, Problem> {
        let typed = fields.one("address");
        let address = match Address::email(typed) {
            Ok(address) => address,
            Err(fault) => return self.first(typed, Wrong::field("address", fault.text()), ""),
        };
        let password = match Password::new(fields.one("password").to_owned()) {
            Ok(password) => password,
            Err(fault) => return self.first(typed, Wrong::field("password", fault.text()), ""),
        };
        let platform = &self.site.platform;
        let step = platform.sign_in_operator(&address, password, visitor.visit());
        match step.await {
            Ok(step) => {
                let ticket = step.ticket.text();
                self.again(visitor, &ticket, Seconds::default()).await
            }
            Err(error) => self.first(typed, Wrong::of(error)?, ""),
        }
    }

    async fn second(&self, visitor: &Visitor, fields: &Fields) -> Result<Response, Problem> {
        let ticket = fields.one("ticket");
        let second = match read(fields) {
            Ok(second) => second,
            Err(wrong) => {
                return self
                    .again(visitor, ticket, Seconds::of(fields, wrong))
                    .await;
            }
        };
        let platform = &self.site.platform;
        let done = platform.finish_operator_sign_in(ticket, second, visitor.visit());
        match done.await {
            Ok(signed_in) => self.enter(visitor, &signed_in).await,
            Err(AppError::Account(AccountError::SpentTicket)) => Ok(self.spent()),
            Err(error) => {
                let wrong = Seconds::of(fields, Wrong::of(error)?);
                self.again(visitor, ticket, wrong).await
            }
        }
    }

    /// Shows the page on which a passkey signs in: it made sure of her itself, so it is both steps.
    async fn ask_passkey(&self, visitor: &Visitor, wrong: Wrong) -> Result<Response, Problem> {
        let lang = self.lang;
        let status = wrong.status();
        let network = visitor.visit().network;
        let ceremony = match self.site.platform.begin_passkey_proof(&network).await {
            Ok(ceremony) => ceremony,
            Err(error) => return self.first("", Wrong::of(error)?, ""),
        };
        let form = FormView {
            acts: vec![(
                passkey::ACT,
                lang.pick("用通行密钥登录", "Sign in with a passkey")
                    .to_owned(),
                false,
            )],
            ..self.form("passkey", PATH)
        };
        let form = passkey::asking(form, ceremony, PasskeyUse::Get, lang);
        let others = self.link(PATH, "用其他方式登录", "Sign in another way");
        let blocks = vec![
            Block::Form(Box::new(wrong.into_form(form, lang))),
            Block::Links(vec![others]),
        ];
        let heading = lang.pick("用通行密钥登录", "By a passkey");
        self.show("", vec![section("by-passkey", heading, blocks)], status)
    }

    async fn passkey(&self, visitor: &Visitor, fields: &Fields) -> Result<Response, Problem> {
        let answer = match passkey::read(fields) {
            Ok(answer) => answer,
            Err(wrong) => return self.ask_passkey(visitor, wrong).await,
        };
        let platform = &self.site.platform;
        let done = platform.sign_in_operator_by_passkey(&answer, visitor.visit());
        match done.await {
            Ok(signed_in) => self.enter(visitor, &signed_in).await,
            Err(error) => self.ask_passkey(visitor, Wrong::of(error)?).await,
        }
    }

    /// Lets an operator in: the mark of her browser is looked at before the secret of the session leaves.
    async fn enter(&self, visitor: &Visitor, signed_in: &SignedIn) -> Result<Response, Problem> {
        let on = to(Door::Operator.home(), self.lang);
        let arrival = Arrival::SignedIn;
        let response = devices::meet(&self.site, visitor, signed_in, arrival, on).await?;
        inside::keep(Door::Operator, &self.site, response, &signed_in.secret)
    }

    fn spent(&self) -> Response {
        to_with(PATH, self.lang, &[("done", "spent")])
    }

    async fn again(
        &self,
        visitor: &Visitor,
        ticket: &str,
        wrong: Seconds,
    ) -> Result<Response, Problem> {
        match self.site.platform.operator_second_step(ticket).await {
            Ok(held) => self.ask(visitor, (ticket, held), wrong).await,
            Err(AppError::Account(AccountError::SpentTicket)) => Ok(self.spent()),
            Err(error) => Err(error.into()),
        }
    }

    fn first(&self, typed: &str, wrong: Wrong, done: &str) -> Result<Response, Problem> {
        let lang = self.lang;
        let status = wrong.status();
        let form = FormView {
            inputs: vec![
                InputView {
                    autocomplete: "username",
                    ..InputView::line("address", lang.pick("邮箱", "Mail address"))
                }
                .with(typed)
                .needed(),
                InputView::secret(
                    "password",
                    lang.pick("密码", "Password"),
                    "current-password",
                )
                .needed(),
            ],
            acts: vec![("password", lang.pick("继续", "Go on").to_owned(), false)],
            ..self.form("password", PATH)
        };
        let note = lang.pick(
            "仅供平台运营人员使用；企业用户请从首页登录。密码之后总会要求第二步验证；从本帐号不认识的浏览器登录时，我们会通知您的邮箱。",
            "For those who work for the platform only; whoever acts for an enterprise signs in from the first page. After a password a second step is always asked for, and your mail address is told of a sign-in with a browser that your account does not know.",
        );
        let blocks = vec![
            Block::Form(Box::new(wrong.into_form(form, lang))),
            Block::Note(note.to_owned()),
        ];
        let heading = lang.pick("用密码和第二步", "By password and second step");
        let mut sections = vec![section("first", heading, blocks)];
        if self.site.platform.has_passkeys() {
            let form = FormView {
                acts: vec![(
                    passkey::ASK,
                    lang.pick("使用通行密钥", "Use a passkey").to_owned(),
                    false,
                )],
                ..self.form("passkey", PATH)
            };
            let heading = lang.pick("用通行密钥", "By a passkey");
            let blocks = vec![Block::Form(Box::new(form))];
            sections.push(section("by-passkey", heading, blocks));
        }
        self.show(done, sections, status)
    }

    async fn ask(
        &self,
        visitor: &Visitor,
        (ticket, held): (&str, FactorsHeld),
        wrong: Seconds,
    ) -> Result<Response, Problem> {
        let lang = self.lang;
        let status = wrong.status();
        let ways = Ways {
            held,
            wrong,
            act: lang.pick("登录", "Sign in"),
            network: &visitor.visit().network,
        };
        let form = || FormView {
            hidden: vec![("ticket", ticket.to_owned())],
            ..self.form("second", PATH)
        };
        let sections = ways.draw(&self.site, lang, form).await?;
        self.show("", sections, status)
    }

    fn show(
        &self,
        done: &str,
        sections: Vec<Section>,
        status: StatusCode,
    ) -> Result<Response, Problem> {
        let title = self.lang.pick("运营人员登录", "Sign in as operator");
        let frame = self.frame(title, PATH).saying(done);
        self.shown(frame, "", sections, status)
    }
}
