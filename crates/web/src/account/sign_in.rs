//! Signing in: by a code that is sent, by the password, or by a passkey.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use yuntu_app::AppError;
use yuntu_app::accounts::{Address, Arrival, CodeFor, SignInStep, SignedIn};
use yuntu_app::vault::Password;
use yuntu_terms::{Lang, clause};

use super::code::{Pending, address_input, no_request, sent_to};
use super::told::{self, Wrong, section, shown};
use super::visit::Visitor;
use super::{Asked, devices, next_of, passkey, person, second, to};
use crate::forms::{Fields, FormMark, Sent};
use crate::input::Language;
use crate::pages::Frame;
use crate::problem::Problem;
use crate::report::{Block, FormView, InputView, Link, PasskeyUse, Section};
use crate::state::Site;

const PATH: &str = "/account/sign-in";

/// What the page is drawn from.
struct View<'a> {
    site: &'a Site,
    lang: Lang,
    mark: &'a FormMark,
    next: String,
    typed: &'a str,
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
        next: next_of(&asked.next).unwrap_or_default().to_owned(),
        typed: "",
    };
    let done = match asked.done.as_str() {
        "out" => lang.pick("您已退出登录。", "You are signed out."),
        "spent" => lang.pick(
            "第二步已失效，请重新登录。",
            "The second step is no longer possible; please sign in again.",
        ),
        _ => "",
    };
    view.first(Wrong::default(), Wrong::default(), done)
}

pub(super) async fn sent(
    State(site): State<Site>,
    Language(lang): Language,
    mark: FormMark,
    visitor: Visitor,
    headers: HeaderMap,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    clause::hit!(R2);
    let view = View {
        site: &site,
        lang,
        mark: &mark,
        next: next_of(fields.one("next")).unwrap_or_default().to_owned(),
        typed: fields.one("address"),
    };
    match fields.one("act") {
        passkey::ASK => return view.ask_passkey(&visitor, Wrong::default()).await,
        passkey::ACT => return view.passkey(&visitor, &fields, &headers).await,
        _ => {}
    }
    let by_password = fields.one("act") == "password";
    let address = match told::address(view.typed) {
        Ok(address) => address,
        Err(text) if by_password => {
            return view.first(Wrong::default(), Wrong::field("address", text), "");
        }
        Err(text) => return view.first(Wrong::field("address", text), Wrong::default(), ""),
    };
    match fields.one("act") {
        "ask" => view.ask(address, &visitor, Pending::of(&fields)).await,
        "code" => view.code(&address, &visitor, &fields, &headers).await,
        "password" => view.password(&address, &visitor, &fields, &headers).await,
        _ => Err(Problem::invalid("没有此操作", "there is no such act")),
    }
}

