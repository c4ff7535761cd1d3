//! Changing the email address or the mobile number: a fresh proof, a code to the new address, and both are told.

use axum::extract::State;
use axum::response::Response;
use yuntu_app::AppError;
use yuntu_app::accounts::{AccountError, Address};
use yuntu_terms::{IdentifierError, Lang};

use super::code::{Pending, no_request, sent_to};
use super::told::{Need, Wrong, section, shown, why};
use super::visit::Visitor;
use super::{Person, to_with};
use crate::forms::{Fields, FormMark, Sent};
use crate::input::Language;
use crate::problem::Problem;
use crate::report::{Block, FormView, InputView};
use crate::state::Site;

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

struct View<'a> {
    site: &'a Site,
    person: &'a Person,
    lang: Lang,
    mark: &'a FormMark,
    which: Which,
    typed: &'a str,
}

pub(super) fn page(
    which: Which,
    site: &Site,
    person: &Person,
    lang: Lang,
    mark: &FormMark,
) -> Result<Response, Problem> {
    let view = View {
        site,
        person,
        lang,
        mark,
        which,
        typed: "",
    };
    if !site.platform.is_freshly_proven(&person.session) {
        return Ok(view.prove());
    }
    view.first(Wrong::default())
}

pub(super) async fn sent(
    which: Which,
    State(site): State<Site>,
    person: Person,
    Language(lang): Language,
    mark: FormMark,
    (visitor, Sent(fields)): (Visitor, Sent<Fields>),
) -> Result<Response, Problem> {
    let view = View {
        site: &site,
        person: &person,
        lang,
        mark: &mark,
        which,
        typed: fields.one("address"),
    };
    let address = match which.read(view.typed) {
        Ok(address) => address,
        Err(fault) => return view.first(Wrong::field("address", fault.text())),
    };
    match fields.one("act") {
        "ask" => view.ask(address, &visitor, Pending::of(&fields)).await,
        "code" => view.code(&address, &visitor, &fields).await,
        _ => Err(Problem::invalid("没有此操作", "there is no such act")),
    }
}

impl View<'_> {
    fn prove(&self) -> Response {
        let next = [("next", self.which.path())];
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
        let (platform, session) = (&self.site.platform, &self.person.session);
        match platform.ask_new_contact(session, address, &visit).await {
            Ok(asked) => self.second(asked.into(), note, Wrong::default()),
            Err(AppError::Account(AccountError::ProofNeeded)) => Ok(self.prove()),
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
        let (platform, session) = (&self.site.platform, &self.person.session);
        match platform.change_contact(session, &typed, &network).await {
            Ok(()) => Ok(to_with("/account", self.lang, &[("done", "contact")])),
            Err(AppError::Account(AccountError::ProofNeeded)) => Ok(self.prove()),
            Err(error) => self.second(pending, note, Wrong::of(error)?),
        }
    }

    fn t(&self, zh: &str, en: &str) -> String {
        self.lang.pick(zh, en).to_owned()
    }

    fn title(&self) -> &'static str {
        match self.which {
            Which::Email => self.lang.pick("更换邮箱", "Change the email address"),
            Which::Phone => self.lang.pick("更换手机号", "Change the mobile number"),
        }
    }

    fn form(&self) -> FormView {
        let path = self.which.path();
        FormView {
            id: "contact",
            action: format!("{path}?lang={}", self.lang.pick("zh", "en")),
            mark: self.mark.text(),
            ..FormView::default()
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
        let path = self.which.path();
        let frame = self.person.frame(self.lang, self.title(), path, self.mark);
        let sections = vec![section("contact", heading, blocks)];
        shown(self.site, self.mark, frame, lead, sections, status)
    }

    fn first(&self, wrong: Wrong) -> Result<Response, Problem> {
        let lang = self.lang;
        let status = wrong.status();
        let statement = self.site.platform.statement();
        let category = self.which.category();
        let (label, complete, keys) = match self.which {
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
                    .with(self.typed)
                    .because(why(statement, category, "account", Need::Optional, lang))
                    .needed(),
            ],
            acts: vec![("ask", self.t("获取验证码", "Send me a code"), false)],
            ..self.form()
        };
        let form = wrong.into_form(form, lang);
        let heading = lang.pick("新地址", "The new address");
        self.show(heading, vec![Block::Form(Box::new(form))], status)
    }

    fn second(&self, pending: Pending, note: String, wrong: Wrong) -> Result<Response, Problem> {
        let status = wrong.status();
        let mut form = FormView {
            inputs: vec![pending.input(self.lang)],
            acts: vec![
                ("code", self.t("更换", "Change it"), false),
                ("ask", self.t("重新获取", "Send another"), true),
            ],
            ..self.form()
        };
        form.hidden.push(("address", self.typed.to_owned()));
        form.hidden.extend(pending.hidden());
        let form = wrong.into_form(form, self.lang);
        let blocks = vec![Block::Text(note), Block::Form(Box::new(form))];
        let heading = self.lang.pick("输入验证码", "Type the code");
        self.show(heading, blocks, status)
    }
}
