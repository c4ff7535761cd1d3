//! One request for technical help: who offers, the approval, the end, and every look.

use axum::response::Response;
use serde_json::Value;
use yuntu_app::help::{
    HELP_HOURS_MAX, HELP_LOOKS_PAGE, HelpView, OfferView, ShownLook, help_until, table_name,
};
use yuntu_app::policy::{Action, OperatorRole, Standing};
use yuntu_app::store::{HelpLookOutcome, LeafId};
use yuntu_app::words::minute;
use yuntu_terms::{HelpId, Lang, OperatorId, Sink, Text, clause};

use super::{PATH, state_of};
use crate::console::{Console, datasets, instructions, receipts};
use crate::forms::{Fields, Sent};
use crate::input::Named;
use crate::problem::Problem;
use crate::report::{Block, FormView, InputView, Link, Part, Section, opened, section};
use crate::view::{Asked, Wrong};

pub(in crate::console) struct Topic {
    id: HelpId,
}

pub(in crate::console) type View = Console<Topic>;

pub(in crate::console) async fn page(
    console: Console,
    Named(id): Named<HelpId>,
    asked: Asked,
) -> Result<Response, Problem> {
    let view = console.about(Topic { id });
    let done = match asked.done.as_str() {
        "approved" => view.lang.pick(
            "已批准。每一次查看都会列在下面。",
            "It is approved. Every look will be listed below.",
        ),
        "ended" => view.lang.pick(
            "已结束，此后不能再查看。",
            "It has ended; nothing can be looked at any more.",
        ),
        _ => "",
    };
    view.show(done, (&Fields::default(), Wrong::default()), &asked.before)
        .await
}

/// Approves an offer, or ends the help.
pub(in crate::console) async fn sent(
    console: Console,
    Named(id): Named<HelpId>,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    clause::hit!(U2);
    let view = console.about(Topic { id });
    let (platform, caller) = (&view.site.platform, &view.who.caller);
    let (done, outcome) = match fields.one("act") {
        "end" => ("ended", platform.end_help(caller, id).await),
        "approve" => {
            let hours = fields.one("hours").trim().parse::<u64>();
            let hours = hours.ok().filter(|it| (1..=HELP_HOURS_MAX).contains(it));
            let Some(hours) = hours else {
                let text = Text::new("请选择 1 至 8 小时", "Choose between 1 and 8 hours.");
                let wrong = Wrong::field("hours", text);
                return view.show("", (&fields, wrong), "").await;
            };
            let Ok(offer) = fields.one("offer").parse() else {
                let text = Text::new("请选择一名运营人员", "Choose an operator.");
                return view
                    .show("", (&fields, Wrong::field("offer", text)), "")
                    .await;
            };
            let until = help_until(platform.now(), hours);
            (
                "approved",
                platform.approve_help(caller, id, (offer, until)).await,
            )
        }
        _ => return Err(Problem::no_such_act()),
    };
    match outcome {
        Ok(()) => Ok(view.on_to(&format!("{PATH}/{id}"), done)),
        Err(error) => view.show("", (&fields, Wrong::of(error)?), "").await,
    }
}

impl View {
    async fn show(
        &self,
        done: &str,
        (fields, wrong): (&Fields, Wrong),
        before: &str,
    ) -> Result<Response, Problem> {
        let (lang, platform, caller) = (self.lang, &self.site.platform, &self.who.caller);
        let status = wrong.status();
        let before = before.parse().ok().map(LeafId::of_number);
        let (view, looks) = platform
            .view_help(caller, self.about.id, (before, Sink::Page))
            .await?;
        let mut sections = vec![self.request(&view).await?];
        sections.push(self.offers(&view, fields, wrong));
        if view.standing != Standing::Ended {
            sections.push(self.end());
        }
        sections.push(self.looks(&looks));
        let title = lang.pick("技术协助申请", "Request for technical help");
        let path = format!("{PATH}/{}", self.about.id);
        let mut frame = self.frame(title, path);
        done.clone_into(&mut frame.done);
        frame.up = Some(self.link(PATH, "全部技术协助", "All technical help"));
        let lead = opened(&state_of(self, &view.help), lang);
        self.shown(frame, lead, sections, status)
    }