impl View<'_> {
    /// Sends a code and shows the step in which it is typed, the same whether or not the address has an account.
    async fn ask(
        &self,
        address: Address,
        visitor: &Visitor,
        before: Option<Pending>,
    ) -> Result<Response, Problem> {
        let note = sent_to(&address, self.lang);
        let platform = &self.site.platform;
        match platform
            .ask_code(CodeFor::SignIn, address, &visitor.visit())
            .await
        {
            Ok(asked) => self.second(asked.into(), note, Wrong::default()),
            Err(error) => match (Wrong::of(error)?, before) {
                // The code that was sent before is still good.
                (wrong, Some(pending)) => self.second(pending, note, wrong),
                (wrong, None) => self.first(wrong, Wrong::default(), ""),
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
            return self.first(no_request(), Wrong::default(), "");
        };
        let note = sent_to(address, self.lang);
        let typed = match pending.typed(fields) {
            Ok(typed) => typed,
            Err(wrong) => return self.second(pending, note, wrong),
        };
        let platform = &self.site.platform;
        let done = platform.sign_in_by_code(&typed, address, visitor.visit());
        match done.await {
            Ok(step) => {
                let on = (self.next.as_str(), self.lang);
                go_on(self.site, self.mark, (headers, visitor), step, on).await
            }
            Err(error) => self.second(pending, note, Wrong::of(error)?),
        }
    }

    async fn password(
        &self,
        address: &Address,
        visitor: &Visitor,
        fields: &Fields,
        headers: &HeaderMap,
    ) -> Result<Response, Problem> {
        let password = match Password::new(fields.one("password").to_owned()) {
            Ok(password) => password,
            Err(fault) => {
                let wrong = Wrong::field("password", fault.text());
                return self.first(Wrong::default(), wrong, "");
            }
        };
        let platform = &self.site.platform;
        let done = platform.sign_in_by_password(address, password, visitor.visit());
        match done.await {
            Ok(step) => {
                let on = (self.next.as_str(), self.lang);
                go_on(self.site, self.mark, (headers, visitor), step, on).await
            }
            Err(error) => self.first(Wrong::default(), Wrong::of(error)?, ""),
        }
    }

    /// Shows the page on which a passkey signs in: no address is asked for, the passkey knows its account.
    async fn ask_passkey(&self, visitor: &Visitor, wrong: Wrong) -> Result<Response, Problem> {
        let lang = self.lang;
        let status = wrong.status();
        let form = FormView {
            acts: vec![(
                passkey::ACT,
                self.t("用通行密钥登录", "Sign in with a passkey"),
                false,
            )],
            ..self.form("passkey")
        };
        let ceremony = self
            .site
            .platform
            .begin_passkey_proof(&visitor.visit().network)
            .await;
        let ceremony = match ceremony {
            Ok(ceremony) => ceremony,
            // The other ways stay.
            Err(error) => return self.first(Wrong::default(), Wrong::of(error)?, ""),
        };
        let form = passkey::asking(form, ceremony, PasskeyUse::Get, lang);
        let form = wrong.into_form(form, lang);
        let text = self.t(
            "设备会先确认是您本人，再替您登录；本站不会得到您的指纹、面容或锁屏密码。",
            "Your device makes sure that it is you and then signs you in; your fingerprint, your face and the code of your screen do not come to this site.",
        );
        let others = Link {
            address: self.way(PATH),
            text: self.t("用其他方式登录", "Sign in another way"),
            note: String::new(),
        };
        let blocks = vec![
            Block::Text(text),
            Block::Form(Box::new(form)),
            Block::Links(vec![others]),
        ];
        let heading = lang.pick("用通行密钥登录", "By a passkey");
        self.show("", vec![section("by-passkey", heading, blocks)], status)
    }

    async fn passkey(
        &self,
        visitor: &Visitor,
        fields: &Fields,
        headers: &HeaderMap,
    ) -> Result<Response, Problem> {
        let answer = match passkey::read(fields) {
            Ok(answer) => answer,
            Err(wrong) => return self.ask_passkey(visitor, wrong).await,
        };
        let platform = &self.site.platform;
        match platform.sign_in_by_passkey(&answer, visitor.visit()).await {
            Ok(signed_in) => {
                let (came, on) = ((headers, visitor), (self.next.as_str(), self.lang));
                enter(self.site, came, &signed_in, Arrival::SignedIn, on).await
            }
            Err(error) => self.ask_passkey(visitor, Wrong::of(error)?).await,
        }
    }

    fn t(&self, zh: &str, en: &str) -> String {
        self.lang.pick(zh, en).to_owned()
    }

    fn form(&self, id: &'static str) -> FormView {
        FormView {
            id,
            action: format!("{PATH}?lang={}", self.lang.pick("zh", "en")),
            mark: self.mark.text(),
            hidden: vec![("next", self.next.clone())],
            ..FormView::default()
        }
    }

    fn show(
        &self,
        done: &str,
        sections: Vec<Section>,
        status: axum::http::StatusCode,
    ) -> Result<Response, Problem> {
        let title = self.lang.pick("登录", "Sign in");
        let frame = Frame {
            done: done.to_owned(),
            ..Frame::open(self.lang, title, PATH)
        };
        shown(self.site, self.mark, frame, "", sections, status)
    }

    fn first(&self, by_code: Wrong, by_password: Wrong, done: &str) -> Result<Response, Problem> {
        let lang = self.lang;
        let status = if by_code.is_nothing() {
            by_password.status()
        } else {
            by_code.status()
        };
        let address = |note: String| address_input(lang, self.typed, note);
        let code = FormView {
            inputs: vec![address(self.t(
                "用注册时的邮箱或手机号；我们向它发送验证码。",
                "The one you registered with; a code goes to it.",
            ))],
            acts: vec![("ask", self.t("获取验证码", "Send me a code"), false)],
            ..self.form("code")
        };
        let password = FormView {
            inputs: vec![
                address(self.t(
                    "用注册时的邮箱或手机号，据此找到您的帐号。",
                    "The one you registered with, to find your account.",
                )),
                InputView::secret("password", self.t("密码", "Password"), "current-password")
                    .because(self.t(
                        "用来确认是您本人。没有设置密码的，请用验证码登录。",
                        "To make sure that it is you. If you have set none, sign in by a code.",
                    ))
                    .needed(),
            ],
            acts: vec![("password", self.t("用密码登录", "Sign in"), false)],
            ..self.form("password")
        };
        let code_form = by_code.into_form(code, lang);
        let password_form = by_password.into_form(password, lang);
        let note = self.t(
            "登录只设置必要的 Cookie：会话最长 12 小时，表单标记到关闭浏览器为止，识别陌生设备的标记半年。",
            "Signing in sets necessary cookies only: the session for 12 hours at most, the mark of forms until the browser closes, the mark by which a strange device is recognised for half a year.",
        );
        let mut sections = vec![
            section(
                "by-code",
                lang.pick("用验证码登录", "By a code"),
                vec![Block::Form(Box::new(code_form))],
            ),
            section(
                "by-password",
                lang.pick("用密码登录", "By your password"),
                vec![Block::Form(Box::new(password_form)), Block::Note(note)],
            ),
        ];
        sections.extend(self.by_passkey());
        sections.push(section(
            "else",
            lang.pick("其他", "Something else"),
            vec![Block::Links(self.ways())],
        ));
        self.show(done, sections, status)
    }

    /// Offers the way by a passkey, where the site can take one.
    fn by_passkey(&self) -> Option<Section> {
        let form = FormView {
            acts: vec![(passkey::ASK, self.t("使用通行密钥", "Use a passkey"), false)],
            ..self.form("passkey")
        };
        let note = self.t(
            "适用于已在“第二验证方式”页添加通行密钥的帐号；需要浏览器支持并允许本站脚本。",
            "For accounts that have one, added on the page of second factors; the browser must know passkeys and let this site's script run.",
        );
        let blocks = vec![Block::Form(Box::new(form)), Block::Note(note)];
        let heading = self.lang.pick("用通行密钥登录", "By a passkey");
        let possible = self.site.platform.has_passkeys();
        possible.then(|| section("by-passkey", heading, blocks))
    }

    /// Returns the address of another page, from which one goes on to the same place.
    fn way(&self, path: &str) -> String {
        let code = self.lang.pick("zh", "en");
        if self.next.is_empty() {
            format!("{path}?lang={code}")
        } else {
            format!("{path}?lang={code}&next={}", self.next)
        }
    }

    fn ways(&self) -> Vec<Link> {
        let link = |path: &str, zh, en| Link {
            address: self.way(path),
            text: self.t(zh, en),
            note: String::new(),
        };
        vec![
            link("/account/register", "注册帐号", "Register an account"),
            link(
                "/account/recover",
                "忘记密码，或密码被他人知晓",
                "The password is lost, or known to others",
            ),
        ]
    }

    fn second(&self, pending: Pending, note: String, wrong: Wrong) -> Result<Response, Problem> {
        let status = wrong.status();
        let mut form = FormView {
            inputs: vec![pending.input(self.lang)],
            acts: vec![
                ("code", self.t("登录", "Sign in"), false),
                ("ask", self.t("重新获取", "Send another"), true),
            ],
            ..self.form("code")
        };
        form.hidden.push(("address", self.typed.to_owned()));
        form.hidden.extend(pending.hidden());
        let form = wrong.into_form(form, self.lang);
        let sections = vec![section(
            "type-code",
            self.lang.pick("输入验证码", "Type the code"),
            vec![Block::Text(note), Block::Form(Box::new(form))],
        )];
        self.show("", sections, status)
    }
}

