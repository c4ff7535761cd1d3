//! Getting back into an account whose password is lost or known to others.

use axum::http::HeaderMap;
use axum::response::Response;
use yuntu_app::accounts::{Address, CodeFor};

use super::Open;
use super::code::{Pending, address_input, no_request, sent_to};
use super::sign_in;
use super::told;
use crate::forms::{Fields, Sent};
use crate::problem::Problem;
use crate::report::{Block, FormView, section};
use crate::view::Wrong;
use crate::visit::Visitor;

const PATH: &str = "/account/recover";

struct Topic<'a> {
    typed: &'a str,
}

type View<'a> = Open<Topic<'a>>;

pub(super) async fn page(open: Open) -> Result<Response, Problem> {
    let view = open.about(Topic { typed: "" });
    view.first(Wrong::default())
}

pub(super) async fn sent(
    open: Open,
    visitor: Visitor,
    headers: HeaderMap,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    let view = open.about(Topic {
        typed: fields.one("address"),
    });
    let address = match told::address(view.about.typed) {
        Ok(address) => address,
        Err(text) => return view.first(Wrong::field("address", text)),
    };
    match fields.one("act") {
        "ask" => view.ask(address, &visitor, Pending::of(&fields)).await,
        "code" => view.code(&address, &visitor, &fields, &headers).await,
        _ => Err(Problem::no_such_act()),
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
        let asked = self.ask_code(CodeFor::Recover, address, visitor, before);
        match asked.await? {
            Ok((pending, wrong)) => self.second(pending, note, wrong),
            Err(wrong) => self.first(wrong),
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
                let came = (headers, visitor);
                sign_in::go_on(self, came, step, "/account/password").await
            }
            Err(error) => self.second(pending, note, Wrong::of(error)?),
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
        let frame = self.frame(title, PATH);
        let heading = lang.pick("确认是您本人", "Show that it is you");
        let sections = vec![section("recover", heading, blocks)];
        self.shown(frame, lead, sections, status)
    }

    fn first(&self, wrong: Wrong) -> Result<Response, Problem> {
        let status = wrong.status();
        let note = self.t(
            "帐号的邮箱或手机号；仅用于发送验证码。",
            "An address of the account; it serves to send the code and nothing else.",
        );
        let form = FormView {
            inputs: vec![address_input(self.lang, self.about.typed, note)],
            acts: vec![("ask", self.t("获取验证码", "Send me a code"), false)],
            ..self.form("recover", PATH)
        };
        let form = wrong.into_form(form, self.lang);
        self.show(vec![Block::Form(Box::new(form))], status)
    }

    fn second(&self, pending: Pending, note: String, wrong: Wrong) -> Result<Response, Problem> {
        let status = wrong.status();
        let act = (self.t("找回帐号", "Recover the account"), self.about.typed);
        let form = self.form("recover", PATH);
        let blocks = self.code_step((pending, note), act, form, wrong);
        self.show(blocks, status)
    }
}
