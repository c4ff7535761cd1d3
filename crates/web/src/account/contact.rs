//! Changing the email address or the mobile number: a fresh proof, a code to the new address, and both are told.

use axum::response::Response;
use yuntu_app::AppError;
use yuntu_app::accounts::{AccountError, Address};
use yuntu_terms::IdentifierError;

use super::Own;
use super::code::{Pending, after, no_request, sent_to};
use super::told::{Need, why};
use crate::forms::{Fields, Sent};
use crate::problem::Problem;
use crate::report::{Block, FormView, InputView, section};
use crate::view::{Wrong, to_with};
use crate::visit::Visitor;

/// Which of the two addresses changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    Email,
    Phone,
}

impl Which {
    const fn path(self) -> &'static str {
        match self {
            Self::Email => "/account/email",
            Self::Phone => "/account/phone",
        }
    }

    const fn category(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
        }
    }

    fn read(self, typed: &str) -> Result<Address, IdentifierError> {
        match self {
            Self::Email => Address::email(typed),
            Self::Phone => Address::phone(typed),
        }
    }
}

struct Topic<'a> {
    which: Which,
    typed: &'a str,
}

type View<'a> = Own<Topic<'a>>;

pub(super) fn page(which: Which, own: Own) -> Result<Response, Problem> {
    let view = own.about(Topic { which, typed: "" });
    let platform = &view.site.platform;
    if !platform.is_freshly_proven(&view.who.session) {
        return Ok(view.prove());
    }
    view.first(Wrong::default())
}

pub(super) async fn sent(
    which: Which,
    own: Own,
    (visitor, Sent(fields)): (Visitor, Sent<Fields>),
) -> Result<Response, Problem> {
    let typed = fields.one("address");
    let view = own.about(Topic { which, typed });
    let address = match which.read(typed) {
        Ok(address) => address,
        Err(fault) => return view.first(Wrong::field("address", fault.text())),
    };
    match fields.one("act") {
        "ask" => view.ask(address, &visitor, Pending::of(&fields)).await,
        "code" => view.code(&address, &visitor, &fields).await,
        _ => Err(Problem::no_such_act()),
    }
}

impl View<'_> {
    fn prove(&self) -> Response {
        let next = [("next", self.about.which.path())];
        to_with("/account/proof", self.lang, &next)
    }

    async fn ask(
        &self,
        address: Address,
        visitor: &Visitor,
        before: Option<Pending>,
    ) -> Result<Response, Problem> {
        let note = sent_to(&address, self.lang);
        let visit = visitor.visit();
        let (platform, session) = (&self.site.platform, &self.who.session);
        match platform.ask_new_contact(session, address, &visit).await {
            Err(AppError::Account(AccountError::ProofNeeded)) => Ok(self.prove()),
            asked => match after(asked, before)? {
                Ok((pending, wrong)) => self.second(pending, note, wrong),
                Err(wrong) => self.first(wrong),
            },
        }
    }

    async fn code(
        &self,
        address: &Address,
        visitor: &Visitor,
        fields: &Fields,
    ) -> Result<Response, Problem> {
        let Some(pending) = Pending::of(fields) else {
            return self.first(no_request());
        };
        let note = sent_to(address, self.lang);
        let typed = match pending.typed(fields) {
            Ok(typed) => typed,
            Err(wrong) => return self.second(pending, note, wrong),
        };
        let network = visitor.visit().network;
        let (platform, session) = (&self.site.platform, &self.who.session);
        match platform.change_contact(session, &typed, &network).await {
            Ok(()) => Ok(self.on_to("/account", "contact")),
            Err(AppError::Account(AccountError::ProofNeeded)) => Ok(self.prove()),
            Err(error) => self.second(pending, note, Wrong::of(error)?),
        }
    }

    fn title(&self) -> &'static str {
        match self.about.which {
            Which::Email => self.lang.pick("更换邮箱", "Change the email address"),
            Which::Phone => self.lang.pick("更换手机号", "Change the mobile number"),
        }
    }

    fn show(
        &self,
        heading: &str,
        blocks: Vec<Block>,
        status: axum::http::StatusCode,
    ) -> Result<Response, Problem> {
        let lead = self.lang.pick(
            "验证码发往新地址。更换后，新旧地址都会收到通知，其他会话随即结束。",
            "A code goes to the new address. After the change both addresses are told, and your other sessions end.",
        );
        let path = self.about.which.path();
        let frame = self.frame(self.title(), path);
        let sections = vec![section("contact", heading, blocks)];
        self.shown(frame, lead, sections, status)
    }

    fn first(&self, wrong: Wrong) -> Result<Response, Problem> {
        let lang = self.lang;
        let status = wrong.status();
        let statement = self.site.platform.statement();
        let category = self.about.which.category();
        let (label, complete, keys) = match self.about.which {
            Which::Email => (self.t("新邮箱", "New email address"), "email", "email"),
            Which::Phone => (self.t("新手机号", "New mobile number"), "tel", "tel"),
        };
        let input = InputView {
            autocomplete: complete,
            keys,
            ..InputView::line("address", label)
        };
        let form = FormView {
            inputs: vec![
                input
                    .with(self.about.typed)
                    .because(why(statement, category, "account", Need::Optional, lang))
                    .needed(),
            ],
            acts: vec![("ask", self.t("获取验证码", "Send me a code"), false)],
            ..self.form("contact", self.about.which.path())
        };
        let form = wrong.into_form(form, lang);
        let heading = lang.pick("新地址", "The new address");
        self.show(heading, vec![Block::Form(Box::new(form))], status)
    }

    fn second(&self, pending: Pending, note: String, wrong: Wrong) -> Result<Response, Problem> {
        let status = wrong.status();
        let act = (self.t("更换", "Change it"), self.about.typed);
        let form = self.form("contact", self.about.which.path());
        let blocks = self.code_step((pending, note), act, form, wrong);
        let heading = self.lang.pick("输入验证码", "Type the code");
        self.show(heading, blocks, status)
    }
}
