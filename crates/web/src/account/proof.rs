//! Showing once more who one is, before an act that changes how the account is entered; then back to where one was.

use axum::http::StatusCode;
use axum::response::Response;
use yuntu_app::accounts::{Address, CodeFor};
use yuntu_app::vault::Password;
use yuntu_terms::clause;

use super::code::{Pending, address_input, no_request, sent_to};
use super::told;
use super::{Own, passkey, person, second};
use crate::forms::{Fields, Sent};
use crate::problem::Problem;
use crate::report::{Block, FormView, InputView, Link, PasskeyUse, Section, section};
use crate::view::{Asked, Wrong, next_of, to};
use crate::visit::Visitor;

const PATH: &str = "/account/proof";

/// What is wrong with each of the ways to show who one is.
#[derive(Debug, Default)]
struct Firsts {
    second: Wrong,
    password: Wrong,
    code: Wrong,
}

impl Firsts {
    fn second(second: Wrong) -> Self {
        Self {
            second,
            ..Self::default()
        }
    }

    fn password(password: Wrong) -> Self {
        Self {
            password,
            ..Self::default()
        }
    }

    fn code(code: Wrong) -> Self {
        Self {
            code,
            ..Self::default()
        }
    }

    fn status(&self) -> StatusCode {
        Wrong::status_of([&self.second, &self.password, &self.code])
    }
}

struct Topic<'a> {
    next: String,
    typed: &'a str,
}

type View<'a> = Own<Topic<'a>>;

impl<'a> Topic<'a> {
    fn of(next: &str, typed: &'a str) -> Self {
        let next = next_of(next).unwrap_or("/account").to_owned();
        Self { next, typed }
    }
}

pub(super) async fn page(own: Own, asked: Asked) -> Result<Response, Problem> {
    let view = own.about(Topic::of(&asked.next, ""));
    view.first(Firsts::default()).await
}

pub(super) async fn sent(
    own: Own,
    visitor: Visitor,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    clause::hit!(R2);
    let view = own.about(Topic::of(fields.one("next"), fields.one("address")));
    match fields.one("act") {
        "password" => view.password(&visitor, &fields).await,
        passkey::ASK => view.ask_passkey(&visitor, Wrong::default()).await,
        "second" | passkey::ACT => view.second_factor(&visitor, &fields).await,
        "ask" | "code" => {
            let address = match told::address(view.about.typed) {
                Ok(address) => address,
                Err(text) => {
                    let by_code = Wrong::field("address", text);
                    return view.first(Firsts::code(by_code)).await;
                }
            };
            if fields.one("act") == "ask" {
                view.ask(address, &visitor, Pending::of(&fields)).await
            } else {
                view.code(&address, &visitor, &fields).await
            }
        }
        _ => Err(Problem::no_such_act()),
    }
}

