//! The door of operators: password first, and a second factor always.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::Response;
use yuntu_app::AppError;
use yuntu_app::accounts::{AccountError, Address, OPERATOR_LONGEST};
use yuntu_app::store::FactorsHeld;
use yuntu_app::vault::Password;
use yuntu_terms::{Lang, clause};

use super::OperatorIn;
use super::caller::NAME;
use crate::account::second::{code_input, read};
use crate::account::told::{Wrong, section, shown};
use crate::account::visit::Visitor;
use crate::account::{Asked, to, to_with};
use crate::cookies::Register;
use crate::forms::{Fields, FormMark, Sent};
use crate::input::Language;
use crate::pages::Frame;
use crate::problem::Problem;
use crate::report::{Block, FormView, InputView, Section};
use crate::state::Site;

const PATH: &str = "/operator/sign-in";

struct View<'a> {
    site: &'a Site,
    lang: Lang,
    mark: &'a FormMark,
}

pub(super) async fn page(
    State(site): State<Site>,
    Language(lang): Language,
    mark: FormMark,
    asked: Asked,
) -> Result<Response, Problem> {
    let view = View {
        site: &site,
        lang,
        mark: &mark,
    };
    let done = match asked.done.as_str() {
        "out" => lang.pick("您已退出登录。", "You are signed out."),
        "enrolled" => lang.pick("登记完成，请登录。", "You are enrolled; please sign in."),
        "spent" => lang.pick(
            "这一步已过期或尝试次数过多，请重新登录。",
            "That step took too long or was tried too often; please sign in again.",
        ),
        _ => "",
    };
    view.first("", Wrong::default(), done)
}

pub(super) async fn sent(
    State(site): State<Site>,
    Language(lang): Language,
    mark: FormMark,
    visitor: Visitor,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    clause::hit!(R23);
    let view = View {
        site: &site,
        lang,
        mark: &mark,
    };
    match fields.one("act") {
        "password" => view.password(&visitor, &fields).await,
        "second" => view.second(&visitor, &fields).await,
        _ => Err(Problem::invalid("没有此操作", "there is no such act")),
    }
}

/// Ends the session of an operator, here and in the browser.
pub(super) async fn out(
    State(site): State<Site>,
    operator: OperatorIn,
    Language(lang): Language,
    Sent(_fields): Sent<Fields>,
) -> Result<Response, Problem> {
    site.platform.sign_out(&operator.session).await?;
    let mut response = to_with(PATH, lang, &[("done", "out")]);
    if let Some(gone) = Register::removal(NAME) {
        response.headers_mut().append(SET_COOKIE, gone);
    }
    Ok(response)
}

impl View<'_> {
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
            Ok(step) => self.ask(&step.ticket.text(), step.held, Wrong::default()),
            Err(error) => self.first(typed, Wrong::of(error)?, ""),
        }
    }

    async fn second(&self, visitor: &Visitor, fields: &Fields) -> Result<Response, Problem> {
        let ticket = fields.one("ticket");
        let second = match read(fields) {
            Ok(second) => second,
            Err(wrong) => return self.again(ticket, wrong).await,
        };
        let platform = &self.site.platform;
        let done = platform.finish_operator_sign_in(ticket, second, visitor.visit());
        match done.await {
            Ok(signed_in) => {
                let life = u32::try_from(OPERATOR_LONGEST.as_secs()).unwrap_or(u32::MAX);
                let cookie = self
                    .site
                    .register
                    .write(NAME, &signed_in.secret.text(), life)?;
                let mut response = to("/operator", self.lang);
                response.headers_mut().append(SET_COOKIE, cookie);
                Ok(response)
            }
            Err(AppError::Account(AccountError::SpentTicket)) => Ok(self.spent()),
            Err(error) => self.again(ticket, Wrong::of(error)?).await,
        }
    }

    fn spent(&self) -> Response {
        to_with(PATH, self.lang, &[("done", "spent")])
    }

    async fn again(&self, ticket: &str, wrong: Wrong) -> Result<Response, Problem> {
        match self.site.platform.operator_second_step(ticket).await {
            Ok(held) => self.ask(ticket, held, wrong),
            Err(AppError::Account(AccountError::SpentTicket)) => Ok(self.spent()),
            Err(error) => Err(error.into()),
        }
    }

    fn first(&self, typed: &str, wrong: Wrong, done: &str) -> Result<Response, Problem> {
        let lang = self.lang;
        let status = wrong.status();
        let form = FormView {
            id: "password",
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
            ..self.form()
        };
        let note = lang.pick(
            "仅供平台运营人员使用；企业用户请从首页登录。登录时总会要求第二步验证。",
            "For those who work for the platform only; whoever acts for an enterprise signs in from the first page. A second step is always asked for.",
        );
        let blocks = vec![
            Block::Form(Box::new(wrong.into_form(form, lang))),
            Block::Note(note.to_owned()),
        ];
        let heading = lang.pick("第一步", "The first step");
        self.show(done, vec![section("first", heading, blocks)], status)
    }

    fn ask(&self, ticket: &str, held: FactorsHeld, wrong: Wrong) -> Result<Response, Problem> {
        let lang = self.lang;
        let status = wrong.status();
        let form = FormView {
            id: "second",
            hidden: vec![("ticket", ticket.to_owned())],
            inputs: vec![code_input(lang, held)],
            acts: vec![("second", lang.pick("登录", "Sign in").to_owned(), false)],
            ..self.form()
        };
        let blocks = vec![Block::Form(Box::new(wrong.into_form(form, lang)))];
        let heading = lang.pick("第二步", "The second step");
        self.show("", vec![section("second", heading, blocks)], status)
    }

    fn form(&self) -> FormView {
        FormView {
            action: format!("{PATH}?lang={}", self.lang.pick("zh", "en")),
            mark: self.mark.text(),
            ..FormView::default()
        }
    }

    fn show(
        &self,
        lead: &str,
        sections: Vec<Section>,
        status: StatusCode,
    ) -> Result<Response, Problem> {
        let title = self.lang.pick("运营人员登录", "Sign in as operator");
        let frame = Frame::open(self.lang, title, PATH);
        shown(self.site, self.mark, frame, lead, sections, status)
    }
}
