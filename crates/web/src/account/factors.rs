//! Second factors: an authenticator, passkeys and recovery codes, how they come to be and go.

mod passkeys;
mod shown;

use axum::http::StatusCode;
use axum::response::Response;
use yuntu_app::AppError;
use yuntu_app::accounts::AccountError;
use yuntu_app::factors::RemoveFactor;
use yuntu_app::store::{FactorKind, FactorsHeld};
use yuntu_app::vault::{Password, RecoveryCode, VerificationCode};
use yuntu_terms::{FactorId, Lang, clause};

use super::{Own, passkey};
use crate::forms::{Fields, Sent};
use crate::inside::{Door, SignedIn};
use crate::problem::Problem;
use crate::report::{Block, FormView, Link, Section, section};
use crate::view::{Asked, Wrong, to_with};
use crate::visit::Visitor;

pub(crate) use shown::{authenticator, code_of_app, recovery_codes};
use shown::{name_of, new_password, part};

struct Topic;

/// The page at either door.
type View<W> = crate::view::View<W, Topic>;

pub(super) async fn page(own: Own, asked: Asked) -> Result<Response, Problem> {
    show(own, &asked).await
}

/// Shows the second factors of somebody, at either door.
pub(crate) async fn show<W: SignedIn>(
    page: crate::view::View<W>,
    asked: &Asked,
) -> Result<Response, Problem> {
    let view = page.about(Topic);
    let done = match asked.done.as_str() {
        "removed" => view.lang.pick("已移除。", "It is removed."),
        "named" => view.lang.pick("已改名。", "It has its new name."),
        _ => "",
    };
    view.list(done, Told::default()).await
}

pub(super) async fn sent(
    own: Own,
    visitor: Visitor,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    act(own, &visitor, &fields).await
}

/// Changes the second factors of somebody, at either door.
pub(crate) async fn act<W: SignedIn>(
    page: crate::view::View<W>,
    visitor: &Visitor,
    fields: &Fields,
) -> Result<Response, Problem> {
    clause::hit!(R2);
    let view = page.about(Topic);
    let network = &visitor.visit().network;
    let done = match fields.one("act") {
        "begin" => view.begin(Wrong::default()).await,
        "confirm" => view.confirm(fields).await,
        "codes" => view.new_codes().await,
        "remove" => view.remove(fields).await,
        passkey::ASK => view.begin_passkey(network, fields).await,
        passkey::ACT => view.add_passkey(network, fields).await,
        "label" => view.label(fields).await,
        _ => Err(Problem::no_such_act().into()),
    };
    match done {
        Err(Stop::Proof) => {
            let door = view.who.inside().door;
            let next = [("next", door.factors())];
            Ok(to_with(door.proof(), view.lang, &next))
        }
        Err(Stop::Fault(problem)) => Err(problem),
        Ok(response) => Ok(response),
    }
}

/// What is wrong with one of the forms of the list, and what was typed into it.
#[derive(Default)]
struct Told<'a> {
    /// The act of the form.
    act: &'static str,
    /// Which factor the form is about.
    factor: Option<FactorId>,
    typed: &'a str,
    wrong: Wrong,
}

impl Told<'_> {
    /// Writes what is wrong to a form, if it is the one.
    fn write(
        &mut self,
        act: &str,
        factor: Option<FactorId>,
        mut form: FormView,
        lang: Lang,
    ) -> FormView {
        if self.act != act || self.factor != factor {
            return form;
        }
        if let Some(input) = form.inputs.iter_mut().find(|input| input.name == "label") {
            self.typed.clone_into(&mut input.value);
        }
        std::mem::take(&mut self.wrong).into_form(form, lang)
    }
}

/// Why an act was not done.
enum Stop {
    /// She has to show who she is first.
    Proof,
    Fault(Problem),
}

