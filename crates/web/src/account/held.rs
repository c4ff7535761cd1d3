//! A sign-in that is held until one more proof is shown: why, and the form for it.

use yuntu_app::accounts::Asked;
use yuntu_app::store::ContactKind;
use yuntu_terms::Lang;

use super::code::Pending;
use crate::report::{Block, FormView, InputView, Link, Section, section};
use crate::view::Wrong;

/// What the step is drawn from.
pub(super) struct Held<'a> {
    pub(super) asked: Asked,
    /// The code that was sent, if one was.
    pub(super) pending: Option<Pending>,
    /// What the button says.
    pub(super) act: &'a str,
    pub(super) lang: Lang,
}

impl Held<'_> {
    /// Draws the step into a form of the page.
    pub(super) fn draw(&self, form: FormView, wrong: Wrong) -> Vec<Section> {
        let lang = self.lang;
        let form = match self.asked {
            Asked::Password => self.password(form),
            Asked::Code(_) | Asked::Factor(_) => self.code(form),
        };
        let form = wrong.into_form(form, lang);
        let heading = lang.pick("还需要一项证明", "One more proof");
        let blocks = vec![
            Block::Text(self.why().to_owned()),
            Block::Form(Box::new(form)),
            Block::Links(self.ways()),
        ];
        vec![section("held", heading, blocks)]
    }

    fn why(&self) -> &'static str {
        let lang = self.lang;
        match self.asked {
            Asked::Password => lang.pick(
                "您的帐号不认识这个浏览器，而且这个网络近来有许多失败的登录，所以请再输入密码。",
                "Your account does not know this browser, and there were many failed sign-ins from this network of late. So please give your password as well.",
            ),
            Asked::Code(ContactKind::Phone) => lang.pick(
                "您的帐号不认识这个浏览器，而且近来有多次失败的登录，所以请再输入一个发往您手机的验证码。",
                "Your account does not know this browser, and there were failed sign-ins of late. So please type a code as well, which goes to the mobile number of your account.",
            ),
            Asked::Code(ContactKind::Email) | Asked::Factor(_) => lang.pick(
                "您的帐号不认识这个浏览器，而且近来有多次失败的登录，所以请再输入一个发往您邮箱的验证码。",
                "Your account does not know this browser, and there were failed sign-ins of late. So please type a code as well, which goes to the mail address of your account.",
            ),
        }
    }

    fn code(&self, form: FormView) -> FormView {
        let t = |zh: &str, en: &str| self.lang.pick(zh, en).to_owned();
        let Some(pending) = &self.pending else {
            return FormView {
                acts: vec![("ask", t("获取验证码", "Send me a code"), false)],
                ..form
            };
        };
        let mut form = FormView {
            inputs: vec![pending.input(self.lang)],
            acts: vec![
                ("code", self.act.to_owned(), false),
                ("ask", t("重新获取", "Send another"), true),
            ],
            ..form
        };
        form.hidden.extend(pending.hidden());
        form
    }

    fn password(&self, form: FormView) -> FormView {
        let label = self.lang.pick("密码", "Password");
        FormView {
            inputs: vec![
                InputView::secret("password", label, "current-password")
                    .because(
                        self.lang
                            .pick("用来确认是您本人。", "To make sure that it is you."),
                    )
                    .needed(),
            ],
            acts: vec![("password", self.act.to_owned(), false)],
            ..form
        }
    }

    /// Where whoever cannot show it goes on.
    fn ways(&self) -> Vec<Link> {
        let lang = self.lang;
        let link = |path: &str, zh: &str, en: &str| Link {
            address: format!("{path}?lang={}", lang.pick("zh", "en")),
            text: lang.pick(zh, en).to_owned(),
            note: String::new(),
        };
        let sign_in = ("用其他方式登录", "Sign in another way");
        let mut ways = vec![link("/account/sign-in", sign_in.0, sign_in.1)];
        if let Asked::Password = self.asked {
            ways.push(link(
                "/account/recover",
                "忘记密码，或密码被他人知晓",
                "The password is lost, or known to others",
            ));
        }
        ways
    }
}
