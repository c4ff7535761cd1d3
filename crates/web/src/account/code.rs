//! The step in which a code is typed, which signing up, signing in and the rest have in common.

use yuntu_app::AppError;
use yuntu_app::accounts::{Address, CodeAsked, CodeFor, TypedIn};
use yuntu_app::vault::VerificationCode;
use yuntu_app::words::minute;
use yuntu_terms::{CodeId, Lang, Text, Timestamp};

use crate::forms::Fields;
use crate::problem::Problem;
use crate::report::{Block, FormView, InputView};
use crate::view::{Comer, View, Wrong};
use crate::visit::Visitor;

/// A code that was asked for, as the form carries it along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pending {
    pub(crate) request: CodeId,
    /// Until when it is good, if the form says so; only the row decides.
    pub(crate) expires: Option<Timestamp>,
}

impl From<CodeAsked> for Pending {
    fn from(asked: CodeAsked) -> Self {
        Self {
            request: asked.request,
            expires: Some(asked.expires),
        }
    }
}

impl Pending {
    /// Reads what a form carries along.
    pub(crate) fn of(fields: &Fields) -> Option<Self> {
        let request = fields.one("request").parse().ok()?;
        let expires = fields.one("expires").parse().ok();
        Some(Self {
            request,
            expires: expires.map(Timestamp::from_micros),
        })
    }

    /// Writes what a form carries along.
    pub(crate) fn hidden(&self) -> Vec<(&'static str, String)> {
        let mut hidden = vec![("request", self.request.to_string())];
        if let Some(expires) = self.expires {
            hidden.push(("expires", expires.as_micros().to_string()));
        }
        hidden
    }

    /// Makes the field in which the code is typed.
    pub(crate) fn input(&self, lang: Lang) -> InputView {
        let until = self.expires.map_or_else(String::new, |expires| {
            let until = minute(expires);
            lang.pick(format!("，{until} 前有效"), format!(", good until {until}"))
        });
        let note = lang.pick(
            format!("六位数字{until}，只能用一次。没有收到时，请检查垃圾邮件，一分钟后可重新获取。"),
            format!(
                "Six digits{until}, for one use. If nothing came, look among unwanted mail; after a minute you can ask again."
            ),
        );
        InputView {
            autocomplete: "one-time-code",
            keys: "numeric",
            ..InputView::line("code", lang.pick("验证码", "Code"))
        }
        .because(note)
        .needed()
    }

    /// Reads the code.
    pub(crate) fn typed(&self, fields: &Fields) -> Result<TypedIn, Wrong> {
        match VerificationCode::parse(fields.one("code")) {
            Ok(code) => Ok(TypedIn {
                request: self.request,
                code,
            }),
            Err(fault) => Err(Wrong::field("code", fault.text())),
        }
    }
}

/// Says how a page goes on that asked for a code: to the step in which it is typed, or back to the first. A code that was sent
/// before is still good when another one cannot be.
pub(crate) fn after(
    asked: Result<CodeAsked, AppError>,
    before: Option<Pending>,
) -> Result<Result<(Pending, Wrong), Wrong>, Problem> {
    Ok(match asked {
        Ok(asked) => Ok((asked.into(), Wrong::default())),
        Err(error) => match (Wrong::of(error)?, before) {
            (wrong, Some(pending)) => Ok((pending, wrong)),
            (wrong, None) => Err(wrong),
        },
    })
}

impl<W: Comer, P: Sync> View<W, P> {
    /// Sends a code to an address, and says how the page goes on.
    pub(super) async fn ask_code(
        &self,
        what: CodeFor,
        address: Address,
        visitor: &Visitor,
        before: Option<Pending>,
    ) -> Result<Result<(Pending, Wrong), Wrong>, Problem> {
        let visit = visitor.visit();
        let asked = self.site.platform.ask_code(what, address, &visit).await;
        after(asked, before)
    }

    /// Draws the step in which a code is typed that went to an address, into a form of the page.
    pub(super) fn code_step(
        &self,
        (pending, note): (Pending, String),
        (act, address): (String, &str),
        form: FormView,
        wrong: Wrong,
    ) -> Vec<Block> {
        let again = self.t("重新获取", "Send another");
        let mut form = FormView {
            inputs: vec![pending.input(self.lang)],
            acts: vec![("code", act, false), ("ask", again, true)],
            ..form
        };
        form.hidden.push(("address", address.to_owned()));
        form.hidden.extend(pending.hidden());
        let form = wrong.into_form(form, self.lang);
        vec![Block::Text(note), Block::Form(Box::new(form))]
    }
}

/// Makes the field in which an address is typed.
pub(crate) fn address_input(lang: Lang, typed: &str, note: String) -> InputView {
    InputView {
        autocomplete: "username",
        ..InputView::line(
            "address",
            lang.pick("邮箱或手机号", "Email or mobile number"),
        )
    }
    .with(typed)
    .because(note)
    .needed()
}

/// Says to where a code went, without saying whether it did.
pub(crate) fn sent_to(address: &Address, lang: Lang) -> String {
    let masked = match address {
        Address::Email(address) => address.masked(),
        Address::Phone(number) => number.masked(),
    };
    lang.pick(
        format!("若 {masked} 可用于此操作，验证码已发往该处；否则那里会收到说明或什么也收不到。"),
        format!(
            "If {masked} can be used for this, the code is on its way there; if not, it gets an explanation or nothing."
        ),
    )
}

/// What a form says that carries no code.
pub(crate) fn no_request() -> Wrong {
    Wrong::field(
        "",
        Text::new("请先获取验证码", "Please ask for a code first."),
    )
}
