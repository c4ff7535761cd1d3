//! One request for technical help: who offers, the approval, the end, and every look.

mod looks;

use axum::response::Response;
use yuntu_app::help::{HELP_HOURS_MAX, HelpView, OfferView, help_until, table_name};
use yuntu_app::policy::{Action, OperatorRole, Standing};
use yuntu_app::store::LeafId;
use yuntu_app::words::minute;
use yuntu_terms::{HelpId, Lang, OperatorId, Sink, Text, clause};

use super::{PATH, state_of};
use crate::console::{Console, instructions};
use crate::forms::{Fields, Sent};
use crate::input::Named;
use crate::problem::Problem;
use crate::report::{Block, FormView, InputView, Part, Section, opened, section};
use crate::view::{Asked, Wrong};

struct Topic {
    id: HelpId,
}

type View = Console<Topic>;

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
        let frame = self.frame(title, self.path()).saying(done).below(self.link(
            PATH,
            "全部技术协助",
            "All technical help",
        ));
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
        let instruction = format!("{}/{}", instructions::PATH, asked.instruction);
        let mut links =
            vec![self.link(&instruction, "所依据的指示", "The instruction it rests on")];
        for (place, id) in asked.datasets.iter().enumerate() {
            let known = names.iter().find(|it| it.id == *id);
            let name = known.map_or_else(|| id.to_string(), |it| it.name.clone());
            let table = table_name(place);
            let text = lang.pick(
                format!("数据集 {name}（语句中称 {table}）"),
                format!("Dataset {name} ({table} in statements)"),
            );
            links.push(self.dataset_link(*id, text));
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
            ..self.form("approve", &self.path())
        }
    }

    fn end(&self) -> Section {
        let lang = self.lang;
        let text = self.t(
            "结束立即生效：正在进行的查看停止，此后的查看被拒绝。",
            "Ending works at once: a look that runs stops, and later ones are refused.",
        );
        let form = FormView {
            acts: vec![("end", self.t("结束协助", "End the help"), true)],
            ..self.form("end", &self.path())
        };
        let blocks = vec![Block::Text(text), Block::Form(Box::new(form))];
        section("end", lang.pick("结束", "End it"), blocks)
    }

    fn path(&self) -> String {
        format!("{PATH}/{}", self.about.id)
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