    async fn request(&self, view: &HelpView) -> Result<Section, Problem> {
        let (lang, asked) = (self.lang, &view.help.asked);
        let platform = &self.site.platform;
        let scopes: Vec<_> = asked.scopes.iter().map(|it| it.name(lang)).collect();
        let scopes = opened(&scopes.join(lang.pick("；", "; ")), lang);
        let facts = vec![
            (
                self.t("需要协助什么", "What help is needed with"),
                view.words.clone(),
            ),
            (self.t("可查看的内容", "What may be looked at"), scopes),
            (self.t("目的", "Purpose"), self.purpose(&asked.purpose)),
            (self.t("申请于", "Asked"), minute(view.help.asked_at)),
            (self.t("编号", "Id"), self.about.id.to_string()),
        ];
        let names = if platform.can(&self.who.caller, Action::ViewReport).await? {
            platform.list_datasets(&self.who.caller).await?
        } else {
            Vec::new()
        };
        let code = lang.pick("zh", "en");
        let link = |address: String, text: String| Link {
            address: format!("{address}?lang={code}"),
            text,
            note: String::new(),
        };
        let mut links = vec![link(
            format!("{}/{}", instructions::PATH, asked.instruction),
            self.t("所依据的指示", "The instruction it rests on"),
        )];
        for (place, id) in asked.datasets.iter().enumerate() {
            let known = names.iter().find(|it| it.id == *id);
            let name = known.map_or_else(|| id.to_string(), |it| it.name.clone());
            let table = table_name(place);
            let text = lang.pick(
                format!("数据集 {name}（语句中称 {table}）"),
                format!("Dataset {name} ({table} in statements)"),
            );
            links.push(link(format!("{}/{id}", datasets::PATH), text));
        }
        let blocks = vec![Block::Facts(facts), Block::Links(links)];
        Ok(section("request", lang.pick("申请", "The request"), blocks))
    }

    fn offers(&self, view: &HelpView, fields: &Fields, wrong: Wrong) -> Section {
        let lang = self.lang;
        let title = lang.pick("可以提供协助的人", "Who offers to help");
        let part = |offer: &OfferView| {
            let role = offer.role.map_or("–", |role| role.name(lang));
            let state = match (offer.approved, offer.withdrawn) {
                (true, _) => lang.pick("已获批准", "approved"),
                (false, true) => lang.pick("已收回", "taken back"),
                (false, false) => lang.pick("等待", "waits"),
            };
            Block::Part(Part {
                title: offer.name.clone(),
                facts: vec![
                    (self.t("角色", "Role"), role.to_owned()),
                    (
                        self.t("运营人员编号", "Id of the operator"),
                        offer.operator.to_string(),
                    ),
                    (self.t("提出于", "Offered"), minute(offer.offered)),
                    (self.t("状态", "State"), state.to_owned()),
                ],
            })
        };
        let mut blocks: Vec<_> = view.offers.iter().map(part).collect();
        if blocks.is_empty() {
            blocks.push(Block::Text(self.t(
                "还没有人表示可以协助。有人表示时，可批准的成员会收到通知。",
                "Nobody offers yet. Members who may approve are told when somebody does.",
            )));
        }
        let open: Vec<&OfferView> = view.offers.iter().filter(|it| !it.withdrawn).collect();
        if view.standing == Standing::Pending && view.may_approve && !open.is_empty() {
            let form = self.approve(&open, fields);
            blocks.push(Block::Form(Box::new(wrong.into_form(form, lang))));
        } else if !wrong.is_nothing() {
            // What cannot be mended here any more is still told.
            let form = FormView {
                id: "approve",
                ..FormView::default()
            };
            blocks.push(Block::Form(Box::new(wrong.into_form(form, lang))));
        }
        section("offers", title, blocks)
    }

    fn approve(&self, open: &[&OfferView], fields: &Fields) -> FormView {
        let lang = self.lang;
        let offers = open.iter().map(|offer| {
            let value = offer.id.to_string();
            let on = value == fields.one("offer");
            let label = named(Some(&offer.name), offer.role, offer.operator, lang);
            (value, label, on)
        });
        let hours = (1..=HELP_HOURS_MAX).map(|hours| {
            let value = hours.to_string();
            let label = match hours {
                1 => lang.pick("1 小时", "1 hour").to_owned(),
                _ => lang.pick(format!("{hours} 小时"), format!("{hours} hours")),
            };
            let on = value == fields.one("hours");
            (value, label, on)
        });
        FormView {
            id: "approve",
            action: self.action(),
            mark: self.mark.text(),
            inputs: vec![
                InputView::one("offer", self.t("批准谁", "Whom"), offers.collect()).because(
                    self.t("她只能看您批准的内容。", "She sees what you approve, and nothing else."),
                ),
                InputView::one("hours", self.t("时长", "For how long"), hours.collect()).because(
                    self.t(
                        "从现在起，最长八小时，到点自动失效；您可随时结束。每次查看都以您的名义、按同意逐人过滤。",
                        "From now on, eight hours at most; it lapses by itself, and you can end it at any moment. Each look is decided in your name and filtered by consent, person by person.",
                    ),
                ),
            ],
            acts: vec![("approve", self.t("批准", "Approve"), false)],
            ..FormView::default()
        }
    }

