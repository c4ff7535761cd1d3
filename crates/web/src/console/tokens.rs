//! Tokens for the API: what there are, the form for the next one, whose secret is shown once, and their end.

use std::collections::BTreeSet;

use axum::response::Response;
use yuntu_app::policy::Action;
use yuntu_app::store::{ApiToken, NewApiToken};
use yuntu_app::words::minute;
use yuntu_terms::{ApiSecret, Text, clause};

use super::Console;
use crate::forms::{Fields, Sent};
use crate::problem::Problem;
use crate::report::{Block, ChoiceView, FormView, InputView, Part, Section, opened, section};
use crate::view::{Asked, Wrong};

pub(super) const PATH: &str = "/console/tokens";

#[derive(Default)]
pub(super) struct Topic;

pub(super) type View = Console<Topic>;

/// What stands in the form.
#[derive(Debug, Default)]
struct Draft {
    label: String,
    scopes: Vec<String>,
    until: String,
}

pub(super) async fn page(view: View, asked: Asked) -> Result<Response, Problem> {
    view.show(&Draft::default(), Wrong::default(), None, &asked.done)
        .await
}

pub(super) async fn sent(view: View, Sent(fields): Sent<Fields>) -> Result<Response, Problem> {
    clause::hit!(R23);
    match fields.one("act") {
        "make" => view.make(&fields).await,
        "revoke" => {
            let id = fields.id("token")?;
            view.site
                .platform
                .revoke_token(&view.who.caller, id)
                .await?;
            Ok(view.on_to(PATH, "revoked"))
        }
        _ => Err(Problem::no_such_act()),
    }
}

impl View {
    async fn make(&self, fields: &Fields) -> Result<Response, Problem> {
        let draft = Draft {
            label: fields.one("label").trim().to_owned(),
            scopes: fields.all("scopes").map(str::to_owned).collect(),
            until: fields.one("until").to_owned(),
        };
        let mut wrong = Wrong::default();
        if !(1..=100).contains(&draft.label.chars().count())
            || draft.label.chars().any(char::is_control)
        {
            wrong.add(
                "label",
                Text::new(
                    "应为一行一至一百个字符",
                    "This is one line of 1 to 100 characters.",
                ),
            );
        }
        let scopes: BTreeSet<_> = draft
            .scopes
            .iter()
            .filter_map(|it| Action::from_code(it))
            .collect();
        let until = wrong.day("until", &draft.until, true);
        let Some(expires) = until.filter(|_| wrong.is_nothing()) else {
            return self.show(&draft, wrong, None, "").await;
        };
        let new = NewApiToken {
            label: draft.label.clone(),
            scopes,
            expires,
        };
        match self
            .site
            .platform
            .create_token(&self.who.caller, &new)
            .await
        {
            Ok((_id, secret)) => {
                self.show(&Draft::default(), Wrong::default(), Some(secret), "")
                    .await
            }
            Err(error) => self.show(&draft, Wrong::of(error)?, None, "").await,
        }
    }

    async fn show(
        &self,
        draft: &Draft,
        wrong: Wrong,
        made: Option<ApiSecret>,
        done: &str,
    ) -> Result<Response, Problem> {
        let (lang, platform, caller) = (self.lang, &self.site.platform, &self.who.caller);
        let status = wrong.status();
        let tokens = platform.tokens(caller).await?;
        let able = platform
            .able(caller, Action::OF_TOKENS.iter().copied())
            .await?;
        let mut sections = Vec::new();
        if let Some(secret) = made {
            sections.push(self.made(&secret));
        }
        sections.push(self.token(draft, &able, wrong));
        sections.push(self.list(&tokens));
        let title = lang.pick("接口令牌", "Tokens for the API");
        let mut frame = self.frame(title, PATH).below(self.up());
        if done == "revoked" {
            frame.done = self.t("令牌已撤销。", "The token is revoked.");
        }
        let lead = self.t(
            "程序凭令牌代表您调用接口：只能做令牌允许、且您本人也可以做的事，直到令牌到期或撤销。",
            "A program calls the API on your behalf by a token: it may do what the token is good for and you may do yourself, until the token ends or is revoked.",
        );
        self.shown(frame, lead, sections, status)
    }

