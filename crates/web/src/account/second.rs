//! The second step of signing in: a passkey, a code of the authenticator, or a recovery code in the place of either; for a
//! sign-in that was held, a code that is sent, or the password.

use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use yuntu_app::AppError;
use yuntu_app::accounts::{AccountError, Arrival, Asked};
use yuntu_app::factors::Second;
use yuntu_app::store::FactorsHeld;
use yuntu_app::vault::{Password, RecoveryCode, VerificationCode};
use yuntu_terms::{Lang, Pii, Text, clause};

use super::Open;
use super::code::{Pending, no_request};
use super::held::Held;
use super::{passkey, sign_in};
use crate::forms::{Fields, Sent};
use crate::problem::Problem;
use crate::report::{Block, FormView, InputView, PasskeyUse, Section, section};
use crate::state::Site;
use crate::view::{Wrong, next_of, to_with};
use crate::visit::Visitor;

const PATH: &str = "/account/second";

/// What the page is drawn from; the ticket goes along in the form and opens nothing else.
struct Topic<'a> {
    next: &'a str,
    ticket: &'a str,
    network: Pii<String>,
}

type View<'a> = Open<Topic<'a>>;

pub(super) async fn sent(
    open: Open,
    visitor: Visitor,
    headers: HeaderMap,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    clause::hit!(R2);
    let view = open.about(Topic {
        next: next_of(fields.one("next")).unwrap_or_default(),
        ticket: fields.one("ticket"),
        network: visitor.visit().network,
    });
    let pending = Pending::of(&fields);
    let second = match fields.one("act") {
        "ask" => return view.ask(&visitor, pending).await,
        "code" => pending.as_ref().ok_or_else(no_request).and_then(|it| {
            let typed = it.typed(&fields);
            typed.map(Second::Code)
        }),
        "password" => Password::new(fields.one("password").to_owned())
            .map(Second::Password)
            .map_err(|fault| Wrong::field("password", fault.text())),
        _ => read(&fields),
    };
    let second = match second {
        Ok(second) => second,
        Err(wrong) => return view.again(pending, Seconds::of(&fields, wrong)).await,
    };
    let platform = &view.site.platform;
    let done = platform.finish_sign_in(view.about.ticket, second, visitor.visit());
    match done.await {
        Ok(signed_in) => {
            let (came, on) = ((&headers, &visitor), (view.about.next, view.lang));
            sign_in::enter(&view.site, came, &signed_in, Arrival::SignedIn, on).await
        }
        Err(AppError::Account(AccountError::SpentTicket)) => Ok(view.spent()),
        Err(error) => {
            let wrong = Seconds::of(&fields, Wrong::of(error)?);
            view.again(pending, wrong).await
        }
    }
}

/// Shows the step for the first time, after the first proof on another page; a code that it waits for is sent.
pub(super) async fn begin<P: Sync>(
    first: &Open<P>,
    visitor: &Visitor,
    asked: Asked,
    (next, ticket): (&str, &str),
) -> Result<Response, Problem> {
    let view = first.then(Topic {
        next,
        ticket,
        network: visitor.visit().network,
    });
    match asked {
        Asked::Code(_) => view.ask(visitor, None).await,
        Asked::Factor(_) | Asked::Password => view.show(asked, None, Seconds::default()).await,
    }
}

/// What is wrong with each of the ways to show a second factor.
#[derive(Debug, Default)]
pub(crate) struct Seconds {
    pub(crate) passkey: Wrong,
    pub(crate) code: Wrong,
}

impl Seconds {
    /// Puts what is wrong to the way that was taken.
    pub(crate) fn of(fields: &Fields, wrong: Wrong) -> Self {
        let mut seconds = Self::default();
        if fields.one("act") == passkey::ACT {
            seconds.passkey = wrong;
        } else {
            seconds.code = wrong;
        }
        seconds
    }

    /// Returns the status with which the ways are shown again.
    pub(crate) fn status(&self) -> StatusCode {
        Wrong::status_of([&self.passkey, &self.code])
    }
}

/// Reads what a passkey answered, or what was typed, in the form of an authenticator's code or of a recovery code.
pub(crate) fn read(fields: &Fields) -> Result<Second, Wrong> {
    if fields.one("act") == passkey::ACT {
        return passkey::read(fields).map(Second::Passkey);
    }
    let typed = fields.one("code");
    let fault = match VerificationCode::parse(typed) {
        Ok(code) => return Ok(Second::Totp(code)),
        Err(fault) => fault,
    };
    if let Some(code) = RecoveryCode::parse(typed) {
        return Ok(Second::Recovery(code));
    }
    // What is wrong with the digits means nothing to whoever typed a recovery code.
    let text = if typed.trim().is_empty() {
        fault.text()
    } else {
        Text::new(
            "既不是验证器的六位数字，也不是恢复码，请核对",
            "This is neither the six digits of an authenticator nor a recovery code; please check it.",
        )
    };
    Err(Wrong::field("code", text))
}