    fn end(&self) -> Section {
        let lang = self.lang;
        let text = self.t(
            "结束立即生效：正在进行的查看停止，此后的查看被拒绝。",
            "Ending works at once: a look that runs stops, and later ones are refused.",
        );
        let form = FormView {
            id: "end",
            action: self.action(),
            mark: self.mark.text(),
            acts: vec![("end", self.t("结束协助", "End the help"), true)],
            ..FormView::default()
        };
        let blocks = vec![Block::Text(text), Block::Form(Box::new(form))];
        section("end", lang.pick("结束", "End it"), blocks)
    }

    fn looks(&self, looks: &[ShownLook]) -> Section {
        let lang = self.lang;
        let title = lang.pick("每一次查看", "Every look");
        if looks.is_empty() {
            let text = self.t("还没有任何查看。", "Nothing was looked at yet.");
            return section("looks", title, vec![Block::Text(text)]);
        }
        let code = lang.pick("zh", "en");
        let mut blocks = Vec::new();
        for it in looks {
            blocks.push(Block::Part(self.look(it)));
            if let HelpLookOutcome::Done(receipt) = it.look.outcome {
                blocks.push(Block::Links(vec![Link {
                    address: format!("{}/{receipt}?lang={code}", receipts::PATH),
                    text: self.t("收据", "Receipt"),
                    note: receipt.to_string(),
                }]));
            }
        }
        let whole = u64::try_from(looks.len()).is_ok_and(|length| length < HELP_LOOKS_PAGE);
        if let Some(last) = looks.last().filter(|_| !whole) {
            let (id, number) = (self.about.id, last.look.leaf.number());
            blocks.push(Block::Links(vec![Link {
                address: format!("{PATH}/{id}?before={number}&lang={code}#looks"),
                text: self.t("更早的查看", "Earlier looks"),
                note: String::new(),
            }]));
        }
        section("looks", title, blocks)
    }

    fn look(&self, it: &ShownLook) -> Part {
        let lang = self.lang;
        let outcome = outcome(&it.look.outcome, lang);
        let who = named(it.name.as_deref(), it.role, it.look.operator, lang);
        let mut facts = vec![
            (self.t("谁", "Who"), who),
            (
                self.t("内容", "What"),
                opened(it.look.scope.name(lang), lang),
            ),
            (self.t("结果", "Outcome"), opened(&outcome, lang)),
        ];
        if let Some(statement) = &it.statement {
            facts.push((self.t("语句", "Statement"), statement.clone()));
        }
        Part {
            title: minute(it.look.at),
            facts,
        }
    }

    fn action(&self) -> String {
        format!(
            "{PATH}/{}?lang={}",
            self.about.id,
            self.lang.pick("zh", "en")
        )
    }
}

/// Names an operator so that nobody is taken for another: a name is what she typed, role and id are not.
fn named(name: Option<&str>, role: Option<OperatorRole>, id: OperatorId, lang: Lang) -> String {
    let role = role.map(|role| role.name(lang));
    let parts = name.into_iter().chain(role).map(str::to_owned);
    parts
        .chain([id.to_string()])
        .collect::<Vec<_>>()
        .join(" · ")
}

/// Says what became of a look.
fn outcome(outcome: &HelpLookOutcome, lang: Lang) -> String {
    match outcome {
        HelpLookOutcome::Opened => lang
            .pick("已向其开放结构", "the structure was opened to her")
            .to_owned(),
        HelpLookOutcome::Permitted => lang
            .pick("已许可，未显示任何行", "permitted; no row was shown")
            .to_owned(),
        HelpLookOutcome::Done(_) => lang.pick("已显示数据行", "rows were shown").to_owned(),
        HelpLookOutcome::Stopped(reason) => {
            let what = reason.what(lang);
            lang.pick(format!("已停止：{what}"), format!("stopped: {what}"))
        }
        HelpLookOutcome::Refused(refusal) => {
            let texts = reasons(refusal, lang).join(lang.pick("；", "; "));
            lang.pick(format!("已拒绝：{texts}"), format!("refused: {texts}"))
        }
    }
}

/// Lists why a look was refused, as it was told.
fn reasons(refusal: &Value, lang: Lang) -> Vec<String> {
    let code = lang.pick("zh", "en");
    let list = refusal.get("reasons").and_then(Value::as_array);
    let what = |reason: &Value| {
        let text = reason.get("what")?.get(code)?.as_str()?;
        Some(text.to_owned())
    };
    list.into_iter().flatten().filter_map(what).collect()
}