impl View<'_> {
    async fn password(&self, visitor: &Visitor, fields: &Fields) -> Result<Response, Problem> {
        let password = match Password::new(fields.one("password").to_owned()) {
            Ok(password) => password,
            Err(fault) => {
                let wrong = Wrong::field("password", fault.text());
                return self.first(Firsts::password(wrong)).await;
            }
        };
        let network = visitor.visit().network;
        let platform = &self.site.platform;
        let proven = platform.prove_by_password(&self.who.session, password, &network);
        match proven.await {
            Ok(secret) => person::keep(&self.site, to(&self.about.next, self.lang), &secret),
            Err(error) => self.first(Firsts::password(Wrong::of(error)?)).await,
        }
    }

    async fn second_factor(&self, visitor: &Visitor, fields: &Fields) -> Result<Response, Problem> {
        let second = match second::read(fields) {
            Ok(second) => second,
            Err(wrong) => return self.second_again(visitor, fields, wrong).await,
        };
        let network = visitor.visit().network;
        let platform = &self.site.platform;
        let proven = platform.prove_by_second(&self.who.session, second, &network);
        match proven.await {
            Ok(secret) => person::keep(&self.site, to(&self.about.next, self.lang), &secret),
            Err(error) => self.second_again(visitor, fields, Wrong::of(error)?).await,
        }
    }

    async fn second_again(
        &self,
        visitor: &Visitor,
        fields: &Fields,
        wrong: Wrong,
    ) -> Result<Response, Problem> {
        if fields.one("act") == passkey::ACT {
            self.ask_passkey(visitor, wrong).await
        } else {
            self.first(Firsts::second(wrong)).await
        }
    }

    /// Shows the page on which a passkey proves who she is.
    async fn ask_passkey(&self, visitor: &Visitor, wrong: Wrong) -> Result<Response, Problem> {
        let lang = self.lang;
        let status = wrong.status();
        let form = FormView {
            acts: vec![(passkey::ACT, self.t("确认", "Confirm"), false)],
            ..self.of("passkey")
        };
        let ceremony = self
            .site
            .platform
            .begin_passkey_proof(&visitor.visit().network)
            .await;
        let ceremony = match ceremony {
            Ok(ceremony) => ceremony,
            Err(error) => return self.first(Firsts::second(Wrong::of(error)?)).await,
        };
        let form = passkey::asking(form, ceremony, PasskeyUse::Get, lang);
        let form = wrong.into_form(form, lang);
        let others = Link {
            address: format!("{}&next={}", self.address(PATH), self.about.next),
            text: self.t("用其他方式证明", "Show it another way"),
            note: String::new(),
        };
        let blocks = vec![Block::Form(Box::new(form)), Block::Links(vec![others])];
        let heading = lang.pick("用通行密钥", "By a passkey");
        self.show(vec![section("by-passkey", heading, blocks)], status)
    }

    fn by_passkey(&self) -> Section {
        let form = FormView {
            acts: vec![(passkey::ASK, self.t("使用通行密钥", "Use a passkey"), false)],
            ..self.of("passkey")
        };
        let heading = self.lang.pick("用通行密钥", "By a passkey");
        let blocks = vec![Block::Form(Box::new(form))];
        section("by-passkey", heading, blocks)
    }

    async fn ask(
        &self,
        address: Address,
        visitor: &Visitor,
        before: Option<Pending>,
    ) -> Result<Response, Problem> {
        let note = sent_to(&address, self.lang);
        let asked = self.ask_code(CodeFor::SignIn, address, visitor, before);
        match asked.await? {
            Ok((pending, wrong)) => self.second(pending, note, wrong),
            Err(wrong) => self.first(Firsts::code(wrong)).await,
        }
    }

    async fn code(
        &self,
        address: &Address,
        visitor: &Visitor,
        fields: &Fields,
    ) -> Result<Response, Problem> {
        let Some(pending) = Pending::of(fields) else {
            return self.first(Firsts::code(no_request())).await;
        };
        let note = sent_to(address, self.lang);
        let typed = match pending.typed(fields) {
            Ok(typed) => typed,
            Err(wrong) => return self.second(pending, note, wrong),
        };
        let network = visitor.visit().network;
        let platform = &self.site.platform;
        let proven = platform.prove_by_code(&self.who.session, &typed, &network);
        match proven.await {
            Ok(secret) => person::keep(&self.site, to(&self.about.next, self.lang), &secret),
            Err(error) => self.second(pending, note, Wrong::of(error)?),
        }
    }

    fn of(&self, id: &'static str) -> FormView {
        FormView {
            hidden: vec![("next", self.about.next.clone())],
            ..self.form(id, PATH)
        }
    }

    fn show(&self, sections: Vec<Section>, status: StatusCode) -> Result<Response, Problem> {
        let lang = self.lang;
        let lead = lang.pick(
            "接下来的操作会改变登录帐号的方式。距您上次证明身份已超过十分钟，请再证明一次，随后回到原处。",
            "What comes next changes how the account is entered. More than ten minutes have passed since you showed who you are; show it once more, and you go on where you were.",
        );
        let title = lang.pick("再次确认是您本人", "Show again that it is you");
        let frame = self.frame(title, PATH);
        self.shown(frame, lead, sections, status)
    }

    async fn first(&self, wrong: Firsts) -> Result<Response, Problem> {
        let lang = self.lang;
        let status = wrong.status();
        let mut sections = Vec::new();
        let platform = &self.site.platform;
        let held = platform.factors_held(&self.who.session).await?;
        if held.passkey && platform.has_passkeys() {
            sections.push(self.by_passkey());
        }
        if held.any() {
            let form = FormView {
                inputs: vec![second::code_input(lang, held)],
                acts: vec![("second", self.t("确认", "Confirm"), false)],
                ..self.of("second")
            };
            let form = wrong.second.into_form(form, lang);
            let heading = if held.totp {
                lang.pick("用验证器或恢复码", "By an authenticator or a recovery code")
            } else {
                lang.pick("用恢复码", "By a recovery code")
            };
            let blocks = vec![Block::Form(Box::new(form))];
            sections.push(section("by-second", heading, blocks));
        }
        if self.who.own.account.password_changed.is_some() {
            let form = FormView {
                inputs: vec![
                    InputView::secret("password", self.t("密码", "Password"), "current-password")
                        .because(self.t("用来确认是您本人。", "To make sure that it is you."))
                        .needed(),
                ],
                acts: vec![("password", self.t("确认", "Confirm"), false)],
                ..self.of("password")
            };
            let form = wrong.password.into_form(form, lang);
            let heading = lang.pick("用密码", "By your password");
            let blocks = vec![Block::Form(Box::new(form))];
            sections.push(section("by-password", heading, blocks));
        }
        let own = [self.who.own.email(), self.who.own.phone()];
        let own: Vec<String> = own.into_iter().flatten().collect();
        let own = own.join(lang.pick("或", " or "));
        let note = lang.pick(
            format!("您帐号的地址：{own}"),
            format!("An address of your account: {own}"),
        );
        let form = FormView {
            inputs: vec![address_input(lang, self.about.typed, note)],
            acts: vec![("ask", self.t("获取验证码", "Send me a code"), false)],
            ..self.of("code")
        };
        let form = wrong.code.into_form(form, lang);
        let heading = lang.pick("用验证码", "By a code");
        let blocks = vec![Block::Form(Box::new(form))];
        sections.push(section("by-code", heading, blocks));
        self.show(sections, status)
    }

    fn second(&self, pending: Pending, note: String, wrong: Wrong) -> Result<Response, Problem> {
        let status = wrong.status();
        let act = (self.t("确认", "Confirm"), self.about.typed);
        let form = self.of("code");
        let blocks = self.code_step((pending, note), act, form, wrong);
        let heading = self.lang.pick("输入验证码", "Type the code");
        self.show(vec![section("type-code", heading, blocks)], status)
    }
}
