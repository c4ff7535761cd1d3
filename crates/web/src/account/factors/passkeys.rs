//! Passkeys on the page of second factors: add one under a name, and give one another name.

use axum::response::Response;
use yuntu_app::AppError;
use yuntu_app::accounts::AccountError;
use yuntu_app::factors::{PasskeyLabel, ShownFactor};
use yuntu_terms::{FactorId, Pii};

use super::{Stop, Told, View};
use crate::account::passkey;
use crate::forms::Fields;
use crate::inside::SignedIn;
use crate::problem::Problem;
use crate::report::{Block, FormView, InputView, Link, PasskeyUse, Section, section};
use crate::view::Wrong;

impl<W: SignedIn> View<W> {
    /// Offers to add a passkey. Its name is asked for once she has shown who she is, so that nothing typed is lost on the
    /// way to that proof.
    pub(super) async fn new_passkey(&self, told: &mut Told<'_>) -> Result<Section, Problem> {
        let lang = self.lang;
        let platform = &self.site.platform;
        let may = platform
            .may_change_factors(self.who.inside().session)
            .await?;
        let inputs = if may {
            vec![self.label_input()]
        } else {
            Vec::new()
        };
        let form = FormView {
            inputs,
            acts: vec![(
                passkey::ASK,
                lang.pick("添加通行密钥", "Add a passkey").to_owned(),
                false,
            )],
            ..self.form("new", self.path())
        };
        let form = told.write(passkey::ASK, None, form, lang);
        let text = lang.pick(
            "通行密钥保存在您的设备或密码管理器里，用指纹、面容或锁屏密码解锁。有了它，不用密码也能登录；它认得本站的地址，不会被仿冒网站骗走。我们只保存它的公钥、名称和使用时间。",
            "A passkey lives in your device or password manager and opens by your fingerprint, your face or the code of your screen. With it you sign in without a password, and as it knows the address of this site, no false one can lure it away. We keep its public key, its name and when it was used.",
        );
        let blocks = vec![Block::Text(text.to_owned()), Block::Form(Box::new(form))];
        let heading = lang.pick("添加通行密钥", "Add a passkey");
        Ok(section("new-passkey", heading, blocks))
    }

    fn label_input(&self) -> InputView {
        let lang = self.lang;
        InputView::line("label", lang.pick("名称", "Name"))
            .because(lang.pick(
                "必填。1 至 40 个字符，让您日后认得它，例如“办公室电脑”；只有您看得到，随通行密钥一同移除。",
                "Necessary. 1 to 40 characters by which you will know it, such as “office computer”; you alone see it, and it goes with the passkey.",
            ))
            .needed()
    }

    /// Shows the page on which the browser makes a passkey.
    pub(super) async fn begin_passkey(
        &self,
        network: &Pii<String>,
        fields: &Fields,
    ) -> Result<Response, Stop> {
        let platform = &self.site.platform;
        if !platform
            .may_change_factors(self.who.inside().session)
            .await?
        {
            return Err(Stop::Proof);
        }
        let typed = fields.one("label");
        match PasskeyLabel::parse(typed) {
            Ok(_label) => self.ask_passkey(network, typed, Wrong::default()).await,
            Err(error) => self.wrong_label(passkey::ASK, None, typed, error).await,
        }
    }

    async fn wrong_label(
        &self,
        act: &'static str,
        factor: Option<FactorId>,
        typed: &str,
        error: AccountError,
    ) -> Result<Response, Stop> {
        let told = Told {
            act,
            factor,
            typed,
            wrong: Wrong::of(error.into())?,
        };
        Ok(self.list("", told).await?)
    }

    async fn ask_passkey(
        &self,
        network: &Pii<String>,
        label: &str,
        wrong: Wrong,
    ) -> Result<Response, Stop> {
        let (platform, lang) = (&self.site.platform, self.lang);
        let status = wrong.status();
        let ceremony = platform
            .begin_passkey(self.who.inside().session, network)
            .await?;
        let form = FormView {
            hidden: vec![("label", label.to_owned())],
            acts: vec![(
                passkey::ACT,
                lang.pick("创建通行密钥", "Make the passkey").to_owned(),
                false,
            )],
            ..self.form("passkey", self.path())
        };
        let form = passkey::asking(form, ceremony, PasskeyUse::Create, lang);
        let form = wrong.into_form(form, lang);
        let back = Link {
            address: self.address(self.path()),
            text: lang
                .pick("返回，改用其他方式", "Go back and take another way")
                .to_owned(),
            note: String::new(),
        };
        let facts = vec![(lang.pick("名称", "Name").to_owned(), label.to_owned())];
        let blocks = vec![
            Block::Facts(facts),
            Block::Form(Box::new(form)),
            Block::Links(vec![back]),
        ];
        let heading = lang.pick("创建通行密钥", "Make the passkey");
        Ok(self.show("", vec![section("passkey", heading, blocks)], status)?)
    }

    /// Adds the passkey that the browser made.
    pub(super) async fn add_passkey(
        &self,
        network: &Pii<String>,
        fields: &Fields,
    ) -> Result<Response, Stop> {
        let typed = fields.one("label");
        let label = match PasskeyLabel::parse(typed) {
            Ok(label) => label,
            Err(error) => return self.wrong_label(passkey::ASK, None, typed, error).await,
        };
        let answer = match passkey::read(fields) {
            Ok(answer) => answer,
            Err(wrong) => return self.ask_passkey(network, typed, wrong).await,
        };
        let platform = &self.site.platform;
        let session = self.who.inside().session;
        match platform.add_passkey(session, &answer, &label).await {
            Ok(added) => {
                let page = self.codes(&added.codes)?;
                Ok(self.who.inside().keep(&self.site, page, &added.secret)?)
            }
            Err(AppError::Account(error @ AccountError::Passkey)) => {
                self.ask_passkey(network, typed, Wrong::of(error.into())?)
                    .await
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn name_form(&self, factor: &ShownFactor, name: &str) -> FormView {
        let lang = self.lang;
        let label = lang.pick(format!("改名：{name}"), format!("Rename: {name}"));
        let input = InputView {
            apart: format!("-{}", factor.id),
            label: lang.pick("新名称", "New name").to_owned(),
            ..self.label_input()
        };
        FormView {
            hidden: vec![("factor", factor.id.to_string())],
            inputs: vec![input.with(name)],
            acts: vec![("label", label, true)],
            ..self.form("name", self.path())
        }
    }

    /// Gives a passkey another name.
    pub(super) async fn label(&self, fields: &Fields) -> Result<Response, Stop> {
        let Ok(factor) = fields.one("factor").parse::<FactorId>() else {
            return Err(Problem::not_found().into());
        };
        let typed = fields.one("label");
        let label = match PasskeyLabel::parse(typed) {
            Ok(label) => label,
            Err(error) => return self.wrong_label("label", Some(factor), typed, error).await,
        };
        let platform = &self.site.platform;
        platform
            .label_passkey(self.who.inside().session, factor, &label)
            .await?;
        Ok(self.on_to(self.path(), "named"))
    }
}
