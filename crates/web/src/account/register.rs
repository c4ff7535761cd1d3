//! Opening an account: an address, the code that goes to it, and what a person wants to say and to allow.

use axum::http::HeaderMap;
use axum::response::Response;
use yuntu_app::accounts::{Address, Arrival, CodeFor, Nickname, SignUp};
use yuntu_app::vault::{Password, SignInFactors};
use yuntu_statement::{ProcessingRole, PurposeRule};
use yuntu_terms::{Purpose, clause};

use super::Open;
use super::accept::accept_input;
use super::code::{Pending, address_input, no_request, sent_to};
use super::sign_in;
use super::told::{self, Need};
use crate::forms::{Fields, Sent};
use crate::problem::Problem;
use crate::report::{Block, FormView, InputKind, InputView, Link, section};
use crate::view::{Asked, Wrong, next_of};
use crate::visit::Visitor;

const PATH: &str = "/account/register";

struct Topic<'a> {
    next: String,
    /// What was typed; nothing when the page is opened.
    fields: Option<&'a Fields>,
}

type View<'a> = Open<Topic<'a>>;

impl<'a> Topic<'a> {
    fn of(next: &str, fields: Option<&'a Fields>) -> Self {
        let next = next_of(next).unwrap_or_default().to_owned();
        Self { next, fields }
    }
}

pub(super) async fn page(open: Open, asked: Asked) -> Result<Response, Problem> {
    let view = open.about(Topic::of(&asked.next, None));
    view.first(Wrong::default())
}

pub(super) async fn sent(
    open: Open,
    visitor: Visitor,
    headers: HeaderMap,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    clause::hit!(R0);
    let view = open.about(Topic::of(fields.one("next"), Some(&fields)));
    let address = match told::address(fields.one("address")) {
        Ok(address) => address,
        Err(text) => return view.first(Wrong::field("address", text)),
    };
    match fields.one("act") {
        "ask" => view.ask(address, &visitor, Pending::of(&fields)).await,
        "open" => view.open(address, &visitor, &headers).await,
        _ => Err(Problem::no_such_act()),
    }
}