/// Goes on after the first proof: in, or to the second where one is asked for.
pub(super) async fn go_on(
    site: &Site,
    mark: &FormMark,
    came: (&HeaderMap, &Visitor),
    step: SignInStep,
    (next, lang): (&str, Lang),
) -> Result<Response, Problem> {
    match step {
        SignInStep::Done(signed_in) => {
            enter(site, came, &signed_in, Arrival::SignedIn, (next, lang)).await
        }
        SignInStep::Second(step) => {
            let ticket = step.ticket.text();
            let view = second::View {
                site,
                lang,
                mark,
                next,
                ticket: &ticket,
                network: came.1.visit().network,
            };
            view.begin(step.asked, came.1).await
        }
    }
}

/// Lets somebody in who has shown who she is: the mark of her browser is looked at, the session that the browser had ends,
/// and she goes on to where she was.
pub(super) async fn enter(
    site: &Site,
    came: (&HeaderMap, &Visitor),
    signed_in: &SignedIn,
    arrival: Arrival,
    (next, lang): (&str, Lang),
) -> Result<Response, Problem> {
    if let Some(before) = person::session_of(site, came.0).await? {
        match site.platform.sign_out(&before).await {
            // It ended meanwhile.
            Ok(()) | Err(AppError::Store(yuntu_app::store::StoreError::Missing { .. })) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let next = next_of(next).unwrap_or("/console");
    let response = devices::meet(site, came.1, signed_in, arrival, to(next, lang)).await?;
    person::keep(site, response, &signed_in.secret)
}
