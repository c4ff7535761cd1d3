//! Becoming an operator: a link that is good for a day and once, a password, and an authenticator or a passkey.

use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use yuntu_app::AppError;
use yuntu_app::accounts::AccountError;
use yuntu_app::factors::PasskeyLabel;
use yuntu_app::operators::{Enrolled, FirstFactor};
use yuntu_app::policy::OperatorRole;
use yuntu_app::vault::{Password, VerificationCode};
use yuntu_terms::{Pii, clause};

use super::AtDoor;
use crate::account::factors::{authenticator, code_of_app, recovery_codes};
use crate::account::passkey;
use crate::forms::{Fields, Sent};
use crate::input::InQuery;
use crate::problem::Problem;
use crate::report::{Block, FormView, InputView, Link, PasskeyUse, Section, section};
use crate::view::Wrong;
use crate::visit::Visitor;

const PATH: &str = "/operator/enrol";
/// What the address asks for whoever wants a passkey.
const PASSKEY: &str = "passkey";

#[derive(Debug, Default, Deserialize)]
pub(super) struct Key {
    #[serde(default)]
    key: String,
    /// The second factor that the person wants: a passkey, or else an authenticator.
    #[serde(default)]
    by: String,
}

struct Topic {
    network: Pii<String>,
}

type View = AtDoor<Topic>;

fn of(door: AtDoor, visitor: &Visitor) -> View {
    let network = visitor.visit().network;
    door.about(Topic { network })
}

pub(super) async fn page(
    door: AtDoor,
    visitor: Visitor,
    InQuery(Key { key, by }): InQuery<Key>,
) -> Result<Response, Problem> {
    let view = of(door, &visitor);
    if by == PASSKEY {
        view.by_passkey(&key, "", Wrong::default()).await
    } else {
        view.by_authenticator(&key, Wrong::default()).await
    }
}

pub(super) async fn sent(
    door: AtDoor,
    visitor: Visitor,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    clause::hit!(R23);
    let view = of(door, &visitor);
    let by_passkey = fields.one("act") == passkey::ACT;
    let (key, label) = (fields.one("key"), fields.one("label"));
    let wrong = match read(&fields, by_passkey) {
        Ok((password, factor)) => {
            match view
                .site
                .platform
                .enrol_operator(key, password, &factor)
                .await
            {
                Ok(enrolled) => return view.done(&enrolled),
                Err(error) => Wrong::of(error)?,
            }
        }
        Err(wrong) => wrong,
    };
    if by_passkey {
        view.by_passkey(key, label, wrong).await
    } else {
        view.by_authenticator(key, wrong).await
    }
}

/// Reads the password and the second factor beside it.
fn read(fields: &Fields, by_passkey: bool) -> Result<(Password, FirstFactor), Wrong> {
    let mut wrong = Wrong::default();
    let password = Password::new(fields.one("password").to_owned());
    let password = password.map_err(|fault| wrong.add("password", fault.text()));
    let factor = if by_passkey {
        let label = PasskeyLabel::parse(fields.one("label"));
        let label = label.map_err(|error| wrong.add("label", error.text()));
        match (label, wrong.is_nothing()) {
            (Ok(label), true) => FirstFactor::Passkey(passkey::read(fields)?, label),
            _ => return Err(wrong),
        }
    } else {
        match VerificationCode::parse(fields.one("code")) {
            Ok(code) => FirstFactor::Totp(code),
            Err(fault) => {
                wrong.add("code", fault.text());
                return Err(wrong);
            }
        }
    };
    password
        .map(|password| (password, factor))
        .map_err(|()| wrong)
}

