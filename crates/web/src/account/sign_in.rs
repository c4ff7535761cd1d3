//! Signing in: by a code that is sent, by the password, or by a passkey.

use axum::http::HeaderMap;
use axum::response::Response;
use yuntu_app::AppError;
use yuntu_app::accounts::{Address, Arrival, CodeFor, SignInStep, SignedIn};
use yuntu_app::vault::Password;
use yuntu_terms::{Lang, clause};

use super::Open;
use super::code::{Pending, address_input, no_request, sent_to};
use super::told;
use super::{devices, passkey, person, second};
use crate::forms::{Fields, Sent};
use crate::problem::Problem;
use crate::report::{Block, FormView, InputView, Link, PasskeyUse, Section, section};
use crate::state::Site;
use crate::view::{Asked, Wrong, next_of, to};
use crate::visit::Visitor;

const PATH: &str = "/account/sign-in";

/// What the page is drawn from.
struct Topic<'a> {
    next: String,
    typed: &'a str,
}

type View<'a> = Open<Topic<'a>>;

impl<'a> Topic<'a> {
    fn of(next: &str, typed: &'a str) -> Self {
        let next = next_of(next).unwrap_or_default().to_owned();
        Self { next, typed }
    }
}

pub(super) async fn page(open: Open, asked: Asked) -> Result<Response, Problem> {
    let view = open.about(Topic::of(&asked.next, ""));
    let done = match asked.done.as_str() {
        "out" => view.lang.pick("您已退出登录。", "You are signed out."),
        "spent" => view.lang.pick(
            "第二步已失效，请重新登录。",
            "The second step is no longer possible; please sign in again.",
        ),
        _ => "",
    };
    view.first(Wrong::default(), Wrong::default(), done)
}

pub(super) async fn sent(
    open: Open,
    visitor: Visitor,
    headers: HeaderMap,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    clause::hit!(R2);
    let view = open.about(Topic::of(fields.one("next"), fields.one("address")));
    match fields.one("act") {
        passkey::ASK => return view.ask_passkey(&visitor, Wrong::default()).await,
        passkey::ACT => return view.passkey(&visitor, &fields, &headers).await,
        _ => {}
    }
    let by_password = fields.one("act") == "password";
    let address = match told::address(view.about.typed) {
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
        _ => Err(Problem::no_such_act()),
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
        let asked = self.ask_code(CodeFor::SignIn, address, visitor, before);
        match asked.await? {
            Ok((pending, wrong)) => self.second(pending, note, wrong),
            Err(wrong) => self.first(wrong, Wrong::default(), ""),
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
            Ok(step) => go_on(self, (headers, visitor), step, &self.about.next).await,
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
            Ok(step) => go_on(self, (headers, visitor), step, &self.about.next).await,
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
            ..self.of("passkey")
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
                let (came, on) = ((headers, visitor), (self.about.next.as_str(), self.lang));
                enter(&self.site, came, &signed_in, Arrival::SignedIn, on).await
            }
            Err(error) => self.ask_passkey(visitor, Wrong::of(error)?).await,
        }
    }

    fn of(&self, id: &'static str) -> FormView {
        FormView {
            hidden: vec![("next", self.about.next.clone())],
            ..self.form(id, PATH)
        }
    }

    fn show(
        &self,
        done: &str,
        sections: Vec<Section>,
        status: axum::http::StatusCode,
    ) -> Result<Response, Problem> {
        let title = self.lang.pick("登录", "Sign in");
        let frame = self.frame(title, PATH).saying(done);
        self.shown(frame, "", sections, status)
    }

    fn first(&self, by_code: Wrong, by_password: Wrong, done: &str) -> Result<Response, Problem> {
        let lang = self.lang;
        let status = Wrong::status_of([&by_code, &by_password]);
        let address = |note: String| address_input(lang, self.about.typed, note);
        let code = FormView {
            inputs: vec![address(self.t(
                "用注册时的邮箱或手机号；我们向它发送验证码。",
                "The one you registered with; a code goes to it.",
            ))],
            acts: vec![("ask", self.t("获取验证码", "Send me a code"), false)],
            ..self.of("code")
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
            ..self.of("password")
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
            ..self.of("passkey")
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
        let address = self.address(path);
        if self.about.next.is_empty() {
            address
        } else {
            format!("{address}&next={}", self.about.next)
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
        let act = (self.t("登录", "Sign in"), self.about.typed);
        let form = self.of("code");
        let blocks = self.code_step((pending, note), act, form, wrong);
        let heading = self.lang.pick("输入验证码", "Type the code");
        let sections = vec![section("type-code", heading, blocks)];
        self.show("", sections, status)
    }
}

/// Goes on after the first proof: in, or to the second where one is asked for.
pub(super) async fn go_on<P: Sync>(
    view: &Open<P>,
    came: (&HeaderMap, &Visitor),
    step: SignInStep,
    next: &str,
) -> Result<Response, Problem> {
    match step {
        SignInStep::Done(signed_in) => {
            let on = (next, view.lang);
            enter(&view.site, came, &signed_in, Arrival::SignedIn, on).await
        }
        SignInStep::Second(step) => {
            let ticket = step.ticket.text();
            second::begin(view, came.1, step.asked, (next, &ticket)).await
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