impl View<'_> {
    fn typed(&self, name: &str) -> &str {
        self.about.fields.map_or("", |fields| fields.one(name))
    }

    async fn ask(
        &self,
        address: Address,
        visitor: &Visitor,
        before: Option<Pending>,
    ) -> Result<Response, Problem> {
        let note = sent_to(&address, self.lang);
        let asked = self.ask_code(CodeFor::SignUp, address, visitor, before);
        match asked.await? {
            Ok((pending, wrong)) => self.second(pending, note, wrong),
            Err(wrong) => self.first(wrong),
        }
    }

    async fn open(
        &self,
        address: Address,
        visitor: &Visitor,
        headers: &HeaderMap,
    ) -> Result<Response, Problem> {
        let pending = self.about.fields.and_then(Pending::of);
        let Some(pending) = pending else {
            return self.first(no_request());
        };
        let note = sent_to(&address, self.lang);
        let new = match self.filled(pending, address) {
            Ok(new) => new,
            Err(wrong) => return self.second(pending, note, wrong),
        };
        match self.site.platform.sign_up(new, visitor.visit()).await {
            Ok(signed_in) => {
                let on = (self.about.next.as_str(), self.lang);
                let came = (headers, visitor);
                sign_in::enter(&self.site, came, &signed_in, Arrival::Registered, on).await
            }
            Err(error) => self.second(pending, note, Wrong::of(error)?),
        }
    }

    /// Reads the form; every field that is wrong is told at once.
    fn filled(&self, pending: Pending, address: Address) -> Result<SignUp, Wrong> {
        let mut wrong = Wrong::default();
        let typed = self.about.fields.map(|fields| pending.typed(fields));
        let typed = match typed {
            Some(Ok(typed)) => Some(typed),
            Some(Err(fault)) => {
                wrong = fault;
                None
            }
            None => None,
        };
        let nickname = match self.typed("nickname").trim() {
            "" => None,
            text => Nickname::parse(text)
                .map_err(|fault| wrong.add("nickname", fault.text()))
                .ok(),
        };
        let password = match self.typed("password") {
            "" => None,
            text => Password::new(text.to_owned())
                .map_err(|fault| wrong.add("password", fault.text()))
                .ok(),
        };
        let accepts = match self
            .about
            .fields
            .map(|fields| super::accept::read(fields, self.lang))
        {
            Some(Ok(accepts)) => Some(accepts),
            Some(Err(text)) => {
                wrong.add("accept", text);
                None
            }
            None => None,
        };
        match (typed, accepts) {
            (Some(typed), Some(accepts)) if wrong.is_nothing() => Ok(SignUp {
                typed,
                address,
                accepts,
                purposes: self.chosen(),
                nickname,
                password,
            }),
            _ => Err(wrong),
        }
    }

    /// Lists the optional purposes whose switches are on.
    fn chosen(&self) -> Vec<Purpose> {
        let Some(fields) = self.about.fields else {
            return Vec::new();
        };
        let named = fields.all("purpose").filter_map(|id| id.parse().ok());
        named.collect()
    }

    fn of(&self) -> FormView {
        FormView {
            hidden: vec![("next", self.about.next.clone())],
            ..self.form("register", PATH)
        }
    }

    fn show(
        &self,
        heading: &str,
        blocks: Vec<Block>,
        status: axum::http::StatusCode,
    ) -> Result<Response, Problem> {
        let lang = self.lang;
        let lead = lang.pick(
            "只需一个邮箱或手机号。其余各项都可以不填，可选的目的默认关闭，之后随时可改。",
            "An email address or a mobile number is enough. Everything else may stay empty, optional purposes are off, and you can change all of it later.",
        );
        let frame = self.frame(lang.pick("注册帐号", "Register an account"), PATH);
        let sections = vec![section("register", heading, blocks)];
        self.shown(frame, lead, sections, status)
    }

    fn first(&self, wrong: Wrong) -> Result<Response, Problem> {
        let lang = self.lang;
        let status = wrong.status();
        let statement = self.site.platform.statement();
        let note = told::why(statement, "email", "account", Need::Necessary, lang);
        let form = FormView {
            inputs: vec![address_input(lang, self.typed("address"), note)],
            acts: vec![("ask", self.t("获取验证码", "Send me a code"), false)],
            ..self.of()
        };
        let form = wrong.into_form(form, lang);
        let next = if self.about.next.is_empty() {
            String::new()
        } else {
            format!("&next={}", self.about.next)
        };
        let sign_in = Link {
            address: format!("{}{next}", self.address("/account/sign-in")),
            text: self.t("已有帐号，去登录", "I have an account: sign in"),
            note: String::new(),
        };
        let blocks = vec![Block::Form(Box::new(form)), Block::Links(vec![sign_in])];
        self.show(lang.pick("您的地址", "Your address"), blocks, status)
    }

    fn second(&self, pending: Pending, note: String, wrong: Wrong) -> Result<Response, Problem> {
        let lang = self.lang;
        let status = wrong.status();
        let mut form = FormView {
            inputs: self.inputs(pending),
            acts: vec![
                ("open", self.t("注册", "Register"), false),
                ("ask", self.t("重新获取验证码", "Send another code"), true),
            ],
            ..self.of()
        };
        form.hidden
            .push(("address", self.typed("address").to_owned()));
        form.hidden.extend(pending.hidden());
        form.hidden.push(super::accept::version(&self.site));
        let form = wrong.into_form(form, lang);
        let blocks = vec![Block::Text(note), Block::Form(Box::new(form))];
        let heading = lang.pick("验证码与您的选择", "The code and your choices");
        self.show(heading, blocks, status)
    }

    fn inputs(&self, pending: Pending) -> Vec<InputView> {
        let lang = self.lang;
        let statement = self.site.platform.statement();
        let why = |category| told::why(statement, category, "account", Need::Optional, lang);
        let least = SignInFactors::PasswordAlone.chars_min();
        let rule = lang.pick(
            format!("至少 {least} 个字符，不限种类；不要用您的姓名、邮箱或常见的词句。"),
            format!(
                " At least {least} characters of any kind; not your name, your address or a common phrase."
            ),
        );
        let accepted = !self.typed("accept").is_empty();
        let mut inputs = vec![
            pending.input(lang),
            InputView {
                autocomplete: "nickname",
                ..InputView::line("nickname", self.t("昵称", "Nickname"))
            }
            .with(self.typed("nickname"))
            .because(why("nickname")),
            InputView::secret("password", self.t("密码", "Password"), "new-password")
                .because(format!("{}{rule}", why("password")))
                .linked(super::safety::link(lang)),
            accept_input(&self.site, lang, accepted),
        ];
        let chosen = self.chosen();
        for rule in statement.purposes() {
            if is_optional(rule) {
                inputs.push(self.switch(rule, chosen.contains(&rule.id)));
            }
        }
        inputs
    }

    fn switch(&self, rule: &PurposeRule, on: bool) -> InputView {
        let lang = self.lang;
        let statement = self.site.platform.statement();
        let name = rule.name.get(lang);
        let label = lang.pick(format!("可选：{name}"), format!("Optional: {name}"));
        InputView {
            apart: format!("-{}", rule.id),
            kind: InputKind::Tick { on },
            link: Some(Link {
                address: format!("/statement?lang={}#{}", lang.pick("zh", "en"), rule.clause),
                text: rule.clause.to_string(),
                note: String::new(),
            }),
            ..InputView::tick("purpose", rule.id.as_str(), label)
        }
        .because(told::purpose(statement, rule, lang))
    }
}

/// Says whether a purpose is one that a person turns on or leaves off.
fn is_optional(rule: &PurposeRule) -> bool {
    !rule.necessary && rule.role == ProcessingRole::Controller
}