impl View {
    async fn by_authenticator(&self, key: &str, wrong: Wrong) -> Result<Response, Problem> {
        let lang = self.lang;
        let enrolling = match self.site.platform.enrolment(key).await {
            Ok(enrolling) => enrolling,
            Err(AppError::Account(AccountError::SpentTicket)) => return self.spent(),
            Err(error) => return Err(error.into()),
        };
        let status = wrong.status();
        let form = FormView {
            inputs: vec![self.password(), code_of_app(lang)],
            acts: vec![("enrol", lang.pick("完成登记", "Enrol").to_owned(), false)],
            ..self.of(key)
        };
        let mut blocks = authenticator(&enrolling.factor, lang)?;
        blocks.push(Block::Form(Box::new(wrong.into_form(form, lang))));
        if self.site.platform.has_passkeys() {
            let text = lang.pick("改用通行密钥", "Use a passkey instead");
            blocks.push(self.other(key, PASSKEY, text));
        }
        let heading = lang.pick("密码与验证器", "Password and authenticator");
        let sections = vec![section("enrol", heading, blocks)];
        self.show(&self.lead(enrolling.role), sections, status)
    }

    async fn by_passkey(&self, key: &str, label: &str, wrong: Wrong) -> Result<Response, Problem> {
        let (lang, platform) = (self.lang, &self.site.platform);
        if !platform.has_passkeys() {
            return Err(Problem::not_found());
        }
        let enrolling = match platform
            .enrolment_by_passkey(key, &self.about.network)
            .await
        {
            Ok(enrolling) => enrolling,
            Err(AppError::Account(AccountError::SpentTicket)) => return self.spent(),
            Err(error) => return Err(error.into()),
        };
        let status = wrong.status();
        let name = InputView::line("label", lang.pick("通行密钥的名称", "Name of the passkey"))
            .with(label)
            .because(lang.pick(
                "必填。1 至 40 个字符，让您日后认得它；只有您看得到，随通行密钥一同移除。",
                "Necessary. 1 to 40 characters by which you will know it; you alone see it, and it goes with the passkey.",
            ))
            .needed();
        let form = FormView {
            inputs: vec![self.password(), name],
            acts: vec![(
                passkey::ACT,
                lang.pick("创建通行密钥并完成登记", "Make the passkey and enrol")
                    .to_owned(),
                false,
            )],
            ..self.of(key)
        };
        let form = passkey::asking(form, enrolling.factor, PasskeyUse::Create, lang);
        let text = lang.pick("改用验证器", "Use an authenticator instead");
        let blocks = vec![
            Block::Form(Box::new(wrong.into_form(form, lang))),
            self.other(key, "", text),
        ];
        let heading = lang.pick("密码与通行密钥", "Password and passkey");
        let sections = vec![section("enrol", heading, blocks)];
        self.show(&self.lead(enrolling.role), sections, status)
    }

    fn lead(&self, role: OperatorRole) -> String {
        let name = role.name(self.lang);
        self.lang.pick(
            format!("您将成为平台的{name}。请设置密码和第二验证方式，两者缺一不可。"),
            format!("Your role on the platform will be: {name}. Set a password and a second factor; neither can be left out."),
        )
    }

    fn password(&self) -> InputView {
        let lang = self.lang;
        let label = lang.pick("密码", "Password");
        InputView::secret("password", label, "new-password")
            .because(lang.pick(
                "必填。至少 8 个字符，因为总要配合第二步；只保存其散列值。",
                "Necessary. At least 8 characters, because a second step is always asked for; only its hash is kept.",
            ))
            .needed()
    }

    fn of(&self, key: &str) -> FormView {
        FormView {
            hidden: vec![("key", key.to_owned())],
            ..self.form("enrol", PATH)
        }
    }

    /// Leads to the same enrolment with the other second factor; the link was good, so it can stand in an address.
    fn other(&self, key: &str, by: &str, text: &str) -> Block {
        let here = self.address(PATH);
        Block::Links(vec![Link {
            address: format!("{here}&key={key}&by={by}"),
            text: text.to_owned(),
            note: String::new(),
        }])
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
        blocks.push(Block::Links(vec![self.link(
            "/operator/sign-in",
            "已抄好，去登录",
            "I have noted them; sign in",
        )]));
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
        self.shown(self.frame(title, PATH), lead, sections, status)
    }
}
