//! Technical help: what was asked for, and the form to ask. Nobody who works for the platform sees business data otherwise.

use std::collections::BTreeSet;

use axum::response::Response;
use yuntu_app::AppError;
use yuntu_app::help::{HELPS_PAGE, HelpToAsk, HelpWords};
use yuntu_app::policy::{Action, HelpScope, Standing};
use yuntu_app::store::{Help, Instruction};
use yuntu_app::words::minute;
use yuntu_statement::{ProcessingRole, PurposeRule};
use yuntu_terms::{DatasetId, Text, clause};

use super::Console;
use crate::forms::{Fields, Sent};
use crate::problem::Problem;
use crate::report::{Block, ChoiceView, FormView, InputView, Link, Section, opened, section};
use crate::view::{Asked, Wrong};

pub(super) mod one;

pub(super) const PATH: &str = "/console/help";

/// The field of the purpose; `purpose` alone is that of a switch.
const PURPOSE: &str = "what_for";

#[derive(Default)]
pub(super) struct Topic;

pub(super) type View = Console<Topic>;

pub(super) async fn page(view: View, asked: Asked) -> Result<Response, Problem> {
    let fields = Fields::default();
    view.show(&fields, Wrong::default(), &asked.before).await
}

/// Opens a request as it was typed.
pub(super) async fn sent(view: View, Sent(fields): Sent<Fields>) -> Result<Response, Problem> {
    clause::hit!(U2);
    let new = match typed(&fields) {
        Ok(new) => new,
        Err(wrong) => return view.show(&fields, wrong, "").await,
    };
    match view.site.platform.ask_help(&view.who.caller, new).await {
        Ok(id) => Ok(view.on_to(&format!("{PATH}/{id}"), "")),
        Err(AppError::Invalid {
            what: "purpose",
            reason,
        }) => {
            let wrong = Wrong::field(PURPOSE, Text::new(reason.zh, reason.en));
            view.show(&fields, wrong, "").await
        }
        Err(error) => view.show(&fields, Wrong::of(error)?, "").await,
    }
}

/// Reads the form, or says everything that is wrong with it.
fn typed(fields: &Fields) -> Result<HelpToAsk, Wrong> {
    let mut wrong = Wrong::default();
    let choose = || Text::new("请选择", "Choose one.");
    let named: Vec<_> = fields
        .all("datasets")
        .map(str::parse::<DatasetId>)
        .collect();
    let datasets: BTreeSet<DatasetId> = named.iter().flatten().copied().collect();
    if datasets.is_empty() || named.iter().any(Result::is_err) {
        let text = Text::new("请至少选择一个数据集", "Choose at least one dataset.");
        wrong.add("datasets", text);
    }
    let scopes: BTreeSet<HelpScope> = fields
        .all("scope")
        .filter_map(HelpScope::from_code)
        .collect();
    if scopes.is_empty() {
        let text = Text::new("请至少选择一项", "Choose at least one.");
        wrong.add("scope", text);
    }
    let instruction = fields.one("instruction").parse();
    if instruction.is_err() {
        wrong.add("instruction", choose());
    }
    let purpose = fields.one(PURPOSE).parse();
    if purpose.is_err() {
        wrong.add(PURPOSE, choose());
    }
    let words = HelpWords::parse(fields.one("words"));
    if words.is_err() {
        let text = Text::new(
            "请写明需要协助什么（10 至 2000 个字符）",
            "Write 10 to 2000 characters about what help is needed with.",
        );
        wrong.add("words", text);
    }
    match (instruction, purpose, words) {
        (Ok(instruction), Ok(purpose), Ok(words)) if wrong.is_nothing() => Ok(HelpToAsk {
            datasets,
            instruction,
            purpose,
            scopes,
            words,
        }),
        _ => Err(wrong),
    }
}

impl View {
    async fn show(&self, fields: &Fields, wrong: Wrong, before: &str) -> Result<Response, Problem> {
        let (lang, platform, caller) = (self.lang, &self.site.platform, &self.who.caller);
        let status = wrong.status();
        let found = platform.list_helps(caller, before.parse().ok()).await?;
        let mut sections = vec![self.list(&found)];
        // Who cannot see datasets and instructions cannot name them; to end help she needs neither.
        if platform.can(caller, Action::ViewReport).await? {
            sections.push(self.ask(fields, wrong).await?);
        }
        let title = lang.pick("技术协助", "Technical help");
        let frame = self.frame(title, PATH).below(self.up());
        let lead = self.t(
            "平台人员没有通往业务数据的常设权限。需要排查时由您申请，并批准一名指定的运营人员、范围与时长（最长八小时）；每一次查看都列在这里，您可随时结束。",
            "Nobody of the platform has a standing way to your data. Where a fault needs a closer look you ask, and approve one named operator, what she may look at and for how long (eight hours at most); every look is listed here, and you can end it at any moment.",
        );
        self.shown(frame, lead, sections, status)
    }

