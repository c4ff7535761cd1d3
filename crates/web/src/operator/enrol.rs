//! Becoming an operator: a link that is good for a day and once, a password, and an authenticator.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use yuntu_app::AppError;
use yuntu_app::accounts::AccountError;
use yuntu_app::operators::Enrolled;
use yuntu_app::vault::{Password, VerificationCode};
use yuntu_terms::{Lang, clause};

use crate::account::factors::{authenticator, code_of_app, recovery_codes};
use crate::account::told::{Wrong, section, shown};
use crate::forms::{Fields, FormMark, Sent};
use crate::input::Language;
use crate::pages::Frame;
use crate::problem::Problem;
use crate::report::{Block, FormView, InputView, Link, Section};
use crate::state::Site;

const PATH: &str = "/operator/enrol";

#[derive(Debug, Default, Deserialize)]
pub(super) struct Key {
    #[serde(default)]
    key: String,
}

struct View<'a> {
    site: &'a Site,
    lang: Lang,
    mark: &'a FormMark,
}

pub(super) async fn page(
    State(site): State<Site>,
    Language(lang): Language,
    mark: FormMark,
    key: Result<Query<Key>, QueryRejection>,
) -> Result<Response, Problem> {
    let view = View {
        site: &site,
        lang,
        mark: &mark,
    };
    let key = key.map(|Query(key)| key.key).unwrap_or_default();
    view.form(&key, Wrong::default()).await
}

pub(super) async fn sent(
    State(site): State<Site>,
    Language(lang): Language,
    mark: FormMark,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    clause::hit!(R23);
    let view = View {
        site: &site,
        lang,
        mark: &mark,
    };
    let key = fields.one("key");
    let mut wrong = Wrong::default();
    let password = Password::new(fields.one("password").to_owned());
    let password = password.map_err(|fault| wrong.add("password", fault.text()));
    let code = VerificationCode::parse(fields.one("code"));
    let code = code.map_err(|fault| wrong.add("code", fault.text()));
    let (Ok(password), Ok(code)) = (password, code) else {
        return view.form(key, wrong).await;
    };
    match site.platform.enrol_operator(key, password, &code).await {
        Ok(enrolled) => view.done(&enrolled),
        Err(error) => view.form(key, Wrong::of(error)?).await,
    }
}

impl View<'_> {
    async fn form(&self, key: &str, wrong: Wrong) -> Result<Response, Problem> {
        let lang = self.lang;
        let enrolling = match self.site.platform.enrolment(key).await {
            Ok(enrolling) => enrolling,
            Err(AppError::Account(AccountError::SpentTicket)) => return self.spent(),
            Err(error) => return Err(error.into()),
        };
        let status = wrong.status();
        let role = enrolling.role.name(lang);
        let lead = lang.pick(
            format!("您将成为平台的{role}。请设置密码和验证器，两者缺一不可。"),
            format!("You become {role} of the platform. Set a password and an authenticator; neither can be left out."),
        );
        let password = InputView::secret(
            "password",
            lang.pick("密码", "Password"),
            "new-password",
        )
        .because(lang.pick(
            "必填。至少 8 个字符，因为总要配合第二步；只保存其散列值。",
            "Necessary. At least 8 characters, because a second step is always asked for; only its hash is kept.",
        ))
        .needed();
        let form = FormView {
            id: "enrol",
            action: format!("{PATH}?lang={}", lang.pick("zh", "en")),
            mark: self.mark.text(),
            hidden: vec![("key", key.to_owned())],
            inputs: vec![password, code_of_app(lang)],
            acts: vec![("enrol", lang.pick("完成登记", "Enrol").to_owned(), false)],
            ..FormView::default()
        };
        let mut blocks = authenticator(&enrolling.authenticator, lang)?;
        blocks.push(Block::Form(Box::new(wrong.into_form(form, lang))));
        let heading = lang.pick("密码与验证器", "Password and authenticator");
        self.show(&lead, vec![section("enrol", heading, blocks)], status)
    }

    fn spent(&self) -> Result<Response, Problem> {
        let lang = self.lang;
        let text = lang.pick(
            "此链接已使用、已过期或有误。请向新增您的人索取新的链接。",
            "This link was used, has ended or is not right. Ask whoever added you for another one.",
        );
        let blocks = vec![Block::Text(text.to_owned())];
        let heading = lang.pick("链接不可用", "The link is not good");
        let sections = vec![section("spent", heading, blocks)];
        self.show("", sections, StatusCode::NOT_FOUND)
    }

    /// Shows the recovery codes, this once.
    fn done(&self, enrolled: &Enrolled) -> Result<Response, Problem> {
        let lang = self.lang;
        let mut blocks = recovery_codes(&enrolled.codes, lang);
        blocks.push(Block::Links(vec![Link {
            address: format!("/operator/sign-in?lang={}", lang.pick("zh", "en")),
            text: lang
                .pick("已抄好，去登录", "I have noted them; sign in")
                .to_owned(),
            note: String::new(),
        }]));
        let heading = lang.pick("恢复码", "Recovery codes");
        let sections = vec![section("codes", heading, blocks)];
        let lead = lang.pick("登记完成。", "You are enrolled.");
        self.show(lead, sections, StatusCode::OK)
    }

    fn show(
        &self,
        lead: &str,
        sections: Vec<Section>,
        status: StatusCode,
    ) -> Result<Response, Problem> {
        let title = self.lang.pick("运营人员登记", "Enrol as operator");
        let frame = Frame::open(self.lang, title, PATH);
        shown(self.site, self.mark, frame, lead, sections, status)
    }
}
