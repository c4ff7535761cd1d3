//! Getting back into an account whose password is lost or known to others.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use yuntu_app::accounts::{Address, CodeFor};
use yuntu_terms::Lang;

use super::code::{Pending, address_input, no_request, sent_to};
use super::sign_in;
use super::told::{self, Wrong, section, shown};
use super::visit::Visitor;
use crate::forms::{Fields, FormMark, Sent};
use crate::input::Language;
use crate::pages::Frame;
use crate::problem::Problem;
use crate::report::{Block, FormView};
use crate::state::Site;

const PATH: &str = "/account/recover";

struct View<'a> {
    site: &'a Site,
    lang: Lang,
    mark: &'a FormMark,
    typed: &'a str,
}

pub(super) async fn page(
    State(site): State<Site>,
    Language(lang): Language,
    mark: FormMark,
) -> Result<Response, Problem> {
    let view = View {
        site: &site,
        lang,
        mark: &mark,
        typed: "",
    };
    view.first(Wrong::default())
}

pub(super) async fn sent(
    State(site): State<Site>,
    Language(lang): Language,
    mark: FormMark,
    visitor: Visitor,
    headers: HeaderMap,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    let view = View {
        site: &site,
        lang,
        mark: &mark,
        typed: fields.one("address"),
    };
    let address = match told::address(view.typed) {
        Ok(address) => address,
        Err(text) => return view.first(Wrong::field("address", text)),
    };
    match fields.one("act") {
        "ask" => view.ask(address, &visitor, Pending::of(&fields)).await,
        "code" => view.code(&address, &visitor, &fields, &headers).await,
        _ => Err(Problem::invalid("没有此操作", "there is no such act")),
    }
}

impl View<'_> {
    async fn ask(
        &self,
        address: Address,
        visitor: &Visitor,
        before: Option<Pending>,
    ) -> Result<Response, Problem> {
        let note = sent_to(&address, self.lang);
        let platform = &self.site.platform;
        let visit = visitor.visit();
        match platform.ask_code(CodeFor::Recover, address, &visit).await {
            Ok(asked) => self.second(asked.into(), note, Wrong::default()),
            Err(error) => match (Wrong::of(error)?, before) {
                (wrong, Some(pending)) => self.second(pending, note, wrong),
                (wrong, None) => self.first(wrong),
            },
        }
    }

    async fn code(
        &self,
        address: &Address,
        visitor: &Visitor,
        fields: &Fields,
        headers: &HeaderMap,
    ) -> Result<Response, Problem> {
        let Some(pending) = Pending::of(fields) else {
            return self.first(no_request());
        };
        let note = sent_to(address, self.lang);
        let typed = match pending.typed(fields) {
            Ok(typed) => typed,
            Err(wrong) => return self.second(pending, note, wrong),
        };
        let done = self
            .site
            .platform
            .recover(&typed, address, visitor.visit())
            .await;
        match done {
            // She has just shown who she is, so a new password can be set at once.
            Ok(step) => {
                let on = ("/account/password", self.lang);
                sign_in::go_on(self.site, self.mark, (headers, visitor), step, on).await
            }
            Err(error) => self.second(pending, note, Wrong::of(error)?),
        }
    }

    fn t(&self, zh: &str, en: &str) -> String {
        self.lang.pick(zh, en).to_owned()
    }

    fn form(&self) -> FormView {
        FormView {
            id: "recover",
            action: format!("{PATH}?lang={}", self.lang.pick("zh", "en")),
            mark: self.mark.text(),
            ..FormView::default()
        }
    }

    fn show(
        &self,
        blocks: Vec<Block>,
        status: axum::http::StatusCode,
    ) -> Result<Response, Problem> {
        let lang = self.lang;
        let lead = lang.pick(
            "验证码会发到您帐号的邮箱或手机。之后旧密码失效，各处的登录全部结束，您可立即设置新密码。",
            "A code goes to an address of your account. Then the old password opens nothing, every session ends, and you can set a new password at once.",
        );
        let title = lang.pick("找回帐号", "Recover the account");
        let frame = Frame::open(lang, title, PATH);
        let heading = lang.pick("确认是您本人", "Show that it is you");
        let sections = vec![section("recover", heading, blocks)];
        shown(self.site, self.mark, frame, lead, sections, status)
    }

    fn first(&self, wrong: Wrong) -> Result<Response, Problem> {
        let status = wrong.status();
        let note = self.t(
            "帐号的邮箱或手机号；仅用于发送验证码。",
            "An address of the account; it serves to send the code and nothing else.",
        );
        let form = FormView {
            inputs: vec![address_input(self.lang, self.typed, note)],
            acts: vec![("ask", self.t("获取验证码", "Send me a code"), false)],
            ..self.form()
        };
        let form = wrong.into_form(form, self.lang);
        self.show(vec![Block::Form(Box::new(form))], status)
    }

    fn second(&self, pending: Pending, note: String, wrong: Wrong) -> Result<Response, Problem> {
        let status = wrong.status();
        let mut form = FormView {
            inputs: vec![pending.input(self.lang)],
            acts: vec![
                ("code", self.t("找回帐号", "Recover the account"), false),
                ("ask", self.t("重新获取", "Send another"), true),
            ],
            ..self.form()
        };
        form.hidden.push(("address", self.typed.to_owned()));
        form.hidden.extend(pending.hidden());
        let form = wrong.into_form(form, self.lang);
        let blocks = vec![Block::Text(note), Block::Form(Box::new(form))];
        self.show(blocks, status)
    }
}