impl From<AppError> for Stop {
    fn from(error: AppError) -> Self {
        if let AppError::Account(AccountError::ProofNeeded) = error {
            Self::Proof
        } else {
            Self::Fault(error.into())
        }
    }
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Fault(problem)
    }
}

impl<W: SignedIn> View<W> {
    /// Shows the picture and the secret of an authenticator until its first code is typed.
    async fn begin(&self, wrong: Wrong) -> Result<Response, Stop> {
        let new = self
            .site
            .platform
            .begin_totp(self.who.inside().session)
            .await?;
        let lang = self.lang;
        let status = wrong.status();
        let mut blocks = authenticator(&new, lang)?;
        let form = FormView {
            inputs: vec![code_of_app(lang)],
            acts: vec![(
                "confirm",
                lang.pick("启用", "Switch it on").to_owned(),
                false,
            )],
            ..self.form("confirm", self.path())
        };
        blocks.push(Block::Form(Box::new(wrong.into_form(form, lang))));
        let heading = lang.pick("设置验证器", "Set up an authenticator");
        Ok(self.show("", vec![section("set-up", heading, blocks)], status)?)
    }

    async fn confirm(&self, fields: &Fields) -> Result<Response, Stop> {
        let code = match VerificationCode::parse(fields.one("code")) {
            Ok(code) => code,
            Err(fault) => return self.begin(Wrong::field("code", fault.text())).await,
        };
        let platform = &self.site.platform;
        match platform
            .confirm_totp(self.who.inside().session, &code)
            .await
        {
            Ok(added) => {
                let page = self.codes(&added.codes)?;
                Ok(self.who.inside().keep(&self.site, page, &added.secret)?)
            }
            Err(AppError::Account(error @ (AccountError::WrongProof | AccountError::NoFactor))) => {
                self.begin(Wrong::of(error.into())?).await
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn new_codes(&self) -> Result<Response, Stop> {
        let platform = &self.site.platform;
        let codes = platform
            .new_recovery_codes(self.who.inside().session)
            .await?;
        Ok(self.codes(&codes)?)
    }

    /// Shows recovery codes, this once.
    fn codes(&self, codes: &[RecoveryCode]) -> Result<Response, Problem> {
        let lang = self.lang;
        let back = Link {
            address: self.address(self.path()),
            text: if codes.is_empty() {
                lang.pick("返回", "Go back").to_owned()
            } else {
                lang.pick("已抄好，返回", "I have noted them; go back")
                    .to_owned()
            },
            note: String::new(),
        };
        let mut blocks = recovery_codes(codes, lang);
        blocks.push(Block::Links(vec![back]));
        let heading = lang.pick("恢复码", "Recovery codes");
        let sections = vec![section("codes", heading, blocks)];
        let done = lang.pick("已生效。", "It holds from now on.");
        self.show(done, sections, StatusCode::OK)
    }

    async fn remove(&self, fields: &Fields) -> Result<Response, Stop> {
        let Ok(factor) = fields.one("factor").parse::<FactorId>() else {
            return Err(Problem::not_found().into());
        };
        let typed = fields.one("password");
        let password = match Password::new(typed.to_owned()) {
            Ok(password) => (!typed.is_empty()).then_some(password),
            Err(fault) => {
                let wrong = Wrong::field("password", fault.text());
                return Ok(self.list("", not_removed(factor, wrong)).await?);
            }
        };
        let remove = RemoveFactor { factor, password };
        let platform = &self.site.platform;
        match platform
            .remove_factor(self.who.inside().session, remove)
            .await
        {
            Ok(()) => Ok(self.on_to(self.path(), "removed")),
            Err(AppError::Account(
                error @ (AccountError::PasswordNeedsFactor
                | AccountError::Password(_)
                | AccountError::LastFactor),
            )) => {
                let wrong = Wrong::of(error.into())?;
                Ok(self.list("", not_removed(factor, wrong)).await?)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn list(&self, done: &str, mut told: Told<'_>) -> Result<Response, Problem> {
        let (platform, lang) = (&self.site.platform, self.lang);
        let factors = platform.shown_factors(self.who.inside().own).await?;
        let held = platform.factors_held(self.who.inside().session).await?;
        let status = told.wrong.status();
        let needs_password =
            factors.len() == 1 && self.who.inside().own.account.password_needs_factor;
        let mut blocks = Vec::new();
        if factors.is_empty() {
            let text = lang.pick(
                "还没有第二验证方式：知道您密码的人，或能读您邮件的人，就能进入您的帐号。",
                "There is none yet: whoever knows your password, or reads your mail, gets into your account.",
            );
            blocks.push(Block::Text(text.to_owned()));
        }
        for factor in &factors {
            let name = name_of(factor, lang);
            blocks.push(Block::Part(part(factor, name.clone(), lang)));
            if factor.kind == FactorKind::Passkey {
                let form = told.write(
                    "label",
                    Some(factor.id),
                    self.name_form(factor, &name),
                    lang,
                );
                blocks.push(Block::Form(Box::new(form)));
            }
            if factors.len() == 1 && self.who.inside().door == Door::Operator {
                let last = lang.pick(
                    "运营人员至少保留一种第二验证方式；要移除这一种，请先添加另一种。",
                    "An operator keeps at least one second factor; to remove this one, add another first.",
                );
                blocks.push(Block::Note(last.to_owned()));
                continue;
            }
            let label = lang.pick(format!("移除：{name}"), format!("Remove: {name}"));
            let mut form = FormView {
                hidden: vec![("factor", factor.id.to_string())],
                acts: vec![("remove", label, true)],
                ..self.form("remove", self.path())
            };
            if needs_password {
                form.inputs.push(new_password(lang));
            }
            let form = told.write("remove", Some(factor.id), form, lang);
            blocks.push(Block::Form(Box::new(form)));
        }
        if !held.totp {
            let form = FormView {
                acts: vec![(
                    "begin",
                    lang.pick("添加验证器", "Add an authenticator").to_owned(),
                    false,
                )],
                ..self.form("begin", self.path())
            };
            blocks.push(Block::Form(Box::new(form)));
        }
        let heading = lang.pick("登录时的第二步", "The second step of signing in");
        let mut sections = vec![section("factors", heading, blocks)];
        if platform.has_passkeys() {
            sections.push(self.new_passkey(&mut told).await?);
        }
        sections.extend(self.recovery(held));
        self.show(done, sections, status)
    }

    fn recovery(&self, held: FactorsHeld) -> Option<Section> {
        let lang = self.lang;
        let left = held.recovery_codes;
        let text = lang.pick(
            format!("还有 {left} 个恢复码可用。丢失验证器或通行密钥时，每个可代替它一次。"),
            format!("Codes left: {left}. Each stands in once for an authenticator or a passkey that is lost."),
        );
        let form = FormView {
            acts: vec![(
                "codes",
                lang.pick("重新生成恢复码", "Make new recovery codes")
                    .to_owned(),
                true,
            )],
            ..self.form("codes", self.path())
        };
        let blocks = vec![Block::Text(text), Block::Form(Box::new(form))];
        let heading = lang.pick("恢复码", "Recovery codes");
        held.any().then(|| section("recovery", heading, blocks))
    }

    fn path(&self) -> &'static str {
        self.who.inside().door.factors()
    }

    fn show(
        &self,
        done: &str,
        sections: Vec<Section>,
        status: StatusCode,
    ) -> Result<Response, Problem> {
        let title = self.lang.pick("第二验证方式", "Second factors");
        let frame = self.frame(title, self.path()).saying(done);
        self.shown(frame, "", sections, status)
    }
}

/// Says why a factor was not removed.
fn not_removed(factor: FactorId, wrong: Wrong) -> Told<'static> {
    Told {
        act: "remove",
        factor: Some(factor),
        typed: "",
        wrong,
    }
}