    fn made(&self, secret: &ApiSecret) -> Section {
        let blocks = vec![
            Block::Text(self.t(
                "请现在复制。令牌只显示这一次，平台只保存其摘要。",
                "Copy it now. It is shown this once; the platform keeps only a digest of it.",
            )),
            Block::Facts(vec![(self.t("令牌", "Token"), secret.expose().to_owned())]),
        ];
        section("made", self.lang.pick("新的令牌", "The new token"), blocks)
    }

    fn token(&self, draft: &Draft, able: &BTreeSet<Action>, wrong: Wrong) -> Section {
        let lang = self.lang;
        let choice = |action: &Action| ChoiceView {
            value: action.code().to_owned(),
            label: opened(action.name(lang), lang),
            note: String::new(),
            on: draft.scopes.iter().any(|it| it == action.code()),
        };
        let label = InputView::line("label", self.t("名称", "Name"))
            .with(draft.label.clone())
            .needed()
            .because(self.t(
                "必填。便于以后认出它的用途。",
                "Necessary. It tells you later what the token is for.",
            ));
        let scopes = InputView::several(
            "scopes",
            self.t("权限", "Good for"),
            able.iter().map(choice).collect(),
        )
        .because(self.t(
            "必选。请只选所需的。",
            "Necessary. Choose no more than is needed.",
        ));
        let until = InputView::day("until", self.t("最后一天", "Last day"))
            .with(draft.until.clone())
            .needed()
            .because(self.t("必填。最长一年。", "Necessary. A year at most."));
        let form = FormView {
            inputs: vec![label, scopes, until],
            acts: vec![("make", self.t("生成令牌", "Make a token"), false)],
            ..self.form("token", PATH)
        };
        let form = wrong.into_form(form, lang);
        section(
            "make",
            lang.pick("生成令牌", "Make a token"),
            vec![Block::Form(Box::new(form))],
        )
    }

    fn list(&self, tokens: &[ApiToken]) -> Section {
        let title = self.lang.pick("已有的令牌", "Tokens");
        if tokens.is_empty() {
            let text = self.t("还没有令牌。", "There is no token yet.");
            return section("tokens", title, vec![Block::Text(text)]);
        }
        let blocks = tokens.iter().flat_map(|token| self.one(token)).collect();
        section("tokens", title, blocks)
    }

    fn one(&self, token: &ApiToken) -> Vec<Block> {
        let lang = self.lang;
        let own = token.representative == self.who.caller.representative;
        let scopes: Vec<_> = token.scopes.iter().map(|it| it.name(lang)).collect();
        let until = minute(token.expires);
        let state = if let Some(at) = token.revoked.map(minute) {
            lang.pick(format!("已于 {at} 撤销"), format!("revoked {at}"))
        } else if token.is_good(self.site.platform.now()) {
            lang.pick(format!("有效至 {until}"), format!("good until {until}"))
        } else {
            lang.pick(format!("已于 {until} 到期"), format!("ended {until}"))
        };
        let used = token.used.map_or_else(|| self.t("从未", "never"), minute);
        let mut facts = vec![
            (self.t("状态", "State"), state),
            (
                self.t("权限", "Good for"),
                scopes.join(lang.pick("、", ", ")),
            ),
            (
                self.t("最后使用（精确到一小时）", "Last used, to the hour"),
                used,
            ),
        ];
        if !own {
            facts.push((
                self.t("代表", "On behalf of"),
                token.representative.to_string(),
            ));
        }
        let mut blocks = vec![Block::Part(Part {
            title: token.label.clone(),
            facts,
        })];
        if token.is_good(self.site.platform.now()) {
            let name = &token.label;
            let label = lang.pick(format!("撤销“{name}”"), format!("Revoke “{name}”"));
            let form = FormView {
                hidden: vec![("token", token.id.to_string())],
                acts: vec![("revoke", label, true)],
                ..self.form("revoke", PATH)
            };
            blocks.push(Block::Form(Box::new(form)));
        }
        blocks
    }
}
