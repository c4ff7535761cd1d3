//! The privacy centre: what is kept of a person, for what and how long, and everything she can change.

use axum::http::StatusCode;
use axum::response::Response;
use yuntu_app::accounts::OptionalPurpose;
use yuntu_app::store::Choice;
use yuntu_app::words::minute;
use yuntu_statement::render::basis_name;
use yuntu_statement::{About, Category, ProcessingRole};
use yuntu_terms::{Purpose, clause};

use super::papers::Papers;
use super::told;
use super::{Own, safety};
use crate::forms::{Fields, Sent};
use crate::problem::Problem;
use crate::report::{Block, FormView, Link, Part, Section, section};
use crate::view::Asked;

const PATH: &str = "/account";

struct Topic {
    /// How much is advised for her account.
    advice: usize,
    papers: Papers,
}

type View = Own<Topic>;

pub(super) async fn page(own: Own, asked: Asked) -> Result<Response, Problem> {
    clause::hit!(R26);
    let platform = &own.site.platform;
    let (seats, applications) = platform.own_papers(&own.who.own).await?;
    let advice = platform.advice(&own.who.session).await?.len();
    let papers = Papers {
        seats,
        applications,
        fields: platform.certification_fields()?,
        lang: own.lang,
    };
    let view = own.about(Topic { advice, papers });
    let done = match asked.done.as_str() {
        "choice" => view
            .lang
            .pick("您的选择已生效。", "Your choice holds from now on."),
        "nickname" => view.lang.pick("昵称已修改。", "Your nickname is changed."),
        "password" => view.lang.pick("密码已更改。", "Your password is changed."),
        "contact" => view.lang.pick("地址已更换。", "Your address is changed."),
        "left" => view
            .lang
            .pick("您已退出该企业。", "You have left the enterprise."),
        _ => "",
    };
    let sections = vec![
        view.changes(),
        view.data().await?,
        view.about.papers.seats(),
        view.about.papers.applications(),
        view.choices().await?,
    ];
    let frame = view
        .frame(view.lang.pick("隐私中心", "Privacy centre"), PATH)
        .saying(done);
    view.shown(frame, "", sections, StatusCode::OK)
}

/// Turns an optional purpose on or off, at once.
pub(super) async fn sent(own: Own, Sent(fields): Sent<Fields>) -> Result<Response, Problem> {
    let choice = match fields.one("act") {
        "on" => Choice::On,
        "off" => Choice::Off,
        _ => return Err(Problem::no_such_act()),
    };
    let purpose: Purpose = fields.id("purpose")?;
    let platform = &own.site.platform;
    platform.choose(&own.who.session, &purpose, choice).await?;
    Ok(own.on_to(PATH, "choice"))
}

impl View {
    fn way(&self, path: &str, (zh, en): (&str, &str), note: String) -> Link {
        Link {
            note,
            ..self.link(path, zh, en)
        }
    }

    fn changes(&self) -> Section {
        let own = &self.who.own;
        let none = || self.t("尚未设置", "not set");
        let none_yet = |value: Option<String>| value.unwrap_or_else(none);
        let password = match own.account.password_changed {
            Some(at) => {
                let at = minute(at);
                self.lang
                    .pick(format!("设置于 {at}"), format!("set at {at}"))
            }
            None => none(),
        };
        let links = vec![
            self.way(
                "/account/nickname",
                ("昵称", "Nickname"),
                none_yet(own.nickname()),
            ),
            self.way("/account/email", ("邮箱", "Email"), none_yet(own.email())),
            self.way(
                "/account/phone",
                ("手机号", "Mobile number"),
                none_yet(own.phone()),
            ),
            self.way("/account/password", ("密码", "Password"), password),
            self.way(
                "/account/factors",
                ("第二验证方式", "Second factors"),
                self.t(
                    "验证器与恢复码：登录时的第二步",
                    "authenticator and recovery codes: the second step of signing in",
                ),
            ),
            self.way(
                "/account/sessions",
                ("登录会话", "Sessions"),
                self.t("查看并结束各处的登录", "see and end sign-ins elsewhere"),
            ),
            self.way(
                "/account/log",
                ("操作日志", "Operation log"),
                self.t("以您的帐号做过什么", "what was done under your account"),
            ),
            self.way(
                "/account/seats",
                ("所代表的企业", "Enterprises"),
                self.t("选择、创建或退出", "choose, create or leave"),
            ),
            self.way(
                safety::PATH,
                ("安全建议", "Safety tips"),
                match self.about.advice {
                    0 => self.t("目前没有需要改进的", "nothing to improve right now"),
                    1 => self.t("有 1 条针对您的帐号", "one is for your account"),
                    more => self.lang.pick(
                        format!("有 {more} 条针对您的帐号"),
                        format!("{more} are for your account"),
                    ),
                },
            ),
            self.way(
                "/cookies",
                ("Cookie 设置", "Cookie settings"),
                self.t("用途、时长与开关", "what each is for, how long, switches"),
            ),
        ];
        let title = self.lang.pick("查看与更改", "Look and change");
        section("change", title, vec![Block::Links(links)])
    }

    /// Shows each category of data: her own value, for what it is used, on what ground, how long it is kept.
    async fn data(&self) -> Result<Section, Problem> {
        let lead = self.t(
            "以下依声明逐类列出；没有保存的写明没有。您的值部分隐去，以防旁人看到。",
            "Category by category as the statement lists them; where nothing is kept it says so. Your values are partly hidden from whoever looks over your shoulder.",
        );
        let mut blocks = vec![Block::Text(lead)];
        let statement = self.site.platform.statement();
        for category in statement.categories() {
            if category.about != About::Visitor {
                blocks.push(Block::Part(self.category(category).await?));
            }
        }
        let title = self.lang.pick("我的数据", "My data");
        Ok(section("data", title, blocks))
    }