/// Makes the field in which either is typed.
pub(crate) fn code_input(lang: Lang, held: FactorsHeld) -> InputView {
    let note = lang.pick(
        "验证器此刻显示的六位数字；没有验证器时，可用一个未用过的恢复码。",
        "The six digits that your authenticator shows now; without it, a recovery code that was not used yet.",
    );
    let recovery = lang.pick(
        "手边没有通行密钥时，可用一个未用过的恢复码。",
        "Without your passkey at hand, a recovery code that was not used yet.",
    );
    let (label, note) = if held.totp {
        let label = lang.pick("验证器的验证码", "Code of the authenticator");
        (label, note)
    } else {
        (lang.pick("恢复码", "Recovery code"), recovery)
    };
    InputView {
        autocomplete: "one-time-code",
        ..InputView::line("code", label)
    }
    .because(note)
    .needed()
}

impl View<'_> {
    fn spent(&self) -> Response {
        let asked = [("done", "spent"), ("next", self.about.next)];
        to_with("/account/sign-in", self.lang, &asked)
    }

    async fn again(&self, pending: Option<Pending>, wrong: Seconds) -> Result<Response, Problem> {
        match self.site.platform.second_step(self.about.ticket).await {
            Ok(asked) => self.show(asked, pending, wrong).await,
            Err(AppError::Account(AccountError::SpentTicket)) => Ok(self.spent()),
            Err(error) => Err(error.into()),
        }
    }

    /// Sends the code that a held sign-in waits for.
    async fn ask(&self, visitor: &Visitor, before: Option<Pending>) -> Result<Response, Problem> {
        let platform = &self.site.platform;
        match platform
            .ask_second_code(self.about.ticket, &visitor.visit())
            .await
        {
            Ok(asked) => self.again(Some(asked.into()), Seconds::default()).await,
            Err(AppError::Account(AccountError::SpentTicket)) => Ok(self.spent()),
            // The code that was sent before is still good.
            Err(error) => {
                let code = Wrong::of(error)?;
                let passkey = Wrong::default();
                self.again(before, Seconds { passkey, code }).await
            }
        }
    }

    async fn show(
        &self,
        asked: Asked,
        pending: Option<Pending>,
        wrong: Seconds,
    ) -> Result<Response, Problem> {
        let lang = self.lang;
        let status = wrong.status();
        let form = || FormView {
            hidden: vec![
                ("next", self.about.next.to_owned()),
                ("ticket", self.about.ticket.to_owned()),
            ],
            ..self.form("second", PATH)
        };
        let to_enter = lang.pick("登录", "Sign in");
        let wait = |asked| Held {
            asked,
            pending,
            act: to_enter,
            lang,
        };
        let sections = match asked {
            Asked::Factor(held) => {
                let ways = Ways {
                    held,
                    wrong,
                    act: to_enter,
                    network: &self.about.network,
                };
                ways.draw(&self.site, lang, form).await?
            }
            Asked::Code(_) | Asked::Password => wait(asked).draw(form(), wrong.code),
        };
        let title = lang.pick("第二步验证", "The second step");
        let frame = self.frame(title, "/account/sign-in");
        self.shown(frame, "", sections, status)
    }
}

/// The ways to show a second factor: by a passkey where there is one, and by a code always.
pub(crate) struct Ways<'a> {
    pub(crate) held: FactorsHeld,
    pub(crate) wrong: Seconds,
    /// What the button says beside the code.
    pub(crate) act: &'a str,
    /// From which network somebody asks.
    pub(crate) network: &'a Pii<String>,
}

impl Ways<'_> {
    /// Draws a section for each; `form` makes a form of the page. Where the network began too many ceremonies, the other
    /// way stays.
    pub(crate) async fn draw(
        self,
        site: &Site,
        lang: Lang,
        form: impl Fn() -> FormView,
    ) -> Result<Vec<Section>, Problem> {
        let mut sections = Vec::new();
        if self.held.passkey && site.platform.has_passkeys() {
            let block = match site.platform.begin_passkey_proof(self.network).await {
                Ok(ceremony) => {
                    let asked = FormView {
                        id: "passkey",
                        acts: vec![(
                            passkey::ACT,
                            lang.pick("使用通行密钥", "Use a passkey").to_owned(),
                            false,
                        )],
                        ..form()
                    };
                    let asked = passkey::asking(asked, ceremony, PasskeyUse::Get, lang);
                    Block::Form(Box::new(self.wrong.passkey.into_form(asked, lang)))
                }
                Err(AppError::Account(error @ AccountError::TooOften { .. })) => {
                    Block::Text(error.text().get(lang).to_owned())
                }
                Err(error) => return Err(error.into()),
            };
            let heading = lang.pick("用通行密钥", "By a passkey");
            sections.push(section("by-passkey", heading, vec![block]));
        }
        let typed = FormView {
            inputs: vec![code_input(lang, self.held)],
            acts: vec![("second", self.act.to_owned(), false)],
            ..form()
        };
        let typed = self.wrong.code.into_form(typed, lang);
        let heading = if self.held.totp {
            lang.pick("用验证器或恢复码", "By an authenticator or a recovery code")
        } else {
            lang.pick("用恢复码", "By a recovery code")
        };
        let blocks = vec![Block::Form(Box::new(typed))];
        sections.push(section("second", heading, blocks));
        Ok(sections)
    }
}