    fn list(&self, found: &[Help]) -> Section {
        let lang = self.lang;
        let title = lang.pick("已有的申请", "Requests on record");
        if found.is_empty() {
            let text = self.t("还没有申请过。", "Nothing was asked for yet.");
            return section("requests", title, vec![Block::Text(text)]);
        }
        let mut links: Vec<_> = found
            .iter()
            .map(|it| Link {
                address: self.address(&format!("{PATH}/{}", it.id)),
                text: format!(
                    "{} · {}",
                    minute(it.asked_at),
                    self.purpose(&it.asked.purpose)
                ),
                note: state_of(self, it),
            })
            .collect();
        let earlier = ("更早的申请", "Earlier requests");
        links.extend(self.older((found, HELPS_PAGE), PATH, |it| it.id, earlier));
        section("requests", title, vec![Block::Links(links)])
    }

    async fn ask(&self, fields: &Fields, wrong: Wrong) -> Result<Section, Problem> {
        let lang = self.lang;
        let words = InputView::lines("words", self.t("需要协助什么", "What help is needed with"))
            .with(fields.one("words"))
            .because(self.t(
                "必填，10 至 2000 个字符；加密保存，只有可提供协助的运营人员能看到。请勿写入客户的个人信息。",
                "Necessary, 10 to 2000 characters; kept encrypted and read only by operators who may help. No personal data of customers belongs here.",
            ))
            .needed();
        let form = FormView {
            inputs: vec![
                self.datasets(fields).await?,
                self.instructions(fields).await?,
                self.purposes(fields),
                self.scopes(fields),
                words,
            ],
            acts: vec![("ask", self.t("申请技术协助", "Ask for help"), false)],
            ..self.form("ask", PATH)
        };
        let form = wrong.into_form(form, lang);
        let title = lang.pick("申请技术协助", "Ask for technical help");
        Ok(section("ask", title, vec![Block::Form(Box::new(form))]))
    }

    async fn datasets(&self, fields: &Fields) -> Result<InputView, Problem> {
        let is_on = |value: &str| fields.all("datasets").any(|typed| typed == value);
        let choices = self.dataset_choices(is_on).await?;
        let input = InputView::several("datasets", self.t("数据集", "Datasets"), choices);
        Ok(input.because(self.t(
            "必选，最多 10 个。其他数据集一律看不到。",
            "Necessary, 10 at most. No other dataset can be seen.",
        )))
    }

    async fn instructions(&self, fields: &Fields) -> Result<InputView, Problem> {
        let (lang, platform) = (self.lang, &self.site.platform);
        let found = platform.list_instructions(&self.who.caller, None).await?;
        let now = platform.now();
        let in_force = |it: &&Instruction| {
            !it.is_to_import()
                && it.facts.standing == Some(Standing::Active)
                && it.facts.period.is_some_and(|period| period.holds(now))
        };
        let options = found.iter().filter(in_force).map(|it| {
            let value = it.facts.id.to_string();
            let names = it.facts.purposes.iter();
            let names: Vec<_> = names.map(|purpose| self.purpose(purpose)).collect();
            let until = it
                .facts
                .period
                .map_or_else(String::new, |it| minute(it.until));
            let names = names.join(lang.pick("、", ", "));
            let label = lang.pick(
                format!("{names}（有效至 {until}）"),
                format!("{names} (until {until})"),
            );
            let on = value == fields.one("instruction");
            (value, label, on)
        });
        let label = self.t("所依据的指示", "Under which instruction");
        Ok(
            InputView::one("instruction", label, options.collect()).because(self.t(
                "必选。查看数据与任何作业一样须有有效的指示；撤销它，查看即被拒绝。",
                "Necessary. A look at data needs an instruction in force like any work; revoke it, and looks are refused.",
            )),
        )
    }

    fn purposes(&self, fields: &Fields) -> InputView {
        let rules = self.site.platform.statement().purposes().iter();
        let of_business = rules.filter(|rule| rule.role == ProcessingRole::Processor);
        let option = |rule: &PurposeRule| {
            let value = rule.id.to_string();
            let on = value == fields.one(PURPOSE);
            (value, rule.name.get(self.lang).to_owned(), on)
        };
        let label = self.t("目的", "Purpose");
        InputView::one(PURPOSE, label, of_business.map(option).collect()).because(self.t(
            "必选。只有同意此目的的人的数据行会被看到。",
            "Necessary. Only rows of people who agreed to it are seen.",
        ))
    }

    fn scopes(&self, fields: &Fields) -> InputView {
        let choices = HelpScope::ALL.iter().map(|scope| ChoiceView {
            value: scope.code().to_owned(),
            label: opened(scope.name(self.lang), self.lang),
            note: String::new(),
            on: fields.all("scope").any(|typed| typed == scope.code()),
        });
        let label = self.t("可查看的内容", "What may be looked at");
        InputView::several("scope", label, choices.collect()).because(self.t(
            "必选。结构通常已足够；确有必要再加上数据行。",
            "Necessary. Structure is mostly enough; add rows only where they are needed.",
        ))
    }
}

/// Says in one line how a request stands.
fn state_of<P>(view: &Console<P>, help: &Help) -> String {
    let lang = view.lang;
    let now = view.site.platform.now();
    if let Some(end) = help.end(now) {
        return end.name(lang).to_owned();
    }
    if let Some((.., period)) = &help.approved {
        let until = minute(period.until);
        return lang.pick(
            format!("协助中，至 {until}"),
            format!("being given, until {until}"),
        );
    }
    let until = minute(help.waits_until);
    lang.pick(
        format!("等待批准，{until} 失效"),
        format!("waits for your approval, lapses {until}"),
    )
}