    async fn category(&self, category: &Category) -> Result<Part, Problem> {
        let lang = self.lang;
        let statement = self.site.platform.statement();
        let mut facts = vec![(
            self.t("现有", "Kept now"),
            self.value(category.id.as_str()).await?,
        )];
        let uses = statement.purposes().iter().filter(|rule| {
            rule.role == ProcessingRole::Controller && rule.categories.contains(&category.id)
        });
        for rule in uses {
            let bases: Vec<&str> = rule.bases.iter().map(|it| basis_name(*it, lang)).collect();
            let bases = bases.join(lang.pick("、", ", "));
            let keeps = statement
                .retention()
                .iter()
                .find(|keeps| keeps.purpose == rule.id && keeps.categories.contains(&category.id));
            let kept = keeps.map_or_else(String::new, |keeps| told::kept(keeps, lang));
            let name = rule.name.get(lang).to_owned();
            facts.push((
                name,
                lang.pick(
                    format!("依据：{bases}。{kept}"),
                    format!("Ground: {bases}. {kept}"),
                ),
            ));
        }
        facts.push((self.t("为何需要", "Why"), category.why.get(lang).to_owned()));
        Ok(Part {
            title: category.name.get(lang).to_owned(),
            facts,
        })
    }

    /// Says what is kept in a category; nothing is kept in those for which no function exists yet.
    async fn value(&self, category: &str) -> Result<String, Problem> {
        let (own, platform) = (&self.who.own, &self.site.platform);
        let session = &self.who.session;
        let nothing = || self.t("没有", "nothing");
        let known = |value: Option<String>| value.unwrap_or_else(nothing);
        Ok(match category {
            "email" => known(own.email()),
            "phone" => known(own.phone()),
            "nickname" => known(own.nickname()),
            "password" if own.account.password_changed.is_some() => {
                self.t("不可还原的摘要", "a digest that cannot be turned back")
            }
            "credential" => self.t(
                "见第二验证方式；验证码与接口令牌到期即删",
                "see your second factors; codes and API tokens go when they end",
            ),
            "account_number" => self.t(
                "一个帐号编号，每个席位一个",
                "one for the account, one for each seat",
            ),
            "language" => self.t("您上次所选", "the one you chose last"),
            "device_mark" => self.t(
                "见登录会话中的已知浏览器",
                "see the browsers that are known, beside your sessions",
            ),
            "session" => {
                let open = platform.sessions(session).await?.len();
                self.lang
                    .pick(format!("{open} 个未结束"), format!("{open} open"))
            }
            "enterprise_name" => {
                let seats = platform.seats(session).await?;
                let names: Vec<String> = seats.into_iter().map(|seat| seat.name).collect();
                known(Some(names.join(self.lang.pick("、", ", "))).filter(|it| !it.is_empty()))
            }
            "operation_record" => self.t("见操作日志", "see the operation log"),
            "network_address" => self.t("见登录会话", "see your sessions"),
            "acceptance_record" => {
                let accepted = platform.acceptances(session).await?;
                let text: Vec<String> = accepted
                    .iter()
                    .map(|(version, at)| format!("{version} ({})", minute(*at)))
                    .collect();
                known(Some(text.join(self.lang.pick("、", ", "))).filter(|it| !it.is_empty()))
            }
            "consent_record" => self.t("见下方的可选目的", "see the optional purposes below"),
            "credit_code"
            | "bank_account"
            | "legal_representative"
            | "agent"
            | "id_number"
            | "address"
            | "industry"
            | "licence"
            | "authorisation_letter" => known(self.about.papers.value(category)),
            _ => nothing(),
        })
    }

    async fn choices(&self) -> Result<Section, Problem> {
        let lead = self.t(
            "默认全部关闭。开关即刻生效，关闭后其余功能照常。",
            "All are off until you turn them on. A change holds at once, and with all of them off everything else works.",
        );
        let mut blocks = vec![Block::Text(lead)];
        for choice in self.site.platform.choices(&self.who.session).await? {
            blocks.push(Block::Part(self.choice(&choice)));
            blocks.push(Block::Form(Box::new(self.switch(&choice))));
        }
        let title = self.lang.pick("可选目的", "Optional purposes");
        Ok(section("choices", title, blocks))
    }

    fn choice(&self, choice: &OptionalPurpose) -> Part {
        let statement = self.site.platform.statement();
        let state = match choice.choice {
            Choice::On => self.t("打开", "on"),
            Choice::Off => self.t("关闭", "off"),
        };
        let since = choice.since.map_or_else(
            || self.t("您还没有选择过", "you have not chosen yet"),
            minute,
        );
        Part {
            title: choice.rule.name.get(self.lang).to_owned(),
            facts: vec![
                (self.t("现在", "Now"), state),
                (self.t("选择于", "Chosen at"), since),
                (
                    self.t("用途与期限", "What for, how long"),
                    told::purpose(statement, choice.rule, self.lang),
                ),
            ],
        }
    }

    fn switch(&self, choice: &OptionalPurpose) -> FormView {
        let name = choice.rule.name.get(self.lang);
        let (act, label) = match choice.choice {
            Choice::On => (
                "off",
                self.lang
                    .pick(format!("关闭“{name}”"), format!("Turn off “{name}”")),
            ),
            Choice::Off => (
                "on",
                self.lang
                    .pick(format!("打开“{name}”"), format!("Turn on “{name}”")),
            ),
        };
        FormView {
            hidden: vec![("purpose", choice.rule.id.to_string())],
            acts: vec![(act, label, true)],
            ..self.form("choice", PATH)
        }
    }
}
